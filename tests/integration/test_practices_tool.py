# SPDX-License-Identifier: ISC
"""`postern practices`: what it prints, and how it exits."""
import json
import re
import shutil
import subprocess

import pytest

from harness import SANITIZER, binary

PLAIN = ("From: Jdoe <jdoe@{}>\nTo: Bob <bob@example.net>\nSubject: Lunch\n"
         "Date: Sat, 21 Nov 2026 09:00:00 +0000\nMessage-ID: <1@acme.example>\n\nAt noon.\n")


class Tool:
    def __init__(self, folder):
        self.dir = folder
        self.put("dns", "")
        self.put("m", PLAIN.format("acme.example"))

    def put(self, name, content):
        (self.dir / name).write_text(content)

    def command(self, *arguments, code=0, input=None):
        done = subprocess.run([str(binary()), *map(str, arguments)], capture_output=True, text=True, input=input, cwd=self.dir, timeout=60)
        assert done.returncode == code, (done.returncode, done.stdout, done.stderr)
        assert not SANITIZER.search(done.stderr.encode()), done.stderr
        return done

    def text(self, *arguments, **options):
        return self.command("practices", *arguments, **options).stdout

    def check(self, *arguments, code=0, **options):
        return json.loads(self.text("check", "--json", "--dns-file", "dns", *arguments, code=code, **options))

    def sign(self, domain, message="m", selector="s"):
        """The message signed by domain, whose key is in the DNS file."""
        key = f"{domain}.pem"
        if not (self.dir / key).exists():
            line = self.command("dkim", "keygen", "-d", domain, "-s", selector, "--type", "ed25519", "--out", key).stdout
            self.put("dns", (self.dir / "dns").read_text() + line)
        self.put("signed", self.command("dkim", "sign", "-d", domain, "-s", selector, "-k", key, message).stdout)
        return "signed"

    def dns(self, text):
        self.put("dns", (self.dir / "dns").read_text() + text)


@pytest.fixture
def tool(tmp_path):
    return Tool(tmp_path)


# ---- check ----

def test_the_json_of_a_check_has_the_fields_of_the_contract(tool):
    tool.dns('acme.example DKIMP "p=strict"\n')
    assert tool.check("m", code=1) == {
        "file": "m", "originator": "jdoe@acme.example", "practices": "ssp", "verdict": "suspicious", "practice": "strict", "step": 9,
        "queries": [{"name": "acme.example", "type": "DKIMP", "answer": "data", "record": "p=strict"}],
        "ssp": {"result": "fail", "practice": 3, "user_level": False, "testing": False}}


# Steps of §4.3: records, From domain, what decided, verdict, exit code, names asked.
STEPS = [
    ("acme.example !nxdomain", "acme.example", 2, "suspicious", 1, ["acme.example"]),
    ("acme.example !servfail", "acme.example", 2, "temperror", 75, ["acme.example"]),
    ("acme.example !timeout", "acme.example", 2, "temperror", 75, ["acme.example"]),
    ("acme.example !bogus", "acme.example", 2, "temperror", 75, ["acme.example"]),
    ('acme.example DKIMP "p=strict; t=y"', "acme.example", 3, "non-suspicious", 0, ["acme.example"]),
    ('acme.example DKIMP "p=all; u=yes"\njdoe._user.acme.example !timeout', "acme.example", 5, "temperror", 75,
     ["acme.example", "jdoe._user.acme.example"]),
    ('acme.example DKIMP "p=all; u=yes"\njdoe._user.acme.example DKIMP "p=strict; t=y"', "acme.example", 6, "non-suspicious", 0,
     ["acme.example", "jdoe._user.acme.example"]),
    ('acme.example DKIMP "p=unknown"', "acme.example", 7, "non-suspicious", 0, ["acme.example"]),
    ('acme.example DKIMP "p=strict; u=yes"\njdoe._user.acme.example DKIMP "p=unknown"', "acme.example", 7, "non-suspicious", 0,
     ["acme.example", "jdoe._user.acme.example"]),
    ('acme.example DKIMP "p=all"', "acme.example", 9, "suspicious", 1, ["acme.example"]),
    (r"acme.example TYPE65280 \# 9 08703D737472696374", "acme.example", 9, "suspicious", 1, ["acme.example"]),
    ("corp A 192.0.2.1", "corp", 10, "non-suspicious", 0, ["corp"]),
    ("host.acme.example A 192.0.2.1", "host.acme.example", 11, "non-suspicious", 0, ["host.acme.example", "acme.example"]),
    ("host.acme.example A 192.0.2.1\nacme.example !servfail", "host.acme.example", 11, "temperror", 75, ["host.acme.example", "acme.example"]),
    ('host.acme.example A 192.0.2.1\nacme.example DKIMP "p=strict; t=s"', "host.acme.example", 12, "non-suspicious", 0,
     ["host.acme.example", "acme.example"]),
    ('host.acme.example A 192.0.2.1\nacme.example DKIMP "p=strict"', "host.acme.example", 9, "suspicious", 1,
     ["host.acme.example", "acme.example"]),
]


