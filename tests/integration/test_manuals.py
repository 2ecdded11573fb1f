# SPDX-License-Identifier: ISC
"""The manuals know every key and every event; the documents name tests that exist."""
import json
import os
import pathlib
import re
import shlex
import shutil
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
POSTERN = os.environ.get("POSTERN", str(ROOT / "build/gcc/postern"))
MANUALS = sorted((ROOT / "doc/man").iterdir())


def config(*command):
    return subprocess.run([POSTERN, "config", *command], capture_output=True, text=True, check=True).stdout


def keys(schema, path=""):
    """Sections stand for their keys; a list or map of objects, as policy.rules, for itself and those of an object."""
    for name, value in schema["properties"].items():
        if "properties" not in value:
            yield path + name
        entry = value.get("additionalProperties") or {}
        for section in value, value.get("items", {}), entry, *entry.get("anyOf", []):
            if "properties" in section:
                yield from keys(section, f"{path}{name}.")


def entries(text, macro="Cm"):
    return {e.split()[0]: e for e in re.findall(rf"^\.It {macro} (.*\n(?:(?!\.(?:It|El)).*\n)*)", text, re.M)}


def test_every_key_of_the_configuration_has_its_entry_word_for_word():
    written = entries((ROOT / "doc/man/postern.yaml.5").read_text().split(".Sh BACKENDS")[0])
    assert written == entries(config("manual"))
    assert sorted(written) == sorted(keys(json.loads(config("schema"))))


def test_every_shipped_limit_has_its_entry_word_for_word():
    written = entries((ROOT / "doc/man/postern.yaml.5").read_text(), "Sy")
    assert len(written) > 10 and written == entries(config("manual"), "Sy")


@pytest.mark.parametrize("name", sorted((ROOT / "tests/data/conf").glob("policy-*.yaml")), ids=lambda p: p.stem)
def test_the_examples_of_the_policy_are_those_of_the_tests_and_load(name, tmp_path):
    shown = re.findall(r"^\.Bd -literal.*\n((?:.*\n)*?)\.Ed$", (ROOT / "doc/man/postern.yaml.5").read_text(), re.M)
    assert name.read_text() in shown
    effective = subprocess.run([POSTERN, "config", "show", "-c", str(name)], capture_output=True, text=True, check=True)
    again = tmp_path / "again.yaml"
    again.write_text(effective.stdout)
    assert config("show", "-c", str(again)) == effective.stdout


ROOMS = "alert|auth|check|device|keeper|listener|maildir|milter|policy|service|store|submit|upstream|worker"
# LOG(level, "event", ...), upstream_log(what, level, "event", ...), and the events that struct said holds.
EVENT = rf'(?:LOG\(|_log\(|\.event = )[^";]*"((?:{ROOMS})\.[a-z-]+)"'


def test_every_event_has_its_entry_and_no_other():
    logged = {e for f in (ROOT / "src").glob("*/*.c") for e in re.findall(EVENT, f.read_text())}
    page = (ROOT / "doc/man/postern-events.7").read_text()
    assert sorted(logged) == sorted(re.findall(r"^\.It Sy ([a-z]+\.[a-z-]+)", page, re.M))


@pytest.mark.parametrize("house", ["small-house", "isp"])
def test_the_worked_examples_are_those_that_the_unit_tests_read(house):
    example = (ROOT / f"tests/data/conf/policy-{house}.yaml").read_text()
    assert f"\n.Bd -literal -offset indent\n{example}.Ed\n" in (ROOT / "doc/man/postern.yaml.5").read_text()


def test_manuals_refer_to_each_other_only_where_they_exist():
    own = {p.name for p in MANUALS}
    for page in MANUALS:
        for name, section in re.findall(r"^\.Xr (postern\S*) (\d)", page.read_text(), re.M):
            assert f"{name}.{section}" in own, page


def test_the_tests_that_clientid_md_names_exist():
    document = (ROOT / "doc/clientid.md").read_text()
    named = set(re.findall(r"`(test_\w+|clientid_\w+)`", document))
    text = "".join(f.read_text() for f in [*(ROOT / "tests/integration").glob("test_*.py"),
                                           *(ROOT / "tests/unit/smtp").glob("*.c")])
    there = set(re.findall(r"^(?:def|static void) (\w+)\(", text, re.M))
    assert named and sorted(named - there) == []
    for folder, name in [("tests/data/sessions", n) for n in re.findall(r"`([a-z0-9-]+\.smtp)`", document)] + \
                        [("tests/integration", n) for n in re.findall(r"`(test_\w+\.py)`", document)]:
        assert (ROOT / folder / name).exists()


def test_every_item_of_the_drafts_lists_has_a_row_and_a_test():
    sections = dict(re.findall(r"^## §(\d\S*) (.*?)(?=^## |\Z)", (ROOT / "doc/clientid.md").read_text(), re.M | re.S))
    for section, items in ("6.1", 5), ("6.2", 4), ("6.3", 8):
        for n in range(1, items + 1):
            rows = re.findall(rf"^\| {n}\. .*", sections[section], re.M)
            assert rows and all(f"`test_{section.replace('.', '_')}_{n}_" in row for row in rows), (section, n)
    for n in range(1, 8):
        assert re.search(rf"^\| flag {n}\. .*`test_7_{n}_", sections["7"], re.M), n


