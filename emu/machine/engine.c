// SPDX-License-Identifier: MIT
#include "machine/engine.h"

typedef unsigned long long ull;

int engine_check(const struct emu_config *c, struct plat *p, const struct board *b) {
    if (c->engine != ENGINE_TRANSLATE || b->translates) return 0;
    log_error(p, "engine: this version cannot translate %s; right is interpret, or auto", b->loader->name);
    return ERR_UNSUPPORTED;
}

int engine_open(struct emu_machine *m) {
    struct plat *p = m->plat;
    m->engine = ENGINE_INTERPRET;
    if (m->config->engine == ENGINE_INTERPRET) return 0;
    if (!m->kind->translates) {
        log_debug(p, "engine: this version cannot translate %s, and interprets it", m->kind->loader->name);
        return 0;
    }
    int err = p->code_alloc ? p->code_alloc(p, EMU_CODE_MEMORY, &m->code_memory) : ERR_UNSUPPORTED;
    if (!err) m->engine = ENGINE_TRANSLATE;
    else if (m->config->engine == ENGINE_AUTO)
        log_info(p, "engine: there is no memory for translated code here: the guest is interpreted");
    else {
        log_error(p, "engine: there is no memory for translated code here (%llu MiB); right is interpret, or auto",
                  (ull)(EMU_CODE_MEMORY / MiB));
        return err;
    }
    return 0;
}

void engine_close(struct emu_machine *m) {
    if (m->code_memory.size) m->plat->code_free(m->plat, &m->code_memory);
}

void engine_give(struct emu_machine *m, struct vcpu *v) {
    v->engine = m->engine;
    v->measure = m->measure;
    v->debug = m->points;
    m->vcpu = v;
    v->code_memory = m->code_memory;
    v->has_dump_block = m->config->has_dump_block;
    v->dump_block = m->config->dump_block;
    v->count_handlers = m->config->count_handlers;
}

void engine_report(const struct emu_machine *m, struct emu_engine_report *r) {
    struct emu_engine_report now = {0};
    const struct emu_engine_report *before = &m->engines;
    if (m->cpu.cpu && m->cpu.engine) m->cpu.engine(m->cpu.cpu, &now);
    *r = (struct emu_engine_report){.translated = now.translated || before->translated,
                                    .blocks_translated = now.blocks_translated + before->blocks_translated,
                                    .blocks_dropped = now.blocks_dropped + before->blocks_dropped,
                                    .flushes = now.flushes + before->flushes,
                                    .code_full = now.code_full + before->code_full,
                                    .blocks_of_other_mode = now.blocks_of_other_mode + before->blocks_of_other_mode,
                                    .code_bytes = now.code_bytes + before->code_bytes,
                                    .insns_translated = now.insns_translated + before->insns_translated,
                                    .handler_calls = now.handler_calls + before->handler_calls,
                                    .block_dumped = now.block_dumped || before->block_dumped};
}

void engine_tell_handlers(const struct emu_machine *m) {
    if (m->config->count_handlers && m->cpu.cpu && m->cpu.handlers) m->cpu.handlers(m->cpu.cpu, m->plat);
}

// In tenths of a percent.
static unsigned share(u64 part, u64 all) { return all ? (unsigned)((u128)part * 1000 / all) : 0; }

void engine_tell(const struct emu_machine *m, const struct emu_result *r) {
    const struct emu_engine_report *e = &r->engine;
    const struct emu_config *c = m->config;
    char line[500];
    if (c->has_dump_block && !e->block_dumped)
        log_info(m->plat, "dump_block: no code was made for a block that starts at 0x%llx", (ull)c->dump_block);
    if (!e->translated) {
        log_info(m->plat, "engine: interpret");
        m->plat->record(m->plat, "{\"softmetal\":\"engine\",\"engine\":\"interpret\"}");
        return;
    }
    unsigned ran = share(e->insns_translated, r->instructions + m->again), called = share(e->handler_calls, e->insns_translated);
    log_info(
        m->plat,
        "engine: translate; %u.%u %% of instructions in translated code, %u.%u %% of these by the interpreter's handlers; %llu "
        "blocks, %llu KiB of code, %llu dropped, started over %llu times",
        ran / 10, ran % 10, called / 10, called % 10, (ull)e->blocks_translated, (ull)(e->code_bytes / 1024),
        (ull)e->blocks_dropped, (ull)e->flushes);
    plat_format(
        line, sizeof line,
        "{\"softmetal\":\"engine\",\"engine\":\"translate\",\"blocks_translated\":%llu,\"blocks_dropped\":%llu,\"flushes\":%llu,"
        "\"code_full\":%llu,\"blocks_of_other_mode\":%llu,\"code_bytes\":%llu,\"insns_translated\":%llu,\"handler_calls\":%llu}",
        (ull)e->blocks_translated, (ull)e->blocks_dropped, (ull)e->flushes, (ull)e->code_full, (ull)e->blocks_of_other_mode,
        (ull)e->code_bytes, (ull)e->insns_translated, (ull)e->handler_calls);
    m->plat->record(m->plat, line);
}
