# SPDX-License-Identifier: ISC
"""A second reader of captures: what `postern audit packets --json` should say, from the RFCs alone.

It shares nothing with the program, favours plainness over speed, and holds all of a capture in memory.
`read(bytes)` gives one dictionary a message, in the order of the frames that complete them.
"""
import struct
import zlib
from fractions import Fraction

TYPES = dict(enumerate(("DISCOVER OFFER REQUEST DECLINE ACK NAK RELEASE INFORM FORCERENEW LEASEQUERY "
                        "LEASEUNASSIGNED LEASEUNKNOWN LEASEACTIVE BULKLEASEQUERY LEASEQUERYDONE "
                        "ACTIVELEASEQUERY LEASEQUERYSTATUS TLS").split(), 1))
COOKIE = b"\x63\x82\x53\x63"


# --- files -----------------------------------------------------------------------------------------------

def gunzip(data):
    """All members of a gzip file, as far as they go; what is behind the last one is not looked at."""
    out = b""
    while data[:2] == b"\x1f\x8b":
        inflate = zlib.decompressobj(31)
        rest = data
        try:
            while rest and not inflate.eof:
                # Small steps, so that what stands before a fault is kept.
                out += inflate.decompress(rest[:1])
                rest = rest[1:]
        except zlib.error:
            return out
        if not inflate.eof:
            return out
        data = inflate.unused_data + rest
    return out


def frames_pcap(data):
    magic = {b"\xa1\xb2\xc3\xd4": (">", 10**6, 16), b"\xd4\xc3\xb2\xa1": ("<", 10**6, 16),
             b"\xa1\xb2\x3c\x4d": (">", 10**9, 16), b"\x4d\x3c\xb2\xa1": ("<", 10**9, 16),
             b"\xa1\xb2\xcd\x34": (">", 10**6, 24), b"\x34\xcd\xb2\xa1": ("<", 10**6, 24)}
    if data[:4] not in magic or len(data) < 24:
        return
    order, unit, head = magic[data[:4]]
    link = struct.unpack_from(order + "I", data, 20)[0] & 0xffff
    at = 24
    number = 0
    while at + head <= len(data):
        seconds, part, caught, whole = struct.unpack_from(order + "IIII", data, at)
        at += head
        if at + caught > len(data):
            return
        number += 1
        yield number, seconds + Fraction(part, unit), link, data[at:at + caught], whole
        at += caught


def interface(order, body):
    link, _, snap = struct.unpack_from(order + "HHI", body)
    unit, shift, at = Fraction(1, 10**6), 0, 8
    while at + 4 <= len(body):
        code, n = struct.unpack_from(order + "HH", body, at)
        value = body[at + 4:at + 4 + n]
        if code == 0 or len(value) < n:
            break
        if code == 9 and n >= 1:
            unit = Fraction(1, 2 ** (value[0] & 127) if value[0] & 128 else 10 ** value[0])
        if code == 14 and n >= 8:
            shift = struct.unpack_from(order + "q", value)[0]
        at += 4 + n + (-n % 4)
    return link, snap, unit, shift


def frames_pcapng(data):
    at, number, order, ports = 0, 0, "<", []
    while at + 12 <= len(data):
        if data[at:at + 4] == b"\x0a\x0d\x0d\x0a":
            mark = data[at + 8:at + 12]
            if mark not in (b"\x1a\x2b\x3c\x4d", b"\x4d\x3c\x2b\x1a"):
                return
            order = ">" if mark == b"\x1a\x2b\x3c\x4d" else "<"
            ports = []
        kind, size = struct.unpack_from(order + "II", data, at)
        if size < 12 or size % 4 or at + size > len(data):
            return
        body = data[at + 8:at + size - 4]
        at += size
        if kind == 1 and len(body) >= 8:
            ports.append(interface(order, body))
        elif kind == 3 and len(body) >= 4:
            number += 1
            if ports:
                whole = struct.unpack_from(order + "I", body)[0]
                caught = min(whole, ports[0][1] or whole, len(body) - 4)
                yield number, None, ports[0][0], body[4:4 + caught], whole
        elif kind in (2, 6) and len(body) >= 20:
            number += 1
            which, high, low, caught, whole = struct.unpack_from(order + "IIIII", body)
            if kind == 2:
                which = struct.unpack_from(order + "H", body)[0]
            if which < len(ports):
                link, _, unit, shift = ports[which]
                yield (number, ((high << 32) + low) * unit + shift, link, body[20:20 + caught],
                       whole)


def frames(data):
    if data[:2] == b"\x1f\x8b":
        data = gunzip(data)
    return frames_pcapng(data) if data[:4] == b"\x0a\x0d\x0d\x0a" else frames_pcap(data)


# --- links -----------------------------------------------------------------------------------------------

def ether(kind, data):
    while kind in (0x8100, 0x88a8, 0x9100, 0x9200) and len(data) >= 4:
        kind, data = struct.unpack_from(">H", data, 2)[0], data[4:]
    return data if kind == 0x0800 else None


