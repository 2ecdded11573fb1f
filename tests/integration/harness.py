# SPDX-License-Identifier: ISC
"""The gate as a test starts it: a configuration file, a process, its log.

Nothing here sleeps: readiness comes through NOTIFY_SOCKET, log lines through a pipe whose reader
wakes who waits, the end of a process through its pidfd."""
import base64
import hashlib
import hmac
import http.client
import json
import os
import pwd
import re
import select
import signal
import socket
import subprocess
import threading
import time
from pathlib import Path

from client import Client
from mta import Mta

ROOT = Path(__file__).resolve().parents[2]
DEADLINE = float(os.environ.get("POSTERN_TEST_DEADLINE", "20"))
IS_ROOT = os.getuid() == 0
# Started as root the gate gives up its privileges, to this user; else it stays who it is.
SERVICE_USER = os.environ.get("POSTERN_TEST_USER", "nobody") if IS_ROOT else pwd.getpwuid(os.getuid()).pw_name
HOSTNAME = "mail.example.com"
SANITIZER = re.compile(rb"ERROR: AddressSanitizer|ERROR: LeakSanitizer|runtime error:|UndefinedBehaviorSanitizer")


def binary():
    path = Path(os.environ.get("POSTERN", ROOT / "build" / "dev" / "postern"))
    return path.resolve()


def give(path):
    """Hands a file or directory to the user that the gate will run as."""
    if IS_ROOT:
        user = pwd.getpwnam(SERVICE_USER)
        os.chown(path, user.pw_uid, user.pw_gid)
    return path


def free_port(host="127.0.0.1", given=set()):
    """A port that nobody listens on, and that was not given before."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    while True:
        with socket.socket(family) as s:
            s.bind((host, 0))
            port = s.getsockname()[1]
        if port not in given:
            given.add(port)
            return port


# --- configuration -------------------------------------------------------------------------------

def scalar(value):
    if isinstance(value, bool):
        return "yes" if value else "no"
    text = str(value)
    plain = re.fullmatch(r"[A-Za-z0-9/][A-Za-z0-9/._@%+:-]*", text) and not text.endswith(":")
    return text if plain else json.dumps(text)


def flow(value):
    if isinstance(value, dict):
        return "{" + ", ".join(f"{scalar(k)}: {flow(v)}" for k, v in value.items()) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(flow(v) for v in value) + "]"
    return scalar(value)


def yaml(value, indent=0):
    text = ""
    for key, item in value.items():
        text += " " * indent + scalar(key) + ":"
        if isinstance(item, dict) and item:
            text += "\n" + yaml(item, indent + 2)
        else:
            text += " " + flow(item) + "\n"
    return text


def crypt_hash(password, cache={}):
    if password not in cache:
        run = subprocess.run(["openssl", "passwd", "-6", "-stdin"], input=password.encode() + b"\n",
                             capture_output=True, check=True)
        cache[password] = run.stdout.decode().strip()
    return cache[password]


def scram_verifier(password, iterations=4096, salt=b"a salt of postern"):
    salted = hashlib.pbkdf2_hmac("sha256", password.encode(), salt, iterations)
    client_key = hmac.digest(salted, b"Client Key", "sha256")
    server_key = hmac.digest(salted, b"Server Key", "sha256")
    stored = hashlib.sha256(client_key).digest()
    b64 = lambda raw: base64.b64encode(raw).decode()
    return f"SCRAM-SHA-256${iterations}:{b64(salt)}${b64(stored)}:{b64(server_key)}"


def write_accounts(path, accounts, scram=True):
    """The file of the file backend: name:crypt-hash[:scram-verifier]."""
    lines = []
    for name, password in accounts.items():
        verifier = ":" + scram_verifier(password) if scram else ""
        lines.append(f"{name}:{crypt_hash(password)}{verifier}\n")
    path.write_text("".join(lines))
    path.chmod(0o600)
    return give(path)


# --- processes -----------------------------------------------------------------------------------

def children(pid):
    try:
        return sorted(int(p) for p in Path(f"/proc/{pid}/task/{pid}/children").read_text().split())
    except OSError:
        return []


def descendants(pid):
    found = []
    for child in children(pid):
        found += [child] + descendants(child)
    return found


def is_alive(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


def wait_gone(pid, timeout=DEADLINE):
    """Waits for the end of a process that need not be our child."""
    try:
        fd = os.pidfd_open(pid)
    except OSError:
        return
    try:
        assert select.select([fd], [], [], timeout)[0], f"process {pid} still runs"
    finally:
        os.close(fd)


def until(condition, why="it never came true"):
    """Tries again until it holds: for conditions whose every try is a session or a process of its own."""
    end = time.monotonic() + DEADLINE
    while not condition():
        assert time.monotonic() < end, why


def is_sanitized():
    """Memory is not measured under a sanitizer."""
    return b"__asan_init" in binary().read_bytes()


def kill_hard(pids):
    for pid in pids:
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            pass


def resident_kib(pid):
    """Resident memory that is its own (anonymous), in KiB."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("RssAnon:"):
            return int(line.split()[1])
    return 0


