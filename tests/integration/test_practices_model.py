# SPDX-License-Identifier: ISC
"""§4.3 of draft-allman-dkim-ssp-02 with the readings of issue 5, as a model of its own, against
`postern practices check --json`: thousands of random messages, signatures, and DNS files, seeded.

The model is written from the texts and knows nothing of the C code. Each case lives under a
top-level domain of its own, so that one DNS file and one process do for all of them."""
import json
import random
import re
import subprocess

import pytest

from forger import Rsa, signature, txt
from harness import binary

SEED, CASES = 5, 400
KEY = Rsa(1024)
BODY = b"Hello.\r\n"
THIRD = ("lists.example", "below.example", "x.below.example", "other.example")

# --- DNS as the issue describes the file -----------------------------------------------------------


class Zone:
    def __init__(self):
        self.lines, self.records, self.forced, self.names = [], {}, {}, set()

    def hold(self, name):
        name = name.lower()
        while name:
            self.names.add(name)
            name = name.partition(".")[2]

    def add(self, name, rtype, rdata, value):
        self.lines.append(f"{name} {rtype} {rdata}")
        self.records.setdefault((name.lower(), "DKIMP" if rtype == "TYPE65280" else rtype), []).append(value)
        self.hold(name)

    def force(self, name, answer, rtype=None):
        self.lines.append(f"{name} {rtype or ''} !{answer}")
        self.forced[name.lower(), rtype] = answer
        self.hold(name)

    def ask(self, name, rtype, depth=0):
        """(answer, [values])."""
        name = name.lower()
        if name not in self.names:
            encloser = name.partition(".")[2]
            while encloser and encloser not in self.names:
                encloser = encloser.partition(".")[2]
            name = "*." + encloser
            if name not in self.names:
                return ("nodata" if depth else "nxdomain"), []  # S35: the alias exists
        for key in ((name, rtype), (name, None)):
            if key in self.forced:
                answer = self.forced[key]
                return ("nodata" if depth and answer == "nxdomain" else answer), []
        if (name, "CNAME") in self.records:
            return self.ask(self.records[name, "CNAME"][0], rtype, depth + 1)
        values = list(dict.fromkeys(self.records.get((name, rtype), [])))  # a set: RFC 2181 §5
        return ("data", values) if values else ("nodata", [])


# --- records (§4.2, RFC 6376 §3.2) -------------------------------------------------------------------

FWS = r"(?:[ \t]|\r\n[ \t])*"  # S6
VALUE = r"[\x21-\x3a\x3c-\x7e]"
SPEC = f"{FWS}([A-Za-z][A-Za-z0-9_]*){FWS}={FWS}((?:{VALUE}{FWS})*)"


def parse(text):
    """The tags of a record, or None for one that is to be ignored."""
    tags = {}
    parts = text.split(";")
    if len(parts) > 1 and parts[-1] == "":
        parts.pop()
    for part in parts:
        m = re.fullmatch(SPEC, part)
        if not m or m[1] in tags:
            return None
        tags[m[1]] = m[2].rstrip()
    p, u = tags.get("p", "").lower(), tags.get("u", "").lower()
    flags = {f.strip().lower() for f in tags.get("t", "").split(":")}
    return {"p": p if p in ("unknown", "all", "strict") else "unknown", "u": u == "yes", "y": "y" in flags, "s": "s" in flags}


# --- the check ---------------------------------------------------------------------------------------


def user_label(local):
    return re.sub(r"[^A-Za-z0-9-]", "", local)[:63]


