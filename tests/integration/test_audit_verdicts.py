# SPDX-License-Identifier: ISC
"""`postern audit --json --reveal` over small captures, each with one thing in it: issue by issue of RFC 7819 §5.

What is expected here was written from the draft's text alone; tests/unit/audit has the rules one by one."""
import itertools
import json
import subprocess

import pytest

import dhcp_wire as w
from harness import binary

LOCAL = "02:a4:5e:10:00:01"      # locally administered
LOCAL2 = "06:11:22:33:44:55"
UNIVERSAL = "3c:07:54:10:20:30"  # Apple's
SERVER = "192.0.2.1"
TIMES = itertools.count(w.EPOCH, 60)


class Client:
    """One client on one link; what it does is appended to frames."""

    def __init__(self, hardware=LOCAL, options=(), prl=(1, 3, 6), server=SERVER, mask="255.255.255.0"):
        self.hardware, self.options, self.prl = hardware, list(options), prl
        self.server, self.mask, self.frames = server, mask, []
        self.xid = itertools.count(0x1000 + sum(w.mac(hardware)), 0x1357)

    def send(self, message, src="0.0.0.0", dst="255.255.255.255", **more):
        self.frames.append(w.Frame(w.frame_of(message, src, dst, hardware=self.hardware, **more), time=next(TIMES)))

    def answer(self, kind, xid, yiaddr="0.0.0.0", *options, giaddr="0.0.0.0", sport=67, dport=68, dst="255.255.255.255"):
        m = w.Message(kind, self.hardware, xid=xid, yiaddr=yiaddr, giaddr=giaddr)
        m.add(54, w.ip(self.server))
        if kind != "NAK":
            m.add(51, w.u32(3600)).add(1, w.ip(self.mask)).add(3, w.ip(self.server))
        for o in options:
            m.add(*o)
        self.frames.append(w.Frame(w.frame_of(m, self.server, dst, sport, dport, "02:00:5e:ff:00:01"), time=next(TIMES)))

    def message(self, kind, *options, **fields):
        m = w.Message(kind, self.hardware, **fields)
        for o in [*self.options, *options]:
            m.add(*o)
        return m.add(55, list(self.prl)) if self.prl else m

    def join(self, address="192.0.2.50", discover=(), server=(), request=()):
        """DISCOVER to ACK."""
        xid = next(self.xid)
        self.send(self.message("DISCOVER", *discover, xid=xid))
        self.answer("OFFER", xid, address, *server)
        self.send(self.message("REQUEST", (50, w.ip(address)), (54, w.ip(self.server)), *request, xid=xid))
        self.answer("ACK", xid, address, *server)
        return self


def audit(tmp_path, *networks, options=()):
    """networks: (name, frames)…; the report."""
    arguments = []
    for name, frames in networks:
        path = w.write_pcap(tmp_path / f"{name}.pcap", frames)
        arguments += ["--network", f"{name}={path}"]
    done = subprocess.run([binary(), "audit", "--json", "--reveal", *options, *arguments], capture_output=True, text=True,
                          timeout=60)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def client_of(report, hardware):
    found = [c for c in report["clients"] if c["hardware"] == hardware]
    assert len(found) == 1, [c["hardware"] for c in report["clients"]]
    return found[0]


def one(tmp_path, client):
    return client_of(audit(tmp_path, ("office", client.frames)), client.hardware)["attacks"]


def expect(attacks, section, verdict, *texts):
    got = attacks[section]
    assert got["verdict"] == verdict, (section, got)
    if verdict == "exposed":
        assert got["evidence"], section
    said = " | ".join(e["what"] for e in got["evidence"])
    for text in texts:
        assert text in said, (section, text, said)
    for e in got["evidence"]:
        assert e["file"] and e["frame"] >= 1


def own_id(hardware):
    return 61, w.client_id_hardware(hardware)


OPAQUE = (61, b"\0opaque-7f3a91")
DUID_EN = (61, w.client_id_duid(1, w.duid_en(43793, b"\x11\x22\x33\x44\x55\x66\x77\x88")))


def test_a_client_that_keeps_to_the_anonymity_profile_exposes_nothing_but_its_system(tmp_path):
    attacks = one(tmp_path, Client(options=[own_id(LOCAL)]).join())
    for section in ("5.1", "5.3", "5.4", "5.5", "5.7", "5.8", "5.9", "5.10"):
        expect(attacks, section, "not seen")


