// SPDX-License-Identifier: MIT
// Arm's side of the program under QEMU.
#include "native.h"

long call(long number, ulong a, ulong b, ulong c, ulong d, ulong e, ulong f) {
    register ulong x0 __asm__("x0") = a, x1 __asm__("x1") = b, x2 __asm__("x2") = c, x3 __asm__("x3") = d, x4 __asm__("x4") = e,
                      x5 __asm__("x5") = f, x8 __asm__("x8") = (ulong)number;
    __asm__ volatile("svc #0" : "+r"(x0) : "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5), "r"(x8) : "memory");
    return (long)x0;
}

void code_written(ulong at, ulong size) {
    for (ulong a = at; a < at + size; a += 64) __asm__ volatile("dc cvau, %0\nic ivau, %0" : : "r"(a) : "memory");
    __asm__ volatile("dsb ish\nisb" : : : "memory");
}

// ---- the way in and out. Offsets in BLOCK, whose address fits two halves of 16 bits:
//   0 x30 of the case   8 x29 as it came out   16 where results go   24 how it came out   32 the program's SP
// In struct registers: 248 sp, 264 nzcv, 272 fpsr, 280 fpcr, 288 v.
_Static_assert(__builtin_offsetof(struct registers, sp) == 248 && __builtin_offsetof(struct registers, v) == 288, "as below");
// clang-format off
#define EACH_PAIR(M) M(0, 1) M(2, 3) M(4, 5) M(6, 7) M(8, 9) M(10, 11) M(12, 13) M(14, 15) M(16, 17) M(18, 19) M(20, 21) M(22, 23) \
    M(24, 25) M(26, 27)
#define EACH_V(M) EACH_PAIR(M) M(28, 29) M(30, 31)
#define LOAD_X(n, m) "ldp x" #n ", x" #m ", [x30, #8*" #n "]\n"
#define SAVE_X(n, m) "stp x" #n ", x" #m ", [x29, #8*" #n "]\n"
#define LOAD_V(n, m) "ldp q" #n ", q" #m ", [x0, #288+16*" #n "-256]\n"
#define SAVE_V(n, m) "stp q" #n ", q" #m ", [x0, #288+16*" #n "-256]\n"
#define KEEP "stp x19, x20, [sp, #-96]!\nstp x21, x22, [sp, #16]\nstp x23, x24, [sp, #32]\nstp x25, x26, [sp, #48]\n" \
    "stp x27, x28, [sp, #64]\nstp x29, x30, [sp, #80]\n"
#define BACK "msr fpcr, xzr\nldp x21, x22, [sp, #16]\nldp x23, x24, [sp, #32]\nldp x25, x26, [sp, #48]\nldp x27, x28, [sp, #64]\n" \
    "ldp x29, x30, [sp, #80]\nldp x19, x20, [sp], #96\nret\n"
#define TO_BLOCK(x) "movz " x ", #0x0fff, lsl #16\nmovk " x ", #0xe000\n"

__asm__(".globl enter\nenter:\n" KEEP
        TO_BLOCK("x3")
        "str x1, [x3, #16]\nmov x4, sp\nstr x4, [x3, #32]\nldr x4, [x0, #240]\nstr x4, [x3]\nstr x2, [x3, #40]\n"
        "ldr x4, [x0, #264]\nmsr nzcv, x4\nldr x4, [x0, #272]\nmsr fpsr, x4\nldr x4, [x0, #280]\nmsr fpcr, x4\n"
        "ldr x4, [x0, #248]\nmov sp, x4\nmov x30, x0\nadd x0, x0, #256\n"
        EACH_V(LOAD_V) EACH_PAIR(LOAD_X) "ldp x28, x29, [x30, #8*28]\n"
        "ldr x30, 1f\nldr x30, [x30, #40]\nbr x30\n.balign 8\n1: .quad 0x0fffe000\n");

// What is behind the stubs stays here.
extern const unsigned char come_out[], leave[];
#define STUB(k) ".balign 32\nmsr tpidr_el0, x30\n" TO_BLOCK("x30") "str x29, [x30, #8]\nmov x29, #" #k "\nstr x29, [x30, #24]\n" \
    "ldr x29, [x30, #48]\nbr x29\n"
__asm__(".balign 32\n.globl stubs, stubs_end, come_out, leave\nstubs:\n" STUB(0) STUB(1) STUB(2) STUB(3) "stubs_end:\n"
        "come_out:\nldr x29, [x30, #16]\n" EACH_PAIR(SAVE_X) "str x28, [x29, #8*28]\n"
        "ldr x0, [x30, #8]\nstr x0, [x29, #8*29]\nmrs x0, tpidr_el0\nstr x0, [x29, #8*30]\nmov x0, sp\nstr x0, [x29, #248]\n"
        "mrs x0, nzcv\nstr x0, [x29, #264]\nmrs x0, fpsr\nstr x0, [x29, #272]\nmrs x0, fpcr\nstr x0, [x29, #280]\n"
        "add x0, x29, #256\n" EACH_V(SAVE_V)
        "leave:\n" TO_BLOCK("x30") "ldr x0, [x30, #32]\nmov sp, x0\n" BACK);
// clang-format on

static volatile ulong *block(unsigned offset) { return (volatile ulong *)(BLOCK + offset); }

ulong stub_number(void) { return *block(24); }

void set_up(void) {
    map(BLOCK, 0x1000, READ | WRITE);
    *block(48) = (ulong)come_out;
}

struct context { // struct ucontext
    ulong flags, link, stack[3], mask, unused[15 + 1];
    ulong fault_address, x[31], sp, pc, pstate, align; // struct sigcontext
    unsigned magic, size, fpsr, fpcr;                  // struct fpsimd_context, the first of its records
    ulong v[32][2];
};
_Static_assert(__builtin_offsetof(struct context, fault_address) == 176, "the kernel's layout");
_Static_assert(__builtin_offsetof(struct context, magic) == 464, "the kernel's layout");

void leave_by_signal(struct context *k, struct registers *r) {
    memcpy(r->x, k->x, sizeof k->x);
    r->sp = k->sp;
    r->pc = k->pc;
    r->nzcv = k->pstate & 0xf0000000;
    r->fpsr = k->fpsr;
    r->fpcr = k->fpcr;
    memcpy(r->v, k->v, sizeof k->v);
    k->pc = (ulong)leave;
}

__asm__(".globl _start\n_start:\nb start\n");
