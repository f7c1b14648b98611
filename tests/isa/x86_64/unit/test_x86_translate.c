// SPDX-License-Identifier: MIT
// Translated code against the interpreter: random programs of a few blocks, of every row of the integer instructions and some of all
// others, which end in every kind of branch. Of each the whole state and memory must be equal after every count of instructions, be
// it the end of a slice, an interrupt that comes there, or a fault: some pages of data are missing or may only be read.
//
// The same of 32-bit code with segments that hide nothing, whose addresses wrap: there the code is also at the end of the 4 GiB and at their start.
//
//   0x10000 CODE, two pages, and the same again at 0x14000   0x20000 DATA, its pages in another order
//   0x4000 where faults lead: JMP to itself   0x4100 IRETQ
#include "flavour.h"
#include "../encode.h"
#include "cpu/block.h"
#include "isa/x86_64/insn/decode.h"
#include "isa/x86_64/sys/mem.h"
#include "rng.h"
#include "x86_both.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define SLOWER BY_FLAVOUR(1, 10, 1)

enum {
    CODE = 0x10000,
    CODE_PAGES = 2,
    ALIAS = 0x14000,
    TOP_TABLES = 0x181000, // page directory and page table of the last GiB, for code at TOP and at 0
    DATA = 0x20000,
    DATA_PAGES = 4,
    FAULTS = 0x4000,
    RETURN = 0x4100,
    PAGE_TABLE = 0x180000,
    COMPARED = DATA + DATA_PAGES * 0x1000, // but for the code
    BLOCKS = 6,
    TICKS = 60,
    LATER = 20, // instructions behind an interrupt
    INTERRUPT = 0x20,
};

#define TOP 0xfffff000u

static bool narrow; // 32-bit code

struct program {
    u8 code[CODE_PAGES][4096];
    u64 at[BLOCKS];
    u64 gpr[16];
    u32 flags;
    u8 data_rights[DATA_PAGES]; // of a page table's entry
    bool warm;                  // data is in the TLB from the start: the first access is one of translated code
};

// ---- making them

struct writer {
    struct encoder e;
    u64 at; // of byte 0
};
static void put(struct writer *w, u64 v, unsigned bytes) { encode_bytes(&w->e, v, bytes); }

static u64 data_address(struct rng *g) {
    u64 page = DATA + ((u64)below(g, DATA_PAGES) << 12);
    return one_in(g, 6) ? page + 0x1000 - below(g, 10) : page + below(g, 0x1000 / 8 - 4) * 8;
}

static bool is_integer(const struct insn *row) {
    return row->flags & NOFAULT && !(row->flags & (OWN | REP)) && row->map <= MAP_0F38 && !encode_is_vex(row);
}

static const struct insn *any_row(struct rng *g) {
    unsigned tables = 0;
    while (x86_tables[tables]) tables++;
    for (;;) {
        const struct insn_table *t = one_in(g, 6)   ? x86_tables[below(g, tables)]
                                     : one_in(g, 5) ? &x86_table_stack
                                     : one_in(g, 3) ? &x86_table_mov
                                     : one_in(g, 3) ? x86_tables[below(g, tables)]
                                                    : &x86_table_alu;
        const struct insn *row = &t->rows[below(g, t->count)];
        if (row->flags & ENDS || (row->flags & I64 && !narrow) || encode_is_vex(row)) continue;
        if (narrow && x86_row_places(row, P_OFFSET)) return row;
        if (narrow && row->flags & I64 && !one_in(g, 3) && !is_integer(row)) continue;
        if (is_integer(row) || t == &x86_table_stack || one_in(g, 8)) return row;
    }
}

// Registers that begin, and now and then are made, addresses of data.
static const u8 pointers[] = {RBX, RBP, RSI, RDI, 10, 13, 14};
enum { NARROW_POINTERS = 4 };
static bool is_pointer(unsigned r) { return memchr(pointers, (int)r, sizeof pointers); }
static u8 any_pointer(struct rng *g) { return pointers[below(g, narrow ? NARROW_POINTERS : countof(pointers))]; }

