# SPDX-License-Identifier: ISC
"""maildir:/path/%u: whole or not at all, and only for accounts that exist."""
import re
import shutil
import signal
import stat
import subprocess
from pathlib import Path

import pytest

from client import message, stuffed
from harness import fields, give, give_directory, split_message

EVIL = ["../../x", "..", ".", "", "/etc/passwd", "demo/../test", "demo/", "./demo", "%u", "$HOME", "demo\\", "tmp", "a/b", "~demo", "*", "demo%00",
        "..%2f..%2fx", "demo ", " demo", "-x", "demo:x"]


def tree(path):
    return sorted(str(p.relative_to(path)) for p in Path(path).rglob("*"))


@pytest.fixture(scope="module")
def shared(module_gate):
    return module_gate()


def test_layout_is_tmp_new_cur_and_the_message_is_in_new(gate):
    g = gate()
    g.session().submit(message()).expect(250)
    box = g.mail / "demo"
    assert {p.name for p in box.iterdir()} >= {"tmp", "new", "cur"}
    assert len(list((box / "new").iterdir())) == 1 and not list((box / "tmp").iterdir()) and not list((box / "cur").iterdir())
    name = next((box / "new").iterdir()).name
    assert re.fullmatch(r"[0-9]+\.[A-Za-z0-9_=,+-]+\.[A-Za-z0-9._-]+(,S=\d+)?", name), name


def test_mail_is_readable_by_its_owner_only(gate):
    g = gate()
    g.session().submit(message()).expect(250)
    box = g.mail / "demo"
    assert stat.S_IMODE(box.stat().st_mode) & 0o077 == 0
    assert all(stat.S_IMODE(p.stat().st_mode) & 0o077 == 0 for p in (box / "new").iterdir())


def test_line_ends_are_lf_and_the_content_is_else_as_it_was_sent(gate):
    g = gate()
    content = b"From: <a@example.net>\r\nSubject: x\r\n\r\n.\r\n..\r\n\r\n" + bytes(range(128, 256)) + b"\r\nlast\r\n"
    g.session().submit(content).expect(250)
    (got,) = g.delivered()
    assert b"\r" not in got and got.endswith(b"\n" + content.replace(b"\r\n", b"\n"))


def test_return_path_is_the_first_line_and_received_follows(gate):
    """RFC 5321 §4.4: final delivery adds Return-Path."""
    g = gate()
    g.session().submit(message(), sender="bounces+1@example.net").expect(250)
    (got,) = g.delivered()
    assert got.startswith(b"Return-Path: <bounces+1@example.net>\nReceived: ")


def test_return_path_of_the_null_sender(gate):
    g = gate()
    g.session().submit(message(), sender="").expect(250)
    assert g.delivered()[0].startswith(b"Return-Path: <>\n")


@pytest.mark.parametrize("recipient", ["stranger@example.com", "demo.x@example.com", "root@example.com", "demox@example.com"])
def test_a_recipient_without_an_account_550_5_1_1(shared, recipient):
    c = shared.session()
    c.mail().expect(250)
    c.rcpt(recipient).expect(550, enhanced="5.1.1")
    assert not (shared.mail / recipient.split("@")[0]).exists()


@pytest.mark.parametrize("domain", ["example.com", "anything.example.org", "[127.0.0.1]"])
def test_an_account_at_any_domain(shared, domain):
    c = shared.session()
    c.mail().expect(250)
    c.rcpt(f"demo@{domain}").expect(250)


@pytest.mark.parametrize("local", EVIL)
def test_a_local_part_that_is_a_path_goes_nowhere(shared, local):
    before = tree(shared.dir)
    for path in (local, '"' + local.replace("\\", "\\\\") + '"'):
        c = shared.session()
        c.mail().expect(250)
        reply = c.rcpt(f"{path}@example.com")
        assert reply.code in (550, 501, 553), f"{path}: {reply}"
        c.quit()
    after = tree(shared.dir)
    assert [p for p in after if p not in before and "state" not in p] == []
    assert not (shared.dir.parent / "x").exists() and not (shared.dir / "x").exists()


def test_an_account_whose_name_is_a_path_gets_no_mail_outside(gate):
    g = gate.prepare(accounts={"demo": "demo", "../../x": "pw", "..": "pw", "a/b": "pw"})
    try:
        g.start()
    except AssertionError:
        assert b"accounts" in g.log.text()  # such a file may be refused as a whole
        g.process = None
        return
    c = g.session()
    for local in ("../../x", "..", "a/b"):
        c.mail().expect(250)
        assert c.rcpt(f'"{local}"@example.com').code in (550, 501, 553)
        c.cmd("RSET")
    assert [p.name for p in g.mail.iterdir() if p.name != "demo"] == []


