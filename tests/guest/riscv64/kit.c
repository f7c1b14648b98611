// SPDX-License-Identifier: MIT
// Runs the tests of the image one after the other, each from the same state, and says how they went on the serial port. Ends through
// the test finisher: power-off when all passed, a failure otherwise.
#include "kit.h"

extern struct frame frame;
extern const char kit_back[], kit_s_trap[], mode_stack_end[];
void enter(const void *code, u64 arg, const void *sp, const void *ra);
_Noreturn void leave(void);
void trap(void);
_Noreturn void kit_main(void);

struct caught caught;

void put(char c) {
    while (!(MMIO8(UART + 5) & 0x20)) {}
    MMIO8(UART) = (u8)c;
}

// ---- traps

static bool is_at(u64 pc, const char *label) { return pc == (u64)label || pc == (u64)alias(label); }

void trap(void) {
    u64 cause = CSR_READ(mcause), pc = CSR_READ(mepc);
    if (on_trap && on_trap(&frame, cause)) return;
    caught.f = frame;
    caught.cause = cause;
    caught.tval = CSR_READ(mtval);
    caught.pc = pc;
    caught.mode = (enum mode)(CSR_READ(mstatus) >> 11 & 3);
    if (cause == BREAKPOINT && is_at(pc, kit_back)) caught.cause = NOTHING;
    if (cause == BREAKPOINT && is_at(pc, kit_s_trap)) caught.cause = TO_S;
    leave();
}

u64 run(enum mode mode, const void *code, u64 arg) {
    bool alias_it = mode == U && CSR_READ(satp); // U-mode sees this image there alone
    CSR_CLEAR(mstatus, MSTATUS_MPP);
    CSR_SET(mstatus, (u64)mode << 11);
    enter(code, arg, alias_it ? alias(mode_stack_end) : mode_stack_end, alias_it ? alias(kit_back) : kit_back);
    return caught.cause;
}

static unsigned probed;
static bool skip_illegal(struct frame *f, u64 cause) {
    f->x[0] += 4;
    probed++;
    return cause == ILLEGAL;
}

// A CSRRS of that register to zero, made up in memory.
bool csr_exists(unsigned csr) {
    static u32 code[2];
    hook *old = on_trap;
    code[0] = csr << 20 | 2 << 12 | 0x73 | 5 << 7;
    code[1] = 0x00008067; // ret
    __asm__ volatile("fence.i" : : : "memory");
    on_trap = skip_illegal;
    probed = 0;
    __asm__ volatile("jalr %0" : : "r"(code) : "ra", "t0", "memory");
    on_trap = old;
    return !probed;
}

// ---- memory

static u8 pool[96][4096] __attribute__((aligned(4096)));
static unsigned used;
void *page(void) { return memset(pool[used++], 0, 4096); }

static u64 *root;
static unsigned root_levels;

bool paging(unsigned levels) {
    root = page();
    root_levels = levels;
    *entry(RAM, 3) = PTE(RAM, V | R | W | X | A | D);
    *entry(ALIAS, 3) = PTE(RAM, V | R | W | X | UP | A | D);
    u64 satp = (u64)(levels + 5) << 60 | (u64)root >> 12;
    CSR_WRITE(satp, satp);
    sfence();
    return CSR_READ(satp) == satp;
}

u64 *entry(u64 va, unsigned level) {
    u64 *table = root;
    for (unsigned l = root_levels;; l--) {
        u64 *e = &table[va >> (3 + 9 * l) & 511];
        if (l == level) return e;
        if (!(*e & V)) *e = PTE(page(), V);
        table = (u64 *)(*e >> 10 << 12);
    }
}

void map(u64 va, unsigned level, u64 pa, unsigned flags) {
    *entry(va, level) = PTE(pa, flags);
    sfence();
}

// ---- tests

static void kit_reset(void) {
    used = 0;
    CSR_WRITE(satp, 0);
    sfence();
    CSR_WRITE(mstatus, MSTATUS_FS);
    CSR_WRITE(medeleg, 0);
    CSR_WRITE(mideleg, 0);
    CSR_WRITE(mie, 0);
    MSIP = 0;
    MTIMECMP = ~(u64)0;
    CSR_WRITE(mip, 0);
    CSR_WRITE(mcounteren, 0);
    CSR_WRITE(scounteren, 0);
    if (csr_exists(0x30a)) CSR_WRITE(0x30a, 0); // menvcfg
    if (csr_exists(0x10a)) CSR_WRITE(0x10a, 0); // senvcfg
    CSR_WRITE(stvec, kit_s_trap);
    CSR_WRITE(pmpaddr0, ~(u64)0 >> 10); // everything, to everyone
    CSR_WRITE(pmpcfg0, 0x1f);
    sfence();
    for (unsigned i = 0; i < 64; i++) MMIO32(PLIC + 4 * i) = 0;
    for (unsigned context = 0; context < 2; context++) {
        MMIO32(PLIC + 0x2000 + 0x80 * context) = 0;
        MMIO32(PLIC + 0x200000 + 0x1000 * context) = 0;
    }
    MMIO8(UART + 1) = 0;
}

void kit_main(void) {
    MMIO32(0x100000) = virt_run(kit_reset) ? 0x5555 : 1 << 16 | 0x3333;
    for (;;) {}
}
