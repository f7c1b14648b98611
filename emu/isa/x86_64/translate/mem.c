// SPDX-License-Identifier: MIT
// Memory accesses of translated code: the address, a compare of the TLB's tag, and the access by the entry's addend. What misses goes on in
// the interpreter at that instruction, of which nothing is done yet.
//
//   rorx, and         the slot (where there is no RORX: mov, shr, and)
//   xor [tag]         the offset in the page, or something larger
//   cmp 4096 - size   and so that it does not cross the page's end
//   mov [addend]      not by the offset: the access need not wait for the tag
//
// The table's place is a constant, for code is made for one context (MODE_CONTEXT_MASK): of an instruction behind STAC or CLAC tx->context is it.
#include "isa/x86_64/translate/translate.h"

#include "isa/x86_64/sys/mem.h"

_Static_assert(sizeof(struct tlb_entry) == 32, "the index below");

enum { CC_A = 7 };

void tx_out_at(struct tx *x, unsigned i, u8 *from, u8 *give_back) {
    if (x->stubs == TX_STUBS) {
        x->o->full = true;
        return;
    }
    x->stub[x->stubs++] = (struct tx_stub){.from = from,
                                           .b = x->b,
                                           .row = x->d[i].insn,
                                           .at = (u8)i,
                                           .k = (u8)(x->blocks - 1),
                                           .live = x->live[i] != 0,
                                           .flags = x->flags,
                                           .give_back = give_back,
                                           .way = LEFT_MISSED};
}

// Segments that the mode says are whole.
static bool segment_ok(const struct tx *x, const struct uop *u) {
    switch (MEM_SEG(u)) {
    case SS:
    case DS: return true;
    case FS: return x->b->mode & MODE_FS_WHOLE;
    case GS: return x->b->mode & MODE_GS_WHOLE;
    default: return false;
    }
}

bool tx_memory_ok(const struct tx *x, const struct decoded *d) {
    if (x->narrow) return !(d->uop.mem & MEM_ADDR16) && segment_ok(x, &d->uop);
    return !(d->uop.mem & MEM_ADDR16) && !tx_is_far(&d->uop);
}

static i32 segment_base_at(const struct uop *u) {
    return CPU_AT(s.seg) + (i32)(MEM_SEG(u) * sizeof(struct x86_seg) + offsetof(struct x86_seg, base));
}

static bool based_on_segment(const struct uop *u) { return MEM_SEG(u) == FS || MEM_SEG(u) == GS; }

// `at` bytes from the place, as an operand that the address is computed by in register `to`.
static struct asm_mem at_place(struct tx *x, struct tx_place p, i32 at, unsigned to) {
    struct asm_mem m = {H_NONE, H_NONE, p.scale, at};
    if (p.base == 17) asm_load64(x->o, m.base = (u8)to, CPU_MEM(page));
    else if (p.base != 16) m.base = (u8)tx_use(x, p.base, to);
    if (p.index == 16) return m;
    unsigned h = tx_host(p.index);
    if (h == H_NONE && m.base == to) { // both are in memory
        asm_lea(x->o, to, MEM_AT(to, at));
        unsigned other = to == T0 ? T1 : T0;
        asm_load64(x->o, other, GPR_MEM(p.index));
        return (struct asm_mem){(u8)to, (u8)other, p.scale, 0};
    }
    if (h == H_NONE) asm_load64(x->o, h = to, GPR_MEM(p.index));
    m.index = (u8)h;
    return m;
}

// Its constant: a distance from RIP is one from the start of the PC's page.
static i32 constant_of(const struct tx *x, const struct uop *u) { return (i32)u->disp + (u->base == 17 ? (i32)x->page_at : 0); }

void tx_place_address(struct tx *x, struct tx_place p, i32 at, unsigned to) {
    asm_rm(x->o, 0x8d | tx_wide(x), to, at_place(x, p, at, to)); // lea
}

void tx_address(struct tx *x, unsigned i, unsigned to) {
    const struct uop *u = &x->d[i].uop;
    struct asm_mem m = at_place(x, tx_place_of(u), constant_of(x, u), to);
    asm_rm(x->o, 0x8d | (u->mem & MEM_ADDR32 ? 0 : ASM_W), to, m);
    if (based_on_segment(u))
        asm_rm(x->o, 0x03 | tx_wide(x), to, MEM_AT(CPU_REG, segment_base_at(u))); // an access loses flags anyway
}

static void check_alignment(struct tx *x, unsigned i) {
    if (x->align <= 1) return;
    asm_rr(x->o, 0xf6 | ASM_BYTE_RM, 0, T0); // test
    asm_byte(x->o, x->align - 1u);
    tx_out(x, i, asm_jcc(x->o, 5));
    x->flags.host = false;
}

