// SPDX-License-Identifier: MIT
// Local APIC. Every change ends in update(), which recomputes what is signalled to the CPU.
//
//   LVT entry  18..17 timer mode | 16 mask | 15 trigger | 14 remote IRR | 13 polarity | 12 status
//              | 10..8 delivery | 7..0 vector
//   ICR        63..32 destination (xAPIC: 63..56) | 19..18 shorthand | 15 trigger | 14 level | 12 status
//              | 11 logical | 10..8 delivery | 7..0 vector
//   SVR        8 software enable | 7..0 spurious vector
//   ESR        7 illegal register | 6 illegal vector received | 5 illegal vector sent
#include "dev/lapic.h"

#include "base/bits.h"
#include "dev/lapic_timer.h"
#include <string.h>

#define VERSION 0x00050014 // integrated, 6 LVT entries
#define LVT_MASKED BIT(16)
#define SVR_ENABLE BIT(8)

enum { ESR_SEND_VECTOR = 0x20, ESR_RECEIVE_VECTOR = 0x40, ESR_REGISTER = 0x80 };
enum { LVT_TIMER, LVT_THERMAL, LVT_PERF, LVT_LINT0, LVT_LINT1, LVT_ERROR, LVTS };
enum { SHORTHAND_NONE, SHORTHAND_SELF, SHORTHAND_ALL, SHORTHAND_OTHERS };
enum { FIRST_VECTOR = 16 }; // 0..15 are the processor's own: illegal in messages

enum { LVT_COMMON = 0x100FF, LVT_DELIVERY = 7 << 8, LVT_PIN = LVT_DELIVERY | 1 << 13 | 1 << 15 };
static const u32 lvt_writable[LVTS] = {
    [LVT_TIMER] = LVT_COMMON | 3 << 17, [LVT_THERMAL] = LVT_COMMON | LVT_DELIVERY, [LVT_PERF] = LVT_COMMON | LVT_DELIVERY,
    [LVT_LINT0] = LVT_COMMON | LVT_PIN, [LVT_LINT1] = LVT_COMMON | LVT_PIN,        [LVT_ERROR] = LVT_COMMON,
};
#define LVT_READ_ONLY (BIT(12) | BIT(14))

// Bit n: register index n is there.
#define INDEX(n) BIT(n)
#define INDICES_BOTH                                                                                                             \
    (INDEX(LAPIC_ID) | INDEX(LAPIC_VERSION) | INDEX(LAPIC_TPR) | INDEX(LAPIC_PPR) | INDEX(LAPIC_LDR) | INDEX(LAPIC_SVR) |        \
     mask(LAPIC_IRR + 7, LAPIC_ISR) | INDEX(LAPIC_ESR) | INDEX(LAPIC_ICR) | mask(LAPIC_CURRENT_COUNT, LAPIC_LVT_TIMER) |         \
     INDEX(LAPIC_DIVIDE))
#define XAPIC_REGISTERS                                                                                                          \
    (INDICES_BOTH | INDEX(LAPIC_APR) | INDEX(LAPIC_EOI) | INDEX(LAPIC_RRD) | INDEX(LAPIC_DFR) | INDEX(LAPIC_ICR_HIGH))
#define X2APIC_WRITABLE                                                                                                          \
    (INDEX(LAPIC_TPR) | INDEX(LAPIC_EOI) | INDEX(LAPIC_SVR) | INDEX(LAPIC_ESR) | INDEX(LAPIC_ICR) |                              \
     mask(LAPIC_INITIAL_COUNT, LAPIC_LVT_TIMER) | INDEX(LAPIC_DIVIDE) | INDEX(LAPIC_SELF_IPI))

struct lapic_state {
    u32 isr[8], tmr[8], irr[8];
    u32 lvt[LVTS];
    u32 id, tpr, ldr, dfr, svr;
    u32 esr, esr_new; // as read; collected since the last write
    u64 icr;
    struct lapic_timer_state timer;
    u8 mode;
    u8 lint[2];      // input levels
    u8 intr, extint; // output levels
    u8 unused[3];
};

struct lapic {
    struct lapic_state s;
    struct lapic_timer timer;
    struct lapic_outputs out;
    struct plat *plat;
};

static bool get_bit(const u32 *set, unsigned v) { return set[v >> 5] >> (v & 31) & 1; }
static void set_bit(u32 *set, unsigned v) { set[v >> 5] |= 1u << (v & 31); }
static void clear_bit(u32 *set, unsigned v) { set[v >> 5] &= ~(1u << (v & 31)); }

