// SPDX-License-Identifier: MIT
// Outside 64-bit mode linear addresses are modulo 2^32 (SDM vol. 3A, 3.3 and 3.4: base + offset, its carry dropped). So a 32-bit
// program cannot tell whether all that it has, segments, stack, code, descriptor tables and TSS, lies around 2 MiB or around the
// end of 4 GiB: it runs in a world of either kind, and both must come to the same registers and the same memory. Without paging,
// under PAE paging, and as compatibility-mode code (whose segments wrap, while the tables' 64-bit bases do not).
#include "base/splitmix.h"
#include "x86_rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

// The near world has the rig's memory at 0. The far one has every linear address moved by MOVE: what is at EDGE is at 0 there,
// and the byte before it at 0xffffffff.
enum { EDGE = 0x200000, PARK = 0x14000, AROUND = 0x2000, HANDLER = 0x12800, TABLES = 0x700000 };
#define MOVE ((u32)0 - EDGE)
#define HIGH 0x8000000000 // the same memory again for compatibility mode's tables, whose bases are 64-bit ones

enum world { FLAT, PAGED, COMPATIBILITY, WORLDS };

// What lies across the edge.
enum { DATA = 1, STACK = 2, CODE = 4, GDT = 8, IDT = 16, TSS = 32, OTHER_TSS = 64, LDT = 128 };
enum { USER = DATA | STACK | CODE, ALL = 255 };

struct program {
    const char *name;
    unsigned across; // which of them may
    u8 cpl, instructions, size;
    u8 code[24];
};

#define PROGRAM(name, across, cpl, n, ...)                                                                                       \
    {                                                                                                                            \
        name, across, cpl, n, sizeof(u8[]){__VA_ARGS__}, { __VA_ARGS__ }                                                         \
    }
#define ONE(name, ...) PROGRAM(name, USER, 0, 1, __VA_ARGS__)
#define REP(name, ...) PROGRAM(name, USER, 0, 12, __VA_ARGS__, 0xeb, 0xfe)
#define STD(name, ...) PROGRAM(name, USER, 0, 13, 0xfd, __VA_ARGS__, 0xeb, 0xfe)

