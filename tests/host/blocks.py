#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What the guest bare-writer has left on a disk, read without a line of softmetal's: the overlay through Python's own SQLite.

blocks.py IMAGE OVERLAY|- FLUSHED    every block holds its last write up to number FLUSHED, or a later one
"""
import os
import shutil
import sqlite3
import sys
import tempfile

BLOCK, SPAN, STRIDE, LATER = 4096, 64, 97, 100000


def place(n):
    return 1 + n * 2654435761 % 2**64 % SPAN * STRIDE


def pattern(n):
    words = ((n * 0x9E3779B97F4A7C15 + i if i % 64 else n) % 2**64 for i in range(BLOCK // 8))
    return b"".join(w.to_bytes(8, "little") for w in words)


class Disk:
    def __init__(self, image, overlay):
        self.image = open(image, "rb")
        self.blocks = {}
        if overlay != "-":
            with tempfile.TemporaryDirectory() as folder:  # a reader would carry the log over: that is the next run's business
                for end in ("", "-wal"):
                    if os.path.exists(overlay + end):
                        shutil.copy(overlay + end, os.path.join(folder, "overlay" + end))
                db = sqlite3.connect(os.path.join(folder, "overlay"))
                assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
                self.blocks = dict(db.execute("SELECT number, bytes FROM block"))
                db.close()

    def read(self, number):
        if number in self.blocks:
            return self.blocks[number]
        self.image.seek(number * BLOCK)
        return self.image.read(BLOCK)


def main():
    disk, flushed = Disk(sys.argv[1], sys.argv[2]), int(sys.argv[3])
    last = {}
    for n in range(1, flushed + 1):
        last[place(n)] = n
    for number, n in sorted(last.items()):
        got = disk.read(number)
        there = int.from_bytes(got[:8], "little")
        assert n <= there <= flushed + LATER and place(there) == number, f"block {number}: write {there}, and {n} was flushed"
        assert got == pattern(there), f"block {number}: write {there} is not whole"
    control = int.from_bytes(disk.read(0)[:8], "little")
    assert flushed <= control, f"the first block says {control} and {flushed} was flushed"
    assert not disk.blocks or set(disk.blocks) <= {0} | {1 + i * STRIDE for i in range(SPAN)}
    print(f"{len(last)} blocks hold the {flushed} writes that were flushed; the last one was {control}")


main()
