// SPDX-License-Identifier: MIT
// Where unicorn 2.0 (QEMU 5's TCG) is not the manual's processor: each by name.
#include "oracle.h"

#include <string.h>

static bool is(const struct insn *row, const char *name) { return row && !strcmp(row->name, name); }

// clang-format off
static const struct {
    const char *name, *why;
} rows[] = {
    {"syscall", "unicorn calls a hook instead"}, {"sysenter", "unicorn calls a hook instead"},
    {"in", "unicorn calls a hook instead"}, {"out", "unicorn calls a hook instead"}, {"ins", "unicorn calls a hook instead"},
    {"outs", "unicorn calls a hook instead"}, {"cpuid", "tells its own model"}, {"rdtsc", "tells its own time"},
    {"rdtscp", "tells its own time"}, {"rdpmc", "no counters"}, {"rdrand", "random"}, {"rdseed", "random"}, {"hlt", "ends unicorn's run"},
    {"int", "unicorn calls a hook instead"}, {"int3", "unicorn calls a hook instead"}, {"into", "unicorn calls a hook instead"},
    {"int1", "unicorn calls a hook instead"},
    {"rcpps", "approximation"}, {"rcpss", "approximation"}, {"rsqrtps", "approximation"}, {"rsqrtss", "approximation"},
    {"f2xm1", "host's double arithmetic"}, {"fyl2x", "host's double arithmetic"}, {"fptan", "host's double arithmetic"},
    {"fpatan", "host's double arithmetic"}, {"fyl2xp1", "host's double arithmetic"}, {"fsincos", "host's double arithmetic"},
    {"fsin", "host's double arithmetic"}, {"fcos", "host's double arithmetic"}, {"fprem", "host's double arithmetic"},
    {"fprem1", "host's double arithmetic"},
};
// clang-format on

const char *unicorn_lacks(const struct insn *row) {
    if (row->map >= MAP_V0F) return "unicorn has no VEX";
    for (unsigned i = 0; i < countof(rows); i++)
        if (is(row, rows[i].name)) return rows[i].why;
    if (row->map == MAP_0F && row->opcode >= 0x71 && row->opcode <= 0x73 && row->prefix == PFX_NP)
        return "TCG of unicorn 2.0.1 dies of it";
    if (row->feature == F_SHA) return "unicorn has no SHA";
    return NULL;
}

static bool has(const struct insn *row, u8 operand) { return row && row_has(row, operand); }

static bool at(const struct insn *row, u8 map, u8 opcode) { return row && row->map == map && row->opcode == opcode; }
static bool has_byte(const struct oracle_case *k, u8 a, u8 b) { // a prefix a somewhere before a prefix b
    for (unsigned i = 0; i < k->d.length; i++)
        for (unsigned j = i + 1; k->byte[i] == a && j < k->d.length; j++)
            if (k->byte[j] == b) return true;
    return false;
}
static bool has_prefix(const struct oracle_case *k, u8 p) { return memchr(k->byte, p, k->d.length); }
static bool null_override(const struct oracle_case *k) {
    static const u8 null[] = {0x26, 0x2e, 0x36, 0x3e};
    for (unsigned i = 0; i < countof(null); i++)
        if (has_byte(k, 0x64, null[i]) || has_byte(k, 0x65, null[i])) return true;
    return false;
}
static bool mmx(const struct insn *row) { return row && x86_row_uses(row, R_MMX); }

// 2.0.1's decoder.
static const char *decoding(const struct oracle_case *k, const struct outcome *e, const struct outcome *q, u32 wrong) {
    const struct insn *row = k->row;
    bool wide = is_long_base(k->base);
    if (!row && e->vector == 6 && wrong == DIFF_FPU) return "enters MMX state before it raises #UD";
    if (!row && e->vector == 6) return "decodes what the manual reserves, or raises #GP before #UD (vol. 3A, table 6-2)";
    if (e->vector == 6 && q->vector != 6) return "no #UD for a form that does not exist";
    if ((at(row, MAP_1, 0xf6) || at(row, MAP_1, 0xf7)) && row->modrm == EXT(1) && q->vector == 6)
        return "F6 /1, F7 /1 are TEST (vol. 2D, table A-6)";
    if (wide && row && row->flags & F64 && row->flags & ENDS && has_prefix(k, 0x66))
        return "66h cuts near branches to 16 bits: AMD's way";
    if (wide && null_override(k)) return "CS, DS, ES, SS overrides behind FS or GS count (vol. 1, 3.4.2.1: they are ignored)";
    if (wide && mmx(row)) return "REX counts with MMX registers (vol. 2A, 2.2.1.2)";
    if (wide && (is(row, "sahf") || is(row, "lahf"))) return "REX makes AH another register for SAHF, LAHF";
    if (wide && e->vector == 13 && q->s.rip != k->rip && row && row->flags & ENDS)
        return "a non-canonical target is met there, not at the branch (vol. 2, JMP, CALL, RET)";
    if (wide && (at(row, MAP_1, 0xc6) || at(row, MAP_1, 0xc7)) && q->vector == 6) return "REX.R counts in the /0 of C6, C7";
    if (wide && k->d.size == 3 && (is(row, "lss") || is(row, "lfs") || is(row, "lgs")))
        return "LSS, LFS, LGS with REX.W take 32 bits: AMD's way";
    if (has_prefix(k, 0xf2) && has_prefix(k, 0xf3) && (wrong == DIFF_XMM || wrong == DIFF_MEMORY))
        return "of F2 and F3 the last counts";
    if (is(row, "crc32") && !wide) return "CRC32 takes 66h, not the operand size";
    if (has_prefix(k, 0x66) && (has_prefix(k, 0xf2) || has_prefix(k, 0xf3)) && row && row->prefix != PFX_ANY)
        return "66h beside F2 or F3 (vol. 2A, 2.1.2)";
    return NULL;
}

