# SPDX-License-Identifier: ISC
"""Running `postern milter`: sockets, privileges, signals, workers, what it refuses to start with."""
import os
import re
import signal
import socket
import stat
import subprocess
from pathlib import Path

import pytest

from conftest import new_directory
from harness import (DEADLINE, IS_ROOT, SERVICE_USER, MilterService, children, is_sanitized, kill_hard, resident_kib,
                     until, wait_gone)
from mta import Mta


def verdict(mta, **options):
    return mta.message(**options)[-1][0]


def works(service, to=None):
    mta = service.mta(to)
    mta.connect()
    assert verdict(mta) in "ac"
    mta.close()


def reload(service, **milter):
    service.settings["milter"].update({key.replace("_", "-"): value for key, value in milter.items()})
    service.reload()


# --- sockets -------------------------------------------------------------------------------------

def test_it_serves_on_tcp_and_on_a_unix_socket(milter):
    service = milter()
    works(service)
    works(service, service.socket)


@pytest.mark.parametrize("mode", ["0600", "0660", "0666"])
def test_a_unix_socket_has_its_mode_from_the_start_and_belongs_to_the_user(milter, mode):
    service = milter(socket_mode=mode)
    found = os.lstat(service.socket)
    assert stat.S_ISSOCK(found.st_mode) and stat.S_IMODE(found.st_mode) == int(mode, 8)
    assert not IS_ROOT or Path(service.socket).owner() == SERVICE_USER


def test_a_unix_socket_goes_with_the_service(milter):
    service = milter()
    service.stop()
    assert not service.socket.exists()


def test_a_stale_unix_socket_is_replaced_after_kill_9(milter):
    service = milter()
    service.kill()
    assert service.socket.exists()
    service.start(keep_ports=True)
    works(service, service.socket)


def test_a_unix_socket_that_is_in_use_or_no_socket_is_a_fault(milter, base):
    service = milter()
    other = MilterService(new_directory(base), listen=[f"unix:{service.socket}"])
    other.write_config()
    run = other.run("milter", "-c", other.config)
    assert run.returncode == 1 and b"Address already in use" in run.stderr
    assert re.search(rb"postern.yaml:\d+:\d+: milter.listen: ", run.stderr)
    works(service, service.socket)
    plain = other.dir / "file"
    plain.write_text("precious")
    other.settings["milter"]["listen"] = [f"unix:{plain}"]
    other.write_config()
    assert other.run("milter", "-c", other.config).returncode == 1
    assert plain.read_text() == "precious"


@pytest.mark.skipif(not IS_ROOT, reason="not root")
def test_privileges_are_dropped_after_binding(milter):
    service = milter(workers=2)
    assert len(service.children()) == 2
    for pid in service.children():
        status = Path(f"/proc/{pid}/status").read_text()
        uids = re.search(r"^Uid:\s+(.*)$", status, re.M).group(1).split()
        groups = re.search(r"^Groups:(.*)$", status, re.M).group(1).split()
        assert SERVICE_USER == "root" or ("0" not in uids and "0" not in groups)
        assert re.search(r"^NoNewPrivs:\s+1$", status, re.M) and re.search(r"^Seccomp:\s+2$", status, re.M)


# --- what it refuses to start with ---------------------------------------------------------------

def rsa_key(path):
    subprocess.run(["openssl", "genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:1024", "-out", path],
                   check=True, capture_output=True)
    path.chmod(0o600)
    return path


