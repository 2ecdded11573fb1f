# SPDX-License-Identifier: ISC
"""Real peers, each private to the test: its own directory, ports and processes."""
import os
import pwd
import shutil
import signal
import socket
import subprocess
import threading
import time
from pathlib import Path

import pytest

from harness import DEADLINE, IS_ROOT, ROOT, descendants, free_port, give, is_alive, kill_hard, wait_gone

SMTP_SINK = shutil.which("smtp-sink", path=os.environ["PATH"] + ":/usr/sbin:/usr/lib/postfix/sbin")
POSTFIX = shutil.which("postfix", path=os.environ["PATH"] + ":/usr/sbin")
DOVECOT = shutil.which("dovecot", path=os.environ["PATH"] + ":/usr/sbin")
DOVECOT_LMTP = Path("/usr/lib/dovecot/lmtp")


def need_smtp_sink():
    if not SMTP_SINK:
        pytest.skip("smtp-sink is not installed (package postfix)")


def need_postfix():
    if not POSTFIX:
        pytest.skip("Postfix is not installed (package postfix)")
    if not IS_ROOT:
        pytest.skip("Postfix's master has to be started by root")


def need_dovecot(lmtp=False):
    if not DOVECOT:
        pytest.skip("Dovecot is not installed (package dovecot-core)")
    if lmtp and not DOVECOT_LMTP.exists():
        pytest.skip("Dovecot's LMTP is not installed (package dovecot-lmtpd)")


def wait_listening(where, process=None, log=None):
    """Until a connection to (host, port) or a socket's path is accepted. What is tried again and
    again is the connection itself; between two tries it waits for the process, which must not end."""
    end = time.monotonic() + DEADLINE
    while True:
        sock = socket.socket(socket.AF_UNIX if isinstance(where, (str, Path)) else socket.AF_INET)
        try:
            sock.connect(str(where) if isinstance(where, Path) else where)
            return
        except OSError as why:
            said = Path(log).read_text(errors="replace")[-3000:] if log and Path(log).exists() else ""
            assert time.monotonic() < end, f"nothing listens at {where}: {why}\n{said}"
        finally:
            sock.close()
        if process:
            try:
                process.wait(0.02)
                said = Path(log).read_text(errors="replace")[-3000:] if log and Path(log).exists() else ""
                raise AssertionError(f"{process.args[0]} ended with {process.returncode}\n{said}")
            except subprocess.TimeoutExpired:
                pass


class SmtpSink:
    """Postfix's smtp-sink: each message into a file of its own, closed before its 250."""

    def __init__(self, directory, options=()):
        need_smtp_sink()
        self.dir, self.options, self.port = Path(directory), list(options), free_port()
        self.mail = self.dir / "sink"
        self.mail.mkdir(exist_ok=True)
        give(self.mail)
        self.process = None

    url = property(lambda self: f"smtp://127.0.0.1:{self.port}")

    def start(self):
        who = ["-u", "nobody"] if IS_ROOT else []
        self.process = subprocess.Popen([SMTP_SINK, *who, *self.options, "-d", str(self.mail) + "/%s.",
                                         f"inet:127.0.0.1:{self.port}", "200"],
                                        stdin=subprocess.DEVNULL, stderr=open(self.dir / "sink.log", "ab"))
        wait_listening(("127.0.0.1", self.port), self.process, self.dir / "sink.log")
        return self

    def kill(self):
        process, self.process = self.process, None
        if process:
            process.kill()
            process.wait()

    stop = kill

    def messages(self):
        return [path.read_bytes() for path in self.mail.iterdir()]


