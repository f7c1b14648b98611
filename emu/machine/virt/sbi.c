// SPDX-License-Identifier: MIT
#include "machine/virt/sbi.h"

#include "emu/emu.h"

#define SPEC_VERSION (2u << 24) // 2.0
// An implementation ID that is not registered (the specification's table of them).
#define IMPLEMENTATION 0x736f6674
#define HART 0 // the one there is

enum {
    EID_SET_TIMER,
    EID_PUTCHAR,
    EID_GETCHAR,
    EID_CLEAR_IPI,
    EID_SEND_IPI,
    EID_FENCE_I,
    EID_SFENCE_VMA,
    EID_SFENCE_VMA_ASID,
    EID_SHUTDOWN,
    EID_BASE = 0x10,
    EID_TIME = 0x54494d45,
    EID_IPI = 0x735049,
    EID_RFENCE = 0x52464e43,
    EID_HSM = 0x48534d,
    EID_SRST = 0x53525354,
    EID_DBCN = 0x4442434e,
};

// Bytes of one console call; callers go on behind what was written (12.1).
#define TEXT_MAX 4096

struct answer {
    i64 error;
    u64 value;
};

static struct answer fails(enum sbi_error e) { return (struct answer){.error = e}; }
static struct answer gives(u64 value) { return (struct answer){.value = value}; }

// A mask of harts from `base` on, or all of them (chapter 3). ERR_INVALID_PARAM when one of them does not exist.
static enum sbi_error chosen(u64 mask, u64 base, bool *hart) {
    *hart = base == ~(u64)0 || (base <= HART && mask >> (HART - base) & 1);
    if (base == ~(u64)0 || !mask) return SBI_SUCCESS;
    return base == HART && mask == 1 ? SBI_SUCCESS : SBI_ERR_INVALID_PARAM;
}

static bool has(u64 extension) {
    static const u32 there[] = {EID_BASE, EID_TIME, EID_IPI, EID_RFENCE, EID_HSM, EID_SRST, EID_DBCN};
    for (unsigned i = 0; i < countof(there); i++)
        if (there[i] == extension) return true;
    return extension <= EID_SHUTDOWN;
}

static struct answer base(const struct sbi_host *h, const u64 *a) {
    switch (a[6]) {
    case 0: return gives(SPEC_VERSION);
    case 1: return gives(IMPLEMENTATION);
    case 2: return gives(1);
    case 3: return gives(has(a[0]));
    case 4: return gives(h->mvendorid);
    case 5: return gives(h->marchid);
    case 6: return gives(h->mimpid);
    default: return fails(SBI_ERR_NOT_SUPPORTED);
    }
}

static struct answer timer(const struct sbi_host *h, const u64 *a) {
    if (a[6]) return fails(SBI_ERR_NOT_SUPPORTED);
    h->set_timer(h->ctx, a[0]);
    return gives(0);
}

static struct answer ipi(const struct sbi_host *h, const u64 *a) {
    bool hart;
    if (a[6]) return fails(SBI_ERR_NOT_SUPPORTED);
    enum sbi_error e = chosen(a[0], a[1], &hart);
    if (!e && hart) h->raise_ssip(h->ctx);
    return fails(e);
}

// FENCE.I, SFENCE.VMA of a range, of a range in an address space: each drops everything, which is always right. The others are for
// hypervisors.
static struct answer remote_fence(const struct sbi_host *h, const u64 *a) {
    bool hart;
    if (a[6] > 2) return fails(SBI_ERR_NOT_SUPPORTED);
    enum sbi_error e = chosen(a[0], a[1], &hart);
    if (!e && hart) h->fence(h->ctx);
    return fails(e);
}

// 9.4. After a non-retentive suspension the hart starts at resume_addr with its number in a0 and `opaque` in a1, which take the places of an
// answer. All its other registers may have any value: they keep theirs.
static struct answer hart_suspend(const struct sbi_host *h, u32 type, u64 resume, u64 opaque) {
    enum { RETENTIVE = 0, NON_RETENTIVE = 0x80000000 };
    if (type == RETENTIVE) {
        h->wait(h->ctx);
        return gives(0);
    }
    if (type != NON_RETENTIVE) return fails(SBI_ERR_INVALID_PARAM);
    if (resume & 1 || !bus_all_ram(h->bus, resume, 2, false)) return fails(SBI_ERR_INVALID_ADDRESS);
    h->suspend(h->ctx, resume);
    return (struct answer){.error = HART, .value = opaque};
}

