# SPDX-License-Identifier: ISC
"""Running it: signals, workers, what it refuses to start with, metrics, log, systemd."""
import concurrent.futures
import json
import os
import re
import signal
import socket
from pathlib import Path

import pytest

from client import Client, Closed, message
from harness import DEADLINE, IS_ROOT, SERVICE_USER, free_port, give, kill_hard, until, wait_gone
from sink import Sink

# --- SIGTERM -------------------------------------------------------------------------------------


def refused(port):
    """Whether a newcomer is told at once that no new session can be had."""
    try:
        c = Client("127.0.0.1", port, timeout=5)
        code = c.reply().code
        c.close()
        return code == 421
    except (ConnectionError, Closed):
        return True


def test_sigterm_drains_existing_sessions_finish_and_no_new_ones_begin(gate, sink):
    upstream = sink()
    g = gate(deliver=upstream.url, timeouts={"drain": "20s"})
    g.expect_same_children = False
    c = g.session()
    c.mail().expect(250)
    c.rcpt().expect(250)
    c.cmd("DATA").expect(354)
    c.send(b"Subject: drained\r\n\r\nfirst half\r\n")
    g.process.send_signal(signal.SIGTERM)
    g.wait_notice("STOPPING=1")
    c.send(b"second half\r\n.\r\n")
    c.reply().expect(250)
    assert b"first half\r\nsecond half\r\n" in upstream.message.content
    until(lambda: refused(g.port))
    try:
        c.cmd("QUIT").expect(221, 421)
    except (Closed, ConnectionError):
        pass
    assert g.process.wait(DEADLINE) == 0


def test_sigterm_ends_idle_sessions_with_421_when_the_drain_ends_at_the_latest(gate):
    g = gate(timeouts={"drain": "1s"})
    g.expect_same_children = False
    idle = [g.client(), g.session(), g.client(tls=False)]
    g.process.send_signal(signal.SIGTERM)
    for c in idle:
        rest = c.rest()
        assert rest == b"" or rest.startswith(b"421 ")
    assert g.process.wait(DEADLINE) == 0


def test_sigterm_is_bounded_by_the_drain_time(gate, sink):
    upstream = sink()
    g = gate(deliver=upstream.url, timeouts={"drain": "1s"})
    g.expect_same_children = False
    c = g.session()
    c.mail().expect(250)
    c.rcpt().expect(250)
    c.cmd("DATA").expect(354)
    c.send(b"Subject: never ends\r\n\r\n")
    g.process.send_signal(signal.SIGTERM)
    assert g.process.wait(DEADLINE) == 0
    c.rest()
    assert not upstream.messages


def test_sigint_stops_it_too(gate):
    g = gate()
    g.expect_same_children = False
    g.process.send_signal(signal.SIGINT)
    assert g.process.wait(DEADLINE) == 0


def test_no_process_is_left_behind_when_the_parent_is_killed(gate):
    g = gate(workers=2)
    tree = g.tree()
    os.kill(g.process.pid, signal.SIGKILL)
    g.process.wait()
    for pid in tree:
        wait_gone(pid)
    g.process = None
    assert refused(g.port)


# --- SIGHUP --------------------------------------------------------------------------------------

def test_sighup_takes_new_limits_without_dropping_a_session(gate):
    g = gate()
    c = g.session()
    c.mail().expect(250)
    g.settings["submission"]["limits"] = {"recipients": 2}
    g.reload()
    new = g.client()
    assert "RCPTMAX=2" in new.capabilities["LIMITS"].split(" ")
    c.rcpt().expect(250)
    c.data(message()).expect(250)


def test_sighup_takes_a_new_upstream(gate, sink):
    first, second = sink(), sink()
    g = gate(deliver=first.url)
    g.session().submit(message("one")).expect(250)
    g.settings["submission"]["deliver"] = [second.url]
    g.reload()
    g.session().submit(message("two")).expect(250)
    assert len(first.messages) == 1 and len(second.messages) == 1