@pytest.mark.parametrize("client, section, texts", [
    (Client(UNIVERSAL), "5.1", ()),
    (Client(options=[(61, w.client_id_hardware(UNIVERSAL))]), "5.1", (UNIVERSAL,)),
    (Client(options=[(61, w.client_id_duid(7, w.duid_ll(UNIVERSAL)))]), "5.1", (UNIVERSAL,)),
    (Client(options=[(61, w.client_id_duid(7, w.duid_llt(UNIVERSAL, 600000000)))]), "5.1", (UNIVERSAL,)),
    (Client(options=[(60, "HP LaserJet M402")]), "5.1", ("HP LaserJet M402",)),
    (Client(options=[(60, "MSFT 5.0")]), "5.2", ("MSFT 5.0",)),
    (Client(options=[(60, "dhcpcd-9.4.1:Linux-6.1.0-13-amd64:x86_64:GenuineIntel")]), "5.2", ("dhcpcd-9.4.1",)),
    (Client(options=[(93, w.u16(7)), (94, b"\1\3\20"), (97, b"\0" + bytes(range(16)))]), "5.2", ()),
    (Client(options=[OPAQUE]), "5.5", ()),
    (Client(options=[DUID_EN]), "5.5", ()),
    (Client(options=[(61, w.client_id_duid(9, w.duid_ll(LOCAL)))]), "5.5", ()),
    (Client(options=[(81, w.fqdn("toms-laptop.home.example", 5))]), "5.5", ("toms-laptop.home.example",)),
    (Client(options=[(12, "toms-laptop")]), "5.5", ("toms-laptop",)),
    (Client(options=[(97, b"\0" + bytes(range(16)))]), "5.5", ()),
], ids=lambda v: "" if isinstance(v, Client) else str(v))
def test_what_a_client_sends_exposes(tmp_path, client, section, texts):
    client.frames.clear()
    expect(one(tmp_path, client.join()), section, "exposed", *texts)


@pytest.mark.parametrize("name, server, texts", [
    ("civic", (99, w.civic(2, "DE", (3, "Köln"), (6, "Domstraße"), (19, "7"))), ("Köln", "Domstraße", "DE")),
    ("geoconf", (123, w.geo(50.9413, 6.9583)), ("50.9413", "6.9583")),
    ("geoloc", (144, w.geo(-33.8568, 151.2153, loc=True)), ("-33.8568", "151.2153")),
    ("circuit", (82, w.tlv((1, "eth 1/0/7:100"))), ("eth 1/0/7:100",)),
    ("subscriber", (82, w.tlv((6, "customer-4711"))), ("customer-4711",)),
])
def test_location_in_what_goes_to_a_client(tmp_path, name, server, texts):
    attacks = one(tmp_path, Client(options=[own_id(LOCAL)]).join(server=[server]))
    expect(attacks, "5.3", "exposed", *texts)
    if name == "subscriber":
        expect(attacks, "5.5", "exposed", "customer-4711")
    else:
        expect(attacks, "5.5", "not seen")


def relayed(client, sub, address="10.1.0.50", giaddr="10.1.0.1"):
    xid = next(client.xid)
    m = client.message("DISCOVER", (82, sub), xid=xid, giaddr=giaddr, hops=1)
    client.send(m, giaddr, client.server, sport=67, dport=67)
    client.answer("OFFER", xid, address, (82, sub), giaddr=giaddr, dport=67, dst=giaddr)
    m = client.message("REQUEST", (50, w.ip(address)), (54, w.ip(client.server)), (82, sub), xid=xid, giaddr=giaddr, hops=1)
    client.send(m, giaddr, client.server, sport=67, dport=67)
    client.answer("ACK", xid, address, (82, sub), giaddr=giaddr, dport=67, dst=giaddr)
    return client


def test_location_between_relay_agent_and_server(tmp_path):
    sub = w.tlv((1, "ge-0/0/3.100"), (2, "modem-00A1"), (5, w.ip("10.1.0.0")))
    attacks = one(tmp_path, relayed(Client(options=[own_id(LOCAL)]), sub))
    expect(attacks, "5.3", "exposed", "ge-0/0/3.100", "modem-00A1", "10.1.0.0")