class Postfix:
    """A private master with one smtpd; mail ends in a Maildir, by virtual(8)."""

    def __init__(self, directory, pki=None, main=""):
        need_postfix()
        self.dir, self.port = Path(directory) / "postfix", free_port()
        self.mail = self.dir / "mail"
        for part in ("etc", "queue", "data", "mail"):
            (self.dir / part).mkdir(parents=True)
        owner = pwd.getpwnam("postfix")
        os.chown(self.dir / "data", owner.pw_uid, owner.pw_gid)
        nobody = pwd.getpwnam("nobody")
        os.chown(self.mail, nobody.pw_uid, nobody.pw_gid)
        tls = f"smtpd_tls_cert_file = {pki.certificate}\nsmtpd_tls_key_file = {pki.key}\n" \
              "smtpd_tls_security_level = may\n" if pki else ""
        log = self.dir / "log"  # postsuper writes to it as postfix when a kill left an unfinished file
        log.touch()
        log.chmod(0o666)
        (self.dir / "etc/main.cf").write_text(f"""compatibility_level = 3.6
queue_directory = {self.dir}/queue
data_directory = {self.dir}/data
maillog_file = {self.dir}/log
maillog_file_prefixes = /tmp, /var
myhostname = postfix.example.org
mydestination =
inet_interfaces = 127.0.0.1
mynetworks = 127.0.0.0/8
smtpd_authorized_xclient_hosts = 127.0.0.0/8
smtpd_relay_restrictions = permit_mynetworks, reject
smtpd_client_connection_count_limit = 0
virtual_mailbox_domains = example.com
virtual_mailbox_base = {self.mail}
virtual_mailbox_maps = static:box/
virtual_uid_maps = static:{nobody.pw_uid}
virtual_gid_maps = static:{nobody.pw_gid}
virtual_minimum_uid = 1
message_size_limit = 0
virtual_mailbox_limit = 0
smtputf8_enable = yes
alias_maps =
queue_run_delay = 1s
minimal_backoff_time = 1s
maximal_backoff_time = 2s
{tls}{main}""")
        (self.dir / "etc/master.cf").write_text(f"""127.0.0.1:{self.port} inet n - n - 100 smtpd
postlog unix-dgram n - n - 1 postlogd
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
virtual unix - n n - - virtual
error unix - - n - - error
retry unix - - n - - error
smtp unix - - n - - smtp
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
tlsmgr unix - - n 1000? 1 tlsmgr
""")

    url = property(lambda self: f"smtp://127.0.0.1:{self.port}")

    def start(self):
        run = subprocess.run([POSTFIX, "-c", self.dir / "etc", "start"], capture_output=True, timeout=60)
        log = (self.dir / "log").read_text() if (self.dir / "log").exists() else ""
        assert run.returncode == 0, run.stderr.decode() + log
        self.master = int((self.dir / "queue/pid/master.pid").read_text())
        wait_listening(("127.0.0.1", self.port), log=self.dir / "log")
        return self

    def smtpds(self):
        """The processes that talk to clients."""
        found = []
        for pid in descendants(self.master):
            try:
                if Path(f"/proc/{pid}/comm").read_text().strip() == "smtpd":
                    found.append(pid)
            except OSError:
                pass
        return found

    def kill(self):
        """kill -9 of all of it: the master stands still first, so that it starts nobody in between."""
        os.kill(self.master, signal.SIGSTOP)
        tree = [self.master] + descendants(self.master)
        kill_hard(tree)
        for pid in tree:
            wait_gone(pid)

    def stop(self):
        if not hasattr(self, "master") or not is_alive(self.master):
            return
        tree = [self.master] + descendants(self.master)
        os.kill(self.master, signal.SIGTERM)
        for pid in tree:
            wait_gone(pid)

    def queued(self):
        """Names of the queue files that are whole (Postfix ignores those it had not finished)."""
        run = subprocess.run(["postqueue", "-c", self.dir / "etc", "-j"], capture_output=True)
        return run.stdout.count(b"queue_id")

    def messages(self):
        box = self.mail / "box/new"
        return [path.read_bytes() for path in box.iterdir()] if box.is_dir() else []


class Sendmail:
    """Sendmail behind a socket of ours: one process a session (sendmail -bs), mail into files. Its package conflicts
    with Postfix's, so tools/aside has unpacked it. It runs under a name of its own, with no DNS to ask: else it
    sleeps a minute when the machine's name has no dot."""

    PROGRAM = ROOT / "build/peers/sendmail/usr/libexec/sendmail/sendmail"

    def __init__(self, directory, milter_port):
        if not self.PROGRAM.exists():
            pytest.skip("Sendmail is not there (tools/aside sendmail sendmail-bin unpacks it)")
        if not IS_ROOT:
            pytest.skip("Sendmail's own name and mounts take root")
        self.dir = Path(directory) / "sendmail"
        self.mail = self.dir / "mail"
        for folder in (self.dir, self.mail, self.dir / "queue"):
            folder.mkdir()
        self.mail.chmod(0o777)
        (self.dir / "resolv").write_text("nameserver 127.0.0.1\noptions timeout:1 attempts:1\n")
        (self.dir / "hosts").write_text("127.0.0.1 sendmail.example.org localhost\n")
        (self.dir / "switch").write_text("hosts files\n")
        deliver = self.dir / "deliver"
        deliver.write_text(f"#!/bin/sh\ncat >{self.mail}/$$.part && mv {self.mail}/$$.part {self.mail}/$$.mail\n")
        deliver.chmod(0o755)
        (self.dir / "cf").write_text(f"""V10/Berkeley
O QueueDirectory={self.dir}/queue
O DontBlameSendmail=GroupWritableDirPathSafe
O DeliveryMode=interactive
O EightBitMode=pass8
O LogLevel=0
O ServiceSwitchFile={self.dir}/switch
O Timeout.ident=0s
O MaxMimeHeaderLength=0/0
O MaxHeadersLength=200000
O SmtpGreetingMessage=$j Sendmail
O OperatorChars=.:%@!^/[]+
Djsendmail.example.org
O InputMailFilters=postern
Xpostern, S=inet:{milter_port}@127.0.0.1, F=T, T=C:10s;S:20s;R:20s;E:1m
Troot
HReceived: from $s by $j id $i; $b
S3
R$* < $* > $*\t$2
S4
S0
R$*\t$#files $: $1
Mlocal, P=/bin/false, F=lsDFM, A=false
Mprog, P=/bin/false, F=lsDFM, A=false
Mfiles, P={deliver}, F=nlsu8q, L=0, A=deliver $u
""")
        self.listener, self.processes = socket.create_server(("127.0.0.1", 0)), []
        self.port = self.listener.getsockname()[1]

    def start(self):
        threading.Thread(target=self.serve, daemon=True).start()
        return self

    def serve(self):
        private = "hostname=$1 dir=$2; shift 2; echo $hostname >/proc/sys/kernel/hostname && " \
                  "mount --bind $dir/hosts /etc/hosts && mount --bind $dir/resolv /etc/resolv.conf && exec \"$@\""
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            with client, open(self.dir / "log", "ab") as log:
                self.processes.append(subprocess.Popen(
                    ["unshare", "-m", "-u", "sh", "-c", private, "sh", "sendmail.example.org", self.dir,
                     self.PROGRAM, "-C", self.dir / "cf", "-bs"], stdin=client, stdout=client, stderr=log))

    def messages(self):
        return [path.read_bytes() for path in self.mail.glob("*.mail")]

    def stop(self):
        self.listener.close()
        for process in self.processes:
            process.kill()
            process.wait()


