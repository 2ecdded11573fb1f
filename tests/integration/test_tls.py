# SPDX-License-Identifier: ISC
"""TLS: versions, SNI, resumption, reload of certificates while sessions go on."""
import shutil
import socket
import ssl
import subprocess

import pytest

from client import Client, message
from harness import give

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


@pytest.fixture(scope="module")
def shared(module_gate):
    return module_gate()


def only(pki, version):
    context = pki.context()
    context.minimum_version = context.maximum_version = version
    return context


def old(pki, version):
    """A client that would still speak an old version."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.minimum_version = ssl.TLSVersion.TLSv1
    context.maximum_version = version
    return context


@pytest.mark.parametrize("version, name", [(ssl.TLSVersion.TLSv1_2, "TLSv1.2"), (ssl.TLSVersion.TLSv1_3, "TLSv1.3")])
@pytest.mark.parametrize("tls", ["implicit", "starttls"])
def test_tls_1_2_and_1_3_are_spoken_and_logged(gate, version, name, tls):
    g = gate()
    c = g.connect(tls=only(g.pki, version) if tls == "implicit" else False)
    c.greeting()
    c.ehlo()
    if tls == "starttls":
        c.starttls(only(g.pki, version))
        c.ehlo()
    assert c.sock.version() == name
    c.auth_plain("demo", "demo").expect(235)
    event = g.log.wait("submit.tls")
    assert event["version"] == name and event["cipher"] and event["session"]


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1])
def test_tls_1_1_and_older_are_refused(shared, version):
    with pytest.raises((ssl.SSLError, ConnectionError)):
        Client("127.0.0.1", shared.tls_port, tls=old(shared.pki, version))


def test_minimum_1_3_refuses_1_2(gate):
    g = gate(tls_minimum="1.3")
    with pytest.raises((ssl.SSLError, ConnectionError)):
        g.connect(tls=only(g.pki, ssl.TLSVersion.TLSv1_2))
    g.client().ehlo()


@pytest.mark.parametrize("cipher", ["NULL", "aNULL", "eNULL", "EXPORT", "RC4", "3DES", "DES", "MD5", "kRSA", "PSK", "SRP", "ADH", "AECDH"])
def test_weak_ciphers_are_refused(shared, cipher):
    context = old(shared.pki, ssl.TLSVersion.TLSv1_2)
    try:
        context.set_ciphers(cipher + ":@SECLEVEL=0")
    except ssl.SSLError:
        pytest.skip(f"this OpenSSL has no {cipher} either")
    with pytest.raises((ssl.SSLError, ConnectionError)):
        Client("127.0.0.1", shared.tls_port, tls=context)


def certificate_names(c):
    return {value for kind, value in c.sock.getpeercert()["subjectAltName"] if kind == "DNS"}


@pytest.mark.parametrize("tls", ["implicit", "starttls"])
def test_sni_chooses_among_certificates_and_the_first_is_the_default(gate, tls, pki):
    g = gate(tls=[{"certificate": str(pki.certificate), "key": str(pki.key)}, {"certificate": str(pki.other_certificate), "key": str(pki.other_key)}])

    def names(server_name, certificate):
        context = pki.context(certificate)
        context.check_hostname = False
        if tls == "implicit":
            c = g.connect(tls=context, server_name=server_name)
        else:
            c = g.connect()
            c.greeting()
            c.starttls(context, server_name)
        return certificate_names(c)

    assert "mail.example.com" in names("mail.example.com", pki.certificate)
    assert "other.example.org" in names("other.example.org", pki.other_certificate)
    assert "other.example.org" in names("OTHER.example.org", pki.other_certificate)
    assert "mail.example.com" in names("unheard.example.net", pki.certificate)
    assert "mail.example.com" in names(None, pki.certificate)


def resume(g, version):
    context = only(g.pki, version)
    first = g.connect(tls=context)
    first.greeting()
    first.ehlo()
    session = first.sock.session
    assert session and session.has_ticket or version == ssl.TLSVersion.TLSv1_2
    first.cmd("QUIT")
    first.close()
    second = Client("127.0.0.1", g.tls_port)
    g.clients.append(second)
    second.sock = context.wrap_socket(second.sock, server_hostname="mail.example.com", session=session)
    second.greeting()
    second.ehlo()
    assert "CLIENTID" in second.capabilities
    second.clientid("UUID", "resumed").expect(250)
    second.auth_plain("demo", "demo").expect(235)
    return second.sock.session_reused


@pytest.mark.parametrize("workers", [1, 3])
@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_sessions_are_resumed_by_whichever_worker(gate, version, workers):
    g = gate(workers=workers)
    assert all(resume(g, version) for _ in range(6))


def test_a_resumed_session_is_not_authenticated(gate):
    g = gate()
    context = only(g.pki, ssl.TLSVersion.TLSv1_3)
    first = g.connect(tls=context)
    first.greeting()
    first.ehlo()
    first.auth_plain("demo", "demo").expect(235)
    session = first.sock.session
    first.close()
    second = Client("127.0.0.1", g.tls_port)
    second.sock = context.wrap_socket(second.sock, server_hostname="mail.example.com", session=session)
    second.greeting()
    second.ehlo()
    second.mail().expect(530)
    second.close()


def own_certificate(g):
    """The gate's certificate, in a place of its own so that it can be replaced."""
    for name, source in (("c.crt", g.pki.certificate), ("c.key", g.pki.key)):
        shutil.copy(source, g.dir / name)
        (g.dir / name).chmod(0o600)
        give(g.dir / name)
    g.settings["submission"]["tls"] = {"certificate": str(g.dir / "c.crt"), "key": str(g.dir / "c.key")}