BAD = ["submission: [", "nonsense: yes\n", "submission:\n  unheard-of: 1\n", "submission:\n  limits: {recipients: many}\n", "\0"]


@pytest.mark.parametrize("text", BAD, ids=repr)
def test_a_bad_file_at_sighup_leaves_the_old_in_force_and_says_so(gate, text):
    g = gate()
    c = g.session()
    good = g.config.read_text()
    g.config.write_text(text)
    g.expect_same_children = False
    known = len(g.log.lines)
    g.process.send_signal(signal.SIGHUP)
    assert g.wait_notice("READY=1")
    g.log.wait_text(str(g.config).encode(), since=known)
    c.submit(message()).expect(250)
    g.session().submit(message()).expect(250)
    g.config.write_text(good)


def test_sighup_takes_new_words_for_the_log_in_every_process(gate):
    g = gate(workers=2, extra={"log": {"to": "stderr", "format": "text"}})
    g.settings["log"] = {"to": "stderr", "format": "json", "clear": ["address"]}
    keeper = g.children()
    g.reload()
    until(lambda: len(g.children()) == 3 and not set(keeper) & set(g.children()))
    c = g.client()
    c.clientid("UUID", "a-device").expect(250)
    c.auth_plain("demo", "demo").expect(235)
    assert g.log.wait("submit.auth")["account"].startswith("~")
    assert g.log.wait("device.new")["account"].startswith("~")
    assert g.log.wait("service.reload")["outcome"] == "ok"


def test_sighup_takes_new_listeners_and_workers(gate):
    g = gate(workers=1)
    old = g.session()
    first, port = g.port, free_port()
    g.settings["submission"].update(listen=[f"127.0.0.1:{port}/tls"], workers=3)
    g.reload()
    g.tls_port = port
    for _ in range(6):
        g.session().submit(message()).expect(250)
    old.submit(message()).expect(250)
    old.quit()
    until(lambda: refused(first))
    until(lambda: len(g.children()) == 4)
    g.close_clients()
    g.settings["submission"]["workers"] = 1
    g.reload()
    g.session().submit(message()).expect(250)
    until(lambda: len(g.children()) == 2)


def test_what_needs_a_restart_is_named_at_sighup_and_kept(gate):
    g = gate(metrics=True)
    g.settings.update(state=str(g.dir / "elsewhere"), secret=str(g.dir / "other-secret"), user="root",
                      metrics=f"127.0.0.1:{free_port()}")
    g.reload()
    named = g.log.wait("service.reload", outcome="ok")["restart"].split(" ")
    assert named == ["state", "secret", "user", "metrics"]
    c = g.client()
    c.clientid("UUID", "a-device").expect(250)
    c.auth_plain("demo", "demo").expect(235)
    g.log.wait("device.new")
    assert g.http("/healthz")[0] == 200
    assert not (g.dir / "elsewhere").exists() and not (g.dir / "other-secret").exists()
    assert all("Uid:\t0" not in Path(f"/proc/{pid}/status").read_text() for pid in g.children())


def test_a_reload_that_asks_for_more_than_fits_fails_and_says_so(gate):
    g = gate(workers=1, limits={"connections": 100})
    for key, value in ("workers", 4), ("limits", {"connections": 401}):
        before = dict(g.settings["submission"])
        g.settings["submission"][key] = value
        g.reload()
        g.log.wait_text(b"needs a restart")
        g.session().submit(message()).expect(250)
        g.settings["submission"] = before
        g.log.forget()
    g.settings["submission"]["limits"] = {"connections": 400}
    g.reload()
    assert g.log.wait("service.reload")["outcome"] == "ok"


def test_sighup_many_times_in_a_row(gate):
    g = gate()
    c = g.session()
    for _ in range(10):
        g.reload()
    c.submit(message()).expect(250)
    g.session().submit(message()).expect(250)


