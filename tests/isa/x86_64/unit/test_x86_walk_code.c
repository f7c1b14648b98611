// SPDX-License-Identifier: MIT
// Accesses that run over a page's end, and page tables, data and code in the same place: what faults has written nothing, and
// what was written (by a store, or by the walk itself) is what runs next, however a run is cut into slices.
#include "isa/x86_64/insn/decode.h"
#include "isa/x86_64/sys/mem.h"
#include "x86_rig.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { P = 1, W = 2, U = 4, A = 32, D = 64, PS = 128 };
enum { VA = 0x400000, PDE = RIG_TABLES + 0x2000 + 8 * (VA >> 21), PT = RIG_TABLES + 0x10000 };

static void pte(struct x86_rig *r, unsigned page, u64 value) { cpu_poke(r, PT + 8 * page, value, 8); }

static void table(struct x86_rig *r) {
    cpu_long(r, 0);
    cpu_poke(r, PDE, PT | P | W | U, 8);
    for (unsigned i = 0; i < 512; i++) pte(r, i, 0);
    x86_tlb_flush_all(r->c);
}

static void ring(struct x86_rig *r, u8 cpl) {
    r->c->s.cpl = cpl;
    x86_mode_changed(r->c);
}

// ---- page crossings

// The handlers' way: short path, then the slow one.
static void load(struct x86_rig *r, gva_t a, void *to, unsigned size) {
    struct uop u = {.base = RDI, .index = 16, .mem = DS << MEM_SEG_SHIFT};
    struct x86_cpu *c = r->c;
    c->s.gpr[RDI] = a;
    u64 v;
    switch (size) {
    case 1: v = LOAD8(c, &u); break;
    case 2: v = LOAD16(c, &u); break;
    case 4: v = LOAD32(c, &u); break;
    case 8: v = LOAD64(c, &u); break;
    default: LOADN(c, &u, to, size, 1); return;
    }
    memcpy(to, &v, size);
}

static void store(struct x86_rig *r, gva_t a, const void *from, unsigned size) {
    struct uop u = {.base = RDI, .index = 16, .mem = DS << MEM_SEG_SHIFT};
    struct x86_cpu *c = r->c;
    u64 v = 0;
    c->s.gpr[RDI] = a;
    memcpy(&v, from, size < 8 ? size : 8);
    switch (size) {
    case 1: STORE8(c, &u, (u8)v); break;
    case 2: STORE16(c, &u, (u16)v); break;
    case 4: STORE32(c, &u, (u32)v); break;
    case 8: STORE64(c, &u, v); break;
    default: STOREN(c, &u, from, size, 1); break;
    }
}

// What a page may be, and what an access by ring 3 to it gives: -1 or an error code.
static const struct {
    u64 entry;
    int read, write;
} halves[] = {
    {P | W | U, -1, -1}, {P | U, -1, 7}, {P | W, 5, 7}, {0, 4, 6}, {P | W | U | BIT(45), 13, 15},
};

static void one_crossing(struct x86_rig *r, unsigned first, unsigned second, unsigned size, unsigned cut, bool write, bool warm) {
    static u8 in[64], out[64], before[2][4096];
    gva_t a = VA + 0x1000 - cut;
    pte(r, 0, 0x50000 | halves[first].entry);
    pte(r, 1, 0x48000 | halves[second].entry);
    x86_tlb_flush_page(r->c, VA), x86_tlb_flush_page(r->c, VA + 0x1000);
    for (unsigned i = 0; i < size; i++) in[i] = (u8)(size + 3 * i + cut + write);
    if (warm) {
        (void)TRAP(r, load(r, VA, out, 1));
        (void)TRAP(r, load(r, VA + 0x1000, out, 1));
        if (write) (void)TRAP(r, store(r, VA + 8, in, 1));
    }
    memcpy(before[0], r->ram + 0x50000, 4096);
    memcpy(before[1], r->ram + 0x48000, 4096);
    unsigned n = cut < size ? cut : size; // bytes on the first page
    int e1 = write ? halves[first].write : halves[first].read, e2 = write ? halves[second].write : halves[second].read;
    int want = e1 >= 0 ? e1 : n < size ? e2 : -1;
    int vector = write ? TRAP(r, store(r, a, in, size)) : TRAP(r, load(r, a, out, size));
    if (want >= 0) {
        assert_int_equal(vector, EXC_PF);
        assert_int_equal(r->error, want);
        assert_int_equal(r->c->s.cr2, e1 >= 0 ? a : VA + 0x1000);
    } else {
        assert_int_equal(vector, NO_TRAP);
        if (write) {
            memcpy(before[0] + 0x1000 - cut, in, n);
            memcpy(before[1], in + n, size - n);
        } else {
            assert_memory_equal(out, before[0] + 0x1000 - cut, n);
            assert_memory_equal(out + n, before[1], size - n);
        }
    }
    assert_memory_equal(before[0], r->ram + 0x50000, 4096);
    assert_memory_equal(before[1], r->ram + 0x48000, 4096);
    // The page that was refused is not marked.
    if (e2 >= 0 && n < size && !warm) assert_int_equal(cpu_peek(r, PT + 8, 8), 0x48000 | halves[second].entry);
    if (e1 >= 0 && !warm) assert_int_equal(cpu_peek(r, PT, 8), 0x50000 | halves[first].entry);
    if (want < 0 && n < size) assert_int_equal(cpu_peek(r, PT + 8, 8) & (A | D), A | (write ? D : 0));
}

