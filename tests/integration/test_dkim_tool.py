# SPDX-License-Identifier: ISC
"""`postern dkim`: what it prints, and how it exits."""
import base64
import json
import mailbox
import os
import pty
import re
import stat
import subprocess
import threading

import pytest

from harness import ROOT, SANITIZER, binary, is_sanitized

RFC8463 = ROOT / "tests/data/dkim/rfc8463.eml"
ED = "11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="
RSA = ("MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDkHlOQoBTzWRiGs5V6NpP3idY6Wk08a5qhdR6wy5bdOKb2jLQiY/J16JYi0Qvx/byYzCNb3W91y3FutAC"
       "DfzwQ/BC/e/8uBsCR+yz1Lxj+PL6lHvqMKrM3rG4hstT5QjvHO9PzoxZyVYLzBfO2EeC3Ip3G+2kryOTIKT+l/K4w3QIDAQAB")
FOOTBALL = (f'brisbane._domainkey.football.example.com. 300 IN TXT "v=DKIM1; k=ed25519; p={ED}"\n'
            f'test._domainkey.football.example.com. TXT "v=DKIM1; k=rsa; p={RSA}"\n')
PLAIN = ("From: Alice <alice@acme.example>\nTo: Bob <bob@example.net>\nSubject: The invoice\n"
         "Date: Sat, 21 Nov 2026 09:00:00 +0000\nMessage-ID: <1@acme.example>\n\nPlease pay 100.\n")


