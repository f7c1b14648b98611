// SPDX-License-Identifier: MIT
// A PC's screen and keyboard on the machine's one terminal, which COM1 has, too.
//
// The terminal is the screen's from the start on: it shows text modes (core/mirror.h), and what is typed are keys. What is written to COM1
// takes it over: from then on, until the machine starts anew, it shows what COM1 says, and what is typed comes there. So a loader that talks
// to both is seen once, and a system whose console is COM1 has it to itself. With `screen = vga` the screen keeps it, and what COM1 says is
// not seen.
#ifndef MACHINE_PC_SCREEN_H
#define MACHINE_PC_SCREEN_H

#include "dev/i8042.h"
#include "dev/vga.h"
#include "machine/machine.h"

struct pc_screen;

struct pc_screen *pc_screen_create(struct emu_machine *m, struct i8042 *keyboard);
// Who answers for vga_ops and vga_memory_ops.
struct vga *pc_screen_adapter(struct pc_screen *s);
// What COM1 writes to and gets input from, in place of the machine's console.
struct chardev *pc_screen_com1(struct pc_screen *s);
// Whether what is typed are keys.
bool pc_screen_is_typed_at(const struct pc_screen *s);
// Shows at once what would be shown in a moment: the machine comes to an end.
void pc_screen_flush(struct pc_screen *s);

#endif
