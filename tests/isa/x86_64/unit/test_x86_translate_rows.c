// SPDX-License-Identifier: MIT
// Translated code, where random programs (test_x86_translate.c) come seldom: an instruction behind each other one, of all that flags
// may follow from; accesses by one base before and behind an instruction, which may write that, also in a loop; and accesses at the very end of a
// page, of every width. All but the last also of 32-bit code.
//
//   0x10000 code   0x20000 DATA, two pages, whose memory lies apart and in another order
#include "flavour.h"
#include "../encode.h"
#include "cpu/block.h"
#include "isa/x86_64/insn/decode.h"
#include "rng.h"
#include "x86_both.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define SLOWER BY_FLAVOUR(1, 16, 1)

enum {
    DATA = 0x20000,
    DATA_PAGE0 = 0x32000, // where it is; around both is other memory
    DATA_PAGE1 = 0x30000,
    FAULTS = 0x4000,
    PAGE_TABLE = 0x180000,
};

static bool narrow; // 32-bit code

static void map(struct x86_rig *r, u64 at, u64 to, u64 rights) {
    cpu_poke(r, PAGE_TABLE + (at >> 12) * 8, rights ? to | rights : 0, 8);
}

static void machine(struct x86_rig *r) {
    cpu_long(r, 3);
    for (unsigned i = 1; i < 512; i++) cpu_poke(r, RIG_TABLES + 0x2000 + 8 * i, 0, 8);
    cpu_poke(r, RIG_TABLES + 0x2000, PAGE_TABLE | 7, 8);
    for (u64 at = 0; at < 0x9000; at += 0x1000) map(r, at, at, 3);
    map(r, RIG_CODE, RIG_CODE, 5);
    for (unsigned v = 0; v < 32; v++) cpu_idt(r, v, cpu_gate(SYS_INT32, 3, SEL_CODE64_0, FAULTS, 0), 0);
    cpu_poke(r, FAULTS, 0xfeeb, 2);
    r->c->s.cr4 |= CR4_OSFXSR | CR4_OSXSAVE;
    r->c->s.xcr0 = 7;
    if (narrow) r->c->s.seg[CS] = x86_seg_of(SEL_CODE3 | 3, cpu_peek(r, RIG_GDT + SEL_CODE3, 8) | (u64)AR_ACCESSED << 40);
    x86_mode_changed(r->c);
    x86_tlb_flush_all(r->c);
}

static u64 hash_of(const void *of, unsigned n) {
    const u8 *p = of;
    u64 h = 0;
    for (unsigned i = 0; i + 8 <= n; i += 8) h = (h ^ ld64(p + i)) * 0x9E3779B97F4A7C15u, h ^= h >> 29;
    return h;
}

static void run(struct x86_rig *r, u64 n) {
    while (n) {
        u64 did = vcpu_run(&r->c->v, n);
        n -= did;
        if (!did) return;
    }
}

// ---- two instructions, one behind the other

static u64 decoded_mode(void) { return narrow ? MODE_CODE32 | MODE_STACK32 : MODE_CODE64 | MODE_STACK64; }

static const struct insn *rows[4000];
static unsigned row_count;

// Rows that do not fault, whose operands are registers and immediates, and that look at flags or change them.
static bool is_wanted(const struct insn *row) {
    bool flags = row->reads | row->writes | row->undefined;
    return row->flags & NOFAULT && !(row->flags & ((narrow ? O64 : I64) | ENDS | REP)) && flags && !x86_row_memory_only(row) &&
           row->feature != F_ADX;
}

static void find_rows(bool wanted(const struct insn *)) {
    row_count = 0;
    for (unsigned t = 0; x86_tables[t]; t++)
        for (unsigned i = 0; i < x86_tables[t]->count; i++)
            if (wanted(&x86_tables[t]->rows[i])) rows[row_count++] = &x86_tables[t]->rows[i];
    assert_in_range(row_count, 100, countof(rows));
}

