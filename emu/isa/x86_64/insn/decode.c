// SPDX-License-Identifier: MIT
// Bytes to uop, by the rows of the instruction tables (SDM vol. 2, chapter 2 and appendix A).
#include "base/le.h"
#include "isa/x86_64/insn/decode.h"
#include "isa/x86_64/sys/cpuid.h"

#define MAX_ROWS 2048
#define NO_ROW 0xffff
#define LONGEST 15 // bytes: vol. 2, 2.3.11
#define VZEROUPPER 0x77

// Rows of one opcode, in table order: a chain through `next`.
struct decode_index {
    const struct insn *row[MAX_ROWS];
    u16 next[MAX_ROWS];
    u16 head[MAPS][256];
    bool modrm[MAPS][256]; // some row of this opcode reads a ModRM byte
    unsigned rows;
};

static bool operand_needs_modrm(u8 o) {
    switch (o) {
    case o_none: case o_Zb: case o_Zv: case o_AL: case o_eAX: case o_CL: case o_DX: case o_1:
    case o_Ib: case o_sIb: case o_Iw: case o_Iz: case o_Iv: case o_IwIb: case o_Jb: case o_Jz: case o_Ap: case o_Ob:
    case o_Ov: case o_Xb: case o_Xv: case o_Yb: case o_Yv: return false;
    default: return true;
    }
}

static bool row_has(const struct insn *in, u8 o) {
    for (unsigned i = 0; i < 4; i++)
        if (in->operand[i] == o) return true;
    return false;
}

static bool row_needs_modrm(const struct insn *in) {
    if (in->modrm) return true;
    for (unsigned i = 0; i < 4; i++)
        if (operand_needs_modrm(in->operand[i])) return true;
    return false;
}

static void index_one(struct decode_index *ix, const struct insn *in, unsigned opcode) {
    u16 *at = &ix->head[in->map][opcode];
    while (*at != NO_ROW) at = &ix->next[*at];
    *at = (u16)ix->rows;
    ix->row[ix->rows] = in;
    ix->next[ix->rows++] = NO_ROW;
    if (row_needs_modrm(in)) ix->modrm[in->map][opcode] = true;
}

struct decode_index *decode_index_create(struct env *env, const struct x86_model *model) {
    struct decode_index *ix = env_alloc(env, sizeof *ix);
    memset(ix->head, 0xff, sizeof ix->head);
    for (const struct insn_table *const *t = x86_tables; *t; t++)
        for (unsigned i = 0; i < (*t)->count; i++) {
            const struct insn *in = &(*t)->rows[i];
            if (in->feature != F_BASE && !model->has[in->feature]) continue;
            unsigned span = row_has(in, o_Zb) || row_has(in, o_Zv) ? 8 : 1;
            if (ix->rows + span > MAX_ROWS) env->plat->panic(env->plat, "decode_index: MAX_ROWS is too small");
            for (unsigned k = 0; k < span; k++) index_one(ix, in, in->opcode + k);
        }
    return ix;
}

// The instruction on its way through the decoder.
struct state {
    const u8 *code;
    unsigned have, at;
    unsigned mode; // MODE_CODE*
    u8 rex, seg, rep; // rep: 0xf3, 0xf2 or 0; seg: SEG_NONE or the override
    bool opsize, addrsize, lock, short_code;
    u8 vex_l, vex_v; // VEX.L, and VEX.vvvv not inverted
    u8 modrm;
    unsigned address_bits;
};

static u8 next_byte(struct state *s) {
    if (s->at >= s->have) {
        s->short_code = true;
        return 0;
    }
    return s->code[s->at++];
}

static u64 next_bytes(struct state *s, unsigned n) {
    u64 v = 0;
    for (unsigned i = 0; i < n; i++) v |= (u64)next_byte(s) << (8 * i);
    return v;
}

static i64 next_signed(struct state *s, unsigned n) { return sext(next_bytes(s, n), 8 * n); }