def wifi(data):
    if len(data) < 24:
        return None
    kind, flags = data[0], data[1]
    if kind & 0x0f != 0x08 or flags & 0x40:  # version 0, data; not encrypted
        return None
    n = 24 + (6 if flags & 3 == 3 else 0)
    if kind & 0x40:
        return None
    if kind & 0x80:
        n += 2 + (4 if flags & 0x80 else 0)
    if data[n:n + 6] not in (b"\xaa\xaa\x03\0\0\0", b"\xaa\xaa\x03\0\0\xf8") or len(data) < n + 8:
        return None
    return ether(struct.unpack_from(">H", data, n + 6)[0], data[n + 8:])


def network_layer(link, data):
    """The IPv4 datagram in a frame, with whatever follows it, or None."""
    if link == 1:
        return ether(struct.unpack_from(">H", data, 12)[0], data[14:]) if len(data) >= 14 else None
    if link in (12, 14, 101, 228):
        return data
    if link == 113:
        return ether(struct.unpack_from(">H", data, 14)[0], data[16:]) if len(data) >= 16 else None
    if link == 276:
        return ether(struct.unpack_from(">H", data)[0], data[20:]) if len(data) >= 20 else None
    if link == 105:
        return wifi(data)
    if link == 127:
        n = struct.unpack_from("<H", data, 2)[0] if len(data) >= 4 else 0
        return wifi(data[n:]) if n >= 8 and n <= len(data) else None
    if link in (0, 108):
        return data[4:] if data[:4] in (b"\0\0\0\2", b"\2\0\0\0") else None
    return None


# --- IP, UDP, TCP ----------------------------------------------------------------------------------------

def address(four):
    return ".".join(map(str, four))


class Reader:
    def __init__(self, ports=()):
        self.ports = {67, 68, *ports}
        self.fragments = {}
        self.streams = {}
        self.out = []

    def frame(self, number, time, link, data, whole):
        ip = network_layer(link, data)
        if ip is None or len(ip) < 20 or ip[0] >> 4 != 4:
            return
        head, total = (ip[0] & 15) * 4, struct.unpack_from(">H", ip, 2)[0]
        if head < 20 or head > len(ip):
            return
        behind = whole - (len(data) - len(ip))  # what the wire had from the IP header on
        where = struct.unpack_from(">H", ip, 6)[0]
        least = head + (4 if ip[9] == 17 and not where & 0x3fff else 0)  # without ports nobody could tell
        marks = ["cut"] if len(data) < whole else []
        if total > behind or total < least:
            marks.append("ip")
            total = behind
        payload = ip[head:total]
        key = (ip[12:16], ip[16:20], ip[9], ip[4:6])
        stamp = (number, time, address(ip[12:16]), address(ip[16:20]))
        if where & 0x3fff:
            payload = self.fragment(key, (where & 0x1fff) * 8, where & 0x2000, payload)
            if payload is None:
                return
        if ip[9] == 17:
            self.udp(stamp, payload, marks)
        elif ip[9] == 6:
            self.tcp(stamp, payload)

    def fragment(self, key, at, more, payload):
        held = self.fragments.setdefault(key, {"bytes": {}, "end": None})
        for i, byte in enumerate(payload):
            held["bytes"].setdefault(at + i, byte)
        if not more:
            held["end"] = at + len(payload)
        if held["end"] is None or len(held["bytes"]) < held["end"]:
            return None
        del self.fragments[key]
        return bytes(held["bytes"][i] for i in range(held["end"]))

    def udp(self, stamp, data, marks):
        if len(data) < 4:
            return
        source, target = struct.unpack_from(">HH", data)
        if not {source, target} & self.ports:
            return
        length = struct.unpack_from(">H", data, 4)[0] if len(data) >= 6 else 0
        if len(data) >= 8 and "cut" not in marks and (length < 8 or length > len(data)):
            marks = marks + ["udp"]
        body = data[8:length] if length >= 8 else data[8:]
        self.out.append(message(stamp, body, marks))

    def tcp(self, stamp, data):
        if len(data) < 20:
            return
        source, target, seq = struct.unpack_from(">HHI", data)
        head = (data[12] >> 4) * 4
        if 67 not in (source, target) or head < 20 or head > len(data):
            return
        payload, syn, fin = data[head:], data[13] & 2, data[13] & 1
        key = (stamp[2], source, stamp[3], target)
        if syn:
            seq += 1
        if key not in self.streams or syn and self.streams[key]["first"] != seq:
            self.streams[key] = {"first": seq, "next": seq, "late": {}, "bytes": b""}
        held = self.streams[key]
        ahead = (seq - held["next"] + 2**31) % 2**32 - 2**31
        for i, byte in enumerate(payload):
            held["late"].setdefault(ahead + i + len(held["bytes"]) + held.get("taken", 0), byte)
        position = len(held["bytes"]) + held.get("taken", 0)
        while position in held["late"]:
            held["bytes"] += bytes([held["late"].pop(position)])
            position += 1
            held["next"] = (held["next"] + 1) % 2**32
        while len(held["bytes"]) >= 2:
            n = struct.unpack_from(">H", held["bytes"])[0]
            if len(held["bytes"]) < 2 + n:
                break
            self.out.append(message(stamp, held["bytes"][2:2 + n], []))
            held["bytes"] = held["bytes"][2 + n:]
            held["taken"] = held.get("taken", 0) + 2 + n


