# SPDX-License-Identifier: ISC
"""Submits one message with CLIENTID and prints the dialogue: client.py HOST PORT CERTIFICATE USER PASSWORD

Line by line on purpose, to show what goes over the wire. The token is left in run/clientid, the message's id
in run/message-id, for the next step.
"""
import base64
import email.utils
import pathlib
import socket
import ssl
import sys
import uuid


class Dialogue:
    def __init__(self, host, port):
        self.socket = socket.create_connection((host, port), timeout=30)
        self.lines = self.socket.makefile("rb")
        self.expect("220")

    def expect(self, code):
        """Reads one reply, which must have this code; its texts."""
        texts = []
        while True:
            line = self.lines.readline().decode("ascii", "replace").rstrip("\r\n")
            print("  S:", line or "(closed)", flush=True)
            if line[:3] != code:
                sys.exit(f"expected {code}")
            texts.append(line[4:])
            if line[3:4] != "-":
                return texts

    def say(self, line, code, shown=None):
        print("  C:", shown or line, flush=True)
        self.socket.sendall(line.encode() + b"\r\n")
        return self.expect(code)

    def start_tls(self, certificate):
        self.say("STARTTLS", "220")
        trust = ssl.create_default_context(cafile=certificate)
        self.socket = trust.wrap_socket(self.socket, server_hostname="localhost")
        self.lines = self.socket.makefile("rb")
        print(f"  -- {self.socket.version()}, {self.socket.cipher()[0]}; the certificate is verified")


def write_message(user):
    message_id = email.utils.make_msgid(domain="localhost")
    pathlib.Path("run/message-id").write_text(message_id + "\n")
    return [f"From: <{user}@localhost>", f"To: <{user}@localhost>", "Subject: Hello from the tour",
            f"Date: {email.utils.formatdate(localtime=True)}", f"Message-ID: {message_id}", "",
            "This went through Postern.", "..and this line begins with a dot.", "."]


def main(host, port, certificate, user, password):
    token = str(uuid.uuid4())
    pathlib.Path("run/clientid").write_text(token + "\n")
    d = Dialogue(host, int(port))
    d.say("EHLO client.example", "250")
    d.start_tls(certificate)
    if "CLIENTID" not in d.say("EHLO client.example", "250"):
        sys.exit("the gate does not offer CLIENTID")
    d.say(f"CLIENTID UUID {token}", "250")
    plain = base64.b64encode(f"\0{user}\0{password}".encode()).decode()
    d.say(f"AUTH PLAIN {plain}", "235", shown="AUTH PLAIN ****************")
    d.say(f"MAIL FROM:<{user}@localhost>", "250")
    d.say(f"RCPT TO:<{user}@localhost>", "250")
    d.say("DATA", "354")
    message = write_message(user)
    for line in message[:-1]:
        print("  C:", line)
        d.socket.sendall(line.encode() + b"\r\n")
    d.say(message[-1], "250")
    d.say("QUIT", "221")


main(*sys.argv[1:])
