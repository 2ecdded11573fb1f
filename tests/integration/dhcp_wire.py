# SPDX-License-Identifier: ISC
"""DHCPv4 messages and captures for tests: written octet by octet, so that a test can also write wrong ones.

    message = Message("DISCOVER", chaddr="02:00:5e:10:00:01").add(12, "laptop").add(55, [1, 3, 6])
    frame = ethernet(ipv4(udp(message.wire()), src="0.0.0.0", dst="255.255.255.255"))
    write_pcap(path, [frame, Frame(frame, time=1700000000.5)])

Python's standard library only."""
import gzip
import socket
import struct
from pathlib import Path

COOKIE = b"\x63\x82\x53\x63"
TYPES = {name: i for i, name in enumerate(
    "BOOTP DISCOVER OFFER REQUEST DECLINE ACK NAK RELEASE INFORM FORCERENEW LEASEQUERY LEASEUNASSIGNED LEASEUNKNOWN "
    "LEASEACTIVE BULKLEASEQUERY LEASEQUERYDONE ACTIVELEASEQUERY LEASEQUERYSTATUS TLS".split())}
REPLIES = {TYPES[n] for n in ("OFFER", "ACK", "NAK", "FORCERENEW", "LEASEUNASSIGNED", "LEASEUNKNOWN", "LEASEACTIVE",
                              "LEASEQUERYDONE", "LEASEQUERYSTATUS")}
EPOCH = 1700000000  # of frames without a time: the first; each next is a millisecond later

# link types (https://www.tcpdump.org/linktypes.html)
NULL, ETHERNET, PPI, IEEE802_11, RADIOTAP, LOOP, SLL, SLL2 = 0, 1, 192, 105, 127, 108, 113, 276
RAW, RAW_BSD, RAW_OPENBSD, IPV4 = 101, 12, 14, 228


def mac(text):
    """"02:00:5e:10:00:01" to octets; octets stay."""
    return text if isinstance(text, bytes) else bytes.fromhex(text.replace(":", ""))


def ip(text):
    """"192.0.2.1" or a number to 4 octets; octets stay."""
    if isinstance(text, int):
        return struct.pack(">I", text)
    return text if isinstance(text, bytes) else socket.inet_aton(text)


def octets(value):
    """What an option may be given as: octets, text, one number (an octet), or a list of these."""
    if isinstance(value, (bytes, bytearray)):
        return bytes(value)
    if isinstance(value, str):
        return value.encode()
    if isinstance(value, int):
        return bytes([value])
    return b"".join(octets(v) for v in value)


def tlv(*pairs):
    """Sub-options, options: (code, value), …"""
    return b"".join(bytes([code, len(octets(value))]) + octets(value) for code, value in pairs)


def u16(*numbers):
    return struct.pack(f">{len(numbers)}H", *numbers)


def u32(*numbers):
    return struct.pack(f">{len(numbers)}I", *numbers)


A_FEW = socket.inet_aton("192.0.2.1") + socket.inet_aton("192.0.2.2")  # addresses


def labels(name, root=True):
    """A domain name on the wire."""
    parts = [p.encode() for p in name.split(".") if p]
    return b"".join(bytes([len(p)]) + p for p in parts) + (b"\0" if root else b"")


# --- values of options ---------------------------------------------------------------------------

def duid_llt(hardware, time=0, htype=1):
    return u16(1, htype) + u32(time) + mac(hardware)


def duid_ll(hardware, htype=1):
    return u16(3, htype) + mac(hardware)


def duid_en(enterprise, identifier):
    return u16(2) + u32(enterprise) + octets(identifier)


def duid_uuid(uuid):
    return u16(4) + octets(uuid)


def client_id_hardware(hardware, htype=1):
    return bytes([htype]) + mac(hardware)


def client_id_duid(iaid, duid):
    """RFC 4361."""
    return b"\xff" + u32(iaid) + duid


def fqdn(name, flags=0x05, rcode1=0, rcode2=0, root=True):
    """81 (RFC 4702): wire form when the E flag (4) is set, else as text."""
    return bytes([flags, rcode1, rcode2]) + (labels(name, root) if flags & 4 else name.encode())


def civic(what, country, *elements):
    """99 (RFC 4776): elements are (CAtype, text)."""
    return bytes([what]) + country.encode() + tlv(*elements)


