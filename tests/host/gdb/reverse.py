#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Random queries forward and back, each compared with what was seen on the straight way.
usage: reverse.py SOCKET FROM TO NOTES QUERIES SEED

The straight way goes from FROM to TO instructions, and NOTES instants of it are noted: all registers that `g` tells, and the hash of the
machine. Then instants are gone to in a random order, by steps with a limit, and by running back to a breakpoint."""
import random
import socket
import statistics
import sys
import time


class Stub:
    """The protocol's other side, without acknowledgements."""

    def __init__(self, path):
        self.line = socket.socket(socket.AF_UNIX)
        for _ in range(100):
            try:
                self.line.connect(path)
                break
            except OSError:
                time.sleep(0.1)
        self.line.settimeout(300)
        self.buffer = b""
        self.ask("QStartNoAckMode")
        self.line.sendall(b"+")

    def packet(self):
        while True:
            start = self.buffer.find(b"$")
            end = self.buffer.find(b"#", start + 1)
            if 0 <= start < end and len(self.buffer) >= end + 3:
                body, self.buffer = self.buffer[start + 1 : end], self.buffer[end + 3 :]
                return body.decode()
            more = self.line.recv(65536)
            if not more:
                sys.exit("the line is dead")
            self.buffer += more

    def ask(self, words):
        self.line.sendall(b"$%s#%02x" % (words.encode(), sum(words.encode()) & 255))
        return self.packet()

    def monitor(self, words):
        answer = self.ask("qRcmd," + words.encode().hex())
        said = ""
        while answer.startswith("O") and answer != "OK":
            said += bytes.fromhex(answer[1:]).decode()
            answer = self.packet()
        return said

    def move(self, n):
        """n instructions on, or back."""
        if n:
            self.monitor(f"limit {abs(n)}")
            stop = self.ask("s" if n > 0 else "bs")
            if not stop.startswith("T05"):
                sys.exit(f"a move of {n} ended with {stop}")

    def count(self):
        return int(self.monitor("instructions").split()[0])

    def instant(self):
        return self.ask("g"), self.monitor("state_hash")


def main():
    path, (first, last, notes, queries, seed) = sys.argv[1], map(int, sys.argv[2:7])
    chance = random.Random(seed)
    stub = Stub(path)
    at = 0
    noted = {}
    for place in sorted(chance.sample(range(first, last), notes)):
        stub.move(place - at)
        at = place
        noted[at] = stub.instant()
    wrong, took = 0, []
    for _ in range(queries):
        place = chance.choice(list(noted))
        start = time.monotonic()
        stub.move(place - at)
        took.append(time.monotonic() - start)
        if (stub.count(), stub.instant()) != (place, noted[place]):
            print(f"at {place}, come to from {at}: another instant than on the straight way")
            wrong += 1
        at = place
    took.sort()
    print(f"{queries} queries, {wrong} wrong; median {statistics.median(took):.4f} s, p99 {took[len(took) * 99 // 100]:.4f} s")
    stub.line.sendall(b"$k#6b")
    sys.exit(wrong != 0)


main()
