# SPDX-License-Identifier: ISC
# The front door: every target is a script of tools/, which installs what it needs and calls Meson.
.PHONY: all run check lint bench fuzz asan format install clean
all: ; @tools/build release
run: ; @tools/tour/run
check: ; @tools/need build run check && tools/check
lint: ; @tools/need build lint && tools/lint
bench: ; @tools/need build run bench && tools/build release && /usr/bin/python3 bench/run.py
fuzz: ; @tools/need build run check && tools/check --fuzz
asan: ; @tools/build asan
format: ; @tools/need lint && tools/sources | xargs clang-format -i
install: ; @tools/build release && tools/install
clean: ; rm -rf build run
