// SPDX-License-Identifier: MIT
// Marks: instructions by which a guest says where a measured region begins and ends. They do nothing on silicon and in other emulators, need
// no privilege and leave flags and registers alone (include/guest/softmetal-region.h is the guest's side, and says the same once more):
//
//   x86      0F 1F /0 with a displacement of 32 bits, NOP [reg + disp32]    "SMR" and the verb: 53 4D 52 vv
//            64 67 90 behind BB imm32, as Intel's SDE has it ("SSC mark")   begins: 111h, 111; ends: 222h, 222
//   RISC-V   SLTI x0, reg, imm: a HINT designated for custom use            5A0h + verb
//   Arm64    UBFM XZR, reg, #22, #33..: writes nothing                      immr:imms = 5A0h + verb
//
// `reg` is what MARK_VALUE tells. The name of a region lies in front of its MARK_BEGIN, in the code, so no page has to be asked for that
// may not be there, and no register is needed:
//
//   name bytes | (padding) | u16 bytes from the name to the mark | u16 length of the name | the mark
//
// A mark is the last of its block and leaves for the loop, whether or not anybody measures: so measuring changes nothing.
#ifndef CPU_MARK_H
#define CPU_MARK_H

#include "base/types.h"

enum mark { MARK_NONE, MARK_BEGIN, MARK_END, MARK_VALUE, MARK_SSC };

#define MARK_NAME 48       // longest name, with a NUL; longer ones are cut
#define MARK_NAME_BEFORE 4 // the two numbers in front of a MARK_BEGIN
#define MARK_NAME_FAR 256  // a name is no further away

// The verb in an immediate of 12 bits (RISC-V, Arm64).
#define MARK_IMM 0x5a0
static inline enum mark mark_of_imm(u32 imm) {
    u32 verb = imm - MARK_IMM;
    return verb >= MARK_BEGIN && verb <= MARK_VALUE ? (enum mark)verb : MARK_NONE;
}

#endif