# --- workers -------------------------------------------------------------------------------------

def survivors(clients):
    alive = []
    for c in clients:
        try:
            c.cmd("NOOP").expect(250)
            alive.append(c)
        except (Closed, OSError):
            pass
    return alive


def test_a_worker_killed_costs_only_its_sessions_and_is_respawned(gate):
    g = gate(workers=2)
    g.expect_same_children = False
    with concurrent.futures.ThreadPoolExecutor(8) as pool:  # side by side, so that both workers have some
        alive = list(pool.map(lambda _: g.session(), range(24)))
    first = g.children()
    assert len(first) >= 2
    total = 0
    for pid in first:
        kill_hard([pid])
        wait_gone(pid)
        left = survivors(alive)
        total += len(alive) - len(left)
        assert len(left) > 0 or total == 24
        assert len(alive) - len(left) < 24, "one process held all sessions"
        alive = left
        g.session().submit(message()).expect(250)
    assert total == 24 and not alive
    assert not set(first) & set(g.children())
    until(lambda: len(g.children()) == len(first))


def test_devices_are_recorded_after_any_process_was_killed(gate):
    g = gate(workers=1)
    g.expect_same_children = False
    for n, pid in enumerate(g.children()):
        kill_hard([pid])
        wait_gone(pid)
        c = g.client()
        c.clientid("UUID", f"token {n}".replace(" ", "-")).expect(250)
        c.auth_plain("demo", "demo").expect(235)
        c.quit()
        g.wait_devices(n + 1)


def test_workers_are_not_root(gate):
    g = gate()
    for pid in g.children():
        status = Path(f"/proc/{pid}/status").read_text()
        uids = status.split("Uid:")[1].splitlines()[0].split()
        assert "0" not in uids or not IS_ROOT or SERVICE_USER == "root", f"process {pid} runs as {uids}"
        assert re.search(r"NoNewPrivs:\s+1", status)
        groups = status.split("Groups:")[1].splitlines()[0].split()
        assert not IS_ROOT or "0" not in groups


def test_workers_auto_is_one_per_core(gate):
    g = gate(workers="auto")
    assert len(g.children()) >= len(os.sched_getaffinity(0))
    g.session().submit(message()).expect(250)


# --- what it refuses to start with ---------------------------------------------------------------

def run_to_end(g, prepare=None):
    g.take_ports()
    g.write_config()
    if prepare:
        prepare(g)
    run = g.run("submit", "-c", g.config, timeout=20)
    return run.returncode, run.stderr.decode()


@pytest.mark.parametrize("mode", [0o644, 0o604, 0o666])
def test_a_secret_that_others_can_read_or_write_is_refused(gate, mode):
    g = gate()
    g.stop()
    secret = Path(g.settings["secret"])
    assert secret.stat().st_mode & 0o777 == 0o600
    secret.chmod(mode)
    code, said = run_to_end(g)
    assert code == 1 and "secret" in said


@pytest.mark.parametrize("mode, fine", [(0o600, True), (0o640, True), (0o400, True), (0o644, False), (0o604, False)])
def test_a_key_that_others_can_read_is_refused_one_that_its_group_can_read_is_fine(gate, pki, mode, fine):
    g = gate.prepare()
    key = g.dir / "k.key"
    key.write_bytes(pki.key.read_bytes())
    key.chmod(mode)
    give(key)
    g.settings["submission"]["tls"] = {"certificate": str(pki.certificate), "key": str(key)}
    if fine:
        g.start()
        g.client().ehlo()
    else:
        code, said = run_to_end(g)
        assert code == 1 and str(key) in said


def test_an_account_file_that_others_can_read_is_refused(gate):
    g = gate.prepare()
    g.accounts.chmod(0o644)
    code, said = run_to_end(g)
    assert code == 1 and str(g.accounts) in said


