# SPDX-License-Identifier: ISC
"""Captured packets per second through `postern audit`, beside tshark reading the same file with a DHCP filter.

Two files, made anew and in the page cache: one packet in ten is DHCP; all are. One core each (taskset). The rounds are interleaved.
"""
import argparse
import os
import pathlib
import resource
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
    p.add_argument("--tshark-rounds", type=int, default=2, help="it takes half a minute a round")
    return p.parse_args()


def timed(*command):
    """Seconds, and the largest resident size so far of any child, in MiB."""
    core = min(os.sched_getaffinity(0))
    began = time.monotonic()
    subprocess.run([str(c) for c in command], check=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                   stderr=subprocess.PIPE, preexec_fn=lambda: os.sched_setaffinity(0, {core}))
    return time.monotonic() - began, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024


def row(name, packets, seconds, against=None):
    rate = packets / statistics.median(seconds)
    ratio = "" if against is None else f"{rate / against:.1f}"
    print(f"| {name} | {statistics.median(seconds):.2f} ({min(seconds):.2f}–{max(seconds):.2f}) | {rate:,.0f} | {ratio} |")
    return rate


def main():
    o = options()
    postern, make, tshark = o.build / "postern", o.build / "bench/make_capture", shutil.which("tshark")
    folder = pathlib.Path(tempfile.mkdtemp(prefix="postern-audit-"))
    try:
        mixed, pure = folder / "mixed.pcap", folder / "pure.pcap"
        subprocess.run([make, str(o.packets), "0.1", str(o.clients), mixed], check=True)
        subprocess.run([make, str(o.pure), "1", str(o.clients), pure], check=True)
        for file in (mixed, pure):
            file.read_bytes()  # into the page cache
        rows = {"mixed": [], "pure": [], "packets": [], "tshark": []}
        resident = 0
        for i in range(o.rounds):
            seconds, resident = timed(postern, "audit", "--json", mixed)
            rows["mixed"].append(seconds)
            rows["pure"].append(timed(postern, "audit", "--json", pure)[0])
            rows["packets"].append(timed(postern, "audit", "packets", "--json", mixed)[0])
            if tshark and i < o.tshark_rounds:
                rows["tshark"].append(timed(tshark, "-n", "-r", mixed, "-Y", "dhcp", "-T", "fields", "-e", "dhcp.hw.mac_addr",
                                            "-e", "dhcp.option.dhcp")[0])
        print(f"{o.packets:,} packets, one in ten DHCP of {o.clients:,} clients ({mixed.stat().st_size / 1e6:,.0f} MB); "
              f"{o.pure:,} of DHCP alone ({pure.stat().st_size / 1e6:,.0f} MB). Medians of {o.rounds} rounds, on one core.\n")
        print("| what | seconds (least–most) | packets/s | times tshark |\n|---|--:|--:|--:|")
        theirs = row("tshark -Y dhcp, two fields, one in ten", o.packets, rows["tshark"]) if rows["tshark"] else None
        row("postern audit --json, one in ten", o.packets, rows["mixed"], theirs)
        row("postern audit packets --json, one in ten", o.packets, rows["packets"], theirs)
        row("postern audit --json, DHCP alone", o.pure, rows["pure"])
        print(f"\nLargest resident size: {resident} MiB.")
    finally:
        shutil.rmtree(folder)
    return 0


if __name__ == "__main__":
    sys.exit(main())
