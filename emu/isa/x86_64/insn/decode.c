// SPDX-License-Identifier: MIT
// Bytes to uop, by the rows of the instruction tables (SDM vol. 2, chapter 2 and appendix A).
#include "base/bits.h"
#include "base/le.h"
#include "cpu/mark.h"
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

static void index_one(struct decode_index *ix, const struct insn *in, unsigned opcode) {
    u16 *at = &ix->head[in->map][opcode];
    while (*at != NO_ROW) at = &ix->next[*at];
    *at = (u16)ix->rows;
    ix->row[ix->rows] = in;
    ix->next[ix->rows++] = NO_ROW;
    if (x86_row_needs_modrm(in)) ix->modrm[in->map][opcode] = true;
}

struct decode_index *decode_index_create(struct env *env, const struct x86_model *model) {
    struct decode_index *ix = env_alloc(env, sizeof *ix);
    memset(ix->head, 0xff, sizeof ix->head);
    for (const struct insn_table *const *t = x86_tables; *t; t++)
        for (unsigned i = 0; i < (*t)->count; i++) {
            const struct insn *in = &(*t)->rows[i];
            if (in->feature != F_BASE && !model->has[in->feature]) continue;
            unsigned span = x86_row_places(in, P_OPCODE) ? 8 : 1;
            if (ix->rows + span > MAX_ROWS) env->plat->panic(env->plat, "decode_index: MAX_ROWS is too small");
            for (unsigned k = 0; k < span; k++) index_one(ix, in, in->opcode + k);
        }
    return ix;
}

