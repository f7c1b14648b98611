// SPDX-License-Identifier: MIT
// One row per word of softmetal.selftest. boot/ram.c knows one more: `max-range=N` (MiB).
#include "kernel/selftest.h"
#include "base/bits.h"
#include "kernel/heap.h"
#include "kernel/paging.h"
#include "kernel/symbols.h"
#include <string.h>

extern const u8 __text_start[];

// Names in the backtrace are part of what is tested.
#define WORD __attribute__((noinline)) static void

WORD null_write(struct handoff *h, struct plat *p) { *(volatile u32 *)(uintptr_t)(h->selftest[0] == 0) = 1; }
WORD null_read(struct handoff *h, struct plat *p) { (void)*(volatile u32 *)(uintptr_t)(h->selftest[0] == 0); }
WORD text_write(struct handoff *h, struct plat *p) { *(volatile u8 *)(uintptr_t)__text_start = 0x90; }
WORD invalid_opcode(struct handoff *h, struct plat *p) { __asm__ volatile("ud2"); }
WORD panic_word(struct handoff *h, struct plat *p) { p->panic(p, "asked for by softmetal.selftest"); }

WORD data_execute(struct handoff *h, struct plat *p) {
    u8 *code = heap_alloc(64, 64);
    *code = 0xc3; // ret
    ((void (*)(void))(uintptr_t)code)();
    heap_free(code, 64); // not reached; makes the call above no tail call
}

// What is written through one mapping runs through the other; the one must not run, and the other not be written to.
static struct plat_code made_code(struct plat *p) {
    static const u8 bytes[] = {0xb8, 0x78, 0x56, 0x34, 0x12, 0xc3}; // mov eax, 0x12345678; ret
    struct plat_code code, other;
    if (p->code_alloc(p, EMU_CODE_MEMORY, &code)) p->panic(p, "no memory for code");
    if (!p->code_alloc(p, 4096, &other)) p->panic(p, "memory for code was given out twice");
    u8 *last = code.write + code.size - sizeof bytes;
    memcpy(last, bytes, sizeof bytes);
    return code;
}

static unsigned call(const u8 *at) { return ((unsigned (*)(void))(uintptr_t)at)(); }

WORD code_run(struct handoff *h, struct plat *p) {
    struct plat_code code = made_code(p);
    unsigned got = call(code.exec + code.size - 6);
    u64 bytes = code.size;
    p->code_free(p, &code);
    if (p->code_alloc(p, bytes, &code)) p->panic(p, "memory for code is not given out again");
    log_info(p, "selftest: code of %llu MiB returned 0x%x; a new owner finds 0x%x there", (unsigned long long)(bytes / MiB), got,
             code.exec[bytes - 6]);
    p->code_free(p, &code);
}
WORD code_write(struct handoff *h, struct plat *p) {
    struct plat_code code = made_code(p);
    *(volatile u8 *)(code.exec + code.size - 6) = 0x90;
}
WORD code_execute(struct handoff *h, struct plat *p) {
    struct plat_code code = made_code(p);
    log_info(p, "selftest: returned 0x%x", call(code.write + code.size - 6));
}

static volatile bool forever = true;
// noinline and volatile: each call takes its 256 bytes.
__attribute__((noinline)) static unsigned recurse(volatile u8 *above) {
    volatile u8 here[256];
    here[0] = (u8)(above[0] + 1);
    if (forever) return recurse(here) + here[0];
    return 0;
}
WORD stack_overflow(struct handoff *h, struct plat *p) {
    volatile u8 here = 0;
    recurse(&here);
}

// Guest RAM must be one window: every 2 MiB page keeps the number that was written to it.
static void check_ram(struct handoff *h, struct plat *p) {
    u8 *ram = paging_guest_ram(h);
    u64 pages = h->guest_size / (2 * MiB), bad = 0;
    for (u64 i = 0; i < pages; i++) {
        *(u64 *)(void *)(ram + i * 2 * MiB) = ~i;
        *(u64 *)(void *)(ram + (i + 1) * 2 * MiB - 8) = i + 1;
    }
    for (u64 i = 0; i < pages; i++) {
        u64 *first = (u64 *)(void *)(ram + i * 2 * MiB), *last = (u64 *)(void *)(ram + (i + 1) * 2 * MiB - 8);
        bad += *first != ~i || *last != i + 1;
        *first = *last = 0;
    }
    log_info(p, "selftest: guest RAM of %llu pages of 2 MiB in %u ranges: %llu wrong", (unsigned long long)pages, h->guest_ranges,
             (unsigned long long)bad);
}

// A call that is its function's last instruction: what it returns to is another function.
void last_call(struct handoff *h, struct plat *p);
__asm__(".pushsection .text\n.type last_call, @function\nlast_call:\n push %rbp\n mov %rsp, %rbp\n call last_call_panic\n"
        ".type behind_last_call, @function\nbehind_last_call:\n ret\n.popsection");
__attribute__((used)) static void last_call_panic(struct handoff *h, struct plat *p) { panic_word(h, p); }

static const struct {
    const char *word;
    void (*act)(struct handoff *h, struct plat *p);
} words[] = {
    {"check-ram", check_ram},           {"null-write", null_write},
    {"null-read", null_read},           {"text-write", text_write},
    {"data-execute", data_execute},     {"stack-overflow", stack_overflow},
    {"invalid-opcode", invalid_opcode}, {"panic", panic_word},
    {"last-call", last_call},           {"code-run", code_run},
    {"code-write", code_write},         {"code-execute", code_execute},
};

void selftest(struct handoff *h, struct plat *p) {
    log_warn(p, "softmetal.selftest is on the volume: %s", h->selftest);
    for (unsigned i = 0; i < countof(words); i++)
        if (strstr(h->selftest, words[i].word)) words[i].act(h, p);
}
