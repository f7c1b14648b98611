// SPDX-License-Identifier: MIT
// Model-specific registers: one row each (SDM vol. 4, chapter 2; 11.11 for MTRRs). A number without a row is #GP(0).
#include "isa/x86_64/sys/cpuid.h"
#include "isa/x86_64/sys/mem.h"
#include "isa/x86_64/sys/sys.h"

struct msr;
typedef int read_fn(struct x86_cpu *c, const struct msr *m, u32 index, u64 *v);
typedef int write_fn(struct x86_cpu *c, const struct msr *m, u32 index, u64 v);

struct msr {
    u32 number, count; // the row covers number .. number + count - 1
    const char *name;
    u16 offset;          // of its u64 in x86_state (an array when count > 1); NONE: no storage, reads as `reset`
    u64 reset, writable; // bits outside `writable` must be written as they read
    read_fn *read;       // instead of storage
    write_fn *write;     // instead of storage, after the check against `writable`
    bool (*present)(const struct x86_model *m); // NULL: always
};
#define NONE 0xffff
#define AT(field) offsetof(struct x86_state, field)
#define ALL (~(u64)0)

// ---- which model has it
static bool has_long_mode(const struct x86_model *m) { return m->has[F_LM]; }
static bool has_rdtscp(const struct x86_model *m) { return m->has[F_RDTSCP] || m->has[F_RDPID]; }
static bool has_deadline(const struct x86_model *m) { return m->has[F_TSC_DEADLINE]; }
static bool has_pks(const struct x86_model *m) { return m->has[F_PKS]; }
static bool has_xsaves(const struct x86_model *m) { return m->has[F_XSAVES]; }

// ---- time. The APIC's deadline is a value of clock->now. The guest writes it as a value of its TSC, which differs from that by
// IA32_TSC_ADJUST.
static int read_deadline(struct x86_cpu *c, const struct msr *m, u32 index, u64 *v) {
    *v = 0;
    if (!c->apic.msr_read) return 0;
    int err = c->apic.msr_read(c->apic.ctx, m->number, v);
    if (!err && *v) *v += c->s.tsc_adjust;
    return err;
}

static int write_deadline(struct x86_cpu *c, const struct msr *m, u32 index, u64 v) {
    if (!c->apic.msr_write) return 0;
    if (!v) return c->apic.msr_write(c->apic.ctx, m->number, 0); // disarms
    u64 now = c->clock->now, tsc = x86_tsc(c);
    return c->apic.msr_write(c->apic.ctx, m->number, v > tsc ? now + (v - tsc) : now ? now : 1);
}

static const struct msr deadline_row = {.number = 0x6e0, .count = 1};

static int write_tsc_adjust(struct x86_cpu *c, const struct msr *m, u32 index, u64 v) {
    u64 deadline = 0;
    bool armed = c->model->has[F_TSC_DEADLINE] && !read_deadline(c, &deadline_row, 0, &deadline) && deadline;
    c->s.tsc_adjust = v;
    return armed ? write_deadline(c, &deadline_row, 0, deadline) : 0;
}

static int read_tsc(struct x86_cpu *c, const struct msr *m, u32 index, u64 *v) {
    *v = x86_tsc(c);
    return 0;
}

// Writing the TSC moves IA32_TSC_ADJUST by the same amount (17.17.3).
static int write_tsc(struct x86_cpu *c, const struct msr *m, u32 index, u64 v) {
    return write_tsc_adjust(c, m, 0, v - c->clock->now);
}

// ---- APIC
#define APIC_BSP BIT(8)
#define APIC_X2 BIT(10)
#define APIC_EN BIT(11)

// IA32_APIC_BASE: base 12..MAXPHYADDR-1 | 11 EN | 10 EXTD | 8 BSP. EXTD needs EN; xAPIC is entered from x2APIC only through
// the disabled state (figure 11-27).
static int write_apic_base(struct x86_cpu *c, const struct msr *m, u32 index, u64 v) {
    u64 old = c->s.apic_base;
    u64 allowed = (mask(c->model->physical_bits - 1, 12)) | APIC_BSP | APIC_EN | (c->model->has[F_X2APIC] ? APIC_X2 : 0);
    if (v & ~allowed || ((v & APIC_X2) && !(v & APIC_EN))) return ERR_INVALID;
    if ((old & APIC_X2) && (v & APIC_EN) && !(v & APIC_X2)) return ERR_INVALID;
    if (!(old & APIC_EN) && (v & APIC_X2)) return ERR_INVALID;
    c->s.apic_base = v;
    if (c->apic.set_base) c->apic.set_base(c->apic.ctx, v);
    return 0;
}

