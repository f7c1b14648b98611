# SPDX-License-Identifier: MIT
"""Measured regions in the firmware on a machine whose time is QEMU's count of instructions (-icount): there even the host's cycles are the
same in every boot, and so is each byte that the serial port has said. One thing apart: when QEMU's disk has read a sector is the real host's
affair, so that softmetal comes to a clock at another instant in between two of its ticks, and sees a few millionths more or less of the
TSC's frequency."""
import os
import re
import tempfile

from frame import has, test
from guests import EXIT, GUEST_EXIT, files
from machine import ROOT, Machine, volume

BOOTS = int(os.environ.get("BOOTS", 100 if os.environ.get("LONG", "0") != "0" else 2))
CONF = "kernel = regions.elf\nmemory = 64M\nmeasure = marks\nrepeat = 20\nmodel = small\n" + EXIT
# The serial port is a file: a socket takes bytes when its reader has time. The clock chip goes with the instructions, too.
MACHINE = ["-icount", "shift=0,sleep=off", "-rtc", "base=2026-01-01,clock=vm", "-serial"]


# By the ACPI timer, before and behind the run: 20 ms of it are 71591 ticks.
FREQUENCY = re.compile(r'(?<="tsc_hz":)\d+|(?<="tsc_hz_after":)\d+')


def without_frequencies(text):
    for hz in FREQUENCY.findall(text):
        assert abs(int(hz) - 10**9) < 50000, f"a TSC of 1 GHz was seen as one of {hz} Hz"
    return FREQUENCY.sub("...", text)


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
                said.append(without_frequencies(f.read()))
            if said[boot] != said[0]:
                lines = zip(said[0].splitlines(), said[boot].splitlines())
                raise AssertionError(f"boot {boot} says something else:\n" + "\n".join(f"{a}\n{b}" for a, b in lines if a != b)[:3000])
    has(said[0], r'"name":"sort",[^\n]*"d1_read_misses":\d+,[^\n]*"repeats":20,[^\n]*"repeat_cycles_median":\d+',
        r'"softmetal":"host",[^\n]*"tsc_hz_after":\.\.\.', r'"softmetal":"result",[^\n]*"host_cycles":\d+')
