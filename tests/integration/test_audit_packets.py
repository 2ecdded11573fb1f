# SPDX-License-Identifier: ISC
"""`postern audit packets`: what is read, and what is said of what is malformed (issue §1), sentence by sentence; DHCP
over TCP against the layouts of RFC 6926 and RFC 7724."""
import json
import os
import subprocess

import pytest

import dhcp_corpus
import dhcp_wire as w
from harness import binary

GOLDEN = """\
FILE:1: 2023-11-14T22:13:20.000000Z 0.0.0.0:68 > 255.255.255.255:67 DISCOVER
  request xid 0x0000abcd chaddr 02:00:5e:10:00:01 (Ethernet) secs 3 broadcast
   53 DHCP Msg Type                DISCOVER
   61 Client Id                    IAID 7 DUID-LLT 02:00:5e:10:00:01 2019-01-05T10:40:00Z
   12 Hostname                     laptop
   55 Parameter List               1 3 6
  malformed: no END at 277
FILE:2: 2023-11-14T22:13:20.001000Z 192.0.2.1:67 > 192.0.2.7:68 ACK
  reply xid 0x0000abcd chaddr 02:00:5e:10:00:01 (Ethernet) yiaddr 192.0.2.7 giaddr 192.0.2.2 hops 1
  sname boot.example
   53 DHCP Msg Type                ACK
   52 Overload                     1
   51 Address Time                 3600 (in file)
"""


def run(*arguments, code=0, **more):
    done = subprocess.run([str(binary()), "audit", "packets", *map(str, arguments)], capture_output=True, timeout=60, **more)
    assert done.returncode == code, (done.returncode, done.stderr.decode())
    return done


def read(*arguments, **more):
    return [json.loads(line) for line in run("--json", *arguments, **more).stdout.splitlines()]


def one(workdir, message, **more):
    """What is said of one message."""
    path = w.write_pcap(workdir / "one.pcap", [w.frame_of(message, **more)])
    messages = read(path)
    assert len(messages) == 1
    return messages[0]


def flaws(message):
    return [(m["offset"], m["what"]) for m in message["malformed"]]


def two():
    ask = w.Message("DISCOVER", xid=0xabcd, secs=3, flags=0x8000, end=False)
    ask.add(61, w.client_id_duid(7, w.duid_llt("02:00:5e:10:00:01", 600000000))).add(12, "laptop").add(55, [1, 3, 6])
    answer = w.Message("ACK", xid=0xabcd, yiaddr="192.0.2.7", giaddr="192.0.2.2", hops=1, sname="boot.example", in_file=[(51, w.u32(3600))])
    return [w.frame_of(ask), w.frame_of(answer, "192.0.2.1", "192.0.2.7", 67, 68)]


def test_text_as_people_read_it(workdir):
    path = w.write_pcap(workdir / "two.pcap", two())
    assert run(path).stdout.decode() == GOLDEN.replace("FILE", str(path))


def test_json_has_these_members_and_forms(workdir):
    path = w.write_pcap(workdir / "two.pcap", two())
    ask, answer = read(path)
    assert list(ask) == ["file", "frame", "time", "src", "dst", "op", "htype", "hlen", "hops", "xid", "secs", "flags", "ciaddr", "yiaddr",
                         "siaddr", "giaddr", "chaddr", "type", "options", "malformed"]
    assert (ask["file"], ask["frame"], ask["time"]) == (str(path), 1, w.EPOCH)
    assert (ask["src"], ask["dst"], ask["xid"], ask["flags"]) == ("0.0.0.0", "255.255.255.255", "0x0000abcd", "0x8000")
    assert (ask["op"], ask["htype"], ask["hlen"], ask["hops"], ask["secs"]) == (1, 1, 6, 0, 3)
    assert (answer["yiaddr"], answer["giaddr"], answer["chaddr"], answer["type"]) == ("192.0.2.7", "192.0.2.2", "02:00:5e:10:00:01", "ACK")
    assert answer["options"][2] == {"code": 51, "name": "Address Time", "hex": "00000e10", "value": 3600}
    assert [(o["code"], o["name"]) for o in ask["options"]] == \
        [(53, "DHCP Msg Type"), (61, "Client Id"), (12, "Hostname"), (55, "Parameter List")]


