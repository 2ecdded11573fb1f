# SPDX-License-Identifier: ISC
"""The check procedure of draft-allman-dkim-ssp-02 §4.3 over real name servers: each row is one test.

NSD serves DKIMP records as TYPE65280, unsigned and signed; Unbound stands in front, as it would beside an MTA.
Each row has a subdomain of acme.example to itself, which stands for example.com. Rows that need the answers of a
top-level domain are in tests/unit/practices/test_ssp.c."""
import collections
import json
import subprocess

import pytest

from harness import binary
from nameserver import Nsd, Signed, Silent, Unbound, dkimp, need_servers, zone

NX, ND, FAIL, TIMEOUT, BOGUS = "nx", "nd", "fail", "to", "bog"  # else: the text of a record, or several
N, S, T, E = "non-suspicious", "suspicious", "temperror", "permerror"
A = "A 192.0.2.1"
ELSEWHERE = "NS elsewhere"  # the zone says so, and a signed one has a proof that the name is there
A63 = "a" * 63
LONG = ".".join([A63, A63, "b" * (200 - 2 * 64 - len(".user-name-too-long.acme.example"))])

Row = collections.namedtuple("Row", "id host local signatures domain user parent practice verdict step queries more")


def row(id, signatures, domain, user, parent, practice, verdict, step, queries, *, host=False, local="jdoe", **more):
    """host: From is at host.ID.acme.example (True), or so far below; practice: of §3, a leading 4 for the user level."""
    return Row(id, "host" if host is True else host or "", local, signatures.split(",") if signatures else [], domain, user,
               parent, practice, verdict, step, queries, more)