def test_an_address_that_the_same_network_confirms_is_no_visited_network(tmp_path):
    client = Client(options=[own_id(LOCAL)]).join("192.0.2.50", discover=[(50, w.ip("192.0.2.50"))])
    expect(one(tmp_path, client), "5.4", "not seen")


def test_a_foreign_address_in_a_discover_is_a_visited_network(tmp_path):
    client = Client(options=[own_id(LOCAL)]).join("192.0.2.50", discover=[(50, w.ip("172.20.9.77"))])
    expect(one(tmp_path, client), "5.4", "exposed", "172.20.9.77")


def reboot(client, address, kind, yiaddr="0.0.0.0"):
    xid = next(client.xid)
    client.send(client.message("REQUEST", (50, w.ip(address)), xid=xid))
    client.answer(kind, xid, yiaddr)
    return client


def test_init_reboot_with_a_foreign_address_is_a_visited_network(tmp_path):
    client = reboot(Client(options=[own_id(LOCAL)]), "10.11.12.13", "NAK").join("192.0.2.51")
    expect(one(tmp_path, client), "5.4", "exposed", "10.11.12.13")


def test_a_nak_inside_the_subnet_only_makes_it_possible(tmp_path):
    client = reboot(Client(options=[own_id(LOCAL)]), "192.0.2.99", "NAK").join("192.0.2.51")
    expect(one(tmp_path, client), "5.4", "possible")


def test_init_reboot_that_is_confirmed_is_no_visited_network(tmp_path):
    client = reboot(Client(options=[own_id(LOCAL)]), "192.0.2.50", "ACK", "192.0.2.50")
    expect(one(tmp_path, client), "5.4", "not seen")


def test_the_visited_network_is_named_when_it_is_among_the_captures(tmp_path):
    home = Client(options=[own_id(LOCAL)], server="10.9.8.1").join("10.9.8.77")
    office = Client(options=[own_id(LOCAL)]).join("192.0.2.50", discover=[(50, w.ip("10.9.8.77"))])
    report = audit(tmp_path, ("home", home.frames), ("office", office.frames))
    expect(client_of(report, LOCAL)["attacks"], "5.4", "exposed", "10.9.8.77", "home")


def renew(client, ciaddr, kind):
    xid = next(client.xid)
    client.send(client.message("REQUEST", xid=xid, ciaddr=ciaddr), ciaddr, client.server)
    client.answer(kind, xid, ciaddr if kind == "ACK" else "0.0.0.0")
    return client


def test_ciaddr_from_elsewhere_is_a_visited_network(tmp_path):
    client = renew(Client(options=[own_id(LOCAL)]), "172.16.3.4", "NAK").join("192.0.2.51")
    expect(one(tmp_path, client), "5.4", "exposed", "172.16.3.4")


def test_a_renewal_is_no_visited_network(tmp_path):
    client = renew(Client(options=[own_id(LOCAL)]).join("192.0.2.50"), "192.0.2.50", "ACK")
    expect(one(tmp_path, client), "5.4", "not seen")


@pytest.mark.parametrize("asked, answered, verdict", [
    (w.fqdn("tom.example.com", 5), w.fqdn("tom.example.com", 5), "exposed"),   # the server publishes
    (w.fqdn("tom.example.com", 4), w.fqdn("tom.example.com", 7), "exposed"),   # overridden: the server does
    (w.fqdn("tom.example.com", 5), w.fqdn("tom.example.com", 12), "not seen"),  # N: it publishes nothing
    (w.fqdn("tom.example.com", 5), None, "possible"),
], ids=["server updates", "server overrides", "server answers N", "no answer"])
def test_names_in_dns(tmp_path, asked, answered, verdict):
    client = Client(options=[own_id(LOCAL), (81, asked)]).join(server=[(81, answered)] if answered else [])
    expect(one(tmp_path, client), "5.7", verdict, *(["tom.example.com"] if verdict == "exposed" else []))


def test_two_sightings_with_one_identity_are_correlated(tmp_path):
    client = Client(options=[DUID_EN]).join("192.0.2.50").join("192.0.2.50")
    attacks = one(tmp_path, client)
    expect(attacks, "5.8", "exposed")
    expect(attacks, "5.9", "not seen")