class Tool:
    def __init__(self, folder):
        self.dir = folder
        self.put("dns", FOOTBALL)

    def put(self, name, content):
        path = self.dir / name
        path.parent.mkdir(exist_ok=True, parents=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    def run(self, *arguments, code=0, input=None):
        if isinstance(input, str):
            input = input.encode()
        done = subprocess.run([str(binary()), "dkim", *map(str, arguments)], capture_output=True, input=input, cwd=self.dir, timeout=60)
        assert done.returncode == code, (done.returncode, done.stdout, done.stderr)
        assert not SANITIZER.search(done.stderr), done.stderr
        return done

    def text(self, *arguments, **options):
        return self.run(*arguments, **options).stdout.decode()

    def verify(self, *arguments, code=0, **options):
        """Each line's object."""
        out = self.text("verify", "--json", "--dns-file", "dns", *arguments, code=code, **options)
        return [json.loads(line) for line in out.splitlines()]

    def one(self, name, code=0, *arguments):
        objects = self.verify(*arguments, name, code=code)
        assert len(objects) == 1
        return objects[0]

    def key(self, name, selector, kind="ed25519", domain="acme.example"):
        """A key in a file, its record in the DNS file."""
        line = self.text("keygen", "-d", domain, "-s", selector, "--out", name, "--type", kind)
        with open(self.dir / "dns", "a") as f:
            f.write(line)

    def sign(self, message=PLAIN, *arguments):
        return self.run("sign", "-d", "acme.example", "-s", "ed", "-k", "ed.pem", *arguments, input=message).stdout


@pytest.fixture
def tool(tmp_path):
    return Tool(tmp_path)


@pytest.fixture
def acme(tool):
    tool.key("ed.pem", "ed")
    return tool


# ---- verify ----

def test_the_message_of_rfc_8463_passes_with_both_signatures(tool):
    told = tool.one(RFC8463)
    assert list(told) == ["file", "from", "result", "signatures"]
    assert told["file"] == str(RFC8463)
    assert told["from"] == {"address": "joe@football.example.com", "domain": "football.example.com"}
    assert told["result"] == "pass"
    assert told["signatures"] == [
        {"domain": "football.example.com", "selector": "brisbane", "identity": "@football.example.com", "algorithm": "ed25519-sha256",
         "result": "pass", "reason": None, "originator": True},
        {"domain": "football.example.com", "selector": "test", "identity": "@football.example.com", "algorithm": "rsa-sha256",
         "result": "pass", "reason": None, "originator": True}]


def test_a_message_is_the_same_from_a_file_stdin_a_pipe_and_with_either_line_end(tool):
    text = RFC8463.read_bytes().replace(b"\r\n", b"\n")
    for content in text, text.replace(b"\n", b"\r\n"):
        path = tool.put("m", content)
        assert tool.one(path)["result"] == "pass"
        assert tool.verify("-", input=content)[0]["result"] == "pass"
        with open(path, "rb") as f:
            told = subprocess.run([str(binary()), "dkim", "verify", "--json", "--dns-file", "dns", "-"], cwd=tool.dir, stdin=f,
                                  capture_output=True, check=True).stdout
        assert json.loads(told)["result"] == "pass" and json.loads(told)["file"] == "-"


@pytest.mark.parametrize("record, result, code", [
    ("", "pass", 0),
    ("!servfail", "temperror", 75), ("!timeout", "temperror", 75), ("!bogus", "temperror", 75),
    ("!nxdomain", "permerror", 1), ("!nodata", "permerror", 1),
    ('TXT "v=DKIM1; p="', "permerror", 1),
    ('TXT "v=DKIM1; k=rsa; p=AAAA"', "permerror", 1),
])
def test_each_answer_for_a_key_has_its_result_and_exit_code(tool, record, result, code):
    if record:
        tool.put("dns", "".join(f"{s}._domainkey.football.example.com {record}\n" for s in ("brisbane", "test")))
    told = tool.one(RFC8463, code)
    assert told["result"] == result and {s["result"] for s in told["signatures"]} == {result}
    assert (told["signatures"][0]["reason"] is None) == (result == "pass")


def test_the_exit_code_of_many_is_the_worst_that_is_certain(acme):
    acme.put("good", acme.sign())
    acme.put("bad", acme.sign().replace(b"100", b"900"))
    acme.put("later", acme.sign().replace(b"s=ed;", b"s=no;"))
    with open(acme.dir / "dns", "a") as f:
        f.write("no._domainkey.acme.example !timeout\n")
    for names, code in (["good"], 0), (["good", "later"], 75), (["later", "bad", "good"], 1), (["good", "gone"], 1):
        told = acme.verify(*names, code=code)
        assert [t["file"] for t in told] == [n for n in names if n != "gone"]
    assert b"gone: No such file" in acme.run("verify", "--dns-file", "dns", "gone", "good", code=1).stderr


def test_wrong_command_lines_exit_2(tool):
    for arguments in [], ["verify"], ["what"], ["verify", "--at", "x", "m"], ["verify", "--timeout", "0", "m"], ["verify", "--ttl", "3", "m"], ["record"], ["sign"], \
            ["sign", "-d", "a.example", "-s", "s"], ["verify", "--practices", "ssp", "m"], ["verify", "--jobs", "0", "m"], \
            ["keygen", "-d", "a.example", "-s", "s"], ["keygen", "-d", "a.example", "-s", "s", "--out", "k", "--type", "dsa"], \
            ["sign", "-d", "a.example", "-s", "s", "-k", "k", "--reject-strict"], ["import"], ["sign", "-d", "a", "-s", "s", "-s", "t", "-k", "k"]:
        assert tool.run(*arguments, code=2).stderr
    assert tool.text("-h").startswith("usage: postern dkim verify")


def test_a_value_that_an_option_does_not_take_is_said(tool):
    assert b'"yesterday" is no value of this option' in tool.run("verify", "--at", "yesterday", "m", code=2).stderr


def test_an_unreadable_dns_file_is_said_with_its_line(tool):
    tool.put("dns", FOOTBALL + "a.example TXT \"open\n")
    assert b"dns:3:" in tool.run("verify", "--dns-file", "dns", RFC8463, code=1).stderr


def test_a_message_without_signature_is_none(tool):
    tool.put("m", PLAIN)
    assert tool.one("m", 1) == {"file": "m", "from": {"address": "alice@acme.example", "domain": "acme.example"}, "result": "none",
                                "signatures": []}


def test_a_field_that_cannot_be_parsed_is_reported_where_it_stands(acme):
    acme.put("m", b"DKIM-Signature: v=2; a=rsa-sha256; nonsense\n" + acme.sign().replace(b"\nFrom: ", b"\nDKIM-Signature: ;;\nFrom: "))
    told = acme.one("m")
    assert [s["result"] for s in told["signatures"]] == ["neutral", "pass", "neutral"]
    assert told["signatures"][2] == {"domain": None, "selector": None, "identity": None, "algorithm": None, "result": "neutral",
                                     "reason": told["signatures"][2]["reason"], "originator": False}
    assert told["signatures"][0]["reason"] and told["signatures"][2]["reason"] and told["result"] == "pass"


def test_signatures_beyond_ten_are_reported_and_not_tried(acme):
    signed = acme.sign()
    field = signed[:signed.index(b"\nFrom: ") + 1]
    acme.put("m", field * 11 + signed[len(field):])
    told = acme.one("m")
    assert [s["result"] for s in told["signatures"]] == ["pass"] * 10 + ["policy"]
    assert told["signatures"][10]["reason"].startswith("not tried")


@pytest.mark.parametrize("fault, change", [
    ("several-from", lambda m: b"From: evil@example.org\n" + m),
    ("bad-field", lambda m: m.replace(b"To:", b"what is this\nTo:", 1)),
    ("bare-lf", lambda m: m.replace(b"\n", b"\r\n") + b"a\nb\r\n"),
    ("bare-cr", lambda m: m + b"a\rb\n"),
    ("nul", lambda m: m + b"\0\n"),
    ("field-in-body", lambda m: m.replace(b"\n\n", b"\n\nSubject: hidden\n", 1)),
    ("once-twice", lambda m: b"Subject: other\n" + m),
])
def test_what_makes_readers_disagree_is_said_of_a_message(tool, fault, change):
    tool.put("m", change(PLAIN.encode()))
    assert fault in tool.one("m", 1)["faults"]
    assert f"({fault})" in tool.text("verify", "--dns-file", "dns", "m", code=1)


def test_several_from_fields_have_no_address(tool):
    tool.put("m", "From: evil@example.org\n" + PLAIN)
    assert tool.one("m", 1)["from"] == {"address": None, "domain": None}
    tool.put("m", PLAIN.replace("From:", "X:"))
    assert tool.one("m", 1)["from"] == {"address": None, "domain": None}


def test_strangers_octets_stay_json(tool):
    tool.put("m\udcff\n".encode("utf-8", "surrogateescape").decode("utf-8", "surrogateescape"), PLAIN)
    name = next(p for p in os.listdir(os.fsencode(tool.dir)) if p.startswith(b"m"))
    done = subprocess.run([str(binary()).encode(), b"dkim", b"verify", b"--json", b"--dns-file", b"dns", name], cwd=tool.dir, capture_output=True)
    assert json.loads(done.stdout)["file"] == "m\\xff\\x0a" and done.stdout.count(b"\n") == 1
    tool.put("m2", b"DKIM-Signature: v=1; a=\x1b[2J\xff; d=x\n" + PLAIN.encode())
    assert "\x1b" not in tool.text("verify", "--dns-file", "dns", "m2", code=1)
    assert tool.one("m2", 1)["signatures"][0]["result"] == "neutral"


def test_time_is_what_at_says(acme):
    acme.put("m", acme.sign(PLAIN, "--at", "1000000000", "--expire", "1h"))
    assert acme.one("m", 0, "--at", "1000003599")["result"] == "pass"
    told = acme.one("m", 1, "--at", "1000010000")
    assert told["result"] == "permerror" and told["signatures"][0]["reason"]


def test_a_partial_body_is_policy_unless_told_otherwise(tool):
    dkim = pytest.importorskip("dkim")
    tool.key("rsa.pem", "rsa", "rsa")
    message = PLAIN.replace("\n", "\r\n").encode()
    tool.put("m", dkim.sign(message, b"rsa", b"acme.example", (tool.dir / "rsa.pem").read_bytes(), length=True) + message)
    assert tool.one("m")["result"] == "pass"
    tool.put("m", (tool.dir / "m").read_bytes() + b"And 900 more.\r\n")
    assert tool.one("m", 1)["result"] == "policy"
    assert tool.one("m", 0, "--partial-body", "pass")["result"] == "pass"
    tool.put("postern.yaml", "milter: {partial-body: pass}\n")
    assert tool.one("m", 0, "-c", "postern.yaml")["result"] == "pass"
    assert tool.one("m", 1, "-c", "postern.yaml", "--partial-body", "policy")["result"] == "policy"


def test_clocks_may_differ_by_the_skew(acme):
    acme.put("m", acme.sign(PLAIN, "--at", "1000000000", "--expire", "1h"))
    late = "--at", "1000003700"
    assert acme.one("m", 0, *late)["result"] == "pass"
    assert acme.one("m", 1, *late, "--clock-skew", "0s")["result"] == "permerror"
    assert acme.one("m", 1, *late, "--clock-skew", "99s")["result"] == "permerror"
    assert acme.one("m", 0, *late, "--clock-skew", "101s")["result"] == "pass"
    acme.put("postern.yaml", "milter: {clock-skew: 10s}\n")
    assert acme.one("m", 1, *late, "-c", "postern.yaml")["result"] == "permerror"
    assert acme.one("m", 0, *late, "-c", "postern.yaml", "--clock-skew", "5m")["result"] == "pass"


def test_a_testing_key_counts_unless_the_letter_is_wanted(acme):
    record = acme.text("record", "--text", "--testing", "-k", "ed.pem").strip()
    acme.put("dns", f'ed._domainkey.acme.example TXT "{record}"\n')
    acme.put("m", acme.sign())
    assert acme.one("m")["result"] == "pass"
    assert acme.one("m", 1, "--testing-keys", "ignore")["result"] == "neutral"


# ---- explanations ----

def test_a_changed_body_is_told_with_both_hashes(acme):
    acme.put("m", acme.sign().replace(b"100", b"900"))
    text = acme.text("verify", "--dns-file", "dns", "m", code=1)
    signed = re.search(rb"bh=([^;]+);", acme.sign())[1].decode()
    assert "the body is not the one that was signed" in text and f"as signed:   {signed}\n" in text
    assert len(base64.b64decode(re.search(r"as computed: (\S+)", text)[1])) == 32
    assert "the signature does not fit the header" not in text


@pytest.mark.parametrize("change, hint", [
    (lambda m: m + b"-- \nthe list\n", "it fits without the last 2 of 3 lines"),
    (lambda m: m.replace(b"Please", b" Please"), None),
    (lambda m: m.replace(b"\n", b"\r\n")[:-2] + b"\n", "it fits when every CR or LF alone is a line end"),
])
def test_what_happened_to_a_body_is_guessed(acme, change, hint):
    acme.put("m", change(acme.sign()))
    text = acme.text("verify", "--dns-file", "dns", "m", code=1)
    assert hint is None and "it fits" not in text or hint in text


def test_a_changed_header_is_told_with_what_was_hashed_and_which_field_changed(acme):
    acme.put("m", acme.sign(PLAIN, "--copy-fields").replace(b"The invoice", b"The  bill"))
    text = acme.text("verify", "--dns-file", "dns", "m", code=1)
    assert "the signature does not fit the header and the key" in text
    assert "changed since it was signed (z=): Subject" in text
    assert "\n       | subject:The bill\n" in text and "the body is not" not in text
    acme.put("m", acme.sign(PLAIN, "--header-canon", "simple").replace(b"The invoice", b"The  bill"))
    text = acme.text("verify", "--dns-file", "dns", "m", code=1)
    assert "\n       | Subject: The  bill\n" in text and "\n       | subject:The bill\n" in text.split("c=simple:")[1]


def test_brief_is_one_line_a_message(acme):
    acme.put("a", acme.sign())
    acme.put("b", PLAIN)
    assert acme.text("verify", "--brief", "--dns-file", "dns", "a", "b", code=1) == "a: pass (acme.example pass)\nb: none\n"


# ---- mailboxes ----

def test_a_maildir_is_read_in_order_new_first(acme):
    mailbox.Maildir(acme.dir / "md")
    signed = acme.sign()
    for n in range(30):
        acme.put(f"md/cur/{n:02}:2,S", signed if n % 3 else PLAIN)
        acme.put(f"md/new/{n:02}", signed)
    acme.put("md/tmp/half", "x")
    told = acme.verify("md", code=1)
    assert [t["file"] for t in told] == [f"md/new/{n:02}" for n in range(30)] + [f"md/cur/{n:02}:2,S" for n in range(30)]
    assert [t["result"] for t in told[30:]] == ["pass" if n % 3 else "none" for n in range(30)]


def test_an_mbox_is_split_unquoted_and_numbered(acme):
    box = mailbox.mbox(acme.dir / "box")
    for n in range(5):
        text = PLAIN + "\n" * n + "From here it is quoted\n>From here twice\n"
        message = mailbox.mboxMessage(acme.sign(text))
        box.add(message)
    box.close()
    quoted = (acme.dir / "box").read_bytes()
    assert quoted.count(b"\n>From here it") == 5
    # Python writes mboxo: what was quoted before stays as it is; mboxrd quotes it again.
    acme.put("box", quoted.replace(b"\n>From here twice", b"\n>>From here twice"))
    for told in acme.verify("box"), acme.verify("-", input=(acme.dir / "box").read_bytes()):
        assert [(t["message"], t["result"]) for t in told] == [(n, "pass") for n in range(1, 6)]
    assert acme.text("verify", "--brief", "--dns-file", "dns", "box").splitlines()[4] == "box[5]: pass (acme.example pass)"


def test_content_length_does_not_hide_a_message(acme):
    acme.put("box", "From a Sat Nov 21 09:00:00 2026\nContent-Length: 9999\n" + PLAIN + "\nFrom b Sat Nov 21 09:00:00 2026\n" + PLAIN)
    assert len(acme.verify("box", code=1)) == 2


def test_folders_files_and_mboxes_come_in_the_order_given(acme):
    signed = acme.sign()
    for name in "dir/b", "dir/a", "dir/sub/x", "z":
        acme.put(name, signed)
    acme.put("dir/m", b"From a 10:00\n" + signed)
    told = acme.verify("z", "dir", "z")
    assert [(t["file"], t.get("message")) for t in told] == [("z", None), ("dir/a", None), ("dir/b", None), ("dir/m", 1), ("dir/sub/x", None), ("z", None)]


def test_one_that_waits_for_dns_holds_back_no_other_and_order_stays(acme):
    signed = acme.sign()
    with open(acme.dir / "dns", "a") as f:
        f.write("slow._domainkey.acme.example !timeout\n")
    for n in range(300):
        acme.put(f"dir/{n:03}", signed.replace(b"s=ed;", b"s=slow;") if n % 50 == 0 else signed)
    done = acme.run("verify", "--json", "--dns-file", "dns", "--jobs", "2", "dir", code=75)
    told = [json.loads(line) for line in done.stdout.splitlines()]
    assert [t["file"] for t in told] == [f"dir/{n:03}" for n in range(300)]
    assert [t["result"] for t in told] == ["temperror" if n % 50 == 0 else "pass" for n in range(300)]
    assert re.fullmatch(rb"300 messages in [\d.]+ s: 6 temperror, 294 pass\n", done.stderr)


def test_a_great_message_needs_little_memory(acme):
    acme.put("plain", PLAIN.encode() + b"x" * 76 + b"\n")
    with open(acme.dir / "plain", "ab") as f:
        for _ in range(64):
            f.write((b"y" * 77 + b"\n") * 13000)
    command = [str(binary()), "dkim", "sign", "-d", "acme.example", "-s", "ed", "-k", "ed.pem", "plain"]
    with open(acme.dir / "signed", "wb") as f:
        subprocess.run(command, stdout=f, check=True, cwd=acme.dir)
    timed = ["/usr/bin/env", "python3", "-c", "import resource, subprocess, sys; subprocess.run(sys.argv[1:], check=True); "
             "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)",
             str(binary()), "dkim", "verify", "--brief", "--dns-file", "dns", "signed"]
    told = subprocess.run(timed, cwd=acme.dir, capture_output=True, text=True, check=True).stdout.splitlines()
    assert told[0].startswith("signed: pass")
    assert os.path.getsize(acme.dir / "signed") > 60_000_000
    if not is_sanitized():
        assert int(told[-1]) < 50_000  # KiB, with libunbound and all


def test_progress_goes_to_a_terminal_and_is_taken_away(acme):
    acme.put("m", acme.sign())
    ours, theirs = pty.openpty()
    seen = bytearray()

    def read():
        try:
            while chunk := os.read(ours, 4096):
                seen.extend(chunk)
        except OSError:
            pass
    reader = threading.Thread(target=read)
    reader.start()
    with open(acme.dir / "out", "wb") as out:
        done = subprocess.run([str(binary()), "dkim", "verify", "--brief", "--dns-file", "dns", *["m"] * 3000], cwd=acme.dir, stdout=out, stderr=theirs)
    os.close(theirs)
    reader.join(20)
    os.close(ours)
    assert done.returncode == 0 and (acme.dir / "out").read_bytes() == b"m: pass (acme.example pass)\n" * 3000
    assert re.search(rb"(?:\r|^)3000 messages in [\d.]+ s: 3000 pass\r\n$", bytes(seen).replace(b"\x1b[K", b""))


# ---- keys ----

def test_a_key_is_written_for_its_owner_alone_and_never_over_another(tool):
    line = tool.text("keygen", "-d", "Acme.Example", "-s", "s1", "--out", "k")
    assert stat.S_IMODE(os.stat(tool.dir / "k").st_mode) == 0o600
    assert line.startswith('s1._domainkey.acme.example. 3600 IN TXT "v=DKIM1; k=rsa; p=') and line.count('" "') == 1
    assert all(len(s) <= 255 for s in re.findall(r'"([^"]*)"', line))
    before = (tool.dir / "k").read_bytes()
    assert b"never overwritten" in tool.run("keygen", "-d", "acme.example", "-s", "s1", "--out", "k", code=1).stderr
    assert (tool.dir / "k").read_bytes() == before
    assert tool.text("record", "-d", "acme.example", "-s", "s1", "-k", "k") == line
    text = "".join(re.findall(r'"([^"]*)"', line))
    assert tool.text("record", "--text", "-k", "k") == text + "\n"
    told = json.loads(tool.text("record", "--json", "-d", "acme.example", "-s", "s1", "-k", "k", "--ttl", "60", "--testing", "--exact-domain"))
    assert told["name"] == "s1._domainkey.acme.example" and told["type"] == "TXT" and told["ttl"] == 60
    assert told["record"] == text.replace("DKIM1;", "DKIM1; t=y:s;") and told["line"].startswith(told["name"] + ". 60 IN TXT ")


def test_a_bad_name_leaves_no_key_behind(tool):
    tool.run("keygen", "-d", "not a name", "-s", "s1", "--out", "k", code=1)
    assert not (tool.dir / "k").exists()


def test_check_key_says_what_differs(acme):
    acme.key("other.pem", "rsa", "rsa")
    acme.key("second.pem", "second")
    with open(acme.dir / "dns", "a") as f:
        f.write('gone._domainkey.acme.example TXT "v=DKIM1; p="\nlate._domainkey.acme.example !servfail\n')

    def check(selector, key, code):
        return json.loads(acme.text("check-key", "--json", "--dns-file", "dns", "-d", "acme.example", "-s", selector, "-k", key, code=code))
    assert check("ed", "ed.pem", 0)["verdict"] == "same"
    assert "another type: rsa" in check("rsa", "ed.pem", 1)["reason"]
    told = check("second", "ed.pem", 1)
    assert told["verdict"] == "differs" and "same type" in told["reason"] and told["record"] != told["expected"]
    assert check("none", "ed.pem", 1)["verdict"] == "missing"
    assert check("gone", "ed.pem", 1)["verdict"] == "unusable"
    assert check("late", "ed.pem", 75) | {"reason": "", "expected": ""} == \
        {"name": "late._domainkey.acme.example", "answer": "servfail", "verdict": "unknown", "reason": "", "record": None, "expected": ""}
    assert "same" in acme.text("check-key", "--dns-file", "dns", "-d", "acme.example", "-s", "ed", "-k", "ed.pem")


# ---- sign ----

def test_what_is_signed_verifies_with_each_key_and_canonicalisation(acme):
    acme.key("rsa.pem", "rsa", "rsa")
    for header in "simple", "relaxed":
        for body in "simple", "relaxed":
            acme.put("m", acme.sign(PLAIN, "-s", "rsa", "-k", "rsa.pem", "--canonicalization", f"{header}/{body}"))
            told = acme.one("m")
            assert [(s["algorithm"], s["result"]) for s in told["signatures"]] == [("ed25519-sha256", "pass"), ("rsa-sha256", "pass")]


def test_the_message_itself_is_printed_as_it_was(acme):
    for text in PLAIN.encode(), PLAIN.replace("\n", "\r\n").encode(), PLAIN.encode()[:-1], b"From: a@acme.example\n\n":
        signed = acme.sign(text)
        assert signed.endswith(text)
        field = signed[:-len(text)]
        assert field.count(b"\r\n") == (field.count(b"\n") if b"\r" in text else 0)
        assert b"\nFrom: a" not in acme.sign(text, "--only-header")
    acme.put("m", PLAIN)
    assert acme.run("sign", "-d", "acme.example", "-s", "ed", "-k", "ed.pem", "m").stdout.endswith(PLAIN.encode())


def test_options_of_signing_are_in_the_field(acme):
    field = acme.sign(PLAIN, "--only-header", "--identity", "joe@mail.acme.example", "--fields", "from:to:x-none", "--oversign", "to",
                      "--at", "1000000000", "--expire", "1d", "--body-canon", "simple").decode()
    flat = re.sub(r"\s+", "", field)
    for tag in "i=joe@mail.acme.example", "t=1000000000", "x=1000086400", "c=relaxed/simple":
        assert f"{tag};" in flat
    names = re.search(r"h=([^;]*)", flat)[1].lower().split(":")
    assert names.count("from") == 1 and names.count("to") == 2
    assert "t=" not in acme.sign(PLAIN, "--only-header", "--no-timestamp").decode().split("bh=")[0]


def test_what_the_next_server_may_break_is_warned_of(acme):
    text = PLAIN.encode() + b"\xc3\xbc\n" + b"x" * 999 + b"\n"
    done = acme.run("sign", "-d", "acme.example", "-s", "ed", "-k", "ed.pem", input=text)
    assert b"8-bit" in done.stderr and b"999 octets" in done.stderr
    assert acme.run("sign", "-d", "acme.example", "-s", "ed", "-k", "ed.pem", input=PLAIN).stderr == b""


def test_what_cannot_be_signed_is_said(acme):
    assert b"in the domain" in acme.run("sign", "-d", "acme.example", "-s", "ed", "-k", "ed.pem", "--identity", "a@other.example", input=PLAIN, code=1).stderr
    acme.put("box", b"From a 10:00\n" + PLAIN.encode())
    assert b"one message" in acme.run("sign", "-d", "acme.example", "-s", "ed", "-k", "ed.pem", "box", code=1).stderr
    acme.put("nokey", "x")
    assert b"nokey: " in acme.run("sign", "-d", "acme.example", "-s", "ed", "-k", "nokey", input=PLAIN, code=1).stderr
    acme.run("sign", "-d", "acme.example", "-s", "ed", "-k", "ed.pem", "gone", code=1)


# ---- mailing lists (draft-allman-dkim-ssp-02 §5) ----

@pytest.fixture
def lists(acme):
    acme.key("list.pem", "list", domain="list.example")
    return acme


def resend(tool, text, *arguments, code=0):
    done = tool.run("sign", "-d", "list.example", "-s", "list", "-k", "list.pem", "--list", "talk@list.example", "--dns-file", "dns",
                    *arguments, input=text, code=code)
    return done.stdout, done.stderr.decode()


def practices(tool, record):
    with open(tool.dir / "dns", "a") as f:
        f.write(f'acme.example DKIMP "{record}"\n')


def test_5_1_what_verifies_is_signed_for_the_sender_that_is_added(lists):
    practices(lists, "p=all")
    signed = lists.sign()
    out, said = resend(lists, signed)
    assert said == "" and out.endswith(b"Sender: talk@list.example\n" + signed)
    lists.put("m", out)
    told = lists.one("m")["signatures"]
    assert [(s["domain"], s["identity"], s["result"], s["originator"]) for s in told] == \
        [("list.example", "talk@list.example", "pass", False), ("acme.example", "@acme.example", "pass", True)]
    assert "sender" in re.sub(rb"\s", b"", out.lower()).split(b"bh=")[0].decode()


def test_5_2_an_existing_sender_is_signed_and_none_is_added(lists):
    practices(lists, "p=unknown")
    out, _ = resend(lists, "Sender: carol@acme.example\n" + PLAIN)
    assert out.lower().count(b"\nsender:") == 1 and b"talk@list.example;" in out
    assert b"sender" in out.lower().split(b"h=")[1].split(b"bh=")[0]


def test_5_1_what_does_not_verify_is_never_signed(lists):
    practices(lists, "p=unknown")
    forged = lists.sign().replace(b"100", b"900")
    out, said = resend(lists, forged)
    assert out == forged and "verifies" in said
    out, said = resend(lists, forged, "--reject-suspicious", code=1)
    assert out == b"" and said


def test_5_1_suspicious_mail_is_passed_on_unsigned_or_refused(lists):
    practices(lists, "p=strict")
    assert resend(lists, PLAIN)[0] == PLAIN.encode()
    assert resend(lists, PLAIN, "--reject-suspicious", code=1)[0] == b""


def test_5_1_mail_of_strict_domains_can_be_refused_at_the_list(lists):
    practices(lists, "p=strict")
    signed = lists.sign()
    assert resend(lists, signed)[0].startswith(b"DKIM-Signature")
    out, said = resend(lists, signed, "--reject-strict", code=1)
    assert out == b"" and "strict" in said


def test_a_temporary_failure_decides_nothing_at_a_list(lists):
    with open(lists.dir / "dns", "a") as f:
        f.write("acme.example DKIMP !timeout\n")
    assert resend(lists, PLAIN, code=75)[0] == b""


def test_verbatim_lists_sign_nothing_and_digests_are_the_lists_own(lists):
    practices(lists, "p=strict")
    assert resend(lists, PLAIN, "--list-kind", "verbatim")[0] == PLAIN.encode()
    digest = PLAIN.replace("alice@acme.example", "talk@list.example")
    assert resend(lists, digest, "--list-kind", "digest")[0].startswith(b"DKIM-Signature")


# ---- OpenDKIM's tables ----

def test_realistic_tables_become_configuration(tool):
    tool.put("KeyTable", "# made by opendkim-genkey\n"
             "default._domainkey.example.com example.com:default:/etc/opendkim/keys/example.com/default.private\n"
             "2024._domainkey.example.org    example.org:2024:/etc/opendkim/keys/example.org/2024.private\n"
             "any %:mail:/etc/opendkim/keys/%/mail.private\n")
    tool.put("SigningTable", "*@example.com default._domainkey.example.com\n"
             "*@*.example.com default._domainkey.example.com\n"
             "*@example.org 2024._domainkey.example.org:postmaster@%\n"
             "joe@example.net any\n*@example.net any\n* any\n")
    done = tool.run("import", "KeyTable", "refile:SigningTable", code=1)
    tool.put("postern.yaml", done.stdout)
    assert done.stdout.decode() == (
        "milter:\n  sign:\n"
        "    example.com: {selector: default, key: /etc/opendkim/keys/example.com/default.private, subdomains: yes}\n"
        "    example.net: {selector: mail, key: /etc/opendkim/keys/example.net/mail.private}\n"
        "    example.org: {selector: 2024, key: /etc/opendkim/keys/example.org/2024.private, identity: \"postmaster@example.org\"}\n")
    lines = done.stderr.decode().splitlines()
    assert [line.split(": ")[0] for line in lines] == ["SigningTable:4", "SigningTable:6", "postern dkim"]
    shown = subprocess.run([str(binary()), "config", "show", "-c", "postern.yaml"], cwd=tool.dir, capture_output=True, text=True)
    assert shown.returncode == 0 and "postmaster@example.org" in shown.stdout, shown.stderr


def test_tables_that_are_no_files_are_refused(tool):
    tool.put("k", "a example.com:s:/k\n")
    assert b"only tables in files" in tool.run("import", "dsn:mysql://x", code=1).stderr
    tool.run("import", "file:gone", code=1)
    assert b"example.com" in tool.run("import", "k").stdout


# ---- the configuration ----

def test_the_configuration_says_whom_to_ask_and_options_go_before_it(acme):
    acme.put("m", acme.sign())
    acme.put("postern.yaml", f"dns: {{file: {acme.dir}/dns}}\nmilter: {{testing-keys: ignore}}\n")
    assert json.loads(acme.text("verify", "--json", "-c", "postern.yaml", "m"))["result"] == "pass"
    record = acme.text("record", "--text", "--testing", "-k", "ed.pem").strip()
    acme.put("testing", f'ed._domainkey.acme.example TXT "{record}"\n')
    assert json.loads(acme.text("verify", "--json", "-c", "postern.yaml", "--dns-file", "testing", "m", code=1))["result"] == "neutral"
    assert json.loads(acme.text("verify", "--json", "-c", "postern.yaml", "--dns-file", "testing", "--testing-keys", "pass", "m"))["result"] == "pass"
    acme.put("postern.yaml", "dns: {nonsense: 1}\n")
    assert b"postern.yaml:1:" in acme.run("verify", "-c", "postern.yaml", "m", code=1).stderr
