// SPDX-License-Identifier: MIT
#include "beyond_vex.h"

#include <stddef.h>

const char *beyond_vex(unsigned map, unsigned opcode, bool l, bool w) {
    if (map == 1 && opcode >= 0x41 && opcode <= 0x4b) return "opmask registers";
    if (map == 1 && opcode >= 0x90 && opcode <= 0x99) return "opmask registers";
    if (map == 3 && opcode >= 0x30 && opcode <= 0x33) return "opmask registers";
    if (opcode == 0xcf || (map == 3 && opcode == 0xce)) return "GFNI";
    if (map == 2 && opcode >= 0xdc && opcode <= 0xdf && l) return "VAES";
    if (map == 3 && opcode == 0x44 && l) return "VPCLMULQDQ";
    if (map == 2 && opcode >= 0x50 && opcode <= 0x53) return "AVX-VNNI";
    if (map == 2 && (opcode == 0xb0 || opcode == 0xb1 || opcode == 0x72)) return "AVX-NE-CONVERT";
    if (map == 2 && (opcode == 0xb4 || opcode == 0xb5)) return "AVX-IFMA";
    if (map == 2 && (opcode == 0xd2 || opcode == 0xd3)) return "AVX-VNNI-INT16";
    if (map == 2 && (opcode == 0xda || opcode == 0xcb || opcode == 0xcc || opcode == 0xcd)) return "SHA512, SM3, SM4";
    if (map == 2 && opcode >= 0xe0 && opcode <= 0xef) return "CMPCCXADD";
    if (map == 2 && (opcode == 0x49 || opcode == 0x4b || opcode == 0x5c || opcode == 0x5e)) return "AMX";
    if (map == 3 && opcode == 0xde) return "SM3";
    if (map == 3 && opcode <= 1 && l && !w) return "VPERMQ, VPERMPD: AMD's ignore VEX.W";
    return NULL;
}
