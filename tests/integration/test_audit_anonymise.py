# SPDX-License-Identifier: ISC
"""`postern audit anonymise`: nothing of an identifier is left, everything else is as it was."""
import json
import shutil
import subprocess
from collections import Counter

import pytest

import dhcp_corpus
import dhcp_wire as w
from harness import binary

MACS = ["02:00:5e:aa:10:01", "3c:5a:b4:77:12:34", "00:1b:21:9c:2e:71", "de:ad:be:ef:42:17"]
SERVER, SERVER_MAC = "198.51.100.1", "00:50:56:c0:ff:ee"
UUID = bytes.fromhex("4c4c4544004b3710805ac7c04f4d3232")
TEXTS = ["marias-laptop", "customer-4711-Bonn", "Gi1/0/7 hall", "Domstrasse", "corp.example.org", "tftp-17.example.org", "FRITZ!Box 7590",
         "lamp.example.net/mud.json", "Accounting", "rack-42.example.org"]


def anonymise(source, target, *options, code=0, **more):
    run = subprocess.run([str(binary()), "audit", "anonymise", *map(str, options), str(source), str(target)], capture_output=True,
                         timeout=60, **more)
    assert run.returncode == code, run.stderr.decode()
    return run


def packets(path):
    run = subprocess.run([str(binary()), "audit", "packets", "--json", str(path)], capture_output=True, timeout=60)
    return [json.loads(line) for line in run.stdout.splitlines()], run.stderr.decode().replace(str(path), "")


def exchange(i, mac, name, address):
    duid = w.duid_llt(mac, 500000000 + i * 1000)
    ask = dict(chaddr=mac, xid=0x51000000 + i * 0x10001)
    discover = w.Message("DISCOVER", **ask).add(61, w.client_id_duid(0x77c35d91 + i, duid)).add(12, name).add(60, TEXTS[6]) \
        .add(81, w.fqdn(name + ".corp.example.org")).add(97, b"\0" + UUID).add(55, [1, 3, 6, 15]).add(50, w.ip(address)) \
        .add(77, w.user_class(TEXTS[8])).add(124, w.vendor_class((9, TEXTS[6]))).add(161, "https://" + TEXTS[7]).add(93, w.u16(7))
    relayed = w.Message("DISCOVER", **ask, giaddr="198.51.100.2", hops=1)
    relayed.options = discover.options + [(82, w.tlv((1, TEXTS[2]), (2, w.mac(SERVER_MAC)), (6, TEXTS[1]), (5, w.ip("198.51.100.0"))))]
    ack = w.Message("ACK", **ask, yiaddr=address, siaddr=SERVER, sname=TEXTS[9], file="boot/" + TEXTS[8]).add(54, w.ip(SERVER)).add(51, w.u32(3600)) \
        .add(1, w.ip("255.255.255.0")).add(3, w.ip(SERVER)).add(15, TEXTS[4]).add(66, TEXTS[5]) \
        .add(99, w.civic(2, "DE", (3, "Bonn"), (6, TEXTS[3]))).add(144, w.geo(50.7374, 7.0982, True)).add(12, name)
    return discover, relayed, ack


def arp(sender, target):
    return b"\0\1\x08\0\6\4\0\1" + w.mac(MACS[0]) + w.ip(sender) + bytes(6) + w.ip(target)


