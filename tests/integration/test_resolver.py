# SPDX-License-Identifier: ISC
"""The resolver against real name servers: six different answers, and dead servers that delay no one else."""
import collections
import os
import select
import subprocess

import pytest

import nameserver
from harness import DEADLINE, binary
from nameserver import DKIMP, TXT, Nsd, Signed, Silent, Unbound, dkimp, need_servers, txt, wire_name, zone

CLIENT = binary().parent / "tests" / "resolver_client"
Answer = collections.namedtuple("Answer", "name type answer ttl secure dangling believed rdata why")


def read_answer(line):
    head, _, why = line.rstrip("\n").partition(" why=")
    name, rrtype, answer, ttl, *rest = head.split(" ")
    words = [w for w in rest if w in ("secure", "dangling", "believed")]
    return Answer(name, int(rrtype), answer, int(ttl.removeprefix("ttl=")), "secure" in words, "dangling" in words, "believed" in words,
                  sorted(bytes.fromhex(w) for w in rest if w not in words), why or None)


class Resolver:
    """resolver_client: questions go in, answers come as they come."""

    def __init__(self, *forwarders, anchor="", timeout_ms=int(DEADLINE * 1000), in_flight=None):
        if not CLIENT.exists():
            pytest.skip(f"{CLIENT} is not built")
        words = [CLIENT, "-t", str(timeout_ms)]
        if anchor is not None:  # None: the system's
            words += ["-a", str(anchor)]
        for forwarder in forwarders:
            words += ["-f", forwarder]
        if in_flight:
            words += ["-n", str(in_flight)]
        self.process = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.lines = b""

    def ask(self, *questions):
        self.process.stdin.write("".join(f"{name} {rrtype}\n" for name, rrtype in questions).encode())
        self.process.stdin.flush()

    def answer(self):
        while b"\n" not in self.lines:
            assert select.select([self.process.stdout], [], [], DEADLINE)[0], "no answer"
            came = os.read(self.process.stdout.fileno(), 65536)
            assert came, self.process.stderr.read().decode()
            self.lines += came
        line, _, self.lines = self.lines.partition(b"\n")
        return read_answer(line.decode())

    def answers(self, *questions):
        self.ask(*questions)
        return {(a.name, a.type): a for a in (self.answer() for _ in questions)}

    def one(self, name, rrtype=TXT):
        return self.answers((name, rrtype))[name, rrtype]

    def end(self):
        """All answers came; it ends by itself, and says nothing."""
        out, err = self.process.communicate(timeout=DEADLINE)
        assert self.process.returncode == 0 and self.lines + out == b"", (self.lines, out, err)

    def stop(self):
        if self.process.poll() is None:
            self.process.kill()
        for pipe in (self.process.stdin, self.process.stdout, self.process.stderr):
            pipe.close()
        self.process.wait()


@pytest.fixture
def resolver():
    made = []

    def make(*forwarders, **options):
        made.append(Resolver(*forwarders, **options))
        return made[-1]

    yield make
    for one in made:
        one.stop()


BIG = ["k" * 255] * 12  # behind UDP's bound: asked again over TCP
RECORDS = [("@", txt("apex")), ("practices", dkimp("p=strict; u=yes")), ("split", dkimp("p=str", "ict")),
           ("two", dkimp("p=all")), ("two", dkimp("p=unknown")), ("alias", "CNAME practices"),
           ("hanging", "CNAME nowhere"), ("hanging-out", "CNAME nowhere.lame"), ("big", txt(*BIG)),
           ("deep.below.empty", txt("x")), ("*.wild", dkimp("p=all")), ("*._user", txt("u")), ("mail", "MX 10 mail")]


