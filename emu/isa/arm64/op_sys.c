// SPDX-License-Identifier: MIT
// Exception generation, hints, barriers, PSTATE, system registers and SYS (C4.1.87). What they mean for the processor's state is in sysreg.c,
// system.c and trap.c; a row leaves by EXIT where the loop has to look around afterwards.
#include "cpu/measure.h"
#include "isa/arm64/insn.h"
#include "isa/arm64/memop.h"
#include "isa/arm64/sys.h"
#include "isa/arm64/sysreg.h"

#define AT_EL1                                                                                                                   \
    do {                                                                                                                         \
        SYNC;                                                                                                                    \
        if (!c->s.el) arm64_undefined(c);                                                                                        \
    } while (0)

// ---- exceptions

SOP(op_svc) {
    SYNC;
    arm64_raise(c, EC_SVC, IMM);
}
#define CALL(name, smc)                                                                                                          \
    SOP(op_##name) {                                                                                                             \
        AT_EL1;                                                                                                                  \
        if (u->imm) arm64_undefined(c);                                                                                          \
        arm64_call(c, smc);                                                                                                      \
    }
CALL(hvc, false)
CALL(smc, true)
OP(arm64_op_brk) {
    SYNC;
    arm64_raise(c, EC_BRK, IMM);
}
SOP(op_eret) {
    AT_EL1;
    arm64_return(c);
    vcpu_returned(&c->v);
    EXIT(c->s.pc);
}

// ---- hints and barriers

SOP(op_nothing) { NEXT; }
OP(arm64_op_mark) {
    if (unlikely(c->measure != NULL)) measure_mark(&c->v, mark_of_imm((u32)u->imm), THIS_PC, XN);
    EXIT(NEXT_PC);
}
SOP(op_wfi) {
    SYNC;
    bool pending = c->s.irq || c->s.fiq; // then it does not wait, and there is nothing to trap
    if (!pending && !c->s.el && !(c->s.sctlr & SCTLR_NTWI)) arm64_raise(c, EC_WFX, ISS_WFX);
    c->s.waiting = ARM64_WFI;
    EXIT(NEXT_PC);
}
// The Event Register makes it go on at once, and is clear then. What ends a wait leaves it set.
SOP(op_wfe) {
    SYNC;
    if (c->s.event_clear) {
        if (!c->s.el && !(c->s.sctlr & SCTLR_NTWE)) arm64_raise(c, EC_WFX, ISS_WFX | ISS_WFX_WFE);
        c->s.waiting = ARM64_WFE;
        EXIT(NEXT_PC);
    }
    c->s.event_clear = 1;
    vcpu_sync_clock(&c->v);
    arm64_stream_update(c);
    EXIT(NEXT_PC);
}
SOP(op_sev) { // also SEVL: there is no other processor
    c->s.event_clear = 0;
    NEXT;
}
// What follows is fetched anew, in whatever address space it is then.
SOP(op_isb) { JUMP(NEXT_PC); }

// ---- system registers

SOP(op_mrs) {
    SYNC;
    vcpu_sync_clock(&c->v);
    u64 v = arm64_sysreg_read(c, (unsigned)u->imm, u->a == ARM64_SINK ? 31 : u->a);
    SET_X(v);
    EXIT(NEXT_PC);
}
SOP(op_msr) {
    SYNC;
    vcpu_sync_clock(&c->v);
    arm64_sysreg_write(c, (unsigned)u->imm, u->a, XT);
    EXIT(NEXT_PC);
}
SOP(op_mrs_plain) {
    SET_X(*(const u64 *)(const void *)((const u8 *)&c->s + u->disp));
    NEXT;
}
SOP(op_msr_plain) {
    *(u64 *)(void *)((u8 *)&c->s + u->disp) = XT;
    NEXT;
}

// MSR (immediate) writes one field with CRm.
#define PSTATE_FIELD(name, write)                                                                                                \
    SOP(op_msr_##name) {                                                                                                         \
        AT_EL1;                                                                                                                  \
        write;                                                                                                                   \
        arm64_mode_changed(c);                                                                                                   \
        EXIT(NEXT_PC);                                                                                                           \
    }
