# SPDX-License-Identifier: ISC
"""`postern audit --json --reveal` over a table of scenarios: the sentences of the issue and of RFC 7819, each said
and gainsaid, and clients as they are met. A row: its name, the networks, and what is expected of them.

Expectations were written before the code was read. "a|b" leaves a judgement open that the words leave open."""
import base64
import json
import subprocess

import pytest

import dhcp_wire as w
from harness import binary
from test_audit_verdicts import (DUID_EN, LOCAL, LOCAL2, OPAQUE, SERVER, TIMES, UNIVERSAL, Client, client_of,
                                 own_id, sdbm)

LOCAL3 = "0a:77:21:9c:3e:08"
OTHER = "a4:83:e7:11:22:33"  # universal too
HOME, ASKER = "10.9.8.1", "192.0.2.200"
UUID = bytes.fromhex("4c4c4544005832108035b4c04f333231")
DUID_UUID = (61, w.client_id_duid(5, w.duid_uuid(UUID)))
MODEM = w.tlv((1, "cable 3/0/1"), (2, b"\0\x15\x9a\x11\x22\x33"), (6, "subscriber-991"))


# --- clients and what they do ----------------------------------------------------------------------

def mine(*options, hardware=LOCAL, **more):
    """A client with a client-id of its own hardware address."""
    return Client(hardware, [own_id(hardware), *options], **more)


def bare(*options, hardware=LOCAL, **more):
    return Client(hardware, options, **more)


def home(client):
    client.server = HOME
    return client.join("10.9.8.77")


def reboot(client, address, answer=None, yiaddr=None):
    """INIT-REBOOT, and what comes of it."""
    xid = next(client.xid)
    client.send(client.message("REQUEST", (50, w.ip(address)), xid=xid))
    if answer:
        client.answer(answer, xid, (yiaddr or address) if answer == "ACK" else "0.0.0.0")
    return client


def renew(client, ciaddr, answer=None, dst=None):
    xid = next(client.xid)
    client.send(client.message("REQUEST", xid=xid, ciaddr=ciaddr), ciaddr, dst or client.server)
    if answer:
        client.answer(answer, xid, ciaddr if answer == "ACK" else "0.0.0.0", dst=ciaddr)
    return client


def say(client, kind, *options, src="0.0.0.0", dst="255.255.255.255", answer=None, yiaddr="0.0.0.0", server=(), **fields):
    """One message and, it may be, one answer."""
    xid = next(client.xid)
    client.send(client.message(kind, *options, xid=xid, **fields), src, dst)
    if answer:
        client.answer(answer, xid, yiaddr, *server)
    return client


def release(client, address):
    return say(client, "RELEASE", (54, w.ip(client.server)), src=address, dst=client.server, ciaddr=address)


def relayed(client, sub, address="10.1.0.50", giaddr="10.1.0.1", discover=(), echo=True):
    xid = next(client.xid)
    back = ((82, sub),) if echo else ()
    for kind, more, answer in (("DISCOVER", discover, "OFFER"),
                               ("REQUEST", ((50, w.ip(address)), (54, w.ip(client.server))), "ACK")):
        m = client.message(kind, *more, (82, sub), xid=xid, giaddr=giaddr, hops=1)
        client.send(m, giaddr, client.server, sport=67, dport=67)
        client.answer(answer, xid, address, *back, giaddr=giaddr, dport=67, dst=giaddr)
    return client


def frame(message, src, dst, sport=67, dport=67):
    return w.Frame(w.frame_of(message, src, dst, sport, dport, "02:00:5e:aa:00:09"), time=next(TIMES))


def leasequery(answer="LEASEACTIVE", about=LOCAL, lease="192.0.2.50", asker=ASKER, server=SERVER, by="address", more=(),
               **cid):
    """A question over UDP by address, hardware or client-id, and its answer."""
    q = w.Message("LEASEQUERY", b"", htype=0, giaddr=asker, xid=0x7700)
    if by == "address":
        q.set(ciaddr=lease)
    elif by == "hardware":
        q.set(chaddr=w.mac(about), htype=1)
    elif by == "client-id":
        q.add(61, cid["id"])
    else:
        q.add(82, w.tlv((2, by)))
    out = [frame(q, asker, server)]
    if answer == "LEASEACTIVE":
        a = w.Message(answer, about, giaddr=asker, xid=0x7700, ciaddr=lease).add(54, w.ip(server))
        a.add(51, w.u32(900)).add(91, w.u32(13))
        for o in more:
            a.add(*o)
        out.append(frame(a, server, asker))
    elif answer:
        a = w.Message(answer, q.chaddr, htype=q.htype, giaddr=asker, xid=0x7700, ciaddr=q.ciaddr).add(54, w.ip(server))
        out.append(frame(a, server, asker))
    return out


def stream(*turns, asker=ASKER, server=SERVER, port=40000):
    """A TCP connection; turns: (from the asker?, octets)."""
    seq = {True: 1000, False: 5000}
    out = []

    def put(up, payload=b"", flags="PA"):
        a, b = (asker, server) if up else (server, asker)
        sp, dp = (port, 67) if up else (67, port)
        segment = w.tcp(payload, sp, dp, seq[up], seq[not up], flags, a, b)
        out.append(w.Frame(w.ethernet(w.ipv4(segment, a, b, 6)), time=next(TIMES)))
        seq[up] += len(payload) + ("S" in flags)
    put(True, flags="S")
    put(False, flags="SA")
    put(True, flags="A")
    for up, payload in turns:
        put(up, payload)
    return out


def tcp_message(kind, chaddr=b"", **fields):
    options = fields.pop("options", ())
    m = w.Message(kind, chaddr, xid=0x55, htype=1 if chaddr else 0, **fields)
    for o in options:
        m.add(*o)
    return m.stream()


def bulk(*active, kind="BULKLEASEQUERY", done=True, asker=ASKER, server=SERVER, query=()):
    turns = [(True, tcp_message(kind, options=query))]
    turns += [(False, tcp_message("LEASEACTIVE", w.mac(h), ciaddr=a, options=[(54, w.ip(server)), *more]))
              for h, a, more in active]
    if done:
        turns.append((False, tcp_message("LEASEQUERYDONE")))
    return stream(*turns, asker=asker, server=server)


def tls(refused=False, asker=ASKER, server=SERVER):
    answer = [(151, b"\x08refused")] if refused else []
    turns = [(True, tcp_message("TLS")), (False, tcp_message("TLS", op=2, options=answer))]
    if not refused:
        turns += [(True, b"\x16\x03\x01\0\x20" + bytes(32)), (False, b"\x16\x03\x03\0\x20" + bytes(32))]
    return stream(*turns, asker=asker, server=server)


# --- running ---------------------------------------------------------------------------------------

def arguments_of(tmp_path, networks):
    """networks: (name, clients or frames…); a name with a "?" is an unnamed file."""
    arguments = []
    for name, *parts in networks:
        frames = []
        for p in parts:
            frames += p.frames if isinstance(p, Client) else p
        frames.sort(key=lambda f: f.ns)
        path = w.write_pcap(tmp_path / f"{name.strip('?')}.pcap", frames)
        arguments += [str(path)] if "?" in name else ["--network", f"{name}={path}"]
    return arguments


