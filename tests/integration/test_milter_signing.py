# SPDX-License-Identifier: ISC
"""What the configuration says of signing, in the signature that comes out."""
import re

import pytest

from signing import Key


@pytest.fixture(scope="module")
def key(base):
    folder = base / "signing-keys"
    folder.mkdir()
    return Key(folder, "acme.example", "s1", "ed25519")


def signature(milter, key, *fields, **settings):
    """The tags of the one DKIM-Signature."""
    mta = milter(sign={"acme.example": key.row(**settings.pop("row", {}))}, **settings).mta()
    mta.connect("127.0.0.1")
    answers = mta.message(*(fields or ("From: a@acme.example", "Subject: x", "X-Own: y")))
    (value,) = [p[4:].split(b"\0")[1] for letter, p in answers if letter == "i" and b"DKIM-Signature\0" in p]
    return dict(tag.split("=", 1) for tag in re.sub(r"\s+", "", value.decode()).split(";") if tag)


@pytest.mark.parametrize("canonicalization", ["simple/simple", "simple/relaxed", "relaxed/simple", "relaxed/relaxed"])
def test_the_canonicalization_is_the_one_of_the_configuration(milter, key, canonicalization):
    assert signature(milter, key, canonicalization=canonicalization)["c"] == canonicalization


def test_a_signature_ends_after_its_lifetime(milter, key):
    tags = signature(milter, key, signature_lifetime="3d")
    assert int(tags["x"]) - int(tags["t"]) == 3 * 86400
    assert "x" not in signature(milter, key)


def test_fields_to_sign_and_to_oversign_are_those_of_the_configuration(milter, key):
    assert signature(milter, key, sign_headers=["From", "X-Own", "X-Absent"], oversign=["From"])["h"].lower() == "from:from:x-own"
    default = signature(milter, key)["h"].lower().split(":")
    assert default.count("from") == 2 and default.count("subject") == 2 and "x-own" not in default


def test_sender_is_listed_when_absent_where_the_owner_of_a_strict_domain_wants_it(milter, key):
    """draft-allman-dkim-ssp-02 §5.2: "under all circumstances"."""
    assert "sender" not in signature(milter, key)["h"].lower().split(":")
    assert signature(milter, key, oversign=["From", "Sender"])["h"].lower().split(":").count("sender") == 1
    assert signature(milter, key, "From: a@acme.example", "Sender: b@acme.example")["h"].lower().split(":").count("sender") == 1


def test_a_subdomain_that_its_parent_signs_for_is_the_identity(milter, key):
    """Without it the signature would speak for the parent, and be no Originator Signature (§2.7, S24)."""
    tags = signature(milter, key, "From: a@sub.acme.example", row={"subdomains": True})
    assert (tags["d"], tags["i"]) == ("acme.example", "@sub.acme.example")


def test_an_identity_is_the_one_of_the_row(milter, key):
    assert "i" not in signature(milter, key)
    assert signature(milter, key, row={"identity": "news@acme.example"})["i"] == "news@acme.example"
