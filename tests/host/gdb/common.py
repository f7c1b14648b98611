# SPDX-License-Identifier: MIT
"""What the scripts of this folder that run inside gdb share. gdb ends with status 1 where something is not as it should be."""
import os
import sys
import traceback

import gdb  # pylint: disable=import-error

ARCH = os.environ["GDB_ARCH"]
NAMES = {"x86_64": "i386:x86-64", "riscv64": "riscv:rv64", "arm64": "aarch64"}


def do(command):
    return gdb.execute(command, to_string=True)


def equal(what, is_, expected):
    if is_ != expected:
        raise AssertionError(f"{what}: {is_}, expected {expected}")


def value(expression):
    return int(gdb.parse_and_eval(expression)) & (1 << 64) - 1


def count():
    return int(do("monitor instructions").split()[0])


def state():
    """Everything that a debugger can see of an instant: the count, the hash of the whole machine, the registers."""
    return count(), do("monitor state_hash"), do("info registers")


def forward(n):
    do(f"monitor limit {n}")
    do("continue")


def back(n):
    do(f"monitor limit {n}")
    do("reverse-stepi")


def physical(on):
    do(f"maintenance packet Qqemu.PhyMemMode:{int(on)}")


def memory(address, n):
    return bytes(gdb.selected_inferior().read_memory(address, n))


def stop_of(command):
    """Why the guest stopped: "break N", "watch N", a signal's name, or "" when an order has come to its end, or the past to its begin."""
    last = []
    gdb.events.stop.connect(last.append)
    do(command)
    gdb.events.stop.disconnect(last.append)
    event = last[-1]
    if isinstance(event, gdb.BreakpointEvent):
        point = event.breakpoints[0]
        return f"{'break' if point.location else 'watch'} {point.number}"
    return event.stop_signal if isinstance(event, gdb.SignalEvent) else ""


def main(test):
    try:
        for setting in ("confirm off", "pagination off", "code-cache off", "stack-cache off", "remotetimeout 60",
                        f"architecture {NAMES[ARCH]}"):
            do(f"set {setting}")
        do("target remote socket")
        test()
    except Exception:  # pylint: disable=broad-except
        traceback.print_exc()
        sys.stdout.flush()
        os._exit(1)  # gdb's own ways out wait for the guest
    print("all is well")
