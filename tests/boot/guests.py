# SPDX-License-Identifier: MIT
"""What the firmware's tests start, and what they read off the screen."""
import collections
import gzip
import re
import time

from machine import ROOT, Machine

# mov al, 0; out 0xf4, al; hlt: ends the guest's run in any processor mode.
GUEST = bytes([0xB0, 0x00, 0xE6, 0xF4, 0xF4])
RAW = "kernel = guest.bin\nload_address = 0x100000\nentry = 0x100000\n"
EXIT = "exit = isa-debug-exit\n"
REFUSED, OWN_FAULT = 2, 70


def files(conf=RAW + EXIT + "memory = 64M\n", selftest=None, **more):
    out = {name.replace("_", "."): data for name, data in more.items()}
    if conf is not None:
        out["softmetal.conf"] = conf.encode()
        out.setdefault("guest.bin", GUEST + bytes(3 * 2**20))
    out = {name: data for name, data in out.items() if data is not None}
    if selftest:
        out["softmetal.selftest"] = selftest.encode()
    return out


def run(volume, status=None, **machine):
    """Boots, waits for the end and returns what serial said. status is the firmware's, not QEMU's."""
    with Machine(volume, **machine) as m:
        got = m.wait_end()
        assert status is None or got == (status << 1 | 1), f"QEMU's status {got}, wanted {status << 1 | 1}:\n{m.text[-4000:]}"
        return m.text


def bare(name):
    """A guest of tests/guest/x86_64/bare, for real mode from 0:7C00 on."""
    return (ROOT / f"build/guest/bare-{name}.bin").read_bytes()


LIVE = "kernel = guest.bin\nload_address = 0x7c00\nmemory = 64M\n"
GUEST_EXIT, STOPPED = (0x10 << 1 | 1), 126


def glyphs():
    data = gzip.open("/usr/share/consolefonts/Uni2-VGA16.psf.gz").read()
    count, height = (512 if data[2] & 1 else 256), data[3]
    rows, table, glyph, sequence = {}, data[4 + count * height:], 0, False
    for i in range(0, len(table), 2):
        c = int.from_bytes(table[i:i + 2], "little")
        if c == 0xFFFF:
            glyph, sequence = glyph + 1, False
        elif c == 0xFFFE:
            sequence = True
        elif not sequence:
            rows[chr(c)] = data[4 + glyph * height:4 + (glyph + 1) * height]
    return rows


def screen_text(path):
    """The lines of text in a PPM screenshot, read back by comparing every cell with the font. What is behind a glyph is a cell's most frequent colour."""
    with open(path, "rb") as f:
        data = f.read()
    size = re.match(rb"P6\s+(\d+) (\d+)\s+255\s", data)
    width, height, pixels = int(size[1]), int(size[2]), data[size.end():]
    known = {bytes(g): c for c, g in glyphs().items() if " " <= c <= "~"}
    lines = []
    for top in range(0, height - 15, 16):
        line = ""
        for left in range(0, width - 7, 8):
            rows = [pixels[((top + y) * width + left) * 3:((top + y) * width + left + 8) * 3] for y in range(16)]
            dots = [[row[x:x + 3] for x in range(0, 24, 3)] for row in rows]
            behind = collections.Counter(dot for row in dots for dot in row).most_common(1)[0][0]
            line += known.get(bytes(sum((dot != behind) << (7 - x) for x, dot in enumerate(row)) for row in dots), "?")
        lines.append(line.rstrip())
    return "\n".join(lines)


def screen_shows(m, what, device="", seconds=120):
    """Until the regular expression is on that screen: serial may have a line before, and some machines have no serial port."""
    screen, deadline = "", time.time() + seconds
    while not re.search(what, screen):
        assert time.time() < deadline, f"no {what!r} on the screen:\n{screen}"
        m.poll()
        m.monitor(f"screendump {m.at('screen.ppm')} {device}")
        screen = screen_text(m.at("screen.ppm"))
        time.sleep(0.5)
    return screen
