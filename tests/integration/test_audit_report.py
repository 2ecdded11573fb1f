# SPDX-License-Identifier: ISC
"""The reports of `postern audit`: options, exit codes, masks, golden files, `diff`, and an interface."""
import gzip
import itertools
import json
import os
import re
import select
import shutil
import signal
import socket
import stat
import subprocess
import time
from pathlib import Path

import pytest

import dhcp_wire as w
from harness import DEADLINE, IS_ROOT, ROOT, SANITIZER, binary

DATA = ROOT / "tests" / "data" / "audit"
ATTACKS = [f"5.{i}" for i in range(1, 11)]
VERDICTS = {"exposed", "possible", "not seen"}
SECRET = "1 " + "5a" * 32 + "\n"


def audit(*arguments, code=0, columns="80", cwd=None, **more):
    done = subprocess.run([binary(), "audit", *map(str, arguments)], capture_output=True, timeout=DEADLINE, cwd=cwd,
                          env={**os.environ, "COLUMNS": columns}, **more)
    assert not SANITIZER.search(done.stderr), done.stderr.decode()
    assert done.returncode == code, (arguments, done.returncode, done.stderr.decode(errors="replace"))
    return done


def report_of(*arguments, **more):
    return json.loads(audit("--json", *arguments, **more).stdout)


def exchange(hardware, *options, server="192.0.2.1", address="192.0.2.50", time=w.EPOCH, xid=0x1234, prl=(1, 3, 6)):
    """DISCOVER to ACK, as frames."""
    def own(kind, *more):
        m = w.Message(kind, hardware, xid=xid)
        for option in [*options, *more]:
            m.add(*option)
        return w.frame_of(m.add(55, list(prl)), "0.0.0.0", "255.255.255.255", hardware=hardware)

    def answer(kind):
        m = w.Message(kind, hardware, xid=xid, yiaddr=address)
        m.add(54, w.ip(server)).add(51, w.u32(3600)).add(1, w.ip("255.255.255.0"))
        return w.frame_of(m, server, "255.255.255.255", 67, 68, "02:00:5e:ff:00:01")

    octets = [own("DISCOVER"), answer("OFFER"), own("REQUEST", (50, w.ip(address)), (54, w.ip(server))), answer("ACK")]
    return [w.Frame(o, time=time + i / 8) for i, o in enumerate(octets)]


LAPTOP = "3c:07:54:10:20:30"
NOBODYS = "f8:ff:ff:10:20:30"
PHONE = "02:a4:5e:10:00:01"
NAMED = [(12, "annas-laptop"), (60, "MSFT 5.0"), (61, w.client_id_duid(7, w.duid_llt(LAPTOP, 600000000)))]


@pytest.fixture
def capture(tmp_path):
    """A laptop that tells everything on two networks, and a phone that tells nothing."""
    frames = exchange(LAPTOP, *NAMED)
    frames += exchange(PHONE, address="192.0.2.77", time=w.EPOCH + 60, xid=0x77)
    home = w.write_pcap(tmp_path / "home.pcap", frames)
    office = w.write_pcap(tmp_path / "office.pcap", exchange("02:00:5e:00:00:99", *NAMED, server="198.51.100.1",
                                                             address="198.51.100.9", time=w.EPOCH + 3600, xid=0x99))
    return home, office


# --- the command line ----------------------------------------------------------------------------

@pytest.mark.parametrize("arguments", [
    [], ["--no-such"], ["--network", "x"], ["--network", "=f", "f"], ["--from", "yesterday", "f"], ["--port", "0", "f"],
    ["--port", "65536", "f"], ["--threshold", "1.1", "f"], ["--threshold", "", "f"], ["--threshold", ".", "f"],
    ["--fail-on", "bad", "f"], ["--max-clients", "0", "f"], ["--interval", "x", "-i", "lo"], ["--bpf", "udp", "f"],
    ["--promiscuous", "f"], ["-i", "lo", "f"], ["diff", "one"], ["diff", "--no-such", "a", "b"],
])
def test_a_wrong_command_line_is_2_and_says_how(arguments):
    assert b"usage: postern audit" in audit(*arguments, code=2).stderr


def test_what_an_option_does_not_take_is_said_with_its_name():
    assert b'--threshold: "1.1" is nothing' in audit("--threshold", "1.1", "f", code=2).stderr


