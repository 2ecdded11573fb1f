# SPDX-License-Identifier: ISC
"""Networks of real DHCP servers and clients, and captures of what they say, with the truth beside.

A network is a network namespace with a bridge, a server and a packet socket; a session is one real client, in
namespaces of its own (network, mount, host name, processes), behind one end of a veth pair that hangs on the
bridge, with a hardware address and a host name that the lab chose. A device is what its sessions have in
common: host name, machine-id, the client's state directory, so that a session with another hardware address
is what a machine does that changes its address between two networks or two days.

Every byte is what the client or server really sent. Only the clock is the lab's: a session is told when it
takes place, and its packets are written with that time plus what really passed since it began; a week of
three networks so takes seconds. What a client stays is put between its ACK and its RELEASE in the same way. A UDP checksum that the kernel left to the network card is filled in as the
card would have done.

Nothing sleeps: a session is over when the server's ACK passes the packet socket (or its client ends), all
wait in one selector. All processes hang on a pipe of this one or are killed by their number; namespaces have
no names and vanish with their processes, also when this process is killed."""
import ctypes
import hashlib
import heapq
import ipaddress
import json
import os
import selectors
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path

DEADLINE = float(os.environ.get("POSTERN_TEST_DEADLINE", "20"))
LEASE = 6 * 3600  # nobody renews before half of it
NETWORKD = next((p for p in ("/usr/lib/systemd/systemd-networkd", "/lib/systemd/systemd-networkd")
                 if os.access(p, os.X_OK)), None)
CLONE_NEWNET = 0x40000000
PACKET_AUXDATA = 8
CHECKSUM_OPEN = 8  # TP_STATUS_CSUMNOTREADY
PROGRAMS = {"dnsmasq": "dnsmasq", "dhcpd": "dhcpd", "udhcpd": "udhcpd", "kea": "kea-dhcp4"}


