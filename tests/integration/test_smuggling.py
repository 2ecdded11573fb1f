# SPDX-License-Identifier: ISC
"""No byte sequence a client can send makes the upstream see a second message or command.

Only CRLF "." CRLF ends the data; a bare CR or LF refuses the message (550 5.5.2) and is never
reinterpreted; the judge is an upstream that keeps what it reads byte for byte."""
import re
import threading

import pytest

from client import message, stuffed
from sink import EVERYTHING, USUAL, Sink

FALSE_ENDS = [b"\n.\n", b"\n.\r\n", b"\r.\r", b"\r.\r\n", b"\r\n.\n", b"\r\n.\r", b"\r\n.\r\r\n", b"\n\n.\r\n",
              b"\n.\r", b"\r.\n", b"\r\n.\n\r\n", b"\r\n\r.\r\n"]
SMUGGLED = b"MAIL FROM:<evil@example.net>\r\nRCPT TO:<victim@example.com>\r\nDATA\r\nSubject: smuggled\r\n\r\nsmuggled\r\n.\r\n"
HEAD = b"From: <sender@example.net>\r\nSubject: outer\r\n\r\n"


@pytest.fixture(scope="module")
def usual(module_gate):
    with Sink(USUAL) as upstream:
        gate = module_gate(deliver=upstream.url, limits={"errors": 1000})
        gate.upstream = upstream
        gate.session().submit(message()).expect(250)
        yield gate


@pytest.fixture(scope="module")
def full(module_gate):
    with Sink(EVERYTHING) as upstream:
        gate = module_gate(deliver=upstream.url, limits={"errors": 1000})
        gate.upstream = upstream
        gate.session().submit(message()).expect(250)
        yield gate


def begin(gate, parameters=""):
    c = gate.session()
    c.mail(parameters=parameters).expect(250)
    c.rcpt().expect(250)
    return c


def check_upstream(upstream):
    """Everything that the upstream read is lines that end with CRLF, and no message holds another."""
    for session in list(upstream.sessions):
        assert not (session.ended or "").startswith("error: not a line"), session.ended
        for line in session.lines:
            assert "evil" not in line and "victim" not in line, f"a smuggled command: {line}"
        for m in session.messages:
            raw = bytes(m.raw)
            assert not re.search(rb"(?<!\r)\n|\r(?!\n)", raw.removesuffix(b"\r")), f"a bare CR or LF went on: {raw!r}"
            assert raw.count(b"\r\n.\r\n") <= 1


def acknowledged(upstream):
    return len(upstream.messages)


@pytest.mark.parametrize("end", FALSE_ENDS, ids=repr)
def test_a_false_end_of_data_refuses_the_message_and_ends_nothing(usual, end):
    before = acknowledged(usual.upstream)
    c = begin(usual)
    c.cmd("DATA").expect(354)
    c.send(HEAD + b"body" + end + SMUGGLED)
    c.reply().expect(550, enhanced="5.5.2")
    c.cmd("NOOP").expect(250)  # the true end was found: client and gate are in step
    c.quit()
    assert acknowledged(usual.upstream) == before
    check_upstream(usual.upstream)


@pytest.mark.parametrize("end", FALSE_ENDS[:7], ids=repr)
def test_a_false_end_cut_anywhere_into_segments_is_the_same(usual, end):
    before = acknowledged(usual.upstream)
    text = b"body" + end + b"MAIL FROM:<evil@example.net>\r\n"
    for cut in range(3, 3 + len(end) + 3):
        c = begin(usual)
        c.cmd("DATA").expect(354)
        c.send(HEAD + text[:cut])
        c.send(text[cut:])
        c.send(b"\r\n.\r\n")
        c.reply().expect(550, enhanced="5.5.2")
        c.cmd("NOOP").expect(250)
        c.close()
    assert acknowledged(usual.upstream) == before
    check_upstream(usual.upstream)