@pytest.mark.parametrize("text", [None, "", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", "x" * 70000],
                         ids=["missing", "empty", "no-key", "huge"])
def test_a_private_key_that_is_none_is_told_with_its_place(base, text):
    service = MilterService(new_directory(base), listen=["inet:1@127.0.0.1"])
    key = service.dir / "key.pem"
    if text is not None:
        key.write_text(text)
        key.chmod(0o600)
    service.settings["milter"]["sign"] = {"acme.example": {"selector": "s1", "key": key}}
    service.write_config()
    for command in ["config", "check"], ["milter"]:
        run = service.run(*command, "-c", service.config)
        assert run.returncode == 1
        assert re.search(rb"postern.yaml:\d+:\d+: milter.sign.key: .*key.pem: .", run.stderr), run.stderr


@pytest.mark.skipif(not IS_ROOT or SERVICE_USER == "root", reason="only root reads what the service's user may not")
def test_private_keys_are_read_before_privileges_are_dropped(base):
    service = MilterService(new_directory(base))
    key = rsa_key(service.dir / "key.pem")
    service.settings["milter"]["sign"] = {"acme.example": {"selector": "s1", "key": key}}
    assert key.owner() == "root"
    try:
        service.start()
        mta = service.mta()
        mta.connect("127.0.0.1")
        answers = mta.message()
        assert any(b"DKIM-Signature" in payload and b"s=s1" in payload for _, payload in answers), answers
    finally:
        service.stop()


def test_a_private_key_that_others_can_read_is_refused(base):
    service = MilterService(new_directory(base))
    key = rsa_key(service.dir / "key.pem")
    service.settings["milter"]["sign"] = {"acme.example": {"selector": "s1", "key": key}}
    key.chmod(0o640)
    try:
        service.start()
        for mode in 0o644, 0o602:
            key.chmod(mode)
            run = service.run("config", "check", "-c", service.config)
            assert run.returncode == 1
            assert re.search(rb"postern.yaml:\d+:\d+: milter.sign.key: .*key.pem: open to others; run: chmod o-rwx ",
                             run.stderr), run.stderr
        reload(service)
        assert "open to others" in service.log.wait("service.reload")["reason"]
        works(service)
    finally:
        service.stop()


def test_a_user_that_is_none_is_a_fault(base):
    if not IS_ROOT:
        pytest.skip("only root becomes another")
    service = MilterService(new_directory(base), listen=["inet:1@127.0.0.1"])
    service.settings["user"] = "nobody-of-that-name"
    service.write_config()
    run = service.run("milter", "-c", service.config)
    assert run.returncode == 1 and b"user: there is no user" in run.stderr


# --- SIGHUP --------------------------------------------------------------------------------------

def test_sighup_reloads_without_touching_a_session(milter):
    service = milter()
    idle, busy = service.mta(), service.mta(service.socket)
    idle.connect()
    busy.connect()
    busy.envelope()
    old = service.children()
    reload(service, authserv_id="new.example")
    assert service.log.wait("service.reload", outcome="ok")
    busy.header("From: a@acme.example")
    assert busy.finish()[-1][0] in "ac"
    assert verdict(idle) in "ac"
    busy.close()
    idle.close()
    for pid in old:
        wait_gone(pid)
    works(service)
    works(service, service.socket)


@pytest.mark.parametrize("text", ["milter: [", "milter:\n  unheard-of: 1\n", "milter: {listen: 'unix:x'}\n",
                                  "milter: {sign: {a.example: {selector: s, key: /nonexistent}}}\n"], ids=repr)
def test_a_bad_file_at_sighup_leaves_the_old_in_force_and_says_so(milter, text):
    service = milter()
    mta = service.mta()
    mta.connect()
    workers = service.children()
    service.config.write_text(text)
    service.process.send_signal(signal.SIGHUP)
    assert service.wait_notice("READY=1")
    assert str(service.config) in service.log.wait("service.reload")["reason"]
    assert service.children() == workers
    assert verdict(mta) in "ac"
    works(service)


def test_a_reload_opens_new_sockets_and_takes_old_paths_away(milter):
    service = milter()
    other = service.dir / "other.sock"
    reload(service, listen=[f"unix:{other}"])
    assert not service.socket.exists()
    works(service, other)
    with pytest.raises(ConnectionError):
        until(lambda: not Mta(service.port))


def test_a_reload_that_fails_takes_its_new_paths_away_again(milter):
    service = milter()
    other = service.dir / "other.sock"
    reload(service, listen=[f"unix:{other}", f"inet:{service.port}@127.0.0.1"], workers=200)
    assert "milter.workers" in service.log.wait("service.reload")["reason"]
    assert not other.exists()
    works(service, service.socket)


def test_workers_of_old_generations_are_not_started_again_after_a_reload_that_failed(milter):
    service = milter()
    mta = service.mta()
    mta.connect()
    (old,) = service.children()
    reload(service, authserv_id="new.example")
    (current,) = set(service.children()) - {old}
    reload(service, workers=200)
    service.log.wait("service.reload", count=2)
    mta.close()
    wait_gone(old)
    works(service)
    until(lambda: service.children() == [current])
    assert not service.log.events("worker.died")


# --- SIGTERM -------------------------------------------------------------------------------------

def test_sigterm_ends_idle_connections_at_once_and_messages_with_their_end(milter):
    service = milter(timeouts={"drain": "20s"})
    service.expect_same_children = False
    idle, busy = service.mta(), service.mta(service.socket)
    idle.connect()
    busy.connect()
    busy.envelope()
    service.process.send_signal(signal.SIGTERM)
    assert idle.is_closed()
    busy.header("From: a@acme.example")
    assert busy.finish()[-1][0] in "ac"
    assert busy.is_closed()
    assert service.process.wait(DEADLINE) == 0


def test_sigterm_is_bounded_by_the_drain_time(milter):
    service = milter(timeouts={"drain": "100ms"})
    service.expect_same_children = False
    busy = service.mta()
    busy.connect()
    busy.envelope()
    service.process.send_signal(signal.SIGTERM)
    assert busy.is_closed()
    assert service.process.wait(DEADLINE) == 0


def test_a_second_sigterm_ends_messages_too(milter):
    service = milter(timeouts={"drain": "1h"})
    service.expect_same_children = False
    busy = service.mta()
    busy.connect()
    busy.envelope()
    service.process.send_signal(signal.SIGTERM)
    service.log.wait("service.stop")
    until(lambda: not service.socket.exists())
    service.process.send_signal(signal.SIGTERM)
    assert busy.is_closed()
    assert service.process.wait(DEADLINE) == 0


def test_no_process_is_left_behind_when_the_parent_is_killed(milter):
    service = milter(workers=2)
    tree = service.tree()
    os.kill(service.process.pid, signal.SIGKILL)
    service.process.wait()
    for pid in tree:
        wait_gone(pid)
    service.process = None


# --- workers -------------------------------------------------------------------------------------

def test_a_killed_worker_costs_its_own_connections_and_comes_again(milter):
    service = milter()
    service.expect_same_children = False
    mta = service.mta()
    mta.connect()
    (worker,) = service.children()
    kill_hard([worker])
    assert mta.is_closed()
    service.log.wait("worker.died", signal=signal.SIGKILL)
    works(service)  # who connects meanwhile waits in the queue
    assert service.children() != [worker]


# --- connections ---------------------------------------------------------------------------------

def test_a_probe_that_connects_and_closes_costs_nothing(milter):
    service = milter()
    for to in [service.port, service.socket] * 20:
        Mta(to, negotiate=False).close()
    half = service.mta(negotiate=False)
    half.socket.sendall(b"\0\0")
    half.close()
    service.log.wait("milter.disconnect", count=41)
    assert not [e for e in service.log.events() if e["level"] not in ("debug", "info", "notice")]
    works(service)


def test_a_thousand_idle_connections_are_held_and_more_wait(milter):
    service = milter(limits={"connections": 1000}, log_level="notice")
    works(service)
    (worker,) = service.children()
    before = resident_kib(worker)
    mtas = [service.mta(service.socket) for _ in range(1000)]
    one_more = Mta(service.port, negotiate=False, timeout=0.2)
    one_more.send("O", b"\0\0\0\6\0\0\1\xff\0\x1f\xff\xff")
    with pytest.raises(TimeoutError):
        one_more.receive()
    assert service.log.wait("milter.full", connections=1000)
    if not is_sanitized():
        assert resident_kib(worker) - before < 1000 * 32
    mtas[0].close()
    one_more.socket.settimeout(DEADLINE)
    assert one_more.receive()[0] == "O"
    one_more.close()
    mtas[1].connect()
    assert verdict(mtas[1]) in "ac"


def test_the_limit_is_shared_by_the_workers(milter):
    service = milter(limits={"connections": 4}, workers=2)
    mtas = [service.mta() for _ in range(4)]
    fifth = Mta(service.port, negotiate=False, timeout=0.2)
    fifth.send("O", b"\0\0\0\6\0\0\1\xff\0\x1f\xff\xff")
    with pytest.raises(TimeoutError):
        fifth.receive()
    for mta in mtas:
        mta.close()
    fifth.socket.settimeout(DEADLINE)
    assert fifth.receive()[0] == "O"
    fifth.close()


def test_an_mta_that_says_nothing_is_left_at_last(milter):
    service = milter(timeouts={"idle": "1s", "drain": "2s"})
    assert service.mta().is_closed()
    assert service.mta(negotiate=False).is_closed()


def test_a_connection_is_used_again_for_many_messages(milter):
    service = milter()
    mta = service.mta()
    mta.connect()
    for i in range(50):
        assert verdict(mta, queue=f"Q{i}") in "ac"
    assert service.log.wait("milter.message", count=50)


def test_what_is_no_protocol_of_ours_ends_only_its_connection(milter):
    service = milter()
    good = service.mta()
    good.connect()
    for text in [b"GET / HTTP/1.0\r\n\r\n", b"\0\0\0\0", b"\xff" * 64, b"\0\0\0\1E"]:
        bad = service.mta(negotiate=False)
        bad.socket.sendall(text)
        assert bad.is_closed()
    assert verdict(good) in "ac"


# --- systemd -------------------------------------------------------------------------------------

def test_sockets_of_systemd_are_used_and_left_alone(base):
    service = MilterService(new_directory(base))
    path = service.dir / "milter.sock"
    with socket.socket(socket.AF_UNIX) as s:
        s.bind(str(path))
        s.listen(16)
        path.chmod(0o666)
        service.own_listen = False
        service.settings["milter"]["listen"] = [f"unix:{path}"]
        service.write_config()

        # LISTEN_PID is the pid of who is started, which only itself knows before exec.
        def wrap(argv):
            script = f'exec 3<&{s.fileno()}; export LISTEN_PID=$$ LISTEN_FDS=1; exec "$@"'
            return ["bash", "-c", script, "bash", *argv]

        service.launch(pass_fds=[s.fileno()], wrap=wrap)
        assert service.wait_ready()
        service.first_children = children(service.process.pid)
        works(service, path)
        service.stop()
        assert path.exists()