// The highest vector in a 256-bit set, or -1.
static int highest(const u32 *set) {
    for (int i = 7; i >= 0; i--)
        if (set[i]) return i * 32 + 31 - __builtin_clz(set[i]);
    return -1;
}

static u32 ppr(const struct lapic_state *s) {
    int in_service = highest(s->isr);
    u32 class = in_service < 0 ? 0 : (u32)in_service & 0xF0;
    return (s->tpr & 0xF0) >= class ? s->tpr : class;
}

static bool ready(const struct lapic_state *s) {
    int wanted = highest(s->irr);
    return s->mode != LAPIC_DISABLED && wanted >= 0 && ((u32)wanted & 0xF0) > (ppr(s) & 0xF0);
}

static unsigned delivery(u32 lvt) { return (unsigned)bits(lvt, 10, 8); }

// With the APIC disabled in IA32_APIC_BASE the LINT pins are the processor's INTR and NMI.
static bool extint_passes(const struct lapic_state *s) {
    u32 lvt = s->lvt[LVT_LINT0];
    return s->mode == LAPIC_DISABLED || (!(lvt & LVT_MASKED) && delivery(lvt) == LAPIC_EXTINT);
}

static void signal(const struct irq_line *line, u8 *was, bool is) {
    if (*was == is) return;
    *was = is;
    irq_set(line, is);
}

static void update(struct lapic *l) {
    struct lapic_state *s = &l->s;
    signal(&l->out.intr, &s->intr, ready(s));
    signal(&l->out.extint, &s->extint, s->lint[0] && extint_passes(s));
}

static void pulse(const struct irq_line *line) {
    irq_set(line, true);
    irq_set(line, false);
}

static void error(struct lapic *l, u32 bit) {
    struct lapic_state *s = &l->s;
    u32 lvt = s->lvt[LVT_ERROR];
    s->esr_new |= bit;
    if (lvt & LVT_MASKED || (u8)lvt < FIRST_VECTOR) return; // an illegal vector here would be an error without end
    set_bit(s->irr, (u8)lvt);
    clear_bit(s->tmr, (u8)lvt);
    update(l);
}

static void accept(struct lapic *l, u8 vector, bool level) {
    struct lapic_state *s = &l->s;
    if (vector < FIRST_VECTOR) {
        error(l, ESR_RECEIVE_VECTOR);
        return;
    }
    set_bit(s->irr, vector);
    if (level) set_bit(s->tmr, vector);
    else clear_bit(s->tmr, vector);
    update(l);
}

static void fire_lvt(struct lapic *l, unsigned which) {
    u32 lvt = l->s.lvt[which];
    if (lvt & LVT_MASKED) return;
    switch (which == LVT_TIMER ? (unsigned)LAPIC_FIXED : delivery(lvt)) {
    case LAPIC_FIXED: accept(l, (u8)lvt, false); break;
    case LAPIC_NMI: pulse(&l->out.nmi); break;
    case LAPIC_INIT: pulse(&l->out.init); break;
    default: break; // ExtINT is a level (update); SMI has no one to go to
    }
}

static void timer_expired(void *ctx) { fire_lvt(ctx, LVT_TIMER); }

static void set_lint(void *ctx, unsigned pin, bool level) {
    struct lapic *l = ctx;
    bool rose = level && !l->s.lint[pin];
    l->s.lint[pin] = level;
    if (rose && l->s.mode != LAPIC_DISABLED) fire_lvt(l, LVT_LINT0 + pin);
    if (rose && l->s.mode == LAPIC_DISABLED && pin == 1) pulse(&l->out.nmi);
    update(l);
}

struct irq_line lapic_lint(struct lapic *l, unsigned pin) { return (struct irq_line){.set = set_lint, .ctx = l, .pin = pin & 1}; }

bool lapic_lint0_is_nmi(const struct lapic *l) {
    u32 lvt = l->s.lvt[LVT_LINT0];
    return l->s.mode != LAPIC_DISABLED && !(lvt & LVT_MASKED) && delivery(lvt) == LAPIC_NMI;
}

