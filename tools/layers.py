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
bad = 0
for file in sorted(pathlib.Path("src").glob("*/*.[ch]")):
    for number, line in enumerate(file.read_text().splitlines(), 1):
        m = re.match(r'\s*#\s*include\s+"([a-z]+)/', line)
        if m and m[1] not in rooms[file.parts[1]]:
            print(f"{file}:{number}: {file.parts[1]} may not use {m[1]}")
            bad = 1
sys.exit(bad)
