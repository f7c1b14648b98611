// SPDX-License-Identifier: MIT
// The boards there are: one for each architecture. A machine is made of one and knows it only by this.
#ifndef MACHINE_BOARD_H
#define MACHINE_BOARD_H

#include "loader/arch.h"
#include "machine/machine.h"

struct board {
    const char *name;
    const struct loader_arch *loader; // of its images; its architecture is the board's
    gpa_t ram_at;                     // where RAM starts
    bool takes_bios;                  // in->bios; else it is refused
    bool takes_firmware;              // in->firmware, which then starts what is in the drives; else it is refused
    bool translates;                  // its processor obeys ENGINE_TRANSLATE; else `engine = translate` is refused
    // Whether `create` would succeed, as far as images and RAM decide.
    int (*check)(struct plat *p, const struct emu_config *c, const struct emu_inputs *in, u64 ram_size);
    // Fills m->bus and m->cpu, loads the guest image and puts the processor at its start. 0 or a negative error (logged).
    // Called again after `keep`, with what that has saved; everything else of the old board is freed by then.
    int (*create)(struct emu_machine *m, const struct emu_inputs *in, u8 *ram, u64 ram_size);
    // The machine is about to restart: saves what has a battery.
    void (*keep)(struct emu_machine *m);
    // The run ends: what the console has not shown yet it is to show now. NULL: it shows everything at once.
    void (*flush)(struct emu_machine *m);
    // Whether a key typed now would interrupt the guest, as far as the interrupt controllers' masks say.
    bool (*input_wakes)(const struct emu_machine *m);
};

// The board of an architecture; of none (ARCH_NONE), the PC.
const struct board *board_of(enum config_arch arch);

#endif
