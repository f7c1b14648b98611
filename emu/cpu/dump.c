// SPDX-License-Identifier: MIT
#include "cpu/dump.h"

#include "cpu/isa.h"

typedef unsigned long long ull;

enum { TRAIL_SHOWN = 16, AHEAD = 4, BLOCK_BYTES = 15 * 48 };

static u64 trail(const struct vcpu *v, unsigned back) { return v->trail[(u8)(v->trail_at - back)]; }

// One instruction as the page tables show it now; its length, 0 when it cannot be read.
static unsigned dump_instruction(struct vcpu *v, enum log_level level, u64 pc) {
    u8 code[15];
    char bytes[3 * 15 + 1] = "", text[96] = "(not mapped)";
    unsigned n = v->isa->look_code(v, pc, code), length = 0, at = 0;
    if (n) length = v->isa->disasm(v, code, n, pc, text, sizeof text);
    for (unsigned i = 0; i < length && i < 15; i++) at += (unsigned)plat_format(bytes + at, sizeof bytes - at, " %02x", code[i]);
    log_at(v->env->plat, level, "  %016llx %-24s  %s", (ull)pc, bytes, text);
    return length;
}

void vcpu_dump_code(struct vcpu *v, enum log_level level) {
    struct plat *p = v->env->plat;
    u64 pc = *isa_pc(v), at = trail(v, 1);
    unsigned n;
    if (trail(v, 2) != TRAIL_EMPTY) log_at(p, level, "  the first instructions of the blocks before the last:");
    for (unsigned i = TRAIL_SHOWN; i > 1; i--)
        if (trail(v, i) != TRAIL_EMPTY) dump_instruction(v, level, trail(v, i));
    if (at < pc && pc - at < BLOCK_BYTES) log_at(p, level, "  the last instructions:");
    for (; at < pc && pc - at < BLOCK_BYTES; at += n)
        if (!(n = dump_instruction(v, level, at))) break;
    log_at(p, level, "  what comes next:");
    for (unsigned i = 0; i < AHEAD; i++, pc += n)
        if (!(n = dump_instruction(v, level, pc))) break;
}