def test_help_is_help():
    assert b"--fail-on" in audit("--help").stdout
    assert b"OLD NEW" in audit("diff", "--help").stdout


def test_a_file_that_is_not_there_is_1(tmp_path):
    done = audit(tmp_path / "none.pcap", code=1)
    assert b"none.pcap" in done.stderr and not done.stdout


def test_the_rest_of_a_damaged_file_is_audited(capture, tmp_path):
    home, office = capture
    cut = tmp_path / "cut.pcap"
    cut.write_bytes(home.read_bytes()[:-20])
    done = audit("--json", cut, office, code=1)
    report = json.loads(done.stdout)
    assert b"cut.pcap" in done.stderr
    assert len(report["clients"]) == 3
    assert [bool(f["error"]) for f in report["files"]] == [True, False]
    assert str(cut) in audit(cut, office, code=1).stdout.decode()


def test_a_capture_without_dhcp_is_a_report_of_nothing(tmp_path):
    empty = w.write_pcap(tmp_path / "empty.pcap", [])
    report = report_of(empty)
    assert report["clients"] == report["links"] == report["servers"] == [] and report["severity"] == "none"
    told = audit(empty).stdout
    assert b"0 DHCP messages" in told and b"There was no DHCP message in 0 frames: nothing can be told." in told


def test_a_capture_outside_the_times_says_so(capture):
    told = audit(capture[0], "--from", w.EPOCH + 86400).stdout
    assert b"There was no DHCP message in 8 frames, 8 of them outside --from and --to" in told


def test_standard_input_gzip_and_directories(capture, tmp_path):
    home, office = capture
    assert len(json.loads(audit("--json", "-", input=home.read_bytes()).stdout)["clients"]) == 2
    packed = tmp_path / "packed" / "home.pcap.gz"
    packed.parent.mkdir()
    packed.write_bytes(gzip.compress(home.read_bytes()))
    shutil.copy(office, packed.parent / "office")
    (packed.parent / "notes.txt").write_text("no capture")
    report = report_of(packed.parent)
    assert [Path(f["file"]).name for f in report["files"]] == ["home.pcap.gz", "office"]
    assert len(report["clients"]) == 3


def test_a_network_has_the_operators_name_and_its_file_is_read_once(capture):
    home, office = capture
    report = report_of("--network", f"at home={home}", "--network", f"at work={office}", home)
    assert [n["name"] for n in report["networks"]] == ["at home", "at work"]
    assert report["totals"]["messages"] == 12
    assert {tuple(c["networks"]) for c in report["clients"]} == {("at home",), ("at work",)}


def test_times_and_ports(capture, tmp_path):
    home, office = capture
    assert len(report_of(home, office, "--from", w.EPOCH + 3000)["clients"]) == 1
    assert len(report_of(home, office, "--to", time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(w.EPOCH + 30)))["clients"]) == 1
    other = w.write_pcap(tmp_path / "port.pcap", [w.frame_of(w.Message("DISCOVER", PHONE), "0.0.0.0", "255.255.255.255", 1068, 1067)])
    assert report_of(other)["totals"]["messages"] == 0
    assert report_of("--port", 1067, other)["totals"]["messages"] == 1


def test_fingerprints_of_others_name_a_system_and_what_cannot_be_used_is_said(tmp_path):
    client = w.write_pcap(tmp_path / "one.pcap", exchange(PHONE, prl=(1, 3, 6, 77, 78)))
    prads, bank = tmp_path / "dhcp.fp", tmp_path / "dhcp_fingerprints.conf"
    prads.write_text("# ours\n1:64:.:1,3,6,77,78:.:Linux:Acme 3\n")
    told = report_of(client)["clients"][0]
    assert told["system"] is None and told["attacks"]["5.2"]["verdict"] == "possible"
    told = report_of("--fingerprints", prads, client)["clients"][0]
    assert (told["system"]["system"], told["system"]["source"]) == ("Linux Acme 3", "dhcp.fp")
    bank.write_text("[os 1]\ndescription=Acme 4\nfingerprints=<<EOT\n1,3,x\n1,3,6,77,78\nEOT\n")
    done = audit("--json", "--fingerprints", bank, client)
    assert json.loads(done.stdout)["clients"][0]["system"]["system"] == "Acme 4"
    assert f"{bank}:4: not a list of option codes".encode() in done.stderr
    prads.write_text("nonsense\n")
    assert f"{prads}:1: ".encode() in audit("--fingerprints", prads, client, code=1).stderr