def traffic():
    frames, addresses = [], []
    for i, mac in enumerate(MACS):
        address = f"198.51.100.{20 + i}"
        addresses.append(address)
        discover, relayed, ack = exchange(i, mac, TEXTS[0] + str(i), address)
        frames += [w.frame_of(discover, hardware=mac), w.frame_of(relayed, "198.51.100.2", SERVER, 67, 67, SERVER_MAC, MACS[0]),
                   w.frame_of(ack, SERVER, address, 67, 68, SERVER_MAC, mac)]
        frames += [w.ethernet(p, mac) for p in w.fragments(w.udp(discover.add(43, mac.encode() * 40).wire(), src=address, dst=SERVER), 256,
                                                          address, SERVER, id=i)]
        frames.append(w.ethernet(arp(address, SERVER), mac, ethertype=0x0806))
        frames.append(w.ethernet(w.ipv4(w.udp(TEXTS[4].encode() * 3, 5353, 53, address, SERVER), address, SERVER), mac))
        frames.append(w.ethernet(w.ipv4(w.tcp(TEXTS[3].encode(), 40000, 443, src=address, dst=SERVER), address, SERVER, 6), mac))
        frames.append(w.ethernet(w.ipv4(b"\x08\0\xf7\xff" + TEXTS[3].encode(), address, SERVER, 1, options=b"\x07\x07\x08" + w.ip(address) + b"\0"), mac))
        frames.append(w.ethernet(b"\x02" + TEXTS[1].encode(), mac, ethertype=0x88cc))
    return frames, addresses


def leasequeries(name="stream"):
    """RFC 6926: a query and two answers, in segments that do not care where messages end."""
    ask = w.Message("BULKLEASEQUERY", chaddr=b"").add(61, w.client_id_hardware(MACS[1])).stream()
    lease = w.Message("LEASEACTIVE", chaddr=MACS[1], ciaddr="198.51.100.21").add(82, w.tlv((6, TEXTS[1]), (1, TEXTS[2]))).stream()
    done = w.Message("LEASEQUERYDONE", chaddr=b"").stream()
    answers = lease + done
    client, server, at = "198.51.100.9", SERVER, [0, 100, 101, 400, len(answers)]
    frames = [w.ipv4(w.tcp(b"", 40001, 67, 999, flags="S", src=client, dst=server), client, server, 6),
              w.ipv4(w.tcp(b"", 67, 40001, 4999, flags="SA", src=server, dst=client), server, client, 6),
              w.ipv4(w.tcp(ask, 40001, 67, 1000, src=client, dst=server), client, server, 6)]
    parts = [w.ipv4(w.tcp(answers[a:b], 67, 40001, 5000 + a, src=server, dst=client), server, client, 6) for a, b in zip(at, at[1:])]
    frames += [parts[0], parts[2], parts[1], parts[1], parts[3], parts[0]]  # out of order, and twice
    return [w.ethernet(p) for p in frames]


def originals(addresses):
    """Octets and texts that must not be found."""
    found = [w.mac(m) for m in MACS + [SERVER_MAC]] + [m.encode() for m in MACS] + [w.mac(m)[2:] for m in MACS]
    found += [t.encode() for t in TEXTS] + [TEXTS[0].upper().encode(), UUID, UUID[:8]]
    found += [w.ip(a) for a in addresses + [SERVER, "198.51.100.2", "198.51.100.0", "198.51.100.9"]]
    found += [w.u32(0x77c35d91 + i) for i in range(len(MACS))] + [b"Bonn", w.geo(50.7374, 7.0982, True)[1:5]]
    found += [w.labels("corp.example.org")[1:5], b"example", b"Accounting", b"FRITZ", b"laptop"]
    return found


@pytest.fixture(scope="module")
def pair(base):
    """A capture, and its copy."""
    frames, addresses = traffic()
    source, target = base / "pair.pcapng", base / "pair-copy.pcapng"
    w.write_pcapng(source, frames + leasequeries())
    anonymise(source, target)
    return source, target, addresses


def test_nothing_of_an_identifier_is_left(pair):
    source, target, addresses = pair
    before, after = source.read_bytes(), target.read_bytes()
    assert len([o for o in originals(addresses) if o in before]) > 40
    assert [o for o in originals(addresses) if o in after] == []


def shape(messages):
    """What stays."""
    return [(m["frame"], m["time"], m["op"], m["htype"], m["hlen"], m["hops"], m["xid"], m["secs"], m["flags"], m["type"],
             [(o["code"], len(o["hex"])) for o in m["options"]], m["malformed"]) for m in messages]


