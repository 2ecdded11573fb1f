# SPDX-License-Identifier: ISC
"""The servers under test: each writes its configuration into a folder of its own and starts in the
foreground, on loopback, in front of the same sink."""
import os
import shutil
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

HOST = "bench.example"
LARGEST = 300_000_000


@dataclass
class Place:
    """What all servers share."""
    folder: Path
    certificate: Path
    key: Path
    sink: int        # port
    auth_http: int   # port of the oracle, for nginx
    auth_socket: Path  # the oracle's, for Postfix and the gate
    workers: int
    xclient: bool
    tools: Path      # build folder with bench_*
    gate: Path


@dataclass
class Peer:
    name: str
    command: list
    port: int
    load: list = field(default_factory=list)  # more options of bench_load
    without: tuple = ()  # processes outside the count of CPU: password oracles
    env: dict = field(default_factory=dict)


def handshake(place, port):
    return Peer("bare TLS handshake", [place.tools / "bench_handshake", port, place.certificate, place.key,
                                       place.workers], port, ["--handshake"])


def nginx(place, port):
    if not shutil.which("nginx"):
        return None
    folder = place.folder / "nginx"
    folder.mkdir()
    (folder / "nginx.conf").write_text(f"""
load_module /usr/lib/nginx/modules/ngx_mail_module.so;
daemon off;
worker_processes {place.workers};
worker_rlimit_nofile 16384;
error_log {folder}/error.log error;
pid {folder}/pid;
events {{ worker_connections 8192; }}
mail {{
    server_name {HOST};
    auth_http 127.0.0.1:{place.auth_http}/auth;
    xclient {"on" if place.xclient else "off"};
    proxy_pass_error_message on;
    smtp_auth plain login;
    smtp_capabilities "SIZE {LARGEST}" PIPELINING 8BITMIME ENHANCEDSTATUSCODES DSN;
    ssl_certificate {place.certificate};
    ssl_certificate_key {place.key};
    ssl_protocols TLSv1.2 TLSv1.3;
    server {{ listen 127.0.0.1:{port} backlog=1024; protocol smtp; starttls only; }}
}}
""")
    return Peer("nginx mail proxy", ["nginx", "-e", folder / "error.log", "-c", folder / "nginx.conf"], port)


def dovecot(place, port):
    if not shutil.which("dovecot") or not Path("/usr/lib/dovecot/submission").exists():
        return None
    folder = place.folder / "dovecot"
    (folder / "home").mkdir(parents=True)
    shutil.chown(folder / "home", "mail", "mail")
    (folder / "dovecot.conf").write_text(f"""
protocols = submission
base_dir = {folder}/run
state_dir = {folder}/state
log_path = {folder}/log
listen = 127.0.0.1
hostname = {HOST}
ssl = required
ssl_cert = <{place.certificate}
ssl_key = <{place.key}
auth_mechanisms = plain login
passdb {{
  driver = static
  args = nopassword=y
}}
userdb {{
  driver = static
  args = uid=mail gid=mail home={folder}/home
}}
mail_location = maildir:~/Maildir
first_valid_uid = 1
mail_max_userip_connections = 0
submission_relay_host = 127.0.0.1
submission_relay_port = {place.sink}
submission_relay_trusted = {"yes" if place.xclient else "no"}
submission_max_mail_size = {LARGEST}
default_client_limit = 8192
service submission-login {{
  inet_listener submission {{
    port = {port}
  }}
  service_count = 0
  process_min_avail = {place.workers}
  process_limit = {place.workers}
  client_limit = 4096
}}
service submission {{
  service_count = 0
  process_min_avail = {place.workers}
  process_limit = {place.workers}
  client_limit = 4096
}}
""")
    return Peer("Dovecot submission", ["dovecot", "-F", "-c", folder / "dovecot.conf"], port, without=("auth",))


