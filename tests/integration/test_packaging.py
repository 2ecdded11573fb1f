# SPDX-License-Identifier: ISC
"""What is packaged beside the program reads the log as the program writes it."""
import base64
import os
import pathlib
import re
import shutil
import subprocess

import pytest

PACKAGING = pathlib.Path(__file__).resolve().parents[2] / "packaging"
FILTER = PACKAGING / "fail2ban/filter.d/postern.conf"
STDERR, SYSLOG = "2026-11-21T09:11:49.123456Z info ", "Nov 21 09:11:49 mx postern[123]: "

# A line, whom fail2ban counts in mode normal, whom besides in mode aggressive.
LINES = [
    ("submit.auth session=3f client=192.0.2.1 mechanism=PLAIN account=demo outcome=failed reason=x backend_ms=3",
     "192.0.2.1", None),
    ('submit.auth session=3f client=2001:db8::2 mechanism=PLAIN account="a b" outcome=failed', "2001:db8::2", None),
    ('submit.auth session=3f client=192.0.2.3 mechanism=LOGIN identity=UUID:~1.k outcome=failed reason="no such account"',
     "192.0.2.3", None),
    ("submit.auth session=3f client=192.0.2.4 mechanism=PLAIN account=demo outcome=ok backend_ms=3", None, None),
    ('submit.auth session=3f client=192.0.2.5 mechanism=PLAIN account="x\\" outcome=failed y" outcome=ok', None, None),
    ('submit.auth session=3f client=192.0.2.6 mechanism=PLAIN account="outcome=failed client=1.2.3.4 " outcome=ok',
     None, None),
    ("submit.auth session=3f client=192.0.2.7 mechanism=PLAIN account=demo outcome=unavailable", None, None),
    ("submit.auth session=3f client=~1.k3v mechanism=PLAIN account=demo outcome=failed", None, None),
    ('submit.refused session=3f client=192.0.2.8 reason="too many errors" reply=421', None, "192.0.2.8"),
    ('submit.refused session=3f client=192.0.2.9 reason="authentication failed" reply=535', None, None),
    ("submit.connect session=3f client=192.0.2.10 port=4711 listener=127.0.0.1:587", None, None),
]


def expected(mode):
    return [normal or (mode == "aggressive" and more) or None for _, normal, more in LINES]


def filter_settings():
    """The filter's settings, put together as fail2ban does."""
    text = FILTER.read_text().split("[Definition]")[1]
    settings = dict(re.findall(r"^([\w-]+) = (.*(?:\n +.*)*)", text, re.M))
    for name, value in settings.items():
        settings[name] = re.sub(r"%\(([\w-]+)\)s", lambda m: settings[m[1]], value)
    for name, value in settings.items():
        settings[name] = re.sub(r"%\(([\w-]+)\)s", lambda m: settings[m[1]], value)
    return settings


def banned(line, mode):
    settings = filter_settings()
    content = re.search(settings["prefregex"].replace("<F-CONTENT>", "(?P<content>").replace("</F-CONTENT>", ")"), line)
    for regex in settings[f"mdre-{mode}"].split("\n"):
        m = content and re.search(regex.strip().replace("<ADDR>", r"(?P<ip>[\d.]+|[\da-f:]+)"), content["content"])
        if m:
            return m["ip"]
    return None


@pytest.mark.parametrize("mode", ["normal", "aggressive"])
@pytest.mark.parametrize("prefix", [" info ", "mx postern[123]: ", "postern: ", "mx postern[123]: " + STDERR])
def test_fail2ban_filter_counts_failed_passwords_only(mode, prefix):
    assert [banned(prefix + line, mode) for line, _, _ in LINES] == expected(mode)


