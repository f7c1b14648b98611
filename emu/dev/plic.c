// SPDX-License-Identifier: MIT
// Each source has a gateway: a level that is high becomes one request (pending), and no second one before a handler has said that it is
// through with the first (complete). So one source waiting behind another loses nothing: its own pending bit stays.
#include "dev/plic.h"

#include "base/bits.h"

enum { WORDS = PLIC_SOURCES / 32 + 1, PRIORITY_MASK = 7 };
enum { AT_PENDING = 0x1000, AT_ENABLE = 0x2000, ENABLE_STRIDE = 0x80, AT_CONTEXT = 0x200000, CONTEXT_STRIDE = 0x1000 };
enum { THRESHOLD = 0, CLAIM = 4 };

struct plic_state {
    u32 level[WORDS];   // of the inputs
    u32 pending[WORDS]; // requests that nobody has claimed
    u32 claimed[WORDS]; // claimed and not complete: the gateway is closed
    u32 enable[PLIC_CONTEXTS][WORDS];
    u8 threshold[PLIC_CONTEXTS];
    u8 priority[PLIC_SOURCES + 1];
};

struct plic {
    struct plic_state s;
    struct irq_line line[PLIC_CONTEXTS];
    unsigned contexts;
};

static bool get(const u32 *set, unsigned source) { return set[source / 32] >> source % 32 & 1; }

static void put(u32 *set, unsigned source, bool value) {
    u32 bit = (u32)1 << source % 32;
    set[source / 32] = value ? set[source / 32] | bit : set[source / 32] & ~bit;
}

// The pending source of the highest priority that the context has enabled, the lowest number among equals; 0: none.
static unsigned best(const struct plic *p, unsigned context) {
    unsigned found = 0;
    for (unsigned w = 0; w < WORDS; w++) {
        for (u32 set = p->s.pending[w] & p->s.enable[context][w]; set; set &= set - 1) {
            unsigned source = 32 * w + (unsigned)__builtin_ctz(set);
            if (p->s.priority[source] > p->s.priority[found]) found = source;
        }
    }
    return found;
}

static void update(struct plic *p) {
    for (unsigned c = 0; c < p->contexts; c++) irq_set(&p->line[c], p->s.priority[best(p, c)] > p->s.threshold[c]);
}

// What is pending stays so when its level falls (PLIC 1.0.0, "Interrupt Gateways"): the handler finds out that there is nothing to do.
static void open_gateway(struct plic *p, unsigned source) {
    if (get(p->s.level, source) && !get(p->s.claimed, source)) put(p->s.pending, source, true);
}

static void input(void *ctx, unsigned source, bool level) {
    struct plic *p = ctx;
    put(p->s.level, source, level);
    open_gateway(p, source);
    update(p);
}

// The threshold decides about interrupts, not about claims ("Interrupt Claim Process").
static u32 claim(struct plic *p, unsigned context) {
    unsigned source = best(p, context);
    if (!source) return 0;
    put(p->s.pending, source, false);
    put(p->s.claimed, source, true);
    update(p);
    return source;
}

// What the context has not enabled is silently ignored ("Interrupt Completion").
static void complete(struct plic *p, unsigned context, u32 source) {
    if (!source || source > PLIC_SOURCES || !get(p->s.enable[context], source)) return;
    put(p->s.claimed, source, false);
    open_gateway(p, source);
    update(p);
}

// Bits of sources that there are.
static u32 existing(unsigned word) {
    return (u32)(mask(PLIC_SOURCES % 32, 0) | (word + 1 < WORDS ? 0xffffffff : 0)) & (word ? 0xffffffff : ~(u32)1);
}

static u32 context_read(struct plic *p, u64 offset) {
    u64 context = offset / CONTEXT_STRIDE;
    if (context >= p->contexts) return 0;
    switch (offset % CONTEXT_STRIDE) {
    case THRESHOLD: return p->s.threshold[context];
    case CLAIM: return claim(p, (unsigned)context);
    default: return 0;
    }
}