class Model:
    def __init__(self, zone, local, domain, signatures, accepted):
        self.zone, self.local, self.domain, self.signatures, self.accepted = zone, local, domain, signatures, accepted
        self.queries = []

    def originator(self, s):
        return s["at"] == self.domain and s["user"] in ("", self.local)

    def acceptable(self, s):
        return not self.accepted or any(s["d"] == a or a[0] == "." and ("." + s["d"]).endswith(a) for a in self.accepted)

    def ask(self, name):
        answer, values = self.zone.ask(name, "DKIMP")
        self.queries.append((name.lower(), answer, values))
        if answer in ("servfail", "timeout", "bogus"):
            return answer, None
        good = [r for r in map(parse, values) if r]
        if len(good) == 1:
            return "data", good[0]
        return ("nxdomain" if answer == "nxdomain" else "nodata"), None

    def suspicious(self, practice, step):
        for s in self.signatures:
            if s["result"] == "temperror" and (self.originator(s) or
                                               practice == "all" and self.accepted and self.acceptable(s)):
                return "temperror", practice, step
        return "suspicious", practice, step

    def check(self):
        good = [s for s in self.signatures if s["result"] == "pass"]
        if any(self.originator(s) for s in good):
            return "non-suspicious", None, 1
        answer, record = self.ask(self.domain)
        if answer in ("servfail", "timeout", "bogus"):
            return "temperror", None, 2
        if answer == "nxdomain":
            return self.suspicious(None, 2)
        if answer == "data" and record["y"]:
            return "non-suspicious", record["p"], 3
        if answer == "nodata":
            if "." not in self.domain:
                return "non-suspicious", "unknown", 10
            answer, record = self.ask(self.domain.partition(".")[2])
            if answer in ("servfail", "timeout", "bogus"):
                return "temperror", None, 11
            if answer != "data":
                return "non-suspicious", "unknown", 11
            if record["y"] or record["s"]:
                return "non-suspicious", "unknown" if record["s"] else record["p"], 12
        p = record["p"]
        label = user_label(self.local)
        if record["u"] and label and len(label) + len("._user.") + len(self.domain) <= 253:
            answer, user = self.ask(f"{label}._user.{self.domain}")
            if answer in ("servfail", "timeout", "bogus"):
                return "temperror", None, 5
            if answer == "data":
                p = user["p"]
                if user["y"]:
                    return "non-suspicious", p, 6
        if p == "unknown":
            return "non-suspicious", p, 7
        if p == "all" and any(self.acceptable(s) for s in good):
            return "non-suspicious", p, 8
        return self.suspicious(p, 9)


# --- what is thrown at it ------------------------------------------------------------------------------


def random_record(rng):
    if rng.random() < 0.06:
        return rng.choice(["", " ", "strict", "p", "=", ";", "p=all;;", ";p=all", "p=strict;u", "p=all\x07", "p=\xe9", "v=spf1 -all", "p=a;p=b",
                           "t=y;p=strict;t=s", "1p=all", "p-q=1;p=strict", "p=all;\r\n t=y", "p=strict,t=y", "p = = strict"])
    tags = []
    if rng.random() < 0.9:
        tags.append(("p", rng.choice(["unknown", "all", "strict", "strict", "all", "STRICT", "All", "bogus", "", "all all", "strict:all"])))
    if rng.random() < 0.5:
        tags.append(("u", rng.choice(["yes", "yes", "yes", "no", "YES", "maybe", "", "yes:no"])))
    if rng.random() < 0.3:
        tags.append(("t", rng.choice(["y", "s", "s", "y:s", "s : y", "Y", "", "y:", ":y", "s::y", "future", "yy", "1y", "y s", "x-1:s", "s,y", "y-"])))
    if rng.random() < 0.15:
        tags.append((rng.choice(["P", "v", "x1", "long_name", "zz"]), rng.choice(["", "1", "strict", "a b", "a=b", "!"])))
    rng.shuffle(tags)
    space = (lambda: rng.choice(["", "", "", " ", "  ", "\t"])) if rng.random() < 0.4 else (lambda: "")
    text = ";".join(f"{space()}{n}{space()}={space()}{v}{space()}" for n, v in tags)
    return text + (";" if tags and rng.random() < 0.2 else "")


def octets(text):
    return text.encode("latin-1")


