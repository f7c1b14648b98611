# SPDX-License-Identifier: MIT
"""Inside gdb: a guest of our own with symbols (tests/guest/regions): breakpoints, watchpoints, steps, registers, memory, forward and back."""
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import gdb  # pylint: disable=import-error,wrong-import-position
from common import ARCH, back, count, do, equal, forward, main, memory, physical, state, stop_of, value  # pylint: disable=wrong-import-position


def breakpoints():
    """sort is called four times, from one place; the way back meets the calls in the other order."""
    do("break sort" if ARCH != "x86_64" else "hbreak sort")
    calls = []
    for n in (8, 16, 32, 64):
        equal("why", stop_of("continue"), "break 1")
        equal("n", value("n"), n)
        calls.append(state())
    for call in calls[-2::-1]:
        equal("why", stop_of("reverse-continue"), "break 1")
        equal("a call on the way back", state(), call)
    equal("why", stop_of("reverse-continue"), "")
    equal("count", count(), 0)
    for call in calls:
        do("continue")
        equal("a call again", state(), call)
    do("delete")


def steps():
    """Each step is an instruction, and so is each step back. (On RISC-V gdb itself steps by breakpoints.)"""
    seen = [state()]
    for _ in range(30):
        do("stepi")
        seen.append(state())
    for before, after in zip(seen, seen[1:]):
        equal("a step", after[0], before[0] + 1)
    for before in seen[-2::-1]:
        do("reverse-stepi")
        equal("a step back", state(), before)
    for n in (1, 7, 30):
        forward(n)
        equal("a limit", state(), seen[n])
        back(n)
        equal("a limit back", state(), seen[0])


def watchpoints():
    """Each change of a word, behind the instruction that makes it, and in front of it on the way back."""
    address = value("(long)&numbers")
    back(count())
    do(f"watch *(unsigned int *){address}")
    changes = []
    while stop_of("continue") == "watch 2":
        changes.append((count(), memory(address, 4)))
    if len(changes) < 3:
        raise AssertionError(f"changes: {changes}")
    for (now, _), (_, before) in zip(changes[::-1], changes[-2::-1] + [(0, bytes(4))]):
        equal("why", stop_of("reverse-continue"), "watch 2")
        equal("a change undone", (count(), memory(address, 4)), (now - 1, before))
    do("delete")
    do(f"rwatch *(unsigned int *){address + 4}")
    equal("why", stop_of("continue"), "watch 3")
    do("delete")


def writes():
    """What a debugger writes is there, and the past is gone."""
    address = value("(long)&numbers")
    do(f"set var *(unsigned int *){address} = 0x12345678")
    equal("memory", memory(address, 4), bytes.fromhex("78563412"))
    physical(True)  # it is mapped one to one
    equal("physical memory", memory(address, 4), bytes.fromhex("78563412"))
    physical(False)
    register, other = {"x86_64": ("$rbx", "$xmm3.v2_int64[0]"), "riscv64": ("$s3", "$scause"), "arm64": ("$x19", "$v5.ud[0]")}[ARCH]
    do(f"set var {register} = 0x1122334455667788")
    do(f"set var {other} = 99")
    equal(register, value(register), 0x1122334455667788)
    equal(other, value(other), 99)
    now = count()
    forward(1)
    do("reverse-stepi")
    equal("count", count(), now)
    do("reverse-stepi")
    equal("count", count(), now)
    forbidden = {"x86_64": "$cr4 = 0xffffffffffffffff", "riscv64": "$pc = 1", "arm64": "$cpsr = 0"}[ARCH]
    try:
        do(f"set var {forbidden}")
        raise AssertionError(f"{forbidden} is taken")
    except gdb.error:
        pass


def the_end():
    equal("why", stop_of("continue"), "SIGABRT")
    end = count()
    back(10)
    equal("count", count(), end - 10)


def test():
    breakpoints()
    steps()
    watchpoints()
    for words in ("help", "info mem", "info tlb", "xp 0x80000000 16", "nonsense"):
        do(f"monitor {words}")
    the_end()
    if os.environ["GDB_WRITES"] == "1":
        writes()
        do("kill")
    else:
        do("detach")


main(test)