// EBX, ESI, EDI and EBP point to data, ECX is small; handlers stand still, but INT 80h's, which counts and comes back.
// clang-format off
static const struct program programs[] = {
    ONE("mov al, [ebx]", 0x8a, 0x03), ONE("mov ax, [ebx]", 0x66, 0x8b, 0x03), ONE("mov eax, [ebx]", 0x8b, 0x03),
    ONE("mov [ebx], al", 0x88, 0x03), ONE("mov [ebx], ax", 0x66, 0x89, 0x03), ONE("mov [ebx], eax", 0x89, 0x03),
    ONE("mov eax, [ebp + 4]", 0x8b, 0x45, 4), ONE("mov eax, fs:[ebx + 4 * ecx]", 0x64, 0x8b, 0x04, 0x8b),
    ONE("mov [esp - 8], eax", 0x89, 0x44, 0x24, 0xf8), ONE("mov eax, [moffs]", 0xa1, 0xfe, 0xff, 0x1f, 0),
    ONE("mov [moffs], eax", 0xa3, 0xfd, 0xff, 0x1f, 0), ONE("add [ebx], eax", 0x01, 0x03), ONE("adc eax, [ebx]", 0x13, 0x03),
    ONE("lock add [ebx], eax", 0xf0, 0x01, 0x03), ONE("lock cmpxchg [ebx], ecx", 0xf0, 0x0f, 0xb1, 0x0b),
    ONE("lock xadd [ebx], eax", 0xf0, 0x0f, 0xc1, 0x03), ONE("xchg [ebx], eax", 0x87, 0x03),
    ONE("lock cmpxchg8b [ebx]", 0xf0, 0x0f, 0xc7, 0x0b), ONE("bts [ebx], ecx", 0x0f, 0xab, 0x0b),
    ONE("btc [ebx], eax", 0x0f, 0xbb, 0x03), ONE("shld [ebx], eax, cl", 0x0f, 0xa5, 0x03), ONE("xlat", 0xd7),
    ONE("bound ecx, [ebx]", 0x62, 0x0b), ONE("les eax, [ebx]", 0xc4, 0x03), ONE("movbe [ebx], eax", 0x0f, 0x38, 0xf1, 0x03),
    ONE("movups xmm0, [ebx]", 0x0f, 0x10, 0x03), ONE("movups [ebx], xmm0", 0x0f, 0x11, 0x03),
    ONE("movq [ebx], mm0", 0x0f, 0x7f, 0x03),
    ONE("maskmovdqu", 0x66, 0x0f, 0xf7, 0xc1), ONE("vmovups [ebx], ymm0", 0xc5, 0xfc, 0x11, 0x03),
    ONE("vmovups ymm0, [ebx]", 0xc5, 0xfc, 0x10, 0x03), ONE("vmaskmovps [ebx], ymm1, ymm0", 0xc4, 0xe2, 0x75, 0x2e, 0x03),
    ONE("vpgatherdd ymm0, [ebx + ymm2], ymm1", 0xc4, 0xe2, 0x75, 0x90, 0x04, 0x13),
    ONE("fld tbyte [ebx]", 0xdb, 0x2b), ONE("fstp tbyte [ebx]", 0xdb, 0x3b), ONE("fbstp [ebx]", 0xdf, 0x33),
    ONE("fld qword [ebx]", 0xdd, 0x03),
    ONE("fnstenv [ebx]", 0xd9, 0x33), ONE("fldenv [ebx]", 0xd9, 0x23), ONE("fnsave [ebx]", 0xdd, 0x33),
    ONE("frstor [ebx]", 0xdd, 0x23),
    ONE("fxsave [ebx]", 0x0f, 0xae, 0x03), ONE("fxrstor [ebx]", 0x0f, 0xae, 0x0b), ONE("xsave [ebx]", 0x0f, 0xae, 0x23),
    ONE("ldmxcsr [ebx]", 0x0f, 0xae, 0x13), ONE("stmxcsr [ebx]", 0x0f, 0xae, 0x1b),
    REP("rep movsb", 0xf3, 0xa4), REP("rep movsd", 0xf3, 0xa5), REP("rep movsw", 0xf3, 0x66, 0xa5), REP("rep stosb", 0xf3, 0xaa),
    REP("rep stosd", 0xf3, 0xab), REP("rep lodsw", 0xf3, 0x66, 0xad), REP("rep lodsd", 0xf3, 0xad), REP("repe cmpsb", 0xf3, 0xa6),
    REP("repne cmpsd", 0xf2, 0xa7), REP("repne scasb", 0xf2, 0xae), REP("repne scasd", 0xf2, 0xaf), REP("movsd", 0xa5),
    REP("rep insd", 0xf3, 0x6d), REP("rep outsb", 0xf3, 0x6e), STD("std; rep movsb", 0xf3, 0xa4), STD("std; rep movsd", 0xf3, 0xa5),
    STD("std; rep stosw", 0xf3, 0x66, 0xab), STD("std; repne scasd", 0xf2, 0xaf), STD("std; repe cmpsw", 0xf3, 0x66, 0xa7),
    ONE("push eax", 0x50), ONE("pop eax", 0x58), ONE("push ax", 0x66, 0x50), ONE("pusha", 0x60), ONE("popa", 0x61),
    ONE("pushaw", 0x66, 0x60), ONE("pushf", 0x9c), ONE("enter 16, 0", 0xc8, 16, 0, 0), ONE("enter 16, 5", 0xc8, 16, 0, 5),
    ONE("leave", 0xc9),
    ONE("push dword [ebx]", 0xff, 0x33), ONE("pop dword [ebx]", 0x8f, 0x03), ONE("pop dword [esp + 4]", 0x8f, 0x44, 0x24, 4),
    PROGRAM("call; pop; inc", USER, 0, 3, 0xe8, 1, 0, 0, 0, 0xcc, 0x59, 0x40), ONE("ret to anywhere", 0xc3),
    ONE("call [ebx]", 0xff, 0x13),
    PROGRAM("loop", USER, 0, 16, 0x40, 0x83, 0xc2, 5, 0xe2, 0xfa, 0x90, 0xeb, 0xf7),
    PROGRAM("jcc", USER, 0, 6, 0x3d, 0, 0, 0, 0x80, 0x0f, 0x82, 1, 0, 0, 0, 0x40, 0x83, 0xf8, 0, 0x75, 0xfe),
    PROGRAM("code changes its next instruction", USER, 0, 4, 0xe8, 0, 0, 0, 0, 0x5b, 0xc6, 0x43, 5, 0x42, 0x40, 0x90),
    PROGRAM("long instructions", USER, 0, 2, 0x64, 0xc7, 0x84, 0x8b, 4, 0, 0, 0, 1, 2, 3, 4, // mov dword fs:[ebx + 4 * ecx + 4], ...
            0x3e, 0x66, 0x81, 0x84, 0x8b, 0, 0, 0, 0, 1, 2),
    PROGRAM("retf", USER | GDT, 0, 3, 0x6a, SEL_CODE0, 0x68, 0, 0x28, 1, 0, 0xcb),
    PROGRAM("call far", USER | GDT, 0, 1, 0x9a, 0, 0x28, 1, 0, SEL_CODE0, 0),
    PROGRAM("jmp far", USER | GDT, 0, 1, 0xea, 0, 0x28, 1, 0, SEL_CODE0, 0),
    PROGRAM("mov ds; mov eax, [ebx]", USER | GDT, 0, 3, 0x66, 0xb8, SEL_DATA0, 0, 0x8e, 0xd8, 0x8b, 0x03),
    PROGRAM("push; pop ss; push", USER | GDT, 0, 3, 0x6a, SEL_DATA0, 0x17, 0x50),
    PROGRAM("lar, lsl", GDT | CODE, 0, 3, 0xb9, SEL_CODE1, 0, 0, 0, 0x0f, 0x02, 0xc1, 0x0f, 0x03, 0xd1),
    PROGRAM("verr", GDT | CODE, 3, 2, 0xb9, SEL_DATA3, 0, 0, 0, 0x0f, 0, 0xe1),
    PROGRAM("sgdt; lgdt; mov es", DATA | GDT, 0, 5, 0x0f, 0x01, 0x03, 0x0f, 0x01, 0x13, 0x89, 0x43, 2, 0xb8, SEL_DATA1,
            0, 0, 0, 0x8e, 0xc0),
    PROGRAM("sidt; lidt; int3", DATA | IDT | STACK, 0, 4, 0x0f, 0x01, 0x0b, 0x0f, 0x01, 0x1b, 0x89, 0x43, 2, 0xcc),
    PROGRAM("lldt; mov es", GDT | LDT | CODE, 0, 4, 0xb9, SEL_LDT_DESC, 0, 0, 0, 0x0f, 0, 0xd1, 0xb1, 0x0c, 0x8e, 0xc1),
    PROGRAM("ltr; str", GDT, 0, 3, 0xb9, SEL_TSS2, 0, 0, 0, 0x0f, 0, 0xd9, 0x0f, 0, 0xc8),
    PROGRAM("int 80h, ring 0", CODE | STACK | GDT | IDT, 0, 4, 0xcd, 0x80, 0x40, 0x90),
    PROGRAM("int 80h, ring 3", CODE | STACK | GDT | IDT | TSS, 3, 4, 0xcd, 0x80, 0x40, 0x90),
    PROGRAM("int 81h, a task gate", CODE | STACK | GDT | IDT | TSS | OTHER_TSS, 0, 1, 0xcd, 0x81),
    PROGRAM("ud2, ring 3", CODE | IDT | TSS | GDT, 3, 1, 0x0f, 0x0b),
    PROGRAM("div by 0", CODE | IDT | STACK, 0, 2, 0x31, 0xc9, 0xf7, 0xf1),
    PROGRAM("in al, dx by the bitmap", CODE | TSS | STACK, 3, 2, 0xba, 0x35, 0x01, 0, 0, 0xec),
    PROGRAM("in eax, dx by the bitmap", CODE | TSS | IDT, 3, 2, 0xba, 0x45, 0x01, 0, 0, 0xed),
    PROGRAM("call a gate", CODE | GDT | TSS | STACK, 3, 1, 0x9a, 0, 0, 0, 0, SEL_GATE | 3, 0),
    PROGRAM("jmp to a task", CODE | GDT | TSS | OTHER_TSS, 0, 1, 0xea, 0, 0, 0, 0, SEL_TSS2, 0),
    PROGRAM("call a task, come back", CODE | STACK | GDT | TSS | OTHER_TSS, 0, 2, 0x9a, 0, 0, 0, 0, SEL_TSS2, 0, 0x40),
};
// clang-format on