def test_the_time_is_that_of_the_frame_to_the_nanosecond(workdir):
    path = w.write_pcap(workdir / "ns.pcap", [w.Frame(w.frame_of(w.Message()), ns=w.EPOCH * 10**9 + 123456789)], nanoseconds=True)
    assert b'"time": 1700000000.123456789,' in run("--json", path).stdout
    assert b"T22:13:20.123456Z" in run(path).stdout


@pytest.mark.parametrize("hlen, chaddr, shown", [(0, b"", ""), (6, b"\1\2\3\4\5\6", "01:02:03:04:05:06"), (1, b"\xab", "ab"),
                                                  (16, bytes(range(16)), ":".join(f"{i:02x}" for i in range(16))),
                                                  (17, bytes(range(16)), ":".join(f"{i:02x}" for i in range(16))),
                                                  (255, bytes(16), ":".join(["00"] * 16))])
def test_chaddr_is_as_long_as_hlen_says_and_16_at_most(workdir, hlen, chaddr, shown):
    message = one(workdir, w.Message(chaddr=chaddr, hlen=hlen))
    assert message["chaddr"] == shown and message["hlen"] == hlen
    assert bool(flaws(message)) == (hlen > 16)
    assert hlen <= 16 or message["malformed"][0]["offset"] == 2


@pytest.mark.parametrize("number, name", [(n, t) for t, n in w.TYPES.items() if n] + [(0, "0"), (19, "19"), (255, "255")])
def test_type_is_the_name_of_the_first_octet_of_53(workdir, number, name):
    assert one(workdir, w.Message(0).add(53, number))["type"] == name


def test_bootp_is_what_has_no_53_or_no_cookie(workdir):
    for message in (w.Message(0), w.Message(0, cookie=b"\0\0\0\0").add(53, 1), w.Message(0, cookie=b"", end=False)):
        got = one(workdir, message)
        assert got["type"] == "BOOTP" and not flaws(got)
    assert one(workdir, w.Message(0, cookie=b"abcd").add(53, 1))["options"] == []


def test_every_datagram_of_the_ports_is_a_message_however_short(workdir):
    wire = w.Message().wire()
    frames = [w.ethernet(w.ipv4(w.udp(wire[:n]))) for n in range(0, 240)]
    messages = read(w.write_pcap(workdir / "short.pcap", frames))
    assert [m["frame"] for m in messages] == list(range(1, 241))
    assert all(m["type"] == "BOOTP" for m in messages)


def test_ports(workdir):
    ports = [(68, 67), (67, 68), (67, 67), (68, 40000), (40000, 67), (1067, 1068), (53, 53)]
    path = w.write_pcap(workdir / "ports.pcap", [w.frame_of(w.Message(), sport=s, dport=d) for s, d in ports])
    assert [m["frame"] for m in read(path)] == [1, 2, 3, 4, 5]
    assert [m["frame"] for m in read("-p", "1067", path)] == [1, 2, 3, 4, 5, 6]
    assert [m["frame"] for m in read("--port", "53", "-p", "1068", path)] == list(range(1, 8))


def test_options_come_from_the_field_then_file_then_sname_joined_at_their_first_place(workdir):
    message = w.Message("OFFER", in_file=[(12, "b"), (43, "xyz")], in_sname=[(12, "c"), (15, "example")])
    message.add(12, "a").add(3, w.ip("192.0.2.1"))
    got = one(workdir, message)
    assert [(o["code"], bytes.fromhex(o["hex"])) for o in got["options"]] == \
        [(53, b"\2"), (52, b"\3"), (12, b"abc"), (3, w.ip("192.0.2.1")), (43, b"xyz"), (15, b"example")]
    assert not flaws(got)


