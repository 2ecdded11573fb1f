# SPDX-License-Identifier: ISC
"""draft-storey-smtp-client-id-13 §6.1, §6.2 (second list) and §6.3, item by item, over TLS."""
import threading

from peers import Dovecot
from policy import (AWAY, FAR, HOME, OFFICE, POLICY_550, WRONG_535, device_of, enrol, guesses, login, settings, token,
                    tool)

QUIET = {"two-places": {"then": ["log"]}}


def policed(gate, policy, **submission):
    return gate(extra=settings(policy), **submission)


def rule(then, **who):
    return {"rules": [{"name": "the rule", "then": then, **who}]}


# --- §6.1: what a server MAY require; never refused before AUTH, and never told why ---


def test_6_1_1_a_successful_clientid_may_be_required_before_authentication(gate):
    g = policed(gate, rule("require", clientid="present"))
    assert login(g).raw == WRONG_535
    login(g, identity=("UUID", token())).expect(235)


def test_6_1_1_a_particular_type_may_be_required(gate):
    g = policed(gate, rule("require", type="OFFICE-*"))
    assert login(g).raw == WRONG_535
    assert login(g, identity=("UUID", token())).raw == WRONG_535
    login(g, identity=("office-uuid", token())).expect(235)


def test_6_1_2_a_type_that_matches_no_rule_may_be_refused(gate):
    g = policed(gate, {"rules": [{"name": "phones", "then": "allow", "type": "PHONE-*"},
                                 {"name": "nothing else", "then": "deny", "account": "demo"}]})
    login(g, identity=("PHONE-UUID", token())).expect(235)
    assert login(g, identity=("UUID", token())).raw == WRONG_535
    login(g, "test", "1234", identity=("UUID", token())).expect(235)


def test_6_1_3_a_type_may_be_refused_by_policy(gate):
    g = policed(gate, rule("deny", type="MAC"))
    assert login(g, identity=("MAC", "08:9e:01:70:f6:46")).raw == WRONG_535
    login(g, identity=("UUID", token())).expect(235)


def test_6_1_3_a_token_may_be_refused_by_policy(gate):
    g, stolen = policed(gate, {}), token()
    enrol(g, identity=("UUID", stolen))
    pseudonym = device_of(g, "demo", "UUID").partition(":")[2]
    g.settings["policy"] = rule("deny", token=pseudonym)
    g.reload()
    assert login(g, identity=("UUID", stolen)).raw == WRONG_535
    login(g, identity=("UUID", token())).expect(235)


def test_6_1_4_a_device_may_be_revoked_for_good_and_approved_again(gate):
    g, mine = policed(gate, {}), ("UUID", token())
    enrol(g, identity=mine)
    name = device_of(g, "demo", "UUID")
    tool(g, "device", "revoke", "demo", name)
    assert login(g, identity=mine).raw == WRONG_535
    login(g, identity=("OTHER", token())).expect(235)
    tool(g, "device", "approve", "demo", name)
    login(g, identity=mine).expect(235)


def test_6_1_4_a_device_may_be_revoked_for_a_time(gate):
    g, mine = policed(gate, {}), ("UUID", token())
    enrol(g, identity=mine)
    tool(g, "device", "revoke", "--for", "10m", "demo", device_of(g, "demo", "UUID"))
    assert login(g, identity=mine).raw == WRONG_535
    (shown,) = [d for d in g.devices() if d["type"] == "UUID"]
    assert shown["state"] == "revoked"


def test_6_1_5_only_devices_on_the_accounts_list_are_permitted(gate):
    g, mine, strange = policed(gate, {"enrol": "closed", "unknown-device": "refuse"}), ("UUID", token()), ("UUID", token())
    tool(g, "device", "approve", "demo", ":".join(mine))
    login(g, identity=mine).expect(235)
    assert login(g, identity=strange, source=AWAY).raw == WRONG_535
    assert login(g, source=FAR).raw == WRONG_535


def test_6_1_the_command_itself_is_250_whatever_policy_thinks_of_it(gate):
    g = policed(gate, {"enrol": "closed", "unknown-device": "refuse", **rule("deny", type="*")})
    c = g.client()
    c.clientid("MAC", "08:9e:01:70:f6:46").expect(250)
    assert c.auth_plain("demo", "demo").raw == WRONG_535


