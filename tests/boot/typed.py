# SPDX-License-Identifier: MIT
"""Tests of what is typed in the firmware: by serial port, PS/2 and USB; recorded, and typed again."""
import os
import re
import subprocess
import tempfile
import time

from frame import has, has_not, test
from guests import EXIT, GUEST, GUEST_EXIT, LIVE, RAW, REFUSED, STOPPED, bare, files, run, screen_shows
from machine import ROOT, Machine


def cpu_seconds(m):
    fields = open(f"/proc/{m.process.pid}/stat").read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@test
def halted_guest_waits_in_real_time():
    with Machine(files(LIVE + EXIT, guest_bin=bare("waits"))) as m:
        m.wait_for(r"\n\[")
        start, used = time.time(), cpu_seconds(m)
        m.wait_for(r"\n\[\]")
        waited, used = time.time() - start, cpu_seconds(m) - used
        assert waited > 3, f"5 s of the guest's were over after {waited:.1f} s"
        assert used < 2.5, f"the processor was busy for {used:.1f} s of the 5 s in which the guest was halted"
        assert m.wait_end() == (GUEST_EXIT << 1 | 1), m.text[-1000:]
        real = re.search('"instructions":.*', m.text)[0]
    # The same to the last bit as when nobody waits.
    with Machine(files(LIVE + EXIT + "pace = free\n", guest_bin=bare("waits"))) as m:
        m.wait_end()
        free = re.search('"instructions":.*', m.text)[0]
    cycles = re.compile('"host_cycles":[0-9]+')
    assert cycles.sub("", real) == cycles.sub("", free), f"{real} in real pace, {free} in free pace"


@test
def keys_for_the_guest_and_for_softmetal():
    with Machine(files(LIVE + EXIT, guest_bin=bare("echo"))) as m:
        m.wait_for(r"raw image.*\n>")
        m.send(b"abc")
        m.wait_for("abc")
        m.send(b"\x01a!")
        m.wait_for("\x01!")
        m.send(b"\x01h")
        m.wait_for(r"softmetal: Ctrl-A x: stop the run    Ctrl-A s: where the guest is")
        m.send(b"\x01s")
        m.wait_for(r"softmetal: \d+ instructions, \d+\.\d{3} s of guest time; idle, and \d+ % idle since the start; "
                   r"real mode, CPL 0, CS 0x0, RIP 0x7c[0-9a-f]{2}\n")
        has_not(m.text, "guest processor:")
        m.send(b"\x01x")
        assert m.wait_end() == (STOPPED << 1 | 1), m.text[-1000:]
        has(m.text, '"reason":"stopped"', "guest processor: rip 0000000000007c")


@test
def a_guest_that_only_a_key_can_wake_is_waited_for():
    with Machine(files(LIVE + EXIT, guest_bin=bare("echo"))) as m:
        m.wait_for(r"raw image.*\n>")
        time.sleep(3)
        used = cpu_seconds(m)
        time.sleep(5)
        used = cpu_seconds(m) - used
        assert used < 2.5, f"the processor was busy for {used:.1f} s of 5 s in which the guest was halted"
        m.send(b"q")
        assert m.wait_end() == (GUEST_EXIT << 1 | 1), m.text[-1000:]


HOST = ROOT / "build/host/softmetal"


def end_of(text):
    """Count, time and hash of a run's end."""
    return re.search('"instructions":[0-9]+,"virtual_ns":[0-9]+|$', text)[0], re.findall('"state_hash":"([0-9a-f]+)"', text)[-1:]


def hosted(folder, *options, typed=None):
    """The same guest in a process; its report."""
    guest = folder + "/guest.bin"
    with open(guest, "wb") as f:
        f.write(bare("echo"))
    subprocess.run([HOST, "run", "--kernel", guest, "--load_address", "0x7c00", "--memory", "64M", *options, "--report", folder + "/report"],
                   input=typed, stdin=None if typed else subprocess.DEVNULL, capture_output=True, timeout=60)
    return open(folder + "/report").read()