static int read_x2apic(struct x86_cpu *c, const struct msr *m, u32 index, u64 *v) {
    if (!(c->s.apic_base & APIC_X2) || !c->apic.msr_read) return ERR_NOT_FOUND;
    return c->apic.msr_read(c->apic.ctx, m->number + index, v);
}

static int write_x2apic(struct x86_cpu *c, const struct msr *m, u32 index, u64 v) {
    if (!(c->s.apic_base & APIC_X2) || !c->apic.msr_write) return ERR_NOT_FOUND;
    return c->apic.msr_write(c->apic.ctx, m->number + index, v);
}

// ---- addresses and attributes
static int write_canonical(struct x86_cpu *c, const struct msr *m, u32 index, u64 v) {
    if (!x86_canonical_base(c, v)) return ERR_INVALID;
    memcpy((u8 *)&c->s + m->offset, &v, sizeof v);
    return 0;
}

// Two bits per protection key; the upper half is reserved.
static int write_pkrs(struct x86_cpu *c, const struct msr *m, u32 index, u64 v) {
    if (v >> 32) return ERR_INVALID;
    u32 changed = (u32)(c->s.pkrs ^ v);
    c->s.pkrs = v;
    x86_tlb_key_rights_changed(c, changed, true);
    return 0;
}

static int write_efer(struct x86_cpu *c, const struct msr *m, u32 index, u64 v) { return x86_write_efer(c, v); }

// FS and GS in index order: IA32_FS_BASE, IA32_GS_BASE.
static int read_segment_base(struct x86_cpu *c, const struct msr *m, u32 index, u64 *v) {
    *v = c->s.seg[FS + index].base;
    return 0;
}

static int write_segment_base(struct x86_cpu *c, const struct msr *m, u32 index, u64 v) {
    if (!x86_canonical_base(c, v)) return ERR_INVALID;
    c->s.seg[FS + index].base = v;
    x86_mode_changed(c);
    return 0;
}

// Memory types: UC 0, WC 1, WT 4, WP 5, WB 6; UC- 7 in the PAT only (table 11-10).
static bool memory_type(u64 t) { return t == 0 || t == 1 || (t >= 4 && t <= 6); }

static int write_pat(struct x86_cpu *c, const struct msr *m, u32 index, u64 v) {
    for (unsigned i = 0; i < 64; i += 8)
        if (!memory_type(v >> i & 0xff) && (v >> i & 0xff) != 7) return ERR_INVALID;
    c->s.pat = v;
    return 0;
}

static int write_mtrr_fixed(struct x86_cpu *c, const struct msr *m, u32 index, u64 v) {
    for (unsigned i = 0; i < 64; i += 8)
        if (!memory_type(v >> i & 0xff)) return ERR_INVALID;
    memcpy((u8 *)&c->s + m->offset + index * sizeof v, &v, sizeof v);
    return 0;
}

// IA32_MTRR_PHYSBASEn: base | 7..0 type; IA32_MTRR_PHYSMASKn: mask | 11 valid.
static int write_mtrr_var(struct x86_cpu *c, const struct msr *m, u32 index, u64 v) {
    u64 address = mask(c->model->physical_bits - 1, 12);
    if (v & ~(address | (index & 1 ? BIT(11) : 0xff))) return ERR_INVALID;
    if (!(index & 1) && !memory_type(v & 0xff)) return ERR_INVALID;
    c->s.mtrr_var[index] = v;
    return 0;
}

// 11 E | 10 FE | 7..0 type
static int write_mtrr_def(struct x86_cpu *c, const struct msr *m, u32 index, u64 v) {
    if (!memory_type(v & 0xff)) return ERR_INVALID;
    c->s.mtrr_def = v;
    return 0;
}

