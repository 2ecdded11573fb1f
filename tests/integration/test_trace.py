# SPDX-License-Identifier: ISC
"""The Received field (RFC 5321 §4.4, RFC 6531 §4.3): full, private, none; never the CLIENTID."""
import re

import pytest

from client import message
from harness import fields
from sink import EVERYTHING

STAMP = r"(Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d{1,2} [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d [+-]\d{4}"


def send(gate, sink, trace=None, helo="laptop.example.net", source="127.0.0.7", parameters="", warm=False, **more):
    upstream = sink(EVERYTHING)
    settings = {"trace": trace} if trace else {}
    g = gate(deliver=upstream.url, **settings, **more)
    if warm:
        g.session().submit(message()).expect(250)
    c = g.client(source=source)
    c.ehlo(helo)
    c.clientid("UUID", "trace-token-77").expect(250)
    c.auth_plain("demo", "demo").expect(235)
    c.mail(parameters=parameters).expect(250)
    c.rcpt("rcpt-one@example.com").expect(250)
    c.data(message("traced")).expect(250)
    content = upstream.messages[-1].content
    assert content.endswith(message("traced"))
    identity = g.log.wait("submit.clientid")["identity"]
    assert b"trace-token-77" not in content and identity.split("~")[1].encode() not in content and b"UUID" not in content
    return content


def received(content):
    values = fields(content, "Received")
    assert len(values) == 1
    return values[0]


def test_private_is_the_default_and_tells_nothing_of_the_client(gate, sink):
    content = send(gate, sink)
    value = received(content)
    head = content.split(b"\r\nFrom:")[0].decode()
    for secret in ("127.0.0.7", "laptop", "demo", "[127"):
        assert secret not in head, f"{secret} is in {head}"
    assert re.search(r"\bwith ESMTPSA\b", value) and "by mail.example.com" in value
    assert re.match(r"from \S+ ", value), "the grammar wants a from-domain: a placeholder stands there"
    assert re.search(rf"; {STAMP}$", value), value


def test_private_is_the_same_for_two_clients(gate, sink):
    one, two = (received(send(gate, sink, helo=h, source=s)) for h, s in (("a.example.net", "127.0.0.8"), ("b.example.net", "127.0.0.9")))
    blank = lambda v: re.sub(r"\bid \S+", "id X", v.split(";")[0])
    assert blank(one) == blank(two)


def test_full_tells_all(gate, sink):
    value = received(send(gate, sink, "full"))
    assert value.startswith("from laptop.example.net ") and "[127.0.0.7]" in value
    assert "by mail.example.com" in value and re.search(r"\bwith ESMTPSA\b", value)
    assert re.search(r"\bid [A-Za-z0-9.-]+", value) and re.search(rf"; {STAMP}$", value)


def test_none_adds_no_field(gate, sink):
    content = send(gate, sink, "none")
    assert fields(content, "Received") == [] and content == message("traced")


def test_smtputf8_is_utf8smtpsa(gate, sink):
    value = received(send(gate, sink, parameters="SMTPUTF8", warm=True))
    assert re.search(r"\bwith UTF8SMTPSA\b", value)


def test_lines_are_at_most_78_octets_and_end_with_crlf(gate, sink):
    content = send(gate, sink, "full", helo="x" * 300 + ".example.net")
    head = content[:content.index(b"\r\nFrom:")]
    assert re.search(rb"(?<!\r)\n", head) is None
    assert all(len(line) <= 998 for line in head.split(b"\r\n"))


@pytest.mark.parametrize("helo", ["x) by evil.example (y", "a;b", "a b c", "[IPv6:::ffff:172.16.149.220]", "(((", ")))", "\\", "\"", "a\tb",
                                  "x\\) from evil", "m\u00fcller", "<a@b>", "$(id)", "a, b", "x from y by z with w; Mon, 1 Jan 2001 00:00:00 +0000"])
def test_a_helo_name_cannot_break_out_of_the_field(gate, sink, helo):
    content = send(gate, sink, "full", helo=helo)
    head = content[:content.index(b"From: ")]
    assert head.count(b"Received:") == 1
    names = [line.split(b":")[0] for line in head.split(b"\r\n")[:-1] if line[:1] not in b" \t"]
    assert names == [b"Received"]
    value = received(content)
    outside = strip_comments(value)
    assert "evil" not in outside and outside.count(";") == 1 and len(re.findall(r"\bby\b", outside)) == 1, value


def strip_comments(text):
    """Without what stands in parentheses or quotes, as RFC 5322 nests and escapes them."""
    out, depth, quoted, escaped = "", 0, False, False
    for c in text:
        if escaped:
            escaped = False
        elif c == "\\" and (depth or quoted):
            escaped = True
        elif c == '"' and not depth:
            quoted = not quoted
        elif quoted:
            pass
        elif c == "(":
            depth += 1
        elif c == ")":
            depth -= 1
        elif depth == 0:
            out += c
    assert depth == 0 and not quoted, f"open parentheses or quotes in {text!r}"
    return out


def test_loops_are_counted_with_private_trace(gate, sink):
    """The gate's own field counts: a message that passes it again and again ends."""
    upstream = sink()
    g = gate(deliver=upstream.url, limits={"received": 10})
    c, text, codes = g.session(), message("loop"), []
    while not codes or codes[-1] == 250 and len(codes) < 20:
        codes.append(c.submit_to_code(text))
        text = upstream.messages[-1].content
    assert codes == [250] * 11 + [554]
