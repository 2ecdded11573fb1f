# SPDX-License-Identifier: ISC
"""Real name servers, each private to the test: NSD, Unbound in front of it, and one that is silent.

Zones are under acme.example: a validating resolver answers .test and .invalid by itself."""
import os
import random
import re
import shutil
import socket
import struct
import subprocess
import time
from pathlib import Path

import pytest

from harness import DEADLINE, free_port

PATH = os.environ["PATH"] + ":/usr/sbin:/sbin"
NSD, UNBOUND, SIGN, KEYGEN = (shutil.which(name, path=PATH)
                              for name in ("nsd", "unbound", "ldns-signzone", "ldns-keygen"))
TXT, SOA, DKIMP = 16, 6, 65280


def need_servers():
    for path, package in ((NSD, "nsd"), (UNBOUND, "unbound"), (SIGN, "ldnsutils")):
        if not path:
            pytest.skip(f"{package} is not installed")


def dns_port():
    """Free for TCP and for UDP."""
    while True:
        port = free_port()
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
            try:
                s.bind(("127.0.0.1", port))
                return port
            except OSError:
                pass


# --- records ---------------------------------------------------------------------------------------

def strings(*texts):
    """RDATA of character-strings, each at most 255 octets; longer texts are split."""
    rdata = b""
    for text in texts:
        raw = text.encode("latin-1") if isinstance(text, str) else text
        for at in range(0, max(len(raw), 1), 255):
            piece = raw[at:at + 255]
            rdata += bytes([len(piece)]) + piece
    return rdata


def unknown(rdata, rrtype=DKIMP):
    """RFC 3597: what name servers load for a type that they do not know."""
    return f"TYPE{rrtype} \\# {len(rdata)} {rdata.hex().upper()}"


def dkimp(*texts):
    return unknown(strings(*texts))


def txt(*texts):
    return "TXT " + " ".join('"' + t.replace("\\", "\\\\").replace('"', '\\"') + '"' for t in texts)


def zone(origin, records, minimum=60):
    """records: (name relative to origin or "@", "TYPE RDATA")."""
    lines = [f"$ORIGIN {origin}.", "$TTL 300",
             f"@ IN SOA ns.{origin}. hostmaster.{origin}. 1 3600 600 86400 {minimum}",
             f"@ IN NS ns.{origin}.", "ns IN A 127.0.0.1"]
    return "\n".join(lines + [f"{name} IN {rest}" for name, rest in records]) + "\n"


# --- packets ---------------------------------------------------------------------------------------

def wire_name(name):
    return b"".join(bytes([len(label)]) + label.encode() for label in name.rstrip(".").split(".") if label) + b"\0"


def ask(port, name, rrtype=SOA):
    """One question over TCP: the rcode and the count of answers. A connection that is accepted before
    its server is ready waits for it."""
    packet = struct.pack(">HHHHHH", random.getrandbits(16), 0x0100, 1, 0, 0, 0) + wire_name(name) + struct.pack(">HH", rrtype, 1)
    with socket.create_connection(("127.0.0.1", port), timeout=DEADLINE) as s:
        s.sendall(struct.pack(">H", len(packet)) + packet)
        stream = s.makefile("rb")
        size = stream.read(2)
        if len(size) < 2:
            raise ConnectionError("closed")
        answer = stream.read(struct.unpack(">H", size)[0])
    flags, _, answers = struct.unpack(">HHH", answer[2:8])
    return flags & 15, answers


class Server:
    """A name server as a process in the foreground."""
    program = None

    def __init__(self, directory, port=None):
        need_servers()
        self.dir, self.port, self.process = Path(directory), port or dns_port(), None
        self.dir.mkdir(parents=True, exist_ok=True)
        self.log = self.dir / "log"

    address = property(lambda self: f"127.0.0.1@{self.port}")

    def start(self):
        self.write_config()
        self.log.touch()
        with open(self.dir / "output", "ab") as output:
            self.process = subprocess.Popen(self.command(), stdin=subprocess.DEVNULL, stdout=output, stderr=output)
        self.wait_ready()
        return self

    def wait_ready(self):
        end = time.monotonic() + DEADLINE
        while True:
            try:
                ask(self.port, "ready.acme.example")
                return
            except OSError as why:
                assert time.monotonic() < end, f"nobody answers: {why}\n{self.said()}"
            try:
                self.process.wait(0.02)
                raise AssertionError(f"{self.process.args[0]} ended with {self.process.returncode}\n{self.said()}")
            except subprocess.TimeoutExpired:
                pass

    def said(self):
        return "".join(p.read_text(errors="replace")[-3000:] for p in (self.log, self.dir / "output"))

    def stop(self):
        process, self.process = self.process, None
        if process:
            process.terminate()
            process.wait(DEADLINE)