NAMES = b"100000 T first_page\n101000 t second_page\n"


@test
def regions_and_samples_are_as_in_a_process():
    regions = (ROOT / "build/guest/regions-x86_64.elf").read_bytes()
    text = run(files("kernel = regions.elf\nmemory = 64M\nmeasure = marks\nrepeat = 20\nprofile = 100\nsymbols = names\n" + EXIT,
                     regions_elf=regions, names=NAMES))
    with tempfile.NamedTemporaryFile() as report, tempfile.NamedTemporaryFile() as names:
        names.write(NAMES)
        names.flush()
        subprocess.run([HOST, "run", "--kernel", ROOT / "build/guest/regions-x86_64.elf", "--memory", "64M", "--measure", "marks", "--repeat", "20",
                        "--profile", "100", "--symbols", names.name,
                        "--report", report.name], stdin=subprocess.DEVNULL, capture_output=True, timeout=60)
        there = open(report.name).read()

    def counts(text):
        return re.findall('{"softmetal":"(?:region|profile|stack)".*', re.sub('"[a-z]*_cycles[a-z_0-9]*":[0-9]+,?', "", text))

    assert counts(text) == counts(there) and len(counts(text)) >= 8, f"{counts(text)}, in a process {counts(there)}"
    has(text, r'quiet: a hypervisor is there', r'quiet: this processor does not say how many system management interrupts',
        r'"softmetal":"host","hypervisor":true,"tsc_invariant":(?:true|false),"tsc_hz":\d{9,},"tsc_hz_pit":\d+,'
        r'"tsc_hz_after":\d+,"tsc_hz_error":\d+,"smi":null\}')
    has(text, r'"stack":"[^"]*first_page","samples":[1-9]')
    has(text, r'"name":"sort",[^\n]*"repeats":20,"repeat_instructions":\d+,"repeat_state_hash":"[0-9a-f]{16}","repeat_cycles":\d+,')


@test
def what_was_typed_here_replays_in_a_process():
    logs = []
    for record in "serial", "at the end":
        with tempfile.TemporaryDirectory(prefix="boot.") as folder, Machine(files(LIVE + EXIT + f"record = {record}\n", guest_bin=bare("echo"))) as m:
            m.wait_for(r"(?s)raw image.*\n>", 60)
            for key in "ab":
                m.send(key.encode())
                m.wait_for(rf"\n>(\n|softmetal\.record: [^\n]*\n|a)*{key}", 60)
            m.send(b"q")
            assert m.wait_end(60) == (GUEST_EXIT << 1 | 1), m.text[-1000:]
            log = re.findall(r"^softmetal\.record: (.*)", m.text, re.M)
            has("\n".join(log), r"^softmetal record 1\n", r"\nwake \d+ \d+ \d+ 61\n", r"\nwake \d+ \d+ \d+ 71\n", r"\nend ")
            with open(folder + "/log", "w") as f:
                f.write("".join(line + "\n" for line in log))
            again = hosted(folder, "--replay", folder + "/log")
            has(again, '"reason":"debug-exit"')
            assert end_of(again) == end_of(m.text), f"{again} in a process; {m.text[-1000:]}"
            logs.append(m.text)
    has(logs[0], r"softmetal\.record: wake [^\n]*\n(?!softmetal\.record: end)")
    has_not(logs[1], r"softmetal\.record: (?!.*\nsoftmetal\.record: is version).*\n>")


@test
def what_was_typed_in_a_process_replays_here():
    with tempfile.TemporaryDirectory(prefix="boot.") as folder:
        there = hosted(folder, "--record", folder + "/log", typed=b"some words q")
        has(there, '"reason":"debug-exit"')
        with open(folder + "/log", "rb") as f:
            log = f.read()
    text = run(files(LIVE + EXIT + "replay = log\n", guest_bin=bare("echo"), log=log), GUEST_EXIT)
    has(text, "some words ")
    assert end_of(there) == end_of(text), f"{there} in a process; {text[-1000:]}"
    text = run(files(LIVE + EXIT + "replay = log\nseed = 5\n", guest_bin=bare("echo"), log=log), REFUSED)
    has(text, r'replay: log:\d+: the recorded run has "is seed: 0", and this one "is seed: 5"')


