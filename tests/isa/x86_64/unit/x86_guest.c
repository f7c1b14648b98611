// SPDX-License-Identifier: MIT
#include "x86_guest.h"

#include "base/splitmix.h"
#include "isa/x86_64/insn/decode.h"

#include <string.h>

#define PTE_A ((u64)0x20)

u64 guest_seed;
u64 guest_random(void) { return splitmix64(&guest_seed); }
unsigned guest_below(unsigned n) { return (unsigned)((guest_random() >> 32) * n >> 32); }

bool guest_run(struct x86_rig *r, u64 n) {
    while (n) {
        u64 start = r->clock.now, did = vcpu_run(&r->c->v, n);
        r->clock.now = start + did;
        n -= did;
        if (!did || r->reason != -1) return false;
    }
    return true;
}

void guest_windows(struct x86_rig *r) {
    for (unsigned i = 1; i < 512; i++) cpu_poke(r, RIG_TABLES + 0x2000 + 8 * i, HOME_TABLE | 7, 8);
    cpu_poke(r, RIG_TABLES + 0x2000 + 8 * (CODE_WINDOW >> 21), CODE_TABLE | 7, 8);
    cpu_poke(r, RIG_TABLES + 0x2000 + 8 * (DATA_WINDOW >> 21), DATA_TABLE | 7, 8);
    for (unsigned i = 0; i < 512; i++) {
        cpu_poke(r, CODE_TABLE + 8 * i, (i < PAGES ? CODE + (i % CODE_PAGES << PAGE_BITS) : HOME) | 7, 8);
        cpu_poke(r, HOME_TABLE + 8 * i, HOME | 7, 8);
        cpu_poke(r, DATA_TABLE + 8 * i, DATA | 7, 8);
    }
    x86_tlb_flush_all(r->c);
}

unsigned guest_put(struct x86_rig *r, gpa_t at, const u8 *code, unsigned n) {
    bus_copy_in(&r->bus, at, code, n);
    return n;
}

static void emit(struct guest_page *p, const u8 *bytes, unsigned n) {
    memcpy(p->code + p->n, bytes, n);
    p->n += n;
}
#define EMIT(p, ...) emit(p, (const u8[]){__VA_ARGS__}, sizeof(u8[]){__VA_ARGS__})

static void emit32(struct guest_page *p, u32 v) { emit(p, (const u8 *)&v, 4); }

// Leads to the start of a slot, on this page, on one beside it, or 16 pages on or back.
static void displacement(struct guest_page *p) {
    i32 here = (i32)p->n + 4, to = (i32)(guest_below(3 * 4096 / SLOT) * SLOT) - 4096;
    if (guest_below(4) == 0) to += guest_below(2) ? 16 << PAGE_BITS : -(16 << PAGE_BITS);
    emit32(p, (u32)(to - here));
}

static void entry(struct guest_page *p) { emit32(p, 8 * guest_below(PAGES)); }

static void slot(struct guest_page *p) {
    switch (guest_below(15)) {
    case 0: EMIT(p, 0x48, 0x81, 0xc3), emit32(p, (u32)guest_random()); break;      // add rbx, n: the place is seen
    case 1: EMIT(p, 0x48, 0xc1, 0xc3, 7, 0x48, 0x31, 0xd3); break;                 // rol rbx, 7; xor rbx, rdx
    case 2: EMIT(p, 0x48, 0x8b, 0x86), entry(p), EMIT(p, 0x48, 0x31, 0xc3); break; // mov rax, [rsi + entry]; xor rbx, rax
    case 3:
    case 4: EMIT(p, 0x48, 0x83, 0xa6), entry(p), EMIT(p, (u8)~PTE_A); break; // and [rsi + entry], ~A
    case 5:
    case 6: EMIT(p, 0x48, 0x8b, 0x87), emit32(p, guest_below(PAGES) << PAGE_BITS); break; // mov rax, [rdi + page]: takes its slot
    case 7:
        EMIT(p, (u8)(guest_below(2) ? 0x4c : 0x48), 0x89, (u8)(0x86 | guest_below(2) << 3)), entry(p);
        break; // mov [rsi + entry], r8, r9, rax or rcx
    case 8: EMIT(p, 0x41, 0x0f, 0x01, 0xbc, 0x24), emit32(p, guest_below(PAGES) << PAGE_BITS); break; // invlpg [r12 + page]
    case 9: EMIT(p, 0x39, 0xd8, 0x0f, (u8)(0x80 | guest_below(16))), displacement(p); break;          // cmp eax, ebx; jcc
    case 10: EMIT(p, 0xe9), displacement(p); break;                                                   // jmp
    case 11: EMIT(p, 0x48, 0x8d, 0x05), displacement(p), EMIT(p, 0xff, 0xe0); break; // lea rax, [rip + x]; jmp rax
    case 12: // add [r13 + x], dl: code that changes, at an address of its own
        EMIT(p, 0x41, 0x00, 0x95), emit32(p, guest_below(CODE_PAGES) << PAGE_BITS | guest_below(4096 / SLOT) * SLOT | 3);
        break;
    case 13: EMIT(p, 0x00, 0x15), emit32(p, SLOT * (1 + guest_below(3)) - 3); break;    // add [rip + x], dl: in its own block
    default: EMIT(p, 0x48, 0xff, 0xc2, 0x48, 0x69, 0xdb), emit32(p, 0x01000193); break; // inc rdx; imul rbx, rbx, n
    }
}

