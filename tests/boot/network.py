# SPDX-License-Identifier: MIT
"""Tests of a start by network, under QEMU's user network: its own DHCP and TFTP server, and HTTP servers of ours."""
import contextlib
import os
import pathlib
import struct
import tempfile
import threading
import uuid
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

from frame import has, has_not, test
from guests import EXIT, GUEST, RAW
from machine import FIRMWARE, Machine

CONF = RAW + EXIT + "memory = 64M\n"


@contextlib.contextmanager
def folder(files):
    """A server's: the application in pxe/, and files {path: bytes}."""
    with tempfile.TemporaryDirectory(prefix="boot.") as name:
        for path, data in ({"pxe/BOOTX64.EFI": FIRMWARE.read_bytes()} | files).items():
            to = pathlib.Path(name) / path
            to.parent.mkdir(parents=True, exist_ok=True)
            to.write_bytes(data)
        yield name


IPXE = "/usr/lib/ipxe/qemu/efi-virtio.rom"


def card(options, rom=""):
    return ("-netdev", "user,id=net," + options, "-device", "virtio-net-pci,netdev=net,bootindex=0,romfile=" + rom)


def by_pxe(name, file="pxe/BOOTX64.EFI", rom=""):
    return Machine({}, app=None, medium="none", qemu=card(f"tftp={name},bootfile={file}", rom))


GLOBAL_VARIABLE = uuid.UUID("8be4df61-93ca-11d2-aa0d-00e098032b8c").bytes_le
AUTHENTICATED_VARIABLES = uuid.UUID("aaf32c78-947b-439a-a180-2e144ec37792").bytes_le


def variables(**values):
    """OVMF's variables, with these of UEFI's own in them."""
    data = bytearray(pathlib.Path("/usr/share/OVMF/OVMF_VARS_4M.fd").read_bytes())
    at = data.index(AUTHENTICATED_VARIABLES) + 28  # behind VARIABLE_STORE_HEADER
    assert data[at:at + 2] == b"\xff\xff", "there are variables already"
    for name, value in values.items():
        wide = name.encode("utf-16-le") + b"\0\0"
        # AUTHENTICATED_VARIABLE_HEADER: in use; non-volatile, at boot and at run time
        new = struct.pack("<HBxIQ16xIII", 0x55AA, 0x3F, 7, 0, 0, len(wide), len(value)) + GLOBAL_VARIABLE + wide + value
        data[at:at + len(new)] = new
        at = (at + len(new) + 3) & ~3
    return bytes(data)


def by_http(port, path="pxe/BOOTX64.EFI"):
    """What somebody has entered in the firmware's setup: HTTP boot, with the URL."""
    def node(kind, sub, body):
        return struct.pack("<BBH", kind, sub, 4 + len(body)) + body
    mac = bytes.fromhex("525400123456") + bytes(26)
    device = (node(2, 1, struct.pack("<II", 0x0A0341D0, 0)) + node(1, 1, bytes([0, 2])) + node(3, 11, mac + b"\1") + node(3, 12, bytes(23)) +
              node(3, 24, f"http://10.0.2.2:{port}/{path}".encode()) + node(0x7F, 0xFF, b""))
    option = struct.pack("<IH", 1, len(device)) + "by HTTP\0".encode("utf-16-le") + device
    return Machine({}, app=None, medium="none", qemu=card("restrict=off"), variables=variables(Boot0007=option, BootNext=b"\7\0"))


@contextlib.contextmanager
def http_server(name, handler):
    handler = type("Handler", (handler,), {"log_message": lambda *_: None, "protocol_version": "HTTP/1.1",
                                           "__init__": lambda self, *a: SimpleHTTPRequestHandler.__init__(self, *a, directory=name)})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        server.daemon_threads, server.over = True, threading.Event()
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield server.server_address[1]
        finally:
            server.over.set()
            server.shutdown()


