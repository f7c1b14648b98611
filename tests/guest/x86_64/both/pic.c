// SPDX-License-Identifier: MIT
// The pair of 8259A: priority, rotation, special modes, polling and the cascade (8259A data sheet). Requests are made by hand:
// IRQ 0 by the PIT's terminal count, 1 and 12 by the keyboard controller, 4 by the UART that has nothing to send, 8 by the
// clock's periodic interrupt. A spurious IRQ 7 comes by polling alone: for the processor that would need a request that goes while
// it acknowledges, and nothing happens within an instruction.
#include "kit.h"

enum { MASTER = 0x20, SLAVE = 0xa0 };
enum { NON_SPECIFIC_EOI = 0x20, SPECIFIC_EOI = 0x60, ROTATE_ON_EOI = 0xa0, SET_LOWEST = 0xc0, ROTATE_SPECIFIC = 0xe0 };
enum { READ_IRR = 0x0a, READ_ISR = 0x0b, POLL = 0x0c, SPECIAL_MASK = 0x68, NO_SPECIAL_MASK = 0x48 };
enum { AEOI = 2, NESTED = 16 };

static u8 irr(u16 chip) {
    outb(chip, READ_IRR);
    return inb(chip);
}
static u8 isr(u16 chip) {
    outb(chip, READ_ISR);
    return inb(chip);
}

static void setup(u8 icw4) {
    static const u16 port[] = {0x20, 0xa0, 0x21, 0xa1, 0x21, 0xa1};
    static const u8 value[] = {0x11, 0x11, 0x20, 0x28, 4, 2};
    for (unsigned i = 0; i < countof(port); i++) outb(port[i], value[i]);
    outb(0x21, icw4 | 1), outb(0xa1, 1);
    outb(0x21, 0xff), outb(0xa1, 0xff);
    APIC(APIC_LINT0) = 0x700; // ExtINT
}

// ---- requests

static void wait_for(u16 chip, unsigned ir) {
    for (unsigned i = 0; i < 1000000 && !(irr(chip) >> ir & 1); i++) asm volatile("pause");
    IS(irr(chip) >> ir & 1, 1);
}
static void request_0(void) {
    outb(0x43, 0x30), outb(0x40, 10), outb(0x40, 0);
    wait_for(MASTER, 0);
}
static void command_8042(u8 command, u8 data) {
    outb(0x64, command);
    for (unsigned i = 0; i < 100000 && inb(0x64) & 2; i++) {}
    outb(0x60, data);
    for (unsigned i = 0; i < 100000 && inb(0x64) & 2; i++) {}
}
static void request_1(void) { command_8042(0xd2, 0x55), wait_for(MASTER, 1); }
static void request_12(void) { command_8042(0xd3, 0x55), wait_for(SLAVE, 4); }
static void request_4(void) {
    outb(0x3fc, 8); // OUT2 lets the line out
    outb(0x3f9, 2);
    wait_for(MASTER, 4);
}
static void quiet(void) {
    outb(0x3f9, 0);
    inb(0x60), inb(0x60);
    outb(0x70, 0x0b), outb(0x71, 2);
    outb(0x70, 0x0c), inb(0x71);
    outb(0x43, 0x30), outb(0x40, 0xff), outb(0x40, 0xff); // low for 55 ms
    outb(0x4d0, 0);
}
static void sources(void) {
    command_8042(0x60, 3); // both interrupts of the keyboard controller
    quiet();
}

// ---- what the processor gets

static unsigned count;
static u8 order[16];
static bool no_eoi(struct frame *f) {
    if (count < countof(order)) order[count] = (u8)f->vector;
    count++;
    return true;
}
static void listen(void) {
    for (unsigned v = 0x20; v < 0x30; v++) hooks[v] = no_eoi;
    count = 0;
    for (unsigned i = 0; i < countof(order); i++) order[i] = 0;
}
static void open_window(void) { asm volatile("sti\n nop\n nop\n nop\n nop\n cli" ::: "memory"); }
static unsigned take(void) {
    unsigned before = count;
    open_window();
    return count > before ? order[before & 15] : 0;
}

