# SPDX-License-Identifier: ISC
"""draft-storey-smtp-client-id-13 §2-§5 and §7, rule by rule."""
import json
import os
from pathlib import Path

import pytest

from authd import DovecotAuth
from client import message

UUID = "23bf83be-aad7-46aa-9e0f-39191ccf402f"
MALFORMED = [
    "CLIENTID", "CLIENTID ", "CLIENTID UUID", "CLIENTID UUID ", "CLIENTID  UUID abc", "CLIENTID UUID  abc",
    "CLIENTID UUID abc def", "CLIENTID UUID abc  def", "CLIENTID UUID\tabc", "CLIENTID \tUUID abc",
    "CLIENTID UUID \tabc", "CLIENTID UUID a\tbc", "CLIENTID MAC_ADDRESS abc", "CLIENTID DEVICE_ID abc",
    "CLIENTID UU.ID abc", "CLIENTID UUID= abc", "CLIENTID <UUID> abc", "CLIENTID \u00dcUID abc",
    "CLIENTID UUID t\u00f6ken", "CLIENTID " + "T" * 17 + " abc", "CLIENTID UUID " + "x" * 129,
    "CLIENTID UUID " + "x" * 1500, "CLIENTID " + "T" * 1500 + " abc", "CLIENTID -",
    b"CLIENTID UUID abc\xe9", b"CLIENTID \xff abc", b"CLIENTID UUID \x7f", b"CLIENTID UUID a\x01b",
    b"CLIENTID UUID a\x00b", b"CLIENTID UU\x00ID abc", b"CLIENTID UUID \x1b[31m",
]
WELL_FORMED = [
    f"CLIENTID UUID {UUID}", "CLIENTID MAC 08:9e:01:70:f6:46", "CLIENTID X y", "CLIENTID " + "T" * 16 + " y",
    "CLIENTID UUID " + "x" * 128, "CLIENTID - -", "CLIENTID 0 0", "CLIENTID ---------------- !",
    "CLIENTID never-heard-of token", "CLIENTID LICENSEKEY !\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~",
    "CLIENTID UUID " + "".join(map(chr, range(0x21, 0x7f))), "clientid uuid abc", "ClientId Uuid aBc",
    "CLIENTID UUID trailing ", "CLIENTID UUID trailing \t  ", "CLIENTID UUID =", "CLIENTID IGNORED abc",
]
RULES = {"IGNORED*": ["ignore"], "DEBUG*": ["session"], "LOGGED*": ["system-log"], "*": ["system-log", "user-log", "auth"]}


@pytest.fixture(scope="module")
def shared(module_gate):
    return module_gate(clientid_rules=RULES)


@pytest.fixture(scope="module")
def off(module_gate):
    return module_gate(clientid=False)


def identities(gate):
    return [e["identity"] for e in gate.log.events("submit.clientid") if "identity" in e]


def offers(reply):
    return [line for line in reply.lines[1:] if line.upper().startswith("CLIENTID")]


# --- §3: the keyword -----------------------------------------------------------------------------

@pytest.mark.parametrize("tls", [True, "starttls"])
def test_keyword_is_in_every_ehlo_response_over_tls_after_auth_too(shared, tls):
    c = shared.client(tls=tls)
    assert offers(c.ehlo()) == ["CLIENTID"]
    c.clientid("UUID", "abc").expect(250)
    assert offers(c.ehlo()) == ["CLIENTID"]
    c.auth_plain("demo", "wrong").expect(535)
    assert offers(c.ehlo()) == ["CLIENTID"]
    c.auth_plain("demo", "demo").expect(235)
    assert offers(c.ehlo()) == ["CLIENTID"]
    c.submit(message()).expect(250)
    assert offers(c.ehlo()) == ["CLIENTID"]


def test_keyword_stands_alone_on_its_line_without_parameters(shared):
    c = shared.client()
    raw = c.ehlo().raw
    assert b"-CLIENTID\r\n" in raw or b" CLIENTID\r\n" in raw


def test_keyword_must_not_be_advertised_in_clear(shared):
    c = shared.client(tls=False)
    assert offers(c.ehlo()) == [] and b"CLIENTID" not in c.ehlo().raw


@pytest.mark.parametrize("tls", [True, False, "starttls"])
def test_keyword_must_not_be_advertised_when_disabled(off, tls):
    assert b"CLIENTID" not in off.client(tls=tls).ehlo().raw


