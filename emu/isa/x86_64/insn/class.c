// SPDX-License-Identifier: MIT
// What class an instruction is of (cpu/measure.h): by the room of its row. Where a room has several, the row's operands say which.
#include "isa/x86_64/insn/decode.h"
#include "isa/x86_64/room.h"

#include "cpu/measure.h"

enum room {
#define X(name) ROOM_##name,
    X86_TABLES(X)
#undef X
        ROOMS
};

static const u8 class_of_room[ROOMS] = {
    [ROOM_far] = INSN_SYSTEM,     [ROOM_sys] = INSN_SYSTEM,    [ROOM_xcr] = INSN_SYSTEM,     [ROOM_io] = INSN_SYSTEM,
    [ROOM_alu] = INSN_INTEGER,    [ROOM_shift] = INSN_INTEGER, [ROOM_bmi] = INSN_INTEGER,    [ROOM_bit] = INSN_INTEGER,
    [ROOM_mul] = INSN_INTEGER,    [ROOM_mov] = INSN_INTEGER,   [ROOM_stack] = INSN_INTEGER,  [ROOM_branch] = INSN_BRANCH,
    [ROOM_string] = INSN_INTEGER, [ROOM_x87_arith] = INSN_FP,  [ROOM_x87_mem] = INSN_FP,     [ROOM_x87_env] = INSN_FP,
    [ROOM_x87_math] = INSN_FP,    [ROOM_sse] = INSN_VECTOR,    [ROOM_avx_int] = INSN_VECTOR, [ROOM_avx_fp] = INSN_VECTOR,
    [ROOM_avx_num] = INSN_VECTOR,
};

static enum room room_of(const struct insn *in) {
    enum room r = 0;
    while (r < ROOMS - 1 && (size_t)((hva_t)in - (hva_t)x86_tables[r]->rows) / sizeof *in >= x86_tables[r]->count) r++;
    return r;
}

static bool starts(const char *name, const char *with) { return !strncmp(name, with, strlen(with)); }

// Of the rooms of vectors: one number in a register is FP, and what names no such register is integer (fences, prefetches, MOVNTI).
static enum insn_class vector_class(const struct insn *in) {
    const char *name = in->name + (in->name[0] == 'v');
    bool scalar = x86_row_has(in, o_Wss) || x86_row_has(in, o_Wsd) || starts(name, "cvtsi2") || strstr(name, "mxcsr");
    if (scalar && !starts(name, "broadcast") && !starts(name, "insertps") && !starts(name, "movddup")) return INSN_FP;
    bool vectors = x86_row_uses(in, R_XMM) || x86_row_uses(in, R_VECTOR) || x86_row_uses(in, R_MMX);
    return vectors || starts(name, "zero") || starts(name, "emms") ? INSN_VECTOR : INSN_INTEGER;
}

void x86_classify(struct vcpu *v, const u8 *code, unsigned have, struct measure_insn *out) {
    struct x86_cpu *c = x86_of(v);
    struct decoded d;
    x86_decode(c->index, c->mode, code, have, 0, &d);
    *out = (struct measure_insn){.class = INSN_SYSTEM, .length = (u8)d.length};
    if (!d.insn) return;
    out->class = class_of_room[room_of(d.insn)];
    if (out->class == INSN_VECTOR) out->class = vector_class(d.insn);
    const char *name = d.insn->name;
    if (out->class != INSN_BRANCH) return;
    out->conditional = name[0] == 'l' || (name[0] == 'j' && strcmp(name, "jmp") != 0);
    out->indirect = x86_row_has(d.insn, o_Ev);
    out->call = name[0] == 'c';
    out->back = name[0] == 'r';
}
