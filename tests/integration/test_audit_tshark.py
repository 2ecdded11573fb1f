# SPDX-License-Identifier: ISC
"""`postern audit packets` beside tshark: the same messages in the same frames, the same fields, the same options.

Where tshark reads something in another way on purpose or by mistake it is said here, next to what is done about it:
DIFFERENCES. tshark has no decoder for DHCP over TCP: those messages are in test_audit_packets.py."""
import json
import re
import shutil
import subprocess
import uuid
import xml.etree.ElementTree as ElementTree

import pytest

import dhcp_corpus
import dhcp_wire as w
from harness import binary

pytestmark = pytest.mark.skipif(not shutil.which("tshark"), reason="tshark is not installed")

DIFFERENCES = """
order     tshark lists options where they stand; an overloaded field's options come in the middle of the main field's, in
          the place of 52. Issue §1: the main field, then file, then sname. Sorted here by offset.
joining   tshark shows each piece of a long option (RFC 3396). Joined here before they are compared; decoded texts are
          compared for options in one piece only.
97        tshark turns the first three fields of the GUID around, as Microsoft writes them; here the octets stand.
119       tshark ends a name with "." or without by the way it is compressed; the final dot is cut off.
144       tshark decodes nothing of it; 62, 88, 89, 95, 98, 108, 213, 220, 221 neither, 221 only in part.
119 120   tshark decodes them in the main field only; an overloaded field's are compared by octets.
booleans  tshark shows every number but 0 as 1.
137       tshark takes the labels for text.
152 154 155   tshark 4.0 takes seconds since 1970 for NTP's, and shows times in 2089: compared by octets.
77        tshark shows items as octets; a value that is no list (Microsoft) it takes for one as far as it goes.
61        tshark tells hardware by the length of the option alone, whatever the type octet says but 0; what is behind a
          255 it takes for a DUID without looking at lengths. Compared for those that are well-formed.
123       tshark shows no more than the altitude's lowest bits when the datum shares their octet; altitude is left out.
125       tshark decodes sub-options of some vendors and of no others: items are compared, sub-options are not.
52        tshark follows an overload option of another length, and one inside an overloaded field.
hlen      tshark shows no hardware address of another type than Ethernet's or of hlen 0 as one.
secs      tshark takes a number whose low octet is 0 for one in the wrong byte order, and turns it.
short     tshark throws what it cannot read away from there on; what it shows up to there is compared.
"""

# Not decoded by tshark, or decoded as something else: see DIFFERENCES.
OCTETS_ONLY = {43, 53, 56, 62, 63, 77, 78, 79, 82, 83, 84, 88, 89, 90, 95, 97, 98, 99, 108, 120, 121, 123, 124, 125, 137, 144, 148, 151, 152,
               154, 155, 157, 161, 208, 212, 213, 220, 221, 249, 61, 81, 80, 119, 117, 93, 94, 158, 159, 160}


# --- both readers --------------------------------------------------------------------------------

def postern(*arguments, code=0, **more):
    run = subprocess.run([str(binary()), "audit", "packets", "--json", *map(str, arguments)], capture_output=True, timeout=60, **more)
    assert run.returncode == code, run.stderr.decode()
    return [json.loads(line, object_pairs_hook=no_twins) for line in run.stdout.splitlines()]


def no_twins(pairs):
    keys = [key for key, _ in pairs]
    assert len(keys) == len(set(keys)), keys
    return dict(pairs)


class Seen:
    """What tshark made of a frame's DHCP message."""

    def __init__(self, packet):
        self.fields, self.pieces, self.malformed = {}, [], False
        proto = None
        for one in packet:
            name = one.get("name")
            if name == "frame":
                self.fields.update(direct(one))
            elif name == "ip":
                self.fields.update(direct(one))
            elif name == "dhcp":
                proto = one
        self.is_dhcp = proto is not None
        self.malformed = any(f.get("name") == "_ws.malformed" for f in packet.iter())
        if proto is None:
            return
        self.fields.update(direct(proto))
        op = next((int(f.get("pos")) for f in proto.iter("field") if f.get("name") == "dhcp.type"), 0)
        for option in proto.iter("field"):
            raw = hexadecimal(option.get("value")) if option.get("name") == "dhcp.option.type" else b""
            if len(raw) >= 2 and raw[0] != 255 and len(raw) == 2 + raw[1]:
                self.pieces.append((int(option.get("pos")) - op, raw[0], raw[2:], option))
        self.pieces.sort(key=lambda p: ((p[0] < 240) + (p[0] < 108), p[0]))

    def joined(self):
        out = {}
        for _, code, value, _ in self.pieces:
            out[code] = out.get(code, b"") + value
        return out

    def single(self):
        """code: the tree of those options that are in one piece."""
        codes = [code for _, code, _, _ in self.pieces]
        return {code: option for _, code, _, option in self.pieces if codes.count(code) == 1}


