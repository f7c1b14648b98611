// SPDX-License-Identifier: MIT
#include "isa/arm64/disasm.h"

#include "core/text.h"

// A ^ stands for acquire and release.
static void say_name(struct text *t, const struct arm64_decoded *d) {
    for (const char *s = d->insn->name; *s; s++)
        if (*s == '^') text_say(t, "%s%s", d->field.f[AF_A] ? "a" : "", d->field.f[AF_R] ? "l" : "");
        else text_say(t, "%c", *s);
}

void arm64_disasm(const struct arm64_index *ix, u32 word, u64 pc, char *out, size_t room) {
    struct arm64_decoded d;
    struct text t = {out, room};
    *out = 0;
    arm64_decode(ix, 0, word, 0, &d);
    if (!d.insn) {
        text_say(&t, "(bad)");
        return;
    }
    say_name(&t, &d);
    if (*d.insn->operands) text_say(&t, " ");
    arm64_operands_say(d.insn, &d.field, pc, &t);
}