static void encode(struct encoder *e, const struct insn *row, struct rng *g) {
    unsigned rexes = narrow || below(g, 3) ? 0 : below(g, 8);
    bool memory = x86_row_memory_only(row) || one_in(g, 3);
    u8 modrm = encode_modrm(row, (memory ? 0 : 0xc0) | (u8)(rnd(g) & 0x3f));
    if (memory) modrm = (modrm & 0xf8) | (one_in(g, 2) ? RBX : 7); // [RBX], [RDI], [R11], [R15]
    else if ((modrm & 7) == RSP) modrm ^= 1;
    bool wide = one_in(g, 2);
    if (encode_is_vex(row)) {
        encode_vex(e,
                   &(struct encode_vex){.rxb = (u8)(rexes & 5),
                                        .map = encode_vex_map(row),
                                        .v = (u8)(row->flags & VEX_NV ? 0 : below(g, 4) + (!narrow && one_in(g, 3) ? 10 : 0)),
                                        .w = wide,
                                        .pp = encode_pp(row)},
                   false);
    } else {
        if (one_in(g, 6) && !encode_prefix(row)) encode_byte(e, 0x66);
        if (encode_prefix(row)) encode_byte(e, encode_prefix(row));
        if (!narrow && (rexes || wide)) encode_byte(e, 0x40 | (wide ? 8u : 0) | rexes);
    }
    encode_opcode(e, row, x86_row_places(row, P_OPCODE) ? below(g, 4) : 0);
    if (x86_row_needs_modrm(row)) encode_byte(e, modrm);
}

// Appends an instruction of this row; false: it cannot be encoded so.
static bool append(struct encoder *e, const struct decode_index *ix, const struct insn *row, struct rng *g) {
    struct decoded d;
    unsigned n = e->n;
    encode(e, row, g);
    encode_bytes(e, one_in(g, 2) ? below(g, 70) : edge(g), 8);
    x86_decode(ix, decoded_mode(), e->byte + n, e->n - n, 0, &d);
    bool good = d.insn && !d.incomplete && !d.ends;
    e->n = good ? n + d.length : n;
    return good;
}

struct two {
    u8 code[64];
    unsigned n;
    u64 gpr[16], memory; // of each place that is a memory operand
    u32 flags;
};

static bool make(struct two *p, const struct decode_index *ix, const struct insn *a, const struct insn *b, struct rng *g) {
    struct encoder e = {.byte = p->code, .room = sizeof p->code};
    if (!append(&e, ix, a, g) || !append(&e, ix, b, g)) return false;
    encode_bytes(&e, 0xfeeb, 2); // jmp itself
    p->n = e.n;
    for (unsigned i = 0; i < 16; i++) p->gpr[i] = one_in(g, 3) ? below(g, 70) : edge(g);
    p->gpr[RBX] = DATA + 0x100, p->gpr[7] = DATA + 0x200, p->gpr[11] = DATA + 0x300, p->gpr[15] = DATA + 0x400;
    p->gpr[RSP] = DATA;
    p->memory = edge(g);
    p->flags = (u32)rnd(g) & FL_ARITH;
    return true;
}

static u64 state_after(struct x86_rig *r, const struct two *p, const struct x86_state *fresh) {
    bus_copy_in(&r->bus, RIG_CODE, p->code, p->n);
    r->c->s = *fresh;
    memcpy(r->c->s.gpr, p->gpr, sizeof p->gpr);
    r->c->s.rip = RIG_CODE;
    x86_set_arith(r->c, p->flags);
    x86_mode_changed(r->c);                 // the one before may have ended in ring 0
    memset(r->ram + DATA_PAGE0, 0, 0x1000); // a bit string's operand may be anywhere
    for (unsigned at = 0x100; at < 0x500; at += 0x100) st64(r->ram + DATA_PAGE0 + at, p->memory);
    run(r, 6);
    return hash_of(&r->c->s, sizeof r->c->s) ^ hash_of(r->ram + DATA_PAGE0, 0x1000);
}

// The page's entry comes into the TLB.
static void access_to(struct x86_rig *r, const struct x86_state *fresh) {
    static const struct two p = {.code = {0x00, 0x03, 0xeb, 0xfe}, .n = 4, .gpr[RBX] = DATA, .gpr[RSP] = DATA}; // add [rbx], al
    state_after(r, &p, fresh);
}