def report_of(tmp_path, networks, *options):
    done = subprocess.run([binary(), "audit", "--json", "--reveal", *options, *arguments_of(tmp_path, networks)],
                          capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def said(evidence):
    return " | ".join(e["what"] for e in evidence)


def verdict(report, hardware, section, expected, *texts):
    got = client_of(report, hardware)["attacks"][section]
    assert got["verdict"] in expected.split("|"), (section, expected, got)
    assert got["evidence"] or got["verdict"] != "exposed"
    for text in texts:
        assert text in said(got["evidence"]), (section, text, got)


def rule(report, hardware, name, expected):
    got = client_of(report, hardware)["conformance"]["rules"][name]
    assert got["result"] in expected.split("|"), (name, expected, got)
    assert got["evidence"] or got["result"] != "violates", (name, got)


def link(report, one, other, low, high):
    """The probability of their link lies between the two; without a link it is nil."""
    ids = {client_of(report, h)["id"] for h in (one, other)}
    found = [k for k in report["links"] if {k["a"], k["b"]} == ids]
    assert len(found) <= 1
    probability = found[0]["probability"] if found else 0
    assert low <= probability <= high, (low, high, report["links"])
    assert not found or found[0]["evidence"]
    return found


OFFICE = "office"
YES, NO, MAY = "exposed", "not seen", "possible"

# --- §3: one client on one network -----------------------------------------------------------------

# name, a function that makes the client, (section, verdict, texts…)…
ALONE = [
    # 5.1: the OUI of chaddr, client-id and DUID; vendor class
    ("universal chaddr", lambda: bare(hardware=UNIVERSAL).join(), ("5.1", YES, "Apple")),
    ("local chaddr", lambda: mine().join(), ("5.1", NO)),
    ("no client-id, local chaddr", lambda: bare().join(), ("5.1", NO), ("5.5", NO), ("5.9", NO)),
    ("client-id with a universal address", lambda: bare((61, w.client_id_hardware(OTHER))).join(),
     ("5.1", YES, OTHER), ("5.5", YES, OTHER)),
    ("client-id with another local address", lambda: bare((61, w.client_id_hardware(LOCAL2))).join(),
     ("5.1", NO), ("5.5", YES, LOCAL2)),
    ("DUID-LLT of a universal address", lambda: bare((61, w.client_id_duid(1, w.duid_llt(OTHER, 500000000)))).join(),
     ("5.1", YES, OTHER), ("5.5", YES)),
    ("DUID-LL of a universal address", lambda: bare((61, w.client_id_duid(1, w.duid_ll(OTHER)))).join(),
     ("5.1", YES, OTHER), ("5.5", YES)),
    ("DUID-LLT of a local address", lambda: bare((61, w.client_id_duid(1, w.duid_llt(LOCAL, 5)))).join(),
     ("5.1", NO), ("5.5", YES)),
    ("DUID-LL of the address in use", lambda: bare((61, w.client_id_duid(1, w.duid_ll(LOCAL)))).join(), ("5.5", YES)),
    ("DUID-UUID", lambda: bare(DUID_UUID).join(), ("5.5", YES), ("5.1", NO + "|" + MAY)),
    ("DUID-EN", lambda: bare(DUID_EN).join(), ("5.5", YES), ("5.1", NO + "|" + MAY)),
    ("a DUID of an unknown type", lambda: bare((61, w.client_id_duid(1, b"\0\x09" + bytes(8)))).join(), ("5.5", YES)),
    ("opaque client-id", lambda: bare(OPAQUE).join(), ("5.5", YES), ("5.1", NO)),
    ("client-id of text", lambda: bare((61, b"\0cisco-0015.9a11.2233-Vl1")).join(), ("5.5", YES)),
    ("client-id of the own address behind type 0", lambda: bare((61, b"\0" + w.mac(LOCAL))).join(), ("5.5", NO)),
    ("own local address in 61", lambda: mine().join(), ("5.5", NO), ("5.8", NO), ("5.9", NO), ("5.6", NO)),
    ("vendor class", lambda: mine((60, "Polycom-VVX410")).join(), ("5.1", YES, "Polycom-VVX410")),
    ("identifying vendor class", lambda: mine((124, w.vendor_class((9, "CP-7961G")))).join(), ("5.1", YES, "CP-7961G")),
    ("a server's vendor class", lambda: mine().join(server=[(60, "PXEClient")]), ("5.1", NO), ("5.2", NO + "|" + MAY)),
    ("a server's vendor information", lambda: mine().join(server=[(43, b"\1\4boot"), (125, w.vendor_information((9, b"\1\1x")))]),
     ("5.1", NO), ("5.5", NO)),
    ("MUD URL", lambda: mine((161, "https://example.com/lamp-9.json")).join(), ("5.1", YES, "lamp-9")),
    ("model in the host name", lambda: mine((12, "ESP_07AEFB")).join(), ("5.1", YES, "ESP_07AEFB"), ("5.5", "exposed|possible")),
    # 5.2
    ("Windows", lambda: mine((60, "MSFT 5.0"), prl=(1, 3, 6, 15, 31, 33, 43, 44, 46, 47, 119, 121, 249, 252)).join(),
     ("5.2", YES, "MSFT 5.0", "Windows")),
    ("Android", lambda: mine((57, w.u16(1500)), (60, "android-dhcp-14"),
                             prl=(1, 3, 6, 15, 26, 28, 51, 58, 59, 43, 114, 108)).join(), ("5.2", YES, "Android")),
    ("iPhone by its list", lambda: bare(prl=(1, 121, 3, 6, 15, 108, 114, 119, 252)).join(), ("5.2", "exposed|possible", "")),
    ("udhcp", lambda: mine((60, "udhcp 1.36.1")).join(), ("5.2", YES, "udhcp 1.36.1")),
    ("architecture", lambda: mine((93, w.u16(7))).join(), ("5.2", YES)),
    ("a list that says little", lambda: mine(prl=(1, 3, 6)).join(), ("5.2", NO + "|" + MAY)),
    ("no list", lambda: mine(prl=()).join(), ("5.2", NO + "|" + MAY)),
    # 5.3: seen by whom
    ("civic, of the client", lambda: mine().join(server=[(99, w.civic(2, "DE", (1, "NRW"), (3, "Köln"), (24, "50667")))]),
     ("5.3", YES, "Köln", "50667", "DE", "NRW")),
    ("civic, of the server", lambda: mine().join(server=[(99, w.civic(0, "US", (3, "Austin")))]), ("5.3", YES, "Austin")),
    ("civic, of the nearest element", lambda: mine().join(server=[(99, w.civic(1, "FR", (3, "Orléans")))]),
     ("5.3", YES, "Orléans")),
    ("civic, told by the client", lambda: mine((99, w.civic(2, "JP", (3, "東京")))).join(), ("5.3", YES, "東京")),
    ("civic, in two pieces (RFC 3396)",
     lambda: mine().join(server=[(99, w.civic(2, "DE", (23, "a" * 200), (6, "Straße b"), (3, "Weimar")))]),
     ("5.3", YES, "Weimar", "Straße b")),
    ("GeoConf", lambda: mine().join(server=[(123, w.geo(-12.3456, -77.0428))]), ("5.3", YES, "-12.3456", "-77.0428")),
    ("GeoLoc", lambda: mine().join(server=[(144, w.geo(48.13721, 11.57561, loc=True))]), ("5.3", YES, "48.1372", "11.5756")),
    ("GeoConf, zero degrees", lambda: mine().join(server=[(123, w.geo(0, 0))]), ("5.3", YES, "0.0000")),
    ("circuit-id to the client", lambda: mine().join(server=[(82, w.tlv((1, "Gi1/0/4")))]), ("5.3", YES, "Gi1/0/4"), ("5.5", NO)),
    ("remote-id to the client", lambda: mine().join(server=[(82, w.tlv((2, "sw-3rd-floor")))]), ("5.3", YES, "sw-3rd-floor")),
    ("remote-id of octets", lambda: mine().join(server=[(82, w.tlv((2, b"\0\x15\x9a\x11\x22\x33")))]), ("5.3", YES, "00:15:9a:11:22:33")),
    ("link-selection to the client", lambda: mine().join(server=[(82, w.tlv((5, w.ip("198.51.100.0"))))]), ("5.3", YES, "198.51.100.0")),
    ("subscriber-id to the client", lambda: mine().join(server=[(82, w.tlv((6, "cust-77")))]), ("5.3", YES, "cust-77"), ("5.5", YES, "cust-77")),
    ("behind a relay agent", lambda: relayed(mine(), MODEM), ("5.3", YES, "cable 3/0/1", "subscriber-991"), ("5.5", NO + "|" + MAY)),
    ("a relay agent that tells nothing of place", lambda: relayed(mine(), w.tlv((11, w.ip("10.1.0.1")))), ("5.3", NO + "|" + MAY)),
    ("a relay agent without 82", lambda: relayed(mine(), b""), ("5.3", NO)),
    ("no place", lambda: mine().join(), ("5.3", NO)),
    ("a place asked for, not got", lambda: mine(prl=(1, 3, 99, 123, 144)).join(), ("5.3", NO)),
    # 5.4
    ("50 confirmed", lambda: mine().join(discover=[(50, w.ip("192.0.2.50"))]), ("5.4", NO)),
    ("50 confirmed in the OFFER alone", lambda: say(mine(), "DISCOVER", (50, w.ip("192.0.2.50")), answer="OFFER", yiaddr="192.0.2.50"), ("5.4", NO)),
    ("50 of another subnet", lambda: mine().join(discover=[(50, w.ip("172.20.9.77"))]), ("5.4", YES, "172.20.9.77")),
    ("50 of this subnet, another given", lambda: mine().join(discover=[(50, w.ip("192.0.2.99"))]), ("5.4", MAY, "192.0.2.99")),
    ("50 of the next subnet under /25", lambda: mine(mask="255.255.255.128").join(discover=[(50, w.ip("192.0.2.200"))]), ("5.4", YES, "192.0.2.200")),
    ("50 far off within a /16", lambda: mine(server="10.5.0.1", mask="255.255.0.0").join("10.5.1.9", discover=[(50, w.ip("10.5.200.3"))]), ("5.4", MAY)),
    ("50 of zeros", lambda: mine().join(discover=[(50, w.ip("0.0.0.0"))]), ("5.4", NO)),
    ("50 answering an OFFER", lambda: mine().join(), ("5.4", NO)),
    ("INIT-REBOOT confirmed", lambda: reboot(mine(), "192.0.2.50", "ACK"), ("5.4", NO)),
    ("INIT-REBOOT, NAK, elsewhere", lambda: reboot(mine(), "172.20.9.77", "NAK").join(), ("5.4", YES, "172.20.9.77")),
    ("INIT-REBOOT, NAK, inside", lambda: reboot(mine(), "192.0.2.77", "NAK").join(), ("5.4", MAY)),
    ("INIT-REBOOT, silence, then a lease of another subnet", lambda: reboot(mine(), "172.20.9.77").join(), ("5.4", YES, "172.20.9.77")),
    ("INIT-REBOOT, silence, then a lease of this subnet", lambda: reboot(mine(), "192.0.2.77").join(), ("5.4", MAY)),
    ("INIT-REBOOT and nobody there", lambda: reboot(mine(), "172.20.9.77"), ("5.4", MAY, "172.20.9.77")),
    ("NAK, and then this very address", lambda: reboot(mine(), "192.0.2.50", "NAK").join("192.0.2.50"), ("5.4", NO)),
    ("renewed", lambda: renew(mine(), "192.0.2.50", "ACK"), ("5.4", NO)),
    ("rebound, and nobody there", lambda: renew(mine(), "192.0.2.50"), ("5.4", NO + "|" + MAY)),
    ("renewal of elsewhere, NAK", lambda: renew(mine(), "172.20.9.77", "NAK").join(), ("5.4", YES, "172.20.9.77")),
    ("ciaddr inside, NAK", lambda: renew(mine(), "192.0.2.88", "NAK").join(), ("5.4", MAY)),
    ("RELEASE of the own lease", lambda: release(mine().join(), "192.0.2.50"), ("5.4", NO)),
    ("DECLINE of what was offered", lambda: say(mine().join(), "DECLINE", (50, w.ip("192.0.2.50")), (54, w.ip(SERVER))), ("5.4", NO)),
    ("INFORM of the subnet", lambda: say(mine(), "INFORM", src="192.0.2.9", ciaddr="192.0.2.9", answer="ACK"), ("5.4", NO)),
    ("INFORM after a lease", lambda: say(mine().join(), "INFORM", src="192.0.2.50", ciaddr="192.0.2.50", answer="ACK"), ("5.4", NO)),
    ("a lease asked for again later", lambda: reboot(mine().join(), "192.0.2.50", "NAK").join("192.0.2.51"), ("5.4", NO + "|" + MAY)),
    ("relayed, 50 of elsewhere", lambda: relayed(mine(), MODEM, discover=[(50, w.ip("172.20.9.77"))]), ("5.4", YES, "172.20.9.77")),
    ("relayed, 50 confirmed", lambda: relayed(mine(), MODEM, discover=[(50, w.ip("10.1.0.50"))]), ("5.4", NO)),
    # 5.5, names
    ("host name", lambda: mine((12, "toms-thinkpad")).join(), ("5.5", YES, "toms-thinkpad"), ("5.9", MAY)),
    ("generic host name", lambda: mine((12, "iPhone")).join(), ("5.5", MAY + "|" + NO)),
    ("host name of zeros", lambda: mine((12, b"")).join(), ("5.5", NO)),
    ("FQDN", lambda: mine((81, w.fqdn("toms-laptop.corp.example", 4))).join(), ("5.5", YES, "toms-laptop.corp.example")),
    ("FQDN as text", lambda: mine((81, w.fqdn("toms-laptop.corp.example", 0))).join(), ("5.5", YES, "toms-laptop.corp.example")),
    ("partial FQDN", lambda: mine((81, w.fqdn("toms-laptop", 5, root=False))).join(), ("5.5", YES, "toms-laptop")),
    ("empty FQDN", lambda: mine((81, b"\x05\0\0")).join(), ("5.5", NO)),
    ("UUID", lambda: mine((97, b"\0" + UUID)).join(), ("5.5", YES)),
    ("a server's host name", lambda: mine().join(server=[(12, "pc-4711")]), ("5.5", MAY + "|" + NO)),
    ("universal chaddr, own id", lambda: mine(hardware=UNIVERSAL).join() and Client(UNIVERSAL, [own_id(UNIVERSAL)]).join(), ("5.5", "exposed|not seen")),
    # 5.7
    ("S asked, S answered", lambda: mine((81, w.fqdn("tom.example.com", 5))).join(server=[(81, w.fqdn("tom.example.com", 5))]), ("5.7", YES, "tom.example.com")),
    ("S asked, override", lambda: mine((81, w.fqdn("tom.example.com", 4))).join(server=[(81, w.fqdn("tom.example.com", 7))]), ("5.7", YES, "tom.example.com")),
    ("S asked, N answered", lambda: mine((81, w.fqdn("tom.example.com", 5))).join(server=[(81, w.fqdn("tom.example.com", 14))]), ("5.7", NO)),
    ("N asked, N answered", lambda: mine((81, w.fqdn("tom.example.com", 12))).join(server=[(81, w.fqdn("tom.example.com", 12))]), ("5.7", NO)),
    ("N asked, S answered with O", lambda: mine((81, w.fqdn("tom.example.com", 12))).join(server=[(81, w.fqdn("tom.example.com", 7))]), ("5.7", YES)),
    ("S asked, no 81 answered", lambda: mine((81, w.fqdn("tom.example.com", 5))).join(), ("5.7", MAY)),
    ("N asked, no 81 answered", lambda: mine((81, w.fqdn("tom.example.com", 12))).join(), ("5.7", NO + "|" + MAY)),
    ("host name, no FQDN", lambda: mine((12, "tom")).join(), ("5.7", MAY)),
    ("no name", lambda: mine().join(), ("5.7", NO)),
    ("another name answered", lambda: mine((81, w.fqdn("tom.example.com", 5))).join(server=[(81, w.fqdn("host-7.example.com", 5))]), ("5.7", YES, "host-7.example.com")),
    ("host name asked, FQDN answered with N", lambda: mine((12, "tom")).join(server=[(81, w.fqdn("tom.example.com", 12))]), ("5.7", NO)),
    ("promised in the OFFER, and NAK", lambda: say(say(mine((81, w.fqdn("tom.example.com", 5))), "DISCOVER", answer="OFFER", yiaddr="192.0.2.50", server=[(81, w.fqdn("tom.example.com", 5))]), "REQUEST", (54, w.ip(SERVER)), (50, w.ip("192.0.2.50")), answer="NAK"), ("5.7", MAY)),
    # 5.8, 5.9
    ("twice, opaque", lambda: bare(OPAQUE).join().join(), ("5.8", YES), ("5.9", NO)),
    ("twice, universal", lambda: mine(hardware=LOCAL).join().join(), ("5.8", NO + "|" + MAY), ("5.9", NO)),
    ("once, opaque", lambda: bare(OPAQUE).join(), ("5.8", MAY + "|" + NO), ("5.9", NO + "|" + MAY)),
    ("twice, a host name", lambda: mine((12, "toms-thinkpad")).join().join(), ("5.8", YES, "toms-thinkpad")),
    ("twice, generic name", lambda: mine((12, "iPhone")).join().join(), ("5.8", MAY + "|" + NO)),
    ("two circuits", lambda: relayed(relayed(bare(OPAQUE), w.tlv((1, "port 1"))), w.tlv((1, "port 2"))), ("5.9", YES, "port 1", "port 2")),
    ("one circuit twice", lambda: relayed(relayed(bare(OPAQUE), w.tlv((1, "port 1"))), w.tlv((1, "port 1"))), ("5.9", NO)),
    ("two civic places", lambda: bare(OPAQUE).join(server=[(99, w.civic(2, "DE", (3, "Köln")))]).join(server=[(99, w.civic(2, "DE", (3, "Bonn")))]), ("5.9", YES, "Köln", "Bonn")),
    ("two civic places, no identity", lambda: mine().join(server=[(99, w.civic(2, "DE", (3, "Köln")))]).join(server=[(99, w.civic(2, "DE", (3, "Bonn")))]), ("5.9", MAY)),
    ("a trail of names", lambda: Client(LOCAL, [own_id(LOCAL), (81, w.fqdn("tomek-laptop.coffee.example", 5))]).join(), ("5.9", MAY)),
    # 5.10
    ("nobody asks", lambda: mine().join(), ("5.10", NO)),
    # no answers at all; not DHCP of ours
    ("a lone DISCOVER", lambda: say(mine(), "DISCOVER"), ("5.4", NO), ("5.5", NO), ("5.7", NO), ("5.8", NO), ("5.9", NO)),
    ("DISCOVER without options", lambda: say(Client(LOCAL, prl=()), "DISCOVER"), ("5.1", NO), ("5.5", NO), ("5.2", NO + "|" + MAY)),
    ("BOOTP", lambda: say(Client(OTHER, prl=()), 0, answer=0, yiaddr="192.0.2.50"), ("5.1", YES), ("5.4", NO)),
    ("rapid commit", lambda: say(mine((80, b"")), "DISCOVER", answer="ACK", yiaddr="192.0.2.50"), ("5.4", NO), ("5.5", NO)),
    ("rapid commit with 50 confirmed", lambda: say(mine((80, b"")), "DISCOVER", (50, w.ip("192.0.2.50")), answer="ACK", yiaddr="192.0.2.50"), ("5.4", NO)),
    ("PXE", lambda: mine((60, "PXEClient:Arch:00007:UNDI:003016"), (93, w.u16(7)), (94, b"\1\3\x10"), (97, b"\0" + UUID)).join(),
     ("5.1", YES), ("5.2", YES), ("5.5", YES)),
    ("a phone with everything", lambda: mine((124, w.vendor_class((4491, "eRouter"))), (125, w.vendor_information((3561, w.tlv((1, "00159A"), (2, "SN123456")))))).join(),
     ("5.1", YES, "eRouter"), ("5.5", YES, "SN123456")),
]


@pytest.mark.parametrize("make, expected", [(s[1], s[2:]) for s in ALONE], ids=[s[0] for s in ALONE])
def test_one_client(tmp_path, make, expected):
    client = make()
    report = report_of(tmp_path, [(OFFICE, client)])
    for section, *rest in expected:
        verdict(report, client.hardware, section, *rest)


# --- several networks, several clients ---------------------------------------------------------------

def v(hardware, section, expected, *texts):
    return lambda report: verdict(report, hardware, section, expected, *texts)


def linked(a, b, low=0.9, high=1):
    return lambda report: link(report, a, b, low, high)


def apart(a, b, high=0.5):
    return lambda report: link(report, a, b, 0, high)


def graded(hardware, *rules):
    def check(report):
        for name, expected in rules:
            rule(report, hardware, name, expected)
    return check


def all_of(hardware, expected, *sections):
    def check(report):
        for s in sections:
            verdict(report, hardware, s, expected)
    return check


def networks(hardware, *names):
    def check(report):
        assert client_of(report, hardware)["networks"] == list(names)
    return check


def sightings(hardware, n):
    def check(report):
        assert sum(s["sightings"] for s in client_of(report, hardware)["stays"]) == n
    return check


def count(key, n):
    def check(report):
        assert len(report[key]) == n, [x.get("id") for x in report[key]]
    return check


def row(hardware, kind, value=None, by=None, **more):
    """The exposure table has this row."""
    def check(report):
        found = [i for i in client_of(report, hardware)["identifiers"] if i["kind"] == kind]
        assert len(found) == 1, (kind, [i["kind"] for i in client_of(report, hardware)["identifiers"]])
        if value is not None:
            assert any(value in s["value"] for s in found[0]["seen"]), found
        if by is not None:
            assert any(by in s["by"] for s in found[0]["seen"]), found
        for k, expected in more.items():
            assert found[0][k] == expected, (k, found)
    return check


def direct_and_relayed():
    """One exchange seen on the client's link and between relay agent and server."""
    client = bare(OPAQUE, server="10.1.0.1")
    xid = next(client.xid)
    m = client.message("DISCOVER", xid=xid)
    client.send(m)
    m = client.message("DISCOVER", (82, MODEM), xid=xid, giaddr="10.1.0.1", hops=1)
    client.send(m, "10.1.0.1", SERVER, sport=67, dport=67)
    client.server = SERVER
    client.answer("OFFER", xid, "10.1.0.50", (82, MODEM), giaddr="10.1.0.1", dport=67, dst="10.1.0.1")
    client.answer("OFFER", xid, "10.1.0.50")
    return client


def pair(make, *, gap=0):
    """The same device under two hardware addresses, one after the other, on one network."""
    a, b = make(LOCAL), make(LOCAL2)
    a.join("192.0.2.50")
    b.join("192.0.2.51")
    return a, b


def interleaved(a, b, n=4):
    """Both are active at once."""
    for i in range(n):
        a.join("192.0.2.50") if i == 0 else renew(a, "192.0.2.50", "ACK")
        b.join("192.0.2.51") if i == 0 else renew(b, "192.0.2.51", "ACK")
    return a, b


def infiniband(identifier, address):
    """RFC 4390: hlen 0, the broadcast flag, and the client-id tells who it is."""
    client = Client("02:00:5e:10:00:01", [(61, w.client_id_duid(1, w.duid_en(4391, identifier)))])
    xid = w.u32(sum(identifier) * 77)
    client.join(address)
    for f in client.frames:  # behind Ethernet, IPv4 and UDP: htype, hlen, xid, chaddr
        at = 42
        data = f.data[:at + 1] + b"\x20\0" + f.data[at + 3:at + 4] + xid + f.data[at + 8:at + 28] + bytes(16) + f.data[at + 44:]
        f.data = data[:40] + b"\0\0" + data[42:]  # no UDP checksum
    return client.frames


ASKED_IP = [mine().join(), mine(hardware=LOCAL2).join("192.0.2.51")]

SEVERAL = [
    # 5.4 across networks
    ("50 of a network among the captures", lambda: [("home", home(mine())), (OFFICE, mine().join(discover=[(50, w.ip("10.9.8.77"))]))],
     v(LOCAL, "5.4", YES, "10.9.8.77", "home")),
    ("the files in the other order", lambda: [(OFFICE, mine().join(discover=[(50, w.ip("10.9.8.77"))])), ("home", home(mine()))],
     v(LOCAL, "5.4", YES, "10.9.8.77", "home")),
    ("the network is among the captures, another had the address", lambda: [("home", home(mine(hardware=LOCAL2))), (OFFICE, mine().join(discover=[(50, w.ip("10.9.8.78"))]))],
     v(LOCAL, "5.4", YES, "10.9.8.78", "home"), v(LOCAL2, "5.4", NO)),
    ("two homes with one private address, confirmed",
     lambda: [("home-1", mine(server="192.168.1.1").join("192.168.1.50")), ("home-2", mine(server="192.168.1.1").join("192.168.1.50", discover=[(50, w.ip("192.168.1.50"))]))],
     v(LOCAL, "5.4", NO)),
    ("two homes with one private address, refused to one that had it",
     lambda: [("home-1", mine(server="192.168.1.1").join("192.168.1.50")), ("home-2", reboot(mine(server="192.168.1.1"), "192.168.1.50", "NAK").join("192.168.1.51"))],
     v(LOCAL, "5.4", "exposed|possible", "192.168.1.50")),
    ("two homes with one private address, refused to one that never was there",
     lambda: [("home-1", mine(hardware=LOCAL2, server="192.168.1.1").join("192.168.1.50")), ("home-2", reboot(mine(server="192.168.1.1"), "192.168.1.50", "NAK").join("192.168.1.51"))],
     v(LOCAL, "5.4", MAY), v(LOCAL2, "5.4", NO)),
    ("renewed at a network of the captures", lambda: [("home", home(mine())), (OFFICE, renew(mine(), "10.9.8.77", "NAK").join())],
     v(LOCAL, "5.4", YES, "10.9.8.77", "home")),
    ("the address of the device's other hardware address", lambda: [("home", home(bare(DUID_EN))), (OFFICE, bare(DUID_EN, hardware=LOCAL2).join(discover=[(50, w.ip("10.9.8.77"))]))],
     v(LOCAL2, "5.4", YES, "10.9.8.77", "home")),
    # 5.5, 5.6, 5.8, 5.9 across networks
    ("a local address with its own id on two networks", lambda: [("home", home(mine())), (OFFICE, mine().join())],
     v(LOCAL, "5.5", NO), v(LOCAL, "5.4", NO), networks(LOCAL, "home", OFFICE)),
    ("an opaque id on two networks", lambda: [("home", home(bare(OPAQUE))), (OFFICE, bare(OPAQUE).join())],
     all_of(LOCAL, YES, "5.5", "5.6", "5.8", "5.9")),
    ("a universal address on two networks", lambda: [("home", home(mine(hardware=LOCAL) and Client(UNIVERSAL, [own_id(UNIVERSAL)]))), (OFFICE, Client(UNIVERSAL, [own_id(UNIVERSAL)]).join())],
     all_of(UNIVERSAL, YES, "5.6", "5.8", "5.9")),
    ("a DUID under two addresses on two networks", lambda: [("home", home(bare(DUID_EN))), (OFFICE, bare(DUID_EN, hardware=LOCAL2).join())],
     linked(LOCAL, LOCAL2, 0.99), all_of(LOCAL, YES, "5.5", "5.6", "5.8", "5.9"), all_of(LOCAL2, YES, "5.5", "5.6", "5.8", "5.9"),
     row(LOCAL, "client-id", across_hardware=True, across_networks=True)),
    ("a UUID under two addresses", lambda: [("home", home(mine((97, b"\0" + UUID)))), (OFFICE, Client(LOCAL2, [own_id(LOCAL2), (97, b"\0" + UUID)]).join())],
     linked(LOCAL, LOCAL2, 0.99), v(LOCAL, "5.9", YES)),
    ("a client-id with the address of the other", lambda: [("home", Client(LOCAL2, [own_id(LOCAL)]).join()), (OFFICE, mine().join())],
     linked(LOCAL, LOCAL2, 0.9), v(LOCAL2, "5.8", YES, LOCAL)),
    ("a name of its own under two addresses", lambda: [("home", home(mine((12, "annas-thinkpad-x1")))), (OFFICE, Client(LOCAL2, [own_id(LOCAL2), (12, "annas-thinkpad-x1")]).join())],
     linked(LOCAL, LOCAL2, 0.9), v(LOCAL, "5.9", YES, "annas-thinkpad-x1")),
    ("iPhone under two addresses", lambda: [("home", home(mine((12, "iPhone")))), (OFFICE, Client(LOCAL2, [own_id(LOCAL2), (12, "iPhone")]).join())],
     apart(LOCAL, LOCAL2, 0.9), v(LOCAL, "5.5", MAY + "|" + NO), v(LOCAL, "5.9", MAY + "|" + NO)),
    ("a trail of names", lambda: [("home", home(mine((81, w.fqdn("tomek-laptop.coffee.example", 5))))), (OFFICE, Client(LOCAL2, [own_id(LOCAL2), (81, w.fqdn("tomek-laptop.corp.example", 5))]).join())],
     linked(LOCAL, LOCAL2, 0.8), v(LOCAL, "5.9", YES, "tomek-laptop"), v(LOCAL2, "5.9", YES, "tomek-laptop")),
    ("nothing in common", lambda: [("home", home(mine())), (OFFICE, Client(LOCAL2, [own_id(LOCAL2)], prl=(1, 33, 7)).join())],
     apart(LOCAL, LOCAL2), all_of(LOCAL, NO, "5.5", "5.6", "5.8", "5.9"), count("links", 0)),
    ("the same network in two files", lambda: [("here?", bare(OPAQUE).join()), ("there?", bare(OPAQUE).join())],
     v(LOCAL, "5.8", YES), v(LOCAL, "5.9", YES)),
    # links on one network
    ("another address, the same DUID", lambda: [(OFFICE, *pair(lambda h: bare(DUID_EN, hardware=h)))], linked(LOCAL, LOCAL2, 0.99), v(LOCAL, "5.8", YES), v(LOCAL, "5.9", NO)),
    ("another address, the same opaque id", lambda: [(OFFICE, *pair(lambda h: bare(OPAQUE, hardware=h)))], linked(LOCAL, LOCAL2, 0.99)),
    ("another address, the same name", lambda: [(OFFICE, *pair(lambda h: Client(h, [own_id(h), (12, "annas-thinkpad-x1")])))], linked(LOCAL, LOCAL2, 0.9)),
    ("another address, a generic name", lambda: [(OFFICE, *pair(lambda h: Client(h, [own_id(h), (12, "iPhone")])))], apart(LOCAL, LOCAL2, 0.95)),
    ("another address asks for the address that one had",
     lambda: [(OFFICE, release(mine().join("192.0.2.50"), "192.0.2.50"), Client(LOCAL2, [own_id(LOCAL2)]).join("192.0.2.50", discover=[(50, w.ip("192.0.2.50"))]))],
     linked(LOCAL, LOCAL2, 0.7), v(LOCAL2, "5.4", NO)),
    ("a name that ends like the other's address", lambda: [(OFFICE, mine(hardware="60:01:94:07:ae:fb").join(), Client(LOCAL2, [own_id(LOCAL2), (12, "ESP_07AEFB")]).join("192.0.2.51"))],
     linked("60:01:94:07:ae:fb", LOCAL2, 0.7)),
    ("two devices with one name at once", lambda: [(OFFICE, *interleaved(mine((12, "annas-thinkpad-x1")), Client(LOCAL2, [own_id(LOCAL2), (12, "annas-thinkpad-x1")])))],
     apart(LOCAL, LOCAL2, 0.9)),
    ("two devices with one generic name at once", lambda: [(OFFICE, *interleaved(mine((12, "iPhone")), Client(LOCAL2, [own_id(LOCAL2), (12, "iPhone")])))],
     apart(LOCAL, LOCAL2, 0.5)),
    ("two interfaces with one DUID at once", lambda: [(OFFICE, *interleaved(
        Client(OTHER, [(61, w.client_id_duid(1, w.duid_llt(OTHER, 5)))]), Client(UNIVERSAL, [(61, w.client_id_duid(2, w.duid_llt(OTHER, 5)))])))],
     linked(OTHER, UNIVERSAL, 0.9), lambda r: said(r["links"][0]["evidence"]).lower().count("interface") or pytest.fail("interfaces are not told")),
    ("a cloned identity at once", lambda: [(OFFICE, *interleaved(
        bare((61, w.client_id_duid(1, w.duid_en(43793, b"clonedid"))), (12, "golden-image")), bare((61, w.client_id_duid(1, w.duid_en(43793, b"clonedid"))), (12, "golden-image"), hardware=LOCAL2)))],
     lambda r: "clon" in said(r["links"][0]["evidence"]).lower() or pytest.fail("cloned is not told: " + said(r["links"][0]["evidence"]))),
    ("two with the same fingerprint at once", lambda: [(OFFICE, *interleaved(mine((60, "udhcp 1.36.1")), Client(LOCAL2, [own_id(LOCAL2), (60, "udhcp 1.36.1")])))],
     apart(LOCAL, LOCAL2, 0.2)),
    # networks
    ("a direct and a relayed copy", lambda: [(OFFICE, direct_and_relayed())], networks(LOCAL, OFFICE), sightings(LOCAL, 1), v(LOCAL, "5.8", MAY + "|" + NO), v(LOCAL, "5.9", NO + "|" + MAY)),
    ("a direct and a relayed copy, unnamed", lambda: [("x?", direct_and_relayed())], sightings(LOCAL, 1), count("networks", 1), v(LOCAL, "5.9", NO + "|" + MAY)),
    ("two subnets in one unnamed file", lambda: [("x?", relayed(bare(OPAQUE), MODEM, "10.1.0.50", "10.1.0.1"), relayed(bare(OPAQUE, hardware=LOCAL2), MODEM, "10.2.0.50", "10.2.0.1"))],
     linked(LOCAL, LOCAL2, 0.99), v(LOCAL, "5.9", YES), v(LOCAL2, "5.9", YES)),
    ("two subnets in one named file", lambda: [("isp", relayed(bare(OPAQUE), w.tlv((1, "a"))), relayed(bare(OPAQUE, hardware=LOCAL2), w.tlv((1, "a")), "10.2.0.50", "10.2.0.1"))],
     count("networks", 1)),
    # 5.10
    ("leasequery by address", lambda: [(OFFICE, *ASKED_IP, leasequery())], v(LOCAL, "5.10", YES, ASKER), v(LOCAL2, "5.10", NO)),
    ("leasequery by hardware address", lambda: [(OFFICE, *ASKED_IP, leasequery(by="hardware"))], v(LOCAL, "5.10", YES, ASKER), v(LOCAL2, "5.10", NO)),
    ("leasequery by client-id", lambda: [(OFFICE, bare(OPAQUE).join(), leasequery(by="client-id", id=OPAQUE[1]))], v(LOCAL, "5.10", YES, ASKER)),
    ("leasequery by client-id, unknown", lambda: [(OFFICE, bare(OPAQUE).join(), leasequery("LEASEUNKNOWN", by="client-id", id=OPAQUE[1]))], v(LOCAL, "5.10", MAY)),
    ("leasequery by remote-id", lambda: [(OFFICE, *ASKED_IP, leasequery(by="modem-5"))], v(LOCAL, "5.10", YES, ASKER), v(LOCAL2, "5.10", NO)),
    ("leasequery, no answer", lambda: [(OFFICE, *ASKED_IP, leasequery(None))], v(LOCAL, "5.10", MAY, ASKER), v(LOCAL2, "5.10", NO)),
    ("leasequery, unassigned", lambda: [(OFFICE, *ASKED_IP, leasequery("LEASEUNASSIGNED"))], v(LOCAL, "5.10", MAY), v(LOCAL2, "5.10", NO)),
    ("leasequery by hardware address, unknown", lambda: [(OFFICE, *ASKED_IP, leasequery("LEASEUNKNOWN", by="hardware"))], v(LOCAL, "5.10", MAY)),
    ("leasequery about one never seen", lambda: [(OFFICE, *ASKED_IP, leasequery(about=LOCAL3, lease="192.0.2.99"))], v(LOCAL3, "5.10", YES, ASKER), v(LOCAL, "5.10", NO)),
    ("an answer that tells the circuit", lambda: [(OFFICE, *ASKED_IP, leasequery(more=[(82, w.tlv((1, "port 7"), (6, "cust-5")))]))], v(LOCAL, "5.10", YES, "port 7"), v(LOCAL, "5.3", YES, "port 7")),
    ("asked by a relay agent of this capture", lambda: [(OFFICE, relayed(mine(), w.tlv((1, "p"))), leasequery(lease="10.1.0.50", asker="10.1.0.1"))], v(LOCAL, "5.10", YES, "10.1.0.1")),
    ("bulk leasequery", lambda: [(OFFICE, *ASKED_IP, bulk((LOCAL, "192.0.2.50", [(82, w.tlv((1, "port 9")))])))], v(LOCAL, "5.10", YES, ASKER, "port 9"), v(LOCAL2, "5.10", NO + "|" + MAY)),
    ("bulk leasequery of both", lambda: [(OFFICE, *ASKED_IP, bulk((LOCAL, "192.0.2.50", []), (LOCAL2, "192.0.2.51", [])))], v(LOCAL, "5.10", YES), v(LOCAL2, "5.10", YES)),
    ("active leasequery", lambda: [(OFFICE, *ASKED_IP, bulk((LOCAL, "192.0.2.50", []), kind="ACTIVELEASEQUERY", done=False))], v(LOCAL, "5.10", YES, ASKER)),
    ("DHCPTLS", lambda: [(OFFICE, *ASKED_IP, tls())], v(LOCAL, "5.10", MAY, "TLS"), v(LOCAL2, "5.10", MAY, "TLS")),
    ("DHCPTLS refused", lambda: [(OFFICE, *ASKED_IP, tls(True))], v(LOCAL, "5.10", NO)),
    # §6
    ("a rogue server", lambda: [(OFFICE, mine().join(), mine(hardware=LOCAL2, server="192.0.2.66").join("192.0.2.67"))], count("servers", 2),
     lambda r: any(s["rogue"] for s in r["servers"]) or pytest.fail("no rogue")),
    ("two servers on two networks", lambda: [("home", home(mine())), (OFFICE, mine(hardware=LOCAL2).join())], count("servers", 2),
     lambda r: not any(s["rogue"] for s in r["servers"]) or pytest.fail("rogue")),
    ("82 toward a client", lambda: [(OFFICE, mine().join(server=[(82, w.tlv((1, "port 7")))]))], lambda r: "port 7" in said(r["servers"][0]["leaked"]) or pytest.fail("not told")),
    ("82 toward a relay agent", lambda: [(OFFICE, relayed(mine(), MODEM))], lambda r: r["servers"][0]["leaked"] == [] or pytest.fail("told"), count("relays", 1)),
    ("same server by both ways", lambda: [(OFFICE, mine().join(), relayed(mine(hardware=LOCAL2), MODEM))], count("servers", 1)),
    # §2: rows
    ("rows of a modem", lambda: [("isp", relayed(mine((60, "docsis3.0:abc"), (43, b"\1\3CM1"), (77, w.user_class("accounting")), (57, w.u16(576))), MODEM))],
     row(LOCAL, "circuit-id", "cable 3/0/1"), row(LOCAL, "remote-id", "00:15:9a:11:22:33"), row(LOCAL, "subscriber-id", "subscriber-991"), row(LOCAL, "vendor-class", "docsis3.0:abc"),
     row(LOCAL, "user-class", "accounting")),
    ("rows of a DUID-LLT", lambda: [(OFFICE, bare((61, w.client_id_duid(1, w.duid_llt(OTHER, 500000000)))).join())], row(LOCAL, "client-id", OTHER, universal=True),
     row(LOCAL, "client-id", "2015-11-05T00:53:20Z")),
    # §5
    ("networkd, anonymous", lambda: [(OFFICE, mine(prl=(1, 3, 6, 15, 31, 33, 43, 44, 46, 47, 121, 249, 252)).join())],
     graded(LOCAL, ("A1", "violates|conforms|cannot tell"), ("A2", "conforms"), ("A3", "conforms"), ("A7", "conforms"), ("A8", "conforms"), ("A9", "conforms"), ("A10", "conforms"),
            ("A11", "conforms"), ("A12", "conforms"), ("A13", "conforms"), ("A14", "conforms"), ("A15", "conforms"))),
    ("networkd", lambda: [(OFFICE, Client(UNIVERSAL, [DUID_EN, (57, w.u16(1472)), (12, "fileserver")], prl=(1, 3, 6, 12, 15, 28, 42, 119, 121)).join())],
     graded(UNIVERSAL, ("A2", "violates"), ("A8", "violates"), ("A9", "violates"), ("A11", "violates"), ("A15", "violates"), ("A12", "conforms"), ("A10", "conforms"))),
    ("DUID-UUID is not of the address", lambda: [(OFFICE, bare(DUID_UUID).join())], graded(LOCAL, ("A9", "violates"))),
    ("DUID-LL of the address in use cannot be judged", lambda: [(OFFICE, bare((61, w.client_id_duid(1, w.duid_ll(LOCAL)))).join())], graded(LOCAL, ("A9", "cannot tell"))),
    ("DUID-LL of another address", lambda: [(OFFICE, bare((61, w.client_id_duid(1, w.duid_ll(LOCAL2)))).join())], graded(LOCAL, ("A9", "violates"))),
    ("DUID-LLT of another address", lambda: [(OFFICE, bare((61, w.client_id_duid(1, w.duid_llt(OTHER, 5)))).join())], graded(LOCAL, ("A9", "violates"))),
    ("an opaque id cannot be judged", lambda: [(OFFICE, bare(OPAQUE).join())], graded(LOCAL, ("A9", "cannot tell"))),
    ("no id", lambda: [(OFFICE, bare().join())], graded(LOCAL, ("A9", "conforms|cannot tell"))),
    ("another's address in 61", lambda: [(OFFICE, bare((61, w.client_id_hardware(LOCAL2))).join())], graded(LOCAL, ("A9", "violates"))),
    ("50 in a DISCOVER", lambda: [(OFFICE, mine().join(discover=[(50, w.ip("192.0.2.50"))]))], graded(LOCAL, ("A7", "violates"))),
    ("INIT-REBOOT", lambda: [(OFFICE, reboot(mine(), "192.0.2.50", "ACK"))], graded(LOCAL, ("A7", "violates|cannot tell"))),
    ("REQUEST without 54 in answer to an OFFER", lambda: [(OFFICE, say(say(mine(), "DISCOVER", answer="OFFER", yiaddr="192.0.2.50"), "REQUEST", (54, w.ip(SERVER))))], graded(LOCAL, ("A3", "violates"))),
    ("renewal with 50", lambda: [(OFFICE, say(mine().join(), "REQUEST", (50, w.ip("192.0.2.50")), src="192.0.2.50", ciaddr="192.0.2.50", answer="ACK", yiaddr="192.0.2.50"))],
     graded(LOCAL, ("A3", "violates"))),
    ("DECLINE without 50", lambda: [(OFFICE, say(mine(prl=()).join(), "DECLINE", (54, w.ip(SERVER))))], graded(LOCAL, ("A4", "violates"))),
    ("DECLINE in full", lambda: [(OFFICE, say(mine(prl=()).join(), "DECLINE", (54, w.ip(SERVER)), (50, w.ip("192.0.2.50"))))], graded(LOCAL, ("A4", "conforms"))),
    ("RELEASE", lambda: [(OFFICE, release(mine(prl=()).join(), "192.0.2.50"))], graded(LOCAL, ("A4", "conforms"))),
    ("RELEASE without 54", lambda: [(OFFICE, say(mine(prl=()).join(), "RELEASE", src="192.0.2.50", ciaddr="192.0.2.50"))], graded(LOCAL, ("A4", "violates"))),
    ("INFORM", lambda: [(OFFICE, say(mine(), "INFORM", src="192.0.2.9", ciaddr="192.0.2.9", answer="ACK"))], graded(LOCAL, ("A5", "conforms"))),
    ("INFORM with more", lambda: [(OFFICE, say(mine((60, "x")), "INFORM", src="192.0.2.9", ciaddr="192.0.2.9", answer="ACK"))], graded(LOCAL, ("A5", "violates"))),
    ("ciaddr of another hardware address", lambda: [(OFFICE, mine().join("192.0.2.50"), renew(Client(LOCAL2, [own_id(LOCAL2)]), "192.0.2.50", "NAK"))], graded(LOCAL2, ("A6", "violates"))),
    ("ciaddr of its own", lambda: [(OFFICE, renew(mine().join(), "192.0.2.50", "ACK"))], graded(LOCAL, ("A6", "conforms"))),
    ("PXE", lambda: [(OFFICE, mine((93, w.u16(0)), (97, b"\0" + UUID)).join())], graded(LOCAL, ("A13", "violates"))),
    ("vendor class", lambda: [(OFFICE, mine((60, "MSFT 5.0")).join())], graded(LOCAL, ("A14", "violates"), ("A2", "violates"))),
    ("user class", lambda: [(OFFICE, mine((77, w.user_class("x"))).join())], graded(LOCAL, ("A14", "violates"))),
    ("FQDN", lambda: [(OFFICE, mine((81, w.fqdn("tom.example", 5))).join())], graded(LOCAL, ("A12", "violates"))),
    ("rapid commit", lambda: [(OFFICE, mine((80, b"")).join())], graded(LOCAL, ("A15", "violates"))),
    ("a list that is not ascending", lambda: [(OFFICE, mine(prl=(1, 121, 3, 6, 15)).join().join())], graded(LOCAL, ("A10", "violates"))),
    ("a universal address", lambda: [(OFFICE, Client(UNIVERSAL, [own_id(UNIVERSAL)]).join())], graded(UNIVERSAL, ("A8", "violates"))),
    # order, roaming
    ("asked about before it was seen", lambda: [(OFFICE, leasequery(by="hardware"), mine().join())], v(LOCAL, "5.10", YES, ASKER)),
    ("asked about by address before it had it", lambda: [(OFFICE, leasequery(None), mine().join())], v(LOCAL, "5.10", "possible|not seen")),
    ("asked about in another file", lambda: [(OFFICE, mine().join()), ("core", leasequery())], v(LOCAL, "5.10", YES, ASKER)),
    ("asked about by one whose question alone was seen in TCP", lambda: [(OFFICE, mine().join(), stream((True, tcp_message("BULKLEASEQUERY"))))], v(LOCAL, "5.10", MAY + "|" + NO)),
    ("bulk leasequery by hardware address, without an answer", lambda: [(OFFICE, *ASKED_IP, stream((True, tcp_message("BULKLEASEQUERY", w.mac(LOCAL)))))], v(LOCAL, "5.10", MAY, ASKER)),
    ("from one subnet of an unnamed file to another", lambda: [("x?", relayed(mine(), w.tlv((1, "a"))), relayed(mine(), w.tlv((1, "b")), "10.2.0.50", "10.2.0.1", discover=[(50, w.ip("10.1.0.50"))]))],
     v(LOCAL, "5.4", YES, "10.1.0.50", "10.1.0.0/24"), count("networks", 2)),
    ("on one link, two subnets, unnamed", lambda: [("x?", mine().join("192.0.2.50"), mine(server="198.51.100.1").join("198.51.100.50", discover=[(50, w.ip("192.0.2.50"))]))],
     v(LOCAL, "5.4", YES, "192.0.2.50")),
    ("a shared identity in two subnets of an unnamed file", lambda: [("x?", bare(OPAQUE).join(), bare(OPAQUE, server="198.51.100.1").join("198.51.100.50"))], v(LOCAL, "5.9", YES), v(LOCAL, "5.6", YES)),
    ("a visit and home again", lambda: [("home", home(mine())), (OFFICE, mine().join(discover=[(50, w.ip("10.9.8.77"))])), ("home-2", mine(server=HOME).join("10.9.8.77", discover=[(50, w.ip("192.0.2.50"))]))],
     v(LOCAL, "5.4", YES, "10.9.8.77", "192.0.2.50", OFFICE, "home")),
    ("the same local address of two", lambda: [(OFFICE, mine().join(), mine().join("192.0.2.60"))], count("clients", 1)),
    ("htype tells clients apart", lambda: [(OFFICE, mine().join(), say(Client(LOCAL), "DISCOVER", htype=6))], count("clients", 2)),
    ("RELEASE and at once another address", lambda: [(OFFICE, release(mine((60, "android-dhcp-14")).join(), "192.0.2.50"), Client(LOCAL2, [own_id(LOCAL2), (60, "android-dhcp-14")]).join("192.0.2.51"))],
     apart(LOCAL, LOCAL2, 0.95), v(LOCAL, "5.8", MAY + "|" + NO)),
    ("NAK, DISCOVER, all of one", lambda: [(OFFICE, reboot(bare(OPAQUE), "10.77.1.2", "NAK").join())], count("clients", 1), v(LOCAL, "5.4", YES, "10.77.1.2"), v(LOCAL, "5.5", YES)),
    ("a server that gives names to clients", lambda: [(OFFICE, mine().join(server=[(81, w.fqdn("host-7.example.com", 1 | 4))]))], v(LOCAL, "5.7", YES, "host-7.example.com")),
    ("voice over IP", lambda: [(OFFICE, Client("00:04:f2:aa:bb:cc", [own_id("00:04:f2:aa:bb:cc"), (60, "Polycom-SPIP330"), (124, w.vendor_class((13885, "spip"))), (161, "https://mud.example/spip330")]).join())],
     all_of("00:04:f2:aa:bb:cc", YES, "5.1", "5.5"), row("00:04:f2:aa:bb:cc", "mud-url", "spip330")),
    ("bits of names", lambda: [(OFFICE, *[Client(h, [own_id(h), (12, "name-of-%d" % i)]).join("192.0.2.%d" % (50 + i)) for i, h in enumerate((LOCAL, LOCAL2, LOCAL3, UNIVERSAL))])],
     row(LOCAL, "host-name", "name-of-0", own_bits=2)),
    ("a name that changes", lambda: [(OFFICE, mine((12, "first-name")).join(), mine((12, "other-name")).join())], row(LOCAL, "host-name", values=2)),
    # §5, orders
    ("one order that is not ascending", lambda: [(OFFICE, Client(LOCAL, [(61, own_id(LOCAL)[1]), (57, w.u16(1500)), (12, "x")]).join().join())], graded(LOCAL, ("A1", "violates"))),
    ("ascending", lambda: [(OFFICE, Client(LOCAL, [], prl=(1, 3)).join().join())], graded(LOCAL, ("A1", "conforms|cannot tell"))),
    ("a random order", lambda: [(OFFICE, Client(LOCAL, [own_id(LOCAL)], prl=(6, 1, 3)).join(), Client(LOCAL, [own_id(LOCAL)], prl=(3, 6, 1)).join(), Client(LOCAL, [own_id(LOCAL)], prl=(1, 6, 3)).join())],
     graded(LOCAL, ("A10", "conforms"))),
    ("a name made of the address", lambda: [(OFFICE, mine((12, LOCAL.replace(":", ""))).join())], graded(LOCAL, ("A11", "conforms|cannot tell")), v(LOCAL, "5.5", NO)),
    ("renewal in full", lambda: [(OFFICE, renew(mine().join(), "192.0.2.50", "ACK"))], graded(LOCAL, ("A3", "conforms"), ("A2", "conforms"))),
    ("DECLINE with more", lambda: [(OFFICE, say(mine((12, "x")).join(), "DECLINE", (54, w.ip(SERVER)), (50, w.ip("192.0.2.50"))))], graded(LOCAL, ("A4", "violates|conforms"))),
    # whole captures
    ("InfiniBand: no hardware address, a client-id", lambda: [(OFFICE, infiniband(b"guid-0001", "192.0.2.50"), infiniband(b"guid-0002", "192.0.2.51"))],
     count("clients", 2), count("servers", 1), lambda r: [c["attacks"]["5.5"]["verdict"] for c in r["clients"]] == [YES, YES] or pytest.fail("5.5")),
    ("answers to nobody", lambda: [(OFFICE, infiniband(b"guid-0001", "192.0.2.50")[1::2])], count("clients", 0), count("servers", 1)),
    ("Windows", lambda: [(OFFICE, Client(UNIVERSAL, [own_id(UNIVERSAL), (12, "DESKTOP-AB12CD3"), (81, w.fqdn("DESKTOP-AB12CD3", 0)), (60, "MSFT 5.0")],
                          prl=(1, 3, 6, 15, 31, 33, 43, 44, 46, 47, 119, 121, 249, 252)).join())],
     all_of(UNIVERSAL, YES, "5.1", "5.2", "5.5"), v(UNIVERSAL, "5.7", MAY), lambda r: "Windows" in str(client_of(r, UNIVERSAL)["system"]) or pytest.fail("system")),
    ("dhcpcd, anonymous", lambda: [(OFFICE, Client(LOCAL, [(57, w.u16(1472)), own_id(LOCAL)], prl=(1, 121, 3, 6, 15, 119)).join())], all_of(LOCAL, NO, "5.1", "5.3", "5.4", "5.5", "5.7", "5.9")),
    ("dhcpcd", lambda: [(OFFICE, Client(LOCAL, [(61, w.client_id_duid(1, w.duid_llt(OTHER, 600000000))), (60, "dhcpcd-9.4.1:Linux-6.1.0-13-amd64:x86_64:GenuineIntel"), (12, "toms-box")]).join())],
     all_of(LOCAL, YES, "5.1", "5.2", "5.5")),
    ("ESP module", lambda: [(OFFICE, Client("60:01:94:07:ae:fb", [own_id("60:01:94:07:ae:fb"), (12, "ESP_07AEFB")], prl=(1, 3, 28, 6)).join())], all_of("60:01:94:07:ae:fb", YES, "5.1")),
]


@pytest.mark.parametrize("make, checks", [(s[1], s[2:]) for s in SEVERAL], ids=[s[0] for s in SEVERAL])
def test_several(tmp_path, make, checks):
    report = report_of(tmp_path, make())
    for check in checks:
        check(report)


# --- masks -------------------------------------------------------------------------------------------

SECRETS = {"hardware": w.mac(UNIVERSAL), "other hardware": w.mac(OTHER), "name": b"annas-thinkpad", "domain": b"corp.example",
           "opaque": b"opaque-7f3a91", "uuid": UUID, "circuit": b"cable 3/0/1", "subscriber": b"subscriber-991",
           "address": w.ip("172.20.9.77"), "lease": w.ip("10.1.0.50"), "city": "Köln".encode(), "asker": w.ip("198.51.100.7"),
           "serial": b"SN123456", "mud": b"lamp-9"}
TEXTS = [UNIVERSAL, OTHER, OTHER[9:], "172.20.9.77", "10.1.0.50", "10.1.0.1", "198.51.100.7", "10.1.0.0/24"]


def spellings(octets):
    yield octets
    for text in (octets.hex(), octets.hex(":"), octets.hex("-"), octets.hex(" "), base64.b64encode(octets).decode().rstrip("=")):
        yield text.encode()
        yield text.upper().encode()


@pytest.mark.parametrize("form", ["--json", "text", "--html"])
def test_a_masked_report_holds_no_value(tmp_path, form):
    options = [(61, w.client_id_duid(1, w.duid_llt(OTHER, 500000000))), (12, "annas-thinkpad"), (81, w.fqdn("annas-thinkpad.corp.example", 5)),
               (97, b"\0" + UUID), (161, "https://x.example/lamp-9"), (125, w.vendor_information((3561, w.tlv((2, "SN123456")))))]
    one = Client(UNIVERSAL, options)
    relayed(one, MODEM, discover=[(50, w.ip("172.20.9.77"))])
    two = Client(LOCAL, [*options[1:], OPAQUE])
    two.join("10.1.0.51", server=[(99, w.civic(2, "DE", (3, "Köln"))), (82, MODEM)])
    asked = leasequery(about=UNIVERSAL, lease="10.1.0.50", asker="198.51.100.7", more=[(82, MODEM)])
    arguments = arguments_of(tmp_path, [(OFFICE, one, two, asked), ("cellar?", one, two, asked)])
    page = tmp_path / "page.html"
    extra = {"--json": ["--json"], "text": [], "--html": ["--html", str(page)]}[form]
    done = subprocess.run([binary(), "audit", *extra, *arguments], capture_output=True, timeout=60)
    assert done.returncode == 0, done.stderr
    out = page.read_bytes() if form == "--html" else done.stdout
    assert len(out) > 1000
    for name, octets in SECRETS.items():
        for spelling in spellings(octets):
            assert spelling not in out, (form, name, spelling)
    for text in TEXTS:
        assert text.encode() not in out and text.upper().encode() not in out, (form, text)


# --- §6: how servers choose ----------------------------------------------------------------------------

def choices(n, choose, subnets=1, others=()):
    """n clients that have nothing in common; choose(i, hardware, taken): the last octet."""
    frames, taken = [], [set() for _ in range(subnets)]
    for i in range(n):
        x = (i + 1) * 0x9e3779b97f4a7c15 & (1 << 64) - 1
        hardware = "3c:07:54:%02x:%02x:%02x" % tuple((x ^ x >> 29).to_bytes(8, "big")[2:5])
        k = i % subnets
        last = choose(i // subnets, hardware, taken[k])
        taken[k].add(last)
        client = Client(hardware, [own_id(hardware)])
        frames += (client.join(f"192.0.2.{last}") if subnets == 1
                   else relayed(client, MODEM, f"10.{k}.0.{last}", f"10.{k}.0.1")).frames
    return frames


def free_from(first, size, start, taken):
    return next(first + (start + k) % size for k in range(size) if first + (start + k) % size not in taken)


def nrand48(hardware):
    x = int.from_bytes(w.mac(hardware), "little")
    return (x * 0x5deece66d + 0xb & (1 << 48) - 1) >> 17


def scattered(i, hardware, taken):
    return free_from(2, 250, (i * i * 7919 + i * 104729 ^ 0x55) % 251 * 97 % 250, taken)


ALLOCATION = [
    ("next", lambda i, h, t: 10 + i, "iterative"),
    ("next, over the addresses of others", lambda i, h, t: 10 + i + i // 4, "iterative"),
    ("next below", lambda i, h, t: 200 - i, "iterative"),
    ("dnsmasq .100-.200", lambda i, h, t: free_from(100, 101, sdbm(h), t), "hash"),
    ("dnsmasq .50-.150", lambda i, h, t: free_from(50, 101, sdbm(h), t), "hash"),
    ("odhcpd .100-.249", lambda i, h, t: free_from(100, 150, nrand48(h), t), "hash"),
    ("the last octet", lambda i, h, t: free_from(2, 250, w.mac(h)[5], t), "identifier"),
    ("scattered", scattered, "unpredictable"),
]


@pytest.mark.parametrize("clients, subnets", [(12, 1), (40, 1), (36, 3), (9, 1)])
@pytest.mark.parametrize("choose, strategy", [a[1:] for a in ALLOCATION], ids=[a[0] for a in ALLOCATION])
def test_allocation(tmp_path, choose, strategy, clients, subnets):
    server, = report_of(tmp_path, [(OFFICE, choices(clients, choose, subnets))])["servers"]
    allocation = server["allocation"]
    assert allocation["strategy"] == ("unknown" if clients < 10 else strategy), allocation
    assert sum(allocation["likelihood"].values()) == pytest.approx(1, abs=0.001)
    assert allocation["predicted"] > 0.6 or strategy == "unpredictable" or clients < 10, allocation


def test_one_client_in_another_subnet_hides_no_hash(tmp_path):
    frames = choices(14, lambda i, h, t: free_from(100, 101, sdbm(h), t))
    frames += relayed(Client(LOCAL, [own_id(LOCAL)]), MODEM).frames
    server, = report_of(tmp_path, [(OFFICE, frames)])["servers"]
    assert server["allocation"]["strategy"] == "hash", server["allocation"]