// SDM 3A 11.6.2
static bool addressed(const struct lapic_state *s, const struct lapic_message *m) {
    u32 to = m->destination;
    if (to == 0xFFFFFFFF) return true;
    if (!m->logical) return to == s->id;
    if (s->mode == LAPIC_X2APIC) {
        u32 ldr = (s->id >> 4) << 16 | 1u << (s->id & 15);
        return to >> 16 == ldr >> 16 && (to & ldr & 0xFFFF);
    }
    u32 mine = s->ldr >> 24;
    if (s->dfr >> 28 == 15) return to & mine; // flat; else cluster
    return to >> 4 == mine >> 4 && (to & mine & 15);
}

static void receive(struct lapic *l, u8 mode, u8 vector, bool level) {
    switch (mode) {
    case LAPIC_FIXED:
    case LAPIC_LOWEST:
        if (l->s.svr & SVR_ENABLE) accept(l, vector, level);
        return;
    case LAPIC_NMI: pulse(&l->out.nmi); return;
    case LAPIC_INIT: pulse(&l->out.init); return;
    default: log_debug(l->plat, "lapic: message with delivery mode %u dropped", mode); return;
    }
}

bool lapic_deliver(struct lapic *l, const struct lapic_message *m) {
    if (l->s.mode == LAPIC_DISABLED || !addressed(&l->s, m)) return false;
    receive(l, m->delivery, m->vector, m->level);
    return true;
}

int lapic_message_from_msi(struct lapic_message *m, u64 address, u32 data) {
    if (address >> 20 != 0xFEE) return ERR_INVALID;
    u32 to = (u32)bits(address, 19, 12);
    *m = (struct lapic_message){
        .destination = to == 0xFF ? 0xFFFFFFFF : to,
        .logical = address & BIT(2),
        .level = data & BIT(15),
        .delivery = (u8)bits(data, 10, 8),
        .vector = (u8)data,
    };
    return 0;
}

static void msi(void *ctx, u64 address, u32 data) {
    struct lapic *l = ctx;
    struct lapic_message m;
    if (lapic_message_from_msi(&m, address, data)) {
        log_warn(l->plat, "lapic: interrupt message to 0x%llx dropped, 0xfee..... is right", (unsigned long long)address);
        return;
    }
    if (m.level && !(data & BIT(14))) return; // de-assertion of a level changes nothing here
    if (!lapic_deliver(l, &m)) log_debug(l->plat, "lapic: message for APIC 0x%x dropped", m.destination);
}

struct msi_sink lapic_msi(struct lapic *l) { return (struct msi_sink){.send = msi, .ctx = l}; }

static void send_ipi(struct lapic *l, u64 icr) {
    unsigned shorthand = (unsigned)bits(icr, 19, 18);
    u32 to = (u32)(icr >> 32);
    if (l->s.mode == LAPIC_XAPIC) to = to >> 24 == 0xFF ? 0xFFFFFFFF : to >> 24;
    struct lapic_message m = {
        .destination = shorthand == SHORTHAND_NONE ? to : 0xFFFFFFFF,
        .logical = shorthand == SHORTHAND_NONE && icr & BIT(11),
        .delivery = (u8)bits(icr, 10, 8),
        .vector = (u8)icr,
    };
    if (m.delivery <= LAPIC_LOWEST && m.vector < FIRST_VECTOR) {
        error(l, ESR_SEND_VECTOR);
        return;
    }
    if (m.delivery == LAPIC_INIT && icr & BIT(15) && !(icr & BIT(14))) return; // de-assertion: for arbitration IDs alone
    // INIT and SIPI have no other processor to start. A SIPI to itself is dropped in receive(): the boot processor never waits
    // for one.
    if (shorthand != SHORTHAND_OTHERS) lapic_deliver(l, &m);
}

static void end_of_interrupt(struct lapic *l) {
    int vector = highest(l->s.isr);
    if (vector < 0) return;
    clear_bit(l->s.isr, (unsigned)vector);
    update(l);
    if (get_bit(l->s.tmr, (unsigned)vector) && l->out.eoi) l->out.eoi(l->out.eoi_ctx, (u8)vector);
}

static void write_lvt(struct lapic *l, unsigned which, u32 value) {
    struct lapic_state *s = &l->s;
    value &= lvt_writable[which];
    if (!(s->svr & SVR_ENABLE)) value |= LVT_MASKED;
    s->lvt[which] = value;
    if (which == LVT_TIMER) lapic_timer_set_mode(&l->timer, (enum lapic_timer_mode)bits(value, 18, 17));
    update(l);
}

static void write_svr(struct lapic *l, u32 value) {
    l->s.svr = value & 0x3FF;
    if (value & SVR_ENABLE) return;
    for (unsigned i = 0; i < LVTS; i++) l->s.lvt[i] |= LVT_MASKED;
    update(l);
}