@pytest.mark.parametrize("text", [b"a\nb\r\n", b"a\rb\r\n", b"\n\r\n", b"\r\r\n", b"last\r\r\n"], ids=repr)
@pytest.mark.parametrize("where", ["header", "body", "first"])
def test_a_bare_cr_or_lf_anywhere_550(usual, text, where):
    before = acknowledged(usual.upstream)
    whole = {"header": b"X-Header: " + text + HEAD, "body": HEAD + text, "first": text + HEAD}[where]
    c = begin(usual)
    c.cmd("DATA").expect(354)
    c.send(whole + b".\r\n")
    c.reply().expect(550, enhanced="5.5.2")
    c.submit(message()).expect(250)
    assert acknowledged(usual.upstream) == before + 1
    check_upstream(usual.upstream)


CONTENTS = {
    "dots": HEAD + b".\r\n..\r\n...\r\n.x\r\n..x\r\nx.\r\n",
    "a dot first of all": b".\r\n" + HEAD,
    "empty lines": HEAD + b"\r\n\r\n\r\n",
    "no header": b"\r\nbody\r\n",
    "a command": HEAD + b"QUIT\r\nRSET\r\nMAIL FROM:<x@example.net>\r\n",
    "only a dot": HEAD + b".\r\n",
    "eight bits": HEAD + bytes(range(128, 256)) + b"\r\n",
    "control octets": HEAD + bytes(c for c in range(1, 32) if c not in (10, 13)) + b"\x7f\r\n",
    "a long line": HEAD + b"x" * 5000 + b"\r\n",
    "a long line of dots": HEAD + b"." * 70000 + b"\r\n",
}


@pytest.mark.parametrize("name", CONTENTS)
def test_content_goes_on_octet_for_octet(usual, name):
    content = CONTENTS[name]
    c = begin(usual, "BODY=8BITMIME")
    c.data(content).expect(250)
    m = usual.upstream.messages[-1]
    assert m.content.endswith(b"\r\n" + content) and m.content.startswith(b"Received: ")
    check_upstream(usual.upstream)


@pytest.mark.parametrize("size", [1, 2, 3, 5, 7])
def test_content_in_small_segments_goes_on_octet_for_octet(usual, size):
    content = HEAD + b"\r\n".join([b".", b"..", b"x", b"", b".y", b"z" * 20]) + b"\r\n"
    c = begin(usual)
    c.cmd("DATA").expect(354)
    wire = stuffed(content)
    for at in range(0, len(wire), size):
        c.send(wire[at:at + size])
    c.reply().expect(250)
    assert usual.upstream.messages[-1].content.endswith(b"\r\n" + content)


def test_an_empty_message_is_a_message(usual):
    c = begin(usual)
    c.cmd("DATA").expect(354)
    c.send(b".\r\n")
    c.reply().expect(250)
    c.cmd("NOOP").expect(250)


def test_nul_is_refused_or_goes_on_as_it_is(usual):
    before = acknowledged(usual.upstream)
    c = begin(usual)
    content = HEAD + b"a\0b\r\n\0.\r\n.\0\r\n"
    reply = c.data(content)
    c.cmd("NOOP").expect(250)
    if reply.code == 250:
        assert usual.upstream.messages[-1].content.endswith(content)
    else:
        assert reply.code in (550, 554) and acknowledged(usual.upstream) == before
    check_upstream(usual.upstream)


def test_junk_pipelined_behind_the_end_is_our_command_not_the_upstreams(usual):
    c = begin(usual)
    c.cmd("DATA").expect(354)
    before = len(usual.upstream.lines(""))
    c.send(HEAD + b"body\r\n.\r\nEVIL COMMAND\r\n\x00\x01\x02\r\nevil\nevil\r\nQUIT\r\n")
    c.reply().expect(250)
    assert {c.reply().code for _ in range(3)} <= {500, 501}
    assert b"221" in c.rest()
    assert not any("evil" in line.lower() for line in usual.upstream.lines("")[before:])


def test_commands_pipelined_before_the_354_are_content(usual):
    """Whoever does not wait for 354 has said what follows is content."""
    c = begin(usual)
    c.send(b"DATA\r\n" + HEAD + b"QUIT\r\n.\r\nNOOP\r\n")
    assert [r.code for r in c.replies(3)] == [354, 250, 250]
    assert usual.upstream.messages[-1].content.endswith(HEAD + b"QUIT\r\n")


