# SPDX-License-Identifier: ISC
"""The benchmark of `make bench`: the gate beside its peers, interleaved (bench/README.md)."""
import argparse
import json
import os
import platform
import resource
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import peers
import processes

ROOT = Path(__file__).resolve().parent.parent
NOTHING = {"sessions": 0, "errors": 1, "seconds": 0, "sessions_per_second": 0, "p50_us": 0, "p99_us": 0}
# Programs of their own: name for --only, and the command: under the build's bench/, or a script beside this one.
ALONE = {"policy": ["bench_policy"], "attack": ["attack/bench_attack"], "flood": ["attack/bench_attack", "--flood"],
         "dkim": ["bench_dkim"], "milter": ["milter.py"], "audit": ["audit.py"], "linking": ["linking.py"]}
PACKAGES = "postfix nginx libnginx-mod-mail dovecot-core dovecot-submissiond openssl"


def options():
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("--build", type=Path, default=ROOT / "build/release")
    p.add_argument("--rounds", type=int, default=5)
    p.add_argument("--seconds", type=int, default=4, help="of each server in each round")
    p.add_argument("--clients", type=int, default=16)
    p.add_argument("--idle", type=int, default=1000, help="sessions of the memory row")
    p.add_argument("--large", type=int, default=100_000_000, help="bytes of the large message")
    p.add_argument("--only", default="", help=f"servers whose name contains one of these words, comma-separated; or {', '.join(ALONE)}")
    p.add_argument("--xclient", action="store_true", help="the sink offers XCLIENT, and all use it")
    p.add_argument("--keep", action="store_true", help="keep the servers' folders (configurations, logs)")
    return p.parse_args()


def build(folder):
    if not (folder / "build.ninja").exists():
        subprocess.run(["meson", "setup", "--buildtype=release", folder, ROOT], check=True)
    known = subprocess.run(["ninja", "-C", folder, "-t", "query", "postern"], capture_output=True).returncode == 0
    targets = ["bench-tools", "postern"] if known else ["bench-tools"]
    subprocess.run(["ninja", "-C", folder, *targets], check=True, stdout=subprocess.DEVNULL)


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Server:
    """A process in a session of its own; stop() ends it and what it left behind."""

    def __init__(self, name, command, port, folder, env=None):
        self.log = open(folder / (name.replace(" ", "-") + ".out"), "wb")
        self.process = subprocess.Popen([str(c) for c in command], stdin=subprocess.DEVNULL, stdout=self.log,
                                        stderr=self.log, start_new_session=True, env={**os.environ, **(env or {})})
        self.name, self.pid = name, self.process.pid
        self.await_port(port)

    def await_port(self, port):
        for _ in range(200):
            if self.process.poll() is not None:
                break
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                return
            except OSError:
                time.sleep(0.05)
        self.stop()
        sys.exit(f"{self.name} did not start: see {self.log.name}")

    def stop(self):
        left = processes.tree(self.pid)
        self.process.terminate()
        try:
            self.process.wait(5)
        except subprocess.TimeoutExpired:
            pass
        for pid in left:
            try:
                if os.getsid(pid) != os.getsid(0):
                    os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        self.process.wait()


def start(place, peer):
    return Server(peer.name, peer.command, peer.port, place.folder, peer.env)


def load(place, peer, *more):
    command = [place.tools / "bench_load", "--port", peer.port, *peer.load, *more]
    done = subprocess.run([str(c) for c in command], capture_output=True, text=True, timeout=120)
    found = json.loads(done.stdout) if done.stdout.startswith("{") else dict(NOTHING)
    if found["errors"]:
        print(f"  {peer.name}: {found['errors']} errors: {done.stderr[:500]}", flush=True)
    return found


def measure_round(place, peer, server, o):
    before = processes.cpu_us(server.pid, peer.without)
    found = load(place, peer, "--clients", o.clients, "--seconds", o.seconds)
    time.sleep(0.2)  # the last sessions are closed, the last children waited for
    found["cpu_us"] = (processes.cpu_us(server.pid, peer.without) - before) / max(found["sessions"], 1)
    return found


