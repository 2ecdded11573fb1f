# SPDX-License-Identifier: ISC
"""A raw SMTP client: sends the bytes it is given, reads whole replies, waits no longer than its
deadline, and does nothing by itself."""
import base64
import re
import select
import socket
import ssl
import struct
import time

TIMEOUT = 20.0
REPLY_LINE = re.compile(rb"([2-5][0-9][0-9])([ -])?([^\r\n]*)\r\n\Z")


class Reply:
    def __init__(self, code, lines, raw):
        self.code, self.lines, self.raw = code, lines, raw

    @property
    def text(self):
        return "\n".join(self.lines)

    @property
    def enhanced(self):
        match = re.match(r"([245]\.\d{1,3}\.\d{1,3})(?: |$)", self.lines[0])
        return match.group(1) if match else None

    def expect(self, *codes, enhanced=None):
        assert self.code in codes, f"expected {codes}, got {self.raw!r}"
        if enhanced:
            assert self.enhanced == enhanced, f"expected {enhanced}, got {self.raw!r}"
        return self

    def __repr__(self):
        return f"<Reply {self.raw!r}>"


class Closed(Exception):
    """The peer closed the connection."""


class Client:
    def __init__(self, host, port, tls=None, server_name="mail.example.com", source=None, timeout=TIMEOUT,
                 path=None, rcvbuf=None):
        self.timeout, self.buffer, self.capabilities = timeout, b"", {}
        if path:
            self.sock = socket.socket(socket.AF_UNIX)
        else:
            self.sock = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
        if rcvbuf:
            self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, rcvbuf)
        self.sock.settimeout(timeout)
        if source:
            self.sock.bind((source, 0))
        self.sock.connect(path or (host, port))
        if not path:
            self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.address = self.sock.getsockname()
        if tls:
            self.wrap(tls, server_name)

    # --- bytes ---

    def wrap(self, context, server_name="mail.example.com", session=None):
        assert not self.buffer, f"bytes behind the reply to STARTTLS: {self.buffer!r}"
        self.sock = context.wrap_socket(self.sock, server_hostname=server_name, session=session)

    def wrap_behind(self, prefix, context, server_name="mail.example.com"):
        """TLS whose client hello goes out in one segment with what stands before it."""
        incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        tls = context.wrap_bio(incoming, outgoing, server_hostname=server_name)
        self.sock = BioSocket(self.sock, tls, incoming, outgoing)
        self.sock.handshake(prefix)

    def send(self, data):
        self.sock.settimeout(self.timeout)
        self.sock.sendall(data if isinstance(data, bytes) else data.encode())

    def line(self, text):
        self.send((text if isinstance(text, bytes) else text.encode()) + b"\r\n")

    def _fill(self, end):
        left = end - time.monotonic()
        if left <= 0:
            raise TimeoutError(f"no whole reply within {self.timeout} s; so far {self.buffer!r}")
        self.sock.settimeout(left)
        try:
            more = self.sock.recv(65536)
        except (TimeoutError, ssl.SSLWantReadError):
            raise TimeoutError(f"no whole reply within {self.timeout} s; so far {self.buffer!r}") from None
        if not more:
            raise Closed(f"closed; unread {self.buffer!r}")
        self.buffer += more

    def read_line(self, end=None):
        end = end or time.monotonic() + self.timeout
        while b"\n" not in self.buffer:
            self._fill(end)
        line, _, self.buffer = self.buffer.partition(b"\n")
        return line + b"\n"

    def reply(self):
        """One reply, as strictly as RFC 5321 §4.2 has it."""
        end, lines, raw, code = time.monotonic() + self.timeout, [], b"", None
        while True:
            line = self.read_line(end)
            raw += line
            match = REPLY_LINE.match(line)
            assert match, f"not a reply line: {line!r}"
            assert code in (None, match[1]), f"codes differ: {raw!r}"
            assert len(line) <= 512, f"a reply line of {len(line)} octets"
            code = match[1]
            lines.append(match[3].decode())
            if match[2] != b"-":
                return Reply(int(code), lines, raw)

    def replies(self, n):
        return [self.reply() for _ in range(n)]

    def cmd(self, text):
        self.line(text)
        return self.reply()

    def rest(self):
        """All bytes until the peer closes (in order or not)."""
        end = time.monotonic() + self.timeout
        try:
            while True:
                self._fill(end)
        except (Closed, ConnectionResetError, BrokenPipeError, ssl.SSLError):
            rest, self.buffer = self.buffer, b""
            return rest

    def expect_closed(self):
        rest = self.rest()
        assert rest == b"", f"before the end came {rest!r}"

    def is_readable(self):
        """Whether something (or the end) has come by now; reads nothing."""
        return bool(self.buffer) or bool(select.select([self.sock], [], [], 0)[0])

    def close(self):
        try:
            self.sock.close()
        except OSError:
            pass

    def reset(self):
        """Ends the connection with RST, as a client that vanishes does."""
        plain = self.sock.detach() if isinstance(self.sock, ssl.SSLSocket) else None
        sock = socket.socket(fileno=plain) if plain is not None else self.sock
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        sock.close()

    # --- commands ---

    def greeting(self):
        return self.reply().expect(220)

    def ehlo(self, name="client.example.net"):
        reply = self.cmd(f"EHLO {name}").expect(250)
        self.capabilities = {}
        for line in reply.lines[1:]:
            word, _, rest = line.partition(" ")
            assert word.upper() not in self.capabilities, f"{word} is offered twice"
            self.capabilities[word.upper()] = rest
        return reply

    def starttls(self, context, server_name="mail.example.com"):
        self.cmd("STARTTLS").expect(220)
        self.wrap(context, server_name)
        self.capabilities = {}

    def clientid(self, kind, token):
        return self.cmd(f"CLIENTID {kind} {token}")

    def auth_plain(self, name, password, authorize=""):
        return self.cmd("AUTH PLAIN " + plain_message(name, password, authorize))

    def auth_login(self, name, password, initial=False):
        """`password` may be bytes that are not UTF-8."""
        first = self.cmd("AUTH LOGIN " + b64(name)) if initial else self.cmd("AUTH LOGIN")
        if not initial:
            assert first.raw == b"334 VXNlcm5hbWU6\r\n", first
            first = self.cmd(b64(name))
        if first.code != 334:
            return first
        assert first.raw == b"334 UGFzc3dvcmQ6\r\n", first
        return self.cmd(b64(password))

    def mail(self, sender="sender@example.net", parameters=""):
        return self.cmd(f"MAIL FROM:<{sender}>" + (" " + parameters if parameters else ""))

    def rcpt(self, recipient="demo@example.com", parameters=""):
        return self.cmd(f"RCPT TO:<{recipient}>" + (" " + parameters if parameters else ""))

    def data(self, message):
        """DATA with a message that is whole already (CRLF, dots as they are); the final reply."""
        self.cmd("DATA").expect(354)
        self.send(stuffed(message))
        return self.reply()

    def submit(self, message, sender="sender@example.net", recipients=("demo@example.com",)):
        self.mail(sender).expect(250)
        for recipient in recipients:
            self.rcpt(recipient).expect(250)
        return self.data(message)

    def submit_to_code(self, message, sender="sender@example.net", recipient="demo@example.com"):
        """The code of the first reply that is not the usual one, else of the final reply."""
        for reply in (lambda: self.mail(sender), lambda: self.rcpt(recipient)):
            code = reply().code
            if code != 250:
                return code
        code = self.cmd("DATA").code
        if code != 354:
            return code
        self.send(stuffed(message))
        return self.reply().code

    def bdat(self, chunk, last=False):
        self.send(f"BDAT {len(chunk)}{' LAST' if last else ''}\r\n".encode() + chunk)
        return self.reply()

    def quit(self):
        reply = self.cmd("QUIT").expect(221)
        self.expect_closed()
        return reply


