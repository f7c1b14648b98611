// SPDX-License-Identifier: MIT
// System control port A and reset control.
//
//   0x92   A20 1 | fast reset 0 (0 -> 1 is a soft reset)
//   0xCF9  full reset 3 | reset CPU 2 (0 -> 1 resets) | system reset 1 (hard; 0: soft)
#include "dev/sysport.h"

#include "emu/emu.h"

enum { A_RESET = 1, A_A20 = 2 };
enum { RC_SYSTEM = 2, RC_CPU = 4, RC_FULL = 8 };

struct sysport_state {
    u8 port_a, reset_control;
};

struct sysport {
    struct sysport_state s;
    struct env *env;
    struct irq_line a20, init;
};

// A soft reset is INIT to the processor alone, a hard one is for the whole machine.
static void soft_reset(struct sysport *p) {
    irq_set(&p->init, true);
    irq_set(&p->init, false);
}

static u8 a_read_byte(void *dev, u64 offset) { return ((struct sysport *)dev)->s.port_a; }

static void a_write_byte(void *dev, u64 offset, u8 v) {
    struct sysport *p = dev;
    bool rose = v & ~p->s.port_a & A_RESET;
    p->s.port_a = v & (A_RESET | A_A20);
    irq_set(&p->a20, v & A_A20);
    if (rose) soft_reset(p);
}

static u8 rc_read_byte(void *dev, u64 offset) { return ((struct sysport *)dev)->s.reset_control; }

static void rc_write_byte(void *dev, u64 offset, u8 v) {
    struct sysport *p = dev;
    bool rose = v & ~p->s.reset_control & RC_CPU;
    p->s.reset_control = v & (RC_SYSTEM | RC_CPU | RC_FULL);
    if (rose && v & RC_SYSTEM) p->env->finish(p->env->finish_ctx, EMU_RESET, 0);
    else if (rose) soft_reset(p);
}

static u64 a_read(void *dev, u64 offset, unsigned width) { return a_read_byte(dev, offset); }

static void a_write(void *dev, u64 offset, unsigned width, u64 value) { a_write_byte(dev, offset, (u8)value); }

static u64 rc_read(void *dev, u64 offset, unsigned width) { return rc_read_byte(dev, offset); }

static void rc_write(void *dev, u64 offset, unsigned width, u64 value) { rc_write_byte(dev, offset, (u8)value); }

const struct io_ops sysport_ops = {a_read, a_write, .size = 1, .widths = IO_BYTES};
const struct io_ops sysport_reset_ops = {rc_read, rc_write, .size = 1, .widths = IO_BYTES};

struct sysport *sysport_create(struct env *e, struct irq_line a20, struct irq_line init) {
    struct sysport *p = ENV_DEVICE(e, "sysport", struct sysport, s);
    p->env = e;
    p->a20 = a20;
    p->init = init;
    p->s.port_a = A_A20;
    return p;
}
