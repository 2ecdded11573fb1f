# SPDX-License-Identifier: ISC
"""How well `postern audit` tells which hardware addresses are one device (bench/linking.md).

Real clients in network namespaces (tests/integration/dhcp_lab.py), each device with three hardware addresses, on four networks with four
servers; the truth is what the lab did. Needs root and udhcpc, dhcpcd-base, isc-dhcp-client, systemd, and any of dnsmasq-base,
isc-dhcp-server, udhcpd, kea-dhcp4-server."""
import argparse
import hashlib
import itertools
import json
import math
import random
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests/integration"))
import dhcp_lab  # noqa: E402

DAY, HOUR = 86400, 3600
# How many, client, host name, keeps its leases, what there is to know it by.
POPULATION = [
    (20, "dhcpcd", "unique", True, "DUID (LLT), host name"),
    (10, "networkd", "unique", True, "DUID (EN), host name"),
    (10, "networkd", "", True, "DUID (EN)"),
    (15, "udhcpc-id", "", True, "opaque client-id"),
    (15, "networkd-mac", "unique", True, "host name"),
    (15, "dhcpcd-clientid", "unique", True, "host name, old addresses"),
    (15, "dhclient", "unique", True, "host name, old addresses"),
    (10, "udhcpc-name", "unique", True, "host name"),
    (12, "dhclient", "", True, "old addresses"),
    (8, "dhclient", "model", True, "old addresses; a model's name"),
    (8, "udhcpc-name", "model", False, "nothing; a model's name"),
    (8, "networkd-mac", "shared", True, "a name that three others have"),
    (12, "dhclient", "", False, "nothing"),
    (20, "udhcpc", "", False, "nothing"),
    (20, "dhcpcd-anonymous", "", False, "nothing (RFC 7844)"),
    (20, "networkd-anonymous", "", False, "nothing (RFC 7844)"),
]
MODELS = ["iPhone", "Galaxy-S21", "raspberrypi", "android-dhcp-13"]
SHARED = ["kiosk", "reception"]
WORDS = "cedar alder maple birch rowan aspen hazel willow linden larch".split(), "desk shelf north south lobby studio kitchen attic porch cellar".split()
STABLE = ("DUID", "opaque", "host name")


def options():
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("--build", type=Path, default=ROOT / "build/release")
    p.add_argument("--seed", type=int, default=7844)
    p.add_argument("--parallel", type=int, default=16, help="clients at once")
    p.add_argument("--keep", type=Path, help="write the captures and truth.json here")
    p.add_argument("--captures", type=Path, help="judge these, made by --keep before, and make none")
    return p.parse_args()


def worth(known):
    """What a device's identifiers are worth, the higher the better; a pair counts by the better one of its devices."""
    return 2 if known.startswith(STABLE) or "copy" in known else 1 if known.startswith("a name") else 0


