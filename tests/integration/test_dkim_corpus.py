# SPDX-License-Identifier: ISC
"""What RFC 6376, 8301, 8463, 8601 and 8616 say about awkward messages: a corpus made at run time by a
signer of its own (forger.py), all of it judged in one run of `postern dkim verify --json`."""
import json
import random
import subprocess

import pytest

from forger import USUAL, Ed25519, Rsa, b64, canonical_body, signature, txt
from harness import binary

RSA, RSA2 = Rsa(1024), Rsa(1024, seed=2)
ED = Ed25519()
NOW = 1_800_000_000
FIELDS = [b"From: Jane <jdoe@acme.example>", b"To: joe@other.example", b"Subject: a  word", b"Date: Mon, 5 Jan 2026 10:00:00 +0000"]
BODY = b"Hello  there \r\n\r\nBye.\r\n\r\n\r\n"
D = "acme.example"

CASES = {}   # name: (message, [(what is expected of each signature)], message result)
ZONE = []


def message(fields, body=BODY, end=b"\r\n"):
    return b"".join(f + end for f in fields) + end + body


def case(name, expected, *, fields=FIELDS, body=BODY, key=RSA, record=None, zone=None, d=D, s=None, overall=None,
         raw=None, more=(), above=True, dns_name=None, want=None, **how):
    """One message with one forged signature on top, and its key in the zone as SELECTOR._domainkey.D."""
    assert name not in CASES, name
    s = s or name
    field = signature(fields, body, key, d, s, **how)
    everything = [field, *more, *fields] if above else [*fields, *more, field]
    name_of_key = dns_name or f"{s}._domainkey.{d}"
    if zone is not None:
        ZONE.extend(z.format(name=name_of_key) for z in zone)
    else:
        ZONE.append(f"{name_of_key} TXT {txt(record or key.record())}")
    wanted = [dict({"result": expected}, **(want or {}))]
    CASES[name] = (raw(everything, body) if raw else message(everything, body), wanted, overall or expected)


def plain(name, raw, wanted, overall):
    CASES[name] = (raw, wanted, overall)


def tags(**changed):
    """The usual tags with some changed: None leaves one out, several may be added at the end."""
    parts = dict(p.split("=", 1) for p in USUAL.split("; "))
    parts.update(changed)
    return "; ".join(f"{k}={v}" for k, v in parts.items() if v is not None)


# --- plain signatures, every canonicalisation, both algorithms -------------------------------------

for c in ("simple/simple", "simple/relaxed", "relaxed/simple", "relaxed/relaxed", "relaxed", "simple"):
    case("c-" + c.replace("/", "-"), "pass", c=c)
    case("ed-" + c.replace("/", "-"), "pass", c=c, key=ED, a="ed25519-sha256", want={"algorithm": "ed25519-sha256"})
case("c-absent-is-simple-simple", "pass", tags=tags(c=None), c="simple/simple")
case("c-absent-is-not-relaxed", "fail", tags=tags(c=None), c="relaxed/relaxed",
     fields=[b"From:  Jane <jdoe@acme.example>", *FIELDS[1:]])
case("c-relaxed-is-not-relaxed-relaxed", "fail", tags=tags(c="relaxed"), c="relaxed/relaxed")
case("c-unknown", "neutral", tags=tags(c="relaxed/nofws"))
case("c-unknown-header", "neutral", tags=tags(c="nowsp"))
case("c-three", "neutral", tags=tags(c="simple/simple/simple"))
case("c-empty", "neutral", tags=tags(c=""))
case("c-slash-at-end", "neutral", tags=tags(c="relaxed/"))
case("body-changed", "fail", body_hash=b"\0" * 32)
case("signature-changed", "fail", spoil=True)
case("ed-signature-changed", "fail", spoil=True, key=ED, a="ed25519-sha256")
case("other-key", "fail", record=RSA2.record())
case("signature-at-the-bottom", "pass", above=False)

# --- tags of the field -----------------------------------------------------------------------------

