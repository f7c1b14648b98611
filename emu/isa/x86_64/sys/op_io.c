// SPDX-License-Identifier: MIT
// IN, OUT, INS, OUTS (vol. 1, chapter 19). Each ends its block, because the device must see the exact time, the access takes time, and
// it may raise an interrupt. A repeated one transfers one element per execution and stays at its own RIP until RCX is 0.
#include "cpu/measure.h"
#include "isa/x86_64/sys/debug.h"
#include "isa/x86_64/sys/op_sys.h"
#include "isa/x86_64/sys/seg.h"
#include "isa/x86_64/insn/stack.h"

#define TSS_IO_MAP 0x66 // u16: offset of the I/O permission map

// CPL above IOPL, and virtual-8086 mode always, ask the map in the TSS: a bit per port, 1 denies.
static void check_port(struct x86_cpu *c, u16 port, unsigned size) {
    if (is_real(c) || (!is_v86(c) && c->s.cpl <= iopl(c))) return;
    const struct x86_seg *tr = &c->s.tr;
    if (!(AR_TYPE(tr->attr) & 8) || tr->limit < TSS_IO_MAP + 1) raise_gp(c, 0);
    u64 at = x86_sys_read(c, tr->base + TSS_IO_MAP, 2) + port / 8;
    if (at + 1 > tr->limit) raise_gp(c, 0); // two bytes are always read: the map ends with a byte of ones
    u64 map = x86_sys_read(c, tr->base + at, 2) >> (port & 7);
    if (map & ((1u << size) - 1)) raise_gp(c, 0);
}

// The device sees an access at its start; the processor goes on when the bus cycle is over.
static u32 port_in(struct x86_cpu *c, u16 port, unsigned size) {
    vcpu_sync_device(&c->v);
    c->s.pending_db |= x86_debug_io_hit(c, port, size);
    u32 v = bus_in(c->bus, port, size);
    vcpu_stall(&c->v, bus_port_time(c->bus, port, size));
    return v;
}

static void port_out(struct x86_cpu *c, u16 port, unsigned size, u32 v) {
    vcpu_sync_device(&c->v);
    c->s.pending_db |= x86_debug_io_hit(c, port, size);
    bus_out(c->bus, port, size, v);
    vcpu_stall(&c->v, bus_port_time(c->bus, port, size));
}

#define IN(name, port, size, set)                                                                                                \
    SOP(in_##name) {                                                                                                             \
        SYNC;                                                                                                                    \
        check_port(c, port, size);                                                                                               \
        u32 v = port_in(c, port, size);                                                                                          \
        set(RAX, v);                                                                                                             \
        EXIT(x86_next_rip(c, u));                                                                                                \
    }
#define OUT(name, port, size)                                                                                                    \
    SOP(out_##name) {                                                                                                            \
        SYNC;                                                                                                                    \
        check_port(c, port, size);                                                                                               \
        port_out(c, port, size, (u32)bits(c->s.gpr[RAX], 8 * size - 1, 0));                                                      \
        EXIT(x86_next_rip(c, u));                                                                                                \
    }
#define SET_AL(r, v) SET8(0, v)
#define IMM_PORT ((u8)u->imm)
#define DX_PORT REG16(RDX)
IN(b_ib, IMM_PORT, 1, SET_AL)
IN(w_ib, IMM_PORT, 2, SET16)
IN(d_ib, IMM_PORT, 4, SET32)
IN(b_dx, DX_PORT, 1, SET_AL)
IN(w_dx, DX_PORT, 2, SET16)
IN(d_dx, DX_PORT, 4, SET32)
OUT(b_ib, IMM_PORT, 1)
OUT(w_ib, IMM_PORT, 2)
OUT(d_ib, IMM_PORT, 4)
OUT(b_dx, DX_PORT, 1)
OUT(w_dx, DX_PORT, 2)
OUT(d_dx, DX_PORT, 4)

// ---- strings

static u64 address_mask(const struct uop *u) { return u->mem & MEM_ADDR16 ? 0xffff : u->mem & MEM_ADDR32 ? 0xffffffff : ~(u64)0; }

// Writes a count or index register as wide as the address size.
static void set_index(struct x86_cpu *c, unsigned r, u64 v, u64 m) {
    c->s.gpr[r] = m == 0xffff ? (c->s.gpr[r] & ~m) | (v & m) : v & m;
}

static i64 step(const struct x86_cpu *c, unsigned size) { return c->s.rflags & FL_DF ? -(i64)size : (i64)size; }

// Memory is probed before the port is read: a read that is repeated after a page fault would lose a byte of the device's.
static void ins_one(struct x86_cpu *c, const struct uop *u, unsigned size) {
    u64 m = address_mask(u), at = c->s.gpr[RDI];
    SYNC;
    check_port(c, DX_PORT, size);
    gva_t a = x86_linear(c, ES, at & m, size, ACCESS_WRITE);
    x86_probe(c, ES, a, size, ACCESS_WRITE);
    if (!c->single && !tlb_write(c, a, size)) vcpu_restart_single(&c->v);
    u32 v = port_in(c, DX_PORT, size);
    x86_write(c, ES, a, &v, size);
    set_index(c, RDI, at + (u64)step(c, size), m);
}

static void outs_one(struct x86_cpu *c, const struct uop *u, unsigned size) {
    u64 m = address_mask(u), at = c->s.gpr[RSI];
    u32 v = 0;
    SYNC;
    check_port(c, DX_PORT, size);
    x86_read(c, MEM_SEG(u), x86_linear(c, MEM_SEG(u), at & m, size, ACCESS_READ), &v, size);
    port_out(c, DX_PORT, size, v);
    set_index(c, RSI, at + (u64)step(c, size), m);
}