def test_6_1_a_refusal_is_worded_as_a_wrong_password(gate):
    g = policed(gate, rule("deny", type="MAC"))
    refused = login(g, identity=("MAC", "08:9e:01:70:f6:46"))
    assert refused.raw == login(g, password="wrong").raw == login(g, "nobody", "demo").raw
    event = g.log.wait("submit.auth", outcome="refused")
    assert event["policy"] == "the rule"


def test_8_3_refused_at_mail_235_then_550(gate):
    g = policed(gate, {"refuse-at": "mail", **rule("deny", type="MAC")})
    c = login(g, identity=("MAC", "08:9e:01:70:f6:46")).expect(235).client
    assert c.mail().raw == POLICY_550
    assert c.mail().raw == POLICY_550
    c.quit()


def test_8_3_refused_at_mail_takes_no_wrong_password(gate):
    g = policed(gate, {"refuse-at": "mail", **rule("deny", type="MAC")})
    assert login(g, password="wrong", identity=("MAC", "08:9e:01:70:f6:46")).raw == WRONG_535


# --- §6.2, the second list: under attack ---


def test_6_2_1_under_attack_only_connections_with_an_identity_may_authenticate(gate):
    g = policed(gate, QUIET)
    enrol(g, source=HOME)
    tool(g, "policy", "attack", "on", "--mode", "require-clientid", "--for", "10m")
    assert login(g, source=HOME).raw == WRONG_535, "a known place without an identity is refused too"
    assert login(g, source=AWAY).raw == WRONG_535
    login(g, identity=("UUID", token()), source=AWAY).expect(235)
    tool(g, "policy", "attack", "off")
    login(g, source=AWAY).expect(235)


def test_6_2_2_under_attack_only_historically_known_devices_may_authenticate(gate):
    g, mine = policed(gate, QUIET), ("UUID", token())
    enrol(g, identity=mine, source=HOME)
    tool(g, "policy", "attack", "on", "--for", "10m")
    login(g, identity=mine, source=AWAY).expect(235)
    assert login(g, identity=("UUID", token()), source=FAR).raw == WRONG_535
    assert login(g, source=FAR).raw == WRONG_535
    assert tool(g, "policy", "attack", "status")
    tool(g, "policy", "attack", "off")
    login(g, source=FAR).expect(235)


def test_6_2_2_attack_mode_of_one_account_leaves_the_others_alone(gate):
    g = policed(gate, QUIET)
    enrol(g, source=HOME)
    tool(g, "policy", "attack", "on", "--account", "demo", "--for", "10m")
    assert login(g, source=AWAY).raw == WRONG_535
    login(g, "test", "1234", source=AWAY).expect(235)


def test_6_2_3_connections_are_limited_per_device_not_per_address(gate):
    limit = {"name": "device-connections", "count": "connections", "per": ["account", "token"], "of": "known",
             "above": 2, "then": "refuse"}
    g, mine, other = policed(gate, {**QUIET, "limits": [limit]}), ("UUID", token()), ("OTHER", token())
    enrol(g, identity=mine)
    enrol(g, identity=other)
    held = [login(g, identity=mine).expect(235) for _ in range(2)]
    assert login(g, identity=mine).raw == WRONG_535
    login(g, identity=other).expect(235)
    held[0].client.quit()
    g.log.wait("submit.disconnect", count=3)
    login(g, identity=mine).expect(235)


def test_6_2_tokens_that_were_never_seen_by_the_score_shut_their_network_to_strangers(gate):
    g = policed(gate, QUIET, accounts={f"user{n}": "right" for n in range(30)})
    mine = ("UUID", token())
    enrol(g, "user29", "right", mine, HOME)
    for n in range(21):
        assert login(g, f"user{n}", "wrong", ("UUID", token()), f"127.2.0.{n + 1}").raw == WRONG_535
    assert g.log.wait("policy.tripped", name="network-novelty")["class"] == "unknown"
    assert login(g, "user28", "right", ("UUID", token()), "127.2.0.99").raw == WRONG_535
    login(g, "user29", "right", mine, "127.2.0.99").expect(235)
    login(g, "user28", "right", ("UUID", token()), FAR).expect(235)


def test_6_2_4_one_token_at_two_places_at_a_time_raises_an_alert(gate):
    g, mine = policed(gate, {}), ("UUID", token())
    enrol(g, identity=mine, source=HOME)
    login(g, identity=mine, source=HOME).expect(235)
    assert not g.log.events("device.alert")
    login(g, identity=mine, source=AWAY).expect(235)
    event = g.log.wait("device.alert", kind="two-places")
    assert event["account"] == "demo" and mine[1] not in str(event)


