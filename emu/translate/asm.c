// SPDX-License-Identifier: MIT
#include "translate/asm.h"

#include "base/bits.h"
#include "base/le.h"

void asm_byte(struct asm_out *o, unsigned b) {
    if (o->at >= o->end) {
        o->full = true;
        return;
    }
    *o->at++ = (u8)b;
}

void asm_u32(struct asm_out *o, u32 v) {
    for (unsigned i = 0; i < 4; i++) asm_byte(o, v >> (8 * i) & 0xff);
}

void asm_u64(struct asm_out *o, u64 v) {
    asm_u32(o, (u32)v);
    asm_u32(o, (u32)(v >> 32));
}

void asm_imm(struct asm_out *o, i64 v, unsigned bytes) {
    for (unsigned i = 0; i < bytes; i++) asm_byte(o, (u64)v >> (8 * i) & 0xff);
}

// Prefixes, REX (0100 W R X B) and the opcode in its map (2.1, 2.2.1). A mandatory prefix stands before REX.
static void opcode(struct asm_out *o, u32 op, unsigned reg, unsigned index, unsigned base, bool byte_rex) {
    o->insn = o->at;
    if (op & (ASM_66 | ASM_16)) asm_byte(o, 0x66);
    if (op & ASM_F3) asm_byte(o, 0xf3);
    if (op & ASM_F2) asm_byte(o, 0xf2);
    unsigned rex = (op & ASM_W ? 8u : 0) | (reg & 8) >> 1 | (index & 8) >> 2 | (base & 8) >> 3;
    if (rex || byte_rex) asm_byte(o, 0x40 | rex);
    unsigned map = op >> 8 & 3;
    if (map) asm_byte(o, 0x0f);
    if (map == 2) asm_byte(o, 0x38);
    if (map == 3) asm_byte(o, 0x3a);
    asm_byte(o, op & 0xff);
}

// Without a REX, 4 to 7 mean AH..BH.
static bool needs_rex(unsigned reg) { return reg >= 4 && reg < 8; }

// C4, R X B mmmmm, W vvvv L pp: R, X, B and vvvv inverted.
static void vex(struct asm_out *o, u32 op, unsigned reg, unsigned index, unsigned base, unsigned v) {
    unsigned pp = op & ASM_66 ? 1 : op & ASM_F3 ? 2 : op & ASM_F2 ? 3 : 0;
    unsigned inverted = (~reg & 8) << 4 | (~index & 8) << 3 | (~base & 8) << 2;
    o->insn = o->at;
    asm_byte(o, 0xc4);
    asm_byte(o, inverted | (op >> 8 & 3));
    asm_byte(o, (op & ASM_W ? 0x80 : 0) | (~v & 15) << 3 | (op & ASM_L ? 4 : 0) | pp);
    asm_byte(o, op & 0xff);
}

void asm_vex_rr(struct asm_out *o, u32 op, unsigned reg, unsigned v, unsigned rm) {
    vex(o, op, reg, 0, rm, v);
    asm_byte(o, 0xc0 | (reg & 7) << 3 | (rm & 7));
}

void asm_rr(struct asm_out *o, u32 op, unsigned reg, unsigned rm) {
    bool byte_rex = (op & ASM_BYTE_REG && needs_rex(reg)) || (op & ASM_BYTE_RM && needs_rex(rm));
    opcode(o, op, reg, 0, rm, byte_rex);
    asm_byte(o, 0xc0 | (reg & 7) << 3 | (rm & 7));
}

static bool fits8(i32 v) { return v == (i8)v; }