case("v-2", "neutral", tags=tags(v="2"))
case("v-1-0", "neutral", tags=tags(v="1.0"))
case("v-missing", "neutral", tags=tags(v=None))
case("v-empty", "neutral", tags=tags(v=""))
case("v-01", "neutral", tags=tags(v="01"))
case("v-last", "pass", tags="a={a}; c={c}; d={d}; s={s}; h={h}; bh={bh}; b={b}; v=1")
case("v-spaces", "pass", tags=tags(v=" 1 "))
case("a-unknown", "neutral", tags=tags(a="rsa-sha512"))
case("a-unknown-key-type", "neutral", tags=tags(a="dsa-sha256"))
case("a-missing", "neutral", tags=tags(a=None))
case("a-empty", "neutral", tags=tags(a=""))
case("a-no-hash", "neutral", tags=tags(a="rsa"))
case("a-sha1", "permerror", a="rsa-sha1", hash_name="sha1", want={"algorithm": "rsa-sha1"})
case("a-ed-sha1", "neutral", tags=tags(a="ed25519-sha1"))
case("d-missing", "neutral", tags=tags(d=None))
case("d-empty", "neutral", tags=tags(d=""))
case("d-upper-case", "pass", tags=tags(d="ACME.Example"), want={"domain": "acme.example"})
case("d-with-space-inside", "neutral", tags=tags(d="acme. example"))
case("d-with-parenthesis", "neutral", tags=tags(d="acme.example(.bank.example"))
case("d-empty-label", "neutral", tags=tags(d="acme..example"))
case("d-dot-at-end", "neutral", tags=tags(d="acme.example."))
case("d-one-label", "neutral", tags=tags(d="example"))
case("d-label-64", "neutral", tags=tags(d="a" * 64 + ".example"))
case("d-label-63", "pass", d="a" * 63 + ".example", zone=["{name} TXT " + txt(RSA.record())])
case("d-folded-before", "pass", tags=tags(d="\r\n\t {d}\r\n "))
case("s-missing", "neutral", tags=tags(s=None))
case("s-empty", "neutral", tags=tags(s=""))
case("s-with-dot", "pass", s="one.two")
case("s-upper-case", "pass", tags=tags(s="S-Upper-Case"), want={"selector": "s-upper-case"})
case("s-dot-at-end", "neutral", tags=tags(s="{s}."))
case("s-empty-label", "neutral", tags=tags(s="a..b"))
case("h-missing", "neutral", tags=tags(h=None))
case("h-empty", "neutral", tags=tags(h=""), signed_h="From")
case("h-without-from", "permerror", h="To:Subject")
case("h-only-from", "pass", h="From")
case("h-from-lower-case", "pass", h="from:to:subject")
case("h-spaces", "pass", h="From : To\t:\r\n Subject")
case("h-empty-name", "neutral", h="From::To", signed_h="From:To")
case("h-colon-at-end", "neutral", h="From:To:", signed_h="From:To")
case("h-absent-names", "pass", h="From:To:Reply-To:X-None:From:Subject")
case("h-oversigned", "pass", h="From:From:To:To:Subject:Subject:Cc")
case("h-oversigned-and-added", "fail", h="From:To:To:Subject:Subject", more=[b"Subject: another"])
case("h-added-on-top-not-oversigned", "pass", h="From:To:Subject", more=[b"Subject: another"])
case("h-added-from-on-top", "pass", h="From:To:Subject", more=[b"From: evil@evil.example"], overall="pass")
case("h-added-from-oversigned", "fail", h="From:From:To:Subject", more=[b"From: evil@evil.example"])
case("h-repeated-field", "pass", h="From:Received:Received",
     fields=[b"Received: by a", b"Received: by b", b"Received: by c", *FIELDS])
case("h-repeated-field-top-changed", "pass", h="From:Received:Received",
     fields=[b"Received: by b", b"Received: by c", *FIELDS], more=[b"Received: by anybody"])