def dkimp(rng, name, text):
    """A record in one of the forms a master file has for it: (name, type, rdata)."""
    data = octets(text)
    cut = sorted(rng.randrange(len(data) + 1) for _ in range(rng.choice([0, 0, 0, 1, 2])))
    parts = [data[a:b] for a, b in zip([0, *cut], [*cut, len(data)])]
    if rng.random() < 0.3:
        wire = b"".join(bytes([len(p)]) + p for p in parts)
        return name, rng.choice(["TYPE65280", "DKIMP"]), f"\\# {len(wire)} {wire.hex()}"
    quote = "".join
    strings = ['"' + quote(chr(o) if 32 <= o < 127 and o not in b'"\\' else f"\\{o:03d}" for o in p) + '"' for p in parts]
    return name, rng.choice(["DKIMP", "IN DKIMP", "300 DKIMP", "300 IN DKIMP", "IN 300 DKIMP", "dkimp"]), " ".join(strings)


def publish(rng, zone, name, tld, depth=0):
    """Something, or nothing, at a name."""
    kind = rng.random()
    if kind < 0.55:
        for _ in range(rng.choice([1] * 12 + [2, 3])):
            text = random_record(rng)
            name_as, rtype, rdata = dkimp(rng, rng.choice([name, name, name + ".", name.upper()]), text)
            zone.lines.append(f"{name_as} {rtype} {rdata}")
            zone.records.setdefault((name.lower(), "DKIMP"), []).append(text)
            zone.hold(name)
    elif kind < 0.67:
        zone.force(name, rng.choice(["servfail", "timeout", "bogus", "nodata", "nxdomain", "nxdomain"]), rng.choice([None, "DKIMP"]))
    elif kind < 0.72:
        zone.force(name, rng.choice(["servfail", "nxdomain"]), "TXT")
    elif kind < 0.80:
        zone.add(name, "A", "192.0.2.1", None)
    elif kind < 0.84:
        zone.add("down." + name, "A", "192.0.2.1", None)
    elif kind < 0.92 and not depth:
        target = f"alias{rng.randrange(10**6)}.far.{tld}"
        zone.add(name, "CNAME", rng.choice([target, target + "."]), target)
        publish(rng, zone, target, tld, rng.choice([0, 1]))
    return zone


FROM = [  # text, its local part unquoted, what stands before "@" in the answer
    ("jdoe@{}", "jdoe"), ("Jane Doe <jdoe@{}>", "jdoe"), ('"a@b.example, x" <jdoe@{}>', "jdoe"), ("(c) jdoe (@x) @ {} (y)", "jdoe"),
    ("G: jdoe@{}, b@other.example;", "jdoe"), ("E:;, jdoe@{}", "jdoe"), ("jdoe@{}, joe@other.example", "jdoe"), ("<@r.example,@q.example:jdoe@{}>", "jdoe"),
    ('"J D\\"oe"@{}', 'J D"oe'), ('"jdoe"@{}', "jdoe"), ("j.doe+x@{}", "j.doe+x"), ("JDoe@{}", "JDoe"), ("a" * 64 + "@{}", "a" * 64),
    ('"!!!"@{}', "!!!"), ("=?utf-8?q?a=40b=2C?= <jdoe@{}>", "jdoe"), ("-x-@{}", "-x-"), ('"j\\doe"@{}', "jdoe"), (",,jdoe@{}", "jdoe"),
    ("\r\n jdoe@{}", "jdoe"), ("j_doe@{}", "j_doe"), ("jdoe@{}.", "jdoe"), ("j\u00fcdoe@{}", "j\u00fcdoe"), ("\u00fc@{}", "\u00fc")]

def identity(rng, user, at):
    """i= for a local part, which may need quotes, in dkim-quoted-printable (RFC 6376 §2.11)."""
    if user is None:
        return ""
    if user and (not re.fullmatch(r"[A-Za-z0-9_+-]+(\.[A-Za-z0-9_+-]+)*", user.replace("\u00fc", "")) or rng.random() < 0.1):
        user = '"' + re.sub(r'([\\"])', r"\\\1", user) + '"'
    octets = user.encode() + b"@" + (at.upper() if rng.random() < 0.2 else at).encode()
    some = rng.random() < 0.3
    return "; i=" + "".join(f"={o:02X}" if not 0x21 <= o <= 0x7e or o in b";=" or some and rng.random() < 0.3 else chr(o) for o in octets)