// The instruction on its way through the decoder.
struct state {
    const u8 *code;
    unsigned have, at;
    unsigned mode;    // MODE_CODE*
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
        case 0x26:
            if (s->mode != MODE_CODE64) s->seg = ES;
            break;
        case 0x2e:
            if (s->mode != MODE_CODE64) s->seg = CS;
            break;
        case 0x36:
            if (s->mode != MODE_CODE64) s->seg = SS;
            break;
        case 0x3e:
            if (s->mode != MODE_CODE64) s->seg = DS;
            break;
        case 0x64: s->seg = FS; break;
        case 0x65: s->seg = GS; break;
        case 0x66: s->opsize = true; break;
        case 0x67: s->addrsize = true; break;
        case 0xf0: s->lock = true; break;
        case 0xf2:
        case 0xf3: s->rep = b; break;
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

static const struct insn *find_row(const struct decode_index *ix, const struct state *s, unsigned map, u8 opcode, u64 mode) {
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

static u8 reg8(const struct state *s, unsigned r) { return (u8)(s->rex || r < 4 ? r * 8 : (r - 4) * 8 + 1); }

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
    if (s->mode != MODE_CODE64 || seg == FS || seg == GS || s->address_bits != 64 || mode & MODE_ALIGN) u->mem |= MEM_SLOW;
}

static i64 immediate(struct state *s, u8 kind, unsigned size, struct uop *u) {
    const struct x86_operand *o = &x86_operands[kind];
    unsigned n = x86_immediate_bytes(kind, size, s->address_bits);
    if (!n) return 0;
    if (o->place == P_IS4) return next_byte(s) & (s->mode == MODE_CODE64 ? 0xff : 0x7f);
    if (o->place == P_OFFSET) {
        u->base = u->index = 16;
        u->disp = (i64)next_bytes(s, n);
        return 0;
    }
    if (o->file == I_FAR) {
        u64 offset = next_bytes(s, n - 2);
        return (i64)(next_bytes(s, 2) << 32 | offset);
    }
    return o->file == I_UNSIGNED ? (i64)next_bytes(s, n) : next_signed(s, n);
}

// The number of a register: 3 bits, or 4 with a bit of REX; of bytes, by where they lie.
static u8 register_number(const struct state *s, const struct x86_operand *o, unsigned low, bool extended) {
    unsigned n = o->file == R_MMX || o->file == R_X87 || o->file == R_SEGMENT ? low : low | (unsigned)extended << 3;
    return o->width == W_8 ? reg8(s, n) : (u8)n;
}

// Register operands: which uop field each goes to.
static void place_register(const struct state *s, struct uop *u, u8 kind, u8 opcode) {
    const struct x86_operand *o = &x86_operands[kind];
    if (o->place == P_REG) u->a = register_number(s, o, s->modrm >> 3 & 7, s->rex & 4);
    else if (o->place == P_OPCODE) u->b = register_number(s, o, opcode & 7, s->rex & 1);
    else if (o->place == P_RM && o->width != W_NONE) u->b = register_number(s, o, s->modrm & 7, s->rex & 1);
}

static bool operands_allow(const struct insn *in, bool memory) {
    for (unsigned i = 0; i < 4; i++)
        if (memory ? x86_register_only(in->operand[i]) : x86_memory_only(in->operand[i])) return false;
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
static bool ignores_mod(const struct insn *in) { return x86_row_uses(in, R_CONTROL) || x86_row_uses(in, R_DEBUG); }

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

// What is a mark (cpu/mark.h) is another instruction of the same name: it ends its block.
static void find_mark(const struct state *s, const struct insn *in, struct decoded *d) {
    enum { SMR = 'S' | 'M' << 8 | 'R' << 16 };
    struct uop *u = &d->uop;
    enum mark verb = MARK_NONE;
    u32 disp = (u32)u->disp;
    bool nop = in->map == MAP_0F && in->opcode == 0x1f && s->modrm >> 6 == 2 && s->address_bits >= 32;
    if (nop && (disp & mask(23, 0)) == SMR) verb = mark_of_imm(MARK_IMM + (disp >> 24));
    bool xchg = in->map == MAP_1 && in->opcode == 0x90 && u->b == RAX && !s->rep && !s->rex;
    if (xchg && s->seg == FS && s->addrsize && !s->opsize) verb = MARK_SSC;
    if (!verb) return;
    u->imm = verb;
    u->fn = op_mark;
    d->ends = true;
}

static void decode_row(struct state *s, const struct insn *in, u8 opcode, u64 mode, unsigned start, struct decoded *d,
                       bool has_modrm) {
    struct uop *u = &d->uop;
    d->size = (u8)operand_size(s, in);
    u8 default_seg = DS;
    bool rip_relative = false;
    d->memory = has_modrm && x86_row_needs_modrm(in) && s->modrm < 0xc0 && !ignores_mod(in);
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
    }
    if (x86_row_places(in, P_OFFSET)) d->memory = true;
    finish_memory(s, u, default_seg, mode);
    if (rip_relative) u->disp += start + s->at;
    if (s->short_code) return;
    if (s->lock && !(in->flags & LOCK && d->memory)) return;
    if (!operands_allow(in, d->memory)) return;
    if (in->map >= MAP_V0F) u->imm |= (i64)(s->vex_v & (s->mode == MODE_CODE64 ? 15 : 7)) << VEX_V_SHIFT;
    if (x86_row_is_vsib(in) && !vsib(s, u, sib_at)) return;
    const struct ops *ops = ops_of(in, s);
    op_fn *fn = ops ? x86_pick(ops, d) : NULL;
    if (!fn) return;
    u->fn = fn;
    d->insn = in;
    d->rep = s->rep;
    d->lock = s->lock;
    d->ends = in->flags & ENDS || (in->flags & REP && s->rep);
    if (x86_row_places(in, P_STRING)) d->memory = true;
    if (unlikely(in->opcode == 0x1f || in->opcode == 0x90)) find_mark(s, in, d);
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

void x86_decode(const struct decode_index *ix, u64 mode, const u8 *code, unsigned have, unsigned start, struct decoded *d) {
    struct state s = {.code = code, .have = have < LONGEST ? have : LONGEST, .mode = mode & MODE_CODE_MASK, .seg = SEG_NONE};
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
