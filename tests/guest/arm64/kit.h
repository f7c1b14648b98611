// SPDX-License-Identifier: MIT
// What an Arm64 guest test is written with, beside words.h and virt.h. The image runs at EL1 on a board like QEMU's virt; each test starts from the same
// state every time: kit_reset.
#ifndef GUEST_ARM64_KIT_H
#define GUEST_ARM64_KIT_H

#include "virt.h"

// A piece of assembly with a name. It ends with `ret`; its arguments are in x0 and x1, and it may use every register but SP and x30.
#define CODE(name, text)                                                                                                         \
    extern const char name[];                                                                                                    \
    __asm__(".pushsection .text.code, \"ax\", @progbits\n.balign 16\n" #name ":\n" text "\n.popsection\n")

// EL0; EL1 with SP_EL1; EL1 with SP_EL0. The values are PSTATE's.
enum mode { EL0 = 0, EL1 = 5, EL1T = 4 };

// What ended the last run(): an exception that no hook took, by its class, or its `ret`, or an interrupt.
enum { NOTHING = 0x100, IRQ = 0x101, FIQ = 0x102, SERROR = 0x103 };
enum {
    UNKNOWN = 0x00,
    WFX = 0x01,
    FP = 0x07,
    PAUTH = 0x09,
    BTI = 0x0d,
    ILLEGAL_STATE = 0x0e,
    SVC = 0x15,
    SYSREG = 0x18,
    FETCH_LOWER = 0x20,
    FETCH = 0x21,
    PC_ALIGNMENT = 0x22,
    DATA_LOWER = 0x24,
    DATA = 0x25,
    SP_ALIGNMENT = 0x26,
    FPAC = 0x1c,
    BRK = 0x3c,
};
enum {
    ADDRESS_SIZE = 0x00,
    TRANSLATION = 0x04,
    ACCESS_FLAG = 0x08,
    PERMISSION = 0x0c,
    EXTERNAL = 0x10,
    WALK = 0x14,
    ALIGNMENT = 0x21
};
#define WNR BIT(6)
#define CM BIT(8)

struct frame {
    u64 x[31], sp_el1, sp_el0, pc, pstate, vector;
};
struct caught {
    struct frame f;
    u64 esr, iss, far;
    unsigned vector; // offset of the vector that it came by
};
extern struct caught caught;

// Runs `code` in that mode with arguments. Returns what ended it. caught.f.x[0] is what is in x0 then.
u64 run2(enum mode mode, const void *code, u64 x0, u64 x1);
static inline u64 run(enum mode mode, const void *code, u64 x0) { return run2(mode, code, x0, 0); }
// PSTATE besides the mode, for the next run(): all interrupts are masked when nothing is said. kit_sp: its SP.
extern u64 kit_pstate, kit_sp;
#define PSTATE_DAIF ((u64)15 << 6)
#define PSTATE_I BIT(7)
#define PSTATE_F BIT(6)
#define PSTATE_IL BIT(20)
#define PSTATE_PAN BIT(22)
#define PSTATE_UAO BIT(23)

#define READ(reg)                                                                                                                \
    ({                                                                                                                           \
        u64 v_;                                                                                                                  \
        __asm__ volatile("mrs %0, " #reg : "=r"(v_) : : "memory");                                                               \
        v_;                                                                                                                      \
    })
#define WRITE(reg, v) __asm__ volatile("msr " #reg ", %0\n isb" : : "r"((u64)(v)) : "memory")
#define FIELD(reg, low) (READ(reg) >> (low) & 15)

#define SCTLR_M BIT(0)
#define SCTLR_A BIT(1)
#define SCTLR_C BIT(2)
#define SCTLR_SA BIT(3)
#define SCTLR_SA0 BIT(4)
#define SCTLR_UMA BIT(9)
#define SCTLR_I BIT(12)
#define SCTLR_DZE BIT(14)
#define SCTLR_UCT BIT(15)
#define SCTLR_NTWI BIT(16)
#define SCTLR_NTWE BIT(18)
#define SCTLR_WXN BIT(19)
#define SCTLR_SPAN BIT(23)
#define SCTLR_UCI BIT(26)
extern u64 sctlr; // what a test starts with; without the MMU, nothing that EL0 may, no alignment checks
static inline void sctlr_with(u64 set, u64 clear) { WRITE(sctlr_el1, (READ(sctlr_el1) | set) & ~clear); }

// ---- memory. Nothing is at NOWHERE on any such board.
#define RAM ((u64)0x40000000)
#define NOWHERE ((u64)0x3f000000)
void *page(void);                           // zeroed, of 64 KiB; given back at the test's end
void cache_sync(const void *at, u64 bytes); // what was written there can be executed

// ---- paging: level 3 descriptors' bits
enum { V = 3, RO = 0x80, AP_EL0 = 0x40, AF = 0x400, NG = 0x800, ISH = 0x300, NORMAL = 0, DEVICE = 4, NC = 8 };
#define PXN BIT(53)
#define UXN BIT(54)
// A page for data of EL1, of EL0
#define PAGE_EL1 (V | AF | ISH | PXN | UXN)
#define PAGE_EL0 (PAGE_EL1 | AP_EL0)

struct granule {
    unsigned page; // bits
    u64 tg0, tg1;  // in TCR_EL1
};
extern const struct granule granules[3];
// Makes tables of that granule and turns the MMU on, with addresses of 48 bits in both halves: this image and the devices at their own addresses
// for EL1, the image for EL0 at ALIAS; nothing else. False: the processor does not have the granule.
bool paging(const struct granule *g);
#define ALIAS ((u64)0x200000000)
#define SPACE BIT(43)                       // from here on nothing is mapped
#define UPPER ((u64)0xffff000000000000)     // nor in the upper half
u64 *entry(u64 va, unsigned level);         // for an address, with the tables above it
void map(u64 va, u64 pa, u64 flags);        // a page, and a TLBI of its address
void map_at(u64 va, unsigned level, u64 e); // any entry, and a TLBI of all
unsigned level_shift(unsigned level);       // bits of an address below its index
extern u64 *root[2];
static inline void tlbi_all(void) { __asm__ volatile("dsb ish\n tlbi vmalle1\n dsb ish\n isb" : : : "memory"); }
static inline void *alias(const void *p) { return (void *)((u64)p - RAM + ALIAS); } // where EL0 sees it with the MMU on
static inline bool mmu_on(void) { return READ(sctlr_el1) & SCTLR_M; }

// ---- devices
#define UART 0x09000000
#define RTC 0x09010000
#define GICD 0x08000000
#define GICC 0x08010000
#define GICR 0x080a0000
enum { TIMER_VIRTUAL = 27, TIMER_PHYSICAL = 30, UART_INTID = 33 };

// The interrupt controller, of version 2 or 3, by what both can do. All of them are in group 1.
bool gic_is_v3(void);
void gic_enable(unsigned intid, unsigned priority);
void gic_disable(unsigned intid);
void gic_mask(unsigned priority); // PMR
unsigned gic_acknowledge(void);   // 1023: nothing
void gic_end(unsigned intid);
void gic_send(unsigned intid); // an SGI to ourselves
void gic_pend(unsigned intid);
bool gic_pending(unsigned intid);
bool gic_active(unsigned intid);
volatile u32 *gic_register(unsigned offset, unsigned intid); // of the bits from that GICD offset on, that has the INTID's
void gic_reset(void);

u64 psci(u64 function, u64 a, u64 b); // by HVC

#endif
