// SPDX-License-Identifier: MIT
// Goldfish RTC (Google, "Goldfish Virtual Hardware", real-time clock): nanoseconds since 1970, and an alarm.
//
//   00  TIME_LOW       read: bits 31..0 of the time, and latches the others   write: sets them
//   04  TIME_HIGH      read: what was latched                                 write: sets bits 63..32
//   08  ALARM_LOW      write: bits 31..0 of the alarm, with ALARM_HIGH's, and starts it
//   0c  ALARM_HIGH     bits 63..32 of the next alarm
//   10  IRQ_ENABLED    bit 0
//   14  CLEAR_ALARM    any write stops the alarm
//   18  ALARM_STATUS   1 while an alarm is to come
//   1c  CLEAR_INTERRUPT  any write
//
// Registers are of 32 bits: an aligned access of 8 bytes is two of them, low one first; of another kind it reads 0 and writes nothing.
#ifndef DEV_GOLDFISH_RTC_H
#define DEV_GOLDFISH_RTC_H

#include "bus/bus.h"
#include "core/env.h"
#include "core/irq.h"

#define GOLDFISH_RTC_SIZE 0x1000

struct goldfish_rtc;

// unix_time: seconds since 1970 at the clock's 0. The line is high while an alarm has come and is enabled.
struct goldfish_rtc *goldfish_rtc_create(struct env *e, struct irq_line irq, u64 unix_time);
// How far the guest has put the clock on, ns: what a battery keeps over a restart.
u64 goldfish_rtc_offset(const struct goldfish_rtc *r);
void goldfish_rtc_set_offset(struct goldfish_rtc *r, u64 ns);

extern const struct io_ops goldfish_rtc_ops; // GOLDFISH_RTC_SIZE bytes

#endif
