# SPDX-License-Identifier: ISC
"""Verified messages per second through Postfix with our milter, with OpenDKIM's, and with none, interleaved.

Both find the key without a network: ours in a DNS file, OpenDKIM in its TestDNSData; both keep it after the first message.
The messages (10 KB, rsa-sha256, relaxed/relaxed) come from smtp-source, eight sessions, and are discarded after the 250.
"""
import argparse
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

import processes

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests/integration"))
import peers  # noqa: E402  the private Postfix of the tests
from harness import free_port, until  # noqa: E402

TO_US, DISCARDED = "box@example.com", "somebody@discard.example"


def options():
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("--build", type=pathlib.Path, default=ROOT / "build/release")
    p.add_argument("--rounds", type=int, default=5)
    p.add_argument("--messages", type=int, default=2000, help="of each row in each round")
    p.add_argument("--sessions", type=int, default=8)
    return p.parse_args()


def run(*command, **more):
    return subprocess.run([str(c) for c in command], check=True, capture_output=True, timeout=600, **more).stdout


class Child:
    """A milter in the foreground; its processor time is that of its whole family."""

    def __init__(self, command, port):
        self.child = subprocess.Popen([str(c) for c in command], start_new_session=True)
        peers.wait_listening(("127.0.0.1", port), self.child)

    def cpu_us(self):
        return processes.cpu_us(self.child.pid)

    def stop(self):
        self.child.terminate()
        self.child.wait(60)


def postern(folder, program, port):
    (folder / "postern.yaml").write_text(
        f"state: {folder}/state\nsecret: {folder}/secret\nuser: root\nlog: {{level: warning}}\ndns: {{file: {folder}/dns}}\n"
        f"milter:\n  listen: [inet:{port}@127.0.0.1]\n  authserv-id: mx.example.org\n  internal: []\n")
    return Child([program, "milter", "-c", folder / "postern.yaml"], port)


def opendkim(folder, port):
    (folder / "opendkim.conf").write_text(
        f"Mode v\nSocket inet:{port}@127.0.0.1\nAuthservID mx.example.org\nSyslog no\nBackground no\nUserID opendkim\n"
        f"TestDNSData file:{folder}/theirs\nAlwaysAddARHeader yes\n")
    (folder / "theirs").chmod(0o644)
    return Child([shutil.which("opendkim"), "-f", "-x", folder / "opendkim.conf"], port)


def make(folder, program):
    """A key, where it is found, and a signed message of 10 KB without line ends at its end, as smtp-source wants it."""
    run(program, "dkim", "keygen", "-d", "acme.example", "-s", "s1", "--out", folder / "key")
    record = run(program, "dkim", "record", "--text", "-k", folder / "key").decode().strip()
    quoted = " ".join(f'"{record[i:i + 200]}"' for i in range(0, len(record), 200))
    (folder / "dns").write_text(f"s1._domainkey.acme.example 3600 TXT {quoted}\nacme.example 3600 A 192.0.2.1\n")
    (folder / "theirs").write_text(f"s1._domainkey.acme.example {record}\n")
    (folder / "plain").write_text("From: Joe <joe@acme.example>\nTo: Suzie <suzie@example.net>\nSubject: Is dinner ready?\n"
                                  "Date: Sat, 21 Nov 2026 09:11:49 +0000\nMessage-ID: <1@acme.example>\nMIME-Version: 1.0\n"
                                  "Content-Type: text/plain\n\n" + "Hello, this is a line of  ordinary text. \n" * 240)
    signed = run(program, "dkim", "sign", "-d", "acme.example", "-s", "s1", "-k", folder / "key", folder / "plain")
    (folder / "signed").write_bytes(signed.replace(b"\r\n", b"\n"))


def mail_server(folder, name, milter_port):
    place = folder / name
    place.mkdir()
    main = "default_transport = discard:\nsmtpd_client_connection_rate_limit = 0\nsmtpd_client_message_rate_limit = 0\n"
    if milter_port:
        main += f"smtpd_milters = inet:127.0.0.1:{milter_port}\nmilter_default_action = reject\n"
    server = peers.Postfix(place, main=main)
    with open(server.dir / "etc/master.cf", "a") as f:
        f.write("discard unix - - n - - discard\n")
    server.start()
    return server


def send(folder, server, to, messages, sessions):
    started = time.monotonic()
    run(shutil.which("smtp-source"), "-s", sessions, "-m", messages, "-f", "joe@acme.example", "-t", to, "-F", folder / "signed",
        f"127.0.0.1:{server.port}")
    return time.monotonic() - started


def verified(server):
    """What the filter wrote into the first message."""
    until(lambda: any(p.parent.name == "new" for p in server.mail.rglob("*")), "the message did not arrive")
    [path] = [p for p in server.mail.rglob("*") if p.parent.name == "new"]
    return "dkim=pass" in path.read_text(errors="replace")


def table(rows, base):
    lines = ["| filter | messages/s | of none | CPU µs/message of the filter |", "|---|--:|--:|--:|"]
    for name, rounds in rows.items():
        rate = statistics.median(r["rate"] for r in rounds)
        share = statistics.median(r["rate"] / b["rate"] for r, b in zip(rounds, base))
        cpu = statistics.median(r["cpu"] for r in rounds)
        lines.append(f"| {name} | {rate:.0f} | {share:.2f} | {cpu:.0f} |" if cpu else f"| {name} | {rate:.0f} | {share:.2f} | – |")
    return "\n".join(lines)


def measure(folder, o):
    filters = {"none": None}
    ports = {"postern milter": free_port(), "OpenDKIM": free_port()}
    filters["postern milter"] = postern(folder, o.build / "postern", ports["postern milter"])
    if shutil.which("opendkim"):
        filters["OpenDKIM"] = opendkim(folder, ports["OpenDKIM"])
    servers = {name: mail_server(folder, name.split()[0], ports.get(name)) for name in filters}
    rows = {name: [] for name in filters}
    try:
        for name, server in servers.items():
            send(folder, server, TO_US, 1, 1)
            if filters[name] and not verified(server):
                sys.exit(f"bench: {name} did not verify the message")
        for _ in range(o.rounds):
            for name, server in servers.items():
                before = filters[name].cpu_us() if filters[name] else 0
                took = send(folder, server, DISCARDED, o.messages, o.sessions)
                used = filters[name].cpu_us() - before if filters[name] else 0
                rows[name].append({"rate": o.messages / took, "cpu": used / o.messages})
    finally:
        for server in servers.values():
            server.stop()
        for child in filters.values():
            if child:
                child.stop()
    return rows


def main():
    o = options()
    folder = pathlib.Path(tempfile.mkdtemp(prefix="postern-bench-"))
    folder.chmod(0o755)
    try:
        make(folder, o.build / "postern")
        rows = measure(folder, o)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    print(f"{os.cpu_count()} cores shared by all; 10 KB messages, {o.sessions} sessions, median of {o.rounds} rounds of "
          f"{o.messages} messages\n\n{table(rows, rows['none'])}")


main()