def test_an_identity_on_two_networks_is_tracked_though_the_hardware_address_changed(tmp_path):
    home = Client(LOCAL, options=[DUID_EN], server="10.9.8.1").join("10.9.8.77")
    office = Client(LOCAL2, options=[DUID_EN]).join("192.0.2.50")
    report = audit(tmp_path, ("home", home.frames), ("office", office.frames))
    for hardware in (LOCAL, LOCAL2):
        attacks = client_of(report, hardware)["attacks"]
        for section in ("5.5", "5.6", "5.8", "5.9"):
            expect(attacks, section, "exposed")
    assert len(report["links"]) == 1
    link = report["links"][0]
    ids = {client_of(report, h)["id"] for h in (LOCAL, LOCAL2)}
    assert {link["a"], link["b"]} == ids and link["probability"] > 0.99 and link["evidence"]


def test_clients_with_nothing_in_common_are_not_linked_or_tracked(tmp_path):
    home = Client(LOCAL, options=[own_id(LOCAL)], server="10.9.8.1").join("10.9.8.77")
    office = Client(LOCAL2, options=[own_id(LOCAL2)]).join("192.0.2.50")
    report = audit(tmp_path, ("home", home.frames), ("office", office.frames))
    assert report["links"] == []
    for hardware in (LOCAL, LOCAL2):
        expect(client_of(report, hardware)["attacks"], "5.9", "not seen")


def test_a_leasequery_exposes_the_client_that_was_asked_about(tmp_path):
    client = Client(options=[own_id(LOCAL)]).join("192.0.2.50")
    other = Client(LOCAL2, options=[own_id(LOCAL2)]).join("192.0.2.51")
    asker = "192.0.2.200"
    query = w.Message("LEASEQUERY", b"\0" * 6, htype=0, hlen=0, ciaddr="192.0.2.50", giaddr=asker, xid=77)
    active = w.Message("LEASEACTIVE", LOCAL, ciaddr="192.0.2.50", giaddr=asker, xid=77)
    active.add(54, w.ip(SERVER)).add(51, w.u32(1000)).add(91, w.u32(13)).add(82, w.tlv((1, "port 7")))
    frames = client.frames + other.frames
    frames.append(w.Frame(w.frame_of(query, asker, SERVER, 67, 67, "02:00:5e:aa:00:09"), time=next(TIMES)))
    frames.append(w.Frame(w.frame_of(active, SERVER, asker, 67, 67, "02:00:5e:ff:00:01"), time=next(TIMES)))
    report = audit(tmp_path, ("office", frames))
    expect(client_of(report, LOCAL)["attacks"], "5.10", "exposed", asker)
    expect(client_of(report, LOCAL2)["attacks"], "5.10", "not seen")


def hardware_of(i):
    """Scattered, so that no low bits run along."""
    x = (i * 2654435761 + 12345) & 0xffffffff
    return "02:%02x:%02x:%02x:%02x:%02x" % (x >> 24, x >> 16 & 255, x >> 8 & 255, x & 255, i * 7 & 255)


def sdbm(hardware):
    j = 0
    for octet in w.mac(hardware):
        j = (octet + (j << 6) + (j << 16) - j) & 0xffffffff
    return j or 1


@pytest.mark.parametrize("choose, strategy", [
    (lambda i, hardware: 10 + i, "iterative"),
    (lambda i, hardware: 50 + sdbm(hardware) % 150, "hash"),
    (lambda i, hardware: w.mac(hardware)[5], "identifier"),
    (lambda i, hardware: 3 + (i * i * 31 + 17 * i * i * i) % 241, "unpredictable"),
], ids=["iterative", "hash", "identifier", "unpredictable"])
@pytest.mark.parametrize("clients", [9, 30])
def test_allocation_is_told_from_ten_clients_on(tmp_path, choose, strategy, clients):
    frames, taken = [], set()
    for i in range(clients):
        hardware = hardware_of(i)
        last = choose(i, hardware)
        if last in taken:
            continue
        taken.add(last)
        frames += Client(hardware, options=[own_id(hardware)]).join(f"192.0.2.{last}").frames
    server, = audit(tmp_path, ("office", frames))["servers"]
    assert server["allocation"]["strategy"] == ("unknown" if clients < 10 else strategy), server