// The address of `size` bytes is in T0. Leaves the addend in T1.
static void check(struct tx *x, unsigned i, unsigned size, bool write) {
    struct asm_out *o = x->o;
    i32 table = CPU_AT(tlb) + (i32)(x->context * sizeof x->c->tlb[0]);
    if (x->t->host_has[F_BMI2]) {
        asm_vex_rr(o, 0xf0 | ASM_0F3A | ASM_F2 | ASM_W, T1, 0, T0); // rorx
    } else {
        asm_mov64(o, T1, T0);
        asm_rr(o, 0xc1 | ASM_W, 5, T1); // shr
    }
    asm_byte(o, PAGE_BITS - 5);
    asm_rr(o, 0x81, 4, T1); // and
    asm_u32(o, (TLB_SIZE - 1) << 5);
    i32 tag = table + (i32)(write ? offsetof(struct tlb_entry, write) : offsetof(struct tlb_entry, read));
    asm_rm(o, 0x33 | ASM_W, T0, MEM_INDEXED(CPU_REG, T1, tag)); // xor
    asm_alu_imm(o, 7, T0, (i32)(PAGE_SIZE - size));             // cmp
    tx_out(x, i, asm_jcc(o, CC_A));
    asm_load64(o, T1, MEM_INDEXED(CPU_REG, T1, table + (i32)offsetof(struct tlb_entry, addend)));
    x->flags.host = false;
}

// The addend is in T1; the address's parts are added to it until what is left fits an operand. T0 is free.
static struct asm_mem operand_by_addend(struct tx *x, const struct uop *u) {
    struct asm_mem m = MEM_AT(T1, constant_of(x, u));
    if (u->index != 16) asm_lea(x->o, T1, (struct asm_mem){T1, (u8)tx_use(x, u->index, T0), u->mem & 3, 0});
    if (based_on_segment(u)) asm_rm(x->o, 0x03 | ASM_W, T1, MEM_AT(CPU_REG, segment_base_at(u)));
    if (u->base == 17) {
        asm_rm(x->o, 0x03 | ASM_W, T1, CPU_MEM(page));
    } else if (u->base != 16 && tx_host(u->base) == H_NONE) {
        asm_rm(x->o, 0x03 | ASM_W, T1, GPR_MEM(u->base));
    } else if (u->base != 16) {
        m.base = (u8)tx_host(u->base);
        m.index = T1;
    }
    return m;
}

// The address is in T0, the addend in T1.
static struct asm_mem by_address(struct tx *x) {
    asm_rr(x->o, 0x03 | ASM_W, T1, T0); // add
    return MEM_AT(T1, 0);
}

static struct asm_mem by_place(struct tx *x, unsigned i, struct tx_place p, i32 at, unsigned size, bool write) {
    struct asm_mem m;
    i32 lo, hi;
    if (x->align > 1) {
        tx_place_address(x, p, at, T0);
        check_alignment(x, i);
    }
    if (tx_span_hit(x, p, at, size, write, &m)) return m;
    bool span = tx_span_begin(x, i, p, at, size, write, &lo, &hi);
    if (!span) lo = at, hi = at + (i32)size;
    tx_place_address(x, p, lo, T0);
    check(x, i, (unsigned)(hi - lo), write);
    if (span) {
        x->stub[x->stubs - 1].span = true;
        return tx_span_keep(x, p, at);
    }
    if (x->narrow) {
        tx_place_address(x, p, at, T0);
        return by_address(x);
    }
    if (p.index != 16) asm_lea(x->o, T1, (struct asm_mem){T1, (u8)tx_use(x, p.index, T0), p.scale, 0});
    if (p.base < 16 && tx_host(p.base) != H_NONE) return MEM_INDEXED(tx_host(p.base), T1, at);
    if (p.base != 16) asm_rm(x->o, 0x03 | ASM_W, T1, p.base == 17 ? CPU_MEM(page) : GPR_MEM(p.base));
    return MEM_AT(T1, at);
}

struct asm_mem tx_access(struct tx *x, unsigned i, unsigned size, bool write) {
    const struct uop *u = &x->d[i].uop;
    if (tx_span_fits(x, i)) return by_place(x, i, tx_place_of(u), constant_of(x, u), size, write);
    tx_address(x, i, T0);
    check_alignment(x, i);
    bool whole = !x->narrow && u->mem & MEM_ADDR32; // cannot be taken apart: the sum is kept
    if (whole) asm_store64(x->o, T0, CPU_MEM(spill));
    check(x, i, size, write);
    if (x->narrow) { // nor here, but to compute it again is one instruction: all registers of 32-bit code are the host's
        tx_address(x, i, T0);
        return by_address(x);
    }
    if (!whole) return operand_by_addend(x, u);
    asm_rm(x->o, 0x03 | ASM_W, T1, CPU_MEM(spill));
    return MEM_AT(T1, 0);
}

struct asm_mem tx_stack(struct tx *x, unsigned i, i32 at, unsigned size, bool write) {
    return by_place(x, i, (struct tx_place){RSP, 16, 0}, at, size, write);
}
