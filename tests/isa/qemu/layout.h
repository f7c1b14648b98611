// SPDX-License-Identifier: MIT
// What the two sides of a rig share: the rig itself on the host (rig.h), and the program under qemu-user that runs the same cases
// (native.h). No header of either libc: this file is compiled for both.
//
// Addresses are the same in both worlds. The rig never lets a case touch the program's own pages.
//
//   0ffff000 STUBS  stub k notes that it was k, where a case came out
//   10000000 CODE   slots of 64 bytes, one encoding each, then nothing
//   20000000 DATA   two pages read-write, one read-only, then nothing
//
// A slot:
//
//   00  load                the last register, which brought the program here
//   04  the instructions    of the case, and the jump to stub 0 behind them
//   30  jump to stub 1      where branches may lead
//   34  jump to stub 2      where branches of the next slot may lead
//   38  jump to stub 3
#ifndef TESTS_ISA_QEMU_LAYOUT_H
#define TESTS_ISA_QEMU_LAYOUT_H

#include "registers.h" // the architecture's

#define CODE 0x10000000ul
#define SLOT 64ul
#define SLOTS 1024ul // slot 0 stays empty but for its pads
#define CODE_SIZE (SLOTS * SLOT)
#define STUBS (CODE - 0x1000ul)
#define STUB_BYTES 32ul // bytes from one to the next
#define DATA 0x20000000ul
#define DATA_WRITABLE 0x2000ul
#define DATA_SIZE 0x3000ul
#define WINDOW 128ul // bytes of DATA that a case may have written
#define INPUTS 16ul  // of one encoding
#define BATCH (SLOTS * INPUTS)

enum { SLOT_CODE = 4, SLOT_PAD_1 = 0x30, SLOT_PAD_2 = 0x34, SLOT_PAD_3 = 0x38 };
// A case comes out by a stub, or by a signal.
enum { BY_STUB_0, BY_STUB_1, BY_STUB_2, BY_STUB_3, BY_SIGNAL = 16 };

struct input {
    struct registers r;
    unsigned long window; // address; 0: none
};

struct result {
    struct registers r;    // pc with BY_SIGNAL only: of the instruction that got it
    unsigned long how;     // BY_*, + the signal's number
    unsigned long address; // SIGSEGV, SIGBUS: what it was about
    unsigned char memory[WINDOW];
};

// In memory that both map.
struct shared {
    unsigned long at;           // the case that runs
    unsigned long first, slots; // slots [first, slots) are used in this batch
    unsigned long broken;       // offset + 1 of a byte of DATA that was written outside of all windows
    unsigned char code[CODE_SIZE];
    unsigned char data[DATA_SIZE]; // what DATA holds before every case
    struct input in[BATCH];
    struct result out[BATCH];
};
#define SHARED_FD 3

#endif