static const char *results(const struct oracle_case *k, const struct outcome *e, const struct outcome *q, u32 wrong) {
    const struct insn *row = k->row;
    if (wrong == DIFF_FPU && mmx(row) && row->map != MAP_0F) return "MMX instructions of SSSE3 leave TOP alone";
    if (wrong == DIFF_FPU && (is(row, "cvtpi2pd") || is(row, "cvtpi2ps")) && k->d.memory)
        return "CVTPI2PD from memory enters MMX state";
    if (wrong == DIFF_FLAGS && (is(row, "fcomi") || is(row, "fcomip") || is(row, "fucomi") || is(row, "fucomip")))
        return "FCOMI leaves OF, SF, AF alone (vol. 2A: they are cleared)";
    if (wrong == DIFF_FLAGS && !((e->s.rflags ^ q->s.rflags) & FL_ARITH & ~FL_OF) &&
        (is(row, "rcl") || is(row, "rcr") || is(row, "shld") || is(row, "shrd") || is(row, "rol") || is(row, "ror")))
        return "OF by counts other than 1 is undefined; ours is AMD's";
    if (wrong == DIFF_FLAGS && is(row, "neg") && k->d.lock) return "LOCK NEG: flags";
    if (wrong == DIFF_GPR && (is(row, "bsf") || is(row, "bsr")) && e->s.rflags & FL_ZF)
        return "BSF and BSR of 0: the destination is undefined";
    if (wrong == DIFF_MEMORY && row && row->flags & ENDS && (is(row, "call") || is(row, "jmp")))
        return "far CALL and JMP leave the accessed bit alone (3A 3.4.5.1)";
    if (is(row, "frstor") && k->d.size == 3) return "FRSTOR with REX.W";
    if (k->d.size == 3 && !strncmp(row->name, "pcmpestr", 8)) return "PCMPESTR with REX.W takes EAX and EDX";
    if (!strncmp(row->name, "pcmpestr", 8) && ((u32)k->gpr[RAX] == 0x80000000 || (u32)k->gpr[RDX] == 0x80000000))
        return "PCMPESTR: the absolute value of -2^31 is more than 16 (vol. 2B, 4.1)";
    if (is(row, "lar") && is_long_base(k->base)) return "LAR of a gate that IA-32e mode does not know (vol. 2A)";
    if (wrong == DIFF_FPU && is(row, "fld") && k->d.memory) return "FLD leaves a signalling NaN signalling (vol. 1, 4.8.3.4)";
    if (wrong == DIFF_MEMORY && e->vector == 14 && (is(row, "sgdt") || is(row, "sidt")))
        return "SGDT, SIDT store the limit before the base faults";
    if (wrong == DIFF_FLAGS && is(row, "iret") && !((e->s.rflags ^ q->s.rflags) & ~(u64)(FL_VIF | FL_VIP | FL_RF)))
        return "IRET leaves VIF and VIP alone";
    if (wrong == DIFF_SYSTEM && at(row, MAP_0F, 0x22)) return "reserved bits of CR0 can be set";
    if (wrong == DIFF_SYSTEM && at(row, MAP_0F, 0x23)) return "reserved bits of DR6 and DR7 can be written (3B 17.2)";
    if (wrong == DIFF_FPU && is(row, "emms")) return "EMMS leaves TOP alone (vol. 3A, table 12-1)";
    if (wrong == DIFF_FPU && is(row, "fsqrt")) return "FSQRT: C2 is undefined";
    if (wrong == DIFF_GPR && is(row, "smsw")) return "SMSW: the upper half of a 32-bit register is undefined";
    if (wrong == DIFF_XMM && (!strncmp(row->name, "phadd", 5) || !strncmp(row->name, "phsub", 5)))
        return "PHADD, PHSUB of a register with itself";
    if (wrong == DIFF_XMM && !strncmp(row->name, "had", 3)) return "HADDPS";
    if (e->vector == 10 && q->vector == 10 && k->base <= CODE16) return "a fault in a new task is one of the old task's (3A 7.3)";
    if (is(row, "bswap") && k->d.size == 1) return "BSWAP of 16 bits is undefined";
    if (is(row, "cmpxchg") && wrong == DIFF_GPR) return "CMPXCHG that fails writes its destination";
    if (wrong == DIFF_GPR && is(row, "lar")) return "LAR: bits 16 to 19 are undefined";
    if ((is(row, "ret") || is(row, "retf") || is(row, "enter")) && k->d.uop.imm & 0x8000)
        return "the immediate of RET n and ENTER is taken as signed";
    if (wrong == DIFF_MEMORY && is(row, "pushf") && k->base == V86) return "PUSHFD shows VM (vol. 2B: it does not)";
    if (is(row, "fbstp")) return "FBSTP: rounding and the indefinite";
    if (wrong == DIFF_MEMORY &&
        (is(row, "fnsave") || is(row, "fnstenv") || is(row, "fxsave") || is(row, "xsave") || is(row, "xsaveopt")))
        return "no last-instruction pointers, no exception flags in saved images";
    return NULL;
}

