# SPDX-License-Identifier: MIT
"""Tests on a firmware that runs with 5-level paging. Debian's OVMF does not, so gdb makes it: while the shell counts down, a few instructions
lead the processor out of long mode and back, with a root above the firmware's own tables."""
import re
import subprocess

from frame import has, test
from guests import RAW, files
from kept import stick_file
from machine import Machine

# Where OVMF had its first page tables (OvmfPkg, PcdOvmfSecPageTablesBase): reserved, and not in use any more.
ROOT_AT, CODE_AT, STACK_AT = 0x800000, 0x801000, 0x804000

CODE = f"""
    .code64
begin:
    cli
    sgdt old(%rip)
    movw %cs, segment(%rip)
    lgdt ours(%rip)
    movq ${STACK_AT}, %rsp
    pushq $0x08
    leaq without_paging(%rip), %rax
    pushq %rax
    lretq
    .code32
without_paging:
    movl $0x10, %eax
    movl %eax, %ss
    movl %cr0, %eax
    andl $0x7fffffff, %eax
    movl %eax, %cr0
    movl %cr4, %eax
    orl $0x1000, %eax # LA57
    movl %eax, %cr4
    movl ${ROOT_AT}, %eax
    movl %eax, %cr3
    movl %cr0, %eax
    orl $0x80000000, %eax
    movl %eax, %cr0
    ljmp $0x18, ${CODE_AT} + (again - begin)
    .code64
again:
    lgdt old(%rip)
    movzwl segment(%rip), %eax
    pushq %rax
    leaq back(%rip), %rax
    pushq %rax
    lretq
back:
    movl $0x30, %eax
    movl %eax, %ss
over:
    jmp over
    .balign 8
table: .quad 0, 0x00cf9b000000ffff, 0x00cf93000000ffff, 0x00af9b000000ffff
ours: .word 31
    .quad {CODE_AT} + (table - begin)
old: .space 10
segment: .word 0
"""

# The firmware waits in a loop with interrupts on: but for flags every register is put back.
GDB = f"""
import gdb
gdb.execute("set pagination off")
gdb.execute("set architecture i386:x86-64")
gdb.execute("target remote FOLDER/gdb")
names = [*"rax rbx rcx rdx rsi rdi rbp rsp rip".split(), *("r%d" % n for n in range(8, 16))]
saved = dict((n, int(gdb.parse_and_eval("(unsigned long long)$" + n))) for n in names)
root = int(gdb.execute("info registers cr3", to_string=True).split()[1], 16)
code = open("FOLDER/code", "rb").read()
memory = gdb.selected_inferior()
memory.write_memory({ROOT_AT}, (root & ~0xfff | 3).to_bytes(8, "little") + bytes(4088))
memory.write_memory({CODE_AT}, code)
gdb.execute("hbreak *%d" % ({CODE_AT} + code.index(b"\\xeb\\xfe")))
gdb.execute("set $rip = {CODE_AT}")
gdb.execute("continue")
print("now:", gdb.execute("info registers cr4", to_string=True))
gdb.execute("delete")
for name, value in saved.items():
    gdb.execute("set $%s = %d" % (name, value))
gdb.execute("set $eflags = 0x202")
gdb.execute("detach")
"""


def to_5_levels(m):
    with open(m.at("code.S"), "w") as f:
        f.write(CODE)
    with open(m.at("script.py"), "w") as f:
        f.write(GDB.replace("FOLDER", m.dir))
    subprocess.run(["clang-19", "--target=x86_64-elf", "-c", m.at("code.S"), "-o", m.at("code.o")], check=True)
    subprocess.run(["llvm-objcopy-19", "-O", "binary", "-j", ".text", m.at("code.o"), m.at("code")], check=True)
    m.monitor(f"gdbserver unix:{m.at('gdb')},server,nowait")
    done = subprocess.run(["gdb-multiarch", "-nx", "-batch", "-x", m.at("script.py")], capture_output=True, text=True, timeout=60)
    has(done.stdout, r"now: .*LA57")


@test
def firmware_with_5_level_paging():
    """A file in pieces, which is one by the tables; the run; and the way back to the firmware's tables, to keep the log."""
    conf = files(RAW + "memory = 64M\nexit = poweroff\n", selftest="max-range=2") | {"startup.nsh": b"softmetal.efi\r\n"}
    with Machine(conf, app="softmetal.efi") as m:
        m.wait_for("Press .*ESC.* in .* seconds")
        to_5_levels(m)
        assert m.wait_end(60) == 0
        has(m.text, r"kernel guest\.bin: no single range of RAM is enough for it", r"left boot services", r'"reason":"debug-exit"')
        result = re.search('{"softmetal":"result".*', m.text)[0]
        with open(m.at("vars.fd"), "rb") as f:
            variables = f.read()
    with Machine(conf, app="softmetal.efi", variables=variables) as m:
        m.wait_for(r"softmetal\.log: written, the last \d+ bytes that the run before has said\n")
        has(stick_file(m, "softmetal.log").decode(), re.escape(result), "run over: debug-exit")
