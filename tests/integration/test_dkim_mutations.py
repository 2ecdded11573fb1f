# SPDX-License-Identifier: ISC
"""DKIM-Signature fields with a character or a tag too many, too few, or elsewhere, before and after
they are signed: what `postern dkim verify` makes of each is what a slow verifier, written from the
ABNF of RFC 6376 as regular expressions, makes of it."""
import base64
import hashlib
import json
import random
import re
import subprocess

from forger import SHA256_INFO, Rsa, canonical_body, canonical_field, select, signature, txt
from harness import binary

SEED, CASES, NOW, SKEW = 6376, 1200, 1_800_000_000, 300
KEY = Rsa(1024)
KEYS = {"k._domainkey.acme.example": KEY, "k._domainkey.mail.acme.example": KEY}
FIELDS = [b"From: Jane <jdoe@acme.example>", b"To: joe@other.example", b"Subject: a  word ", b"to : again"]
BODY = b"Hello  there \r\nx\r\n\r\n"

# --- a verifier ------------------------------------------------------------------------------------

FWS = r"[ \t]*(?:\r\n[ \t]+)*"
VALUE = r"[\x21-\x3a\x3c-\x7e]"
SPEC = re.compile(rf"{FWS}([A-Za-z][A-Za-z0-9_]*){FWS}={FWS}((?:{VALUE}(?:{FWS}{VALUE})*)?){FWS}")
LABEL = r"[A-Za-z0-9_-]{1,63}"


class Neutral(Exception):
    pass


def need(what):
    if not what:
        raise Neutral


def octets_of(text):
    text = re.sub(r"[ \t\r\n]", "", text)
    digits = text.rstrip("=")
    missing = -len(digits) % 4
    need(re.fullmatch(r"[A-Za-z0-9+/]+", digits) and missing < 3 and len(text) - len(digits) <= missing)
    return base64.b64decode(digits + "=" * missing)


def tags_of(text):
    tags, parts = {}, text.split(";")
    if len(parts) > 1 and re.fullmatch(FWS, parts[-1]):
        parts.pop()
    for part in parts:
        m = SPEC.fullmatch(part)
        need(m and m[1] not in tags)
        tags[m[1]] = m[2]
    need({"v", "a", "b", "bh", "d", "h", "s"} <= set(tags))
    return tags


def names_of(text):
    return re.split(f"{FWS}:{FWS}", text)


def domain_of_identity(text):
    need(not re.search("=(?![0-9A-F]{2})", text))
    text = re.sub(rb"=([0-9A-F]{2})", lambda m: bytes([int(m[1], 16)]), re.sub(r"[ \t\r\n]", "", text).encode())
    local, at, domain = text.decode("latin-1").rpartition("@")
    need(at and re.fullmatch(r"[\x21-\x7e]*", local) and re.fullmatch(rf"{LABEL}(\.{LABEL})*", domain))
    return domain.lower()


def refused(tags):
    """Is it a permerror, with whatever key?"""
    d = tags["d"].lower()
    t, x = (int(tags[n]) if n in tags else None for n in "tx")
    return (tags["a"] == "rsa-sha1" or "from" not in map(str.lower, names_of(tags["h"])) or len(octets_of(tags["bh"])) != 32
            or not ("." + domain_of_identity(tags.get("i", "@" + d))).endswith("." + d)
            or t is not None and (t > NOW + SKEW or x is not None and x <= t) or x is not None and x < NOW - SKEW)


def check(tags):
    need(tags["v"] == "1" and tags["a"] in ("rsa-sha256", "rsa-sha1", "ed25519-sha256"))
    need(re.fullmatch(rf"{LABEL}(\.{LABEL})+", tags["d"]) and re.fullmatch(rf"{LABEL}(\.{LABEL})*", tags["s"]))
    need(all(re.fullmatch(r"[\x21-\x39\x3b-\x7e]+", name) for name in names_of(tags["h"])))
    need(re.fullmatch("(simple|relaxed)(/(simple|relaxed))?", tags.get("c", "simple")))
    domain_of_identity(tags.get("i", "@acme.example"))
    need("dns/txt" in names_of(tags.get("q", "dns/txt")))
    for name, most in ("l", 76), ("t", 20), ("x", 20):
        need(name not in tags or re.fullmatch(f"[0-9]{{1,{most}}}", tags[name]))


def fits(key, data, octets):
    size = (key.n.bit_length() + 7) // 8
    want = b"\0\1" + b"\xff" * (size - 54) + b"\0" + SHA256_INFO + hashlib.sha256(data).digest()
    return len(octets) == size and pow(int.from_bytes(octets, "big"), key.e, key.n) == int.from_bytes(want, "big")


