// SPDX-License-Identifier: MIT
// The local APIC and the I/O APIC: priorities, who is addressed, levels and their end, what is masked, and errors (SDM 3A 11;
// 82093AA data sheet).
#include "kit.h"

static unsigned count;
static u8 order[16];
static bool note(struct frame *f) {
    if (count < countof(order)) order[count] = (u8)f->vector;
    count++;
    return true;
}
static bool note_eoi(struct frame *f) {
    note(f);
    APIC(APIC_EOI) = 0;
    return true;
}
static void listen(hook *h) {
    for (unsigned v = 0x30; v < 0x100; v++)
        if (v != 0x80) hooks[v] = h;
    count = 0;
}
static void open_window(void) { asm volatile("sti\n nop\n nop\n nop\n nop\n cli" ::: "memory"); }
static unsigned taken(void) {
    count = 0;
    open_window();
    return count;
}
static bool bit(unsigned reg, unsigned v) { return APIC(reg + 0x10 * (v / 32)) >> (v % 32) & 1; }
static void to_self(unsigned vector) { APIC(APIC_ICR) = 0x44000 | vector; }

enum { APIC_VERSION = 0x30, APIC_LDR = 0xd0, APIC_DFR = 0xe0, APIC_TMR = 0x180, APIC_ESR = 0x280, APIC_LVT_ERROR = 0x370 };

// ---- priority

TEST(processor_priority) {
    static const struct {
        u8 service, task, want;
    } rows[] = {{0, 0, 0},          {0, 0x35, 0x35},    {0x61, 0, 0x60},    {0x61, 0x35, 0x60}, {0x61, 0x5f, 0x60},
                {0x61, 0x65, 0x65}, {0x61, 0x60, 0x60}, {0x61, 0x9a, 0x9a}, {0xff, 0x10, 0xf0}};
    listen(note);
    for (unsigned i = 0; i < countof(rows); i++) {
        if (rows[i].service) to_self(rows[i].service), open_window();
        APIC(APIC_TPR) = rows[i].task;
        IS(APIC(APIC_PPR) | i << 8, rows[i].want | i << 8);
        IS(APIC(APIC_TPR), rows[i].task);
        APIC(APIC_TPR) = 0;
        APIC(APIC_EOI) = 0;
    }
}

// By class: a vector passes when its upper four bits are above those of TPR, whatever the lower.
TEST(task_priority_by_class) {
    listen(note_eoi);
    for (unsigned tpr = 0x20; tpr < 0x100; tpr += 0x1f)
        for (unsigned vector = 0x30; vector < 0x100; vector += 0x17) {
            if (vector == 0x80) continue;
            APIC(APIC_TPR) = tpr;
            to_self(vector);
            bool passes = vector >> 4 > tpr >> 4;
            IS(taken() | vector << 8, passes | vector << 8);
            APIC(APIC_TPR) = 0;
            IS(taken(), !passes);
        }
}

TEST(again_while_in_service) {
    listen(note);
    to_self(0x61);
    IS(taken(), 1);
    to_self(0x61), to_self(0x61);
    IS(bit(APIC_ISR, 0x61) << 1 | bit(APIC_IRR, 0x61), 3);
    IS(taken(), 0);
    APIC(APIC_EOI) = 0;
    IS(bit(APIC_ISR, 0x61), 0);
    IS(taken(), 1);
    APIC(APIC_EOI) = 0;
    IS(taken(), 0);
}

static bool nest(struct frame *f) {
    note(f);
    if (f->vector < 0xd0) to_self((unsigned)f->vector + 0x10), open_window();
    if (f->vector == 0xd1) {
        for (unsigned v = 0x91; v <= 0xd1; v += 0x10) IS(bit(APIC_ISR, v), 1);
        for (unsigned v = 0xd1; v >= 0x91; v -= 0x10) { // EOI is for the highest
            APIC(APIC_EOI) = 0;
            IS(bit(APIC_ISR, v), 0);
            IS(APIC(APIC_PPR), v == 0x91 ? 0 : v - 0x11);
        }
    }
    return true;
}
TEST(nesting) {
    listen(nest);
    to_self(0x91);
    IS(taken(), 5);
    APIC(APIC_EOI) = 0; // with nothing in service: nothing
    IS(APIC(APIC_PPR), 0);
}

// ---- who is addressed