def test_6_2_4_named_places_of_the_operator_are_where_a_device_may_be_at_once(gate):
    locations = {"table": {"127.0.0.0/24": "Building 7", "127.1.0.0/24": "Building 7", "127.2.0.0/24": "Building 9"}}
    g, mine = policed(gate, {"locations": locations}), ("UUID", token())
    enrol(g, identity=mine, source=HOME)
    login(g, identity=mine, source=HOME).expect(235)
    login(g, identity=mine, source=OFFICE).expect(235)
    login(g, identity=mine, source=AWAY).expect(235)
    g.log.wait("device.alert", kind="two-places")
    assert len(g.log.events("device.alert", kind="two-places")) == 1


# --- §6.3: use cases ---


def test_6_3_1_an_account_may_be_bound_to_a_single_device(gate):
    g, mine = policed(gate, {"unknown-device": "refuse", "enrol": "first-1"}), ("UUID", token())
    enrol(g, identity=mine)
    login(g, identity=mine, source=AWAY).expect(235)
    assert login(g, identity=("UUID", token()), source=AWAY).raw == WRONG_535


def test_6_3_2_one_identity_for_many_accounts_is_restricted(gate):
    accounts = {f"user{n}": "right" for n in range(8)}
    limit = {"name": "token-accounts", "count": "accounts", "per": ["token"], "of": "unknown", "outcome": "failed",
             "above": 3, "within": "1h", "then": ["refuse", "alert"], "for": "1h"}
    g, thief = policed(gate, {"limits": [limit]}, accounts=accounts), ("UUID", token())
    for n in range(4):
        assert login(g, f"user{n}", "wrong", thief, source=AWAY).raw == WRONG_535
    assert login(g, "user7", "right", thief, source=FAR).raw == WRONG_535
    g.log.wait("device.alert", kind="many-accounts")
    login(g, "user7", "right", ("UUID", token()), source=FAR).expect(235)


def test_6_3_2_one_identity_that_opens_many_accounts_raises_an_alert(gate):
    accounts = {f"user{n}": "right" for n in range(5)}
    g, thief = policed(gate, {}, accounts=accounts), ("UUID", token())
    for n in range(5):
        login(g, f"user{n}", "right", thief).expect(235)
    g.log.wait("device.alert", kind="many-accounts")


def test_6_3_3_an_identity_not_seen_before_is_restricted(gate):
    g, mine = policed(gate, {"unknown-device": "refuse"}), ("UUID", token())
    enrol(g, identity=mine, source=HOME)
    login(g, identity=mine, source=FAR).expect(235)
    assert login(g, identity=("UUID", token()), source=AWAY).raw == WRONG_535
    event = g.log.wait("device.alert", kind="wrong-device")
    assert event["account"] == "demo"


def test_6_3_4_a_licence_key_established_outside_of_the_session_may_be_required(gate, tmp_path):
    g = policed(gate, {"enrol": "closed", **rule("require", device="licensed")})
    keys = [f"KEY-{n:04}-{token()}" for n in range(3)]
    (tmp_path / "keys").write_text("# sold in 2026\n" + "\n".join(keys) + "\n")
    tool(g, "device", "allow", "*", "LICENSE", "--tokens", tmp_path / "keys")
    for key in keys:
        login(g, identity=("LICENSE", key)).expect(235)
    assert login(g, identity=("LICENSE", "KEY-0000-guessed")).raw == WRONG_535
    assert login(g, identity=("UUID", keys[0])).raw == WRONG_535, "a licence is of its type"
    assert login(g).raw == WRONG_535


def test_6_3_5_clients_with_an_identity_may_have_another_policy_than_those_without(gate):
    limits = [{"name": "with", "count": "attempts", "per": ["account"], "of": "unknown", "type": "*", "above": 100,
               "within": "1h", "then": "refuse", "for": "1h"},
              {"name": "without", "count": "attempts", "per": ["account"], "of": "absent", "above": 2, "within": "1h",
               "then": "refuse", "for": "1h"}]
    g = policed(gate, {"limits": limits})
    for n in range(3):
        login(g, password=f"wrong{n}", source=AWAY)
    assert login(g, source=AWAY).raw == WRONG_535
    login(g, identity=("UUID", token()), source=AWAY).expect(235)


