# SPDX-License-Identifier: ISC
"""Messages for tests of the audit: every option in its right encoding, seeded random ones, damaged ones; and a
reader of our own that says what an audit must list of them (issue §1, RFC 2131 §4.1, RFC 3396)."""
import random

from dhcp_wire import (A_FEW, COOKIE, TYPES, Message, civic, client_id_duid, client_id_hardware, duid_en, duid_ll, duid_llt,
                       duid_uuid, fqdn, geo, ip, labels, mac, octets, tlv, u16, u32, user_class, vendor_class)

UUID = bytes.fromhex("4c4c4544004b3710805ac7c04f4d3232")

# code: values, each a right one.
RIGHT = {
    1: [ip("255.255.255.0")], 2: [u32(3600), u32(2**32 - 18000)], 3: [A_FEW], 4: [A_FEW], 5: [A_FEW], 6: [A_FEW, ip("192.0.2.53")],
    7: [A_FEW], 8: [A_FEW], 9: [A_FEW], 10: [A_FEW], 11: [A_FEW], 12: ["laptop", "Marias-iPhone", "a" * 63], 13: [u16(5)],
    14: ["/dump"], 15: ["example.com"], 16: [ip("192.0.2.9")], 17: ["/root"], 18: ["/ext"], 19: [1], 20: [0], 21: [A_FEW],
    22: [u16(576)], 23: [64], 24: [u32(600)], 25: [u16(68, 296)], 26: [u16(1500)], 27: [1], 28: [ip("192.0.2.255")], 29: [0],
    30: [1], 31: [1], 32: [ip("224.0.0.2")], 33: [A_FEW, A_FEW + A_FEW], 34: [0], 35: [u32(60)], 36: [0], 37: [64],
    38: [u32(7200)], 39: [0], 40: ["nis"], 41: [A_FEW], 42: [A_FEW], 43: [tlv((1, "a"), (2, "bc")), b"\xde\xad\xbe\xef"],
    44: [A_FEW], 45: [A_FEW], 46: [8], 47: ["scope"], 48: [A_FEW], 49: [A_FEW], 50: [ip("192.0.2.50")], 51: [u32(3600), u32(2**32 - 1)],
    54: [ip("192.0.2.1")], 55: [[1, 3, 6], [1, 121, 3, 6, 15, 119, 252, 95, 44, 46]], 56: ["no more addresses"], 57: [u16(1500)],
    58: [u32(1800)], 59: [u32(3150)], 60: ["MSFT 5.0", "dhcpcd-9.4.1:Linux-6.1.0:x86_64:GenuineIntel", "PXEClient:Arch:00007:UNDI:003016"],
    61: [client_id_hardware("02:00:5e:10:00:01"), client_id_duid(7, duid_llt("02:00:5e:10:00:01", 600000000)),
         client_id_duid(0x5e100001, duid_ll("02:00:5e:10:00:01")), client_id_duid(1, duid_en(43793, b"\x9a\x0b\x1c\x2d\x3e\x4f\x50\x61")),
         client_id_duid(2, duid_uuid(UUID)), b"\0" + b"cisco-0200.5e10.0001-Gi0/1", b"\0\x01\x02\x03"],
    62: ["nwip"], 64: ["nisdom"], 65: [A_FEW], 66: ["tftp.example.com"], 67: ["boot/pxelinux.0"], 68: [A_FEW], 69: [A_FEW], 70: [A_FEW],
    71: [A_FEW], 72: [A_FEW], 73: [A_FEW], 74: [A_FEW], 75: [A_FEW], 76: [A_FEW], 77: [user_class("iPXE", "x")], 78: [b"\1" + A_FEW],
    79: [b"\1scope"], 80: [b""],
    81: [fqdn("h.example.com"), fqdn("laptop", 0x04, root=False), fqdn("old.example.com", 0x01), fqdn("n.example.com", 0x08 | 4),
         fqdn("s.example.com", 0x07, 255, 255)],
    82: [tlv((1, "Gi1/0/7"), (2, mac("02005e990001")), (5, ip("192.0.2.0")), (6, "customer-4711"), (9, u32(9) + b"\3abc"),
             (11, ip("192.0.2.4")), (12, duid_ll("02005e990002")), (10, b"\x80"), (16, mac("02005e990003"))),
         tlv((1, u16(4, 7) + b"\1\2"), (2, b"\0\6" + mac("02005e990001")), (151, b"\0vpn"), (4, u32(1)))],
    85: [A_FEW], 86: ["tree"], 87: ["ctx"], 88: [labels("a.example")], 89: [A_FEW], 90: [b"\1\1\0" + bytes(8) + b"0123456789abcdef"],
    91: [u32(13)], 92: [A_FEW], 93: [u16(7), u16(0, 7)], 94: [b"\1\3\2"], 95: ["ldap://x"], 97: [b"\0" + UUID], 98: ["http://u"],
    99: [civic(2, "DE", (1, "Nordrhein-Westfalen"), (3, "K\u00f6ln"), (6, "Domstra\u00dfe"), (19, "7"), (24, "50667")), civic(0, "US", (128, "Latn")),
         civic(1, "FR")],
    100: ["CET-1CEST"], 101: ["Europe/Berlin"], 108: [u32(1800)], 112: [A_FEW], 113: ["tag"], 114: ["https://portal.example/"], 116: [1],
    117: [u16(6, 44)], 118: [ip("192.0.2.0")], 119: [labels("a.example") + labels("b.example"), labels("a.example") + b"\1b\xc0\2"],
    120: [b"\1" + A_FEW, b"\0" + labels("sip.example")], 121: [b"\x18" + ip("192.0.2.0")[:3] + ip("192.0.2.1") + b"\0" + ip("192.0.2.1")],
    123: [geo(50.7374, 7.0982), geo(-33.8568, 151.2153, altitude=25.5), geo(0, 0, latitude_resolution=10, longitude_resolution=12)],
    124: [vendor_class((9, "cisco"), (43793, "sd"))], 125: [vendor_class((9, tlv((1, "x"), (2, "yz")))), vendor_class((4491, tlv((2, "ab"))))],
    136: [A_FEW], 137: [labels("l.example")], 138: [A_FEW], 144: [geo(50.7374, 7.0982, True), geo(-33.8568, -151.2153, True)],
    145: [[1]], 148: [A_FEW], 150: [A_FEW], 151: [b"\0", b"\3bad query"], 152: [u32(1700000000)], 153: [u32(5)], 154: [u32(1699999999)],
    155: [u32(1700000000)], 156: [2], 157: [1], 161: ["https://mud.example/lamp.json"], 208: [b"\xf1\0\x74\x7e"], 209: ["cfg"], 210: ["pre/"],
    211: [u32(30)], 212: [b"\x06\x20" + bytes(16) + ip("192.0.2.1")], 213: [labels("acc.example")], 220: [b"\1\2\0\0"], 221: [b"\0vpn"],
    224: ["site"], 249: [b"\0" + ip("192.0.2.1")], 252: ["http://wpad.example/wpad.dat"], 254: [b"\xff\x00\x01"],
}