@pytest.mark.parametrize("terminal", [True, False])
def test_a_terminal_sees_how_far_a_long_file_came(capture, tmp_path, terminal):
    """A pipe that gives its second half when the line has been seen; where nobody would see it there is none."""
    octets, pipe = capture[0].read_bytes(), tmp_path / "pipe"
    os.mkfifo(pipe)
    ours, theirs = os.openpty()
    told = subprocess.Popen([binary(), "audit", pipe], stdout=subprocess.DEVNULL, stderr=theirs if terminal else subprocess.PIPE)
    os.close(theirs)
    with open(pipe, "wb", buffering=0) as feed:
        feed.write(octets[:500])
        seen, until = b"", time.monotonic() + DEADLINE
        while terminal and b" frames" not in seen and time.monotonic() < until:
            if select.select([ours], [], [], 0.1)[0]:
                seen += os.read(ours, 4096)
        feed.write(octets[500:])
    assert terminal == (b"pipe: 0 MiB, " in seen)
    errors = told.communicate(timeout=DEADLINE)[1]
    assert told.returncode == 0 and not errors
    os.close(ours)


def test_files_are_seen_in_order_of_time(tmp_path):
    """The second address of a client is one from elsewhere only if the first had been seen before."""
    early = w.write_pcap(tmp_path / "z-early.pcap", exchange(PHONE))
    late = w.write_pcap(tmp_path / "a-late.pcap", exchange(PHONE, time=w.EPOCH + 100, xid=0x55))
    report = report_of(late, early)
    assert [Path(f["file"]).name for f in report["files"]] == ["a-late.pcap", "z-early.pcap"]
    assert report["clients"][0]["identifiers"][0]["seen"][0]["file"] == str(early)


def test_clients_beyond_the_cap_are_counted_and_said(capture):
    report = report_of("--max-clients", 1, *capture)
    assert len(report["clients"]) == 1 and report["totals"]["messages_beyond"] > 0
    assert b"beyond the first 1" in audit("--max-clients", 1, *capture).stdout


# --- --fail-on -----------------------------------------------------------------------------------

def test_fail_on_takes_severities_verdicts_and_sections(capture, tmp_path):
    home, _ = capture
    for word in ("low", "medium", "high", "exposed", "possible", "5.5"):
        done = audit("--fail-on", word, home, code=1)
        assert done.stdout and done.stderr
    assert report_of(home)["severity"] == "high"
    audit("--fail-on", "critical", home)
    audit("--fail-on", "5.3", home)
    empty = w.write_pcap(tmp_path / "empty.pcap", [])
    audit("--fail-on", "low", empty)


# --- JSON ----------------------------------------------------------------------------------------

def test_the_json_is_as_documented(capture):
    home, office = capture
    report = report_of("--reveal", "--network", f"home={home}", "--network", f"office={office}")
    assert report["masked"] is False and report["format"] == 1
    assert set(report) >= {"totals", "severity", "findings", "files", "networks", "rules", "clients", "servers", "relays",
                           "links", "listeners", "malformed"}
    frames = {str(home): 8, str(office): 4}
    for client in report["clients"]:
        assert re.fullmatch(r"c-[a-z2-7]{16}", client["id"])
        assert re.fullmatch(r"([0-9a-f]{2}:){5}[0-9a-f]{2}", client["hardware"])
        assert list(client["attacks"]) == ATTACKS
        for attack in client["attacks"].values():
            assert attack["verdict"] in VERDICTS
            assert attack["evidence"] or attack["verdict"] != "exposed"
            for e in attack["evidence"]:
                assert 1 <= e["frame"] <= frames[e["file"]] and e["what"]
                assert ("offset" in e) == ("length" in e)
        for row in client["identifiers"]:
            assert row["stability"] in ("once", "stable", "changed") and row["bits"] >= 0 and row["own_bits"] >= 0
            assert row["seen"][0]["octets"] is not None
        assert client["conformance"] is None or set(client["conformance"]["rules"]) == {f"A{i}" for i in range(1, 17)}
    ids = {c["id"] for c in report["clients"]}
    for link in report["links"]:
        assert {link["a"], link["b"]} <= ids and 0 <= link["probability"] <= 1 and link["evidence"]
    for server in report["servers"]:
        assert server["allocation"]["strategy"] in ("iterative", "lru", "identifier", "hash", "unpredictable", "unknown")
    assert {s["id"] for s in report["servers"]} == {"192.0.2.1", "198.51.100.1"}
    assert [len(report["links"]), len(ids)] == [1, 3]