static unsigned sent(u32 high, u32 low) {
    APIC(APIC_ICR_HIGH) = high << 24;
    APIC(APIC_ICR) = low;
    unsigned n = taken();
    if (n) IS(order[0], low & 0xff);
    return n;
}
TEST(physical_destination) {
    u32 id = APIC(APIC_ID) >> 24;
    listen(note_eoi);
    IS(sent(id, 0x4051), 1);
    IS(sent(id + 1, 0x4052), 0);
    IS(sent(0xff, 0x4053), 1); // to all
    IS(sent(7, 0x44054), 1);   // shorthands need no destination: self
    IS(sent(7, 0x84055), 1);   // all, this one too
    IS(sent(id, 0xc4056), 0);  // all others
    IS(APIC(APIC_ICR_HIGH) >> 24, id);
    IS(APIC(APIC_ICR) & 0xcefff, 0xc4056);
}

TEST(logical_destination) {
    listen(note_eoi);
    APIC(APIC_DFR) = 0xffffffff; // flat: a bit each
    APIC(APIC_LDR) = 4 << 24;
    IS(APIC(APIC_LDR), 4 << 24);
    IS(sent(4, 0x4851), 1);
    IS(sent(3, 0x4852), 0);
    IS(sent(0x0c, 0x4853), 1);
    IS(sent(0xff, 0x4854), 1);
    IS(sent(4, 0x4955), 1);      // lowest priority: the only one
    APIC(APIC_DFR) = 0x0fffffff; // clusters: number, and a bit each
    APIC(APIC_LDR) = 0x32 << 24;
    IS(APIC(APIC_DFR), 0x0fffffff);
    IS(sent(0x32, 0x4856), 1);
    IS(sent(0x3f, 0x4857), 1);
    IS(sent(0x31, 0x4858), 0);
    IS(sent(0x22, 0x4859), 0);
    IS(sent(0xff, 0x485a), 1);
}

// ---- on and off

TEST(software_disable) {
    listen(note_eoi);
    APIC(APIC_LVT_TIMER) = 0x51, APIC(APIC_LINT0) = 0x700;
    APIC(APIC_SVR) = 0xff;
    IS(APIC(APIC_LVT_TIMER) & 0x10000, 0x10000); // masked all
    IS(APIC(APIC_LINT0) & 0x10000, 0x10000);
    APIC(APIC_LVT_TIMER) = 0x51; // and no one unmasks them
    IS(APIC(APIC_LVT_TIMER), 0x10051);
    to_self(0x52); // not accepted
    APIC(APIC_SVR) = 0x1ff;
    IS(APIC(APIC_LVT_TIMER), 0x10051); // they stay masked
    IS(taken(), 0);
    to_self(0x53);
    APIC(APIC_SVR) = 0xff; // accepted before: delivered still (11.4.7.2)
    IS(taken(), 1);
    IS(order[0], 0x53);
    APIC(APIC_SVR) = 0x1ff;
}

TEST(global_disable) {
    listen(note_eoi);
    HOLDS(cpuid(1, 0, EDX) & 1 << 9);
    APIC(APIC_TPR) = 0x20, APIC(APIC_LDR) = 1 << 24;
    u64 base = rdmsr(MSR_APIC_BASE);
    wrmsr(MSR_APIC_BASE, base & ~(u64)0x800);
    HOLDS(!(cpuid(1, 0, EDX) & 1 << 9));
    wrmsr(MSR_APIC_BASE, base);
    HOLDS(cpuid(1, 0, EDX) & 1 << 9);
    IS(APIC(APIC_TPR), 0); // as after reset
    IS(APIC(APIC_LDR), 0);
    IS(APIC(APIC_DFR), 0xffffffff);
    IS(APIC(APIC_SVR), 0xff);
    IS(APIC(APIC_LVT_TIMER), 0x10000);
}

TEST(no_broadcast_suppression) { // version bit 24 denies it, and SVR bit 12 does not stick then
    IS(APIC(APIC_VERSION) >> 24 & 1, 0);
    APIC(APIC_SVR) = 0x11ff;
    IS(APIC(APIC_SVR), 0x1ff);
}

// ---- local vector table

TEST(a_masked_timer_is_lost) {
    listen(note_eoi);
    APIC(APIC_DIVIDE) = 0xb;
    APIC(APIC_LVT_TIMER) = 0x10051;
    APIC(APIC_INITIAL) = 1000;
    for (unsigned i = 0; i < 100000 && APIC(APIC_CURRENT); i++) asm volatile("pause");
    IS(APIC(APIC_CURRENT), 0);
    APIC(APIC_LVT_TIMER) = 0x51;
    IS(taken(), 0);
}