FAULTY = [[b"From: undisclosed:;"], [], [b"From: a@x.example", b"From: a@x.example"], [b"From: a@[192.0.2.1]"], [b"From: <>"], [b"From: jdoe"],
          [b"From:"], [b"From: a@b@c"], [b"From: \"open <a@b.example>"]]


def random_case(rng, number, zone, accepted):
    tld = f"t{number}"
    domain = rng.choice([tld, f"ex.{tld}", f"ex.{tld}", f"h.ex.{tld}", f"h.ex.{tld}", f"a.h.ex.{tld}", f"xn--bcher-kva.{tld}",
                         ".".join(["l" * 60] * 3 + [tld])])
    shape, local = rng.choice(FROM)
    written = domain if rng.random() < 0.8 else domain.upper()
    if domain.startswith("xn--") and rng.random() < 0.5:
        written = "b\u00fccher." + tld
    fields = [("From: " + shape.format(written)).encode()]
    faulty = rng.random() < 0.03
    if faulty:
        fields = rng.choice(FAULTY)
    publish(rng, zone, domain, tld)
    if "." in domain:
        publish(rng, zone, domain.partition(".")[2], tld)
    if user_label(local) and rng.random() < 0.7:
        where = domain if rng.random() < 0.85 or "." not in domain else domain.partition(".")[2]
        name = rng.choice([user_label(local)] * 4 + ["*"]) + "._user." + where
        if len(name) <= 253:
            publish(rng, zone, name, tld)
    if rng.random() < 0.05:
        publish(rng, zone, "*." + domain, tld)
    signatures, top = [], []
    for n in range(rng.choice([0, 0, 1, 1, 1, 2, 3])):
        d = rng.choice([domain, domain, domain.partition(".")[2] or domain, *THIRD])
        user, at = rng.choice([(None, d), (None, d), ("", d), (local, d), (local.swapcase(), d), ("joe", d), ("", "sub." + d)] +
                              [("", domain), (local, domain)] * ("." + domain).endswith("." + d))
        result = rng.choice(["pass", "pass", "fail", "temperror", "permerror", "policy"])
        s = {"pass": "good", "fail": "good", "policy": "good", "temperror": "slow", "permerror": "gone"}[result]
        short = result == "policy"
        top.append(signature(fields, BODY, KEY, d, s, h="From", spoil=result == "fail", l=2 if short else None,
                             tags="v=1; a={a}; c={c}; d={d}; s={s}; h={h}; bh={bh}; b={b}" + ("; l=2" if short else "") + identity(rng, user, at)))
        if "." not in d:
            result = "neutral"  # RFC 6376 §3.5: domain-name = sub-domain 1*("." sub-domain)
        signatures.append({"d": d, "user": user or "", "at": at, "result": result})
        name = f"{s}._domainkey.{d}"
        if s == "good" and (name, "TXT") not in zone.records:
            zone.add(name, "TXT", txt(KEY.record()), None)
        elif s == "slow" and (name, None) not in zone.forced:
            zone.force(name, rng.choice(["servfail", "timeout", "bogus"]))
    message = b"".join(f + b"\r\n" for f in top + fields + [b"Subject: x"]) + b"\r\n" + BODY
    return message, None if faulty else Model(zone, local, domain, signatures, accepted)


def wanted(model):
    if model is None:
        return {"verdict": "permerror", "practice": None, "step": None, "queries": [], "originator": None}
    verdict, practice, step = model.check()
    return {"verdict": verdict, "practice": practice, "step": step,
            "queries": [{"name": n, "type": "DKIMP", "answer": a} for n, a, _ in model.queries]}


