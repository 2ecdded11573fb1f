# SPDX-License-Identifier: ISC
"""doc/practices.md: what it says about the draft is said by tests that exist."""
import re

from harness import ROOT

DOCUMENT = (ROOT / "doc/practices.md").read_text()
UNIT = ROOT / "tests/unit"
ROWS = [[cell.strip() for cell in line.strip("|").split("|")]
        for line in DOCUMENT.splitlines() if line.startswith("| ") and not line.startswith(("| the draft", "| the rule", "| slip "))]


def test_the_tests_that_practices_md_names_exist():
    named = re.findall(r"`(\w+): ([^`]+)`", "\n".join(row[-1] for row in ROWS))
    assert len(named) > 200
    text = {}
    for name, case in named:
        if name not in text:
            text[name] = (UNIT / f"practices/test_{name}.c").read_text()
        assert f'"{case}"' in text[name] or f"static void {case}(" in text[name], (name, case)


def test_every_sentence_has_a_test_or_is_no_rule():
    for row in ROWS:
        assert len(row) in (3, 4) and (row[-1] == "no rule" or row[-1].startswith("`")), row


def test_every_slip_has_its_row():
    slips = [row[0] for row in ROWS if re.fullmatch(r"S\d+", row[0])]
    assert slips == [f"S{n}" for n in range(1, 39)]


def test_every_section_of_the_draft_has_its_table():
    headings = " ".join(re.findall(r"^## (.*)$", DOCUMENT, re.M))
    for section in [*(f"2.{n}" for n in range(1, 11)), "3", "4.1", "4.2", "4.3", "5", "5.1", "5.2"]:
        assert f"§{section} " in headings, section
