// SPDX-License-Identifier: MIT
// Rows to text. The operands' notation says everything; only names that depend on the operand size, and operands that the
// opcode implies, are told here.
#include "isa/x86_64/insn/disasm.h"

#include "core/text.h"
#include "isa/x86_64/insn/decode.h"

#include <string.h>

typedef unsigned long long ull;

struct instruction {
    const struct decoded *d;
    const struct uop *u;
    unsigned size; // 0: 8, 1: 16, 2: 32, 3: 64 bits
    u64 mode, rip;
};

// ---- registers

static const char *const names8[] = {"al", "cl", "dl", "bl", "spl", "bpl", "sil", "dil"};
static const char *const names8_high[] = {"ah", "ch", "dh", "bh"};
static const char *const names16[] = {"ax", "cx", "dx", "bx", "sp", "bp", "si", "di"};
static const char *const segments[] = {"es", "cs", "ss", "ds", "fs", "gs", "?", "?"};

static void general(struct text *t, unsigned r, unsigned size) {
    static const char *const low[] = {"b", "w", "d", ""}, *const wide[] = {"", "", "e", "r"};
    if (r >= 8) text_say(t, "r%u%s", r, low[size]);
    else if (size == 0) text_say(t, "%s", names8[r]);
    else text_say(t, "%s%s", wide[size], names16[r]);
}

// A uop addresses 8-bit registers by byte offset.
static void byte_register(struct text *t, unsigned offset) {
    if (offset & 1) text_say(t, "%s", names8_high[offset / 8]);
    else general(t, offset / 8, 0);
}

// ---- operands

static unsigned pointer_size(const struct instruction *i) {
    if (i->u->mem & MEM_ADDR16) return 1;
    return i->u->mem & MEM_ADDR32 ? 2 : 3;
}

static u64 cut(u64 v, unsigned size) { return size == 3 ? v : v & ((BIT(8 << size)) - 1); }

static void displacement(struct text *t, i64 disp, bool first) {
    u64 v = disp < 0 && !first ? 0 - (u64)disp : (u64)disp;
    if (first) text_say(t, "0x%llx", (ull)v);
    else if (disp) text_say(t, v < 10 ? " %c %llu" : " %c 0x%llx", disp < 0 ? '-' : '+', (ull)v);
}

static void segment_prefix(struct text *t, const struct instruction *i) {
    const struct uop *u = i->u;
    unsigned usual = u->base == RSP || u->base == RBP ? SS : DS, seg = MEM_SEG(u);
    if (seg == usual) return;
    if ((i->mode & MODE_CODE_MASK) == MODE_CODE64 && seg != FS && seg != GS) return;
    text_say(t, "%s:", segments[seg]);
}

static const char *index_name(const struct instruction *i);

static void memory(struct text *t, const struct instruction *i, const char *width) {
    const struct uop *u = i->u;
    unsigned size = pointer_size(i);
    bool any = false;
    text_say(t, "%s%s", width, *width ? " ptr " : "");
    segment_prefix(t, i);
    text_say(t, "[");
    if (u->base == 17) {
        text_say(t, "rip");
        displacement(t, u->disp - i->d->length, false);
        text_say(t, "]");
        return;
    }
    if (u->base < 16) general(t, u->base, size), any = true;
    if (u->index < 16) {
        if (any) text_say(t, " + ");
        if (index_name(i)) text_say(t, "%s%u", index_name(i), u->index);
        else general(t, u->index, size);
        if (u->mem & 3) text_say(t, "*%u", 1u << (u->mem & 3));
        any = true;
    }
    if (any) displacement(t, u->disp, false);
    else displacement(t, (i64)cut((u64)u->disp, size), true);
    text_say(t, "]");
}

// VEX: 128 or 256 bits by VEX.L.
static bool is_wide(const struct instruction *i) { return i->size == 3 && !(i->d->insn->flags & VEX_BY_W); }
static const char *vector_name(u8 file, const struct instruction *i) { return file == R_VECTOR && is_wide(i) ? "ymm" : "xmm"; }

// The index of a VSIB operand is a vector; else NULL.
static const char *index_name(const struct instruction *i) {
    for (unsigned k = 0; k < 4; k++) {
        u8 kind = i->d->insn->operand[k];
        if (x86_is_vsib(kind)) return vector_name(x86_operands[kind].file, i);
    }
    return NULL;
}

// 0: 8, 1: 16, 2: 32, 3: 64 bits.
static unsigned general_size(const struct instruction *i, u8 width) {
    switch (width) {
    case W_8: return 0;
    case W_16: return 1;
    case W_32: return 2;
    case W_64: return 3;
    case W_Y: return i->size == 3 ? 3 : 2;
    case W_NATIVE: return (i->mode & MODE_CODE_MASK) == MODE_CODE64 ? 3 : 2;
    default: return i->size; // W_V
    }
}

static const char *memory_name(const struct instruction *i, u8 width) {
    static const char *const vectors[] = {"ymmword", "xmmword", "qword", "dword", "word"};
    static const char *const general[] = {"byte", "word", "dword", "qword"};
    switch (width) {
    case W_ANY: return "";
    case W_80: return "tbyte";
    case W_128: return "xmmword";
    case W_X:
    case W_HX:
    case W_QX:
    case W_EX: return vectors[width - W_X + !is_wide(i)];
    default: return general[general_size(i, width)];
    }
}

static void number(struct text *t, u64 v) { text_say(t, v < 10 ? "%llu" : "0x%llx", (ull)v); }

