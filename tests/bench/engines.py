# SPDX-License-Identifier: MIT
"""What runs the benchmark's guests, and how long each takes: processor time of the process, read from outside when the guest's console
says that its work begins and ends."""
import json
import os
import pathlib
import pty
import re
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time

from guests import OTHER, OUT, ROOT

SOFTMETAL = ROOT / "build/host/softmetal"


class Engine:
    """`name` is its column. `start` returns the command and the file that the console is written to (None: standard output)."""
    finishes = False  # whether it is waited for when the guest's work is done

    def __init__(self, name):
        self.name = name

    def can(self, guest):
        """Why it cannot run the guest, or None."""
        return None

    def start(self, guest, scratch):
        raise NotImplementedError

    def report(self, scratch):
        """What it says of the run besides."""
        return {}


class Softmetal(Engine):
    finishes = True  # (for its report)

    def __init__(self, name, binary, options):
        super().__init__(name)
        self.binary, self.options = binary, options

    def start(self, guest, scratch):
        initrd = ["--initrd", guest.initrd] if guest.initrd else []
        until = ["--until", guest.end.decode()] if guest.name == "installer" else []
        return [self.binary, "run", "--kernel", guest.kernel, *initrd, *(["--append", guest.append] if guest.append else []),
                "--memory", f"{guest.memory}M", "--report", scratch / "report", "--log", scratch / "log", *until, *self.options], None

    def report(self, scratch):
        lines = [json.loads(line) for line in (scratch / "report").read_text().splitlines() if '"result"' in line]
        return {key: lines[-1][key] for key in ("instructions", "state_hash")} if lines else {}


class Qemu(Engine):
    MACHINE = {"riscv64": ["-M", "virt"], "arm64": ["-M", "virt,gic-version=3", "-cpu", "cortex-a76"],
               # (la57 off: one level of page tables less is QEMU's best)
               "x86_64": ["-cpu", "max,la57=off", "-device", "isa-debug-exit,iobase=0xf4,iosize=4"]}

    @staticmethod
    def program(guest):
        return "qemu-system-" + {"arm64": "aarch64"}.get(guest.arch, guest.arch)

    def can(self, guest):
        return None if shutil.which(self.program(guest)) else "not installed"

    def start(self, guest, scratch):
        return [self.program(guest), "-accel", "tcg,thread=single", "-smp", "1", "-m", guest.memory, "-nodefaults", "-display", "none",
                "-no-reboot", "-serial", "stdio", *self.MACHINE[guest.arch], "-kernel", guest.kernel, *(["-initrd", guest.initrd] if guest.initrd else []),
                *(["-append", guest.append] if guest.append else [])], None


class Native(Engine):
    finishes = True  # (its children's time is known when they are over)

    def can(self, guest):
        return None if guest.native else "no native program"

    def start(self, guest, scratch):
        return list(guest.native), None


class Firmware(Engine):
    """softmetal's firmware on a UEFI machine under TCG."""
    finishes = True

    def __init__(self, name, options):
        super().__init__(name)
        self.settings = [f"{option.removeprefix('--')}={value}" for option, value in zip(options[::2], options[1::2])]

    def start(self, guest, scratch):
        image = scratch / "image"
        settings = [f"append={guest.append}", f"memory={guest.memory}M", "exit=isa-debug-exit", *self.settings]
        subprocess.run([ROOT / "scripts/image", "-o", image, "--kernel", guest.kernel, *(["--initrd", guest.initrd] if guest.initrd else []),
                        *(word for setting in settings for word in ("--set", setting))], check=True, stdout=subprocess.DEVNULL)
        return [ROOT / "scripts/run", "--image", image, "--medium", "virtio", "--accel", "tcg", "--memory", f"{guest.memory}M",
                "--log", scratch / "log"], None

    def report(self, scratch):
        found = re.findall(r'"instructions":(\d+).*?"state_hash":"(\w+)"', (scratch / "log").read_text(errors="replace"), re.S)
        return {"instructions": int(found[-1][0]), "state_hash": found[-1][1]} if found else {}