@pytest.mark.parametrize("key, value", [
    ("state", "/nowhere/at/all"), ("secret", "/nowhere/at/all"), ("metrics", "192.0.2.1:9587"),
    ("submission.sender-map", "/nowhere"), ("submission.tls", {"certificate": "/nowhere", "key": "/nowhere"}),
    pytest.param("user", "nobody-of-that-name", marks=pytest.mark.skipif(not IS_ROOT, reason="only root becomes another")),
])
def test_what_a_key_names_and_cannot_be_had_is_told_with_the_place_of_the_key(gate, key, value):
    g = gate.prepare()
    section, _, name = key.rpartition(".")
    (g.settings[section] if section else g.settings)[name] = value
    code, said = run_to_end(g)
    assert code == 1 and re.match(rf"postern: {re.escape(str(g.config))}:\d+:\d+: {key}: ", said), said


def test_the_secret_is_made_at_first_start_and_kept(gate):
    g = gate()
    before = Path(g.settings["secret"]).read_bytes()
    assert len(before) >= 32
    g.stop()
    g.start()
    assert Path(g.settings["secret"]).read_bytes() == before


def test_state_is_made_for_its_user_only(gate):
    g = gate()
    c = g.client()
    c.clientid("UUID", "x").expect(250)
    c.auth_plain("demo", "demo").expect(235)
    g.wait_devices(1)
    assert Path(g.settings["state"]).stat().st_mode & 0o777 == 0o700


CONFIG_FAULTS = [
    ("submission:\n  hostname: a.example\n  hostname: b.example\n", 3, 3),
    ("submission:\n  unheard-of: 1\n", 2, 3),
    ("submission:\n  limits:\n    recipients: many\n", 3, 17),
    ("submission:\n  limits: {recipients: 0}\n", 2, None),
    ("submission:\n  failure-delay: soon\n", 2, 18),
    ("submission:\n  auth: ldap:/x\n", 2, 9),
    ("submission:\n  listen: [\"127.0.0.1:99999\"]\n", 2, None),
    ("submission:\n  deliver: [http://127.0.0.1:25]\n", 2, None),
    ("submission:\n  clientid: perhaps\n", 2, 13),
    ("submission:\n  trace: some\n", 2, 10),
    ("submission: yes\n", 1, 13),
    ("submission:\n\thostname: x\n", 2, None),
    ("log: {to: stderr, format: xml}\n", 1, None),
    ("log: &anchor {to: stderr}\n", 1, None),
    ("clientid:\n  MAC: [ignore, nonsense]\n", 2, None),
    ("submission:\n  hostname: \"unclosed\n", None, None),
]


@pytest.mark.parametrize("text, line, column", CONFIG_FAULTS)
def test_configuration_faults_are_told_by_file_line_and_column(gate, text, line, column):
    g = gate.prepare()
    g.config.write_text(text)
    for arguments in (("submit", "-c", g.config), ("config", "check", "-c", g.config)):
        run = g.run(*arguments)
        said = run.stderr.decode() + run.stdout.decode()
        assert run.returncode == 1, said
        place = re.search(re.escape(str(g.config)) + r":(\d+):(\d+): ", said)
        assert place, said
        assert line is None or int(place[1]) == line, said
        assert column is None or int(place[2]) == column, said


def test_config_check_and_show_agree(gate):
    g = gate.prepare()
    g.take_ports()
    g.write_config()
    assert g.run("config", "check", "-c", g.config).returncode == 0
    shown = g.run("config", "show", "-c", g.config)
    assert shown.returncode == 0
    again = g.dir / "again.yaml"
    again.write_bytes(shown.stdout)
    assert g.run("config", "check", "-c", again).returncode == 0
    assert g.run("config", "show", "-c", again).stdout == shown.stdout


def test_config_schema_is_json(gate):
    g = gate.prepare()
    run = g.run("config", "schema")
    assert run.returncode == 0 and "properties" in json.loads(run.stdout)