// Returns the first byte that is no prefix. A REX counts only when it stands last (2.2.1).
static u8 prefixes(struct state *s) {
    for (;;) {
        u8 b = next_byte(s);
        if (s->short_code) return b;
        if (s->mode == MODE_CODE64 && (b & 0xf0) == 0x40) {
            s->rex = b;
            continue;
        }
        switch (b) {
        // In 64-bit mode these four do nothing: they do not even take back an FS or GS before them.
        case 0x26: if (s->mode != MODE_CODE64) s->seg = ES; break;
        case 0x2e: if (s->mode != MODE_CODE64) s->seg = CS; break;
        case 0x36: if (s->mode != MODE_CODE64) s->seg = SS; break;
        case 0x3e: if (s->mode != MODE_CODE64) s->seg = DS; break;
        case 0x64: s->seg = FS; break;
        case 0x65: s->seg = GS; break;
        case 0x66: s->opsize = true; break;
        case 0x67: s->addrsize = true; break;
        case 0xf0: s->lock = true; break;
        case 0xf2: case 0xf3: s->rep = b; break;
        default: return b;
        }
        s->rex = 0;
    }
}

static bool prefix_matches(const struct state *s, u8 want) {
    switch (want) {
    case PFX_ANY: return true;
    case PFX_NP: return !s->rep && !s->opsize;
    case PFX_66: return !s->rep && s->opsize;
    case PFX_F3: return s->rep == 0xf3;
    case PFX_F2: return s->rep == 0xf2;
    default: return !s->rep; // PFX_NFX
    }
}

static bool modrm_matches(const struct state *s, u16 want) {
    bool reg = s->modrm >= 0xc0;
    if (want & 0x08 && (s->modrm >> 3 & 7) != (want & 7)) return false;
    if (want & REGONLY && !reg) return false;
    if (want & MEMONLY && reg) return false;
    if (want & 0x40 && (s->modrm & 7) != (want >> 8 & 7)) return false;
    return true;
}

static bool vex_matches(const struct state *s, u32 want) {
    if (want & VEX_L0 && s->vex_l) return false;
    if (want & VEX_L1 && !s->vex_l) return false;
    if (want & VEX_W0 && s->rex & 8) return false;
    if (want & VEX_W1 && !(s->rex & 8)) return false;
    return !(want & VEX_NV && s->vex_v);
}

static const struct insn *find_row(const struct decode_index *ix, const struct state *s, unsigned map, u8 opcode,
                                   u64 mode) {
    for (u16 r = ix->head[map][opcode]; r != NO_ROW; r = ix->next[r]) {
        const struct insn *in = ix->row[r];
        if (!prefix_matches(s, in->prefix) || !modrm_matches(s, in->modrm)) continue;
        if (!vex_matches(s, in->flags)) continue;
        if (in->flags & (s->mode == MODE_CODE64 ? I64 : O64)) continue;
        if (in->flags & PROT && mode & MODE_REAL) continue;
        return in;
    }
    return NULL;
}

// 0: 8, 1: 16, 2: 32, 3: 64 bits.
static unsigned operand_size(const struct state *s, const struct insn *in) {
    bool small = s->opsize && !(in->flags & NO_OPSIZE) && in->prefix != PFX_66;
    if (in->flags & BYTE) return 0;
    if (in->map >= MAP_V0F) {
        bool one = in->flags & VEX_BY_W ? s->rex & 8 && s->mode == MODE_CODE64 : s->vex_l;
        return one ? 3 : 2;
    }
    switch (s->mode) {
    case MODE_CODE16: return small ? 2 : in->flags & NO_OPSIZE || in->prefix == PFX_66 ? 2 : 1;
    case MODE_CODE32: return small ? 1 : 2;
    default:
        if (s->rex & 8 || in->flags & F64) return 3;
        if (in->flags & D64) return small ? 1 : 3;
        return small ? 1 : 2;
    }
}

static u8 reg8(const struct state *s, unsigned r) {
    return (u8)(s->rex || r < 4 ? r * 8 : (r - 4) * 8 + 1);
}

// 16-bit addressing forms, vol. 2 table 2-1: base and index by ModRM.rm.
static const u8 base16[8] = {RBX, RBX, RBP, RBP, RSI, RDI, RBP, RBX};
static const u8 index16[8] = {RSI, RDI, RSI, RDI, 16, 16, 16, 16};

static void memory16(struct state *s, struct uop *u, u8 *default_seg) {
    unsigned mod = s->modrm >> 6, rm = s->modrm & 7;
    u->base = base16[rm];
    u->index = index16[rm];
    if (mod == 0 && rm == 6) {
        u->base = 16;
        u->disp = next_signed(s, 2);
    } else if (mod) {
        u->disp = next_signed(s, mod);
    }
    if (u->base == RBP) *default_seg = SS;
}