def hexadecimal(text):
    return bytes.fromhex(text) if text and re.fullmatch(r"(?:[0-9a-f]{2})+", text) else b""


def direct(proto):
    return {f.get("name"): f.get("show") for f in proto.findall("field")}


def tshark(path, *options):
    run = subprocess.run(["tshark", "-n", "-r", path, "-T", "pdml", *options], capture_output=True, timeout=100)
    assert run.returncode in (0, 2), run.stderr.decode()
    out = {}
    for packet in ElementTree.fromstring(run.stdout).iter("packet"):
        seen = Seen(packet)
        out[int(seen.fields["frame.number"])] = seen
    return out


# --- comparing -----------------------------------------------------------------------------------

FIXED = {"op": "dhcp.type", "htype": "dhcp.hw.type", "hlen": "dhcp.hw.len", "hops": "dhcp.hops", "xid": "dhcp.id", "secs": "dhcp.secs",
         "flags": "dhcp.flags", "ciaddr": "dhcp.ip.client", "yiaddr": "dhcp.ip.your", "siaddr": "dhcp.ip.server", "giaddr": "dhcp.ip.relay",
         "chaddr": "dhcp.hw.mac_addr", "src": "ip.src", "dst": "ip.dst", "frame": "frame.number"}


def plain(value):
    """A number, in whichever base, as a number."""
    text = str(value)
    return int(text, 0) if re.fullmatch(r"0x[0-9a-fA-F]+|\d+", text) else text


def compare_fixed(ours, seen, where):
    for key, name in FIXED.items():
        if name not in seen.fields or (key == "chaddr" and ours["htype"] != 1):
            continue
        mine, theirs = plain(ours[key]), plain(seen.fields[name])
        assert mine == theirs or (key == "secs" and mine == theirs << 8), (where, key)
    if ours["time"] is not None:
        seconds, _, part = seen.fields["frame.time_epoch"].partition(".")
        assert abs(ours["time"] - float(seconds + "." + part)) < 1e-6, where


def shown(option, *names):
    return [f.get("show") for f in option.iter("field") if f.get("name") in names]


def leaves(option):
    return [f.get("show") for f in option.findall("field") if f.get("name") not in ("dhcp.option.length", "dhcp.option.value")
            and not f.get("name", "").startswith("_ws.")]


def simple(ours, option, where):
    """Addresses, numbers and texts, by the members that are there."""
    theirs = leaves(option)
    if not theirs:
        return
    if "address" in ours:
        assert [ours["address"]] == theirs, where
    elif "addresses" in ours or "pairs" in ours:
        assert ours.get("addresses") or [a for pair in ours["pairs"] for a in pair] == theirs, where
    elif "codes" in ours or "values" in ours:
        assert (ours.get("codes") or ours["values"]) == [plain(t) for t in theirs], where
    elif "value" in ours:
        assert ours["value"] == plain(theirs[0]) or str(ours["value"]) == theirs[0] or (theirs[0] == "1" and ours["value"]), where
    elif "text" in ours:
        text = bytes.fromhex(ours["hex"])
        if text and all(0x20 <= c < 0x7f and c != 0x5c for c in text):
            assert ours["text"] == theirs[0], where


def client_id(ours, option, where):
    raw = bytes.fromhex(ours["hex"])
    if ours["form"] == "hardware" and len(raw) == 7 and raw[0] == 1:
        assert [ours["hardware"]] == shown(option, "dhcp.hw.mac_addr"), where
    if ours["form"] == "duid":
        assert [f"{ours['iaid']:08x}"] == shown(option, "dhcp.client_id.iaid"), where
        assert [str(ours["duid"]["type"])] == shown(option, "dhcp.client_id.duid_type"), where
        if 0 < len(ours["duid"].get("hardware", "")) < 60:  # tshark cuts longer ones
            assert [ours["duid"]["hardware"]] == shown(option, "dhcp.client_id.link_layer_address"), where
        if "enterprise" in ours["duid"]:
            assert [str(ours["duid"]["enterprise"])] == shown(option, "dhcp.client_id.enterprise_num"), where