static void crossings(void **state) {
    struct x86_rig *r = *state;
    table(r);
    ring(r, 3);
    unsigned count = 0;
    for (unsigned size = 1; size <= 64; size++)
        for (unsigned cut = 1; cut <= size; cut += size > 16 && cut > 8 && cut + 8 < size ? 5 : 1)
            for (unsigned i = 0; i < countof(halves) * countof(halves) * 4; i++, count++)
                one_crossing(r, i / 4 % countof(halves), i / 4 / countof(halves), size, cut, i & 1, i & 2);
    print_message("%u accesses over a page's end\n", count);
}

// ---- the same by whole instructions of ring 3

// Runs one; the vector, r->error and the RIP pushed are the handler's frame's, or NO_TRAP.
static int step(struct x86_rig *r, u64 *rip) {
    static const u8 stop[] = {0xeb, 0xfe};
    for (unsigned v = 0; v < 32; v++) cpu_idt(r, v, cpu_gate(SYS_INT32, 0, SEL_CODE64_0, 0x20000 + 0x100 * v, 0), 0);
    for (unsigned v = 0; v < 32; v++) memcpy(r->ram + 0x20000 + 0x100 * v, stop, 2);
    cpu_run(r, NULL, 0, 1);
    u64 at = r->c->s.rip;
    if (r->c->s.cpl == 3) return NO_TRAP;
    r->error = (u32)cpu_peek(r, r->c->s.gpr[RSP], 8);
    *rip = cpu_peek(r, r->c->s.gpr[RSP] + 8, 8);
    return (int)(at - 0x20000) >> 8;
}

static void start(struct x86_rig *r, unsigned first, unsigned second, const u64 *entry) {
    cpu_long(r, 3);
    cpu_poke(r, PDE, PT | P | W | U, 8);
    pte(r, 0, 0x50000 | entry[first]);
    pte(r, 1, 0x48000 | entry[second]);
    x86_tlb_flush_all(r->c);
}