def test_types_codes_lengths_and_times_stay(pair):
    source, target, _ = pair
    before, after = packets(source), packets(target)
    assert len(before[0]) == 4 * 4 + 3
    assert shape(before[0]) == shape(after[0])
    assert before[1] == after[1] == ""
    for one, other in zip(before[0], after[0]):
        for mine, theirs in zip(one["options"], other["options"]):
            if mine["code"] in (1, 51, 53, 55, 57, 93):
                assert mine["hex"] == theirs["hex"]


def pairs_of(before, after, what):
    out = {}
    for one, other in zip(before, after):
        for a, b in zip(what(one), what(other)):
            assert out.setdefault(a, b) == b, (a, b, out[a])
    assert len(set(out.values())) == len(out), "two became one"
    return out


def test_the_same_value_becomes_the_same_value(pair):
    source, target, _ = pair
    before, after = packets(source)[0], packets(target)[0]
    def hardware(m):
        options = {o["code"]: o for o in m["options"]}
        inside = [options[61]["duid"]["hardware"]] if 61 in options and "duid" in options[61] else []
        relay = [s["hex"] for s in options[82]["sub-options"] if s["code"] == 2] if 82 in options else []
        return [m["chaddr"]] + inside + [":".join(r[i:i + 2] for i in range(0, 12, 2)) for r in relay]
    macs = pairs_of(before, after, hardware)
    assert {a[1] in "26ae" for a in macs if a} == {True, False}
    assert all((int(a[:2], 16) & 3) == (int(b[:2], 16) & 3) for a, b in macs.items() if a)
    addresses = pairs_of(before, after, lambda m: [m["src"], m["dst"], m["ciaddr"], m["yiaddr"], m["giaddr"], m["siaddr"]]
                         + [o["address"] for o in m["options"] if "address" in o])
    assert addresses["0.0.0.0"] == "0.0.0.0" and addresses["255.255.255.255"] == "255.255.255.255"
    inside = {a: b for a, b in addresses.items() if a.startswith("198.51.100.")}
    assert len({b.rsplit(".", 1)[0] for b in inside.values()}) == 1, "a subnet stays one"
    names = pairs_of(before, after, lambda m: [o.get("fqdn", "").split(".")[0] if o["code"] == 81 else o["text"]
                                              for o in m["options"] if o["code"] in (12, 81)])
    assert len(names) == len(MACS), "the host name in 12 and in 81 is one"


def test_subnets_stay_next_to_each_other(workdir):
    many = [f"10.{a}.{b}.{c}" for a in (1, 2, 130) for b in (0, 1, 200) for c in (5, 6)]
    source = w.write_pcap(workdir / "in.pcap", [w.frame_of(w.Message("ACK", yiaddr=a)) for a in many])
    anonymise(source, workdir / "out.pcap")
    after = [o["yiaddr"] for o in packets(workdir / "out.pcap")[0]]
    assert len(set(after)) == len(many) and not set(after) & set(many)
    for octets in (1, 2, 3):
        groups = {}
        for a, b in zip(many, after):
            assert groups.setdefault(a.split(".")[:octets].__str__(), b.split(".")[:octets]) == b.split(".")[:octets]
        assert len({str(g) for g in groups.values()}) == len(groups)
    order = [int(a.split(".")[3]) for a in after]
    assert order == [5, 6] * 9, "the order in which a server gives addresses can be seen"


