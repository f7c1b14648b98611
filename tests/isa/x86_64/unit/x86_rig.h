// SPDX-License-Identifier: MIT
// A processor in 8 MiB of RAM with descriptor tables of its own, for tests of the system level.
//
//   0x01000 GDT   0x02000 IDT   0x03000 TSS   0x03400 second TSS   0x03800 LDT
//   0x08000 top of ring 0's stack   0x09000 top of ring 3's   0x10000 code   0x100000 page tables
#ifndef TESTS_X86_RIG_H
#define TESTS_X86_RIG_H

#include "bare_machine.h"

#include "base/le.h"
#include "isa/x86_64/sys/cpuid.h"
#include "isa/x86_64/sys/seg.h"
#include "isa/x86_64/sys/sys.h"

#include <setjmp.h>

enum {
    RIG_GDT = 0x1000,
    RIG_IDT = 0x2000,
    RIG_TSS = 0x3000,
    RIG_TSS2 = 0x3400,
    RIG_LDT = 0x3800,
    RIG_STACK0 = 0x8000,
    RIG_STACK3 = 0x9000,
    RIG_CODE = 0x10000,
    RIG_TABLES = 0x100000,
    RIG_RAM = 8 << 20,
};
// Selectors of the rig's GDT, RPL 0.
enum {
    SEL_CODE0 = 0x08,
    SEL_DATA0 = 0x10,
    SEL_CODE3 = 0x18,
    SEL_DATA3 = 0x20,
    SEL_CODE64_0 = 0x28,
    SEL_CODE64_3 = 0x30,
    SEL_TSS = 0x38,
    SEL_CONFORMING0 = 0x48,
    SEL_READONLY3 = 0x50,
    SEL_ABSENT3 = 0x58,
    SEL_EXECONLY3 = 0x60,
    SEL_CODE16 = 0x68,
    SEL_DATA16 = 0x70,
    SEL_TSS2 = 0x78,
    SEL_LDT_DESC = 0x88,
    SEL_GATE = 0x98,
    SEL_CODE1 = 0xa8,
    SEL_DATA1 = 0xb0,
    SEL_DOWN3 = 0xb8,
    SEL_TSS16 = 0xc0,
    SEL_LAST = 0xc7,
};
enum { NO_TRAP = -1 };

struct x86_rig {
    union {
        struct bare_machine bare;
        struct bare_machine;
    };
    struct x86_cpu *c;
    int reason; // of env.finish, -1: not called
    int vector; // of the last TRAP
    u32 error;
    const struct isa_translator *translator; // x86_both.h
};

// Descriptor words (3.4.5) and gates.
u64 cpu_segment(u32 base, u32 limit20, u32 attr);
u64 cpu_gate(unsigned type, unsigned dpl, u16 sel, u32 offset, unsigned low5);
void cpu_poke(struct x86_rig *r, gpa_t at, u64 value, unsigned size);
u64 cpu_peek(struct x86_rig *r, gpa_t at, unsigned size);
void cpu_descriptor(struct x86_rig *r, u16 sel, u64 desc);
void cpu_idt(struct x86_rig *r, unsigned vector, u64 low, u64 high);

int cpu_new(void **state);
int cpu_free(void **state);
// As after reset, then: 32-bit flat protected mode without paging; 64-bit mode on identity page tables; virtual-8086 mode;
// real mode with small segments. TSS loaded (all but real mode), RSP on the ring's stack, RIP at RIG_CODE.
void cpu_protected(struct x86_rig *r, unsigned cpl);
void cpu_long(struct x86_rig *r, unsigned cpl);
void cpu_v86(struct x86_rig *r, unsigned io_privilege);
void cpu_real(struct x86_rig *r);
// Puts code at RIP's linear address and runs n instructions.
void cpu_run(struct x86_rig *r, const void *code, size_t size, unsigned n);
#define RIG_RUN(r, n, ...) cpu_run(r, (const u8[]){__VA_ARGS__}, sizeof(u8[]){__VA_ARGS__}, n)

// The vector that evaluating `call` raises (r->error: its error code), or NO_TRAP. The setjmp that nobody uses tells the
// compiler that this function may be re-entered, which it does not learn from __builtin_setjmp.
#define TRAP(r, call)                                                                                                            \
    ({                                                                                                                           \
        void *trap_[5];                                                                                                          \
        jmp_buf unused_;                                                                                                         \
        (void)setjmp(unused_);                                                                                                   \
        (r)->c->jump_out = trap_;                                                                                                \
        (r)->c->cur = NULL;                                                                                                      \
        (r)->vector = NO_TRAP;                                                                                                   \
        (r)->error = 0xdead;                                                                                                     \
        if (__builtin_setjmp(trap_)) {                                                                                           \
            (r)->vector = (r)->c->exc.vector;                                                                                    \
            (r)->error = (r)->c->exc.error;                                                                                      \
        } else {                                                                                                                 \
            call;                                                                                                                \
        }                                                                                                                        \
        (r)->vector;                                                                                                             \
    })
#define assert_raises(r, v, e, call)                                                                                             \
    do {                                                                                                                         \
        assert_int_equal(TRAP(r, call), v);                                                                                      \
        assert_int_equal((r)->error, e);                                                                                         \
    } while (0)
#define assert_fine(r, call) assert_int_equal(TRAP(r, call), NO_TRAP)

#endif