class Plan:
    """Who is where when. Seeded: the same plan each time, whatever the clients and servers then say."""

    def __init__(self, lab, seed):
        self.lab, self.random, self.known, self.sessions, self.used = lab, random.Random(seed), {}, [], set()
        names = [f"{a}-{b}" for a, b in itertools.product(*WORDS)]
        self.random.shuffle(names)
        for i, (many, client, host, keeps, known) in enumerate(POPULATION):
            for k in range(many):
                name = names.pop() if host == "unique" else self.random.choice(MODELS) if host == "model" else SHARED[k % 2] if host == "shared" else ""
                self.add(f"{client}-{i}-{k}", client, name, keeps, known)
        self.add_copies()
        self.sessions.sort(key=lambda s: s.at)
        for run, s in enumerate(self.sessions):
            s.run = run

    def mac(self):
        """Locally administered, at random, as systems do."""
        while True:
            mac = bytes([self.random.randrange(64) << 2 | 2]) + self.random.randbytes(5)
            if mac not in self.used:
                self.used.add(mac)
                return mac.hex(":")

    def add(self, id, client, host, keeps, known):
        device = self.lab.device(id, client, host, keeps=keeps, client_id="00" + hashlib.sha256(id.encode()).hexdigest()[:16])
        self.known[id] = known
        way = self.random.choice(("travels", "returns", "rotates"))
        networks = self.random.sample(self.lab.networks, min(3, len(self.lab.networks))) * 3
        at = self.random.uniform(0, 10 * HOUR)
        for i in range(3):
            stay, release = self.random.uniform(10 * 60, 3 * HOUR), self.random.random() < 0.5
            network = networks[i] if way == "travels" else networks[0]
            self.sessions.append(dhcp_lab.Session(device, self.mac(), network, at=at, stay=stay, release=release))
            # Rotates: leaves and is back with another address within two minutes. Else: another day.
            at = at + stay + self.random.uniform(5, 120) if way == "rotates" else (i + 1) * DAY + self.random.uniform(0, 10 * HOUR)

    def add_copies(self):
        """Five machines from one image each with another, active at once: one identity, two devices."""
        for i in range(5):
            network, at = self.random.choice(self.lab.networks), self.random.uniform(0, 10 * HOUR)
            for k in range(2):
                device = self.lab.device(f"image-{i}-{k}", "networkd", f"guest{i}{k}-vm", image=f"image-{i}")
                self.known[device.id] = "a copy's DUID"
                for again in range(2):  # one after the other, twice: so their times overlap
                    self.sessions.append(dhcp_lab.Session(device, self.mac() if not again else self.sessions[-1].mac, network, at=at + k * 60 + again * 600))


# --- judging -------------------------------------------------------------------------------------

def wilson(hits, of, z=1.96):
    """95 % interval of a share."""
    if of == 0:
        return 0.0, 1.0
    p, z2 = hits / of, z * z
    middle, half = p + z2 / (2 * of), z * math.sqrt(p * (1 - p) / of + z2 / (4 * of * of))
    return max(0.0, (middle - half) / (1 + z2 / of)), min(1.0, (middle + half) / (1 + z2 / of))


def share(hits, of):
    if of == 0:
        return "–"
    low, high = wilson(hits, of)
    return f"{hits / of:.3f} ({low:.3f}–{high:.3f})"


def pairs_of(groups):
    return {frozenset(p) for g in groups for p in itertools.combinations(sorted(g), 2)}


def joined(links, threshold):
    """Sets of addresses, by links of at least this probability that are no copies."""
    group = {}
    for a, b, probability, reading in links:
        if probability < threshold or "clone" in reading:
            continue
        ga, gb = group.setdefault(a, {a}), group.setdefault(b, {b})
        if ga is not gb:
            ga |= gb
            for member in gb:
                group[member] = ga
    return pairs_of({id(g): g for g in group.values()}.values())


def read_report(postern, files):
    began = time.monotonic()
    run = subprocess.run([postern, "audit", "--json", "--reveal", "--threshold", "0.01", *files], check=True, capture_output=True)
    report = json.loads(run.stdout)
    hardware = {c["id"]: c["hardware"].split(" ")[0] for c in report["clients"]}
    links = [(hardware[x["a"]], hardware[x["b"]], x["probability"], x.get("reading", "")) for x in report["links"]]
    return links, time.monotonic() - began


class Judge:
    def __init__(self, truth, known, links):
        self.links, self.known, self.device = links, known, {}
        groups = {}
        for d in truth["devices"]:
            addresses = {s["hardware"] for s in d["sessions"] if not s["failed"]}
            groups[d["id"]] = addresses
            self.device.update(dict.fromkeys(addresses, d["id"]))
        self.groups, self.true = groups, pairs_of(groups.values())

    def of_worth(self, value):
        return lambda pair: max(worth(self.known[self.device[m]]) for m in pair) == value

    def row(self, title, threshold, wanted):
        told = {p for p in joined(self.links, threshold) if wanted(p)}
        true = {p for p in self.true if wanted(p)}
        hits = len(told & true)
        print(f"| {title} | {threshold} | {len(true)} | {len(told)} | {share(hits, len(told))} | {share(hits, len(true))} |")
        return hits / len(told) if told else 1.0, hits / len(true) if true else 1.0


