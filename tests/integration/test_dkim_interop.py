# SPDX-License-Identifier: ISC
"""DKIM both ways with engines that others wrote: one signs, the other verifies.

Messages are made up by a seeded generator that likes awkward white space. INTEROP_MESSAGES: how many for each peer and
direction (400).
"""
import concurrent.futures
import json
import os
import pathlib
import random
import shutil
import subprocess

import pytest

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
POSTERN = os.environ.get("POSTERN", str(ROOT / "build/gcc/postern"))
MESSAGES = int(os.environ.get("INTEROP_MESSAGES", 400))
DOMAIN = "acme.example"
CANONICALISATIONS = [(h, b) for h in ("simple", "relaxed") for b in ("simple", "relaxed")]
ALGORITHMS = ["rsa-sha256", "ed25519-sha256"]
WORDS = ["the", "quick", "brown", "fox", "x" * 90, "=?utf-8?q?caf=C3=A9?=", "café", "b=", "v=1;", "\"q\"", "(c)", "a:b", ":"]
BLANKS = [" ", "  ", "\t", " \t ", "   "]
FOLDS = ["\r\n ", "\r\n\t", " \r\n  ", "\t\r\n\t\t"]


def value(rng):
    parts = [rng.choice(WORDS) + rng.choice(BLANKS * 3 + FOLDS) for _ in range(rng.randrange(1, 9))]
    return rng.choice(["", " ", " ", " ", "\t", "  "]) + "".join(parts).rstrip("\r\n\t ") + rng.choice(["", "", " ", "\t "])


def header(rng):
    fields = [f"From: Joe {rng.choice(BLANKS)}<joe@{DOMAIN}>", "To: suzie@example.net", f"Subject:{value(rng)}",
              "Date: Sat, 21 Nov 2026 09:11:49 +0000", f"Message-ID: <{rng.randrange(10**9)}@{DOMAIN}>"]
    fields += [f"{rng.choice(['X-Odd', 'Received', 'Comments', 'Keywords', 'MIME-Version', 'List-Id'])}:{value(rng)}"
               for _ in range(rng.randrange(4))]
    if rng.random() < 0.3:
        fields.append("Reply-To: " + rng.choice(["", "joe@" + DOMAIN]))
    rng.shuffle(fields)
    return fields


def body(rng):
    kind = rng.randrange(8)
    if kind == 0:
        return rng.choice(["", "\r\n", "\r\n\r\n\r\n", " \r\n", "\t\r\n \r\n"])
    lines = []
    for _ in range(rng.randrange(1, 12)):
        words = [rng.choice(WORDS) + rng.choice(BLANKS) for _ in range(rng.randrange(7))]
        lines.append(rng.choice(["", "", " ", "\t"]) + "".join(words) + rng.choice(["", " ", "\t"]))
    # White space behind the last line end (SMTP cannot bring it): each of the four reads RFC 6376 §3.4.4 in its own way.
    return "\r\n".join(lines).rstrip(" \t") + rng.choice(["", "\r\n", " \t\r\n", "\r\n\r\n\r\n", "\r\n \r\n\r\n"])


def messages(folder, seed, count=MESSAGES, ended=True):
    """ended: with a CRLF at the end, as SMTP has it."""
    rng = random.Random(seed)
    for i in range(count):
        path, text = folder / f"{i}", body(rng)
        if ended and text and not text.endswith("\r\n"):
            text += "\r\n"
        path.write_bytes(("\r\n".join(header(rng)) + "\r\n\r\n" + text).encode())
        yield path


@pytest.fixture(scope="module")
def keys(tmp_path_factory):
    """A key of each algorithm; the records in a file of ours, and in one of theirs."""
    folder = tmp_path_factory.mktemp("keys")
    records = {}
    for algorithm in ALGORITHMS:
        kind = algorithm.split("-")[0]
        run([POSTERN, "dkim", "keygen", "--type", kind, "-s", kind, "-d", DOMAIN, "--out", folder / algorithm])
        records[f"{kind}._domainkey.{DOMAIN}"] = run([POSTERN, "dkim", "record", "--text", "-k", folder / algorithm]).strip()
    quoted = {name: " ".join(f'"{text[i:i + 200]}"' for i in range(0, len(text), 200)) for name, text in records.items()}
    (folder / "dns").write_text("".join(f"{name} 300 TXT {text}\n" for name, text in quoted.items()))
    (folder / "theirs").write_text("".join(f"{name} {text}\n" for name, text in records.items()))
    return folder, records


def run(command):
    return subprocess.run([str(c) for c in command], check=True, capture_output=True, timeout=120).stdout.decode()


class Postern:
    algorithms, wants_end, botches = ALGORITHMS, False, ()

    def __init__(self, keys):
        self.keys, self.records = keys

    def sign(self, jobs):
        def one(job):
            source, out, (head, text), algorithm = job
            signed = subprocess.run(
                [POSTERN, "dkim", "sign", "-d", DOMAIN, "-s", algorithm.split("-")[0], "-k", self.keys / algorithm,
                 "--canonicalization", f"{head}/{text}", source], check=True, capture_output=True, timeout=60).stdout
            out.write_bytes(signed)
        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            list(pool.map(one, jobs))

    def verify(self, paths):
        done = subprocess.run([POSTERN, "dkim", "verify", "--json", "--dns-file", self.keys / "dns", *paths],
                              capture_output=True, timeout=300, text=True)
        told = [json.loads(line) for line in done.stdout.splitlines()]
        assert [t["file"] for t in told] == [str(p) for p in paths], done.stderr
        return [t["result"] if t["result"] == "pass" else f"{t}" for t in told]