def replace_certificate(g, certificate, key):
    for name, source in (("c.crt", certificate), ("c.key", key)):
        (g.dir / name).write_bytes(source.read_bytes())


def test_certificates_are_reloaded_at_sighup_while_sessions_go_on(gate, pki):
    g = gate.prepare()
    own_certificate(g)
    g.start()
    going_on, idle = g.session(), g.client(tls=False)
    going_on.mail().expect(250)
    replace_certificate(g, pki.other_certificate, pki.other_key)
    g.reload()
    new = g.connect(tls=pki.context(pki.other_certificate), server_name="other.example.org")
    new.greeting()
    new.ehlo()
    new.auth_plain("demo", "demo").expect(235)
    going_on.rcpt().expect(250)
    going_on.data(message()).expect(250)
    idle.cmd("NOOP").expect(250)
    idle.quit()
    assert len(g.delivered()) == 1


@pytest.mark.parametrize("fault", ["key of another", "garbage", "missing", "others can read the key"])
def test_a_bad_certificate_at_sighup_leaves_the_old_in_force_and_says_so(gate, pki, fault):
    g = gate.prepare()
    own_certificate(g)
    g.start()
    if fault == "key of another":
        (g.dir / "c.key").write_bytes(pki.other_key.read_bytes())
    elif fault == "garbage":
        (g.dir / "c.crt").write_text("not a certificate\n")
    elif fault == "missing":
        (g.dir / "c.crt").unlink()
    else:
        (g.dir / "c.key").chmod(0o644)
    known = len(g.log.lines)
    g.reload()
    g.log.wait_text(str(g.dir / "c.").encode(), since=known)
    g.session().submit(message()).expect(250)


def test_chains_are_sent_whole(gate, pki):
    """What follows the certificate in its file goes along."""
    g = gate.prepare()
    own_certificate(g)
    with (g.dir / "c.crt").open("ab") as file:
        file.write(pki.other_certificate.read_bytes())
    g.start()
    run = subprocess.run(["openssl", "s_client", "-connect", f"127.0.0.1:{g.tls_port}", "-showcerts", "-servername", "mail.example.com"],
                         input=b"QUIT\r\n", capture_output=True, timeout=20)
    assert run.stdout.count(b"BEGIN CERTIFICATE") == 2


def test_no_renegotiation_and_no_compression(shared):
    c = shared.connect(tls=only(shared.pki, ssl.TLSVersion.TLSv1_2))
    c.greeting()
    assert c.sock.compression() is None


def test_close_notify_is_sent_after_quit(shared):
    c = shared.client()
    c.cmd("QUIT").expect(221)
    c.sock.suppress_ragged_eofs = False
    assert c.sock.recv(10) == b""  # else SSLEOFError


def test_half_a_record_and_then_nothing_holds_up_nobody(shared):
    stuck = [Client("127.0.0.1", shared.tls_port) for _ in range(5)]
    for c in stuck:
        c.send(b"\x16\x03\x01\x40\x00")
    shared.session().submit(message()).expect(250)
    for c in stuck:
        c.sock.shutdown(socket.SHUT_RDWR)
        c.close()