static u64 read_register(const struct lapic *l, unsigned index) {
    const struct lapic_state *s = &l->s;
    bool x2 = s->mode == LAPIC_X2APIC;
    switch (index) {
    case LAPIC_ID: return x2 ? s->id : s->id << 24;
    case LAPIC_VERSION: return VERSION;
    case LAPIC_TPR:
    case LAPIC_APR: return s->tpr;
    case LAPIC_PPR: return ppr(s);
    case LAPIC_LDR: return x2 ? (s->id >> 4) << 16 | 1u << (s->id & 15) : s->ldr;
    case LAPIC_DFR: return s->dfr;
    case LAPIC_SVR: return s->svr;
    case LAPIC_ISR ... LAPIC_ISR + 7: return s->isr[index - LAPIC_ISR];
    case LAPIC_TMR ... LAPIC_TMR + 7: return s->tmr[index - LAPIC_TMR];
    case LAPIC_IRR ... LAPIC_IRR + 7: return s->irr[index - LAPIC_IRR];
    case LAPIC_ESR: return s->esr;
    case LAPIC_ICR: return x2 ? s->icr : (u32)s->icr;
    case LAPIC_ICR_HIGH: return s->icr >> 32;
    case LAPIC_LVT_TIMER ... LAPIC_LVT_ERROR: return s->lvt[index - LAPIC_LVT_TIMER];
    case LAPIC_INITIAL_COUNT: return s->timer.initial;
    case LAPIC_CURRENT_COUNT: return lapic_timer_current(&l->timer);
    case LAPIC_DIVIDE: return s->timer.divide;
    default: return 0; // EOI, RRD
    }
}

static void write_register(struct lapic *l, unsigned index, u64 value) {
    struct lapic_state *s = &l->s;
    switch (index) {
    case LAPIC_TPR: lapic_set_tpr(l, (u8)value); break;
    case LAPIC_EOI: end_of_interrupt(l); break;
    case LAPIC_LDR: s->ldr = (u32)value & 0xFF000000; break;
    case LAPIC_DFR: s->dfr = (u32)value | 0x0FFFFFFF; break;
    case LAPIC_SVR: write_svr(l, (u32)value); break;
    case LAPIC_ESR:
        s->esr = s->esr_new;
        s->esr_new = 0;
        break;
    case LAPIC_ICR:
        if (s->mode == LAPIC_XAPIC) value = (s->icr & mask(63, 32)) | (u32)value;
        s->icr = value & (mask(63, 32) | mask(19, 18) | mask(15, 14) | mask(11, 0));
        send_ipi(l, s->icr);
        break;
    case LAPIC_ICR_HIGH: s->icr = (u32)s->icr | (value & 0xFF000000) << 32; break;
    case LAPIC_LVT_TIMER ... LAPIC_LVT_ERROR: write_lvt(l, index - LAPIC_LVT_TIMER, (u32)value); break;
    case LAPIC_INITIAL_COUNT: lapic_timer_set_initial(&l->timer, (u32)value); break;
    case LAPIC_DIVIDE: lapic_timer_set_divide(&l->timer, value & 11); break;
    case LAPIC_SELF_IPI: send_ipi(l, SHORTHAND_SELF << 18 | (u8)value); break;
    default: break; // read-only
    }
}

// The bits that an x2APIC write to `index` may have set.
static u64 x2apic_allowed(unsigned index) {
    switch (index) {
    case LAPIC_TPR:
    case LAPIC_SELF_IPI: return 0xFF;
    case LAPIC_SVR: return 0x3FF;
    case LAPIC_ICR: return mask(63, 32) | mask(19, 18) | mask(15, 14) | mask(12, 0);
    case LAPIC_LVT_TIMER ... LAPIC_LVT_ERROR: return lvt_writable[index - LAPIC_LVT_TIMER] | LVT_READ_ONLY;
    case LAPIC_INITIAL_COUNT: return 0xFFFFFFFF;
    case LAPIC_DIVIDE: return 11;
    default: return 0; // EOI, ESR
    }
}

int lapic_read(struct lapic *l, unsigned index, u64 *value) {
    if (l->s.mode == LAPIC_DISABLED || index > 0x3F) return ERR_INVALID;
    if (l->s.mode == LAPIC_X2APIC && !(INDICES_BOTH & INDEX(index))) return ERR_INVALID;
    if (l->s.mode == LAPIC_XAPIC && !(XAPIC_REGISTERS & INDEX(index))) error(l, ESR_REGISTER);
    *value = read_register(l, index);
    return 0;
}