class World:
    """Zones under acme.example, each with servers of its own kind, and a resolver in front of them."""

    def __init__(self, directory):
        plain = zone("acme.example", RECORDS)
        keys = directory / "keys"
        self.signed = Signed(keys, "signed.acme.example", zone("signed.acme.example", RECORDS))
        self.nsec3 = Signed(keys, "nsec3.acme.example", zone("nsec3.acme.example", RECORDS), "-n")
        self.forged = Signed(keys, "bogus.acme.example", zone("bogus.acme.example", RECORDS)).forge("practices", "TYPE65280")
        self.expired = Signed(keys, "expired.acme.example", zone("expired.acme.example", RECORDS),
                              "-i", "20200101000000", "-e", "20200201000000")
        self.anchor = directory / "anchor"
        signed = [self.signed, self.nsec3, self.forged, self.expired]
        self.anchor.write_text("".join(z.anchor for z in signed))
        self.nsd = Nsd(directory / "nsd", {"acme.example": plain, **{z.origin: z.text for z in signed}}).start()
        self.lame = Nsd(directory / "lame", {}).start()
        self.silent = Silent()
        stubs = {z.origin: self.nsd.port for z in signed}
        self.unbound = Unbound(directory / "unbound", {"acme.example": self.nsd.port, **stubs, "lame.acme.example": self.lame.port,
                                                       "silent.acme.example": self.silent.port}).start()

    def stop(self):
        for one in (self.unbound, self.silent, self.lame, self.nsd):
            one.stop()


@pytest.fixture(scope="module")
def world(base):
    need_servers()
    directory = base / "resolver"
    directory.mkdir()
    w = World(directory)
    yield w
    w.stop()


@pytest.fixture(scope="module")
def validating(world):
    one = Resolver(world.unbound.address, anchor=world.anchor)
    yield one
    one.stop()


def rdata(*texts):
    return nameserver.strings(*texts)


@pytest.mark.parametrize("origin, secure", [("acme.example", False), ("signed.acme.example", True), ("nsec3.acme.example", True)])
@pytest.mark.parametrize("name, rrtype, answer, records, dangling", [
    ("practices", DKIMP, "data", [rdata("p=strict; u=yes")], False),
    ("split", DKIMP, "data", [rdata("p=str", "ict")], False),
    ("two", DKIMP, "data", [rdata("p=all"), rdata("p=unknown")], False),
    ("alias", DKIMP, "data", [rdata("p=strict; u=yes")], False),
    ("big", TXT, "data", [rdata(*BIG)], False),
    ("x.wild", DKIMP, "data", [rdata("p=all")], False),
    ("jdoe._user", TXT, "data", [rdata("u")], False),
    ("practices", TXT, "nodata", [], False),
    ("below.empty", TXT, "nodata", [], False),
    ("alias", TXT, "nodata", [], False),
    ("nothing", TXT, "nxdomain", [], False),
    ("x.nothing", DKIMP, "nxdomain", [], False),
    ("hanging", DKIMP, "nodata", [], True),
])
def test_answers_of_a_good_server(validating, origin, secure, name, rrtype, answer, records, dangling):
    got = validating.one(f"{name}.{origin}", rrtype)
    assert (got.answer, got.rdata, got.dangling) == (answer, sorted(records), dangling)
    # RFC 5155 §9.2: what an opt-out span covers is not secure; ldns-signzone makes none.
    assert got.secure == secure
    assert 0 < got.ttl <= (300 if records else 60)


def test_a_name_in_any_case_and_with_a_final_dot(validating):
    assert validating.one("PRACTICES.Acme.Example.", DKIMP).answer == "data"


def test_names_inside_rdata_are_written_out(validating):
    assert validating.one("mail.acme.example", 15).rdata == [b"\0\x0a" + wire_name("mail.acme.example")]


def test_a_forged_record_is_bogus_and_its_data_is_not_shown(validating):
    got = validating.one("practices.bogus.acme.example", DKIMP)
    assert (got.answer, got.rdata, got.secure) == ("bogus", [], False)
    assert "signature" in got.why and "practices.bogus.acme.example" in got.why
    assert validating.one("split.bogus.acme.example", DKIMP).secure  # its neighbour is genuine


def test_signatures_that_have_expired_are_bogus(validating):
    got = validating.one("practices.expired.acme.example", DKIMP)
    assert got.answer == "bogus" and "expired" in got.why


def test_without_trust_anchors_nothing_is_validated(world, resolver):
    r = resolver(world.unbound.address)
    assert r.one("practices.bogus.acme.example", DKIMP).answer == "data"
    assert not r.one("practices.signed.acme.example", DKIMP).secure


def test_a_lame_server_is_a_failure(world, validating, resolver):
    assert validating.one("key.lame.acme.example").answer == "servfail"
    assert resolver(world.lame.address).one("practices.acme.example", DKIMP).answer == "servfail"


