# SPDX-License-Identifier: ISC
"""`postern device` where no service runs: the tool does what the keeper would."""
import json
import os
import re
import stat
import subprocess

import pytest

from harness import IS_ROOT, binary, give, yaml

PHONE = "23bf83be-aad7-46aa-9e0f-39191ccf402f"
ALICE = "alice@example.com"
EXPOSED = "Which device it is and who made it, on every network that it joins for as long as it lives."


class Tool:
    def __init__(self, directory):
        self.dir = directory
        self.state = directory / "state"
        self.state.mkdir(mode=0o700)
        give(self.state)
        self.secret = directory / "secret"
        self.secret.write_text("1 " + "0123456789abcdef" * 4 + "\n")
        self.secret.chmod(0o600)
        self.config = directory / "postern.yaml"
        self.configure()

    def configure(self, **settings):
        self.config.write_text(yaml({"state": self.state, "secret": self.secret,
                                     "submission": {"realm": "example.com"}} | settings))

    def __call__(self, *arguments, code=0, input=None, command="device", env=None):
        run = subprocess.run([str(binary()), command, arguments[0], "-c", str(self.config), *map(str, arguments[1:])],
                             capture_output=True, text=True, input=input, cwd=self.dir,
                             env=os.environ | {"TZ": "UTC"} | (env or {}))
        assert run.returncode == code, run.stdout + run.stderr
        assert PHONE not in run.stdout + run.stderr
        return run.stdout if code == 0 else run.stderr

    def json(self, *arguments, **options):
        return json.loads(self(*arguments, "--json", **options))

    def backup(self, *records):
        """Takes records in as an import does."""
        self("import", "-", input="".join(json.dumps(r) + "\n" for r in records))


@pytest.fixture
def tool(workdir):
    return Tool(workdir)


def seen(token, type="UUID", account=ALICE, **more):
    return {"record": "device", "account": account, "type": type, "token": token, "state": "known",
            "first": 1795252309000000, "last": 1795255909000000, "count": 3, "network": "192.0.2.0/24",
            "shape": "plain"} | more


# --- reading -------------------------------------------------------------------------------------

def test_an_empty_registry_is_no_failure(tool):
    assert tool("list") == "no devices\n" and tool("places") == "no places\n"
    assert tool.json("list") == [] and tool.json("places") == []
    assert tool("history", ALICE) == "no history\n" and tool.json("history", ALICE) == []
    assert tool("export") == ""
    assert "no such device" in tool("show", ALICE, "UUID:abc", code=1)


def test_list_shows_state_time_count_network_and_label(tool):
    tool.backup(seen("~1." + "a" * 26, label="my phone"), seen("~1." + "b" * 25 + "a", account="bob@example.com"))
    lines = tool("list").splitlines()
    assert lines[0].split() == ["ACCOUNT", "DEVICE", "STATE", "LAST", "COUNT", "FROM", "LABEL"]
    assert re.search(r"^alice@example\.com +UUID:~1\.a{26} +known +2026-11-21T10:11:49\+00:00 +3 +192\.0\.2\.0/24 +my phone$",
                     lines[1])
    assert len(lines) == 3 and len(tool("list", "bob").splitlines()) == 2


def test_times_are_local_for_people_and_utc_for_programs(tool):
    tool.backup(seen("~1." + "a" * 26))
    assert "2026-11-21T11:11:49+01:00" in tool("list", env={"TZ": "CET-1"})
    (device,) = tool.json("list", env={"TZ": "CET-1"})
    assert device["last"] == "2026-11-21T10:11:49.000000Z"


def test_a_hardware_address_is_shown_with_what_it_exposes(tool):
    tool.backup(seen("~1." + "a" * 26, type="MAC", shape="hardware", oui="02aabb"),
                seen("~1." + "b" * 25 + "a", shape="hardware", oui="080020"), seen("~1." + "c" * 25 + "a"))
    text = tool("list")
    assert text.count(" !") == 2 and text.endswith(f"\n! a hardware address. It exposes: {EXPOSED}\n")
    shown = tool("show", ALICE, "MAC:~1.aaaaaa")
    assert EXPOSED in shown and "02-aa-bb" in shown and "software made it up" in shown
    devices = {d["pseudonym"][3]: d for d in tool.json("list")}
    assert devices["a"]["exposes"] == EXPOSED and devices["a"]["local-address"] is True
    assert devices["b"]["oui"] == "08-00-20" and devices["b"]["local-address"] is False
    assert devices["c"]["exposes"].startswith("Which device it is, on every network and for every account")


