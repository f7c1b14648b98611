// SPDX-License-Identifier: MIT
// The real PC board for fuzzers of its devices: made once, put back to its first state before every input.
#ifndef TESTS_FUZZ_BOARD_H
#define TESTS_FUZZ_BOARD_H

#include "input.h"
#include "isa/x86_64/cpu.h"
#include "machine/machine.h"
#include "scripted_plat.h"

#define BOARD_RAM (2 * MiB)
#define BOARD_DISK (16 * KiB)
#define BOARD_ODD (BOARD_DISK / 2 + 1)
#define BOARD_CDROM (128 * KiB)

struct fuzz_board {
    struct scripted_plat s;
    struct emu_machine *m;
    struct x86_cpu *cpu;
    u8 *ram; // BOARD_RAM bytes; around them nothing is mapped
    u8 *disk, *odd, *cdrom;
};

// One input: `run` puts it, at most 2 KiB, through the board in its first state, and inputs of every 32nd length once more: they must
// find the same board. Returns 0, for libFuzzer.
int board_fuzz(void (*run)(struct fuzz_board *b, struct input *in), const u8 *data, size_t size);

// Before the first input: the board has this firmware, instead of a program of its own. The bytes stay the caller's.
void board_give_firmware(u8 *rom, u64 size);

// Configuration cycles through ports 0xCF8 and 0xCFC.
u32 board_config_in(struct fuzz_board *b, unsigned devfn, unsigned at, unsigned width);
void board_config_out(struct fuzz_board *b, unsigned devfn, unsigned at, unsigned width, u32 value);
u64 board_bar(struct fuzz_board *b, unsigned devfn, unsigned bar); // where it is now, as the guest reads it

// Lets time pass as the run loop does, at most `events` events; then jumps on to the end.
void board_wait(struct fuzz_board *b, u64 ns, unsigned events);
// Input for the virtio console, which the board itself never gives it.
void board_console_input(struct fuzz_board *b, const u8 *bytes, size_t n);
// Takes the interrupt that waits, as the processor does.
void board_acknowledge(struct fuzz_board *b);

#endif
