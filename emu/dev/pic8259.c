// SPDX-License-Identifier: MIT
// 8259A pair.
//
//   A0=0 write  ICW1  0 0 0 1 LTIM ADI SNGL IC4
//               OCW2  R SL EOI 0 0 L2 L1 L0
//               OCW3  0 ESMM SMM 0 1 P RR RIS
//   A0=1 write  ICW2 (vector base), ICW3, ICW4 (0 0 0 SFNM BUF M/S AEOI uPM) after ICW1, else OCW1 (mask)
//   A0=0 read   IRR or ISR (OCW3), or the poll word    A0=1 read  IMR
#include "dev/pic8259.h"

enum { ICW1 = 0x10, ICW1_IC4 = 1, ICW1_SNGL = 2, ICW1_LTIM = 8 };
enum { ICW4_AEOI = 2, ICW4_SFNM = 16 };
enum { OCW2_EOI = 0x20, OCW2_SL = 0x40, OCW2_R = 0x80 };
enum { OCW3 = 0x08, OCW3_RIS = 1, OCW3_RR = 2, OCW3_POLL = 4, OCW3_SMM = 0x20, OCW3_ESMM = 0x40 };
enum { CASCADE = 2, NONE = 8 };

struct chip {
    u8 irr, isr, imr, lines, elcr;
    u8 base;     // vector of IR0
    u8 lowest;   // the IR with the lowest priority (7 unless rotated)
    u8 icw_next; // 0: initialised; else the ICW that A0=1 expects
    u8 icw1, icw4;
    u8 read_isr, poll, special_mask, rotate_aeoi;
};

struct pic8259 {
    struct chip chip[2]; // master, slave
    struct irq_line intr;
};

static const u8 elcr_writable[2] = {0xF8, 0xDE}; // IRQ 0, 1, 2, 8 and 13 are always edge-triggered

// The set bit of `set` with the highest priority, or NONE; *rank 0 is the highest priority.
static unsigned highest(const struct chip *c, u8 set, unsigned *rank) {
    for (*rank = 0; *rank < 8; ++*rank) {
        unsigned ir = (c->lowest + 1 + *rank) & 7;
        if (set >> ir & 1) return ir;
    }
    return NONE;
}

// The request that INT stands for: unmasked, and above everything in service (fully nested mode), or NONE. In special
// mask mode a level in service that is masked holds back nobody.
static unsigned request(const struct chip *c, bool master) {
    unsigned want_rank, busy_rank;
    unsigned want = highest(c, c->irr & (u8)~c->imr, &want_rank);
    if (want == NONE) return NONE;
    u8 busy = c->isr;
    if (c->special_mask) busy &= (u8)~c->imr;
    // Special fully nested mode: the slave may interrupt again while one of its own is in service.
    if (master && c->icw4 & ICW4_SFNM && want == CASCADE) busy &= (u8)~(1 << CASCADE);
    highest(c, busy, &busy_rank);
    return want_rank < busy_rank ? want : (unsigned)NONE;
}

bool pic8259_masked(const struct pic8259 *p, unsigned irq) {
    if (irq >= 8 && p->chip[0].imr >> CASCADE & 1) return true;
    return p->chip[irq / 8].imr >> irq % 8 & 1;
}

static bool is_level(const struct chip *c, unsigned ir) { return c->elcr >> ir & 1 || c->icw1 & ICW1_LTIM; }

// "In both the edge and level triggered modes the IR inputs must remain high until after the falling edge of the first INTA"
// (data sheet, figure 10): the request latch is transparent, so a request goes with its line. An edge only decides when a line
// that is up makes one.
static void set_input(struct chip *c, unsigned ir, bool level) {
    u8 bit = (u8)(1u << ir);
    if (!level) c->irr &= (u8)~bit;
    else if (is_level(c, ir) || !(c->lines & bit)) c->irr |= bit;
    c->lines = level ? c->lines | bit : c->lines & (u8)~bit;
}

static void update(struct pic8259 *p) {
    struct chip *m = &p->chip[0];
    set_input(m, CASCADE, request(&p->chip[1], false) != NONE);
    irq_set(&p->intr, request(m, true) != NONE);
}

static void set_line(void *ctx, unsigned irq, bool level) {
    struct pic8259 *p = ctx;
    set_input(&p->chip[irq >> 3], irq & 7, level);
    update(p);
}

struct irq_line pic8259_line(struct pic8259 *p, unsigned irq) {
    return (struct irq_line){.set = set_line, .ctx = p, .pin = irq & 15};
}

// One chip's part of the acknowledge: IR number, or NONE when its request has gone.
static unsigned acknowledge(struct chip *c, bool master) {
    unsigned ir = request(c, master);
    if (ir == NONE) return NONE;
    u8 bit = (u8)(1u << ir);
    if (!is_level(c, ir)) c->irr &= (u8)~bit;
    if (!(c->icw4 & ICW4_AEOI)) c->isr |= bit;
    else if (c->rotate_aeoi) c->lowest = (u8)ir;
    return ir;
}

int pic_ack(struct pic8259 *p) {
    struct chip *c = &p->chip[0];
    unsigned ir = acknowledge(c, true);
    if (ir == CASCADE) {
        c = &p->chip[1];
        ir = acknowledge(c, false);
        // A further request of the slave is a new edge on the cascade.
        p->chip[0].lines &= (u8)~(1 << CASCADE);
    }
    update(p);
    return c->base + (ir == NONE ? 7 : ir);
}