TEST(registers_that_keep_only_their_bits) {
    static const struct {
        u16 at;
        u32 want;
    } rows[] = {{APIC_LVT_TIMER, 0x700ff}, {APIC_LVT_ERROR, 0x100ff}, {APIC_TPR, 0xff},           {APIC_LDR, 0xff000000},
                {APIC_DFR, 0xffffffff},    {APIC_DIVIDE, 0xb},        {APIC_ICR_HIGH, 0xff000000}};
    for (unsigned i = 0; i < countof(rows); i++) {
        u32 before = APIC(rows[i].at);
        APIC(rows[i].at) = 0xffffffff;
        IS(APIC(rows[i].at), rows[i].want);
        APIC(rows[i].at) = before;
    }
    u32 version = APIC(APIC_VERSION);
    APIC(APIC_VERSION) = 0;
    IS(APIC(APIC_VERSION), version);
    APIC(APIC_PPR) = 0xff, APIC(APIC_ISR) = 0xff, APIC(APIC_IRR) = 0xff;
    IS(APIC(APIC_PPR) | APIC(APIC_ISR) | APIC(APIC_IRR), 0);
}

static u32 errors(void) {
    APIC(APIC_ESR) = 0; // a write shows what has come together since the last
    return APIC(APIC_ESR);
}
TEST(error_status) {
    listen(note_eoi);
    errors();
    IS(errors(), 0);
    to_self(5);
    IS(APIC(APIC_ESR), 0);
    IS(errors() & 0x20, 0x20); // an illegal vector was sent
    IS(errors(), 0);
    APIC(APIC_LVT_ERROR) = 0x5e;
    to_self(5);
    IS(taken(), 1);
    IS(order[0], 0x5e);
    errors();
    (void)APIC(0x40); // there is no such register
    IS(taken(), 1);
    IS(errors(), 0x80);
    APIC(APIC_LVT_ERROR) = 0x1005e;
    to_self(5);
    IS(taken(), 0);
    errors();
    APIC(APIC_DIVIDE) = 0xb, APIC(APIC_LVT_TIMER) = 5, APIC(APIC_INITIAL) = 1; // from its own LVT: received
    for (unsigned i = 0; i < 100000 && APIC(APIC_CURRENT); i++) asm volatile("pause");
    IS(taken(), 0);
    IS(errors(), 0x40);
    APIC(APIC_LVT_TIMER) = 0x10005;
}

TEST(the_page_moves) {
    u32 id = APIC(APIC_ID), version = APIC(APIC_VERSION);
    wrmsr(MSR_APIC_BASE, 0xfeef0900);
    IS(rdmsr(MSR_APIC_BASE), 0xfeef0900);
    IS(*(volatile u32 *)(ureg)(0xfeef0000u + APIC_ID), id);
    IS(*(volatile u32 *)(ureg)(0xfeef0000u + APIC_VERSION), version);
    wrmsr(MSR_APIC_BASE, 0xfee00900);
    IS(APIC(APIC_VERSION), version);
}

// ---- the I/O APIC. Pin 2 is the PIT's output, which stays high behind the terminal count.

enum { MASKED = 1 << 16, LEVEL = 1 << 15, REMOTE_IRR = 1 << 14, LOGICAL = 1 << 11, LOWEST = 1 << 8 };
static u32 io_read(u32 reg) {
    *(volatile u32 *)(ureg)0xfec00000u = reg;
    return *(volatile u32 *)(ureg)0xfec00010u;
}
static void io_write(u32 reg, u32 v) {
    *(volatile u32 *)(ureg)0xfec00000u = reg;
    *(volatile u32 *)(ureg)0xfec00010u = v;
}
static void pin_2(u32 low, u32 destination) {
    io_write(0x14, MASKED);
    io_write(0x15, destination << 24);
    io_write(0x14, low);
}
static void line_low(void) { outb(0x43, 0x30), outb(0x40, 0xff), outb(0x40, 0xff); } // for 55 ms
static void line_high(void) {
    outb(0x43, 0x30), outb(0x40, 10), outb(0x40, 0);
    for (unsigned i = 0; i < 1000000; i++) {
        outb(0x43, 0xe2); // status of counter 0
        if (inb(0x40) & 0x80) return;
    }
    HOLDS(!"the PIT's output rises");
}

TEST(lint0_as_a_vector) { // the 8259's output is an edge like any other, and no INTA goes there
    listen(note_eoi);
    line_low();
    outb(0x21, 0xfe);
    APIC(APIC_LINT0) = 0x5c;
    IS(taken(), 0);
    line_high();
    IS(taken(), 1);
    IS(order[0], 0x5c);
    outb(0x20, 0x0a);
    IS(inb(0x20) & 1, 1); // it requests still
    IS(taken(), 0);
    APIC(APIC_LINT0) = 0x1005c;
    outb(0x21, 0xff);
    line_low();
}

