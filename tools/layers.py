#!/usr/bin/env python3
"""Checks that includes follow the arrows of `rooms` in meson.build."""
import ast
import pathlib
import re
import sys

text = pathlib.Path("meson.build").read_text()
listed = re.search(r"^rooms = (\[.*?^\])", text, re.S | re.M)[1]
rooms = {r[0]: {r[0], *r[1]} for r in ast.literal_eval(listed)}
rooms["cmd"] = {"cmd", *rooms}
public = {"dns": "base", "dkim": "dkim", "practices": "practices", "dhcp": "dhcp"}  # include/postern/NAME.h: whose it is
bad = 0
for file in sorted(pathlib.Path("src").glob("*/*.[ch]")):
    for number, line in enumerate(file.read_text().splitlines(), 1):
        m = re.match(r'\s*#\s*include\s+"([a-z]+)/([a-z]+)', line)
        if not m:
            continue
        used = public[m[2]] if m[1] == "postern" else m[1]
        if used not in rooms[file.parts[1]]:
            print(f"{file}:{number}: {file.parts[1]} may not use {used}")
            bad = 1
sys.exit(bad)
