# SPDX-License-Identifier: ISC
"""`postern device` and `postern policy` beside a running gate: the keeper does what they ask."""
import json
import stat

PHONE, OTHER = "4d8776ca-0251-11ea-8d71-362b9e155667", "b5a9b1f0-7c1f-4b0e-8d3c-2f1a6c9e0d11"


def ask(g, command, *arguments, code=0):
    run = g.run(command, *arguments, "-c", g.config, "--json")
    assert run.returncode == code, run.stdout + run.stderr
    return json.loads(run.stdout) if code == 0 else run.stderr.decode()


def login(g, token=None, code=235, source="127.0.0.1"):
    c = g.client(source=source)
    if token:
        c.clientid("UUID", token).expect(250)
    c.auth_plain("demo", "demo").expect(code)
    c.close()


def test_the_socket_is_for_the_gates_own_user_and_goes_with_it(gate):
    g = gate()
    socket = g.dir / "state" / "control"  # ready is said when it is there
    st = socket.stat()
    assert stat.S_ISSOCK(st.st_mode) and stat.S_IMODE(st.st_mode) == 0o600 and st.st_uid == socket.parent.stat().st_uid
    g.stop()
    assert not socket.exists()


def test_a_revoked_device_is_refused_at_its_next_login_and_approved_it_is_let_in(gate):
    g = gate()
    login(g, PHONE)
    (device,) = g.wait_devices(1)
    assert ask(g, "device", "revoke", "demo", f"UUID:{device['pseudonym']}")["state"] == "revoked"
    login(g, PHONE, code=535)
    said = g.log.wait("keeper.asked")
    assert said["do"] == "device.revoke" and said["outcome"] == "done" and device["pseudonym"] in said["identity"]
    ask(g, "device", "approve", "demo", f"UUID:{PHONE}")
    login(g, PHONE)


def test_attack_mode_shuts_strangers_out_and_no_known_device(gate):
    g = gate()
    login(g, PHONE)
    g.wait_devices(1)
    assert len(ask(g, "policy", "attack", "on", "--for", "10m")["attack"]) == 1
    login(g, PHONE, source="127.0.9.1")
    login(g, OTHER, code=535, source="127.0.9.1")
    told = ask(g, "policy", "explain", "--account", "demo", "--ip", "203.0.113.9", "--clientid", f"UUID:{OTHER}")
    assert told["verdict"]["before"]["reasons"][0]["name"] == "attack-mode"
    assert ask(g, "policy", "attack", "off")["attack"] == []
    login(g, OTHER, source="127.0.9.1")


def test_attack_mode_outlives_a_restart(gate):
    g = gate()
    ask(g, "policy", "attack", "on", "--for", "10m")
    g.stop()
    assert len(ask(g, "policy", "attack", "status")["attack"]) == 1  # the tool, on the snapshot
    g.start()
    assert len(ask(g, "policy", "attack", "status")["attack"]) == 1
    ask(g, "policy", "attack", "off")
    g.stop()


def test_an_erased_account_begins_anew(gate):
    g = gate()
    login(g, PHONE)
    g.wait_devices(1)
    assert ask(g, "device", "erase", "demo")["records"] >= 2
    assert g.devices() == []
    login(g, PHONE)
    assert g.wait_devices(1)[0]["count"] == 1


def test_a_licence_makes_a_device_known(gate):
    g = gate(extra={"policy": {"unknown-device": "refuse", "enrol": "closed"}})
    tokens = g.dir / "tokens"
    tokens.write_text(PHONE + "\n")
    assert ask(g, "device", "allow", "*", "UUID", "--tokens", tokens)["tokens"] == 1
    login(g, PHONE)
    assert g.wait_devices(1)[0]["state"] == "known"


def test_what_the_gate_logged_replays_with_the_same_verdicts(gate):
    g = gate()
    login(g, PHONE)
    c = g.client()
    c.auth_plain("demo", "wrong").expect(535)
    c.close()
    login(g)
    g.stop()
    log = g.dir / "log"
    log.write_bytes(g.log.text())
    told = ask(g, "policy", "replay", log)
    assert told["attempts"] == told["same"] == 3 and told["recorded"]["let-in-wrong"] == 1
