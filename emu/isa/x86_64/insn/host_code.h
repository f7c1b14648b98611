// SPDX-License-Identifier: MIT
// The text of code that runs on the host, which is an x86-64 processor, too: what was made for a guest's code, of whatever instruction
// set, to be looked at by people.
#ifndef X86_HOST_CODE_H
#define X86_HOST_CODE_H

#include "cpu/dump.h"

struct decode_index;

// Knows every instruction that this emulator knows, whatever the guest's processor has.
const struct decode_index *x86_host_index(struct env *env);
// dump_made_code's, of 64-bit code; ctx is x86_host_index's. What is not known is "(bad)".
host_disasm x86_host_disasm;
// Logs n bytes that run at `exec`, an instruction a line.
void x86_dump_code(struct plat *p, enum log_level level, const struct decode_index *ix, const u8 *bytes, unsigned n, u64 exec);

#endif