def program(name):
    return shutil.which(name, path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin:/usr/local/sbin")


def cannot():
    """Why no lab can be made here; None when one can."""
    if os.getuid() != 0:
        return "not root"
    for name in ("ip", "unshare", "nsenter"):
        if not program(name):
            return f"no {name}"
    try:
        subprocess.run(["unshare", "--net", "--mount", "--uts", "--pid", "--fork", "ip", "link", "add", "port0", "type", "veth", "peer", "name", "port1"],
                       check=True, capture_output=True, timeout=DEADLINE)
    except (OSError, subprocess.SubprocessError):
        return "namespaces cannot be made here"
    return None


# --- clients -------------------------------------------------------------------------------------

@dataclass
class Device:
    """What stays when the hardware address changes. Its id is its machine-id as well, hashed."""
    id: str
    client: str          # of CLIENTS
    host: str = ""       # "": localhost, which no client sends
    state: Path = None   # of the lab
    client_id: str = ""  # udhcpc-id: hex of option 61
    keeps: bool = True   # the client finds its old leases again
    image: str = ""      # whose machine-id it has; "": its own


# Each: (session, its device's directory) to a shell command, and whether the client ends by itself when it has
# its lease (and has written it down, or given it back).

def udhcpc(session, state, options=""):
    script = state / "udhcpc.sh"  # a RELEASE is sent from the address itself
    script.write_text('#!/bin/sh\n[ "$1" != bound ] || { ip addr add "$ip/$mask" dev eth0; kill $PPID; }\n')
    script.chmod(0o755)
    return f"exec udhcpc -f -i eth0 {'-R' if session.release else '-q'} -n -t 6 -T 1 -A 1 -s {script} {options}", True


def udhcpc_named(session, state):
    return udhcpc(session, state, f"-x hostname:{session.device.host}")


def udhcpc_id(session, state):
    return udhcpc(session, state, f"-C -x 0x3d:{session.device.client_id}")


# As Debian's /etc/dhcpcd.conf, without its comments and without probing for the address.
DHCPCD = """hostname
duid
persistent
vendorclassid
option domain_name_servers, domain_name, domain_search
option classless_static_routes
option interface_mtu
option host_name
option rapid_commit
require dhcp_server_identifier
slaac private
"""


def dhcpcd(session, state, conf=DHCPCD):
    (state / "dhcpcd.conf").write_text(conf + "noarp\nnodelay\nnoipv6\nnoipv4ll\ntimeout 15\n")
    (state / "dhcpcd").mkdir(exist_ok=True)
    script = state / "dhcpcd.sh"
    script.write_text('#!/bin/sh\ncase "$reason" in BOUND|REBOOT) dhcpcd -4 -k eth0 >/dev/null 2>&1 & esac\n')
    script.chmod(0o755)
    return (f"mkdir -p /run/dhcpcd; mount --bind {state}/dhcpcd /var/lib/dhcpcd; "
            f"exec dhcpcd -4 -B {f'-c {script}' if session.release else '-1 -c /bin/true'} -f {state}/dhcpcd.conf eth0"), True


def dhcpcd_clientid(session, state):
    return dhcpcd(session, state, DHCPCD.replace("duid\n", "clientid\n"))


def dhcpcd_anonymous(session, state):
    return dhcpcd(session, state, "anonymous\n")


# As Debian's /etc/dhcp/dhclient.conf; the delay before the first message is left out.
DHCLIENT = """option rfc3442-classless-static-routes code 121 = array of unsigned integer 8;
send host-name = gethostname();
request subnet-mask, broadcast-address, time-offset, routers, domain-name, domain-name-servers, domain-search,
  host-name, netbios-name-servers, netbios-scope, interface-mtu, rfc3442-classless-static-routes, ntp-servers;
initial-interval 1;
initial-delay 0;
timeout 15;
"""


def dhclient(session, state):
    (state / "dhclient.conf").write_text(DHCLIENT)
    # In the background with its lease, and then gone with its first process.
    return (f"exec dhclient -4 -1 -v -cf {state}/dhclient.conf -lf {state}/dhclient.leases -pf /run/dhclient.pid "
            "-sf /bin/true eth0"), True


def networkd(session, state, dhcp="SendRelease=yes"):
    """systemd-networkd as it is: no service manager and no bus needs to run. It takes links as they come
    when /sys cannot be written (no udev), the machine's identity from a file, the name from the namespace."""
    (state / "machine-id").write_text(hashlib.md5((session.device.image or session.device.id).encode()).hexdigest() + "\n")
    (state / "10.network").write_text("[Match]\nName=eth0\n[Network]\nDHCP=ipv4\nLinkLocalAddressing=no\nIPv6AcceptRA=no\n"
                                      f"[DHCPv4]\n{dhcp}\n")
    return ("mount -t sysfs -o ro none /sys; mkdir -p /run/systemd/netif/links /run/systemd/netif/leases /run/systemd/netif/lldp /run/systemd/network; "
            f"chown -R systemd-network /run/systemd/netif; cp {state}/10.network /run/systemd/network; "
            f"mount --bind {state}/machine-id /etc/machine-id; exec {NETWORKD}"), False


def networkd_anonymous(session, state):
    return networkd(session, state, "Anonymize=yes")


def networkd_mac(session, state):
    return networkd(session, state, "ClientIdentifier=mac")


CLIENTS = {  # name: (the program it needs, how it is started)
    "udhcpc": ("udhcpc", udhcpc), "udhcpc-name": ("udhcpc", udhcpc_named), "udhcpc-id": ("udhcpc", udhcpc_id),
    "dhcpcd": ("dhcpcd", dhcpcd), "dhcpcd-clientid": ("dhcpcd", dhcpcd_clientid),
    "dhcpcd-anonymous": ("dhcpcd", dhcpcd_anonymous), "dhclient": ("dhclient", dhclient),
    "networkd": (NETWORKD, networkd), "networkd-anonymous": (NETWORKD, networkd_anonymous),
    "networkd-mac": (NETWORKD, networkd_mac),
}


def clients_here():
    return [name for name, (needs, _) in CLIENTS.items() if needs and (os.access(needs, os.X_OK) or program(needs))]


def servers_here():
    return [name for name, needs in PROGRAMS.items() if program(needs)]


@dataclass
class Session:
    """A client on a network, from its first message to the server's ACK."""
    device: Device
    mac: str
    network: "Network"
    at: float = 0           # seconds behind the lab's first moment
    run: int = 0
    stay: float = 0         # seconds from the ACK to what follows it, the RELEASE
    release: bool = False   # gives its address back at the end, when its client ever does
    address: str = ""       # what it was given
    failed: str = ""
    began: float = 0
    process: subprocess.Popen = None
    deadline: float = 0
    done: bool = False
    by_itself: bool = False  # its client ends when it has its lease
    took: float = 0

    @property
    def key(self):
        return bytes.fromhex(self.mac.replace(":", ""))


# --- networks ------------------------------------------------------------------------------------

def in_network(pid, call):
    """call() in the network namespace of a process; threads have namespaces of their own."""
    result = []

    def there():
        libc = ctypes.CDLL(None, use_errno=True)
        fd = os.open(f"/proc/{pid}/ns/net", os.O_RDONLY)
        if libc.setns(fd, CLONE_NEWNET) != 0:
            raise OSError(ctypes.get_errno(), "setns")
        os.close(fd)
        result.append(call())

    thread = threading.Thread(target=there)
    thread.start()
    thread.join()
    if not result:
        raise RuntimeError("no packet socket in the namespace")
    return result[0]


def packet_socket():
    s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
    s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8 << 20)
    s.setsockopt(socket.SOL_SOCKET, 35, 1)  # SO_TIMESTAMPNS
    s.setsockopt(263, PACKET_AUXDATA, 1)
    s.bind(("br0", 0))
    s.setblocking(False)
    return s


