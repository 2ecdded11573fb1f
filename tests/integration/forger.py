# SPDX-License-Identifier: ISC
"""A DKIM signer that bends every tag: pure Python, slow, obvious, and written from RFC 6376 alone.

Nothing of Postern's is used here: what it says of a signature is compared with what was forged."""
import base64
import hashlib
import random
import re

# --- RSA (RFC 8017) ------------------------------------------------------------------------------


def probably_prime(n, rng):
    if any(n % p == 0 for p in (2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37)):
        return False
    d, s = n - 1, 0
    while d % 2 == 0:
        d, s = d // 2, s + 1
    for _ in range(8):
        x = pow(rng.randrange(2, n - 1), d, n)
        if x in (1, n - 1):
            continue
        for _ in range(s - 1):
            x = x * x % n
            if x == n - 1:
                break
        else:
            return False
    return True


def prime(bits, e, rng):
    while True:
        n = rng.getrandbits(bits) | 1 | 3 << (bits - 2)
        if (n - 1) % e and probably_prime(n, rng):
            return n


def der(tag, *parts):
    body = b"".join(parts)
    size = bytes([len(body)]) if len(body) < 128 else None
    if size is None:
        octets = len(body).to_bytes((len(body).bit_length() + 7) // 8, "big")
        size = bytes([0x80 | len(octets)]) + octets
    return bytes([tag]) + size + body


def der_integer(n):
    return der(2, n.to_bytes(n.bit_length() // 8 + 1, "big"))


SHA1_INFO = bytes.fromhex("3021300906052b0e03021a05000414")
SHA256_INFO = bytes.fromhex("3031300d060960864801650304020105000420")
RSA_OID = bytes.fromhex("300d06092a864886f70d0101010500")
ED25519_OID = bytes.fromhex("300506032b6570")


class Rsa:
    """A key of so many bits, the same for the same seed. Without p and q: a modulus nobody can sign with."""
    def __init__(self, bits, e=65537, seed=1):
        rng = random.Random(f"{bits} {e} {seed}")
        self.bits, self.e = bits, e
        if bits > 2048:
            self.p = None
            self.n = rng.getrandbits(bits) | 1 | 1 << (bits - 1)
            return
        while True:
            self.p, self.q = prime((bits + 1) // 2, e, rng), prime(bits // 2, e, rng)
            self.n = self.p * self.q
            if self.n.bit_length() == bits:
                break
        self.d = pow(e, -1, (self.p - 1) * (self.q - 1))

    def pkcs1(self):
        return der(0x30, der_integer(self.n), der_integer(self.e))

    def public(self):
        return der(0x30, RSA_OID, der(3, b"\0", self.pkcs1()))

    def sign(self, data, hash_name="sha256"):
        size = (self.n.bit_length() + 7) // 8
        if not self.p:
            return b"\1" * size
        info = {"sha1": SHA1_INFO, "sha256": SHA256_INFO}[hash_name]
        t = info + hashlib.new(hash_name, data).digest()
        m = int.from_bytes(b"\0\1" + b"\xff" * (size - len(t) - 3) + b"\0" + t, "big")
        mp, mq = pow(m % self.p, self.d % (self.p - 1), self.p), pow(m % self.q, self.d % (self.q - 1), self.q)
        s = mq + self.q * ((mp - mq) * pow(self.q, -1, self.p) % self.p)
        return s.to_bytes(size, "big")

    def record(self):
        return "v=DKIM1; k=rsa; p=" + b64(self.public())


# --- Ed25519 (RFC 8032 §5.1, after its appendix) ---------------------------------------------------

P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, -1, P) % P
ROOT = pow(2, (P - 1) // 4, P)


def point_add(a, b):
    A, B = (a[1] - a[0]) * (b[1] - b[0]) % P, (a[1] + a[0]) * (b[1] + b[0]) % P
    C, E = 2 * a[3] * b[3] * D % P, 2 * a[2] * b[2] % P
    e, f, g, h = B - A, E - C, E + C, B + A
    return e * f % P, g * h % P, f * g % P, e * h % P


def point_multiply(s, a):
    q = (0, 1, 1, 0)
    while s:
        if s & 1:
            q = point_add(q, a)
        a = point_add(a, a)
        s >>= 1
    return q


def recover_x(y, sign):
    x2 = (y * y - 1) * pow(D * y * y + 1, -1, P)
    x = pow(x2, (P + 3) // 8, P)
    if (x * x - x2) % P:
        x = x * ROOT % P
    return P - x if x & 1 != sign else x


GY = 4 * pow(5, -1, P) % P
GX = recover_x(GY, 0)
G = (GX, GY, 1, GX * GY % P)


def point_bytes(a):
    z = pow(a[2], -1, P)
    return (a[1] * z % P | (a[0] * z % P & 1) << 255).to_bytes(32, "little")


class Ed25519:
    def __init__(self, seed=1):
        h = hashlib.sha512(hashlib.sha256(str(seed).encode()).digest()).digest()
        self.a = int.from_bytes(h[:32], "little") & (1 << 254) - 8 | 1 << 254
        self.prefix = h[32:]
        self.raw = point_bytes(point_multiply(self.a, G))

    def public(self):
        return self.raw

    def spki(self):
        return der(0x30, ED25519_OID, der(3, b"\0", self.raw))

    def sign(self, data, hash_name="sha256"):
        m = hashlib.new(hash_name, data).digest()  # RFC 8463 §3: the digest is what is signed
        r = int.from_bytes(hashlib.sha512(self.prefix + m).digest(), "little") % L
        R = point_bytes(point_multiply(r, G))
        h = int.from_bytes(hashlib.sha512(R + self.raw + m).digest(), "little") % L
        return R + ((r + h * self.a) % L).to_bytes(32, "little")

    def record(self):
        return "v=DKIM1; k=ed25519; p=" + b64(self.raw)


# --- canonical forms (RFC 6376 §3.4) -------------------------------------------------------------


def b64(octets):
    return base64.b64encode(octets).decode()


def canonical_field(field, relaxed):
    """field: name, colon, value, folds, without its last CRLF."""
    if not relaxed:
        return field
    name, value = field.split(b":", 1)
    value = re.sub(rb"[ \t]+", b" ", value.replace(b"\r\n", b"")).strip(b" ")
    return name.rstrip(b" \t").lower() + b":" + value


def canonical_body(body, relaxed):
    if body and not body.endswith(b"\r\n"):
        body += b"\r\n"
    if relaxed:
        body = re.sub(rb"[ \t]+(?=\r\n)", b"", body)
        body = re.sub(rb"[ \t]+", b" ", body)
    body = re.sub(rb"(\r\n)+\Z", b"\r\n", body)
    if relaxed:
        return b"" if body == b"\r\n" else body
    return body or b"\r\n"


def select(fields, names):
    """§5.4.2: from the bottom up, each field once; the names without one add nothing."""
    left = list(fields)
    for name in names:
        for i in range(len(left) - 1, -1, -1):
            if left[i].split(b":", 1)[0].rstrip(b" \t").lower() == name.lower():
                yield left.pop(i)
                break


# --- a signature ---------------------------------------------------------------------------------

USUAL = "v=1; a={a}; c={c}; d={d}; s={s}; h={h}; bh={bh}; b={b}"


def signature(fields, body, key, d, s, *, tags=USUAL, a="rsa-sha256", c="relaxed/relaxed", h="From:To:Subject",
              l=None, field="DKIM-Signature: ", signed_h=None, hash_name="sha256", body_hash=None, spoil=False,
              covers=None, fold=""):
    """The whole field, as octets, without its last CRLF. tags may hold {b}, {bh} and others; what is
    signed follows c, h, l whatever the tags say. fold: what stands between every ten characters of b."""
    hc, _, bc = c.partition("/")
    relaxed_header, relaxed_body = hc == "relaxed", bc == "relaxed"
    canonical = canonical_body(body, relaxed_body)[:l]
    bh = b64(body_hash or hashlib.new(hash_name, canonical).digest())
    text = tags.format(a=a, c=c, d=d, s=s, h=h, l=l, bh=bh, b="\0")
    names = [n.strip().encode() for n in (signed_h or re.sub(r"\s", "", h)).split(":")]
    bare = re.sub(r"(\r\n)?[ \t]*\0[ \t]*((?:\r\n[ \t]+)*)", "", text)
    data = b"".join(canonical_field(f, relaxed_header) + b"\r\n" for f in select(covers or fields, names))
    data += canonical_field((field + bare).encode(), relaxed_header)
    value = bytearray(key.sign(data, hash_name))
    if spoil:
        value[len(value) // 2] ^= 1
    return (field + text.replace("\0", fold.join(re.findall(".{1,10}", b64(value))))).encode()


def txt(record, size=255):
    """As the RDATA of TXT in a master file, in strings of at most so many octets."""
    parts = [record[i:i + size] for i in range(0, len(record), size)] or [""]
    return " ".join('"' + p.replace("\\", "\\\\").replace('"', '\\"') + '"' for p in parts)