def test_a_missing_file_is_told(gate):
    g = gate.prepare()
    run = g.run("submit", "-c", g.dir / "nowhere.yaml")
    assert run.returncode == 1 and b"nowhere.yaml" in run.stderr


@pytest.mark.parametrize("arguments", [[], ["unheard-of"], ["submit", "--unheard-of"], ["submit", "-c"], ["device"], ["policy"], ["config", "unheard-of"]])
def test_wrong_usage_is_2(gate, arguments):
    assert gate.prepare().run(*arguments).returncode == 2


@pytest.mark.parametrize("arguments", [["--help"], ["--version"]])
def test_help_and_version_are_0(gate, arguments):
    run = gate.prepare().run(*arguments)
    assert run.returncode == 0 and b"postern" in run.stdout


def test_a_port_that_is_taken_is_told(gate):
    g = gate.prepare()
    g.take_ports()
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", g.port))
        taken.listen()
        g.write_config()
        run = g.run("submit", "-c", g.config)
    assert run.returncode == 1 and f"127.0.0.1:{g.port}".encode() in run.stderr


# --- listeners, systemd --------------------------------------------------------------------------

def test_ipv6_is_spoken(gate):
    g = gate(ipv6=True, trace="full")
    c = g.connect(host="::1", port=g.port6)
    c.greeting()
    c.ehlo()
    c.starttls(g.pki.context())
    c.ehlo()
    c.auth_plain("demo", "demo").expect(235)
    c.submit(message()).expect(250)
    assert b"IPv6:::1" in g.delivered()[0]


def test_any_number_of_listeners(gate):
    g = gate.prepare()
    ports = [free_port() for _ in range(6)]
    g.own_listen = False
    g.settings["submission"]["listen"] = [f"127.0.0.1:{p}" + ("/tls" if n % 2 else "") for n, p in enumerate(ports)]
    g.start()
    for n, port in enumerate(ports):
        c = g.connect(port=port, tls=bool(n % 2))
        c.greeting()
        c.ehlo()
        assert ("CLIENTID" in c.capabilities) == bool(n % 2)


def test_socket_activation(gate):
    """sd_listen_fds(3): LISTEN_PID, LISTEN_FDS, from descriptor 3 on."""
    g = gate.prepare(workers=2)
    g.take_ports()
    g.write_config()
    sockets = []
    for port in (g.port, g.tls_port):
        s = socket.socket()
        s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        s.bind(("127.0.0.1", port))
        s.listen(50)
        sockets.append(s)
    early = Client("127.0.0.1", g.port)  # before the gate runs: the socket is systemd's
    g.clients.append(early)
    fds = [s.fileno() for s in sockets]
    script = f'exec 3<&{fds[0]} 4<&{fds[1]}; export LISTEN_PID=$$ LISTEN_FDS=2; exec "$@"'
    g.launch(pass_fds=fds, wrap=lambda argv: ["bash", "-c", script, "bash", *argv])
    assert g.wait_ready(), g.log.text().decode()
    g.first_children = g.children()
    early.greeting()
    for s in sockets:
        s.close()
    g.session().submit(message()).expect(250)
    g.client(tls="starttls").auth_plain("demo", "demo").expect(235)


def test_notify_ready_reloading_stopping(gate):
    g = gate()
    g.expect_same_children = False
    g.process.send_signal(signal.SIGHUP)
    said = g.wait_notice("RELOADING=1")
    assert re.search(r"^MONOTONIC_USEC=\d+$", said, re.M)
    assert g.wait_notice("READY=1")
    g.process.send_signal(signal.SIGTERM)
    assert g.wait_notice("STOPPING=1")
    assert g.process.wait(DEADLINE) == 0


# --- metrics -------------------------------------------------------------------------------------

SAMPLE = re.compile(r'([a-zA-Z_:][a-zA-Z0-9_:]*)(\{[^}]*\})? (-?[0-9.e+-]+|\+Inf|NaN)$')


