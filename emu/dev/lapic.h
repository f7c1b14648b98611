// SPDX-License-Identifier: MIT
// The local APIC of one processor (SDM 3A, chapter 11): xAPIC page and x2APIC registers, priorities, LVT, the timer in
// its three modes. It knows no CPU: the CPU asks it, and is told by lines.
#ifndef DEV_LAPIC_H
#define DEV_LAPIC_H

#include "bus/bus.h"
#include "core/env.h"
#include "core/irq.h"

#define LAPIC_SIZE 0x1000          // bytes of the xAPIC page, 0xFEE00000 after reset
#define LAPIC_TIMER_HZ 1000000000u // before the divider; also CPUID 0x15's crystal: one tick is one ns of clock->now

enum lapic_mode { LAPIC_DISABLED, LAPIC_XAPIC, LAPIC_X2APIC }; // IA32_APIC_BASE: EN = 0; EN = 1; EN = EXTD = 1

// Register indices: offset in the xAPIC page >> 4, x2APIC MSR - 0x800.
enum lapic_register {
    LAPIC_ID = 0x02,
    LAPIC_VERSION = 0x03,
    LAPIC_TPR = 0x08,
    LAPIC_APR = 0x09,
    LAPIC_PPR = 0x0A,
    LAPIC_EOI = 0x0B,
    LAPIC_RRD = 0x0C,
    LAPIC_LDR = 0x0D,
    LAPIC_DFR = 0x0E,
    LAPIC_SVR = 0x0F,
    LAPIC_ISR = 0x10,
    LAPIC_TMR = 0x18,
    LAPIC_IRR = 0x20,
    LAPIC_ESR = 0x28,
    LAPIC_ICR = 0x30,
    LAPIC_ICR_HIGH = 0x31,
    LAPIC_LVT_TIMER = 0x32,
    LAPIC_LVT_THERMAL = 0x33,
    LAPIC_LVT_PERF = 0x34,
    LAPIC_LVT_LINT0 = 0x35,
    LAPIC_LVT_LINT1 = 0x36,
    LAPIC_LVT_ERROR = 0x37,
    LAPIC_INITIAL_COUNT = 0x38,
    LAPIC_CURRENT_COUNT = 0x39,
    LAPIC_DIVIDE = 0x3E,
    LAPIC_SELF_IPI = 0x3F,
};

// Delivery modes, in messages, LVT entries and ICR alike.
enum lapic_delivery { LAPIC_FIXED, LAPIC_LOWEST, LAPIC_SMI, LAPIC_REMOTE_READ, LAPIC_NMI, LAPIC_INIT, LAPIC_SIPI, LAPIC_EXTINT };

struct lapic_message {
    u32 destination; // an 8-bit broadcast (0xFF) is given as 0xFFFFFFFF
    bool logical;
    bool level;  // level-triggered: the EOI is broadcast
    u8 delivery; // enum lapic_delivery
    u8 vector;
};

// Where its signals go. Called from within the functions below, on changes only.
struct lapic_outputs {
    struct irq_line intr;              // lapic_intr_pending changed
    struct irq_line extint;            // LINT0 is asserted and passes as ExtINT: acknowledge at the 8259
    struct irq_line nmi;               // pulses (1, then 0) per NMI
    void (*eoi)(void *ctx, u8 vector); // EOI of a level-triggered vector, to the I/O APIC; NULL: none
    void *eoi_ctx;
    struct irq_line init; // pulses per INIT, which lapic_init is to follow
};

struct lapic;

// In xAPIC mode, software-disabled, everything masked, as after reset (SDM 3A 11.4.7.1).
struct lapic *lapic_create(struct env *e, u32 apic_id, const struct lapic_outputs *out);

// As firmware leaves the boot processor's (MP specification 3.6.2.2): enabled, LINT0 ExtINT, LINT1 NMI.
void lapic_virtual_wire(struct lapic *l);

// IA32_APIC_BASE changed; the CPU has refused the transitions that fault. Disabling resets all registers.
void lapic_set_mode(struct lapic *l, enum lapic_mode mode);

// The processor has taken an INIT (11.4.7.3): as after reset, but for the mode and the ID.
void lapic_init(struct lapic *l);

// A fixed interrupt above PPR waits. lapic_ack takes it (IRR -> ISR): its vector, or -1 when there is none.
bool lapic_intr_pending(const struct lapic *l);
int lapic_ack(struct lapic *l);
// The level of the extint output: the 8259 waits and passes.
bool lapic_extint_pending(const struct lapic *l);

// Registers by index 0..0x3F for either mode. ERR_INVALID (and *value untouched) where x2APIC raises #GP: no such
// register, read- or write-only, reserved bits set; and while disabled. In xAPIC mode nothing is refused: a register
// that does not exist reads 0 and sets ESR's illegal-address bit.
// The x2APIC ICR is one 64-bit register at LAPIC_ICR; everything else is 32 bits.
int lapic_read(struct lapic *l, unsigned index, u64 *value);
int lapic_write(struct lapic *l, unsigned index, u64 value);

// TPR as a byte; CR8 is its bits 7..4.
u8 lapic_tpr(const struct lapic *l);
void lapic_set_tpr(struct lapic *l, u8 tpr);

// IA32_TSC_DEADLINE as an absolute time of clock->now (the CPU adds its TSC offset); 0: disarmed. Writes are ignored
// and reads give 0 unless the LVT timer is in TSC-deadline mode. A deadline in the past fires at once.
u64 lapic_deadline(const struct lapic *l);
void lapic_set_deadline(struct lapic *l, u64 when);

// Inputs LINT0 (from the 8259) and LINT1 (NMI sources).
struct irq_line lapic_lint(struct lapic *l, unsigned pin);
// What drives LINT0 arrives as NMI.
bool lapic_lint0_is_nmi(const struct lapic *l);

// An interrupt message; false when it is not for this APIC. As a sink for I/O APIC and PCI devices: lapic_msi.
bool lapic_deliver(struct lapic *l, const struct lapic_message *m);
struct msi_sink lapic_msi(struct lapic *l);
// ERR_INVALID when address is not in 0xFEExxxxx.
int lapic_message_from_msi(struct lapic_message *m, u64 address, u32 data);

extern const struct io_ops lapic_ops; // the xAPIC page

#endif
