// SPDX-License-Identifier: MIT
// Registers as a debugger sees them: gdb's own features, and one of ours with system registers.
#include "base/le.h"
#include "cpu/debug.h"
#include "isa/arm64/dump.h"
#include "isa/arm64/room.h"
#include "isa/arm64/sysreg.h"

#define FROM(field) ((ptrdiff_t)offsetof(struct arm64_cpu, field) - (ptrdiff_t)offsetof(struct arm64_cpu, v))
#define SYSREG(name_, op0, op1, crn, crm, op2)                                                                                   \
    {.name = name_,                                                                                                              \
     .bits = 64,                                                                                                                 \
     .group = "system",                                                                                                          \
     .read = read_sysreg,                                                                                                        \
     .write = write_sysreg,                                                                                                      \
     .arg = ARM64_SYSREG(op0, op1, crn, crm, op2)}

static void read_sysreg(struct vcpu *v, const struct debug_reg *r, unsigned i, u8 *bytes) {
    u64 value = 0;
    arm64_sysreg_look(arm64_of(v), r->arg, &value);
    st64(bytes, value);
}
static bool write_sysreg(struct vcpu *v, const struct debug_reg *r, unsigned i, const u8 *bytes) {
    return arm64_sysreg_put(arm64_of(v), r->arg, ld64(bytes));
}

static void read_sp(struct vcpu *v, const struct debug_reg *r, unsigned i, u8 *bytes) {
    st64(bytes, *arm64_sp(&arm64_of(v)->s, r->arg));
}
static bool write_sp(struct vcpu *v, const struct debug_reg *r, unsigned i, const u8 *bytes) {
    *arm64_sp(&arm64_of(v)->s, r->arg) = ld64(bytes);
    return true;
}

static void read_cpsr(struct vcpu *v, const struct debug_reg *r, unsigned i, u8 *bytes) {
    st32(bytes, (u32)arm64_pstate(arm64_of(v)));
}
// Flags and masks: another exception level is come to by exceptions and returns alone.
static bool write_cpsr(struct vcpu *v, const struct debug_reg *r, unsigned i, const u8 *bytes) {
    struct arm64_cpu *c = arm64_of(v);
    u32 value = ld32(bytes), can = (u32)(PSR_NZCV | PSR_DAIF);
    if ((value ^ arm64_pstate(c)) & ~(u64)can & mask(31, 0)) return false;
    arm64_set_nzcv(&c->s, value >> PSR_V_SHIFT);
    c->s.daif = value >> PSR_DAIF_SHIFT & 15;
    return true;
}

#define VECTOR_TYPE                                                                                                              \
    "<vector id=\"v2d\" type=\"ieee_double\" count=\"2\"/><vector id=\"v2u\" type=\"uint64\" count=\"2\"/>"                      \
    "<vector id=\"v4f\" type=\"ieee_single\" count=\"4\"/><vector id=\"v4u\" type=\"uint32\" count=\"4\"/>"                      \
    "<vector id=\"v8u\" type=\"uint16\" count=\"8\"/><vector id=\"v16u\" type=\"uint8\" count=\"16\"/>"                          \
    "<union id=\"vn\"><field name=\"d\" type=\"v2d\"/><field name=\"ud\" type=\"v2u\"/><field name=\"f\" type=\"v4f\"/>"         \
    "<field name=\"uw\" type=\"v4u\"/><field name=\"uh\" type=\"v8u\"/><field name=\"ub\" type=\"v16u\"/>"                       \
    "<field name=\"q\" type=\"uint128\"/></union>"

