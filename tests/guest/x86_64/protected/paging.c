// SPDX-License-Identifier: MIT
// 32-bit and PAE paging: rights, page sizes, reserved bits, PDPTEs as registers (SDM 3A 4.3, 4.4).
#include "rights.h"

CODE(load, "mov (%eax), %eax; ret");
CODE(store, "mov %eax, (%eax); ret");

// The first 64 MiB are their own physical addresses, for ring 0, and again at ALIAS, for ring 3. Tests use HERE.
#define LOW (64 * MiB)
#define ALIAS 0x40000000u
#define HERE 0x80000000u

// ---- 32-bit paging: 1024 entries of 4 bytes in two levels

static u32 *directory;
static u32 *table_for(u32 va) { return (u32 *)(directory[va >> 22] & ~0xfffu); }

static void fill(u32 from, u32 rights) {
    for (u32 at = 0; at < LOW; at += 4 * MiB) {
        u32 *t = page();
        for (u32 i = 0; i < 1024; i++) t[i] = (at + i * 4096) | rights;
        directory[(from + at) >> 22] = (u32)t | rights;
    }
}
static void start_32(u32 cr4_bits) {
    directory = page();
    fill(0, P | W);
    fill(ALIAS, P | W | U);
    directory[HERE >> 22] = (u32)page() | P | W | U;
    set_cr4(cr4() | cr4_bits);
    set_cr3((ureg)directory);
    set_cr0(cr0() | CR0_PG);
    user_alias = ALIAS;
}

static u32 leaf_rest, above_rest; // addresses of the page and of the table, and PS
static u64 get_32(bool above) { return above ? directory[HERE >> 22] : table_for(HERE)[0]; }
static void set_32(bool above, u64 rights) {
    if (above) directory[HERE >> 22] = above_rest | (u32)rights;
    else table_for(HERE)[0] = leaf_rest | (u32)rights;
}
TEST(rights_4k) {
    start_32(0);
    struct ground g = {HERE, page(), false, get_32, set_32};
    leaf_rest = (u32)g.memory, above_rest = (u32)table_for(HERE);
    check_rights(&g);
}

TEST(pages_of_4m) {
    start_32(CR4_PSE);
    u8 *memory = pages_aligned(1024, 4 * MiB);
    memory[0x123456] = 77;
    directory[HERE >> 22] = (u32)memory | P | W | PS;
    set_cr3(cr3());
    IS(*(volatile u8 *)(HERE + 0x123456), 77);
    IS(directory[HERE >> 22] & (A | D), A);
    IS(run(store, HERE + 0x3ffffc), NOTHING);
    IS(directory[HERE >> 22] & (A | D), A | D);
    IS(user(load, HERE), PF);
    IS(caught.error, PF_U | PF_P);
    directory[HERE >> 22] |= 1 << 21; // reserved with 40 physical bits
    invlpg(HERE);
    IS(run(load, HERE), PF);
    IS(caught.error, PF_P | PF_RSVD);
    directory[HERE >> 22] = ((u32)memory & ~0x3fffffu) | 1 << 12 | P | PS; // PAT
    invlpg(HERE);
    IS(run(load, HERE), NOTHING);
}

TEST(ps_without_pse) { // is ignored: the entry leads to a table
    start_32(0);
    u32 *memory = page();
    memory[0] = 0x5a5a;
    u32 *table = table_for(HERE);
    table[0] = (u32)memory | P | W;
    directory[HERE >> 22] |= PS;
    set_cr3(cr3());
    IS(*(volatile u32 *)HERE, 0x5a5a);
    set_cr4(cr4() | CR4_PSE);
    IS(*(volatile u32 *)HERE == 0x5a5a, false);
}

TEST(across_pages) {
    start_32(0);
    u8 *memory = pages_aligned(2, 4096);
    u32 *table = table_for(HERE);
    table[0] = (u32)memory | P | W;
    table[1] = 0;
    memset(memory, 0x55, 4096);
    IS(run(store, HERE + 4094), PF);
    IS(caught.cr2, HERE + 4096);
    IS(caught.error, PF_W);
    IS(memory[4094], 0x55);
    table[1] = (u32)(memory + 4096) | P;
    set_cr0(cr0() | CR0_WP);
    IS(run(load, HERE + 4094), NOTHING);
    IS(run(store, HERE + 4094), PF);
    IS(caught.error, PF_W | PF_P);
    IS(caught.cr2, HERE + 4096);
    IS(memory[4094], 0x55);
}

