// SPDX-License-Identifier: MIT
// Page tables, data and code in one place: tables that map themselves, and code that changes the mapping of the page it stands
// on or the tables it runs through (SDM 3A 4.8, 4.10.4).
#include "kit.h"

#define AT64(va) (*(volatile u64 *)(va))

static u64 table_of(u64 va, unsigned level) { return (u64)entry(va, level) & ~(u64)0xfff; }

// A slot of the topmost table that leads to that table: then every entry has an address (the "recursive" mapping).
TEST(recursive_slot) {
    const u64 slot = 300, va = SPACE + 0x123000;
    u64 *memory = page();
    map(va, 1, (u64)memory | P | W);
    pml4[slot] = (u64)pml4 | P | W;
    set_cr3(cr3());
    u64 base = (u64)0xffff << 48 | slot << 39, seen = base | (va >> 9 & 0x7ffffffff8);
    IS(AT64(seen) & ~(u64)0xfff, (u64)memory);
    IS(AT64(seen) & (A | D), 0);
    memory[0] = 77;
    IS(AT64(va), 77);
    IS(AT64(seen) & (A | D), A);
    AT64(va) = 78;
    IS(AT64(seen) & (A | D), A | D);
    IS(*entry(va, 1), AT64(seen));
    // Written through that address, it is in force after INVLPG.
    u64 *other = page();
    other[0] = 99;
    AT64(seen) = (u64)other | P;
    invlpg(va);
    IS(AT64(va), 99);
    IS(AT64(seen), (u64)other | P | A);
    // The walk to the topmost table's own entry goes through that entry four times.
    u64 self = base | slot << 30 | slot << 21 | slot << 12 | slot << 3;
    IS(AT64(self) & ~(u64)0xfff, (u64)pml4);
    HOLDS(pml4[slot] & A);
    u64 v = AT64(self);
    asm volatile("" : "+r"(v)); // a read and a write, not one instruction: that may see the D bit of its own write
    AT64(self) = v | 0x200;
    IS(pml4[slot], (u64)pml4 | P | W | A | 0x200);
    pml4[slot] = 0;
    set_cr3(cr3());
}

// A page whose mapping is in the page itself.
TEST(entry_in_its_own_page) {
    map(SPACE, 1, 0);
    u64 *e = entry(SPACE, 1), own = SPACE + ((u64)e & 0xfff);
    map(SPACE, 1, table_of(SPACE, 1) | P | W);
    IS(AT64(own), table_of(SPACE, 1) | P | W | A); // the read sees what its own walk has set
    u64 fresh = table_of(SPACE, 1) | P | W | 0x400;
    *e = table_of(SPACE, 1) | P | W;
    invlpg(SPACE);
    AT64(own) = fresh; // and the write overwrites it
    IS(*e, fresh);
    invlpg(SPACE);
    AT64(own + 8) = 0;
    IS(*e, fresh | A | D);
    *e = 0;
    invlpg(SPACE);
}

// rdi: where the entry is; its new value; the address to invalidate.
struct change {
    u64 *at, value, va;
};
#define CHANGE "mov (%rdi), %rcx; mov 8(%rdi), %rdx; mov 16(%rdi), %rsi; mov %rdx, (%rcx);"
CODE(by_invlpg, CHANGE "invlpg (%rsi); mov $1, %eax; ret; nop");
CODE(by_cr3, CHANGE "mov %cr3, %rcx; mov %rcx, %cr3; mov $1, %eax; ret");
CODE(to_other_tables, "mov (%rdi), %rcx; mov %rcx, %cr3; mov $1, %eax; ret");

static u32 call(u64 at, const struct change *c) { return ((u32 (*)(const struct change *))at)(c); }

// The same code with another constant in two places.
static void two_versions(u8 *a, u8 *b, const char *code) {
    memcpy(a, code, 48);
    memcpy(b, code, 48);
    for (unsigned i = 0; i < 43; i++)
        if (b[i] == 0xb8 && b[i + 1] == 1) b[i + 1] = 2;
}

static void changes_page(const char *code) {
    u8 *memory = pages_aligned(2, 4096);
    two_versions(memory, memory + 4096, code);
    for (unsigned n = 0; n < 4; n++) {
        map(SPACE, 1, (u64)memory | P);
        struct change c = {entry(SPACE, 1), (u64)(memory + 4096) | P, SPACE};
        IS(call(SPACE, &c), 2);
        IS(call(SPACE, &c), 2);
    }
}
TEST(code_changes_its_own_page_by_invlpg) { changes_page(by_invlpg); }
TEST(code_changes_its_own_page_by_cr3) { changes_page(by_cr3); }

// The table above: another page table, and a large page instead of a page table.
TEST(code_changes_the_tables_it_runs_through) {
    u8 *memory = pages_aligned(2, 4096), *large = pages_aligned(512, 2 * MiB);
    u64 *other = page();
    two_versions(memory, memory + 4096, by_invlpg);
    memcpy(large, memory + 4096, 48);
    other[0] = (u64)(memory + 4096) | P;
    map(SPACE, 1, (u64)memory | P);
    struct change c = {entry(SPACE, 2), (u64)other | P | W, SPACE};
    u64 before = *c.at;
    IS(call(SPACE, &c), 2);
    *c.at = before;
    invlpg(SPACE);
    c.value = (u64)large | P | PS;
    IS(call(SPACE, &c), 2);
    IS(*c.at & A, A);
    // And back from the large page to the small one, by CR3.
    two_versions(large, memory, by_cr3);
    c.value = before;
    IS(call(SPACE, &c), 2);
    IS(call(SPACE, &c), 2);
}