def measure_idle(place, peer, server, n):
    """KiB of PSS for each of n idle, authenticated TLS sessions."""
    before = processes.pss_kib(server.pid)
    command = [place.tools / "bench_load", "--port", peer.port, *peer.load, "--idle", n]
    holder = subprocess.Popen([str(c) for c in command], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    answer = holder.stdout.readline()
    time.sleep(0.5)
    after = processes.pss_kib(server.pid)
    holder.communicate()
    return (after - before) / n if answer == "ready\n" else None


def measure_large(place, peer, server, size):
    """(KiB of RSS by which the server's processes grew at their peak, MB/s)."""
    load(place, peer, "--sessions", 1)
    processes.reset_peaks(server.pid)
    before = processes.rss_kib(server.pid, "VmRSS")
    found = load(place, peer, "--large", size)
    peak = processes.rss_kib(server.pid, "VmHWM")
    grown = sum(peak[pid] - before.get(pid, 0) for pid in peak)
    return (grown, size / 1e6 / found["seconds"]) if found["sessions"] == 1 else (None, None)


def measure_memory(place, peer, o):
    """In an instance of its own: what load leaves behind must not count, nor stand in the load's way."""
    print(f"  memory: {peer.name}", flush=True)
    server = start(place, peer)
    try:
        load(place, peer, "--sessions", 200)  # warm
        idle = measure_idle(place, peer, server, o.idle)
        time.sleep(1)
        return idle, *measure_large(place, peer, server, o.large)
    finally:
        server.stop()


def measure_rounds(place, chosen, o):
    running = []
    rounds = {peer.name: [] for peer in chosen}
    try:
        for peer in chosen:
            running.append((peer, start(place, peer)))
            load(place, peer, "--sessions", 500)  # warm
        for i in range(o.rounds):
            print(f"  round {i + 1} of {o.rounds}", flush=True)
            turn = i % len(running)
            for peer, server in running[turn:] + running[:turn]:
                rounds[peer.name].append(measure_round(place, peer, server, o))
    finally:
        for _, server in running:
            server.stop()
    return rounds


def measure(place, chosen, o):
    rows = {peer.name: {} for peer in chosen}
    for peer in chosen:
        if "--handshake" not in peer.load:
            row = rows[peer.name]
            row["idle"], row["large"], row["large_rate"] = measure_memory(place, peer, o)
    for name, rounds in measure_rounds(place, chosen, o).items():
        rows[name]["rounds"] = rounds
    return rows


def median(row, key):
    return statistics.median(r[key] for r in row["rounds"])


def to_nginx(row, base, key):
    """The median of the rounds' own ratios: what else the machine did meanwhile hit both."""
    if base is None or not all(b[key] for b in base["rounds"]):
        return None
    return statistics.median(r[key] / b[key] for r, b in zip(row["rounds"], base["rounds"]))


def cell(value, form="{:.1f}"):
    return "–" if value is None else form.format(value)


def table(rows):
    lines = ["| server | sessions/s | p50 ms | p99 ms | CPU µs/session (least–most) | CPU to nginx "
             "| sessions/s to nginx | idle KiB/session | 100 MB: growth KiB | MB/s | errors |",
             "|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|"]
    base = rows.get("nginx mail proxy")
    for name, row in rows.items():
        cpu, rate = median(row, "cpu_us"), median(row, "sessions_per_second")
        each = [r["cpu_us"] for r in row["rounds"]]
        lines.append(" | ".join([
            f"| {name}", f"{rate:.0f}", f"{median(row, 'p50_us') / 1000:.1f}", f"{median(row, 'p99_us') / 1000:.1f}",
            f"{cpu:.0f} ({min(each):.0f}–{max(each):.0f})", cell(to_nginx(row, base, "cpu_us"), "{:.2f}"),
            cell(to_nginx(row, base, "sessions_per_second"), "{:.2f}"), cell(row.get("idle")),
            cell(row.get("large"), "{:.0f}"), cell(row.get("large_rate"), "{:.0f}"),
            f"{sum(r['errors'] for r in row['rounds'])} |"]))
    return "\n".join(lines)


def choose(place, words):
    made = {make.__name__: make(place, free_port()) for make in peers.ALL}
    chosen = [p for p in made.values() if p and (not words or any(w in p.name for w in words))]
    return chosen, [name for name, peer in made.items() if peer is None]


def certificate(folder):
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                    "-days", "2", "-subj", "/CN=" + peers.HOST, "-keyout", folder / "key.pem",
                    "-out", folder / "certificate.pem"], check=True, capture_output=True)
    (folder / "key.pem").chmod(0o600)


