// SPDX-License-Identifier: MIT
// Registers in groups of four; the code at RIP as the page tables show it now, without side effects.
#include "isa/x86_64/dump.h"

#include "isa/x86_64/paging.h"

typedef unsigned long long ull;

static const char *const names[16] = {"rax", "rcx", "rdx", "rbx", "rsp", "rbp", "rsi", "rdi",
                                      "r8 ", "r9 ", "r10", "r11", "r12", "r13", "r14", "r15"};
static const char *const seg_names[SEG_COUNT] = {"es", "cs", "ss", "ds", "fs", "gs"};

// Physical address of linear a, or false: a debugger's look.
static bool look(struct x86_cpu *c, gva_t a, gpa_t *gpa) {
    struct walk w;
    *gpa = a;
    if (!(c->s.cr0 & CR0_PG)) return true;
    if (x86_walk_init(c, &w, a, false, false)) return false;
    w.look = true;
    if (mmu_walk(&w, c->bus, a, MMU_READ)) return false;
    *gpa = w.page + (a & (((u64)1 << w.shift) - 1));
    return true;
}

static void dump_code(struct x86_cpu *c, gva_t a) {
    char text[3 * 16 + 1];
    unsigned n = 0;
    for (unsigned i = 0; i < 16; i++) {
        gpa_t gpa;
        const u8 *p = look(c, a + i, &gpa) ? bus_ram(c->bus, gpa, 1) : NULL;
        if (!p) break;
        n += (unsigned)plat_format(text + n, sizeof text - n, " %02x", *p);
    }
    text[n] = 0;
    log_error(c->env->plat, "  code at 0x%llx:%s", (ull)a, n ? text : " (not mapped)");
}

void x86_dump(struct x86_cpu *c) {
    const struct x86_state *s = &c->s;
    struct plat *p = c->env->plat;
    log_error(p, "guest processor: rip %016llx  rflags %08x  cpl %u  %s", (ull)s->rip, x86_get_rflags(c), s->cpl,
              s->halted ? "halted" : "running");
    for (unsigned i = 0; i < 16; i += 4)
        log_error(p, "  %s %016llx  %s %016llx  %s %016llx  %s %016llx", names[i], (ull)s->gpr[i], names[i + 1],
                  (ull)s->gpr[i + 1], names[i + 2], (ull)s->gpr[i + 2], names[i + 3], (ull)s->gpr[i + 3]);
    for (unsigned i = 0; i < SEG_COUNT; i++)
        log_error(p, "  %s %04x  base %016llx  limit %08x  attributes %04x", seg_names[i], s->seg[i].sel,
                  (ull)s->seg[i].base, s->seg[i].limit, s->seg[i].attr);
    log_error(p, "  cr0 %llx  cr2 %llx  cr3 %llx  cr4 %llx  efer %llx  gdt %llx:%x  idt %llx:%x", (ull)s->cr0, (ull)s->cr2,
              (ull)s->cr3, (ull)s->cr4, (ull)s->efer, (ull)s->gdtr.base, s->gdtr.limit, (ull)s->idtr.base, s->idtr.limit);
    dump_code(c, s->efer & EFER_LMA && s->seg[CS].attr & AR_L ? s->rip : (u32)(s->seg[CS].base + s->rip));
}
