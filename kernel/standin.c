// SPDX-License-Identifier: MIT
// Stand-in for the parts of emu/ that have not landed. Every definition is weak: the real one wins.
#include "emu/emu.h"

#define WEAK __attribute__((weak))

WEAK u64 emu_ram_wanted(const struct emu_config *c, const struct emu_inputs *in, u64 available) {
    return c->memory ? c->memory : available & ~(2 * MiB - 1);
}
struct emu_machine {
    struct plat *p;
};
WEAK int emu_create(struct emu_machine **out, const struct emu_config *c, const struct emu_inputs *in, struct plat *p,
                    u8 *ram, u64 ram_size) {
    struct emu_machine *m = p->alloc(p, sizeof *m, 8);
    m->p = p;
    *out = m;
    return 0;
}
WEAK void emu_run(struct emu_machine *m, struct emu_result *r) {
    log_info(m->p, "stand-in emulator: nothing to run");
    *r = (struct emu_result){.reason = EMU_POWEROFF};
    m->p->record(m->p, "{\"softmetal\":\"result\",\"reason\":\"poweroff\"}");
}