def postfix(place, port):
    daemons = Path("/usr/lib/postfix/sbin")
    if not (daemons / "master").exists():
        return None
    folder = place.folder / "postfix"
    for d in ("spool", "data"):
        (folder / d).mkdir(parents=True)
    shutil.chown(folder / "data", "postfix", "postfix")
    for d in ("private", "public", "active", "incoming", "deferred", "defer", "maildrop", "hold", "corrupt",
              "bounce", "flush", "saved", "trace"):
        (folder / "spool" / d).mkdir()
        shutil.chown(folder / "spool" / d, "postfix", "postfix")
    (folder / "spool" / "pid").mkdir()
    shutil.copy("/etc/postfix/dynamicmaps.cf", folder) if Path("/etc/postfix/dynamicmaps.cf").exists() else None
    (folder / "main.cf").write_text(f"""
compatibility_level = 3.6
queue_directory = {folder}/spool
data_directory = {folder}/data
daemon_directory = {daemons}
command_directory = /usr/sbin
maillog_file = {folder}/log
maillog_file_prefixes = {folder}
myhostname = {HOST}
mydestination =
mynetworks =
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
alias_maps =
default_process_limit = 1200
message_size_limit = {LARGEST}
mailbox_size_limit = 0
queue_minfree = 0
smtpd_client_connection_count_limit = 0
smtpd_client_connection_rate_limit = 0
smtpd_peername_lookup = no
smtpd_tls_security_level = may
smtpd_tls_chain_files = {place.key}, {place.certificate}
smtpd_tls_auth_only = yes
smtpd_sasl_auth_enable = yes
smtpd_sasl_type = dovecot
smtpd_sasl_path = {place.auth_socket}
smtpd_relay_restrictions = permit_sasl_authenticated, reject
smtpd_recipient_restrictions =
smtpd_reject_unlisted_recipient = no
smtpd_proxy_filter = inet:127.0.0.1:{place.sink}
smtpd_authorized_xclient_hosts =
""")
    (folder / "master.cf").write_text(f"""
127.0.0.1:{port} inet n - n - 1200 smtpd
rewrite   unix  - - n - - trivial-rewrite
anvil     unix  - - n - 1 anvil
tlsmgr    unix  - - n 1000? 1 tlsmgr
proxymap  unix  - - n - - proxymap
postlog   unix-dgram n - n - 1 postlogd
""")
    return Peer("Postfix smtpd", [daemons / "master", "-d", "-c", folder], port,
                env={"MAIL_CONFIG": str(folder), "MAIL_LOGTAG": "postfix"})


def gate(place, port, name, auth, clientid):
    if not place.gate.exists():
        return None
    folder = place.folder / name.replace(" ", "-").replace(",", "")
    folder.mkdir()
    (folder / "state").mkdir(mode=0o700)
    (folder / "postern.yaml").write_text(f"""
state: {folder}/state
secret: {folder}/secret
user: root
log: {{to: stderr, level: info}}
submission:
  hostname: {HOST}
  listen: ["127.0.0.1:{port}"]
  workers: {place.workers}
  tls: {{certificate: {place.certificate}, key: {place.key}}}
  auth: "{auth(folder)}"
  deliver: ["smtp://127.0.0.1:{place.sink}"]
  xclient: {"yes" if place.xclient else "no"}
  clientid: {"yes" if clientid else "no"}
  limits: {{message-size: {LARGEST}}}
""")
    return Peer(name, [place.gate, "submit", "-c", folder / "postern.yaml"], port,
                ["--clientid"] if clientid else [])


def password_file(folder):
    """sha512crypt, as most houses have it. The gate hashes once and remembers for five minutes."""
    done = subprocess.run(["openssl", "passwd", "-6", "secret"], check=True, capture_output=True, text=True)
    path = folder / "passwd"
    path.touch(mode=0o600)
    path.write_text(f"bench:{done.stdout.strip()}\n")
    return f"file:{path}"


def gate_dovecot(place, port):
    return gate(place, port, "postern", lambda _: f"dovecot:{place.auth_socket}", True)


def gate_file(place, port):
    return gate(place, port, "postern, file backend", password_file, True)


def gate_plain(place, port):
    return gate(place, port, "postern, no CLIENTID", lambda _: f"dovecot:{place.auth_socket}", False)


ALL = [handshake, nginx, dovecot, postfix, gate_dovecot, gate_file, gate_plain]