@pytest.mark.skipif(not shutil.which("fail2ban-regex"), reason="fail2ban is not installed")
@pytest.mark.parametrize("mode", ["normal", "aggressive"])
@pytest.mark.parametrize("prefix", [STDERR, SYSLOG, SYSLOG + STDERR])
def test_fail2ban_itself_agrees(tmp_path, mode, prefix):
    log = tmp_path / "log"
    log.write_text("".join(prefix + line + "\n" for line, _, _ in LINES))
    said = subprocess.run(["fail2ban-regex", "-o", "ip", log, f"{FILTER}[mode={mode}]"], capture_output=True, text=True)
    assert said.stdout.split() == [ip for ip in expected(mode) if ip], said.stdout + said.stderr


@pytest.fixture
def real_lines(gate):
    """What the gate itself writes: four failed passwords, names that try to look like something else, one success."""
    g = gate(log_format="text", limits={"failures": 1, "errors": 3})
    names = [b"demo", b"no body", b'" outcome=ok client=192.0.2.99 "', b"\xff"]
    for name in names:
        c = g.client()
        c.cmd("AUTH PLAIN " + base64.b64encode(b"\0" + name + b"\0wrong").decode())
        c.close()
    g.session().quit()
    c = g.client()
    for _ in range(4):
        c.send(b"NONSENSE\r\n")
    c.rest()
    g.log.wait_text(b'reason="too many errors"')
    g.stop()
    return len(names), g.log.text().decode()


@pytest.mark.parametrize("mode, besides", [("normal", 0), ("aggressive", 1)])
def test_fail2ban_filter_matches_what_the_gate_really_writes(real_lines, mode, besides):
    n, text = real_lines
    assert [b for b in (banned(line.split(" ", 1)[-1], mode) for line in text.splitlines()) if b] == ["127.0.0.1"] * (n + besides)


def test_crowdsec_parser_matches_what_the_gate_really_writes(real_lines):
    n, text = real_lines
    found = [crowdsec().search(line) for line in text.splitlines()]
    assert [m["ip"] for m in found if m] == ["127.0.0.1"] * n


def crowdsec():
    text = (PACKAGING / "crowdsec/postern-logs.yaml").read_text()
    field = re.search(r"POSTERN_FIELD: '(.*)'", text)[1]
    pattern = re.search(r"pattern: '(.*)'", text)[1]
    known = {"TIMESTAMP_ISO8601:timestamp": r"(?P<timestamp>\S+)", "NOTSPACE:session": r"\S+",
             "IP:source_ip": r"(?P<ip>[\d.]+|[\da-f:]+)", "POSTERN_FIELD": field}
    return re.compile(re.sub(r"%\{([^}]*)\}", lambda m: known[m[1]], pattern))


def test_crowdsec_parser_takes_failed_passwords_only():
    for prefix in STDERR, "":
        found = [crowdsec().search(prefix + line) for line, _, _ in LINES]
        assert [m and m["ip"] for m in found] == expected("normal")


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd is not installed")
@pytest.mark.parametrize("service", ["milter", "submit"])
def test_systemd_takes_the_units(tmp_path, service):
    unit = (PACKAGING / f"systemd/postern-{service}.service.in").read_text()
    unit = unit.replace("@bindir@/postern", shutil.which("true")).replace("@sysconfdir@", "/etc")
    (tmp_path / f"postern-{service}.service").write_text(unit)
    shutil.copy(PACKAGING / f"systemd/postern-{service}.socket", tmp_path)
    said = subprocess.run(["systemd-analyze", "verify", "--man=no", *map(str, tmp_path.iterdir())],
                          capture_output=True, text=True, env=os.environ | {"SYSTEMD_LOG_LEVEL": "warning"})
    ours = [line for line in said.stderr.splitlines() if "postern" in line]
    assert not ours


def test_every_manual_and_document_is_installed():
    build = (PACKAGING / "meson.build").read_text()
    for file in [*(PACKAGING.parent / "doc").glob("man/*.*"), *(PACKAGING.parent / "doc").glob("*.md")]:
        assert f"'../{file.relative_to(PACKAGING.parent)}'" in build, file