# Signatures: O Originator, T third-party; "!" fails, "?" its key cannot be had; "X" the same as T, of an unaccepted signer;
# "Tu" of another user, "Td" of the parent without i=, "Oi" of the parent with i=@host, "O2" of the second address.
ROWS = [
    row("orig-valid", "O", None, None, None, None, N, 1, 0),
    row("orig-valid-plus-others", "O,T!,X", None, None, None, None, N, 1, 0),
    row("dom-nx", "", NX, None, None, 5, S, 2, 1),
    row("dom-nx-thirdparty", "T", NX, None, None, 5, S, 2, 1),
    row("dom-nx-parent-never-asked", "", NX, None, "p=unknown", 5, S, 2, 1, host=True),
    row("unknown-unsigned", "", "p=unknown", None, None, 1, N, 7, 1),
    row("unknown-badsig", "O!", "p=unknown", None, None, 1, N, 7, 1),
    row("p-absent", "", "t=s", None, None, 1, N, 7, 1),
    row("p-illegal-value", "", "p=bogus", None, None, 1, N, 7, 1),
    row("p-empty-value", "", "p=", None, None, 1, N, 7, 1),
    row("all-unsigned", "", "p=all", None, None, 2, S, 9, 1),
    row("all-badsig", "O!", "p=all", None, None, 2, S, 9, 1),
    row("all-thirdparty", "T", "p=all", None, None, 2, N, 8, 1),
    row("all-thirdparty-unaccepted", "X", "p=all", None, None, 2, S, 9, 1, accept="other.acme.example"),
    row("all-thirdparty-fails", "T!", "p=all", None, None, 2, S, 9, 1),
    row("all-same-domain-other-user", "Tu", "p=all", None, None, 2, N, 8, 1),
    row("strict-unsigned", "", "p=strict", None, None, 3, S, 9, 1),
    row("strict-thirdparty", "T", "p=strict", None, None, 3, S, 9, 1),
    row("strict-same-domain-other-user", "Tu", "p=strict", None, None, 3, S, 9, 1),
    row("strict-parent-d-without-i", "Td", "p=strict", None, None, 3, S, 9, 1, host=True),
    row("strict-parent-d-with-i-sub", "Oi", None, None, None, None, N, 1, 0, host=True),
    row("strict-uppercase", "", "p=STRICT", None, None, 3, S, 9, 1),
    row("strict-uppercase-tagname", "", "P=strict", None, None, 1, N, 7, 1),
    row("test-all", "", "p=all; t=y", None, None, 2, N, 3, 1),
    row("test-strict-user-not-asked", "", "p=strict; u=yes; t=y", None, None, 3, N, 3, 1),
    row("test-among-flags", "", "p=strict; t=s:foo-1:y", None, None, 3, N, 3, 1),
    row("own-t-s-no-effect", "", "p=strict; t=s", None, None, 3, S, 9, 1),
    row("t-unknown-flag", "", "p=strict; t=future", None, None, 3, S, 9, 1),
    row("t-malformed", "", "p=strict; t=y:", None, None, 3, N, 3, 1),
    row("t-empty", "", "p=strict; t=", None, None, 3, S, 9, 1),
    row("unknown-tag", "", "p=all; q=1; x_y=2", None, None, 2, S, 9, 1),
    row("user-nx-fallback", "", "p=strict; u=yes", NX, None, 43, S, 9, 2),
    row("user-nd-fallback-unknown", "", "p=unknown; u=yes", ND, None, 41, N, 7, 2),
    row("user-bad-fallback", "", "p=strict; u=yes", "unknown", None, 43, S, 9, 2),
    row("user-relaxes", "", "p=strict; u=yes", "p=unknown", None, 41, N, 7, 2),
    row("user-tightens", "T", "p=unknown; u=yes", "p=strict", None, 43, S, 9, 2),
    row("user-all-thirdparty", "T", "p=strict; u=yes", "p=all", None, 42, N, 8, 2),
    row("user-no-p", "", "p=strict; u=yes", "t=s", None, 41, N, 7, 2),
    row("user-has-u", "", "p=all; u=yes", "p=strict; u=yes", None, 43, S, 9, 2),
    row("user-testing", "", "p=strict; u=yes", "p=strict; t=y", None, 43, N, 6, 2),
    row("user-fail", "", "p=strict; u=yes", FAIL, None, 4, T, 5, 2),
    row("user-fail-unknown", "", "p=unknown; u=yes", TIMEOUT, None, 4, T, 5, 2),
    row("user-bogus", "", "p=all; u=yes", BOGUS, None, 4, T, 5, 2),
    row("user-label-empty", "", "p=strict; u=yes", None, None, 43, S, 9, 1, local='"!!!"'),
    row("user-label-64", "", "p=unknown; u=yes", "p=strict", None, 43, S, 9, 2, local="a" * 64, user_label=A63),
    row("user-label-dots", "", "p=unknown; u=yes", "p=strict", None, 43, S, 9, 2, local="j.doe+x", user_label="jdoex"),
    row("user-label-quoted", "", "u=yes", "p=all", None, 42, S, 9, 2, local='"J D\\"oe"', user_label="JDoe"),
    row("user-name-too-long", "", "p=strict; u=yes", None, None, 43, S, 9, 1, host=LONG, local=A63),
    row("u-no", "", "p=all; u=no", None, None, 2, S, 9, 1),
    row("u-illegal", "", "p=all; u=maybe", None, None, 2, S, 9, 1),
    row("nd-no-parent-record", "", ND, None, ND, 1, N, 11, 2, host=True),
    row("nd-parent-strict", "", ND, None, "p=strict", 3, S, 9, 2, host=True),
    row("nd-parent-all-thirdparty", "T", ND, None, "p=all", 2, N, 8, 2, host=True),
    row("nd-parent-unknown", "", ND, None, "p=unknown", 1, N, 7, 2, host=True),
    row("nd-parent-t-s", "", ND, None, "p=strict; t=s", 1, N, 12, 2, host=True),
    row("nd-parent-t-y", "", ND, None, "p=strict; t=y", 3, N, 12, 2, host=True),
    row("nd-parent-u-yes", "", ND, "p=strict", "p=unknown; u=yes", 43, S, 9, 3, host=True),
    row("nd-parent-u-yes-wrong-place", "", ND, NX, "p=unknown; u=yes", 41, N, 7, 3, host=True, records=[("jdoe._user", "p=strict")]),
    row("nd-parent-bad", "", ND, None, "strict", 1, N, 11, 2, host=True),
    row("nd-parent-nx", "", ND, None, NX, 1, N, 11, 2, host=True),
    row("nd-parent-fail", "", ND, None, FAIL, None, T, 11, 2, host=True),
    row("nd-grandparent-never-asked", "", ND, None, ND, 1, N, 11, 2, host="a.host", records=[("@", "p=strict")]),
    row("bad-then-parent", "", "strict", None, "p=strict", 3, S, 9, 2, host=True),
    row("dup-tag-then-parent", "", "p=unknown; p=all", None, "p=strict", 3, S, 9, 2, host=True),
    row("two-records", "", ["p=all", "p=strict"], None, ND, 1, N, 11, 2, host=True),
    row("one-good-one-bad", "", ["p=strict", "junk"], None, None, 3, S, 9, 1),
    row("dom-fail", "", FAIL, None, None, None, T, 2, 1),
    row("dom-timeout", "T", TIMEOUT, None, None, None, T, 2, 1),
    row("dom-bogus", "", BOGUS, None, None, None, T, 2, 1),
    row("key-temperror-strict", "O?", "p=strict", None, None, 3, T, 9, 1),
    row("key-temperror-all-plus-thirdparty", "O?,T", "p=all", None, None, 2, N, 8, 1),
    row("thirdparty-key-temperror-all", "T?", "p=all", None, None, 2, S, 9, 1),
    row("accepted-key-temperror-all", "T?", "p=all", None, None, 2, T, 9, 1, accept="list.acme.example"),
    row("dom-nx-key-temperror", "O?", NX, None, None, 5, T, 2, 1),
    row("key-temperror-unknown", "O?", "p=unknown", None, None, 1, N, 7, 1),
    row("multi-string", "", ("p=str", "ict"), None, None, 3, S, 9, 1),
    row("folded-space", "", "p = strict ; t = s ;", None, None, 3, S, 9, 1),
    row("double-semicolon", "", "p=strict;;", None, ND, 1, N, 11, 2, host=True),
    row("cname-to-record", "", "CNAME says-all", None, None, 2, S, 9, 1),
    row("cname-dangling", "", "CNAME nowhere", None, ND, 1, N, 11, 2, host=True),
    row("wildcard-user", "", "p=unknown; u=yes", "p=strict; u=yes", None, 43, S, 9, 2, user_label="*", user_at=""),
    row("from-two-addresses", "O2", "p=strict", None, None, 3, S, 9, 1, From="jdoe@{domain}, joe@second.acme.example"),
    row("from-group-first", "", "p=strict", None, None, 3, S, 9, 1, From="G: jdoe@{domain}, b@second.acme.example;"),
    row("from-empty-group", "T", None, None, None, None, E, None, 0, From="Nobody:;"),
    row("from-none", "T", None, None, None, None, E, None, 0, From=None),
    row("from-two-fields", "T", None, None, None, None, E, None, 0, From="jdoe@{domain}\nFrom: other@second.acme.example"),
    row("from-literal", "T", None, None, None, None, E, None, 0, From="jdoe@[192.0.2.1]"),
]
# A signed zone cannot be broken so, and a validating resolver sees it.
NOT_SIGNED = {"nd-parent-nx": "NXDOMAIN above a name that exists",
              "dom-nx-key-temperror": "a proof that there is no domain proves that there is no key"}