static void encode(struct writer *w, const struct insn *row, struct rng *g) {
    if (one_in(g, narrow ? 6 : 12)) put(w, (u8[]){0x64, 0x65, 0x67, 0x36, 0x3e, 0x26, 0x2e}[below(g, narrow ? 7 : 3)], 1);
    if (one_in(g, 5)) put(w, 0x66, 1);
    if (row->flags & LOCK && one_in(g, 8)) put(w, 0xf0, 1);
    if (encode_prefix(row)) put(w, encode_prefix(row), 1);
    if (!narrow && !one_in(g, 4)) put(w, 0x40 | (one_in(g, 2) ? 8 : 0) | below(g, 8), 1);
    encode_opcode(&w->e, row, x86_row_places(row, P_OPCODE) ? below(g, 8) : 0);
    if (x86_row_needs_modrm(row)) {
        u8 modrm = encode_modrm(row, (u8)rnd(g));
        if (row->modrm & REGONLY || one_in(g, 3)) modrm |= 0xc0;
        put(w, modrm, 1);
        if (modrm < 0xc0) {
            unsigned base = modrm & 7;
            if (base == 4) put(w, base = (u8)rnd(g), 1);
            bool bare = modrm < 0x40 && (base & 7) == 5;
            if (modrm >> 6 == 1) put(w, rnd(g), 1);
            else if (bare) put(w, (modrm & 7) == 5 && !narrow ? data_address(g) - w->at : data_address(g), 4);
            else if (modrm >> 6 == 2) put(w, (u64)(i64)(i32)(below(g, 256) - 128), 4);
        }
    }
    if (narrow && x86_row_places(row, P_OFFSET)) put(w, data_address(g), 4);
    put(w, edge(g), 8); // an immediate's bytes, of which the decoder says how many it wants
}

static void instruction(struct writer *w, const struct decode_index *ix, struct rng *g) {
    unsigned n = w->e.n;
    for (;;) {
        struct decoded d;
        encode(w, any_row(g), g);
        x86_decode(ix, narrow ? MODE_CODE32 | MODE_STACK32 : MODE_CODE64 | MODE_STACK64, w->e.byte + n, w->e.n - n, 0, &d);
        w->e.n = n + d.length;
        bool lost = d.memory && d.uop.base < 16 && !is_pointer(d.uop.base) && !one_in(g, 16);
        bool far = d.memory && d.uop.index < 16 && d.uop.index != RCX && d.uop.index != 12 && !one_in(g, 16);
        if (d.insn && !d.incomplete && !d.ends && !lost && !far) return;
        w->e.n = n;
    }
}

static void load_immediate(struct writer *w, unsigned r, u64 v) {
    if (narrow) {
        put(w, 0xb8 | r, 1), put(w, v, 4);
        return;
    }
    put(w, 0x48 | (r >> 3), 1), put(w, 0xc7, 1), put(w, 0xc0 | (r & 7), 1), put(w, v, 4);
}

static void relative(struct writer *w, u64 to) { put(w, to - (w->at + w->e.n + 4), 4); }

// An indirect branch through memory: of data, or of what the CALL itself overwrites.
static void branch_by_memory(struct writer *w, u64 to, struct rng *g) {
    u8 at = narrow && one_in(g, 2) ? (u8)-4 : (u8)-8;
    load_immediate(w, RAX, to);
    if (!narrow) put(w, 0x48, 1);
    put(w, 0x89, 1), put(w, 0x44, 1), put(w, 0x24, 1), put(w, at, 1); // mov [rsp - 8], rax
    put(w, 0xff, 1), put(w, one_in(g, 2) ? 0x54 : 0x64, 1), put(w, 0x24, 1), put(w, at, 1);
}

