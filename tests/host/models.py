#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Holds the model of a machine against Valgrind's cachegrind, function by function.

models.py REPORT CACHEGRIND.OUT

Both have seen the same program with caches of the same sizes. Equal are: instructions, reads, misses of every cache, branches and how many were
mispredicted. By design other: cachegrind counts an instruction that reads and writes one place as a read alone (the write cannot miss), so of `writes` there
may be more here, by as many as `work` has of those. `done` is where the region ends, and what has no name is what starts the program."""
import collections
import json
import sys

# Events of cachegrind's and keys of ours.
SAME = {"Ir": "instructions", "I1mr": "i1_misses", "ILmr": "ll_code_misses", "Dr": "reads", "D1mr": "d1_read_misses", "DLmr": "ll_read_misses",
        "Dw": "writes", "D1mw": "d1_write_misses", "DLmw": "ll_write_misses", "Bc": "conditional", "Bcm": "conditional_mispredicted",
        "Bi": "indirect", "Bim": "indirect_mispredicted"}
MODIFIES = {"work": 8}  # at most
PASSED_OVER = {"done", "both", "???"}


def cachegrind(path):
    """function -> event -> count"""
    events, function, counts = [], None, collections.defaultdict(collections.Counter)
    for line in open(path):
        word, _, rest = line.partition("=" if line.startswith(("fn=", "fl=")) else " ")
        if word == "events:":
            events = rest.split()
        elif word == "fn":
            function = rest.strip()
        elif word.isdigit():
            counts[function].update(dict(zip(events, map(int, rest.split()))))
    return counts


def main():
    report, theirs = sys.argv[1], cachegrind(sys.argv[2])
    ours = {line["name"]: line for line in map(json.loads, open(report)) if line["softmetal"] == "function"}
    names = sorted((set(ours) | set(theirs)) - PASSED_OVER)
    if len(names) < 10:
        sys.exit(f"there are {len(names)} functions only")
    wrong = 0
    for name in names:
        for event, key in SAME.items():
            have, want = ours.get(name, {}).get(key, 0), theirs[name][event]
            differs = have != want and not (event == "Dw" and 0 < have - want <= MODIFIES.get(name, 0))
            print(f"{name}: {key} {have}, cachegrind {want}" + (": DIFFERS" if differs else ""))
            wrong += differs
    sys.exit(f"{wrong} numbers differ" if wrong else 0)


main()