def entry(m, number, *wanted, key=None):
    """Chooses an entry of the menu, which goes wrong as it should: back to the menu."""
    m.wait_for(r"It starts in \d+ s, unless a key is pressed")
    before = len(m.text)
    m.send(b"%d\r" % number)
    if key:
        m.wait_for(key[0])
        m.send(key[1])
    else:
        m.wait_for(r"(?s)\A.{%d}.*then back to the menu" % before)
        m.send(b"x")
    m.wait_for(r"(?s)\A.{%d}.*q leaves" % before)
    has(m.text[before:], *wanted)


def sections(*files):
    conf = "timeout = 60\n" + CONF.replace("kernel = guest.bin\n", "")
    return (conf + "".join(f"[entry {i}]\nkernel = {name}\n" for i, name in enumerate(files, 1))).encode()


@test
def started_by_pxe():
    """Configuration in the server's root, the guest beside the application; its second part is shorter than a TFTP packet."""
    whole = GUEST + bytes(3 * 2**20)
    with folder({"softmetal.conf": sections("nothere.iso", "guest.bin"), "pxe/guest.bin.001": whole[:-5], "pxe/guest.bin.002": whole[-5:]}) as name:
        with by_pxe(name) as m:
            entry(m, 1, r"error: kernel = nothere\.iso: there is no such file on tftp://10\.0\.2\.2\n")
            m.send(b"2\r")
            m.wait_end()
    has(m.text, r"started from tftp://10\.0\.2\.2/pxe/: files are looked for there", r"softmetal\.conf: read, \d+ bytes\n",
        r"kernel = guest\.bin, from pxe/ of tftp://10\.0\.2\.2", r"kernel guest\.bin: 2 parts of one file", r"kernel guest\.bin: 3 of 3 MiB *\n",
        r"left boot services", r"guest\.bin: raw image, 3145733 bytes", r'"reason":"debug-exit"')
    has_not(m.text, "softmetal: warning", r"cannot be listed|its root holds")


def silent(m, is_silent):
    """The network, from here on: no packet comes through, though the link is there."""
    m.monitor("object_add filter-buffer,id=silence,netdev=net,queue=all,interval=4000000000" if is_silent else "object_del silence")


@contextlib.contextmanager
def menu_by_pxe():
    """Of one file, twice."""
    with folder({"softmetal.conf": sections("guest.bin", "guest.bin"), "pxe/guest.bin": GUEST + bytes(24 * 2**20)}) as name, by_pxe(name) as m:
        m.wait_for(r"It starts in \d+ s, unless a key is pressed")
        yield m


if os.environ.get("LONG"):  # the firmware waits for 24 s each time
    @test
    def tftp_server_that_stops():
        """In the middle of a file. It ends by itself, says where and how far it has come, and then the server is there again."""
        with menu_by_pxe() as m:
            m.send(b"1\r")
            m.wait_for(r"kernel guest\.bin: [1-9] of 24 MiB")
            silent(m, True)
            m.wait_for(r"then back to the menu")
            has(m.text, r"warning: tftp://10\.0\.2\.2/pxe/guest\.bin: the server says nothing any more\n",
                r"error: kernel guest\.bin: the firmware could read only [1-9]\d{5,6} of its 25165829 bytes: EFI_TIMEOUT")
            silent(m, False)
            m.send(b"x")
            m.wait_for(r"(?s)then back to the menu.*q leaves")
            m.send(b"2\r")
            m.wait_end()
        has(m.text, r"kernel guest\.bin: 24 of 24 MiB *\n", r"left boot services", r'"reason":"debug-exit"')

    @test
    def tftp_server_that_is_silent():
        """Before it says how large a file is; and a key in the middle of one, which waits for the firmware."""
        with menu_by_pxe() as m:
            silent(m, True)
            entry(m, 1, r"(?s)entry 1\"\nsoftmetal: warning: tftp://10\.0\.2\.2/guest\.bin: the server says nothing any more\n",
                  r"error: kernel guest\.bin cannot be opened on tftp://10\.0\.2\.2: EFI_TIMEOUT")
            silent(m, False)
            before = len(m.text)
            m.send(b"2\r")
            m.wait_for(r"kernel guest\.bin: [1-9] of 24 MiB")
            silent(m, True)
            m.send(b"q")
            m.wait_for(r"(?s)\A.{%d}.*q leaves" % before)
            has(m.text[before:], "kernel guest.bin: not wanted any more")
            has_not(m.text[before:], "error:")
            silent(m, False)
            m.send(b"1\r")
            m.wait_end()
        has(m.text, r"left boot services", r'"reason":"debug-exit"')


