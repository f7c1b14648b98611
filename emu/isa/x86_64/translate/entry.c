// SPDX-License-Identifier: MIT
// Between the interpreter and translated code: routines that are emitted once, in front of all blocks; and making a translator.
#include "isa/x86_64/translate/translate.h"

#include "isa/x86_64/room.h"
#include "isa/x86_64/vec/sse.h"

#include "emu/emu.h"

// Nothing stands in the first bytes: UBSan looks for a signature in front of a function that is called by its address.
enum { FIRST = 64, GENERAL = 11, CC_L = 12 };
// The entries after which a block is translated, also on a host that is itself emulated (its floating point tells: vec/host_fp.h), where made
// code is dear, because that host translates it again; and the bytes that all translations have (0: what the platform gave).
#ifdef HOSTILE
enum { HOT = 1, HOT_EMULATED = 1, ROOM = 3 * KiB };
#else
enum { HOT = 64, HOT_EMULATED = 500, ROOM = 0 };
#endif

// ---- emitted

static void load_registers(struct asm_out *o) {
    for (unsigned r = 0; r < GENERAL; r++) asm_load64(o, tx_host(r), GPR_MEM(r));
    asm_load64(o, LEFT_REG, CPU_MEM(left));
}
static void store_registers(struct asm_out *o) {
    for (unsigned r = 0; r < GENERAL; r++) asm_store64(o, tx_host(r), GPR_MEM(r));
    asm_store64(o, LEFT_REG, CPU_MEM(left));
}

static void call_c(struct asm_out *o, hva_t f) {
    asm_mov64(o, H_RDI, CPU_REG);
    asm_mov_imm(o, H_RAX, f);
    asm_rr(o, 0xff, 2, H_RAX);
}

static void ret(struct asm_out *o) { asm_byte(o, 0xc3); }

// The handler's argument is the CPU; `block` is what runs.
static void emit_enter(struct asm_out *o) {
    asm_mov64(o, CPU_REG, H_R12);
    asm_store64(o, H_RBP, CPU_MEM(host_rbp));
    // ran += left; what is left in the end is taken off again, so it counts the instructions of the blocks entered from here on.
    asm_load64(o, T0, CPU_MEM(block));
    asm_rm(o, 0x8b, H_RAX, MEM_AT(T0, offsetof(struct block, cost)));
    asm_load64(o, H_RCX, MEM_AT(T0, offsetof(struct block, pay)));
    asm_rr(o, 0x29 | ASM_W, H_RAX, H_RCX); // sub: the block is paid for, what its code takes with it is not
    asm_rm(o, 0x03 | ASM_W, H_RAX, CPU_MEM(left));
    asm_rm(o, 0x29 | ASM_W, H_RCX, CPU_MEM(left));
    u8 *short_of = asm_jcc(o, CC_L);
    asm_rm(o, 0x01 | ASM_W, H_RAX, CPU_MEM(ran));
    load_registers(o);
    asm_load64(o, T0, CPU_MEM(s.gpr[17]));
    asm_alu_imm(o, 4, T0, -(i32)PAGE_SIZE);
    asm_store64(o, T0, CPU_MEM(page));
    asm_load64(o, T0, CPU_MEM(block));
    asm_rm(o, 0xff, 4, MEM_AT(T0, offsetof(struct block, code)));
    asm_here(o, short_of); // the interpreter does the block
    asm_rm(o, 0x01 | ASM_W, H_RCX, CPU_MEM(left));
    asm_mov64(o, H_R12, CPU_REG);
    asm_rm(o, 0xff, 4, MEM_AT(T1, offsetof(struct uop, fn)));
}

static void emit_back(struct asm_out *o) {
    asm_mov64(o, CPU_REG, H_R12);
    asm_load64(o, H_RAX, CPU_MEM(left));
    asm_rm(o, 0x01 | ASM_W, H_RAX, CPU_MEM(ran));
    asm_load64(o, H_RAX, MEM_AT(T1, offsetof(struct uop, disp)));
    asm_rm(o, 0x01 | ASM_W, H_RAX, CPU_MEM(handler_calls));
    load_registers(o);
    asm_rm(o, 0xff, 4, MEM_AT(T1, offsetof(struct uop, imm)));
}