# --- §4: when ------------------------------------------------------------------------------------

@pytest.mark.parametrize("line", ["CLIENTID MAC 08:9e:01:70:f6:46", "CLIENTID", "CLIENTID MAC", "clientid uuid x y z",
                                  "CLIENTID DEVICE_ID x", "CLIENTID UUID " + "x" * 500])
def test_before_tls_500_whatever_its_syntax(shared, line):
    c = shared.client(tls=False)
    c.cmd(line).expect(500)
    c.cmd("QUIT").expect(221)


def test_before_tls_and_before_ehlo_500(shared):
    c = shared.connect()
    c.greeting()
    c.cmd("CLIENTID UUID abc").expect(500)


def test_over_tls_before_any_ehlo_503(shared):
    c = shared.connect(tls=True)
    c.greeting()
    c.cmd("CLIENTID UUID abc").expect(503)
    c.cmd("CLIENTID").expect(503)
    c.ehlo()
    c.cmd("CLIENTID UUID abc").expect(250)


def test_after_helo_only_503_as_helo_advertises_nothing(shared):
    c = shared.connect(tls=True)
    c.greeting()
    c.cmd("HELO client.example.net").expect(250)
    c.cmd("CLIENTID UUID abc").expect(503)


def test_an_ehlo_before_starttls_does_not_count_503(shared):
    c = shared.client(tls=False)
    c.starttls(shared.pki.context())
    c.cmd("CLIENTID UUID abc").expect(503)
    c.ehlo()
    c.cmd("CLIENTID UUID abc").expect(250)


def test_what_was_said_before_starttls_is_discarded(shared):
    c = shared.client(tls=False)
    c.cmd("CLIENTID OLD before").expect(500)
    c.cmd("AUTH PLAIN").expect(530)
    c.starttls(shared.pki.context())
    c.ehlo()
    c.cmd("CLIENTID NEW after").expect(250)
    c.auth_plain("demo", "demo").expect(235)
    assert not any(i.startswith("OLD") for i in identities(shared))


@pytest.mark.parametrize("line", ["CLIENTID UUID abc", "CLIENTID", "CLIENTID UUID " + "x" * 200])
def test_disabled_500_over_tls_and_in_clear(off, line):
    off.client().cmd(line).expect(500)
    off.client(tls=False).cmd(line).expect(500)


def test_disabled_mail_goes_through_without_it(off):
    off.session().submit(message()).expect(250)


# --- §4, §5: syntax ------------------------------------------------------------------------------

@pytest.mark.parametrize("line", MALFORMED, ids=lambda line: ascii(line)[:40])
def test_malformed_501_and_it_does_not_use_up_the_one_allowed(shared, line):
    c = shared.client()
    c.cmd(line).expect(501)
    c.cmd(line).expect(501)
    c.cmd("CLIENTID UUID abc").expect(250)
    c.auth_plain("demo", "demo").expect(235)


def test_a_tab_behind_the_verb_is_no_command_of_ours(shared):
    c = shared.client()
    c.cmd("CLIENTID\tUUID\tabc").expect(500, 501)
    c.cmd(" CLIENTID UUID abc").expect(500, 501)
    c.cmd("CLIENTID UUID abc").expect(250)


@pytest.mark.parametrize("line", WELL_FORMED, ids=lambda line: line[:40])
def test_well_formed_exactly_250_on_one_line(shared, line):
    c = shared.client()
    reply = c.cmd(line)
    assert reply.code == 250 and len(reply.lines) == 1 and reply.raw.startswith(b"250 ")
    c.auth_plain("demo", "demo").expect(235)


@pytest.mark.parametrize("size", [1, 16])
def test_type_of_1_and_16_octets_is_well_formed(shared, size):
    shared.client().clientid("A" * size, "token").expect(250)


@pytest.mark.parametrize("size", [0, 17])
def test_type_of_0_and_17_octets_501(shared, size):
    shared.client().clientid("A" * size, "token").expect(501)


@pytest.mark.parametrize("size", [1, 128])
def test_token_of_1_and_128_octets_is_well_formed(shared, size):
    shared.client().clientid("UUID", "t" * size).expect(250)