def test_the_maker_is_named_where_the_list_of_makers_is_installed(tool):
    if not os.path.exists("/usr/share/ieee-data/oui.txt"):
        pytest.skip("ieee-data is not installed")
    tool.backup(seen("~1." + "a" * 26, shape="hardware", oui="002272"))
    assert "American Micro-Fuel Device Corp." in tool("list")
    assert "00-22-72, American Micro-Fuel Device Corp." in tool("show", ALICE, "UUID:~1.aaaaaa")
    assert tool.json("show", ALICE, "UUID:~1.aaaaaa")["vendor"] == "American Micro-Fuel Device Corp."


def test_history_names_event_device_and_reason(tool):
    entry = {"record": "history", "account": ALICE, "time": 1795252309000000, "kind": "alert", "alert": "new-device",
             "type": "UUID", "token": "~1." + "a" * 26, "network": "192.0.2.0/24", "reason": "unknown-device"}
    tool.backup(seen("~1." + "a" * 26), entry)
    (line,) = tool("history", "alice").splitlines()
    assert re.search(r"^2026-11-21T09:11:49\+00:00 +alert +UUID:~1\.a{26} +192\.0\.2\.0/24 +new-device, unknown-device$", line)
    (told,) = tool.json("history", "alice")
    assert told["reason"] == "unknown-device" and told["identity"] == "UUID:~1." + "a" * 26


# --- which device --------------------------------------------------------------------------------

def test_a_token_in_clear_and_its_pseudonym_name_the_same_device(tool):
    first = tool.json("approve", "Alice", f"uuid:{PHONE}")
    assert first["account"] == ALICE and first["type"] == "UUID" and first["before"] == "none"
    pseudonym = first["pseudonym"]
    assert tool.json("approve", ALICE, f"UUID:{pseudonym}")["before"] == "approved"
    assert tool.json("show", ALICE, f"UUID:{pseudonym[:9]}")["pseudonym"] == pseudonym
    assert tool.json("approve", ALICE, f"MAC:{PHONE}")["pseudonym"] != pseudonym


def test_a_beginning_has_six_letters_and_is_of_one_device_only(tool):
    tool.backup(seen("~1.aaaaaa" + "a" * 20), seen("~1.aaaaaab" + "a" * 19), seen("~1.baaaaaa" + "a" * 19))
    assert "more than one device" in tool("show", ALICE, "UUID:~1.aaaaaa", code=1)
    assert "at least 6 letters" in tool("show", ALICE, "UUID:~1.baaaa", code=1)
    assert "no such device" in tool("show", ALICE, "UUID:~1.cccccc", code=1)
    assert "~1.baaaaaa" in tool("show", ALICE, "UUID:~1.baaaaa")


@pytest.mark.parametrize("identity", ["UUID", "UUID:", ":x", "U ID:x", "UUID:two words", "TYPE-OF-17-LETTER:x", "UUID:\x7f"])
def test_what_is_no_identity_is_said(tool, identity):
    tool("approve", ALICE, identity, code=1)


def test_without_the_secret_a_clear_token_cannot_be_named(tool):
    tool.secret.unlink()
    assert str(tool.secret) in tool("approve", ALICE, f"UUID:{PHONE}", code=1)
    assert not tool.secret.exists()
    tool("approve", ALICE, "UUID:~1." + "a" * 26)


# --- changing ------------------------------------------------------------------------------------

def test_a_device_is_approved_labelled_revoked_and_forgotten(tool):
    tool.backup(seen("~1." + "a" * 26, state="pending"))
    me = (ALICE, "UUID:~1.aaaaaa")
    assert tool("approve", *me) == f"{ALICE} UUID:~1.{'a' * 26}: approved, was pending\n"
    tool("label", *me, "die größte")
    assert tool.json("show", *me)["label"] == "die größte"
    assert tool.json("revoke", "--for", "1h", *me)["state"] == "revoked"
    assert re.search(r"state +revoked until 20\S+, then approved", tool("show", *me))
    tool("revoke", *me)
    assert re.search(r"state +revoked\n", tool("show", *me))
    assert "was revoked" in tool("forget", *me)
    assert "no such device" in tool("forget", ALICE, "UUID:~1." + "a" * 26, code=1)


def test_a_place_is_forgotten_by_its_network(tool):
    place = {"record": "place", "account": ALICE, "network": "192.0.2.0/24", "first": 1795252309000000,
             "last": 1795252309000000, "count": 1}
    tool.backup(place, place | {"network": "2001:db8:1::/48"})
    assert len(tool.json("places", ALICE)) == 2 and "2001:db8:1::/48" in tool("places")
    assert "forgotten" in tool("forget", ALICE, "192.0.2.0/24")
    assert [p["network"] for p in tool.json("places")] == ["2001:db8:1::/48"]
    assert "no such place" in tool("forget", ALICE, "192.0.2.0/24", code=1)