TEST(fully_nested) {
    setup(0), sources(), listen();
    request_4(), request_1();
    IS(irr(MASTER) & 0x13, 0x12);
    outb(0x21, 0xec); // 0, 1, 4
    IS(take(), 0x21);
    IS(isr(MASTER), 2);
    IS(irr(MASTER) & 0x12, 0x10);
    IS(take(), 0); // 4 waits for the end of 1
    request_0();
    IS(take(), 0x20); // 0 does not
    IS(isr(MASTER), 3);
    outb(MASTER, NON_SPECIFIC_EOI);
    IS(isr(MASTER), 2); // the highest
    outb(MASTER, SPECIFIC_EOI | 1);
    IS(isr(MASTER), 0);
    IS(take(), 0x24);
    outb(MASTER, NON_SPECIFIC_EOI);
    IS(take(), 0);
    IS(count, 3);
    quiet();
}

// Figure 10: a request lasts as long as its line, edge-triggered or not.
TEST(requests_go_with_their_line) {
    setup(0), sources(), listen();
    request_0(), request_4();
    IS(irr(MASTER) & 0x11, 0x11);
    outb(0x43, 0x30), outb(0x40, 0xff), outb(0x40, 0xff); // OUT is low again
    IS(irr(MASTER) & 0x11, 0x10);
    outb(0x3f9, 0);
    IS(irr(MASTER) & 0x11, 0);
    request_12();
    IS(irr(SLAVE) & 0x10, 0x10);
    inb(0x60);
    IS(irr(SLAVE) & 0x10, 0);
    outb(0x21, 0xe8), outb(0xa1, 0xef);
    IS(take(), 0);
    request_4();
    IS(take(), 0x24);
    outb(MASTER, NON_SPECIFIC_EOI);
    quiet();
}

TEST(masked_requests_wait) {
    setup(0), sources(), listen();
    request_1();
    IS(take(), 0);
    IS(inb(0x21), 0xff);
    outb(0x21, 0xfd);
    IS(inb(0x21), 0xfd);
    outb(0x21, 0xff); // taken back before the processor has looked
    IS(take(), 0);
    outb(0x21, 0xfd);
    IS(take(), 0x21);
    quiet();
}

TEST(rotation) {
    setup(0), sources(), listen();
    request_1(), request_4(), request_0();
    outb(MASTER, SET_LOWEST | 1); // 2, 3, 4, 5, 6, 7, 0, 1
    outb(0x21, 0xec);
    IS(take(), 0x24);
    outb(MASTER, ROTATE_ON_EOI); // 5, 6, 7, 0, 1, 2, 3, 4
    IS(take(), 0x20);
    outb(MASTER, ROTATE_SPECIFIC | 0); // 1, 2, ..., 7, 0
    IS(isr(MASTER), 0);
    IS(take(), 0x21);
    quiet(), request_0();
    IS(take(), 0); // 0 is the last now
    outb(MASTER, NON_SPECIFIC_EOI);
    IS(take(), 0x20);
    quiet();
}

TEST(special_mask) {
    setup(0), sources(), listen();
    request_1(), request_4();
    outb(0x21, 0xed);
    IS(take(), 0x21);
    outb(0x21, 0xef); // masked in service: still holds back
    IS(take(), 0);
    outb(MASTER, SPECIAL_MASK);
    IS(take(), 0x24);
    IS(isr(MASTER), 0x12);
    outb(MASTER, NON_SPECIFIC_EOI); // does not see what is masked
    IS(isr(MASTER), 2);
    outb(MASTER, NO_SPECIAL_MASK);
    outb(MASTER, NON_SPECIFIC_EOI);
    IS(isr(MASTER), 0);
    quiet();
}

TEST(automatic_eoi) {
    setup(AEOI), sources(), listen();
    request_4(), request_1();
    outb(0x21, 0xed);
    IS(take(), 0x21);
    IS(count, 2); // the other one at once behind it
    IS(order[1], 0x24);
    IS(isr(MASTER), 0);
    outb(MASTER, 0x80); // rotate in automatic EOI mode
    quiet();
    request_4(), request_0();
    outb(0x21, 0xff), outb(MASTER, SET_LOWEST | 3); // 4 is the highest
    count = 0;
    outb(0x21, 0xee);
    open_window();
    IS(order[0] << 8 | order[1], 0x2420);
    outb(0x21, 0xff);
    quiet();
    request_4(), request_0(); // lowest is 0 now: 4 is before it again
    count = 0;
    outb(0x21, 0xee);
    open_window();
    IS(order[0] << 8 | order[1], 0x2420);
    outb(MASTER, 0);
    quiet();
}

