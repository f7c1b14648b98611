# SPDX-License-Identifier: MIT
"""The benchmark's figures: one table, one JSON file, one plot."""
import json
import math
import statistics
import subprocess

# The rows whose geometric mean is the plan's measure.
CORE = ("int sha256 muldiv vm chase16k chase64m rep word string nbody mandel dgemm simd getpid pgfault fork pipe smc jit bigcode").split()
BOOT = "boot"


class Results:
    """Runs by row and engine. BOOT is a row besides: what runs took until their row began."""

    def __init__(self, engines, rows, about):
        self.engines, self.rows, self.about = engines, list(rows), about
        self.base = "qemu" if "qemu" in engines else engines[0]
        self.runs = {}  # {row: {engine: [{"seconds": ..., "digest": ..., ...}]}}
        self.problems = {}  # {row: {engine: text}}

    def add(self, row, engine, **run):
        if row == BOOT and BOOT not in self.rows:
            self.rows.insert(0, BOOT)
            self.about[BOOT] = "Debian's kernel, until it starts the program"
        self.runs.setdefault(row, {}).setdefault(engine, []).append(run)

    def problem(self, row, engine, text):
        self.problems.setdefault(row, {})[engine] = text

    def seconds(self, row, engine):
        runs = self.runs.get(row, {}).get(engine)
        times = [run["seconds"] for run in runs or () if run["seconds"] is not None]
        return statistics.median(times) if times else None

    def ratio(self, row, engine):
        """Of time to QEMU's (without QEMU, the first engine's); None where either could not run it."""
        mine, base = self.seconds(row, engine), self.seconds(row, self.base)
        return mine / base if mine is not None and base else None

    def mean(self, engine, rows):
        ratios = [self.ratio(row, engine) for row in rows]
        ratios = [max(r, 1e-4) for r in ratios if r is not None]
        return (math.exp(sum(map(math.log, ratios)) / len(ratios)), len(ratios)) if ratios else (None, 0)

    def differences(self):
        """What must be equal and is not: digests of the same run in all engines; instructions and state hashes in softmetal's."""
        for row, engines in self.runs.items():
            digests, states = {}, {}
            for name, runs in engines.items():
                for run in runs:
                    digests.setdefault(run["parts"], {}).setdefault(run["digest"], set()).add(name)
                    if "state_hash" in run:
                        states.setdefault((run["instructions"], run["state_hash"]), set()).add(name)
            for values in digests.values():
                if len(values) > 1:
                    yield f"{row}: digests differ: {values}"
            if len(states) > 1:
                yield f"{row}: instructions and state hashes differ: {states}"


def cell(value):
    return "-" if value is None else f"{value:.2f}" if value >= 0.095 else f"{value:.3f}"


def table(results):
    columns = [name for name in results.engines if name != results.base]
    wide = max(len(row) for row in [*results.rows, "geomean of all"]) + 2
    last = max(10, len(results.base) + 4)
    yield f"time relative to {results.base} (below 1 is faster)"
    yield "".join([f"{'':{wide}}", *(f"{name:>{max(11, len(name) + 2)}}" for name in columns), f"{results.base + ' s':>{last}}", "  "]).rstrip()

    def line(title, cells, seconds, about):
        shown = [f"{cell(value):>{max(11, len(name) + 2)}}" for name, value in zip(columns, cells)]
        return "".join([f"{title:{wide}}", *shown, f"{seconds:>{last}}", "  ", about]).rstrip()

    for row in results.rows:
        base = results.seconds(row, results.base)
        yield line(row, [results.ratio(row, name) for name in columns], "-" if base is None else f"{base:.2f}", results.about.get(row, ""))
    work = [row for row in results.rows if row != BOOT]
    core = [row for row in work if row in CORE]
    for title, rows in (("geomean of 20", core), ("geomean of all", work)):
        if not rows or not columns:
            continue
        means = [results.mean(name, rows) for name in columns]
        yield line(title, [mean for mean, _ in means], "", "of " + ", ".join(str(n) for _, n in means) + " rows")
    missing = {}
    for row, engines in results.problems.items():
        for name, text in engines.items():
            missing.setdefault((name, text.replace(f" {row}", "")), []).append(row)
    for (name, text), rows in missing.items():
        yield f"not in {name}: {' '.join(rows)} ({text})"


def write_json(results, path, **more):
    rows = {row: {name: {"median": results.seconds(row, name), "ratio": results.ratio(row, name), "runs": runs} for name, runs in engines.items()}
            for row, engines in results.runs.items()}
    path.write_text(json.dumps({**more, "base": results.base, "rows": rows, "problems": results.problems}, indent=1) + "\n")


def plot(results, path):
    """Ratios by row on a logarithmic scale, an SVG by gnuplot; the data lies beside it."""
    columns = [name for name in results.engines if name != results.base and any(results.ratio(row, name) for row in results.rows)]
    if not columns:
        return
    data = path.with_suffix(".tsv")
    data.write_text("\n".join(["\t".join(["row", *columns])] + [
        "\t".join([row, *("NaN" if (r := results.ratio(row, name)) is None else f"{max(r, 1e-3):.4f}" for name in columns)]) for row in results.rows]) + "\n")
    series = ", ".join(f"'{data}' using {i + 2}:xtic(1) title columnheader" for i in range(len(columns)))
    script = f"""set terminal svg size {max(900, 34 * len(results.rows))},520 dynamic background 'white'
set output '{path}'
set datafile separator '\\t'
set style data histograms
set style fill solid 0.8 border -1
set logscale y
set ylabel 'time relative to {results.base}'
set grid y
set key outside top horizontal
set xtics rotate by -60 noenhanced
set key noenhanced
plot [][0.001:] {series}, 1 with lines lc 'black' notitle
"""
    subprocess.run(["gnuplot", "-"], input=script, text=True, check=True)
