// SPDX-License-Identifier: MIT
#include "isa/arm64/disasm.h"

#include "core/text.h"

void arm64_disasm(const struct arm64_index *ix, u32 word, u64 pc, char *out, size_t room) {
    struct arm64_decoded d;
    struct text t = {out, room};
    *out = 0;
    arm64_decode(ix, 0, word, 0, &d);
    if (!d.insn) {
        text_say(&t, "(bad)");
        return;
    }
    text_say(&t, "%s%s", d.insn->name, *d.insn->operands ? " " : "");
    arm64_operands_say(d.insn, &d.field, pc, &t);
}
