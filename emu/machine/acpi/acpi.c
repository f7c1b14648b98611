// SPDX-License-Identifier: MIT
// ACPI's static tables. Layout of what acpi_build writes, each at a 16-byte boundary:
//   RSDP | FACS (64-byte boundary) | DSDT | FADT | MADT | HPET | MCFG | RSDT | XSDT
#include "machine/acpi/acpi.h"
#include "base/bits.h"
#include "base/le.h"
#include "dev/acpi_pm.h"
#include "machine/acpi/acpi_dsdt.h"

#define OEM "SFTMTL"
#define OEM_TABLE "SOFTMETL"
#define CREATOR "SMTL"
#define TABLES 5 // that the RSDT and XSDT list at most

struct builder {
    const struct acpi_board *board;
    u8 *out;
    size_t room, at;
    gpa_t base;
    bool overflow;
    u32 listed[TABLES]; // guest-physical addresses for the RSDT and XSDT
    unsigned count;
};

// `bytes` zeroed bytes at the next multiple of `align`; a scratch offset when there is no room (overflow is set).
static size_t reserve(struct builder *b, size_t bytes, size_t align) {
    size_t at = align_up(b->at, align);
    if (!range_inside(at, bytes, b->room)) {
        b->overflow = true;
        return 0;
    }
    memset(b->out + b->at, 0, at + bytes - b->at);
    b->at = at + bytes;
    return at;
}

static u32 address(const struct builder *b, size_t at) { return (u32)(b->base + at); }

// Makes the bytes sum to 0; *checksum is one of them.
static void seal(u8 *p, size_t n, u8 *checksum) {
    u8 sum = 0;
    *checksum = 0;
    for (size_t i = 0; i < n; i++) sum = (u8)(sum + p[i]);
    *checksum = (u8)-sum;
}

// Table header (5.2.6):
//   0 signature  4 length  8 revision  9 checksum  A OEM id (6)  10 OEM table id (8)  18 OEM revision  1C creator (4)
//   20 creator revision
#define HEADER 36

static void header(u8 *t, const char *signature, u32 length, u8 revision) {
    memcpy(t, signature, 4);
    st32(t + 4, length);
    t[8] = revision;
    memcpy(t + 10, OEM, 6);
    memcpy(t + 16, OEM_TABLE, 8);
    st32(t + 24, 1);
    memcpy(t + 28, CREATOR, 4);
    st32(t + 32, 1);
    seal(t, length, t + 9);
}

// Generic address structure (5.2.3.2): space, bits, bit offset, access size, address (8).
enum gas_space { GAS_MEMORY = 0, GAS_IO = 1 };
static void gas(u8 *p, enum gas_space space, unsigned bytes, u64 at) {
    p[0] = (u8)space;
    p[1] = (u8)(8 * bytes);
    p[3] = bytes == 1 ? 1 : bytes == 2 ? 2 : bytes == 4 ? 3 : 0;
    st64(p + 4, at);
}

static u32 facs(struct builder *b) {
    enum { LENGTH = 64 };
    size_t at = reserve(b, LENGTH, LENGTH);
    if (b->overflow) return 0;
    memcpy(b->out + at, "FACS", 4);
    st32(b->out + at + 4, LENGTH);
    b->out[at + 32] = 2; // version
    return address(b, at);
}

static u32 dsdt(struct builder *b) {
    size_t at = reserve(b, HEADER, 16);
    if (b->overflow) return 0;
    struct aml a = {.out = b->out, .room = b->room, .at = b->at};
    acpi_dsdt(b->board, &a);
    b->at = a.at;
    b->overflow = a.overflow;
    if (!b->overflow) header(b->out + at, "DSDT", (u32)(a.at - at), 2);
    return address(b, at);
}

// FADT (5.2.9), by byte offset.
enum fadt {
    FADT_FACS = 36,
    FADT_DSDT = 40,
    FADT_PROFILE = 45,
    FADT_SCI = 46,
    FADT_SMI_CMD = 48,
    FADT_ACPI_ENABLE = 52,
    FADT_ACPI_DISABLE = 53,
    FADT_PM1A_EVT = 56,
    FADT_PM1A_CNT = 64,
    FADT_PM_TMR = 76,
    FADT_GPE0 = 80,
    FADT_PM1_EVT_LEN = 88,
    FADT_PM1_CNT_LEN = 89,
    FADT_PM_TMR_LEN = 91,
    FADT_GPE0_LEN = 92,
    FADT_C2_LATENCY = 96,
    FADT_C3_LATENCY = 98,
    FADT_CENTURY = 108,
    FADT_BOOT_ARCH = 109,
    FADT_FLAGS = 112,
    FADT_RESET_REG = 116,
    FADT_RESET_VALUE = 128,
    FADT_MINOR = 131,
    FADT_X_DSDT = 140,
    FADT_X_PM1A_EVT = 148,
    FADT_X_PM1A_CNT = 172,
    FADT_X_PM_TMR = 208,
    FADT_X_GPE0 = 220,
    FADT_LENGTH = 276,
};
enum boot_arch { BOOT_LEGACY_DEVICES = 1 << 0, BOOT_8042 = 1 << 1, BOOT_NO_VGA = 1 << 2 };
enum fadt_flags {
    FLAG_WBINVD = 1 << 0,
    FLAG_PROC_C1 = 1 << 2,
    FLAG_SLEEP_BUTTON = 1 << 5,
    FLAG_FIX_RTC = 1 << 6,
    FLAG_TMR_VAL_EXT = 1 << 8,
    FLAG_RESET_REG = 1 << 10,
};
enum { PROFILE_DESKTOP = 1, NO_C2 = 101, NO_C3 = 1001 };

