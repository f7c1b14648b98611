// SPDX-License-Identifier: MIT
// MC146818. The divider chain runs at 32768 Hz from `phase`; second k ends at phase + k * 10^9 ns. While it runs the
// date is computed; with SET, or the divider held in reset, the ten time bytes are plain memory.
//
//   0 seconds  1 s alarm  2 minutes  3 min alarm  4 hours  5 h alarm  6 weekday  7 day  8 month  9 year  0x32 century
//   A  UIP | DV2..0 | RS3..0       B  SET | PIE | AIE | UIE | SQWE | DM (binary) | 24/12 | DSE
//   C  IRQF | PF | AF | UF | 0     D  VRT | 0
#include "dev/rtc_cmos.h"

#include "base/le.h"

enum {
    SECONDS,
    SECONDS_ALARM,
    MINUTES,
    MINUTES_ALARM,
    HOURS,
    HOURS_ALARM,
    WEEKDAY,
    DAY,
    MONTH,
    YEAR,
    REG_A,
    REG_B,
    REG_C,
    REG_D
};
enum { A_UIP = 0x80, A_DV = 0x70, A_DV_RUN = 0x20, A_RS = 15 };
enum { B_SET = 0x80, B_PIE = 0x40, B_AIE = 0x20, B_UIE = 0x10, B_SQWE = 8, B_BINARY = 4, B_24H = 2 };
enum { C_IRQF = 0x80, C_PF = 0x40, C_AF = 0x20, C_UF = 0x10, D_VRT = 0x80 };
enum { HOUR_PM = 0x80, ALARM_ANY = 0xC0 };

#define SECOND 1000000000u
#define DAY_SECONDS 86400
#define CHAIN_HZ 32768
#define UIP_TICKS 8 // UIP is up for 244 us before the update

struct rtc_state {
    u8 cmos[128];
    u8 index;         // port 0x70, with the NMI mask in bit 7
    u8 flags;         // PF, AF, UF
    u8 running;       // divider running and SET clear: `date` counts
    u8 weekday_shift; // the guest's weekday minus the calendar's, 0..6
    i64 date;         // running: seconds since 1970 at second 0 of the chain
    u64 phase;        // ns, second 0 of the chain
    u64 seen;         // ns up to which flags are accounted for
};

struct rtc_cmos {
    struct rtc_state s;
    struct vclock *clock;
    struct irq_line irq;
    struct event tick; // the next flag that is an interrupt
};

struct calendar {
    i64 year;
    unsigned month, day, hour, minute, second, weekday; // month and day from 1; weekday 1 is Sunday
};

