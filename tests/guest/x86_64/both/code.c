// SPDX-License-Identifier: MIT
// Code that changes: what was written is what runs, at the next instruction, in the same block, page or elsewhere (SDM 3A
// 8.1.3, 11.6).
#include "kit.h"

typedef u32 function(ureg);
// mov eax, n; ret
static void returns(u8 *at, u32 n) { at[0] = 0xb8, memcpy(at + 1, &n, 4), at[5] = 0xc3; }

TEST(rewritten_between_calls) {
    u8 *code = page();
    for (u32 n = 0; n < 200; n++) {
        returns(code, n);
        IS(((function *)code)(0), n);
    }
}

// The instruction right behind the one that writes it: mov byte [next + 1], 42 ; next: mov eax, 7 ; ret
TEST(next_instruction) {
    u8 *code = page();
#ifdef __x86_64__
    static const u8 text[] = {0xc6, 0x05, 1, 0, 0, 0, 42, 0xb8, 7, 0, 0, 0, 0xc3};
    memcpy(code, text, sizeof text);
#else
    static const u8 text[] = {0xc6, 0x05, 0, 0, 0, 0, 42, 0xb8, 7, 0, 0, 0, 0xc3};
    memcpy(code, text, sizeof text);
    u32 at = (u32)code + 8;
    memcpy(code + 2, &at, 4);
#endif
    IS(((function *)code)(0), 42);
    code[8] = 9;
    IS(((function *)code)(0), 42);
}

// A loop that counts its own operand up.
#ifdef __x86_64__
CODE(counting, "mov $100, %ecx\n1: incl 4f(%rip)\n.byte 0xb8\n4: .long 1000; dec %ecx; jnz 1b; ret");
#else
CODE(counting, "mov $100, %ecx; mov %eax, %edx\n1: incl 4f-counting(%edx)\n.byte 0xb8\n4: .long 1000; dec %ecx; jnz 1b; ret");
#endif
TEST(loop_changes_itself) {
    u8 *code = page();
    memcpy(code, counting, 64);
    IS(((function *)code)((ureg)code), 1100);
}

// An instruction that lies across two pages, changed in either.
TEST(across_pages) {
    u8 *code = pages_aligned(2, 4096);
    for (unsigned cut = 1; cut < 6; cut++) {
        u8 *at = code + 4096 - cut;
        returns(at, 0x11223344);
        IS(((function *)at)(0), 0x11223344);
        at[4] = 0x99;
        IS(((function *)at)(0), 0x99223344);
        at[1] = 0x88;
        IS(((function *)at)(0), 0x99223388);
    }
}

TEST(by_string_instruction) {
    u8 *code = page(), *other = page();
    returns(code, 1);
    returns(other, 2);
    for (unsigned i = 0; i < 50; i++) {
        IS(((function *)code)(0), 1 + (i & 1));
        other[1] = (u8)(1 + (~i & 1));
        memcpy(code, other, 4096);
    }
}

// Data next to code: written often, the code stays what it is.
TEST(data_beside_code) {
    u8 *code = page();
    returns(code, 5);
    volatile u32 *word = (u32 *)(void *)(code + 64);
    for (u32 i = 0; i < 1000; i++) {
        *word = i;
        IS(((function *)code)(0), 5);
    }
    IS(*word, 999);
}

// Code on the stack, gone after each call.
TEST(on_the_stack) {
    for (u32 n = 0; n < 20; n++) {
        u8 code[16];
        returns(code, n * 3);
        asm volatile("" ::: "memory");
        IS(((function *)code)(0), n * 3);
    }
}