// To where nothing is, or to no address: no canonical one; or, if it is a distance, one that wraps, and there is the code again.
static void branch_astray(struct writer *w, const struct program *p, struct rng *g) {
    if (narrow && !one_in(g, 3)) {
        u64 to = TOP + (p->at[below(g, BLOCKS)] & 0xfff);
        put(w, one_in(g, 2) ? 0xe9 : 0xe8, 1), relative(w, to);
        return;
    }
    if (narrow) load_immediate(w, RAX, 0x300000);
    else put(w, 0x48, 1), put(w, 0xb8, 1), put(w, one_in(g, 2) ? 0x800000000000 : 0x300000, 8);
    put(w, 0x50, 1); // push rax
    if (one_in(g, 2)) put(w, 0xc3, 1);
    else put(w, 0xff, 1), put(w, one_in(g, 2) ? 0xd0 : 0xe0, 1);
}

static void branch(struct writer *w, const struct program *p, struct rng *g) {
    u64 to = p->at[below(g, BLOCKS)] + (one_in(g, 2) ? 0 : ALIAS - CODE);
    unsigned r = any_pointer(g);
    switch (below(g, 12)) {
    case 0: put(w, 0xe9, 1), relative(w, to); return;
    case 1: put(w, 0xe8, 1), relative(w, to); return; // CALL
    case 2: put(w, 0xc3, 1); return;
    case 3: put(w, 0xc2, 1), put(w, 8 * below(g, 3), 2); return;
    case 4: // JMP, CALL register
    case 5:
        load_immediate(w, r, to);
        if (!narrow) put(w, 0x40 | r >> 3, 1);
        put(w, 0xff, 1), put(w, (one_in(g, 2) ? 0xd0 : 0xe0) | (r & 7), 1);
        return;
    case 6: branch_by_memory(w, to, g); return;
    case 7: branch_astray(w, p, g); return;
    case 8: put(w, 0xeb, 1), put(w, (u64)0 - below(g, 8) * 4, 1); return; // anywhere in itself
    default: put(w, 0x0f, 1), put(w, 0x80 | below(g, 16), 1), relative(w, to); return;
    }
}

static void make(struct program *p, const struct decode_index *ix, struct rng *g) {
    memset(p->code, 0x90, sizeof p->code);
    for (unsigned i = 0; i < BLOCKS; i++) p->at[i] = CODE + ((u64)below(g, CODE_PAGES) << 12) + 0x200 * i + below(g, 16);
    for (unsigned i = 0; i < BLOCKS; i++) {
        u64 at = p->at[i];
        struct writer w = {{.byte = p->code[(at - CODE) >> 12] + (at & 0xfff), .room = 0x1e0}, at};
        for (unsigned n = below(g, 14); n; n--) {
            if (one_in(g, 4)) load_immediate(&w, any_pointer(g), data_address(g));
            instruction(&w, ix, g);
        }
        branch(&w, p, g);
    }
    for (unsigned i = 0; i < 16; i++) p->gpr[i] = is_pointer(i) ? data_address(g) : i == RCX || i == 12 ? below(g, 64) : edge(g);
    p->gpr[RSP] = DATA + 0x800;
    for (unsigned i = 0; i < 16 && narrow; i++) // what 64-bit code has left there is none of an address
        if (one_in(g, 3)) p->gpr[i] = (u32)p->gpr[i] | rnd(g) << 32;
    p->flags = (u32)rnd(g) & FL_ARITH;
    p->warm = one_in(g, 2);
    for (unsigned i = 0; i < DATA_PAGES; i++) p->data_rights[i] = i == 0 || one_in(g, 2) ? 7 : one_in(g, 2) ? 5 : 0;
}

// ---- running them

struct test {
    struct x86_rig *r;
    struct x86_state fresh;
    bool pending;
};
static bool is_pending(void *ctx) { return ((struct test *)ctx)->pending; }
static int acknowledge(void *ctx) {
    ((struct test *)ctx)->pending = false;
    return INTERRUPT;
}

