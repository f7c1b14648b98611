// SPDX-License-Identifier: MIT
// Registers in groups of four; the last blocks and the code at RIP as the page tables show it now, without side effects.
#include "isa/x86_64/sys/dump.h"

#include "base/le.h"
#include "cpu/dump.h"
#include "isa/x86_64/room.h"
#include "isa/x86_64/insn/disasm.h"
#include "isa/x86_64/sys/paging.h"

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
    w.key_rights = 0;
    if (mmu_walk(&w, c->bus, a, MMU_READ)) return false;
    *gpa = w.page + (a & (((u64)1 << w.shift) - 1));
    return true;
}

// Up to 15 bytes of code at linear address a, as far as they are mapped to RAM.
static unsigned code_at(struct x86_cpu *c, gva_t a, u8 code[15]) {
    unsigned n = 0;
    for (; n < 15; n++) {
        gpa_t gpa;
        const u8 *p = look(c, a + n, &gpa) ? bus_ram(c->bus, gpa, 1) : NULL;
        if (!p) break;
        code[n] = *p;
    }
    return n;
}

gva_t x86_code_address(const struct x86_cpu *c, u64 rip) {
    const struct x86_state *s = &c->s;
    return s->efer & EFER_LMA && s->seg[CS].attr & AR_L ? rip : (u32)(s->seg[CS].base + rip);
}

unsigned x86_look_code(struct vcpu *v, u64 rip, u8 code[15]) {
    struct x86_cpu *c = x86_of(v);
    return code_at(c, x86_code_address(c, rip), code);
}

unsigned x86_disasm_at(struct vcpu *v, const u8 *code, unsigned have, u64 rip, char *text, size_t room) {
    struct x86_cpu *c = x86_of(v);
    return x86_disasm(c->index, c->mode, code, have, rip, text, room);
}

void x86_where(const struct x86_cpu *c, char *text, size_t room) {
    const struct x86_state *s = &c->s;
    const char *mode = !(s->cr0 & CR0_PE)                             ? "real mode"
                       : s->rflags & FL_VM                            ? "virtual-8086 mode"
                       : s->efer & EFER_LMA && s->seg[CS].attr & AR_L ? "64-bit mode"
                       : s->efer & EFER_LMA                           ? "compatibility mode"
                       : s->seg[CS].attr & AR_DB                      ? "32-bit protected mode"
                                                                      : "16-bit protected mode";
    plat_format(text, room, "%s, CPL %u, CS 0x%x, RIP 0x%llx", mode, s->cpl, s->seg[CS].sel, (ull)s->rip);
}

// RIP is after a HLT, and the next instruction is a jump back over no more than an idle loop's length.
bool x86_halts_in_loop(struct x86_cpu *c) {
    enum { JMP_SHORT = 0xeb, JMP_NEAR = 0xe9, LONGEST = 64 };
    u8 code[15];
    unsigned n = code_at(c, x86_code_address(c, c->s.rip), code);
    bool near = code[0] == JMP_NEAR, wide = (c->mode & MODE_CODE_MASK) != MODE_CODE16;
    i64 by = n >= 2 && code[0] == JMP_SHORT ? (i8)code[1] + 2
             : n >= 5 && near && wide       ? (i32)ld32(code + 1) + 5
             : n >= 3 && near && !wide      ? (i16)ld16(code + 1) + 3
                                            : 0;
    return c->s.halted && by < 0 && by >= -LONGEST;
}

void x86_dump(struct x86_cpu *c, enum log_level level) {
    const struct x86_state *s = &c->s;
    struct plat *p = c->env->plat;
    log_at(p, level, "guest processor: rip %016llx  rflags %08x  cpl %u  %s", (ull)s->rip, x86_get_rflags(c), s->cpl,
           s->halted ? "halted" : "running");
    for (unsigned i = 0; i < 16; i += 4)
        log_at(p, level, "  %s %016llx  %s %016llx  %s %016llx  %s %016llx", names[i], (ull)s->gpr[i], names[i + 1],
               (ull)s->gpr[i + 1], names[i + 2], (ull)s->gpr[i + 2], names[i + 3], (ull)s->gpr[i + 3]);
    for (unsigned i = 0; i < SEG_COUNT; i++)
        log_at(p, level, "  %s %04x  base %016llx  limit %08x  attributes %04x", seg_names[i], s->seg[i].sel, (ull)s->seg[i].base,
               s->seg[i].limit, s->seg[i].attr);
    log_at(p, level, "  cr0 %llx  cr2 %llx  cr3 %llx  cr4 %llx  efer %llx  gdt %llx:%x  idt %llx:%x", (ull)s->cr0, (ull)s->cr2,
           (ull)s->cr3, (ull)s->cr4, (ull)s->efer, (ull)s->gdtr.base, s->gdtr.limit, (ull)s->idtr.base, s->idtr.limit);
    vcpu_dump_code(&c->v, level);
}