case("h-names-dkim-signature", "pass", h="From:DKIM-Signature:Subject")  # never its own
case("bh-missing", "neutral", tags=tags(bh=None))
case("bh-short", "permerror", tags=tags(bh="AAAA"))
case("bh-bad-base64", "neutral", tags=tags(bh="{bh}!"))
case("bh-folded", "pass", tags=tags(bh="\r\n  {bh}\r\n "))
case("b-missing", "neutral", tags="v=1; a={a}; c={c}; d={d}; s={s}; h={h}; bh={bh}")
case("b-empty", "neutral", tags="v=1; a={a}; c={c}; d={d}; s={s}; h={h}; bh={bh}; b=")
case("b-folded", "pass", fold="\r\n\t")
case("b-with-spaces", "pass", fold=" ", c="simple/simple")
case("b-bad-base64", "neutral", tags=tags(b="{b}!"))
case("b-first", "pass", tags="b={b}; v=1; a={a}; c={c}; d={d}; s={s}; h={h}; bh={bh}")
case("b-before-bh", "pass", tags="v=1; b={b}; a={a}; c={c}; d={d}; s={s}; h={h}; bh={bh}")
case("b-first-simple", "pass", tags="b={b}; v=1; a={a}; c={c}; d={d}; s={s}; h={h}; bh={bh}", c="simple/simple")
case("b-spaces-around", "pass", tags=tags(b="  {b} \r\n\t; end=1"), c="simple/simple")
case("b-space-before-equals", "pass", tags="v=1; a={a}; c={c}; d={d}; s={s}; h={h}; bh={bh}; b = {b}", c="simple/simple")
case("b-looking-tags", "pass", tags="v=1; a={a}; c={c}; d={d}; s={s}; z=b=0|b:1; xb=b; h={h}; bh={bh}; b={b}; by=1")
case("b-semicolon-at-end", "pass", tags=USUAL + ";")
case("b-semicolon-space-at-end", "pass", tags=USUAL + "; ")
case("b-semicolon-fold-at-end", "pass", tags=USUAL + ";\r\n ")
case("double-semicolon", "neutral", tags=USUAL.replace("; h=", ";; h="))
case("semicolon-first", "neutral", tags=";" + USUAL)
case("two-semicolons-at-end", "neutral", tags=USUAL + ";;")
case("tag-without-equals", "neutral", tags=USUAL.replace("; h=", "; flag; h="))
case("tag-unknown-name", "pass", tags=USUAL.replace("; h=", "; xyz_1=what ever; h="))
case("tag-name-with-hyphen", "neutral", tags=USUAL.replace("; h=", "; x-y=1; h="))
case("tag-name-digit-first", "neutral", tags=USUAL.replace("; h=", "; 1x=1; h="))
case("tag-empty-unknown", "pass", tags=USUAL.replace("; h=", "; xyz=; h="))
case("tag-duplicate", "neutral", tags=USUAL + "; d=acme.example")
case("tag-duplicate-unknown", "neutral", tags=USUAL + "; xx=1; xx=2")
case("tag-upper-case-is-another", "pass", tags=USUAL + "; D=other.example; V=7")
case("tag-spaces-everywhere", "pass", c="simple/simple",
     tags=" v = 1 ;\r\n a\t=\t{a} ; c = {c};d = {d}\r\n ; s= {s} ;h ={h};bh = {bh} ; b={b}")