def report(judge, sessions, took, read):
    print(f"{len(judge.groups)} devices, {len(judge.device)} hardware addresses, {sessions} sessions of real clients, made in {took:.0f} s, "
          f"audited in {read:.2f} s. Pairs of addresses, after joining by links; in parentheses the 95 % interval (Wilson).\n")
    print("| devices | threshold | true pairs | told | precision | recall |\n|---|---:|---:|---:|---|---|")
    precision, recall = judge.row("with a stable identifier", 0.5, judge.of_worth(2))
    judge.row("with a stable identifier", 0.9, judge.of_worth(2))
    for title, value in (("with a name that others have, too", 1), ("with none", 0)):
        for threshold in (0.5, 0.9):
            judge.row(title, threshold, judge.of_worth(value))
    kinds = {}
    for id, known in judge.known.items():
        kinds.setdefault((id.rsplit("-", 2)[0], known), set()).add(id)
    for (client, known), ids in kinds.items():
        judge.row(f"{client}: {known} ({len(ids)})", 0.5, lambda p, ids=ids: any(judge.device[m] in ids for m in p))
    copies = sum("clone" in reading for *_, reading in judge.links)
    print(f"\nCopies of an identity that were told as such: {copies} pairs (5 are true).\n")
    bands(judge)
    return precision >= 0.99 and recall >= 0.9


def bands(judge):
    """What a probability is worth: of the links with this one, how many are true."""
    print("| probability told | links | true |\n|---|---:|---|")
    for low, high in ((0, 0.1), (0.1, 0.5), (0.5, 0.9), (0.9, 0.99), (0.99, 1)):
        band = [frozenset((a, b)) in judge.true for a, b, p, reading in judge.links if low <= p < high + (high == 1) and "clone" not in reading]
        print(f"| {low}–{high} | {len(band)} | {share(sum(band), len(band))} |")


def make(o, folder):
    """Captures, truth.json."""
    servers = dhcp_lab.servers_here()
    networks = [dhcp_lab.Network(name, servers[i % len(servers)], subnet) for i, (name, subnet) in enumerate(
        {"home": "10.20.0.0/21", "office": "10.40.0.0/21", "cafe": "192.168.8.0/21", "hotel": "172.20.0.0/21"}.items())]
    began = time.monotonic()
    with dhcp_lab.Lab(folder / "lab", networks, o.parallel) as lab:
        plan = Plan(lab, o.seed)
        failed = lab.run(plan.sessions)
        lab.write(folder)
    for s in failed:
        print(f"{s.device.id} on {s.network.name}: {s.failed}", file=sys.stderr)
    truth = json.loads((folder / "truth.json").read_text())
    truth |= {"known": plan.known, "took": time.monotonic() - began, "count": len(plan.sessions)}
    (folder / "truth.json").write_text(json.dumps(truth, indent=1) + "\n")


def main():
    o = options()
    why = None if o.captures else dhcp_lab.cannot() or (not dhcp_lab.servers_here() and "no DHCP server is installed")
    if why:
        sys.exit(f"linking: {why}")
    with tempfile.TemporaryDirectory(prefix="postern-linking-") as folder:
        folder = o.captures or Path(folder)
        if not o.captures:
            make(o, folder)
        if o.keep:
            o.keep.mkdir(parents=True, exist_ok=True)
            for file in (*folder.glob("*.pcap"), folder / "truth.json"):
                shutil.copy(file, o.keep)
        truth = json.loads((folder / "truth.json").read_text())
        links, read = read_report(o.build / "postern", sorted(folder.glob("*.pcap")))
        return 0 if report(Judge(truth, truth["known"], links), truth["count"], truth["took"], read) else 1


if __name__ == "__main__":
    sys.exit(main())
