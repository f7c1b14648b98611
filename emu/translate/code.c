// SPDX-License-Identifier: MIT
#include "translate/code.h"

#include "base/bits.h"
#include "base/le.h"

enum { CC_NE = 5, CC_L = 12 };

void *code_data(struct code *k, u64 bytes) {
    u8 *p = k->data - align_up(bytes, 16);
    if (p < k->out.at) {
        k->out.full = true;
        return NULL;
    }
    k->data = k->out.end = p;
    memset(p, 0, bytes);
    return p;
}

void code_reset(struct code *k) {
    k->out.at = k->first;
    k->data = k->out.end = k->mem.write + k->mem.size;
    k->out.full = false;
    k->flushes++;
}

u8 *code_gate_place(struct code *k) {
    u8 *at = k->out.at;
    for (unsigned i = 0; i < GATE_BYTES; i++) asm_byte(&k->out, 0xcc);
    return at;
}

void code_edge_place(struct code *k, struct code_edge *e) {
    e->at = k->out.at;
    for (unsigned i = 0; i < EDGE_BYTES; i++) asm_byte(&k->out, 0xcc);
}

// Writes into the place of an edge.
static struct asm_out place(const struct code *k, const struct code_edge *e) {
    return (struct asm_out){.at = e->at, .end = e->at + EDGE_BYTES, .to_exec = k->out.to_exec};
}

static struct asm_out gate(const struct code *k, const struct code_edge *e) {
    return (struct asm_out){.at = e->gate, .end = e->gate + GATE_BYTES, .to_exec = k->out.to_exec};
}

static void write_unlinked(struct code *k, struct code_edge *e) {
    struct asm_out o = place(k, e), g = gate(k, e);
    asm_jmp_to(&o, e->out);
    if (e->gate) asm_jmp_to(&g, e->gate_out);
}

void code_edge_unlink(struct code *k, struct code_edge *e) {
    write_unlinked(k, e);
    if (!e->to) return;
    struct code_edge **at = &e->to->edges;
    while (*at && *at != e) at = &(*at)->next;
    if (*at) *at = e->next;
    e->to = NULL;
}

static void compare(struct code *k, struct asm_out *o, i32 field, u64 value, const u8 *otherwise) {
    asm_mov_imm(o, k->scratch, value);
    asm_rm(o, 0x3b | ASM_W, k->scratch, MEM_AT(k->cpu, field));
    asm_jcc_to(o, CC_NE, otherwise);
}

static void write_linked(struct code *k, struct code_edge *e, struct block *to, u64 key, u64 page) {
    struct asm_out o = place(k, e), g = gate(k, e);
    if (e->page) {
        compare(k, e->gate ? &g : &o, k->jump_key, key, e->gate ? e->gate_out : e->out);
        compare(k, e->gate ? &g : &o, k->page, page, e->gate ? e->gate_out : e->out);
    }
    if (e->gate) asm_jmp_to(&g, asm_exec(&g, e->gate + GATE_BYTES));
    asm_alu_imm(&o, 5, k->left, (i32)to->cost);
    asm_jcc_to(&o, CC_L, e->short_slice);
    if (e->page) asm_alu_mem_imm(&o, 0, MEM_AT(k->cpu, k->page), (i32)e->page);
    bool keep = e->keep_flags && !to->flags_dead;
    if (keep) asm_retarget(e->keep_flags_jump, k->out.to_exec, to->code);
    asm_jmp_to(&o, keep ? e->keep_flags : (const u8 *)to->code);
}

void code_edge_link(struct code *k, struct code_edge *e, struct block *to, u64 key, u64 page) {
    if (e->to) code_edge_unlink(k, e);
    write_linked(k, e, to, key, page);
    e->to = to;
    e->next = to->edges;
    to->edges = e;
}

void code_drop(struct code *k, struct block *b) {
    while (b->edges) code_edge_unlink(k, b->edges);
    if (b->code) k->dropped++;
    b->code = NULL;
}