@pytest.mark.parametrize("size", [0, 129])
def test_token_of_0_and_129_octets_501(shared, size):
    shared.client().clientid("UUID", "t" * size).expect(501)


def test_underscore_in_a_type_only_with_its_switch(gate):
    lenient = gate(clientid_underscore=True)
    lenient.client().clientid("DEVICE_ID", "abc").expect(250)
    lenient.client().clientid("DEVICE.ID", "abc").expect(501)
    lenient.log.wait("submit.clientid", reply=250)
    assert identities(lenient)[0].startswith("DEVICE_ID:~")


# --- §4: once, and before AUTH -------------------------------------------------------------------

@pytest.mark.parametrize("line", ["CLIENTID UUID abc", "CLIENTID UUID other", "CLIENTID MAC x", "CLIENTID", "CLIENTID U_ID x y"])
def test_after_a_successful_one_503_malformed_or_not(shared, line):
    c = shared.client()
    c.clientid("UUID", "abc").expect(250)
    c.cmd(line).expect(503)
    c.cmd(line).expect(503)
    c.auth_plain("demo", "demo").expect(235)
    c.cmd(line).expect(503)


def cancelled(c):
    c.cmd("AUTH LOGIN").expect(334)
    c.cmd("*").expect(501)


AUTHS = {
    "success": lambda c: c.auth_plain("demo", "demo").expect(235),
    "wrong password": lambda c: c.auth_plain("demo", "wrong").expect(535),
    "unknown account": lambda c: c.auth_plain("nobody", "wrong").expect(535),
    "cancelled": cancelled,
    "unknown mechanism": lambda c: c.cmd("AUTH X-UNHEARD-OF").expect(504),
    "bad base64": lambda c: c.cmd("AUTH PLAIN ???").expect(501),
}


@pytest.mark.parametrize("how", AUTHS)
@pytest.mark.parametrize("line", ["CLIENTID UUID abc", "CLIENTID UUID"])
def test_after_any_auth_503_failed_ones_too(shared, how, line):
    c = shared.client()
    AUTHS[how](c)
    c.cmd(line).expect(503)
    c.ehlo()
    c.cmd(line).expect(503)
    c.cmd("RSET").expect(250)
    c.cmd(line).expect(503)


@pytest.mark.parametrize("between", ["RSET", "EHLO again.example.net", "NOOP", "HELP", "HELO again.example.net"])
def test_rset_and_a_second_ehlo_keep_it(gate, between):
    g = gate()
    c = g.client()
    c.clientid("UUID", "kept").expect(250)
    c.cmd(between).expect(250, 214)
    c.clientid("UUID", "other").expect(503)
    c.auth_plain("demo", "demo").expect(235)
    c.cmd("RSET").expect(250)
    c.quit()
    assert len(g.wait_devices(1)) == 1


def test_every_error_counts_and_a_guesser_is_ended(gate):
    c = gate(limits={"errors": 5}).client()
    codes = [c.cmd("CLIENTID nonsense").code for _ in range(5)]
    assert set(codes[:4]) == {501}
    assert 421 in (codes[4], c.cmd("CLIENTID nonsense").code if codes[4] != 421 else 421)


# --- what becomes of it --------------------------------------------------------------------------

def test_type_compares_without_case_and_token_octet_for_octet(gate):
    g = gate()
    for line in ("CLIENTID UUID abc", "clientid uuid abc", "CLIENTID UUID ABC", "CLIENTID MAC abc", "CLIENTID UUID abc "):
        g.client().cmd(line).expect(250)
    g.log.wait("submit.clientid", count=5)
    a, b, upper, other, trailing = identities(g)
    assert a == b == trailing and a.startswith("UUID:~")
    assert len({a, upper, other}) == 3 and other.startswith("MAC:~")
    assert other.split(":", 1)[1] != a.split(":", 1)[1], "tokens of different types must not be comparable"


def test_log_has_type_and_pseudonym_and_the_reply(gate):
    g = gate()
    c = g.client()
    c.cmd("CLIENTID UUID").expect(501)
    c.clientid("uuid", UUID).expect(250)
    c.clientid("uuid", UUID).expect(503)
    events = [g.log.wait("submit.clientid", count=n) for n in (1, 2, 3)]
    assert [e["reply"] for e in events] == [501, 250, 503]
    assert len({e["session"] for e in events}) == 1
    assert events[1]["identity"].startswith("UUID:~") and "identity" not in events[0]


