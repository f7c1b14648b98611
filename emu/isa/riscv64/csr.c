// SPDX-License-Identifier: MIT
// Control and status registers: one row each. Bits 9..8 of a number say which privilege it takes, bits 11..10 = 3 that it cannot be
// written (privileged specification, "CSR Address Mapping Conventions").
#include "isa/riscv64/csr.h"

#include "isa/riscv64/paging.h"
#include "isa/riscv64/sys.h"

typedef u64 read_fn(const struct rv_cpu *c, unsigned csr);
typedef void write_fn(struct rv_cpu *c, unsigned csr, u64 value);

struct csr {
    u16 first, last; // numbers
    u16 at;          // plain storage: offset in struct rv_state; read and write stand in for it
    read_fn *read;
    write_fn *write;                                    // the value is cut to `mask` already
    u64 mask;                                           // bits that can be written; the others stay as they are read
    bool (*open)(const struct rv_cpu *c, unsigned csr); // what must be so beside the privilege
    read_fn *base;                                      // what set and clear work on, when it is not what is read
    enum rv_ext ext;                                    // of a model that lacks it there is no such register; EXT_I: always
};

// ---- counters

static u64 cycles(const struct rv_cpu *c) { return c->clock->now; }
static u64 instructions(const struct rv_cpu *c) {
    return c->retired + (c->running ? c->slice_end - (u64)c->left - c->began : 0) - c->unretired;
}

// Inhibited, a counter is what was stored; else what was stored is what is added to the count.
static u64 counter(const struct rv_cpu *c, u64 bit) {
    u64 stored = bit == COUNTER_CY ? c->s.mcycle : c->s.minstret;
    if (c->s.mcountinhibit & bit) return stored;
    return stored + (bit == COUNTER_CY ? cycles(c) : instructions(c));
}

static void set_counter(struct rv_cpu *c, u64 bit, u64 v) {
    u64 count = bit == COUNTER_CY ? cycles(c) : instructions(c);
    u64 *stored = bit == COUNTER_CY ? &c->s.mcycle : &c->s.minstret;
    *stored = c->s.mcountinhibit & bit ? v : v - count;
}

static u64 read_cycle(const struct rv_cpu *c, unsigned csr) { return counter(c, COUNTER_CY); }
static u64 read_instret(const struct rv_cpu *c, unsigned csr) { return counter(c, COUNTER_IR); }
static void write_mcycle(struct rv_cpu *c, unsigned csr, u64 v) { set_counter(c, COUNTER_CY, v); }
static void write_minstret(struct rv_cpu *c, unsigned csr, u64 v) { set_counter(c, COUNTER_IR, v); }

static void write_mcountinhibit(struct rv_cpu *c, unsigned csr, u64 v) {
    u64 cy = counter(c, COUNTER_CY), ir = counter(c, COUNTER_IR);
    c->s.mcountinhibit = v;
    set_counter(c, COUNTER_CY, cy);
    set_counter(c, COUNTER_IR, ir);
}

u64 rv_time(const struct rv_cpu *c) { return c->port.time ? c->port.time(c->port.ctx) : ns_to_ticks(c->clock->now, RV_TIME_HZ); }
static u64 read_time(const struct rv_cpu *c, unsigned csr) { return rv_time(c); }
static u64 read_zero(const struct rv_cpu *c, unsigned csr) { return 0; }
static void write_nothing(struct rv_cpu *c, unsigned csr, u64 v) {}

// The bit of mcounteren opens a counter to S-mode, that of scounteren with it to U-mode.
static bool counter_open(const struct rv_cpu *c, unsigned csr) {
    u64 bit = BIT(csr & 31);
    if (c->s.priv == RV_M) return true;
    if (!(c->s.mcounteren & bit)) return false;
    return c->s.priv == RV_S || c->s.scounteren & bit;
}

// ---- floating point

static bool fp_on(const struct rv_cpu *c, unsigned csr) { return c->s.mstatus & MSTATUS_FS; }

//   7..5  4  3  2  1  0
//   frm   NV DZ OF UF NX     fcsr; fflags is 4..0, frm 7..5
enum { CSR_FFLAGS = 1, CSR_FRM = 2, CSR_FCSR = 3 };
static u64 read_fcsr(const struct rv_cpu *c, unsigned csr) {
    return csr == CSR_FFLAGS ? c->s.fcsr & 31 : csr == CSR_FRM ? c->s.fcsr >> 5 : c->s.fcsr;
}
static void write_fcsr(struct rv_cpu *c, unsigned csr, u64 v) {
    u32 old = c->s.fcsr;
    c->s.fcsr = (u32)(csr == CSR_FFLAGS ? (old & ~31u) | (v & 31) : csr == CSR_FRM ? (old & 31) | (v & 7) << 5 : v & 255);
    c->s.mstatus |= MSTATUS_FS;
}