static void map(struct x86_rig *r, u64 at, u64 to, u64 rights) {
    cpu_poke(r, PAGE_TABLE + (at >> 12) * 8, rights ? to | rights : 0, 8);
}

static struct x86_seg segment(struct x86_rig *r, u16 sel, u32 base, u32 limit) {
    struct x86_seg s = x86_seg_of(sel, cpu_peek(r, RIG_GDT + (sel & 0xfff8u), 8) | (u64)AR_ACCESSED << 40);
    s.base = base;
    s.limit = limit;
    return s;
}

// FS reaches everywhere, GS to the middle of a page.
static void make_narrow(struct x86_rig *r) {
    cpu_poke(r, RIG_TABLES + 0x1000 + 8 * 3, TOP_TABLES | 7, 8);
    cpu_poke(r, TOP_TABLES + 8 * 511, (TOP_TABLES + 0x1000) | 7, 8);
    cpu_poke(r, TOP_TABLES + 0x1000 + 8 * 511, CODE | 5, 8);
    map(r, 0, CODE + 0x1000, 5);
    r->c->s.seg[CS] = segment(r, SEL_CODE3 | 3, 0, 0xffffffff);
    r->c->s.seg[FS] = segment(r, SEL_DATA3 | 3, 0x10, 0xffffffff);
    r->c->s.seg[GS] = segment(r, SEL_DATA3 | 3, 0x1000, DATA + 0xfff);
}

static void machine(struct test *t, struct x86_rig *r) {
    *t = (struct test){.r = r};
    cpu_long(r, 3);
    for (unsigned i = 1; i < 512; i++) cpu_poke(r, RIG_TABLES + 0x2000 + 8 * i, 0, 8);
    cpu_poke(r, RIG_TABLES + 0x2000, PAGE_TABLE | 7, 8);
    for (u64 at = 0; at < 0x9000; at += 0x1000) map(r, at, at, 3);
    for (unsigned i = 0; i < CODE_PAGES; i++) {
        map(r, CODE + (i << 12), CODE + (i << 12), 5);
        map(r, ALIAS + (i << 12), CODE + (i << 12), 5);
    }
    for (unsigned v = 0; v < INTERRUPT; v++) cpu_idt(r, v, cpu_gate(SYS_INT32, 3, SEL_CODE64_0, FAULTS, 0), 0);
    cpu_idt(r, INTERRUPT, cpu_gate(SYS_INT32, 0, SEL_CODE64_0, RETURN, 0), 0);
    cpu_poke(r, FAULTS, 0xfeeb, 2);
    cpu_poke(r, RETURN, 0xcf48, 2);
    r->c->apic = (struct x86_apic_port){.ctx = t, .pending = is_pending, .ack = acknowledge};
    r->c->s.cr4 |= CR4_OSXMMEXCPT | CR4_FSGSBASE;
    r->c->s.seg[FS].base = 0x10;
    r->c->s.seg[GS].base = 0x1000;
    if (narrow) make_narrow(r);
    x86_mode_changed(r->c);
    t->fresh = r->c->s;
}

static void install(struct test *t, const struct program *p, enum engine e) {
    both_use(t->r, e);
    bus_copy_in(&t->r->bus, CODE, p->code, sizeof p->code);
    for (unsigned i = 0; i < DATA_PAGES; i++) map(t->r, DATA + (i << 12), DATA + ((i ^ 1) << 12), p->data_rights[i]);
}

// Whatever a page allows the TLB allows then.
static void touch_data(struct test *t, const struct program *p) {
    struct x86_cpu *c = t->r->c;
    for (unsigned i = 0; i < DATA_PAGES; i++) {
        u8 byte;
        if (p->data_rights[i]) assert_fine(t->r, x86_read(c, DS, DATA + (i << 12), &byte, 1));
        if (p->data_rights[i] == 7) assert_fine(t->r, x86_write(c, DS, DATA + (i << 12), &byte, 1));
    }
}