def name_of_wire(option, name):
    return [text.rstrip(".") for text in shown(option, name)]


def fqdn(ours, option, where):
    for key in ("rcode1", "rcode2"):
        assert [str(ours[key])] == shown(option, f"dhcp.fqdn.{key}"), where
    for key in "soen":
        assert [str(int(ours[key]))] == shown(option, f"dhcp.fqdn.{key}"), where
    if re.fullmatch(r"[\w.-]+", ours["fqdn"]) and "fault" not in ours:
        assert [ours["fqdn"]] == name_of_wire(option, "dhcp.fqdn.name") + shown(option, "dhcp.fqdn.asciiname"), where


def relay(ours, option, where):
    raw = [f.get("value") for f in option.iter("field") if f.get("name") == "dhcp.option.agent_information_option.suboption"]
    assert [f"{s['code']:02x}{len(s['hex']) // 2:02x}{s['hex']}" for s in ours["sub-options"]] == raw, where
    for sub in ours["sub-options"]:
        if sub["code"] in (5, 11) and len(sub["hex"]) == 8:
            name = "link_selection" if sub["code"] == 5 else "server_id_override"
            assert sub["address"] in shown(option, "dhcp.option.agent_information_option." + name), where
        if sub["code"] == 16 and len(sub["hex"]) == 12:
            assert sub["hardware"] in shown(option, "dhcp.option.agent_information_option.ani_ap_bssid"), where


def civic(ours, option, where):
    prefix = "dhcp.option.civic_location."
    if "what" not in ours:
        return
    whats = ["server", "network", "client"]
    assert [str(whats.index(ours["what"])) if ours["what"] in whats else str(ours["what"])] == shown(option, prefix + "what"), where
    assert [str(e["type"]) for e in ours["elements"]] == shown(option, prefix + "ca_type"), where
    texts = [e["text"] for e in ours["elements"]]
    if all(re.fullmatch(r"[\w .-]+", t, re.ASCII) for t in texts):  # tshark takes it for ASCII
        assert texts == shown(option, prefix + "ca_value"), where


def coordinates(ours, option, where):
    if "latitude" in ours and shown(option, "dhcp.option.rfc3825.latitude"):
        assert abs(ours["latitude"] - float(shown(option, "dhcp.option.rfc3825.latitude")[0])) < 1e-6, where
        assert abs(ours["longitude"] - float(shown(option, "dhcp.option.rfc3825.longitude")[0])) < 1e-6, where


def machine(ours, option, where):
    theirs = shown(option, "dhcp.client_id.uuid")
    if theirs and "uuid" in ours:
        assert uuid.UUID(ours["uuid"]).bytes_le == uuid.UUID(theirs[0]).bytes, where


def routes(ours, option, where):
    theirs = [(f.get("showname") or f.get("show")).strip() for f in option.iter("field")
              if f.get("name") == "dhcp.option.classless_static_route"]
    mine = [("default" if r["to"] == "0.0.0.0/0" else r["to"]) + "-" + r["via"] for r in ours.get("routes", [])]
    if mine:
        assert mine == theirs, where


def vendors(ours, option, where):
    prefix = "dhcp.option.vi_class." if ours["code"] == 124 else "dhcp.option.vi."
    assert [str(item["enterprise"]) for item in ours["items"]] == shown(option, prefix + "enterprise"), where


def architectures(ours, option, where):
    if "architectures" in ours:
        assert [str(a["value"]) for a in ours["architectures"]] == shown(option, "dhcp.option.client_system_architecture"), where


def network_interface(ours, option, where):
    if "major" in ours and ours["type"] == 1:
        assert [str(ours["major"]), str(ours["minor"])] == shown(option, "dhcp.client_network_id_major", "dhcp.client_network_id_minor"), where


def searched(ours, option, where):
    theirs = name_of_wire(option, "dhcp.option.dhcp_dns_domain_search_list_fqdn")
    if "names" in ours and theirs:
        assert ours["names"] == theirs, where


