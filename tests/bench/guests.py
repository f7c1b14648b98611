# SPDX-License-Identifier: MIT
"""What the benchmark runs: the rows of build/bench's programs as guests, and Debian's boots."""
import dataclasses
import functools
import pathlib
import re
import subprocess
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
CACHE, OUT = ROOT / "build/cache", ROOT / "build/bench"
DEBIAN = CACHE / "bench-debian"
# What a row prints: tests/bench/x86_64/kit.c.
BEGIN, END = rb"bench: begin (\w+)\r?\n", rb"bench: end (\w+) ([0-9a-f]{16})\r?\n"
OTHER = rb"bench: (skip|fail) ([^\r\n]*)\r?\n"


@dataclasses.dataclass(frozen=True)
class Guest:
    """One run. `begin` and `end` are patterns on its console; their groups are the row (else it is `name`) and, of `end`, a digest. Without
    `begin` the time begins with the run; without `end` it ends with it, and the last line shown is the digest."""
    name: str
    about: str = ""
    arch: str = "x86_64"
    kernel: pathlib.Path | None = None
    initrd: pathlib.Path | None = None
    append: str = ""
    begin: bytes | None = BEGIN
    end: bytes | None = END
    native: tuple = ()  # the same work as a program of this machine
    programs: tuple = ()  # of build/bench, which have its rows
    bare: bool = False  # a kernel of its own, of which the native program does not do what it is about
    memory: int = 1024  # MiB
    work: int = 0  # units
    parts: int = 1  # what the work is divided by: digests of the same row and parts are equal

    def done(self, parts):
        """Units that are done when the work is divided so: kit.c."""
        return max(1, self.work // parts)


def pack(output, files):
    """A cpio archive, as Linux takes it for its first root, of {name in it: path of a file or folder}."""
    with tempfile.TemporaryDirectory(dir=OUT) as folder:
        tree, part = pathlib.Path(folder) / "tree", pathlib.Path(folder) / "cpio"
        tree.mkdir()
        for name, path in files.items():
            subprocess.run(["cp", "-a", path, tree / name], check=True)
        names = subprocess.run(["find", "."], cwd=tree, check=True, capture_output=True).stdout
        with open(part, "wb") as out:
            subprocess.run(["cpio", "-o", "-H", "newc", "-R", "0:0", "--quiet"], cwd=tree, input=names, stdout=out, check=True)
        part.rename(output)  # another run may be reading the old one


@functools.cache
def fetch(*words):
    """Makes files in build/cache, if they are not there."""
    subprocess.run([ROOT / "scripts/guest-debian", *words], check=True, stdout=subprocess.DEVNULL)


@functools.cache
def initrd(debian):
    """Of the programs, with or without Debian's."""
    output = OUT / ("initrd-debian" if debian else "initrd")
    fetch("busybox")
    if debian:
        fetch("bench")
    pack(output, {"bench": OUT / "bench", "bench32": OUT / "bench32", **({"usr": DEBIAN / "usr"} if debian else {})})
    return output


@functools.cache
def runs_here(program):
    """Whether this host's kernel runs such a program: some have no 32-bit programs."""
    try:
        return subprocess.run([OUT / program, "--list"], capture_output=True, check=False).returncode == 0
    except OSError:
        return False


def listed(program):
    """(name, work, needs, about) of its rows."""
    emulator = [] if runs_here(program) else ["qemu-i386"]
    text = subprocess.run([*emulator, OUT / program, "--list"], check=True, capture_output=True, text=True).stdout
    return [line.split(" ", 3) for line in text.splitlines()]


def linux(name, about, rows, parts, programs, debian):
    """Rows (with commas) of the programs as the first process of Debian's kernel, one program after the other."""
    words = [rows, str(parts), *programs[1:]]
    here = [program for program in programs if runs_here(program)]
    native = ("env", "-C", str(OUT), *([f"BENCH_ROOT={DEBIAN}"] if debian else []), f"./{here[0]}", rows, str(parts), *here[1:]) if here else ()
    return Guest(name, about, kernel=CACHE / "vmlinuz", initrd=initrd(debian), native=native, parts=parts, programs=tuple(programs),
                 append=f"console=ttyS0 quiet rdinit=/{programs[0]}{' BENCH_ROOT=/' if debian else ''} -- {' '.join(words)}")


def bare(name, about, rows, parts):
    return Guest(name, about, kernel=OUT / "bench-bare.bin", append=f"{rows} {parts}", native=(str(OUT / "bench"), rows, str(parts)), bare=True,
                 parts=parts)


def x86_64(parts):
    """{row: Guest}, each with a `parts`-th of its work."""
    guests = {}
    for program in ("bench", "bench32"):
        for name, work, needs, about in listed(program):
            guest = bare(name, about, name, parts) if needs == "ring0" else linux(name, about, name, parts, [program], needs == "debian")
            guests[name] = dataclasses.replace(guest, work=int(work))
    return guests


def together(guests, parts):
    """As few guests as have all these rows, by the names of their rows: Linux's in one boot, bare ones in another."""
    rows = {"linux": [g for g in guests if not g.bare and g.programs], "bare": [g for g in guests if g.bare]}
    names = {kind: ",".join(g.name for g in some) for kind, some in rows.items()}
    if rows["linux"]:
        programs = sorted({program for g in rows["linux"] for program in g.programs})
        yield linux(names["linux"], "", names["linux"], parts, programs, any(g.initrd == initrd(True) for g in rows["linux"]))
    if rows["bare"]:
        yield bare(names["bare"], "", names["bare"], parts)


def installer():
    """Debian's installer from its kernel's first line to its first screen."""
    fetch("iso")
    for name in ("vmlinuz", "initrd.gz"):
        output = OUT / f"installer-{name}"
        if not output.exists():
            subprocess.run(["xorriso", "-osirrox", "on", "-indev", CACHE / "debian-13.iso", "-extract", f"/install.amd/{name}", output],
                           check=True, capture_output=True)
    return Guest("installer", "Debian's installer, from the kernel's first line to its first screen", kernel=OUT / "installer-vmlinuz",
                 initrd=OUT / "installer-initrd.gz", append="console=ttyS0", begin=rb"Linux version[^\n]*\n", end=rb"Choose the language")


# Debian's kernel with busybox's shell in place of init.
SCRIPT = "mount -t proc p /proc; for i in 1 2 3 4 5 6 7 8 9; do cat /proc/meminfo | md5sum >/dev/null; ls -lR /bin >/dev/null; done; poweroff -f"


def virt(arch):
    """Debian's kernel with busybox from start to power-off, and the programs of virt/programs.c."""
    fetch("busybox", arch)
    rows = re.findall(r"defined GUEST_(\w+) // (.*)", (ROOT / "tests/bench/virt/programs.c").read_text())
    whole = {"arch": arch, "begin": None, "end": None}
    kernel = CACHE / {"riscv64": "vmlinux-riscv64", "arm64": "vmlinuz-arm64"}[arch]
    linux = Guest("linux", "Debian's kernel with busybox, from start to power-off", kernel=kernel,
                  initrd=CACHE / f"busybox-{arch}.gz", append=f'rdinit=/bin/sh -- -c "{SCRIPT}"', **whole)
    return {"linux": linux, **{name: Guest(name, about, kernel=OUT / f"{arch}-{name}.elf", **whole) for name, about in rows}}