// Execute-disable goes away with its bit in CPUID: NXE, too, which is reserved without it (2.2.1).
static int write_misc_enable(struct x86_cpu *c, const struct msr *m, u32 index, u64 v) {
    if (v & MISC_XD_DISABLE && c->s.efer & EFER_NXE && x86_write_efer(c, c->s.efer & ~EFER_NXE)) return ERR_INVALID;
    c->s.misc_enable = v;
    return 0;
}

// IA32_XSS: there are no supervisor components, so every bit is reserved.
static int write_xss(struct x86_cpu *c, const struct msr *m, u32 index, u64 v) { return v ? ERR_INVALID : 0; }

// Accepts and forgets.
static int write_ignored(struct x86_cpu *c, const struct msr *m, u32 index, u64 v) { return 0; }

// MTRRcap: 8 variable ranges, fixed ranges, write combining.
#define MTRR_CAP (8 | BIT(8) | BIT(10))
// Fast strings; "branch trace storage unavailable" and "PEBS unavailable", which is the truth. Of the rest only what can be honoured
// is writable: no thermal control (3), no SpeedStep (16), no MONITOR (18), as CPUID says.
#define MISC_ENABLE (BIT(0) | BIT(11) | BIT(12))
#define MISC_WRITABLE (BIT(0) | MISC_LIMIT_CPUID | MISC_XD_DISABLE)
// RIPV, EIPV, MCIP.
#define MCG_STATUS (BIT(0) | BIT(1) | BIT(2))
// Maximum non-turbo ratio 10 (of 100 MHz), no programmable ratios.
#define PLATFORM_INFO (10 << 8)
#define PAT_RESET 0x0007040600070406

static const struct msr table[] = {
    {0x000, 2, "IA32_P5_MC_ADDR", NONE, 0, 0, NULL, NULL, NULL},
    {0x010, 1, "IA32_TIME_STAMP_COUNTER", NONE, 0, ALL, read_tsc, write_tsc, NULL},
    {0x017, 1, "IA32_PLATFORM_ID", NONE, 0, 0, NULL, NULL, NULL},
    {0x01b, 1, "IA32_APIC_BASE", AT(apic_base), 0, ALL, NULL, write_apic_base, NULL},
    {0x03b, 1, "IA32_TSC_ADJUST", AT(tsc_adjust), 0, ALL, NULL, write_tsc_adjust, NULL},
    {0x079, 1, "IA32_BIOS_UPDT_TRIG", NONE, 0, ALL, NULL, write_ignored, NULL},
    // An OS writes 0, executes CPUID, then reads the microcode revision: always 1.
    {0x08b, 1, "IA32_BIOS_SIGN_ID", NONE, (u64)1 << 32, ALL, NULL, write_ignored, NULL},
    {0x0ce, 1, "MSR_PLATFORM_INFO", NONE, PLATFORM_INFO, 0, NULL, NULL, NULL},
    {0x0fe, 1, "IA32_MTRRCAP", NONE, MTRR_CAP, 0, NULL, NULL, NULL},
    {0x174, 1, "IA32_SYSENTER_CS", AT(sysenter_cs), 0, 0xffffffff, NULL, NULL, NULL},
    {0x175, 1, "IA32_SYSENTER_ESP", AT(sysenter_esp), 0, ALL, NULL, write_canonical, NULL},
    {0x176, 1, "IA32_SYSENTER_EIP", AT(sysenter_eip), 0, ALL, NULL, write_canonical, NULL},
    // Machine checks (3B 15.3): no banks, so neither IA32_MCG_CTL nor any IA32_MCi; the Pentium's two registers are views of one.
    {0x179, 1, "IA32_MCG_CAP", NONE, 0, 0, NULL, NULL, NULL},
    {0x17a, 1, "IA32_MCG_STATUS", AT(mcg_status), 0, MCG_STATUS, NULL, NULL, NULL},
    {0x1a0, 1, "IA32_MISC_ENABLE", AT(misc_enable), MISC_ENABLE, MISC_WRITABLE, NULL, write_misc_enable, NULL},
    {0x1d9, 1, "IA32_DEBUGCTL", NONE, 0, BIT(0) | BIT(1), NULL, write_ignored, NULL}, // no branch records are kept
    {0x200, 16, "IA32_MTRR_PHYSBASE0", AT(mtrr_var), 0, ALL, NULL, write_mtrr_var, NULL},
    {0x250, 1, "IA32_MTRR_FIX64K_00000", AT(mtrr_fixed[0]), 0, ALL, NULL, write_mtrr_fixed, NULL},
    {0x258, 2, "IA32_MTRR_FIX16K_80000", AT(mtrr_fixed[1]), 0, ALL, NULL, write_mtrr_fixed, NULL},
    {0x268, 8, "IA32_MTRR_FIX4K_C0000", AT(mtrr_fixed[3]), 0, ALL, NULL, write_mtrr_fixed, NULL},
    {0x277, 1, "IA32_PAT", AT(pat), PAT_RESET, ALL, NULL, write_pat, NULL},
    {0x2ff, 1, "IA32_MTRR_DEF_TYPE", AT(mtrr_def), 0, BIT(11) | BIT(10) | 0xff, NULL, write_mtrr_def, NULL},
    {0x6e0, 1, "IA32_TSC_DEADLINE", NONE, 0, ALL, read_deadline, write_deadline, has_deadline},
    {0x6e1, 1, "IA32_PKRS", AT(pkrs), 0, ALL, NULL, write_pkrs, has_pks},
    {0x800, 0x40, "x2APIC", NONE, 0, ALL, read_x2apic, write_x2apic, NULL},
    {0xda0, 1, "IA32_XSS", AT(xss), 0, ALL, NULL, write_xss, has_xsaves},
    {0xc0000080, 1, "IA32_EFER", AT(efer), 0, ALL, NULL, write_efer, NULL},
    {0xc0000081, 1, "IA32_STAR", AT(star), 0, ALL, NULL, NULL, has_long_mode},
    {0xc0000082, 1, "IA32_LSTAR", AT(lstar), 0, ALL, NULL, write_canonical, has_long_mode},
    {0xc0000083, 1, "IA32_CSTAR", AT(cstar), 0, ALL, NULL, write_canonical, has_long_mode},
    {0xc0000084, 1, "IA32_FMASK", AT(fmask), 0, 0xffffffff, NULL, NULL, has_long_mode},
    {0xc0000100, 2, "IA32_FS_BASE", NONE, 0, ALL, read_segment_base, write_segment_base, has_long_mode},
    {0xc0000102, 1, "IA32_KERNEL_GS_BASE", AT(kernel_gs_base), 0, ALL, NULL, write_canonical, has_long_mode},
    {0xc0000103, 1, "IA32_TSC_AUX", AT(tsc_aux), 0, 0xffffffff, NULL, NULL, has_rdtscp},
};