static void immediate(struct text *t, const struct instruction *i, const struct x86_operand *o) {
    u64 v = (u64)i->u->imm;
    if (i->d->insn->map >= MAP_V0F) v = (u8)v;
    if (o->file == I_ONE) {
        text_say(t, "1");
    } else if (o->width == W_24) {
        number(t, v & 0xffff);
        text_say(t, ", ");
        number(t, v >> 16 & 0xff);
    } else if (o->file == I_RELATIVE) {
        u64 to = i->rip + i->d->length + v;
        number(t, cut(to, (i->mode & MODE_CODE_MASK) == MODE_CODE64 ? 3 : i->size));
    } else if (o->file == I_FAR) {
        number(t, v >> 32);
        text_say(t, ":");
        number(t, (u32)v);
    } else if (o->file == I_SIGNED && o->width == W_8) {
        if ((i64)v < 0) text_say(t, "-");
        number(t, (i64)v < 0 ? 0 - v : v);
    } else {
        number(t, o->file == I_UNSIGNED ? v : cut(v, i->size));
    }
}

static void operand(struct text *t, const struct instruction *i, u8 kind) {
    const struct uop *u = i->u;
    const struct x86_operand *o = &x86_operands[kind];
    if (o->place == P_OFFSET || (o->place == P_RM && o->memory && i->d->memory)) {
        memory(t, i, memory_name(i, o->memory));
        return;
    }
    unsigned r = o->place == P_REG    ? u->a
                 : o->place == P_VVVV ? VEX_V(u)
                 : o->place == P_IS4  ? (u8)u->imm >> 4
                 : o->place == P_NONE ? o->number
                                      : u->b;
    switch (o->file) {
    case R_GENERAL:
        if (o->width == W_8) byte_register(t, r);
        else general(t, r, general_size(i, o->width));
        break;
    case R_SEGMENT: text_say(t, "%s", segments[r]); break;
    case R_CONTROL: text_say(t, "cr%u", r); break;
    case R_DEBUG: text_say(t, "dr%u", r); break;
    case R_MMX: text_say(t, "mm%u", r); break;
    case R_X87: text_say(t, "st(%u)", r); break;
    case R_XMM:
    case R_VECTOR: text_say(t, "%s%u", vector_name(o->file, i), r); break;
    default: immediate(t, i, o); break;
    }
}

// ---- names

// Names that change with the operand size: 16, 32, 64 bits.
static const char *name_by_size(const struct instruction *i) {
    static const struct {
        u8 opcode;
        const char *name[3];
    } by_size[] = {
        {0x98, {"cbw", "cwde", "cdqe"}},    {0x99, {"cwd", "cdq", "cqo"}},      {0x9c, {"pushf", "pushfd", "pushfq"}},
        {0x9d, {"popf", "popfd", "popfq"}}, {0xcf, {"iret", "iretd", "iretq"}}, {0x60, {"pusha", "pushad", ""}},
        {0x61, {"popa", "popad", ""}},
    };
    const struct insn *in = i->d->insn;
    if (in->map != MAP_1) return in->name;
    if (in->opcode == 0x90 && i->u->b == RAX) return i->d->rep == 0xf3 ? "pause" : "nop";
    if (in->opcode == 0xe3) return pointer_size(i) == 3 ? "jrcxz" : pointer_size(i) == 2 ? "jecxz" : "jcxz";
    for (unsigned k = 0; k < countof(by_size); k++)
        if (in->opcode == by_size[k].opcode && i->size) return by_size[k].name[i->size - 1];
    return in->name;
}

// Segment registers that PUSH and POP name by their opcode.
static const char *implied(const struct insn *in) {
    if (in->operand[0] || (strcmp(in->name, "push") && strcmp(in->name, "pop"))) return NULL;
    return in->map == MAP_0F ? segments[in->opcode & 8 ? GS : FS] : segments[in->opcode >> 3 & 3];
}

static void prefixes(struct text *t, const struct instruction *i) {
    const struct insn *in = i->d->insn;
    if (i->d->lock) text_say(t, "lock ");
    if (!(in->flags & REP) || !i->d->rep) return;
    bool compares = in->rep != in->repne;
    text_say(t, i->d->rep == 0xf2 ? "repne " : compares ? "repe " : "rep ");
}

static void print(struct text *t, const struct instruction *i) {
    const struct insn *in = i->d->insn;
    prefixes(t, i);
    const char *name = name_by_size(i), *only = implied(in);
    text_say(t, "%s", name);
    if (x86_row_places(in, P_STRING)) {
        text_say(t, "%c", "bwdq"[i->size]);
        return;
    }
    if (only) text_say(t, " %s", only);
    if (!strcmp(name, "nop") && !in->modrm && in->map == MAP_1) return;
    if (!strcmp(name, "pause")) return;
    for (unsigned k = 0; k < 4 && in->operand[k]; k++) {
        text_say(t, k ? ", " : " ");
        operand(t, i, in->operand[k]);
    }
}

unsigned x86_disasm(const struct decode_index *ix, u64 mode, const u8 *bytes, unsigned have, u64 rip, char *out, size_t room) {
    struct text t = {.at = out, .room = room};
    struct decoded d;
    *out = 0;
    if (!have) return 0;
    x86_decode(ix, mode, bytes, have, 0, &d);
    if (d.incomplete && have < 15) {
        text_say(&t, "(incomplete)");
        return 0;
    }
    if (!d.insn) {
        text_say(&t, "(bad)");
        return d.length;
    }
    const struct instruction i = {.d = &d, .u = &d.uop, .size = d.size, .mode = mode, .rip = rip};
    print(&t, &i);
    return d.length;
}