def items(ours, option, where):
    if "items" in ours:
        mine = [i["text"] for i in ours["items"]]
        theirs = [bytes.fromhex(t.replace(":", "")) for t in shown(option, "dhcp.option.user_class.data")]
        if all(re.fullmatch(r"[\w .-]+", t) for t in mine):
            assert [t.encode() for t in mine] == theirs, where


def status(ours, option, where):
    if "status" in ours:
        assert [str(ours["status"])] == shown(option, "dhcp.option.bulk_lease.status_code"), where


def agents(ours, option, where):
    theirs = shown(option, "dhcp.option.slp_directory_agent.slpda_address", "dhcp.option.sip_server.address")
    if "addresses" in ours and (theirs or ours["code"] == 78):
        assert ours["addresses"] == theirs, where


DECODED = {61: client_id, 81: fqdn, 82: relay, 99: civic, 123: coordinates, 97: machine, 121: routes, 249: routes, 124: vendors, 125: vendors,
           93: architectures, 94: network_interface, 119: searched, 77: items, 151: status, 78: agents, 120: agents}


def compare_type(ours, seen, where):
    theirs = seen.single().get(53)
    if theirs is not None and shown(theirs, "dhcp.option.dhcp"):
        number = int(shown(theirs, "dhcp.option.dhcp")[0])
        names = {v: k for k, v in w.TYPES.items() if v}
        assert ours["type"] == names.get(number, str(number)), where


def compare(ours, seen, where, whole=True):
    """whole: the message is as it should be; else only what tshark shows up to the damage."""
    compare_fixed(ours, seen, where)
    theirs = seen.joined()
    mine = {o["code"]: bytes.fromhex(o["hex"]) for o in ours["options"]}
    assert len(mine) == len(ours["options"]), where
    if not whole:
        return
    assert list(mine.items()) == list(theirs.items()), where
    compare_type(ours, seen, where)
    single = seen.single()
    for option in ours["options"]:
        tree = single.get(option["code"])
        if tree is None or any(f.get("name", "").startswith("_ws.") for f in tree.iter("field")):
            continue
        if option["code"] in DECODED:
            DECODED[option["code"]](option, tree, (where, option["code"]))
        elif option["code"] not in OCTETS_ONLY:
            simple(option, tree, (where, option["code"]))


def compare_capture(path, whole=lambda ours, seen: not ours["malformed"] and not seen.malformed, wires=None):
    ours, seen = postern(path), tshark(path)
    assert {o["frame"] for o in ours} == {number for number, s in seen.items() if s.is_dhcp} | no_dhcp(ours, seen), path
    for one in ours:
        if seen[one["frame"]].is_dhcp:
            compare(one, seen[one["frame"]], (str(path), one["frame"]), whole(one, seen[one["frame"]]))
        if wires:
            wanted = dhcp_corpus.listed(wires[one["frame"] - 1])
            assert [(o["code"], bytes.fromhex(o["hex"])) for o in one["options"]] == wanted, (path, one["frame"])
    return ours


def no_dhcp(ours, seen):
    """Too short for tshark to call it DHCP: it shows none, or no payload at all."""
    return {o["frame"] for o in ours if not seen[o["frame"]].is_dhcp and o["malformed"]}


# --- the captures --------------------------------------------------------------------------------

def test_each_option_as_tshark(workdir):
    messages = dhcp_corpus.one_of_each()
    wires = [m.wire() for m in messages]
    path = w.write_pcap(workdir / "each.pcap", [w.frame_of(wire, "192.0.2.1", "192.0.2.7", 67, 68) for wire in wires])
    ours = compare_capture(path, wires=wires)
    assert len(ours) == len(messages)
    assert all(not o["malformed"] for o in ours), [o["malformed"] for o in ours if o["malformed"]]


def test_random_messages_as_tshark(workdir):
    rng = dhcp_corpus.seeded(6)
    wires = [dhcp_corpus.random_message(rng).wire() for _ in range(600)]
    path = w.write_pcap(workdir / "random.pcap", [w.frame_of(wire, "192.0.2.1", "192.0.2.7", 67, 68) for wire in wires])
    # What is wrong inside an option does not keep either from listing it.
    assert len(compare_capture(path, lambda ours, seen: not seen.malformed, wires)) == len(wires)


