#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A terminal of 80 by 25 that reads what a run's console has shown, and knows what core/mirror.c writes: anything else is an error.
    terminal.py FILE                     prints the last screen
    terminal.py FILE TEXT [BACKGROUND]   succeeds if a line has ever shown the text (on a background: 40 to 47)
    terminal.py FILE --count TEXT        prints how often the text has come up, line by line"""
import re
import sys

COLUMNS, ROWS = 80, 25
SEQUENCE = re.compile(rb"\x1b\[(\??)([0-9;]*)([A-Za-z])")


class Terminal:
    def __init__(self):
        self.cells = [[(" ", 40)] * COLUMNS for _ in range(ROWS)]
        self.x = self.y = 0
        self.background = 40
        self.bottom = ROWS - 1

    def control(self, byte):
        if byte == 0x0D:
            self.x = 0
        elif byte == 0x08:
            self.x = max(self.x - 1, 0)
        elif byte == 0x0A:
            if self.y == self.bottom:
                self.cells = self.cells[1:] + [[(" ", self.background)] * COLUMNS]
            else:
                self.y += 1
        else:
            raise ValueError(f"control character {byte:#x}")

    def sequence(self, mark, numbers, final):
        n = [int(v) if v else 0 for v in numbers.split(b";")]
        if mark:
            assert (n, final) in (([25], b"h"), ([25], b"l")), (n, final)
        elif final == b"H":
            self.y, self.x = (n + [1])[0] - 1 if n[0] else 0, n[1] - 1 if len(n) > 1 else 0
            assert self.y < ROWS and self.x < COLUMNS, n
        elif final == b"J":
            assert n == [2]
            self.cells = [[(" ", 40)] * COLUMNS for _ in range(ROWS)]
        elif final == b"K":
            self.cells[self.y][self.x:] = [(" ", self.background)] * (COLUMNS - self.x)
        elif final == b"m":
            self.background = next((v for v in reversed(n) if 40 <= v <= 47), 40)
        elif final == b"r":
            assert n in ([1, ROWS], [0]), n
            self.x = self.y = 0
        else:
            raise ValueError(f"sequence {numbers} {final}")

    def put(self, character):
        assert self.x < COLUMNS, "text beyond the last column"
        self.cells[self.y][self.x] = (character, self.background)
        self.x += 1

    def feed(self, data):
        """Yields after each character, so that nothing in between is missed."""
        at = 0
        while at < len(data):
            if data[at] == 0x1B:
                match = SEQUENCE.match(data, at)
                assert match, data[at : at + 20]
                self.sequence(*match.groups())
                at = match.end()
            elif data[at] < 0x20:
                self.control(data[at])
                at += 1
            else:
                length = 1 if data[at] < 0x80 else 2 if data[at] < 0xE0 else 3
                self.put(data[at : at + length].decode())
                at += length
            yield

    def line(self, y):
        return "".join(c for c, _ in self.cells[y])

    def shows(self, y, text, background):
        at = self.line(y).find(text)
        return at >= 0 and (background is None or {b for _, b in self.cells[y][at : at + len(text)]} == {background})


def main(file, *words):
    terminal = Terminal()
    with open(file, "rb") as f:
        data = f.read()
    times, shown = 0, False
    text = words[1] if words[0:1] == ("--count",) else words[0] if words else None
    background = int(words[1]) if len(words) > 1 and words[0] != "--count" else None
    for _ in terminal.feed(data):
        if text is not None:
            now = terminal.shows(min(terminal.y, ROWS - 1), text, background)
            times += now and not shown
            shown = now
    if not words:
        print("\n".join(terminal.line(y).rstrip() for y in range(ROWS)).rstrip("\n"))
    elif words[0] == "--count":
        print(times)
    elif not times:
        sys.exit(f"never shown: {text!r}")


main(*sys.argv[1:])