def run(home, accepted, seed, cases):
    """Each case that differs: (name, wanted, got)."""
    rng, zone, models = random.Random(seed), Zone(), {}
    for number in range(cases):
        message, models[f"m{number}"] = random_case(rng, number, zone, accepted)
        (home / f"m{number}").write_bytes(message)
    (home / "zone").write_bytes("\n".join(zone.lines).encode() + b"\n")
    options = [o for a in accepted for o in ("--accept", a)]
    done = subprocess.run([binary(), "practices", "check", "--json", "--dns-file", "zone", *options, *models],
                          cwd=home, capture_output=True, timeout=120, check=False)
    got = [json.loads(line) for line in done.stdout.splitlines()]
    assert [g["file"] for g in got] == list(models), done.stderr.decode()[-2000:]
    differing = []
    for g in got:
        want = wanted(models[g["file"]])
        seen = {k: [{x: q[x].lower() if x == "name" else q[x] for x in ("name", "type", "answer")} for q in g[k]] if k == "queries" else g[k]
                for k in want}
        if seen != want:
            differing.append((g["file"], want, g))
    return differing


@pytest.mark.parametrize("accepted", [(), ("lists.example",), (".below.example", "other.example")], ids=["all", "one", "below"])
def test_the_check_agrees_with_a_model_made_from_the_text(tmp_path, accepted):
    differing = run(tmp_path, accepted, SEED, CASES)
    assert not differing, "\n".join(f"{n}\n want {w}\n got  {json.dumps(g)}\n{(tmp_path / n).read_text()}" for n, w, g in differing[:3])


# --- ADSP (RFC 5617) and DMARC's DKIM half (RFC 9989) --------------------------------------------------


class Failed(Exception):
    pass


def known(zone, name, rtype):
    answer, values = zone.ask(name, rtype)
    if answer in ("servfail", "timeout", "bogus"):
        raise Failed
    return answer, values


def adsp_word(text):
    """The practice of a record, None for what is no ADSP record."""
    parts = [p.partition("=") for p in text.removesuffix(";").split(";")]
    names = [p[0].strip(" \t") for p in parts]
    if names[0] != "dkim" or len(set(names)) < len(names) or not all(p[1] for p in parts) or "\n" in text or text[0] != "d":
        return None
    word = parts[0][2].strip(" \t").lower()
    return word if word in ("all", "discardable") else "unknown"


def adsp(zone, domain, signatures):
    """(verdict, practice)"""
    mine = [s["result"] for s in signatures if s["d"] == domain]
    against = ("temperror" if "temperror" in mine else "suspicious")
    if "pass" in mine:
        return "non-suspicious", None
    try:
        if known(zone, domain, "MX")[0] == "nxdomain":
            return against, None
        _, values = known(zone, "_adsp._domainkey." + domain, "TXT")
    except Failed:
        return "temperror", None
    words = [w for w in map(adsp_word, values) if w]
    if len(words) != 1:
        return "none", None
    return ("non-suspicious" if words[0] == "unknown" else against), words[0]


POLICIES = ("none", "quarantine", "reject")


def dmarc_record(text):
    version, _, rest = text.partition(";")
    name, _, value = version.partition("=")
    if text[:1] != "v" or name.strip() != "v" or value.strip() != "DMARC1":
        return None
    tags = {}
    for part in rest.split(";"):
        name, _, value = part.partition("=")
        tags.setdefault(name.strip(" \t"), value.strip(" \t").lower())
    r = {"psd": tags.get("psd"), "strict": tags.get("adkim") == "s", "t": tags.get("t") == "y", "has_np": False}
    if tags.get("p") in POLICIES and tags.get("sp", "none") in POLICIES and tags.get("np", "none") in POLICIES:
        r["p"] = tags["p"]
        r["sp"] = tags.get("sp", r["p"])
        r["np"], r["has_np"] = tags.get("np", r["sp"]), "np" in tags
    elif tags.get("rua", "").startswith("mailto:"):
        r["p"] = r["sp"] = r["np"] = "none"
    return r