def test_octets_of_evidence_are_where_it_says(capture):
    home, _ = capture
    packets = {}
    for line in subprocess.run([binary(), "audit", "packets", "--json", home], capture_output=True, check=True).stdout.splitlines():
        packet = json.loads(line)
        packets[packet["frame"]] = packet
    found = 0
    for client in report_of("--reveal", home)["clients"]:
        for row in client["identifiers"]:
            for seen in row["seen"]:
                options = {o["code"]: o["hex"] for o in packets[seen["frame"]]["options"]}
                if row["kind"] in ("host-name", "vendor-class", "client-id"):
                    assert seen["octets"] in options.values()
                    found += 1
    assert found == 3


# --- masks ---------------------------------------------------------------------------------------

def identifying(path):
    """Texts that only the capture can have told, in every form they may be written in."""
    found = set()
    done = subprocess.run([binary(), "audit", "packets", "--json", path], capture_output=True, check=True)
    for line in done.stdout.splitlines():
        packet = json.loads(line)
        for address in (packet["yiaddr"], packet["ciaddr"], packet["giaddr"], packet["siaddr"]):
            found |= {address, w.ip(address).hex()} if address != "0.0.0.0" else set()
        if packet["chaddr"]:
            found |= {packet["chaddr"], packet["chaddr"].replace(":", "-"), packet["chaddr"].replace(":", "")}
        for option in packet["options"]:
            octets = bytes.fromhex(option["hex"])
            if option["code"] in (50, 54) and len(octets) == 4:
                found |= {socket.inet_ntoa(octets), option["hex"]}
            if option["code"] in (12, 15, 60, 61, 81, 82, 97, 99) and len(octets) > 3:
                found |= {option["hex"], *re.findall(r"[ -~]{4,}", octets.decode("latin-1"))}
    return {f.lower() for f in found if f and f != "00000000"}


@pytest.mark.parametrize("form", ["text", "client", "json", "html", "diff", "diff-json"])
def test_a_masked_report_has_nothing_of_the_capture(capture, tmp_path, form):
    home, office = capture
    real = DATA / "clients.pcap.gz"
    page = tmp_path / "page.html"
    told = b""
    if form == "html":
        for captures in ([home, office], [real]):
            audit("--html", page, *captures)
            told += page.read_bytes()
    elif form == "client":
        told = audit("--client", LAPTOP, home, office).stdout
    elif form.startswith("diff"):
        told = audit("diff", *(["--json"] if form == "diff-json" else []), home, office).stdout
    else:
        told = audit(*(["--json"] if form == "json" else []), home, office).stdout
        told += audit(*(["--json"] if form == "json" else []), real).stdout
    secrets = identifying(home) | identifying(office) | identifying(real)
    assert len(secrets) > 100 and LAPTOP in secrets and "annas-laptop" in secrets and "192.0.2.50" in secrets
    told = re.sub(r"\s+", " ", told.decode().lower())
    for path in (home, office, real):
        told = told.replace(str(path).lower(), "")
    assert not [s for s in secrets if s in told]


def test_masks_are_the_same_with_the_same_secret_only(capture, tmp_path):
    home, _ = capture
    secret = tmp_path / "secret"
    one, two = (audit("--json", "--secret", secret, home).stdout for _ in range(2))
    assert one == two and stat.S_IMODE(secret.stat().st_mode) == 0o600
    assert audit("--json", home).stdout != audit("--json", home).stdout
    revealed = report_of("--reveal", "--secret", secret, home)
    assert [c["id"] for c in revealed["clients"]] == [c["id"] for c in json.loads(one)["clients"]]
    secret.chmod(0o644)
    assert str(secret).encode() in audit("--secret", secret, home, code=1).stderr


# --- text ----------------------------------------------------------------------------------------

@pytest.mark.parametrize("columns", ["80", "120"])
def test_the_text_fits_the_terminal(capture, columns):
    for arguments in ([], ["--reveal"], ["--client", LAPTOP], ["--client", LAPTOP, "--reveal"]):
        for line in audit(*arguments, *capture, columns=columns).stdout.decode().splitlines():
            assert len(line) <= int(columns), line