def test_a_name_that_ends_in_an_address_still_does(workdir):
    mac = "5c:cf:7f:07:ae:fb"
    names = ["ESP_07AEFB", "esp-07aefb", "lamp-aefb", "5ccf7f07aefb", "x-5C-CF-7F-07-AE-FB"]
    messages = [w.Message(chaddr=mac).add(12, n).add(61, b"\0cisco-5ccf.7f07.aefb-Vl1") for n in names]
    source = w.write_pcap(workdir / "in.pcap", [w.frame_of(m) for m in messages])
    anonymise(source, workdir / "out.pcap")
    for one, name in zip(packets(workdir / "out.pcap")[0], names):
        tail = one["chaddr"].replace(":", "")
        text = next(o["text"] for o in one["options"] if o["code"] == 12)
        digits = 4 if name.startswith("lamp") else 12 if "5c" in name.lower() else 6
        assert text.lower().replace("-", "").endswith(tail[-digits:]), (name, text, tail)
        assert text.upper() == text if name.startswith("ESP") else True
        whole = bytes.fromhex(next(o["hex"] for o in one["options"] if o["code"] == 61))
        assert tail.encode() in whole.replace(b".", b"")


@pytest.mark.parametrize("seed", [1, 2])
def test_damaged_messages_are_damaged_in_the_same_way(workdir, seed):
    rng = dhcp_corpus.seeded(seed)
    wires = [dhcp_corpus.random_message(rng).wire() for _ in range(200)]
    wires += [dhcp_corpus.damaged(rng, wire) for wire in wires]
    source = w.write_pcap(workdir / "in.pcap", [w.frame_of(wire) for wire in wires])
    anonymise(source, workdir / "out.pcap")
    before, after = packets(source)[0], packets(workdir / "out.pcap")[0]
    for one, other in zip(before, after):
        del one["xid"], other["xid"]
        one["xid"] = other["xid"] = ""
    for one, other in zip(shape(before), shape(after)):
        assert one == other


def test_cut_frames_and_lengths_that_do_not_fit_stay_so(workdir):
    wire = w.Message("REQUEST").add(12, "marias-laptop").add(50, w.ip("198.51.100.7")).wire()
    whole = w.frame_of(wire)
    frames = [w.Frame(whole[:n], length=len(whole)) for n in range(0, len(whole), 3)]
    frames += [w.ethernet(w.ipv4(w.udp(wire, length=n))) for n in (0, 7, 8, 9, 200, 65535)]
    frames += [w.ethernet(w.ipv4(w.udp(wire), length=n)) for n in (21, 27, 5000)]
    pieces = w.fragments(w.udp(wire), 128)
    frames += [w.ethernet(p) for p in pieces[1:]] + [w.ethernet(p) for p in w.fragments(w.udp(wire), 128, id=2)[:-1]]
    source = w.write_pcapng(workdir / "in.pcapng", frames)
    anonymise(source, workdir / "out.pcapng")
    before, after = packets(source), packets(workdir / "out.pcapng")
    assert shape(before[0]) == shape(after[0])
    assert before[1] == after[1]
    assert b"marias" not in (workdir / "out.pcapng").read_bytes()


def test_streams_are_rewritten_where_they_stand(workdir):
    middle = leasequeries()[2:4]  # without its beginning, and a hole behind
    source = w.write_pcap(workdir / "in.pcap", leasequeries() + [f.replace(w.u16(40001), w.u16(40002)) for f in middle])
    anonymise(source, workdir / "out.pcap")
    before, after = packets(source), packets(workdir / "out.pcap")
    assert [m["type"] for m in before[0]][:3] == ["BULKLEASEQUERY", "LEASEACTIVE", "LEASEQUERYDONE"]
    assert shape(before[0]) == shape(after[0])
    assert before[1] == after[1] != ""
    copy = (workdir / "out.pcap").read_bytes()
    assert not [t for t in TEXTS if t.encode() in copy]


