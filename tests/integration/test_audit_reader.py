# SPDX-License-Identifier: ISC
"""`postern audit packets --json` beside a reader written from the RFCs alone (dhcp_reader.py), over thousands of made
messages and hundreds of made files, most of them damaged. POSTERN_SEED and POSTERN_ROUNDS make others, and more."""
import gzip
import json
import os
import random
import struct
import subprocess

import pytest

import dhcp_reader
from harness import binary

SEED = int(os.environ.get("POSTERN_SEED", "7819"))
ROUNDS = int(os.environ.get("POSTERN_ROUNDS", "1"))
COOKIE = dhcp_reader.COOKIE

# What each fault of the model is called in `malformed`.
WORDS = {
    "overrun": "does not fit", "end": "no END", "twice": "twice", "hlen": "hlen", "52": "52", "empty 53": "53", "empty 61": "61",
    "sub-option": "sub-option", "fqdn": "81", "short": "fixed part", "ip": "IP", "udp": "UDP", "cut": "snap length",
}


# --- messages ------------------------------------------------------------------------------------

def option(code, value=b"", n=None):
    return bytes([code, len(value) if n is None else n]) + value


def some_bytes(rng, most):
    return rng.randbytes(rng.randrange(most + 1))


def fqdn(rng):
    name = rng.choice([b"\4host\7example\0", b"\4host", b"\4host\7exam", b"\xc0\x0c", b"\4host\xc0\x0c", b"", b"\0", b"\x40" + b"a" * 64,
                       b"host.example", b"\4host\0tail"])
    return rng.choice([bytes([rng.randrange(16), 0, 0]) + name, bytes([rng.randrange(16)]) + b"\xff\xff" + name, some_bytes(rng, 3)])


def relay(rng):
    whole = b"".join(option(rng.choice([1, 2, 5, 6, 9, 12, 151, rng.randrange(256)]), some_bytes(rng, 9)) for _ in range(rng.randrange(4)))
    return rng.choice([whole, whole[:rng.randrange(len(whole) + 1)], whole + b"\1", whole + b"\2\x40abc"])


def one_option(rng):
    code = rng.choice([12, 43, 50, 51, 52, 53, 53, 54, 55, 60, 61, 61, 77, 81, 82, 93, 97, 99, 119, 121, 123, 124, 125, 144, 161,
                       rng.randrange(1, 255)])
    if code == 53:
        value = rng.choice([b"\1", b"\3", b"", b"\5\6", bytes([rng.randrange(256)])])
    elif code == 81:
        value = fqdn(rng)
    elif code == 82:
        value = relay(rng)
    elif code == 52:
        value = rng.choice([b"\1", b"\2", b"\3", b"\0", b"\4", b"\3\3", b"", b"\xff"])
    else:
        value = some_bytes(rng, rng.choice([0, 4, 16, 60]))
    if rng.random() < 0.05:
        cut = rng.randrange(len(value) + 1)
        return option(code, value[:cut]) + rng.choice([b"", one_option(rng)]) + option(code, value[cut:])
    return option(code, value)


def area(rng, most):
    """Options, pads, END (or not), and what may stand behind it."""
    out = b""
    for _ in range(rng.choice([0, 1, 2, 3, 6, 12])):
        more = one_option(rng) + bytes(rng.choice([0, 0, 0, 1, 5]))
        if most and len(out) + len(more) > most:
            break
        out += more
    end = rng.random()
    if end < 0.7:
        out += b"\xff"
    elif end < 0.8:
        out += bytes([rng.randrange(1, 255)])
    elif end < 0.9:
        out += bytes([rng.randrange(1, 255), rng.randrange(256)]) + some_bytes(rng, 40)
    if rng.random() < 0.5:
        out += rng.choice([bytes(rng.randrange(60)), some_bytes(rng, 30), one_option(rng)])
    return out[:most] if most else out


def fixed(rng):
    hlen = rng.choice([6, 6, 6, 6, 0, 1, 8, 15, 16, 17, 255])
    return (bytes([rng.choice([1, 2, 0, 77]), rng.choice([1, 1, 6, 32, 255]), hlen, rng.choice([0, 0, 1, 16, 255])]) + rng.randbytes(8)
            + rng.choice([bytes(16), rng.randbytes(16)]) + rng.randbytes(16))


def overload(rng):
    return option(52, bytes([rng.choice([0, 1, 2, 3, 3, 4])])) if rng.random() < 0.5 else b""


