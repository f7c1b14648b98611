# SPDX-License-Identifier: MIT
"""What outlives a run, again and again (LONG=1: a hundred times)."""
import os
import re
import subprocess

from frame import has, test
from guests import LIVE, bare, files
from machine import Machine

TIMES = 100 if os.environ.get("LONG") else 4


def stick_file(m, name):
    """What is in a file of the stick's by now."""
    return subprocess.run(["mtype", "-i", m.at("stick.img"), "::/" + name], capture_output=True, check=True,
                          env=dict(os.environ, MTOOLS_SKIP_CHECK="1")).stdout


@test
def log_outlives_every_run():
    """By turns a run that comes to its end, whose log is in the firmware's variables, and one under which the machine is reset, whose log is in memory.
    Each has a word of its own, and the next start writes it, with nothing of the runs before."""
    with Machine(files(LIVE + "exit = reset\n", guest_bin=bare("echo")), reboots=True) as m:
        for n in range(TIMES + 1):
            m.wait_for(r"raw image[^>]*\n>")
            if n:
                before, from_memory = f"<run{n - 1}>", n % 2 == 0
                has(m.text, r"softmetal\.log: written, the last \d+ bytes that the run before has said" + (", from memory\n" if from_memory else "\n"))
                log = stick_file(m, "softmetal.log").decode()
                assert re.findall("<run[0-9]+>", log) == [before] and "left boot services" in log, f"start {n}: {log[-2000:]}"
                assert from_memory or '"reason":"debug-exit"' in log, f"start {n}: {log[-2000:]}"
            m.send(f"<run{n}>".encode())
            m.wait_for(f"<run{n}>")
            m.raw = b""
            if n % 2:
                m.monitor("system_reset")
            else:
                m.send(b"q")
                m.wait_for("press a key|bare-metal emulator")
                m.send(b"x")