def test_what_goes_on_in_tls_is_zeroed(workdir):
    client, server = "198.51.100.9", SERVER
    hello, answer, secret = w.Message("TLS", chaddr=b"", op=1).stream(), w.Message("TLS", chaddr=b"", op=2).stream(), b"\x16\x03\x01 marias secret"
    def side(data, seq, back=False, flags="PA"):
        ends, ports = ((server, client), (67, 40001)) if back else ((client, server), (40001, 67))
        return w.ethernet(w.ipv4(w.tcp(data, *ports, seq, flags=flags, src=ends[0], dst=ends[1]), *ends, 6))
    frames = [side(b"", 9, flags="S"), side(b"", 99, True, "SA"), side(hello, 10), side(answer, 100, True), side(secret, 10 + len(hello)),
              side(secret, 100 + len(answer), True)]
    source = w.write_pcap(workdir / "in.pcap", frames)
    anonymise(source, workdir / "out.pcap")
    assert [m["type"] for m in packets(source)[0]] == ["TLS", "TLS"] == [m["type"] for m in packets(workdir / "out.pcap")[0]]
    assert b"secret" not in (workdir / "out.pcap").read_bytes()


@pytest.mark.skipif(not shutil.which("tshark"), reason="tshark is not installed")
def test_checksums_are_right(pair, workdir):
    frames, _ = traffic()
    links = [w.Frame(w.radiotap(w.wifi(f[14:], qos=True), True), link=w.RADIOTAP) for f in frames[:3]]
    links += [w.Frame(w.sll(f[14:]), link=w.SLL) for f in frames[:3]] + [w.Frame(w.sll2(f[14:]), link=w.SLL2) for f in frames[:3]]
    w.write_pcapng(workdir / "links.pcapng", links)
    anonymise(workdir / "links.pcapng", workdir / "links-copy.pcapng")
    names = ["ip.checksum.status", "udp.checksum.status", "tcp.checksum.status", "icmp.checksum.status", "wlan.fcs.status"]
    for path, least in ((pair[1], 40), (workdir / "links-copy.pcapng", 9)):
        run = subprocess.run(["tshark", "-n", "-r", path, "-o", "ip.check_checksum:TRUE", "-o", "udp.check_checksum:TRUE", "-o",
                              "tcp.check_checksum:TRUE", "-T", "fields", *sum((["-e", n] for n in names), []), "-e", "eth.type", "-e", "_ws.malformed"],
                             capture_output=True, timeout=60, check=True)
        rows = [line.split("\t") for line in run.stdout.decode().splitlines()]
        assert len(rows) >= least
        for number, row in enumerate(rows, 1):
            bad = [n for n, value in zip(names, row) if "0" in value.split(",")]
            assert not bad, (path, number, row)
            assert not row[-1] or row[-2] == "0x88cc", (path, number)  # zeros are no LLDP


def test_comments_and_names_of_machines_are_dropped(workdir):
    text = b"marias machine"
    data = w.pcapng_section("<", (1, text), (2, text), (3, text), (4, text)) + w.pcapng_interface("<", w.ETHERNET, 0, (2, text), (3, text), (12, text))
    frame = w.frames_of([w.frame_of(w.Message())], w.ETHERNET)[0]
    data += w.pcapng_packet("<", frame, 0, None, (1, text)) + w.pcapng_block("<", 4, b"\1\0" + w.u16(0)[:2] + text + bytes(6))
    (workdir / "in.pcapng").write_bytes(data)
    anonymise(workdir / "in.pcapng", workdir / "out.pcapng")
    copy = (workdir / "out.pcapng").read_bytes()
    assert b"marias" not in copy and copy[:4] == b"\x0a\x0d\x0d\x0a"
    assert len(packets(workdir / "out.pcapng")[0]) == 1


def verdicts(path):
    run = subprocess.run([str(binary()), "audit", "--json", str(path)], capture_output=True, timeout=60)
    report = json.loads(run.stdout)
    attacks = Counter(tuple(sorted((name, a["verdict"]) for name, a in c["attacks"].items())) for c in report["clients"])
    return attacks, len(report["servers"]), [s["allocation"]["strategy"] for s in report["servers"]], len(report["links"])