class Dmarc:
    def __init__(self, zone, domain, signatures):
        self.zone, self.domain, self.signatures = zone, domain, signatures

    def record(self, name):
        found = [r for r in map(dmarc_record, known(self.zone, "_dmarc." + name, "TXT")[1]) if r]
        return found[0] if len(found) == 1 else None

    def walk(self, start):
        """§4.10: (organizational domain, public suffix domain that stopped the walk or None, records)."""
        labels, seen = start.split("."), []
        name = labels
        while name:
            r = self.record(".".join(name))
            if r:
                seen.append((name, r))
                if r["psd"] in ("y", "n"):
                    break
            name = name[-7:] if len(name) == len(labels) and len(name) >= 8 else name[1:]
        records = {".".join(name): r for name, r in seen}
        if not seen:
            return start, None, records
        last, r = seen[-1]
        if r["psd"] == "y" and last != labels:
            return ".".join(labels[-len(last) - 1:]), ".".join(last), records
        return ".".join(last), None, records

    def aligned(self, d, strict):
        if d == self.domain:
            return True
        if strict or d.rpartition(".")[2] != self.domain.rpartition(".")[2]:
            return False
        mine = self.walk(self.domain)[0]
        return ("." + d).endswith("." + mine) and self.walk(d)[0] == mine

    def check(self):
        """(verdict, practice, disposition); the last two only where they are not moot."""
        try:
            at, r = self.domain, self.record(self.domain)
            if not r:
                at, suffix, seen = self.walk(self.domain)
                if at not in seen and suffix:
                    at = suffix
                r = seen.get(at)  # what the walk left out, beyond seven labels, counts for nothing
        except Failed:
            return "temperror", None, None
        if not r or "p" not in r:
            return "none", None, None
        undecided = False
        for s in self.signatures:
            if s["result"] in ("pass", "temperror"):
                try:
                    aligned = self.aligned(s["d"], r["strict"])
                except Failed:
                    undecided = True
                    continue
                if aligned and s["result"] == "pass":
                    return "non-suspicious", ..., ...
                undecided = undecided or aligned
        if undecided:
            return "temperror", ..., ...
        policy = r["p"] if at == self.domain else r["sp"]
        if at != self.domain and r["has_np"] and self.zone.ask("_dmarc." + self.domain, "TXT")[0] == "nxdomain":
            try:
                policy = r["np"] if known(self.zone, self.domain, "MX")[0] == "nxdomain" else policy
            except Failed:
                return "temperror", ..., ...
        softer = POLICIES[max(0, POLICIES.index(policy) - 1)] if r["t"] else policy
        return "none", policy, softer


def random_adsp(rng):
    return rng.choice(["dkim=all", "dkim=all", "dkim=discardable", "dkim=discardable", "dkim=unknown", "dkim = all", "dkim=ALL; x=1", "dkim=strict",
                       "DKIM=all", "x=1; dkim=all", "dkim=all; dkim=all", "dkim", "v=spf1 -all", "dkim=all;\r\n x=1", "dkim=", "dkim=all;"])


def random_dmarc(rng):
    if rng.random() < 0.1:
        return rng.choice(["p=reject; v=DMARC1", "v=spf1 -all", "v=DMARC2; p=none", "v=dmarc1; p=reject", " v=DMARC1; p=reject", "V=DMARC1;p=reject",
                           "v=DMARC1", "v=DMARC1;", "v=DMARC1p=reject", "v=DMARC10; p=none"])
    tags = ["v=DMARC1" if rng.random() < 0.9 else "v = DMARC1 "]
    if rng.random() < 0.9:
        tags.append("p=" + rng.choice([*POLICIES, "Reject", "reject", "bogus", ""]))
    for name, values, how_often in (("sp", [*POLICIES, "bogus"], 0.3), ("np", [*POLICIES, "none "], 0.3), ("psd", ["y", "n", "u", "x"], 0.35),
                                    ("adkim", ["r", "s", "s", "x"], 0.3), ("t", ["y", "n"], 0.2), ("rua", ["mailto:a@b.example", "nonsense"], 0.3),
                                    ("zz", ["1"], 0.1)):
        if rng.random() < how_often:
            tags.append(f"{name}={rng.choice(values)}")
    return rng.choice([";", "; ", " ; "]).join(tags) + rng.choice(["", "", ";"])


