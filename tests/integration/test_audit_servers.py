# SPDX-License-Identifier: ISC
"""`postern audit`: what servers and relay agents give away, and how servers choose addresses (RFC 7819 §4.2)."""
import struct

import dhcp_wire as w
from test_audit_verdicts import LOCAL, LOCAL2, SERVER, TIMES, Client, audit, client_of, hardware_of, own_id, relayed


def clients(n, choose, **more):
    frames = []
    for i in range(n):
        hardware = hardware_of(i)
        frames += Client(hardware, options=[own_id(hardware)], **more).join(choose(i)).frames
    return frames


def said(findings):
    return " | ".join(e["what"] for e in findings)


def test_a_server_is_known_by_option_54_and_a_second_one_on_a_link_is_told(tmp_path):
    frames = clients(3, lambda i: f"192.0.2.{10 + i}") + clients(1, lambda i: "192.0.2.77", server="192.0.2.66")
    report = audit(tmp_path, ("office", frames))
    rogue = {s["id"]: s["rogue"] for s in report["servers"]}
    assert rogue == {"192.0.2.1": False, "192.0.2.66": True}
    elsewhere = audit(tmp_path, ("office", clients(3, lambda i: f"192.0.2.{10 + i}")),
                      ("home", clients(1, lambda i: "10.0.0.9", server="10.0.0.1")))
    assert not any(s["rogue"] for s in elsewhere["servers"])


def test_what_nobody_asked_for_is_told_once(tmp_path):
    client = Client(options=[own_id(LOCAL)], prl=[1, 3])
    client.join(server=[(15, "corp.example"), (99, w.civic(1, "DE", (3, "Bonn")))])
    server, = audit(tmp_path, ("office", client.frames))["servers"]
    assert "Domain Name" in said(server["volunteered"])
    assert len(server["volunteered"]) == 2
    asked = Client(options=[own_id(LOCAL)], prl=[1, 3, 15]).join(server=[(15, "corp.example")])
    server, = audit(tmp_path, ("office", asked.frames))["servers"]
    assert server["volunteered"] == []


def test_relay_agent_information_that_reaches_a_client_is_told(tmp_path):
    client = Client(options=[own_id(LOCAL)]).join(server=[(82, w.tlv((1, "port 7")))])
    server, = audit(tmp_path, ("office", client.frames))["servers"]
    assert "port 7" in said(server["leaked"])
    behind = relayed(Client(options=[own_id(LOCAL)]), w.tlv((1, "port 7")))
    report = audit(tmp_path, ("office", behind.frames))
    assert report["servers"][0]["leaked"] == []
    relay, = report["relays"]
    assert "port 7" in said(relay["added"])


def test_a_returning_client_and_its_address(tmp_path):
    same = Client(options=[own_id(LOCAL)]).join("192.0.2.50").join("192.0.2.50")
    other = Client(LOCAL2, options=[own_id(LOCAL2)]).join("192.0.2.51").join("192.0.2.99")
    server, = audit(tmp_path, ("office", same.frames + other.frames))["servers"]
    assert (server["allocation"]["returning"], server["allocation"]["returning_same"]) == (2, 1)


def test_a_client_with_the_same_offset_on_two_networks(tmp_path):
    home = Client(options=[own_id(LOCAL)], server="10.9.8.1").join("10.9.8.77").frames
    office = Client(options=[own_id(LOCAL)]).join("192.0.2.77").frames
    for server in audit(tmp_path, ("home", home), ("office", office))["servers"]:
        assert (server["allocation"]["moved"], server["allocation"]["moved_same"]) == (1, 1)


def test_an_address_that_the_client_asked_for_says_nothing_of_the_server(tmp_path):
    frames = []
    for i in range(12):
        hardware, address = hardware_of(i), f"192.0.2.{20 + i}"
        frames += Client(hardware, options=[own_id(hardware)]).join(address, discover=[(50, w.ip(address))]).frames
    server, = audit(tmp_path, ("office", frames))["servers"]
    assert server["allocation"]["strategy"] == "unknown"


def dns_update(name, address, dhcid=None):
    zone = w.labels("example.com") + w.u16(6, 1)
    owner = w.labels(name)
    records = owner + w.u16(1, 1) + w.u32(300) + w.u16(4) + w.ip(address)
    if dhcid:
        records += owner + w.u16(49, 1) + w.u32(300) + w.u16(len(dhcid)) + dhcid
    return struct.pack(">HHHHHH", 7, 5 << 11, 1, 0, 2 if dhcid else 1, 0) + zone + records


def test_a_dns_update_in_the_capture_is_evidence(tmp_path):
    client = Client(options=[own_id(LOCAL), (12, "tom")]).join("192.0.2.50")
    update = dns_update("tom.example.com", "192.0.2.50", b"\0\0\1" + bytes(32))
    frame = w.frame_of(update, SERVER, "192.0.2.53", 40000, 53, "02:00:5e:ff:00:01")
    report = audit(tmp_path, ("office", client.frames + [w.Frame(frame, time=next(TIMES))]))
    attack = client_of(report, LOCAL)["attacks"]["5.7"]
    assert attack["verdict"] == "exposed"
    assert "tom.example.com (192.0.2.50)" in said(attack["evidence"])
    assert "DHCID over its hardware address" in said(attack["evidence"])
    assert report["totals"]["messages"] == 4
