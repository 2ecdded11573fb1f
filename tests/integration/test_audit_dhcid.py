# SPDX-License-Identifier: ISC
"""postern audit dhcid: a DHCID record gives its hardware address back (RFC 7819 §5.7 says it does not)."""
import base64
import hashlib
import json
import os
import pathlib
import select
import signal
import subprocess
import time

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
POSTERN = pathlib.Path(os.environ.get("POSTERN", ROOT / "build/gcc/postern"))
LIST = pathlib.Path("/usr/share/ieee-data/oui.txt")
NAME = "Laptop.example.com"
OUI = "00:22:72"
# Early among the prefix's addresses: the whole of it is for the bench.
MAC = bytes.fromhex("002272012345")
HEADS = {0: b"\x01", 1: b"\x01", 2: b"\0\x03\0\x01"}
# RFC 4701 §3.6.1: made of a DUID-LLT, which nobody can try.
UNKNOWN = "AAIBY2/AuCccgoJbsaxcQc9TUapptP69lOjxfNuVAA2kjEA="


def record(kind, mac=MAC, name=NAME):
    wire = b"".join(bytes([len(label)]) + label.encode().lower() for label in name.split(".")) + b"\0"
    return bytes([0, kind, 1]) + hashlib.sha256(HEADS[kind] + mac + wire).digest()


def dhcid(*arguments):
    return subprocess.run([POSTERN, "audit", "dhcid", *arguments], capture_output=True, text=True, timeout=120)


@pytest.mark.parametrize("kind", [0, 1, 2])
def test_the_address_behind_a_record_is_found(kind):
    done = dhcid(base64.b64encode(record(kind)).decode(), NAME, "--oui", OUI)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("00:22:72:01:23:45  ")
    if LIST.exists():
        assert "American Micro-Fuel Device Corp." in done.stdout


@pytest.mark.parametrize("written", [
    lambda r: r.hex(), lambda r: r.hex().upper(), lambda r: "0x" + r.hex(), lambda r: r.hex(":"),
    lambda r: base64.b64encode(r).decode()[:20] + " " + base64.b64encode(r).decode()[20:],
    lambda r: "( " + base64.b64encode(r).decode() + " )"], ids=["hex", "upper", "0x", "colons", "dig", "zone"])
def test_records_are_read_as_people_have_them(written):
    done = dhcid(written(record(1)), NAME + ".", "--oui", OUI.replace(":", "-"))
    assert (done.returncode, done.stdout[:17]) == (0, "00:22:72:01:23:45")


def test_several_prefixes_and_json():
    done = dhcid("--json", "--oui", "000000", "--oui", OUI, "--threads", "2", record(1).hex(), NAME)
    told = json.loads(done.stdout)
    assert done.returncode == 0
    assert told["found"] is True and told["mac"] == "00:22:72:01:23:45" and told["type"] == 1
    assert told["prefixes"] == 2 and told["tried"] > 0 and told["fqdn"] == NAME


def test_what_is_not_there_is_not_found():
    done = dhcid("--oui", OUI, UNKNOWN, "chi6.example.com")
    assert done.returncode == 1
    assert "not found" in done.stderr and done.stdout == ""
    done = dhcid("--oui", OUI, "--json", UNKNOWN, "chi6.example.com")
    assert done.returncode == 1
    assert json.loads(done.stdout)["found"] is False


@pytest.mark.parametrize("arguments, why", [
    ([], "a record and its name are needed"),
    ([UNKNOWN], "a record and its name are needed"),
    ([UNKNOWN, "a", "b"], "too many arguments"),
    (["?", "a"], "neither base64 nor hexadecimal"),
    (["", "a"], "35 octets"),
    (["00" * 34, "a"], "35 octets"),
    (["00" * 36, "a"], "35 octets"),
    (["000102" + "00" * 32, "a"], "its digest is of type 2"),
    (["000301" + "00" * 32, "a"], "its identifier is of type 3"),
    ([UNKNOWN, "a..b"], "no DNS name"),
    ([UNKNOWN, ""], "no DNS name"),
    (["--oui", "00:22", UNKNOWN, "a"], "no value"),
    (["--oui", "00:22:72:00", UNKNOWN, "a"], "no value"),
    (["--threads", "0", UNKNOWN, "a"], "no value"),
])
def test_what_cannot_be_tried_is_a_question_of_usage(arguments, why):
    done = dhcid(*arguments)
    assert done.returncode == 2 and why in done.stderr and done.stdout == ""


def read_terminal(fd, until=None):
    """What is written there, up to the end or to what is waited for."""
    seen, deadline = b"", time.monotonic() + 30
    while until is None or until not in seen:
        if not select.select([fd], [], [], max(0, deadline - time.monotonic()))[0]:
            break
        try:
            data = os.read(fd, 4096)
        except OSError:  # the other end is closed
            break
        if not data:
            break
        seen += data
    return seen


@pytest.mark.skipif(not LIST.exists(), reason="ieee-data is not there")
def test_without_a_prefix_all_that_are_registered_are_tried_until_it_is_stopped():
    ours, theirs = os.openpty()  # a terminal is told once trying has begun
    tried = subprocess.Popen([POSTERN, "audit", "dhcid", "--threads", "1", UNKNOWN, "chi6.example.com"],
                             stdout=subprocess.PIPE, stderr=theirs)
    os.close(theirs)
    err = read_terminal(ours, b" left")
    tried.send_signal(signal.SIGINT)
    err += read_terminal(ours)
    out, _ = tried.communicate(timeout=30)
    os.close(ours)
    assert tried.returncode == 1 and out == b""
    last = err[err.index(b"stopped: not found so far"):]
    assert b"prefixes tried" in last and b"left" in last


@pytest.mark.skipif(not LIST.exists(), reason="ieee-data is not there")
def test_a_terminal_sees_how_far_it_came_and_how_long_it_can_take():
    ours, theirs = os.openpty()
    tried = subprocess.Popen([POSTERN, "audit", "dhcid", UNKNOWN, "chi6.example.com"], stdout=subprocess.DEVNULL,
                             stderr=theirs)
    os.close(theirs)
    seen = read_terminal(ours, b" left")
    tried.send_signal(signal.SIGINT)
    read_terminal(ours)
    os.close(ours)
    assert tried.wait(timeout=30) == 1
    assert b"prefixes tried" in seen and b"million addresses/s, at most " in seen
