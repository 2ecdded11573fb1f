# SPDX-License-Identifier: ISC
"""The MTA's side of the milter protocol: a length, a letter, a payload (Sendmail's mfdef.h)."""
import socket
import struct

NO_REPLY = {"L": 1 << 7, "C": 1 << 12, "H": 1 << 13, "M": 1 << 14, "R": 1 << 15, "T": 1 << 16, "U": 1 << 17,
            "N": 1 << 18, "B": 1 << 19}
ALL_ACTIONS, ALL_STEPS = 0x1FF, 0x1FFFFF


class Mta:
    def __init__(self, to, version=6, actions=ALL_ACTIONS, steps=ALL_STEPS, negotiate=True, timeout=20):
        self.socket = socket.socket(socket.AF_INET if isinstance(to, int) else socket.AF_UNIX)
        self.socket.settimeout(timeout)
        self.socket.connect(("127.0.0.1", to) if isinstance(to, int) else str(to))
        self.steps = 0
        if negotiate:
            self.send("O", struct.pack("!III", version, actions, steps))
            letter, payload = self.receive()
            assert letter == "O", (letter, payload)
            self.version, self.actions, self.steps = struct.unpack("!III", payload[:12])

    def send(self, letter, payload=b""):
        self.socket.sendall(struct.pack("!I", 1 + len(payload)) + letter.encode() + payload)

    def octets(self, n):
        data = b""
        while len(data) < n:
            more = self.socket.recv(n - len(data))
            if not more:
                raise ConnectionError("closed by the milter")
            data += more
        return data

    def receive(self):
        """The next answer; "progress" is passed over."""
        while True:
            (n,) = struct.unpack("!I", self.octets(4))
            packet = self.octets(n)
            if packet[:1] != b"p":
                return packet[:1].decode(), packet[1:]

    def command(self, letter, payload=b""):
        """Sends it, and returns the answer where one was agreed upon."""
        self.send(letter, payload)
        return None if self.steps & NO_REPLY.get(letter, 0) else self.receive()

    def macros(self, letter, **values):
        text = "".join(f"{name if len(name) == 1 else '{' + name + '}'}\0{value}\0" for name, value in values.items())
        self.send("D", letter.encode() + text.encode())

    def connect(self, address="192.0.2.1", host="client.example"):
        return self.command("C", f"{host}\0".encode() + b"4" + struct.pack("!H", 25) + address.encode() + b"\0")

    def envelope(self, sender="<a@acme.example>", recipients=("<b@example.net>",), queue="Q1", **macros):
        self.macros("M", i=queue, **macros)
        self.command("M", sender.encode() + b"\0")
        for recipient in recipients:
            self.command("R", recipient.encode() + b"\0")

    def header(self, *fields):
        """Fields as they stand in a message: "From: a@b"."""
        for field in fields:
            name, _, value = field.partition(":")
            value = value if self.steps & 1 << 20 else value.removeprefix(" ")
            self.command("L", f"{name}\0{value}\0".encode())
        self.command("N")

    def finish(self, body=b"text\r\n"):
        """The body and its end; everything that is answered, the verdict last."""
        for at in range(0, len(body), 65535):
            self.command("B", body[at:at + 65535])
        self.send("E")
        answers = [self.receive()]
        while answers[-1][0] not in "acdrtyf":
            answers.append(self.receive())
        return answers

    def message(self, *fields, body=b"text\r\n", **envelope):
        self.envelope(**envelope)
        self.header(*(fields or ("From: a@acme.example", "Subject: x")))
        return self.finish(body)

    def is_closed(self):
        """Waits until the milter has closed it."""
        try:
            return self.socket.recv(1) == b""
        except ConnectionError:
            return True

    def close(self):
        self.socket.close()