static const struct msr *find(const struct x86_cpu *c, u32 number) {
    for (const struct msr *m = table; m < table + countof(table); m++)
        if (number - m->number < m->count) return !m->present || m->present(c->model) ? m : NULL;
    return NULL;
}

static int value_of(struct x86_cpu *c, const struct msr *m, u32 index, u64 *v) {
    if (m->read) return m->read(c, m, index, v);
    *v = m->reset;
    if (m->offset != NONE) memcpy(v, (u8 *)&c->s + m->offset + index * sizeof *v, sizeof *v);
    return 0;
}

int x86_msr_read(struct x86_cpu *c, u32 number, u64 *value) {
    const struct msr *m = find(c, number);
    return m ? value_of(c, m, number - m->number, value) : ERR_NOT_FOUND;
}

int x86_msr_write(struct x86_cpu *c, u32 number, u64 v) {
    const struct msr *m = find(c, number);
    u64 now = 0;
    if (!m) return ERR_NOT_FOUND;
    u32 index = number - m->number;
    if (m->writable != ALL) {
        if (value_of(c, m, index, &now) || ((v ^ now) & ~m->writable)) return ERR_INVALID;
        if (!m->writable) return ERR_INVALID; // read-only, even its own value
    }
    if (m->write) return m->write(c, m, index, v);
    memcpy((u8 *)&c->s + m->offset + index * sizeof v, &v, sizeof v);
    return 0;
}

void x86_msr_reset(struct x86_cpu *c) {
    for (const struct msr *m = table; m < table + countof(table); m++)
        if (m->reset && m->offset != NONE) memcpy((u8 *)&c->s + m->offset, &m->reset, sizeof m->reset);
}