static void fadt(struct builder *b, u32 facs_at, u32 dsdt_at) {
    const struct acpi_board *d = b->board;
    size_t at = reserve(b, FADT_LENGTH, 16);
    if (b->overflow) return;
    u8 *t = b->out + at;
    st32(t + FADT_FACS, facs_at);
    st32(t + FADT_DSDT, dsdt_at);
    st64(t + FADT_X_DSDT, dsdt_at);
    t[FADT_PROFILE] = PROFILE_DESKTOP;
    st16(t + FADT_SCI, d->sci);
    st32(t + FADT_SMI_CMD, d->smi_port);
    t[FADT_ACPI_ENABLE] = d->smi_port ? ACPI_SMI_ENABLE : 0;
    t[FADT_ACPI_DISABLE] = d->smi_port ? ACPI_SMI_DISABLE : 0;

    u16 evt = d->pm_base + ACPI_PM1_EVT, cnt = d->pm_base + ACPI_PM1_CNT, tmr = d->pm_base + ACPI_PM_TMR;
    st32(t + FADT_PM1A_EVT, evt);
    st32(t + FADT_PM1A_CNT, cnt);
    st32(t + FADT_PM_TMR, tmr);
    st32(t + FADT_GPE0, d->gpe0_base);
    t[FADT_PM1_EVT_LEN] = ACPI_PM1_EVT_LEN;
    t[FADT_PM1_CNT_LEN] = ACPI_PM1_CNT_LEN;
    t[FADT_PM_TMR_LEN] = ACPI_PM_TMR_LEN;
    t[FADT_GPE0_LEN] = d->gpe0_base ? ACPI_GPE0_PORTS : 0;
    gas(t + FADT_X_PM1A_EVT, GAS_IO, ACPI_PM1_EVT_LEN, evt);
    gas(t + FADT_X_PM1A_CNT, GAS_IO, ACPI_PM1_CNT_LEN, cnt);
    gas(t + FADT_X_PM_TMR, GAS_IO, ACPI_PM_TMR_LEN, tmr);
    if (d->gpe0_base) gas(t + FADT_X_GPE0, GAS_IO, ACPI_GPE0_PORTS, d->gpe0_base);

    st16(t + FADT_C2_LATENCY, NO_C2);
    st16(t + FADT_C3_LATENCY, NO_C3);
    t[FADT_CENTURY] = d->century;
    st16(t + FADT_BOOT_ARCH, BOOT_LEGACY_DEVICES | BOOT_8042 | BOOT_NO_VGA);
    // SLEEP_BUTTON set means that there is none as fixed hardware; PWR_BUTTON clear, that there is one.
    u32 flags = FLAG_WBINVD | FLAG_PROC_C1 | FLAG_SLEEP_BUTTON | FLAG_FIX_RTC;
    if (d->pm_timer_32bit) flags |= FLAG_TMR_VAL_EXT;
    if (d->reset_port) {
        flags |= FLAG_RESET_REG;
        gas(t + FADT_RESET_REG, GAS_IO, 1, d->reset_port);
        t[FADT_RESET_VALUE] = d->reset_value;
    }
    st32(t + FADT_FLAGS, flags);
    t[FADT_MINOR] = 5;
    header(t, "FACP", FADT_LENGTH, 6);
    b->listed[b->count++] = address(b, at);
}

// MADT (5.2.12): local APIC address, flags (bit 0: PICs too), then entries {type, length, ...}.
enum { MADT_FIXED = 44, MADT_LAPIC = 8, MADT_IOAPIC = 12, MADT_OVERRIDE = 10, MADT_NMI = 6, MADT_PCAT_COMPAT = 1 };

// MPS INTI flags: polarity 1:0 (1 high, 3 low), trigger 3:2 (1 edge, 3 level).
static u16 inti_flags(const struct acpi_override *o) { return (u16)((o->active_low ? 3 : 1) | (o->level ? 3 : 1) << 2); }