case("tag-fold-inside-equals", "pass", tags=USUAL.replace("d={d}", "d\r\n =\r\n {d}"))
case("q-dns-txt", "pass", tags=tags(q="dns/txt"))
case("q-among-others", "pass", tags=tags(q="foo/bar:dns/txt"))
case("q-dns", "neutral", tags=tags(q="dns"))
case("q-unknown", "neutral", tags=tags(q="http"))
case("z-copied", "pass", tags=tags(z="From:Jane=20<jdoe@acme.example>|Subject:a=20=20word"))
case("i-usual", "pass", tags=tags(i="jdoe@acme.example"), want={"identity": "jdoe@acme.example"})
case("i-absent", "pass", want={"identity": "@acme.example"})
case("i-no-local-part", "pass", tags=tags(i="@acme.example"), want={"identity": "@acme.example"})
case("i-subdomain", "pass", tags=tags(i="@mail.acme.example"), want={"identity": "@mail.acme.example"})
case("i-parent", "permerror", tags=tags(i="@example"))
case("i-suffix-only", "permerror", tags=tags(i="@evilacme.example"))
case("i-elsewhere", "permerror", tags=tags(i="joe@other.example"))
case("i-no-at", "neutral", tags=tags(i="acme.example"))
case("i-empty", "neutral", tags=tags(i=""))
case("i-quoted-printable", "pass", tags=tags(i="j=64oe@acme.example"))
case("i-case-of-domain", "pass", tags=tags(i="@ACME.example"))
case("l-exact", "pass", l=len(canonical_body(BODY, True)), tags=tags(l="{l}"))
case("l-zero", "policy", l=0, tags=tags(l="0"))
case("l-zero-of-empty", "pass", l=0, tags=tags(l="0"), body=b"")
case("l-short", "policy", l=5, tags=tags(l="5"))
case("l-too-long", "permerror", tags=tags(l="5000"))
case("l-empty", "neutral", tags=tags(l=""))
case("l-negative", "neutral", tags=tags(l="-1"))
case("l-76-digits", "permerror", tags=tags(l="9" * 76))
case("l-77-digits", "neutral", tags=tags(l="9" * 77))
case("l-leading-zeros", "pass", l=len(canonical_body(BODY, True)), tags=tags(l="000{l}"))
case("l-short-and-bad", "fail", l=5, tags=tags(l="5"), spoil=True)
case("t-past", "pass", tags=tags(t=str(NOW - 86400)))
case("t-future-within-skew", "pass", tags=tags(t=str(NOW + 200)))
case("t-not-a-number", "neutral", tags=tags(t="yesterday"))
case("t-negative", "neutral", tags=tags(t="-1"))
case("t-12-digits", "pass", tags=tags(t="000000000001"))
case("x-future", "pass", tags=tags(t=str(NOW - 10), x=str(NOW + 10)))
case("x-expired", "permerror", tags=tags(t=str(NOW - 9000), x=str(NOW - 5000)))
case("x-expired-within-skew", "pass", tags=tags(t=str(NOW - 9000), x=str(NOW - 100)))
case("x-before-t", "permerror", tags=tags(t=str(NOW + 200), x=str(NOW + 100)))
case("x-equals-t", "permerror", tags=tags(t=str(NOW), x=str(NOW)))
case("x-alone", "pass", tags=tags(x=str(NOW + 10)))
case("x-12-digits", "pass", tags=tags(x="999999999999"))
case("x-not-a-number", "neutral", tags=tags(x="never"))

# --- key records (§3.6.1) --------------------------------------------------------------------------

KEY = b64(RSA.public())


def key(name, expected, record, **how):
    case("key-" + name, expected, zone=["{name} TXT " + txt(record)], **how)