static void show(struct x86_rig *r, const struct two *p) {
    char text[160];
    for (unsigned at = 0; at < p->n;) {
        unsigned length = r->c->v.isa->disasm(&r->c->v, p->code + at, p->n - at, RIG_CODE + at, text, sizeof text);
        fprintf(stderr, "  %s\n", text);
        at += length ? length : p->n;
    }
    for (unsigned i = 0; i < 16; i++)
        fprintf(stderr, "  r%u: %llx, then %llx\n", i, (unsigned long long)p->gpr[i], (unsigned long long)r->c->s.gpr[i]);
    fprintf(stderr, "  flags: %x, then %x\n", p->flags, x86_get_rflags(r->c));
}

static void each_behind_each(void **state) {
    struct x86_rig *r = *state;
    machine(r);
    map(r, DATA, DATA_PAGE0, 7);
    bus_will_write(&r->bus, DATA_PAGE0, 0x1000);
    find_rows(is_wanted);
    const struct x86_state fresh = r->c->s;
    static u64 seen[1000];
    static struct two p[1000];
    const char *seed = getenv("SEED"); // others by hand
    struct rng g = {seed ? strtoull(seed, NULL, 0) : 1};
    u64 before = both_translated(r);
    unsigned pairs = 0;
    for (unsigned a = 0; a < row_count; a += 1 + below(&g, SLOWER)) {
        for (unsigned b = 0; b < row_count; b++)
            if (!make(&p[b], r->c->index, rows[a], rows[b], &g)) p[b].n = 0;
        for (unsigned e = 0; e < ENGINES; e++) {
            both_use(r, e);
            access_to(r, &fresh);
            for (unsigned b = 0; b < row_count; b++) {
                if (!p[b].n) continue;
                u64 h = state_after(r, &p[b], &fresh);
                if (e == INTERPRET) {
                    seen[b] = h;
                    pairs++;
                    continue;
                }
                if (h == seen[b]) continue;
                show(r, &p[b]);
                both_use(r, INTERPRET);
                state_after(r, &p[b], &fresh);
                show(r, &p[b]);
                fail_msg("%s behind %s: translated, then interpreted", rows[b]->name, rows[a]->name);
            }
        }
    }
    assert_in_range(pairs, row_count * row_count / SLOWER / 4, row_count * row_count);
    u64 ran = both_translated(r) - before;
    assert_true(ran > 3 * pairs);
    print_message("%u pairs of %u instructions; %llu in translated code\n", pairs, row_count, (unsigned long long)ran);
}

// ---- accesses by one base, or by one base and index, of which the translator checks several at once (translate/span.c)

// Whatever does not fault, and what steps the stack.
static bool may_write(const struct insn *row) {
    bool stack = row->map == MAP_1 && (row->opcode == 0x50 || row->opcode == 0x58 || row->opcode == 0x68 || row->opcode == 0x6a);
    return ((row->flags & NOFAULT) || stack) && !(row->flags & ((narrow ? O64 : I64) | ENDS | REP)) && !x86_row_memory_only(row);
}

struct place {
    unsigned base, index, scale; // index RSP: none
};

// mov dl, [place + at]; or mov (which leaves flags), add or adc (which looks at them) of [place + at], dl
static void access_by(struct encoder *e, struct rng *g, struct place p, u8 at, bool read) {
    static const u8 opcodes[] = {0x8a, 0x88, 0x00, 0x10};
    bool sib = p.index != RSP || (p.base & 7) == RSP;
    if (p.base >= 8 || p.index >= 8) encode_byte(e, 0x40 | p.base >> 3 | (p.index & 8) >> 2);
    encode_bytes(e, opcodes[read ? 0 : below(g, 4)] | (u64)(0x5000 | (sib ? 4 : p.base & 7) << 8), 2);
    if (sib) encode_byte(e, p.scale << 6 | (p.index & 7) << 3 | (p.base & 7));
    encode_byte(e, at);
}

// lea base, [base + step], or the index so.
static void step(struct encoder *e, struct place p, struct rng *g) {
    unsigned r = p.index == RSP || one_in(g, 2) ? p.base : p.index;
    if (!narrow) encode_byte(e, 0x48 | (r >= 8 ? 5 : 0));
    encode_bytes(e, 0x8d | (u64)(0x40 | (r & 7) << 3 | (r & 7)) << 8, 2);
    if ((r & 7) == RSP) encode_byte(e, 0x24);
    encode_byte(e, (u8)(8 * below(g, 9) - 32));
}