class BioSocket:
    """As much of a socket as Client needs, over TLS whose records we send ourselves."""

    def __init__(self, sock, tls, incoming, outgoing):
        self.sock, self.tls, self.incoming, self.outgoing = sock, tls, incoming, outgoing
        self.settimeout, self.close = sock.settimeout, sock.close

    def handshake(self, prefix):
        while True:
            try:
                self.tls.do_handshake()
                self.sock.sendall(self.outgoing.read())
                return
            except ssl.SSLWantReadError:
                self.sock.sendall(prefix + self.outgoing.read())
                prefix = b""
                self.receive()

    def receive(self):
        more = self.sock.recv(65536)
        if not more:
            raise Closed("closed within TLS")
        self.incoming.write(more)

    def sendall(self, data):
        self.tls.write(data)
        self.sock.sendall(self.outgoing.read())

    def recv(self, size):
        while True:
            try:
                return self.tls.read(size)
            except ssl.SSLWantReadError:
                self.receive()


def b64(text):
    return base64.b64encode(text if isinstance(text, bytes) else text.encode()).decode()


def plain_message(name, password, authorize=""):
    raw = b"\0".join(p if isinstance(p, bytes) else p.encode() for p in (authorize, name, password))
    return b64(raw)


def stuffed(message):
    """A message of CRLF lines as it stands on the wire, with its end."""
    assert message.endswith(b"\r\n")
    lines = message.split(b"\r\n")[:-1]
    return b"".join((b"." if line.startswith(b".") else b"") + line + b"\r\n" for line in lines) + b".\r\n"


def message(subject="hello", body="Hello.\r\n", sender="sender@example.net", to="demo@example.com", extra=""):
    return (f"From: <{sender}>\r\nTo: <{to}>\r\nSubject: {subject}\r\n"
            f"Message-ID: <{subject.replace(' ', '.')}@client.example.net>\r\n{extra}\r\n{body}").encode()
