// SPDX-License-Identifier: MIT
// MC146818 real-time clock with 128 bytes of CMOS memory, as in a PC. Its date is a start date plus virtual time.
#ifndef DEV_RTC_CMOS_H
#define DEV_RTC_CMOS_H

#include "bus/bus.h"
#include "core/env.h"
#include "core/irq.h"

enum { RTC_CENTURY = 0x32 }; // index of the century byte, for the FADT

struct rtc_cmos;

// What the battery keeps while the machine is reset: time goes on, interrupts are off.
struct rtc_battery {
    u8 cmos[128];
    u8 running, weekday_shift;
    i64 date;
    u64 phase;
};

// start: the date at power-on, seconds since 1970-01-01 00:00 UTC. low_ram, high_ram: bytes of RAM below 4 GiB and from
// 4 GiB on, told to the guest in the usual CMOS bytes. irq is level while IRQF is set.
struct rtc_cmos *rtc_cmos_create(struct env *e, struct irq_line irq, i64 start, u64 low_ram, u64 high_ram);
// RESET#: what was saved from the chip of the machine before replaces what it was created with.
void rtc_cmos_save(const struct rtc_cmos *r, struct rtc_battery *b);
void rtc_cmos_restore(struct rtc_cmos *r, const struct rtc_battery *b);

// Port 0x70 bit 7 masks NMI: false while it is set.
bool rtc_cmos_nmi_enabled(const struct rtc_cmos *r);

extern const struct io_ops rtc_cmos_ops; // 2 ports, 0x70 on a PC: index, data

#endif