// What reads and writes its operand is refused as a write, before it has written; a comparison that fails is one, too.
static void modify(void **state) {
    static const struct {
        u8 size, n, code[6];
    } rows[] = {
        {4, 2, {0x01, 0x07}},
        {8, 3, {0x48, 0x01, 0x07}},
        {2, 3, {0x66, 0x11, 0x07}},
        {4, 3, {0xf0, 0x01, 0x07}},
        {8, 4, {0xf0, 0x48, 0x29, 0x07}},
        {4, 2, {0x87, 0x07}},
        {8, 3, {0x48, 0x87, 0x07}},
        {4, 4, {0xf0, 0x0f, 0xc1, 0x07}},
        {8, 5, {0xf0, 0x48, 0x0f, 0xb1, 0x0f}},
        {4, 4, {0xf0, 0x0f, 0xb1, 0x0f}},
        {8, 4, {0xf0, 0x0f, 0xc7, 0x0f}},
        {4, 2, {0xf7, 0x17}},
        {4, 3, {0xf0, 0xff, 0x07}},
        {8, 3, {0x48, 0xd1, 0x27}},
        {4, 5, {0xf0, 0x0f, 0xba, 0x2f, 31}},
        {4, 3, {0x0f, 0xbb, 0x0f}},
        {8, 2, {0x8f, 0x07}},
        {4, 4, {0x0f, 0xa4, 0x07, 5}},
    };
    struct x86_rig *r = *state;
    u64 entry[countof(halves)];
    unsigned count = 0;
    for (unsigned i = 0; i < countof(halves); i++) entry[i] = halves[i].entry;
    for (unsigned row = 0; row < countof(rows); row++)
        for (unsigned cut = 1; cut < rows[row].size; cut++)
            for (unsigned i = 0; i < countof(halves) * countof(halves); i++, count++) {
                unsigned first = i % countof(halves), second = i / countof(halves), size = rows[row].size;
                int e1 = halves[first].write, e2 = halves[second].write, want = e1 >= 0 ? e1 : e2;
                u8 before[8], after[8];
                u64 rip = 0, gpr[2][16];
                for (unsigned pass = 0; pass < 2; pass++) { // in one piece, then over the end
                    gva_t a = pass ? VA + 0x1000 - cut : VA + 0x2100;
                    start(r, first, second, entry);
                    pte(r, 2, 0x52000 | P | W | U);
                    r->c->s.gpr[RAX] = 0x1122334455667788, r->c->s.gpr[RBX] = 0x99aabbcc;
                    r->c->s.gpr[RCX] = 3, r->c->s.gpr[RDX] = 7;
                    for (unsigned k = 0; k < 8; k++) before[k] = (u8)(0x91 + 0x33 * k + row);
                    for (unsigned k = 0; k < size; k++)
                        r->ram[!pass ? 0x52100 + k : k < cut ? 0x51000 - cut + k : 0x48000 + k - cut] = before[k];
                    memcpy(r->ram + RIG_CODE, rows[row].code, rows[row].n);
                    bus_will_write(&r->bus, RIG_CODE, 8);
                    r->c->s.gpr[RDI] = a;
                    int vector = step(r, &rip);
                    assert_int_equal(vector, pass && want >= 0 ? EXC_PF : NO_TRAP);
                    memcpy(gpr[pass], r->c->s.gpr, sizeof gpr[pass]);
                    gpr[pass][RDI] = 0;
                    if (!pass) memcpy(after, r->ram + 0x52100, 8);
                }
                if (want >= 0) {
                    assert_int_equal(r->error, want);
                    assert_int_equal(r->c->s.cr2, e1 >= 0 ? VA + 0x1000 - cut : VA + 0x1000);
                    assert_int_equal(rip, RIG_CODE);
                    assert_int_equal(r->c->s.gpr[RAX], 0x1122334455667788);
                } else {
                    assert_memory_equal(gpr[0], gpr[1], sizeof gpr[0]);
                    assert_int_equal(cpu_peek(r, PT, 8) & cpu_peek(r, PT + 8, 8) & (A | D), A | D);
                }
                for (unsigned k = 0; k < size; k++)
                    assert_int_equal(r->ram[k < cut ? 0x51000 - cut + k : 0x48000 + k - cut], want >= 0 ? before[k] : after[k]);
                if (e2 >= 0) assert_int_equal(cpu_peek(r, PT + 8, 8), 0x48000 | entry[second]);
            }
    print_message("%u read-modify-writes over a page's end\n", count);
}

// An instruction over a page's end: the second page is asked for as soon as a byte of it is needed, and no sooner.
static void fetches(void **state) {
    static const struct {
        u64 entry;
        int fetch;
    } kinds[] = {
        {P | U, -1}, {P | W | U, -1}, {P, 0x15}, {0, 0x14}, {P | U | BIT(63), 0x15}, {P | U | BIT(45), 0x1d},
    };
    static const u8 code[] = {0x48, 0xb8, 1, 2, 3, 4, 5, 6, 7, 8}; // mov rax, imm64
    struct x86_rig *r = *state;
    u64 entry[countof(kinds)], rip = 0;
    for (unsigned i = 0; i < countof(kinds); i++) entry[i] = kinds[i].entry;
    for (unsigned cut = 1; cut <= sizeof code; cut++)
        for (unsigned i = 0; i < countof(kinds) * countof(kinds); i++) {
            unsigned first = i % countof(kinds), second = i / countof(kinds);
            bool crosses = cut < sizeof code;
            int e1 = kinds[first].fetch, e2 = crosses ? kinds[second].fetch : -1, want = e1 >= 0 ? e1 : e2;
            start(r, first, second, entry);
            bus_will_write(&r->bus, 0x48000, 0x1000), bus_will_write(&r->bus, 0x50000, 0x1000);
            memcpy(r->ram + 0x51000 - cut, code, cut);
            memcpy(r->ram + 0x48000, code + cut, sizeof code - cut);
            r->c->s.rip = VA + 0x1000 - cut;
            assert_int_equal(step(r, &rip), want >= 0 ? EXC_PF : NO_TRAP);
            if (want >= 0) {
                assert_int_equal(r->error, want);
                assert_int_equal(r->c->s.cr2, e1 >= 0 ? VA + 0x1000 - cut : VA + 0x1000);
                assert_int_equal(rip, VA + 0x1000 - cut);
            } else {
                assert_int_equal(r->c->s.gpr[RAX], 0x0807060504030201);
                assert_int_equal(r->c->s.rip, VA + 0x1000 - cut + sizeof code);
            }
            assert_int_equal(cpu_peek(r, PT, 8) & (A | D), e1 >= 0 ? 0 : A);
            // Nothing of the next page was needed, or it was refused. (What is fetched ahead may be marked: it is not here.)
            assert_int_equal(cpu_peek(r, PT + 8, 8) & (A | D), e1 < 0 && e2 < 0 && crosses ? A : 0);
        }
}