PSTATE_FIELD(spsel, arm64_select_sp(&c->s, IMM & 1, 1))
PSTATE_FIELD(pan, c->s.pan = IMM & 1)
PSTATE_FIELD(uao, c->s.uao = IMM & 1)
SOP(op_msr_ssbs) { // EL0, too
    c->s.ssbs = IMM & 1;
    NEXT;
}
#define DAIF_MASK(name, op2, change)                                                                                             \
    SOP(op_msr_##name) {                                                                                                         \
        SYNC;                                                                                                                    \
        if (!c->s.el && !(c->s.sctlr & SCTLR_UMA)) arm64_sysreg_trap(c, ARM64_SYSREG(0, 3, 4, (unsigned)IMM, op2), 31, false);   \
        change;                                                                                                                  \
        EXIT(NEXT_PC);                                                                                                           \
    }
DAIF_MASK(daifset, 6, c->s.daif |= (u8)IMM)
DAIF_MASK(daifclr, 7, c->s.daif &= (u8)~IMM)

// ---- caches. They are always coherent: what is left is that addresses are translated.

#define SYS(op1, crn, crm, op2) ARM64_SYSREG(1, op1, crn, crm, op2)
// EL0 may where SCTLR_EL1 says so.
#define EL0_NEEDS(bit, number)                                                                                                   \
    do {                                                                                                                         \
        if (!c->s.el && !(c->s.sctlr & (bit))) arm64_sysreg_trap(c, number, u->a, false);                                        \
    } while (0)

SOP(op_el1_nothing) {
    AT_EL1;
    NEXT;
}
#define BY_ADDRESS(name, number, access)                                                                                         \
    SOP(op_##name) {                                                                                                             \
        SYNC;                                                                                                                    \
        EL0_NEEDS(SCTLR_UCI, number);                                                                                            \
        if (!tlb_read(c, XT, 1)) vcpu_probe(&c->v, ARM64_MAINTAINS, XT, 1, access, c->tlb_key);                                  \
        NEXT;                                                                                                                    \
    }
BY_ADDRESS(dc_cvac, SYS(3, 7, 10, 1), MMU_READ)
BY_ADDRESS(dc_cvau, SYS(3, 7, 11, 1), MMU_READ)
BY_ADDRESS(dc_cvap, SYS(3, 7, 12, 1), MMU_READ)
BY_ADDRESS(dc_civac, SYS(3, 7, 14, 1), MMU_READ)
BY_ADDRESS(ic_ivau, SYS(3, 7, 5, 1), MMU_READ)
SOP(op_dc_ivac) {
    AT_EL1;
    if (!tlb_write(c, XT, 1)) vcpu_probe(&c->v, ARM64_MAINTAINS, XT, 1, MMU_WRITE, c->tlb_key);
    NEXT;
}
// Without the MMU memory is Device, of which no block can be zeroed.
enum { ZVA_BLOCK = 64 };
MEM_OP(op_dc_zva) {
    gva_t a = XT & ~(u64)(ZVA_BLOCK - 1);
    static const u8 zeros[ZVA_BLOCK];
    bool may = c->s.el || c->s.sctlr & SCTLR_DZE;
    u8 *host = tlb_write(c, a, ZVA_BLOCK);
    if (FAST) {
        if (unlikely(!host || !may || !(c->s.sctlr & SCTLR_M))) LEAVE;
        memcpy(host, zeros, ZVA_BLOCK);
        DONE;
    }
    SYNC;
    EL0_NEEDS(SCTLR_DZE, SYS(3, 7, 4, 1));
    if (!(c->s.sctlr & SCTLR_M)) arm64_misaligned(c, XT, true);
    vcpu_probe(&c->v, 0, XT, 1, MMU_WRITE, c->tlb_key);
    vcpu_write(&c->v, 0, a, zeros, ZVA_BLOCK, c->tlb_key);
    DONE;
}

// ---- translations

#define TLBI(name, what)                                                                                                         \
    SOP(op_tlbi_##name) {                                                                                                        \
        AT_EL1;                                                                                                                  \
        what;                                                                                                                    \
        EXIT(NEXT_PC);                                                                                                           \
    }
TLBI(all, arm64_tlbi_all(c))
TLBI(asid, arm64_tlbi_asid(c, XT))
TLBI(va, arm64_tlbi_va(c, XT))
TLBI(range, arm64_tlbi_range(c, XT))
#define AT(name, write, el0, pan)                                                                                                \
    SOP(op_at_##name) {                                                                                                          \
        AT_EL1;                                                                                                                  \
        arm64_translate_to_par(c, XT, write, el0, pan);                                                                          \
        NEXT;                                                                                                                    \
    }
