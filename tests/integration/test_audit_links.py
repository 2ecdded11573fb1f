# SPDX-License-Identifier: ISC
"""Links between hardware addresses (RFC 7819 §5.5, §5.8): real clients whose addresses change, made now, and a capture made so before."""
import itertools
import json
import os
import subprocess
from pathlib import Path

import dhcp_lab
import pytest

from harness import ROOT, binary

DATA = ROOT / "tests/data/audit"
STABLE = {"laptop", "desktop", "server", "tablet", "camera", "radio"}  # by DUID or host name
HIDDEN = {"phone", "watch"}                                            # RFC 7844


def audit(*arguments):
    run = subprocess.run([binary(), "audit", "--json", *arguments], check=True, capture_output=True, timeout=dhcp_lab.DEADLINE)
    return json.loads(run.stdout)


def pairs(addresses):
    return {frozenset(p) for p in itertools.combinations(sorted(addresses), 2)}


class Truth:
    def __init__(self, text):
        self.devices = {d["id"]: d for d in json.loads(text)["devices"]}
        self.addresses = {id: {s["hardware"] for s in d["sessions"]} for id, d in self.devices.items()}

    def pairs(self, ids):
        return set().union(*(pairs(self.addresses[id]) for id in ids & self.devices.keys()))


def links_of(report):
    hardware = {c["id"]: c["hardware"] for c in report["clients"]}
    return {frozenset((hardware[x["a"]], hardware[x["b"]])): x for x in report["links"]}


def check(truth, files):
    links = links_of(audit("--reveal", *files))
    assert truth.pairs(STABLE) <= links.keys()
    assert not links.keys() - truth.pairs(set(truth.devices)), "a link between two devices"
    assert not links.keys() & truth.pairs(HIDDEN)
    for link in links.values():
        assert 0.5 <= link["probability"] <= 1
        assert len(link["evidence"]) >= 2
        assert all(e["frame"] >= 1 and Path(e["file"]).name in {Path(f).name for f in files} for e in link["evidence"])
    return links


@pytest.fixture(scope="module")
def shipped():
    return Truth((DATA / "clients.json").read_text())


def evidence(links, addresses):
    return {e["what"].split(":")[0] for pair in pairs(addresses) for e in links[pair]["evidence"]}


def test_a_shipped_capture_of_real_clients(shipped):
    links = check(shipped, [DATA / "clients.pcap.gz"])
    assert "both have the same DUID" in evidence(links, shipped.addresses["laptop"])
    assert "the client-id of one holds the other's hardware address" in evidence(links, shipped.addresses["laptop"])  # DUID-LLT
    assert "both have the same DUID" in evidence(links, shipped.addresses["desktop"])
    assert evidence(links, shipped.addresses["server"]) == {"both have the same host name"}
    assert "one brings along an address that the other had elsewhere" in evidence(links, shipped.addresses["tablet"])


def test_evidence_has_the_decoded_text_and_the_other_address(shipped):
    links = links_of(audit("--reveal", DATA / "clients.pcap.gz"))
    first, second = sorted(shipped.addresses["server"])[:2]
    texts = [e["what"] for e in links[frozenset((first, second))]["evidence"]]
    assert any("tours-server" in t and second in t for t in texts) and any("tours-server" in t and first in t for t in texts)


def test_a_masked_report_has_no_value_of_a_link(shipped):
    text = json.dumps(audit(DATA / "clients.pcap.gz"))
    assert "tours-" not in text
    for address in set().union(*shipped.addresses.values()):
        assert address not in text and address.replace(":", "") not in text


def test_threshold_leaves_out_what_is_less_sure(shipped):
    everything = links_of(audit("--reveal", "--threshold", "0.01", DATA / "clients.pcap.gz"))
    sure = links_of(audit("--reveal", "--threshold", "0.9995", DATA / "clients.pcap.gz"))
    assert sure.keys() < everything.keys()
    assert all(x["probability"] >= 0.9995 for x in sure.values())


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Captures made now: home.pcap, office.pcap."""
    why = dhcp_lab.cannot() or (not dhcp_lab.servers_here() and "no DHCP server is installed")
    if why:
        pytest.skip(why)
    root = tmp_path_factory.mktemp("lab")
    lab = dhcp_lab.household(root / "lab")
    lab.write(root)
    return lab, root


def test_real_clients_get_their_addresses(made):
    lab, root = made
    assert lab.sessions
    assert not [(s.device.id, s.network.name, s.failed) for s in lab.sessions if s.failed]
    assert all((root / f"{n.name}.pcap").stat().st_size > 1000 for n in lab.networks)


def test_links_of_real_clients_whose_addresses_change(made):
    _, root = made
    check(Truth((root / "truth.json").read_text()), [root / "home.pcap", root / "office.pcap"])


def test_the_lab_leaves_no_process_behind(made):
    lab, _ = made
    mine = set(dhcp_lab.children(os.getpid()))
    assert not mine & ({s.process.pid for s in lab.sessions} | {n.process.pid for n in lab.networks} | {n.holder.pid for n in lab.networks})