int lapic_write(struct lapic *l, unsigned index, u64 value) {
    if (l->s.mode == LAPIC_DISABLED || index > 0x3F) return ERR_INVALID;
    if (l->s.mode == LAPIC_X2APIC && (!(X2APIC_WRITABLE & INDEX(index)) || value & ~x2apic_allowed(index))) return ERR_INVALID;
    if (l->s.mode == LAPIC_XAPIC && !(XAPIC_REGISTERS & INDEX(index))) {
        error(l, ESR_REGISTER);
        return 0;
    }
    write_register(l, index, value);
    return 0;
}

bool lapic_intr_pending(const struct lapic *l) { return l->s.intr; }

bool lapic_extint_pending(const struct lapic *l) { return l->s.extint; }

int lapic_ack(struct lapic *l) {
    if (!l->s.intr) return -1;
    int vector = highest(l->s.irr);
    clear_bit(l->s.irr, (unsigned)vector);
    set_bit(l->s.isr, (unsigned)vector);
    update(l);
    return vector;
}

u8 lapic_tpr(const struct lapic *l) { return (u8)l->s.tpr; }

void lapic_set_tpr(struct lapic *l, u8 tpr) {
    l->s.tpr = tpr;
    update(l);
}

u64 lapic_deadline(const struct lapic *l) { return lapic_timer_deadline(&l->timer); }
void lapic_set_deadline(struct lapic *l, u64 when) { lapic_timer_set_deadline(&l->timer, when); }

// The page decodes 32-bit registers at multiples of 16; what lies between them reads 0.
static u64 page_read(void *dev, u64 offset, unsigned width) {
    struct lapic *l = dev;
    u64 value = 0;
    if (l->s.mode != LAPIC_XAPIC) return mask(8 * width - 1, 0);
    if (offset & 12) return 0;
    lapic_read(l, (unsigned)(offset >> 4 & 0xFF), &value);
    return value >> (8 * (offset & 3)) & mask(8 * width - 1, 0);
}

static void page_write(void *dev, u64 offset, unsigned width, u64 value) {
    struct lapic *l = dev;
    if (l->s.mode != LAPIC_XAPIC || offset & 15) return;
    lapic_write(l, (unsigned)(offset >> 4 & 0xFF), (u32)value);
}

const struct io_ops lapic_ops = {page_read, page_write, .size = LAPIC_SIZE, .widths = IO_ANY};

static void reset(struct lapic *l) {
    struct lapic_state *s = &l->s;
    lapic_timer_reset(&l->timer);
    memset(s->isr, 0, sizeof s->isr);
    memset(s->tmr, 0, sizeof s->tmr);
    memset(s->irr, 0, sizeof s->irr);
    s->tpr = s->ldr = s->esr = s->esr_new = 0;
    s->icr = 0;
    s->dfr = 0xFFFFFFFF;
    s->svr = 0xFF;
    for (unsigned i = 0; i < LVTS; i++) s->lvt[i] = LVT_MASKED;
}

void lapic_init(struct lapic *l) {
    reset(l);
    update(l);
}

void lapic_set_mode(struct lapic *l, enum lapic_mode mode) {
    if (mode == LAPIC_DISABLED) reset(l);
    l->s.mode = (u8)mode;
    update(l);
}

void lapic_virtual_wire(struct lapic *l) {
    write_svr(l, SVR_ENABLE | 0xFF);
    write_lvt(l, LVT_LINT0, LAPIC_EXTINT << 8);
    write_lvt(l, LVT_LINT1, LAPIC_NMI << 8);
}

static bool enter(void *dev) {
    const struct lapic_state *s = &((const struct lapic *)dev)->s;
    return s->mode <= LAPIC_X2APIC && s->timer.mode <= TIMER_RESERVED;
}

struct lapic *lapic_create(struct env *e, u32 apic_id, const struct lapic_outputs *out) {
    struct lapic *l = ENV_DEVICE(e, "lapic", struct lapic, s);
    env_check(e, "lapic", enter, l);
    l->out = *out;
    l->plat = e->plat;
    l->s.id = apic_id;
    l->s.mode = LAPIC_XAPIC;
    lapic_timer_init(&l->timer, &l->s.timer, e->clock, timer_expired, l);
    reset(l);
    return l;
}
