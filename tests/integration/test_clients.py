# SPDX-License-Identifier: ISC
"""Real clients, as their users would run them."""
import shutil
import smtplib
import ssl
import subprocess
from pathlib import Path

import pytest

from client import message
from harness import fields

HERE = Path(__file__).resolve().parent
SWAKS, CURL, MSMTP, OPENSSL = (shutil.which(name) for name in ("swaks", "curl", "msmtp", "openssl"))


def need(path, package):
    return pytest.mark.skipif(not path, reason=f"{package} is not installed (package {package})")


@pytest.fixture(scope="module")
def shared(module_gate):
    return module_gate()


def run(*words, input=b"", code=0):
    done = subprocess.run([str(w) for w in words], input=input, capture_output=True, timeout=60)
    assert done.returncode == code, (done.stdout + done.stderr).decode(errors="replace")
    return (done.stdout + done.stderr).decode(errors="replace")


def has_subject(gate, subject):
    return any(subject in fields(m, "Subject") for m in gate.delivered())


# --- swaks ---------------------------------------------------------------------------------------

def swaks(gate, subject, *more, port=None, code=0):
    return run(SWAKS, "--server", "127.0.0.1", "--port", port or gate.port, "--from", "sender@example.net", "--to", "demo@example.com",
               "--helo", "laptop.example.net", "--header", f"Subject: {subject}", "--timeout", "20", *more, code=code)


LOGIN = ["--auth-user", "demo", "--auth-password", "demo"]


@need(SWAKS, "swaks")
@pytest.mark.parametrize("mechanism", ["PLAIN", "LOGIN"])
@pytest.mark.parametrize("tls", ["--tls", "--tls-on-connect"])
def test_swaks(shared, mechanism, tls):
    subject = f"swaks {mechanism} {tls[2:]}"
    port = shared.tls_port if tls == "--tls-on-connect" else shared.port
    swaks(shared, subject, tls, "--auth", mechanism, *LOGIN, port=port)
    assert has_subject(shared, subject)


@need(SWAKS, "swaks")
def test_swaks_pipelining(shared):
    swaks(shared, "swaks pipeline", "--tls", "--auth", "PLAIN", *LOGIN, "--pipeline")
    assert has_subject(shared, "swaks pipeline")


@need(SWAKS, "swaks")
def test_swaks_without_authentication_or_tls_is_refused(shared):
    assert "530" in swaks(shared, "no auth", "--tls", code=23)
    assert "530" in swaks(shared, "no tls", code=23)


@need(SWAKS, "swaks")
def test_swaks_with_a_wrong_password_is_refused(shared):
    assert "535" in swaks(shared, "wrong", "--tls", "--auth", "PLAIN", "--auth-user", "demo", "--auth-password", "wrong", code=28)


@need(SWAKS, "swaks")
def test_swaks_with_an_attachment(shared, tmp_path):
    file = tmp_path / "attachment.bin"
    file.write_bytes(bytes(range(256)) * 400)
    swaks(shared, "swaks attachment", "--tls", "--auth", "LOGIN", *LOGIN, "--attach", f"@{file}")
    assert has_subject(shared, "swaks attachment")


# --- Python's smtplib ----------------------------------------------------------------------------

@pytest.mark.parametrize("tls", ["starttls", "implicit"])
def test_smtplib_with_clientid(shared, tls):
    context = shared.pki.context()
    if tls == "implicit":
        client = smtplib.SMTP_SSL("localhost", shared.tls_port, context=context, timeout=20)
    else:
        client = smtplib.SMTP("localhost", shared.port, timeout=20)
        client.starttls(context=context)
    with client:
        client.ehlo()
        assert client.has_extn("clientid") and client.esmtp_features["clientid"] == ""
        assert client.docmd("CLIENTID", "UUID 23bf83be-aad7-46aa-9e0f-39191ccf402f")[0] == 250
        client.login("demo", "demo")
        assert client.send_message(email(f"smtplib {tls}")) == {}
    assert has_subject(shared, f"smtplib {tls}")


def email(subject):
    from email.message import EmailMessage
    m = EmailMessage()
    m["From"], m["To"], m["Subject"] = "sender@example.net", "demo@example.com", subject
    m.set_content("Gr\u00fc\u00dfe\n.\n..\nFrom here on\n")
    return m


def test_smtplib_wrong_password_and_no_tls(shared):
    with smtplib.SMTP("localhost", shared.port, timeout=20) as client:
        with pytest.raises((smtplib.SMTPNotSupportedError, smtplib.SMTPAuthenticationError)):
            client.login("demo", "demo")
        client.starttls(context=shared.pki.context())
        with pytest.raises(smtplib.SMTPAuthenticationError) as fault:
            client.login("demo", "wrong")
        assert fault.value.smtp_code == 535


# --- curl ----------------------------------------------------------------------------------------

@need(CURL, "curl")
@pytest.mark.parametrize("tls", ["starttls", "implicit"])
@pytest.mark.parametrize("mechanism", ["PLAIN", "LOGIN"])
def test_curl(shared, tls, mechanism, tmp_path):
    file = tmp_path / "mail.eml"
    file.write_bytes(message(f"curl {tls} {mechanism}"))
    url = f"smtps://localhost:{shared.tls_port}" if tls == "implicit" else f"smtp://localhost:{shared.port}"
    run(CURL, "--silent", "--show-error", "--ssl-reqd", "--cacert", shared.pki.certificate, "--url", url, "--user", "demo:demo",
        "--login-options", f"AUTH={mechanism}", "--mail-from", "sender@example.net", "--mail-rcpt", "demo@example.com", "--upload-file", file)
    assert has_subject(shared, f"curl {tls} {mechanism}")


