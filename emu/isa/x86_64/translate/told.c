// SPDX-License-Identifier: MIT
// What people are told of translated code: names for profilers, and the code of one block beside the guest's.
#include "isa/x86_64/translate/translate.h"

#include "isa/x86_64/insn/host_code.h"

static void dump(struct tx *x, u64 pc) {
    const u8 *start = x->t->k.stage;
    struct made_piece piece[TX_INSNS];
    struct plat *p = x->c->env->plat;
    unsigned size = (unsigned)(x->o->at - start);
    for (unsigned i = 0; i < x->pieces; i++)
        piece[i] = (struct made_piece){.pc = pc + (u64)(i64)x->piece[i].off, .offset = (unsigned)(x->piece[i].at - start)};
    log_info(p, "dump_block: 0x%llx: %u instructions of %u blocks, %u bytes of code", (unsigned long long)pc, x->pieces,
             x->blocks, size);
    dump_made_code(p, LOG_INFO, &x->c->v,
                   &(struct made_code){
                       .bytes = start, .size = size, .at = (hva_t)asm_exec(x->o, start), .piece = piece, .pieces = x->pieces},
                   x86_host_disasm, (void *)(hva_t)x->t->host_index);
    x->t->block_dumped = true;
}

void tx_tell(struct tx *x) {
    const u8 *start = x->t->k.stage;
    struct x86_cpu *c = x->c;
    u64 pc = c->s.gpr[17]; // of the running block, which is the head
    name_code(c->env->plat, asm_exec(x->o, start), (u64)(x->o->at - start), "block", pc);
    if (c->has_dump_block && c->dump_block == pc) dump(x, pc);
}

void x86_translator_tell(struct x86_cpu *c) {
    const struct code *k = &c->tr->k;
    name_code(c->env->plat, k->mem.exec, (u64)(k->first - k->mem.write), "routines", 0);
    if (c->has_dump_block) c->tr->host_index = x86_host_index(c->env);
}
