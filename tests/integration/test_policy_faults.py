# SPDX-License-Identifier: ISC
"""Policy when things fail: the store, the counters' files, a configuration that contradicts itself;
restarts, reloads, workers that die (draft -13 §6; the issue's "Bad input, faults")."""
import re
import signal
import threading
import time

import pytest

from client import Closed
from harness import kill_hard, until
from policy import AWAY, FAR, HOME, OFFICE, WRONG_535, enrol, guesses, login, settings, token, tool

GRIND = {"failures": 100, "errors": 1000}


def state_of(g):
    return g.dir / "state"


def grind(g, account="demo"):
    """Strangers on the account are locked out behind this."""
    guesses(g, 12, account, source=AWAY)
    g.log.wait("policy.tripped", name="stranger-guesses")


def restart(g, meanwhile=lambda: None):
    g.stop()
    meanwhile()
    g.start()


def test_counts_and_holds_survive_a_restart(gate):
    g = gate(limits=GRIND, extra=settings({}))
    enrol(g, source=HOME)
    grind(g)
    restart(g)
    assert login(g, source=FAR).raw == WRONG_535
    login(g, source=HOME).expect(235)


def test_counts_and_holds_survive_kill_9_but_for_the_last_second(gate):
    g = gate(limits=GRIND, extra=settings({}))
    enrol(g, source=HOME)
    g.wait_devices(0)
    grind(g)
    time.sleep(1.5)  # what was counted a second ago is on disk: there is no event for it
    g.kill()
    g.start()
    assert login(g, source=FAR).raw == WRONG_535


def test_counts_survive_a_reload(gate):
    g = gate(limits=GRIND, extra=settings({}))
    enrol(g, source=HOME)
    grind(g)
    g.reload()
    assert login(g, source=FAR).raw == WRONG_535


