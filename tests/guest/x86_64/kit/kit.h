// SPDX-License-Identifier: MIT
// What an x86 guest test is written with, beside words.h. A test starts from the same state every time: ring 0, flat segments,
// interrupts off and masked, paging as the start files make it: see kit_reset.
#ifndef GUEST_KIT_H
#define GUEST_KIT_H

#include "x86.h"

// Ends the test: the processor does not have what it is about.
_Noreturn void kit_skip(const char *why);

// A piece of assembly with a name. It ends with `ret`. The first argument is in ARG; registers are the C ABI's.
#define CODE(name, text)                                                                                                         \
    extern const char name[];                                                                                                    \
    asm(".pushsection .text.code, \"ax\", @progbits\n.balign 16\n" #name ":\n" text "\n.popsection\n")
// A further label inside such a piece.
#define LABEL(name) extern const char name[]
#ifdef __x86_64__
#define UCODE SEL_UCODE64
#define ARG "%rdi"
#define AX "%rax"
#define DI "%rdi"
#define SP "%rsp"
#else
#define UCODE SEL_UCODE32
#define ARG "%eax"
#define AX "%eax"
#define DI "%edi"
#define SP "%esp"
#endif

// The processor's state when an exception or interrupt was taken. Members from `sp` on are valid in 32-bit code only when
// the ring changed; the segment registers only when it left virtual-8086 mode.
struct frame {
#ifdef __x86_64__
    ureg r15, r14, r13, r12, r11, r10, r9, r8;
    ureg di, si, bp, bx, dx, cx, ax;
#else
    ureg saved_ds, saved_es;
    ureg di, si, bp, sp_inside, bx, dx, cx, ax;
#endif
    ureg vector, error, ip, cs, flags, sp, ss;
#ifndef __x86_64__
    ureg es, ds, fs, gs;
#endif
};

// What ended the last run(), user() or call(): vector NOTHING when it returned.
#define NOTHING 0x100
struct caught {
    struct frame f;
    ureg vector, error, ip, cr2, dr6;
};
extern struct caught caught;

// Calls `code` with `arg`. An exception that no hook takes ends it. Returns the vector, or NOTHING.
unsigned run(const void *code, ureg arg);
// The same, in ring 3 (flat user segments; 64-bit: code and stack are reached through the user alias). `code` must not
// refer to anything by absolute address. Its `ret` leads to INT 0x80, which counts as NOTHING.
unsigned user(const void *code, ureg arg);
ureg user_address(const void *p); // where ring 3 sees an object of this image: user_alias further on
extern ureg user_alias;           // 32-bit images start with 0; 64-bit ones leave it alone
// user() with a given flags register, code segment and ip
unsigned user_at(ureg cs, ureg ip, ureg flags, ureg arg);

// Any ring and mode at all: EIP, CS, EFLAGS, ESP, SS, and with EFLAGS.VM also ES, DS, FS, GS, as IRET takes them.
unsigned enter(const ureg *frame, ureg arg);

// Called for a vector in place of catching it; true resumes where the frame says (changes to it count).
typedef bool hook(struct frame *);
extern hook *hooks[256];

// GDT: what SYSCALL, SYSRET, SYSENTER and SYSEXIT want, and room for tests from SEL_FREE on.
enum {
    SEL_CODE = 0x08,
    SEL_DATA = 0x10,
    SEL_UCODE32 = 0x1b,
    SEL_UDATA = 0x23,
    SEL_UCODE64 = 0x2b,
    SEL_UDATA2 = 0x33,
    SEL_CODE32 = 0x38,
    SEL_TSS = 0x40,
    SEL_CODE16 = 0x50,
    SEL_DATA16 = 0x58,
    SEL_FREE = 0x60,
};
extern u64 gdt[64];
// A descriptor (3.4.5): attributes as in bits 8..23 of its second doubleword.
u64 descriptor(u32 base, u32 limit, u32 attributes);
void set_tss(unsigned selector, const void *tss, u32 limit, unsigned type);
// Gate in the IDT: the kit's own stub for the vector, with this DPL (and 64-bit: IST).
void set_gate(unsigned vector, unsigned dpl, unsigned ist);
// The same to any place; access: P, DPL and type.
void set_gate_to(unsigned vector, unsigned selector, ureg target, unsigned access, unsigned ist);

struct tss {
#ifdef __x86_64__
    u32 reserved0;
    u64 rsp[3] __attribute__((packed)), reserved1 __attribute__((packed)), ist[7] __attribute__((packed));
    u64 reserved2 __attribute__((packed));
    u16 reserved3, io_map;
#else
    u32 link, esp0, ss0, esp1, ss1, esp2, ss2, cr3, eip, eflags, eax, ecx, edx, ebx, esp, ebp, esi, edi;
    u32 es, cs, ss, ds, fs, gs, ldt;
    u16 trap, io_map;
#endif
    u8 redirection[32], io[8192], io_end[4];
};
extern struct tss tss;
#define TSS_LIMIT (sizeof(struct tss) - 1)

// Memory for tests: zeroed at the start of each, aligned to 4 KiB; page() hands it out from the start.
void *page(void);
void *pages_aligned(unsigned count, ureg align);

#ifdef __x86_64__
// Paging as the image starts: 0..4 GiB are their own physical addresses, for ring 0 only (2 MiB pages). The first GiB is
// there again at USER_ALIAS for ring 3. From SPACE on nothing is mapped: entry() gives the entry for an address at a
// level (1: PT, 2: PD, 3: PDPT, 4: PML4), and makes the tables above it (present, writable, user).
#define USER_ALIAS ((u64)0x8000000000)
#define SPACE ((u64)0x10000000000)
u64 *entry(u64 va, unsigned level);
void map(u64 va, unsigned level, u64 value); // sets that entry and drops the old translation
extern u64 pml4[512];
#endif

void *memcpy(void *to, const void *from, size_t n);
void *memset(void *to, int byte, size_t n);
void kit_reset(void);

#endif