TEST(poll) {
    setup(0), sources(), listen();
    APIC(APIC_LINT0) = 0x10700;
    outb(MASTER, POLL);
    IS(inb(MASTER) & 0x80, 0);
    request_4(), request_1();
    outb(0x21, 0xed);
    outb(MASTER, POLL);
    IS(inb(MASTER) & 0x87, 0x81);
    IS(isr(MASTER), 2); // acknowledged
    outb(MASTER, POLL);
    IS(inb(MASTER) & 0x80, 0); // 4 is below what is in service
    outb(MASTER, NON_SPECIFIC_EOI);
    outb(MASTER, POLL);
    IS(inb(0x21) & 0x87, 0x84); // a read at either address is the poll word
    outb(MASTER, NON_SPECIFIC_EOI);
    quiet();
}

TEST(cascade) {
    setup(0), sources(), listen();
    request_12();
    IS(irr(SLAVE) & 0x10, 0x10);
    IS(irr(MASTER) & 4, 0); // masked in the slave
    outb(0xa1, 0xef);
    IS(irr(MASTER) & 4, 4);
    outb(0x21, 0xeb);
    request_4();
    IS(take(), 0x2c);
    IS(isr(SLAVE), 0x10);
    IS(isr(MASTER), 4);
    IS(take(), 0); // 4 is below 2
    outb(SLAVE, NON_SPECIFIC_EOI);
    IS(take(), 0);
    outb(MASTER, SPECIFIC_EOI | 2);
    IS(take(), 0x24);
    outb(MASTER, NON_SPECIFIC_EOI);
    quiet();
}

static void request_8(void) {
    outb(0x70, 0x0a), outb(0x71, 0x26);
    outb(0x70, 0x0b), outb(0x71, 0x42); // 1,024 times a second
    wait_for(SLAVE, 0);
}
static unsigned nested(u8 icw4) {
    setup(icw4), sources(), listen();
    request_12();
    outb(0xa1, 0xee), outb(0x21, 0xfb);
    IS(take(), 0x2c);
    request_8();
    return take();
}
// A higher one of the slave interrupts a lower one only in the master's special fully nested mode.
TEST(special_fully_nested) {
    IS(nested(0), 0);
    outb(SLAVE, NON_SPECIFIC_EOI);
    outb(MASTER, NON_SPECIFIC_EOI);
    IS(take(), 0x28);
    outb(0xa1, 0xff);
    IS(nested(NESTED), 0x28);
    IS(isr(SLAVE), 0x11);
    IS(isr(MASTER), 4);
    outb(SLAVE, NON_SPECIFIC_EOI);
    IS(isr(SLAVE), 0x10); // not empty yet: no EOI for the master
    outb(SLAVE, NON_SPECIFIC_EOI), outb(MASTER, NON_SPECIFIC_EOI);
    IS(isr(MASTER), 0);
    quiet();
}

TEST(level_triggered) {
    setup(0), sources(), listen();
    outb(0x4d0, 0x10);
    IS(inb(0x4d0), 0x10);
    request_4();
    outb(0x3f9, 0); // a level that goes takes its request along
    IS(irr(MASTER) & 0x10, 0);
    outb(0x21, 0xef);
    IS(take(), 0);
    request_4();
    IS(take(), 0x24);
    IS(irr(MASTER) & 0x10, 0x10); // still there
    outb(MASTER, NON_SPECIFIC_EOI);
    IS(take(), 0x24);
    outb(0x3f9, 0);
    outb(MASTER, NON_SPECIFIC_EOI);
    IS(take(), 0);
    quiet();
}

// ICW1 forgets edges, masks, what is in service and all modes.
TEST(initialisation) {
    setup(0), sources(), listen();
    request_1();
    outb(0x21, 0xfd);
    IS(take(), 0x21);
    quiet(), request_1();
    outb(MASTER, SPECIAL_MASK), outb(MASTER, SET_LOWEST | 4), outb(MASTER, READ_ISR);
    outb(MASTER, 0x11);
    IS(inb(MASTER) & 2, 0); // IRR is read, and it holds no edge
    outb(0x21, 0x20), outb(0x21, 4), outb(0x21, 1);
    IS(inb(0x21), 0);
    IS(isr(MASTER), 0);
    outb(0x21, 0xff);
    quiet();
}
