// SPDX-License-Identifier: MIT
// Runs the tests of the image one after the other, each from the same state, and says how they went on the serial port. Ends by PSCI's
// SYSTEM_OFF.
#include "kit.h"

extern struct frame frame;
extern const char kit_back[], mode_stack_end[], guest_start[], data_start[], guest_end[];
void enter(const void *code, u64 x0, u64 x1, const void *sp, const void *lr, u64 pstate);
_Noreturn void leave(void);
void trap(void);
_Noreturn void kit_main(void);

struct caught caught;
u64 kit_pstate, kit_sp, sctlr;

void put(char c) {
    while (MMIO32(UART + 0x18) & 0x20) {}
    MMIO32(UART) = (u8)c;
}

u64 psci(u64 function, u64 a, u64 b) {
    register u64 x0 __asm__("x0") = function, x1 __asm__("x1") = a, x2 __asm__("x2") = b, x3 __asm__("x3") = 0;
    __asm__ volatile("hvc #0" : "+r"(x0), "+r"(x1), "+r"(x2), "+r"(x3) : : "memory");
    return x0;
}

// ---- exceptions

static bool is_at(u64 pc, const char *label) { return pc == (u64)label || pc == (u64)alias(label); }

static u64 cause_of(u64 esr) {
    static const u64 by_vector[4] = {0, IRQ, FIQ, SERROR};
    if (frame.vector & 3) return by_vector[frame.vector & 3];
    return esr >> 26 == BRK && (esr & 0xffff) == 0xbac && is_at(frame.pc, kit_back) ? NOTHING : esr >> 26;
}

void trap(void) {
    u64 esr = frame.vector & 3 ? 0 : READ(esr_el1);
    if (on_trap && on_trap(&frame, esr)) return;
    caught.f = frame;
    caught.esr = esr;
    caught.iss = esr & 0x1ffffff;
    caught.far = READ(far_el1);
    caught.vector = (unsigned)frame.vector * 0x80;
    leave();
}

u64 run2(enum mode mode, const void *code, u64 x0, u64 x1) {
    bool alias_it = mode == EL0 && mmu_on(); // EL0 sees this image there alone
    const void *sp = alias_it ? alias(mode_stack_end) : mode_stack_end;
    enter(code, x0, x1, kit_sp ? (const void *)kit_sp : sp, alias_it ? alias(kit_back) : kit_back, kit_pstate | mode);
    return cause_of(caught.esr);
}

// ---- memory

enum { POOL = 72 };
static u8 pool[POOL][0x10000] __attribute__((aligned(0x10000)));
static unsigned used;
void *page(void) {
    u64 *p = (u64 *)pool[used++];
    for (unsigned i = 0; i < 0x2000; i++) p[i] = 0;
    return p;
}

void cache_sync(const void *at, u64 bytes) {
    u64 line = 4u << (READ(ctr_el0) & 15), first = (u64)at & ~(line - 1);
    for (u64 a = first; a < (u64)at + bytes; a += line)
        __asm__ volatile("dc cvau, %0\n dsb ish\n ic ivau, %0" : : "r"(a) : "memory");
    __asm__ volatile("dsb ish\n isb" : : : "memory");
}

const struct granule granules[3] = {{12, 0, 2}, {14, 2, 1}, {16, 1, 3}};
static const struct granule *granule;
u64 *root[2];

unsigned level_shift(unsigned level) { return granule->page + (3 - level) * (granule->page - 3); }
static unsigned first_level(void) { return granule->page == 16; }

u64 *entry(u64 va, unsigned level) {
    u64 *table = root[va >> 55 & 1];
    unsigned per_level = granule->page - 3;
    for (unsigned l = first_level();; l++) {
        u64 *e = &table[(va & 0xffffffffffff) >> level_shift(l) & (BIT(per_level) - 1)];
        if (l == level) return e;
        if (!(*e & 1)) *e = (u64)page() | 3;
        table = (u64 *)(*e & 0xffffffff0000);
    }
}

void map(u64 va, u64 pa, u64 flags) {
    *entry(va, 3) = pa | flags;
    __asm__ volatile("dsb ish\n tlbi vaae1, %0\n dsb ish\n isb" : : "r"(va << 8 >> 20) : "memory");
}

void map_at(u64 va, unsigned level, u64 e) {
    *entry(va, level) = e;
    tlbi_all();
}

static bool has(const struct granule *g) {
    u64 id = READ(id_aa64mmfr0_el1);
    return g->page == 12 ? (id >> 28 & 15) != 15 : g->page == 14 ? id >> 20 & 15 : (id >> 24 & 15) != 15;
}

// Code cannot be written, and data not be executed.
static void map_image(void) {
    for (u64 a = (u64)guest_start & ~(BIT(granule->page) - 1); a < (u64)guest_end; a += BIT(granule->page)) {
        bool code = a < (u64)data_start;
        *entry(a, 3) = a | V | AF | ISH | UXN | (code ? RO : PXN);
        *entry((u64)alias((void *)a), 3) = a | V | AF | ISH | PXN | AP_EL0 | (code ? RO : UXN);
    }
    static const u64 devices[] = {GICD, GICC, GICR, GICR + 0x10000, UART, RTC};
    for (unsigned i = 0; i < countof(devices); i++)
        *entry(devices[i], 3) = (devices[i] & ~(BIT(granule->page) - 1)) | V | AF | DEVICE | PXN | UXN;
}

bool paging(const struct granule *g) {
    if (!has(g)) return false;
    WRITE(sctlr_el1, sctlr);
    granule = g;
    for (unsigned i = 0; i < 2; i++) root[i] = page();
    map_image();
    WRITE(mair_el1, 0x4400ff); // Normal, Device-nGnRnE, Normal that is not cacheable
    WRITE(ttbr0_el1, root[0]);
    WRITE(ttbr1_el1, root[1]);
    WRITE(tcr_el1, 16 | 16 << 16 | g->tg0 << 14 | g->tg1 << 30 | (u64)2 << 32 | (u64)0x3500 | (u64)0x3500 << 16); // 40 bits out
    tlbi_all();
    sctlr_with(SCTLR_M, 0);
    return true;
}

// ---- tests

static void kit_reset(void) {
    WRITE(sctlr_el1, sctlr);
    used = 0;
    kit_pstate = PSTATE_DAIF;
    kit_sp = 0;
    WRITE(tcr_el1, 0);
    WRITE(cpacr_el1, (u64)3 << 20);
    WRITE(cntkctl_el1, 0);
    WRITE(cntv_ctl_el0, 0);
    WRITE(cntp_ctl_el0, 0);
    WRITE(mdscr_el1, 0);
    if (FIELD(id_aa64mmfr1_el1, 20)) WRITE(s3_0_c4_c2_3, 0); // PAN
    if (FIELD(id_aa64mmfr2_el1, 4)) WRITE(s3_0_c4_c2_4, 0);  // UAO
    tlbi_all();
    __asm__ volatile("ic iallu\n dsb ish\n isb" : : : "memory");
    MMIO32(UART + 0x30) = 0x301; // on, both ways
    MMIO32(UART + 0x38) = 0;
    MMIO32(UART + 0x44) = 0x7ff;
    gic_reset();
}

void kit_main(void) {
    sctlr = 0x30500980 | SCTLR_SPAN | SCTLR_NTWI | SCTLR_NTWE | SCTLR_I | SCTLR_C;
    virt_run(kit_reset);
    for (;;) psci(0x84000008, 0, 0); // SYSTEM_OFF
}
