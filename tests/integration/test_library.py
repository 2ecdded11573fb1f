# SPDX-License-Identifier: ISC
"""libpostern as others meet it: installed, found by pkg-config, shared and static."""
import hashlib
import os
import pathlib
import re
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
POSTERN = pathlib.Path(os.environ.get("POSTERN", ROOT / "build/gcc/postern"))
BODY = b"Hi.\r\n\r\nWe lost the game.  Are you hungry yet?\r\n\r\nJoe.\r\n"
HEADER = (b"From: Joe SixPack <joe@football.example.com>\r\nTo: Suzie Q <suzie@shopping.example.net>\r\n"
          b"Subject: Is dinner ready?\r\nMessage-ID: <20030712040037.46341.5F8J@football.example.com>\r\n")


def run(*command, **more):
    done = subprocess.run([str(c) for c in command], capture_output=True, text=True, timeout=120, **more)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """The build of the program under test, installed into a folder of the test's own."""
    into = tmp_path_factory.mktemp("installed")
    run("meson", "install", "-C", POSTERN.parent, "--no-rebuild", "--destdir", into)
    [found] = into.rglob("libpostern.pc")
    return into, found.parent


def flags(installed):
    into, folder = installed
    environment = os.environ | {"PKG_CONFIG_SYSROOT_DIR": str(into), "PKG_CONFIG_PATH": str(folder)}
    return run("pkg-config", "--cflags", "--libs", "libpostern", env=environment).split()


def library(installed, name):
    [found] = [f for f in installed[0].rglob(name) if not f.is_symlink()]
    return found


@pytest.fixture(scope="module")
def signed(tmp_path_factory):
    """A message signed with a fresh key, and the text of its key record."""
    folder = tmp_path_factory.mktemp("signed")
    (folder / "message").write_bytes(HEADER + b"\r\n" + BODY)
    run(POSTERN, "dkim", "keygen", "--type", "ed25519", "--out", folder / "key", "-s", "s1", "-d", "football.example.com")
    with open(folder / "signed", "wb") as out:
        subprocess.run([POSTERN, "dkim", "sign", "-d", "football.example.com", "-s", "s1", "-k", folder / "key",
                        folder / "message"], check=True, stdout=out, timeout=60)
    record = run(POSTERN, "dkim", "record", "--text", "-k", folder / "key").strip()
    return folder / "signed", record


def built(installed, source, out, kind):
    """A program linked with the library; what it needs in its environment."""
    link = flags(installed) if kind == "shared" else [
        *(f for f in flags(installed) if f.startswith("-I")), library(installed, "libpostern.a"), "-lcrypto", "-lidn2"]
    sanitized = "-fsanitize=address,undefined" if "asan" in str(POSTERN) else "-O1"
    run("gcc", "-std=c17", "-Wall", "-Wextra", "-Werror", sanitized, ROOT / "tests/integration" / source, "-o", out, *link)
    return {"LD_LIBRARY_PATH": str(library(installed, "libpostern.so.*").parent)}


@pytest.mark.parametrize("kind", ["shared", "static"])
def test_a_program_built_with_the_installed_library_verifies_and_checks(installed, signed, tmp_path, kind):
    where = built(installed, "library_client.c", tmp_path / "client", kind)
    message, record = signed
    assert run(tmp_path / "client", message, record, env=os.environ | where).split("\n")[:2] == [
        "pass", "non-suspicious step 1"]
    forged = tmp_path / "forged"
    forged.write_bytes(message.read_bytes().replace(b"dinner", b"supper"))
    assert run(tmp_path / "client", forged, record, env=os.environ | where).split("\n")[:2] == [
        "fail", "suspicious step 9"]


@pytest.mark.parametrize("kind", ["shared", "static"])
def test_a_program_built_with_the_installed_library_reads_dhcp(installed, tmp_path, kind):
    where = built(installed, "library_dhcp.c", tmp_path / "client", kind)
    mac = bytes.fromhex("020304050607")
    name = b"\x06laptop\x07example\x03com\0"
    options = [(53, b"\x01"), (61, b"\x01" + mac), (81, b"\x04\0\0" + name), (55, b"\x01\x03"), (82, b"\x01\x09ge")]
    message = (b"\x01\x01\x06\0" + bytes(24) + mac.ljust(208, b"\0") + bytes.fromhex("63825363")
               + b"".join(bytes([code, len(value)]) + value for code, value in options))
    (tmp_path / "message").write_bytes(message)
    digest = hashlib.sha256(b"\x01" + mac + name).hexdigest()
    assert run(tmp_path / "client", tmp_path / "message", env=os.environ | where).splitlines() == [
        "DISCOVER", "240 53 DHCP Msg Type: DISCOVER", "243 61 Client Id: 01:02:03:04:05:06:07",
        "252 81 Client FQDN: laptop.example.com (--E-)", "277 55 Parameter List: 1 3",
        "281 82 Relay Agent Information: 01:09:67:65", "malformed: 287 no END", "malformed: 283 a sub-option overruns",
        f"laptop.example.com DHCID 000101{digest}"]


def test_the_shared_library_shows_its_own_names_only_and_versioned(installed):
    names = [line.split()[2] for line in run("nm", "-D", "--defined-only", library(installed, "libpostern.so.*")).splitlines()]
    assert {"postern_dkim_verifier_new@@POSTERN_1", "postern_dhcp_new@@POSTERN_1"} <= set(names)
    assert [n for n in names if not n.startswith(("postern_", "POSTERN_1"))] == []


def test_the_static_library_shows_its_own_names_only(installed):
    names = [line.split()[2] for line in run("nm", "-g", "--defined-only", library(installed, "libpostern.a")).splitlines()
             if len(line.split()) == 3]
    assert {"postern_dkim_verifier_new", "postern_dhcp_new"} <= set(names)
    assert [n for n in names if not n.startswith("postern_")] == []


def test_the_library_calls_nothing_that_ends_logs_or_asks_the_time(installed):
    wanted = {line.split()[-1] for line in run("nm", "-u", library(installed, "libpostern.a")).splitlines() if " U " in line}
    assert wanted & {"abort", "exit", "_exit", "syslog", "__syslog_chk", "clock_gettime", "time", "gettimeofday", "printf", "write"} == set()


def test_every_function_of_the_public_headers_is_there(installed):
    text = run("gcc", "-E", "-P", "-I", ROOT / "include", "-include", "postern/practices.h", "-include",
               "postern/dhcp.h", "-x", "c", "/dev/null")

    declared = set(re.findall(r"\b(postern_\w+)\(", text))
    names = {line.split()[2].split("@")[0]
             for line in run("nm", "-D", "--defined-only", library(installed, "libpostern.so.*")).splitlines()}
    assert declared <= names, sorted(declared - names)


@pytest.mark.parametrize("header", ["dhcp.h", "dns.h", "dkim.h", "practices.h"])
def test_the_headers_compile_as_cplusplus(installed, header):
    run("clang", "-x", "c++", "-Wall", "-Wextra", "-Werror", "-fsyntax-only", "-include", f"postern/{header}", "/dev/null", "-I",
        installed[0] / "usr/local/include")