def test_an_alias_into_a_failure_is_a_failure(validating):
    assert validating.one("hanging-out.acme.example").answer == "servfail"


def test_silence_is_a_timeout_by_our_own_clock(world, resolver):
    """Libunbound would say SERVFAIL, and only after many seconds."""
    for address in (world.silent.address, world.unbound.address):
        r = resolver(address, timeout_ms=300)
        assert r.one("one.silent.acme.example").answer == "timeout"
        r.end()


def test_a_closed_port_is_no_answer(resolver):
    r = resolver(f"127.0.0.1@{nameserver.dns_port()}", timeout_ms=300)
    assert r.one("practices.acme.example").answer in ("timeout", "servfail")


@pytest.mark.parametrize("name", ["", ".", "a..b", ".a", "x" * 64 + ".acme.example", "\\046.acme.example",
                                  ".".join(["x" * 63] * 4), "a\x01b.acme.example"])
def test_a_name_that_is_none_does_not_exist(world, resolver, name):
    r = resolver(world.silent.address)
    assert r.one(name).answer == "nxdomain"


def test_the_longest_name_is_asked(validating):
    long = ".".join(["x" * 63, "y" * 63, "z" * 63, "w" * (253 - 3 * 64 - len(".acme.example")), "acme.example"])
    assert len(long) == 253
    assert validating.one(long).answer == "nxdomain"


def test_dead_servers_do_not_stop_the_others(world, resolver):
    """The answers that can be had come while all the others are open."""
    r = resolver(world.unbound.address)
    dead = [(f"dead{i}.silent.acme.example", TXT) for i in range(100)]
    good = [(f"x{i}.wild.acme.example", DKIMP) for i in range(20)]
    r.ask(*dead, *good)
    got = [r.answer() for _ in good]
    assert {(a.name, a.answer) for a in got} == {(name, "data") for name, _ in good}


def test_a_forwarder_that_is_silent_for_some_names_answers_others(world, resolver):
    r = resolver(world.unbound.address, timeout_ms=400)
    for batch in range(4):
        dead = [(f"late{batch}-{i}.silent.acme.example", TXT) for i in range(30)]
        assert {a.answer for a in r.answers(*dead).values()} == {"timeout"}
        assert r.one(f"y{batch}.wild.acme.example", DKIMP).answer == "data"
    r.end()


def test_a_forwarder_that_was_quick_is_waited_for_until_the_deadline(world, resolver):
    """Not only as long as it took before: the name's own servers may be slow."""
    r = resolver(world.unbound.address, timeout_ms=4500)
    assert {r.one(f"z{n}.wild.acme.example", DKIMP).answer for n in range(20)} == {"data"}
    assert {a.answer for a in r.answers(*[(f"slow{n}.silent.acme.example", TXT) for n in range(3)]).values()} == {"timeout"}
    r.end()


def test_the_same_question_at_one_time_is_one_query(world, resolver):
    heard = Silent()
    try:
        r = resolver(heard.address, timeout_ms=300)
        r.ask(*[("same.acme.example", TXT)] * 50, ("SAME.acme.example.", TXT), ("other.acme.example", TXT))
        assert {r.answer().answer for _ in range(52)} == {"timeout"}
        packets = {heard.heard()[12:] for _ in range(2)}
        heard.socket.settimeout(0)
        try:
            while True:
                packets.add(heard.heard()[12:])
        except BlockingIOError:
            pass
        names = {p[:p.index(b"\0")].lower() for p in packets}
        assert names == {wire_name(n)[:-1] for n in ("same.acme.example", "other.acme.example")}
        r.end()
    finally:
        heard.stop()


def test_more_questions_than_may_be_in_flight_fail_at_once(world, resolver):
    r = resolver(world.silent.address, in_flight=8, timeout_ms=500)
    got = r.answers(*[(f"a.b{i}.example", TXT) for i in range(10)])
    late = [a for a in got.values() if a.answer == "timeout"]
    full = [a for a in got.values() if a.answer == "servfail"]
    assert len(late) == 8 and {a.why for a in full} == {"too many questions at one time"}