def judge(fields, me):
    """The result of one signature field among all of them."""
    name, _, value = fields[me].partition(b":")
    text = value.decode()
    tags = tags_of(text)
    check(tags)
    octets, _ = octets_of(tags["b"]), octets_of(tags["bh"])
    if refused(tags):
        return "permerror"
    key = KEYS.get(f"{tags['s']}._domainkey.{tags['d']}".lower())
    if not key or tags["a"] != "rsa-sha256":
        return "permerror"
    header, _, body = tags.get("c", "simple/simple").partition("/")
    content = canonical_body(BODY, body == "relaxed")
    l = int(tags["l"]) if "l" in tags else len(content)
    if hashlib.sha256(content[:l]).digest() != octets_of(tags["bh"]):
        return "fail"
    b = re.search(rf"(?:^|;){FWS}b{FWS}=([^;]*)", text)
    bare = name + b":" + (text[:b.start(1)] + text[b.end(1):]).encode()
    others = [f for f in fields if f is not fields[me]]
    data = b"".join(canonical_field(f, header == "relaxed") + b"\r\n" for f in select(others, [n.encode() for n in names_of(tags["h"])]))
    if not fits(key, data + canonical_field(bare, header == "relaxed"), octets):
        return "fail"
    return "permerror" if l > len(content) else "policy" if l < len(content) else "pass"


# --- mutations ---------------------------------------------------------------------------------------

ATOMS = [" ", "\t", "\r\n ", "\r\n\t", ";", "=", ":", "1", "0", "9", "a", "A", "/", ".", ",", "@", "-", "_", "+", "\r", '"', "(", "b", "h", " ; ",
         "; x=1", "; t=1", "simple", "relaxed", "dns/txt", "=41", "=2", "from", ":to"]


def mutate(rng, text):
    for _ in range(rng.choice([1, 1, 2])):
        at, kind = rng.randrange(len(text) + 1), rng.random()
        parts = text.split(";")
        which = rng.randrange(len(parts))
        if kind < 0.6:
            text = text[:at] + rng.choice(ATOMS) + text[at:]
        elif kind < 0.9:
            text = text[:at] + rng.choice(["", "", rng.choice(ATOMS)]) + text[at + 1:]
        else:
            text = ";".join(parts[:which] + rng.choice([[], parts[which:which + 1] * 2]) + parts[which + 1:])
    return text


def random_field(rng):
    c = rng.choice(["simple/simple", "relaxed/simple", "relaxed/relaxed", "simple/relaxed", "relaxed"])
    l = rng.choice([None, None, 5, len(canonical_body(BODY, c.endswith("/relaxed")))])
    h = rng.choice(["From:To:Subject", "from : subject:to:to", "From:From:DKIM-Signature:Subject"])
    optional = [f"l={l}"] * (l is not None) + rng.sample([f"t={NOW - 1000}", f"x={NOW + 1000}", "q=dns/txt", "z=From:b=1|bh:x", "i=" + rng.choice(
        ["@acme.example", "jdoe@mail.acme.example", "j=64oe@acme.example"])], rng.randrange(4))
    tags = ["v=1", "a=rsa-sha256", f"c={c}", "d=acme.example", "s=k", f"h={h}", "bh={bh}", "b={b}", *optional]
    rng.shuffle(tags)
    text = "".join(t + rng.choice(["; ", ";", ";\r\n\t", " ;\r\n "]) for t in tags[:-1]) + tags[-1] + rng.choice(["", ";"])
    before = rng.random() < 0.5
    if before:  # what is between braces stays whole
        text = mutate(rng, text.replace("{bh}", "\1").replace("{b}", "\2")).replace("\1", "{bh}").replace("\2", "{b}")
    field = signature(FIELDS, BODY, KEY, "acme.example", "k", tags=text, c=c, l=l, signed_h=re.sub(r"\s", "", h)).decode()
    return (field if before else "DKIM-Signature: " + mutate(rng, field.removeprefix("DKIM-Signature: "))).encode()


def test_mutations_are_judged_as_the_grammar_has_it(tmp_path):
    rng, want = random.Random(SEED), {}
    for number in range(CASES):
        field = random_field(rng)
        if re.search(rb"\r\n(?![ \t])", field):
            continue  # another field
        fields = [FIELDS[0], field, *FIELDS[1:]]
        (tmp_path / f"m{number}").write_bytes(b"".join(f + b"\r\n" for f in fields) + b"\r\n" + BODY)
        try:
            want[f"m{number}"] = judge(fields, 1)
        except Neutral:
            want[f"m{number}"] = "neutral"
    (tmp_path / "zone").write_text("".join(f"{name} TXT {txt(key.record())}\n" for name, key in KEYS.items()))
    done = subprocess.run([binary(), "dkim", "verify", "--json", "--at", str(NOW), "--dns-file", "zone", *want],
                          cwd=tmp_path, capture_output=True, timeout=60, check=False)
    got = {o["file"]: o["signatures"][0] for o in map(json.loads, done.stdout.splitlines())}
    assert list(got) == list(want) and set(want.values()) == {"pass", "fail", "neutral", "permerror", "policy"}
    differing = [name for name in want if got[name]["result"] != want[name]]
    assert not differing, "\n".join(f"{n}: want {want[n]} got {got[n]}\n{(tmp_path / n).read_text()}" for n in differing[:3])
