// SPDX-License-Identifier: MIT
// ACPI fixed hardware.
//
//   0  PM1_STS  WAK 15 | PCIEXP_WAKE 14 | RTC 10 | SLPBTN 9 | PWRBTN 8 | GBL 5 | BM 4 | TMR 0   (write 1 to clear)
//   2  PM1_EN   RTC 10 | SLPBTN 9 | PWRBTN 8 | GBL 5 | TMR 0
//   4  PM1_CNT  SLP_EN 13 (reads 0) | SLP_TYP 12..10 | GBL_RLS 2 (reads 0) | BM_RLD 1 | SCI_EN 0
//   8  PM_TMR   24 or 32 bits of 3.579545 MHz; TMR_STS is set when the highest bit changes
#include "dev/acpi_pm.h"

#include "base/bits.h"
#include "emu/emu.h"

enum { PM1_STS = 0, PM1_EN = 2, PM1_CNT = 4 };
enum { TMR = 1 << 0, GBL = 1 << 5, PWRBTN = 1 << 8, SLPBTN = 1 << 9, RTC = 1 << 10, WAK = 1 << 15 };
enum { EN_BITS = TMR | GBL | PWRBTN | SLPBTN | RTC };
enum { SCI_EN = 1 << 0, BM_RLD = 1 << 1, SLP_TYP = 7 << 10, SLP_EN = 1 << 13 };

struct acpi_pm_state {
    u64 seen; // half periods of the timer accounted for in TMR_STS
    u16 sts, en, cnt;
    u16 gpe_sts, gpe_en, gpe_lines;
    u8 smi[ACPI_SMI_PORTS];
    u8 timer_bits;
    u8 unused;
};

struct acpi_pm {
    struct acpi_pm_state s;
    struct env *env;
    struct irq_line sci;
    struct event carry; // the timer's highest bit changes
};

static u64 ticks(const struct acpi_pm *pm) { return ns_to_ticks(pm->env->clock->now, ACPI_PM_TIMER_HZ); }
static u64 half_periods(const struct acpi_pm *pm) { return ticks(pm) >> (pm->s.timer_bits - 1); }

static void account(struct acpi_pm *pm) {
    u64 halves = half_periods(pm);
    if (halves != pm->s.seen) pm->s.sts |= TMR;
    pm->s.seen = halves;
}

// The timer's event is only waited for while it would raise the SCI.
static void update(struct acpi_pm *pm) {
    struct acpi_pm_state *s = &pm->s;
    bool wanted = s->sts & s->en || s->gpe_sts & s->gpe_en;
    irq_set(&pm->sci, wanted && s->cnt & SCI_EN);
    if (s->en & TMR && !(s->sts & TMR))
        event_at(pm->env->clock, &pm->carry, ticks_to_ns((s->seen + 1) << (s->timer_bits - 1), ACPI_PM_TIMER_HZ));
    else event_cancel(pm->env->clock, &pm->carry);
}

static void carry(void *ctx, u64 now) {
    struct acpi_pm *pm = ctx;
    account(pm);
    update(pm);
}

static void sleep(struct acpi_pm *pm, u16 cnt) {
    unsigned type = (unsigned)bits(cnt, 12, 10);
    if (type == ACPI_SLP_TYP_S5) {
        pm->env->finish(pm->env->finish_ctx, EMU_POWEROFF, 0);
        return;
    }
    log_warn(pm->env->plat, "acpi: sleep type %u asked for in PM1 control, only S5 (%u) exists: woken at once", type,
             ACPI_SLP_TYP_S5);
    pm->s.sts |= WAK;
}

static void write_cnt(struct acpi_pm *pm, u16 v) {
    // SCI_EN belongs to the SMI handshake; an OS may write it but only the firmware changes it.
    pm->s.cnt = (pm->s.cnt & SCI_EN) | (v & (SLP_TYP | BM_RLD));
    if (v & SLP_EN) sleep(pm, v);
}

static u64 low_bytes(u64 value, unsigned width) { return value & mask(8 * width - 1, 0); }

static u64 timer_value(const struct acpi_pm *pm) { return ticks(pm) & mask(pm->s.timer_bits - 1u, 0); }

// The window's first eight bytes as one word; accesses of any width cut their part out of it.
static u64 registers(const struct acpi_pm_state *s) { return s->sts | (u64)s->en << 16 | (u64)s->cnt << 32; }

