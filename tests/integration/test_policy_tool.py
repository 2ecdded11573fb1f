# SPDX-License-Identifier: ISC
"""`postern policy` where no service runs, and replays of logs."""
import datetime
import json
import re

import pytest

from test_device_tool import ALICE, PHONE, Tool, seen

KNOWN = "UUID:~1." + "a" * 26
START = datetime.datetime(2026, 11, 21, 9, 0, tzinfo=datetime.timezone.utc)
STRICT = {"policy": {"unknown-device": "refuse"}}


class Policy(Tool):
    def __call__(self, *arguments, **options):
        command = "device" if arguments[0] == "import" else "policy"
        return super().__call__(*arguments, command=command, **options)


@pytest.fixture
def tool(workdir):
    return Policy(workdir)


class Log:
    """Lines as the gate writes them."""

    def __init__(self):
        self.lines, self.now = [], START

    def auth(self, outcome, account=ALICE, client="192.0.2.1", after=1, **fields):
        self.now += datetime.timedelta(seconds=after)
        self.lines.append({"session": "7f", "client": client, "mechanism": "PLAIN", "account": account,
                           "outcome": outcome} | fields)
        self.lines[-1]["time"] = self.now
        return self

    def text(self, own_time=True, prefix=None):
        out = ""
        for line in self.lines:
            fields = " ".join(f'{k}="{v}"' if " " in v else f"{k}={v}" for k, v in line.items() if k != "time")
            stamp = line["time"].strftime("%Y-%m-%dT%H:%M:%S.%fZ info ") if own_time else ""
            out += (line["time"].strftime(prefix) if prefix else "") + stamp + "submit.auth " + fields + "\n"
        return out

    def json(self):
        return "".join(json.dumps({"time": l["time"].strftime("%Y-%m-%dT%H:%M:%S.%fZ"), "level": "info",
                                   "event": "submit.auth"} | {k: v for k, v in l.items() if k != "time"}) + "\n"
                       for l in self.lines)


def guesses(log, n, **fields):
    for i in range(n):
        log.auth("failed", guess=f"{i:03x}", client=f"198.51.{i % 100}.{i % 50 + 1}", **{"class": "absent"} | fields)
    return log


# --- check ---------------------------------------------------------------------------------------

def test_check_says_yes_or_where_it_is_wrong(tool):
    assert re.search(r"postern\.yaml: ok, 0 rules, \d+ limits$", tool("check").strip())
    assert tool.json("check")["ok"] is True
    tool.configure(policy={"rules": [{"name": "x", "then": "deny", "group": ["nobody"]}]})
    assert re.search(r"postern\.yaml:\d+", tool("check", code=1))
    tool.config.write_text("policy: {enrol: sometimes}\n")
    assert re.search(r"postern\.yaml:1:\d+", tool("check", code=1))


FILES = [({"policy": {"locations": {"database": ["/nowhere.mmdb"]}}}, "policy.locations.database"),
         ({"alerts": {"to": ["command:/nowhere/tell"]}}, "alerts.to"),
         ({"alerts": {"to": ["mail"], "templates": "/nowhere"}}, "alerts.templates"),
         ({"alerts": {"to": ["https://127.0.0.1/"], "webhook-secret": "/nowhere"}}, "alerts.webhook-secret")]


@pytest.mark.parametrize("settings, key", FILES)
def test_check_names_the_place_of_a_file_that_cannot_be_read(tool, settings, key):
    tool.configure(**settings)
    assert re.search(rf"postern\.yaml:\d+:\d+: {key}: .*nowhere", tool("check", code=1))


def test_check_names_the_line_of_a_template(tool):
    texts = tool.dir / "texts"
    texts.mkdir()
    (texts / "new-device.txt").write_text("Subject: hello\n\nA {nonsense}\n")
    tool.configure(alerts={"to": ["mail"], "templates": texts})
    assert re.search(r"new-device\.txt:\d+: ", tool("check", code=1))


# --- explain -------------------------------------------------------------------------------------

def test_explain_prints_every_rule_and_limit_and_the_verdict(tool):
    tool.configure(policy={"rules": [{"name": "no-tests", "then": "deny", "network": ["198.51.100.0/24"]}]})
    text = tool("explain", "--account", "alice", "--ip", "192.0.2.9")
    told = tool.json("explain", "--account", "alice", "--ip", "192.0.2.9")
    assert told["account"] == ALICE and told["class"] == "absent"
    for name in [*(r["name"] for r in told["rules"]), *(l["name"] for l in told["limits"])]:
        assert re.search(rf"^{name} ", text, re.M)
    assert re.search(r"^no-tests +deny +is not about it$", text, re.M)
    assert re.search(r"^stranger-guesses +failed-passwords +account +unknown +0 +\d+ ", text, re.M)
    assert re.search(r"^known-device-guesses .* of: another class$", text, re.M)
    assert re.search(r"^before +accept", text, re.M) and re.search(r"^after +accept", text, re.M)
    assert not re.search(r" $", text, re.M)
    text = tool("explain", "--account", "alice", "--ip", "198.51.100.9")
    assert re.search(r"^no-tests +deny +matches, decides$", text, re.M)
    assert re.search(r"^before +refuse at auth\n +no-tests: refuse", text, re.M) and "\nafter " not in text