key("only-p", "pass", "p=" + KEY)
key("k-absent", "pass", "v=DKIM1; p=" + KEY)
key("v-not-first", "permerror", f"k=rsa; v=DKIM1; p={KEY}")
key("v-2", "permerror", f"v=DKIM2; p={KEY}")
key("v-lower-case", "permerror", f"v=dkim1; p={KEY}")
key("v-empty", "permerror", f"v=; p={KEY}")
key("empty-p", "permerror", "v=DKIM1; p=")
key("no-p", "permerror", "v=DKIM1; k=rsa")
key("empty-text", "permerror", "")
key("spf", "permerror", "v=spf1 -all")
key("spaces", "pass", " v = DKIM1 ; k = rsa ; p = " + KEY + " ; ")
key("folded-p", "pass", "v=DKIM1; p=" + KEY[:50] + " " + KEY[50:100] + "\t" + KEY[100:])
key("bad-base64", "permerror", "v=DKIM1; p=" + KEY[:-10] + "!!" + KEY[-8:])
key("cut-base64", "permerror", "v=DKIM1; p=" + KEY[:-40])
key("not-der", "permerror", "v=DKIM1; p=" + b64(b"hello, this is no key at all"))
key("pkcs1", "pass", "v=DKIM1; p=" + b64(RSA.pkcs1()))
key("der-rest", "permerror", "v=DKIM1; p=" + b64(RSA.public() + b"\0"))
key("duplicate-tag", "permerror", f"v=DKIM1; p={KEY}; p={KEY}")
key("double-semicolon", "permerror", f"v=DKIM1;; p={KEY}")
key("unknown-tag", "pass", f"v=DKIM1; zz=1; p={KEY}")
key("g-ignored", "pass", f"v=DKIM1; g=nobody; p={KEY}")
key("n-notes", "pass", f"v=DKIM1; n=note=20well; p={KEY}")
key("k-unknown", "permerror", f"v=DKIM1; k=dsa; p={KEY}")
key("k-ed25519-for-rsa", "permerror", f"v=DKIM1; k=ed25519; p={b64(ED.raw)}")
key("k-rsa-for-ed25519", "permerror", RSA.record(), key=ED, a="ed25519-sha256")
key("h-sha256", "pass", f"v=DKIM1; h=sha256; p={KEY}")
key("h-sha1-sha256", "pass", f"v=DKIM1; h=sha1 : sha256; p={KEY}")
key("h-sha1", "permerror", f"v=DKIM1; h=sha1; p={KEY}")
key("h-unknown", "permerror", f"v=DKIM1; h=sha512; p={KEY}")
key("s-email", "pass", f"v=DKIM1; s=email; p={KEY}")
key("s-star", "pass", f"v=DKIM1; s=*; p={KEY}")
key("s-others", "pass", f"v=DKIM1; s=tls : email; p={KEY}")
key("s-tls", "permerror", f"v=DKIM1; s=tls; p={KEY}")
key("t-y", "pass", f"v=DKIM1; t=y; p={KEY}")
key("t-s", "pass", f"v=DKIM1; t=s; p={KEY}")
key("t-s-same-domain", "pass", f"v=DKIM1; t=y:s; p={KEY}", tags=tags(i="x@acme.example"))
key("t-s-subdomain", "permerror", f"v=DKIM1; t=y:s; p={KEY}", tags=tags(i="x@mail.acme.example"))
key("t-s-spaces", "permerror", f"v=DKIM1; t= y : s ; p={KEY}", tags=tags(i="x@mail.acme.example"))
key("t-unknown", "pass", f"v=DKIM1; t=future; p={KEY}")
key("p-upper-case", "permerror", f"v=DKIM1; P={KEY}")
case("key-many-strings", "pass", zone=["{name} TXT " + txt(RSA.record(), 20)])
case("key-empty-strings", "pass", zone=['{name} TXT "" ' + txt(RSA.record(), 100) + ' ""'])
case("key-two-txt-one-spf", "pass", zone=['{name} TXT "v=spf1 -all"', "{name} TXT " + txt(RSA.record())])
case("key-two-txt-both", "permerror", zone=["{name} TXT " + txt(RSA.record()), "{name} TXT " + txt(RSA2.record())])
case("key-as-hex", "pass", zone=["{name} TYPE16 \\# " + (lambda o: f"{len(o)} {o.hex()}")(
    b"".join(bytes([len(p)]) + p for p in (RSA.record().encode()[:200], RSA.record().encode()[200:])))])
case("key-cname", "pass", zone=["{name} CNAME far.other.example.", "far.other.example TXT " + txt(RSA.record())])
case("key-cname-dangling", "permerror", zone=["{name} CNAME nowhere.other.example."])
case("key-nxdomain", "permerror", zone=[])
case("key-nodata", "permerror", zone=["{name} A 192.0.2.1"])
for answer, result in (("servfail", "temperror"), ("timeout", "temperror"), ("bogus", "temperror"), ("nodata", "permerror"),
                       ("nxdomain", "permerror")):
    case("key-forced-" + answer, result, zone=["{name} TXT !" + answer])
    case("key-forced-any-" + answer, result, zone=["{name} !" + answer])