AT(s1e1r, false, false, false)
AT(s1e1w, true, false, false)
AT(s1e0r, false, true, false)
AT(s1e0w, true, true, false)
AT(s1e1rp, false, false, c->s.pan)
AT(s1e1wp, true, false, c->s.pan)

// ---- rows

// op1, CRn, CRm, op2 of a SYS. Its register counts even where the operation has none.
#define SYS_ROW(name_, text, op1, crn, crm, op2, fn, ...)                                                                        \
    {name_, "1101010100 0 01 " op1 " " crn " " crm " " op2 " Rt", text, .op = fn, .flags = ARM64_T_READ __VA_OPT__(|) __VA_ARGS__}
#define DC(text, op1, crm, op2, fn) SYS_ROW("dc", text ", Xt", op1, "0111", crm, op2, fn)
#define TLBI_ROW(text, crm, op2, fn, feature_)                                                                                   \
    {"tlbi",                                                                                                                     \
     "1101010100 0 01 000 1000 " crm " " op2 " Rt",                                                                              \
     text,                                                                                                                       \
     .op = fn,                                                                                                                   \
     .flags = ARM64_ENDS | ARM64_T_READ,                                                                                         \
     .feature = feature_}
// `to`: what the names end in, for this processor alone, the inner or the outer shareable domain: all the same here.
#define TLBI_ROWS(to, crm, feature)                                                                                              \
    TLBI_ROW("vmalle1" to, crm, "000", op_tlbi_all, feature), TLBI_ROW("vae1" to ", Xt", crm, "001", op_tlbi_va, feature),       \
        TLBI_ROW("aside1" to ", Xt", crm, "010", op_tlbi_asid, feature),                                                         \
        TLBI_ROW("vaae1" to ", Xt", crm, "011", op_tlbi_va, feature),                                                            \
        TLBI_ROW("vale1" to ", Xt", crm, "101", op_tlbi_va, feature),                                                            \
        TLBI_ROW("vaale1" to ", Xt", crm, "111", op_tlbi_va, feature)
#define TLBI_RANGE_ROWS(to, crm)                                                                                                 \
    TLBI_ROW("rvae1" to ", Xt", crm, "001", op_tlbi_range, FEAT_TLBIRANGE),                                                      \
        TLBI_ROW("rvaae1" to ", Xt", crm, "011", op_tlbi_range, FEAT_TLBIRANGE),                                                 \
        TLBI_ROW("rvale1" to ", Xt", crm, "101", op_tlbi_range, FEAT_TLBIRANGE),                                                 \
        TLBI_ROW("rvaale1" to ", Xt", crm, "111", op_tlbi_range, FEAT_TLBIRANGE)

