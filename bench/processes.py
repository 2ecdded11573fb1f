# SPDX-License-Identifier: ISC
"""What /proc says of a server: its processes, their CPU time, their memory."""
import os

TICK_US = 1_000_000 // os.sysconf("SC_CLK_TCK")


def stat(pid):
    """The fields of /proc/PID/stat behind the name, or None when it is gone."""
    try:
        with open(f"/proc/{pid}/stat") as f:
            text = f.read()
    except (FileNotFoundError, ProcessLookupError):
        return None
    return text[text.rindex(")") + 2:].split()


def name(pid):
    try:
        with open(f"/proc/{pid}/comm") as f:
            return f.read().strip()
    except (FileNotFoundError, ProcessLookupError):
        return ""


def tree(root):
    """root and all its living descendants."""
    children = {}
    for entry in os.listdir("/proc"):
        if entry.isdigit() and (fields := stat(entry)):
            children.setdefault(int(fields[1]), []).append(int(entry))
    found, todo = [], [root]
    while todo:
        found.append(todo.pop())
        todo += children.get(found[-1], [])
    return found


def cpu_us(root, without=()):
    """utime + stime of the tree, with that of the children that died and were waited for."""
    ticks = 0
    for pid in tree(root):
        if name(pid) not in without and (fields := stat(pid)):
            ticks += sum(int(f) for f in fields[11:15])  # utime stime cutime cstime
    return ticks * TICK_US


def pss_kib(root):
    """Proportional set size of the tree: private memory, and its share of what is shared."""
    total = 0
    for pid in tree(root):
        try:
            with open(f"/proc/{pid}/smaps_rollup") as f:
                total += next(int(line.split()[1]) for line in f if line.startswith("Pss:"))
        except (FileNotFoundError, ProcessLookupError, StopIteration):
            pass
    return total


def rss_kib(root, field):
    """{pid: VmRSS or VmHWM} of the tree."""
    found = {}
    for pid in tree(root):
        try:
            with open(f"/proc/{pid}/status") as f:
                found[pid] = next(int(line.split()[1]) for line in f if line.startswith(field + ":"))
        except (FileNotFoundError, ProcessLookupError, StopIteration):
            pass
    return found


def reset_peaks(root):
    """VmHWM becomes VmRSS (proc_pid_clear_refs(5))."""
    for pid in tree(root):
        try:
            with open(f"/proc/{pid}/clear_refs", "w") as f:
                f.write("5")
        except (FileNotFoundError, ProcessLookupError):
            pass
