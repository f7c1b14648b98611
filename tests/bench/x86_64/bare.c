// SPDX-License-Identifier: MIT
// What stands in for Linux below a bare guest: the entry from tests/guest/kit/start64.S, and the system calls that the kit makes.
#include "kit.h"

bool interrupt(u64 vector); // privileged.c: whether it is one that it waits for

static void outb(u16 port, u8 value) { asm volatile("outb %0, %1" ::"a"(value), "d"(port)); }
static u8 inb(u16 port) {
    u8 value;
    asm volatile("inb %1, %0" : "=a"(value) : "d"(port));
    return value;
}

static void put(char c) {
    while (!(inb(0x3fd) & 0x20)) {} // COM1: the transmitter is empty
    outb(0x3f8, (u8)c);
}

// Linux's numbers, and its meaning: the first process powers the machine off.
long sys(long number, ...) {
    __builtin_va_list list;
    long written;
    __builtin_va_start(list, number);
    switch (number) {
    case 1: // write
        (void)__builtin_va_arg(list, int);
        const char *text = __builtin_va_arg(list, const char *);
        written = __builtin_va_arg(list, long);
        for (long i = 0; i < written; i++) put(text[i]);
        break;
    case 16: written = 0; break; // ioctl: what is written is sent
    case 39: written = 1; break; // getpid
    default:
        outb(0xf4, 0); // isa-debug-exit
        for (;;) asm volatile("cli\nhlt");
    }
    __builtin_va_end(list);
    return written;
}

// The interrupt descriptor table, to the stubs of start64.S (SDM vol. 3A, 7.14.1).
static struct gate {
    u16 offset_low, selector, kind, offset_middle;
    u32 offset_high, reserved;
} gates[256];
extern const char vectors[]; // of 16 bytes each

static void set_gates(void) {
    for (u32 i = 0; i < countof(gates); i++) {
        u64 at = (u64)vectors + i * 16;
        gates[i] = (struct gate){(u16)at, 8, 0x8e00, (u16)(at >> 16), (u32)(at >> 32), 0};
    }
    struct {
        u16 limit;
        u64 base;
    } __attribute__((packed)) table = {sizeof gates - 1, (u64)gates};
    asm volatile("lidt %0" ::"m"(table));
    outb(0x21, 0xff), outb(0xa1, 0xff); // nothing by the 8259 pair
}

// The stubs push 15 registers and the vector.
void trap(const u64 *frame) {
    if (!interrupt(frame[15])) fail("an exception");
}

// The command line's words, the first of which is the file's name, as argv.
_Noreturn void kit_main(char *line) {
    static long stack[12];
    long argc = 0;
    while (*line && argc < 8) {
        stack[++argc] = (long)line;
        while (*line && *line != ' ') line++;
        while (*line == ' ') *line++ = 0;
    }
    stack[0] = argc;
    set_gates();
    outb(0x3fb, 3); // COM1: 8 data bits
    bench_start(stack);
}