def metrics(g):
    status, body = g.http("/metrics")
    assert status == 200
    samples, typed = {}, set()
    for line in body.decode().splitlines():
        if line.startswith("# TYPE "):
            typed.add(line.split(" ")[2])
        elif line and not line.startswith("#"):
            match = SAMPLE.match(line)
            assert match, f"not a sample: {line!r}"
            samples[match[1] + (match[2] or "")] = float(match[3])
            base = re.sub(r"_(bucket|sum|count|total)$", "", match[1])
            assert {match[1], base} & typed, f"{match[1]} has no TYPE"
    return samples


def test_metrics_count_what_happened(gate):
    g = gate(metrics=True, workers=2)
    for n in range(3):
        c = g.client(tls="starttls")
        c.clientid("uuid", "x").expect(250)
        c.auth_plain("demo", "demo").expect(235)
        c.submit(message()).expect(250)
        c.quit()
    c = g.client()
    c.cmd("CLIENTID nonsense").expect(501)
    c.auth_login("demo", "wrong").expect(535)
    c.quit()
    g.log.wait("submit.disconnect", count=4)
    samples = metrics(g)
    text = json.dumps(samples)
    assert all(name.startswith(("postern_submit_", "process_", "postern_")) for name in samples), text
    find = lambda *words: sum(v for k, v in samples.items() if all(w in k for w in words) and not re.search("_(bucket|sum|count)", k))
    assert find("clientid", '"UUID"') == 3 and find("clientid", '"250"') == 3 and find("clientid", '"501"') == 1, text
    assert find("auth", '"PLAIN"', '"ok"') == 3 and find("auth", '"LOGIN"', '"failed"') == 1, text
    assert any(k.startswith("postern_submit_") and "_bucket{" in k and 'le="+Inf"' in k for k in samples), text


def test_clientid_types_cannot_fill_the_metrics(gate):
    """A label that clients choose is bounded."""
    g = gate(metrics=True, limits={"prefix-connections": 1000})
    for n in range(300):
        c = g.client()
        c.clientid(f"TYPE-{n}", "x").expect(250)
        c.close()
    g.log.wait("submit.disconnect", count=300)
    assert sum("TYPE-" in k for k in metrics(g)) < 300


def test_healthz(gate):
    g = gate(metrics=True)
    assert g.http("/healthz")[0] == 200
    assert g.http("/")[0] in (200, 404) and g.http("/etc/passwd")[0] == 404


def test_metrics_survive_a_worker(gate):
    g = gate(metrics=True)
    g.expect_same_children = False
    g.session().submit(message()).expect(250)
    for pid in g.children():
        kill_hard([pid])
        wait_gone(pid)
        g.session().submit(message()).expect(250)
        assert g.http("/healthz")[0] == 200


@pytest.mark.parametrize("junk", [b"\0" * 1000, b"GET /metrics\r\n\r\n", b"GET " + b"/" * 100000 + b" HTTP/1.1\r\n\r\n", b"POST /metrics HTTP/1.1\r\nContent-Length: 99999999999\r\n\r\n", b""])
def test_junk_on_the_metrics_port_harms_nobody(gate, junk):
    g = gate(metrics=True)
    with socket.create_connection(("127.0.0.1", g.metrics_port), timeout=5) as s:
        try:
            s.sendall(junk)
            s.shutdown(socket.SHUT_WR)
            s.settimeout(3)
            s.recv(65536)
        except OSError:
            pass
    assert g.http("/healthz")[0] == 200
    g.session().submit(message()).expect(250)


# --- log -----------------------------------------------------------------------------------------

def one_session(g, **options):
    c = g.client(tls="starttls", **options)
    c.clientid("UUID", "x").expect(250)
    c.auth_plain("demo", "demo").expect(235)
    c.submit(message()).expect(250)
    c.quit()


EVENTS = ["submit.connect", "submit.tls", "submit.clientid", "submit.auth", "submit.message", "submit.disconnect"]