static void initialise(struct chip *c, u8 icw1) {
    c->icw1 = icw1;
    for (unsigned ir = 0; ir < 8; ir++)
        if (!is_level(c, ir)) c->irr &= (u8)~(1u << ir); // an edge must come anew
    c->isr = c->imr = c->icw4 = 0;
    c->lowest = 7;
    c->read_isr = c->poll = c->special_mask = c->rotate_aeoi = 0;
    c->icw_next = 2;
}

static void end_of_interrupt(struct chip *c, u8 ocw2) {
    unsigned rank, ir = ocw2 & 7;
    if (!(ocw2 & OCW2_SL)) {
        u8 candidates = c->special_mask ? c->isr & (u8)~c->imr : c->isr;
        ir = highest(c, candidates, &rank);
        if (ir == NONE) return;
    }
    c->isr &= (u8)~(1u << ir);
    if (ocw2 & OCW2_R) c->lowest = (u8)ir;
}

static void write_ocw2(struct chip *c, u8 v) {
    if (v & OCW2_EOI) end_of_interrupt(c, v);
    else if ((v & (OCW2_R | OCW2_SL)) == (OCW2_R | OCW2_SL)) c->lowest = v & 7; // set priority
    else if (!(v & OCW2_SL)) c->rotate_aeoi = v & OCW2_R ? 1 : 0;
}

static void write_ocw3(struct chip *c, u8 v) {
    if (v & OCW3_POLL) c->poll = 1;
    if (v & OCW3_RR) c->read_isr = v & OCW3_RIS;
    if (v & OCW3_ESMM) c->special_mask = v & OCW3_SMM ? 1 : 0;
}

static void write_data(struct chip *c, u8 v) {
    switch (c->icw_next) {
    case 0: c->imr = v; break;
    case 2:
        c->base = v & 0xF8;
        c->icw_next = c->icw1 & ICW1_SNGL ? (c->icw1 & ICW1_IC4 ? 4 : 0) : 3;
        break;
    case 3: c->icw_next = c->icw1 & ICW1_IC4 ? 4 : 0; break; // the wiring is fixed
    default: c->icw4 = v; c->icw_next = 0;
    }
}

static void chip_write(struct pic8259 *p, unsigned which, u64 offset, u8 v) {
    struct chip *c = &p->chip[which];
    if (offset) write_data(c, v);
    else if (v & ICW1) initialise(c, v);
    else if (v & OCW3) write_ocw3(c, v);
    else write_ocw2(c, v);
    update(p);
}

// The poll word acknowledges like an INTA: 1 0 0 0 0 W2 W1 W0, or 0 when nothing waits.
static u8 poll(struct pic8259 *p, unsigned which) {
    p->chip[which].poll = 0;
    unsigned ir = acknowledge(&p->chip[which], which == 0);
    update(p);
    return ir == NONE ? 0 : (u8)(0x80 | ir);
}

static u8 chip_read(struct pic8259 *p, unsigned which, u64 offset) {
    const struct chip *c = &p->chip[which];
    if (c->poll) return poll(p, which);
    if (offset) return c->imr;
    return c->read_isr ? c->isr : c->irr;
}

static u8 elcr_read_byte(void *dev, u64 offset) { return ((struct pic8259 *)dev)->chip[offset & 1].elcr; }

static void elcr_write_byte(void *dev, u64 offset, u8 v) {
    struct pic8259 *p = dev;
    struct chip *c = &p->chip[offset & 1];
    c->elcr = v & elcr_writable[offset & 1];
    for (unsigned ir = 0; ir < 8; ir++)
        if (is_level(c, ir)) set_input(c, ir, c->lines >> ir & 1);
    update(p);
}

static u8 master_read_byte(void *dev, u64 offset) { return chip_read(dev, 0, offset); }
static u8 slave_read_byte(void *dev, u64 offset) { return chip_read(dev, 1, offset); }
static void master_write_byte(void *dev, u64 offset, u8 v) { chip_write(dev, 0, offset, v); }
static void slave_write_byte(void *dev, u64 offset, u8 v) { chip_write(dev, 1, offset, v); }

#define PORT_OPS(name)                                                                                                           \
    static u64 name##_read(void *dev, u64 offset, unsigned width) { return name##_read_byte(dev, offset); }                      \
    static void name##_write(void *dev, u64 offset, unsigned width, u64 value) { name##_write_byte(dev, offset, (u8)value); }    \
    const struct io_ops pic8259_##name##_ops = {name##_read, name##_write, .size = 2, .widths = IO_BYTES};
PORT_OPS(master)
PORT_OPS(slave)
PORT_OPS(elcr)
#undef PORT_OPS

struct pic8259 *pic8259_create(struct env *e, struct irq_line intr) {
    struct pic8259 *p = ENV_DEVICE(e, "pic8259", struct pic8259, chip);
    p->intr = intr;
    // As a BIOS leaves them: initialised for real mode, everything masked.
    p->chip[0].base = 0x08;
    p->chip[1].base = 0x70;
    for (unsigned i = 0; i < 2; i++) {
        p->chip[i].lowest = 7;
        p->chip[i].imr = 0xFF;
    }
    return p;
}