static struct answer hart_state(const struct sbi_host *h, const u64 *a) {
    enum { START, STOP, STATUS, SUSPEND };
    switch (a[6]) {
    case START: return fails(a[0] == HART ? SBI_ERR_ALREADY_AVAILABLE : SBI_ERR_INVALID_PARAM);
    case STOP: // no other hart is left that could start it
        h->finish(h->ctx, EMU_HALTED);
        return gives(0);
    case STATUS: return a[0] == HART ? gives(0) : fails(SBI_ERR_INVALID_PARAM);
    case SUSPEND: return hart_suspend(h, (u32)a[0], a[1], a[2]);
    default: return fails(SBI_ERR_NOT_SUPPORTED);
    }
}

// Types: 0 shutdown, 1 cold reboot, 2 warm reboot. Reasons: 0 none, 1 the system has failed. The rest is reserved, or some platform's.
static struct answer system_reset(const struct sbi_host *h, const u64 *a) {
    if (a[6]) return fails(SBI_ERR_NOT_SUPPORTED);
    if ((u32)a[0] > 2 || (u32)a[1] > 1) return fails(SBI_ERR_INVALID_PARAM);
    h->finish(h->ctx, (u32)a[0] ? EMU_RESET : EMU_POWEROFF);
    return gives(0);
}

static struct answer console_write(const struct sbi_host *h, u64 bytes, u64 at) {
    u8 text[256];
    if (!bus_all_ram(h->bus, at, bytes, false)) return fails(SBI_ERR_INVALID_PARAM);
    if (bytes > TEXT_MAX) bytes = TEXT_MAX;
    for (u64 done = 0, n; done < bytes; done += n) {
        n = bytes - done < sizeof text ? bytes - done : sizeof text;
        if (bus_copy_out(h->bus, at + done, text, n)) return fails(SBI_ERR_FAILED);
        h->write(h->ctx, text, n);
    }
    return gives(bytes);
}

static struct answer console_read(const struct sbi_host *h, u64 bytes, u64 at) {
    if (!bus_all_ram(h->bus, at, bytes, true)) return fails(SBI_ERR_INVALID_PARAM);
    if (bytes > TEXT_MAX) bytes = TEXT_MAX;
    u64 n = 0;
    for (int byte; n < bytes && (byte = h->read(h->ctx)) >= 0; n++) {
        u8 b = (u8)byte;
        if (bus_copy_in(h->bus, at + n, &b, 1)) return fails(SBI_ERR_FAILED);
    }
    return gives(n);
}

// Addresses have 128 bits here. There is no memory where the upper 64, in a2, are not 0.
static struct answer console(const struct sbi_host *h, const u64 *a) {
    enum { WRITE, READ, WRITE_BYTE };
    u8 byte = (u8)a[0];
    switch (a[6]) {
    case WRITE: return a[2] ? fails(SBI_ERR_INVALID_PARAM) : console_write(h, a[0], a[1]);
    case READ: return a[2] ? fails(SBI_ERR_INVALID_PARAM) : console_read(h, a[0], a[1]);
    case WRITE_BYTE: h->write(h->ctx, &byte, 1); return gives(0);
    default: return fails(SBI_ERR_NOT_SUPPORTED);
    }
}

// Chapter 5. A mask of harts is at a virtual address here, and is not read: there is one hart, and a fence or interrupt that was not asked
// for does no harm, since either may come at any time.
static i64 legacy(const struct sbi_host *h, const u64 *a) {
    u8 byte = (u8)a[0];
    switch (a[7]) {
    case EID_SET_TIMER: h->set_timer(h->ctx, a[0]); return 0;
    case EID_PUTCHAR: h->write(h->ctx, &byte, 1); return 0;
    case EID_GETCHAR: return h->read(h->ctx);
    case EID_SEND_IPI: h->raise_ssip(h->ctx); return 0;
    case EID_FENCE_I:
    case EID_SFENCE_VMA:
    case EID_SFENCE_VMA_ASID: h->fence(h->ctx); return 0;
    case EID_SHUTDOWN: h->finish(h->ctx, EMU_POWEROFF); return 0;
    default: return 0; // clear IPI: S-mode clears SSIP itself
    }
}

static struct answer dispatch(const struct sbi_host *h, const u64 *a) {
    switch (a[7]) {
    case EID_BASE: return base(h, a);
    case EID_TIME: return timer(h, a);
    case EID_IPI: return ipi(h, a);
    case EID_RFENCE: return remote_fence(h, a);
    case EID_HSM: return hart_state(h, a);
    case EID_SRST: return system_reset(h, a);
    case EID_DBCN: return console(h, a);
    default: return fails(SBI_ERR_NOT_SUPPORTED);
    }
}

void sbi_call(const struct sbi_host *h, u64 a[8]) {
    if (a[7] <= EID_SHUTDOWN) {
        a[0] = (u64)legacy(h, a);
        return;
    }
    struct answer r = dispatch(h, a);
    a[0] = (u64)r.error;
    a[1] = r.value;
}