def test_one_domain_cannot_take_all_that_may_be_in_flight(world, resolver):
    """An eighth of 64 and one; co.example has labels as short as co.uk."""
    r = resolver(world.unbound.address, in_flight=64, timeout_ms=1000)
    dead = [(f"dead{i}.silent.acme.example", TXT) for i in range(12)]
    r.ask(*dead, ("practices.signed.acme.example", DKIMP), ("nothing.test", TXT))
    got = {}
    for _ in range(14):
        a = r.answer()
        got[a.name] = a
    assert sum(a.answer == "timeout" for a in got.values()) == 9
    assert got["practices.signed.acme.example"].why == "too many unanswered questions to one domain"
    assert got["nothing.test"].answer == "nxdomain"


def test_a_forwarder_that_comes_back_is_asked_again(base, resolver):
    need_servers()
    directory = base / "resolver-back"
    first = Nsd(directory, {"acme.example": zone("acme.example", RECORDS)}).start()
    r = resolver(first.address, timeout_ms=300)
    assert r.one("practices.acme.example", DKIMP).answer == "data"
    first.stop()
    gone = {a.answer for a in r.answers(*[(f"g{i}.wild.acme.example", DKIMP) for i in range(20)]).values()}
    assert gone <= {"timeout", "servfail"}
    second = Nsd(directory, {"acme.example": zone("acme.example", RECORDS)}, port=first.port).start()
    try:
        assert r.one("two.acme.example", DKIMP).answer == "data"
        assert r.one("split.acme.example", DKIMP).answer == "data"
    finally:
        second.stop()


@pytest.mark.parametrize("forwarder", ["nobody.example", "127.0.0.1@", "127.0.0.1:53", "127.0.0.1@99999", ""])
def test_a_forwarder_that_is_no_address_is_refused(resolver, forwarder):
    r = resolver(forwarder)
    _, err = r.process.communicate(timeout=DEADLINE)
    assert r.process.returncode == 1 and b"not ADDRESS or ADDRESS@PORT" in err


def test_trust_anchors_that_cannot_be_read_are_refused(world, resolver, workdir):
    broken = workdir / "broken"
    broken.write_text("acme.example. IN DS this is none\n")
    for anchor, why in ((workdir / "missing", b"No such file"), (broken, b"libunbound")):
        r = resolver(world.unbound.address, anchor=anchor)
        _, err = r.process.communicate(timeout=DEADLINE)
        assert r.process.returncode == 1 and why in err, err


def test_a_forwarder_without_dnssec_makes_all_bogus_and_says_why(world, resolver, workdir):
    stripped = Nsd(workdir, {"signed.acme.example": zone("signed.acme.example", RECORDS)}).start()
    try:
        got = resolver(stripped.address, anchor=world.anchor).one("practices.signed.acme.example", DKIMP)
        assert got.answer == "bogus" and "trust anchor" in got.why
    finally:
        stripped.stop()


def test_a_forwarder_on_this_host_that_knows_no_dnssec_is_believed(world, resolver):
    """It cannot give the root's keys. Only so where no trust anchor was named: see the test above."""
    questions = [(f"{name}.acme.example", DKIMP) for name in ("practices", "nothing", "hanging", "practices.bogus")]
    for address in (world.nsd.address, world.unbound.address):
        r = resolver(address, anchor=None)
        for _ in range(2):
            got = r.answers(*questions, ("mail.acme.example", TXT))
            assert [got[q].answer for q in questions] == ["data", "nxdomain", "nodata", "data"]
            assert got["hanging.acme.example", DKIMP].dangling
            assert all(a.believed and not a.secure for a in got.values())
        r.process.stdin.close()
        assert r.process.wait(DEADLINE) == 0
    assert resolver(world.lame.address, anchor=None).one("practices.acme.example").answer == "servfail"
    assert resolver(world.silent.address, anchor=None, timeout_ms=300).one("practices.acme.example").answer == "timeout"


def test_it_ends_with_questions_open(world, resolver):
    r = resolver(world.unbound.address)
    r.ask(*[(f"open{i}.silent.acme.example", TXT) for i in range(20)], ("practices.acme.example", DKIMP))
    assert r.answer().answer == "data"
    r.process.terminate()
    r.process.wait(DEADLINE)
