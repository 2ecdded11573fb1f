# SPDX-License-Identifier: ISC
"""Authentication daemons that do what they are told: Dovecot's auth-client protocol and
saslauthd's, each in threads, keeping what they were asked."""
import base64
import os
import socket
import struct
import threading


class Daemon:
    def __init__(self, path):
        self.path, self.listener, self.sockets = str(path), None, set()
        self.changed = threading.Condition()
        self.connections = 0
        self.up()

    def up(self):
        if os.path.exists(self.path):
            os.unlink(self.path)
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(self.path)
        os.chmod(self.path, 0o666)
        self.listener.listen(100)
        threading.Thread(target=self._accept, args=(self.listener,), daemon=True).start()

    def down(self):
        listener, self.listener = self.listener, None
        if listener:
            listener.shutdown(socket.SHUT_RDWR)
            listener.close()
            os.unlink(self.path)
        self.drop()

    def drop(self):
        with self.changed:
            sockets = list(self.sockets)
        for sock in sockets:
            try:
                sock.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    close = down

    def _accept(self, listener):
        while True:
            try:
                sock, _ = listener.accept()
            except OSError:
                return
            with self.changed:
                self.connections += 1
                self.sockets.add(sock)
                self.changed.notify_all()
            threading.Thread(target=self._serve, args=(sock,), daemon=True).start()

    def _serve(self, sock):
        try:
            self.serve(sock)
        except OSError:
            pass
        finally:
            with self.changed:
                self.sockets.discard(sock)
            sock.close()

    def wait(self, condition, timeout=20):
        with self.changed:
            assert self.changed.wait_for(condition, timeout), "the daemon waited in vain"


class Request:
    def __init__(self, number, mechanism, parameters, send):
        self.number, self.mechanism, self.send = number, mechanism, send
        self.parameters = {}
        for word in parameters:
            name, _, value = word.partition("=")
            self.parameters[name] = value
        self.cancelled = False

    @property
    def plain(self):
        return base64.b64decode(self.parameters["resp"]).split(b"\0")

    def ok(self, user, extra=""):
        self.send(f"OK\t{self.number}\tuser={user}{extra}")

    def fail(self, extra=""):
        self.send(f"FAIL\t{self.number}{extra}")

    def challenge(self, data):
        self.send(f"CONT\t{self.number}\t{base64.b64encode(data).decode()}")


class DovecotAuth(Daemon):
    """answer(request) is called for each AUTH, on_continue(request, bytes) for each CONT; by
    default PLAIN is checked against accounts."""

    def __init__(self, path, accounts=None, mechanisms=("PLAIN\tplaintext", "LOGIN\tplaintext"), answer=None,
                 on_continue=None, version="1\t2", greeting=None):
        self.accounts = accounts or {"demo": "demo", "test": "1234"}
        self.mechanisms, self.answer = mechanisms, answer or self.check
        self.on_continue = on_continue or self.login_response
        self.version, self.greeting = version, greeting
        self.requests, self.lines, self.open = [], [], {}
        super().__init__(path)

    def check(self, request):
        if request.mechanism == "LOGIN":
            request.said = [base64.b64decode(request.parameters["resp"])] if "resp" in request.parameters else []
            request.challenge(b"Password:" if request.said else b"Username:")
        else:
            self.judge(request, *request.plain[1:])

    def login_response(self, request, data):
        request.said.append(data)
        if len(request.said) == 1:
            request.challenge(b"Password:")
        else:
            self.judge(request, *request.said)

    def judge(self, request, name, password):
        if self.accounts.get(name.decode()) == password.decode():
            request.ok(name.decode())
        else:
            request.fail(f"\tuser={name.decode()}")

    def serve(self, sock):
        lock = threading.Lock()

        def send(line):
            with lock:
                sock.sendall(line.encode() + b"\n")

        hello = self.greeting or [f"VERSION\t{self.version}", *[f"MECH\t{m}" for m in self.mechanisms],
                                  f"SPID\t{os.getpid()}", f"CUID\t{self.connections}",
                                  "COOKIE\t00112233445566778899aabbccddeeff", "DONE"]
        for line in hello:
            send(line)
        with sock.makefile("rb") as file:
            for raw in file:
                line = raw.decode("utf-8", "surrogateescape").rstrip("\n")
                words = line.split("\t")
                with self.changed:
                    self.lines.append(line)
                    self.changed.notify_all()
                if words[0] == "AUTH":
                    request = Request(words[1], words[2], words[3:], send)
                    with self.changed:
                        self.open[words[1]] = request
                        self.requests.append(request)
                        self.changed.notify_all()
                    self.answer(request)
                elif words[0] == "CONT" and words[1] in self.open:
                    self.on_continue(self.open[words[1]], base64.b64decode(words[2]))
                elif words[0] == "CANCEL" and words[1] in self.open:
                    self.open[words[1]].cancelled = True

    def wait_requests(self, n):
        self.wait(lambda: len(self.requests) >= n)
        return self.requests


class Saslauthd(Daemon):
    """Four counted strings in, one out: user, password, service, realm -> "OK" or "NO ..."."""

    def __init__(self, path, accounts=None, answer=None):
        self.accounts, self.requests = accounts or {"demo": "demo", "test": "1234"}, []
        self.answer = answer or self.check
        super().__init__(path)

    def check(self, user, password, service, realm):
        return b"OK" if self.accounts.get(user.decode()) == password.decode() else b"NO wrong"

    def serve(self, sock):
        with sock.makefile("rb") as file:
            parts = []
            for _ in range(4):
                size = file.read(2)
                if len(size) < 2:
                    return
                parts.append(file.read(struct.unpack(">H", size)[0]))
            with self.changed:
                self.requests.append(parts)
                self.changed.notify_all()
            reply = self.answer(*parts)
            if reply is not None:
                sock.sendall(struct.pack(">H", len(reply)) + reply)
