// SPDX-License-Identifier: MIT
// Runs the tests of an image one after the other, each from the same state, and says how they went on COM1. Ends through
// isa-debug-exit: 0x10 when all passed, 0x11 otherwise (the emulator's status: 33, 35).
#include "kit.h"

extern const char vectors[]; // 256 stubs of 16 bytes
extern char guest_end[];
extern void *jump_top;

int protect(const void *code, ureg arg);
int protect_user(const ureg *frame, ureg arg);
_Noreturn void unwind(void);
void resume_segments(void);

struct caught caught;
hook *hooks[256];
struct tss tss __attribute__((aligned(4096)));

void put(char c) {
    while (!(inb(0x3fd) & 0x20)) {}
    outb(0x3f8, (u8)c);
}
void kit_skip(const char *why) {
    words_skip(why);
    unwind();
}

// ---- descriptors

u64 descriptor(u32 base, u32 limit, u32 attributes) {
    return (limit & 0xffff) | (u64)(base & 0xffffff) << 16 | (u64)(attributes & 0xff) << 40 | (u64)(limit >> 16 & 15) << 48 |
           (u64)(attributes >> 12 & 15) << 52 | (u64)(base >> 24) << 56;
}

#define RING0_CODE32 0x00cf9b000000ffffu
#define RING0_DATA 0x00cf93000000ffffu
#define RING3_CODE32 0x00cffb000000ffffu
#define RING3_DATA 0x00cff3000000ffffu
#ifdef __x86_64__
#define RING0_CODE 0x00af9b000000ffffu
#define RING3_CODE 0x00affb000000ffffu
#else
#define RING0_CODE RING0_CODE32
#define RING3_CODE RING3_CODE32
#endif

u64 gdt[64] __attribute__((aligned(64)));
static u64 idt[256 * sizeof(ureg) / 4] __attribute__((aligned(64)));

static void gdt_reset(void) {
    static const u64 fixed[] = {0,          RING0_CODE, RING0_DATA,          RING3_CODE32,
                                RING3_DATA, RING3_CODE, RING3_DATA,          RING0_CODE32,
                                0,          0,          0x00009b000000ffffu, 0x000093000000ffffu};
    for (unsigned i = 0; i < countof(gdt); i++) gdt[i] = i < countof(fixed) ? fixed[i] : 0;
}

void set_tss(unsigned selector, const void *at, u32 limit, unsigned type) {
    u64 *d = &gdt[selector / 8];
    d[0] = descriptor((u32)(ureg)at, limit, 0x80 | type);
#ifdef __x86_64__
    d[1] = (u64)at >> 32;
#endif
}

void set_gate_to(unsigned vector, unsigned selector, ureg target, unsigned access, unsigned ist) {
    u64 low = (target & 0xffff) | (u64)selector << 16 | (u64)ist << 32 | (u64)access << 40 | (u64)(target >> 16 & 0xffff) << 48;
#ifdef __x86_64__
    idt[2 * vector] = low;
    idt[2 * vector + 1] = target >> 32;
#else
    idt[vector] = low;
#endif
}
void set_gate(unsigned vector, unsigned dpl, unsigned ist) {
    set_gate_to(vector, SEL_CODE, (ureg)vectors + 16 * vector, 0x8e | dpl << 5, ist);
}

struct __attribute__((packed)) table {
    u16 limit;
    ureg base;
};

// ---- exceptions and interrupts

void trap(struct frame *f) {
    unsigned v = (unsigned)f->vector;
    if (hooks[v] && hooks[v](f)) return;
    caught.f = *f;
    caught.vector = v == 0x80 ? NOTHING : v;
    caught.error = f->error;
    caught.ip = f->ip;
    caught.cr2 = cr2();
    caught.dr6 = dr6();
    unwind();
}

unsigned run(const void *code, ureg arg) {
    caught.vector = NOTHING;
    protect(code, arg);
    return (unsigned)caught.vector;
}

#ifdef __x86_64__
#define FIRST_ALIAS USER_ALIAS
#else
#define FIRST_ALIAS 0
#endif
ureg user_alias;
static u8 user_stack[16384] __attribute__((aligned(4096)));
CODE(user_return, "int $0x80");