// ---- status

static u64 status_of(u64 mstatus) { return mstatus | MSTATUS_XL | ((mstatus & MSTATUS_FS) == MSTATUS_FS ? MSTATUS_SD : 0); }
static u64 read_mstatus(const struct rv_cpu *c, unsigned csr) { return status_of(c->s.mstatus); }
static u64 read_sstatus(const struct rv_cpu *c, unsigned csr) {
    return status_of(c->s.mstatus) & (MSTATUS_S | BIT(33) | MSTATUS_SD);
}

static void set_mstatus(struct rv_cpu *c, u64 v) {
    u64 old = c->s.mstatus;
    if ((v & MSTATUS_MPP) >> MSTATUS_MPP_SHIFT == 2) v = (v & ~MSTATUS_MPP) | (old & MSTATUS_MPP); // no such mode
    c->s.mstatus = v;
    if ((v ^ old) & MSTATUS_MXR) rv_space_changed(c);
    else rv_mode_changed(c);
}
static void write_mstatus(struct rv_cpu *c, unsigned csr, u64 v) { set_mstatus(c, v & MSTATUS_ALL); }
static void write_sstatus(struct rv_cpu *c, unsigned csr, u64 v) {
    set_mstatus(c, (c->s.mstatus & ~MSTATUS_S) | (v & MSTATUS_S));
}

// MXL = 2 (64 bits), and a letter's bit each; S and U modes are 18 and 20.
static u64 read_misa(const struct rv_cpu *c, unsigned csr) {
    return BIT(63) | BIT('i' - 'a') | BIT('m' - 'a') | BIT(0) | BIT('f' - 'a') | BIT('d' - 'a') | BIT('c' - 'a') | BIT(18) |
           BIT(20);
}

static void write_satp(struct rv_cpu *c, unsigned csr, u64 v) {
    u32 modes = 0;
    for (unsigned m = RV_MODE_SV39; m <= c->model->satp_mode_max; m++) modes |= (u32)BIT(m);
    c->s.satp = rv_satp_write(c->s.satp, v, modes);
    rv_space_changed(c);
}
static bool satp_open(const struct rv_cpu *c, unsigned csr) { return c->s.priv == RV_M || !(c->s.mstatus & MSTATUS_TVM); }

// ---- interrupts

static u64 read_mip(const struct rv_cpu *c, unsigned csr) { return rv_mip(c); }
static u64 base_mip(const struct rv_cpu *c, unsigned csr) { return c->s.mip; }
static void write_mip(struct rv_cpu *c, unsigned csr, u64 v) { c->s.mip = v & RV_S_INTERRUPTS; }
// S-mode sees what is delegated to it, and writes SSIP alone.
static u64 read_sip(const struct rv_cpu *c, unsigned csr) { return rv_mip(c) & c->s.mideleg; }
static void write_sip(struct rv_cpu *c, unsigned csr, u64 v) {
    u64 can = BIT(RV_SSI) & c->s.mideleg;
    c->s.mip = (c->s.mip & ~can) | (v & can);
}
static u64 read_sie(const struct rv_cpu *c, unsigned csr) { return c->s.mie & c->s.mideleg; }
static void write_sie(struct rv_cpu *c, unsigned csr, u64 v) { c->s.mie = (c->s.mie & ~c->s.mideleg) | (v & c->s.mideleg); }

// ---- the supervisor's timer (Sstc)

// At the end of time there is no tick to wait for.
static u64 when_time_is(const struct rv_cpu *c, u64 ticks) {
    u64 now = rv_time(c);
    if (ticks <= now) return c->clock->now;
    u64 ns = (ticks - now) > CLOCK_END / 100 ? CLOCK_END : ticks_to_ns(ticks - now, RV_TIME_HZ);
    // The tick that is running began some ns ago.
    u64 when = c->clock->now - c->clock->now % (1000000000u / RV_TIME_HZ) + ns;
    return when < CLOCK_END ? when : CLOCK_END;
}

void rv_stimer_update(struct rv_cpu *c) {
    if (!(c->s.menvcfg & MENVCFG_STCE)) {
        event_cancel(c->clock, &c->stimer);
        return;
    }
    bool due = rv_time(c) >= c->s.stimecmp;
    rv_set_irq(c, RV_STI, due);
    if (due || when_time_is(c, c->s.stimecmp) >= CLOCK_END) event_cancel(c->clock, &c->stimer);
    else event_at(c->clock, &c->stimer, when_time_is(c, c->s.stimecmp));
}