// The last page of the canonical space, of all space, and of 4 GiB.
static void ends(void **state) {
    struct x86_rig *r = *state;
    u64 v = 0;
    table(r);
    assert_raises(r, EXC_GP, 0, load(r, 0x7ffffffffffc, &v, 8)); // before the page that is not there
    assert_raises(r, EXC_GP, 0, store(r, 0x7ffffffffffc, &v, 8));
    assert_raises(r, EXC_SS, 0, x86_read(r->c, SS, 0x7ffffffffffc, &v, 8));
    assert_raises(r, EXC_PF, 0, load(r, 0x7ffffffffff8, &v, 8));
    assert_raises(r, EXC_GP, 0, vcpu_fetch(&r->c->v, 0x800000000000));
    // 2^64 - 4: goes on at 0, which is mapped.
    assert_raises(r, EXC_PF, 0, load(r, ~(u64)3, &v, 8));
    assert_int_equal(r->c->s.cr2, ~(u64)3);
    cpu_poke(r, RIG_TABLES + 8 * 511, (RIG_TABLES + 0x1000) | 7, 8); // the top 512 GiB are the lowest again
    cpu_poke(r, RIG_TABLES + 0x1000 + 8 * 511, (RIG_TABLES + 0x2000) | 7, 8);
    cpu_poke(r, RIG_TABLES + 0x2000 + 8 * 511, 0x87, 8); // the topmost 2 MiB: the lowest
    x86_tlb_flush_all(r->c);
    cpu_poke(r, 0x1ffffc, 0x11223344, 4), cpu_poke(r, 0, 0x55667788, 4);
    assert_fine(r, load(r, ~(u64)3, &v, 8));
    assert_int_equal(v, 0x5566778811223344);
    // Without paging the same happens at 4 GiB.
    static u8 rom[4096] __attribute__((aligned(4096)));
    memset(rom, 0x5a, sizeof rom);
    assert_int_equal(bus_add_ram(&r->bus, &r->plat.plat, "rom", 0xfffff000, sizeof rom, rom, true), 0);
    cpu_protected(r, 0);
    assert_fine(r, x86_read(r->c, DS, 0xfffffffc, &v, 8));
    assert_int_equal(v, 0x556677885a5a5a5a);
    assert_ptr_equal(vcpu_fetch(&r->c->v, 0x100000000), r->ram);
    // And for 32-bit code under IA-32e mode, but not for the processor's own tables.
    table(r);
    for (unsigned i = 0; i < 4; i++)
        cpu_poke(r, RIG_TABLES + 0x1000 + 8 * i, (RIG_TABLES + 0x2000) | 7, 8); // 4 times the same GiB
    cpu_poke(r, RIG_TABLES + 0x2000 + 8 * 511, 0x87, 8);
    cpu_poke(r, 0x1ffffc, 0x11223344, 4), cpu_poke(r, 0, 0x55667788, 4);
    x86_tlb_flush_all(r->c);
    r->c->s.seg[CS].attr = (r->c->s.seg[CS].attr & ~(u32)AR_L) | AR_DB;
    x86_mode_changed(r->c);
    assert_fine(r, x86_read(r->c, DS, 0xfffffffc, &v, 8));
    assert_int_equal(v, 0x5566778811223344);
    assert_raises(r, EXC_PF, 0, x86_sys_read(r->c, 0xfffffffc, 8));
    assert_int_equal(r->c->s.cr2, 0x100000000);
}

// ---- page tables that are code