ANSWERS = {NX: "nxdomain", ND: "nodata", FAIL: "servfail", TIMEOUT: "timeout", BOGUS: "bogus"}


def below(r):
    """The row's own domain, relative to acme.example, and that of its From."""
    return r.id, f"{r.host}.{r.id}" if r.host else r.id


def records_of(what, name):
    """What stands at a name for a column of the table."""
    if what == ND:
        return [(name, A)]
    if what in (None, NX, FAIL, TIMEOUT, BOGUS):
        return []
    if isinstance(what, list):
        return [(name, dkimp(text)) for text in what]
    if isinstance(what, tuple):
        return [(name, dkimp(*what))]
    return [(name, what if what.startswith("CNAME ") else dkimp(what))]


def user_name(r):
    return f"{r.more.get('user_label', 'jdoe')}.{r.more.get('user_at', '_user.')}{below(r)[1]}"


class World:
    """The zone of all rows, the zones that fail, and the resolver that sends each question to its server."""

    def __init__(self, directory, signed, key_record):
        self.records = [("says-all", dkimp("p=all")), ("s._domainkey.list", key_record), ("s._domainkey.second", key_record),
                        ("dead._domainkey.list", ELSEWHERE)]
        self.own, self.stubs, self.anchors = {}, {"dead._domainkey.list": "lame"}, []  # relative to acme.example
        for r in ROWS:
            self.add(r, key_record)
        self.keys = directory / "keys"
        for name in [n for n, z in self.own.items() if z.get("forge") is not None]:
            made = Signed(self.keys, f"{name}.acme.example", zone(f"{name}.acme.example", self.own[name]["records"]))
            self.own[name]["text"] = made.forge(self.own[name]["forge"], "TYPE65280").text
            self.anchors.append(made.anchor)
        apex = zone("acme.example", self.records)
        if signed:
            made = Signed(self.keys, "acme.example", apex)
            apex = made.text
            self.anchors.append(made.anchor)
        self.anchor = directory / "anchor"
        self.anchor.write_text("".join(self.anchors))
        zones = {f"{name}.acme.example": z.get("text") or zone(f"{name}.acme.example", z["records"]) for name, z in self.own.items()}
        self.nsd = Nsd(directory / "nsd", {"acme.example": apex}).start()
        self.other = Nsd(directory / "other", zones).start()
        self.lame = Nsd(directory / "lame", {}).start()
        self.silent = Silent()
        ports = {"lame": self.lame.port, "silent": self.silent.port, "other": self.other.port}
        stubs = {f"{name}.acme.example": ports[where] for name, where in self.stubs.items()}
        self.unbound = Unbound(directory / "unbound", {"acme.example": self.nsd.port, **stubs}).start()

    def add(self, r, key_record):
        base, origin = below(r)
        parent = origin.partition(".")[2]
        columns = [(r.domain, origin), (r.user, user_name(r))] + ([(r.parent, parent)] if r.host else [])
        records = [record for what, name in columns for record in records_of(what, name)]
        records += [(base if n == "@" else f"{n}.{base}", dkimp(text)) for n, text in r.more.get("records", [])]
        for signature in r.signatures:
            if signature in ("O", "O!", "Tu"):
                records.append((f"s._domainkey.{origin}", key_record))
            elif signature in ("Td", "Oi"):
                records.append((f"s._domainkey.{base}", key_record))
            elif signature == "O?":
                self.stubs[f"dead._domainkey.{origin}"] = "lame"
                records += [(f"dead._domainkey.{origin}", ELSEWHERE)] if r.domain != NX else []
        for what, name in columns:
            if what in (FAIL, TIMEOUT):
                self.stubs[name] = "lame" if what == FAIL else "silent"
                self.records.append((name, ELSEWHERE))
        if BOGUS in (r.domain, r.user):
            relative = [("@" if n == base else n.removesuffix(f".{base}"), text) for n, text in records]
            forged = "@" if r.domain == BOGUS else "jdoe._user"
            self.own[base] = {"records": relative + [(forged, dkimp("p=strict"))], "forge": forged}
            self.stubs[base] = "other"
            self.records.append((base, ELSEWHERE))
        elif r.parent in (FAIL, NX):  # a zone below what fails, or below nothing: what a broken server says (S14)
            self.own[origin] = {"records": [("@", A)]}
            self.stubs[origin] = "other"
        else:
            self.records += records

    def stop(self):
        for one in (self.unbound, self.silent, self.lame, self.other, self.nsd):
            one.stop()