class Bochs(Engine):
    """It boots an ISO by way of its BIOS and ISOLINUX."""

    def can(self, guest):
        return None if shutil.which("bochs") else "not installed"

    def start(self, guest, scratch):
        tree, serial = scratch / "tree", scratch / "serial"
        tree.mkdir()
        shutil.copy("/usr/lib/ISOLINUX/isolinux.bin", tree)
        for module in ("ldlinux", "libcom32", "mboot"):
            shutil.copy(f"/usr/lib/syslinux/modules/bios/{module}.c32", tree)
        os.link(guest.kernel, tree / "kernel") if os.stat(guest.kernel).st_dev == os.stat(tree).st_dev else shutil.copy(guest.kernel, tree / "kernel")
        if guest.initrd:
            shutil.copy(guest.initrd, tree / "initrd")
        words = f"kernel mboot.c32\nappend /kernel {guest.append}" if guest.bare else f"linux /kernel\ninitrd /initrd\nappend {guest.append}"
        (tree / "isolinux.cfg").write_text(f"default guest\nprompt 0\ntimeout 1\nlabel guest\n{words}\n")
        subprocess.run(["xorriso", "-as", "mkisofs", "-quiet", "-r", "-J", "-b", "isolinux.bin", "-c", "boot.cat", "-no-emul-boot",
                        "-boot-load-size", "4", "-boot-info-table", "-o", scratch / "iso", tree], check=True, capture_output=True)
        serial.write_bytes(b"")
        (scratch / "bochsrc").write_text(
            "display_library: term\n"  # of Debian's, the one that needs no screen
            "sound: driver=dummy, waveoutdrv=dummy, midioutdrv=dummy\nspeaker: enabled=1, mode=none\n"
            f"megs: {guest.memory}\nromimage: file=/usr/share/bochs/BIOS-bochs-latest\n"
            "vgaromimage: file=/usr/share/bochs/VGABIOS-lgpl-latest\n"
            "cpu: model=corei7_haswell_4770, count=1, ips=100000000, reset_on_triple_fault=0\n"
            "clock: sync=none\n"
            "ata0: enabled=1, ioaddr1=0x1f0, ioaddr2=0x3f0, irq=14\n"
            f"ata0-master: type=cdrom, path={scratch}/iso, status=inserted\nboot: cdrom\n"
            f"com1: enabled=1, mode=file, dev={serial}\nlog: {scratch}/bochs.log\npanic: action=fatal\nerror: action=ignore\n")
        (scratch / "debugger").write_text("c\n")  # Debian's build stops in its debugger first
        return ["bochs", "-q", "-f", scratch / "bochsrc", "-rc", scratch / "debugger"], serial


# ---- A run

# Who is told to stop takes what it has started along.
signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))


def processor_time(pid):
    """Seconds of processor time that the process and its children have used so far."""
    total = 0.0
    try:
        total = time.clock_gettime((~pid << 3) | 2)  # CPUCLOCK_SCHED of a process: clock_getcpuclockid(3)
        for thread in pathlib.Path(f"/proc/{pid}/task").iterdir():
            total += sum(processor_time(int(child)) for child in (thread / "children").read_text().split())
    except (OSError, ValueError):
        pass  # it has just ended
    return total


class Console:
    """What the guest shows, as it comes."""

    def __init__(self, process, screen, file):
        self.process, self.screen, self.file = process, screen, file
        self.text, self.ended = b"", False

    def wait(self, seconds):
        """More text, if some comes in this time."""
        if self.file is None:
            if select.select([self.process.stdout], [], [], seconds)[0]:
                data = os.read(self.process.stdout.fileno(), 65536)
                self.text += data
                self.ended = not data
            return
        while select.select([self.screen], [], [], 0.02)[0]:  # a terminal for an emulator that draws on one; nobody looks at it
            os.read(self.screen, 65536)
        self.text = self.file.read_bytes()
        self.ended = self.process.poll() is not None