class Log:
    """The gate's stderr: kept in a file, and read into events as it comes."""

    def __init__(self, path):
        self.path, self.lines, self.ended = path, [], False
        self.changed = threading.Condition()

    def follow(self, pipe):
        threading.Thread(target=self._read, args=(pipe,), daemon=True).start()

    def _read(self, pipe):
        with open(self.path, "ab", buffering=0) as file, pipe:
            for line in pipe:
                file.write(line)
                with self.changed:
                    self.lines.append(line)
                    self.changed.notify_all()
        with self.changed:
            self.ended = True
            self.changed.notify_all()

    def forget(self):
        with self.changed:
            self.lines.clear()

    def text(self):
        with self.changed:
            return b"".join(self.lines)

    def events(self, event=None, /, **fields):
        with self.changed:
            return self._events(event, fields)

    def _events(self, name, fields):
        found = []
        for line in self.lines:
            if not line.startswith(b"{"):
                continue
            try:
                event = json.loads(line)
            except ValueError:
                continue
            if name in (None, event.get("event")) and all(event.get(k) == v for k, v in fields.items()):
                found.append(event)
        return found

    def wait(self, event, /, timeout=DEADLINE, count=1, **fields):
        """The count-th event of that name with those fields, once it is there."""
        with self.changed:
            there = self.changed.wait_for(lambda: len(self._events(event, fields)) >= count, timeout)
            assert there, f"no event {event} {fields} (x{count}) in the log:\n" + self._tail()
            return self._events(event, fields)[count - 1]

    def wait_text(self, needle, since=0, timeout=DEADLINE):
        """Until a line behind the first `since` holds the bytes."""
        with self.changed:
            there = self.changed.wait_for(lambda: any(needle in line for line in self.lines[since:]), timeout)
            assert there, f"{needle!r} is not in the log:\n" + self._tail()

    def _tail(self):
        return b"".join(self.lines[-40:]).decode(errors="replace")


