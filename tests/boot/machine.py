# SPDX-License-Identifier: MIT
"""A UEFI machine under QEMU for the firmware tests: a FAT volume made with mtools, OVMF, TCG, and the text of its serial
port. Nothing here knows what is tested."""
import os
import pathlib
import re
import shutil
import socket
import subprocess
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
FIRMWARE = ROOT / "build/firmware/BOOTX64.EFI"
OVMF = [("OVMF_CODE_4M.fd", "OVMF_VARS_4M.fd"), ("OVMF_CODE.fd", "OVMF_VARS.fd")]
# Secure Boot is on, and the key is in db that the same package has, in /usr/share/ovmf.
OVMF_SECURE = [("OVMF_CODE_4M.secboot.fd", "OVMF_VARS_4M.snakeoil.fd")]
OVMF32 = [("OVMF32_CODE_4M.secboot.fd", "OVMF32_VARS_4M.fd")]
MEDIA = {
    "virtio": ["-device", "virtio-blk-pci,drive=stick"],
    "usb": ["-device", "qemu-xhci,id=xhci", "-device", "usb-storage,bus=xhci.0,drive=stick"],
    "sata": ["-device", "ide-hd,bus=ide.0,drive=stick"],
    "cd": ["-device", "ide-cd,bus=ide.0,drive=stick"],
    "none": [],
}


APP = "EFI/BOOT/BOOTX64.EFI"


def volume(path, files, app=APP, hidden=()):
    """A FAT32 image at `path` holding the firmware as `app` (None: not at all) and files {path: bytes}, those of `hidden` hidden."""
    files = dict(files)
    if app:
        files[app] = FIRMWARE.read_bytes()
    size = 40 + sum(len(b) for b in files.values()) * 9 // 8 // 2**20
    with open(path, "wb") as f:
        f.truncate(size * 2**20)
    env = dict(os.environ, MTOOLS_SKIP_CHECK="1")

    def tool(*command, **more):
        subprocess.run(command, check=True, env=env, stdout=subprocess.DEVNULL, **more)

    tool("mkfs.fat", "-F", "32", "-s", "1", path)
    folders = {str(p) for name in files for p in pathlib.PurePosixPath(name).parents} - {"."}
    for folder in sorted(folders):
        tool("mmd", "-i", path, "::/" + folder)
    for name, data in files.items():
        tool("mcopy", "-i", path, "-", "::/" + name, input=data)
    for name in hidden:
        tool("mattrib", "-i", path, "+h", "::/" + name)


class Machine:
    """One run. Use as a context manager; `text` is what serial has said so far."""

    def __init__(self, files, medium="virtio", memory=512, qemu=(), reboots=False, serial="ours", app=APP, hidden=(), other=None,
                 change=None, debug_exit=True, firmware="uefi", variables=None):
        """files: or the path of an image. other: the files of a second disk. change: is called with the path of the stick's image
        before the start. firmware: "uefi", "uefi32", "secure" (UEFI with Secure Boot on) or "bios". variables: the firmware's, as an
        earlier machine's vars.fd has them."""
        self.variables = variables
        self.dir = tempfile.mkdtemp(prefix="boot.", dir=os.environ.get("TMPDIR"))
        if isinstance(files, str):
            shutil.copy(files, self.at("stick.img"))
        else:
            volume(self.at("stick.img"), files, app, hidden)
        if other is not None:
            volume(self.at("other.img"), other, None)
            qemu = [*qemu, "-device", "virtio-blk-pci,drive=other",
                    "-drive", "if=none,id=other,format=raw,file=" + self.at("other.img")]
        if change:
            change(self.at("stick.img"))
        # The machine's serial port is a socket; a second one is for `serial = 0x2f8`.
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(self.at("serial"))
        self.listener.listen(1)
        ours = ["-chardev", "socket,id=ours,path=" + self.at("serial")]
        ports = {"ours": ["-serial", "chardev:ours"], "second": ["-serial", "null", "-serial", "chardev:ours"], "none": []}[serial]
        command = ["qemu-system-x86_64", "-machine", "q35", "-accel", "tcg", "-cpu", "max", "-m", str(memory), "-nodefaults",
                   "-vga", "std", "-display", "none", "-nic", "none", *([] if reboots else ["-no-reboot"]),
                   *self.flash(firmware),
                   "-drive", "if=none,id=stick,format=raw,file=" + self.at("stick.img"), *MEDIA[medium],
                   *(["-device", "isa-debug-exit,iobase=0xf4,iosize=4"] if debug_exit else []),
                   "-monitor", f"unix:{self.at('monitor')},server,nowait", *ours, *ports, *qemu]
        self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                        stderr=open(self.at("stderr"), "wb"))
        self.listener.settimeout(20)
        self.serial = self.listener.accept()[0]
        self.serial.settimeout(0.2)
        self.raw = b""

    def at(self, name):
        return os.path.join(self.dir, name)

    def flash(self, firmware):
        if firmware == "bios":
            return []
        builds = {"uefi": OVMF, "uefi32": OVMF32, "secure": OVMF_SECURE}[firmware]
        code, variables = next(p for p in builds if os.path.exists("/usr/share/OVMF/" + p[0]))
        shutil.copy("/usr/share/OVMF/" + variables, self.at("vars.fd"))
        if self.variables:
            with open(self.at("vars.fd"), "wb") as f:
                f.write(self.variables)
        # A build with Secure Boot in it keeps its variables where only system management mode can write them.
        smm = ["-machine", "smm=on", "-global", "driver=cfi.pflash01,property=secure,value=on"] if "secboot" in code else []
        return ["-drive", "if=pflash,format=raw,unit=0,readonly=on,file=/usr/share/OVMF/" + code,
                "-drive", "if=pflash,format=raw,unit=1,file=" + self.at("vars.fd"), *smm]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self.serial.close()
        self.listener.close()
        shutil.rmtree(self.dir, ignore_errors=True)

    @property
    def text(self):
        return self.raw.decode("utf-8", "replace").replace("\r\n", "\n")

    def poll(self):
        """Takes in what serial has to say; False once the machine is off and all is read."""
        try:
            data = self.serial.recv(65536)
        except TimeoutError:
            return True
        except OSError:
            data = b""
        self.raw += data
        return bool(data)

    def wait_for(self, what, seconds=300):
        """Until the regular expression is on serial; an AssertionError with the tail of the text otherwise."""
        end = time.time() + seconds
        while not re.search(what, self.text):
            alive = self.poll()
            if re.search(what, self.text):
                break
            assert alive, f"the machine went off before {what!r} came:\n{self.text[-3000:]}"
            assert time.time() < end, f"no {what!r} in {seconds} s:\n{self.text[-3000:]}"

    def wait_end(self, seconds=300):
        """Until QEMU ends. Returns its status."""
        end = time.time() + seconds
        while self.poll():
            assert time.time() < end, f"still running after {seconds} s:\n{self.text[-3000:]}"
        return self.process.wait(20)

    def send(self, data):
        self.serial.sendall(data)

    def monitor(self, command):
        with socket.socket(socket.AF_UNIX) as s:
            s.settimeout(10)
            s.connect(self.at("monitor"))
            answer = b""
            while not answer.endswith(b"(qemu) "):
                answer += s.recv(4096)
            s.sendall(command.encode() + b"\n")
            answer = b""
            while not answer.endswith(b"(qemu) "):
                answer += s.recv(4096)
