// SPDX-License-Identifier: MIT
// Rows of the x86-64 instruction tables to bytes: what a row says of its encoding, for every test that makes up instructions. What it
// leaves open (other prefixes, REX, registers, memory forms, immediates) is the test's to choose.
#ifndef TESTS_ENCODE_H
#define TESTS_ENCODE_H

#include "isa/x86_64/insn/insn.h"

// Bytes that would not fit into `room` are dropped.
struct encoder {
    u8 *byte;
    unsigned n, room;
};
static inline void encode_byte(struct encoder *e, unsigned b) {
    if (e->n < e->room) e->byte[e->n++] = (u8)b;
}
static inline void encode_bytes(struct encoder *e, u64 v, unsigned bytes) {
    for (; bytes; bytes--, v >>= 8) encode_byte(e, (u8)v);
}

static inline bool encode_is_vex(const struct insn *row) { return row->map >= MAP_V0F; }

// The mandatory prefix: 66, F3, F2, or 0 for none; and the same as VEX.pp says it.
static inline u8 encode_prefix(const struct insn *row) {
    return row->prefix == PFX_66 ? 0x66 : row->prefix == PFX_F3 ? 0xf3 : row->prefix == PFX_F2 ? 0xf2 : 0;
}
static inline u8 encode_pp(const struct insn *row) {
    return row->prefix == PFX_66 ? 1 : row->prefix == PFX_F3 ? 2 : row->prefix == PFX_F2 ? 3 : 0;
}

// C5, R vvvv L pp; or C4, R X B mmmmm, W vvvv L pp (vol. 2, 2.3.5). Here nothing is inverted: rxb is 4 R, 2 X, 1 B.
struct encode_vex {
    u8 rxb, map, v, l, w, pp;
};
static inline u8 encode_vex_map(const struct insn *row) { return (u8)(row->map - MAP_V0F + 1); }
static inline bool encode_vex_may_be_short(const struct encode_vex *x) { return x->map == 1 && !x->w && !(x->rxb & 3); }
static inline void encode_vex(struct encoder *e, const struct encode_vex *x, bool two_bytes) {
    unsigned last = (~x->v & 15u) << 3 | (unsigned)x->l << 2 | x->pp;
    if (two_bytes) {
        encode_byte(e, 0xc5);
        encode_byte(e, (~x->rxb & 4u) << 5 | last);
        return;
    }
    encode_byte(e, 0xc4);
    encode_byte(e, (~x->rxb & 7u) << 5 | x->map);
    encode_byte(e, (unsigned)x->w << 7 | last);
}

// The escape of the row's map (VEX has said it) and the opcode; low3: what P_OPCODE rows have in its low three bits.
static inline void encode_opcode(struct encoder *e, const struct insn *row, unsigned low3) {
    if (row->map != MAP_1 && !encode_is_vex(row)) encode_byte(e, 0x0f);
    if (row->map == MAP_0F38) encode_byte(e, 0x38);
    if (row->map == MAP_0F3A) encode_byte(e, 0x3a);
    encode_byte(e, row->opcode + low3);
}

// A ModRM byte, with those of its fields replaced that the row fixes; its mod is not touched.
static inline u8 encode_modrm(const struct insn *row, unsigned modrm) {
    if (row->modrm & 8) modrm = (modrm & 0xc7) | (row->modrm & 7u) << 3;
    if (row->modrm & 0x40) modrm = (modrm & 0xf8) | (row->modrm >> 8 & 7u);
    return (u8)modrm;
}

#endif
