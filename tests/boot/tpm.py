# SPDX-License-Identifier: MIT
"""What is measured into a TPM, which swtpm is: the firmware's event log replays to its registers, and says what was read."""
import contextlib
import hashlib
import os
import re
import struct
import subprocess
import tempfile
import time

from frame import has, test
from guests import EXIT, GUEST, RAW, files
from machine import Machine

EV_NO_ACTION, EV_IPL = 3, 0x0D
SIZES = {0x04: 20, 0x0B: 32, 0x0C: 48, 0x0D: 64}  # of TPM_ALG_SHA1 and so on
SHA256 = 0x0B


@contextlib.contextmanager
def tpm():
    """QEMU's arguments for it."""
    with tempfile.TemporaryDirectory(prefix="boot.") as name:
        server = subprocess.Popen(["swtpm", "socket", "--tpm2", "--tpmstate", "dir=" + name, "--ctrl", f"type=unixio,path={name}/socket"],
                                  stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            for _ in range(100):
                if os.path.exists(name + "/socket"):
                    break
                time.sleep(0.1)
            yield ("-chardev", f"socket,id=tpm,path={name}/socket", "-tpmdev", "emulator,id=tpm0,chardev=tpm", "-device", "tpm-tis,tpmdev=tpm0")
        finally:
            server.kill()
            server.wait()


def events(log, last):
    """[(PCR, type, SHA-256, data)] of a log of the newer format, up to the event that begins at `last`; the first is a header of the older one."""
    out, at = [], 32 + struct.unpack_from("<I", log, 28)[0]
    assert b"Spec ID Event03" in log[:at]
    while at <= last:
        pcr, kind, count = struct.unpack_from("<III", log, at)
        at += 12
        digest = None
        for _ in range(count):
            bank = struct.unpack_from("<H", log, at)[0]
            if bank == SHA256:
                digest = log[at + 2:at + 34]
            at += 2 + SIZES[bank]
        size = struct.unpack_from("<I", log, at)[0]
        out.append((pcr, kind, digest, log[at + 4:at + 4 + size]))
        at += 4 + size
    return out


def extended(digests):
    value = bytes(32)
    for d in digests:
        value = hashlib.sha256(value + d).digest()
    return value.hex()


@test
def what_is_read_is_measured():
    conf = RAW + EXIT + "memory = 64M\nverbose = true\ninitrd = initrd.img\n"
    guest, initrd = (b"\xeb\xfe" + GUEST) * 9 + bytes(3 * 2**20), b"some words"
    with tpm() as device, Machine(files(conf, guest_bin=guest, initrd_img=initrd), qemu=device) as m:
        m.wait_for(r"guest\.bin: raw image")  # which spins
        at, last = (int(word, 16) for word in re.search(r"TPM: event log at (0x[0-9a-f]+), its last at (0x[0-9a-f]+)", m.text).groups())
        m.monitor(f'pmemsave {at:#x} {last - at + 4096} "{m.at("log")}"')
        with open(m.at("log"), "rb") as f:
            found = events(f.read(), last - at)
    registers = dict(re.findall(r"TPM: PCR (\d), SHA-256 ([0-9a-f]{64})\n", m.text))
    assert len(registers) == 10, registers
    for pcr, value in registers.items():
        replayed = extended(d for p, kind, d, _ in found if p == int(pcr) and kind != EV_NO_ACTION)
        assert replayed == value, f"PCR {pcr} is {value}, and the log replays to {replayed}"
    ours = [(pcr, d.hex(), data) for pcr, kind, d, data in found if kind == EV_IPL and data.startswith(b"softmetal: ")]

    def event(pcr, what, data):
        return pcr, hashlib.sha256(data).hexdigest(), b"softmetal: " + what + b"\0"

    assert ours == [event(8, b"configuration softmetal.conf", conf.encode()), event(9, b"kernel guest.bin", guest),
                    event(9, b"initrd initrd.img", initrd)], ours
    has(m.text, r"debug: TPM: PCR 9: kernel guest\.bin, \d+ bytes")