static void madt(struct builder *b) {
    const struct acpi_board *d = b->board;
    u32 length = MADT_FIXED + MADT_LAPIC + MADT_IOAPIC + d->override_count * MADT_OVERRIDE + MADT_NMI;
    size_t at = reserve(b, length, 16);
    if (b->overflow) return;
    u8 *t = b->out + at, *e = t + MADT_FIXED;
    st32(t + HEADER, d->lapic_base);
    st32(t + HEADER + 4, MADT_PCAT_COMPAT);

    e[0] = 0; // local APIC
    e[1] = MADT_LAPIC;
    e[2] = e[3] = d->lapic_id;
    st32(e + 4, 1); // enabled
    e += MADT_LAPIC;

    e[0] = 1; // I/O APIC
    e[1] = MADT_IOAPIC;
    e[2] = d->ioapic_id;
    st32(e + 4, d->ioapic_base);
    st32(e + 8, d->ioapic_gsi_base);
    e += MADT_IOAPIC;

    for (unsigned i = 0; i < d->override_count; i++, e += MADT_OVERRIDE) {
        e[0] = 2; // interrupt source override
        e[1] = MADT_OVERRIDE;
        e[3] = d->overrides[i].irq;
        st32(e + 4, d->overrides[i].gsi);
        st16(e + 8, inti_flags(&d->overrides[i]));
    }

    e[0] = 4; // local APIC NMI: LINT1 of every processor
    e[1] = MADT_NMI;
    e[2] = 0xff;
    e[5] = 1;
    header(t, "APIC", length, 5);
    b->listed[b->count++] = address(b, at);
}

// HPET (IA-PC HPET 1.0a, 3.2.4).
static void hpet(struct builder *b) {
    enum { LENGTH = 56 };
    const struct acpi_board *d = b->board;
    if (!d->hpet_base) return;
    size_t at = reserve(b, LENGTH, 16);
    if (b->overflow) return;
    u8 *t = b->out + at;
    st32(t + 36, d->hpet_block_id);
    gas(t + 40, GAS_MEMORY, 0, d->hpet_base);
    st16(t + 53, d->hpet_min_tick);
    header(t, "HPET", LENGTH, 1);
    b->listed[b->count++] = address(b, at);
}

// MCFG (PCI Firmware Specification 3.3, 4.1.2): one segment, bus 0 alone.
static void mcfg(struct builder *b) {
    enum { LENGTH = 60 };
    const struct acpi_board *d = b->board;
    if (!d->ecam_base) return;
    size_t at = reserve(b, LENGTH, 16);
    if (b->overflow) return;
    st64(b->out + at + 44, d->ecam_base);
    header(b->out + at, "MCFG", LENGTH, 1);
    b->listed[b->count++] = address(b, at);
}

// RSDT and XSDT: the same list with 4- and 8-byte addresses.
static u32 root_table(struct builder *b, const char *signature, unsigned width) {
    u32 length = HEADER + b->count * width;
    size_t at = reserve(b, length, 16);
    if (b->overflow) return 0;
    u8 *t = b->out + at;
    for (unsigned i = 0; i < b->count; i++) st_width(t + HEADER + i * width, width, b->listed[i]);
    header(t, signature, length, 1);
    return address(b, at);
}

// RSDP (5.2.5.3): signature (8), checksum of 20 bytes, OEM id (6), revision, RSDT, length, XSDT (8), checksum of 36.
static void rsdp(u8 *t, u32 rsdt, u32 xsdt) {
    enum { LENGTH_1 = 20, LENGTH_2 = 36 };
    memcpy(t, "RSD PTR ", 8);
    memcpy(t + 9, OEM, 6);
    t[15] = 2;
    st32(t + 16, rsdt);
    st32(t + 20, LENGTH_2);
    st64(t + 24, xsdt);
    seal(t, LENGTH_1, t + 8);
    seal(t, LENGTH_2, t + 32);
}

i64 acpi_build(const struct acpi_board *board, struct plat *p, gpa_t at, u8 *out, size_t room) {
    struct builder b = {.board = board, .out = out, .room = room, .base = at};
    size_t root = reserve(&b, 36, 16);
    u32 facs_at = facs(&b), dsdt_at = dsdt(&b);
    fadt(&b, facs_at, dsdt_at);
    madt(&b);
    hpet(&b);
    mcfg(&b);
    u32 rsdt = root_table(&b, "RSDT", 4), xsdt = root_table(&b, "XSDT", 8);
    if (b.overflow) {
        log_error(p, "ACPI tables do not fit the %zu bytes reserved for them at %#llx", room, (unsigned long long)at);
        return ERR_RANGE;
    }
    rsdp(out + root, rsdt, xsdt);
    return (i64)b.at;
}