def test_0_and_255_are_never_listed_and_nothing_behind_255(workdir):
    message = w.Message().raw(b"\0\0").add(12, "a").raw(b"\xff\x0c\1z\0")
    assert [(o["code"], o["hex"]) for o in one(workdir, message)["options"]] == [(53, "01"), (12, "61")]


@pytest.mark.parametrize("overload", [b"\0", b"\4", b"\xff", b"", b"\1\1"])
def test_a_bad_52_is_malformed_and_does_not_count(workdir, overload):
    message = w.Message(file=w.encode([(12, "hidden")]) + b"\xff").raw(w.tlv((52, overload)))
    got = one(workdir, message)
    assert [o["code"] for o in got["options"]] == [53, 52]
    assert [m["offset"] for m in got["malformed"]] == [243]


def test_a_52_inside_an_overloaded_field_is_malformed_and_does_not_count(workdir):
    message = w.Message(in_file=[(52, b"\2"), (12, "a")], sname=w.encode([(15, "hidden")]) + b"\xff", overload=1)
    got = one(workdir, message)
    assert [o["code"] for o in got["options"]] == [53, 52, 12]
    assert [m["offset"] for m in got["malformed"]][:1] == [108]


def test_what_does_not_fit_its_field_is_left_out_and_malformed(workdir):
    for rest in (b"\x0c\x05abc", b"\x0c", b"\x0c\1"):
        got = one(workdir, w.Message(end=False).raw(rest))
        assert [o["code"] for o in got["options"]] == [53]
        assert {m["offset"] for m in got["malformed"]} == {243}, got["malformed"]


def test_no_end_is_said_where_the_options_stop(workdir):
    assert flaws(one(workdir, w.Message(end=False).add(12, "abc"))) == [(248, "no END")]
    assert [f[0] for f in flaws(one(workdir, w.Message(end=False).raw(bytes(9))))] == [252]


WRONG = {
    "empty 53": (w.Message(0).add(53, b""), 240),
    "empty 61": (w.Message().add(61, b""), 243),
    "53 twice": (w.Message().add(53, 3), 243),
    "sub-option overruns": (w.Message().add(82, b"\1\3ab"), 245),
    "FQDN: S and N": (w.Message().add(81, w.fqdn("a.example", 0x0d)), 243),
    "FQDN: overrun": (w.Message().add(81, b"\4\0\0\5ab"), 243),
    "FQDN: pointer": (w.Message().add(81, b"\4\0\0\1a\xc0\0"), 243),
    "FQDN: short": (w.Message().add(81, b"\4\0"), 243),
}


@pytest.mark.parametrize("case", WRONG)
def test_malformed(workdir, case):
    message, at = WRONG[case]
    got = one(workdir, message)
    assert [m["offset"] for m in got["malformed"]] in ([at], [at, at]), got["malformed"]


def test_what_icmp_quotes_is_no_message(workdir):
    frame = w.ethernet(w.ipv4(b"\3\3\0\0\0\0\0\0" + w.ipv4(w.udp(w.Message().wire())), proto=1))
    assert read(w.write_pcap(workdir / "icmp.pcap", [frame])) == []


def test_frames_count_packet_records_and_a_datagram_is_where_it_was_whole(workdir):
    wire = w.Message().add(43, bytes(700)).wire()
    pieces = [w.ethernet(p) for p in w.fragments(w.udp(wire), 400)]
    frames = [w.ethernet(b"", ethertype=0x88cc), pieces[1], w.frame_of(w.Message()), pieces[0], pieces[2]]
    assert [m["frame"] for m in read(w.write_pcap(workdir / "frames.pcap", frames))] == [3, 5]


def test_a_datagram_that_is_never_whole_is_said_and_is_no_message(workdir):
    pieces = [w.ethernet(p) for p in w.fragments(w.udp(w.Message().add(43, bytes(700)).wire()), 400)]
    path = w.write_pcap(workdir / "lost.pcap", pieces[:2])
    done = run("--json", path)
    assert done.stdout == b"" and b"frame 2: " in done.stderr and str(path).encode() in done.stderr
    assert b":2: lost: " in run(path).stdout