def test_damaged_messages_as_tshark_up_to_the_damage(workdir):
    rng = dhcp_corpus.seeded(7)
    wires = [dhcp_corpus.damaged(rng, dhcp_corpus.random_message(rng).wire()) for _ in range(600)]
    path = w.write_pcap(workdir / "damaged.pcap", [w.frame_of(wire, "192.0.2.1", "192.0.2.7", 67, 68) for wire in wires])
    assert len(compare_capture(path, lambda ours, seen: False, wires)) == len(wires)


def one_message(xid):
    return w.Message("REQUEST", xid=xid).add(50, w.ip("192.0.2.7")).add(12, "laptop").add(61, w.client_id_hardware("02:00:5e:10:00:01"))


def packets_of(n):
    return [w.ipv4(w.udp(one_message(0xabc0 + i).wire()), options=b"\x94\x04\0\0" * (i % 3), id=i) for i in range(n)]


LINKS = {
    "ethernet": (w.ETHERNET, lambda p, i: w.ethernet(p)),
    "vlan": (w.ETHERNET, lambda p, i: w.ethernet(p, vlans=[5])),
    "qinq": (w.ETHERNET, lambda p, i: w.ethernet(p, vlans=[(0x88a8, 7), 9])),
    "qinq-old": (w.ETHERNET, lambda p, i: w.ethernet(p, vlans=[(0x9100, 7), 9])),
    "sll": (w.SLL, lambda p, i: w.sll(p)),
    "sll2": (w.SLL2, lambda p, i: w.sll2(p)),
    "radiotap": (w.RADIOTAP, lambda p, i: w.radiotap(w.wifi(p, qos=i % 2, to_ap=i % 3), fcs=i % 2)),
    "wifi": (w.IEEE802_11, lambda p, i: w.wifi(p, qos=i % 2)),
    "null": (w.NULL, lambda p, i: w.loopback(p)),
    "null-big": (w.NULL, lambda p, i: w.loopback(p, ">")),
    "loop": (w.LOOP, lambda p, i: w.loopback(p, ">")),
    "raw": (w.RAW, lambda p, i: p),
    "ipv4": (w.IPV4, lambda p, i: p),
}


def test_each_link_type_as_tshark(workdir):
    frames = [w.Frame(make(p, i), link=link) for link, make in LINKS.values() for i, p in enumerate(packets_of(4))]
    for order in "<>":
        path = w.write_pcapng(workdir / f"links{ord(order)}.pcapng", frames, order=order, nanoseconds=order == ">")
        assert len(compare_capture(path)) == len(frames)


@pytest.mark.parametrize("order", "<>")
@pytest.mark.parametrize("nanoseconds", [False, True])
def test_each_kind_of_file_as_tshark(workdir, order, nanoseconds):
    frames = [w.Frame(w.ethernet(p), ns=(w.EPOCH + i) * 10**9 + 123456789) for i, p in enumerate(packets_of(3))]
    for make, name in ((w.pcap, "pcap"), (w.pcapng, "pcapng")):
        data = make(frames, order=order, nanoseconds=nanoseconds)
        for ending, octets in ((name, data), (name + ".gz", w.packed(data)), (name + ".two.gz", w.packed(data, 2))):
            path = workdir / ending
            path.write_bytes(octets)
            if ending.endswith("two.gz"):
                assert [o["time"] for o in postern(path)] == times, "members of a gzip"
                continue
            ours = compare_capture(path)
            times = [o["time"] for o in ours]
            assert len(ours) == 3


def sections():
    """Interfaces of different resolutions and offsets, every kind of packet block, two sections of both orders."""
    frames = w.frames_of([w.ethernet(p) for p in packets_of(8)], w.ETHERNET)
    raw = w.frames_of([w.Frame(p, link=w.RAW) for p in packets_of(2)], w.RAW)
    out = b""
    for order in "<>":
        out += w.pcapng_section(order, (4, b"a program"), (1, b"a comment"))
        out += w.pcapng_interface(order, w.ETHERNET, 0) + w.pcapng_interface(order, w.RAW, 0, (9, b"\x09"))
        out += w.pcapng_interface(order, w.ETHERNET, 0, (9, bytes([0x80 | 10])), (14, (3600).to_bytes(8, "little" if order == "<" else "big")))
        out += w.pcapng_packet(order, frames[0], 0, None, (1, b"a comment"))
        out += w.pcapng_packet(order, raw[0], 1, raw[0].ns)
        out += w.pcapng_packet(order, frames[1], 2, (w.EPOCH - 3600) * 1024 + 512)
        out += w.pcapng_simple(order, frames[2]) + w.pcapng_old(order, frames[3], 0)
        out += w.pcapng_block(order, 0x80000001, b"of nobody") + w.pcapng_block(order, 5, bytes(12))
    return out


