// SPDX-License-Identifier: MIT
// One physical page at several linear addresses: what is written through one is what is run and read through the others.
#include "kit.h"

typedef u32 function(void);
static void returns(u8 *at, u32 n) { at[0] = 0xb8, memcpy(at + 1, &n, 4), at[5] = 0xc3; }

TEST(code_written_through_another_mapping) {
    u8 *code = page(), *small = (u8 *)SPACE, *user_side = (u8 *)user_address(code);
    map(SPACE, 1, (u64)code | P | W);
    for (u32 n = 0; n < 50; n++) {
        returns(small, 3 * n);
        IS(((function *)code)(), 3 * n);
        IS(((function *)small)(), 3 * n);
        user_side[1] = (u8)n;
        IS(((function *)code)() & 0xff, n);
        IS(((function *)small)() & 0xff, n);
        IS(((function *)user_side)() & 0xff, n);
    }
}

// The writer and the written are one page: mov byte [other mapping of next], 42; jmp next; next: mov eax, 7; ret
TEST(own_page_through_another_mapping) {
    u8 *code = page();
    map(SPACE, 1, (u64)code | P | W);
    static const u8 text[] = {0xc6, 0x07, 42, 0xeb, 0, 0xb8, 7, 0, 0, 0, 0xc3};
    memcpy(code, text, sizeof text);
    IS(((u32 (*)(u64))code)(SPACE + 6), 42);
}

// Remapped under the same linear address.
TEST(other_code_at_the_same_address) {
    u8 *one = page(), *two = page();
    returns(one, 1), returns(two, 2);
    for (unsigned i = 0; i < 20; i++) {
        map(SPACE, 1, (u64)(i & 1 ? two : one) | P);
        IS(((function *)SPACE)(), 1 + (i & 1));
    }
}

// A locked instruction and a string through one mapping, seen through the other.
TEST(data_through_both) {
    u64 *memory = page();
    volatile u64 *there = (u64 *)SPACE;
    map(SPACE, 1, (u64)memory | P | W);
    asm volatile("lock incq %0" : "+m"(there[0]));
    IS(*(volatile u64 *)memory, 1);
    memset((void *)SPACE, 0x5a, 4096);
    IS(memory[511], 0x5a5a5a5a5a5a5a5a);
}
