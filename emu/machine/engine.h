// SPDX-License-Identifier: MIT
// Which engine executes a machine's instructions, where it translates to, and what is told of it.
#ifndef MACHINE_ENGINE_H
#define MACHINE_ENGINE_H

#include "cpu/vcpu.h"
#include "machine/board.h"

// Refuses `engine = translate` on a board whose processor cannot: 0 or ERR_UNSUPPORTED (logged).
int engine_check(const struct emu_config *c, struct plat *p, const struct board *b);
// Fills m->engine and, to translate, m->code_memory. 0, or a negative error (logged) when there is no memory for code and the configuration
// asks for nothing else.
int engine_open(struct emu_machine *m);
void engine_close(struct emu_machine *m);
// For the board, once its CPU is made: the engine and where it translates to.
void engine_give(struct emu_machine *m, struct vcpu *v);

// What the machine's processors have done so far, those before a restart included. *r may be m->engines.
void engine_report(const struct emu_machine *m, struct emu_engine_report *r);
// What the processor has left to its handlers, when `count_handlers` asks: before it is gone.
void engine_tell_handlers(const struct emu_machine *m);
// The line for people and the one for machines, at the run's end. Not a part of the result's line: that is equal whichever engine ran.
void engine_tell(const struct emu_machine *m, const struct emu_result *r);

#endif