def test_explain_knows_the_device_in_clear_or_by_pseudonym(tool):
    tool.backup(seen("~1." + "a" * 26))
    ask = ["explain", "--account", ALICE, "--ip", "203.0.113.1", "--clientid"]
    assert tool.json(*ask, KNOWN)["class"] == "known"
    assert tool.json(*ask, "UUID:~1.aaaaaa", "--outcome", "ok")["class"] == "known"
    stranger = tool.json(*ask, f"uuid:{PHONE}", "--outcome", "ok")
    assert stranger["class"] == "unknown" and stranger["outcome"] == "ok" and stranger["type"] == "UUID"
    assert PHONE not in json.dumps(stranger)
    tool.configure(**STRICT)
    text = tool(*ask, f"uuid:{PHONE}", "--outcome", "ok")
    assert re.search(r"^after +refuse at auth", text, re.M) and "unknown-device" in text
    assert tool.json(*ask, KNOWN, "--outcome", "ok")["verdict"]["after"]["action"] == "accept"


def test_explain_says_what_is_wrong(tool):
    assert "no address" in tool("explain", "--account", "a", "--ip", "nowhere", code=1)
    assert "identity" in tool("explain", "--account", "a", "--ip", "192.0.2.1", "--clientid", "x", code=1)
    tool.secret.unlink()
    assert str(tool.secret) in tool("explain", "--account", "a", "--ip", "192.0.2.1", code=1)


# --- attack mode ---------------------------------------------------------------------------------

@pytest.mark.parametrize("scope", [[], ["--account", ALICE], ["--network", "192.0.2.0/24"]])
@pytest.mark.parametrize("mode", ["known-devices-only", "require-clientid"])
def test_attack_mode_is_kept_in_the_snapshot_until_it_is_switched_off(tool, scope, mode):
    assert tool("attack", "status", *scope) == "attack mode: off\n"
    on = tool("attack", "on", "--mode", mode, "--for", "10m", *scope)
    assert f"attack mode: {mode}, " in on and re.search(r"^until 20\S+$", on, re.M)
    assert f"attack mode: {mode}, " in tool("attack", "status", *scope)
    refused = tool.json("explain", "--account", ALICE, "--ip", "192.0.2.1")["verdict"]["before"]
    assert refused["action"] == "refuse" and refused["reasons"][0]["name"] == "attack-mode"
    assert tool("attack", "off", *scope) == "attack mode: off\n"
    assert tool.json("attack", "status", *scope)["attack"] == []
    assert tool.json("explain", "--account", ALICE, "--ip", "192.0.2.1")["verdict"]["before"]["action"] == "accept"


def test_status_shows_the_counters_and_attack_mode(tool):
    tool("attack", "on")
    text = tool("status")
    assert text.startswith("attack mode: known-devices-only, all\n")
    assert "counters: 65536 KiB" in text and text.count("%") == 3
    assert tool.json("status")["counters"]["stranger"]["live"] == 0


# --- replay --------------------------------------------------------------------------------------

def replay(tool, log, *options):
    (tool.dir / "log").write_text(log if isinstance(log, str) else log.text())
    return tool.json("replay", tool.dir / "log", *options)


def test_the_same_policy_gives_the_same_verdicts(tool):
    log = Log().auth("ok", identity=KNOWN, **{"class": "known"}).auth("failed", guess="0ff").auth("ok", guess="0aa")
    told = replay(tool, log)
    assert told["attempts"] == told["same"] == 3 and told["names"] == []
    assert told["recorded"] == told["replayed"] == {"let-in-right": 2, "let-in-wrong": 1, "refused-right": 0,
                                                    "refused-wrong": 0}


def test_guesses_by_strangers_are_refused_and_a_known_device_is_not(tool):
    log = guesses(Log(), 200)
    log.auth("ok", identity=KNOWN, client="198.51.7.8", **{"class": "known"})
    told = replay(tool, log)
    assert told["newly-refused"]["right"] == 0 and told["newly-refused"]["wrong"] > 150
    assert told["replayed"]["let-in-right"] == 1
    assert "stranger-guesses" in {n["name"] for n in told["names"]}


def test_another_policy_is_compared_verdict_by_verdict(tool):
    other = tool.dir / "other.yaml"
    tool.configure(**STRICT)
    tool.config.rename(other)
    tool.configure()
    log = Log().auth("ok", identity=KNOWN, **{"class": "known"})
    log.auth("ok", identity="UUID:~1." + "b" * 25 + "a", client="203.0.113.5", **{"class": "unknown"})
    assert replay(tool, log)["same"] == 2
    told = replay(tool, log, "--policy", other, "--verbose")
    assert told["newly-refused"] == {"right": 1, "wrong": 0} and told["same"] == 1
    assert [n["name"] for n in told["names"]] == ["unknown-device"]
    (difference,) = told["differences"]
    assert difference["recorded"] == "let-in" and difference["replayed"] == "refused"
    assert difference["policy"] == "unknown-device" and difference["right-password"] is True
    text = tool("replay", "--policy", other, "--verbose", tool.dir / "log")
    assert re.search(r"^newly refused +1  1 with the right password$", text, re.M)
    assert re.search(r"^unknown-device +0 +1 +1 +0$", text, re.M)
    assert "let in -> refused by unknown-device" in text
    assert not re.search(r" $", text, re.M)


