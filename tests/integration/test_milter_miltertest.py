# SPDX-License-Identifier: ISC
"""What no MTA sends: scripts for miltertest (OpenDKIM's driver), and packets made by hand."""
import shutil
import struct
import subprocess

import pytest

from harness import is_sanitized, resident_kib
from signing import STRANGERS_ONLY, STRICT, Key, sign, verify

MILTERTEST = shutil.which("miltertest")
needs_miltertest = pytest.mark.skipif(not MILTERTEST, reason="miltertest is not installed (package miltertest)")

BEGIN = """
conn = mt.connect(where)
if conn == nil then error("no connection") end
function ok(result) if result ~= nil then error(result) end end
function go_on() if mt.getreply(conn) ~= SMFIR_CONTINUE then error("the reply is " .. mt.getreply(conn)) end end
function message(from)
    ok(mt.mailfrom(conn, "<jo@acme.example>"))
    ok(mt.header(conn, "From", from or " jo@acme.example"))
    ok(mt.header(conn, "Subject", " hello"))
    ok(mt.eoh(conn))
    ok(mt.bodystring(conn, "body\\r\\n"))
    ok(mt.eom(conn))
end
"""
MEET = """
ok(mt.negotiate(conn, nil, nil, nil))
ok(mt.conninfo(conn, "client.example", "127.0.0.1"))
"""


