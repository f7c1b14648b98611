// SPDX-License-Identifier: MIT
// RISC-V's side of the program under QEMU.
#include "native.h"

long call(long number, ulong a, ulong b, ulong c, ulong d, ulong e, ulong f) {
    register ulong a0 __asm__("a0") = a, a1 __asm__("a1") = b, a2 __asm__("a2") = c, a3 __asm__("a3") = d, a4 __asm__("a4") = e,
                      a5 __asm__("a5") = f, a7 __asm__("a7") = (ulong)number;
    __asm__ volatile("ecall" : "+r"(a0) : "r"(a1), "r"(a2), "r"(a3), "r"(a4), "r"(a5), "r"(a7) : "memory");
    return (long)a0;
}

void code_written(ulong at, ulong size) { __asm__ volatile("fence.i" : : : "memory"); }

// ---- the way in and out. ZERO is the page at address 0, which is reached without a register. Offsets in it:
//   0 x31 of the case   8 x31 as it came out   16 where results go   24 how it came out   32 come_out   40.. the program's own
//   x1..x30   288 the slot
// clang-format off
#define EACH_X(M) M(1) M(2) M(3) M(4) M(5) M(6) M(7) M(8) M(9) M(10) M(11) M(12) M(13) M(14) M(15) M(16) M(17) M(18) M(19)  \
    M(20) M(21) M(22) M(23) M(24) M(25) M(26) M(27) M(28) M(29) M(30)
#define EACH_F(M) M(0) M(1) M(2) M(3) M(4) M(5) M(6) M(7) M(8) M(9) M(10) M(11) M(12) M(13) M(14) M(15) M(16) M(17) M(18)   \
    M(19) M(20) M(21) M(22) M(23) M(24) M(25) M(26) M(27) M(28) M(29) M(30) M(31)
// clang-format on
#define LOAD_X(n) "ld x" #n ", 8*" #n "(x31)\n"
#define SAVE_X(n) "sd x" #n ", 8*" #n "(x31)\n"
#define LOAD_F(n) "fld f" #n ", 256+8*" #n "(x31)\n"
#define SAVE_F(n) "fsd f" #n ", 256+8*" #n "(x31)\n"
#define KEEP_X(n) "sd x" #n ", 32+8*" #n "(x0)\n"
#define BACK_X(n) "ld x" #n ", 32+8*" #n "(x0)\n"

__asm__(".globl enter\nenter:\n" EACH_X(KEEP_X) "sd a1, 16(x0)\n"
                                                "sd a2, 288(x0)\n"
                                                "mv x31, a0\n"
                                                "ld x30, 8*31(x31)\n"
                                                "sd x30, 0(x0)\n"
                                                "ld x30, 512(x31)\n"
                                                "fscsr x30\n" EACH_F(LOAD_F) EACH_X(LOAD_X) "ld x31, 288(x0)\n"
                                                                                            "jr x31\n");

// What is behind the stubs stays here.
extern const unsigned char come_out[];
#define STUB(k) ".balign 32\nsd x31, 8(x0)\naddi x31, x0, " #k "\nsd x31, 24(x0)\nj 1f\n"
__asm__(".option push\n.option norvc\n.option norelax\n.balign 32\n"
        ".globl stubs, stubs_end, come_out\nstubs:\n" STUB(0) STUB(1) STUB(2)
            STUB(3) "1: ld x31, 32(x0)\njr x31\n" // the address of come_out
                    "stubs_end:\n.option pop\n"
                    "come_out:\n"
                    "ld x31, 16(x0)\n" EACH_X(SAVE_X) EACH_F(SAVE_F) "ld x1, 8(x0)\n"
                                                                     "sd x1, 8*31(x31)\n"
                                                                     "frcsr x1\n"
                                                                     "sd x1, 512(x31)\n" EACH_X(BACK_X) "ret\n");

static ulong zero_page(unsigned offset) {
    ulong v;
    __asm__ volatile("ld %0, 0(%1)" : "=r"(v) : "r"((ulong)offset) : "memory");
    return v;
}
static void set_zero_page(unsigned offset, ulong v) {
    __asm__ volatile("sd %0, 0(%1)" : : "r"(v), "r"((ulong)offset) : "memory");
}

ulong stub_number(void) { return zero_page(24); }

void set_up(void) {
    map(0, 0x1000, READ | WRITE);
    set_zero_page(32, (ulong)come_out);
}

// ---- signals: the case comes out as if by a stub, which saves others over nothing that is looked at.
struct context { // struct ucontext
    ulong flags, link, stack[3], mask, unused[15 + 1];
    struct registers r; // fcsr is 32 bits
};
_Static_assert(__builtin_offsetof(struct context, r) == 176, "the kernel's layout");

void leave(void);
__asm__(".globl leave\nleave:\n" EACH_X(BACK_X) "ret\n");

void leave_by_signal(struct context *k, struct registers *r) {
    memcpy(r, &k->r, sizeof *r);
    r->fcsr &= 0xff;
    k->r.pc = (ulong)leave;
}

__asm__(".globl _start\n_start:\n.option push\n.option norelax\nla gp, __global_pointer$\n.option pop\nj start\n");