// Days since 1970-01-01 of a proleptic Gregorian date and back; years start in March so that the leap day is last.
static i64 days_of(i64 year, unsigned month, unsigned day) {
    year -= month <= 2;
    i64 era = (year >= 0 ? year : year - 399) / 400;
    i64 of_era = year - era * 400;
    i64 of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
    return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

static struct calendar calendar_of(i64 date) {
    i64 days = (date >= 0 ? date : date - (DAY_SECONDS - 1)) / DAY_SECONDS;
    unsigned second = (unsigned)(date - days * DAY_SECONDS);
    i64 z = days + 719468;
    i64 era = (z >= 0 ? z : z - 146096) / 146097;
    unsigned of_era = (unsigned)(z - era * 146097);
    unsigned year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    unsigned of_year = of_era - (365 * year + year / 4 - year / 100);
    unsigned m = (5 * of_year + 2) / 153;
    unsigned month = m < 10 ? m + 3 : m - 9;
    return (struct calendar){
        .year = year + era * 400 + (month <= 2),
        .month = month,
        .day = of_year - (153 * m + 2) / 5 + 1,
        .hour = second / 3600,
        .minute = second / 60 % 60,
        .second = second % 60,
        .weekday = (unsigned)(((days + 4) % 7 + 7) % 7) + 1,
    };
}

static u8 encode(const struct rtc_state *s, unsigned v) {
    return (u8)(s->cmos[REG_B] & B_BINARY ? v : (v / 10 % 10) << 4 | v % 10);
}

static unsigned decode(const struct rtc_state *s, u8 v) { return s->cmos[REG_B] & B_BINARY ? v : (v >> 4) * 10u + (v & 15); }

static u8 encode_hour(const struct rtc_state *s, unsigned hour) {
    if (s->cmos[REG_B] & B_24H) return encode(s, hour);
    unsigned twelve = hour % 12 ? hour % 12 : 12;
    return (u8)(encode(s, twelve) | (hour >= 12 ? HOUR_PM : 0));
}

static unsigned decode_hour(const struct rtc_state *s, u8 v) {
    if (s->cmos[REG_B] & B_24H) return decode(s, v);
    return decode(s, v & (u8)~HOUR_PM) % 12 + (v & HOUR_PM ? 12 : 0);
}

static u64 chain_seconds(const struct rtc_cmos *r, u64 at) { return at > r->s.phase ? (at - r->s.phase) / SECOND : 0; }

static i64 date_at(const struct rtc_cmos *r, u64 at) { return r->s.date + (i64)chain_seconds(r, at); }

// The running date, put into the time bytes in the guest's format.
static void store_date(struct rtc_cmos *r) {
    struct rtc_state *s = &r->s;
    struct calendar c = calendar_of(date_at(r, r->clock->now));
    s->cmos[SECONDS] = encode(s, c.second);
    s->cmos[MINUTES] = encode(s, c.minute);
    s->cmos[HOURS] = encode_hour(s, c.hour);
    s->cmos[WEEKDAY] = encode(s, (c.weekday - 1 + s->weekday_shift) % 7 + 1);
    s->cmos[DAY] = encode(s, c.day);
    s->cmos[MONTH] = encode(s, c.month);
    i64 century = c.year / 100;
    s->cmos[YEAR] = encode(s, (unsigned)(c.year - century * 100));
    s->cmos[RTC_CENTURY] = encode(s, (unsigned)century);
}

// The reverse; nonsense is carried over (minute 75 is the next hour's 15) as far as the calendar allows.
static void load_date(struct rtc_cmos *r) {
    struct rtc_state *s = &r->s;
    i64 year = (i64)decode(s, s->cmos[RTC_CENTURY]) * 100 + decode(s, s->cmos[YEAR]);
    unsigned month = decode(s, s->cmos[MONTH]);
    if (month < 1) month = 1;
    if (month > 12) month = 12;
    i64 date = days_of(year, month, decode(s, s->cmos[DAY])) * DAY_SECONDS + decode_hour(s, s->cmos[HOURS]) * 3600 +
               decode(s, s->cmos[MINUTES]) * 60 + decode(s, s->cmos[SECONDS]);
    s->date = date - (i64)chain_seconds(r, r->clock->now);
    unsigned weekday = decode(s, s->cmos[WEEKDAY]) + 7;
    s->weekday_shift = (u8)((weekday - calendar_of(date).weekday) % 7);
}

// Chain ticks between periodic flags; 0: none. RS 1 and 2 repeat 8 and 9 with a 32768 Hz time base.
static u64 periodic_ticks(const struct rtc_state *s) {
    unsigned rs = s->cmos[REG_A] & A_RS;
    if (!rs || (s->cmos[REG_A] & A_DV) != A_DV_RUN) return 0;
    return (u64)1 << ((rs <= 2 ? rs + 7 : rs) - 1);
}

// The first multiple of the periodic rate after `at`, in ns.
static u64 next_periodic(const struct rtc_cmos *r, u64 at) {
    u64 period = periodic_ticks(&r->s);
    if (!period) return CLOCK_NEVER;
    u64 done = at > r->s.phase ? ns_to_ticks(at - r->s.phase, CHAIN_HZ) / period : 0;
    return r->s.phase + ticks_to_ns((done + 1) * period, CHAIN_HZ);
}

static u64 next_update(const struct rtc_cmos *r, u64 at) {
    return r->s.running ? r->s.phase + (chain_seconds(r, at) + 1) * SECOND : CLOCK_NEVER;
}

static bool alarm_part(const struct rtc_state *s, unsigned reg, unsigned value) {
    u8 alarm = s->cmos[reg];
    if (alarm >= ALARM_ANY) return true;
    return value == (reg == HOURS_ALARM ? decode_hour(s, alarm) : decode(s, alarm));
}

// The first update after `at` on which the alarm matches, in ns, or CLOCK_NEVER: within a day or not at all.
static u64 next_alarm(const struct rtc_cmos *r, u64 at) {
    const u8 *cmos = r->s.cmos;
    if (!r->s.running) return CLOCK_NEVER;
    if (cmos[MINUTES_ALARM] < ALARM_ANY && decode(&r->s, cmos[MINUTES_ALARM]) > 59) return CLOCK_NEVER;
    if (cmos[SECONDS_ALARM] < ALARM_ANY && decode(&r->s, cmos[SECONDS_ALARM]) > 59) return CLOCK_NEVER;
    i64 from = date_at(r, at), date = from + 1;
    while (date <= from + DAY_SECONDS) {
        struct calendar c = calendar_of(date);
        if (!alarm_part(&r->s, HOURS_ALARM, c.hour)) date += 3600 - (i64)(c.minute * 60 + c.second);
        else if (!alarm_part(&r->s, MINUTES_ALARM, c.minute)) date += 60 - (i64)c.second;
        else if (!alarm_part(&r->s, SECONDS_ALARM, c.second)) date++;
        else return next_update(r, at) + (u64)(date - from - 1) * SECOND;
    }
    return CLOCK_NEVER;
}

// Raises the flags of everything that happened since the last look.
static void account(struct rtc_cmos *r) {
    struct rtc_state *s = &r->s;
    u64 now = r->clock->now;
    if (next_periodic(r, s->seen) <= now) s->flags |= C_PF;
    if (next_update(r, s->seen) <= now) s->flags |= C_UF;
    if (!(s->flags & C_AF) && next_alarm(r, s->seen) <= now) s->flags |= C_AF;
    s->seen = now;
}

// PIE, AIE, UIE stand over PF, AF, UF.
static u8 interrupting(const struct rtc_state *s) { return s->flags & s->cmos[REG_B] & (C_PF | C_AF | C_UF); }

// Waits only for a flag that is enabled and not up: otherwise reading C finds it.
static void schedule(struct rtc_cmos *r) {
    const struct rtc_state *s = &r->s;
    u8 wanted = s->cmos[REG_B] & (u8)~s->flags;
    u64 when = CLOCK_NEVER, at;
    if (interrupting(s)) wanted = 0;
    if (wanted & B_PIE && (at = next_periodic(r, s->seen)) < when) when = at;
    if (wanted & B_UIE && (at = next_update(r, s->seen)) < when) when = at;
    if (wanted & B_AIE && (at = next_alarm(r, s->seen)) < when) when = at;
    if (when == CLOCK_NEVER) event_cancel(r->clock, &r->tick);
    else event_at(r->clock, &r->tick, when);
    irq_set(&r->irq, interrupting(s));
}

static void tick(void *ctx, u64 now) {
    struct rtc_cmos *r = ctx;
    account(r);
    schedule(r);
}

static bool should_run(const struct rtc_state *s) { return !(s->cmos[REG_B] & B_SET) && (s->cmos[REG_A] & A_DV) == A_DV_RUN; }

// Before and after a change of SET or DV.
static void stop_date(struct rtc_cmos *r) {
    if (r->s.running) store_date(r);
    r->s.running = 0;
}

static void start_date(struct rtc_cmos *r) {
    if (!should_run(&r->s)) return;
    load_date(r);
    r->s.running = 1;
}

static void write_a(struct rtc_cmos *r, u8 v) {
    bool was_reset = (r->s.cmos[REG_A] & A_DV) != A_DV_RUN;
    if (((v ^ r->s.cmos[REG_A]) & A_DV) == 0) {
        r->s.cmos[REG_A] = v & (u8)~A_UIP;
        return;
    }
    stop_date(r);
    r->s.cmos[REG_A] = v & (u8)~A_UIP;
    if (was_reset) {
        // The first update comes half a second after the divider starts.
        u64 now = r->clock->now;
        r->s.phase = now > SECOND / 2 ? now - SECOND / 2 : 0;
    }
    start_date(r);
}

static void write_b(struct rtc_cmos *r, u8 v) {
    if (v & B_SET) v &= (u8)~B_UIE;
    if (!((v ^ r->s.cmos[REG_B]) & B_SET)) {
        r->s.cmos[REG_B] = v;
        return;
    }
    if (v & B_SET) {
        stop_date(r);
        r->s.cmos[REG_B] = v;
    } else {
        r->s.cmos[REG_B] = v;
        start_date(r);
    }
}

static bool is_date(unsigned reg) {
    return reg == RTC_CENTURY || (reg <= YEAR && reg != SECONDS_ALARM && reg != MINUTES_ALARM && reg != HOURS_ALARM);
}

static void write_register(struct rtc_cmos *r, unsigned reg, u8 v) {
    account(r);
    switch (reg) {
    case REG_A: write_a(r, v); break;
    case REG_B: write_b(r, v); break;
    case REG_C:
    case REG_D: break;
    default:
        if (is_date(reg) && r->s.running) {
            store_date(r);
            r->s.cmos[reg] = v;
            load_date(r);
        } else {
            r->s.cmos[reg] = v;
        }
    }
    schedule(r);
}

static bool update_in_progress(const struct rtc_cmos *r) {
    u64 now = r->clock->now;
    return r->s.running && next_update(r, now) - now <= ticks_to_ns(UIP_TICKS, CHAIN_HZ);
}

static u8 read_c(struct rtc_cmos *r) {
    account(r);
    u8 value = (u8)(r->s.flags | (interrupting(&r->s) ? C_IRQF : 0));
    r->s.flags = 0;
    schedule(r);
    return value;
}

static u8 read_register(struct rtc_cmos *r, unsigned reg) {
    switch (reg) {
    case REG_A: return (u8)(r->s.cmos[REG_A] | (update_in_progress(r) ? A_UIP : 0));
    case REG_C: return read_c(r);
    case REG_D: return D_VRT;
    default:
        if (is_date(reg) && r->s.running) store_date(r);
        return r->s.cmos[reg];
    }
}

static u8 read_byte(void *dev, u64 offset) {
    struct rtc_cmos *r = dev;
    return offset ? read_register(r, r->s.index & 0x7F) : 0xFF; // the index cannot be read back
}

static void write_byte(void *dev, u64 offset, u8 v) {
    struct rtc_cmos *r = dev;
    if (offset) write_register(r, r->s.index & 0x7F, v);
    else r->s.index = v;
}

static u64 rtc_read(void *dev, u64 offset, unsigned width) { return read_byte(dev, offset); }

static void rtc_write(void *dev, u64 offset, unsigned width, u64 value) { write_byte(dev, offset, (u8)value); }

const struct io_ops rtc_cmos_ops = {rtc_read, rtc_write, .size = 2, .widths = IO_BYTES};

bool rtc_cmos_nmi_enabled(const struct rtc_cmos *r) { return !(r->s.index & 0x80); }

// `units` of memory in `bytes` little-endian bytes from `reg` on, at most what fits.
static void put_memory(u8 *cmos, unsigned reg, unsigned bytes, u64 units) {
    u64 most = ((u64)1 << (8 * bytes)) - 1;
    if (units > most) units = most;
    for (unsigned i = 0; i < bytes; i++) cmos[reg + i] = (u8)(units >> (8 * i));
}

static void fill_nvram(u8 *cmos, u64 low_ram, u64 high_ram) {
    u64 above_1m = low_ram > MiB ? low_ram - MiB : 0;
    u64 above_16m = low_ram > 16 * MiB ? low_ram - 16 * MiB : 0;
    cmos[0x14] = 0x06;                                                           // equipment: FPU, pointing device
    put_memory(cmos, 0x15, 2, 640);                                              // KiB below 1 MiB
    put_memory(cmos, 0x17, 2, above_1m < 63 * MiB ? above_1m / KiB : 63 * 1024); // KiB above 1 MiB, AT style
    st16(cmos + 0x30, ld16(cmos + 0x17));
    put_memory(cmos, 0x34, 2, above_16m / (64 * KiB));
    put_memory(cmos, 0x5B, 3, high_ram / (64 * KiB));
    u16 sum = 0; // the AT's checksum, high byte first
    for (unsigned i = 0x10; i <= 0x2D; i++) sum += cmos[i];
    cmos[0x2E] = (u8)(sum >> 8);
    cmos[0x2F] = (u8)sum;
}

// Dates of some 10,000 years around now, and times that have been.
static bool enter(void *dev) {
    const struct rtc_cmos *r = dev;
    const i64 far = (i64)1 << 40;
    u64 now = r->clock->now;
    return r->s.phase <= now && r->s.seen <= now && r->s.running <= 1 && r->s.weekday_shift < 7 && r->s.date > -far &&
           r->s.date < far;
}

struct rtc_cmos *rtc_cmos_create(struct env *e, struct irq_line irq, i64 start, u64 low_ram, u64 high_ram) {
    struct rtc_cmos *r = ENV_DEVICE(e, "rtc_cmos", struct rtc_cmos, s);
    env_check(e, "rtc_cmos", enter, r);
    r->clock = e->clock;
    r->irq = irq;
    event_init(e->clock, &r->tick, tick, r);
    r->s.cmos[REG_A] = A_DV_RUN | 6; // 1024 Hz, as a BIOS leaves it
    r->s.cmos[REG_B] = B_24H;
    r->s.date = start;
    r->s.phase = r->s.seen = e->clock->now;
    r->s.running = 1;
    fill_nvram(r->s.cmos, low_ram, high_ram);
    store_date(r);
    return r;
}

void rtc_cmos_save(const struct rtc_cmos *r, struct rtc_battery *b) {
    const struct rtc_state *s = &r->s;
    *b = (struct rtc_battery){.running = s->running, .weekday_shift = s->weekday_shift, .date = s->date, .phase = s->phase};
    memcpy(b->cmos, s->cmos, sizeof b->cmos);
}

void rtc_cmos_restore(struct rtc_cmos *r, const struct rtc_battery *b) {
    struct rtc_state *s = &r->s;
    memcpy(s->cmos, b->cmos, sizeof s->cmos);
    s->cmos[REG_B] &= (u8)~(B_PIE | B_AIE | B_UIE | B_SQWE);
    s->running = b->running;
    s->weekday_shift = b->weekday_shift;
    s->date = b->date;
    s->phase = b->phase;
}