class Process:
    """A peer in a process of its own that answers one line for each line. OpenDKIM (relaxed) and Mail::DKIM (simple) add
    no CRLF to a body that ends without (RFC 6376 §3.4.3, §3.4.4), as dkimpy and Postern do."""
    algorithms, wants_end, botches = ALGORITHMS, True, ()

    def __init__(self, keys, command):
        self.keys, _ = keys
        self.child = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def ask(self, *words):
        self.child.stdin.write(" ".join(map(str, words)) + "\n")
        self.child.stdin.flush()
        return self.child.stdout.readline().strip()

    def sign(self, jobs):
        for source, out, (head, text), algorithm in jobs:
            told = self.ask("sign", head, text, algorithm, DOMAIN, algorithm.split("-")[0], self.keys / algorithm, source, out)
            assert told == "ok", (told, source.read_bytes())

    def verify(self, paths):
        return [self.ask("verify", self.keys / "theirs", p) for p in paths]

    def close(self):
        self.child.stdin.close()
        self.child.wait(20)
        self.child.stdout.close()


class Dkimpy:
    algorithms, wants_end, botches = ALGORITHMS, False, ()

    def __init__(self, keys):
        self.keys, self.records = keys

    def sign(self, jobs):
        import dkim
        for source, out, (head, text), algorithm in jobs:
            key = (self.keys / algorithm).read_bytes()
            if algorithm == "ed25519-sha256":  # dkimpy wants the bare seed, the end of PKCS#8
                der = subprocess.run(["openssl", "pkey", "-outform", "DER"], input=key, capture_output=True, check=True).stdout
                import base64
                key = base64.b64encode(der[-32:])
            else:
                key = subprocess.run(["openssl", "rsa", "-traditional"], input=key, capture_output=True, check=True).stdout
            content = source.read_bytes()
            field = dkim.sign(content, algorithm.split("-")[0].encode(), DOMAIN.encode(), key,
                              canonicalize=(head.encode(), text.encode()), signature_algorithm=algorithm.encode())
            out.write_bytes(field + content)

    def verify(self, paths):
        import dkim

        def answer(name, timeout=5):
            return self.records.get(name.decode().rstrip("."), "").encode() or None
        return ["pass" if dkim.verify(p.read_bytes(), dnsfunc=answer) else "fail" for p in paths]


@pytest.fixture(scope="module")
def opendkim(keys, tmp_path_factory):
    if not pathlib.Path("/usr/include/opendkim/dkim.h").exists():
        pytest.skip("libopendkim is not installed (package libopendkim-dev)")
    program = tmp_path_factory.mktemp("opendkim") / "peer"
    run(["gcc", "-Wall", "-Wextra", "-Werror", "-o", program, HERE / "opendkim_peer.c", "-lopendkim"])
    peer = Process(keys, [program])
    peer.botches = [("simple", "ed25519-sha256")]  # its own verifier refuses what it signs so
    if peer.ask("ed25519") != "ok":
        peer.algorithms = ["rsa-sha256"]
    yield peer
    peer.close()


@pytest.fixture(scope="module")
def mail_dkim(keys):
    if not shutil.which("perl") or subprocess.run(["perl", "-MMail::DKIM", "-e1"], capture_output=True).returncode:
        pytest.skip("Mail::DKIM is not installed (package libmail-dkim-perl)")
    peer = Process(keys, ["perl", HERE / "mail_dkim_peer.pl"])
    peer.algorithms = ["rsa-sha256"]
    yield peer
    peer.close()


@pytest.fixture(scope="module")
def dkimpy(keys):
    pytest.importorskip("dkim", reason="dkimpy is not installed (package python3-dkim)")
    return Dkimpy(keys)


def cross(signer, verifier, folder, seed):
    algorithms = [a for a in ALGORITHMS if a in signer.algorithms and a in verifier.algorithms]
    ways = [(c, a) for c in CANONICALISATIONS for a in algorithms if (c[0], a) not in signer.botches]
    made = messages(folder, seed, ended=signer.wants_end or verifier.wants_end)
    jobs = [(path, path.with_suffix(".signed"), *ways[i % len(ways)]) for i, path in enumerate(made)]
    signer.sign(jobs)
    told = verifier.verify([out for _, out, _, _ in jobs])
    assert len(told) == len(jobs)
    wrong = [(out.read_bytes(), way, algorithm, said)
             for (_, out, way, algorithm), said in zip(jobs, told) if said != "pass"]
    assert not wrong, (len(wrong), wrong[:2])


@pytest.mark.parametrize("peer", ["dkimpy", "mail_dkim", "opendkim"])
def test_what_postern_signs_others_verify(peer, keys, tmp_path, request):
    cross(Postern(keys), request.getfixturevalue(peer), tmp_path, f"to {peer}")


@pytest.mark.parametrize("peer", ["dkimpy", "mail_dkim", "opendkim"])
def test_what_others_sign_postern_verifies(peer, keys, tmp_path, request):
    cross(request.getfixturevalue(peer), Postern(keys), tmp_path, f"from {peer}")


@pytest.mark.parametrize("peer", ["dkimpy", "mail_dkim", "opendkim"])
def test_a_changed_octet_is_seen_by_both(peer, keys, tmp_path, request):
    """In the body under simple canonicalisation every octet counts but trailing empty lines."""
    ours, other = Postern(keys), request.getfixturevalue(peer)
    paths = list(messages(tmp_path, f"change {peer}", 40))
    jobs = [(p, p.with_suffix(".signed"), ("simple", "simple"), "rsa-sha256") for p in paths]
    ours.sign(jobs)
    for _, out, _, _ in jobs:
        out.write_bytes(out.read_bytes().replace(b"From: Joe", b"From: Jim"))
    signed = [out for _, out, _, _ in jobs]
    assert "pass" not in ours.verify(signed)
    assert "pass" not in other.verify(signed)