class Marks:
    """The console's marks with the processor time at which each was seen."""

    def __init__(self, guest):
        self.guest, self.names = guest, guest.name.split(",")
        self.patterns = {"begin": guest.begin, "end": guest.end, "other": OTHER}
        self.at = dict.fromkeys(self.patterns, 0)
        self.boot, self.began, self.rows, self.problems = None, {}, {}, {}
        self.now = 0.0

    def found(self, kind, text):
        """The groups of each new match."""
        for match in re.finditer(self.patterns[kind], text[self.at[kind]:]) if self.patterns[kind] else ():
            yield [group.decode(errors="replace") for group in match.groups()] or [self.guest.name]
        self.at[kind] = max(self.at[kind], text.rfind(b"\n") + 1)

    def take(self, text, now):
        self.now = now = max(now, self.now)  # (who has just ended has none)
        for (row,) in self.found("begin", text):
            self.boot = now if self.boot is None else self.boot
            self.began[row] = now
        for row, *digest in self.found("end", text):
            self.rows.setdefault(row, (now - self.began.get(row, 0), *(digest or [None])))
        for word, rest in self.found("other", text):
            self.problems[rest if word == "skip" else next((n for n in self.names if n in self.began and n not in self.rows), self.names[0])] = (
                f"{word} {rest}")

    def done(self):
        return self.guest.end and len(self.rows) + len(self.problems) >= len(self.names)

    def whole(self, usage, text):
        """The process has ended, and all its time is known, its children's, too."""
        seconds = usage.ru_utime + usage.ru_stime
        if not self.guest.end:
            self.rows[self.guest.name] = (seconds, last_line(text))
        elif list(self.rows) == [self.guest.name]:
            self.rows[self.guest.name] = (seconds - self.began[self.guest.name], self.rows[self.guest.name][1])


def last_line(text):
    """The last line that a guest has shown, without a kernel's time: its result."""
    lines = [re.sub(r"^\[.*?\] ", "", line.strip()) for line in text.decode(errors="replace").splitlines()]
    return next((line for line in reversed(lines) if line), "")


def follow(engine, process, console, marks, limit):
    """Reads the console until the guest's work is done and, where the engine has more to say, until it has ended."""
    end = time.monotonic() + limit
    while not console.ended and not marks.done() and time.monotonic() < end:
        console.wait(1)
        marks.take(console.text, processor_time(process.pid))
    end = time.monotonic() + 60
    while engine.finishes and not console.ended and time.monotonic() < end:
        console.wait(1)
    if console.ended and (isinstance(engine, Native) or not marks.guest.end):
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if not process.returncode:
            marks.whole(usage, console.text)


def run(engine, guest, limit):
    """Runs the guest for `limit` seconds at most. Returns {row: (seconds, digest)}, {row: why it has no time} and {"boot": seconds, ...}."""
    with tempfile.TemporaryDirectory(dir=OUT) as folder:
        scratch = pathlib.Path(folder)
        command, file = engine.start(guest, scratch)
        screen = pty.openpty() if file else None
        with open(scratch / "stderr", "wb") as log:
            process = subprocess.Popen([str(word) for word in command], stdin=screen[1] if screen else subprocess.DEVNULL,
                                       stdout=screen[1] if screen else subprocess.PIPE, stderr=log, process_group=0,
                                       env=dict(os.environ, TERM="vt100"))
        console, marks = Console(process, screen and screen[0], file), Marks(guest)
        try:
            follow(engine, process, console, marks, limit)
        finally:
            try:
                os.killpg(process.pid, signal.SIGTERM if isinstance(engine, Firmware) else signal.SIGKILL)
            except ProcessLookupError:
                pass
            process.wait()
            for end in screen or ():
                os.close(end)
        missing = [name for name in marks.names if name not in marks.rows and name not in marks.problems]
        tail = (console.text[-200:] + (scratch / "stderr").read_bytes()[-300:]).decode(errors="replace")
        marks.problems.update(dict.fromkeys(missing, f"it did not come to its end: {tail!r}"))
        return marks.rows, marks.problems, {"boot": marks.boot, **(engine.report(scratch) if console.ended else {})}


# ---- Which there are

def softmetals(binaries):
    """(name, binary, options) of each engine of each build: all that its --help lists."""
    for binary in binaries:
        label = "softmetal" if len(binaries) == 1 else str(binary)
        usage = subprocess.run([binary, "--help"], capture_output=True, text=True, check=True).stdout
        if not re.search(r"^\s*--engine\b", usage, re.M):
            yield label, binary, []
            continue
        for kind in ("interpret", "translate"):
            yield f"{label} {kind}" if len(binaries) > 1 else kind, binary, ["--engine", kind]