static const struct arm64_insn rows[] = {
    {"udf", "0000000000000000 imm16", "udf16", .op = arm64_op_undefined, .flags = ARM64_ENDS},
    {"svc", "11010100 000 imm16 000 01", "uimm16", .op = op_svc, .flags = ARM64_ENDS},
    {"hvc", "11010100 000 imm16 000 10", "uimm16", .op = op_hvc, .flags = ARM64_ENDS},
    {"smc", "11010100 000 imm16 000 11", "uimm16", .op = op_smc, .flags = ARM64_ENDS},
    {"brk", "11010100 001 imm16 000 00", "uimm16", .op = arm64_op_brk, .flags = ARM64_ENDS},
    {"eret", "1101011 0 100 11111 0000 0 0 11111 00000", "", .op = op_eret, .flags = ARM64_ENDS},

    // What is no hint of its own is a NOP, those of features that are not there too.
    {"wfi", "1101010100 0 00 011 0010 0000 011 11111", "", .op = op_wfi, .flags = ARM64_ENDS},
    {"wfe", "1101010100 0 00 011 0010 0000 010 11111", "", .op = op_wfe, .flags = ARM64_ENDS},
    {"sev", "1101010100 0 00 011 0010 0000 100 11111", "", .op = op_sev},
    {"sevl", "1101010100 0 00 011 0010 0000 101 11111", "", .op = op_sev},
    {"hint", "1101010100 0 00 011 0010 CRm op2 11111", "hint", .op = op_nothing},
    {"dsb", "1101010100 0 00 011 0011 CRm 100 11111", "barrier", .op = op_nothing},
    {"dmb", "1101010100 0 00 011 0011 CRm 101 11111", "barrier", .op = op_nothing},
    {"isb", "1101010100 0 00 011 0011 CRm 110 11111", "isb", .op = op_isb, .flags = ARM64_ENDS},

    {"msr", "1101010100 0 00 000 0100 CRm 101 11111", "SPSel, crm", .op = op_msr_spsel, .flags = ARM64_ENDS},
    {"msr", "1101010100 0 00 000 0100 CRm 100 11111", "PAN, crm", .op = op_msr_pan, .flags = ARM64_ENDS, .feature = FEAT_PAN},
    {"msr", "1101010100 0 00 000 0100 CRm 011 11111", "UAO, crm", .op = op_msr_uao, .flags = ARM64_ENDS, .feature = FEAT_UAO},
    {"msr", "1101010100 0 00 011 0100 CRm 001 11111", "SSBS, crm", .op = op_msr_ssbs, .feature = FEAT_SSBS2},
    {"msr", "1101010100 0 00 011 0100 CRm 110 11111", "DAIFSet, crm", .op = op_msr_daifset, .flags = ARM64_ENDS},
    {"msr", "1101010100 0 00 011 0100 CRm 111 11111", "DAIFClr, crm", .op = op_msr_daifclr, .flags = ARM64_ENDS},
    {"msr", "1101010100 0 1 sysreg Rt", "sysreg, Xt", .op = op_msr, .plain = op_msr_plain, .flags = ARM64_SYS | ARM64_T_READ},
    {"mrs", "1101010100 1 1 sysreg Rt", "Xt, sysreg", .op = op_mrs, .plain = op_mrs_plain, .flags = ARM64_SYS},

    SYS_ROW("ic", "ialluis", "000", "0111", "0001", "000", op_el1_nothing),
    SYS_ROW("ic", "iallu", "000", "0111", "0101", "000", op_el1_nothing),
    SYS_ROW("ic", "ivau, Xt", "011", "0111", "0101", "001", op_ic_ivau),
    DC("ivac", "000", "0110", "001", op_dc_ivac),
    DC("isw", "000", "0110", "010", op_el1_nothing),
    DC("csw", "000", "1010", "010", op_el1_nothing),
    DC("cisw", "000", "1110", "010", op_el1_nothing),
    DC("cvac", "011", "1010", "001", op_dc_cvac),
    DC("cvau", "011", "1011", "001", op_dc_cvau),
    {"dc", "1101010100 0 01 011 0111 1100 001 Rt", "cvap, Xt", .op = op_dc_cvap, .flags = ARM64_T_READ, .feature = FEAT_DPB},
    DC("civac", "011", "1110", "001", op_dc_civac),
    {"dc", "1101010100 0 01 011 0111 0100 001 Rt", "zva, Xt", ARM64_MEM(op_dc_zva), .flags = ARM64_T_READ},

    SYS_ROW("at", "s1e1r, Xt", "000", "0111", "1000", "000", op_at_s1e1r),
    SYS_ROW("at", "s1e1w, Xt", "000", "0111", "1000", "001", op_at_s1e1w),
    SYS_ROW("at", "s1e0r, Xt", "000", "0111", "1000", "010", op_at_s1e0r),
    SYS_ROW("at", "s1e0w, Xt", "000", "0111", "1000", "011", op_at_s1e0w),
    {"at", "1101010100 0 01 000 0111 1001 000 Rt", "s1e1rp, Xt", .op = op_at_s1e1rp, .flags = ARM64_T_READ, .feature = FEAT_PAN2},
    {"at", "1101010100 0 01 000 0111 1001 001 Rt", "s1e1wp, Xt", .op = op_at_s1e1wp, .flags = ARM64_T_READ, .feature = FEAT_PAN2},
    TLBI_ROWS("", "0111", FEAT_BASE),
    TLBI_ROWS("is", "0011", FEAT_BASE),
    TLBI_ROWS("os", "0001", FEAT_TLBIOS),
    TLBI_RANGE_ROWS("", "0110"),
    TLBI_RANGE_ROWS("is", "0010"),
    TLBI_RANGE_ROWS("os", "0101"),
};
ARM64_TABLE(sys);
