// SPDX-License-Identifier: MIT
// MC146818 real-time clock with 128 bytes of CMOS memory, as in a PC. Its date is a start date plus virtual time.
#ifndef DEV_RTC_CMOS_H
#define DEV_RTC_CMOS_H

#include "bus/bus.h"
#include "core/env.h"
#include "core/irq.h"

enum { RTC_CENTURY = 0x32 }; // index of the century byte, for the FADT

struct rtc_cmos;

// start: the date at power-on, seconds since 1970-01-01 00:00 UTC. low_ram, high_ram: bytes of RAM below 4 GiB and from
// 4 GiB on, told to the guest in the usual CMOS bytes. irq is level while IRQF is set.
struct rtc_cmos *rtc_cmos_create(struct env *e, struct irq_line irq, i64 start, u64 low_ram, u64 high_ram);

// Port 0x70 bit 7 masks NMI: false while it is set.
bool rtc_cmos_nmi_enabled(const struct rtc_cmos *r);

extern const struct io_ops rtc_cmos_ops; // 2 ports, 0x70 on a PC: index, data

#endif