// Entry 16 of the page table is `add eax, 0x500` as long as its accessed bit is clear, and `and eax, 0x500` when it is set;
// the instruction before it is what sets it. Sliced in every way, the `and` runs.
static void accessed_bit_in_code(void **state) {
    struct x86_rig *r = *state;
    static const u8 entry[8] = {0x05, 0, 5, 0, 0, 0, 0xc0, 0x10};        // then: add al, al; 10 xx: adc
    static const u8 code[] = {0xb8, 0xff, 0x0f, 0, 0, 0x48, 0x8b, 0x1f}; // mov eax, 0xfff; mov rbx, [rdi]
    for (unsigned slice = 1; slice <= 3; slice++)
        for (unsigned again = 0; again < 2; again++) {
            table(r);
            memcpy(r->ram + PT + 8 * 15, code, sizeof code);
            memcpy(r->ram + PT + 8 * 16, entry, sizeof entry);
            cpu_poke(r, 0x50008, 0x1234, 8);
            r->c->s.gpr[RDI] = VA + 0x10008;
            r->c->s.rip = PT + 8 * 15;
            if (again) { // the block is there already, decoded with the bit clear
                cpu_run(r, code, 0, 3);
                r->ram[PT + 8 * 16] = 5;
                x86_tlb_flush_all(r->c);
                r->c->s.rip = PT + 8 * 15;
            }
            for (unsigned done = 0; done < 3; done += slice) cpu_run(r, code, 0, slice < 3 - done ? slice : 3 - done);
            assert_int_equal(r->c->s.gpr[RBX], 0x1234);
            assert_int_equal(r->ram[PT + 8 * 16], 0x25);
            assert_int_equal(r->c->s.gpr[RAX], 0xfff & 0x500);
        }
}

// A fault forgets the blocks that were found through the page, as INVLPG does: what is there now runs.
static void fault_forgets_code(void **state) {
    struct x86_rig *r = *state;
    for (unsigned how = 0; how < 2; how++) {
        table(r);
        for (unsigned i = 0; i < 2; i++) { // mov eax, i; jmp rbp
            u8 code[] = {0xb8, (u8)i, 0, 0, 0, 0xff, 0xe5};
            memcpy(r->ram + 0x50000 + 0x1000 * i, code, sizeof code);
        }
        pte(r, 0, 0x50000 | P | A);
        r->c->s.gpr[RBX] = VA;
        r->c->s.gpr[RBP] = RIG_CODE;
        RIG_RUN(r, 20 * BLOCK_INSNS, 0xff, 0xe3); // jmp rbx
        assert_int_equal(r->c->s.gpr[RAX], 0);
        pte(r, 0, 0x51000 | P | A);
        if (how == 0) assert_raises(r, EXC_PF, PF_P | PF_W, x86_write(r->c, DS, VA + 0x800, "", 1));
        else x86_tlb_flush_page(r->c, VA);
        r->c->s.rip = RIG_CODE;
        cpu_run(r, NULL, 0, 20 * BLOCK_INSNS);
        assert_int_equal(r->c->s.gpr[RAX], 1);
    }
}

// mov [rsi], rax changes the mapping of the page it stands on; invlpg [rdi] makes it so: the next instruction is the other
// page's.
static void own_mapping(void **state) {
    struct x86_rig *r = *state;
    for (unsigned slice = 1; slice <= 5; slice++) {
        table(r);
        // mov [rsi], rax; invlpg [rdi]; mov ebx, i
        for (unsigned i = 0; i < 2; i++) {
            u8 code[] = {0x48, 0x89, 0x06, 0x0f, 0x01, 0x3f, 0xbb, (u8)(i + 1), 0, 0, 0, 0xeb, 0xfe};
            memcpy(r->ram + 0x50000 + 0x1000 * i, code, sizeof code);
        }
        pte(r, 0, 0x50000 | P | W);
        r->c->s.gpr[RSI] = PT;
        r->c->s.gpr[RDI] = VA;
        r->c->s.gpr[RAX] = 0x51000 | P | W;
        r->c->s.rip = VA;
        for (unsigned done = 0; done < 5; done += slice) cpu_run(r, NULL, 0, slice < 5 - done ? slice : 5 - done);
        assert_int_equal(r->c->s.gpr[RBX], 2);
    }
}

int main(void) {
#define TEST(f) cmocka_unit_test_setup_teardown(f, cpu_new, cpu_free)
    const struct CMUnitTest tests[] = {
        TEST(crossings),          TEST(modify),      TEST(fetches), TEST(ends), TEST(accessed_bit_in_code),
        TEST(fault_forgets_code), TEST(own_mapping),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