// ---- the worlds

struct test {
    struct x86_rig *near, *split, *whole; // split: memory without paging, whose physical addresses are moved like the linear ones
    u64 seed;
};

static u32 below(struct test *t, u32 n) { return (u32)((splitmix64(&t->seed) >> 32) * n >> 32); }

static void finish(void *ctx, int reason, u32 code) { ((struct x86_rig *)ctx)->reason = reason; }

static struct x86_rig *split_new(void) {
    struct x86_rig *r = calloc(1, sizeof *r);
    scripted_plat_init(&r->plat);
    r->env = (struct env){.plat = &r->plat.plat, .clock = &r->clock, .state = &r->state, .finish = finish, .finish_ctx = r};
    r->ram = aligned_alloc(2 << 20, RIG_RAM);
    memset(r->ram, 0, RIG_RAM);
    assert_int_equal(bus_add_ram(&r->bus, &r->plat.plat, "end", MOVE, EDGE, r->ram, false), 0);
    assert_int_equal(bus_add_ram(&r->bus, &r->plat.plat, "begin", 0, RIG_RAM - EDGE, r->ram + EDGE, false), 0);
    bus_track_pages(&r->bus, &r->env);
    r->c = x86_create(&r->env, &r->bus, x86_model_find("max"), 1);
    return r;
}