class Dovecot:
    """A private Dovecot: auth-client socket, and LMTP into Maildirs where asked. anybody: LMTP takes
    recipients without an account too."""

    def __init__(self, directory, accounts=None, lmtp=False, mechanisms="plain login", anybody=True):
        need_dovecot(lmtp)
        self.dir = Path(directory) / "dovecot"
        self.dir.mkdir()
        self.auth_socket, self.lmtp_socket = self.dir / "auth-client", self.dir / "lmtp"
        self.lmtp_port = free_port()
        self.mail = self.dir / "mail"
        self.mail.mkdir()
        self.log = self.dir / "log"
        self.lmtp = lmtp
        me = "root" if IS_ROOT else pwd.getpwuid(os.getuid()).pw_name
        service, owner = ("nobody", pwd.getpwnam("nobody")) if IS_ROOT else (me, pwd.getpwuid(os.getuid()))
        if IS_ROOT:
            os.chown(self.mail, owner.pw_uid, owner.pw_gid)
        internal = "dovecot" if IS_ROOT else me
        login = "dovenull" if IS_ROOT else me
        passwd = self.dir / "passwd"
        passwd.write_text("".join(f"{name}:{{PLAIN}}{password}\n"
                                  for name, password in (accounts or {"demo": "demo", "test": "1234"}).items()))
        passwd.chmod(0o644)
        lmtp_services = f"""
protocols = lmtp
service lmtp {{
  unix_listener {self.lmtp_socket} {{
    mode = 0666
  }}
  inet_listener lmtp {{
    address = 127.0.0.1
    port = {self.lmtp_port}
  }}
}}
protocol lmtp {{
  postmaster_address = postmaster@example.com
}}
""" if lmtp else "protocols =\n"
        self.config = self.dir / "dovecot.conf"
        self.config.write_text(f"""base_dir = {self.dir}/run
state_dir = {self.dir}/state
instance_name = test-{self.lmtp_port}
log_path = {self.log}
auth_verbose = yes
auth_debug = yes
default_internal_user = {internal}
default_login_user = {login}
default_internal_group = {"dovecot" if IS_ROOT else os.getgid()}
ssl = no
disable_plaintext_auth = no
auth_mechanisms = {mechanisms}
auth_failure_delay = 0
first_valid_uid = 1
mail_location = maildir:{self.mail}/%n
mail_fsync = always
passdb {{
  driver = passwd-file
  args = scheme=PLAIN username_format=%n {passwd}
}}
userdb {{
  driver = static
  args = uid={owner.pw_uid} gid={owner.pw_gid} home={self.mail}/home-%n{' allow_all_users=yes' if anybody else ''}
}}
service auth {{
  user = {internal}
  unix_listener {self.auth_socket} {{
    mode = 0666
  }}
}}
service anvil {{
  chroot =
}}
service stats {{
  chroot =
}}
{lmtp_services}""")
        self.process = None

    def start(self):
        if not IS_ROOT:
            pytest.skip("a private Dovecot is started by root here")
        self.process = subprocess.Popen([DOVECOT, "-F", "-c", str(self.config)], stdin=subprocess.DEVNULL,
                                        stdout=subprocess.DEVNULL, stderr=open(self.dir / "err", "ab"))
        wait_listening(self.lmtp_socket if self.lmtp else self.auth_socket, self.process, self.log)
        return self

    def kill(self):
        tree = [self.process.pid] + descendants(self.process.pid)
        kill_hard(tree)
        self.process.wait()
        for pid in tree:
            wait_gone(pid)
        for name in ("auth-client", "lmtp", "run/master.pid"):
            (self.dir / name).unlink(missing_ok=True)
        self.process = None

    def stop(self):
        if self.process:
            self.process.terminate()
            self.process.wait(DEADLINE)
            self.process = None

    def messages(self, user="demo"):
        box = self.mail / user / "new"
        return [path.read_bytes() for path in box.iterdir()] if box.is_dir() else []

    def log_text(self):
        return self.log.read_text(errors="replace") if self.log.exists() else ""