// f: NULL: the uop's own handler.
static void emit_leave(struct asm_out *o, op_fn *f) {
    store_registers(o);
    asm_load64(o, H_RAX, CPU_MEM(left));
    asm_rm(o, 0x29 | ASM_W, H_RAX, CPU_MEM(ran));
    tx_emit_vectors_out(o);
    asm_rm(o, 0x83, 7, CPU_MEM(lazy.kind)); // cmp, 0
    asm_byte(o, LAZY_NONE);
    u8 *settled = asm_jcc(o, 4);
    asm_alu_imm(o, 5, H_RSP, 8);
    call_c(o, (hva_t)x86_settle_flags);
    asm_alu_imm(o, 0, H_RSP, 8);
    asm_here(o, settled);
    asm_load64(o, H_RBP, CPU_MEM(host_rbp));
    asm_mov64(o, H_R12, CPU_REG);
    if (!f) {
        asm_rm(o, 0xff, 4, MEM_AT(T1, offsetof(struct uop, fn)));
        return;
    }
    asm_mov_imm(o, H_RAX, (hva_t)f);
    asm_rr(o, 0xff, 4, H_RAX);
}

static void emit_settle(struct asm_out *o) {
    store_registers(o);
    call_c(o, (hva_t)x86_settle_flags);
    load_registers(o);
    ret(o);
}

static void emit_flags_in(struct asm_out *o) {
    store_registers(o);
    call_c(o, (hva_t)x86_flags_word);
    asm_store64(o, H_RAX, CPU_MEM(spill));
    load_registers(o);
    asm_rm(o, 0xff, 6, CPU_MEM(spill)); // push
    asm_byte(o, 0x9d);                  // popf
    ret(o);
}

// Code was written at another address than it is executed at: before it is, an instruction must serialize (SDM vol. 3, 9.1.3). IRET does, at
// any privilege, and leaves no virtual machine, as CPUID does: it returns to what follows it.
static void emit_serialize(struct asm_out *o) {
    static const u8 code[] = {
        0x48, 0x89, 0xe0,                // mov rax, rsp
        0x8c, 0xd1, 0x51, 0x50,          // mov ecx, ss; push rcx; push rax
        0x9c, 0x8c, 0xc9, 0x51,          // pushfq; mov ecx, cs; push rcx
        0x48, 0x8d, 0x0d, 0x03, 0, 0, 0, // lea rcx, [rip + 3]
        0x51, 0x48, 0xcf,                // push rcx; iretq
        0xc3                             // ret
    };
    for (unsigned i = 0; i < sizeof code; i++) asm_byte(o, code[i]);
}

static const u8 *routine(struct asm_out *o) {
    while ((hva_t)o->at & 15) asm_byte(o, 0xcc);
    return asm_exec(o, o->at);
}

static void emit_routines(struct x86_translator *t) {
    struct asm_out *o = &t->k.out;
    code_begin(&t->k);
    while (o->at < t->k.stage + FIRST) asm_byte(o, 0xcc);
    t->enter = (op_fn *)(hva_t)routine(o), emit_enter(o);
    t->back = (op_fn *)(hva_t)routine(o), emit_back(o);
    t->leave = routine(o), emit_leave(o, NULL);
    t->leave_edge = routine(o), emit_leave(o, x86_edge_out);
    t->leave_call = routine(o), emit_leave(o, x86_call_out);
    t->leave_span = routine(o), emit_leave(o, x86_span_out);
    t->vectors_in = routine(o), tx_emit_vectors_in(o);
    t->settle = routine(o), emit_settle(o);
    t->flags_in = routine(o), emit_flags_in(o);
    t->serialize = (void (*)(void))(hva_t)routine(o), emit_serialize(o);
    code_end(&t->k);
    t->k.first = t->k.at;
    t->k.bytes = 0;
}

// ---- handlers

SOP(cold);

void x86_drop_translation(struct x86_cpu *c, struct block *b) {
    code_forget(&c->tr->k, b);
    b->enter = cold;
    b->heat = 0;
}

static void unlink(struct x86_cpu *c, struct code_edge *e) {
    struct block *broken = code_edge_breaks(e);
    code_edge_unlink(e);
    if (broken) x86_drop_translation(c, broken);
}

// The edge that left is linked as soon as the interpreter's own link of the block is good and leads to a translation. One that is linked
// already was left because it did not lead there, or because the slice is over. A trace that went on with another block is of no use.
static void link(struct x86_cpu *c, u64 pc) {
    struct code_edge *e = c->edge;
    const struct block_link *l = &e->from->link[e->which];
    bool good = l->key == c->jump_key ? l->pc == pc : l->key == LINK_NEAR;
    if (e->to || e->broken || !good || l->to->cost == BLOCK_DROPPED) return;
    if (e->from->cost == BLOCK_DROPPED || !e->owner->code) return;
    if (e->fixed && (e->fixed != l->to || l->to->point)) x86_drop_translation(c, e->owner);
    else if (e->fixed || l->to->code) code_edge_link(e, l->to, c->jump_key, c->page);
}