class Gate:
    """One `postern submit`. Its configuration is in self.settings, changeable before start() or
    reload()."""

    command = "submit"

    def __init__(self, directory, pki, *, auth=None, deliver=None, accounts=None, scram=True, ipv6=False,
                 clientid_rules=None, metrics=False, log_format="json", extra=None, **submission):
        self.dir = give(Path(directory))
        self.pki = pki
        self.process, self.clients, self.log = None, [], None
        self.expect_same_children = True
        self.mail = give_directory(self.dir / "mail")
        self.accounts = self.dir / "accounts"
        write_accounts(self.accounts, accounts or {"demo": "demo", "test": "1234"}, scram)
        limits, timeouts = submission.pop("limits", {}), submission.pop("timeouts", {})
        section = {
            "hostname": HOSTNAME,
            "listen": None,
            "workers": 1,
            "tls": {"certificate": pki.certificate, "key": pki.key},
            "auth": auth or f"file:{self.accounts}",
            "failure-delay": "50ms",
            "deliver": [deliver] if isinstance(deliver, str) else deliver or [f"maildir:{self.mail}/%u"],
        }
        section.update({key.replace("_", "-"): value for key, value in submission.items()})
        if limits:
            section["limits"] = limits
        section["timeouts"] = {"drain": "2s", **timeouts}
        self.settings = {
            "state": str(self.dir / "state"),
            "secret": str(self.dir / "secret"),
            "log": {"to": "stderr", "format": log_format},
        }
        if IS_ROOT:
            self.settings["user"] = SERVICE_USER
        if metrics:
            self.settings["metrics"] = None
        self.settings.update(extra or {})
        self.settings["submission"] = section
        if clientid_rules:
            self.settings["clientid"] = clientid_rules
        self.ipv6, self.own_listen = ipv6, section["listen"] is None
        self.wants_metrics = metrics
        self.config = self.dir / "postern.yaml"

    def take_ports(self):
        if self.own_listen:
            self.port, self.tls_port = free_port(), free_port()
            listen = [f"127.0.0.1:{self.port}", f"127.0.0.1:{self.tls_port}/tls"]
            if self.ipv6:
                self.port6 = free_port("::1")
                listen.append(f"[::1]:{self.port6}")
            self.settings["submission"]["listen"] = listen
        if self.wants_metrics:
            self.metrics_port = free_port()
            self.settings["metrics"] = f"127.0.0.1:{self.metrics_port}"

    def write_config(self):
        self.config.write_text(yaml(self.settings))
        return self.config

    def start(self, keep_ports=False):
        for attempt in range(4):
            if not keep_ports:
                self.take_ports()
            self.write_config()
            self.launch()
            if self.wait_ready():
                self.first_children = children(self.process.pid)
                self.meet_backend()
                return self
            code, self.process = self.process.wait(), None
            text = self.log.text()
            assert b"in use" in text.lower() and not keep_ports, \
                f"the gate did not start (exit {code}):\n{text.decode(errors='replace')}"
        raise AssertionError("no free port found")

    def meet_backend(self):
        """Dovecot says what it offers some time after the gate is ready: until then AUTH is 454."""
        kind, _, path = self.settings["submission"]["auth"].partition(":")
        if kind != "dovecot" or not os.path.exists(path):
            return
        end = time.monotonic() + 1
        while "AUTH" not in self.client().capabilities and time.monotonic() < end:
            pass
        count = len(self.clients)
        self.close_clients()
        self.log.wait("submit.disconnect", count=count)
        self.log.forget()

    def launch(self, pass_fds=(), wrap=lambda argv: argv, env=None):
        notify = self.dir / "notify"
        notify.unlink(missing_ok=True)
        self.notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.notify.bind(str(notify))
        notify.chmod(0o666)
        environment = {**os.environ, "NOTIFY_SOCKET": str(notify), **(env or {})}
        # A gate that is not dumpable cannot be searched for leaks at its end.
        environment.setdefault("ASAN_OPTIONS", "detect_leaks=0:abort_on_error=0:exitcode=99")
        environment.setdefault("UBSAN_OPTIONS", "print_stacktrace=1")
        self.log = Log(self.dir / "stderr.log")
        self.process = subprocess.Popen(wrap([str(binary()), self.command, "-c", str(self.config)]),
                                        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                        stderr=subprocess.PIPE, env=environment, pass_fds=pass_fds,
                                        cwd=self.dir)
        self.log.follow(self.process.stderr)

    def wait_notice(self, word, timeout=DEADLINE):
        """A notification that holds a line `word`; None when the process ended before."""
        pidfd = os.pidfd_open(self.process.pid)
        end = time.monotonic() + timeout
        try:
            while True:
                ready, _, _ = select.select([self.notify, pidfd], [], [], max(0, end - time.monotonic()))
                if self.notify in ready:
                    message = self.notify.recv(4096).decode()
                    if word in message.split("\n"):
                        return message
                elif pidfd in ready:
                    return None
                assert ready, f"no {word} from the gate:\n{self.log.text().decode(errors='replace')}"
        finally:
            os.close(pidfd)

    def wait_ready(self):
        return self.wait_notice("READY=1")

    def reload(self):
        """SIGHUP, and waits until it is done (RELOADING=1 … READY=1)."""
        self.expect_same_children = False
        self.write_config()
        self.process.send_signal(signal.SIGHUP)
        assert self.wait_notice("READY=1"), "the gate ended at SIGHUP"

    def connect(self, tls=False, port=None, source=None, host="127.0.0.1", **options):
        """A connection whose greeting has not been read."""
        context = None
        if tls:
            context = tls if tls is not True else self.pki.context()
        port = port or (self.tls_port if tls else self.port)
        client = Client(host, port, tls=context, source=source, **options)
        self.clients.append(client)
        return client

    def client(self, tls=True, **options):
        """A session after EHLO: on the TLS port, with STARTTLS (tls="starttls"), or in clear."""
        c = self.connect(tls=tls is True, **options)
        c.greeting()
        c.ehlo()
        if tls == "starttls":
            c.starttls(self.pki.context())
            c.ehlo()
        return c

    def session(self, account="demo", password="demo", tls=True, **options):
        """An authenticated session."""
        c = self.client(tls, **options)
        c.auth_plain(account, password).expect(235)
        return c

    def children(self):
        return children(self.process.pid)

    def tree(self):
        return [self.process.pid] + descendants(self.process.pid)

    def close_clients(self):
        for client in self.clients:
            client.close()
        self.clients.clear()

    def check_log(self):
        text = self.log.text()
        found = SANITIZER.search(text)
        assert not found, "a sanitizer spoke:\n" + text[found.start():][:8000].decode(errors="replace")

    def stop(self):
        """SIGTERM: exit code 0, no worker lost on the way, no sanitizer's report."""
        if not self.process:
            return
        self.close_clients()
        process, self.process = self.process, None
        died = [pid for pid in self.first_children if not is_alive(pid)] if hasattr(self, "first_children") else []
        tree = [process.pid] + descendants(process.pid)
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
        try:
            code = process.wait(DEADLINE)
        except subprocess.TimeoutExpired:
            kill_hard(tree)
            process.wait()
            raise AssertionError("SIGTERM did not end the gate:\n" + self.log.text().decode(errors="replace")[-3000:])
        finally:
            self.notify.close()
        self.check_log()
        assert code == 0, f"exit code {code}:\n" + self.log.text().decode(errors="replace")[-3000:]
        if self.expect_same_children:
            assert not died, f"workers died: {died}\n" + self.log.text().decode(errors="replace")[-3000:]
        for pid in tree:
            wait_gone(pid)

    def kill(self):
        """kill -9 of the whole gate."""
        tree, process = self.tree(), self.process
        self.process = None
        kill_hard(tree)
        process.wait()
        for pid in tree:
            wait_gone(pid)
        self.notify.close()
        self.check_log()

    def run(self, *arguments, input=None, timeout=DEADLINE):
        """Another subcommand of the same binary."""
        return subprocess.run([str(binary()), *map(str, arguments)], input=input, timeout=timeout,
                              capture_output=True, cwd=self.dir)

    def devices(self):
        run = self.run("device", "list", "-c", self.config, "--json")
        assert run.returncode == 0, run.stderr.decode()
        return json.loads(run.stdout)

    def wait_devices(self, wanted):
        """The recorded devices, once there are so many, or the condition holds: they are written behind."""
        end = time.monotonic() + DEADLINE
        while True:
            found = self.devices()
            if wanted(found) if callable(wanted) else len(found) >= wanted:
                return found
            assert time.monotonic() < end, f"recorded are only {found}"

    @staticmethod
    def device_identity(device):
        return device.get("identity") or f"{device['type']}:{device['pseudonym']}"

    def http(self, path):
        """Status and body of a GET on the metrics port."""
        request = http.client.HTTPConnection("127.0.0.1", self.metrics_port, timeout=DEADLINE)
        request.request("GET", path)
        answer = request.getresponse()
        try:
            return answer.status, answer.read()
        finally:
            request.close()

    def delivered(self, user="demo"):
        """The messages of a Maildir, in the order of their names."""
        box = self.mail / user / "new"
        return [path.read_bytes() for path in sorted(box.iterdir())] if box.is_dir() else []


