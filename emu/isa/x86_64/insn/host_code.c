// SPDX-License-Identifier: MIT
#include "isa/x86_64/insn/host_code.h"

#include "isa/x86_64/insn/decode.h"
#include "isa/x86_64/insn/disasm.h"
#include "isa/x86_64/sys/cpuid.h"

const struct decode_index *x86_host_index(struct env *env) { return decode_index_create(env, x86_model_find("max")); }

unsigned x86_host_disasm(void *ctx, const u8 *bytes, unsigned have, u64 at, char *text, size_t room) {
    return x86_disasm(ctx, MODE_CODE64 | MODE_STACK64, bytes, have, at, text, room);
}

void x86_dump_code(struct plat *p, enum log_level level, const struct decode_index *ix, const u8 *bytes, unsigned n, u64 exec) {
    dump_made_code(p, level, NULL, &(struct made_code){.bytes = bytes, .size = n, .at = exec}, x86_host_disasm,
                   (void *)(hva_t)ix);
}