def message(rng):
    sname, name = (rng.choice([bytes(n), area(rng, n).ljust(n, b"\0"), area(rng, n).ljust(n, b"\xff")]) for n in (64, 128))
    out = fixed(rng) + sname + name + rng.choice([COOKIE] * 30 + [b"\x63\x82\x53\x62", b""]) + overload(rng) + area(rng, 0)
    if rng.random() < 0.1:
        out = out[:rng.choice([0, 1, 2, 3, 10, 28, 31, 44, 100, 235, 236, 237, 239, 240, 241, rng.randrange(len(out) + 1)])]
    return out


# --- frames --------------------------------------------------------------------------------------

def udp(body, source=68, target=67, length=None):
    return struct.pack(">HHHH", source, target, 8 + len(body) if length is None else length, 0) + body


def ip(payload, at=0, more=False, **f):
    options = f.get("options", b"")
    head = struct.pack(">BBHHHBBH", 0x45 + len(options) // 4, 0, f.get("length", 20 + len(options) + len(payload)), f.get("id", 1),
                       (at // 8) | (0x2000 if more else 0), 64, f.get("protocol", 17), 0)
    return head + f.get("src", b"\xc0\0\2\1") + f.get("dst", b"\xc6\x33\x64\x0a") + options + payload


SNAP = b"\xaa\xaa\3\0\0\0\x08\0"
ETHER = bytes(6) + b"\2\0\0\0\0\1"
LINKS = {
    "ethernet": (1, ETHER + b"\x08\0"), "802.1Q": (1, ETHER + b"\x81\0\0\7\x08\0"), "QinQ": (1, ETHER + b"\x88\xa8\0\7\x81\0\0\7\x08\0"),
    "9100": (1, ETHER + b"\x91\0\0\7\x81\0\0\7\x08\0"), "four": (1, ETHER + b"\x88\xa8\0\7" + b"\x81\0\0\7" * 3 + b"\x08\0"),
    "raw": (101, b""), "raw 12": (12, b""), "raw 14": (14, b""), "raw IPv4": (228, b""), "cooked": (113, bytes(14) + b"\x08\0"),
    "cooked VLAN": (113, bytes(14) + b"\x81\0\0\7\x08\0"),
    "cooked 2": (276, b"\x08\0" + bytes(18)), "cooked 2 VLAN": (276, b"\x81\0" + bytes(18) + b"\0\7\x08\0"),
    "802.11": (105, b"\x08\1" + bytes(22) + SNAP), "802.11 QoS": (105, b"\x88\2" + bytes(22) + b"\0\0" + SNAP),
    "802.11 four": (105, b"\x08\3" + bytes(28) + SNAP), "802.11 HT": (105, b"\x88\x82" + bytes(22) + b"\0\0\0\0\0\0" + SNAP),
    "radiotap": (127, b"\0\0\x08\0\0\0\0\0\x08\1" + bytes(22) + SNAP), "radiotap long": (127, b"\0\0\x0b\0\0\0\0\0\0\0\0\x88\1" + bytes(24) + SNAP),
    "null": (0, b"\2\0\0\0"), "null big": (0, b"\0\0\0\2"), "loop": (108, b"\0\0\0\2"),
}


def pcap(frames, link=1, order="<", magic=0xa1b2c3d4, snap=65535, units=10**6):
    out = [struct.pack(order + "IHHiIII", magic, 2, 4, 0, 0, snap, link)]
    for i, frame in enumerate(frames):
        data, whole = frame if isinstance(frame, tuple) else (frame, len(frame))
        out.append(struct.pack(order + "IIII", 1700000000 + i, (i * 7919) % units, len(data), whole))
        out.append(b"\1\2\3\4\5\6\7\x08" if magic == 0xa1b2cd34 else b"")
        out.append(data)
    return b"".join(out)


def block(kind, body, order="<"):
    body += bytes(-len(body) % 4)
    return struct.pack(order + "II", kind, 12 + len(body)) + body + struct.pack(order + "I", 12 + len(body))


def section(order="<"):
    return block(0x0a0d0d0a, struct.pack(order + "IHHq", 0x1a2b3c4d, 1, 0, -1), order)


def interface(link=1, snap=0, order="<", options=()):
    out = struct.pack(order + "HHI", link, 0, snap)
    for code, value in options:
        out += struct.pack(order + "HH", code, len(value)) + value + bytes(-len(value) % 4)
    return block(1, out + (bytes(4) if options else b""), order)


def enhanced(data, which=0, stamp=0, whole=None, order="<", tail=b""):
    return block(6, struct.pack(order + "IIIII", which, stamp >> 32, stamp & 0xffffffff, len(data), len(data) if whole is None else whole)
                 + data + bytes(-len(data) % 4) + tail, order)


def simple(data, whole=None, order="<"):
    return block(3, struct.pack(order + "I", len(data) if whole is None else whole) + data, order)


def old(data, which=0, stamp=0, order="<"):
    return block(2, struct.pack(order + "HHIIII", which, 0, stamp >> 32, stamp & 0xffffffff, len(data), len(data)) + data, order)


def discover(n=0):
    return b"\1\1\6\0" + struct.pack(">I", n) + bytes(20) + b"\2\0\0\0\0\1" + bytes(202) + COOKIE + b"\x35\1\1\xff"


def framed(payload, link="ethernet", **f):
    return LINKS[link][1] + ip(payload, **f)


# --- comparing -----------------------------------------------------------------------------------

def run(*arguments, **more):
    return subprocess.run([str(binary()), "audit", "packets", "--json", *map(str, arguments)], capture_output=True, timeout=120, **more)


def ours(path, *arguments):
    out = {}
    done = run(*arguments, path)
    assert done.returncode >= 0 and b"Sanitizer" not in done.stderr and b"runtime error" not in done.stderr, done.stderr.decode()
    for line in done.stdout.splitlines():
        one = json.loads(line)
        out.setdefault(one["file"], []).append(one)
    return out


def fault_missing(fault, found):
    at, what = fault
    return not any(WORDS[what] in f["what"] and (at is None or f["offset"] == at) for f in found)


def differences(mine, theirs):
    """mine: the model's message, theirs: the program's."""
    out = [f"{key}: {mine[key]!r} is said to be {theirs.get(key)!r}" for key in mine
           if key not in ("options", "malformed", "time") and mine[key] != theirs.get(key)]
    if (mine["time"] is None) != (theirs["time"] is None) or mine["time"] is not None and abs(mine["time"] - theirs["time"]) > 2e-6:
        out.append(f"time: {mine['time']!r} is said to be {theirs['time']!r}")
    if mine["options"] != [(o["code"], o["hex"]) for o in theirs["options"]]:
        out.append(f"options: {mine['options']} are said to be {[(o['code'], o['hex']) for o in theirs['options']]}")
    out += [f"malformed: {f} is not in {theirs['malformed']}" for f in mine["malformed"] if fault_missing(f, theirs["malformed"])]
    if not mine["malformed"]:
        spurious = [f for f in theirs["malformed"] if not f["what"].startswith(EXTRA)]
        out += [f"malformed: {spurious} is too much"] if spurious else []
    return out


# Faults of single options, which the issue does not ask for and the model does not judge.
EXTRA = ("option", "bad option 99", "a location", "op is neither", "an enterprise", "a latitude", "a longitude", "an altitude",
         "bad option 81 (Client FQDN): octets behind")


def compare(mine, theirs, name):
    assert [m["frame"] for m in mine] == [t["frame"] for t in theirs], name
    wrong = [(name, m["frame"], d) for m, t in zip(mine, theirs) for d in differences(m, t)]
    assert not wrong, "\n".join(map(str, wrong[:20])) + f"\n{len(wrong)} in all"


def compare_all(folder, files, *arguments, ports=()):
    for name, data in files.items():
        (folder / name).write_bytes(data)
    found = ours(folder, *arguments)
    errors = []
    for name, data in files.items():
        try:
            compare(dhcp_reader.read(data, ports), found.get(str(folder / name), []), name)
        except AssertionError as e:
            errors.append(str(e).split("\nassert")[0][:1500])
    assert not errors, "\n".join(errors[:8]) + f"\n{len(errors)} files"


@pytest.fixture
def rng(request):
    return random.Random(f"{SEED} {request.node.name}")


# --- tests ---------------------------------------------------------------------------------------

def test_messages(tmp_path, rng):
    frames = []
    for _ in range(4000 * ROUNDS):
        source, target = rng.choice([(68, 67), (67, 68), (67, 67), (68, 68), (67, 5), (5, 68), (5, 6), (1067, 9)])
        frames.append(framed(udp(message(rng), source, target)))
    compare_all(tmp_path, {"a.pcap": pcap(frames)})
    compare_all(tmp_path, {"a.pcap": pcap(frames)}, "-p", "1067", ports=(1067,))


def test_every_code_empty_and_at_the_edge(tmp_path):
    head = discover()[:240]
    frames = []
    for code in range(256):
        for tail in (bytes([code, 0, 255]), bytes([code, 0]), bytes([code]), bytes([code, 1]), bytes([code, 1, 7]), bytes([code, 1, 7, 255]),
                     bytes([code, 2, 7, 255])):
            frames.append(framed(udp(head + tail)))
            frames.append(framed(udp(head[:236 - len(tail)] + tail + COOKIE + b"\x34\1\1\xff")))
            frames.append(framed(udp(head[:108 - len(tail)] + tail + head[108:236] + COOKIE + b"\x34\1\2\xff")))
    compare_all(tmp_path, {"a.pcap": pcap(frames)})


def test_more_faults_than_are_listed(tmp_path):
    every = bytes([byte for code in range(1, 255) if code != 52 for byte in (code, 0)])
    fields = (b"\x34\1\1" * 21).ljust(64, b"\xff"), (b"\x34\1\1" * 40).ljust(128, b"\0")
    head = discover()
    frames = [framed(udp(head[:240] + every + b"\xff")), framed(udp(head[:240] + every)), framed(udp(head[:240] + every + b"\1\4\0")),
              framed(udp(head[:44] + b"".join(fields) + COOKIE + b"\x34\1\3" + every))]
    compare_all(tmp_path, {"a.pcap": pcap(frames)})


def test_one_option_in_three_fields(tmp_path, rng):
    frames = []
    for _ in range(500 * ROUNDS):
        def pieces(n):
            out = b"".join(option(rng.choice([12, 61, 81, 82, 43]), some_bytes(rng, 5)) + bytes(rng.randrange(2)) for _ in range(4))
            return (out + rng.choice([b"\xff", b""])).ljust(n, rng.choice([b"\0", b"\xff"]))
        frames.append(framed(udp(fixed(rng) + pieces(64) + pieces(128) + COOKIE + option(12, b"a") + overload(rng) + pieces(rng.randrange(80)))))
    compare_all(tmp_path, {"a.pcap": pcap(frames)})


def test_every_link_type_cut_everywhere(tmp_path):
    files = {}
    for name, (link, head) in LINKS.items():
        whole = head + ip(udp(discover()), options=b"\1\1\1\0")
        frames = [whole] + [(whole[:n], len(whole)) for n in range(len(whole) + 1)]
        files[f"{name}.pcap"] = pcap(frames, link)
    compare_all(tmp_path, files)


def test_lengths_that_do_not_fit(tmp_path):
    frames = []
    body = discover()
    for n in [*range(0, 40), 8 + len(body) - 1, 8 + len(body), 8 + len(body) + 1, 1500, 65535]:
        frames.append(framed(udp(body, length=n)))
        frames.append(framed(udp(body, length=n)) + bytes(20))
    for n in [*range(0, 60), 28 + len(body) - 1, 28 + len(body) + 1, 1500, 65535]:
        frames.append(framed(udp(body), length=n))
    for pad in range(0, 50):
        frames.append(framed(udp(body[:pad])) + bytes(pad))
    frames += [(framed(udp(body)), 400), (framed(udp(b"")) + bytes(9), 60)]
    compare_all(tmp_path, {"a.pcap": pcap(frames)})


def test_not_messages(tmp_path):
    quoted = ip(udp(discover()))
    frames = [framed(b"\3\3\0\0\0\0\0\0" + quoted, protocol=1), framed(udp(discover()), protocol=6), framed(udp(discover(), 53, 53)),
              ETHER + b"\x86\xdd" + b"\x60\0\0\0" + struct.pack(">H", 8 + len(discover())) + b"\x11\x40" + bytes(32) + udp(discover()),
              ETHER + b"\x08\0" + b"\x55" + quoted[1:], ETHER + b"\x08\0" + b"\x44" + quoted[1:], ETHER + b"\x08\x06" + quoted, b"", b"\0" * 13]
    compare_all(tmp_path, {"a.pcap": pcap(frames)})


def test_fragments_in_any_order(tmp_path, rng):
    frames = []
    for i in range(300 * ROUNDS):
        payload = udp(message(rng) + bytes(rng.randrange(900)))
        cuts = sorted({0, *(8 * rng.randrange(max(1, len(payload) // 8)) for _ in range(rng.randrange(1, 6)))})
        parts = [(a, payload[a:b], b < len(payload)) for a, b in zip(cuts, cuts[1:] + [len(payload)])]
        for _ in range(rng.randrange(2)):  # an overlap that says the same
            a = 8 * rng.randrange(len(payload) // 8 + 1)
            b = min(len(payload), a + 8 * rng.randrange(1, 9))
            parts.append((a, payload[a:b], b < len(payload)))
        if len(cuts) > 1:
            held = parts[:]
            rng.shuffle(held)
            have = set()
            for a, part, more in held:  # a fragment behind the one that completes it is another datagram's
                have |= set(range(a, a + len(part)))
                if not part:
                    continue
                frames.append(framed(part, at=a, more=more, id=i))
                if have == set(range(len(payload))) and any(not m for _, _, m in held[:held.index((a, part, more)) + 1]):
                    break
    compare_all(tmp_path, {"a.pcap": pcap(frames)})


def tcp(seq, data=b"", flags=0x10, source=40000, target=67):
    return struct.pack(">HHIIBBHHH", source, target, seq % 2**32, 1, 0x50, flags, 8192, 0, 0) + data


def test_streams_in_any_order(tmp_path, rng):
    frames = []
    for i in range(60 * ROUNDS):
        stream = b""
        for _ in range(rng.randrange(1, 6)):
            one = message(rng)
            stream += struct.pack(">H", len(one)) + one
        first = rng.choice([0, 1000, 2**32 - 100, rng.randrange(2**32)])
        port = 2000 + i
        pieces, at = [], 0
        while at < len(stream):
            n = rng.choice([1, 2, 3, 50, 300, 1400])
            pieces.append((at, stream[at:at + n]))
            at += n
        for _ in range(3):  # out of order, within a window
            if len(pieces) > 2:
                j = rng.randrange(len(pieces) - 1)
                pieces[j], pieces[j + 1] = pieces[j + 1], pieces[j]
        for _ in range(3):  # sent again, in other pieces
            a = rng.randrange(len(stream))
            pieces.insert(rng.randrange(len(pieces) + 1), (a, stream[a:a + rng.randrange(1, 200)]))
        frames.append(framed(tcp(first, flags=2, source=port), protocol=6))
        frames += [framed(tcp(first + 1 + a, part, source=port), protocol=6) for a, part in pieces]
        frames.append(framed(tcp(first + 1 + len(stream), flags=0x11, source=port), protocol=6))
    compare_all(tmp_path, {"a.pcap": pcap(frames)})


def test_pcap_of_every_kind(tmp_path):
    frames = [framed(udp(discover(i))) for i in range(5)]
    files = {}
    for order in "<>":
        for magic, units in ((0xa1b2c3d4, 10**6), (0xa1b23c4d, 10**9), (0xa1b2cd34, 10**6)):
            data = pcap(frames, 1, order, magic, units=units)
            key = f"{ord(order)}-{magic:x}"
            files[f"{key}.pcap"] = data
            files[f"{key}.pcap.gz"] = gzip.compress(data)
            files[f"{key}-fcs.pcap"] = pcap([f + b"\1\2\3\4" for f in frames], 0x24000001, order, magic, units=units)
    compare_all(tmp_path, files)


def test_pcapng_of_every_kind(tmp_path):
    files = {}
    one = framed(udp(discover()))
    raw = ip(udp(discover(9)))
    for order in "<>":
        for resolution in (0, 1, 3, 6, 9, 12, 18, 0x80, 0x8a, 0x94, 0xa0):
            unit = 2 ** (resolution & 127) if resolution & 128 else 10 ** resolution
            for shift in (0, 5, -5, 1700000000, -1700000000):
                stamp = (1700000000 * unit + unit // 3) % 2**64
                options = [(2, b"lo"), (9, bytes([resolution])), (14, struct.pack(order + "q", shift))]
                data = section(order) + interface(101, 0, order) + interface(1, 100, order, options)
                data += enhanced(raw, 0, 10**6 * 5, None, order) + enhanced(one, 1, stamp, None, order, b"\1\0\3\0abc\0\0\0\0\0")
                data += block(0xbad, b"what", order) + simple(raw, None, order) + old(one, 1, stamp, order)
                data += section("<>"[order == "<"]) + interface(1, 0, "<>"[order == "<"]) + enhanced(one, 0, 77, None, "<>"[order == "<"])
                files[f"{ord(order)}-{resolution}-{shift}.pcapng"] = data
    for snap in (0, 20, 30, 60, 290, 400):
        files[f"snap{snap}.pcapng"] = section() + interface(101, snap) + block(3, struct.pack("<I", len(raw)) + raw[:snap or None]) + enhanced(raw)
    compare_all(tmp_path, files)


def test_packet_records_that_cannot_be_are_passed_over(tmp_path):
    one = framed(udp(discover()))
    long = block(6, struct.pack("<IIIII", 0, 0, 0, 9999, 9999) + one)
    for bad in (enhanced(one, 7), old(one, 7), long, block(6, b"short"), block(3, b"")):
        path = tmp_path / "a.pcapng"
        path.write_bytes(section() + interface() + enhanced(one) + bad + enhanced(one))
        done = run(path)
        assert [json.loads(line)["frame"] for line in done.stdout.splitlines()] == [1, 3]
        assert done.returncode == 1 and b": damaged at byte 3" in done.stderr


def test_files_cut_at_every_byte(tmp_path):
    body = [framed(udp(discover(i)[:250] + b"\xff")) for i in range(2)]
    whole = section() + interface(1) + enhanced(body[0]) + simple(body[1]) + old(body[0])
    files = {f"ng{n:04}": whole[:n] for n in range(0, len(whole) + 1)}
    plain = pcap(body)
    files.update({f"p{n:04}": plain[:n] for n in range(len(plain) + 1)})
    packed = gzip.compress(pcap([framed(udp(message(random.Random(1)))) for _ in range(4)]))
    files.update({f"gz{n:04}.gz": packed[:n] for n in range(len(packed) + 1)})
    compare_all(tmp_path, files)


def test_gzip_of_every_kind(tmp_path, rng):
    plain = pcap([framed(udp(discover(i))) for i in range(50)])
    packed = gzip.compress(plain)
    halves = [gzip.compress(plain[:1000]), gzip.compress(plain[1000:])]
    named = b"\x1f\x8b\x08\x1c" + packed[4:10] + b"\4\0abcd" + b"name\0" + b"comment\0" + packed[10:]
    files = {"two.gz": b"".join(halves), "empty.gz": gzip.compress(b"") + packed, "garbage.gz": packed + b"garbage", "zeros.gz": packed + bytes(600),
             "named.gz": named, "no-name": packed, "sum.gz": packed[:-8] + b"\1\2\3\4" + packed[-4:], "just.gz": b"\x1f\x8b"}
    compare_all(tmp_path, files)


def test_what_cannot_be_read_does_not_keep_from_the_rest(tmp_path):
    good, name = pcap([framed(udp(discover()))]), "bad\x1b[31m\n.pcap"
    folder, empty = tmp_path / "folder", tmp_path / "empty"
    folder.mkdir()
    empty.mkdir()
    (folder / "good").write_bytes(good)
    (folder / name).write_bytes(b"no capture")
    (folder / "read.txt").write_bytes(b"no capture")
    done = run(tmp_path / "missing", folder, empty, "-", input=gzip.compress(good))
    assert [json.loads(line)["file"] for line in done.stdout.splitlines()] == [str(folder / "good"), "-"]
    assert done.returncode == 1
    wrong = done.stderr.decode()
    assert "\x1b" not in wrong and len(wrong.splitlines()) == 3
    assert all(one in wrong for one in (str(tmp_path / "missing"), str(empty), "bad\\x1b[31m\\x0a.pcap: no capture"))


def test_damaged_bytes(tmp_path, rng):
    """No agreement to hope for where lengths are damaged: it must end well, and be a line of JSON each."""
    whole = section() + interface(1) + b"".join(enhanced(framed(udp(message(rng)))) for _ in range(6)) + simple(framed(udp(message(rng))))
    plain = pcap([framed(udp(message(rng))) for _ in range(6)])
    for i in range(300 * ROUNDS):
        for name, data in (("ng", whole), ("p", plain), ("gz", gzip.compress(plain))):
            bad = bytearray(data)
            for _ in range(rng.randrange(1, 4)):
                bad[rng.randrange(len(bad))] = rng.choice([0, 255, 127, rng.randrange(256)])
            (tmp_path / f"{name}{i}").write_bytes(bad)
    ours(tmp_path)