// SIB: scale 7..6, index 5..3, base 2..0 (2.1.3; REX.X and REX.B extend them).
static void memory32(struct state *s, struct uop *u, u8 *default_seg, bool *rip_relative) {
    unsigned mod = s->modrm >> 6, rm = s->modrm & 7;
    u->index = 16;
    u->base = (u8)(rm | (s->rex & 1) << 3);
    if (rm == 4) {
        u8 sib = next_byte(s);
        u8 index = (u8)((sib >> 3 & 7) | (s->rex & 2) << 2);
        if (index != RSP) u->index = index;
        u->mem |= sib >> 6;
        rm = sib & 7;
        u->base = (u8)(rm | (s->rex & 1) << 3);
    }
    if (mod == 0 && rm == 5) {
        *rip_relative = s->mode == MODE_CODE64 && (s->modrm & 7) == 5;
        u->base = *rip_relative ? 17 : 16;
        u->disp = next_signed(s, 4);
        return;
    }
    if (u->base == RSP || u->base == RBP) *default_seg = SS;
    if (mod) u->disp = next_signed(s, mod == 1 ? 1 : 4);
}

// Segment and the need for the slow path: 64-bit code knows only FS and GS bases, others have limits everywhere.
static void finish_memory(const struct state *s, struct uop *u, u8 default_seg, u64 mode) {
    u8 seg = s->seg == SEG_NONE ? default_seg : s->seg;
    if (s->mode == MODE_CODE64 && seg != FS && seg != GS) seg = default_seg;
    u->mem |= (u8)(seg << MEM_SEG_SHIFT);
    if (s->address_bits == 32) u->mem |= MEM_ADDR32;
    if (s->address_bits == 16) u->mem |= MEM_ADDR16;
    if (s->mode != MODE_CODE64 || seg == FS || seg == GS || s->address_bits != 64 || mode & MODE_ALIGN)
        u->mem |= MEM_SLOW;
}

static i64 immediate(struct state *s, u8 operand, unsigned size, struct uop *u) {
    switch (operand) {
    case o_Ib: return next_byte(s);
    case o_Lx: case o_Ldq: return next_byte(s) & (s->mode == MODE_CODE64 ? 0xff : 0x7f);
    case o_sIb: case o_Jb: return next_signed(s, 1);
    case o_Iw: return (i64)next_bytes(s, 2);
    case o_Iz: return next_signed(s, size == 1 ? 2 : 4);
    case o_Jz: return next_signed(s, size == 1 ? 2 : 4);
    case o_Iv: return next_signed(s, 1u << size);
    case o_IwIb: return (i64)next_bytes(s, 3);
    case o_Ap: {
        u64 offset = next_bytes(s, size == 1 ? 2 : 4);
        return (i64)(next_bytes(s, 2) << 32 | offset);
    }
    case o_Ob: case o_Ov:
        u->base = u->index = 16;
        u->disp = (i64)next_bytes(s, s->address_bits / 8);
        return 0;
    default: return 0;
    }
}

static bool is_moffs(u8 o) { return o == o_Ob || o == o_Ov; }

// Register operands: which uop field each kind goes to, and how it is numbered.
static void place_register(const struct state *s, struct uop *u, u8 operand, u8 opcode) {
    u8 reg = s->modrm >> 3 & 7, rm = s->modrm & 7;
    u8 reg_x = (u8)(reg | (s->rex & 4) << 1), rm_x = (u8)(rm | (s->rex & 1) << 3);
    switch (operand) {
    case o_Gb: u->a = reg8(s, reg_x); break;
    case o_Gw: case o_Gd: case o_Gq: case o_Gv: case o_Gy: case o_Gz: case o_Cd: case o_Dd: case o_Vdq: case o_Vx: u->a = reg_x; break;
    case o_Sw: case o_Pq: u->a = reg; break;
    case o_Eb: u->b = reg8(s, rm_x); break;
    case o_Mb: u->b = reg8(s, rm_x); break;
    case o_Qq: case o_Qd: case o_Nq: case o_ST: u->b = rm; break;
    case o_Zb: u->b = reg8(s, (opcode & 7) | (s->rex & 1) << 3); break;
    case o_Zv: u->b = (u8)((opcode & 7) | (s->rex & 1) << 3); break;
    case o_Ew: case o_Ed: case o_Eq: case o_Ev: case o_Ey: case o_Rv: case o_Ry: case o_Rq: case o_MwRv: case o_Wss:
    case o_Wsd: case o_Wdq: case o_Wq: case o_Wd: case o_Ww: case o_Wb: case o_Udq: case o_Wx: case o_Ux: case o_Whx: case o_Wqx: case o_Wex:
        u->b = rm_x;
        break;
    default: break;
    }
}