def test_the_text_begins_with_the_worst_and_what_to_do(capture):
    text = audit("--reveal", *capture).stdout.decode()
    assert text.index("The worst, and what to do about it") < text.index("Clients:") < text.index("Servers")
    assert len(re.findall(r"^ \d\. (critical|high|medium|low)", text, re.M)) == 5
    assert len(re.findall(r"^    do: ", text, re.M)) == 5
    assert LAPTOP in text


def test_one_client_in_full(capture):
    home, office = capture
    for name in (LAPTOP, LAPTOP.upper(), LAPTOP.replace(":", "-")):
        text = audit("--reveal", "--client", name, home, office).stdout.decode()
        assert text.startswith("Client c-") and LAPTOP in text and "annas-laptop" in text and PHONE not in text
        for section in ("Attacks", "Identifiers", "Networks", "RFC 7844", "One device by its links"):
            assert section in text
    client = report_of("--secret", home.parent / "s", "--client", LAPTOP, home, office)["clients"][0]["id"]
    assert client in audit("--secret", home.parent / "s", "--client", client, home).stdout.decode()
    for name in ("c-", "c-zzzz", "02:00:00:00:00:00", "3c:07:54:10:20"):
        assert b"--client" in audit("--client", name, home, code=1).stderr


def test_what_strangers_sent_moves_no_terminal(tmp_path):
    wild = w.write_pcap(tmp_path / "wild.pcap", exchange(LAPTOP, (12, b"a\x1b[2J\r\n<script>\xff"), (60, b"\x9b31m\"&'<b>")))
    page = tmp_path / "page.html"
    told = audit("--reveal", "--html", page, wild).stdout + audit("--reveal", "--client", LAPTOP, wild).stdout
    assert not re.search(rb"[\x00-\x09\x0b-\x1f\x7f]|\xc2[\x80-\x9f]", told)
    told.decode()
    html = page.read_text()
    assert "<script" not in html and "<b>3" not in html and "\x1b" not in html
    report_of("--reveal", wild)


# --- golden --------------------------------------------------------------------------------------

def golden_capture(tmp_path):
    """The same octets at every time; of makers that no list has, as not everybody has the list."""
    named = [*NAMED[:2], (61, w.client_id_duid(7, w.duid_llt(NOBODYS, 600000000)))]
    frames = exchange(NOBODYS, *named) + exchange(PHONE, address="192.0.2.77", time=w.EPOCH + 60, xid=0x77)
    frames += exchange("02:00:5e:00:00:99", *named, address="192.0.2.78", time=w.EPOCH + 7200, xid=0x99)
    frames.append(w.Frame(w.frame_of(w.Message("DISCOVER", PHONE).add(61, b""), "0.0.0.0", "255.255.255.255"), time=w.EPOCH + 9000))
    return w.write_pcap(tmp_path / "golden.pcap", frames)


@pytest.mark.parametrize("name, arguments", [
    ("golden.txt", []), ("golden.json", ["--json"]), ("golden-reveal.txt", ["--reveal"]),
    ("golden-client.txt", ["--client", NOBODYS]),
])
def test_reports_are_what_they_were(tmp_path, name, arguments):
    """POSTERN_GOLDEN=write writes them anew; read what has changed before it is kept."""
    golden_capture(tmp_path)
    secret = tmp_path / "secret"
    secret.write_text(SECRET)
    secret.chmod(0o600)
    told = audit("--secret", "secret", *arguments, "golden.pcap", cwd=tmp_path).stdout.decode()
    path = DATA / name
    if os.environ.get("POSTERN_GOLDEN") == "write":
        path.write_text(told)
    assert told == path.read_text()


# --- the page ------------------------------------------------------------------------------------

def test_the_page_is_written_whole_or_not_at_all(capture, tmp_path):
    home, _ = capture
    page = tmp_path / "page.html"
    old = os.umask(0o027)
    try:
        audit("--html", page, home)
    finally:
        os.umask(old)
    assert stat.S_IMODE(page.stat().st_mode) == 0o640
    assert page.read_text().startswith("<!DOCTYPE html>") and page.read_text().endswith("</html>\n")
    before = page.read_bytes()
    assert [p.name for p in tmp_path.iterdir() if p.name.startswith("page")] == ["page.html"]
    assert b"nowhere" in audit("--html", tmp_path / "nowhere" / "page.html", home, code=1).stderr
    assert page.read_bytes() == before
    assert audit("--html", "-", home).stdout.startswith(b"<!DOCTYPE html>")