static void write_stimecmp(struct rv_cpu *c, unsigned csr, u64 v) {
    c->s.stimecmp = v;
    rv_stimer_update(c);
}
static bool stimecmp_open(const struct rv_cpu *c, unsigned csr) {
    return c->s.priv == RV_M || (c->s.menvcfg & MENVCFG_STCE && c->s.mcounteren & COUNTER_TM);
}

// ---- environment

static u64 senvcfg_bits(const struct rv_model *m) {
    return ENVCFG_FIOM | (rv_has(m, EXT_ZICBOM) ? ENVCFG_CBIE | ENVCFG_CBCFE : 0) | (rv_has(m, EXT_ZICBOZ) ? ENVCFG_CBZE : 0);
}
u64 rv_menvcfg_bits(const struct rv_model *m) {
    return senvcfg_bits(m) | (rv_has(m, EXT_SVADU) ? MENVCFG_ADUE : 0) | (rv_has(m, EXT_SVPBMT) ? MENVCFG_PBMTE : 0) |
           (rv_has(m, EXT_SSTC) ? MENVCFG_STCE : 0);
}
// CBIE = 2 is reserved: what was there stays.
static u64 legal_cbie(u64 v, u64 old) { return (v & ENVCFG_CBIE) == BIT(5) ? (v & ~ENVCFG_CBIE) | (old & ENVCFG_CBIE) : v; }

static void write_senvcfg(struct rv_cpu *c, unsigned csr, u64 v) {
    c->s.senvcfg = legal_cbie(v, c->s.senvcfg) & senvcfg_bits(c->model);
}
static void write_menvcfg(struct rv_cpu *c, unsigned csr, u64 v) {
    u64 old = c->s.menvcfg, new = legal_cbie(v, old) & rv_menvcfg_bits(c->model);
    c->s.menvcfg = new;
    if ((old ^ new) & MENVCFG_STCE) {
        rv_set_irq(c, RV_STI, false);
        rv_stimer_update(c);
    }
    if (!((old ^ new) & (MENVCFG_ADUE | MENVCFG_PBMTE))) return;
    tlb_flush_all(&c->v);
    rv_space_changed(c);
}

// ---- protection

static bool pmp_there(const struct rv_cpu *c, unsigned csr) {
    u64 v;
    return rv_pmp_read(&c->s.pmp, csr, &v);
}
static u64 read_pmp(const struct rv_cpu *c, unsigned csr) {
    u64 v = 0;
    rv_pmp_read(&c->s.pmp, csr, &v);
    return v;
}
static void write_pmp(struct rv_cpu *c, unsigned csr, u64 v) {
    rv_pmp_write(&c->s.pmp, csr, v);
    c->pmp_fine = rv_pmp_fine(&c->s.pmp);
    tlb_flush_all(&c->v);
    rv_space_changed(c);
}

// ---- the table