static int setup(void **state) {
    struct test *t = calloc(1, sizeof *t);
    void *a, *b;
    if (cpu_new(&a) || cpu_new(&b)) return -1;
    *t = (struct test){.near = a, .whole = b, .split = split_new(), .seed = 4};
    *state = t;
    return 0;
}

static int teardown(void **state) {
    struct test *t = *state;
    void *rigs[] = {t->near, t->whole, t->split};
    for (unsigned i = 0; i < countof(rigs); i++) cpu_free(&rigs[i]);
    free(t);
    return 0;
}

// Large pages: `move` is where offset 0 of memory is in the linear addresses below 4 GiB.
static void page_tables(struct x86_rig *r, enum world w, u32 move) {
    enum { PML4 = TABLES, PDPT = TABLES + 0x1000, HIGH_PDPT = TABLES + 0x2000, PD = TABLES + 0x3000, HIGH_PD = TABLES + 0x7000 };
    memset(r->ram + TABLES, 0, 0x8000);
    u64 link = w == PAGED ? 1 : 7;
    for (unsigned i = 0; i < 4; i++) st64(r->ram + PDPT + 8 * i, (PD + 0x1000 * i) | link);
    for (unsigned i = 0; i < RIG_RAM >> 21; i++) {
        u32 page = move + (i << 21);
        st64(r->ram + PD + 8 * (page >> 21), (u64)i << 21 | 0x87); // the four tables lie one behind the other
        st64(r->ram + HIGH_PD + 8 * i, (u64)i << 21 | 0x87);
    }
    st64(r->ram + HIGH_PDPT, HIGH_PD | 7);
    st64(r->ram + PML4, PDPT | 7);
    st64(r->ram + PML4 + 8, HIGH_PDPT | 7);
    r->c->s.cr3 = w == PAGED ? PDPT : PML4;
    for (unsigned i = 0; i < 4; i++) r->c->s.pdpte[i] = (PD + 0x1000 * i) | 1;
}

struct places {
    u32 code, data[4], stack, gdt, idt, tss, tss2, ldt;
};

// Somewhere across the edge, or in its own place.
static u32 place(struct test *t, bool across, u32 size, u32 own) { return across ? EDGE - below(t, size + 1) : own; }

static struct places places(struct test *t, const struct program *p, unsigned across) {
    struct places at = {.code = place(t, across & CODE, p->size, RIG_CODE)};
    at.stack = place(t, across & STACK, 64, RIG_STACK3 + 0x800) + 32;
    for (unsigned i = 0; i < 4; i++) {
        at.data[i] = place(t, across & DATA, i < 3 ? 40 : 600, 0x11000 + 0x400 * i) + (i < 2 ? below(t, 40) : 0);
        if (below(t, 3) == 0) at.data[i] &= ~63u; // as XSAVE wants it
    }
    at.gdt = place(t, across & GDT, SEL_LAST, RIG_GDT);
    at.idt = place(t, across & IDT, 0x82 * 8, RIG_IDT);
    at.tss = place(t, across & TSS, 0x167, RIG_TSS);
    at.tss2 = place(t, across & OTHER_TSS, 0x67, RIG_TSS2);
    at.ldt = place(t, across & LDT, 0x7f, RIG_LDT);
    return at;
}

