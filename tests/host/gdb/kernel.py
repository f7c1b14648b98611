# SPDX-License-Identifier: MIT
"""Inside gdb: Debian's kernel, without symbols. Its addresses are told by the processor's own registers: where it is entered."""
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from common import ARCH, back, count, do, equal, forward, main, memory, physical, state, stop_of, value  # pylint: disable=wrong-import-position

FAR = 1000000
ENTRY = {"x86_64": "$lstar", "riscv64": "$stvec", "arm64": "$VBAR_EL1 + 0x280"}[ARCH]  # SYSCALL; all traps; an interrupt at EL1


def entry_at(table, index):
    physical(True)
    entry = int.from_bytes(memory(table + 8 * index, 8), "little")
    physical(False)
    return entry


def walk(address):
    """The physical address, by the tables that the processor's registers tell, read as physical memory."""
    if ARCH == "x86_64":
        table, shift, low = value("$cr3") & ~0xFFF, 48 if value("$cr4") >> 12 & 1 else 39, 12
    elif ARCH == "riscv64":
        table, shift, low = (value("$satp") & (1 << 44) - 1) << 12, 12 + 9 * (value("$satp") >> 60) - 54, 12
    else:
        table, shift, low = value("$TTBR1_EL1") & (1 << 48) - (1 << 12), 39, 12
    while True:
        entry = entry_at(table, address >> shift & 511)
        if not entry & 1:
            raise AssertionError(f"{address:#x} is not mapped: {entry:#x} at shift {shift}")
        if ARCH == "riscv64":
            page, leaf = (entry >> 10 & (1 << 44) - 1) << 12, entry & 14
        else:
            page = entry & (1 << 48) - (1 << 12)
            leaf = shift == low or (entry & 0x80 if ARCH == "x86_64" else not entry & 2)
        if leaf:
            return page & ~((1 << shift) - 1) | address & (1 << shift) - 1
        table, shift = page, shift - 9


def same_bytes(address):
    there = walk(address)
    physical(True)
    found = memory(there, 16)
    physical(False)
    equal(f"memory at {address:#x}", memory(address, 16), found)


def test():
    forward(int(os.environ["GDB_BEFORE"]))
    do(f"hbreak *({ENTRY})")
    equal("why", stop_of("continue"), "break 1")
    equal("pc", value("$pc"), value(ENTRY))
    same_bytes(value("$pc"))
    hit = state()
    do("delete")
    print("stopped at", hit[0], hex(value("$pc")))

    seen = [hit]
    for _ in range(20):
        forward(1)
        seen.append(state())
    same_bytes(value("$pc"))
    for before in seen[-2::-1]:
        do("reverse-stepi")
        equal("a step back", state(), before)

    forward(FAR)
    equal("count", count(), hit[0] + FAR)
    there = state()
    back(FAR)
    equal(f"{FAR} back", state(), hit)
    forward(FAR)
    equal(f"{FAR} forward again", state(), there)
    do(f"hbreak *({ENTRY})") # the last time that it was come to, this one or another
    equal("why", stop_of("reverse-continue"), "break 2")
    equal("pc", value("$pc"), value(ENTRY))
    if not hit[0] <= count() < there[0]:
        raise AssertionError(f"back at {count()}")
    do("delete")
    do("kill")


main(test)
