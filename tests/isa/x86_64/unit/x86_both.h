// SPDX-License-Identifier: MIT
// Both engines on a rig's processor: what one does, the other must do to the last bit.
#ifndef TESTS_X86_BOTH_H
#define TESTS_X86_BOTH_H

#include "x86_rig.h"

enum engine { INTERPRET, TRANSLATE, ENGINES };
#define BOTH_NAMES ((const char *const[]){"interpreted", "translated"})

// As cpu_new, with a translator that has code memory of this size and translates a block at its first entry.
int both_new(struct x86_rig **r, u64 code_bytes);
int both_free(struct x86_rig *r);
// All blocks are forgotten, and from now on the processor runs by this engine.
void both_use(struct x86_rig *r, enum engine engine);
// Blocks are translated at their entry of this number, the first one if nothing is said.
void both_translate_after(struct x86_rig *r, unsigned entries);
// Instructions that ran in translated code so far.
u64 both_translated(const struct x86_rig *r);

#endif
