// SPDX-License-Identifier: MIT
// Pairs of instructions that are done as one, against the two by themselves: what they leave behind must be the same, also where one
// of them faults, misses the TLB, crosses a page, or jumps.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/le.h"
#include "riscv_rig.h"
#include "cpu/block.h"
#include "../rng.h"

#include <string.h>

struct candidate {
    const struct rv_insn *row;
    struct rv_pattern pattern;
};
static struct candidate firsts[64], seconds[64];
static unsigned first_count, second_count;

static void add(struct candidate *to, unsigned *n, const struct rv_insn *row) {
    to[*n].row = row;
    assert_true(rv_pattern_parse(row->bits, &to[*n].pattern));
    ++*n;
}

static int collect(void **state) {
    for (const struct rv_table *const *t = rv_tables; *t; t++)
        for (unsigned i = 0; i < (*t)->count; i++) {
            const struct rv_insn *row = &(*t)->rows[i];
            struct rv_fuse f = rv_fuse_of(row->as ? row->as : row->name);
            if (f.first) add(firsts, &first_count, row);
            if (f.second) add(seconds, &second_count, row);
        }
    return 0;
}

static unsigned put(u8 *at, const struct candidate *k, struct rng *g) {
    for (;;) {
        u32 word = ((u32)rnd(g) & ~k->pattern.mask) | k->pattern.match;
        if (k->pattern.width == 16) word = (u16)word;
        if (!rv_pattern_covers(&k->pattern, word)) continue;
        if (k->pattern.width == 16) st16(at, (u16)word);
        else st32(at, word);
        return k->pattern.width / 8;
    }
}

// A register: anything, a small number, or an address: in RAM, at a page's end, in RAM of code, in no RAM.
static u64 value(struct rng *g) {
    switch (rnd(g) % 8) {
    case 0: return rnd(g);
    case 1: return rnd(g) % 5 - 2;
    case 2: return RIG_RAM + RIG_DATA + 0xffc;
    case 3: return 0x40000000 + (rnd(g) & 0xff8);
    default: return RIG_RAM + RIG_DATA + 0x800 + (rnd(g) & 0x1ff8);
    }
}

struct end {
    struct rv_state s;
    u8 ram[RIG_RAM_SIZE];
    u64 ns;
};

static void run(struct riscv_rig *r, const struct end *from, unsigned slices, unsigned n, struct end *to) {
    r->c->s = from->s;
    memcpy(r->ram, from->ram, RIG_RAM_SIZE);
    block_cache_flush(&r->c->v);
    rv_mode_changed(r->c);
    to->ns = 0;
    for (unsigned i = 0; i < slices; i++) to->ns += rv_run(r->c, n);
    to->s = r->c->s;
    to->s.x[RV_SINK] = to->s.x[RV_BASE] = 0; // no state of the guest's
    memcpy(to->ram, r->ram, RIG_RAM_SIZE);
}

static void pairs_do_what_the_two_do(void **state) {
    static struct end from, both, each;
    struct riscv_rig r;
    struct rng g = {.s = 1};
    unsigned faults = 0, fused = 0;
    riscv_rig_open(&r, "rva22");
    from.s = r.c->s;
    memcpy(from.ram, r.ram, RIG_RAM_SIZE);
    for (unsigned n = 0; n < 2 * first_count * second_count; n++) {
        const struct candidate *a = &firsts[n % first_count], *b = &seconds[n / first_count % second_count];
        unsigned length = put(from.ram, a, &g);
        length += put(from.ram + length, b, &g);
        st32(from.ram + length, 0x0000006f); // jal x0, 0
        from.s.pc = RIG_RAM;
        from.s.priv = RV_M;
        from.s.mcause = ~(u64)0;
        for (unsigned i = 1; i < 32; i++) from.s.x[i] = value(&g);
        if (rnd(&g) & 1) tlb_flush_all(&r.c->v);
        run(&r, &from, 1, 3, &both);
        run(&r, &from, 3, 1, &each);
        faults += both.s.mcause != ~(u64)0;
        fused += rv_fused(rv_fuse_of(a->row->as ? a->row->as : a->row->name),
                          rv_fuse_of(b->row->as ? b->row->as : b->row->name)) != NULL;
        if (both.ns != each.ns || memcmp(&both.s, &each.s, sizeof both.s) || memcmp(both.ram, each.ram, sizeof both.ram))
            fail_msg("case %u: %s and %s, %08x %08x, pc 0x%llx or 0x%llx", n, a->row->name, b->row->name, ld32(from.ram),
                     ld32(from.ram + 4), (unsigned long long)both.s.pc, (unsigned long long)each.s.pc);
    }
    assert_true(fused > first_count * second_count && faults > 100);
    riscv_rig_close(&r);
}

static void blocks_have_them(void **state) {
    struct riscv_rig r;
    riscv_rig_open(&r, "rva22");
    RIG_RUN(&r, RV_M, 4, 0x00150513, 0x00158593, 0x0000006f); // addi a0, a0, 1; addi a1, a1, 1; jal x0, 0
    gpa_t gone;
    r.c->s.pc = RIG_RAM;
    const struct block *b = block_at_pc(&r.c->v, &gone);
    assert_int_equal(b->n, 3);
    assert_ptr_equal(b->u[0].fn, rv_fused(rv_fuse_of("addi"), rv_fuse_of("addi")));
    assert_ptr_not_equal(b->u[1].fn, b->u[0].fn);
    assert_int_equal(r.c->s.x[10], 1);
    assert_int_equal(r.c->s.x[11], 1);
    riscv_rig_close(&r);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pairs_do_what_the_two_do),
        cmocka_unit_test(blocks_have_them),
    };
    return cmocka_run_group_tests(tests, collect, NULL);
}