# --- files ---------------------------------------------------------------------------------------

def test_files_directories_gzip_and_standard_input(workdir):
    data = w.pcap([w.frame_of(w.Message(xid=7))])
    (workdir / "d").mkdir()
    for name, octets in (("b.pcap", data), ("a.cap.gz", w.packed(data)), ("c", w.pcapng([w.frame_of(w.Message())])), ("README", b"no capture"),
                         ("empty", b""), ("z.gz", w.packed(b"no capture either"))):
        (workdir / "d" / name).write_bytes(octets)
    (workdir / "d" / "deeper").mkdir()
    assert [m["file"] for m in read(workdir / "d")] == [f"{workdir}/d/{n}" for n in ("a.cap.gz", "b.pcap", "c")]
    assert [m["file"] for m in read(workdir / "d" / "b.pcap", workdir / "d" / "b.pcap")] == [f"{workdir}/d/b.pcap"] * 2
    assert [m["file"] for m in read("-", input=w.packed(data))] == ["-"]
    assert [m["file"] for m in read("d/c", "d", cwd=workdir)] == ["d/c", "d/a.cap.gz", "d/b.pcap", "d/c"]


def test_what_cannot_be_read_is_said_and_the_rest_is_shown(workdir):
    good = w.write_pcap(workdir / "good.pcap", [w.frame_of(w.Message())])
    (workdir / "text").write_bytes(b"this is no capture at all")
    (workdir / "none").mkdir()
    for bad in ("text", "missing", "none"):
        done = run("--json", workdir / bad, good, code=1)
        assert str(workdir / bad).encode() in done.stderr
    assert [m["file"] for m in read(workdir / "text", good, workdir / "missing", code=1)] == [str(good)]


@pytest.mark.parametrize("make", [w.pcap, w.pcapng])
def test_what_came_before_damage_is_shown(workdir, make):
    data = make([w.frame_of(w.Message(xid=i)) for i in range(3)])
    for name, octets in (("cut", data[:-7]), ("gz", w.packed(data)[:-30])):
        path = workdir / name
        path.write_bytes(octets)
        done = run("--json", path, code=1)
        assert str(path).encode() in done.stderr
        if name == "cut":
            assert [int(json.loads(line)["xid"], 16) for line in done.stdout.splitlines()] == [0, 1]
    (workdir / "whole").write_bytes(data)
    assert len(read(workdir / "whole")) == 3


def test_from_and_to(workdir):
    frames = [w.Frame(w.frame_of(w.Message(xid=i)), ns=(w.EPOCH + i) * 10**9) for i in range(5)]
    path = w.write_pcap(workdir / "times.pcap", frames)
    def seen(*options):
        return [int(m["xid"], 16) for m in read(*options, path)]
    assert seen("--from", "2023-11-14T22:13:21Z") == [1, 2, 3, 4]
    assert seen("--from", "2023-11-14T23:13:21+01:00", "--to", "2023-11-14 22:13:23") == [1, 2, 3]
    assert seen("--from", w.EPOCH + 1.5, "--to", f"{w.EPOCH + 3}.000") == [2, 3]
    assert seen("--to", "2023-11-14") == [] and len(seen("--from", "2023-11-14")) == 5


@pytest.mark.parametrize("arguments", [[], ["--from", "yesterday", "x"], ["--to", "2023-02-30", "x"], ["--from", "", "x"], ["-p", "0", "x"],
                                       ["-p", "65536", "x"], ["-p", "67x", "x"], ["--no-such", "x"], ["-p", "x"]])
def test_a_wrong_command_line(arguments):
    run(*arguments, code=2)


def test_help_and_a_full_disk(workdir):
    assert b"--json" in run("--help").stdout
    path = w.write_pcap(workdir / "two.pcap", two())
    with open("/dev/full", "wb") as full:
        done = subprocess.run([str(binary()), "audit", "packets", str(path)], stdout=full, stderr=subprocess.PIPE, timeout=60)
    assert done.returncode == 1 and b"output" in done.stderr


