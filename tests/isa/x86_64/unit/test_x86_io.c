// SPDX-License-Identifier: MIT
// IN, OUT, INS, OUTS: the I/O permission map, operand sizes, one element at a time.
#include "x86_rig.h"

#include <cmocka.h>

enum { HANDLER = 0x20000 };

static void handlers(struct x86_rig *r) {
    for (unsigned v = 0; v < 64; v++) cpu_idt(r, v, cpu_gate(SYS_INT32, 0, SEL_CODE0, HANDLER + 16 * v, 0), 0);
}

// ---- ports (vol. 1, 19.5.2)

static u64 port_read(void *dev, u64 offset, unsigned width) { return 0x11223344; }
static void port_write(void *dev, u64 offset, unsigned width, u64 value) {
    u64 *seen = dev;
    *seen = value | (u64)width << 56;
}
static const struct io_ops port_ops = {port_read, port_write, .size = 8, .widths = IO_ANY};

static void port_permission(void **state) {
    struct x86_rig *r = *state;
    u64 seen = 0;
    assert_int_equal(bus_add_io(&r->bus, &r->plat.plat, "port", 0x40, &port_ops, &seen), 0);
    static const struct {
        unsigned iopl;
        u16 map;
        u8 bits;
        bool allowed;
    } cases[] = {
        {3, 0xffff, 0xff, true}, {0, 0x68, 0x00, true},       {0, 0x68, 0x02, false},
        {0, 0x68, 0x04, true},   {0, 0x168 - 9, 0x00, false}, // the map's second byte is past the TSS limit
    };
    for (unsigned i = 0; i < countof(cases); i++) {
        cpu_protected(r, 3);
        handlers(r);
        x86_set_rflags(r->c, cases[i].iopl << FL_IOPL_SHIFT, FL_IOPL);
        cpu_poke(r, RIG_TSS + 0x66, cases[i].map, 2);
        cpu_poke(r, RIG_TSS + 0x68 + 0x40 / 8, cases[i].bits, 1);
        r->c->s.gpr[RAX] = ~(u64)0;
        r->c->s.gpr[RDX] = 0x41;
        RIG_RUN(r, 1, 0xec); // in al, dx
        if (cases[i].allowed != (r->c->s.cpl == 3)) fail_msg("case %u: CPL %u", i, r->c->s.cpl);
        if (cases[i].allowed) assert_int_equal(r->c->s.gpr[RAX], 0xffffffffffffff44);
    }
    // A word at 0x41 needs two clear bits.
    cpu_protected(r, 3);
    handlers(r);
    cpu_poke(r, RIG_TSS + 0x66, 0x68, 2);
    cpu_poke(r, RIG_TSS + 0x68 + 8, 0x04, 1);
    r->c->s.gpr[RDX] = 0x41;
    RIG_RUN(r, 1, 0x66, 0xed);
    assert_int_equal(r->c->s.rip, HANDLER + 16 * EXC_GP);
}

static void string_io(void **state) {
    struct x86_rig *r = *state;
    u64 seen = 0;
    assert_int_equal(bus_add_io(&r->bus, &r->plat.plat, "port", 0x40, &port_ops, &seen), 0);
    cpu_long(r, 0);
    r->c->s.gpr[RDX] = 0x40, r->c->s.gpr[RCX] = 3, r->c->s.gpr[RDI] = 0x5000;
    RIG_RUN(r, 1, 0xf3, 0x66, 0x6d);         // rep insw
    assert_int_equal(r->c->s.rip, RIG_CODE); // an element at a time
    assert_int_equal(r->c->s.gpr[RCX], 2);
    r->clock.now += vcpu_run(&r->c->v, 2);
    assert_int_equal(r->c->s.rip, RIG_CODE + 3);
    assert_int_equal(r->c->s.gpr[RDI], 0x5006);
    assert_int_equal(cpu_peek(r, 0x5000, 8), 0x334433443344);
    r->c->s.gpr[RSI] = 0x5001, r->c->s.gpr[RCX] = 1;
    x86_set_rflags(r->c, FL_DF, FL_DF);
    RIG_RUN(r, 1, 0xf3, 0x6e); // rep outsb, downwards
    assert_int_equal(seen, 0x33 | (u64)1 << 56);
    assert_int_equal(r->c->s.gpr[RSI], 0x5000);
    u64 rip = r->c->s.rip;
    RIG_RUN(r, 1, 0xf3, 0x6f); // RCX = 0: nothing
    assert_int_equal(r->c->s.rip, rip + 2);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(port_permission, cpu_new, cpu_free),
        cmocka_unit_test_setup_teardown(string_io, cpu_new, cpu_free),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