static bool register_only(u8 o) {
    return o == o_Rv || o == o_Ry || o == o_Rq || o == o_Udq || o == o_Nq || o == o_Ux;
}

static bool is_vsib(u8 o) { return o == o_VMx || o == o_VMdq; }
static bool memory_only(u8 o) { return (o >= o_M && o <= o_Mt) || o == o_Mx || is_vsib(o); }

static bool operands_allow(const struct insn *in, bool memory) {
    for (unsigned i = 0; i < 4; i++)
        if (memory ? register_only(in->operand[i]) : memory_only(in->operand[i])) return false;
    return true;
}

static const struct ops *ops_of(const struct insn *in, const struct state *s) {
    return !(in->flags & REP && s->rep) ? in->ops : s->rep == 0xf3 ? in->rep : in->repne;
}

op_fn *x86_pick(const struct ops *ops, const struct decoded *d) {
    unsigned fast = !d->memory ? FAST_STACK : d->uop.index == 16 ? FAST_BASED : FAST_INDEXED;
    op_fn *const *list = (d->memory ? ops->m : ops->r) + d->size;
    return !(d->uop.mem & MEM_SLOW) && list[fast] ? list[fast] : list[0];
}

// The registers of moves to and from control and debug registers are so whatever mod says (vol. 2B, MOV).
static bool ignores_mod(const struct insn *in) { return row_has(in, o_Cd) || row_has(in, o_Dd); }

// VEX (2.3.5): C5, R vvvv L pp; or C4, R X B mmmmm, W vvvv L pp; R, X, B and vvvv inverted. The opcode, or -1 for what can
// be no instruction: an unknown map, or a LOCK, 66, F2, F3 or REX before it (2.3.2 to 2.3.4).
static int vex(struct state *s, u8 first, unsigned *map) {
    bool spoiled = s->lock || s->opsize || s->rep || s->rex;
    u8 b = next_byte(s), m = 1, last = b;
    s->rex = 0x40 | (b & 0x80 ? 0 : 4);
    if (first == 0xc4) {
        m = b & 0x1f;
        s->rex |= (b & 0x40 ? 0 : 2) | (b & 0x20 ? 0 : 1);
        last = next_byte(s);
        s->rex |= last & 0x80 ? 8 : 0;
    }
    // Outside 64-bit mode there are eight registers: R and X are 1, B is ignored, and so is the highest bit of a vvvv that names one.
    if (s->mode != MODE_CODE64) s->rex &= 0x48;
    s->vex_v = ~last >> 3 & 15;
    s->vex_l = last >> 2 & 1;
    s->opsize = (last & 3) == 1;
    s->rep = (last & 3) == 2 ? 0xf3 : (last & 3) == 3 ? 0xf2 : 0;
    *map = m == 1 ? MAP_V0F : m == 2 ? MAP_V0F38 : MAP_V0F3A;
    u8 opcode = next_byte(s);
    return spoiled || m < 1 || m > 3 ? -1 : opcode;
}

// C4 and C5 are LES and LDS where their ModRM says memory outside 64-bit mode, and everywhere in real and virtual-8086 mode.
static bool is_vex(const struct state *s, u8 opcode, u64 mode) {
    if ((opcode != 0xc4 && opcode != 0xc5) || mode & MODE_REAL) return false;
    return s->mode == MODE_CODE64 || (s->at < s->have && s->code[s->at] >= 0xc0);
}

static u8 escape(struct state *s, u8 opcode, unsigned *map) {
    if (opcode != 0x0f) return opcode;
    *map = MAP_0F;
    opcode = next_byte(s);
    if (opcode != 0x38 && opcode != 0x3a) return opcode;
    *map = opcode == 0x38 ? MAP_0F38 : MAP_0F3A;
    return next_byte(s);
}

