# SPDX-License-Identifier: ISC
"""Two hundred wrong passwords for one account from 50 addresses, half of them with random tokens, then
the owner's known device and a stranger with the right password: attack.py HOST PORT CERTIFICATE USER
PASSWORD

The addresses are 127.0.100.1 and on, each in a network of its own. The device is that of run/clientid.
"""
import base64
import pathlib
import socket
import ssl
import sys
import threading
import uuid

GUESSES, ADDRESSES, A_SESSION = 200, 50, 2


class Session:
    def __init__(self, source, token=None):
        raw = socket.create_connection((HOST, PORT), timeout=60, source_address=(source, 0))
        self.socket = TRUST.wrap_socket(raw, server_hostname="localhost")
        self.lines = self.socket.makefile("rb")
        self.reply()
        self.say("EHLO client.example")
        if token:
            self.say(f"CLIENTID UUID {token}")

    def reply(self):
        while True:
            line = self.lines.readline().decode("ascii", "replace").rstrip("\r\n")
            if line[3:4] != "-":
                return line

    def say(self, line):
        self.socket.sendall(line.encode() + b"\r\n")
        return self.reply()

    def authenticate(self, password):
        return self.say("AUTH PLAIN " + base64.b64encode(f"\0{USER}\0{password}".encode()).decode())


def grind(number, replies):
    for first in range(0, GUESSES // ADDRESSES, A_SESSION):
        session = Session(f"127.0.{100 + number}.1", uuid.uuid4() if number % 2 else None)
        for guess in range(first, first + A_SESSION):
            replies.append(session.authenticate(f"guess-{number}-{guess}"))
        session.socket.close()


def attack():
    replies = []
    attackers = [threading.Thread(target=grind, args=(n, replies)) for n in range(ADDRESSES)]
    for attacker in attackers:
        attacker.start()
    for attacker in attackers:
        attacker.join()
    return replies


def show(who, source, token, wanted):
    got = Session(source, token).authenticate(PASSWORD)
    print(f"  {who}: {got}")
    if got[:3] != wanted:
        sys.exit(f"expected {wanted}")


HOST, PORT, CERTIFICATE, USER, PASSWORD = sys.argv[1], int(sys.argv[2]), *sys.argv[3:]
TRUST = ssl.create_default_context(cafile=CERTIFICATE)

answers = attack()
print(f"  {len(answers)} wrong passwords from {ADDRESSES} addresses: "
      + ", ".join(f"{answers.count(a)} x \"{a}\"" for a in sorted(set(answers))))
known = pathlib.Path("run/clientid").read_text().strip()
show("the known device, right password, from one of those addresses", "127.0.100.1", known, "235")
show("somebody unknown, right password, from elsewhere", "127.0.200.1", uuid.uuid4(), "535")
show("somebody without CLIENTID, right password, from elsewhere", "127.0.201.1", None, "535")
