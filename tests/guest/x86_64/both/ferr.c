// SPDX-License-Identifier: MIT
// x87 errors with CR0.NE = 0 (SDM vol. 1, 8.7.2 and appendix D.2): FERR# is IRQ 13, the processor stands before the next waiting
// instruction until an interrupt comes, and port 0xF0 asserts IGNNE# until the error is gone.
#include "kit.h"

// Divides 1 by 0 with ZE unmasked, then waits.
CODE(divide,
     "fninit; push $0x37b; fldcw (" SP "); pop " AX "; fldz; fld1; fdiv %st(1), %st; sti; nop\ndivide_waits: fwait; nop; cli\n"
     "fnstsw %ax; movzwl %ax, %eax; fninit; ret");
LABEL(divide_waits);
// The same, with an x87 instruction that does not wait, and MMX, whose instructions wait as well.
CODE(divide_mmx, "fninit; push $0x37b; fldcw (" SP "); pop " AX "; fldz; fld1; fdiv %st(1), %st; sti; fnstsw %ax\n"
                 "divide_mmx_waits: emms; nop; cli; fnstsw %ax; movzwl %ax, %eax; fninit; ret");
LABEL(divide_mmx_waits);

enum { ZE = 4, ES = 0x80, IRQ13 = 0x2d };
static unsigned count, ticks;
static ureg place;
static bool clear, ignore;

static bool on_irq13(struct frame *f) {
    count++;
    place = f->ip;
    if (ignore) outb(0xf0, 0);
    if (clear) asm volatile("fnclex");
    outb(0xa0, 0x20), outb(0x20, 0x20);
    return true;
}
static bool on_irq0(struct frame *f) {
    ticks++;
    place = f->ip;
    outb(0xa1, 0xdf); // lets IRQ 13 through
    outb(0x20, 0x20);
    return true;
}
static void setup(void) {
    hooks[IRQ13] = on_irq13, hooks[0x20] = on_irq0;
    APIC(APIC_LINT0) = 0x700;
    outb(0x43, 0x30), outb(0x40, 0), outb(0x40, 0); // IRQ 0 low, and nothing for 55 ms
    outb(0x21, 0xfb), outb(0xa1, 0xdf);             // the cascade, IRQ 13
    set_cr0(cr0() & ~(ureg)CR0_NE);
    count = ticks = 0;
    place = 0;
    clear = ignore = true;
}
static void restore(void) {
    outb(0x21, 0xff), outb(0xa1, 0xff);
    set_cr0(cr0() | CR0_NE);
}
static unsigned run_code(const void *code) { return ((unsigned (*)(void))code)(); }

TEST(irq_13_before_the_next) {
    setup();
    for (unsigned i = 1; i < 4; i++) { // IGNNE# is gone each time
        IS(run_code(divide) & (ES | ZE), 0);
        IS(count, i);
        IS(place, (ureg)divide_waits);
    }
    IS(run_code(divide_mmx) & (ES | ZE), 0);
    IS(count, 4);
    IS(place, (ureg)divide_mmx_waits);
    restore();
}

// With IGNNE# the error is there and hurts nobody, until it is cleared; then the next one counts again.
TEST(ignne) {
    setup();
    clear = false;
    IS(run_code(divide) & (ES | ZE), ES | ZE);
    IS(count, 1);
    IS(run_code(divide) & (ES | ZE), ES | ZE); // its FNINIT has cleared the first
    IS(count, 2);
    restore();
}

// Without the write to port 0xF0, clearing the error is enough to go on; with IRQ 13 masked another interrupt is taken while the
// processor stands.
TEST(any_interrupt_is_taken) {
    setup();
    outb(0x21, 0xfa), outb(0xa1, 0xff);
    outb(0x43, 0x30), outb(0x40, 200), outb(0x40, 0);
    IS(run_code(divide) & (ES | ZE), 0);
    IS(ticks, 1);
    IS(count, 1);
    IS(place, (ureg)divide_waits);
    restore();
}

// NE = 1: nothing of this.
static bool on_mf(struct frame *f) {
    ticks++;
    asm volatile("fnclex");
    return true;
}
TEST(native_errors_leave_irq_13_alone) {
    setup();
    set_cr0(cr0() | CR0_NE);
    hooks[MF] = on_mf;
    IS(run_code(divide) & (ES | ZE), 0);
    IS(ticks, 1);
    IS(count, 0);
    restore();
}