@pytest.mark.parametrize("records, domain, step, verdict, code, asked", STEPS)
def test_each_step_that_decides_is_named(tool, records, domain, step, verdict, code, asked):
    tool.dns(records + "\n")
    tool.put("m", PLAIN.format(domain))
    told = tool.check("m", code=code)
    assert (told["step"], told["verdict"], [q["name"] for q in told["queries"]]) == (step, verdict, asked)
    text = tool.text("check", "--dns-file", "dns", "m", code=code)
    assert re.findall(r"asked: (\S+) DKIMP\n    got: (\S+)", text) == [(q["name"], q["answer"]) for q in told["queries"]]
    assert text.startswith(f"m: {verdict}") and f"(step {step} of draft-allman-dkim-ssp-02 section 4.3)" in text


def test_a_valid_originator_signature_asks_nothing(tool):
    signed = tool.sign("acme.example")
    told = tool.check(signed)
    assert (told["step"], told["verdict"], told["queries"], told["practice"]) == (1, "non-suspicious", [], None)
    assert "asked: nothing" in tool.text("check", "--dns-file", "dns", signed)


def test_third_parties_count_under_all_when_they_are_accepted(tool):
    tool.dns('acme.example DKIMP "p=all"\n')
    signed = tool.sign("other.example")
    assert tool.check(signed)["step"] == 8
    assert tool.check(signed, "--accept", ".example")["step"] == 8
    assert tool.check(signed, "--accept", "house.example", code=1)["step"] == 9


@pytest.mark.parametrize("header", ["", "From: a@acme.example\nFrom: b@acme.example\n", "From: none:;\n", "From: a@[192.0.2.1]\n", "From: @@\n"])
def test_without_a_single_originator_there_is_no_step(tool, header):
    tool.put("m", header + "Subject: x\n\nx\n")
    told = tool.check("m", code=1)
    assert (told["originator"], told["verdict"], told["step"], told["queries"], told["practice"]) == (None, "permerror", None, [], None)


def test_the_number_of_the_type_can_be_changed(tool):
    tool.dns('acme.example TYPE65300 \\# 9 08703D737472696374\n')
    assert tool.check("m")["verdict"] == "non-suspicious"
    told = tool.check("m", "--rrtype", "65300", code=1)
    assert told["queries"][0]["type"] == "DKIMP" and told["step"] == 9
    tool.put("dns", 'acme.example DKIMP "p=strict"\n')
    assert tool.check("m", "--rrtype", "65300", code=1)["step"] == 9


def test_adsp_has_its_own_words_and_object(tool):
    tool.dns('acme.example MX 10 mx.acme.example\n_adsp._domainkey.acme.example TXT "dkim=discardable"\n')
    told = tool.check("m", "--practices", "adsp", code=1)
    assert (told["practices"], told["verdict"], told["practice"], told["step"]) == ("adsp", "suspicious", "discardable", None)
    assert told["adsp"]["result"] == "discard" and "ssp" not in told
    assert {q["type"] for q in told["queries"]} <= {"MX", "TXT"}
    tool.put("dns", "acme.example A 192.0.2.1\n")
    assert tool.check("m", "--practices", "adsp")["verdict"] == "none"


def test_dmarc_says_what_it_did_not_check(tool):
    tool.dns('_dmarc.acme.example TXT "v=DMARC1; p=reject"\nacme.example A 192.0.2.1\n')
    told = tool.check("m", "--practices", "dmarc")
    assert told["practices"] == "dmarc" and told["verdict"] == "none" and told["step"] is None
    assert told["dmarc"]["spf"] == "not checked" and told["dmarc"]["record_domain"] == "acme.example"
    assert "SPF was not checked" in tool.text("check", "--practices", "dmarc", "--dns-file", "dns", "m")
    assert tool.check(tool.sign("acme.example"), "--practices", "dmarc")["verdict"] == "non-suspicious"