def run(folder, o):
    certificate(folder)
    sink, http = free_port(), free_port()
    place = peers.Place(folder, folder / "certificate.pem", folder / "key.pem", sink, http, folder / "auth.sock",
                        os.cpu_count(), o.xclient, o.build / "bench", o.build / "postern")
    chosen, missing = choose(place, [w for w in o.only.split(",") if w])
    if not chosen:
        sys.exit(f"bench: nothing to measure; left out: {', '.join(missing)} ({PACKAGES})")
    servers = []
    try:
        servers.append(Server("sink", ["smtp-sink", *([] if o.xclient else ["-C"]), "-u", "nobody", "-m", "10000",
                                       f"inet:127.0.0.1:{sink}", "1024"], sink, folder))
        servers.append(Server("oracle", [place.tools / "bench_oracle", http, place.auth_socket, sink], http, folder))
        rows = measure(place, chosen, o)
    finally:
        for server in reversed(servers):
            server.stop()
    return rows, missing


def run_alone(o):
    """The programs of ALONE that were asked for. Their tables go to bench/results/NAME.md. True: all ended well."""
    words = [w for w in o.only.split(",") if w]
    results = ROOT / "bench/results"
    results.mkdir(exist_ok=True)
    good = True
    for name, (program, *arguments) in ALONE.items():
        if words and name not in words:
            continue
        print(f"  {name}", flush=True)
        script = [sys.executable, ROOT / "bench" / program, "--build", o.build]
        command = script if program.endswith(".py") else [o.build / "bench" / program]
        done = subprocess.run([*command, *arguments], stdout=subprocess.PIPE, text=True)
        print("\n" + done.stdout)
        (results / f"{name}.md").write_text(done.stdout)
        good = good and done.returncode == 0
    return good


def main():
    o = options()
    if o.only and all(w in ALONE for w in o.only.split(",") if w):
        build(o.build)
        return 0 if run_alone(o) else 1
    if os.geteuid() != 0 or not shutil.which("smtp-sink"):
        sys.exit(f"bench: run as root, with these packages installed: {PACKAGES}")
    build(o.build)
    resource.setrlimit(resource.RLIMIT_NOFILE, (16384, 16384))
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    folder = Path(tempfile.mkdtemp(prefix="postern-bench-"))
    folder.chmod(0o755)
    try:
        rows, missing = run(folder, o)
    finally:
        print(f"  kept: {folder}") if o.keep else shutil.rmtree(folder, ignore_errors=True)
    text = (f"{os.cpu_count()} cores shared by load, sink and server; {platform.release()}; {o.clients} clients; "
            f"median of {o.rounds} rounds of {o.seconds} s{'; XCLIENT' if o.xclient else ''}\n\n{table(rows)}\n")
    print("\n" + text)
    if missing:
        print(f"not measured, as not installed or not built: {', '.join(missing)} ({PACKAGES})")
    results = ROOT / "bench/results"
    results.mkdir(exist_ok=True)
    (results / "latest.md").write_text(text)
    good = run_alone(o)
    return 0 if good and not any(r["errors"] for row in rows.values() for r in row["rounds"]) else 1


if __name__ == "__main__":
    sys.exit(main())