# --- diff ----------------------------------------------------------------------------------------

def test_diff_shows_what_a_change_of_settings_gained(tmp_path):
    old = w.write_pcap(tmp_path / "old.pcap", exchange(LAPTOP, *NAMED))
    new = w.write_pcap(tmp_path / "new.pcap", exchange(PHONE, (61, w.client_id_hardware(PHONE))))
    text = audit("diff", "--reveal", old, new).stdout.decode()
    assert LAPTOP in text and PHONE in text and "annas-laptop" in text and "not sent" in text
    assert "1 better, 0 the same, 0 WORSE" in text
    worse = audit("diff", "--json", new, old, code=1)
    told = json.loads(worse.stdout)
    assert told["worse"] == 1 and told["clients"][0]["attacks"]["5.5"] == {"old": "not seen", "new": "exposed", "change": "worse"}
    assert told["clients"][0]["identifiers"]["host-name"]["old"] is None
    assert json.loads(audit("diff", "--json", old, old).stdout)["same"] == 1


def test_diff_takes_reports_made_with_one_secret(tmp_path, capture):
    home, office = capture
    secret, old = tmp_path / "secret", tmp_path / "old.json"
    old.write_bytes(audit("--json", "--secret", secret, home).stdout)
    told = json.loads(audit("diff", "--json", "--secret", secret, old, home).stdout)
    assert [told["same"], told["only_old"], told["only_new"]] == [2, [], []]
    # the hardware address has changed, the DUID has not
    told = json.loads(audit("diff", "--json", "--secret", secret, old, office).stdout)
    assert len(told["clients"]) == 1 and len(told["only_old"]) == 1
    assert told["clients"][0]["id"] != told["clients"][0]["old_id"]


@pytest.mark.parametrize("text", ["{", "{}", '{"format": 2, "clients": []}', '{"format": 1, "clients": {}}', '{"a":1,"a":2}'])
def test_diff_refuses_what_is_no_report(tmp_path, capture, text):
    bad = tmp_path / "bad.json"
    bad.write_text(text)
    assert b"bad.json" in audit("diff", bad, capture[0], code=1).stderr


def test_diff_bears_a_report_of_anything(tmp_path, capture):
    odd = tmp_path / "odd.json"
    odd.write_text('{"format": 1, "clients": [1, null, {"id": 7, "attacks": [], "identifiers": [{"kind": "host-name"}, 3]}]}')
    audit("diff", odd, odd)


# --- an interface --------------------------------------------------------------------------------

@pytest.mark.skipif(not IS_ROOT, reason="needs CAP_NET_RAW")
def test_an_interface_is_reported_at_every_interval_and_at_the_end():
    with subprocess.Popen([binary(), "audit", "-i", "lo", "--json", "--reveal", "--bpf", "udp port 67", "--interval", "1s",
                           "--network", "here=lo"], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        try:
            told, until = b"", time.monotonic() + DEADLINE
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
                while told.count(b'"format": 1') < 2 or LAPTOP.encode() not in told:
                    assert time.monotonic() < until, (told, process.poll())
                    s.sendto(w.Message("DISCOVER", LAPTOP).add(12, "annas-laptop").add(55, [1, 3]).wire(), ("127.0.0.1", 67))
                    if select.select([process.stdout], [], [], 0.1)[0]:
                        told += os.read(process.stdout.fileno(), 1 << 20)
            process.send_signal(signal.SIGINT)
            rest, errors = process.communicate(timeout=DEADLINE)
        finally:
            if process.poll() is None:
                process.kill()
    assert process.returncode == 0, errors
    decoder, text, reports = json.JSONDecoder(), (told + rest).decode(), []
    while text.strip():
        report, end = decoder.raw_decode(text.lstrip())
        text = text.lstrip()[end:]
        reports.append(report)
    assert len(reports) >= 3
    counts = [r["totals"]["messages"] for r in reports]
    assert counts == sorted(counts) and reports[-1]["clients"][0]["networks"] == ["here"]


def test_an_interface_that_is_not_there_is_1():
    assert b"no-such0" in audit("-i", "no-such0", code=1).stderr