def test_many_messages_are_checked_in_order_and_brief_is_a_line(tool):
    tool.dns('acme.example DKIMP "p=strict"\n')
    signed = tool.sign("acme.example")
    assert tool.text("check", "--brief", "--dns-file", "dns", "m", signed, "m", code=1) == \
        "m: suspicious (ssp: strict)\nsigned: non-suspicious\nm: suspicious (ssp: strict)\n"


def test_the_configuration_chooses_the_practices(tool):
    tool.dns('acme.example MX 10 mx.acme.example\n_adsp._domainkey.acme.example TXT "dkim=all"\n')
    tool.put("postern.yaml", f"dns: {{file: {tool.dir}/dns}}\nmilter: {{practices: [adsp]}}\n")
    assert json.loads(tool.text("check", "--json", "-c", "postern.yaml", "m", code=1))["practices"] == "adsp"
    assert json.loads(tool.text("check", "--json", "-c", "postern.yaml", "--practices", "ssp", "m"))["practices"] == "ssp"


READINGS = [("--user-testing", "letter", "user-testing: letter", "acme.example", "p=strict; t=y", (6, 0), (9, 1)),
            ("--parent-labels", "2", "parent-labels: 2", "other.example", "p=strict", (9, 1), (10, 0))]


@pytest.mark.parametrize("option, value, key, domain, record, usual, other", READINGS)
def test_readings_can_be_switched_on_the_command_line_and_in_the_configuration(tool, option, value, key, domain, record, usual, other):
    tool.dns(f'acme.example DKIMP "p=strict; u=yes"\njdoe._user.acme.example DKIMP "{record}"\nother.example TXT x\nexample DKIMP "{record}"\n')
    tool.put("m", PLAIN.format(domain))
    tool.put("postern.yaml", f"milter: {{{key}}}\n")

    def step(*arguments, code):
        return tool.check("m", *arguments, code=code)["step"], code
    usual_word = "honour" if value == "letter" else "1"
    assert step(code=usual[1]) == usual
    assert step(option, value, code=other[1]) == other
    assert step("-c", "postern.yaml", code=other[1]) == other
    assert step("-c", "postern.yaml", option, usual_word, code=usual[1]) == usual
    asked = f"jdoe@{domain}"
    assert json.loads(tool.text("lookup", "--json", "--dns-file", "dns", option, value, asked, code=0 if other[0] == 9 else 1))["step"] == other[0]


def test_all_accepted_signers_of_the_configuration_count(tool):
    tool.dns('acme.example DKIMP "p=all"\n')
    signed = tool.sign("other.example")
    signers = ", ".join([*(f"s{n}.example" for n in range(999)), "other.example"])
    tool.put("postern.yaml", f"milter: {{accepted-signers: [{signers}]}}\n")
    assert tool.check(signed, "-c", "postern.yaml")["step"] == 8


def test_wrong_command_lines_exit_2(tool):
    for arguments in [], ["check"], ["what"], ["record"], ["lookup"], ["lookup", "a", "b"], ["check", "--practices", "spf", "m"], \
            ["check", "--rrtype", "0", "m"], ["check", "--rrtype", "65536", "m"], ["check", "--user-testing", "no", "m"], \
            ["check", "--parent-labels", "0", "m"], ["check", "--parent-labels", "17", "m"], ["check", "--clock-skew", "2d", "m"], \
            ["check", "--partial-body", "fail", "m"], ["record", "--dns-file", "dns", "a"], ["lint", "--p", "all", "z"]:
        tool.command("practices", *arguments, code=2)


# ---- lookup ----

def test_lookup_tells_what_a_domain_and_a_user_say(tool):
    tool.dns('acme.example DKIMP "p=all; u=yes"\njdoe._user.acme.example DKIMP "p=strict"\n')

    def look(what, code=0):
        return json.loads(tool.text("lookup", "--json", "--dns-file", "dns", what, code=code))
    told = look("acme.example")
    assert (told["originator"], told["practice"], [q["name"] for q in told["queries"]]) == ("acme.example", "all", ["acme.example"])
    told = look("j.doe@Acme.Example")
    assert told["practice"] == "strict" and [q["name"] for q in told["queries"]] == ["acme.example", "jdoe._user.acme.example"]
    assert look("nowhere.example", 1)["queries"][0]["answer"] == "nxdomain"
    tool.dns("late.example !timeout\n")
    assert look("late.example", 75)["verdict"] == "temperror"
    assert "asked: acme.example DKIMP" in tool.text("lookup", "--dns-file", "dns", "acme.example")
    tool.text("lookup", "--dns-file", "dns", "a@[192.0.2.1]", code=1)
    tool.text("lookup", "--dns-file", "dns", "a@b.example, c@d.example", code=1)