# --- messages --------------------------------------------------------------------------------------

def tool(*words, **options):
    return subprocess.run([str(binary()), *map(str, words)], capture_output=True, timeout=60, **options)


@pytest.fixture(scope="module")
def key(base):
    """One key for all who sign, and its record."""
    need_servers()
    directory = base / "practices-key"
    directory.mkdir()
    made = tool("dkim", "keygen", "-d", "acme.example", "-s", "s", "--type", "ed25519", "--out", directory / "key")
    assert made.returncode == 0, made.stderr
    record = tool("dkim", "record", "--text", "-k", directory / "key").stdout.decode().strip()
    assert "k=ed25519" in record
    return directory / "key", f'TXT "{record}"'


def signature(key, message, kind, r):
    base, origin = (f"{name}.acme.example" for name in below(r))
    selector = "dead" if "?" in kind else "s"
    domain = {"T": "list.acme.example", "X": "list.acme.example", "O": origin}.get(kind[0])
    domain = {"Tu": origin, "Td": base, "Oi": base, "O2": "second.acme.example"}.get(kind, domain)
    identity = {"Tu": f"joe@{origin}", "Oi": f"@{origin}"}.get(kind)
    if "!" in kind:
        message = message + b"And more.\n"
    made = tool("dkim", "sign", "-d", domain, "-s", selector, "-k", key, *(["--identity", identity] if identity else []),
                "--only-header", input=message)
    assert made.returncode == 0, made.stderr
    return made.stdout.replace(b"\r\n", b"\n").rstrip(b"\n") + b"\n"