// Begins with what may also be the rest of the page before.
static void random_page(struct guest_page *p) {
    for (p->n = 0; p->n < 4096;) {
        unsigned next = p->n + SLOT;
        if (next == SLOT) EMIT(p, 0x90, 0x90, 0x90, 0x90);
        else if (next == 4096 && guest_below(2))
            EMIT(p, 0x90, 0x90, 0x90, 0x90, 0x90, 0x90, 0x90, 0x90, 0x90, 0x90, 0x90, 0x90, 0x90, 0x90, 0x05,
                 0x77); // add eax, over the end
        else slot(p);
        while (p->n < next) EMIT(p, 0x90);
    }
}

static u64 random_entry(void) { return (CODE + ((u64)guest_below(CODE_PAGES) << PAGE_BITS)) | 7 | (guest_below(2) ? PTE_A : 0); }

void guest_make(struct guest *p) {
    for (unsigned i = 0; i < CODE_PAGES; i++) random_page(&p->page[i]);
    for (unsigned i = 0; i < PAGES; i++) p->entry[i] = random_entry();
}

void guest_load(struct x86_rig *r, const struct guest *p, const struct x86_state *fresh) {
    bus_will_write(&r->bus, 0, RIG_RAM);
    memset(r->ram, 0, RIG_RAM); // all: a guest that changes its page tables gets anywhere
    r->c->s = *fresh;
    cpu_long(r, 0);
    block_cache_flush(&r->c->v);
    r->reason = -1;
    r->clock.now = 0;
    guest_windows(r);
    for (unsigned i = 0; i < PAGES; i++) cpu_poke(r, CODE_TABLE + 8 * i, p->entry[i], 8);
    for (unsigned i = 0; i < CODE_PAGES; i++) guest_put(r, CODE + (i << PAGE_BITS), p->page[i].code, 4096);
    static const u8 home[SLOT] = {0xb8, 0, START >> 8 & 255, START >> 16, 0, 0xff, 0xe0}; // mov eax, START; jmp rax
    for (unsigned at = 0; at < 4096; at += SLOT) guest_put(r, HOME + at, home, SLOT);
    static const u8 handler[] = {0x83, 0x04, 0x24, 0x01, 0x48, 0xcf}; // add dword [rsp], 1; iretq: bytes that are no instruction
    guest_put(r, 0x20000, handler, sizeof handler);
    cpu_idt(r, EXC_UD, cpu_gate(SYS_INT32, 0, SEL_CODE64_0, 0x20000, 0), 0);
    u64 *gpr = r->c->s.gpr;
    memset(gpr, 0, sizeof r->c->s.gpr);
    gpr[RSP] = RIG_STACK0;
    gpr[RSI] = CODE_TABLE + 8;
    gpr[RDI] = DATA_WINDOW;
    gpr[12] = CODE_WINDOW;
    gpr[13] = CODE;
    gpr[RAX] = p->entry[0], gpr[RCX] = p->entry[1], gpr[8] = p->entry[2], gpr[9] = p->entry[3];
    r->c->s.rip = START;
    x86_set_rflags(r->c, 0, FL_ARITH);
}

u64 guest_slice(unsigned how, u64 left) {
    u64 n = how == 0   ? 1
            : how == 1 ? 1 + guest_below(4)
            : how == 2 ? 1 + guest_below(100)
            : how == 3 ? 47 + guest_below(3)
            : how == 4 ? 1 + guest_below(3000)
                       : left;
    return n < left ? n : left;
}

void guest_snapshot(struct x86_rig *r, struct guest_snapshot *s) {
    s->hash = state_hash(&r->state);
    memcpy(s->low, r->ram, COMPARED);
}