def test_licence_tokens_become_pseudonyms_and_nothing_of_them_is_shown(tool):
    tokens = tool.dir / "tokens"
    tokens.write_text("# of the shop\n\n" + "".join(f"KEY-{n:05}\r\n" for n in range(2500)))
    assert tool("allow", "*", "license", "--tokens", tokens) == "* LICENSE: 2500 tokens allowed\n"
    exported = tool("export")
    assert exported.count('"licence"') == 2500 and "KEY-" not in exported
    assert tool.json("disallow", "*", "LICENSE", "--tokens", "-", input="KEY-00000\n")["tokens"] == 1
    assert tool("export").count('"licence"') == 2499
    tool("allow", ALICE, "LICENSE", "--tokens", "-", input="KEY-00000")
    assert ALICE in tool("export")


def test_a_bad_token_is_named_by_its_line_only(tool):
    said = tool("allow", "*", "LICENSE", "--tokens", "-", input="good\nsecret token\n", code=1)
    assert "line 2" in said and "secret" not in said
    said = tool("allow", "*", "LICENSE", "--tokens", "-", input="x" * 129 + "\n", code=1)
    assert "line 1" in said and "xxx" not in said
    assert "nowhere" in tool("allow", "*", "LICENSE", "--tokens", tool.dir / "nowhere", code=1)


def test_a_backup_comes_back_after_erase(tool):
    tool.backup(seen("~1." + "a" * 26, label="my phone"), seen("~1." + "b" * 25 + "a", account="bob@example.com"),
                {"record": "alias", "account": ALICE, "typed": "al@example.com"})
    backup, mine = tool("export"), tool("export", "al")
    assert 0 < mine.count("\n") < backup.count("\n") and "bob" not in mine
    assert "erased" in tool("erase", "al")
    assert "nothing is kept" in tool("erase", ALICE, code=1)
    assert "nothing is kept" in tool("export", ALICE, code=1)
    assert [d["account"] for d in tool.json("list")] == ["bob@example.com"]
    (tool.dir / "backup").write_text(backup)
    assert tool.json("import", tool.dir / "backup")["records"] == backup.count("\n")
    assert tool("export") == backup


def test_a_bad_line_of_a_backup_is_named(tool):
    good = json.dumps(seen("~1." + "a" * 26))
    assert "line 3" in tool("import", "-", input=f"{good}\n\nnonsense\n", code=1)
    assert "1 records were taken in" in tool("import", "-", input=f"{good}\n\nnonsense\n", code=1)
    assert "line 1" in tool("import", "-", input="x" * 100_000, code=1)


def test_what_root_changes_belongs_to_the_service(tool):
    tool("approve", ALICE, f"UUID:{PHONE}")
    for name in ["store.mdb", "store.mdb-lock"]:
        st = (tool.state / name).stat()
        assert st.st_uid == tool.state.stat().st_uid and stat.S_IMODE(st.st_mode) == 0o600


@pytest.mark.skipif(not IS_ROOT, reason="needs root")
def test_root_makes_no_state_folder(tool):
    tool.state.rmdir()
    assert "start the gate once" in tool("approve", ALICE, f"UUID:{PHONE}", code=1)
    assert not tool.state.exists()


@pytest.mark.parametrize("arguments", [
    ["list", "a", "b"], ["show", "a"], ["approve", "a"], ["approve", "a", "b", "c"], ["label", "a", "b"], ["history"],
    ["erase"], ["import"], ["allow", "*", "L"], ["list", "--tokens", "x"], ["approve", "--for", "1h", "a", "b"],
    ["revoke", "--for", "1x", "a", "b"], ["revoke", "--for", "0s", "a", "b"], ["unheard-of"]])
def test_wrong_usage_is_2(tool, arguments):
    assert "usage: postern device" in tool(*arguments, code=2)


def test_a_full_output_is_a_failure(tool):
    tool.backup(seen("~1." + "a" * 26))
    for arguments in [["list"], ["list", "--json"], ["export"]]:
        with open("/dev/full", "w") as full:
            run = subprocess.run([str(binary()), "device", *arguments, "-c", str(tool.config)], stdout=full,
                                 stderr=subprocess.PIPE)
        assert run.returncode != 0 and b"No space left" in run.stderr