ureg user_address(const void *p) { return (ureg)p + user_alias; }

unsigned enter(const ureg *frame, ureg arg) {
    caught.vector = NOTHING;
    protect_user(frame, arg);
    return (unsigned)caught.vector;
}
unsigned user_at(ureg cs, ureg ip, ureg fl, ureg arg) {
    ureg *top = (ureg *)(void *)(user_stack + sizeof user_stack) - 4;
    *top = user_address(user_return);
    const ureg f[5] = {ip, cs, fl, user_address(top), SEL_UDATA};
    return enter(f, arg);
}
unsigned user(const void *code, ureg arg) { return user_at(UCODE, user_address(code), 2, arg); }

// ---- memory

#define POOL ((u8 *)(32 * MiB))
#define POOL_END ((u8 *)(48 * MiB))
static u8 *pool = POOL;

void *pages_aligned(unsigned count, ureg align) {
    u8 *at = (u8 *)(((ureg)pool + align - 1) & ~(align - 1));
    pool = at + (ureg)count * 4096;
    if (pool > POOL_END) kit_skip("the kit has no memory left");
    return at;
}
void *page(void) { return pages_aligned(1, 4096); }

// What the compiler calls for assignments of structures.
void *memcpy(void *to, const void *from, size_t n) {
    void *out = to;
    asm volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(n)::"memory");
    return out;
}
void *memset(void *to, int byte, size_t n) {
    void *out = to;
    asm volatile("rep stosb" : "+D"(to), "+c"(n) : "a"(byte) : "memory");
    return out;
}

#ifdef __x86_64__
u64 *entry(u64 va, unsigned level) {
    u64 *table = pml4;
    for (unsigned i = 4;; i--) {
        u64 *e = &table[va >> (12 + 9 * (i - 1)) & 511];
        if (i == level) return e;
        if (!(*e & P)) *e = (u64)page() | P | W | U;
        table = (u64 *)(*e & 0x000ffffffffff000u);
    }
}
void map(u64 va, unsigned level, u64 value) {
    *entry(va, level) = value;
    invlpg(va);
}
#define CR4_USUAL (CR4_PAE | CR4_OSFXSR | CR4_OSXMMEXCPT)
static void paging_reset(void) {
    for (unsigned i = 2; i < 512; i++) pml4[i] = 0;
    wrmsr(MSR_EFER, EFER_LME | EFER_LMA | EFER_NXE);
    set_cr4(CR4_USUAL | CR4_PGE);
    set_cr4(CR4_USUAL);
    set_cr3((ureg)pml4);
    set_cr0(CR0_PG | CR0_NE | CR0_MP | CR0_PE);
    asm volatile("mov %0, %%cr8" ::"r"((ureg)0));
}
#else
static void paging_reset(void) {
    set_cr0(CR0_NE | CR0_MP | CR0_PE);
    set_cr4(CR4_PGE);
    set_cr4(CR4_OSFXSR | CR4_OSXMMEXCPT);
    set_cr3(0);
    wrmsr(MSR_EFER, 0);
}
#endif

// ---- the state each test starts from

static u8 ring0_stack[16384] __attribute__((aligned(16))), fault_stack[8192] __attribute__((aligned(16)));

static void tss_reset(void) {
    memset(&tss, 0, sizeof tss);
    tss.io_map = sizeof tss; // beyond the limit: no I/O for ring 3
#ifdef __x86_64__
    tss.rsp[0] = (u64)ring0_stack + sizeof ring0_stack;
    tss.ist[0] = (u64)fault_stack + sizeof fault_stack;
#else
    tss.esp0 = (u32)ring0_stack + sizeof ring0_stack, tss.ss0 = SEL_DATA;
    tss.esp1 = (u32)fault_stack + sizeof fault_stack;
#endif
    set_tss(SEL_TSS, &tss, TSS_LIMIT, 9);
}