static const struct debug_reg rows[] = {
    {.feature = "org.gnu.gdb.aarch64.core", .name = "x%u", .bits = 64, .n = 31, .at = FROM(s.x), .stride = 8},
    {.name = "sp", .bits = 64, .type = "data_ptr", .at = FROM(s.x[ARM64_SP])},
    {.name = "pc", .bits = 64, .type = "code_ptr", .at = FROM(s.pc)},
    {.name = "cpsr", .bits = 32, .read = read_cpsr, .write = write_cpsr},
    {.feature = "org.gnu.gdb.aarch64.fpu",
     .types = VECTOR_TYPE,
     .name = "v%u",
     .bits = 128,
     .type = "vn",
     .n = 32,
     .at = FROM(s.v),
     .stride = 16},
    {.name = "fpsr", .bits = 32, .at = FROM(s.fpsr)},
    {.name = "fpcr", .bits = 32, .at = FROM(s.fpcr)},

    // ---- asked for one by one
    {.feature = "org.softmetal.arm64.system",
     .name = "SCTLR_EL1",
     .bits = 64,
     .group = "system",
     .read = read_sysreg,
     .write = write_sysreg,
     .arg = ARM64_SYSREG(3, 0, 1, 0, 0)},
    SYSREG("TTBR0_EL1", 3, 0, 2, 0, 0),
    SYSREG("TTBR1_EL1", 3, 0, 2, 0, 1),
    SYSREG("TCR_EL1", 3, 0, 2, 0, 2),
    SYSREG("MAIR_EL1", 3, 0, 10, 2, 0),
    {.name = "SP_EL0", .bits = 64, .group = "system", .read = read_sp, .write = write_sp, .arg = 0},
    {.name = "SP_EL1", .bits = 64, .group = "system", .read = read_sp, .write = write_sp, .arg = 1},
    SYSREG("ELR_EL1", 3, 0, 4, 0, 1),
    SYSREG("SPSR_EL1", 3, 0, 4, 0, 0),
    SYSREG("ESR_EL1", 3, 0, 5, 2, 0),
    SYSREG("FAR_EL1", 3, 0, 6, 0, 0),
    SYSREG("PAR_EL1", 3, 0, 7, 4, 0),
    SYSREG("VBAR_EL1", 3, 0, 12, 0, 0),
    SYSREG("CPACR_EL1", 3, 0, 1, 0, 2),
    SYSREG("CONTEXTIDR_EL1", 3, 0, 13, 0, 1),
    SYSREG("TPIDR_EL0", 3, 3, 13, 0, 2),
    SYSREG("TPIDRRO_EL0", 3, 3, 13, 0, 3),
    SYSREG("TPIDR_EL1", 3, 0, 13, 0, 4),
    SYSREG("CurrentEL", 3, 0, 4, 2, 2),
    SYSREG("SPSel", 3, 0, 4, 2, 0),
    SYSREG("DAIF", 3, 3, 4, 2, 1),
    SYSREG("MDSCR_EL1", 2, 0, 0, 2, 2),
    SYSREG("CNTKCTL_EL1", 3, 0, 14, 1, 0),
    SYSREG("CNTFRQ_EL0", 3, 3, 14, 0, 0),
    SYSREG("CNTVCT_EL0", 3, 3, 14, 0, 2),
    SYSREG("CNTV_CTL_EL0", 3, 3, 14, 3, 1),
    SYSREG("CNTV_CVAL_EL0", 3, 3, 14, 3, 2),
    SYSREG("CNTP_CTL_EL0", 3, 3, 14, 2, 1),
    SYSREG("CNTP_CVAL_EL0", 3, 3, 14, 2, 2),
    SYSREG("MIDR_EL1", 3, 0, 0, 0, 0),
    SYSREG("MPIDR_EL1", 3, 0, 0, 0, 5),
    SYSREG("ID_AA64PFR0_EL1", 3, 0, 0, 4, 0),
    SYSREG("ID_AA64ISAR0_EL1", 3, 0, 0, 6, 0),
    SYSREG("ID_AA64ISAR1_EL1", 3, 0, 0, 6, 1),
    SYSREG("ID_AA64MMFR0_EL1", 3, 0, 0, 7, 0),
    SYSREG("ID_AA64MMFR1_EL1", 3, 0, 0, 7, 1),
    SYSREG("ID_AA64MMFR2_EL1", 3, 0, 0, 7, 2),
};

const struct debug_isa arm64_debug_isa = {
    .architecture = "aarch64", .reg = rows, .regs = countof(rows), .packed = 7, .pc = 32, .watch_first = true};
