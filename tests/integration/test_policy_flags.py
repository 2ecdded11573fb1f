# SPDX-License-Identifier: ISC
"""draft-storey-smtp-client-id-13 §7: the seven flags, by pattern of the type, alone and together."""
from policy import AWAY, FAR, HOME, WRONG_535, device_of, enrol, login, settings, token, tool


def flagged(gate, flags, policy=None):
    return gate(clientid_rules={"*": flags}, extra=settings(policy))


def history(g, account="demo"):
    return tool(g, "device", "history", account)


def test_7_1_ignored_is_handled_and_treated_as_not_presented(gate):
    g, mine = flagged(gate, ["ignore"], {"rules": [{"name": "r", "then": "require", "clientid": "present"}]}), token()
    assert login(g, identity=("UUID", mine)).raw == WRONG_535
    assert g.devices() == [] and mine.encode() not in g.log.text() and b"UUID" not in g.log.text()


def test_7_2_kept_in_the_session_and_treated_as_not_presented(gate):
    g = flagged(gate, ["session"], {"rules": [{"name": "r", "then": "require", "clientid": "present"}]})
    assert login(g, identity=("UUID", token())).raw == WRONG_535
    assert g.devices() == []


def test_7_3_available_to_the_system_log(gate):
    g, mine = flagged(gate, ["system-log"]), token()
    login(g, identity=("UUID", mine)).expect(235)
    assert g.log.wait("submit.auth", outcome="ok")["identity"].startswith("UUID:~")
    assert g.devices() == [] and mine.encode() not in g.log.text()


def test_7_4_available_to_the_user_log(gate):
    g = flagged(gate, ["user-log", "auth"])
    enrol(g, identity=("UUID", token()))
    g.wait_devices(1)
    (entry,) = [e for e in history(g) if e["event"] == "success"]
    assert entry["identity"].startswith("UUID:~") and entry["network"] == "127.0.0.0/24"


def test_7_4_without_the_flag_the_history_stays_empty(gate):
    g = flagged(gate, ["auth"])
    enrol(g, identity=("UUID", token()))
    g.wait_devices(1)
    assert [e for e in history(g) if e["event"] == "success"] == []


def test_7_5_used_for_authentication(gate):
    g, mine = flagged(gate, ["auth"], {"unknown-device": "refuse", "enrol": "first-1"}), ("UUID", token())
    enrol(g, identity=mine)
    login(g, identity=mine, source=AWAY).expect(235)
    assert login(g, identity=("UUID", token()), source=FAR).raw == WRONG_535


def test_7_6_alert_when_the_right_password_comes_from_the_wrong_device(gate):
    g = flagged(gate, ["auth", "alert-on-failure"], {"unknown-device": "refuse", "enrol": "first-1"})
    enrol(g, identity=("UUID", token()), source=HOME)
    assert login(g, identity=("UUID", token()), source=FAR).raw == WRONG_535
    event = g.log.wait("device.alert", kind="wrong-device")
    assert event["account"] == "demo" and event["type"] == "UUID"


def test_7_6_a_wrong_password_alone_raises_no_alert(gate):
    g, mine = flagged(gate, ["auth", "alert-on-failure"]), ("UUID", token())
    enrol(g, identity=mine)
    assert login(g, password="wrong", identity=mine).raw == WRONG_535
    login(g, identity=mine).expect(235)
    g.wait_devices(lambda found: found[0]["count"] == 2)
    assert g.log.events("device.alert") == []


def test_7_7_alert_when_a_new_device_succeeds_first(gate):
    g = flagged(gate, ["auth", "alert-on-success"], {"unknown-device": "accept"})
    enrol(g, identity=("FIRST", token()), source=HOME)
    mine = ("UUID", token())
    login(g, identity=mine, source=HOME).expect(235)
    event = g.log.wait("device.alert", kind="new-device", type="UUID")
    assert mine[1] not in str(event)
    login(g, identity=mine, source=HOME).expect(235)
    g.wait_devices(lambda found: any(d["type"] == "UUID" and d["count"] == 2 for d in found))
    assert len(g.log.events("device.alert", kind="new-device", type="UUID")) == 1


def test_7_flags_differ_by_pattern_of_the_type(gate):
    g = gate(clientid_rules={"MAC": ["ignore"], "*-UUID": ["auth", "user-log"], "*": ["system-log"]})
    for kind in ("MAC", "APP-UUID", "OTHER"):
        login(g, identity=(kind, token())).expect(235)
    g.wait_devices(1)
    assert [d["type"] for d in g.devices()] == ["APP-UUID"]
    assert device_of(g, "demo", "APP-UUID").startswith("APP-UUID:~")
