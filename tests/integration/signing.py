# SPDX-License-Identifier: ISC
"""Keys, records and signed messages for the tests of the milter."""
import json
import re
import subprocess
from pathlib import Path

from harness import binary

STRICT = 'acme.example DKIMP "p=strict"'
STRANGERS_ONLY = ["192.0.2.200/32"]  # milter.internal: the loopback, too, is outside


def run(*arguments, **options):
    done = subprocess.run([str(binary()), "dkim", *map(str, arguments)], capture_output=True, **options)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout


class Key:
    def __init__(self, folder, domain, selector, kind="rsa"):
        self.domain, self.selector = domain, selector
        self.path = Path(folder) / f"{selector}.{domain}.pem"
        self.record = run("keygen", "-d", domain, "-s", selector, "--type", kind, "--out", self.path).decode().strip()

    def row(self, **more):
        """For milter.sign."""
        return {"selector": self.selector, "key": self.path, **more}


def sign(key, message, canonicalization="relaxed/relaxed"):
    """The message with a signature on top; CRLF throughout."""
    return run("sign", "-d", key.domain, "-s", key.selector, "-k", key.path, "--canonicalization", canonicalization,
               "-", input=message)


def verify(service, message):
    """What postern itself says of a delivered message, over the service's answers."""
    done = subprocess.run([str(binary()), "dkim", "verify", "--json", "--dns-file", str(service.answers), "-"],
                          input=message, capture_output=True)
    return json.loads(done.stdout)


def unfolded(message, name):
    """The values of the fields of that name, unfolded, top first."""
    header = message.replace(b"\r\n", b"\n").split(b"\n\n")[0].decode("utf-8", "surrogateescape")
    header = re.sub(r"\n(?=[ \t])", "", header)
    return [line.split(":", 1)[1].strip() for line in header.split("\n") if line.lower().startswith(name.lower() + ":")]


def results(message):
    """The one Authentication-Results of ours: {"dkim": ["pass"], "x-dkim-ssp": ["fail"], ...}."""
    fields = [f for f in unfolded(message, "Authentication-Results") if f.startswith("mail.example.com")]
    assert len(fields) == 1, fields
    found = {}
    for method, result in re.findall(r";\s*([a-z-]+)=([a-z]+)", fields[0]):
        found.setdefault(method, []).append(result)
    return found