def test_names_of_files_are_shown_as_they_are(workdir):
    name = 'a "quoted" \u00e4\n.pcap'
    w.write_pcap(workdir / name, [w.frame_of(w.Message())])
    assert read(name, cwd=workdir)[0]["file"] == name
    os.rename(workdir / name, os.fsencode(str(workdir)) + b"/\xff.pcap")
    assert len(read(workdir)) == 1


def test_the_longest_messages(workdir):
    """64 KiB of one option, of the shortest options, of sub-options, of names that point to each other."""
    def long(code, value):
        return w.Message().add(code, value)
    contents = [long(43, b"\1\0" * 31000), long(82, b"\1\0" * 31000), long(12, b"\x01\\\"\xff" * 15000), long(125, (w.u32(9) + b"\0") * 12000),
                long(119, b"\1a\0" + b"\xc0\0" * 30000), long(121, b"\0\1\2\3\4" * 12000), long(99, b"\0DE" + b"\1\0" * 30000),
                w.Message().raw(b"\x0c\0" * 32000), w.Message().raw(b"\x0c\1a" * 21000)]
    frames = [w.Frame(w.ipv4(w.udp(m.wire())), link=w.RAW) for m in contents]
    path = w.write_pcap(workdir / "long.pcap", frames, link=w.RAW)
    messages = read(path)
    assert len(messages) == len(contents)
    for message, m in zip(contents, messages):
        assert [(o["code"], o["hex"]) for o in m["options"]] == [(c, v.hex()) for c, v in dhcp_corpus.listed(message.wire())]
    assert run(path).stdout.count(b"request xid") == len(contents)


# --- DHCP over TCP -------------------------------------------------------------------------------
# RFC 6926 §6.1: a message-size of two octets in network order, then the message. §6.2: the options 151 to 157.

CLIENT, SERVER = "192.0.2.9", "192.0.2.1"


def segment(data, seq, back=False, flags="PA", port=40001):
    ends, ports = ((SERVER, CLIENT), (67, port)) if back else ((CLIENT, SERVER), (port, 67))
    return w.ethernet(w.ipv4(w.tcp(data, *ports, seq, flags=flags, src=ends[0], dst=ends[1]), *ends, 6))


def bulk():
    query = w.Message("BULKLEASEQUERY", chaddr=b"", giaddr=CLIENT, xid=0x77).add(82, w.tlv((2, "remote"))).add(154, w.u32(1699990000)) \
        .add(155, w.u32(1700000000))
    lease = w.Message("LEASEACTIVE", chaddr="02:00:5e:10:00:01", ciaddr="192.0.2.7", xid=0x77).add(152, w.u32(1700000000)) \
        .add(153, w.u32(60)).add(156, 2).add(157, 1).add(51, w.u32(3000)).add(82, w.tlv((1, "port"), (2, "remote")))
    none = w.Message("LEASEUNASSIGNED", chaddr=b"", ciaddr="192.0.2.8", xid=0x77).add(156, 1)
    done = w.Message("LEASEQUERYDONE", chaddr=b"", xid=0x77).add(151, b"\2terminated")
    return query.stream(), lease.stream() + none.stream() + done.stream()


def connection(query, answer, sizes, port=40001):
    frames = [segment(b"", 999, flags="S", port=port), segment(b"", 4999, True, "SA", port), segment(query, 1000, port=port)]
    at = 0
    for size in sizes + [len(answer)]:
        part = answer[at:at + size]
        if part:
            frames.append(segment(part, 5000 + at, True, port=port))
        at += len(part)
    return frames + [segment(b"", 1000 + len(query), flags="FA", port=port), segment(b"", 5000 + len(answer), True, "FA", port)]