def message_of(key, r):
    domain = f"{below(r)[1]}.acme.example"
    said = r.more.get("From", f"{r.local}@{domain}")
    head = b"" if said is None else f"From: {said.replace('{domain}', domain)}\n".encode()
    message = head + b"To: you@example.net\nSubject: a row\n\nHello.\n"
    return b"".join(signature(key, message, kind, r) for kind in r.signatures) + message


@pytest.fixture(scope="module", params=["unsigned", "signed"])
def judged(request, base, key):
    """All rows, in one run of the tool for each list of accepted signers."""
    directory = base / f"practices-{request.param}"
    directory.mkdir()
    world = World(directory, request.param == "signed", key[1])
    found = {}
    try:
        for accept in {r.more.get("accept") for r in ROWS}:
            files = []
            for r in ROWS:
                if r.more.get("accept") == accept:
                    files.append(directory / f"{r.id}.eml")
                    files[-1].write_bytes(message_of(key[0], r))
            ran = tool("practices", "check", "--json", "--resolver", world.unbound.address, "--trust-anchor", world.anchor,
                       "--timeout", "2s", *(["--accept", accept] if accept else []), *files)
            lines = [json.loads(line) for line in ran.stdout.splitlines()]
            assert len(lines) == len(files), ran.stderr.decode()
            found |= {line["file"].rpartition("/")[2].removesuffix(".eml"): line for line in lines}
        yield request.param, found
    finally:
        world.stop()


@pytest.mark.parametrize("r", ROWS, ids=[r.id for r in ROWS])
def test_decision_table(judged, r):
    how, found = judged
    if how == "signed" and r.id in NOT_SIGNED:
        pytest.skip(NOT_SIGNED[r.id])
    got = found[r.id]
    assert (got["verdict"], got["step"], len(got["queries"])) == (r.verdict, r.step, r.queries), got
    domain = f"{below(r)[1]}.acme.example"
    names = [domain, domain.partition(".")[2], f"{user_name(r)}.acme.example"] if r.host and r.queries > 1 else \
            [domain, f"{user_name(r)}.acme.example"]
    for query, name, what in zip(got["queries"], names, [r.domain, r.parent, r.user] if r.host and r.queries > 1 else [r.domain, r.user]):
        if "user_at" not in r.more:
            assert query["name"].lower() == name.lower(), got
        dangling = isinstance(what, str) and what == "CNAME nowhere"
        assert query["answer"] == (ANSWERS["nd"] if dangling else ANSWERS.get(what if isinstance(what, str) else "", "data")), got
        assert query["type"] == "DKIMP"
    if r.practice is not None and r.practice != 4:
        assert got["ssp"]["practice"] == r.practice % 10, got
    assert got["ssp"]["user_level"] == (r.practice is not None and r.practice // 10 == 4 or r.practice == 4), got


def test_every_row_of_the_table_is_here_or_needs_a_top_level_domain():
    assert len(ROWS) == len({r.id for r in ROWS}) == 87
