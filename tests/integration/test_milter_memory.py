# SPDX-License-Identifier: ISC
"""What a message in flight costs a worker of `postern milter`, beyond its header."""
import pytest

from harness import is_sanitized, resident_kib
from signing import STRANGERS_ONLY, Key, sign

IN_FLIGHT, MOST_KIB = 200, 64
MESSAGE = b"From: jo@acme.example\r\nTo: b@example.net\r\nSubject: x\r\nDate: Sat, 21 Nov 2026 10:00:00 +0000\r\n" \
          b"Message-ID: <1@acme.example>\r\nReferences: " + b"\r\n ".join(b"<%040d@acme.example>" % n for n in range(60)) + b"\r\n\r\nbody\r\n"


@pytest.mark.skipif(is_sanitized(), reason="sanitizers keep what is freed")
@pytest.mark.parametrize("role", ["verified", "signed"])
def test_a_message_in_flight_takes_64_kib_beyond_its_header(milter, tmp_path, role):
    keys = [Key(tmp_path, "acme.example", f"s{n}", "ed25519") for n in range(3)]
    message = MESSAGE
    for key in keys if role == "verified" else ():
        message = sign(key, message)
    service = milter(sign={"acme.example": [key.row() for key in keys]}, internal=STRANGERS_ONLY if role == "verified" else ["127.0.0.0/8"],
                     dns=[key.record for key in keys], practices=["ssp", "adsp", "dmarc"], limits={"connections": IN_FLIGHT + 10})
    (worker,) = service.children()
    header = message.partition(b"\r\n\r\n")[0]
    fields = header.decode().replace("\r\n\t", "\n\t").replace("\r\n ", "\n ").split("\r\n")

    def begin():
        mta = service.mta(steps=0x100000)  # each command is answered, so that each has been handled
        mta.connect("192.0.2.1" if role == "verified" else "127.0.0.1")
        mta.envelope()
        mta.header(*fields)
        for _ in range(3):
            assert mta.command("B", b"a line of the body\r\n" * 3276)[0] == "c"
        return mta

    begin().finish()
    before = resident_kib(worker)
    flying = [begin() for _ in range(IN_FLIGHT)]
    each = (resident_kib(worker) - before) / IN_FLIGHT
    assert each <= MOST_KIB + len(header) / 1024, f"{each:.1f} KiB a message"
    for mta in flying:
        assert mta.finish()[-1][0] == "c"
    print(f"{role}: {each:.1f} KiB a message, with a header of {len(header) / 1024:.1f} KiB")