static bool writes_itself(const struct oracle_case *k) {
    u64 a = (u64)k->d.uop.disp + (k->d.uop.base == 17 ? k->rip : 0);
    return k->d.memory && k->d.uop.base >= 16 && k->d.uop.index >= 16 && a + 16 > k->rip && a < k->rip + LONGEST;
}

const char *known_difference(const struct oracle_case *k, const struct outcome *e, const struct outcome *q, u32 wrong) {
    const struct insn *row = k->row;
    bool more = q->vector == NO_FAULT && e->vector != NO_FAULT; // only the emulator raises something
    if (row && row->feature != F_BASE && q->vector == 6 && e->vector != 6) return "unicorn's processor lacks the feature";
    if (q->vector != 13 && e->vector == 13 && !e->error && k->d.memory && (has(row, o_Wdq) || has(row, o_Mdq) || has(row, o_M)))
        return "no #GP for 16-byte operands that are not aligned (vol. 1, 11.6.10.1)";
    if (q->vector != e->vector && !is_long_base(k->base) && !e->error && (e->vector == 13 || e->vector == 12) &&
        (k->d.memory || x86_row_places(row, P_STRING) || x86_row_places(row, P_OFFSET) || is(row, "xlat") ||
         is(row, "maskmovq") || is(row, "maskmovdqu")))
        return "no segment limits (3A 5.3)";
    if (more && e->vector == 13 && (is(row, "wrmsr") || is(row, "rdmsr")))
        return "no #GP for MSRs and bits that do not exist (vol. 2B)";
    if (more && e->vector == 13 && at(row, MAP_0F, 0x22))
        return "no #GP for reserved bits of control registers (vol. 2B, MOV CR)";
    if (more && e->vector == 13 && is(row, "ltr")) return "no #GP for LTR of a null selector (vol. 2B)";
    if (!is_long_base(k->base) && !is_real_base(k->base) && e->vector == 13 && !e->error &&
        (MEM_SEG(&k->d.uop) == FS || MEM_SEG(&k->d.uop) == GS))
        return "null segments can be used (3A 5.4.1)";
    if (more && e->vector == 13 && is(row, "ldmxcsr")) return "no #GP for reserved bits of MXCSR (vol. 1, 10.2.3)";
    if (is(row, "rdmsr") && wrong == DIFF_GPR) return "MSRs that are unicorn's own: APIC base, time, EFER";
    if (more && e->vector == 14 && row && !strncmp(row->name, "clflush", 7)) return "CLFLUSH of what is not there (vol. 2A: #PF)";
    if (wrong == DIFF_GPR && is(row, "enter") && k->d.size == 1) return "ENTER of 16 bits writes EBP (vol. 2A: BP)";
    if (more && is(row, "enter")) return "ENTER does not look whether the new top can be written (vol. 2A)";
    if (wrong == DIFF_FPU && e->s.fsw & 0x40) return "no x87 stack faults (vol. 1, 8.5.1.1)";
    if (wrong & DIFF_MEMORY && writes_itself(k)) return "unicorn does not see that an instruction writes itself";
    if ((is(row, "retf") || is(row, "iret")) && e->vector == 12 && q->vector == 11)
        return "a stack segment that is not present is #NP (vol. 2B, RET: #SS)";
    const char *why = decoding(k, e, q, wrong);
    return why ? why : results(k, e, q, wrong);
}