# --- msmtp ---------------------------------------------------------------------------------------

@need(MSMTP, "msmtp")
@pytest.mark.parametrize("mechanism", ["plain", "login", "scram-sha-256"])
@pytest.mark.parametrize("tls", ["starttls", "implicit"])
def test_msmtp(shared, mechanism, tls, tmp_path):
    if mechanism.startswith("scram") and "SCRAM" not in run(MSMTP, "--version").upper():
        pytest.skip("this msmtp has no SCRAM")
    run(MSMTP, "--file=/dev/null", "--host=localhost", f"--port={shared.tls_port if tls == 'implicit' else shared.port}", "--tls=on",
        f"--tls-starttls={'off' if tls == 'implicit' else 'on'}", f"--tls-trust-file={shared.pki.certificate}", f"--auth={mechanism}",
        "--user=demo", "--passwordeval=echo demo", "--from=sender@example.net", "demo@example.com",
        input=message(f"msmtp {mechanism} {tls}").replace(b"\r\n", b"\n"))
    assert has_subject(shared, f"msmtp {mechanism} {tls}")


# --- libetpan: a real CLIENTID client ------------------------------------------------------------

@pytest.fixture(scope="module")
def etpan(tmp_path_factory):
    cc = shutil.which("gcc") or shutil.which("clang")
    if not Path("/usr/include/libetpan/libetpan.h").exists() or not cc:
        pytest.skip("libetpan is not installed (package libetpan-dev)")
    program = tmp_path_factory.mktemp("etpan") / "etpan_client"
    run(cc, "-Wall", "-Wextra", "-Werror", "-o", program, HERE / "etpan_client.c", "-letpan")
    return program


@pytest.mark.parametrize("tls", ["starttls", "tls"])
@pytest.mark.parametrize("mechanism", ["PLAIN", "LOGIN"])
def test_libetpan_with_clientid(gate, etpan, tls, mechanism):
    g = gate()
    port = g.tls_port if tls == "tls" else g.port
    run(etpan, port, tls, "demo", "demo", mechanism, "UUID", "4d8776ca-0251-11ea-8d71-362b9e155667", input=message("from libetpan"))
    assert has_subject(g, "from libetpan")
    assert g.log.wait("submit.clientid")["reply"] == 250
    (device,) = g.wait_devices(1)
    assert device["account"] == "demo" and device["type"] == "UUID"


@pytest.mark.parametrize("kind, token", [("UUID", "x" * 129), ("DEVICE_ID", "x"), ("T" * 17, "x")])
def test_libetpan_is_told_of_a_malformed_one(gate, etpan, kind, token):
    g = gate()
    said = run(etpan, g.tls_port, "tls", "demo", "demo", "PLAIN", kind, token, input=message(), code=1)
    assert said.startswith("clientid:")


# --- openssl s_client, by hand -------------------------------------------------------------------

@pytest.mark.parametrize("tls", ["starttls", "implicit"])
def test_openssl_s_client_by_hand(shared, tls):
    """-crlf, and each line typed when the last was answered."""
    where = [f"127.0.0.1:{shared.tls_port}"] if tls == "implicit" else [f"127.0.0.1:{shared.port}", "-starttls", "smtp"]
    process = subprocess.Popen([OPENSSL, "s_client", "-quiet", "-crlf", "-CAfile", str(shared.pki.certificate), "-verify_return_error", "-connect", *where],
                               stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)

    def say(text, code):
        if text:
            process.stdin.write(text.encode() + b"\n")
            process.stdin.flush()
        for line in process.stdout:
            if line[3:4] == b" ":
                assert line.startswith(str(code).encode()), line
                return
        raise AssertionError(f"no answer to {text}")

    try:
        if tls == "implicit":
            say("", 220)
        say("EHLO laptop.example.net", 250)
        say("CLIENTID UUID 23bf83be-aad7-46aa-9e0f-39191ccf402f", 250)
        say("AUTH PLAIN AGRlbW8AZGVtbw==", 235)
        say("MAIL FROM:<sender@example.net>", 250)
        say("rcpt to:<demo@example.com>", 250)  # a line that starts with R would renegotiate
        say("DATA", 354)
        say(f"Subject: by hand {tls}\n\nHello.\n.", 250)
        say("noop", 250)
    finally:
        process.kill()
        process.communicate()
    assert has_subject(shared, f"by hand {tls}")


def test_aiosmtpd_as_upstream(gate, tmp_path):
    """An upstream of other people's making."""
    pytest.importorskip("aiosmtpd", reason="aiosmtpd is not installed (package python3-aiosmtpd)")
    from aiosmtpd.controller import Controller
    from aiosmtpd.handlers import Message as Base

    class Keep(Base):
        got = []

        def handle_message(self, m):
            self.got.append(m)

    from harness import free_port
    controller = Controller(Keep(), hostname="127.0.0.1", port=free_port())
    controller.start()
    try:
        gate(deliver=f"smtp://127.0.0.1:{controller.port}").session().submit(message("to aiosmtpd")).expect(250)
        assert Keep.got[0]["Subject"] == "to aiosmtpd"
    finally:
        controller.stop()


def test_a_client_that_trusts_nobody_else_checks_the_certificate(shared):
    with pytest.raises(ssl.SSLCertVerificationError):
        shared.connect(tls=shared.pki.context(shared.pki.other_certificate))