def geo(latitude, longitude, loc=False, latitude_resolution=25, longitude_resolution=25, altitude_type=1,
        altitude_resolution=20, altitude=0.0, datum=1, version=1):
    """123, or 144 (loc) (RFC 6225 §2): 16 octets; the resolutions are the 6 bits as they stand."""
    bits = 0
    for value, n in ((latitude_resolution, 6), (round(latitude * (1 << 25)) & (1 << 34) - 1, 34),
                     (longitude_resolution, 6), (round(longitude * (1 << 25)) & (1 << 34) - 1, 34),
                     (altitude_type, 4), (altitude_resolution, 6), (round(altitude * 256) & (1 << 30) - 1, 30),
                     (version if loc else 0, 2), (0, 3), (datum, 3)):
        bits = bits << n | value
    return bits.to_bytes(16, "big")


def vendor_class(*items):
    """124 (RFC 3925 §3): (enterprise, data) each."""
    return b"".join(u32(number) + bytes([len(octets(data))]) + octets(data) for number, data in items)


vendor_information = vendor_class  # 125: the data are sub-options, see tlv()


def user_class(*items):
    """77 (RFC 3004)."""
    return b"".join(bytes([len(octets(item))]) + octets(item) for item in items)


# --- messages ------------------------------------------------------------------------------------

class Message:
    """A message. Every field can be set by its name; options are a list of (code, value), in order, also
    of `file` and `sname` (in_file, in_sname: then 52 is added in front, unless overload is given)."""

    def __init__(self, type="DISCOVER", chaddr="02:00:5e:10:00:01", **fields):
        number = TYPES[type] if isinstance(type, str) else type
        self.op = 2 if number in REPLIES else 1
        self.htype, self.chaddr, self.hops, self.xid, self.secs, self.flags = 1, mac(chaddr), 0, 0x12345678, 0, 0
        self.hlen = None  # of chaddr
        self.ciaddr = self.yiaddr = self.siaddr = self.giaddr = "0.0.0.0"
        self.sname = self.file = b""
        self.cookie, self.end, self.pad = COOKIE, True, 0  # pad: zeros up to this size of the whole
        self.overload = None
        self.options, self.in_file, self.in_sname = [], [], []
        if number:
            self.options.append((53, bytes([number])))
        self.set(**fields)

    def set(self, **fields):
        for name, value in fields.items():
            if not hasattr(self, name):
                raise AttributeError(name)
            setattr(self, name, value)
        return self

    def add(self, code, value=b""):
        """A value of more than 255 octets goes into several pieces (RFC 3396)."""
        self.options += pieces(code, octets(value))
        return self

    def raw(self, data):
        """Octets as they are among the options."""
        self.options.append((None, data))
        return self

    def fixed(self):
        hlen = len(self.chaddr) if self.hlen is None else self.hlen
        sname = self.area(self.in_sname, 64) if self.in_sname else octets(self.sname)
        file = self.area(self.in_file, 128) if self.in_file else octets(self.file)
        return struct.pack(">BBBBIHH4s4s4s4s16s64s128s", self.op, self.htype, hlen, self.hops, self.xid, self.secs,
                           self.flags, ip(self.ciaddr), ip(self.yiaddr), ip(self.siaddr), ip(self.giaddr),
                           self.chaddr, sname, file)

    def area(self, options, size):
        data = encode(options)
        assert len(data) <= size, "the options do not fit the field"
        return data if len(data) == size else data + b"\xff"

    def wire(self):
        overload = self.overload
        if overload is None:
            overload = (1 if self.in_file else 0) | (2 if self.in_sname else 0)
        options = self.options
        if overload:
            options = options[:1] + [(52, bytes([overload]))] + options[1:]
        data = self.fixed() + self.cookie + encode(options) + (b"\xff" if self.end else b"")
        return data.ljust(self.pad, b"\0")

    def stream(self):
        """On TCP: a 16-bit length in front (RFC 6926 §6.1)."""
        data = self.wire()
        return u16(len(data)) + data


def pieces(code, value, size=255):
    return [(code, value[i:i + size]) for i in range(0, max(len(value), 1), size)]


def encode(options):
    out = b""
    for code, value in options:
        if code is None:
            out += value
        elif code in (0, 255):
            out += bytes([code])
        else:
            out += bytes([code, len(octets(value))]) + octets(value)
    return out


# --- packets -------------------------------------------------------------------------------------