// Where a repeated instruction goes on after one element: with RF, if there are more (op_string.c).
static u64 repeat(struct x86_cpu *c, const struct uop *u) {
    u64 m = address_mask(u), left = (c->s.gpr[RCX] - 1) & m;
    set_index(c, RCX, left, m);
    if (left) c->s.rflags |= FL_RF;
    if (left) vcpu_unretired(&c->v);
    return left ? THIS_RIP : x86_next_rip(c, u);
}

#define INS(name, size)                                                                                                          \
    SOP(name) {                                                                                                                  \
        ins_one(c, u, size);                                                                                                     \
        EXIT(x86_next_rip(c, u));                                                                                                \
    }                                                                                                                            \
    SOP(rep_##name) {                                                                                                            \
        if (!(c->s.gpr[RCX] & address_mask(u))) EXIT(x86_next_rip(c, u));                                                        \
        ins_one(c, u, size);                                                                                                     \
        EXIT(repeat(c, u));                                                                                                      \
    }
#define OUTS(name, size)                                                                                                         \
    SOP(name) {                                                                                                                  \
        outs_one(c, u, size);                                                                                                    \
        EXIT(x86_next_rip(c, u));                                                                                                \
    }                                                                                                                            \
    SOP(rep_##name) {                                                                                                            \
        if (!(c->s.gpr[RCX] & address_mask(u))) EXIT(x86_next_rip(c, u));                                                        \
        outs_one(c, u, size);                                                                                                    \
        EXIT(repeat(c, u));                                                                                                      \
    }
INS(insb, 1)
INS(insw, 2)
INS(insd, 4)
OUTS(outsb, 1)
OUTS(outsw, 2)
OUTS(outsd, 4)

const struct ops ops_in_al_ib = OPS_ALL(in_b_ib);
const struct ops ops_in_al_dx = OPS_ALL(in_b_dx);
const struct ops ops_out_ib_al = OPS_ALL(out_b_ib);
const struct ops ops_out_dx_al = OPS_ALL(out_b_dx);
const struct ops ops_in_eax_ib = OPS_SIZES(in_w_ib, in_d_ib, in_d_ib);
const struct ops ops_in_eax_dx = OPS_SIZES(in_w_dx, in_d_dx, in_d_dx);
const struct ops ops_out_ib_eax = OPS_SIZES(out_w_ib, out_d_ib, out_d_ib);
const struct ops ops_out_dx_eax = OPS_SIZES(out_w_dx, out_d_dx, out_d_dx);
const struct ops ops_insb = OPS_ALL(insb);
const struct ops ops_outsb = OPS_ALL(outsb);
const struct ops ops_rep_insb = OPS_ALL(rep_insb);
const struct ops ops_rep_outsb = OPS_ALL(rep_outsb);
const struct ops ops_ins = OPS_SIZES(insw, insd, insd);
const struct ops ops_outs = OPS_SIZES(outsw, outsd, outsd);
const struct ops ops_rep_ins = OPS_SIZES(rep_insw, rep_insd, rep_insd);
const struct ops ops_rep_outs = OPS_SIZES(rep_outsw, rep_outsd, rep_outsd);

// ---- rows
// clang-format off
static const struct insn rows[] = {
    {MAP_1, 0xe4, PFX_ANY, 0, "in", {o_AL, o_Ib}, &ops_in_al_ib, .flags = BYTE | ENDS},
    {MAP_1, 0xe5, PFX_ANY, 0, "in", {o_eAX, o_Ib}, &ops_in_eax_ib, .flags = ENDS},
    {MAP_1, 0xe6, PFX_ANY, 0, "out", {o_Ib, o_AL}, &ops_out_ib_al, .flags = BYTE | ENDS},
    {MAP_1, 0xe7, PFX_ANY, 0, "out", {o_Ib, o_eAX}, &ops_out_ib_eax, .flags = ENDS},
    {MAP_1, 0xec, PFX_ANY, 0, "in", {o_AL, o_DX}, &ops_in_al_dx, .flags = BYTE | ENDS},
    {MAP_1, 0xed, PFX_ANY, 0, "in", {o_eAX, o_DX}, &ops_in_eax_dx, .flags = ENDS},
    {MAP_1, 0xee, PFX_ANY, 0, "out", {o_DX, o_AL}, &ops_out_dx_al, .flags = BYTE | ENDS},
    {MAP_1, 0xef, PFX_ANY, 0, "out", {o_DX, o_eAX}, &ops_out_dx_eax, .flags = ENDS},
    {MAP_1, 0x6c, PFX_ANY, 0, "ins", {o_Yb, o_DX}, &ops_insb, .flags = BYTE | REP | ENDS, .rep = &ops_rep_insb, .repne = &ops_rep_insb},
    {MAP_1, 0x6d, PFX_ANY, 0, "ins", {o_Yv, o_DX}, &ops_ins, .flags = REP | ENDS, .rep = &ops_rep_ins, .repne = &ops_rep_ins},
    {MAP_1, 0x6e, PFX_ANY, 0, "outs", {o_DX, o_Xb}, &ops_outsb, .flags = BYTE | REP | ENDS, .rep = &ops_rep_outsb, .repne = &ops_rep_outsb},
    {MAP_1, 0x6f, PFX_ANY, 0, "outs", {o_DX, o_Xv}, &ops_outs, .flags = REP | ENDS, .rep = &ops_rep_outs, .repne = &ops_rep_outs},
};
// clang-format on
X86_TABLE(io);