# Says '>' and echoes COM1 until a '!' comes, then ends.
#   mov edx, 0x3fa; mov al, 1; out dx, al (FIFOs on); mov dl, 0xf8; mov al, '>'; out dx, al; mov dl, 0xfd
#   again: in al, dx; test al, 1; jz again; mov dl, 0xf8; in al, dx; out dx, al; mov dl, 0xfd; cmp al, '!'; jne again
POLLED_ECHO = bytes([0xBA, 0xFA, 0x03, 0x00, 0x00, 0xB0, 0x01, 0xEE, 0xB2, 0xF8, 0xB0, 0x3E, 0xEE, 0xB2, 0xFD,
                     0xEC, 0xA8, 0x01, 0x74, 0xFB, 0xB2, 0xF8, 0xEC, 0xEE, 0xB2, 0xFD, 0x3C, 0x21, 0x75, 0xF1]) + GUEST
ECHO_FILES = dict(conf=RAW + EXIT + "memory = 64M\nverbose = true\n", guest_bin=POLLED_ECHO * 9)


@test
def ps2_keyboard_types_into_the_guest():
    with Machine(files(**ECHO_FILES)) as m:
        m.wait_for(r"(?s)input: serial port, PS/2 keyboard.*>")
        for key in "h", "e", "y", "spc", "shift-b", "up", "caps_lock", "c", "f5", "shift-1":
            m.monitor("sendkey " + key)
            time.sleep(0.2)
        m.wait_end()
        has(m.text, r">hey B\x1b\[AC\x1b\[15~!")


@test
def keys_for_softmetal_on_the_keyboard():
    with Machine(files(**ECHO_FILES)) as m:
        m.wait_for(r"(?s)input: serial port, PS/2 keyboard.*>")
        for key in "ctrl-a", "h":
            m.monitor("sendkey " + key)
            time.sleep(0.2)
        m.wait_for(r"softmetal: Ctrl-A x: stop the run")
        for key in "ctrl-a", "x":
            m.monitor("sendkey " + key)
            time.sleep(0.2)
        assert m.wait_end() == (STOPPED << 1 | 1), m.text[-1000:]


@test
def pasted_text_arrives():
    with Machine(files(**ECHO_FILES)) as m:
        m.wait_for(r"(?s)input: serial port.*\n>")
        text = "".join(f"{n:05} the quick brown fox\r\n" for n in range(5))
        m.send(text.encode() + b"!")
        m.wait_end()
        assert text.replace("\r\n", "\n") in m.text, m.text[-3000:]


@test
def keyboard_alone():
    with Machine(files(**ECHO_FILES), serial="none") as m:
        screen_shows(m, "(?s)input: PS/2 keyboard.*\n>")
        m.monitor("sendkey a")
        screen_shows(m, "\n>a")
        m.monitor("sendkey shift-1")
        m.wait_end()


# No serial port and no i8042: what is typed comes by USB or not at all. A second serial line would be a way in, so what the guest says is
# read off the screen.
NO_PS2 = ("-machine", "q35,i8042=off")


def usb_machine(*devices, conf="", medium="virtio"):
    more = dict(ECHO_FILES, conf=ECHO_FILES["conf"] + conf)
    return Machine(files(**more), serial="none", medium=medium, qemu=(*NO_PS2, *(word for d in devices for word in ("-device", d))))


def type_keys(m, *keys):
    for key in keys:
        m.monitor("sendkey " + key)
        time.sleep(0.2)


def type_until_shown(m, key, shown):
    """How long a keyboard takes to be found is the machine's business: keys before that are lost."""
    for tries in range(60, 0, -1):
        type_keys(m, key)
        try:
            screen_shows(m, shown, seconds=3)
            return
        except AssertionError:
            if tries == 1:
                raise