def test_6_3_5_groups_of_accounts_may_have_their_own_policy(gate):
    g = policed(gate, {"groups": {"printers": ["print-*"]},
                       "rules": [{"name": "printers stay in", "then": "deny", "group": "printers", "clientid": "absent"}]},
                accounts={"print-1": "demo", "demo": "demo"})
    assert login(g, "print-1").raw == WRONG_535
    login(g, "print-1", identity=("UUID", token())).expect(235)
    login(g).expect(235)


def test_6_3_6_a_token_is_limited_without_affecting_others_at_its_address(gate):
    g, old, new = policed(gate, QUIET), ("UUID", token()), ("OTHER", token())
    enrol(g, identity=old)
    enrol(g, identity=new)
    guesses(g, 11, identity=old)
    assert login(g, identity=old).raw == WRONG_535
    login(g, identity=new).expect(235)
    login(g).expect(235)


def test_6_3_7_a_localized_dictionary_attack_is_detected(gate):
    accounts = {f"user{n}": "right" for n in range(25)}
    g = policed(gate, QUIET, accounts=accounts)
    for n in range(21):
        assert login(g, f"user{n}", "12345678", source=AWAY).raw == WRONG_535
    event = g.log.wait("policy.tripped", name="address-accounts")
    assert event["client"] == AWAY
    assert login(g, "user24", "right", source=AWAY).raw == WRONG_535
    login(g, "user24", "right", source=FAR).expect(235)


def test_6_3_7_a_distributed_dictionary_attack_is_detected(gate):
    g, mine = policed(gate, QUIET), ("UUID", token())
    enrol(g, identity=mine, source=HOME)
    for n in range(12):
        login(g, password=f"guess{n}", source=f"127.{50 + n}.0.1")
    g.log.wait("policy.tripped", name="stranger-guesses")
    g.log.wait("device.alert", kind="attack")
    assert login(g, source="127.99.0.1").raw == WRONG_535
    login(g, identity=mine, source="127.50.0.1").expect(235)


def test_6_3_8_the_identity_is_a_third_factor_for_the_backend(gate, peer):
    backend = peer(Dovecot, mechanisms="plain")
    g = gate(auth=f"dovecot:{backend.auth_socket}")
    enrol(g, identity=("UUID", token()))
    name = device_of(g, "demo", "UUID")
    assert name in backend.log.read_text()


# --- the two promises that hold them together ---


def test_200_wrong_passwords_from_50_addresses_lock_strangers_out_and_nobody_else(gate):
    g, mine = policed(gate, {}, workers=2), ("UUID", token())
    enrol(g, identity=mine, source=HOME)
    enrol(g, source=OFFICE)

    def attack(n):
        identity = (lambda: ("UUID", token())) if n % 2 else None
        guesses(g, 4, identity=identity, source=f"127.{100 + n}.0.1", stem=f"w{n}")

    threads = [threading.Thread(target=attack, args=(n,)) for n in range(50)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    login(g, identity=mine, source="127.100.0.1").expect(235)
    login(g, identity=mine, source="127.200.0.1").expect(235)
    login(g, source=OFFICE).expect(235)
    assert login(g, source="127.220.0.1").raw == WRONG_535
    assert login(g, identity=("UUID", token()), source="127.220.0.1").raw == WRONG_535
    assert g.log.wait("policy.tripped", name="stranger-guesses")["account"] == "demo"
    assert g.log.wait("device.alert", kind="attack")["account"] == "demo"
    reached = [e for e in g.log.events("submit.auth", outcome="failed")]
    assert len(reached) <= 20, f"{len(reached)} of 200 guesses reached the password"


def test_what_locks_strangers_out_ends_by_itself(gate):
    limits = [{"name": "stranger-guesses", "count": "failed-passwords", "per": ["account"], "of": "unknown", "above": 3,
               "within": "10s", "then": "known-devices-only", "for": "10s"},
              {"name": "stranger-slowdown", "count": "failed-passwords", "per": ["account"], "of": "unknown",
               "above": 9, "within": "10m", "then": "off"}]
    g = policed(gate, {"limits": limits}, limits={"failures": 100, "errors": 1000})
    enrol(g, source=HOME)
    guesses(g, 5, source=AWAY)
    assert login(g, source=FAR).raw == WRONG_535
    c = g.client(source=FAR)
    codes = []
    while not codes or (codes[-1] != 235 and len(codes) < 40):
        threading.Event().wait(1)
        codes.append(c.auth_plain("demo", "demo").code)
    assert codes[-1] == 235, codes