def test_a_corrupt_snapshot_is_refused_kept_and_counting_starts_empty(gate):
    g = gate(limits=GRIND, extra=settings({}))
    enrol(g, source=HOME)
    grind(g)

    def corrupt():
        for path in state_of(g).glob("counters*"):
            size = path.stat().st_size
            with open(path, "r+b") as file:
                file.seek(min(200, size // 2))
                file.write(b"\xff" * 64)

    restart(g, corrupt)
    event = g.log.wait("policy.counters")
    assert "counting starts empty" in event["reason"]
    assert list(state_of(g).glob("*.bad"))
    login(g, source=FAR).expect(235)


def test_holds_are_shared_by_all_workers(gate):
    g = gate(workers=3, limits=GRIND, extra=settings({}))
    enrol(g, source=HOME)
    grind(g)
    for n in range(9):
        assert login(g, source=f"127.{60 + n}.0.1").raw == WRONG_535


def test_what_a_dead_worker_held_open_is_given_back(gate):
    limit = {"name": "device-connections", "count": "connections", "per": ["account", "token"], "of": "known", "above": 1,
             "then": "refuse"}
    g, mine = gate(extra=settings({"limits": [limit]})), ("UUID", token())
    g.expect_same_children = False
    enrol(g, identity=mine)
    login(g, identity=mine).expect(235)
    assert login(g, identity=mine).raw == WRONG_535
    kill_hard(g.children()[1:])
    g.log.wait("worker.died")

    def comes_in():
        try:
            return login(g, identity=mine).code == 235
        except (OSError, Closed):
            return False  # the new worker does not serve yet

    until(comes_in, "still held")


def take_store_away(g):
    for path in state_of(g).glob("store.mdb*"):
        path.unlink()
    (state_of(g) / "store.mdb").mkdir()  # none can be opened here


@pytest.mark.parametrize("failure, code", [("open", 235), ("closed", 535)])
def test_without_a_store_authentication_goes_on_from_memory(gate, failure, code):
    g, mine = gate(extra=settings({"store-failure": failure})), ("UUID", token())
    g.expect_same_children = False  # the keeper cannot live, and is started again
    enrol(g, identity=mine, source=HOME)
    restart(g, lambda: take_store_away(g))
    login(g, identity=mine, source=AWAY).expect(235)
    g.log.wait("store.away")
    login(g, source=HOME).expect(235)  # the place
    assert login(g, identity=("UUID", token()), source=FAR).code == code
    assert g.log.wait("submit.auth", **{"class": "known"})["outcome"] == "ok"


def test_without_a_store_strangers_stay_out_in_attack_mode(gate):
    g, mine = gate(extra=settings({"store-failure": "open"}), limits=GRIND), ("UUID", token())
    g.expect_same_children = False
    enrol(g, identity=mine, source=HOME)
    restart(g, lambda: take_store_away(g))
    grind(g)
    assert login(g, identity=("UUID", token()), source=FAR).raw == WRONG_535
    login(g, identity=mine, source=FAR).expect(235)


CONTRADICTIONS = [
    ({"rules": [{"name": "x", "then": "deny", "group": "nobody"}]}, "policy.rules.group: "),
    ({"limits": [{"name": "x", "count": "tokens", "per": ["token"], "above": 3, "within": "1h", "then": "refuse",
                  "for": "1h"}]}, "policy.limits.per: "),
    ({"limits": [{"name": "x", "count": "attempts", "per": ["account"], "above": 3, "within": "1h", "then": "refuse"}]},
     "policy.limits.for: "),
    ({"rules": [{"name": "x", "then": "require", "account": "a"}]}, "policy.rules"),
]


@pytest.mark.parametrize("policy, word", CONTRADICTIONS)
def test_a_policy_that_contradicts_itself_is_refused_with_its_place(gate, policy, word):
    g = gate(extra=settings({}))
    g.settings["policy"] = policy
    g.write_config()
    run = g.run("policy", "check", "-c", g.config)
    assert run.returncode == 1
    said = run.stderr.decode()
    assert re.search(rf"{g.config}:\d+:\d+: {word}", said), said


def test_a_reload_with_a_bad_policy_leaves_the_old_one_in_force(gate):
    g = gate(extra=settings({"rules": [{"name": "r", "then": "deny", "type": "MAC"}]}))
    g.settings["policy"] = {"rules": [{"name": "r", "then": "deny", "group": "nobody"}]}
    g.reload()
    assert "failed" in g.log.wait("service.reload")["outcome"]
    assert login(g, identity=("MAC", "08:9e:01:70:f6:46")).raw == WRONG_535
    g.expect_same_children = True


def test_failures_never_create_a_device_or_a_place(gate):
    g = gate(limits=GRIND, extra=settings({}))
    enrol(g, identity=("UUID", token()), source=HOME)
    g.wait_devices(1)
    guesses(g, 5, identity=lambda: ("X", token()), source=AWAY)
    login(g, identity=("UUID", token()), source=HOME).expect(235)
    assert {d["type"] for d in g.wait_devices(2)} == {"UUID"}


def test_an_old_phone_with_one_stale_password_counts_as_one_guess(gate):
    g = gate(limits=GRIND, extra=settings({}))
    enrol(g, source=HOME)
    c = g.client(source=AWAY)
    for _ in range(20):
        c.auth_plain("demo", "stale").expect(535)
    assert g.log.events("policy.tripped") == []
    login(g, source=AWAY).expect(235)


def test_spellings_and_learned_aliases_share_one_budget(gate):
    g = gate(realm="example.com", limits=GRIND, extra=settings({}), accounts={"demo@example.com": "demo"})
    login(g, "demo@example.com", source=HOME).expect(235)
    for n, name in enumerate(["demo", "DEMO", "Demo@Example.com"] * 4):
        login(g, name, f"wrong{n}", source=AWAY)
    g.log.wait("policy.tripped", name="stranger-guesses")
    assert login(g, "dEmO@example.com", source=FAR).raw == WRONG_535


def test_dry_run_says_what_it_would_have_done_and_does_not(gate):
    g = gate(extra=settings({"rules": [{"name": "r", "then": "deny", "type": "MAC", "dry-run": "yes"}]}))
    login(g, identity=("MAC", "08:9e:01:70:f6:46")).expect(235)
    assert g.log.wait("policy.tripped", name="r")["dry-run"] == "yes"


def test_explain_says_what_was_counted_and_counts_nothing(gate):
    g = gate(limits=GRIND, extra=settings({}))
    enrol(g, source=HOME)
    guesses(g, 3, source=AWAY)
    arguments = ("policy", "explain", "--account", "demo", "--ip", FAR)
    first, second = (tool(g, *arguments) for _ in range(2))
    assert first["limits"] == second["limits"]
    (limit,) = [x for x in second["limits"] if x["name"] == "stranger-guesses"]
    assert limit["counted"] == 3


def test_sigterm_in_the_middle_of_grinding_loses_nothing_acknowledged(gate):
    g, mine = gate(workers=2, limits=GRIND, extra=settings({})), ("UUID", token())
    login(g, identity=mine, source=OFFICE).expect(235)
    g.expect_same_children = False  # they end by SIGTERM, as they should, before we look
    stop = threading.Event()

    def attack():
        while not stop.is_set():
            try:
                guesses(g, 2, source=AWAY)
            except (OSError, AssertionError):
                return

    attacker = threading.Thread(target=attack)
    attacker.start()
    g.process.send_signal(signal.SIGTERM)
    stop.set()
    attacker.join()
    g.stop()
    g.start()
    assert [d["type"] for d in g.wait_devices(1)] == ["UUID"]