case("key-512", "policy", key=Rsa(512))
case("key-1016", "policy", key=Rsa(1016))
case("key-1023", "policy", key=Rsa(1023))
case("key-1032", "pass", key=Rsa(1032))
case("key-2048", "pass", key=Rsa(2048))
case("key-4096-wrong", "fail", key=Rsa(4096))
case("key-4104", "permerror", key=Rsa(4104))
case("key-8192", "permerror", key=Rsa(8192))
case("key-e3", "pass", key=Rsa(1024, 3))
case("key-e17", "pass", key=Rsa(1024, 17))
case("ed-spki", "permerror", key=ED, a="ed25519-sha256", record="v=DKIM1; k=ed25519; p=" + b64(ED.spki()))
case("ed-31", "permerror", key=ED, a="ed25519-sha256", record="v=DKIM1; k=ed25519; p=" + b64(ED.raw[:31]))
case("ed-no-k", "permerror", key=ED, a="ed25519-sha256", record="v=DKIM1; p=" + b64(ED.raw))


class SmallOrder(Ed25519):
    """A public key of which everybody knows the secret: R = A = the neutral point, S = 0."""
    def __init__(self):
        self.raw = bytes([1]) + bytes(31)

    def sign(self, data, hash_name="sha256"):
        return self.raw + bytes(32)


case("ed-small-order", "permerror", key=SmallOrder(), a="ed25519-sha256", record="v=DKIM1; k=ed25519; p=" + b64(SmallOrder().raw))
case("b-wrong-size-for-ed", "fail", key=RSA, tags=tags(a="ed25519-sha256"), record=ED.record())

# --- bodies ----------------------------------------------------------------------------------------

BODIES = {"empty": b"", "one-crlf": b"\r\n", "crlfs": b"\r\n\r\n\r\n", "blank": b"  \t \r\n", "blank-lines": b" \r\n\t\r\n \r\n",
          "no-crlf": b"no end", "no-crlf-space": b"no end  ", "only-space": b"  ", "inner": b"a \t b\t\tc \r\n \r\n\r\n", "nul": b"a\0b \0 \r\n",
          "8-bit": b"\xff\xfe caf\xc3\xa9\r\n", "bare-cr": b"a\rb \r c\r\n", "cr-at-end": b"a\r", "cr-cr-lf": b"a \r\r\n\r\n",
          "bare-lf": b"a\nb \n\r\n", "long-line": b"x " * 5000 + b"\r\n", "dot": b".\r\n..\r\n"}
for label, content in BODIES.items():
    for c in ("simple", "relaxed"):
        if (label, c) in (("bare-lf", "relaxed"), ("bare-cr", "relaxed"), ("cr-cr-lf", "relaxed")):
            continue  # what a bare CR or LF is to "WSP at the end of a line" is nobody's word
        case(f"body-{label}-{c}", "pass", body=content, c=f"simple/{c}")

# --- header fields ---------------------------------------------------------------------------------

HEADERS = {"empty": b"Subject:", "space-only": b"Subject: ", "no-space": b"Subject:word", "folded-start": b"Subject:\r\n word",
           "folded-spaces": b"Subject: a\r\n \t b \r\n\tc", "tab": b"Subject:\tword\t", "trailing": b"Subject: word   ",
           "wsp-before-colon": b"Subject \t: word", "upper": b"SUBJECT: word", "8-bit": b"Subject: caf\xe9 \xc3\xa9",
           "long": b"Subject: " + b"word " * 3000, "many-folds": b"Subject: " + b"\r\n ".join([b"word"] * 2000),
           "colons": b"Subject: a: b:c", "blank-fold": b"Subject: a\r\n \r\n b"}
for label, field in HEADERS.items():
    for c in ("simple", "relaxed"):
        case(f"header-{label}-{c}", "pass", fields=[FIELDS[0], FIELDS[1], field], c=f"{c}/simple")
case("two-from", "pass", fields=[FIELDS[0], *FIELDS], h="From:From:To:Subject")
case("field-name-upper", "pass", field="DKIM-SIGNATURE: ")
case("field-name-space", "pass", field="DKIM-Signature : ")
case("field-no-space", "pass", field="DKIM-Signature:", c="simple/simple")
case("field-folded-start", "pass", field="DKIM-Signature:\r\n\t", c="simple/simple")
case("lf-file", "pass", raw=lambda fields, body: message(fields, body).replace(b"\r\n", b"\n"))
case("no-empty-line", "pass", body=b"", raw=lambda fields, body: b"".join(f + b"\r\n" for f in fields))

