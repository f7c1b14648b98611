// SPDX-License-Identifier: MIT
#include "isa/riscv64/disasm.h"

#include "core/text.h"

#include <string.h>

typedef unsigned long long ull;

const char *rv_x_name(unsigned r) {
    static const char *const name[32] = {"zero", "ra", "sp", "gp", "tp",  "t0",  "t1", "t2", "s0", "s1", "a0",
                                         "a1",   "a2", "a3", "a4", "a5",  "a6",  "a7", "s2", "s3", "s4", "s5",
                                         "s6",   "s7", "s8", "s9", "s10", "s11", "t3", "t4", "t5", "t6"};
    return name[r & 31];
}

const char *rv_f_name(unsigned r) {
    static const char *const name[32] = {"ft0", "ft1", "ft2", "ft3", "ft4",  "ft5",  "ft6", "ft7", "fs0",  "fs1", "fa0",
                                         "fa1", "fa2", "fa3", "fa4", "fa5",  "fa6",  "fa7", "fs2", "fs3",  "fs4", "fs5",
                                         "fs6", "fs7", "fs8", "fs9", "fs10", "fs11", "ft8", "ft9", "ft10", "ft11"};
    return name[r & 31];
}

static void fence_set(struct text *t, unsigned set) {
    if (!set) text_say(t, "0");
    for (unsigned i = 0; i < 4; i++)
        if (set >> (3 - i) & 1) text_say(t, "%c", "iorw"[i]);
}

static void rounding(struct text *t, unsigned rm) {
    static const char *const name[8] = {"rne", "rtz", "rdn", "rup", "rmm", "5", "6", "dyn"};
    text_say(t, "%s", name[rm & 7]);
}

static void csr_name(struct text *t, unsigned csr) {
    unsigned number;
    const char *name = rv_csr_name(csr, &number);
    if (!name) text_say(t, "%u", csr);
    else if (number == RV_CSR_ALONE) text_say(t, "%s", name);
    else text_say(t, "%s%u", name, number);
}

// One word of `operands`, n letters long.
static void operand(struct text *t, const char *word, size_t n, const struct rv_decoded *d, u64 pc) {
    const struct rv_fields *f = &d->field;
    i64 imm = d->uop.imm;
#define IS(name) (n == sizeof name - 1 && !memcmp(word, name, n))
    if (IS("rd")) text_say(t, "%s", rv_x_name(f->rd));
    else if (IS("rs1")) text_say(t, "%s", rv_x_name(f->rs1));
    else if (IS("rs2")) text_say(t, "%s", rv_x_name(f->rs2));
    else if (IS("fd")) text_say(t, "%s", rv_f_name(f->rd));
    else if (IS("fs1")) text_say(t, "%s", rv_f_name(f->rs1));
    else if (IS("fs2")) text_say(t, "%s", rv_f_name(f->rs2));
    else if (IS("fs3")) text_say(t, "%s", rv_f_name(f->rs3));
    else if (IS("imm")) text_say(t, "%lld", (long long)imm);
    else if (IS("upper")) text_say(t, "%llu", (ull)imm >> 12 & 0xfffff);
    else if (IS("target")) text_say(t, "0x%llx", (ull)(pc + (u64)imm));
    else if (IS("csr")) csr_name(t, f->csr);
    else if (IS("pred")) fence_set(t, f->pred);
    else if (IS("succ")) fence_set(t, f->succ);
    else if (IS("rm")) rounding(t, f->rm);
    else text_say(t, "%.*s", (int)n, word);
#undef IS
}

static bool letter(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); }

static void operands(struct text *t, const struct rv_decoded *d, u64 pc) {
    const char *s = d->insn->operands;
    while (*s) {
        size_t n = 0;
        while (letter(s[n])) n++;
        if (n) operand(t, s, n, d, pc);
        else text_say(t, "%c", s[n++]);
        s += n;
    }
}

unsigned rv_disasm(const struct rv_index *ix, const u8 *bytes, unsigned have, u64 pc, char *out, size_t room) {
    struct rv_decoded d;
    struct text t = {out, room};
    *out = 0;
    if (!rv_decode(ix, 0, bytes, have, 0, &d)) return 0;
    if (!d.insn) {
        text_say(&t, "(bad)");
        return d.length;
    }
    text_say(&t, "%s%s%s", d.insn->name,
             d.field.aq   ? d.field.rl ? ".aqrl" : ".aq"
             : d.field.rl ? ".rl"
                          : "",
             *d.insn->operands ? " " : "");
    operands(&t, &d, pc);
    return d.length;
}