# ---- record ----

def test_the_line_of_a_record_is_what_a_check_reads(tool):
    line = tool.text("record", "--p", "strict", "--u", "yes", "--t", "s", "acme.example")
    assert line == "acme.example. IN TYPE65280 \\# 21 14703D7374726963743B20753D7965733B20743D73\n"
    tool.dns(line + tool.text("record", "--p", "unknown", "J.Smith@acme.example"))
    told = tool.check("m", code=1)
    assert [q["record"] for q in told["queries"]] == ["p=strict; u=yes; t=s", None]
    tool.put("m", PLAIN.format("acme.example").replace("jdoe@", "J.Smith@"))
    assert tool.check("m")["queries"][1] == {"name": "JSmith._user.acme.example", "type": "DKIMP", "answer": "data", "record": "p=unknown"}
    told = json.loads(tool.text("record", "--json", "--rrtype", "65300", "--p", "all", "Acme.Example"))
    assert told == {"name": "acme.example", "rrtype": 65300, "line": "acme.example. IN TYPE65300 \\# 6 05703D616C6C"}


def test_records_that_nobody_could_go_by_are_refused(tool):
    for arguments in ["--p", "bogus", "a.example"], ["--u", "maybe", "a.example"], ["--u", "yes", "joe@a.example"], ["not a name"], \
            ["!!!@a.example"]:
        assert not tool.text("record", *arguments, code=1)


@pytest.mark.skipif(not shutil.which("nsd-checkzone") and not shutil.which("/usr/sbin/nsd-checkzone"), reason="nsd is not installed (package nsd)")
def test_a_name_server_loads_the_lines(tool):
    records = tool.text("record", "--p", "all", "--u", "yes", "acme.example") + tool.text("record", "--p", "strict", "jdoe@acme.example") + \
        tool.command("dkim", "keygen", "-d", "acme.example", "-s", "s", "--out", "k").stdout
    tool.put("zone", "$TTL 300\nacme.example. IN SOA ns.acme.example. hostmaster.acme.example. 1 3600 600 86400 300\n"
             "acme.example. IN NS ns.acme.example.\nns.acme.example. IN A 127.0.0.1\n" + records)
    checker = shutil.which("nsd-checkzone") or "/usr/sbin/nsd-checkzone"
    subprocess.run([checker, "acme.example", "zone"], cwd=tool.dir, check=True, capture_output=True)


# ---- lint ----

ZONE = """$TTL 300
@ IN SOA ns hostmaster 1 3600 600 86400 300
@ IN NS ns
@ IN MX 10 ns
ns IN A 127.0.0.1
"""


def test_lint_finds_what_a_zone_should_say(tool):
    tool.put("zone", ZONE + 'lists IN MX 10 ns\n@ IN TYPE65280 \\# 6 05703D616C6C\nhere is nothing\n'
             'odd IN TYPE65280 \\# 7 06737472696374\n')
    out = tool.text("lint", "--json", "--origin", "acme.example", "zone", code=1)
    found = [json.loads(line) for line in out.splitlines()]
    assert all(list(f) == ["file", "line", "name", "severity", "code", "text"] and f["file"] == "zone" for f in found)
    told = {(f["line"], f["name"], f["code"], f["severity"]) for f in found}
    assert {(6, "lists.acme.example", "no-practices", "warning"), (8, None, "broken-line", "error"),
            (9, "odd.acme.example", "broken-record", "error")} <= told
    text = tool.text("lint", "--origin", "acme.example", "zone", code=1)
    assert "zone:6: warning: lists.acme.example" in text and re.search(r"\nzone: \d+ records, \d+ errors, \d+ warnings, \d+ notes\n$", text)


def test_lint_is_content_with_a_zone_that_says_all(tool):
    tool.put("zone", ZONE + "@ IN TYPE65280 \\# 6 05703D616C6C\nns IN TYPE65280 \\# 6 05703D616C6C\n")
    assert " 0 errors, 0 warnings" in tool.text("lint", "--origin", "acme.example", "zone")
    tool.text("lint", "gone", code=1)
    tool.text("lint", "--origin", "not a name", "zone", code=1)