def test_pseudonyms_are_of_this_installation(gate):
    first, second = gate(), gate()
    for g in (first, second):
        g.client().clientid("UUID", UUID).expect(250)
        g.log.wait("submit.clientid")
    assert identities(first) != identities(second)


def test_clear_token_is_in_no_log_store_message_or_metric(gate):
    g = gate(metrics=True, extra={"log": {"to": "stderr", "format": "json", "level": "debug"}}, trace="full")
    tokens = ["token-of-a-success-0c9f", "token-malformed-0c9f extra", "token-twice-0c9f", "token-in-clear-0c9f",
              "token-after-auth-0c9f"]
    c = g.client(tls=False)
    c.clientid("UUID", tokens[3]).expect(500)
    c.starttls(g.pki.context())
    c.ehlo()
    c.clientid("UUID", tokens[1]).expect(501)
    c.clientid("UUID", tokens[0]).expect(250)
    c.clientid("UUID", tokens[2]).expect(503)
    c.auth_plain("demo", "demo").expect(235)
    c.clientid("UUID", tokens[4]).expect(503)
    c.cmd("CLIENTID_UUID token-unknown-0c9f").expect(500)
    c.submit(message()).expect(250)
    c.quit()
    assert len(g.wait_devices(1)) == 1
    metrics = g.http("/metrics")[1]
    g.log.wait("submit.disconnect")
    stored = b"".join(p.read_bytes() for p in Path(g.settings["state"]).rglob("*") if p.is_file())
    g.stop()
    stored += b"".join(p.read_bytes() for p in Path(g.settings["state"]).rglob("*") if p.is_file())
    for where, text in {"log": g.log.text(), "store": stored, "message": b"".join(g.delivered()),
                        "metrics": metrics, "devices": json.dumps(identities(g)).encode()}.items():
        for needle in (b"0c9f", b"0C9F"):
            assert needle not in text, f"a token is in the {where}"
    assert b"CLIENTID" not in g.delivered()[0] and b"UUID" not in g.delivered()[0]
    assert identities(g)[0].split("~")[1].encode() not in g.delivered()[0]


def test_success_is_recorded_with_first_last_and_count(gate):
    g = gate()
    for _ in range(3):
        c = g.client()
        c.clientid("UUID", UUID).expect(250)
        c.auth_plain("demo", "demo").expect(235)
        c.quit()
    c = g.client()
    c.clientid("MAC", "08:9e:01:70:f6:46").expect(250)
    c.auth_plain("test", "1234").expect(235)
    c.quit()
    c = g.client()
    c.clientid("UUID", "failed").expect(250)
    c.auth_plain("demo", "wrong").expect(535)
    c.quit()
    devices = {d["account"]: d for d in g.wait_devices(lambda found: sum(d["count"] for d in found) >= 4)}
    assert set(devices) == {"demo", "test"}
    assert devices["demo"]["count"] == 3 and devices["demo"]["type"] == "UUID"
    assert devices["test"]["count"] == 1 and devices["test"]["type"] == "MAC"
    assert devices["demo"]["first"] <= devices["demo"]["last"]
    g.log.wait("submit.clientid", count=5)
    logged = identities(g)
    assert g.device_identity(devices["demo"]) in logged and g.device_identity(devices["test"]) in logged


def test_records_survive_a_restart(gate):
    g = gate()
    c = g.client()
    c.clientid("UUID", UUID).expect(250)
    c.auth_plain("demo", "demo").expect(235)
    c.quit()
    before = g.wait_devices(1)
    g.stop()
    assert g.devices() == before
    g.start()
    c = g.client()
    c.clientid("UUID", UUID).expect(250)
    c.auth_plain("demo", "demo").expect(235)
    c.quit()
    assert g.wait_devices(lambda found: found and found[0]["count"] == 2)[0]["first"] == before[0]["first"]


def test_records_are_written_when_the_gate_ends(gate):
    """Write-behind, but not lost at SIGTERM."""
    g = gate()
    c = g.client()
    c.clientid("UUID", UUID).expect(250)
    c.auth_plain("demo", "demo").expect(235)
    c.quit()
    g.stop()
    assert len(g.devices()) == 1