def publish_txt(rng, zone, name, make):
    kind = rng.random()
    if kind < 0.7:
        for _ in range(rng.choice([1] * 9 + [2])):
            text = make(rng)
            zone.add(name, "TXT", '"' + "".join(c if c > "\r" else f"\\{ord(c):03d}" for c in text) + '"', text)
    elif kind < 0.8:
        zone.force(name, rng.choice(["servfail", "timeout", "bogus", "nodata", "nxdomain"]), rng.choice([None, "TXT"]))


def other_case(rng, number, zone):
    tld = f"t{number}"
    labels = ["l%d" % n for n in range(rng.choice([1, 1, 2, 2, 3, 6, 7, 8, 9, 11]))] + [tld]
    domain = ".".join(labels)
    above = [".".join(labels[n:]) for n in range(len(labels))]
    for name in above:
        if rng.random() < 0.45:
            publish_txt(rng, zone, "_dmarc." + name, random_dmarc)
    if rng.random() < 0.8:
        publish_txt(rng, zone, "_adsp._domainkey." + domain, random_adsp)
    if rng.random() < 0.15:
        zone.force(domain, rng.choice(["nxdomain", "servfail", "nodata", "timeout"]), rng.choice([None, "MX"]))
    fields, signatures, top = [f"From: jdoe@{domain}".encode()], [], []
    for _ in range(rng.choice([0, 1, 1, 2])):
        d = rng.choice([domain, "mail." + domain, "x.other." + above[-2], "other.example", *above[:-1]])
        if d.startswith(("mail.", "x.other.")) and rng.random() < 0.4 and ("_dmarc." + d, "TXT") not in zone.records:
            publish_txt(rng, zone, "_dmarc." + d, random_dmarc)
        result = rng.choice(["pass", "pass", "pass", "fail", "temperror"])
        s = "slow" if result == "temperror" else "good"
        top.append(signature(fields, BODY, KEY, d, s, h="From", spoil=result == "fail"))
        signatures.append({"d": d, "result": result})
        name = f"{s}._domainkey.{d}"
        if s == "good" and (name, "TXT") not in zone.records:
            zone.add(name, "TXT", txt(KEY.record()), KEY.record())
        elif s == "slow" and (name, None) not in zone.forced:
            zone.force(name, "servfail")
    return b"".join(f + b"\r\n" for f in top + fields) + b"\r\n" + BODY, domain, signatures


def run_other(home, kind, seed, cases):
    rng, zone, models = random.Random(seed), Zone(), {}
    for number in range(cases):
        message, *models[f"m{number}"] = other_case(rng, number, zone)
        (home / f"m{number}").write_bytes(message)
    (home / "zone").write_text("\n".join(zone.lines) + "\n")
    done = subprocess.run([binary(), "practices", "check", "--json", "--practices", kind, "--dns-file", "zone", *models],
                          cwd=home, capture_output=True, timeout=120, check=False)
    got = [json.loads(line) for line in done.stdout.splitlines()]
    assert [g["file"] for g in got] == list(models), done.stderr.decode()[-2000:]
    differing = []
    for g in got:
        seen = (g["verdict"], g["practice"])
        if kind == "adsp":
            want = adsp(zone, *models[g["file"]])
        else:
            seen += (g["dmarc"]["disposition"],)
            want = Dmarc(zone, *models[g["file"]]).check()
        if any(w is not ... and w != s for w, s in zip(want, seen)):
            differing.append((g["file"], want, g))
    return differing


@pytest.mark.parametrize("kind", ["adsp", "dmarc"])
def test_what_is_published_today_agrees_with_a_model(tmp_path, kind):
    differing = run_other(tmp_path, kind, SEED, CASES)
    assert not differing, "\n".join(f"{n}\n want {w}\n got  {json.dumps(g)}\n{(tmp_path / n).read_text()}" for n, w, g in differing[:3])