def test_one_line_per_event_tied_by_the_session(gate):
    g = gate(deliver=None)
    one_session(g)
    g.log.wait("submit.disconnect")
    mine = [e for e in g.log.events() if e["event"].startswith("submit.") and "session" in e]
    assert [e["event"] for e in mine if e["event"] in EVENTS] == EVENTS
    assert len({e["session"] for e in mine}) == 1
    sent = [e for e in mine if e["event"] == "submit.message"][0]
    assert sent["outcome"] == "accepted" and sent["recipients"] == 1 and sent["size"] > 0 and sent["id"]
    assert "127.0.0.1" in json.dumps(mine[0])
    assert mine[-1]["reason"]


def test_the_upstreams_queue_id_is_in_the_log(gate):
    with Sink(script={"end": "250 2.0.0 Ok: queued as 4XyZ12"}) as upstream:
        g = gate(deliver=upstream.url)
        one_session(g)
        assert "4XyZ12" in g.log.wait("submit.message")["upstream"]


def test_text_format_is_key_value(gate):
    g = gate(log_format="text")
    one_session(g)
    g.log.wait_text(b"submit.disconnect ")
    lines = [line.decode() for line in g.log.lines if b" submit." in line]
    ids = set()
    for line in lines:
        words = re.findall(r'([a-z_]+)=("(?:[^"\\]|\\.)*"|\S*)', line)
        ids |= {value for key, value in words if key == "session"}
    assert [re.search(r" (submit\.\w+)", line)[1] for line in lines if re.search(r" (submit\.\w+)", line)[1] in EVENTS] == EVENTS
    assert len(ids) == 1


def test_what_peers_sent_is_escaped_and_cut_in_the_log(gate):
    g = gate(log_format="text", trace="full")
    c = g.client()
    c.ehlo("x" * 1000)
    c.send(b"EHLO a\x1b[31m\x07 submit.auth outcome=ok\r\n")
    c.reply()
    c.auth_plain("evil\r\nsubmit.auth outcome=ok account=root \x1b[2J", "x").expect(535, 501)
    c.mail("a\x1b@example.net")
    c.quit()
    g.log.wait_text(b"submit.disconnect ")
    assert b"\x1b" not in g.log.text() and b"\x07" not in g.log.text()
    assert not any(line.startswith(b"submit.auth") for line in g.log.lines)
    assert all(len(line) < 5000 for line in g.log.lines)


def test_accounts_and_addresses_can_be_pseudonymised(gate):
    g = gate(extra={"log": {"to": "stderr", "format": "json", "clear": []}})
    one_session(g, source="127.0.0.7")
    g.log.wait("submit.disconnect")
    assert g.log.events("submit.auth")[0]["account"].startswith("~") and b"127.0.0.7" not in g.log.text()


# --- passwords and tools -------------------------------------------------------------------------

def test_device_list_is_for_people_first(gate):
    g = gate()
    one_session(g)
    g.wait_devices(1)
    run = g.run("device", "list", "-c", g.config)
    assert run.returncode == 0 and b"demo" in run.stdout and b"UUID" in run.stdout
    assert not run.stdout.lstrip().startswith(b"[") and b"\x1b" not in run.stdout


def test_tools_read_while_the_gate_writes(gate):
    g = gate(workers=2)
    for n in range(5):
        c = g.client()
        c.clientid("UUID", f"t{n}").expect(250)
        c.auth_plain("demo", "demo").expect(235)
        c.quit()
        assert isinstance(g.devices(), list)
    assert len(g.wait_devices(5)) == 5


def test_the_minimal_configuration_has_a_default_for_all_the_rest(gate):
    g = gate.prepare()
    g.take_ports()
    for key in ("failure-delay", "timeouts", "workers", "hostname"):
        g.settings["submission"].pop(key)
    g.settings.pop("log")
    g.write_config()
    assert g.run("config", "check", "-c", g.config).returncode == 0