def one_of_each():
    """A message for each right value of each option, and one with all of them."""
    out, everything = [], Message("ACK", yiaddr="192.0.2.7", siaddr="192.0.2.3", giaddr="10.0.0.1", hops=1, secs=3,
                                  flags=0x8000, sname="boot.example", file="pxelinux.0")
    for code, values in RIGHT.items():
        everything.add(code, values[0])
        out += [Message(TYPES["ACK"] if code in (51, 54) else 1, xid=0x1000 + code).add(code, value) for value in values]
    return out + [everything] + [Message(number) for number in range(20)]


def random_value(rng, code):
    if code in RIGHT and rng.random() < 0.9:
        return octets(rng.choice(RIGHT[code]))
    return rng.randbytes(rng.choice([0, 1, 2, 3, 4, 5, 7, 8, 16, 33, 80]))


def fill(rng, pairs, size):
    """Takes from the front what fits into so many octets."""
    out, used = [], 1
    while pairs and used + 2 + len(pairs[0][1]) <= size:
        used += 2 + len(pairs[0][1])
        out.append(pairs.pop(0))
    return out


def cut_up(rng, value):
    """RFC 3396 §5: pieces, none longer than 255."""
    out = []
    while len(value) > 255 or (value and rng.random() < 0.5):
        n = rng.randint(1, min(255, len(value)))
        out.append(value[:n])
        value = value[n:]
    return out + [value] if value or not out else out