static void begin(struct test *t, const struct program *p, const u8 *memory) {
    struct x86_rig *r = t->r;
    bus_will_write(&r->bus, 0, CODE);
    memcpy(r->ram, memory, CODE);
    bus_will_write(&r->bus, DATA, COMPARED - DATA);
    memcpy(r->ram + DATA, memory + DATA, COMPARED - DATA);
    // As they were: what a run has set in them the next one may not find.
    for (unsigned i = 0; i < DATA_PAGES; i++) map(r, DATA + (i << 12), DATA + ((i ^ 1) << 12), p->data_rights[i]);
    r->c->s = t->fresh;
    memcpy(r->c->s.gpr, p->gpr, sizeof p->gpr);
    r->c->s.rip = p->at[0];
    x86_set_rflags(r->c, p->flags | FL_IF, FL_ARITH | FL_IF);
    x86_mode_changed(r->c);
    x86_tlb_flush_all(r->c);
    if (p->warm) touch_data(t, p);
    r->clock.now = 0;
    r->reason = -1;
    t->pending = false;
}

static void run(struct x86_rig *r, u64 n) {
    while (n) {
        u64 start = r->clock.now, did = vcpu_run(&r->c->v, n);
        r->clock.now = start + did;
        n -= did;
        if (!did || r->reason != -1) return;
    }
}

struct seen {
    u64 state, memory, later;
};

static u64 hash_of(const u8 *p, unsigned n) {
    u64 h = 0;
    for (unsigned i = 0; i < n; i += 8) h = (h ^ ld64(p + i)) * 0x9E3779B97F4A7C15u, h ^= h >> 29;
    return h;
}

static void look(struct test *t, struct seen *s) {
    s->state = state_hash(&t->r->state);
    s->memory = hash_of(t->r->ram, CODE) ^ hash_of(t->r->ram + DATA, COMPARED - DATA) ^ t->r->clock.now;
}

// n instructions, in slices of `slice`; then an interrupt, and some more.
static void run_to(struct test *t, const struct program *p, const u8 *memory, u64 n, u64 slice, struct seen *s, u64 more) {
    begin(t, p, memory);
    for (u64 left = n, k; left; left -= k) run(t->r, k = slice < left ? slice : left);
    look(t, s);
    struct seen later;
    t->pending = true;
    run(t->r, more);
    look(t, &later);
    s->later = later.state ^ later.memory;
}

static void show(struct test *t, const struct program *p) {
    struct vcpu *v = &t->r->c->v;
    for (unsigned i = 0; i < BLOCKS; i++) {
        u64 at = p->at[i];
        for (unsigned n = 0; n < 20; n++) {
            char text[160];
            const u8 *code = p->code[(at - CODE) >> 12] + (at & 0xfff);
            unsigned length = v->isa->disasm(v, code, 15, at, text, sizeof text);
            if (!length || (*code == 0x90 && code[1] == 0x90)) break;
            fprintf(stderr, "  %llx  %s\n", (unsigned long long)at, text);
            at += length;
        }
        fprintf(stderr, "\n");
    }
}

static void show_state(const struct x86_cpu *c) {
    for (unsigned i = 0; i < 16; i++) fprintf(stderr, "%llx ", (unsigned long long)c->s.gpr[i]);
    fprintf(stderr, "rip %llx flags %x cr2 %llx\n", (unsigned long long)c->s.rip, x86_get_rflags(c),
            (unsigned long long)c->s.cr2);
}