# --- BDAT ----------------------------------------------------------------------------------------

def chunked(gate, chunks, parameters=""):
    c = begin(gate, parameters)
    if "CHUNKING" not in c.capabilities:
        pytest.skip("CHUNKING is not offered without the upstream's")
    for chunk in chunks[:-1]:
        c.bdat(chunk).expect(250)
    return c, c.bdat(chunks[-1], last=True)


@pytest.mark.parametrize("name", CONTENTS)
@pytest.mark.parametrize("kind", ["usual", "full"])
def test_bdat_content_goes_on_octet_for_octet_whatever_the_upstream_speaks(request, kind, name):
    gate, content = request.getfixturevalue(kind), CONTENTS[name]
    third = len(content) // 3
    for chunks in ([content], [content[:third], content[third:2 * third], content[2 * third:]], [content, b""], [b"", content]):
        _, reply = chunked(gate, chunks, "BODY=8BITMIME")
        reply.expect(250)
        assert gate.upstream.messages[-1].content.endswith(b"\r\n" + content)
    check_upstream(gate.upstream)


@pytest.mark.parametrize("kind", ["usual", "full"])
@pytest.mark.parametrize("end", [b"\r\n.\r\n", b"\r\n.\r\n\r\n.\r\n"], ids=repr)
def test_an_end_of_data_inside_bdat_is_content(request, kind, end):
    gate = request.getfixturevalue(kind)
    before = acknowledged(gate.upstream)
    content = HEAD + b"body" + end + SMUGGLED
    _, reply = chunked(gate, [content])
    reply.expect(250)
    assert acknowledged(gate.upstream) == before + 1
    assert gate.upstream.messages[-1].content.endswith(content)
    assert not any("evil" in line for line in gate.upstream.lines(""))


@pytest.mark.parametrize("kind", ["usual", "full"])
@pytest.mark.parametrize("end", FALSE_ENDS[:7], ids=repr)
def test_a_bare_cr_or_lf_in_bdat_550(request, kind, end):
    gate = request.getfixturevalue(kind)
    before = acknowledged(gate.upstream)
    whole = HEAD + b"body" + end + b"more\r\n"
    for cut in (len(whole), len(HEAD) + 5, len(HEAD) + 4 + len(end) - 1):
        c = begin(gate)
        if "CHUNKING" not in c.capabilities:
            pytest.skip("CHUNKING is not offered without the upstream's")
        codes = [c.bdat(part, last=n == 1) for n, part in enumerate([whole[:cut], whole[cut:]])]
        assert any(r.code == 550 and r.enhanced == "5.5.2" for r in codes), codes
        c.cmd("NOOP").expect(250)
        c.close()
    assert acknowledged(gate.upstream) == before
    check_upstream(gate.upstream)


def test_a_cr_and_lf_in_two_chunks_are_one_line_end(full):
    _, reply = chunked(full, [HEAD + b"a\r", b"\nb\r", b"\n"])
    reply.expect(250)
    assert full.upstream.messages[-1].content.endswith(b"a\r\nb\r\n")


def test_a_cr_at_the_very_end_is_bare(full):
    _, reply = chunked(full, [HEAD + b"a\r\nb\r"])
    reply.expect(550, enhanced="5.5.2")


def test_a_cr_at_the_very_end_of_a_chunk_that_comes_late_is_bare(full):
    """The chunk comes in one piece when the upstream waits for it already."""
    body = HEAD + b"a\r\nb\r"
    for _ in range(10):
        asked = len(full.upstream.lines("DATA"))
        c = begin(full)
        c.line(f"BDAT {len(body)} LAST")
        full.upstream.wait(lambda: len(full.upstream.lines("DATA")) > asked)
        threading.Event().wait(0.01)
        c.send(body)
        c.reply().expect(550, enhanced="5.5.2")
        c.cmd("NOOP").expect(250)
        c.close()