static void fill(struct test *t, u32 from, u32 to) {
    for (u32 at = from; at < to; at += 8) {
        u64 v = splitmix64(&t->seed);
        st64(t->near->ram + at, below(t, 4) ? v : 0);
    }
}

// A descriptor's base is another, which is all that differs between the worlds' memories.
static void move_descriptor(u8 *at, u32 by) {
    u64 d = ld64(at);
    bool segment = d >> 44 & 1, table = (d >> 40 & 0x1f) == SYS_LDT || (d >> 40 & 0x15) == 1; // TSS: 1, 3, 9, 11
    if (!(segment || table) || !d) return;
    u32 base = (u32)(d >> 16 & 0xffffff) | (u32)(d >> 56) << 24;
    base += by;
    st64(at, (d & 0x00ffff000000ffff) | (u64)(base & 0xffffff) << 16 | (u64)(base >> 24) << 56);
}

static void move_tables(struct x86_rig *r, const struct places *at, u32 by, enum world w) {
    for (unsigned i = 0; i <= SEL_LAST; i += 8)
        if (w != COMPATIBILITY || ld64(r->ram + at->gdt + i) >> 44 & 1) move_descriptor(r->ram + at->gdt + i, by);
    for (unsigned i = 0; i < 0x80; i += 8) move_descriptor(r->ram + at->ldt + i, by);
}

static void poke_task(struct x86_rig *r, u32 at) {
    static const u16 segs[] = {SEL_DATA0, SEL_CODE0, SEL_DATA0, SEL_DATA0, SEL_DATA0, SEL_DATA0};
    u8 *tss = r->ram + at;
    memset(tss, 0, 0x68);
    st32(tss + 0x20, HANDLER + 0x10); // iretd
    st32(tss + 0x24, 2);
    st32(tss + 0x1c, (u32)r->c->s.cr3);
    st32(tss + 0x38, RIG_STACK3 + 0x800);
    for (unsigned i = 0; i < 6; i++) st32(tss + 0x48 + 4 * i, segs[i]);
}

static void tables(struct test *t, enum world w, const struct places *at) {
    struct x86_rig *r = t->near;
    struct x86_state *s = &r->c->s;
    u8 *m = r->ram;
    bool compat = w == COMPATIBILITY;
    u64 high = compat ? HIGH : 0;
    memmove(m + at->gdt, m + RIG_GDT, SEL_LAST + 1);
    u64 attr = AR_P | AR_S | AR_W | AR_G | AR_DB;
    for (unsigned i = 0; i < 0x80; i += 8) st64(m + at->ldt + i, cpu_segment(0, 0xfffff, (u32)attr));
    st64(m + at->gdt + SEL_TSS, cpu_segment(at->tss, 0x167, AR_P | SYS_TSS32 | 2));
    st64(m + at->gdt + SEL_TSS2, cpu_segment(at->tss2, 0x67, AR_P | SYS_TSS32));
    st64(m + at->gdt + SEL_LDT_DESC, cpu_segment(at->ldt, 0x7f, AR_P | SYS_LDT));
    st64(m + at->gdt + SEL_GATE, cpu_gate(SYS_CALL32, 3, SEL_CODE0, HANDLER, 2));
    for (unsigned v = 0; v < 0x82; v++) {
        if (compat) { // 64-bit gates, handlers and stack lie high: nothing of them moves
            st64(m + at->idt + 16 * v, cpu_gate(SYS_INT32, 3, SEL_CODE64_0, HANDLER, 1));
            st64(m + at->idt + 16 * v + 8, HIGH >> 32);
        } else {
            u64 gate = cpu_gate(SYS_INT32, 3, SEL_CODE0, v == 0x80 ? HANDLER + 0x20 : HANDLER, 0);
            st64(m + at->idt + 8 * v, v == 0x81 ? cpu_gate(SYS_TASK_GATE, 3, SEL_TSS2, 0, 0) : gate);
        }
    }
    u8 *tss = m + at->tss;
    for (unsigned i = 0x68; i < 0x168; i++) tss[i] = (u8)splitmix64(&t->seed); // I/O bitmap
    st16(tss + 0x66, 0x68);
    if (compat) {
        st64(tss + 4, HIGH + RIG_STACK0);
        st64(tss + 0x24, HIGH + RIG_STACK0);
    } else {
        st32(tss + 4, RIG_STACK0);
        st32(tss + 8, SEL_DATA0);
        poke_task(r, at->tss2);
    }
    m[HANDLER] = 0xeb, m[HANDLER + 1] = 0xfe;
    memcpy(m + HANDLER + 0x10, "\xcf\x90\xeb\xfe", 4);
    memcpy(m + HANDLER + 0x20, "\x47\xcf", 2); // inc edi; iretd
    s->gdtr = (struct x86_table){.base = high + at->gdt, .limit = SEL_LAST};
    s->idtr = (struct x86_table){.base = high + at->idt, .limit = compat ? 0x81f : 0x40f};
    s->tr = x86_seg_of(SEL_TSS, ld64(m + at->gdt + SEL_TSS));
    s->tr.base += high;
    s->ldtr = (struct x86_seg){0};
}

