# SPDX-License-Identifier: ISC
import faulthandler
import os
import shutil
import signal
import ssl
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from harness import Gate, MilterService, binary, give, give_directory  # noqa: E402
from sink import Sink  # noqa: E402

TEST_SECONDS = int(os.environ.get("POSTERN_TEST_SECONDS", "120"))


def pytest_configure(config):
    config.addinivalue_line("markers", "seconds(n): how long the test may take in all")


@pytest.fixture(autouse=True)
def alarm(request):
    """A test that hangs fails; it does not hold up the others."""
    mark = request.node.get_closest_marker("seconds")
    seconds = mark.args[0] if mark else TEST_SECONDS

    def ring(*_):
        faulthandler.dump_traceback()
        raise TimeoutError(f"the test took longer than {seconds} s")

    signal.signal(signal.SIGALRM, ring)
    signal.alarm(seconds)
    yield
    signal.alarm(0)


@pytest.fixture(scope="session", autouse=True)
def program():
    path = binary()
    if not path.exists():
        pytest.exit(f"{path} is not there: build first, or set POSTERN", returncode=2)
    return path


@pytest.fixture(scope="session")
def base():
    """A directory that the gate's own user can reach (pytest's cannot be, when root runs it)."""
    path = Path(tempfile.mkdtemp(prefix="postern-it-"))
    path.chmod(0o755)
    yield path
    if not os.environ.get("POSTERN_TEST_KEEP"):
        shutil.rmtree(path, ignore_errors=True)


class Pki:
    """Self-signed ECDSA P-256 certificates, each its own authority."""

    def __init__(self, directory):
        self.dir = directory
        self.certificate, self.key = self.make("mail", "mail.example.com", "localhost")
        self.other_certificate, self.other_key = self.make("other", "other.example.org")

    def make(self, name, *names):
        certificate, key = self.dir / f"{name}.crt", self.dir / f"{name}.key"
        san = ",".join([f"DNS:{n}" for n in names] + ["IP:127.0.0.1", "IP:::1"])
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
                        "-nodes", "-days", "30", "-subj", f"/CN={names[0]}", "-addext", f"subjectAltName={san}",
                        "-keyout", key, "-out", certificate], check=True, capture_output=True)
        key.chmod(0o600)
        give(key)
        return certificate, key

    def context(self, certificate=None):
        """For a client that trusts this certificate and no other."""
        return ssl.create_default_context(cafile=str(certificate or self.certificate))

    def server_context(self, certificate=None, key=None):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate or self.certificate, key or self.key)
        return context


@pytest.fixture(scope="session")
def pki(base):
    return Pki(give_directory(base / "pki"))


def new_directory(base):
    path = Path(tempfile.mkdtemp(prefix="gate-", dir=base))
    path.chmod(0o755)
    return give(path)


class Factory:
    """Makes gates, and stops them when the fixture ends; the first fault of stopping is the test's."""

    def __init__(self, base, pki):
        self.base, self.pki, self.made = base, pki, []

    def prepare(self, **settings):
        gate = Gate(new_directory(self.base), self.pki, **settings)
        self.made.append(gate)
        return gate

    def __call__(self, **settings):
        return self.prepare(**settings).start()

    def stop(self):
        faults = []
        for gate in reversed(self.made):
            try:
                gate.stop()
            except AssertionError as fault:
                faults.append(fault)
        if faults:
            raise faults[0]


@pytest.fixture
def gate(base, pki):
    """gate(**settings) starts one; see harness.Gate."""
    factory = Factory(base, pki)
    yield factory
    factory.stop()


@pytest.fixture(scope="module")
def module_gate(base, pki):
    """The same for gates that all tests of a file share."""
    factory = Factory(base, pki)
    yield factory
    factory.stop()


@pytest.fixture
def milter(base):
    """milter(**settings) starts a `postern milter`; see harness.MilterService."""
    made = []

    def make(**settings):
        made.append(MilterService(new_directory(base), **settings))
        return made[-1].start()

    yield make
    for one in reversed(made):
        one.stop()


@pytest.fixture
def workdir(base):
    return new_directory(base)


@pytest.fixture
def sink():
    """sink(**options) starts a scripted upstream; see sink.Sink."""
    made = []

    def make(*arguments, **options):
        made.append(Sink(*arguments, **options))
        return made[-1]

    yield make
    for one in made:
        one.close()


@pytest.fixture
def peer(workdir):
    """peer(Class, **options) starts one of peers.py in a directory of its own."""
    made = []

    def make(kind, *arguments, **options):
        one = kind(workdir, *arguments, **options)
        made.append(one)
        return one.start()

    yield make
    for one in reversed(made):
        one.stop()