def random_message(rng):
    m = Message(rng.choice([0] + list(range(1, 19)) + [200]), chaddr=rng.randbytes(rng.choice([6, 6, 6, 6, 0, 1, 8, 16])))
    m.set(op=rng.choice([1, 2]), htype=rng.choice([1, 1, 1, 6, 32, 255]), hops=rng.randrange(5), xid=rng.getrandbits(32),
          secs=rng.getrandbits(16), flags=rng.choice([0, 0x8000, rng.getrandbits(16)]), ciaddr=rng.getrandbits(32),
          yiaddr=rng.getrandbits(32), siaddr=rng.getrandbits(32), giaddr=rng.getrandbits(32), end=rng.random() < 0.95)
    codes = rng.sample([c for c in range(1, 255) if c not in (52, 53)], rng.randint(0, 12))
    pairs = []
    for code in codes:
        value = random_value(rng, code)
        if rng.random() < 0.1:
            value = (value or b"x") * rng.randint(2, 12)
        pairs += [(code, piece) for piece in (cut_up(rng, value) if rng.random() < 0.2 or len(value) > 255 else [value])]
    if rng.random() < 0.3:
        rng.shuffle(pairs)
    if m.options and rng.random() < 0.3:
        m.in_file = fill(rng, pairs, 128)
    if m.options and rng.random() < 0.3:
        m.in_sname = fill(rng, pairs, 64)
    for pair in pairs:
        m.options.append(pair)
        if rng.random() < 0.1:
            m.options.append((None, bytes(rng.randint(1, 4))))
    if rng.random() < 0.3:
        m.pad = 300
    if not m.in_file:
        m.file = rng.choice([b"", "boot.img", b"\0"])
    return m


def damaged(rng, wire):
    """One thing wrong, or several."""
    data = bytearray(wire)
    how = rng.randrange(6)
    if how == 0:
        return bytes(data[:rng.randint(0, len(data))])
    if how == 1:
        data[rng.randrange(len(data))] = rng.getrandbits(8)
    elif how == 2:
        for _ in range(rng.randint(1, 8)):
            data[rng.randrange(min(240, len(data)), len(data)) if len(data) > 240 else 0] = rng.getrandbits(8)
    elif how == 3:
        return bytes(data) + rng.randbytes(rng.randint(1, 40))
    elif how == 4:
        at = rng.randrange(len(data))
        del data[at:at + rng.randint(1, 9)]
    else:
        return rng.randbytes(rng.randint(0, 400))
    return bytes(data)


# --- what an audit must list ---------------------------------------------------------------------

def walk(data, at, end):
    """The pieces of one field: (code, offset, value), and whether it ended with an END."""
    out = []
    while at < end:
        code = data[at]
        if code == 0:
            at += 1
            continue
        if code == 255:
            return out, True, at
        if at + 2 > end or at + 2 + data[at + 1] > end:
            return out, False, at
        out.append((code, at, data[at + 2:at + 2 + data[at + 1]]))
        at += 2 + data[at + 1]
    return out, False, at


def listed(data):
    """[(code, value)] as issue §1 wants them."""
    if data[236:240] != COOKIE:
        return []
    pieces, _, _ = walk(data, 240, len(data))
    overload = [value for code, _, value in pieces if code == 52]
    how = overload[0][0] if len(overload) == 1 and len(overload[0]) == 1 and 1 <= overload[0][0] <= 3 else 0
    if how & 1:
        pieces += walk(data, 108, 236)[0]
    if how & 2:
        pieces += walk(data, 44, 108)[0]
    joined = {}
    for code, _, value in pieces:
        joined[code] = joined.get(code, b"") + value
    return list(joined.items())


def seeded(seed):
    return random.Random(seed)