static void random_registers(struct test *t, const struct places *at) {
    struct x86_state *s = &t->near->c->s;
    for (unsigned i = 0; i < 8; i++) s->gpr[i] = (u32)splitmix64(&t->seed) >> below(t, 32);
    s->gpr[RBX] = at->data[0], s->gpr[RSI] = at->data[1], s->gpr[RDI] = at->data[2], s->gpr[RBP] = at->data[3];
    s->gpr[RCX] = below(t, 24);
    s->gpr[RSP] = at->stack;
    if (below(t, 2)) s->gpr[RBX] = at->data[3];
    for (unsigned i = 0; i < 4; i++)
        for (unsigned k = 0; k < 4; k++) s->xmm[i].d[k] = (u32)splitmix64(&t->seed), s->ymmh[i].d[k] = (u32)splitmix64(&t->seed);
    for (unsigned k = 0; k < 4; k++) s->xmm[2].d[k] = below(t, 64) - 32, s->ymmh[2].d[k] = below(t, 64) - 32;
    s->rip = at->code;
}

static void near_world(struct test *t, enum world w, const struct program *p, const struct places *at) {
    struct x86_rig *r = t->near;
    fill(t, 0, PARK);
    fill(t, EDGE - AROUND, EDGE + AROUND);
    if (w == COMPATIBILITY) cpu_long(r, p->cpl);
    else cpu_protected(r, p->cpl);
    struct x86_state *s = &r->c->s;
    if (w != FLAT) page_tables(r, w, 0);
    if (w == PAGED) s->cr0 |= CR0_PG;
    s->cr4 |= CR4_PAE | CR4_OSFXSR | CR4_OSXSAVE;
    s->xcr0 = 7;
    tables(t, w, at);
    if (w == COMPATIBILITY) {
        u16 sel = p->cpl ? SEL_CODE3 | 3 : SEL_CODE0;
        s->seg[CS] = x86_seg_of(sel, ld64(r->ram + at->gdt + (sel & ~7u)) | (u64)AR_ACCESSED << 40);
    }
    s->seg[FS] = s->seg[GS] = s->seg[DS];
    memcpy(r->ram + at->code, p->code, p->size);
    random_registers(t, at);
}

// The same, moved.
static void far_world(struct test *t, struct x86_rig *r, enum world w, const struct places *at) {
    x86_reset(r->c);
    bus_will_write(&r->bus, 0, RIG_RAM - (r == t->split ? EDGE : 0));
    if (r == t->split) bus_will_write(&r->bus, MOVE, EDGE);
    memcpy(r->ram, t->near->ram, PARK);
    memcpy(r->ram + EDGE - AROUND, t->near->ram + EDGE - AROUND, 2 * AROUND);
    struct x86_state *s = &r->c->s;
    *s = t->near->c->s;
    if (w != FLAT) page_tables(r, w, MOVE);
    move_tables(r, at, MOVE, w);
    for (unsigned i = 0; i < SEG_COUNT; i++) s->seg[i].base = (u32)(s->seg[i].base + MOVE);
    if (w == COMPATIBILITY) return;
    s->gdtr.base = (u32)(s->gdtr.base + MOVE), s->idtr.base = (u32)(s->idtr.base + MOVE), s->tr.base = (u32)(s->tr.base + MOVE);
}