# --- soup: what nobody thought of -------------------------------------------------------------------

RNG = random.Random(6376)


def soup(atoms, longest):
    return "".join(RNG.choice(atoms) for _ in range(RNG.randrange(longest))).encode("latin-1")


for n in range(150):
    content = soup(["\r\n", "\r\n", " ", "\t", "a", "b c", "\0", "\xff", ".", "  \r\n", "=" * 80], RNG.choice([4, 12, 60, 3000]))
    value = soup([" ", "\t", "a", ":", ";", "\r\n ", "\r\n\t", "\xe9", '"', "b" * 70], RNG.choice([3, 20, 400]))
    canon = "/".join(RNG.choice(["simple", "relaxed"]) for _ in range(2))
    size = len(canonical_body(content, canon.endswith("relaxed")))
    covered = RNG.choice([None, None, size, RNG.randrange(size + 1)])
    case(f"soup-{n}", "pass" if covered in (None, size) else "policy", body=content, c=canon, l=covered, d="soup.example", s="soup",
         fields=[FIELDS[0], b"X-Soup" + RNG.choice([b":", b" :", b"\t: "]) + value, FIELDS[2], b"x-SOUP:" + value],
         tags=tags(l=None if covered is None else covered), h=RNG.choice(["From:X-Soup:Subject:x-soup:X-soup", "Subject:From:X-SOUP"]),
         zone=[] if n else ["{name} TXT " + txt(RSA.record())])

# --- who signed ------------------------------------------------------------------------------------

case("originator", "pass", want={"originator": True})
case("originator-i-user", "pass", tags=tags(i="jdoe@acme.example"), want={"originator": True})
case("originator-i-other-user", "pass", tags=tags(i="joe@acme.example"), want={"originator": False})
case("originator-i-case", "pass", tags=tags(i="JDOE@acme.example"), want={"originator": False})
case("originator-i-subdomain", "pass", tags=tags(i="@mail.acme.example"), want={"originator": False})
case("originator-elsewhere", "pass", d="other.example", want={"originator": False, "domain": "other.example"})
case("originator-of-subdomain", "pass", tags=tags(i="@sub.acme.example"), fields=[b"From: a@Sub.ACME.example", *FIELDS[1:]],
     want={"originator": True})
case("originator-parent-no-i", "pass", fields=[b"From: a@sub.acme.example", *FIELDS[1:]], want={"originator": False})

# --- internationalised names (RFC 8616) --------------------------------------------------------------

case("u-label-d", "pass", tags=tags(d="b\u00fccher.example"), dns_name="u-label-d._domainkey.xn--bcher-kva.example",
     want={"domain": "xn--bcher-kva.example"})
case("u-label-s", "pass", tags=tags(s="\u00fc"), dns_name="xn--tda._domainkey.acme.example", want={"selector": "xn--tda"})
case("u-label-i", "pass", d="xn--bcher-kva.example", tags=tags(i="j\u00fc@b\u00fccher.example"))
case("bad-utf8-in-d", "neutral", raw=lambda fields, body: message(fields, body).replace(b"d=acme", b"d=ac\xff\xfeme"))

# --- several signatures ------------------------------------------------------------------------------

