# SPDX-License-Identifier: ISC
"""The tour of `make run`: it does the main job, and ends as it says."""
import functools
import os
import pathlib
import re
import signal
import socket
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
POSTERN = os.environ.get("POSTERN", str(ROOT / "build/gcc/postern"))
TOUR = [str(ROOT / "tools/tour/run")]


@pytest.fixture(autouse=True)
def free_ports():
    ports = subprocess.run([ROOT / "tools/tour/ports"], cwd=ROOT, capture_output=True, text=True)
    if ports.returncode:
        pytest.skip(ports.stdout)


def tour(program=POSTERN, **more):
    return subprocess.run(TOUR, env=os.environ | {"POSTERN": program} | more, stdin=subprocess.DEVNULL,
                          capture_output=True, text=True, timeout=120)


@functools.cache
def one_tour():
    """One for the tests that only look at it: it takes a quarter of a minute."""
    done = tour(TOUR_ONCE="1")
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def listening():
    with socket.socket() as s:
        return s.connect_ex(("127.0.0.1", 1587)) == 0


def test_tour_sends_a_message_with_clientid_and_shows_it_without_a_terminal():
    shown = one_tour()
    token = (ROOT / "run/clientid").read_text().strip()
    assert f"C: CLIENTID UUID {token}" in shown
    assert "Subject: Hello from the tour" in shown
    assert " submit.message " in shown
    assert token not in (ROOT / "run/postern.log").read_text()
    assert not listening()


def test_tour_shows_an_attack_that_the_known_device_does_not_notice():
    shown = one_tour()
    assert '  200 wrong passwords from 50 addresses: 200 x "535 5.7.8 Authentication credentials invalid"\n' in shown
    assert re.search(r"^  the known device, right password, from one of those addresses: 235 ", shown, re.M)
    assert len(re.findall(r"^  somebody .*, right password, from elsewhere: 535 5\.7\.8 ", shown, re.M)) == 2
    assert re.search(r" policy\.tripped .* account=demo .* name=stranger-guesses ", shown)
    assert re.search(r" device\.alert kind=attack account=demo ", shown)
    assert re.search(r"^  stranger-guesses .* HOLDS", shown, re.M)


def test_tour_checks_a_signed_an_unsigned_and_a_forged_message_with_nsd():
    shown = one_tour()
    assert re.search(r"^  acme\.example\. IN TYPE65280 \\# 9 08703D737472696374$", shown, re.M)
    assert re.search(r"^  run/dkim/signed: non-suspicious\n.*\n    1\. d=acme\.example .* pass", shown, re.M)
    assert re.search(r"^  run/dkim/unsigned: suspicious .*\n.*\n    signatures: none\n    asked: acme\.example DKIMP\n      got: data \"p=strict\"$",
                     shown, re.M)
    assert re.search(r"^  run/dkim/forged: suspicious .*\n.*\n    1\. d=acme\.example .* fail, the body was changed", shown, re.M)


def test_tour_audits_real_clients_and_writes_the_page():
    shown = one_tour()
    assert "  The worst, and what to do about it\n" in shown
    assert re.search(r"^   1\. critical 5\.9 Location tracking: \d+ of \d+ clients", shown, re.M)
    assert (ROOT / "run/audit/report.html").read_text().startswith("<!DOCTYPE html>")


def test_tour_runs_again_over_an_old_one():
    assert tour(TOUR_ONCE="1").returncode == 0
    assert len(list((ROOT / "run/mail/demo/new").iterdir())) == 1


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_tour_stays_up_until_it_is_told_to_stop(number):
    with subprocess.Popen(TOUR, env=os.environ | {"POSTERN": POSTERN}, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, text=True, start_new_session=True) as running:
        for line in running.stdout:
            if "stays up until" in line:
                break
        up = listening()
        os.killpg(running.pid, number)
        running.stdout.read()
        assert up and running.wait(60) == 0
    assert not listening()


def test_a_step_that_fails_is_named_and_fails_the_tour():
    done = tour(program="/bin/false")
    assert done.returncode == 1
    assert "the tour failed in step 2, tools/tour/20-account" in done.stdout


def test_a_taken_port_is_named():
    with socket.socket() as s:
        s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        s.bind(("127.0.0.1", 1587))
        s.listen()
        done = tour()
    assert done.returncode == 1
    assert "port 1587 of 127.0.0.1" in done.stdout
