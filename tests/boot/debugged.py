# SPDX-License-Identifier: MIT
"""Tests of a debugger at the firmware's guest, over a second serial port: Debian's gdb-multiarch, and what noise on the line does."""
import os
import random
import re
import socket
import subprocess
import tempfile
import threading
import time

from frame import has, has_not, test
from guests import EXIT, LIVE, REFUSED, bare, files, run
from machine import ROOT, Machine

PORT = "gdb = 0x2f8"


class Line:
    """QEMU's second serial port, as a socket in a folder of its own."""

    def __init__(self):
        self.dir = tempfile.TemporaryDirectory(prefix="gdb.")
        self.path = os.path.join(self.dir.name, "socket")
        self.qemu = ["-chardev", f"socket,id=gdb,path={self.path},server=on,wait=off", "-serial", "chardev:gdb"]

    def open(self):
        s = socket.socket(socket.AF_UNIX)
        s.connect(self.path)
        return s


def noise(chance, n):
    """Bytes of nobody's: Ctrl-C, half packets, and packets whose sum is wrong among them."""
    parts = [b"\x03", b"$", b"$g#66", b"$m0,4", b"#", b"+", b"-", b"}", b"$k#00", b"$" + bytes(300) + b"#00"]
    return b"".join(chance.choice(parts) if chance.random() < 0.5 else bytes(chance.randrange(256) for _ in range(20)) for _ in range(n))


def the_end(text):
    return re.sub('"host_cycles":[0-9]+,', "", re.search(r'\{"softmetal":"result".*', text)[0])


def hosted(*options):
    """How the same guest ends in the hosted build that nobody debugs."""
    with tempfile.TemporaryDirectory() as d:
        subprocess.run([ROOT / "build/host/softmetal", "run", *options, "--report", d + "/json"], stdin=subprocess.DEVNULL,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
        with open(d + "/json", encoding="utf-8") as f:
            return the_end(f.read())


@test
def gdb_on_the_second_serial_port():
    """A guest of our own with symbols, forward and back, as the hosted build has it. It waits, whatever noise comes before."""
    kernel = ROOT / "build/guest/regions-x86_64.elf"
    line, chance = Line(), random.Random(1)
    conf = f"kernel = regions.elf\nmemory = 64M\nmax_instructions = 1M\n{PORT}\n"
    with Machine({"softmetal.conf": (conf + EXIT).encode(), "regions.elf": kernel.read_bytes()}, memory=1024, qemu=line.qemu) as m:
        m.wait_for(r"gdb: \d+ MiB are there for going back")
        m.wait_for(r"gdb: the guest waits for a debugger at 0x2f8")
        with line.open() as s:
            s.sendall(noise(chance, 200))
            time.sleep(1)
        has_not(m.text, "gdb: a debugger is here")
        gdb = subprocess.Popen(["gdb-multiarch", "-q", "-nx", "-batch", kernel, "-x", ROOT / "tests/host/gdb/guest.py"],
                               cwd=line.dir.name, env=dict(os.environ, GDB_ARCH="x86_64", GDB_WRITES="0"), text=True,
                               stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        said = threading.Thread(target=lambda: setattr(gdb, "said", gdb.communicate()[0]))
        said.start()
        m.wait_end()
        said.join(30)
        has(gdb.said, "all is well")
        has(m.text, "gdb: a debugger is here, at 0 instructions\n", "gdb: the debugger has left")
        end = the_end(m.text)
    assert end == hosted("--kernel", kernel, "--memory", "64M", "--max_instructions", "1M"), end


@test
def noise_on_the_debuggers_line():
    """Without an end, while the guest runs and nobody debugs: it comes to the same end. And behind it a debugger is heard."""
    line, chance = Line(), random.Random(2)
    conf = LIVE.replace("64M", "16M") + f"max_instructions = 30M\n{PORT},nowait\n"
    with Machine(files(conf + EXIT, guest_bin=bare("spin")), qemu=line.qemu) as m:
        over = threading.Event()

        def talk():
            with line.open() as s:
                try:
                    while not over.is_set():
                        s.sendall(noise(chance, 100))
                except OSError:
                    pass

        talker = threading.Thread(target=talk)
        m.wait_for("gdb: .* are there for going back")
        talker.start()
        try:
            m.wait_end()
        finally:
            over.set()
            m.process.kill()
            talker.join()
        has(m.text, '"reason":"max-instructions"')
        has_not(m.text, "gdb: a debugger is here")
        end = the_end(m.text)
    assert end == hosted("--kernel", ROOT / "build/guest/bare-spin.bin", "--load_address", "0x7c00", "--memory", "16M",
                         "--max_instructions", "30M"), end


class Talker:
    """The protocol's other side, with acknowledgements, on a line that is as bad as it is made."""

    def __init__(self, line):
        self.line, self.buffer = line, b""
        line.settimeout(60)

    def byte(self):
        if not self.buffer:
            self.buffer = self.line.recv(4096)
            assert self.buffer, "the line is dead"
        first, self.buffer = self.buffer[:1], self.buffer[1:]
        return first

    def packet(self):
        while self.byte() != b"$":
            pass
        body = b""
        while (b := self.byte()) != b"#":
            body += b
        self.byte(), self.byte()
        self.line.sendall(b"+")
        return body.decode()

    def ask(self, words):
        self.line.sendall(b"$%s#%02x" % (words.encode(), sum(words.encode()) & 255))
        return self.packet()


@test
def a_debugger_that_comes_anew():
    """Over a serial port nobody sees that a debugger has gone: the next one begins anew, while the guest runs and while it is stopped."""
    line = Line()
    conf = LIVE.replace("64M", "16M") + f"{PORT},nowait\n"
    with Machine(files(conf + EXIT, guest_bin=bare("spin")), qemu=line.qemu) as m:
        m.wait_for("gdb: .* are there for going back")
        with line.open() as s:
            t = Talker(s)
            assert "QStartNoAckMode" not in t.ask("qSupported:swbreak+")
            has(t.ask("?"), "^T05")
            assert t.ask("Z0,7c00,1") == "OK"
            for _ in range(2):
                has(t.ask("c"), "^T05swbreak")
            assert t.ask("z0,7c00,1") == "OK"
            s.sendall(b"$c#63")
            assert t.byte() == b"+"
        with line.open() as s:  # it runs
            t = Talker(s)
            s.sendall(b"$m0,")  # cut off
            has(t.ask("qSupported:swbreak+"), "PacketSize")
            has(t.ask("?"), "^T05")
            assert t.ask("Z0,7c00,1") == "OK"
        with line.open() as s:  # it is stopped, and has a breakpoint of nobody's
            t = Talker(s)
            has(t.ask("qSupported:swbreak+"), "PacketSize")
            s.sendall(b"$c#00")  # damaged
            assert t.byte() == b"-"
            s.sendall(b"$c#63")
            assert t.byte() == b"+"
            time.sleep(1)
            s.sendall(b"$\x03")  # half a packet is no shelter from Ctrl-C
            has(t.packet(), "^T02")
            s.sendall(b"$k#6b")
            m.wait_end(60)
        has(m.text, '"reason":"stopped"')
        assert m.text.count("gdb: a debugger is here") == 3, m.text[-2000:]


@test
def gdb_where_there_is_no_line():
    for where, why in (("tcp:1234", "the firmware has no sockets; right is a serial port: 0x2f8"), ("0x3f8", "the console is there"),
                       ("0x3e8", "no UART answers there")):
        has(run(files(LIVE + f"gdb = {where}\n" + EXIT, guest_bin=bare("spin")), REFUSED), f"error: gdb = {where}: {why}")