@pytest.mark.parametrize("sizes", [[], [1] * 40, [2, 240, 100], [300, 1, 600]])
def test_bulk_leasequery(workdir, sizes):
    query, answer = bulk()
    messages = read(w.write_pcap(workdir / "bulk.pcap", connection(query, answer, sizes)))
    assert [m["type"] for m in messages] == ["BULKLEASEQUERY", "LEASEACTIVE", "LEASEUNASSIGNED", "LEASEQUERYDONE"]
    assert [(m["src"], m["dst"]) for m in messages] == [(CLIENT, SERVER)] + [(SERVER, CLIENT)] * 3
    decoded = [{o["code"]: o for o in m["options"]} for m in messages]
    assert decoded[0][154]["value"] == 1699990000 and decoded[0][155]["value"] == 1700000000
    assert decoded[1][152]["value"] == 1700000000 and decoded[1][153]["value"] == 60
    assert (decoded[1][156]["state"], decoded[1][156]["state-name"], decoded[1][157]["remote"]) == (2, "ACTIVE", True)
    assert decoded[3][151]["status"] == 2 and decoded[3][151]["text"] == "terminated"
    assert all(not m["malformed"] for m in messages)
    assert [m["frame"] for m in messages] == sorted(m["frame"] for m in messages)


def test_segments_out_of_order_twice_and_with_a_hole(workdir):
    query, answer = bulk()
    frames = connection(query, answer, [50, 60, 70, 400])
    shuffled = frames[:3] + [frames[5], frames[4], frames[4], frames[3], frames[7], frames[6]] + frames[8:]
    messages = read(w.write_pcap(workdir / "order.pcap", shuffled))
    assert [m["type"] for m in messages] == ["BULKLEASEQUERY", "LEASEACTIVE", "LEASEUNASSIGNED", "LEASEQUERYDONE"]
    done = run("--json", w.write_pcap(workdir / "hole.pcap", frames[:4] + frames[5:]))
    assert b"hole" in done.stderr
    assert json.loads(done.stdout.splitlines()[0])["type"] == "BULKLEASEQUERY"


def test_active_leasequery(workdir):
    """RFC 7724 §6.2: LEASEQUERYSTATUS says how it stands (option 151); updates follow for as long as it lasts."""
    query = w.Message("ACTIVELEASEQUERY", chaddr=b"", xid=5).add(154, w.u32(1699990000)).stream()
    answer = b"".join(m.stream() for m in (
        w.Message("LEASEACTIVE", ciaddr="192.0.2.7", xid=5).add(152, w.u32(1700000000)),
        w.Message("LEASEQUERYSTATUS", chaddr=b"", xid=5).add(151, b"\7"),
        w.Message("LEASEUNASSIGNED", ciaddr="192.0.2.7", xid=5).add(156, 4)))
    messages = read(w.write_pcap(workdir / "active.pcap", connection(query, answer, [])))
    assert [m["type"] for m in messages] == ["ACTIVELEASEQUERY", "LEASEACTIVE", "LEASEQUERYSTATUS", "LEASEUNASSIGNED"]
    assert messages[2]["options"][1]["status-name"] and messages[3]["options"][1]["state-name"] == "RELEASED"


@pytest.mark.parametrize("refused", [False, True])
def test_dhcptls_hides_what_follows_unless_it_is_refused(workdir, refused):
    """RFC 7724 §7.2: a DHCPTLS without a status code, or with 0, starts TLS; TLSConnectionRefused (8) does not."""
    hello = w.Message("TLS", chaddr=b"", op=1).stream()
    reply = w.Message("TLS", chaddr=b"", op=2)
    if refused:
        reply.add(151, b"\x08no")
    reply = reply.stream()
    after = w.Message("ACTIVELEASEQUERY", chaddr=b"").stream()
    frames = [segment(b"", 9, flags="S"), segment(b"", 99, True, "SA"), segment(hello, 10), segment(reply, 100, True),
              segment(after, 10 + len(hello)), segment(after, 100 + len(reply), True)]
    path = w.write_pcap(workdir / "tls.pcap", frames)
    assert [m["type"] for m in read(path)] == ["TLS", "TLS"] + ["ACTIVELEASEQUERY"] * 2 * refused
    assert (b"hidden in TLS" in run(path).stdout) == (not refused)