static u64 pm_read(void *dev, u64 offset, unsigned width) {
    struct acpi_pm *pm = dev;
    account(pm);
    update(pm);
    u64 word = offset < ACPI_PM_TMR ? registers(&pm->s) : timer_value(pm);
    return low_bytes(word >> (8 * (offset & 7)), width);
}

static void pm_write(void *dev, u64 offset, unsigned width, u64 value) {
    struct acpi_pm *pm = dev;
    struct acpi_pm_state *s = &pm->s;
    if (offset >= ACPI_PM_TMR) return;
    account(pm);
    u64 touched = mask(8 * width - 1, 0) << (8 * offset);
    u64 clear = value << (8 * offset) & touched;
    u64 word = (registers(s) & ~touched) | clear;
    s->sts &= (u16)~clear;
    s->en = (u16)(word >> 16) & EN_BITS;
    if (touched >> 32) write_cnt(pm, (u16)(word >> 32));
    update(pm);
}

const struct io_ops acpi_pm_ops = {pm_read, pm_write, .size = ACPI_PM_PORTS, .widths = IO_ANY};

static u64 gpe_read(void *dev, u64 offset, unsigned width) {
    const struct acpi_pm *pm = dev;
    return low_bytes((pm->s.gpe_sts | (u64)pm->s.gpe_en << 16) >> (8 * offset), width);
}

static void gpe_write(void *dev, u64 offset, unsigned width, u64 value) {
    struct acpi_pm *pm = dev;
    struct acpi_pm_state *s = &pm->s;
    u64 touched = mask(8 * width - 1, 0) << (8 * offset);
    u64 written = value << (8 * offset) & touched;
    s->gpe_sts = (s->gpe_sts & (u16)~written) | s->gpe_lines; // a level that is still up sets its bit again
    s->gpe_en = (u16)((s->gpe_en & (u16)~(touched >> 16)) | (u16)(written >> 16));
    update(pm);
}

const struct io_ops acpi_gpe0_ops = {gpe_read, gpe_write, .size = ACPI_GPE0_PORTS, .widths = IO_ANY};

static u8 smi_read_byte(void *dev, u64 offset) { return ((struct acpi_pm *)dev)->s.smi[offset & 1]; }

static void smi_write_byte(void *dev, u64 offset, u8 v) {
    struct acpi_pm *pm = dev;
    pm->s.smi[offset & 1] = v;
    if (offset) return;
    if (v == ACPI_SMI_ENABLE) pm->s.cnt |= SCI_EN;
    if (v == ACPI_SMI_DISABLE) pm->s.cnt &= (u16)~SCI_EN;
    account(pm);
    update(pm);
}

static u64 smi_read(void *dev, u64 offset, unsigned width) { return smi_read_byte(dev, offset); }

static void smi_write(void *dev, u64 offset, unsigned width, u64 value) { smi_write_byte(dev, offset, (u8)value); }

const struct io_ops acpi_smi_ops = {smi_read, smi_write, .size = ACPI_SMI_PORTS, .widths = IO_BYTES};

void acpi_pm_power_button(struct acpi_pm *pm) {
    account(pm);
    pm->s.sts |= PWRBTN;
    update(pm);
}

static void set_gpe(void *ctx, unsigned n, bool level) {
    struct acpi_pm *pm = ctx;
    u16 bit = (u16)(1u << n);
    pm->s.gpe_lines = level ? pm->s.gpe_lines | bit : pm->s.gpe_lines & (u16)~bit;
    pm->s.gpe_sts |= pm->s.gpe_lines;
    account(pm);
    update(pm);
}

struct irq_line acpi_pm_gpe(struct acpi_pm *pm, unsigned n) {
    return (struct irq_line){.set = set_gpe, .ctx = pm, .pin = n & 15};
}

static bool enter(void *dev) {
    const struct acpi_pm *pm = dev;
    return (pm->s.timer_bits == 24 || pm->s.timer_bits == 32) && pm->s.seen <= half_periods(pm);
}

struct acpi_pm *acpi_pm_create(struct env *e, struct irq_line sci, bool timer_32bit) {
    struct acpi_pm *pm = ENV_DEVICE(e, "acpi_pm", struct acpi_pm, s);
    env_check(e, "acpi_pm", enter, pm);
    pm->env = e;
    pm->sci = sci;
    pm->s.timer_bits = timer_32bit ? 32 : 24;
    event_init(e->clock, &pm->carry, carry, pm);
    pm->s.seen = half_periods(pm);
    return pm;
}