// What the far world has come to, as the near one would tell it.
static void moved_back(struct test *t, struct x86_rig *r, enum world w, const struct places *at, struct x86_state *s) {
    *s = r->c->s;
    struct x86_state *n = &t->near->c->s;
    for (unsigned i = 0; i < SEG_COUNT; i++) // a null selector's base is 0 in both
        if (s->seg[i].attr) s->seg[i].base = (u32)(s->seg[i].base - MOVE);
    if (s->cr2 != n->cr2) s->cr2 = (u32)(s->cr2 - MOVE);
    if (w != COMPATIBILITY) {
        s->gdtr.base = (u32)(s->gdtr.base - MOVE), s->idtr.base = (u32)(s->idtr.base - MOVE),
        s->tr.base = (u32)(s->tr.base - MOVE);
        if (s->ldtr.attr & AR_P) s->ldtr.base = (u32)(s->ldtr.base - MOVE);
    }
    move_tables(r, at, 0 - MOVE, w);
}

static const char *difference(const struct test *t, const struct x86_rig *r, const struct x86_state *s) {
    const struct x86_state *n = &t->near->c->s;
    const u8 *near = t->near->ram;
    if (memcmp(s->gpr, n->gpr, sizeof s->gpr) || s->rip != n->rip) return "a register";
    if (memcmp(s->seg, n->seg, sizeof s->seg)) return "a segment";
    if (memcmp(&s->tr, &n->tr, sizeof s->tr) || memcmp(&s->ldtr, &n->ldtr, sizeof s->ldtr)) return "TR or LDTR";
    if (memcmp(s, n, sizeof *s)) return "the state";
    bool same = !memcmp(r->ram, near, PARK) && !memcmp(r->ram + EDGE - AROUND, near + EDGE - AROUND, 2 * AROUND);
    return same ? NULL : "memory";
}

static void same(struct test *t, struct x86_rig *r, enum world w, const struct program *p, const struct places *at) {
    static const char *const worlds[] = {"no paging", "PAE", "compatibility mode"};
    static struct x86_state s;
    moved_back(t, r, w, at, &s);
    const char *what = difference(t, r, &s);
    if (!what) return;
    fail_msg("%s, %s: %s differs (EIP %llx, far %llx; code at %x, stack %x, data at %x %x %x %x, GDT %x, IDT %x, TSS %x)",
             p->name, worlds[w], what, (unsigned long long)t->near->c->s.rip, (unsigned long long)s.rip, at->code, at->stack,
             at->data[0], at->data[1], at->data[2], at->data[3], at->gdt, at->idt, at->tss);
}

static void run(struct x86_rig *r, unsigned n) {
    x86_tlb_flush_all(r->c);
    x86_mode_changed(r->c);
    r->clock.now = 1000;
    cpu_run(r, NULL, 0, n);
}

static void one(struct test *t, enum world w, const struct program *p, unsigned across) {
    struct x86_rig *far = w == FLAT ? t->split : t->whole;
    struct places at = places(t, p, across);
    bus_will_write(&t->near->bus, 0, RIG_RAM);
    near_world(t, w, p, &at);
    far_world(t, far, w, &at);
    run(t->near, p->instructions);
    run(far, p->instructions);
    same(t, far, w, p, &at);
}

enum { TIMES = 60 };

static void each_program(void **state, enum world w) {
    struct test *t = *state;
    unsigned runs = 0;
    for (unsigned i = 0; i < countof(programs); i++)
        for (unsigned across = 1; across <= ALL; across <<= 1) {
            const struct program *p = &programs[i];
            if (!(p->across & across) || (w == COMPATIBILITY && p->across & ~(unsigned)USER)) continue;
            for (unsigned n = 0; n < TIMES; n++, runs++) one(t, w, p, across);
        }
    print_message("%u runs\n", runs);
}

static void without_paging(void **state) { each_program(state, FLAT); }
static void under_pae(void **state) { each_program(state, PAGED); }
static void compatibility_mode(void **state) { each_program(state, COMPATIBILITY); }

int main(void) {
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {TEST(without_paging), TEST(under_pae), TEST(compatibility_mode)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