@pytest.mark.parametrize("command, short", [("device", ""), ("policy", ""), ("dkim", "domain selector key"), ("practices", "")])
def test_a_manual_has_the_verbs_and_options_of_the_usage_and_no_other(command, short):
    usage = subprocess.run([POSTERN, command, "-h"], capture_output=True, text=True, check=True).stdout
    page = (ROOT / f"doc/man/postern-{command}.1").read_text()
    synopsis = page.split(".Sh DESCRIPTION")[0]
    verbs = re.findall(rf"postern {command} ([\w-]+)", usage.split("\n\n")[0])
    assert verbs == re.findall(rf"^\.Nm postern {command}\n\.Cm ([\w-]+)$", synopsis, re.M)
    assert sorted(verbs) == sorted(re.findall(r"^\.It Cm ([\w-]+)$", page, re.M))
    options = set(re.findall(r"--([a-z-]+)", usage.split("\n\n")[0]))
    assert options == set(re.findall(r"Fl -([a-z-]+)", synopsis))
    described = set(re.findall(r"^\.It Fl (?:\w , )?-([a-z-]+)", page, re.M))
    assert options | {"config", "help", *short.split()} == described


def test_every_test_that_the_audit_document_names_exists():
    page = (ROOT / "doc/audit.md").read_text()
    sources = "\n".join(f.read_text() for f in [*(ROOT / "tests/unit").rglob("*.[ch]"), *(ROOT / "tests/integration").glob("test_audit_*.py")])
    named = set(re.findall(r"`((?:[a-z0-9]+_){2,}[a-z0-9]+)`", page))
    assert len(named) > 60
    assert [name for name in sorted(named) if f"test_{name}(" not in sources] == []
    for file in set(re.findall(r"`((?:[a-z]+/)?test_[a-z0-9_]+\.(?:c|py))`", page)):
        assert [*(ROOT / "tests").rglob(file)] or [*(ROOT / "tests/unit").rglob(file)], file
    for row in re.findall(r'"([^"]+)"', "".join(line.split("|")[-2] for line in page.splitlines() if line.startswith("|"))):
        assert f'"{row}"' in sources, row


def verb_usage(*verb):
    return subprocess.run([POSTERN, "audit", *verb, "-h"], capture_output=True, text=True, check=True).stdout


def test_the_manual_of_the_audit_has_the_verbs_and_options_of_the_usages_and_no_other():
    page = (ROOT / "doc/man/postern-audit.1").read_text()
    synopsis = page.split(".Sh SYNOPSIS")[1].split(".Sh DESCRIPTION")[0]
    shown = {}
    for part in synopsis.split(".Nm postern audit\n")[1:]:
        verb = re.findall(r"^\.Cm (\w+)", part, re.M)
        shown.setdefault(verb[0] if verb else "", set()).update(re.findall(r"Fl -([a-z-]+)", part))
    head = verb_usage().split("\n\n")[0]
    verbs = re.search(r"postern audit ([a-z|]+) \.\.\.", head)[1].split("|")
    assert sorted(["", *verbs]) == sorted(shown)
    described = set(re.findall(r"(?:Fl |, )-([a-z-]+)", page.split(".Sh DESCRIPTION")[1]))
    for verb in shown:
        usage = verb_usage(*[verb] if verb else [])
        told = set(re.findall(r"(?<![\w-])--([a-z][a-z-]+)", usage)) - {"help"}
        assert shown[verb] == told, verb
        assert told <= described, verb
        assert not verb or re.search(rf"^\.It Cm {verb}$", page, re.M), verb


def test_the_worked_example_of_the_audit_is_what_it_prints(tmp_path):
    """Every line that is shown stands in what the command prints, in this order."""
    shutil.copy(ROOT / "tests/data/audit/clients.pcap.gz", tmp_path)
    (tmp_path / "secret").write_text("1 " + "5a" * 32 + "\n")
    (tmp_path / "secret").chmod(0o600)
    page = (ROOT / "doc/man/postern-audit.1").read_text().split(".Sh EXAMPLES")[1]
    blocks = re.findall(r"^\.Bd -literal\n((?:.*\n)*?)\.Ed$", page, re.M)
    assert len(blocks) == 3
    for block in blocks:
        lines = re.sub(r"^\\&", "", block, flags=re.M).replace("\\e", "\\").replace("\\(sc", "§").splitlines()
        for command in [line[2:] for line in lines if line.startswith("$ ")]:
            words = shlex.split(command)
            if not shutil.which(words[0]) and words[0] != "postern":
                pytest.skip(f"{words[0]} is not there")
            done = subprocess.run([POSTERN if words[0] == "postern" else words[0], *words[1:]], capture_output=True, text=True,
                                  cwd=tmp_path, env={**os.environ, "COLUMNS": "80"})
        printed = iter(done.stdout.splitlines())
        for line in lines:
            assert line.startswith("$ ") or line == "..." or line in printed, line
