# SPDX-License-Identifier: ISC
"""What the operator's tools do to a gate that runs, and that they do the same where none does; what the gate
itself logged, led through a policy again."""
import json
import re
import secrets

import pytest

from policy import AWAY, FAR, HOME, OFFICE, WRONG_535, device_of, enrol, guesses, login, settings, token, tool

GRIND = {"failures": 100, "errors": 1000}
STRANGE = "127.4.0.1"
CLOSED = {"enrol": "closed", "unknown-device": "refuse"}


def with_file(g, name, text):
    path = g.dir / name
    path.write_text(text)
    return path


# --- replays of what the gate has logged ----------------------------------------------------------

def guesses_differ(log):
    """The log has 12 bits of each guess: now and then two different ones look the same."""
    seen = re.findall(r'guess"?[=:]\s*"?([0-9a-f]{3})\b', log)
    assert seen
    return len(set(seen)) == len(seen)


def recorded(gate, log_format):
    """A day's log in which no two guesses look the same to a replay."""
    for _ in range(5):
        g, log = record(gate, log_format)
        if guesses_differ(log.read_text()):
            break
    return g, log


def record(gate, log_format):
    """A gate's own log of a day: an owner with a device, his new device, guesses until a limit holds, and the right
    password of strangers and of the owner meanwhile."""
    g, phone = gate(log_format=log_format, limits=GRIND, extra=settings({})), ("UUID", token())
    enrol(g, identity=phone, source=HOME)
    login(g, identity=("UUID", token()), source=FAR).expect(235)
    login(g, account="nobody", source=AWAY)
    replies = guesses(g, 8, source=AWAY) + guesses(g, 8, identity=lambda: ("X", token()), source=STRANGE, stem="other")
    assert {r.raw for r in replies} == {WRONG_535}
    assert login(g, source=OFFICE).raw == WRONG_535  # right, but it holds
    login(g, identity=phone, source=AWAY).expect(235)
    login(g, source=HOME).expect(235)  # a place
    g.stop()
    log = with_file(g, "recorded.log", g.log.text().decode())
    assert len(re.findall(r'submit\.auth\b', log.read_text())) == 22
    return g, log


@pytest.mark.parametrize("log_format", ["text", "json"])
def test_what_the_gate_logged_replays_to_the_same_verdicts(gate, log_format):
    g, log = recorded(gate, log_format)
    told = tool(g, "policy", "replay", log)
    assert told["attempts"] == told["same"] == 22, told
    assert told["newly-refused"] == told["newly-accepted"] == {"right": 0, "wrong": 0}
    assert told["recorded"]["refused-right"] + told["recorded"]["refused-wrong"] > 0


@pytest.mark.parametrize("log_format", ["text", "json"])
def test_a_replay_tells_whom_a_stricter_policy_would_have_met(gate, log_format):
    g, log = recorded(gate, log_format)
    strict = with_file(g, "strict.yaml", g.config.read_text() + "policy: {unknown-device: refuse}\n")
    told = tool(g, "policy", "replay", "--policy", strict, "--verbose", log)
    assert told["newly-refused"] == {"right": 1, "wrong": 0}  # the owner's new device
    (difference,) = told["differences"]
    assert difference["policy"] == "unknown-device" and difference["client"] == FAR


# --- keys of pseudonyms ---------------------------------------------------------------------------

def test_a_device_of_the_old_key_is_known_after_a_rotation_and_recorded_under_the_new_one(gate):
    g, phone = gate(extra=settings({"unknown-device": "refuse"})), ("UUID", token())
    enrol(g, identity=phone)
    (old,) = g.wait_devices(1)
    g.stop()
    assert old["pseudonym"].startswith("~1.")
    with open(g.dir / "secret", "a") as keys:
        keys.write(f"2 {secrets.token_hex(32)}\n")
    g.start()
    login(g, identity=phone, source=AWAY).expect(235)
    (new,) = g.wait_devices(lambda found: found[0]["count"] == 2)
    assert new["pseudonym"].startswith("~2.")
    assert (new["first"], new["state"]) == (old["first"], "known")
    assert login(g, identity=("UUID", token()), source=AWAY).raw == WRONG_535
    g.log.wait("submit.auth", outcome="ok", **{"class": "known"})


