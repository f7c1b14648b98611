# SPDX-License-Identifier: MIT
"""Measured regions in the firmware on a machine whose time is QEMU's count of instructions (-icount): there even the host's cycles are the
same in every boot, and so is each byte that the serial port has said. When QEMU's disk has read a sector is the real host's affair, so softmetal
comes to a clock at another instant in between two of its ticks each time: nothing that it says may follow from that."""
import os
import tempfile

from frame import has, test
from guests import EXIT, GUEST_EXIT, files
from machine import ROOT, Machine, volume

BOOTS = int(os.environ.get("BOOTS", 100 if os.environ.get("LONG", "0") != "0" else 2))
CONF = "kernel = regions.elf\nmemory = 64M\nmeasure = marks\nrepeat = 20\nmodel = small\n" + EXIT
# The serial port is a file: a socket takes bytes when its reader has time. The clock chip goes with the instructions, too.
MACHINE = ["-icount", "shift=0,sleep=off", "-rtc", "base=2026-01-01,clock=vm", "-serial"]


@test
def every_boot_says_the_same_to_the_last_cycle():
    regions = (ROOT / "build/guest/regions-x86_64.elf").read_bytes()
    with tempfile.TemporaryDirectory(prefix="boot.") as folder:
        stick, said = os.path.join(folder, "stick"), []
        volume(stick, files(CONF, regions_elf=regions))
        for boot in range(BOOTS):
            serial = os.path.join(folder, "serial")
            with Machine(stick, serial="none", qemu=[*MACHINE, "file:" + serial]) as m:
                assert m.wait_end(1500) == (GUEST_EXIT << 1 | 1), open(serial, errors="replace").read()[-3000:]
            with open(serial, errors="replace") as f:
                said.append(f.read())
            if said[boot] != said[0]:
                lines = zip(said[0].splitlines(), said[boot].splitlines())
                raise AssertionError(f"boot {boot} says something else:\n" + "\n".join(f"{a}\n{b}" for a, b in lines if a != b)[:3000])
    has(said[0], r'"name":"sort",[^\n]*"d1_read_misses":\d+,[^\n]*"repeats":20,[^\n]*"repeat_cycles_median":\d+',
        r'"tsc_hz":1000000000,"tsc_hz_pit":1000000000,"tsc_hz_after":1000000000,', r'"softmetal":"result",[^\n]*"host_cycles":\d+')
