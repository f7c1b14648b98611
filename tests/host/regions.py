#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Holds measured regions against QEMU's user mode and LLVM's disassembler.

regions.py ELF QEMU REPORT [FUNCTION | 0xBEGIN-0xEND]...    (none: what is between marks)

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
KEYS = ["visits", "instructions", "integer", "branch_taken", "branch_not_taken", "fp", "vector", "system", "loads", "stores"]


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
    shift, mask, mark = (20, 0xFF007FFF, 0x5A002013) if arch == "littleriscv" else (10, 0xFFFFC01F, 0xD356801F)
    verb = word >> shift & 15
    return verb if len(data) == 4 and word & mask & ~(15 << shift) == mark & ~(15 << shift) and BEGIN <= verb <= VALUE else 0


def x86_class(op, operands):
    if re.match(r"j|call|ret|loop", op):
        return "branch"
    if "%xmm" in operands:
        return "fp" if re.search(r"s[sd]$|cvtsi2s|s[sd]2si", op) else "vector"
    return "system" if re.match(r"in[bwl]?$|out|hlt|[cs]ti$|iret|syscall|cpuid", op) else "integer"


def x86_memory(op, operands):
    """(loads, stores) as 0 or 1."""
    memory = [o for o in re.split(r",\s*(?![^(]*\))", operands) if "(" in o or re.match(r"0x[0-9a-f]+$", o)]
    if re.match(r"push|call", op):
        return int("*" in operands and bool(memory)), 1
    if re.match(r"pop|ret|leave", op):
        return 1, int(bool(memory))
    if re.match(r"lea|nop|j", op) or not memory:
        return 0, 0
    last = operands.endswith(memory[-1])
    if not last or re.match(r"cmp|test|ucomis|comis", op):
        return 1, 0
    return int(not re.match(r"mov|set", op)), 1


def riscv_class(op, operands):
    if re.match(r"b[egln]|j|ret$|call$|tail$", op):
        return "branch"
    if op.startswith("f"):
        return "system" if op.startswith("fence") else "fp"
    return "system" if re.match(r"csr|ecall|ebreak|sret|wfi", op) else "integer"


def arm_class(op, operands):
    if re.match(r"(b|bl|br|blr|ret|cbn?z|tbn?z)$|b\.", op):
        return "branch"
    if re.search(r"\b[vq]\d", operands) or op == "movi":
        return "vector"
    return "fp" if re.search(r"\b[bhsd]\d", operands) else "system" if re.match(r"msr|mrs|isb|d[ms]b|eret|hvc|svc", op) else "integer"


def classes(arch, text):
    """(class, conditional, loads, stores)."""
    op, _, operands = text.partition(" ")
    if arch == "x86-64":
        return x86_class(op, operands), op[0] == "j" and op[:3] != "jmp" or op[:4] == "loop", *x86_memory(op, operands)
    if arch == "littleriscv":
        load, store = re.match(r"l[bhwd]u?$|fl[wd]$", op), re.match(r"s[bhwd]$|fs[wd]$", op)
        return riscv_class(op, operands), op[0] == "b", bool(load), bool(store)
    return arm_class(op, operands), bool(re.match(r"b\.|cbn?z|tbn?z", op)), op.startswith("ld"), op.startswith("st")


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


def marked(trace, code, arch, memory):
    """What a visit is: (name, the places in the trace of its first instruction and of the one behind its last)."""
    visits, done = [], []
    for i, at in enumerate(trace):
        verb = mark_of(code[at][0], arch)
        if verb == BEGIN:
            visits.append((name_before(memory, at), i + 1))
        if verb == END and visits:
            name, begin = visits.pop()
            if all(name != other for other, _ in visits):
                done.append((name, begin, i))
    return done


def called(trace, code, name, entry):
    """A function's visits: until what stands behind the call comes next; calls from within are a part of it."""
    begin, back = None, None
    for i, at in enumerate(trace):
        if begin is not None and at == back:
            yield name, begin, i
            begin = None
        if begin is None and at == entry:
            begin, back = i, trace[i - 1] + len(code[trace[i - 1]][0])


def between(trace, name):
    first, last = (int(x, 16) for x in name.split("-"))
    begin = None
    for i, at in enumerate(trace):
        if begin is not None and at == last:
            yield name, begin, i
            begin = None
        if begin is None and at == first:
            begin = i


def expected(elf, qemu, asked):
    trace = executed(elf, qemu)
    code, arch = disassembly(elf, sorted(set(trace)))
    symbols = {m[1]: int(m[0], 16) for m in re.findall(r"^([0-9a-f]{16}) \w (\S+)$", run("llvm-nm-19", elf), re.M)}
    visits = [] if asked else marked(trace, code, arch, reader(elf))
    for name in asked:
        visits += between(trace, name) if name[0] == "0" else called(trace, code, name, symbols[name])
    regions = {}
    for name, begin, end in visits:
        counts = regions.setdefault(name, collections.Counter({key: 0 for key in KEYS}))
        counts["visits"] += 1
        for at, following in zip(trace[begin:end], trace[begin + 1 : end + 1]):
            data, text = code[at]
            kind, conditional, loads, stores = classes(arch, text)
            if kind == "branch":
                kind += "_not_taken" if conditional and following == at + len(data) else "_taken"
            counts.update({"instructions": 1, kind: 1, "loads": int(loads), "stores": int(stores)})
    return regions


def main():
    elf, qemu, report, *asked = sys.argv[1:]
    counted = {line["name"]: line for line in map(json.loads, open(report)) if line["softmetal"] == "region"}
    regions = expected(elf, qemu, asked)
    wrong = 0
    if len(regions) < (len(asked) or 5):
        sys.exit(f"QEMU has gone through {len(regions)} regions only")
    for name, want in regions.items():
        for key, n in want.items():
            have = counted.get(name, {}).get(key)
            print(f"{name}: {key}: {have}, QEMU and LLVM: {n}")
            wrong += have != n
    sys.exit(f"{wrong} numbers differ" if wrong else 0)


if __name__ == "__main__":
    main()