def test_a_licence_of_the_old_key_holds_after_a_rotation(gate):
    g, phone = gate(extra=settings(CLOSED)), ("UUID", token())
    tool(g, "device", "allow", "*", "UUID", "--tokens", with_file(g, "tokens", phone[1] + "\n"))
    g.stop()
    with open(g.dir / "secret", "a") as keys:
        keys.write(f"2 {secrets.token_hex(32)}\n")
    g.start()
    enrol(g, source=HOME, identity=phone)
    login(g, identity=phone, source=AWAY).expect(235)


# --- the tools, beside the gate and without it -----------------------------------------------------

@pytest.fixture(params=["live", "offline"])
def aside(request):
    """aside(gate, what): does it while the gate runs, or while it is stopped and started again behind it."""
    def do(g, what):
        if request.param == "live":
            return what()
        g.stop()
        result = what()
        g.start()
        return result
    return do


def test_a_licence_counts_as_long_as_it_is_allowed(gate, aside):
    g, mine, later = gate(extra=settings(CLOSED)), ("UUID", token()), ("UUID", token())
    enrol(g, source=OFFICE)
    assert login(g, identity=mine, source=HOME).raw == WRONG_535
    tokens = with_file(g, "tokens", f"# sold\n{mine[1]}\n{later[1]}\n")
    assert aside(g, lambda: tool(g, "device", "allow", "*", "UUID", "--tokens", tokens))["tokens"] == 2
    login(g, identity=mine, source=HOME).expect(235)
    g.wait_devices(1)
    assert aside(g, lambda: tool(g, "device", "disallow", "*", "UUID", "--tokens", tokens))["tokens"] == 2
    assert login(g, identity=later, source=HOME).raw == WRONG_535
    login(g, identity=mine, source=HOME).expect(235)  # it has become known


def test_a_label_is_kept_and_shown(gate, aside):
    g, mine = gate(), ("UUID", token())
    enrol(g, identity=mine)
    name = device_of(g, "demo", "UUID")
    aside(g, lambda: tool(g, "device", "label", "demo", name, "the phone"))
    assert tool(g, "device", "show", "demo", name)["label"] == "the phone"
    login(g, identity=mine).expect(235)
    (shown,) = g.wait_devices(lambda found: found[0]["count"] == 2)
    assert shown["label"] == "the phone"


def test_an_account_that_is_erased_is_a_stranger_and_its_backup_brings_it_back(gate, aside):
    g, mine = gate(extra=settings({"unknown-device": "refuse"})), ("UUID", token())
    enrol(g, identity=mine, source=HOME)
    enrol(g, "test", "1234", ("MAC", "08:9e:01:70:f6:46"), HOME)
    before = g.run("device", "export", "demo", "-c", g.config).stdout.decode()
    assert mine[1] not in before and '"device"' in before
    aside(g, lambda: tool(g, "device", "erase", "demo"))
    assert [d["account"] for d in g.devices()] == ["test"]
    assert tool(g, "policy", "explain", "--account", "demo", "--ip", HOME)["class"] == "absent"
    backup = with_file(g, "backup.jsonl", before)
    assert aside(g, lambda: tool(g, "device", "import", backup))["records"] == before.count("\n")
    assert g.run("device", "export", "demo", "-c", g.config).stdout.decode() == before
    login(g, identity=mine, source=AWAY).expect(235)
    assert login(g, identity=("UUID", token()), source=AWAY).raw == WRONG_535


def test_a_revoked_device_keeps_its_open_session_and_gets_no_other(gate):
    g, mine = gate(), ("UUID", token())
    enrol(g, identity=mine)
    session = login(g, identity=mine).expect(235).client
    tool(g, "device", "revoke", "demo", device_of(g, "demo", "UUID"))
    assert login(g, identity=mine).raw == WRONG_535
    session.submit(b"Subject: still here\r\n\r\n.\r\n").expect(250)


def test_the_history_tells_of_successes_and_of_the_right_password_refused(gate, aside):
    g, mine = gate(), ("UUID", token())
    enrol(g, identity=mine)
    name = device_of(g, "demo", "UUID")
    aside(g, lambda: tool(g, "device", "revoke", "demo", name))
    assert login(g, identity=mine).raw == WRONG_535
    g.stop()  # all is written then
    history = tool(g, "device", "history", "demo")
    assert [(h["event"], h["identity"]) for h in history if h["event"] != "alert"] == [("success", name), ("failure", name)]
    assert "revoked-device" in [h.get("reason") for h in history] and mine[1] not in json.dumps(history)
