#!/usr/bin/python3
# SPDX-License-Identifier: ISC
"""Writes signed/*.eml: awkward messages signed by dkimpy, whose verification must say pass.

    make_signed.py FOLDER [COUNT]       COUNT random messages there too, in place of the fixed ones
"""
import base64
import random
import subprocess
import sys
from pathlib import Path

import dkim

HERE = Path(__file__).parent
CANONS = [(h, b) for h in (b"simple", b"relaxed") for b in (b"simple", b"relaxed")]
BODIES = {
    "empty": b"",
    "only-line-ends": b"\r\n\r\n\r\n",
    "only-spaces": b" \t \r\n \r\n",
    "no-line-end": b"Hello",
    "no-line-end-but-spaces": b"Hello \t ",
    "ends-in-many": b"Hello\r\n\r\n \r\n\r\n",
    "spaces": b"a  b\t\tc \td \r\n\t e\r\n  \r\nf\r\n",
    "bare-cr": b"a\rb c \rd\r\r\n \r\r\n",
    "eight-bit": "Grüße, \u00a0 zwei\r\n".encode() + b"\xff\xfe\r\n",
    "spaces-at-the-end": b"Hello\r\n \t",
}
HEADERS = {
    "plain": b"From: a@acme.example\r\nTo: b@acme.example\r\nSubject: hello\r\n",
    "folded": b"From: A\r\n <a@acme.example>\r\nSubject:\r\n  folded \r\n\t twice\t \r\nTo: \r\n\r\n"[:-2],
    "odd": b"FROM:a@acme.example\r\nSubject: \t two  spaces\t\r\nTo:\r\nX-Empty: \r\nX-empty:x\r\n",
    "repeated": b"To: one@acme.example\r\nFrom: a@acme.example\r\nTo: two@acme.example\r\n"
                b"DKIM-Signature: not one\r\nReceived: x\r\nReceived: y\r\n",
    "utf8": "From: Jörg <j@acme.example>\r\nSubject: Grüße \r\n".encode(),
}


def secret(name):
    pem = (HERE / f"{name}.pem").read_bytes()
    if name != "ed25519":
        return pem
    der = subprocess.run(["openssl", "pkey", "-outform", "DER"], input=pem, capture_output=True, check=True)
    return base64.b64encode(der.stdout[-32:])


SECRETS = {name: secret(name) for name in ("rsa1024", "rsa2048", "ed25519")}


def sign(message, key, canon, names=None, length=False):
    algorithm = b"ed25519-sha256" if key == "ed25519" else b"rsa-sha256"
    d = dkim.DKIM(message, signature_algorithm=algorithm, minkey=512)
    d.should_not_sign = set()
    field = d.sign(key.encode(), b"acme.example", SECRETS[key], canonicalize=canon, length=length,
                   include_headers=names)
    return field + message


def fixed():
    for h, header in HEADERS.items():
        canon, key = CANONS[len(h) % 4], "ed25519"
        yield f"header-{h}", sign(header + b"\r\n" + BODIES["spaces"], key, canon)
    for i, (b, body) in enumerate(BODIES.items()):
        for k, canon in enumerate(CANONS):
            if is_left_open(body, canon):
                continue
            key = ("ed25519", "rsa1024", "rsa2048")[(i + k) % 3] if b == "empty" else "ed25519"
            header = list(HEADERS.values())[(i + k) % len(HEADERS)]
            yield f"{b}-{canon[0].decode()}-{canon[1].decode()}", sign(header + b"\r\n" + body, key, canon)
    twice = sign(HEADERS["repeated"] + b"\r\nx\r\n", "rsa1024", CANONS[0], [b"from", b"to", b"to", b"to"])
    yield "two-signatures", sign(twice, "ed25519", CANONS[3])


def awkward(rng, most):
    parts = [b"a", b"b", b" ", b"  ", b"\t", b"\r\n", b"\r\n", b"word ", b"\xc3\xa9", b".", b"\r", b"\0"]  # no bare LF: dkimpy makes CRLF of it
    return b"".join(rng.choice(parts) for _ in range(rng.randrange(most)))


def is_left_open(body, canon):
    """White space at the end of a last line without CRLF: dkimpy keeps one, RFC 6376 §3.4.4 (a) none."""
    return canon[1] == b"relaxed" and body[-1:] in (b" ", b"\t")


def random_value(rng):
    words = [b"a", b" ", b"\t", b"  ", b"\r\n ", b"\r\n\t", b"\xc3\xa9", b"word", b":", b";", b"="]
    return b"".join(rng.choice(words) for _ in range(rng.randrange(12)))


def random_message(rng):
    fields = [b"From: a@acme.example"]
    for _ in range(rng.randrange(8)):
        name = rng.choice([b"To", b"X-A", b"Subject", b"x-a", b"X-LONG-name", b"Received"])
        fields.append(name + rng.choice([b":", b": ", b":\t "]) + random_value(rng))
    rng.shuffle(fields)
    header = b"\r\n".join(fields) + b"\r\n"
    names = [f.split(b":")[0].strip().lower() for f in fields] + [b"absent", b"x-a", b"from"]
    rng.shuffle(names)
    key = rng.choice(["ed25519", "ed25519", "rsa1024", "rsa2048"])
    body, canon = awkward(rng, 60), rng.choice(CANONS)
    if is_left_open(body, canon):
        body += b"\r\n"
    return sign(header + b"\r\n" + body, key, canon, names, rng.random() < 0.2)


def main():
    folder = Path(sys.argv[1])
    if len(sys.argv) > 2:
        rng = random.Random(1)
        messages = ((f"{i}", random_message(rng)) for i in range(int(sys.argv[2])))
    else:
        messages = fixed()
    for name, message in messages:
        (folder / f"{name}.eml").write_bytes(message)


main()