def test_case_of_the_local_part_does_not_make_another_box(gate):
    g = gate()
    g.session().submit(message(), recipients=["Demo@example.com"]).expect(250)
    g.session().submit(message(), recipients=["demo@example.com"]).expect(250)
    assert [p.name for p in g.mail.iterdir()] == ["demo"] and len(g.delivered()) == 2


def test_several_recipients_each_get_a_whole_copy(gate):
    g = gate()
    g.session().submit(message("for two"), recipients=["demo@example.com", "test@example.com", "demo@example.org"]).expect(250)
    (two,) = g.delivered("test")
    assert len(g.delivered("demo")) in (1, 2) and all(split_message(m)[1] == split_message(two)[1] for m in g.delivered("demo"))


def test_a_path_without_u_is_one_box_for_all(gate):
    g = gate()
    g.settings["submission"]["deliver"] = [f"maildir:{g.mail}/all"]
    g.reload()
    g.session().submit(message(), recipients=["whoever@example.com"]).expect(250)
    assert len(g.delivered("all")) == 1


@pytest.mark.parametrize("how", ["close", "reset"])
@pytest.mark.parametrize("sent", [0, 10, 50_000])
def test_a_client_vanishing_leaves_no_message_and_nothing_in_tmp(gate, how, sent):
    g = gate()
    c = g.session()
    c.mail().expect(250)
    c.rcpt().expect(250)
    c.cmd("DATA").expect(354)
    c.send(message(body="half\r\n" * 20_000)[:sent])
    getattr(c, how)()
    assert g.log.wait("submit.message")["outcome"] == "aborted"
    g.stop()
    assert g.delivered() == [] and not any(p.is_file() for p in (g.mail).rglob("*"))


def test_a_box_that_cannot_be_written_is_451_not_250(gate):
    g = gate()
    box = give_directory(g.mail / "demo")
    for part in ("tmp", "new", "cur"):
        give_directory(box / part)
    (box / "new").rmdir()
    (box / "new").write_text("in the way")
    give(box / "new")
    c = g.session()
    assert c.submit_to_code(message()) in (451, 452)
    c.cmd("NOOP").expect(250)
    assert not list((box / "tmp").iterdir())


def test_a_full_disk_is_452_or_451_and_nothing_is_claimed(gate):
    """A tiny tmpfs as the mail directory."""
    g = gate()
    mount = give_directory(g.mail / "demo")
    run = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k,mode=0777", "tmpfs", mount], capture_output=True)
    if run.returncode:
        pytest.skip("a tmpfs cannot be mounted here: " + run.stderr.decode().strip())
    try:
        c = g.session()
        assert c.submit_to_code(message(body="x" * 70 + "\r\n" + "0123456789\r\n" * 20_000)) in (451, 452)
        assert g.delivered() == []
        c.cmd("RSET").expect(250)
        c.submit(message("small")).expect(250)
        assert len(g.delivered()) == 1
    finally:
        g.close_clients()
        subprocess.run(["umount", "-l", mount], check=True)


STRACE = shutil.which("strace")


@pytest.mark.skipif(not STRACE, reason="strace is not installed (package strace)")
def test_the_message_is_synced_before_250(gate):
    """fsync of the file, rename, fsync of the directory, and only then the reply."""
    g = gate()
    c = g.session()
    trace = g.dir / "trace"
    pids = g.children()
    watch = subprocess.Popen([STRACE, "-f", "-s", "200", "-o", str(trace), "-e", "trace=fsync,fdatasync,rename,renameat,renameat2,linkat,link",
                              *[word for pid in pids for word in ("-p", str(pid))]], stderr=subprocess.PIPE)
    try:
        if not all(b"attached" in watch.stderr.readline() for _ in pids):
            pytest.skip("strace cannot attach here")
        c.submit(message()).expect(250)
    finally:
        watch.send_signal(signal.SIGINT)
        watch.wait()
    said = trace.read_text()
    moved = re.search(r"^.*(rename|link)\w*\(.*new/.*$", said, re.M)
    assert moved, said[-3000:]
    synced = re.compile(r"^\d+ +(fsync|fdatasync)\(\d+.*$", re.M)
    assert synced.search(said[:moved.start()]) and synced.search(said[moved.end():]), said[-3000:]


def test_many_at_once_have_names_of_their_own(gate):
    g = gate(workers=2)
    clients = [g.session() for _ in range(30)]
    for c in clients:
        c.mail().expect(250)
        c.rcpt().expect(250)
        c.cmd("DATA").expect(354)
    for n, c in enumerate(clients):
        c.send(stuffed(message(f"number {n}")))
    for c in clients:
        c.reply().expect(250)
    assert {fields(m, "Subject")[0] for m in g.delivered()} == {f"number {n}" for n in range(30)}