// A VSIB operand has a SIB byte, whose index 4 is a register like any other, and no 16-bit form (2.3.12).
static bool vsib(struct state *s, struct uop *u, unsigned sib_at) {
    if ((s->modrm & 7) != 4 || s->address_bits == 16 || sib_at >= s->have) return false;
    u->index = (u8)((s->code[sib_at] >> 3 & 7) | (s->rex & 2) << 2);
    return true;
}

static void decode_row(struct state *s, const struct insn *in, u8 opcode, u64 mode, unsigned start, struct decoded *d,
                       bool has_modrm) {
    struct uop *u = &d->uop;
    d->size = (u8)operand_size(s, in);
    u8 default_seg = DS;
    bool rip_relative = false;
    d->memory = has_modrm && row_needs_modrm(in) && s->modrm < 0xc0 && !ignores_mod(in);
    u->base = u->index = 16;
    unsigned sib_at = s->at;
    if (d->memory) {
        if (s->address_bits == 16) memory16(s, u, &default_seg);
        else memory32(s, u, &default_seg, &rip_relative);
    }
    for (unsigned i = 0; i < 4; i++) {
        place_register(s, u, in->operand[i], opcode);
        i64 imm = immediate(s, in->operand[i], d->size, u);
        if (imm) u->imm = imm;
        if (is_moffs(in->operand[i])) d->memory = true;
    }
    bool string = row_has(in, o_Xb) || row_has(in, o_Xv) || row_has(in, o_Yb) || row_has(in, o_Yv);
    finish_memory(s, u, default_seg, mode);
    if (rip_relative) u->disp += start + s->at;
    if (s->short_code) return;
    if (s->lock && !(in->flags & LOCK && d->memory)) return;
    if (!operands_allow(in, d->memory)) return;
    if (in->map >= MAP_V0F) u->imm |= (i64)(s->vex_v & (s->mode == MODE_CODE64 ? 15 : 7)) << VEX_V_SHIFT;
    if ((row_has(in, o_VMx) || row_has(in, o_VMdq)) && !vsib(s, u, sib_at)) return;
    const struct ops *ops = ops_of(in, s);
    op_fn *fn = ops ? x86_pick(ops, d) : NULL;
    if (!fn) return;
    u->fn = fn;
    d->insn = in;
    d->rep = s->rep;
    d->lock = s->lock;
    d->ends = in->flags & ENDS || (in->flags & REP && s->rep);
    if (string) d->memory = true;
}

// All of these maps have a ModRM byte (but for one opcode) and the last ones an immediate byte: fetched, and perhaps not there,
// before the #UD.
static void skip_unknown(struct state *s, unsigned map) {
    struct uop ignored = {0};
    u8 seg;
    bool rip;
    if (s->modrm < 0xc0 && s->address_bits == 16) memory16(s, &ignored, &seg);
    else if (s->modrm < 0xc0) memory32(s, &ignored, &seg, &rip);
    if (map == MAP_0F3A || map == MAP_V0F3A) next_byte(s);
}

void x86_decode(const struct decode_index *ix, u64 mode, const u8 *code, unsigned have, unsigned start,
                struct decoded *d) {
    struct state s = {.code = code, .have = have < LONGEST ? have : LONGEST, .mode = mode & MODE_CODE_MASK,
                      .seg = SEG_NONE};
    *d = (struct decoded){.uop = {.fn = op_ud, .off = (u16)start}};
    unsigned map = MAP_1;
    u8 opcode = prefixes(&s);
    if (is_vex(&s, opcode, mode)) {
        int found = vex(&s, opcode, &map);
        if (found < 0) {
            d->length = s.at;
            d->incomplete = s.short_code;
            return;
        }
        opcode = (u8)found;
    } else {
        opcode = escape(&s, opcode, &map);
    }
    s.address_bits = s.mode == MODE_CODE64 ? (s.addrsize ? 32 : 64) : (s.mode == MODE_CODE32) != s.addrsize ? 32 : 16;
    bool has_modrm = ix->modrm[map][opcode] || (map >= MAP_0F38 && !(map == MAP_V0F && opcode == VZEROUPPER));
    if (has_modrm) s.modrm = next_byte(&s);
    if (!s.short_code) {
        const struct insn *in = find_row(ix, &s, map, opcode, mode);
        if (in) decode_row(&s, in, opcode, mode, start, d, has_modrm);
        else if (map >= MAP_0F38) skip_unknown(&s, map);
    }
    d->length = s.at;
    d->incomplete = s.short_code;
}