@test
def usb_keyboard_types_into_the_guest():
    """On the controller that the stick is on, too."""
    with usb_machine("usb-kbd,bus=xhci.0", medium="usb") as m:
        screen_shows(m, "(?s)input: 1 USB keyboard.*\n>")
        type_keys(m, "h", "e", "y", "spc", "shift-b", "caps_lock", "c")
        screen_shows(m, ">hey BC")
        type_keys(m, "ctrl-a", "h")
        screen_shows(m, r"softmetal: Ctrl-A x: stop the run")
        type_keys(m, "shift-1")
        m.wait_end()


@test
def usb_keyboard_behind_a_hub_unplugged_and_plugged_again():
    with usb_machine("nec-usb-xhci,id=x", "usb-hub,bus=x.0,port=2", "usb-kbd,bus=x.0,port=2.3,id=k") as m:
        screen_shows(m, "(?s)input: 1 USB keyboard.*\n>")
        shown = ">a"
        type_until_shown(m, "a", shown)
        for port, key in ("2.4", "b"), ("3", "c"), ("2.3", "d"):
            m.monitor("device_del k")
            time.sleep(1)
            m.monitor(f"device_add usb-kbd,id=k,bus=x.0,port={port}")
            shown += f"+{key}"
            type_until_shown(m, key, shown)
        type_keys(m, "shift-1")
        m.wait_end()


def installer(*devices):
    """Debian's, on a machine with a screen and a USB keyboard and nothing else: the language is chosen, which is a screen's way down and up. Minutes."""
    with tempfile.TemporaryDirectory(prefix="boot.") as folder:
        image = folder + "/stick.img"
        subprocess.run([ROOT / "scripts/image", "-o", image, "--kernel", ROOT / "build/cache/debian-13.iso", "--set", "memory=1G"], check=True)
        more = (word for d in devices for word in ("-device", d))
        with Machine(image, medium="usb", memory=2048, serial="none", qemu=(*NO_PS2, *more)) as m:
            screen_shows(m, "Select a language", seconds=3600)
            type_keys(m, "up", "down", "ret")
            screen_shows(m, "(?s)Select your location.*United States", seconds=1800)


if os.environ.get("LONG"):
    @test
    def usb_keyboard_types_into_debians_installer():
        installer("usb-kbd,bus=xhci.0")

    @test
    def usb_keyboard_behind_a_hub_types_into_debians_installer():
        installer("usb-hub,bus=xhci.0,port=2", "usb-kbd,bus=xhci.0,port=2.3")


@test
def usb_keyboard_layouts():
    """On the second of two controllers."""
    with usb_machine("qemu-xhci,id=one", "qemu-xhci,id=two", "usb-kbd,bus=two.0", conf="keyboard = de\n") as m:
        screen_shows(m, "(?s)input: 1 USB keyboard.*\n>")
        type_keys(m, "y", "z", "shift-7", "alt_r-7", "slash")
        screen_shows(m, ">zy/{-")
        type_keys(m, "shift-1")
        m.wait_end()


@test
def nothing_to_type_on():
    """Neither before the exit nor after it does this go unsaid."""
    # The firmware's console is on COM2, which is not ours.
    com2 = ("-device", "isa-serial,chardev=ours,index=1")
    with Machine(files("kernel = nothere.iso\n"), serial="none", qemu=(*NO_PS2, *com2)) as m:
        m.wait_for(r"(?s)warning: this machine has no serial port, and its\s+firmware has\s+found no keyboard.*press a key")
    with Machine(files("kernel = nothere.iso\n"), serial="none", qemu=com2) as m:
        m.wait_for("press a key")
        has_not(m.text, "warning: this machine has no serial port")
    for more, then in ((), r" \(USB keyboards work"), (("-device", "qemu-xhci"), ", until a USB keyboard is plugged in"):
        with Machine(files(RAW + "memory = 64M\nexit = halt\n"), serial="none", qemu=(*NO_PS2, *more)) as m:
            screen_shows(m, "warning: there is no serial port and no keyboard: the guest cannot be typed to" + then)
