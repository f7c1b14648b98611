# SPDX-License-Identifier: MIT
"""Inside gdb: how many single steps the first visit of a function takes, for those that GDB_FUNCTIONS names, in the order of their calls."""
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from common import ARCH, count, do, equal, main, stop_of, value  # pylint: disable=wrong-import-position


def test():
    for n, name in enumerate(os.environ["GDB_FUNCTIONS"].split(), 1):
        do(f"break *{name}")
        equal("why", stop_of("continue"), f"break {n}")
        do("delete")
        stack, steps, before = value("$sp"), 0, count()
        back = value({"x86_64": "*(long *)$sp", "riscv64": "$ra", "arm64": "$x30"}[ARCH])
        while value("$pc") != back or value("$sp") < stack:
            do("stepi")
            steps += 1
        equal("instructions", count(), before + steps)
        print("steps", name, steps)
    do("kill")


main(test)