@test
def started_by_ipxe():
    """As README has it: what the script names is a volume of iPXE's."""
    script = b"#!ipxe\nkernel pxe/BOOTX64.EFI\ninitrd softmetal.conf softmetal.conf\ninitrd pxe/guest.bin guest.bin\nboot\n"
    with folder({"softmetal.conf": CONF.encode(), "pxe/guest.bin": GUEST + bytes(3 * 2**20), "boot.ipxe": script}) as name:
        with by_pxe(name, "boot.ipxe", IPXE) as m:
            m.wait_end()
    has(m.text, "iPXE", r"kernel guest\.bin: 3 of 3 MiB *\n", r"left boot services", r'"reason":"debug-exit"')


class Broken(SimpleHTTPRequestHandler):
    """Some files are not to be had, or not whole; of others it says too little."""

    def do_HEAD(self):
        if "refused" in self.path:
            self.send_error(503)
        elif "unsized" in self.path:
            self.send_response(200)
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
        else:
            super().do_HEAD()

    def copyfile(self, source, outputfile):
        if "stalled" in self.path or "short" in self.path:
            outputfile.write(source.read(2**20))
            outputfile.flush()
            self.close_connection = True
            while "stalled" in self.path and not self.server.over.wait(1):
                pass
        else:
            super().copyfile(source, outputfile)


@test
def started_by_http():
    """Names are coded in a URL. The sizes are what the packets are not."""
    with folder({"softmetal.conf": CONF.replace("guest.bin", '"a folder/100% b\u00f6se#?.bin"').encode(),
                 "pxe/a folder/100% b\u00f6se#?.bin": GUEST + bytes(3 * 2**20)}) as name, http_server(name, Broken) as port, by_http(port) as m:
        m.wait_end()
    has(m.text, rf"started from http://10\.0\.2\.2:{port}/pxe/: files are looked for there", r"bin: 3 of 3 MiB *\n", r"left boot services",
        r"raw image, 3145733 bytes", r'"reason":"debug-exit"')
    has_not(m.text, "softmetal: warning")


@test
def http_server_that_is_wrong():
    """Each with a word of its own, back to the menu, and none hangs. The last is not waited for."""
    guest = GUEST + bytes(3 * 2**20)
    names = ["nothere.iso", "refused.bin", "unsized.bin", "short.bin", "stalled.bin", "stalled.bin", "guest.bin"]
    with folder({"softmetal.conf": sections(*names)} | {name: guest for name in names[1:]}) as name, http_server(name, Broken) as port:
        with by_http(port) as m:
            entry(m, 1, r"error: kernel = nothere\.iso: there is no such file on http://10\.0\.2\.2:\d+\n")
            entry(m, 2, r"warning: http://.*/refused\.bin: the server says: status 503", r"error: kernel refused\.bin cannot be opened on http://")
            entry(m, 3, r"warning: http://.*/unsized\.bin: the server does not say how many bytes it has", r"error: kernel unsized\.bin cannot be opened")
            entry(m, 4, r"error: kernel short\.bin: the firmware could read only \d+ of its 3145733 bytes: ")
            entry(m, 5, r"warning: http://.*/stalled\.bin: the server says nothing for 20 s",
                  r"error: kernel stalled\.bin: the firmware could read only \d+ of its 3145733 bytes: EFI_TIMEOUT")
            entry(m, 6, "kernel stalled.bin: not wanted any more", key=(r"(?s)back to the menu.*entry 6.*kernel stalled\.bin: 1 of 3 MiB", b"q"))
            m.send(b"7\r")
            m.wait_end()
    has(m.text, r"left boot services", r'"reason":"debug-exit"')