// What base and index hold comes to `address`, or to a little less.
static void point(u64 gpr[16], struct place p, u64 address, struct rng *g) {
    u64 index = p.index == RSP ? 0 : below(g, 40);
    if (p.base == p.index && p.index != RSP) {
        gpr[p.base] = address / (1 + (1u << p.scale));
        return;
    }
    if (p.index != RSP) gpr[p.index] = index;
    gpr[p.base] = address - (index << p.scale);
}

// Two accesses, the row, and two accesses at the same place, whose registers are mostly among the row's operands.
static bool make_by_base(struct two *p, struct place *at, const struct decode_index *ix, const struct insn *row, struct rng *g) {
    u8 bytes[24];
    struct encoder one = {.byte = bytes, .room = sizeof bytes}, e = {.byte = p->code, .room = sizeof p->code};
    struct decoded d;
    if (!append(&one, ix, row, g)) return false;
    x86_decode(ix, decoded_mode(), bytes, one.n, 0, &d);
    const unsigned registers = narrow ? 7 : 15;
    at->base = one_in(g, 3) ? RSP : one_in(g, 4) ? RBX : (one_in(g, 2) ? d.uop.a : d.uop.b) & registers;
    at->index = one_in(g, 2) ? RSP : one_in(g, 4) ? below(g, 16) & registers : (one_in(g, 2) ? d.uop.a : d.uop.b) & registers;
    at->scale = at->index == RSP ? 0 : below(g, 4);
    bool reads = one_in(g, 2);
    access_by(&e, g, *at, 0x08, reads);
    access_by(&e, g, *at, 0x10, reads);
    for (unsigned i = 0; i < one.n; i++) encode_byte(&e, bytes[i]);
    if (one_in(g, 4)) step(&e, *at, g);
    access_by(&e, g, *at, 0x0c, false);
    access_by(&e, g, *at, one_in(g, 2) ? 0x70 : 0x90, false);
    encode_bytes(&e, 0xfeeb, 2);
    p->n = e.n;
    for (unsigned i = 0; i < 16; i++) p->gpr[i] = one_in(g, 3) ? below(g, 70) : DATA + below(g, 0x1f00);
    p->gpr[RSP] = DATA + 0x800;
    point(p->gpr, *at, DATA + (one_in(g, 2) ? 0x1070 - below(g, 0x100) : 0x200 + below(g, 0xc00)), g);
    for (unsigned i = 0; i < 8 && narrow; i++) // the upper halves are none of an address
        if (one_in(g, 8)) p->gpr[i] |= rnd(g) << 32;
    p->flags = (u32)rnd(g) & FL_ARITH;
    return true;
}

static u64 state_by_base(struct x86_rig *r, const struct two *p, const struct x86_state *fresh, u64 count) {
    bus_copy_in(&r->bus, RIG_CODE, p->code, p->n);
    bus_will_write(&r->bus, DATA_PAGE1, 0x3000);
    for (unsigned i = 0; i < 0x3000; i += 8) st64(r->ram + DATA_PAGE1 + i, i * 0x9E3779B97F4A7C15u);
    r->c->s = *fresh;
    memcpy(r->c->s.gpr, p->gpr, sizeof p->gpr);
    r->c->s.rip = RIG_CODE;
    x86_set_arith(r->c, p->flags);
    x86_mode_changed(r->c);
    run(r, count);
    return hash_of(&r->c->s, sizeof r->c->s) ^ hash_of(r->ram + DATA_PAGE1, 0x3000);
}

static void read_both_pages(struct x86_rig *r, const struct x86_state *fresh) {
    struct two p = {.code = {0x8a, 0x03, 0xeb, 0xfe}, .n = 4, .gpr[RBX] = DATA, .gpr[RSP] = DATA}; // mov al, [rbx]
    state_by_base(r, &p, fresh, 7);
    p.gpr[RBX] += 0x1000;
    state_by_base(r, &p, fresh, 7);
}

