# SPDX-License-Identifier: ISC
"""A SCRAM-SHA-256 client (RFC 5802, 7677), with channel binding by tls-exporter where asked."""
import base64
import hashlib
import hmac
import os


class Scram:
    def __init__(self, name, password, binding=None, gs2=None, nonce=None):
        """binding: the bytes of tls-exporter, for -PLUS."""
        self.password, self.binding = password, binding
        self.gs2 = gs2 or ("p=tls-exporter,," if binding else "n,,")
        self.nonce = nonce or base64.b64encode(os.urandom(18)).decode()
        self.bare = f"n={name.replace('=', '=3D').replace(',', '=2C')},r={self.nonce}"

    def first(self):
        return (self.gs2 + self.bare).encode()

    def final(self, server_first):
        parts = dict(p.split("=", 1) for p in server_first.decode().split(","))
        assert parts["r"].startswith(self.nonce) and len(parts["r"]) > len(self.nonce)
        self.salt, self.iterations = base64.b64decode(parts["s"]), int(parts["i"])
        salted = hashlib.pbkdf2_hmac("sha256", self.password.encode(), self.salt, self.iterations)
        client_key = hmac.digest(salted, b"Client Key", "sha256")
        bound = base64.b64encode(self.gs2.encode() + (self.binding or b"")).decode()
        without_proof = f"c={bound},r={parts['r']}"
        signed = f"{self.bare},{server_first.decode()},{without_proof}".encode()
        signature = hmac.digest(hashlib.sha256(client_key).digest(), signed, "sha256")
        proof = bytes(a ^ b for a, b in zip(client_key, signature))
        self.verifier = hmac.digest(hmac.digest(salted, b"Server Key", "sha256"), signed, "sha256")
        return f"{without_proof},p={base64.b64encode(proof).decode()}".encode()

    def check(self, server_final):
        assert server_final == b"v=" + base64.b64encode(self.verifier), "the server did not prove itself"


def login(client, scram, mechanism="SCRAM-SHA-256", initial=True):
    """The whole exchange; the last reply."""
    b64 = lambda raw: base64.b64encode(raw).decode()
    if initial:
        reply = client.cmd(f"AUTH {mechanism} {b64(scram.first())}")
    else:
        assert client.cmd(f"AUTH {mechanism}").raw in (b"334 \r\n", b"334\r\n")
        reply = client.cmd(b64(scram.first()))
    if reply.code != 334:
        return reply
    reply = client.cmd(b64(scram.final(base64.b64decode(reply.lines[0]))))
    if reply.code != 334:
        return reply
    scram.check(base64.b64decode(reply.lines[0]))
    return client.cmd("")
