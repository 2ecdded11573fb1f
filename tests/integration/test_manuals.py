# SPDX-License-Identifier: ISC
"""The manuals know every key and every event; the documents name tests that exist."""
import json
import os
import pathlib
import re
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[2]
POSTERN = os.environ.get("POSTERN", str(ROOT / "build/gcc/postern"))
MANUALS = sorted((ROOT / "doc/man").iterdir())


def config(command):
    return subprocess.run([POSTERN, "config", command], capture_output=True, text=True, check=True).stdout


def keys(schema, path=""):
    for name, value in schema["properties"].items():
        if "properties" in value:
            yield from keys(value, f"{path}{name}.")
        else:
            yield path + name


def entries(text):
    return {e.split()[0]: e for e in re.findall(r"^\.It Cm (.*\n(?:(?!\.(?:It|El)).*\n)*)", text, re.M)}


def test_every_key_of_the_configuration_has_its_entry_word_for_word():
    written = entries((ROOT / "doc/man/postern.yaml.5").read_text().split(".Sh BACKENDS")[0])
    assert written == entries(config("manual"))
    assert sorted(written) == sorted(keys(json.loads(config("schema"))))


EVENT = r'"((?:auth|check|device|keeper|listener|maildir|service|store|submit|upstream|worker)\.(?!mdb")[a-z-]+)"'


def test_every_event_has_its_entry_and_no_other():
    logged = {e for f in (ROOT / "src").glob("*/*.c") for e in re.findall(EVENT, f.read_text())}
    page = (ROOT / "doc/man/postern-events.7").read_text()
    assert sorted(logged) == sorted(re.findall(r"^\.It Sy ([a-z]+\.[a-z-]+)", page, re.M))


def test_manuals_refer_to_each_other_only_where_they_exist():
    own = {p.name for p in MANUALS}
    for page in MANUALS:
        for name, section in re.findall(r"^\.Xr (postern\S*) (\d)", page.read_text(), re.M):
            assert f"{name}.{section}" in own, page


def test_the_tests_that_clientid_md_names_exist():
    named = set(re.findall(r"`(test_\w+|clientid_\w+)`", (ROOT / "doc/clientid.md").read_text()))
    text = "".join(f.read_text() for f in [*(ROOT / "tests/integration").glob("test_*.py"),
                                           *(ROOT / "tests/unit/smtp").glob("*.c")])
    there = set(re.findall(r"^(?:def|static void) (\w+)\(", text, re.M))
    assert named and sorted(named - there) == []