class Nsd(Server):
    """zones: {origin: text}. A server that has no zone for a name says REFUSED: it is lame."""

    def __init__(self, directory, zones, port=None):
        super().__init__(directory, port)
        self.zones = zones

    def write_config(self):
        text = f"""server:
  ip-address: 127.0.0.1@{self.port}
  username: ""
  chroot: ""
  zonesdir: "{self.dir}"
  pidfile: "{self.dir}/pid"
  logfile: "{self.log}"
  database: ""
  zonelistfile: "{self.dir}/zone.list"
  xfrdfile: "{self.dir}/xfrd.state"
  xfrdir: "{self.dir}"
  server-count: 1
  rrl-ratelimit: 0
remote-control:
  control-enable: no
"""
        for origin, content in self.zones.items():
            (self.dir / f"{origin}.zone").write_text(content)
            text += f"zone:\n  name: {origin}\n  zonefile: {origin}.zone\n"
        (self.dir / "nsd.conf").write_text(text)

    def command(self):
        return [NSD, "-d", "-c", self.dir / "nsd.conf"]


class Unbound(Server):
    """A resolver in front: each zone of `stubs` ({origin: port}) is asked at its server."""

    def __init__(self, directory, stubs, anchor=None, port=None, options=""):
        super().__init__(directory, port)
        self.stubs, self.anchor, self.options = stubs, anchor, options

    def write_config(self):
        text = f"""server:
  interface: 127.0.0.1@{self.port}
  access-control: 127.0.0.0/8 allow
  do-daemonize: no
  use-syslog: no
  logfile: "{self.log}"
  chroot: ""
  username: ""
  directory: "{self.dir}"
  pidfile: "{self.dir}/pid"
  do-not-query-localhost: no
  do-ip6: no
  qname-minimisation: no
  outgoing-range: 4096
  num-queries-per-thread: 4096
  module-config: "{'validator ' if self.anchor else ''}iterator"
"""
        if self.anchor:
            text += f'  trust-anchor-file: "{self.anchor}"\n'
        text += self.options + "remote-control:\n  control-enable: no\n"
        for origin, port in self.stubs.items():
            text += f"stub-zone:\n  name: {origin}\n  stub-addr: 127.0.0.1@{port}\n"
        (self.dir / "unbound.conf").write_text(text)

    def command(self):
        return [UNBOUND, "-d", "-c", self.dir / "unbound.conf"]

    def wait_ready(self):
        end = time.monotonic() + DEADLINE
        while True:
            try:
                ask(self.port, "localhost")
                return
            except OSError as why:
                assert time.monotonic() < end, f"nobody answers: {why}\n{self.said()}"
            try:
                self.process.wait(0.02)
                raise AssertionError(f"unbound ended with {self.process.returncode}\n{self.said()}")
            except subprocess.TimeoutExpired:
                pass


class Silent:
    """Takes every question and answers none. heard() waits for one."""

    def __init__(self):
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.socket.settimeout(DEADLINE)
        self.port = self.socket.getsockname()[1]

    address = property(lambda self: f"127.0.0.1@{self.port}")

    def heard(self):
        return self.socket.recv(4096)

    def stop(self):
        self.socket.close()


# --- DNSSEC ----------------------------------------------------------------------------------------

class Signed:
    """A zone signed with a key of its own: its text, and its DNSKEY as a trust anchor."""

    def __init__(self, directory, origin, text, *options):
        need_servers()
        self.origin = origin
        directory = Path(directory)
        directory.mkdir(parents=True, exist_ok=True)
        file = directory / f"{origin}.zone"
        file.write_text(text)
        made = subprocess.run([KEYGEN, "-k", "-a", "ECDSAP256SHA256", origin], cwd=directory, check=True, capture_output=True)
        key = made.stdout.decode().strip()
        subprocess.run([SIGN, *options, "-f", f"{file}.signed", file.name, key], cwd=directory, check=True, capture_output=True)
        self.text = Path(f"{file}.signed").read_text()
        self.anchor = (directory / f"{key}.key").read_text()

    def forge(self, name, rrtype="TXT"):
        """Changes one octet of a record's RDATA behind the back of its signature."""
        owner = re.escape(f"{name}.{self.origin}." if name != "@" else f"{self.origin}.")
        pattern = re.compile(rf"^({owner}\s+\d+\s+IN\s+{rrtype}\s.*?)([0-9a-f])(\S?\s*)$", re.M)
        self.text, n = pattern.subn(lambda m: m[1] + ("0" if m[2] != "0" else "1") + m[3], self.text, count=1)
        assert n == 1, f"no {rrtype} at {name} in\n{self.text}"
        return self