class Network:
    def __init__(self, name, server="dnsmasq", subnet="192.0.2.0/24", options=()):
        self.name, self.server, self.options = name, server, options
        self.subnet = ipaddress.ip_network(subnet)
        self.router = str(self.subnet[1])
        self.packets = []  # (time, order, frame)
        self.holder = self.process = self.socket = None

    def start(self, root):
        self.root = root / self.name
        self.root.mkdir()
        # Lives as long as our end of the pipe; tells by a line that the bridge is up.
        self.holder = subprocess.Popen(["unshare", "--net", "sh", "-ec", HOLDER, "sh", self.mac(), f"{self.router}/{self.subnet.prefixlen}"],
                                       stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        if self.holder.stdout.readline() != b"up\n":
            raise RuntimeError("the bridge did not come up")
        self.socket = in_network(self.holder.pid, packet_socket)
        self.log = open(self.root / "server.log", "wb")
        args = getattr(self, "server_" + self.server)()
        environment = dict(os.environ, KEA_LOCKFILE_DIR="none", KEA_PIDFILE_DIR=str(self.root))
        self.process = subprocess.Popen(["nsenter", "-t", str(self.holder.pid), "--net", "unshare", "--pid", "--fork", "--mount-proc",
                                         "sh", "-ec", FIRST, "sh", "exec " + " ".join(args), ""],
                                        stdin=subprocess.PIPE, stdout=self.log, stderr=subprocess.STDOUT, env=environment)

    def stop(self):
        for process in (self.process, self.holder):
            if process:
                end(process)
        if self.socket:
            self.socket.close()
            self.log.close()
        if self.holder:
            self.holder.stdout.close()

    def mac(self):
        return "02:00:5e:00:53:%02x" % (sum(self.name.encode()) & 255)

    def ready(self):
        """The server holds its port 67 in the namespace (or a raw socket, which dhcpd and udhcpd also back by one)."""
        table = Path(f"/proc/{self.holder.pid}/net/udp").read_text()
        return any(line.split()[1].endswith(":0043") for line in table.splitlines()[1:])

    def pool(self):
        return str(self.subnet[16]), str(self.subnet[-6])

    def server_dnsmasq(self):
        first, last = self.pool()
        return [program("dnsmasq"), "--no-daemon", "--conf-file=/dev/null", "--port=0", "--interface=br0", "--bind-interfaces",
                f"--dhcp-range={first},{last},{self.subnet.netmask},{LEASE}", "--no-ping", "--dhcp-authoritative", "--user=root",
                "--pid-file=", f"--dhcp-leasefile={self.root}/leases", "--domain=lab.example", "--dhcp-lease-max=5000", "--log-dhcp", *self.options]

    def server_dhcpd(self):
        first, last = self.pool()
        (self.root / "leases").touch()
        (self.root / "conf").write_text(
            f"authoritative; ping-check false; default-lease-time {LEASE}; option domain-name \"lab.example\";\n"
            f"subnet {self.subnet.network_address} netmask {self.subnet.netmask} {{ range {first} {last}; option routers {self.router};\n"
            + "\n".join(self.options) + "}\n")
        return [program("dhcpd"), "-4", "-f", "-d", "-cf", f"{self.root}/conf", "-lf", f"{self.root}/leases", "-pf", f"{self.root}/pid", "br0"]

    def server_udhcpd(self):
        first, last = self.pool()
        (self.root / "leases").touch()
        (self.root / "conf").write_text(
            f"start {first}\nend {last}\ninterface br0\nlease_file {self.root}/leases\npidfile {self.root}/pid\nmax_leases 1000\n"
            f"option subnet {self.subnet.netmask}\noption router {self.router}\noption lease {LEASE}\n" + "".join(o + "\n" for o in self.options))
        return [program("udhcpd"), "-f", "-a", "1", f"{self.root}/conf"]

    def server_kea(self):
        first, last = self.pool()
        conf = {"Dhcp4": {"interfaces-config": {"interfaces": ["br0"], "service-sockets-max-retries": 200, "service-sockets-retry-wait-time": 50}, "lease-database": {"type": "memfile", "persist": False},
                          "valid-lifetime": LEASE, "authoritative": True,
                          "subnet4": [{"subnet": str(self.subnet), "pools": [{"pool": f"{first}-{last}"}],
                                       "option-data": [{"name": "routers", "data": self.router}]}]}}
        (self.root / "conf").write_text(json.dumps(conf))
        return [program("kea-dhcp4"), "-c", f"{self.root}/conf"]


HOLDER = """
ip link set lo up
ip link add br0 address "$1" type bridge forward_delay 0
ip addr add "$2" dev br0
ip link add port0 type veth peer name port1
ip link set port1 up
ip link set port0 master br0 up
ip link set br0 up
echo up
exec cat >/dev/null
"""

# $1: of the network's holder, $2: hardware address, $3: host name, $4: what runs then, $5: the link's name there.
CLIENT = """
ip -batch - <<X
link add eth0 address $2 type veth peer name $5 netns $1
link set lo up
link set eth0 up
X
nsenter -t $1 --net ip link set $5 master br0 up
exec unshare --mount --uts --pid --fork --mount-proc sh -ec "$6" sh "$4" "$3"
"""
# The first process of a process namespace, with which all others end: when $1 ends, or our end of the pipe.
FIRST = """
exec 3<&0
trap exit TERM
test -z "$2" || { mount -t tmpfs none /run; hostname "$2"; }
sh -ec "$1" </dev/null 3<&- &
client=$!
(cat <&3 >/dev/null; kill 1) &
wait $client
"""


# --- packets -------------------------------------------------------------------------------------

def checksum(data):
    if len(data) & 1:
        data += b"\0"
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff


def dhcp_of(frame):
    """Where the UDP header and the DHCP message of a frame stand; None: it is none."""
    if len(frame) < 42 or frame[12:14] != b"\x08\0" or frame[23] != 17:
        return None
    udp = 14 + (frame[14] & 15) * 4
    if len(frame) < udp + 8 + 240 or not {67, 68} & set(struct.unpack_from("!HH", frame, udp)):
        return None
    return udp


def completed(frame, udp):
    """With the checksum that the card would have filled in."""
    length = struct.unpack_from("!H", frame, udp + 4)[0]
    bare = frame[:udp + 6] + b"\0\0" + frame[udp + 8:]
    pseudo = frame[26:34] + b"\0\x11" + frame[udp + 4:udp + 6]
    return bare[:udp + 6] + struct.pack("!H", checksum(pseudo + bare[udp:udp + length]) or 0xffff) + bare[udp + 8:]


def message_type(message):
    at = 240
    while at + 2 < len(message) and message[at] != 255:
        if message[at] == 53:
            return message[at + 2]
        at += 1 if message[at] == 0 else 2 + message[at + 1]
    return 0


def write_pcap(path, packets):
    """Microseconds, Ethernet; packets: (seconds, frame)."""
    out = bytearray(struct.pack("<IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 65535, 1))
    for at, frame in packets:
        us = round(at * 1e6)
        out += struct.pack("<IIII", us // 10**6, us % 10**6, len(frame), len(frame)) + frame
    Path(path).write_bytes(out)


# --- the lab -------------------------------------------------------------------------------------

class Lab:
    """with Lab(path, [Network(...), ...]) as lab: lab.run(sessions); lab.write(path)"""

    def __init__(self, root, networks, parallel=12):
        self.root, self.networks, self.parallel = Path(root), networks, parallel
        self.selector = selectors.DefaultSelector()
        self.sessions, self.running, self.devices = [], {}, {}
        self.links = 0
        self.epoch = int(time.time())  # when time 0 of a session is

    def __enter__(self):
        self.root.mkdir(parents=True, exist_ok=True)
        try:
            for network in self.networks:
                network.start(self.root)
                self.selector.register(network.socket, selectors.EVENT_READ, network)
            self.wait_servers()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        for session in list(self.running.values()):
            end(session.process)
        for network in self.networks:
            network.stop()
        self.selector.close()

    def wait_servers(self):
        """No event tells that another's socket is bound; its log's first line or the table does, looked at
        whenever something happens and at the latest every 20 ms."""
        until = time.monotonic() + DEADLINE
        for network in self.networks:
            while not network.ready():
                if network.process.poll() is not None or time.monotonic() > until:
                    raise RuntimeError(f"{network.server} does not serve: {(network.root / 'server.log').read_text()[-500:]}")
                self.selector.select(0.02)

    def device(self, id, client, host="", **more):
        """A device, with a directory for what its client remembers."""
        device = Device(id, client, host, **more)
        device.state = self.root / "devices" / id
        device.state.mkdir(parents=True)
        self.devices[id] = device
        return device

    def run(self, sessions):
        """All of them, in order, as many at once as may be; of a device one after the other."""
        waiting = list(sessions)
        self.sessions += waiting
        while waiting or self.running:
            self.start_some(waiting)
            self.wait()
        failed = [s for s in sessions if s.failed]
        return failed

    def start_some(self, waiting):
        busy = {id(s.device) for s in self.running.values()}
        i = 0
        while i < len(waiting) and len(self.running) < self.parallel:
            if id(waiting[i].device) in busy:
                i += 1
                continue
            session = waiting.pop(i)
            busy.add(id(session.device))
            self.start(session)

    def start(self, session):
        device, self.links = session.device, self.links + 1
        if not device.keeps:
            shutil.rmtree(device.state)
            device.state.mkdir()
        command, session.by_itself = CLIENTS[device.client][1](session, device.state)
        log = open(device.state / f"log.{session.run}", "wb")
        session.began = time.time()
        session.deadline = time.monotonic() + DEADLINE
        session.process = subprocess.Popen(
            ["unshare", "--net", "sh", "-ec", CLIENT, "sh", str(session.network.holder.pid), session.mac, device.host or "localhost",
             command, f"p{self.links}", FIRST], stdin=subprocess.PIPE, stdout=log, stderr=subprocess.STDOUT)
        log.close()
        self.running[session.network.name, session.key] = session
        session.fd = os.pidfd_open(session.process.pid)
        self.selector.register(session.fd, selectors.EVENT_READ, session)

    def wait(self):
        if not self.running:
            return
        first = min(s.deadline for s in self.running.values())
        for key, _ in self.selector.select(max(0, first - time.monotonic())):
            if isinstance(key.data, Network):
                self.read(key.data)
            else:
                self.ended(key.data)
        for session in [s for s in self.running.values() if s.deadline <= time.monotonic()]:
            session.failed = session.failed or ("" if session.done else "no ACK in time")
            kill(session.process)
            session.deadline += DEADLINE

    def read(self, network):
        while True:
            try:
                frame, ancillary, _, _ = network.socket.recvmsg(65536, 256)
            except BlockingIOError:
                return
            udp = dhcp_of(frame)
            if udp is not None:
                self.seen(network, frame, udp, ancillary)

    def seen(self, network, frame, udp, ancillary):
        at = time.time()
        for level, kind, data in ancillary:
            if level == socket.SOL_SOCKET:
                seconds, ns = struct.unpack("@qq", data[:16])
                at = seconds + ns / 1e9
            elif level == 263 and struct.unpack("=I", data[:4])[0] & CHECKSUM_OPEN:
                frame = completed(frame, udp)
        message = frame[udp + 8:]
        session = self.running.get((network.name, message[28:34]))
        if session is None:
            return  # a straggler of a session that is over
        stay = session.stay if session.done else 0
        network.packets.append((self.epoch + session.at + stay + at - session.began, len(network.packets), frame))
        if message[0] == 2 and message_type(message) == 5 and not session.done:
            session.address = socket.inet_ntoa(message[16:20])
            session.took = time.time() - session.began
            session.done = True
            self.leave(session)

    def leave(self, session):
        """Its client is told to end, and then lets go of its address; or it just vanishes, as most do."""
        waits = session.release or session.by_itself
        session.deadline = time.monotonic() + (2 if waits else 0)
        if session.by_itself:
            return
        client = [c for first in children(session.process.pid) for c in children(first)]
        if session.release and client:
            os.kill(client[0], signal.SIGTERM)
        else:
            kill(session.process)

    def ended(self, session):
        self.read(session.network)
        self.selector.unregister(session.fd)
        os.close(session.fd)
        end(session.process)
        if not session.done:
            session.failed = session.failed or "the client ended: " + (session.device.state / f"log.{session.run}").read_text(errors="replace")[-300:]
        del self.running[session.network.name, session.key]

    def frames(self, network):
        """In order of time."""
        return [(at, frame) for at, _, frame in sorted(network.packets)]

    def all_frames(self):
        return list(heapq.merge(*(self.frames(n) for n in self.networks), key=lambda p: p[0]))

    def truth(self):
        devices = {}
        for s in self.sessions:
            device = devices.setdefault(s.device.id, {"id": s.device.id, "client": s.device.client, "host": s.device.host, "sessions": []})
            device["sessions"].append({"hardware": s.mac, "network": s.network.name, "time": self.epoch + s.at, "address": s.address, "run": s.run,
                                       "stay": s.stay, "released": s.release, "failed": s.failed})
        return {"networks": [{"name": n.name, "server": n.server, "subnet": str(n.subnet)} for n in self.networks], "devices": list(devices.values())}

    def write(self, directory):
        """NETWORK.pcap for each network, truth.json."""
        directory = Path(directory)
        directory.mkdir(parents=True, exist_ok=True)
        for network in self.networks:
            write_pcap(directory / f"{network.name}.pcap", self.frames(network))
        (directory / "truth.json").write_text(json.dumps(self.truth(), indent=1) + "\n")
        return [directory / f"{n.name}.pcap" for n in self.networks]


def kill(process):
    """What it started first: with the first process of a process namespace all of them end. A program that
    changes its user outlives a parent's death signal, so none is relied on."""
    for pid in children(process.pid) or [process.pid]:
        os.kill(pid, signal.SIGKILL)


def end(process):
    if process.poll() is None:
        kill(process)
    process.stdin.close()
    process.wait()


def children(pid):
    """Who a process started, the eldest first."""
    try:
        return [int(p) for p in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []


# --- a small lab, for the tour and the tests -----------------------------------------------------

DAY = 86400
# Device, client, host name, client-id. Two have only what RFC 7844 leaves them.
HOUSEHOLD = [
    ("laptop", "dhcpcd", "tours-laptop", ""), ("desktop", "networkd", "tours-desktop", ""),
    ("server", "networkd-mac", "tours-server", ""), ("tablet", "dhclient", "tours-tablet", ""),
    ("camera", "udhcpc-name", "tours-camera", ""), ("plug", "udhcpc", "", ""),
    ("meter", "udhcpc-id", "", "006d657465722d37363031"), ("radio", "dhcpcd-clientid", "tours-radio", ""),
    ("phone", "dhcpcd-anonymous", "", ""), ("watch", "networkd-anonymous", "", ""),
]


def household(root, days=3):
    """Ten devices: at home, the next day at the office, then at home again, each time with another hardware
    address (the plug and the meter keep theirs). Returns the lab, stopped."""
    here = servers_here()
    home = Network("home", next(s for s in ("dnsmasq", *here) if s in here), "192.0.2.0/24")
    office = Network("office", next(s for s in ("dhcpd", "kea", *here) if s in here), "198.51.100.0/24")
    with Lab(root, [home, office]) as lab:
        sessions = []
        for day in range(days):
            for i, (name, client, host, client_id) in enumerate(HOUSEHOLD):
                if client not in clients_here():
                    continue
                stays = name in ("plug", "meter")
                device = lab.devices.get(name) or lab.device(name, client, host, client_id=client_id)
                mac = "00:00:5e:00:53:%02x" % i if stays else "02:00:5e:%02x:53:%02x" % (day + 1, i)
                sessions.append(Session(device, mac, home if stays else (home, office)[day % 2], at=day * DAY + i * 300, run=day, release=i % 2 == 0))
        lab.run(sessions)
    return lab


def main():
    if len(sys.argv) != 2:
        print("usage: dhcp_lab.py DIRECTORY\nMakes home.pcap, office.pcap, clients.pcap (both) and truth.json there.", file=sys.stderr)
        return 2
    why = cannot()
    if why or not servers_here():
        print(f"dhcp_lab: {why or 'no DHCP server is installed'}", file=sys.stderr)
        return 77
    with tempfile.TemporaryDirectory() as root:
        lab = household(root)
        lab.write(sys.argv[1])
        write_pcap(Path(sys.argv[1]) / "clients.pcap", lab.all_frames())
    failed = [s for s in lab.sessions if s.failed]
    for s in failed:
        print(f"dhcp_lab: {s.device.id} with {s.device.client} on {s.network.name}: {s.failed}", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
