# SPDX-License-Identifier: ISC
"""libpostern as others meet it: installed, found by pkg-config, shared and static."""
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


@pytest.mark.parametrize("kind", ["shared", "static"])
def test_a_program_built_with_the_installed_library_verifies_and_checks(installed, signed, tmp_path, kind):
    link = flags(installed) if kind == "shared" else [
        *(f for f in flags(installed) if f.startswith("-I")), library(installed, "libpostern.a"), "-lcrypto", "-lidn2"]
    sanitized = "-fsanitize=address,undefined" if "asan" in str(POSTERN) else "-O1"
    run("gcc", "-std=c17", "-Wall", "-Wextra", "-Werror", sanitized, ROOT / "tests/integration/library_client.c", "-o",
        tmp_path / "client", *link)
    where = {"LD_LIBRARY_PATH": str(library(installed, "libpostern.so.*").parent)}
    message, record = signed
    assert run(tmp_path / "client", message, record, env=os.environ | where).split("\n")[:2] == [
        "pass", "non-suspicious step 1"]
    forged = tmp_path / "forged"
    forged.write_bytes(message.read_bytes().replace(b"dinner", b"supper"))
    assert run(tmp_path / "client", forged, record, env=os.environ | where).split("\n")[:2] == [
        "fail", "suspicious step 9"]


def test_the_shared_library_shows_its_own_names_only_and_versioned(installed):
    names = [line.split()[2] for line in run("nm", "-D", "--defined-only", library(installed, "libpostern.so.*")).splitlines()]
    assert "postern_dkim_verifier_new@@POSTERN_1" in names
    assert [n for n in names if not n.startswith(("postern_", "POSTERN_1"))] == []


def test_the_static_library_shows_its_own_names_only(installed):
    names = [line.split()[2] for line in run("nm", "-g", "--defined-only", library(installed, "libpostern.a")).splitlines()
             if len(line.split()) == 3]
    assert "postern_dkim_verifier_new" in names
    assert [n for n in names if not n.startswith("postern_")] == []


def test_the_library_calls_nothing_that_ends_logs_or_asks_the_time(installed):
    wanted = {line.split()[-1] for line in run("nm", "-u", library(installed, "libpostern.a")).splitlines() if " U " in line}
    assert wanted & {"abort", "exit", "_exit", "syslog", "__syslog_chk", "clock_gettime", "time", "gettimeofday", "printf", "write"} == set()


def test_every_function_of_the_public_headers_is_there(installed):
    text = run("gcc", "-E", "-P", "-I", ROOT / "include", "-include", "postern/practices.h", "-x", "c", "/dev/null")

    declared = set(re.findall(r"\b(postern_\w+)\(", text))
    names = {line.split()[2].split("@")[0]
             for line in run("nm", "-D", "--defined-only", library(installed, "libpostern.so.*")).splitlines()}
    assert declared <= names, sorted(declared - names)


@pytest.mark.parametrize("header", ["dns.h", "dkim.h", "practices.h"])
def test_the_headers_compile_as_cplusplus(installed, header):
    run("clang", "-x", "c++", "-Wall", "-Wextra", "-Werror", "-fsyntax-only", "-include", f"postern/{header}", "/dev/null", "-I",
        installed[0] / "usr/local/include")
