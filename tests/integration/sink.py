# SPDX-License-Identifier: ISC
"""An upstream that does what it is told: an SMTP or LMTP server in threads, with the capabilities
it is given, which keeps what it heard byte for byte and fails where the script says so.

script: stage -> answer. Stages: connect, ehlo, starttls, xclient, mail, rcpt, data, bdat, rset,
content (once content_after octets of a message have come) and end (the final reply). An answer is
the text of a reply, or CLOSE, RESET or SILENT; a list of answers is used up one by one (None: as
usual); a callable gets (session, line) and returns one."""
import hashlib
import os
import re
import socket
import ssl
import struct
import threading
import time

CLOSE, RESET, SILENT = "<close>", "<reset>", "<silent>"
USUAL = ("PIPELINING", "SIZE 104857600", "8BITMIME", "SMTPUTF8", "DSN", "ENHANCEDSTATUSCODES")
EVERYTHING = USUAL + ("CHUNKING", "BINARYMIME")
TIMEOUT = 60


class Gone(Exception):
    pass


class Message:
    """One transaction, as it was heard."""

    def __init__(self, session, mail):
        self.session, self.mail, self.rcpts = session, mail, []
        self.raw = bytearray()       # what stood between DATA and its reply, dots and end with it
        self.chunks = []             # (line, octets) of each BDAT
        self.size = 0
        self.digest = hashlib.sha256()
        self.whole = self.acknowledged = False

    @property
    def content(self):
        """As it is meant: dots removed, without the end."""
        if self.chunks:
            return b"".join(octets for _, octets in self.chunks)
        raw = bytes(self.raw)
        assert raw.endswith(b".\r\n"), f"no end of data: {raw[-40:]!r}"
        return re.sub(rb"(^|\r\n)\.", rb"\1", raw[:-3])


class Session:
    def __init__(self, number):
        self.number, self.lines, self.messages = number, [], []
        self.tls, self.helo, self.xclient, self.ended = False, None, [], None
        self.tls_version = self.server_name = None

    def said(self, verb):
        return [line for line in self.lines if line.upper().startswith(verb)]


class Sink:
    def __init__(self, capabilities=USUAL, script=None, lmtp=False, tls=None, implicit_tls=False, path=None,
                 host="127.0.0.1", port=0, keep=True, rcvbuf=None, content_after=1, trusting=True):
        self.capabilities, self.script, self.lmtp = list(capabilities), script or {}, lmtp
        self.tls, self.implicit_tls, self.keep, self.content_after = tls, implicit_tls, keep, content_after
        self.trusting, self.rcvbuf = trusting, rcvbuf
        self.host, self.port, self.path = host, port, path
        self.sessions, self.messages = [], []
        self.changed = threading.Condition()
        self.reading = threading.Event()    # cleared: the content of messages is not read
        self.reading.set()
        self.answering = threading.Event()  # cleared: the final reply is held back
        self.answering.set()
        self.stopping, self.sockets, self.listener = False, set(), None
        self.listen()

    # --- life ---

    def listen(self):
        if self.path:
            if os.path.exists(self.path):
                os.unlink(self.path)
            self.listener = socket.socket(socket.AF_UNIX)
            self.listener.bind(str(self.path))
            os.chmod(self.path, 0o666)
        else:
            self.listener = socket.socket(socket.AF_INET6 if ":" in self.host else socket.AF_INET)
            self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if self.rcvbuf:
                self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, self.rcvbuf)
            self.listener.bind((self.host, self.port))
            self.port = self.listener.getsockname()[1]
        self.listener.listen(200)
        threading.Thread(target=self._accept, args=(self.listener,), daemon=True).start()

    @property
    def url(self):
        if self.path:
            return f"lmtp:{self.path}"
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{'lmtp' if self.lmtp else 'smtp'}://{host}:{self.port}"

    def down(self):
        """Nobody listens any more; connections that are open are reset."""
        listener, self.listener = self.listener, None
        if listener:
            try:
                listener.shutdown(socket.SHUT_RDWR)  # wakes the thread in accept
            except OSError:
                pass
            listener.close()
        self.drop(RESET)

    def up(self):
        self.listen()

    def drop(self, how=CLOSE):
        """Ends the connections that are open."""
        with self.changed:
            sockets = list(self.sockets)
        for sock in sockets:
            end(sock, how)

    def close(self):
        self.stopping = True
        self.reading.set()
        self.answering.set()
        self.down()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def _accept(self, listener):
        while True:
            try:
                sock, _ = listener.accept()
            except OSError:
                return
            with self.changed:
                session = Session(len(self.sessions))
                self.sessions.append(session)
                self.sockets.add(sock)
                self.changed.notify_all()
            threading.Thread(target=self._serve, args=(sock, session), daemon=True).start()

    def _serve(self, sock, session):
        talk = Talk(self, sock, session)
        try:
            sock.settimeout(TIMEOUT)
            talk.run()
            session.ended = session.ended or "end"
        except Gone as why:
            session.ended = str(why)
        except (OSError, ValueError) as why:
            session.ended = session.ended or f"error: {why}"
        finally:
            with self.changed:
                self.sockets.discard(sock)
                self.sockets.discard(talk.sock)
                self.changed.notify_all()
            talk.sock.close()

    # --- what the tests ask ---

    def wait(self, condition, timeout=20):
        with self.changed:
            assert self.changed.wait_for(condition, timeout), \
                "the upstream waited in vain; it heard " + repr([s.lines for s in self.sessions])

    def wait_messages(self, n, timeout=20):
        self.wait(lambda: len(self.messages) >= n, timeout)
        return self.messages

    def wait_idle(self, timeout=20):
        """Until no connection is open."""
        self.wait(lambda: not self.sockets, timeout)

    @property
    def message(self):
        assert len(self.messages) == 1, f"{len(self.messages)} messages"
        return self.messages[0]

    def lines(self, verb):
        return [line for session in list(self.sessions) for line in session.said(verb)]


