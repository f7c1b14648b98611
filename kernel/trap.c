// SPDX-License-Identifier: MIT
// Descriptor tables (Intel SDM 3A, 3.5, 6.14, 7.7) and the report of a fault of our own.
//
//   GDT  0x08 64-bit code   0x10 data   0x18 TSS (16 bytes)
//   IDT gate:  offset 15..0 | selector | IST, type 0xe (interrupt gate), P | offset 31..16 | offset 63..32 | 0
#include "kernel/trap.h"
#include "base/bits.h"
#include "kernel/io.h"
#include "kernel/layout.h"
#include "kernel/panic.h"
#include <string.h>

enum { CODE_SELECTOR = 0x08, DATA_SELECTOR = 0x10, TSS_SELECTOR = 0x18, EXCEPTIONS = 32, VECTORS = 256, STUB_SIZE = 16 };

struct [[gnu::packed]] tss {
    u32 reserved0;
    u64 rsp[3], reserved1, ist[7], reserved2; // ist[0] is IST1
    u16 reserved3, iopb;
};

struct [[gnu::packed]] gate {
    u16 offset_low, selector;
    u8 ist, type;
    u16 offset_middle;
    u32 offset_high, reserved;
};

struct [[gnu::packed]] table_pointer {
    u16 limit;
    u64 base;
};

static u64 gdt[5] = {0, 0x00af9b000000ffffu, 0x00cf93000000ffffu};
static struct tss tss;
static struct gate idt[VECTORS];

extern const u8 trap_stubs[], trap_timer[], trap_tick[], trap_spurious[];
void load_segments(u16 code, u16 data);
[[noreturn]] void trap_report(const struct trap_frame *f);

static unsigned ist_of(unsigned vector) {
    switch (vector) {
    case 2: return IST_NMI;
    case 8: return IST_DOUBLE_FAULT;
    case 14: return IST_PAGE_FAULT;
    case 18: return IST_MACHINE_CHECK;
    default: return IST_OTHER;
    }
}

static void set_gate(unsigned vector, const u8 *entry, unsigned ist) {
    u64 at = (uintptr_t)entry;
    idt[vector] = (struct gate){.offset_low = (u16)at,
                                .selector = CODE_SELECTOR,
                                .ist = (u8)ist,
                                .type = 0x8e,
                                .offset_middle = (u16)(at >> 16),
                                .offset_high = (u32)(at >> 32)};
}

void trap_init(void) {
    u64 at = (uintptr_t)&tss, limit = sizeof tss - 1;
    for (unsigned i = 1; i <= IST_STACKS; i++) tss.ist[i - 1] = stack_top(i);
    tss.iopb = sizeof tss;
    gdt[3] = limit | bits(at, 23, 0) << 16 | (u64)0x89 << 40 | bits(at, 31, 24) << 56;
    gdt[4] = at >> 32;
    for (unsigned v = 0; v < EXCEPTIONS; v++) set_gate(v, trap_stubs + v * STUB_SIZE, ist_of(v));
    set_gate(TRAP_VECTOR_TIMER, trap_timer, 0);
    set_gate(TRAP_VECTOR_TICK, trap_tick, IST_TICK); // what it interrupts may have a red zone, or the guest's stack pointer
    set_gate(TRAP_VECTOR_SPURIOUS, trap_spurious, 0);
    struct table_pointer gdtr = {sizeof gdt - 1, (uintptr_t)gdt}, idtr = {sizeof idt - 1, (uintptr_t)idt};
    __asm__ volatile("lgdt %0" : : "m"(gdtr));
    load_segments(CODE_SELECTOR, DATA_SELECTOR);
    __asm__ volatile("ltr %w0" : : "r"(TSS_SELECTOR));
    __asm__ volatile("lidt %0" : : "m"(idtr));
}

static const char *const names[EXCEPTIONS] = {
    "#DE divide error",
    "#DB debug",
    "NMI",
    "#BP breakpoint",
    "#OF overflow",
    "#BR bound range",
    "#UD invalid opcode",
    "#NM no FPU",
    "#DF double fault",
    NULL,
    "#TS invalid TSS",
    "#NP segment not present",
    "#SS stack fault",
    "#GP protection",
    "#PF page fault",
    NULL,
    "#MF x87 error",
    "#AC alignment check",
    "#MC machine check",
    "#XM SIMD error",
    "#VE virtualization",
    "#CP control protection",
};

void trap_report(const struct trap_frame *f) {
    panic_begin();
    const char *name = f->vector < EXCEPTIONS && names[f->vector] ? names[f->vector] : "exception";
    panic_print("softmetal: FAULT of softmetal's own: %s (vector %u), error code 0x%llx\n", name, (unsigned)f->vector,
                (unsigned long long)f->error);
    if (f->vector == 14) {
        u64 at = read_cr2();
        panic_print("  fault address %016llx: %s%s while %s\n", (unsigned long long)at,
                    f->error & 1 ? "no right to this page" : "not mapped", panic_region(at),
                    f->error & 16  ? "fetching an instruction"
                    : f->error & 2 ? "writing"
                                   : "reading");
    }
    panic_print("  RIP %016llx  RSP %016llx  RFLAGS %08llx\n", (unsigned long long)f->rip, (unsigned long long)f->rsp,
                (unsigned long long)f->rflags);
    const struct {
        const char *name;
        u64 value;
    } reg[] = {{"RAX", f->rax},     {"RBX", f->rbx},     {"RCX", f->rcx},     {"RDX", f->rdx},    {"RSI", f->rsi},
               {"RDI", f->rdi},     {"RBP", f->rbp},     {"R8 ", f->r8},      {"R9 ", f->r9},     {"R10", f->r10},
               {"R11", f->r11},     {"R12", f->r12},     {"R13", f->r13},     {"R14", f->r14},    {"R15", f->r15},
               {"CR0", read_cr0()}, {"CR2", read_cr2()}, {"CR3", read_cr3()}, {"CR4", read_cr4()}};
    for (unsigned i = 0; i < countof(reg); i++)
        panic_print("  %s %016llx%s", reg[i].name, (unsigned long long)reg[i].value,
                    i % 3 == 2 || i + 1 == countof(reg) ? "\n" : "");
    panic_backtrace(f->rip, f->rbp, f->rsp);
    panic_end();
}