def test_an_audit_of_the_copy_finds_the_same(pair, workdir):
    source = pair[0]
    anonymise(source, workdir / "copy.pcapng", "--keep-oui", "--keep-vendor")
    assert verdicts(source) == verdicts(workdir / "copy.pcapng")


def test_iterative_allocation_is_seen_in_the_copy(workdir):
    frames = []
    for i in range(30):
        mac = f"02:00:5e:{(i * 37) % 251:02x}:{(i * 91) % 241:02x}:{i:02x}"
        ask, address = dict(chaddr=mac, xid=0x1000 + i * 77), f"198.51.100.{10 + i}"
        frames += [w.frame_of(w.Message("DISCOVER", **ask), hardware=mac),
                   w.frame_of(w.Message("ACK", **ask, yiaddr=address).add(54, w.ip(SERVER)).add(51, w.u32(3600)).add(1, w.ip("255.255.255.0")),
                              SERVER, address, 67, 68, SERVER_MAC, mac)]
    source = w.write_pcap(workdir / "in.pcap", frames)
    anonymise(source, workdir / "copy.pcap", "--keep-oui")
    assert verdicts(source)[1:] == verdicts(workdir / "copy.pcap")[1:]
    assert verdicts(source)[2] == ["iterative"]


def test_one_secret_makes_one_copy_and_no_secret_another_each_time(pair, workdir):
    source, random_copy, _ = pair
    anonymise(source, workdir / "a.pcapng", "--secret", workdir / "secret")
    anonymise(source, workdir / "b.pcapng", "--secret", workdir / "secret")
    copies = [(workdir / n).read_bytes() for n in ("a.pcapng", "b.pcapng")] + [random_copy.read_bytes()]
    assert copies[0] == copies[1] != copies[2]
    assert (workdir / "a.pcapng").stat().st_mode & 0o777 == 0o600


def test_oui_and_vendor_class_are_kept_when_asked(workdir):
    source = w.write_pcap(workdir / "in.pcap", [w.frame_of(w.Message(chaddr=m).add(60, "MSFT 5.0").add(12, "a-name")) for m in MACS])
    anonymise(source, workdir / "out.pcap", "--keep-oui", "--keep-vendor")
    after = packets(workdir / "out.pcap")[0]
    assert all(o["text"] == "MSFT 5.0" for m in after for o in m["options"] if o["code"] == 60)
    assert [m["chaddr"][:8] for m in after][1:3] == [m[:8] for m in MACS[1:3]]
    assert not {m["chaddr"] for m in after} & set(MACS)
    # A locally administered address has no maker.
    assert after[0]["chaddr"][:8] != MACS[0][:8]


def test_what_came_before_damage_is_in_the_copy(pair, workdir):
    data = w.pcap([w.frame_of(w.Message())] * 3)
    (workdir / "in.pcap").write_bytes(data[:-5])
    run = anonymise(workdir / "in.pcap", workdir / "out.pcap", code=1)
    assert b"in.pcap" in run.stderr or run.stderr
    assert len(packets(workdir / "out.pcap")[0]) == 2
    assert b"another file" in anonymise(workdir / "in.pcap", workdir / "in.pcap", code=1).stderr
    anonymise(workdir / "in.pcap", workdir / "no" / "such", code=1)
    anonymise(workdir / "nothing", workdir / "out", code=1)
    for wrong in ([], ["one"], ["one", "two", "three"], ["-p", "0", "one", "two"], ["--secret"]):
        assert subprocess.run([str(binary()), "audit", "anonymise", *wrong], capture_output=True).returncode == 2


def test_standard_input_and_output(workdir):
    data = w.packed(w.pcap([w.frame_of(w.Message().add(12, "marias-laptop"))]))
    run = anonymise("-", "-", input=data)
    assert run.stdout[:4] in (b"\x4d\x3c\xb2\xa1", b"\xa1\xb2\x3c\x4d") and b"marias" not in run.stdout
