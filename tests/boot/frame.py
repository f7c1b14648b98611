# SPDX-License-Identifier: MIT
"""What the Python test scripts here share: tests by name, one line for each, "PASS name" or "FAIL name: why"; arguments pick some."""
import concurrent.futures
import os
import re
import subprocess
import sys
import time
import traceback

from machine import ROOT

TESTS = []


def test(f):
    TESTS.append(f)
    return f


def has(text, *wanted):
    for w in wanted:
        assert re.search(w, text, re.S), f"no {w!r} in:\n{text[-4000:]}"


def has_not(text, *unwanted):
    for w in unwanted:
        assert not re.search(w, text, re.S), f"{w!r} in:\n{text[-4000:]}"


def run_test(t):
    start = time.time()
    try:
        t()
        print(f"PASS boot/{t.__name__} ({time.time() - start:.0f} s)", flush=True)
        return True
    except Exception as e:
        why = str(e) if isinstance(e, AssertionError) else traceback.format_exc()
        print(f"FAIL boot/{t.__name__}: " + why.replace("\n", "\n    | "), flush=True)
        return False


def main(*targets):
    """Runs the tests that the command line names, or all, once make has made the targets."""
    wanted = sys.argv[1:]
    # The tests' own time limits must not count a build.
    build = subprocess.run(["make", "--no-print-directory", "-C", ROOT, *targets], capture_output=True, text=True)
    if build.returncode:
        print("FAIL boot/build: make " + " ".join(targets) + "\n" + build.stdout[-2000:] + build.stderr[-2000:])
        sys.exit(1)
    chosen = [t for t in TESTS if not wanted or t.__name__ in wanted]
    with concurrent.futures.ThreadPoolExecutor(min(4, os.cpu_count() or 1)) as pool:
        results = list(pool.map(run_test, chosen))
    sys.exit(not all(results))