def test_what_was_refused_and_no_longer_is_counts_as_newly_accepted(tool):
    log = Log().auth("ok", guess="123")
    log.auth("refused", guess="123", policy="old limit", client="203.0.113.7")
    log.auth("refused", guess="124", policy="old limit")
    told = replay(tool, log)
    assert told["newly-accepted"] == {"right": 1, "wrong": 1}
    assert told["names"] == [{"name": "old limit", "recorded": 2, "replayed": 0, "newly-refused": 0, "newly-accepted": 2}]


def test_the_registry_of_the_replay_learns_from_successes(tool):
    tool.configure(policy={"unknown-device": "refuse", "enrol": "open"})
    log = Log().auth("ok", identity=KNOWN, **{"class": "known"})
    for _ in range(3):
        log.auth("ok", identity=KNOWN, client="203.0.113.5", **{"class": ""})
    log.auth("ok", identity="UUID:~1." + "b" * 25 + "a")
    told = replay(tool, log)
    assert told["replayed"]["let-in-right"] == 4 and told["newly-refused"]["right"] == 1


@pytest.mark.parametrize("form", ["own", "json", "rsyslog", "journal", "syslog"])
def test_every_form_of_the_log_is_read(tool, form):
    log = guesses(Log(), 30)
    text = {"own": log.text, "json": log.json,
            "rsyslog": lambda: log.text(False, "%Y-%m-%dT%H:%M:%S.%f+00:00 mail postern[17]: "),
            "journal": lambda: log.text(False, "%Y-%m-%dT%H:%M:%S+0000 mail postern[17]: "),
            "syslog": lambda: log.text(False, "%b %e %H:%M:%S mail postern[17]: ")}[form]()
    other = text.splitlines(True)[0].replace("submit.auth", "submit.connect")
    told = replay(tool, "noise\n" + other + text)
    assert told["attempts"] == 30 and told["newly-refused"]["wrong"] == replay(tool, log)["newly-refused"]["wrong"] > 0


def test_a_year_ends_in_a_log_without_years(tool):
    log = Log()
    log.now = datetime.datetime(2026, 12, 31, 23, 59, 50, tzinfo=datetime.timezone.utc)
    guesses(log, 30)
    told = replay(tool, log.text(False, "%b %e %H:%M:%S mail postern[17]: "))
    assert told["attempts"] == 30 and told["newly-refused"]["wrong"] > 0


def test_a_log_without_times_is_2(tool):
    (tool.dir / "log").write_text(Log().auth("ok").text(own_time=False))
    assert "line 1: nothing says when it was" in tool("replay", tool.dir / "log", code=2)


def test_what_cannot_be_replayed_is_counted(tool):
    log = Log().auth("ok").auth("cancelled").auth("ok", client="~1." + "a" * 26).auth("ok", account="")
    told = replay(tool, log.text() + log.text()[:90] + '"\n')
    assert told["attempts"] == 1
    assert told["left-out"] == {"no-address": 1, "no-account": 1, "no-outcome": 1, "broken": 1}
    text = tool("replay", "-", input=log.text())
    assert "the client's address is a pseudonym" in text


def test_a_replay_touches_neither_store_nor_counters(tool):
    replay(tool, guesses(Log(), 50))
    assert list(tool.state.iterdir()) == []


def test_a_hold_that_is_over_holds_no_longer(tool):
    log = guesses(Log(), 30).auth("ok", after=3 * 86400, client="203.0.113.5", **{"class": "absent"})
    assert replay(tool, log)["newly-refused"]["right"] == 0


def test_a_log_that_is_not_there_is_said(tool):
    assert "nowhere" in tool("replay", tool.dir / "nowhere", code=1)
    assert "nowhere" in tool("replay", "--policy", tool.dir / "nowhere", "-", code=1)


@pytest.mark.parametrize("arguments", [
    ["explain"], ["explain", "--account", "a"], ["explain", "--ip", "192.0.2.1"], ["check", "x"], ["replay"], ["attack"],
    ["explain", "--account", "a", "--ip", "192.0.2.1", "--outcome", "maybe"], ["attack", "maybe"], ["attack", "on", "--mode", "x"],
    ["attack", "off", "--for", "1h"], ["attack", "on", "--for", "soon"], ["status", "--account", "a"], ["unheard-of"],
    ["attack", "on", "--account", "a", "--network", "192.0.2.0/24"], ["check", "--verbose"]])
def test_wrong_usage_is_2(tool, arguments):
    assert "usage: postern policy" in tool(*arguments, code=2)