class MilterService(Gate):
    """One `postern milter`, on TCP and on a UNIX socket. dns: lines of its file of fixed answers."""

    command = "milter"

    def __init__(self, directory, *, dns=(), log_level="debug", **milter):
        self.dir = give(Path(directory))
        self.process, self.clients, self.log = None, [], None
        self.expect_same_children = True
        self.socket, self.answers = self.dir / "milter.sock", self.dir / "answers"
        self.answers.write_text("".join(line + "\n" for line in dns) or "nobody.example A 192.0.2.1\n")
        section = {"listen": None, "authserv-id": HOSTNAME, "workers": 1, "timeouts": {"drain": "2s"}}
        section.update({key.replace("_", "-"): value for key, value in milter.items()})
        self.own_listen = section["listen"] is None
        self.settings = {
            "secret": str(self.dir / "secret"),
            "log": {"to": "stderr", "format": "json", "level": log_level},
            "dns": {"file": str(self.answers)},
            "milter": section,
        }
        if IS_ROOT:
            self.settings["user"] = SERVICE_USER
        self.config = self.dir / "postern.yaml"

    def take_ports(self):
        if self.own_listen:
            self.port = free_port()
            self.settings["milter"]["listen"] = [f"inet:{self.port}@127.0.0.1", f"unix:{self.socket}"]

    def meet_backend(self):
        pass

    def mta(self, to=None, **options):
        """An MTA that has agreed on the protocol; to: a path or a port."""
        one = Mta(to or self.port, **options)
        self.clients.append(one)
        return one


def give_directory(path):
    path.mkdir(parents=True, exist_ok=True)
    path.chmod(0o755)
    return give(path)


def split_message(message):
    """Header and body of a message, whatever its line ends."""
    for gap in (b"\r\n\r\n", b"\n\n"):
        if gap in message:
            head, _, body = message.partition(gap)
            return head, body
    return message, b""


def fields(message, name):
    """The values of a header field, unfolded, in order."""
    head, _ = split_message(message.replace(b"\r\n", b"\n"))
    unfolded = re.sub(rb"\n[ \t]+", b" ", head).split(b"\n")
    prefix = name.lower().encode() + b":"
    return [line[len(prefix):].strip().decode("utf-8", "replace")
            for line in unfolded if line.lower().startswith(prefix)]
