// SPDX-License-Identifier: MIT
#include "x86_both.h"

#include "cpu/block.h"
#include "isa/x86_64/translate/translate.h"

#include "host/code_memory.h"

int both_new(struct x86_rig **out, u64 code_bytes) {
    void *state;
    if (cpu_new(&state)) return -1;
    struct x86_rig *r = state;
    if (code_memory_alloc(CODE_MEMORY_SEALED, code_bytes, &r->c->v.code_memory)) return -1;
    r->c->v.count_handlers = true;
    x86_translator_create(r->c);
    r->c->tr->threshold = 1;
    r->translator = r->c->v.translator;
    *out = r;
    return 0;
}

int both_free(struct x86_rig *r) {
    code_memory_free(&r->c->v.code_memory);
    void *state = r;
    return cpu_free(&state);
}

// The translator must hear of the flush in either case: it knows of blocks that are gone then.
void both_use(struct x86_rig *r, enum engine engine) {
    r->c->v.translator = r->translator;
    block_cache_flush(&r->c->v);
    if (engine == INTERPRET) r->c->v.translator = NULL;
}

void both_translate_after(struct x86_rig *r, unsigned entries) { r->c->tr->threshold = (u16)entries; }

u64 both_translated(const struct x86_rig *r) { return r->c->ran; }