def end(sock, how):
    try:
        if how == RESET:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            sock.shutdown(socket.SHUT_RD)
        else:
            sock.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass


class Talk:
    """One connection."""

    def __init__(self, sink, sock, session):
        self.sink, self.sock, self.session, self.buffer = sink, sock, session, b""
        self.message = None

    def notify(self):
        with self.sink.changed:
            self.sink.changed.notify_all()

    def fill(self, size=65536):
        more = self.sock.recv(size)
        if not more:
            raise Gone("client closed")
        self.buffer += more

    def line(self):
        while b"\n" not in self.buffer:
            self.fill()
        line, _, self.buffer = self.buffer.partition(b"\n")
        line += b"\n"
        assert_line(line)
        with self.sink.changed:
            self.session.lines.append(line[:-2].decode("utf-8", "surrogateescape"))
            self.sink.changed.notify_all()
        return self.session.lines[-1]

    def send(self, text):
        self.sock.sendall(text.encode("utf-8", "surrogateescape") + b"\r\n")

    def scripted(self, stage, line=""):
        answer = self.sink.script.get(stage)
        if isinstance(answer, list):
            answer = answer.pop(0) if answer else None
        if callable(answer):
            answer = answer(self.session, line)
        return answer

    def act(self, answer):
        """Does what an answer says; False when the stage goes on as usual."""
        if answer is None:
            return False
        if answer == SILENT:
            while True:  # until the client gives up
                self.buffer = b""
                self.fill()
        if answer in (CLOSE, RESET):
            if answer == RESET:
                self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.sock.close()
            raise Gone(f"scripted {answer}")
        self.send(answer)
        if answer.startswith("421"):
            raise Gone("scripted 421")
        return True

    def stage(self, name, usual, line=""):
        """Whether the usual answer was given."""
        if self.act(self.scripted(name, line)):
            return False
        if usual:
            self.send(usual)
        return True

    def start_tls(self):
        def on_name(sock, name, context):
            self.session.server_name = name
        self.sink.tls.sni_callback = on_name
        old = self.sock
        self.sock = self.sink.tls.wrap_socket(self.sock, server_side=True)
        with self.sink.changed:
            self.sink.sockets.discard(old)
            self.sink.sockets.add(self.sock)
        self.session.tls, self.session.tls_version = True, self.sock.version()
        assert not self.buffer
        self.message = None

    def run(self):
        if self.sink.implicit_tls:
            self.start_tls()
        if not self.stage("connect", "220 upstream.example.org ESMTP"):
            return
        while True:
            line = self.line()
            verb = line.split(" ")[0].upper()
            handler = getattr(self, "on_" + verb.lower(), None)
            if handler is None:
                self.send("500 5.5.2 unknown")
            elif handler(line) is False:
                return

    def offered(self):
        words = list(self.sink.capabilities)
        if self.sink.tls and not self.session.tls:
            words.append("STARTTLS")
        return words

    def on_ehlo(self, line):
        self.session.helo = line[5:]
        answer = self.scripted("ehlo", line)
        if self.act(answer):
            return
        words = ["upstream.example.org"] + self.offered()
        for word in words[:-1]:
            self.send("250-" + word)
        self.send("250 " + words[-1])

    on_lhlo = on_ehlo

    def on_helo(self, line):
        self.session.helo = line[5:]
        self.send("250 upstream.example.org")

    def on_starttls(self, line):
        if self.stage("starttls", "220 go", line):
            self.start_tls()

    def on_xclient(self, line):
        self.session.xclient.append(dict(word.split("=", 1) for word in line.split(" ")[1:]))
        self.stage("xclient", "220 upstream.example.org ESMTP", line)

    def on_mail(self, line):
        if self.message:
            self.send("503 5.5.1 nested MAIL")
        elif self.stage("mail", "250 2.1.0 ok", line):
            self.message = Message(self.session, line)
            self.session.messages.append(self.message)

    def on_rcpt(self, line):
        if not self.message:
            self.send("503 5.5.1 MAIL first")
        elif self.stage("rcpt", "250 2.1.5 ok", line):
            self.message.rcpts.append(line)

    def on_rset(self, line):
        self.message = None
        self.stage("rset", "250 2.0.0 ok", line)

    def on_noop(self, line):
        self.send("250 2.0.0 ok")

    def on_quit(self, line):
        self.session.ended = "quit"
        self.send("221 2.0.0 bye")
        return False

    def on_data(self, line):
        if not self.message or not self.message.rcpts:
            self.send("554 5.5.1 no valid recipients")
            return
        if not self.stage("data", "354 go", line):
            self.message = None
            return
        self.read_content()
        self.finish()

    def take(self, octets):
        message = self.message
        message.size += len(octets)
        message.digest.update(octets)
        if self.sink.keep:
            message.raw += octets
        with self.sink.changed:
            self.sink.changed.notify_all()

    def read_content(self):
        """Up to CRLF.CRLF and nothing else."""
        self.act_on_content()
        tail, first = b"", True
        while True:
            self.sink.reading.wait()
            if not self.buffer:
                self.fill()
            window = tail + self.buffer
            if first and window.startswith(b".\r\n"):
                cut = 3
            else:
                at = window.find(b"\r\n.\r\n")
                cut = at + 5 if at >= 0 else -1
            if cut < 0 and len(window) < 3 and first:
                self.fill()
                continue
            if cut >= 0:
                cut -= len(tail)
                self.take(self.buffer[:cut])
                self.buffer = self.buffer[cut:]
                self.act_on_content()
                return
            self.take(self.buffer)
            tail, first, self.buffer = window[-4:], False, b""
            self.act_on_content()

    def act_on_content(self):
        if self.message.size >= self.sink.content_after:
            self.act(self.scripted("content"))

    def on_bdat(self, line):
        words = line.split(" ")
        size, last = int(words[1]), len(words) > 2
        octets = b""
        while len(octets) < size:
            self.sink.reading.wait()
            if not self.buffer:
                self.fill()
            part = self.buffer[:size - len(octets)]
            octets, self.buffer = octets + part, self.buffer[len(part):]
        if not self.message or not self.message.rcpts:
            self.send("503 5.5.1 MAIL and RCPT first")
            return
        self.message.chunks.append((line, octets))
        self.message.size += size
        self.notify()
        self.act_on_content()
        if last:
            self.finish()
        else:
            self.stage("bdat", "250 2.0.0 chunk", line)

    def finish(self):
        """The final reply; what it acknowledges is kept before it is said."""
        message, self.message = self.message, None
        message.whole = True
        self.notify()
        self.sink.answering.wait()
        if self.sink.lmtp:
            answers = [(self.scripted("end", rcpt), "250 2.1.5 delivered") for rcpt in message.rcpts]
        else:
            answers = [(self.scripted("end", message.mail), "250 2.0.0 queued as 4711")]
        if any((answer or usual).startswith("2") for answer, usual in answers):
            with self.sink.changed:
                message.acknowledged = True
                self.sink.messages.append(message)
                self.sink.changed.notify_all()
        for answer, usual in answers:
            if not self.act(answer):
                self.send(usual)


def assert_line(line):
    if not line.endswith(b"\r\n") or b"\r" in line[:-2] or b"\0" in line:
        raise ValueError(f"not a line: {line!r}")
