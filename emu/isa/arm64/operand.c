// SPDX-License-Identifier: MIT
// What the words of a row's `operands` mean: how a uop gets them, and how they read.
#include "isa/arm64/disasm.h"
#include "isa/arm64/vec/operands.h"

#include "core/text.h"

#include <string.h>

typedef unsigned long long ull;

#define F(name) (f->f[AF_##name])
#define PUT(name) static bool put_##name(const struct arm64_fields *f, struct uop *u)
#define SAY(name) static void say_##name(const struct arm64_fields *f, u64 pc, struct text *t)

// ---- immediates of data processing

PUT(aimm) {
    u->imm = (i64)F(imm12) << (F(sh) ? 12 : 0);
    return true;
}
SAY(aimm) { text_say(t, "#%u%s", F(imm12), F(sh) ? ", lsl #12" : ""); }

// DecodeBitMasks (J1.1.3): an element of 2, 4 .. 64 bits, its low imms + 1 bits set, rotated right by immr, repeated.
static bool bit_masks(unsigned n, unsigned imms, unsigned immr, unsigned width, u64 *v) {
    unsigned kind = n << 6 | (~imms & 63);
    if (kind < 2) return false;
    unsigned log = 31 - (unsigned)__builtin_clz(kind), element = 1u << log, levels = element - 1;
    if (element > width || (imms & levels) == levels) return false;
    u64 x = mask(imms & levels, 0);
    unsigned r = immr & levels;
    if (r) x = (x >> r | x << (element - r)) & (element == 64 ? ~(u64)0 : mask(element - 1, 0));
    for (unsigned w = element; w < 64; w *= 2) x |= x << w;
    *v = width == 64 ? x : (u32)x;
    return true;
}
static u64 bit_mask(const struct arm64_fields *f, unsigned width) {
    u64 v = 0;
    bit_masks(F(N), F(imms), F(immr), width, &v);
    return v;
}
#define LIMM(width)                                                                                                              \
    PUT(limm##width) {                                                                                                           \
        u64 v;                                                                                                                   \
        if (!bit_masks(F(N), F(imms), F(immr), width, &v)) return false;                                                         \
        u->imm = (i64)v;                                                                                                         \
        return true;                                                                                                             \
    }                                                                                                                            \
    SAY(limm##width) { text_say(t, "#0x%llx", (ull)bit_mask(f, width)); }
LIMM(32)
LIMM(64)

PUT(himm) {
    u->disp = F(hw) * 16;
    u->imm = (i64)((u64)F(imm16) << u->disp);
    return true;
}
SAY(himm) {
    text_say(t, "#%u", F(imm16));
    if (F(hw)) text_say(t, ", lsl #%u", F(hw) * 16);
}

// UBFM and BFM: rotated right by disp, the bits of imm count. Wrapped around, the field's high bits are those of the mask's top.
static bool put_bits(const struct arm64_fields *f, struct uop *u, unsigned width) {
    unsigned r = F(immr), s = F(imms);
    u->disp = r;
    u->imm = (i64)(s >= r ? mask(s - r, 0) : mask(s, 0) << (width - r));
    return true;
}
PUT(bits32) { return put_bits(f, u, 32); }
PUT(bits64) { return put_bits(f, u, 64); }
// SBFM: shifted left by imm, then right with the sign by disp.
static bool put_sbits(const struct arm64_fields *f, struct uop *u, unsigned width) {
    unsigned r = F(immr), s = F(imms);
    u->imm = width - 1 - s;
    u->disp = s >= r ? width - 1 - s + r : r - s - 1;
    return true;
}
PUT(sbits32) { return put_sbits(f, u, 32); }
PUT(sbits64) { return put_sbits(f, u, 64); }
SAY(bits) { text_say(t, "#%u, #%u", F(immr), F(imms)); }

#define UIMM(name, field)                                                                                                        \
    PUT(name) {                                                                                                                  \
        u->imm = F(field);                                                                                                       \
        return true;                                                                                                             \
    }                                                                                                                            \
    SAY(name) { text_say(t, "#%u", F(field)); }
UIMM(lsb, imms)
UIMM(uimm5, imm5)
UIMM(uimm6, imm6)
UIMM(crm, CRm)
PUT(uimm16) {
    u->imm = F(imm16);
    return true;
}
SAY(uimm16) { text_say(t, "#0x%x", F(imm16)); }
UIMM(udf16, imm16)

PUT(nzcv) {
    u->disp = F(nzcv);
    return true;
}
SAY(nzcv) { text_say(t, "#%u", F(nzcv)); }

const char *arm64_cond_name(unsigned cond) {
    static const char *const names[16] = {"eq", "ne", "hs", "lo", "mi", "pl", "vs", "vc",
                                          "hi", "ls", "ge", "lt", "gt", "le", "al", "nv"};
    return names[cond & 15];
}
PUT(cond) {
    u->mem = (u8)F(cond);
    return true;
}
SAY(cond) { text_say(t, "%s", arm64_cond_name(F(cond))); }

// ---- shifted and extended registers

static const char *const shift_name[4] = {"lsl", "lsr", "asr", "ror"};
PUT(shift) {
    u->mem = (u8)F(shift);
    u->imm = F(imm6);
    return true;
}
SAY(shift) {
    if (F(shift) || F(imm6)) text_say(t, ", %s #%u", shift_name[F(shift)], F(imm6));
}

PUT(addshift) { return put_shift(f, u) && F(shift) != 3; }
SAY(addshift) { say_shift(f, pc, t); }

static const char *const extend_name[8] = {"uxtb", "uxth", "uxtw", "uxtx", "sxtb", "sxth", "sxtw", "sxtx"};
static void say_m(const struct arm64_fields *f, struct text *t, bool wide) {
    if (F(Rm) == 31) text_say(t, "%s", wide ? "xzr" : "wzr");
    else text_say(t, "%c%u", wide ? 'x' : 'w', F(Rm));
}
// ExtendReg: the register, extended and shifted left by 0..4.
PUT(extm32) {
    u->b = (u8)F(Rm);
    u->mem = (u8)F(option);
    u->imm = F(imm3);
    return F(imm3) <= 4;
}
PUT(extm64) { return put_extm32(f, u); }
PUT(extn32) { return put_extm32(f, u); }
PUT(extn64) { return put_extm32(f, u); }
// Beside SP, of whose width it is, the register is shifted by name. (extn: Rd is never SP.)
static void say_extended(const struct arm64_fields *f, struct text *t, bool wide, bool sp) {
    bool shifted = sp && F(option) == (wide ? 3 : 2);
    say_m(f, t, wide && (F(option) & 3) == 3);
    if (!shifted) text_say(t, ", %s", extend_name[F(option)]);
    else if (F(imm3)) text_say(t, ", lsl");
    if (F(imm3)) text_say(t, " #%u", F(imm3));
}
SAY(extm32) { say_extended(f, t, false, F(Rn) == 31 || F(Rd) == 31); }
SAY(extm64) { say_extended(f, t, true, F(Rn) == 31 || F(Rd) == 31); }
SAY(extn32) { say_extended(f, t, false, F(Rn) == 31); }
SAY(extn64) { say_extended(f, t, true, F(Rn) == 31); }

// ---- addresses

#define LABEL(name, value)                                                                                                       \
    static i64 at_##name(const struct arm64_fields *f) { return value; }                                                         \
    PUT(name) {                                                                                                                  \
        u->imm = at_##name(f);                                                                                                   \
        return true;                                                                                                             \
    }
LABEL(adr, sext((u64)F(immhi) << 2 | F(immlo), 21))
LABEL(adrp, sext((u64)F(immhi) << 2 | F(immlo), 21) * 4096)
LABEL(label14, sext(F(imm14), 14) * 4)
LABEL(label19, sext(F(imm19), 19) * 4)
LABEL(label26, sext(F(imm26), 26) * 4)
#define SAY_LABEL(name)                                                                                                          \
    SAY(name) { text_say(t, "0x%llx", (ull)(pc + (u64)at_##name(f))); }
SAY_LABEL(adr)
SAY(adrp) { text_say(t, "0x%llx", (ull)((pc & ~(u64)4095) + (u64)at_adrp(f))); }
SAY_LABEL(label14)
SAY_LABEL(label19)
SAY_LABEL(label26)

PUT(bit) {
    u->disp = F(b5) << 5 | F(b40);
    return true;
}
SAY(bit) { text_say(t, "#%u", F(b5) << 5 | F(b40)); }

// offN: imm12 in units of N; off9 and off7xN: signed; nothing when 0. simm9, simm7xN: what is added to the base for itself.
#define OFFSET(name, value)                                                                                                      \
    PUT(name) {                                                                                                                  \
        u->disp = value;                                                                                                         \
        return true;                                                                                                             \
    }                                                                                                                            \
    SAY(name) {                                                                                                                  \
        if (value) text_say(t, ", #%d", (int)(value));                                                                           \
    }
#define INDEX(name, value)                                                                                                       \
    PUT(name) {                                                                                                                  \
        u->disp = value;                                                                                                         \
        return true;                                                                                                             \
    }                                                                                                                            \
    SAY(name) { text_say(t, "#%d", (int)(value)); }
OFFSET(off1, (i64)F(imm12))
OFFSET(off2, (i64)F(imm12) * 2)
OFFSET(off4, (i64)F(imm12) * 4)
OFFSET(off8, (i64)F(imm12) * 8)
OFFSET(off16, (i64)F(imm12) * 16)
OFFSET(off9, sext(F(imm9), 9))
OFFSET(pacoff, sext(F(S) << 9 | F(imm9), 10) * 8)
INDEX(simm9, sext(F(imm9), 9))
OFFSET(off7x4, sext(F(imm7), 7) * 4)
OFFSET(off7x8, sext(F(imm7), 7) * 8)
OFFSET(off7x16, sext(F(imm7), 7) * 16)
INDEX(simm7x4, sext(F(imm7), 7) * 4)
INDEX(simm7x8, sext(F(imm7), 7) * 8)
INDEX(simm7x16, sext(F(imm7), 7) * 16)

// indexN and windexN: the offset is a register, Xm or Wm extended, and with S shifted to units of N. What extends from less than a word is
// reserved.
static bool put_index(const struct arm64_fields *f, struct uop *u, unsigned log, bool wide) {
    u->b = (u8)F(Rm);
    u->mem = (u8)F(option);
    u->imm = F(S) ? log : 0;
    return (F(option) & 3) == (wide ? 3 : 2);
}
static void say_index(const struct arm64_fields *f, struct text *t, unsigned log) {
    say_m(f, t, F(option) & 1);
    if (F(option) == 3 && !F(S)) return;
    text_say(t, ", %s", F(option) == 3 ? "lsl" : extend_name[F(option)]);
    if (F(S)) text_say(t, " #%u", log);
}
#define INDEXED_BY(bytes, log)                                                                                                   \
    PUT(index##bytes) { return put_index(f, u, log, true); }                                                                     \
    SAY(index##bytes) { say_index(f, t, log); }                                                                                  \
    PUT(windex##bytes) { return put_index(f, u, log, false); }                                                                   \
    SAY(windex##bytes) { say_index(f, t, log); }
INDEXED_BY(1, 0)
INDEXED_BY(2, 1)
INDEXED_BY(4, 2)
INDEXED_BY(8, 3)
INDEXED_BY(16, 4)

// CASP: an even register and the one behind it.
static void say_pair(struct text *t, char letter, unsigned r) {
    text_say(t, "%c%u, ", letter, r);
    if (r == 30) text_say(t, "%czr", letter);
    else text_say(t, "%c%u", letter, r + 1);
}
#define PAIR(letter, field, slot, low)                                                                                           \
    PUT(pair##letter##field) {                                                                                                   \
        u->slot = (u8)F(R##field);                                                                                               \
        return true;                                                                                                             \
    }                                                                                                                            \
    SAY(pair##letter##field) { say_pair(t, low, F(R##field)); }
PAIR(W, s, b, 'w')
PAIR(W, t, a, 'w')
PAIR(X, s, b, 'x')
PAIR(X, t, a, 'x')

// ---- system

PUT(sysreg) {
    u->imm = 0x8000 | F(sysreg);
    return true;
}
SAY(sysreg) {
    unsigned n = 0x8000 | F(sysreg);
    const char *name = arm64_sysreg_name(n);
    if (name) text_say(t, "%s", name);
    else text_say(t, "S%u_%u_C%u_C%u_%u", n >> 14, n >> 11 & 7, n >> 7 & 15, n >> 3 & 15, n & 7);
}
PUT(hint) {
    u->imm = F(CRm) << 3 | F(op2);
    return true;
}
SAY(hint) { text_say(t, "#%u", F(CRm) << 3 | F(op2)); }
PUT(barrier) { return true; }
SAY(barrier) {
    static const char *const names[16] = {NULL, "oshld", "oshst", "osh", NULL, "nshld", "nshst", "nsh",
                                          NULL, "ishld", "ishst", "ish", NULL, "ld",    "st",    "sy"};
    if (names[F(CRm)]) text_say(t, "%s", names[F(CRm)]);
    else text_say(t, "#%u", F(CRm));
}
PUT(isb) { return true; }
SAY(isb) {
    if (F(CRm) == 15) text_say(t, "sy");
    else text_say(t, "#%u", F(CRm));
}
PUT(prfop) { return true; }
SAY(prfop) {
    unsigned type = F(Rt) >> 3, level = F(Rt) >> 1 & 3;
    static const char *const types[3] = {"pld", "pli", "pst"};
    if (type < 3 && level < 3) text_say(t, "%sl%u%s", types[type], level + 1, F(Rt) & 1 ? "strm" : "keep");
    else text_say(t, "#%u", F(Rt));
}

// ---- the table

static const struct {
    const char *word;
    bool (*put)(const struct arm64_fields *f, struct uop *u);
    void (*say)(const struct arm64_fields *f, u64 pc, struct text *t);
} kinds[] = {
#define KIND(name) {#name, put_##name, say_##name}
#define BITS(name) {#name, put_##name, say_bits}
    KIND(aimm),
    KIND(limm32),
    KIND(limm64),
    KIND(himm),
    BITS(bits32),
    BITS(bits64),
    BITS(sbits32),
    BITS(sbits64),
    KIND(lsb),
    KIND(uimm5),
    KIND(uimm6),
    KIND(uimm16),
    KIND(udf16),
    KIND(crm),
    KIND(nzcv),
    KIND(cond),
    KIND(shift),
    KIND(addshift),
    KIND(extm32),
    KIND(extm64),
    KIND(extn32),
    KIND(extn64),
    KIND(adr),
    KIND(adrp),
    KIND(label14),
    KIND(label19),
    KIND(label26),
    KIND(bit),
    KIND(off1),
    KIND(off2),
    KIND(off4),
    KIND(off8),
    KIND(off16),
    KIND(off9),
    KIND(pacoff),
    KIND(simm9),
    KIND(off7x4),
    KIND(off7x8),
    KIND(off7x16),
    KIND(simm7x4),
    KIND(simm7x8),
    KIND(simm7x16),
    KIND(index1),
    KIND(index2),
    KIND(index4),
    KIND(index8),
    KIND(index16),
    KIND(windex1),
    KIND(windex2),
    KIND(windex4),
    KIND(windex8),
    KIND(windex16),
    KIND(pairWs),
    KIND(pairWt),
    KIND(pairXs),
    KIND(pairXt),
    KIND(sysreg),
    KIND(hint),
    KIND(barrier),
    KIND(isb),
    KIND(prfop),
#define SIMD_KIND(name) {#name, arm64_put_##name, arm64_say_##name},
    ARM64_SIMD_WORDS(SIMD_KIND)};

static const struct {
    const char *letters;
    u8 field, slot;
} registers[] = {{"d", AF_Rd, ARM64_IN_A},     {"n", AF_Rn, ARM64_IN_BASE},    {"m", AF_Rm, ARM64_IN_B},
                 {"a", AF_Ra, ARM64_IN_INDEX}, {"t2", AF_Rt2, ARM64_IN_INDEX}, {"t", AF_Rt, ARM64_IN_A},
                 {"s", AF_Rs, ARM64_IN_B}};

static bool is(const char *word, size_t n, const char *name) { return strlen(name) == n && !memcmp(word, name, n); }

static size_t word_length(const char *s) {
    size_t n = 0;
    while ((s[n] >= 'a' && s[n] <= 'z') || (s[n] >= 'A' && s[n] <= 'Z') || (s[n] >= '0' && s[n] <= '9') || s[n] == '|') n++;
    return n;
}

static int kind_of(const char *word, size_t n) {
    for (unsigned i = 0; i < countof(kinds); i++)
        if (is(word, n, kinds[i].word)) return (int)i;
    return -1;
}

// "Xd", "Wn|SP", "Dt2" ...
static int register_of(const char *word, size_t n, bool *sp) {
    *sp = n > 3 && is(word + n - 3, 3, "|SP");
    if (*sp) n -= 3;
    if (n < 2 || !strchr("XWBHSDQV", word[0])) return -1;
    for (unsigned i = 0; i < countof(registers); i++)
        if (is(word + 1, n - 1, registers[i].letters)) return (int)i;
    return -1;
}

static bool written(const struct arm64_insn *in, u8 field) {
    if (field == AF_Rd) return true;
    if (field == AF_Rs) return in->flags & ARM64_S_WRITTEN;
    return (field == AF_Rt || field == AF_Rt2) && !(in->flags & ARM64_T_READ);
}

static bool add_register(const struct arm64_insn *in, struct arm64_operands *o, int r, const char *word, bool sp) {
    if (o->registers == countof(o->reg)) return false;
    bool general = word[0] == 'X' || word[0] == 'W';
    o->reg[o->registers].field = registers[r].field;
    o->reg[o->registers].slot = registers[r].slot;
    o->reg[o->registers].sp = sp;
    o->reg[o->registers++].sink = general && !sp && written(in, registers[r].field);
    return true;
}

bool arm64_operands_parse(const struct arm64_insn *in, struct arm64_operands *o) {
    *o = (struct arm64_operands){0};
    for (const char *s = in->operands; *s;) {
        size_t n = word_length(s);
        bool sp;
        int r = n ? register_of(s, n, &sp) : -1, k = n ? kind_of(s, n) : -1;
        if (r >= 0 && !add_register(in, o, r, s, sp)) return false;
        if (k >= 0 && o->kinds == countof(o->kind)) return false;
        if (k >= 0) o->kind[o->kinds++] = (u8)k;
        s += n ? n : 1;
    }
    return true;
}

bool arm64_operands_put(const struct arm64_operands *o, const struct arm64_fields *f, struct uop *u) {
    for (unsigned i = 0; i < o->registers; i++) {
        u8 r = (u8)f->f[o->reg[i].field];
        if (r == 31) r = o->reg[i].sp ? ARM64_SP : o->reg[i].sink ? ARM64_SINK : ARM64_ZR;
        switch (o->reg[i].slot) {
        case ARM64_IN_A: u->a = r; break;
        case ARM64_IN_B: u->b = r; break;
        case ARM64_IN_BASE: u->base = r; break;
        default: u->index = r; break;
        }
    }
    for (unsigned i = 0; i < o->kinds; i++)
        if (!kinds[o->kind[i]].put(f, u)) return false;
    return true;
}

static void say_register(const char *word, unsigned r, bool sp, struct text *t) {
    bool general = *word == 'X' || *word == 'W';
    if (r == 31 && sp) text_say(t, "%s", *word == 'X' ? "sp" : "wsp");
    else if (r == 31 && general) text_say(t, "%s", *word == 'X' ? "xzr" : "wzr");
    else text_say(t, "%c%u", *word - 'A' + 'a', r);
}

void arm64_operands_say(const struct arm64_insn *in, const struct arm64_fields *f, u64 pc, struct text *t) {
    for (const char *s = in->operands; *s;) {
        size_t n = word_length(s);
        bool sp;
        int r = n ? register_of(s, n, &sp) : -1, k = n ? kind_of(s, n) : -1;
        if (r >= 0) say_register(s, f->f[registers[r].field], sp, t);
        else if (k >= 0) kinds[k].say(f, pc, t);
        else if (n || *s != '^') text_say(t, "%.*s", n ? (int)n : 1, s);
        s += n ? n : 1;
    }
}