ZONE.append(f"many._domainkey.{D} TXT {txt(RSA.record())}")
ZONE.append(f"slow._domainkey.{D} !timeout")
GOOD = signature(FIELDS, BODY, RSA, D, "many")
BAD = signature(FIELDS, BODY, RSA, D, "many", spoil=True)
SLOW = signature(FIELDS, BODY, RSA, D, "slow")
GONE = signature(FIELDS, BODY, RSA, D, "gone")
JUNK = b"DKIM-Signature: what is this"
SHA1 = signature(FIELDS, BODY, RSA, D, "many", a="rsa-sha1", hash_name="sha1")
for label, top, results, overall in (
        ("good-bad", [GOOD, BAD], ["pass", "fail"], "pass"), ("bad-good", [BAD, GOOD], ["fail", "pass"], "pass"),
        ("bad-slow", [BAD, SLOW], ["fail", "temperror"], "temperror"), ("gone-slow", [GONE, SLOW], ["permerror", "temperror"], "temperror"),
        ("junk-gone", [JUNK, GONE], ["neutral", "permerror"], "permerror"), ("junk", [JUNK], ["neutral"], "neutral"),
        ("bad-gone", [BAD, GONE], ["fail", "permerror"], "fail"), ("sha1-good", [SHA1, GOOD], ["permerror", "pass"], "pass"),
        ("none", [], [], "none"), ("ten-bad-one-good", [BAD] * 10 + [GOOD], ["fail"] * 10 + ["policy"], "fail"),
        ("nine-bad-one-good", [BAD] * 9 + [GOOD], ["fail"] * 9 + ["pass"], "pass"),
        ("fifteen", [GOOD] * 15, ["pass"] * 10 + ["policy"] * 5, "pass"),
        ("identical", [GOOD, GOOD], ["pass", "pass"], "pass")):
    plain("many-" + label, message(top + FIELDS), [{"result": r} for r in results], overall)
OVER = signature([GOOD, *FIELDS], BODY, RSA, D, "many", h="From:DKIM-Signature")
plain("many-signs-the-other", message([OVER, GOOD, *FIELDS]), [{"result": "pass"}] * 2, "pass")
plain("many-signs-the-other-changed", message([OVER, BAD, *FIELDS]), [{"result": "fail"}] * 2, "fail")


plain("many-signs-the-other-above", message([GOOD, OVER, *FIELDS]), [{"result": "pass"}] * 2, "pass")
plain("lf-header-crlf-body", message([GOOD, *FIELDS], b"", b"\n").rstrip(b"\n") + b"\n\n" + BODY, [{"result": "pass"}], "pass")
plain("lf-with-bare-cr", message([signature(FIELDS, b"a\rb\r\n", RSA, D, "many"), *FIELDS], b"a\rb\n", b"\n"), [{"result": "pass"}], "pass")
plain("crlf-then-lf-in-header", message([GOOD, *FIELDS]).replace(b"word\r\n", b"word\n"), [{"result": "fail"}], "fail")
plain("crlf-then-lf-in-body", message([GOOD, *FIELDS]).replace(b"Bye.\r\n", b"Bye.\n"), [{"result": "fail"}], "fail")
plain("mbox-of-one", b"From jdoe@acme.example Mon Jan  5 10:00:00 2026\n" + message([GOOD, *FIELDS]).replace(b"\r\n", b"\n"), [{"result": "pass"}], "pass")
plain("header-of-9000-fields", message([GOOD] + [b"X: y"] * 9000 + FIELDS), [], "permerror")
plain("header-of-two-megabytes", message([GOOD, b"X: " + b"y" * 2**21] + FIELDS), [], "permerror")


@pytest.fixture(scope="module")
def judged(tmp_path_factory):
    home = tmp_path_factory.mktemp("corpus")
    (home / "zone").write_text("\n".join(ZONE) + "\n")
    names = list(CASES)
    for n in names:
        (home / n).write_bytes(CASES[n][0])
    run = subprocess.run([binary(), "dkim", "verify", "--json", "--dns-file", "zone", "--at", str(NOW), *names],
                         cwd=home, capture_output=True, timeout=60, check=False)
    assert run.returncode == 1, run.stderr.decode()
    lines = [json.loads(line) for line in run.stdout.splitlines()]
    assert [line["file"] for line in lines] == names
    return dict(zip(names, lines))


@pytest.mark.parametrize("name", CASES)
def test_corpus(judged, name):
    _, wanted, overall = CASES[name]
    got = judged[name]
    picked = [{k: s[k] for k in w} for s, w in zip(got["signatures"], wanted)]
    assert (len(got["signatures"]), picked, got["result"]) == (len(wanted), wanted, overall), json.dumps(got, indent=1)