static void by_one_base(void **state) {
    struct x86_rig *r = *state;
    machine(r);
    find_rows(may_write);
    const struct x86_state fresh = r->c->s;
    const char *seed = getenv("SEED");
    struct rng g = {seed ? strtoull(seed, NULL, 0) : 1};
    u64 before = both_translated(r), cases = 0;
    for (unsigned a = 0; a < row_count; a += 1 + below(&g, SLOWER)) {
        for (unsigned k = 0; k < 24; k++) {
            struct two p;
            struct place at;
            if (!make_by_base(&p, &at, r->c->index, rows[a], &g)) continue;
            u64 seen[ENGINES];
            bool read_only = one_in(&g, 4);
            for (unsigned e = 0; e < ENGINES; e++) {
                both_use(r, e);
                map(r, DATA, DATA_PAGE0, read_only ? 5 : 7);
                map(r, DATA + 0x1000, DATA_PAGE1, 7);
                x86_tlb_flush_all(r->c);
                state_by_base(r, &p, &fresh, 7); // entries for writing come into the TLB; a fault throws its page's out again
                read_both_pages(r, &fresh);
                seen[e] = state_by_base(r, &p, &fresh, 7);
                if (seen[e] != seen[INTERPRET]) {
                    show(r, &p);
                    fail_msg("%s between accesses by r%u and r%u: translated otherwise than interpreted", rows[a]->name, at.base,
                             at.index);
                }
            }
            cases++;
        }
    }
    u64 ran = both_translated(r) - before;
    print_message("%llu cases of %u instructions; %llu in translated code\n", (unsigned long long)cases, row_count,
                  (unsigned long long)ran);
    assert_in_range(cases, row_count / SLOWER * 12, row_count * 24);
    assert_true(ran > 3 * cases);
}

// ---- the same in a loop, whose code the translator makes twice (translate/branch.c): what is known where the second round begins must be so
// each time.

// Accesses by a base, the row between them, at times a step of the base that leaves flags, and back again, whatever the condition.
static bool make_loop(struct two *p, const struct decode_index *ix, const struct insn *row, struct rng *g) {
    struct place at;
    if (!make_by_base(p, &at, ix, row, g)) return false;
    struct encoder e = {.byte = p->code, .room = sizeof p->code, .n = p->n - 2};
    if (one_in(g, 2)) step(&e, at, g);
    encode_byte(&e, 0x70 | below(g, 16));
    encode_byte(&e, (u8)-(i32)(e.n + 1));
    encode_byte(&e, 0xeb);
    encode_byte(&e, (u8)-(i32)(e.n + 1));
    p->n = e.n;
    return true;
}

enum { LOOP_COUNTS = 6 };
static void look_at_loop(struct x86_rig *r, const struct two *p, const struct x86_state *fresh, bool read_only, u64 *seen) {
    map(r, DATA, DATA_PAGE0, read_only ? 5 : 7);
    map(r, DATA + 0x1000, DATA_PAGE1, 7);
    x86_tlb_flush_all(r->c);
    state_by_base(r, p, fresh, 100);
    read_both_pages(r, fresh);
    for (unsigned k = 0; k < LOOP_COUNTS; k++) seen[k] = state_by_base(r, p, fresh, 61 + 5 * k);
}

static void in_a_loop(void **state) {
    struct x86_rig *r = *state;
    machine(r);
    find_rows(may_write);
    both_translate_after(r, 3);
    const struct x86_state fresh = r->c->s;
    const char *seed = getenv("SEED");
    struct rng g = {seed ? strtoull(seed, NULL, 0) : 1};
    u64 before = both_translated(r), cases = 0;
    for (unsigned a = 0; a < row_count; a += 1 + below(&g, SLOWER))
        for (unsigned k = 0; k < 12; k++) {
            struct two p;
            if (!make_loop(&p, r->c->index, rows[a], &g)) continue;
            u64 seen[ENGINES][LOOP_COUNTS];
            bool read_only = one_in(&g, 4);
            for (unsigned e = 0; e < ENGINES; e++) {
                both_use(r, e);
                look_at_loop(r, &p, &fresh, read_only, seen[e]);
            }
            if (memcmp(seen[0], seen[1], sizeof seen[0])) {
                show(r, &p);
                fail_msg("%s in a loop: translated otherwise than interpreted", rows[a]->name);
            }
            cases++;
        }
    u64 ran = both_translated(r) - before;
    print_message("%llu loops of %u instructions; %llu in translated code\n", (unsigned long long)cases, row_count,
                  (unsigned long long)ran);
    assert_in_range(cases, row_count / SLOWER * 6, row_count * 12);
    assert_true(ran > 100 * cases);
}

