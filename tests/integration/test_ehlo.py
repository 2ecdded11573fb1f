# SPDX-License-Identifier: ISC
"""What EHLO offers: each extension only while it holds, those of the upstream only as the upstream
has them."""
import pytest

from client import message
from sink import EVERYTHING, RESET

ALLOWED = {"PIPELINING", "SIZE", "8BITMIME", "BINARYMIME", "SMTPUTF8", "CHUNKING", "DSN", "LIMITS", "ENHANCEDSTATUSCODES", "AUTH",
           "STARTTLS", "CLIENTID", "HELP"}
MINIMAL = ("PIPELINING",)


def learned(gate, upstream):
    """A gate that has spoken with its upstream."""
    g = gate(deliver=upstream.url)
    g.session().submit(message()).expect(250)
    return g


def test_in_clear_starttls_is_offered_and_neither_auth_nor_clientid(gate):
    c = gate().client(tls=False)
    assert "STARTTLS" in c.capabilities and not {"AUTH", "CLIENTID"} & set(c.capabilities)
    assert set(c.capabilities) <= ALLOWED


@pytest.mark.parametrize("tls", [True, "starttls"])
def test_over_tls_auth_and_clientid_are_offered_and_not_starttls(gate, tls):
    c = gate().client(tls=tls)
    assert {"AUTH", "CLIENTID", "PIPELINING", "SIZE", "ENHANCEDSTATUSCODES", "LIMITS"} <= set(c.capabilities)
    assert "STARTTLS" not in c.capabilities and set(c.capabilities) <= ALLOWED


def test_first_line_is_the_host_name(gate):
    c = gate(hostname="gate.example.org").client()
    assert c.ehlo().lines[0].split(" ")[0] == "gate.example.org"
    assert c.cmd("HELO x").expect(250).lines[0].split(" ")[0] == "gate.example.org"


def test_mechanisms_are_those_of_the_file_backend(gate):
    words = gate().client().capabilities["AUTH"].split(" ")
    assert {"PLAIN", "LOGIN", "SCRAM-SHA-256", "SCRAM-SHA-256-PLUS"} == set(words)


def test_no_auth_line_with_an_equals_sign(gate):
    """Some clients trip over it (K-9 #8715)."""
    assert b"AUTH=" not in gate().client().ehlo().raw


def test_size_and_rcptmax_are_the_configured_limits(gate):
    c = gate(limits={"message-size": 123456, "recipients": 7}).client()
    assert c.capabilities["SIZE"] == "123456" and "RCPTMAX=7" in c.capabilities["LIMITS"].split(" ")


def test_defaults_are_50_mib_and_100_recipients(gate):
    c = gate().client()
    assert c.capabilities["SIZE"] == str(50 * 1024 * 1024) and "RCPTMAX=100" in c.capabilities["LIMITS"].split(" ")


def test_extensions_of_the_upstream_are_offered_when_it_has_them(gate, sink):
    c = learned(gate, sink(EVERYTHING)).client()
    assert {"8BITMIME", "BINARYMIME", "SMTPUTF8", "DSN", "CHUNKING"} <= set(c.capabilities)


def test_extensions_of_the_upstream_are_not_offered_when_it_has_them_not(gate, sink):
    c = learned(gate, sink(MINIMAL)).client()
    assert not {"8BITMIME", "BINARYMIME", "SMTPUTF8", "DSN"} & set(c.capabilities)


def test_binarymime_needs_the_upstreams_chunking_too(gate, sink):
    c = learned(gate, sink(("8BITMIME", "BINARYMIME"))).client()
    assert "8BITMIME" in c.capabilities and "BINARYMIME" not in c.capabilities


def test_an_upstream_that_takes_less_lowers_size(gate, sink):
    g = learned(gate, sink(("SIZE 100000",)))
    assert int(g.client().capabilities["SIZE"]) <= 100000
    g.session().mail(parameters="SIZE=200000").expect(552)


def test_extensions_are_learned_anew_with_every_connection(gate, sink):
    upstream = sink(MINIMAL)
    g = learned(gate, upstream)
    assert "8BITMIME" not in g.client().capabilities
    upstream.capabilities = list(EVERYTHING)
    upstream.drop(RESET)
    g.session().submit(message()).expect(250)
    assert {"8BITMIME", "BINARYMIME", "SMTPUTF8", "DSN"} <= set(g.client().capabilities)


@pytest.mark.parametrize("parameters, recipient", [("BODY=8BITMIME", ""), ("SMTPUTF8", ""), ("RET=HDRS ENVID=x", ""), ("BODY=BINARYMIME", ""),
                                                   ("", "NOTIFY=NEVER")])
def test_what_was_offered_and_is_lost_since_451(gate, sink, parameters, recipient):
    upstream = sink(EVERYTHING)
    g = learned(gate, upstream)
    c = g.session()
    assert "8BITMIME" in c.capabilities
    upstream.capabilities = list(MINIMAL)
    upstream.drop(RESET)
    upstream.wait_idle()
    reply = c.mail(parameters=parameters)
    if reply.code == 250:
        reply = c.rcpt(parameters=recipient)
    reply.expect(451)


@pytest.mark.parametrize("parameters", ["BODY=8BITMIME", "SMTPUTF8", "RET=FULL", "BODY=BINARYMIME"])
def test_what_was_not_offered_is_refused(gate, sink, parameters):
    g = learned(gate, sink(MINIMAL))
    assert g.session().mail(parameters=parameters).code in (555, 504, 501, 451)


@pytest.mark.parametrize("argument", ["client.example.net", "[192.168.1.5]", "[IPv6:::ffff:172.16.149.220]", "[IPV6:fe80::1%2]", "[IPv6:2001:db8::1]",
                                      "under_score", "we-guess.mozilla.org", "localhost", "a", "-", "[]", "[x", "two words", "x" * 400, "(comment)", "m\u00fcller"])
def test_any_ehlo_argument_is_accepted(gate_for_arguments, argument):
    c = gate_for_arguments.connect(tls=True)
    c.greeting()
    c.cmd(f"EHLO {argument}").expect(250)
    c.auth_plain("demo", "demo").expect(235)
    c.submit(message()).expect(250)


@pytest.fixture(scope="module")
def gate_for_arguments(module_gate):
    return module_gate()


def test_helo_offers_nothing(gate):
    c = gate().connect(tls=True)
    c.greeting()
    assert len(c.cmd("HELO client.example.net").expect(250).lines) == 1
