#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Holds measured regions against QEMU's user mode and LLVM's disassembler.

regions.py ELF QEMU REPORT

QEMU executes the program one instruction at a time and says where each is; the disassembler says what it is. From the two follows what each
region must have counted. The program's last instructions are of no region: it ends with a privileged one.
"""
import collections
import json
import re
import subprocess
import sys
import tempfile

BEGIN, END, VALUE = 1, 2, 3


def run(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def disassembly(elf, starts):
    """address -> (bytes, text), and the architecture. There are names between the instructions, so where these start is said by symbols."""
    first = int(re.search(r"\.text\s+PROGBITS\s+(\S+)", run("llvm-readelf-19", "-SW", elf))[1], 16)
    symbols = [f"--add-symbol=at{a:x}=.text:{a - first:#x},function,global" for a in starts]
    with tempfile.NamedTemporaryFile() as copy:
        run("llvm-objcopy-19", *symbols, elf, copy.name)
        out = run("llvm-objdump-19", "-d", "--mattr=+all", copy.name)
    arch = re.search(r"file format elf64-(\S+)", out)[1]
    code = {}
    for line in out.splitlines():
        m = re.match(r"\s*([0-9a-f]+):\s+((?:[0-9a-f]{2,8} )*[0-9a-f]{2,8})\s*\t(.*)", line)
        if m:  # an x86 byte, or a word of the others
            data = b"".join(bytes.fromhex(w)[::-1] for w in m[2].split())
            code[int(m[1], 16)] = (data, m[3].split("#")[0].split("<")[0].replace("\t", " ").strip())
    return code, arch


def executed(elf, qemu):
    """Addresses in the order of execution."""
    one = "-one-insn-per-tb" if "one-insn-per-tb" in run(qemu, "-help") else "-singlestep"
    with tempfile.NamedTemporaryFile() as log:
        subprocess.run([qemu, one, "-d", "exec,nochain", "-D", log.name, elf], capture_output=True)
        return [int(m, 16) for m in re.findall(r"^Trace \d+: 0x[0-9a-f]+ \[[0-9a-f]+/([0-9a-f]+)/", open(log.name).read(), re.M)]


def mark_of(data, arch):
    """The verb of a mark; 0: it is none."""
    if arch == "x86-64":
        return data[6] if len(data) == 7 and data[:2] == b"\x0f\x1f" and data[3:6] == b"SMR" else 0
    word = int.from_bytes(data, "little")
    shift, mask, mark = (20, 0xFF00707F, 0x5A002013) if arch == "littleriscv" else (10, 0xFFFFC01F, 0xD356801F)
    verb = word >> shift & 15
    return verb if len(data) == 4 and word & mask & ~(15 << shift) == mark & ~(15 << shift) and BEGIN <= verb <= VALUE else 0


def reader(elf):
    """Memory of the file's segments."""
    data = open(elf, "rb").read()
    found = re.findall(r"LOAD\s+(0x\S+) (0x\S+) 0x\S+ (0x\S+)", run("llvm-readelf-19", "-lW", elf))
    loads = [tuple(int(x, 16) for x in m) for m in found]

    def read(at, n):
        offset, start = next((o, s) for o, s, size in loads if s <= at < s + size)
        return data[offset + at - start :][:n]

    return read


def name_before(memory, at):
    back, length = int.from_bytes(memory(at - 4, 2), "little"), int.from_bytes(memory(at - 2, 2), "little")
    return memory(at - back, length).decode()


def expected(elf, qemu):
    trace = executed(elf, qemu)
    code, arch = disassembly(elf, sorted(set(trace)))
    memory = reader(elf)
    regions = {}
    visits = []  # that are open: names
    for at in trace:
        data, text = code[at]
        verb = mark_of(data, arch)
        if verb == END and visits:
            name = visits.pop()
            regions[name]["visits"] += name not in visits
        for name in set(visits):
            regions[name]["instructions"] += 1
        if verb == BEGIN:
            name = name_before(memory, at)
            regions.setdefault(name, collections.Counter(visits=0, instructions=0))
            visits.append(name)
    return regions


def main():
    elf, qemu, report = sys.argv[1:]
    counted = {line["name"]: line for line in map(json.loads, open(report)) if line["softmetal"] == "region"}
    regions = expected(elf, qemu)
    wrong = 0
    if len(regions) < 5:
        sys.exit(f"QEMU has gone through {len(regions)} regions only")
    for name, want in regions.items():
        for key, n in want.items():
            have = counted.get(name, {}).get(key)
            print(f"{name}: {key}: {have}, QEMU and LLVM: {n}")
            wrong += have != n
    sys.exit(f"{wrong} numbers differ" if wrong else 0)


main()
