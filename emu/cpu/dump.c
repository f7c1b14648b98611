// SPDX-License-Identifier: MIT
#include "cpu/dump.h"

#include "cpu/isa.h"

typedef unsigned long long ull;

enum { TRAIL_SHOWN = 16, AHEAD = 4, BLOCK_MOST = 48 };

static u64 trail(const struct vcpu *v, unsigned back) { return v->trail[(u8)(v->trail_at - back)]; }

// One instruction as the page tables show it now; its length, 0 when it cannot be read. *ends: it is the last of its block.
static unsigned dump_instruction(struct vcpu *v, enum log_level level, u64 pc, bool *ends) {
    u8 code[15];
    char bytes[3 * 15 + 1] = "", text[96] = "(not mapped)";
    unsigned n = v->isa->look_code(v, pc, code), length = 0, at = 0;
    struct uop u;
    *ends = true;
    if (n) length = v->isa->disasm(v, code, n, pc, text, sizeof text);
    if (length) v->isa->decode(v, &u, code, n, 0, 0, &(unsigned){0}, ends);
    for (unsigned i = 0; i < length && i < 15; i++) at += (unsigned)plat_format(bytes + at, sizeof bytes - at, " %02x", code[i]);
    log_at(v->env->plat, level, "  %016llx %-24s  %s", (ull)pc, bytes, text);
    return length;
}

// The last block up to the PC; all of it when the PC has left it, which shows the jump that led there.
static void dump_last(struct vcpu *v, enum log_level level, u64 pc) {
    u64 at = trail(v, 1);
    bool ends = false;
    if (at == TRAIL_EMPTY || at == pc) return;
    log_at(v->env->plat, level, "  the last instructions:");
    for (unsigned i = 0, n = 1; i < BLOCK_MOST && at != pc && n && !ends; i++, at += n) n = dump_instruction(v, level, at, &ends);
}

void vcpu_dump_code(struct vcpu *v, enum log_level level) {
    struct plat *p = v->env->plat;
    u64 pc = *isa_pc(v);
    bool ends;
    if (trail(v, 2) != TRAIL_EMPTY) log_at(p, level, "  the first instructions of the blocks before the last:");
    for (unsigned i = TRAIL_SHOWN; i > 1; i--)
        if (trail(v, i) != TRAIL_EMPTY) dump_instruction(v, level, trail(v, i), &ends);
    dump_last(v, level, pc);
    log_at(p, level, "  what comes next:");
    for (unsigned i = 0, n = 1; i < AHEAD && n; i++, pc += n) n = dump_instruction(v, level, pc, &ends);
}