// The last common state, and the first that differs: before the interrupt or behind it.
static void explain(struct test *t, const struct program *p, const u8 *memory, u64 n, u64 slice) {
    show(t, p);
    static u8 ram[COMPARED];
    static struct x86_state cpu;
    for (u64 more = 0; more <= LATER; more++) {
        u64 state[ENGINES];
        for (unsigned e = 0; e < ENGINES; e++) {
            install(t, p, e);
            struct seen s;
            for (u64 k = TICKS; k > n; k--) run_to(t, p, memory, k, slice, &s, LATER);
            run_to(t, p, memory, n, slice, &s, more);
            state[e] = s.later;
            if (e == INTERPRET) {
                memcpy(ram, t->r->ram, COMPARED);
                cpu = t->r->c->s;
            }
            fprintf(stderr, "%s, %llu and %llu: ", BOTH_NAMES[e], (unsigned long long)n, (unsigned long long)more);
            show_state(t->r->c);
        }
        if (state[0] == state[1]) continue;
        for (unsigned i = 0; i < COMPARED; i++)
            if (ram[i] != t->r->ram[i]) fprintf(stderr, "RAM %x: %x, %x\n", i, ram[i], t->r->ram[i]);
        for (unsigned i = 0; i < sizeof cpu; i++)
            if (((u8 *)&cpu)[i] != ((u8 *)&t->r->c->s)[i]) fprintf(stderr, "state byte %u\n", i);
        return;
    }
}

static void compare(struct test *t, const struct program *p, const u8 *memory, unsigned number, u64 slice) {
    static struct seen seen[ENGINES][TICKS + 1];
    for (unsigned e = 0; e < ENGINES; e++) {
        install(t, p, e);
        for (u64 n = TICKS; n > 0; n--) run_to(t, p, memory, n, slice, &seen[e][n], LATER);
    }
    for (u64 n = 1; n <= TICKS; n++) {
        const struct seen *a = &seen[INTERPRET][n], *b = &seen[TRANSLATE][n];
        if (!memcmp(a, b, sizeof *a)) continue;
        explain(t, p, memory, n, slice);
        fail_msg("program %u after %llu instructions, slices of %llu: %s differs", number, (unsigned long long)n,
                 (unsigned long long)slice,
                 a->state != b->state     ? "the state"
                 : a->memory != b->memory ? "memory"
                                          : "what an interrupt finds");
    }
}

// What is told row by row, added up.
static u64 told;
static void add_told(struct plat *p, const char *json) {
    const char *called = strstr(json, "\"called\":");
    assert_non_null(called);
    told += strtoull(called + 9, NULL, 10);
}

static void programs(void **state) {
    static struct test t;
    machine(&t, *state);
    static struct program p;
    static u8 memory[COMPARED];
    memcpy(memory, t.r->ram, CODE);
    struct rng g = {1};
    for (unsigned i = DATA; i < COMPARED; i += 8) st64(memory + i, one_in(&g, 2) ? edge(&g) : data_address(&g));
    for (unsigned number = 0; number < 1000 / SLOWER; number++) {
        make(&p, t.r->c->index, &g);
        both_translate_after(t.r, 1 + number % 5); // at once; or with the blocks that are linked by then, in one trace
        compare(&t, &p, memory, number, number & 7 ? TICKS : 1 + below(&g, 7));
    }
    print_message("%llu instructions in translated code, of these %llu called their handler\n",
                  (unsigned long long)both_translated(t.r), (unsigned long long)t.r->c->handler_calls);
    x86_translator_tell_handlers(t.r->c, &(struct plat){.record = add_told});
    assert_int_not_equal(told, 0);
}

static void random_programs(void **state) {
    narrow = false;
    programs(state);
}

static void random_programs_of_32_bits(void **state) {
    narrow = true;
    programs(state);
}

static int new(void **state) { return both_new((struct x86_rig **)state, 1 << 20); }
static int end(void **state) { return both_free(*state); }

int main(void) {
#define TEST(f) cmocka_unit_test_setup_teardown(f, new, end)
    const struct CMUnitTest tests[] = {TEST(random_programs), TEST(random_programs_of_32_bits)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