@pytest.fixture
def lua(workdir):
    def run(where, script, begin=BEGIN + MEET):
        path = workdir / "script.lua"
        path.write_text(begin + script)
        done = subprocess.run([MILTERTEST, "-D", f"where={where}", "-s", path], capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, done.stdout + done.stderr
    return run


@pytest.fixture(scope="module")
def key(base):
    folder = base / "miltertest-keys"
    folder.mkdir()
    return Key(folder, "acme.example", "s1")


@pytest.fixture
def signer(milter, key):
    return milter(sign={"acme.example": key.row()}, dns=[key.record])


@pytest.fixture
def verifier(milter, key):
    return milter(internal=STRANGERS_ONLY, dns=[key.record, STRICT], suspicious="reject")


def tcp(service):
    return f"inet:{service.port}@127.0.0.1"


# --- miltertest ----------------------------------------------------------------------------------

@needs_miltertest
def test_what_is_asked_for_in_the_negotiation(lua, signer):
    lua(tcp(signer), """
        for _, step in ipairs({SMFIP_HDR_LEADSPC, SMFIP_NR_HDR, SMFIP_NR_BODY, SMFIP_NOUNKNOWN}) do
            if not mt.test_option(conn, step) then error("step " .. step) end
        end
        for _, action in ipairs({SMFIF_ADDHDRS, SMFIF_CHGHDRS, SMFIF_QUARANTINE}) do
            if not mt.test_action(conn, action) then error("action " .. action) end
        end
        if mt.test_action(conn, SMFIF_CHGBODY) then error("nobody changes bodies here") end
        if mt.test_option(conn, SMFIP_NR_EOH) then error("there is an answer at the end of the header") end
    """)


@needs_miltertest
@pytest.mark.parametrize("version", [2, 3, 4, 6])
def test_old_versions_have_their_mail_signed(lua, signer, version):
    steps = {2: "0x7f", 3: "0x17f", 4: "0x3ff", 6: "nil"}[version]
    lua(tcp(signer), f"""
        ok(mt.negotiate(conn, {version}, {"nil" if version == 6 else "0x3f"}, {steps}))
        ok(mt.conninfo(conn, "client.example", "127.0.0.1"))
        message()
        go_on()
        if not mt.eom_check(conn, MT_HDRINSERT, "DKIM-Signature") then error("not signed") end
    """, begin=BEGIN)


@needs_miltertest
def test_a_unix_socket_is_as_good(lua, signer):
    lua(f"unix:{signer.socket}", """
        message()
        if not mt.eom_check(conn, MT_HDRINSERT, "DKIM-Signature") then error("not signed") end
    """)


@needs_miltertest
def test_an_unspecified_client_is_a_stranger(lua, signer):
    lua(tcp(signer), """
        ok(mt.negotiate(conn, nil, nil, nil))
        ok(mt.conninfo(conn, "client.example", "unspec"))
        message()
        if mt.eom_check(conn, MT_HDRINSERT, "DKIM-Signature") then error("signed") end
        if not mt.eom_check(conn, MT_HDRINSERT, "Authentication-Results") then error("not verified") end
    """, begin=BEGIN)


@needs_miltertest
def test_authentication_counts_for_its_message_alone(lua, milter, key):
    service = milter(sign={"acme.example": key.row()}, dns=[key.record], internal=STRANGERS_ONLY)
    lua(tcp(service), """
        mt.macro(conn, SMFIC_MAIL, "{auth_type}", "PLAIN", "{auth_authen}", "jo")
        message()
        if not mt.eom_check(conn, MT_HDRINSERT, "DKIM-Signature") then error("not signed") end
        message()
        if mt.eom_check(conn, MT_HDRINSERT, "DKIM-Signature") then error("signed") end
    """)


@needs_miltertest
def test_suspicious_mail_is_rejected(lua, verifier):
    lua(tcp(verifier), """
        message()
        if mt.getreply(conn) ~= SMFIR_REPLYCODE then error("not rejected") end
    """)


@needs_miltertest
def test_forged_results_are_deleted(lua, milter):
    lua(tcp(milter(internal=STRANGERS_ONLY)), """
        ok(mt.mailfrom(conn, "<jo@acme.example>"))
        ok(mt.header(conn, "Authentication-Results", " mail.example.com; dkim=pass"))
        ok(mt.header(conn, "From", " jo@acme.example"))
        ok(mt.eoh(conn))
        ok(mt.eom(conn))
        if not mt.eom_check(conn, MT_HDRDELETE, "Authentication-Results") then error("still there") end
        if not mt.eom_check(conn, MT_HDRINSERT, "Authentication-Results") then error("ours is not") end
    """)


@needs_miltertest
def test_two_connections_in_turns(lua, signer):
    lua(tcp(signer), """
        other = mt.connect(where)
        ok(mt.negotiate(other, nil, nil, nil))
        ok(mt.conninfo(other, "stranger.example", "203.0.113.9"))
        ok(mt.mailfrom(other, "<jo@acme.example>"))
        ok(mt.mailfrom(conn, "<jo@acme.example>"))
        for _, c in ipairs({conn, other}) do ok(mt.header(c, "From", " jo@acme.example")) end
        for _, c in ipairs({other, conn}) do ok(mt.eoh(c)) end
        for _, c in ipairs({conn, other}) do ok(mt.bodystring(c, "x\\r\\n")) end
        for _, c in ipairs({other, conn}) do ok(mt.eom(c)) end
        if not mt.eom_check(conn, MT_HDRINSERT, "DKIM-Signature") then error("not signed") end
        if mt.eom_check(other, MT_HDRINSERT, "DKIM-Signature") then error("signed") end
    """)


@needs_miltertest
def test_an_abrupt_end_harms_nobody(lua, signer):
    lua(tcp(signer), """
        ok(mt.mailfrom(conn, "<jo@acme.example>"))
        ok(mt.header(conn, "From", " jo@acme.example"))
        mt.disconnect(conn, false)
        conn = mt.connect(where)
        ok(mt.negotiate(conn, nil, nil, nil))
        ok(mt.conninfo(conn, "client.example", "127.0.0.1"))
        message()
        if not mt.eom_check(conn, MT_HDRINSERT, "DKIM-Signature") then error("not signed") end
    """)
    signer.log.wait("milter.aborted")


# --- packets made by hand ------------------------------------------------------------------------

def inserted(answers, name):
    return [p[4:].split(b"\0")[1] for letter, p in answers if letter == "i" and p[4:].startswith(name + b"\0")]


def as_fields(message):
    header, _, body = message.partition(b"\r\n\r\n")
    fields = header.replace(b"\r\n\t", b"\n\t").replace(b"\r\n ", b"\n ").split(b"\r\n")
    return [tuple(f.split(b":", 1)) for f in fields], body


def deliver(mta, fields, body):
    mta.envelope()
    for name, value in fields:
        mta.command("L", name + b"\0" + value + b"\0")
    mta.command("N")
    return mta.finish(body)


MESSAGE = b"From: jo@acme.example\r\nTo: b@example.net\r\nSubject: x\r\nDate: Sat, 21 Nov 2026 10:00:00 +0000\r\n" \
          b"Message-ID: <1@acme.example>\r\n\r\nbody\r\n"


@pytest.mark.parametrize("field, why", [
    ((b"X-Note", b" a\0b"), "a NUL in the header"),
    ((b"X-Note", b" a\nFrom: evil@other.example"), "a line end in a header field that is no fold"),
    ((b"X-Note", b" a\n\nbody"), "a line end in a header field that is no fold"),
    ((b"X-Note", b" a\rb"), "a CR in the header that ends no line"),
    ((b"From\xc2\xa0", b" evil@other.example"), "a header field whose name is none"),
])
def test_a_header_that_is_not_what_it_seems_gets_no_pass(milter, key, field, why):
    service = milter(internal=STRANGERS_ONLY, dns=[key.record, STRICT])
    mta = service.mta()
    mta.connect()
    fields, body = as_fields(sign(key, MESSAGE))
    (results,) = inserted(deliver(mta, [field, *fields], body), b"Authentication-Results")
    assert b"dkim=policy" in results and b"x-dkim-ssp=permerror" in results and why.encode() in results
    (results,) = inserted(deliver(mta, fields, body), b"Authentication-Results")
    assert b"dkim=pass" in results and b"x-dkim-ssp=pass" in results


def test_commands_that_come_all_at_once_and_octet_by_octet(signer):
    packet = lambda letter, payload=b"": struct.pack("!I", 1 + len(payload)) + letter + payload
    whole = packet(b"C", b"x\0" + b"4\0\x19127.0.0.1\0") + packet(b"M", b"<jo@acme.example>\0") + \
        packet(b"L", b"From\0 jo@acme.example\0") + packet(b"N") + packet(b"B", b"body\r\n") + packet(b"E")
    for step in (len(whole), 1, 7):
        mta = signer.mta()
        for at in range(0, len(whole), step):
            mta.socket.sendall(whole[at:at + step])
        assert mta.receive()[0] == "c"  # at the end of the header
        answers = [mta.receive(), mta.receive()]
        assert [a[0] for a in answers] == ["i", "c"] and inserted(answers, b"DKIM-Signature")


def test_a_hundred_megabytes_take_no_memory(milter, key):
    service = milter(sign={"acme.example": key.row()}, dns=[key.record, STRICT])
    (worker,) = service.children()
    own, outside = service.mta(), service.mta()
    own.connect("127.0.0.1")
    outside.connect()
    line = b"x" * 76 + b"\r\n"
    body = line * (100 * 1024 * 1024 // len(line))
    own.message(body=line)
    outside.message(body=line)
    before = resident_kib(worker)
    assert inserted(own.message(body=body), b"DKIM-Signature")
    assert outside.message(body=body)[-1][0] == "c"
    assert is_sanitized() or resident_kib(worker) - before < 1024, "what came with the body stayed"


def test_a_header_over_the_limit_is_accepted_unverified_and_says_so(milter, key):
    service = milter(internal=STRANGERS_ONLY, dns=[key.record, STRICT], limits={"header": 65536})
    mta = service.mta()
    mta.connect()
    fields, body = as_fields(sign(key, MESSAGE))
    big = [(b"X-%d" % n, b" " + b"y" * 1000) for n in range(70)]
    (results,) = inserted(deliver(mta, fields + big, body), b"Authentication-Results")
    assert b"dkim=permerror" in results and b"x-dkim-ssp=permerror" in results and b"too big" in results
    (results,) = inserted(deliver(mta, fields, body), b"Authentication-Results")
    assert b"dkim=pass" in results


@pytest.fixture
def a_list(milter, key, workdir):
    owner = Key(workdir, "lists.example", "l")

    def start(*dns, **options):
        service = milter(sign={"lists.example": owner.row()}, dns=[key.record, owner.record, *dns],
                         lists={"talk-bounces*@lists.example": {"kind": "resending", "sender": "talk-owner@lists.example", **options}})
        mta = service.mta()
        mta.connect("127.0.0.1")

        def resend(message):
            fields, body = as_fields(message)
            mta.envelope(sender="<talk-bounces+b@lists.example>")
            for name, value in fields:
                mta.command("L", name + b"\0" + value + b"\0")
            mta.command("N")
            return mta.finish(body)
        return service, resend
    return start


def test_a_list_signs_for_its_sender_what_verified(a_list, key):
    service, resend = a_list()
    message = sign(key, MESSAGE)
    answers = resend(message)
    (sender,), (signature,) = inserted(answers, b"Sender"), inserted(answers, b"DKIM-Signature")
    assert sender == b" talk-owner@lists.example" and b"Sender" in signature
    sent = (b"DKIM-Signature:" + signature + b"\nSender:" + sender).replace(b"\n", b"\r\n") + b"\r\n" + message
    found = verify(service, sent)["signatures"]
    assert [(s["domain"], s["result"]) for s in found] == [("lists.example", "pass"), ("acme.example", "pass")]
    changed = verify(service, sent.replace(b"talk-owner", b"evil-owner"))["signatures"]
    assert [s["result"] for s in changed] == ["fail", "pass"]


def test_a_list_does_not_sign_what_did_not_verify(a_list, key):
    service, resend = a_list()
    answers = resend(sign(key, MESSAGE) + b"[the list's own footer]\r\n")
    assert [letter for letter, _ in answers] == ["c"]
    assert "no signature of the message verifies" in service.log.wait("milter.message")["not_signed"]


def test_a_list_refuses_mail_of_strict_domains_where_it_is_to(a_list, key):
    _, resend = a_list(STRICT, **{"reject-strict": True})
    assert resend(sign(key, MESSAGE))[-1][0] == "y"


@pytest.mark.parametrize("octets, reason", [
    (struct.pack("!I", 0), "a packet without a command"),
    (struct.pack("!I", 0x7fffffff) + b"L", "a packet that is too big"),
    (struct.pack("!I", 1) + b"?", "a command that nobody knows"),
    (struct.pack("!I", 2) + b"Bx", "a command out of its order"),
    (b"GET / HTTP/1.1\r\n\r\n", "a packet that is too big"),
], ids=["empty", "huge", "unknown", "early", "http"])
def test_what_is_no_milter_protocol_ends_the_connection(signer, octets, reason):
    mta = signer.mta()
    mta.socket.sendall(octets + (b"" if len(octets) > 4 else b"x"))
    assert mta.is_closed()
    assert signer.log.wait("milter.refused")["reason"] == reason
    other = signer.mta()
    other.connect("127.0.0.1")
    assert inserted(other.message(), b"DKIM-Signature")