def present(g, kind, password="demo"):
    """One session with an identity of that type, waited for to the end of its log."""
    ended = len(g.log.events("submit.disconnect"))
    c = g.client()
    c.clientid(kind, UUID).expect(250)
    c.clientid(kind, UUID).expect(503)
    c.auth_plain("demo", password).expect(235 if password == "demo" else 535)
    c.quit()
    g.log.wait("submit.disconnect", count=ended + 1)


def test_flag_ignore_is_answered_as_any_and_not_kept_logged_or_handed_on(gate, workdir):
    daemon = DovecotAuth(workdir / "auth")
    g = gate(auth=f"dovecot:{workdir}/auth", clientid_rules={"UUID": ["ignore"], "*": ["system-log", "auth"]})
    present(g, "uuid")
    assert b":~" not in g.log.text() and not any("client_id" in r.parameters for r in daemon.requests)
    present(g, "KNOWN")
    assert [d["type"] for d in g.wait_devices(1)] == ["KNOWN"]
    daemon.close()


def test_flag_session_is_kept_but_treated_as_not_presented(gate, workdir):
    daemon = DovecotAuth(workdir / "auth")
    g = gate(auth=f"dovecot:{workdir}/auth", clientid_rules={"UUID": ["session"], "*": ["system-log", "auth"]})
    present(g, "UUID")
    assert b":~" not in g.log.text() and not any("client_id" in r.parameters for r in daemon.requests)
    present(g, "KNOWN")
    assert [d["type"] for d in g.wait_devices(1)] == ["KNOWN"]
    daemon.close()


def test_flag_system_log_alone_is_logged_and_not_handed_to_the_backend(gate, workdir):
    daemon = DovecotAuth(workdir / "auth")
    g = gate(auth=f"dovecot:{workdir}/auth", clientid_rules={"*": ["system-log"]})
    present(g, "UUID")
    assert identities(g)[0].startswith("UUID:~")
    assert not any("client_id" in r.parameters for r in daemon.requests)
    daemon.close()


def test_flag_auth_hands_the_pseudonym_never_the_token_to_the_backend(gate, workdir):
    daemon = DovecotAuth(workdir / "auth")
    g = gate(auth=f"dovecot:{workdir}/auth", clientid_rules={"*": ["system-log", "auth"]})
    present(g, "UUID")
    assert daemon.requests[0].parameters["client_id"] == identities(g)[0]
    assert not any(UUID in line for line in daemon.lines)
    daemon.close()


def test_the_first_matching_pattern_decides_and_case_does_not_matter(gate):
    g = gate(clientid_rules={"*-uuid": ["ignore"], "TB-UUID": ["system-log"], "tb*": ["system-log"], "*": ["ignore"]})
    present(g, "Tb-Uuid")
    present(g, "TBIRD")
    present(g, "MAC")
    assert [i.split(":")[0] for i in identities(g)] == ["TBIRD"]


@pytest.mark.parametrize("kind", ["IGNORED", "DEBUG", "LOGGED", "UNHEARD-OF-TYPE0"])
def test_policy_is_silent_at_clientid_whatever_the_flags(shared, kind):
    reply = shared.client().clientid(kind, "abc")
    assert reply.code == 250 and len(reply.lines) == 1


def test_pipelined_with_auth_and_mail_all_are_answered_in_order(shared):
    from client import plain_message
    c = shared.client()
    c.send(f"CLIENTID UUID {UUID}\r\nAUTH PLAIN {plain_message('demo', 'demo')}\r\nNOOP\r\nCLIENTID UUID x\r\n")
    assert [r.code for r in c.replies(4)] == [250, 235, 250, 503]


def test_cid_the_word_of_the_first_drafts_is_unknown(shared):
    shared.client().cmd("CID UUID abc").expect(500)


def test_no_process_leaves_a_core_dump_with_the_token_in_it(shared):
    for pid in shared.tree():
        limits = Path(f"/proc/{pid}/limits").read_text().splitlines()
        core = [line for line in limits if line.startswith("Max core file size")][0].split()
        status = Path(f"/proc/{pid}/status").read_text()
        uid = int(status.split("Uid:")[1].split()[1])
        undumpable = os.stat(f"/proc/{pid}").st_uid == 0 and uid != 0
        assert core[4] == "0" or undumpable, f"process {pid} may dump core: {core}"