def checksum(data):
    if len(data) % 2:
        data += b"\0"
    total = sum(struct.unpack(f">{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff


def udp(payload, sport=68, dport=67, src="0.0.0.0", dst="255.255.255.255", length=None, good=True):
    """length: what the header says; good: with a right checksum (0 else). Give src and dst as to ipv4()."""
    length = 8 + len(payload) if length is None else length
    header = struct.pack(">HHHH", sport, dport, length, 0)
    if good:
        total = checksum(ip(src) + ip(dst) + struct.pack(">BBH", 0, 17, length) + header + payload) or 0xffff
        header = header[:6] + struct.pack(">H", total)
    return header + payload


def tcp(payload, sport=40000, dport=67, seq=1, ack=0, flags="PA", src="192.0.2.9", dst="192.0.2.1"):
    bits = sum({"F": 1, "S": 2, "R": 4, "P": 8, "A": 16}[f] for f in flags)
    header = struct.pack(">HHIIBBHHH", sport, dport, seq & 0xffffffff, ack, 5 << 4, bits, 65535, 0, 0)
    total = checksum(ip(src) + ip(dst) + struct.pack(">BBH", 0, 6, len(header) + len(payload)) + header + payload)
    return header[:16] + struct.pack(">H", total) + header[18:] + payload


def ipv4(payload, src="0.0.0.0", dst="255.255.255.255", proto=17, ttl=64, id=0, options=b"", flags=0, offset=0,
         length=None):
    """offset: in octets; length: what the header says."""
    words = 5 + len(options) // 4
    length = 4 * words + len(payload) if length is None else length
    header = struct.pack(">BBHHHBBH4s4s", 4 << 4 | words, 0, length, id, flags << 13 | offset // 8, ttl, proto, 0,
                         ip(src), ip(dst)) + options
    return header[:10] + struct.pack(">H", checksum(header)) + header[12:] + payload


def fragments(payload, size, src="0.0.0.0", dst="255.255.255.255", proto=17, id=1, ttl=64, order=None):
    """The IPv4 packets of a datagram in pieces of size (a multiple of 8) octets; order: of their indices."""
    out = [ipv4(payload[i:i + size], src, dst, proto, ttl, id, flags=1 if i + size < len(payload) else 0, offset=i)
           for i in range(0, len(payload), size)]
    return [out[i] for i in order] if order else out


def ethernet(packet, src="02:00:5e:10:00:01", dst="ff:ff:ff:ff:ff:ff", vlans=(), ethertype=0x0800, pad=True):
    """vlans: numbers, or (TPID, number), outermost first."""
    tags = b"".join(u16(*(v if isinstance(v, tuple) else (0x8100, v))) for v in vlans)
    frame = mac(dst) + mac(src) + tags + u16(ethertype) + packet
    return frame.ljust(60, b"\0") if pad else frame


def sll(packet, src="02:00:5e:10:00:01", kind=1, protocol=0x0800):
    """kind: 0 to us, 1 broadcast, 4 from us."""
    return struct.pack(">HHH8sH", kind, 1, 6, mac(src), protocol) + packet


def sll2(packet, src="02:00:5e:10:00:01", kind=1, protocol=0x0800, index=2):
    return struct.pack(">HHIHBB8s", protocol, 0, index, 1, kind, 6, mac(src)) + packet


def wifi(packet, src="02:00:5e:10:00:01", dst="ff:ff:ff:ff:ff:ff", bssid="02:00:5e:00:00:fe", to_ap=True, qos=False,
         ethertype=0x0800):
    control = u16(0x8801 if qos else 0x0801) if to_ap else u16(0x8802 if qos else 0x0802)
    three = (mac(bssid), mac(src), mac(dst)) if to_ap else (mac(dst), mac(bssid), mac(src))
    header = control + b"\0\0" + b"".join(three) + b"\0\0" + (b"\0\0" if qos else b"")
    return header + b"\xaa\xaa\x03\0\0\0" + u16(ethertype) + packet


def radiotap(frame, fcs=False):
    """A header with the flags field only."""
    body = bytes([0x10 if fcs else 0])
    return struct.pack("<BBHI", 0, 0, 8 + len(body), 1 << 1) + body + frame + (b"\xde\xad\xbe\xef" if fcs else b"")


def loopback(packet, order="<"):
    """NULL (and LOOP with ">"): address family 2."""
    return struct.pack(order + "I", 2) + packet


def frame_of(message, src="0.0.0.0", dst="255.255.255.255", sport=68, dport=67, hardware="02:00:5e:10:00:01",
             to="ff:ff:ff:ff:ff:ff", **more):
    """An Ethernet frame of a Message or of octets."""
    payload = message if isinstance(message, bytes) else message.wire()
    return ethernet(ipv4(udp(payload, sport, dport, src, dst), src, dst, **more), hardware, to)


# --- captures ------------------------------------------------------------------------------------

class Frame:
    """data as captured; time: seconds (a float or a Fraction) or None; length: on the wire."""

    def __init__(self, data, time=None, link=ETHERNET, length=None, ns=None):
        self.data, self.link, self.length = data, link, len(data) if length is None else length
        self.ns = ns if ns is not None else None if time is None else round(time * 10**9)


def frames_of(items, link):
    out = []
    for i, item in enumerate(items):
        frame = item if isinstance(item, Frame) else Frame(item, link=link)
        if frame.ns is None:
            frame.ns = (EPOCH * 1000 + i) * 10**6
        out.append(frame)
    return out


def pcap(items, link=ETHERNET, order="<", nanoseconds=False, snaplen=262144):
    """Octets of a pcap file of frames (octets, or Frame)."""
    out = [struct.pack(order + "IHHiIII", 0xa1b23c4d if nanoseconds else 0xa1b2c3d4, 2, 4, 0, 0, snaplen, link)]
    for f in frames_of(items, link):
        sub = f.ns % 10**9 if nanoseconds else f.ns % 10**9 // 1000
        out += [struct.pack(order + "IIII", f.ns // 10**9, sub, len(f.data), f.length), f.data]
    return b"".join(out)


def pcapng_option(order, code, value):
    return struct.pack(order + "HH", code, len(value)) + value + b"\0" * (-len(value) % 4)


def pcapng_block(order, kind, body):
    size = 12 + len(body) + -len(body) % 4
    return struct.pack(order + "II", kind, size) + body + b"\0" * (-len(body) % 4) + struct.pack(order + "I", size)


def pcapng_section(order="<", *options):
    """options: (code, octets)."""
    body = struct.pack(order + "IHHq", 0x1a2b3c4d, 1, 0, -1)
    return pcapng_block(order, 0x0a0d0d0a, body + b"".join(pcapng_option(order, *o) for o in options))


def pcapng_interface(order="<", link=ETHERNET, snaplen=0, *options):
    body = struct.pack(order + "HHI", link, 0, snaplen)
    return pcapng_block(order, 1, body + b"".join(pcapng_option(order, *o) for o in options))


def pcapng_packet(order, frame, interface=0, ticks=None, *options):
    """EPB; ticks: the timestamp as it stands, microseconds when not given."""
    ticks = frame.ns // 1000 if ticks is None else ticks
    body = struct.pack(order + "IIIII", interface, ticks >> 32, ticks & 0xffffffff, len(frame.data), frame.length)
    body += frame.data + b"\0" * (-len(frame.data) % 4)
    return pcapng_block(order, 6, body + b"".join(pcapng_option(order, *o) for o in options))


def pcapng_simple(order, frame):
    return pcapng_block(order, 3, struct.pack(order + "I", frame.length) + frame.data)


def pcapng_old(order, frame, interface=0, ticks=None):
    ticks = frame.ns // 1000 if ticks is None else ticks
    body = struct.pack(order + "HHIIII", interface, 0, ticks >> 32, ticks & 0xffffffff, len(frame.data), frame.length)
    return pcapng_block(order, 2, body + frame.data)


def pcapng(items, link=ETHERNET, order="<", nanoseconds=False):
    """One section; one interface for each link type of the frames, in order of appearance."""
    frames = frames_of(items, link)
    links = list(dict.fromkeys(f.link for f in frames)) or [link]
    resolution = [(9, b"\x09")] if nanoseconds else []
    out = [pcapng_section(order)] + [pcapng_interface(order, kind, 0, *resolution) for kind in links]
    out += [pcapng_packet(order, f, links.index(f.link), f.ns if nanoseconds else f.ns // 1000) for f in frames]
    return b"".join(out)


def packed(data, members=1):
    """gzip, in so many members."""
    size = -(-len(data) // members) or 1
    return b"".join(gzip.compress(data[i:i + size], 6, mtime=0) for i in range(0, max(len(data), 1), size))


def write_pcap(path, items, gz=False, **more):
    data = pcap(items, **more)
    Path(path).write_bytes(packed(data) if gz else data)
    return path


def write_pcapng(path, items, gz=False, **more):
    data = pcapng(items, **more)
    Path(path).write_bytes(packed(data) if gz else data)
    return path
