# SPDX-License-Identifier: ISC
"""Captured packets per second through `postern audit`, beside tshark reading the same file with a DHCP filter.

Files made anew and in the page cache: one packet in ten is DHCP; all are; all are, of a million clients. On one core each. The rounds
are interleaved.
"""
import argparse
import collections
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent


def options():
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("--build", type=pathlib.Path, default=ROOT / "build/release")
    p.add_argument("--rounds", type=int, default=5)
    p.add_argument("--packets", type=int, default=4_000_000, help="of the file where one in ten is DHCP")
    p.add_argument("--pure", type=int, default=1_000_000, help="of the file where all are")
    p.add_argument("--clients", type=int, default=20_000)
    p.add_argument("--many", type=int, default=1_000_000, help="clients of the file that memory is measured with; 0: none")
    p.add_argument("--tshark-rounds", type=int, default=2, help="it takes half a minute a round")
    return p.parse_args()


Run = collections.namedtuple("Run", "seconds core resident")


def timed(*command):
    """Seconds of the clock and of the core, and the largest resident size in MiB."""
    core = min(os.sched_getaffinity(0))
    began = time.monotonic()
    child = os.posix_spawnp("taskset", ["taskset", "-c", str(core), *map(str, command)], os.environ, file_actions=[
        (os.POSIX_SPAWN_OPEN, fd, os.devnull, os.O_RDWR, 0) for fd in (0, 1, 2)])
    _, status, used = os.wait4(child, 0)
    if status:
        sys.exit(f"{command}: status {os.waitstatus_to_exitcode(status)}")
    return Run(time.monotonic() - began, used.ru_utime + used.ru_stime, used.ru_maxrss // 1024)


def row(name, packets, runs, against=None):
    seconds, core = [r.seconds for r in runs], statistics.median(r.core for r in runs)
    rate = packets / core
    ratio = "" if against is None else f"{rate / against:.1f}"
    print(f"| {name} | {statistics.median(seconds):.2f} ({min(seconds):.2f}–{max(seconds):.2f}) | {core:.2f} | {rate:,.0f} | {ratio} "
          f"| {max(r.resident for r in runs)} |")
    return rate


def made(make, file, packets, percent, clients):
    subprocess.run([make, str(packets), str(percent), str(clients), file], check=True)
    with file.open("rb") as f:  # into the page cache
        while f.read(1 << 24):
            pass


def main():
    o = options()
    postern, make, tshark = o.build / "postern", o.build / "bench/bench_make_capture", shutil.which("tshark")
    folder = pathlib.Path(tempfile.mkdtemp(prefix="postern-audit-"))
    try:
        mixed, pure, many = folder / "mixed.pcap", folder / "pure.pcap", folder / "many.pcap"
        made(make, mixed, o.packets, 10, o.clients)
        made(make, pure, o.pure, 100, o.clients)
        rows = {"mixed": [], "mixed json": [], "pure": [], "pure json": [], "packets": [], "tshark": []}
        for i in range(o.rounds):
            rows["mixed"].append(timed(postern, "audit", mixed))
            rows["mixed json"].append(timed(postern, "audit", "--json", mixed))
            rows["pure"].append(timed(postern, "audit", pure))
            rows["pure json"].append(timed(postern, "audit", "--json", pure))
            rows["packets"].append(timed(postern, "audit", "packets", "--json", mixed))
            if tshark and i < o.tshark_rounds:
                rows["tshark"].append(timed(tshark, "-n", "-r", mixed, "-Y", "dhcp", "-T", "fields", "-e", "dhcp.hw.mac_addr",
                                            "-e", "dhcp.option.dhcp"))
        print(f"{o.packets:,} packets, one in ten DHCP of {o.clients:,} clients ({mixed.stat().st_size / 1e6:,.0f} MB); "
              f"{o.pure:,} of DHCP alone ({pure.stat().st_size / 1e6:,.0f} MB). Medians of {o.rounds} rounds, on one core; rates are by "
              "its time.\n")
        print("| what | seconds (least–most) | of the core | packets/s | times tshark | MiB |\n|---|--:|--:|--:|--:|--:|")
        theirs = row("tshark -Y dhcp, two fields, one in ten", o.packets, rows["tshark"]) if rows["tshark"] else None
        row("postern audit, one in ten", o.packets, rows["mixed"], theirs)
        row("postern audit --json, one in ten", o.packets, rows["mixed json"], theirs)
        row("postern audit packets --json, one in ten", o.packets, rows["packets"], theirs)
        row("postern audit, DHCP alone", o.pure, rows["pure"])
        row("postern audit --json, DHCP alone", o.pure, rows["pure json"])
        if o.many:
            mixed.unlink()
            made(make, many, 4 * o.many, 100, o.many)
            row(f"postern audit, DHCP alone, {o.many:,} clients", 4 * o.many, [timed(postern, "audit", many)])
    finally:
        shutil.rmtree(folder)
    return 0


if __name__ == "__main__":
    sys.exit(main())
