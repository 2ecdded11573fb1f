# SPDX-License-Identifier: ISC
"""Starts the gate in the background and waits for its READY=1 (sd_notify(3)'s protocol)."""
import os
import pathlib
import select
import socket
import subprocess
import sys
import tempfile

READY_SECONDS = 20


def say_why(log, what):
    print(*log.read_text(errors="replace").splitlines()[-10:], sep="\n")
    return what


def start(program, log, notify):
    with open(log, "wb") as out:
        return subprocess.Popen([program, "submit", "-c", "run/postern.yaml"], stdin=subprocess.DEVNULL,
                                stdout=out, stderr=out, start_new_session=True,  # Ctrl-C is the tour's to handle
                                env=os.environ | {"NOTIFY_SOCKET": notify})


def wait_ready(gate, bell):
    """None once the gate is ready, else what went wrong."""
    ended = os.pidfd_open(gate.pid)
    while True:
        rung, _, _ = select.select([bell, ended], [], [], READY_SECONDS)
        if not rung:
            return f"the gate was not ready within {READY_SECONDS} seconds"
        if bell in rung:
            if b"READY=1" in bell.recv(4096).split(b"\n"):
                return None
        elif ended in rung:
            return f"the gate ended at once (exit code {gate.wait()})"


def main():
    log = pathlib.Path("run/postern.log")
    with tempfile.TemporaryDirectory() as directory, socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as bell:
        notify = f"{directory}/notify"
        bell.bind(notify)
        gate = start(os.environ["POSTERN"], log, notify)
        pathlib.Path("run/postern.pid").write_text(f"{gate.pid}\n")
        wrong = wait_ready(gate, bell)
    if wrong:
        return say_why(log, wrong)
    print(f"ready, pid {gate.pid}")
    return 0


sys.exit(main())