# --- DHCP ------------------------------------------------------------------------------------------------

class Options:
    """One message's options: the order of codes, the pieces of each, and what is wrong."""

    def __init__(self):
        self.pieces = {}
        self.faults = []

    def field(self, body, at, end, main):
        """What stands between two offsets of a message, up to END."""
        while at < end:
            code = body[at]
            if code == 255:
                return
            if code == 0:
                at += 1
                continue
            if at + 1 >= end or at + 2 + body[at + 1] > end:
                self.faults.append((at, "overrun"))
                return
            n = body[at + 1]
            if code == 52 and not main:
                self.faults.append((at, "52"))
            self.pieces.setdefault(code, []).append((at, body[at + 2:at + 2 + n]))
            at += 2 + n
        self.faults.append((end, "end"))

    def value(self, code):
        return b"".join(piece for _, piece in self.pieces.get(code, []))


def labels(name):
    """RFC 1035 section 3.1: None, or what is wrong with a name in its wire form (a partial one is fine)."""
    at = 0
    while at < len(name):
        n = name[at]
        if n >= 64:
            return "pointer"
        if at + 1 + n > len(name):
            return "label"
        if n == 0:
            return None
        at += 1 + n
    return None


def overruns(value, at=0):
    while at < len(value):
        if at + 2 > len(value) or at + 2 + value[at + 1] > len(value):
            return True
        at += 2 + value[at + 1]
    return False


def judge(options):
    faults = options.faults

    def at(code):
        return options.pieces[code][0][0]
    for code in (53, 61):
        if code in options.pieces and not options.value(code):
            faults.append((at(code), f"empty {code}"))
    if len(options.pieces.get(53, [])) > 1:
        faults.append((options.pieces[53][1][0], "twice"))
    if 82 in options.pieces and overruns(options.value(82)):
        faults.append((None, "sub-option"))
    if 81 in options.pieces:
        value = options.value(81)
        if len(value) < 3:
            faults.append((None, "fqdn"))
        else:
            if value[0] & 9 == 9:
                faults.append((None, "fqdn"))
            if value[0] & 4 and labels(value[3:]):
                faults.append((None, "fqdn"))


def message(stamp, body, marks):
    frame, time, source, target = stamp
    out = {"frame": frame, "time": None if time is None else float(time), "src": source, "dst": target}
    options = Options()
    for mark in marks:
        options.faults.append((None, mark))
    whole = body.ljust(236, b"\0")
    for at in (4, 8, 10, 12, 16, 20, 24):  # a field that is cut has no value
        if at <= len(body) < at + (2 if at in (8, 10) else 4):
            whole = body[:at].ljust(236, b"\0")
    for name, at in (("op", 0), ("htype", 1), ("hlen", 2), ("hops", 3)):
        out[name] = whole[at]
    out["xid"] = "0x" + whole[4:8].hex()
    out["secs"] = struct.unpack_from(">H", whole, 8)[0]
    out["flags"] = "0x" + whole[10:12].hex()
    for i, name in enumerate(("ciaddr", "yiaddr", "siaddr", "giaddr")):
        out[name] = address(whole[12 + 4 * i:16 + 4 * i])
    out["chaddr"] = ":".join(f"{b:02x}" for b in body[28:28 + min(whole[2], 16)])
    if len(body) < 236:
        options.faults.append((len(body), "short"))
    if len(body) >= 3 and body[2] > 16:
        options.faults.append((2, "hlen"))
    out["type"] = "BOOTP"
    if body[236:240] == COOKIE:
        options.field(body, 240, len(body), True)
        main = options.pieces.get(52, [])
        over = options.value(52)
        if main and (len(main) > 1 or len(over) != 1 or not 1 <= over[0] <= 3):
            options.faults.append((main[0][0], "52"))
        elif main:
            if over[0] & 1:
                options.field(body, 108, 236, False)
            if over[0] & 2:
                options.field(body, 44, 108, False)
        judge(options)
        kind = options.value(53)
        if kind:
            out["type"] = TYPES.get(kind[0], str(kind[0]))
    out["options"] = [(code, options.value(code).hex()) for code in options.pieces]
    out["malformed"] = options.faults
    return out


def read(data, ports=()):
    reader = Reader(ports)
    for frame in frames(data):
        reader.frame(*frame)
    return reader.out