def test_binarymime_goes_on_octet_for_octet_by_bdat(full):
    content = HEAD + bytes(range(256)) * 4 + b"\n.\n\r.\r\r\n.\r\nMAIL FROM:<evil@example.net>\r\nno line end"
    for chunks in ([content], [content[:300], content[300:]]):
        _, reply = chunked(full, chunks, "BODY=BINARYMIME")
        reply.expect(250)
        m = full.upstream.messages[-1]
        assert m.chunks and m.content.endswith(content) and "BODY=BINARYMIME" in m.mail
    assert not any("evil" in line for line in full.upstream.lines(""))


def test_binarymime_needs_bdat_data_is_503(full):
    c = begin(full, "BODY=BINARYMIME")
    c.cmd("DATA").expect(503)


def test_data_behind_bdat_503(full):
    c = begin(full)
    c.bdat(HEAD).expect(250)
    c.cmd("DATA").expect(503)


@pytest.mark.parametrize("line", ["BDAT", "BDAT x", "BDAT -1", "BDAT 99999999999999999999", "BDAT 1 FIRST", "BDAT 1 LAST LAST"])
def test_a_bdat_whose_size_cannot_be_read_501(full, line):
    c = begin(full)
    reply = c.cmd(line)
    assert reply.code in (501, 421, 552), reply


@pytest.mark.parametrize("when", ["before mail", "before rcpt"])
def test_the_octets_of_a_refused_bdat_are_discarded_not_read_as_commands(full, when):
    """RFC 3030 §2: MUST accept and discard the message data before the reply."""
    c = full.client()
    c.auth_plain("demo", "demo").expect(235)
    if when == "before rcpt":
        c.mail().expect(250)
    reply = c.bdat(b"QUIT\r\nNOOP\r\n", last=True)
    assert reply.code in (503, 530, 554)
    c.cmd("NOOP").expect(250)
    c.quit()


def test_pipelined_chunks_and_commands_stay_in_step(full):
    c = begin(full)
    c.send(b"BDAT %d\r\n" % len(HEAD) + HEAD + b"BDAT 6 LAST\r\nbody\r\nNOOP\r\nBDAT 6 LAST\r\nQUIT\r\nNOOP\r\n")
    codes = [r.code for r in c.replies(5)]
    assert codes[:3] == [250, 250, 250] and codes[3] in (503, 554) and codes[4] == 250


# --- what stands in commands ---------------------------------------------------------------------

@pytest.mark.parametrize("line", [
    b"MAIL FROM:<a@example.net>\nMAIL FROM:<evil@example.net>\r\n",
    b"MAIL FROM:<a@example.net> AUTH=evil@example.net\rRCPT\r\n",
    b"MAIL FROM:<\"a\r\nRCPT TO:<evil@example.net>\r\n\"@example.net>\r\n",
    b"MAIL FROM:<\"a\nb\"@example.net>\r\n",
])
def test_a_line_end_inside_a_path_is_no_end_of_our_line_at_the_upstream(usual, line):
    """The upstream hears only what the client was told 250 for."""
    before = len(usual.upstream.lines("MAIL") + usual.upstream.lines("RCPT"))
    c = usual.session()
    c.send(line)
    assert c.reply().code in (500, 501, 553)
    c.send(b"RSET\r\nQUIT\r\n")
    taken = c.rest().count(b"250 ") - 1
    assert len(usual.upstream.lines("MAIL") + usual.upstream.lines("RCPT")) - before <= taken
    for heard in usual.upstream.lines("MAIL") + usual.upstream.lines("RCPT"):
        assert heard.count("<") == heard.count(">") == 1


def test_a_client_may_not_speak_for_another_with_auth_on_mail(usual):
    """RFC 4954 §5: the AUTH= of an untrusted client is not passed on."""
    c = usual.session()
    reply = c.mail(parameters="AUTH=evil@example.net")
    if reply.code == 250:
        c.rcpt().expect(250)
        c.data(message()).expect(250)
        assert "evil" not in usual.upstream.messages[-1].mail