// Away with it: the next instruction is not there any more, and the fault is at it. By one instruction, because after a mere
// store the processor is free to see the old entry or the new one.
TEST(code_takes_its_own_page_away) {
    u8 *memory = page();
    u64 *root = page();
    memcpy(memory, to_other_tables, 48);
    map(SPACE, 1, (u64)memory | P);
    memcpy(root, pml4, 4096);
    root[SPACE >> 39 & 511] = 0;
    struct change c = {root, 0, 0};
    IS(run((void *)SPACE, (ureg)&c), PF);
    set_cr3((u64)pml4);
    IS(caught.error & (PF_P | PF_W | PF_U), 0);
    IS(caught.ip, caught.cr2);
    HOLDS(caught.ip > SPACE && caught.ip < SPACE + 48);
    IS(memory[caught.ip - SPACE], 0xb8);
}

// A store that makes the page it stands on read-only for data, then writes to it: refused there, and the code runs on.
CODE(locks_itself, CHANGE "invlpg (%rsi); movb $0, 64(%rsi); mov $1, %eax; ret");
TEST(code_locks_its_own_page) {
    u8 *memory = page();
    memcpy(memory, locks_itself, 48);
    map(SPACE, 1, (u64)memory | P | W);
    set_cr0(cr0() | CR0_WP);
    struct change c = {entry(SPACE, 1), (u64)memory | P, SPACE};
    IS(run((void *)SPACE, (ureg)&c), PF);
    IS(caught.error, PF_P | PF_W);
    IS(caught.cr2, SPACE + 64);
    IS(caught.ip >> 12, SPACE >> 12);
}

// Code written through another address than it runs at, the next instruction among it.
CODE(writes_ahead, "movb $42, (%rdi); mov $7, %eax; ret");
TEST(next_instruction_by_another_address) {
    u8 *memory = page();
    memcpy(memory, writes_ahead, 16);
    map(SPACE, 1, (u64)memory | P);
    map(SPACE + 0x200000, 1, (u64)memory | P | W);
    for (unsigned n = 0; n < 4; n++) {
        memory[4] = 7;
        IS(((u32 (*)(u64))SPACE)((n & 1 ? SPACE + 0x200000 : (u64)memory) + 4), 42);
    }
}

// Two operands on three pages of which the last is missing: nothing is written, MOVS keeps its registers.
CODE(move_quads, "mov %rdi, %rsi; add $0x2000, %rdi; mov $3, %ecx; std; cld; rep movsq; ret");
TEST(string_stops_at_the_page) {
    u64 *memory = pages_aligned(3, 4096);
    for (unsigned i = 0; i < 512; i++) memory[i] = i;
    map(SPACE, 1, (u64)memory | P);
    map(SPACE + 0x2000, 1, (u64)(memory + 512) | P | W);
    map(SPACE + 0x3000, 1, 0);
    map(SPACE + 0x1000, 1, (u64)memory | P);
    IS(run(move_quads, SPACE + 0xff4), PF);
    IS(caught.cr2, SPACE + 0x3000);
    IS(caught.error, PF_W);
    IS(caught.f.cx, 2);
    IS(caught.f.di, SPACE + 0x2ffc);
    IS(caught.f.si, SPACE + 0xffc);
    IS(*(u32 *)(void *)((u8 *)memory + 4096 + 0xffc), 0); // the crossing one wrote neither half
}

// One page of code at two addresses with different pages behind it: what lies behind it is a matter of the address. Three ways
// over the page's end: falling, a jump, and a conditional jump that the instruction before it decides.
TEST(code_page_at_two_addresses) {
    static const u8 ways[][8] = {{0x90}, {0xeb, 0x0e}, {0x31, 0xd2, 0x85, 0xd2, 0x74, 0x0a}};
    u8 *shared = page(), *behind[2] = {page(), page()};
    for (unsigned i = 0; i < 2; i++) {
        map(SPACE + i * 0x10000, 1, (u64)shared | P | W);
        map(SPACE + i * 0x10000 + 0x1000, 1, (u64)behind[i] | P | W);
        behind[i][0] = 0xb8, behind[i][1] = (u8)(i + 1), behind[i][5] = 0xc3; // mov eax, i + 1; ret
    }
    for (unsigned w = 0; w < countof(ways); w++) {
        for (unsigned i = 0; i < 16; i++) shared[0xff0 + i] = i < 8 && ways[w][i] ? ways[w][i] : 0x90;
        unsigned digits = 0;
        for (unsigned i = 0; i < 6; i++) digits = digits * 16 + ((unsigned (*)(void))(SPACE + (i & 1) * 0x10000 + 0xff0))();
        IS(digits, 0x121212);
    }
    for (unsigned i = 0; i < 4; i++) map(SPACE + (i >> 1) * 0x10000 + (i & 1) * 0x1000, 1, 0);
}