def test_sections_and_interfaces_as_tshark(workdir):
    path = workdir / "sections.pcapng"
    path.write_bytes(sections())
    ours, seen = postern(path), tshark(path)
    assert [o["frame"] for o in ours] == list(range(1, 11)) == sorted(seen)
    assert [o["frame"] for o in ours if o["time"] is None] == [4, 9]
    assert [o["time"] for o in ours][2] == w.EPOCH + 0.5
    for one in ours:
        compare(one, seen[one["frame"]], one["frame"])


def test_fragments_as_tshark(workdir):
    rng = dhcp_corpus.seeded(8)
    frames, wires = [], []
    for i in range(60):
        message = one_message(i).add(43, rng.randbytes(rng.randint(300, 1200)))
        wires.append(message.wire())
        pieces = w.fragments(w.udp(wires[-1], src="192.0.2.7", dst="192.0.2.1"), rng.choice([80, 256, 520]), "192.0.2.7", "192.0.2.1", id=i)
        if i % 3 == 1:
            rng.shuffle(pieces)
        if i % 5 == 2:
            pieces.insert(1, pieces[0])
        frames += [w.ethernet(p) for p in pieces]
    path = w.write_pcap(workdir / "fragments.pcap", frames)
    ours = compare_capture(path)
    assert len(ours) == 60
    assert [int(o["xid"], 16) for o in ours] == list(range(60))
    assert [[(p["code"], p["hex"]) for p in o["options"]] for o in ours] == \
        [[(c, v.hex()) for c, v in dhcp_corpus.listed(wire)] for wire in wires]


def test_cut_by_the_snap_length_as_tshark(workdir):
    frame = w.frame_of(one_message(1).add(43, b"v" * 200))
    frames = [w.Frame(frame[:n], length=len(frame)) for n in range(50, len(frame), 7)]
    path = w.write_pcap(workdir / "cut.pcap", frames)
    for one in compare_capture(path, lambda ours, seen: False):
        assert any("snap length" in m["what"] for m in one["malformed"]), one


def test_lengths_that_do_not_fit_as_tshark(workdir):
    wire = one_message(1).wire()
    udp = [w.udp(wire, length=n) for n in (0, 7, 8, 9, 200, len(wire) + 7, len(wire) + 9, 65535)]
    frames = [w.ethernet(w.ipv4(u)) for u in udp] + [w.ethernet(w.ipv4(w.udp(wire), length=n)) for n in (21, 27, 5000, 65535)]
    ours = postern(w.write_pcap(workdir / "lengths.pcap", frames))
    seen = tshark(workdir / "lengths.pcap")
    assert [o["frame"] for o in ours] == list(range(1, len(frames) + 1))
    for one in ours:
        theirs = seen[one["frame"]]
        wrong = any("length does not fit" in m["what"] for m in one["malformed"])
        # A UDP length that is smaller than the datagram, and of a header at least, is obeyed; it fits.
        assert wrong == (one["frame"] not in (3, 4, 5, 6)), one
        if theirs.is_dhcp:
            compare(one, theirs, one["frame"], whole=False)


def test_other_traffic_is_passed_over(workdir):
    quoted = w.ipv4(w.udp(one_message(1).wire()))
    frames = [w.ethernet(w.ipv4(b"\3\3\0\0\0\0\0\0" + quoted, proto=1)), w.ethernet(b"\0\1\x08\0\6\4\0\1" + bytes(20), ethertype=0x0806),
              w.ethernet(w.ipv4(w.udp(b"x" * 40, 53, 5353))), w.ethernet(b"\x60" + bytes(60), ethertype=0x86dd), b"", b"\xff" * 13,
              w.frame_of(one_message(2)), w.ethernet(w.ipv4(w.udp(one_message(3).wire(), 4000, 4001)))]
    path = w.write_pcap(workdir / "other.pcap", frames)
    assert [o["frame"] for o in postern(path)] == [7]
    assert [o["frame"] for o in postern("-p", 4001, path)] == [7, 8]
    assert {n for n, s in tshark(path).items() if s.is_dhcp} <= {1, 7}  # tshark dissects what ICMP quotes