// ---- PAE: 4 pointers, then 512 entries of 8 bytes in two levels

static u64 pdpt[4] __attribute__((aligned(32)));
static u64 *pd[4], *small_table;

static void start_pae(void) {
    for (unsigned i = 0; i < 4; i++) {
        pd[i] = page();
        pdpt[i] = (u64)(u32)pd[i] | P;
    }
    for (u32 i = 0; i < LOW / (2 * MiB); i++) {
        pd[0][i] = i * 2 * MiB | P | W | PS;
        pd[ALIAS >> 30][i] = i * 2 * MiB | P | W | U | PS;
    }
    small_table = page();
    pd[HERE >> 30][0] = (u64)(u32)small_table | P | W | U;
    set_cr4(cr4() | CR4_PAE);
    set_cr3((ureg)pdpt);
    set_cr0(cr0() | CR0_PG);
    user_alias = ALIAS;
}
static u64 get_pae(bool above) { return above ? pd[HERE >> 30][0] : small_table[0]; }
static void set_pae(bool above, u64 rights) {
    if (above) pd[HERE >> 30][0] = above_rest | rights;
    else small_table[0] = leaf_rest | rights;
}
TEST(rights_pae) {
    start_pae();
    struct ground g = {HERE, page(), true, get_pae, set_pae};
    leaf_rest = (u32)g.memory, above_rest = (u32)small_table;
    check_rights(&g);
}

TEST(pae_pages_of_2m) {
    start_pae();
    u8 *memory = pages_aligned(512, 2 * MiB);
    memory[0x12345] = 99;
    pd[2][0] = (u64)(u32)memory | P | W | PS;
    set_cr3(cr3());
    IS(*(volatile u8 *)(HERE + 0x12345), 99);
    IS(pd[2][0] & (A | D), A);
    pd[2][0] |= 1 << 13;
    invlpg(HERE);
    IS(run(load, HERE), PF);
    IS(caught.error, PF_P | PF_RSVD);
    pd[2][0] = (u64)(u32)memory | P | PS | (u64)1 << 40; // above 40 physical bits
    invlpg(HERE);
    IS(run(load, HERE), PF);
    IS(caught.error, PF_P | PF_RSVD);
    pd[2][0] = (u64)(u32)memory | P | PS | (u64)1 << 62;
    invlpg(HERE);
    IS(run(load, HERE), PF);
    IS(caught.error, PF_P | PF_RSVD);
}

CODE(reload_cr3, "mov %cr3, %eax; mov %eax, %cr3; ret");
TEST(pointers_are_loaded_with_cr3) {
    start_pae();
    small_table[0] = (u64)(u32)page() | P | W;
    IS(run(load, HERE), NOTHING);
    pdpt[2] = 0; // no effect before CR3 is loaded
    invlpg(HERE);
    IS(run(load, HERE), NOTHING);
    IS(run(reload_cr3, 0), NOTHING);
    IS(run(load, HERE), PF);
    IS(caught.error, 0);
    for (unsigned bit = 1; bit < 9; bit++) {
        bool reserved = bit != 3 && bit != 4; // PWT, PCD
        pdpt[2] = (u64)(u32)pd[2] | P | 1u << bit;
        IS(run(reload_cr3, 0), reserved ? GP : NOTHING);
        pdpt[2] &= ~(u64)P;
        IS(run(reload_cr3, 0), NOTHING); // not present: nothing else is looked at
    }
    pdpt[2] = (u64)(u32)pd[2] | P | NX;
    IS(run(reload_cr3, 0), GP);
    pdpt[2] = (u64)(u32)pd[2] | P;
    IS(run(reload_cr3, 0), NOTHING);
    IS(run(load, HERE), NOTHING);
}