// ---- the end of a page

struct access {
    const char *name;
    u8 code[6], n, width;
    bool reads, writes, stack; // by [RBX], or on the stack
};
// The register is RAX, XMM0 or YMM0.
static const struct access accesses[] = {
    {"mov al, [rbx]", {0x8a, 0x03}, 2, 1, true, false, false},
    {"mov [rbx], al", {0x88, 0x03}, 2, 1, false, true, false},
    {"add [rbx], al", {0x00, 0x03}, 2, 1, true, true, false},
    {"mov ax, [rbx]", {0x66, 0x8b, 0x03}, 3, 2, true, false, false},
    {"mov [rbx], ax", {0x66, 0x89, 0x03}, 3, 2, false, true, false},
    {"add [rbx], ax", {0x66, 0x01, 0x03}, 3, 2, true, true, false},
    {"mov eax, [rbx]", {0x8b, 0x03}, 2, 4, true, false, false},
    {"mov [rbx], eax", {0x89, 0x03}, 2, 4, false, true, false},
    {"add [rbx], eax", {0x01, 0x03}, 2, 4, true, true, false},
    {"mov rax, [rbx]", {0x48, 0x8b, 0x03}, 3, 8, true, false, false},
    {"mov [rbx], rax", {0x48, 0x89, 0x03}, 3, 8, false, true, false},
    {"add [rbx], rax", {0x48, 0x01, 0x03}, 3, 8, true, true, false},
    {"cmpxchg [rbx], rcx", {0x48, 0x0f, 0xb1, 0x0b}, 4, 8, true, true, false},
    {"push [rbx]", {0xff, 0x33}, 2, 8, true, false, false},
    {"pop rax", {0x58}, 1, 8, true, false, true},
    {"push rax", {0x50}, 1, 8, false, true, true},
    {"movss xmm0, [rbx]", {0xf3, 0x0f, 0x10, 0x03}, 4, 4, true, false, false},
    {"movd xmm0, [rbx]", {0x66, 0x0f, 0x6e, 0x03}, 4, 4, true, false, false},
    {"movsd [rbx], xmm0", {0xf2, 0x0f, 0x11, 0x03}, 4, 8, false, true, false},
    {"movups xmm0, [rbx]", {0x0f, 0x10, 0x03}, 3, 16, true, false, false},
    {"movups [rbx], xmm0", {0x0f, 0x11, 0x03}, 3, 16, false, true, false},
    {"vmovups ymm0, [rbx]", {0xc5, 0xfc, 0x10, 0x03}, 4, 32, true, false, false},
    {"vmovups [rbx], ymm0", {0xc5, 0xfc, 0x11, 0x03}, 4, 32, false, true, false},
};

static gpa_t where(u64 at) { return (at < DATA + 0x1000 ? DATA_PAGE0 : DATA_PAGE1) + (at & 0xfff); }

static void fill(struct x86_rig *r) {
    bus_will_write(&r->bus, DATA_PAGE1 - 0x1000, 0x5000);
    for (unsigned i = 0; i < 0x5000; i++) r->ram[DATA_PAGE1 - 0x1000 + i] = (u8)(i * 7 + (i >> 8));
}

// One access at an address; what it left behind.
static u64 access_at(struct x86_rig *r, const struct access *a, const struct x86_state *fresh, u64 at) {
    r->c->s = *fresh;
    r->c->s.rip = RIG_CODE;
    r->c->s.gpr[RAX] = 0x8877665544332211;
    r->c->s.gpr[RCX] = 0x1020304050607080;
    r->c->s.gpr[RBX] = at;
    r->c->s.gpr[RSP] = !a->stack ? DATA + 0x800 : a->reads ? at : at + a->width;
    for (unsigned i = 0; i < 16; i++) r->c->s.xmm[0].b[i] = (u8)(0xa0 + i), r->c->s.ymmh[0].b[i] = (u8)(0xc0 + i);
    x86_mode_changed(r->c);
    run(r, 4);
    return hash_of(&r->c->s, sizeof r->c->s) ^ hash_of(r->ram + DATA_PAGE1 - 0x1000, 0x5000);
}