// ModRM and SIB (tables 2-2, 2-3): rm = 4 means a SIB byte, so RSP and R12 as base need one; mod = 0 with base 5 means no base, so RBP and
// R13 as base have a displacement always.
// mod = 0 with rm = 5 is a distance from the instruction's end.
static void operand(struct asm_out *o, unsigned reg, struct asm_mem m) {
    if (m.base == H_RIP) {
        asm_byte(o, (reg & 7) << 3 | 5);
        asm_u32(o, (u32)m.disp - (u32)(o->at + 4 - o->insn));
        return;
    }
    bool has_base = m.base != H_NONE, has_index = m.index != H_NONE;
    unsigned mod = !has_base ? 0 : m.disp == 0 && (m.base & 7) != 5 ? 0 : fits8(m.disp) ? 1 : 2;
    bool sib = has_index || !has_base || (m.base & 7) == 4;
    asm_byte(o, mod << 6 | (reg & 7) << 3 | (sib ? 4 : m.base & 7));
    if (sib) asm_byte(o, (unsigned)m.scale << 6 | (has_index ? m.index & 7u : 4u) << 3 | (has_base ? m.base & 7u : 5u));
    if (!has_base || mod == 2) asm_u32(o, (u32)m.disp);
    else if (mod == 1) asm_byte(o, (u8)m.disp);
}

static unsigned base_of(struct asm_mem m) { return m.base < H_RIP ? m.base : 0; }
static unsigned index_of(struct asm_mem m) { return m.index != H_NONE ? m.index : 0; }

void asm_rm(struct asm_out *o, u32 op, unsigned reg, struct asm_mem m) {
    opcode(o, op, reg, index_of(m), base_of(m), op & ASM_BYTE_REG && needs_rex(reg));
    operand(o, reg, m);
}

void asm_vex_rm(struct asm_out *o, u32 op, unsigned reg, unsigned v, struct asm_mem m) {
    vex(o, op, reg, index_of(m), base_of(m), v);
    operand(o, reg, m);
}

void asm_opcode_reg(struct asm_out *o, u32 op, unsigned reg) {
    opcode(o, op + (reg & 7), 0, 0, reg, op & ASM_BYTE_REG && needs_rex(reg));
}

void asm_mov_imm(struct asm_out *o, unsigned reg, u64 v) {
    if (v == (u32)v) {
        asm_opcode_reg(o, 0xb8, reg);
        asm_u32(o, (u32)v);
    } else if ((i64)v == (i32)v) {
        asm_rr(o, 0xc7 | ASM_W, 0, reg);
        asm_u32(o, (u32)v);
    } else {
        asm_opcode_reg(o, 0xb8 | ASM_W, reg);
        asm_u64(o, v);
    }
}

void asm_alu_imm(struct asm_out *o, unsigned op, unsigned reg, i32 imm) {
    asm_rr(o, (fits8(imm) ? 0x83 : 0x81) | ASM_W, op, reg);
    asm_imm(o, imm, fits8(imm) ? 1 : 4);
}

void asm_alu_mem_imm(struct asm_out *o, unsigned op, struct asm_mem m, i32 imm) {
    asm_rm(o, (fits8(imm) ? 0x83 : 0x81) | ASM_W, op, m);
    asm_imm(o, imm, fits8(imm) ? 1 : 4);
}

static u8 *distance_here(struct asm_out *o) {
    u8 *at = o->at;
    asm_u32(o, 0);
    return at;
}

u8 *asm_jmp(struct asm_out *o) {
    asm_byte(o, 0xe9);
    return distance_here(o);
}

u8 *asm_jcc(struct asm_out *o, unsigned cc) {
    asm_byte(o, 0x0f);
    asm_byte(o, 0x80 | cc);
    return distance_here(o);
}

void asm_here(struct asm_out *o, u8 *distance) {
    if (!o->full) st32(distance, (u32)(o->at - (distance + 4)));
}

void asm_retarget(u8 *distance, i64 to_exec, const void *exec) {
    st32(distance, (u32)((const u8 *)exec - (distance + 4 + to_exec)));
}

void asm_jmp_to(struct asm_out *o, const void *exec) {
    u8 *d = asm_jmp(o);
    if (!o->full) asm_retarget(d, o->to_exec, exec);
}

void asm_jcc_to(struct asm_out *o, unsigned cc, const void *exec) {
    u8 *d = asm_jcc(o, cc);
    if (!o->full) asm_retarget(d, o->to_exec, exec);
}