TEST(edge) {
    u32 id = APIC(APIC_ID) >> 24;
    listen(note_eoi);
    line_low();
    pin_2(0x61, id);
    line_high();
    IS(taken(), 1);
    IS(bit(APIC_TMR, 0x61), 0);
    IS(taken(), 0); // high is no edge
    pin_2(MASKED | 0x61, id);
    line_low(), line_high();
    pin_2(0x61, id); // an edge while masked is lost
    IS(taken(), 0);
    line_low(), line_high();
    IS(taken(), 1);
    pin_2(MASKED, id);
    line_low();
}

TEST(level) {
    u32 id = APIC(APIC_ID) >> 24;
    listen(note);
    line_low();
    pin_2(LEVEL | 0x61, id);
    IS(taken(), 0);
    line_high();
    IS(io_read(0x14) & REMOTE_IRR, REMOTE_IRR); // accepted
    IS(bit(APIC_TMR, 0x61), 1);
    IS(taken(), 1);
    IS(io_read(0x14) & REMOTE_IRR, REMOTE_IRR); // until EOI
    IS(taken(), 0);
    APIC(APIC_EOI) = 0;
    IS(io_read(0x14) & REMOTE_IRR, REMOTE_IRR); // high still: again
    IS(taken(), 1);
    line_low();
    IS(io_read(0x14) & REMOTE_IRR, REMOTE_IRR);
    APIC(APIC_EOI) = 0;
    IS(io_read(0x14) & REMOTE_IRR, 0);
    IS(taken(), 0);
    // A level while masked is not lost.
    io_write(0x14, MASKED | LEVEL | 0x61);
    line_high();
    IS(taken(), 0);
    io_write(0x14, LEVEL | 0x61);
    IS(taken(), 1);
    line_low();
    APIC(APIC_EOI) = 0;
    IS(io_read(0x14) & REMOTE_IRR, 0);
    io_write(0x14, MASKED);
}

TEST(eoi_of_another_vector) {
    u32 id = APIC(APIC_ID) >> 24;
    listen(note);
    line_low();
    pin_2(LEVEL | 0x61, id);
    line_high();
    IS(taken(), 1);
    to_self(0x91);
    IS(taken(), 1);
    line_low();
    APIC(APIC_EOI) = 0; // of 91h, the higher
    IS(io_read(0x14) & REMOTE_IRR, REMOTE_IRR);
    APIC(APIC_EOI) = 0;
    IS(io_read(0x14) & REMOTE_IRR, 0);
    pin_2(MASKED, id);
}

TEST(directed_eoi) { // the I/O APIC's own EOI register, from version 20h on
    if ((io_read(1) & 0xff) < 0x20) kit_skip("the I/O APIC has no EOI register");
    listen(note);
    line_low();
    pin_2(LEVEL | 0x61, APIC(APIC_ID) >> 24);
    line_high();
    IS(taken(), 1);
    line_low();
    *(volatile u32 *)(ureg)0xfec00040u = 0x62;
    IS(io_read(0x14) & REMOTE_IRR, REMOTE_IRR);
    *(volatile u32 *)(ureg)0xfec00040u = 0x61;
    IS(io_read(0x14) & REMOTE_IRR, 0);
    APIC(APIC_EOI) = 0;
    io_write(0x14, MASKED);
}

TEST(io_apic_destinations) {
    u32 id = APIC(APIC_ID) >> 24;
    listen(note_eoi);
    APIC(APIC_DFR) = 0xffffffff, APIC(APIC_LDR) = 8 << 24;
    static const struct {
        u32 low;
        u8 to, want;
    } rows[] = {{0x61, 0xff, 1},
                {0x62 | LOGICAL, 8, 1},
                {0x63 | LOGICAL, 4, 0},
                {0x64 | LOGICAL | LOWEST, 0x18, 1},
                {0x65 | LOGICAL | LOWEST, 7, 0}};
    for (unsigned i = 0; i < countof(rows); i++) {
        line_low();
        pin_2(rows[i].low, rows[i].to);
        line_high();
        IS(taken() | i << 8, rows[i].want | i << 8);
        if (rows[i].want) IS(order[0], rows[i].low & 0xff);
    }
    line_low();
    pin_2(0x66, id + 1);
    line_high();
    IS(taken(), 0);
    pin_2(MASKED, id);
    line_low();
}

TEST(io_apic_registers) {
    u32 version = io_read(1);
    IS(version >> 16 & 0xff, 23);
    io_write(1, 0);
    IS(io_read(1), version);
    u32 id = io_read(0);
    io_write(0, 0xffffffff);
    IS(io_read(0), 0x0f000000);
    io_write(0, id);
    io_write(0x12, 0xffffffff), io_write(0x13, 0xffffffff);
    IS(io_read(0x12) & 0x1bfff & ~0x1000u, 0x1afff); // status and remote IRR are not written
    IS(io_read(0x13) & 0xff000000, 0xff000000);
    io_write(0x12, MASKED), io_write(0x13, 0);
}