#define STATE(field) .at = offsetof(struct rv_state, field)
#define ALL_BITS (~(u64)0)
static const struct csr csrs[] = {
    {0x001, 0x003, .read = read_fcsr, .write = write_fcsr, .mask = 255, .open = fp_on}, // fflags, frm, fcsr

    {0x100, 0x100, .read = read_sstatus, .write = write_sstatus, .mask = MSTATUS_S},
    {0x104, 0x104, .read = read_sie, .write = write_sie, .mask = RV_S_INTERRUPTS},
    {0x105, 0x105, STATE(stvec), .mask = ~BIT(1)},
    {0x106, 0x106, STATE(scounteren), .mask = 0xffffffff},
    {0x10a, 0x10a, STATE(senvcfg), .write = write_senvcfg, .mask = ALL_BITS},
    {0x140, 0x140, STATE(sscratch), .mask = ALL_BITS},
    {0x141, 0x141, STATE(sepc), .mask = ~BIT(0)},
    {0x142, 0x142, STATE(scause), .mask = ALL_BITS},
    {0x143, 0x143, STATE(stval), .mask = ALL_BITS},
    {0x144, 0x144, .read = read_sip, .write = write_sip, .mask = BIT(RV_SSI), .base = base_mip},
    {0x14d, 0x14d, STATE(stimecmp), .write = write_stimecmp, .mask = ALL_BITS, .open = stimecmp_open, .ext = EXT_SSTC},
    {0x180, 0x180, STATE(satp), .write = write_satp, .mask = ALL_BITS, .open = satp_open},

    {0x300, 0x300, .read = read_mstatus, .write = write_mstatus, .mask = MSTATUS_ALL},
    {0x301, 0x301, .read = read_misa, .write = write_nothing},
    {0x302, 0x302, STATE(medeleg), .mask = RV_DELEGABLE},
    {0x303, 0x303, STATE(mideleg), .mask = RV_S_INTERRUPTS},
    {0x304, 0x304, STATE(mie), .mask = RV_S_INTERRUPTS | RV_M_INTERRUPTS},
    {0x305, 0x305, STATE(mtvec), .mask = ~BIT(1)},
    {0x306, 0x306, STATE(mcounteren), .mask = 0xffffffff},
    {0x30a, 0x30a, STATE(menvcfg), .write = write_menvcfg, .mask = ALL_BITS},
    {0x320, 0x320, STATE(mcountinhibit), .write = write_mcountinhibit, .mask = COUNTER_CY | COUNTER_IR},
    {0x323, 0x33f, .read = read_zero, .write = write_nothing}, // mhpmevent
    {0x340, 0x340, STATE(mscratch), .mask = ALL_BITS},
    {0x341, 0x341, STATE(mepc), .mask = ~BIT(0)},
    {0x342, 0x342, STATE(mcause), .mask = ALL_BITS},
    {0x343, 0x343, STATE(mtval), .mask = ALL_BITS},
    {0x344, 0x344, .read = read_mip, .write = write_mip, .mask = RV_S_INTERRUPTS, .base = base_mip},
    {0x3a0, 0x3af, .read = read_pmp, .write = write_pmp, .mask = ALL_BITS, .open = pmp_there}, // pmpcfg
    {0x3b0, 0x3ef, .read = read_pmp, .write = write_pmp, .mask = ALL_BITS, .open = pmp_there}, // pmpaddr

    {0xb00, 0xb00, .read = read_cycle, .write = write_mcycle, .mask = ALL_BITS},
    {0xb02, 0xb02, .read = read_instret, .write = write_minstret, .mask = ALL_BITS},
    {0xb03, 0xb1f, .read = read_zero, .write = write_nothing}, // mhpmcounter
    {0xc00, 0xc00, .read = read_cycle, .open = counter_open},
    {0xc01, 0xc01, .read = read_time, .open = counter_open},
    {0xc02, 0xc02, .read = read_instret, .open = counter_open},
    {0xc03, 0xc1f, .read = read_zero, .open = counter_open, .ext = EXT_ZIHPM}, // hpmcounter
    {0xf11, 0xf15, .read = read_zero},                                         // mvendorid, marchid, mimpid, mhartid, mconfigptr
};

const u8 *rv_csr_index_create(struct env *env, const struct rv_model *model) {
    u8 *index = env_alloc(env, RV_CSRS);
    for (unsigned i = 0; i < countof(csrs); i++)
        for (unsigned n = csrs[i].first; n <= csrs[i].last && rv_has(model, csrs[i].ext); n++) index[n] = (u8)(i + 1);
    return index;
}

static u64 read_row(const struct rv_cpu *c, const struct csr *r, unsigned csr) {
    return r->read ? r->read(c, csr) : *(const u64 *)(const void *)((const u8 *)&c->s + r->at);
}

static void write_row(struct rv_cpu *c, const struct csr *r, unsigned csr, u64 v) {
    if (r->write) r->write(c, csr, v);
    else *(u64 *)(void *)((u8 *)&c->s + r->at) = v;
}

enum rv_csr_next rv_csr(struct rv_cpu *c, unsigned csr, enum rv_csr_op op, u64 operand, u64 *old) {
    if (!c->csr_row[csr] || (csr >> 8 & 3) > c->s.priv) return RV_CSR_ILLEGAL;
    const struct csr *r = &csrs[c->csr_row[csr] - 1];
    if (op != RV_CSR_READ && csr >> 10 == 3) return RV_CSR_ILLEGAL;
    if (r->open && !r->open(c, csr)) return RV_CSR_ILLEGAL;
    vcpu_sync_clock(&c->v);
    u64 is = read_row(c, r, csr);
    *old = is;
    if (op == RV_CSR_READ) return RV_CSR_GO;
    u64 base = r->base ? r->base(c, csr) : is;
    u64 v = op == RV_CSR_SET ? base | operand : op == RV_CSR_CLEAR ? base & ~operand : operand;
    write_row(c, r, csr, (base & ~r->mask) | (v & r->mask));
    return rv_goes_on(c) ? RV_CSR_GO : RV_CSR_LOOK;
}

bool rv_csr_look(const struct rv_cpu *c, unsigned csr, u64 *value) {
    const struct csr *r = c->csr_row[csr] ? &csrs[c->csr_row[csr] - 1] : NULL;
    if (r) *value = read_row(c, r, csr);
    return r;
}

bool rv_csr_put(struct rv_cpu *c, unsigned csr, u64 value) {
    const struct csr *r = c->csr_row[csr] ? &csrs[c->csr_row[csr] - 1] : NULL;
    if (!r || csr >> 10 == 3) return false;
    u64 base = r->base ? r->base(c, csr) : read_row(c, r, csr);
    write_row(c, r, csr, (base & ~r->mask) | (value & r->mask));
    return true;
}
