// SPDX-License-Identifier: MIT
#include "cpu/dump.h"

#include "cpu/isa.h"

typedef unsigned long long ull;

enum { TRAIL_SHOWN = 16, AHEAD = 4, BLOCK_MOST = 48 };

static u64 trail(const struct vcpu *v, unsigned back) { return v->trail[(u8)(v->trail_at - back)]; }

static void hex(char *text, size_t room, const u8 *bytes, unsigned n, const char *between) {
    unsigned at = 0;
    text[0] = 0;
    for (unsigned i = 0; i < n && at < room; i++) at += (unsigned)plat_format(text + at, room - at, "%s%02x", between, bytes[i]);
}

// One instruction as the page tables show it now; its length, 0 when it cannot be read. *ends: it is the last of its block.
static unsigned dump_instruction(struct vcpu *v, enum log_level level, u64 pc, bool *ends) {
    u8 code[15];
    char bytes[3 * 15 + 1], text[96] = "(not mapped)";
    unsigned n = v->isa->look_code(v, pc, code), length = 0;
    struct uop u;
    *ends = true;
    if (n) length = v->isa->disasm(v, code, n, pc, text, sizeof text);
    if (length) v->isa->decode(v, &u, code, n, 0, 0, &(unsigned){0}, ends);
    hex(bytes, sizeof bytes, code, length < 15 ? length : 15, " ");
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

// "PC  text" of the guest's instruction.
static void guest_side(struct vcpu *v, u64 pc, char *side, size_t room) {
    u8 code[15];
    char text[96] = "(not mapped)";
    unsigned n = v->isa->look_code(v, pc, code);
    if (n && !v->isa->disasm(v, code, n, pc, text, sizeof text)) plat_format(text, sizeof text, "(incomplete)");
    plat_format(side, room, "%016llx  %s", (ull)pc, text);
}

// Room that is filled with one byte, from `at` to no further than `end`, is one line.
static unsigned same_bytes(const struct made_code *m, unsigned at, unsigned end) {
    unsigned n = 1;
    while (at + n < end && m->bytes[at + n] == m->bytes[at]) n++;
    return n;
}

void dump_made_code(struct plat *p, enum log_level level, struct vcpu *guest, const struct made_code *m, host_disasm *disasm,
                    void *ctx) {
    char side[128], bytes[2 * 15 + 1], text[96], times[24];
    unsigned next = 0;
    for (unsigned at = 0, length, n; at < m->size; at += n * length) {
        unsigned have = m->size - at < 15 ? m->size - at : 15;
        length = disasm(ctx, m->bytes + at, have, m->at + at, text, sizeof text);
        if (!length) length = have, plat_format(text, sizeof text, "(bytes)");
        side[0] = 0;
        // An instruction that needed no code has a line, too.
        for (; next < m->pieces && m->piece[next].offset < at + length; next++) {
            if (side[0]) log_at(p, level, "  %s", side);
            guest_side(guest, m->piece[next].pc, side, sizeof side);
        }
        n = length == 1 ? same_bytes(m, at, next < m->pieces ? m->piece[next].offset : m->size) : 1;
        times[0] = 0;
        if (n > 1) plat_format(times, sizeof times, " (%u times)", n);
        hex(bytes, sizeof bytes, m->bytes + at, length, "");
        log_at(p, level, "  %-66s | %012llx %-22s %s%s", side, (ull)(m->at + at), bytes, text, times);
    }
}