// What the processor holds now, where the access has read.
static const u8 *register_of(const struct x86_rig *r, const struct access *a, unsigned byte) {
    const struct x86_state *s = &r->c->s;
    if (strchr(a->name, 'm') && strstr(a->name, "mm0")) return byte < 16 ? &s->xmm[0].b[byte] : &s->ymmh[0].b[byte - 16];
    return (const u8 *)s->gpr + byte;
}

// Both pages' entries are in the TLB, and the block is translated, when accesses come to the end of the first page.
static void at_the_end(struct x86_rig *r, const struct access *a, u64 second_rights) {
    static u64 seen[ENGINES][2 * 32];
    map(r, DATA, DATA_PAGE0, 7);
    map(r, DATA + 0x1000, DATA_PAGE1, second_rights);
    const struct x86_state fresh = r->c->s;
    for (unsigned e = 0; e < ENGINES; e++) {
        both_use(r, e);
        x86_tlb_flush_all(r->c);
        u8 code[8];
        memcpy(code, a->code, a->n);
        code[a->n] = 0xeb, code[a->n + 1] = 0xfe;
        bus_copy_in(&r->bus, RIG_CODE, code, a->n + 2);
        fill(r);
        for (unsigned i = 0; i < 3; i++) {
            access_at(r, a, &fresh, DATA + 0x100);
            if (second_rights == 7) access_at(r, a, &fresh, DATA + 0x1100);
        }
        for (unsigned k = 0; k < 2u * a->width; k++) { // the last that is inside, then one byte beyond, two, ... none inside
            u64 at = DATA + 0x1000 - a->width + k;
            fill(r);
            seen[e][k] = access_at(r, a, &fresh, at);
            if (seen[e][k] != seen[INTERPRET][k])
                fail_msg("%s: %u bytes beyond the page, whose rights are %u: not as interpreted", a->name, k,
                         (unsigned)second_rights);
            bool fine = second_rights == 7 || k == 0 || (second_rights == 5 && !a->writes);
            assert_int_equal(r->c->s.rip, fine ? RIG_CODE + a->n : FAULTS);
            if (!fine) assert_int_equal(r->c->s.cr2, k < a->width ? DATA + 0x1000 : at);
            if (!fine || a->n == 2 + (a->code[0] == 0xff)) continue;
            for (unsigned i = 0; i < a->width && (!a->reads || !a->writes) && a->code[0] != 0xff; i++)
                assert_int_equal(*register_of(r, a, i), r->ram[where(at + i)]);
        }
    }
    r->c->s = fresh;
    x86_mode_changed(r->c);
}

static void the_end_of_a_page(void **state) {
    struct x86_rig *r = *state;
    machine(r);
    u64 before = both_translated(r);
    for (unsigned i = 0; i < countof(accesses); i++) {
        at_the_end(r, &accesses[i], 7);
        at_the_end(r, &accesses[i], 5);
        at_the_end(r, &accesses[i], 0);
    }
    assert_true(both_translated(r) > before);
}

static int narrowed(void **state) {
    narrow = true;
    return both_new((struct x86_rig **)state, 1 << 20);
}
static int new(void **state) {
    narrow = false;
    return both_new((struct x86_rig **)state, 1 << 20);
}
static int end(void **state) { return both_free(*state); }

int main(void) {
#define TEST(f) cmocka_unit_test_setup_teardown(f, new, end)
#define NARROW(f) {"32-bit code: " #f, f, narrowed, end, NULL}
    const struct CMUnitTest tests[] = {TEST(each_behind_each),   TEST(by_one_base),   TEST(in_a_loop),  TEST(the_end_of_a_page),
                                       NARROW(each_behind_each), NARROW(by_one_base), NARROW(in_a_loop)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