// The master's and slave's initialisation words: vectors 0x20 and 0x28, all inputs masked.
static void pic_reset(void) {
    static const u16 port[] = {0x20, 0xa0, 0x21, 0xa1, 0x21, 0xa1, 0x21, 0xa1, 0x21, 0xa1};
    static const u8 value[] = {0x11, 0x11, 0x20, 0x28, 4, 2, 1, 1, 0xff, 0xff};
    for (unsigned i = 0; i < countof(port); i++) outb(port[i], value[i]);
}

// Everything masked, nothing in service, no timer.
static void apic_reset(void) {
    if (rdmsr(MSR_APIC_BASE) & 1 << 10) wrmsr(MSR_APIC_BASE, 0xfee00000); // out of x2APIC mode through "off"
    wrmsr(MSR_APIC_BASE, 0xfee00900);
    APIC(APIC_SVR) = 0x1ff;
    APIC(APIC_LVT_TIMER) = 0x10000, APIC(APIC_INITIAL) = 0;
    APIC(APIC_LINT0) = APIC(APIC_LINT1) = 0x10000;
    APIC(APIC_TPR) = 0;
    for (unsigned i = 0; i < 256; i++) APIC(APIC_EOI) = 0;
}
static bool swallow(struct frame *f) {
    APIC(APIC_EOI) = 0;
    return true;
}
// What had been requested before all was masked still comes.
static void take_leftovers(void) {
    for (unsigned v = 32; v < 256; v++) hooks[v] = swallow;
    asm volatile("sti\n nop\n nop\n cli" ::: "memory");
    for (unsigned v = 32; v < 256; v++) hooks[v] = NULL;
}

void kit_reset(void) {
    const struct table g = {sizeof gdt - 1, (ureg)gdt}, i = {sizeof idt - 1, (ureg)idt};
    cli();
    set_flags(2);
    set_dr7(0x400);
    set_dr6(0xffff0ff0);
    gdt_reset();
    user_alias = FIRST_ALIAS;
    tss_reset();
    for (unsigned v = 0; v < 256; v++) {
        hooks[v] = NULL;
#ifdef __x86_64__
        set_gate(v, v == 0x80 ? 3 : 0, v == DF);
#else
        set_gate(v, v == 0x80 ? 3 : 0, 0);
#endif
    }
    asm volatile("lgdt %0\n lidt %1" ::"m"(g), "m"(i));
    resume_segments();
    asm volatile("lldt %w0\n ltr %w1" ::"r"(0), "r"(SEL_TSS));
    paging_reset();
    asm volatile("fninit");
    pic_reset();
    apic_reset();
    take_leftovers();
    memset(POOL, 0, (ureg)(pool - POOL));
    pool = POOL;
}

// ---- the run

static void print_exception(void) {
    print(": exception "), print_number((unsigned)caught.vector), print(", error code "), print_hex(caught.error);
    print(", at "), print_hex(caught.ip), print(", CR2 "), print_hex(caught.cr2);
}

// Whether a word of the command line that starts with `key` has its rest in `name`: "only=paging", "not=step".
static bool chosen(const char *line, const char *key, const char *name) {
    for (bool start = true; *line; start = *line++ == ' ') {
        unsigned k = 0;
        while (key[k] && line[k] == key[k]) k++;
        if (!start || key[k]) continue;
        const char *word = line + k;
        for (const char *at = name; *at; at++) {
            unsigned n = 0;
            while (word[n] && word[n] != ' ' && at[n] == word[n]) n++;
            if (!word[n] || word[n] == ' ') return true;
        }
    }
    return false;
}

static bool wanted(const char *name, const char *line) {
    return !chosen(line, "not=", name) && (!chosen(line, "only", line) || chosen(line, "only=", name));
}

void kit_main(const char *command_line) {
    for (const struct test *t = tests_start; t < tests_end; t++) {
        if (!wanted(t->name, command_line)) continue;
        words_begin();
        kit_reset();
        caught.vector = NOTHING;
        bool stray = protect((const void *)t->run, 0) && caught.vector != NOTHING && !words_skipped();
        kit_reset();
        words_end(t, stray ? print_exception : NULL);
    }
    outb(0xf4, words_all() ? 0x10 : 0x11);
    for (;;) asm volatile("cli\n hlt");
}