// A branch of 32-bit code may go round the end of its 4 GiB, which an edge cannot tell.
OP(x86_edge_out) {
    const struct code_edge *e = c->edge;
    u64 to = c->s.gpr[17] + (u64)(i64)e->target;
    bool round = e->which && (c->mode & MODE_CODE_MASK) != MODE_CODE64 && to >> 32;
    c->s.rip = round ? (u32)to : to;
    if (!round) link(c, to);
    if (e->which) [[clang::musttail]]
        return x86_link1_missed(c, u);
    [[clang::musttail]] return x86_link0_missed(c, u);
}

OP(x86_call_out) {
    link(c, c->s.gpr[17] + (u64)(i64)((const struct code_edge *)c->edge)->target);
    [[clang::musttail]] return u->fn(c, u);
}

// A block that may be translated: once it is hot.
SOP(cold) {
    struct block *b = c->block;
    if (++b->heat >= c->tr->threshold) b->enter = x86_translate(c, b) ? c->tr->enter : b->u[0].fn;
    if (b->code) [[clang::musttail]]
        return b->enter(c, u);
    [[clang::musttail]] return u->fn(c, u);
}

// ---- the translator

void x86_translator_reset(struct x86_cpu *c) {
    struct x86_translator *t = c->tr;
    for (struct block *b = t->blocks; b; b = b->translated_next) {
        b->code = NULL;
        b->pay = BLOCK_UNPAYABLE;
        b->edges = b->way[0] = b->way[1] = NULL;
        b->translated = false;
        b->enter = cold;
        b->heat = 0;
    }
    t->blocks = NULL;
    c->edge = NULL;
    code_reset(&t->k);
}

static void dropped(struct vcpu *v, struct block *b) {
    struct x86_cpu *c = x86_of(v);
    while (b->edges) unlink(c, b->edges);
    code_drop(&c->tr->k, b);
}

static void flushed(struct vcpu *v) {
    struct x86_translator *t = x86_of(v)->tr;
    x86_of(v)->edge = NULL;
    t->blocks = NULL;
    code_reset(&t->k);
}

static void relinked(struct vcpu *v, struct block *b, unsigned which) {
    for (struct code_edge *e = b->way[which]; e; e = e->way_next) unlink(x86_of(v), e);
}

static const struct isa_translator hooks = {.cold = cold, .dropped = dropped, .flushed = flushed, .relinked = relinked};

void x86_translator_report(const struct x86_cpu *c, struct emu_engine_report *r) {
    const struct x86_translator *t = c->tr;
    if (!t) return;
    *r = (struct emu_engine_report){.translated = true,
                                    .blocks_translated = t->k.translated,
                                    .blocks_dropped = t->k.dropped,
                                    .flushes = t->k.flushes,
                                    .code_full = t->full,
                                    .blocks_of_other_mode = t->other_mode,
                                    .code_bytes = t->k.bytes,
                                    .insns_translated = c->ran,
                                    .handler_calls = c->handler_calls,
                                    .block_dumped = t->block_dumped};
}

void x86_translator_create(struct x86_cpu *c) {
    struct x86_translator *t = env_alloc(c->env, sizeof *t);
    t->k.mem = c->code_memory;
    t->work = env_alloc(c->env, sizeof *t->work);
    struct code *k = &t->k;
    k->cpu = CPU_REG;
    k->scratch = T0;
    k->left = LEFT_REG;
    k->jump_key = CPU_AT(jump_key);
    k->page = CPU_AT(page);
    k->stage = env_alloc(c->env, CODE_STAGE);
    code_init(k);
    t->honest = c->honest_host_fp;
    t->threshold = t->honest ? HOT : HOT_EMULATED;
    x86_host_features(t->host_has);
    emit_routines(t);
    if (ROOM) {
        k->mem.size = align_up((u64)(k->first - k->mem.write), 16) + ROOM;
        code_reset(k);
        k->flushes = 0;
    }
    c->tr = t;
    x86_count_create(c);
    x86_translator_tell(c);
    c->v.translator = &hooks;
}
