#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""tests/host/records: keys typed by hand, on a terminal of one's own, into bare-echo, which a q ends.
usage: typed.py BINARY OPTION..."""
import os
import pty
import sys
import time

pid, terminal = pty.fork()
if not pid:
    os.execv(sys.argv[1], sys.argv[1:])
for key in b"abcq":
    time.sleep(0.2)  # a person's pace: each finds the guest halted
    os.write(terminal, bytes([key]))
try:
    while os.read(terminal, 4096):
        pass
except OSError:  # the other end is gone
    pass
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