static void context_write(struct plic *p, u64 offset, u32 value) {
    u64 context = offset / CONTEXT_STRIDE;
    if (context >= p->contexts) return;
    if (offset % CONTEXT_STRIDE == CLAIM) complete(p, (unsigned)context, value);
    if (offset % CONTEXT_STRIDE == THRESHOLD) p->s.threshold[context] = value & PRIORITY_MASK;
}

static u32 *enable_word(struct plic *p, u64 offset) {
    u64 context = offset / ENABLE_STRIDE, word = offset % ENABLE_STRIDE / 4;
    return context < p->contexts && word < WORDS ? &p->s.enable[context][word] : NULL;
}

static u32 read_register(struct plic *p, u64 offset) {
    if (offset >= AT_CONTEXT) return context_read(p, offset - AT_CONTEXT);
    if (offset >= AT_ENABLE) {
        const u32 *word = enable_word(p, offset - AT_ENABLE);
        return word ? *word : 0;
    }
    if (offset >= AT_PENDING) return offset - AT_PENDING < 4 * WORDS ? p->s.pending[(offset - AT_PENDING) / 4] : 0;
    return offset / 4 <= PLIC_SOURCES ? p->s.priority[offset / 4] : 0;
}

static void write_register(struct plic *p, u64 offset, u32 value) {
    if (offset >= AT_CONTEXT) {
        context_write(p, offset - AT_CONTEXT, value);
    } else if (offset >= AT_ENABLE) {
        u32 *word = enable_word(p, offset - AT_ENABLE);
        if (word) *word = value & existing((unsigned)(offset - AT_ENABLE) % ENABLE_STRIDE / 4);
    } else if (offset < AT_PENDING && offset / 4 <= PLIC_SOURCES && offset) {
        p->s.priority[offset / 4] = value & PRIORITY_MASK;
    }
    update(p);
}

static u64 plic_read(void *dev, u64 offset, unsigned width) {
    if (width < 4 || offset & (width - 1)) return 0;
    u64 value = read_register(dev, offset);
    return width == 8 ? value | (u64)read_register(dev, offset + 4) << 32 : value;
}

static void plic_write(void *dev, u64 offset, unsigned width, u64 value) {
    if (width < 4 || offset & (width - 1)) return;
    write_register(dev, offset, (u32)value);
    if (width == 8) write_register(dev, offset + 4, (u32)(value >> 32));
}

const struct io_ops plic_ops = {plic_read, plic_write, .size = PLIC_SIZE, .widths = IO_ANY};

struct irq_line plic_line(struct plic *p, unsigned source) { return (struct irq_line){input, p, source}; }

bool plic_listens(const struct plic *p, unsigned source) {
    for (unsigned c = 0; c < p->contexts; c++)
        if (get(p->s.enable[c], source) && p->s.priority[source] > p->s.threshold[c]) return true;
    return false;
}

// Of sources that there are, and the first is none.
static bool words_can_be(const u32 *set) {
    for (unsigned w = 0; w < WORDS; w++)
        if (set[w] & ~existing(w)) return false;
    return true;
}

static bool enter(void *dev) {
    const struct plic_state *s = &((const struct plic *)dev)->s;
    for (unsigned c = 0; c < PLIC_CONTEXTS; c++)
        if (!words_can_be(s->enable[c]) || s->threshold[c] > PRIORITY_MASK) return false;
    for (unsigned i = 0; i <= PLIC_SOURCES; i++)
        if (s->priority[i] > (i ? PRIORITY_MASK : 0)) return false;
    return words_can_be(s->pending) && words_can_be(s->level) && words_can_be(s->claimed);
}

struct plic *plic_create(struct env *e, const struct irq_line *line, unsigned contexts) {
    struct plic *p = ENV_DEVICE(e, "plic", struct plic, s);
    env_check(e, "plic", enter, p);
    for (unsigned c = 0; c < contexts; c++) p->line[c] = line[c];
    p->contexts = contexts;
    return p;
}
