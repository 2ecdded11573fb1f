# SPDX-License-Identifier: ISC
"""What the tests of policy share: one AUTH in a session of its own, from an address that says which
network it is (127.N.0.0/24 and 127.M.0.0/24 are two places), with or without an identity."""
import json
import uuid

HOME, OFFICE, AWAY, FAR = "127.0.0.1", "127.1.0.1", "127.2.0.1", "127.3.0.1"
POLICY_550 = b"550 5.7.1 Server policy does not permit your use of this mail system\r\n"
WRONG_535 = b"535 5.7.8 Authentication credentials invalid\r\n"


def token():
    return str(uuid.uuid4())


def settings(policy=None, **others):
    """The `extra` of a gate: its policy, and further sections."""
    return {**({"policy": policy} if policy else {}), **{key.replace("_", "-"): value for key, value in others.items()}}


def login(gate, account="demo", password="demo", identity=None, source=HOME):
    """The reply to one AUTH, in a session that stays open as reply.client. identity: (type, token)."""
    client = gate.client(source=source)
    if identity:
        client.clientid(*identity).expect(250)
    reply = client.auth_plain(account, password)
    reply.client = client
    return reply


def enrol(gate, account="demo", password="demo", identity=None, source=HOME):
    """A success that is written down: the device, or the place, is known from then on."""
    before = len(gate.devices())
    login(gate, account, password, identity, source).expect(235).client.quit()
    if identity:
        gate.wait_devices(lambda found: len(found) > before or any(d["type"] == identity[0].upper() for d in found))


def guesses(gate, count, account="demo", identity=None, source=HOME, stem="wrong"):
    """So many different wrong passwords, two a session; returns the replies."""
    replies = []
    while len(replies) < count:
        client = gate.client(source=source)
        if identity:
            client.clientid(*(identity() if callable(identity) else identity)).expect(250)
        for _ in range(min(2, count - len(replies))):
            replies.append(client.auth_plain(account, f"{stem}-{len(replies)}-{source}"))
        client.close()
    return replies


def tool(gate, *arguments, code=0):
    """`postern ... --json -c CONFIG`, decoded."""
    run = gate.run(*arguments, "--json", "-c", gate.config)
    assert run.returncode == code, (run.returncode, run.stdout, run.stderr)
    return json.loads(run.stdout) if run.stdout.strip() else None


def device_of(gate, account, kind):
    """The identity of the account's only device of that type, as the tools name it."""
    found = [d for d in gate.devices() if d["account"] == account and d["type"] == kind]
    assert len(found) == 1, found
    return gate.device_identity(found[0])
