#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Holds a profile with a sample for each instruction against QEMU's user mode.

profiles.py ELF QEMU FOLDED FUNCTION...
"""
import re
import sys

sys.dont_write_bytecode = True
from regions import executed, run  # noqa: E402

elf, qemu, folded, *functions = sys.argv[1:]
sampled = {}
for line in open(folded):
    stack, samples = line.rsplit(" ", 1)
    name = stack.split(";")[-1]
    sampled[name] = sampled.get(name, 0) + int(samples)
trace = executed(elf, qemu)
sizes = {m[2]: (int(m[0], 16), int(m[1], 16)) for m in re.findall(r"^([0-9a-f]{16}) ([0-9a-f]{16}) \w (\S+)$", run("llvm-nm-19", "-S", elf), re.M)}
wrong = 0
for name in functions:
    at, size = sizes[name]
    want = sum(at <= pc < at + size for pc in trace)
    print(f"{name}: {sampled.get(name)} samples, QEMU: {want} instructions")
    wrong += not want or sampled.get(name) != want
sys.exit(f"{wrong} functions differ" if wrong else 0)
