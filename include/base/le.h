// SPDX-License-Identifier: MIT
// Little- and big-endian loads and stores at any alignment. The host is little-endian (x86-64).
#ifndef BASE_LE_H
#define BASE_LE_H

#include "base/types.h"
#include <string.h>

#define LE_ACCESS(bits)                                                                                                          \
    static inline u##bits ld##bits(const void *p) {                                                                              \
        u##bits v;                                                                                                               \
        memcpy(&v, p, sizeof v);                                                                                                 \
        return v;                                                                                                                \
    }                                                                                                                            \
    static inline void st##bits(void *p, u##bits v) { memcpy(p, &v, sizeof v); }
LE_ACCESS(16)
LE_ACCESS(32)
LE_ACCESS(64)
#undef LE_ACCESS

static inline u16 ld16be(const void *p) { return __builtin_bswap16(ld16(p)); }
static inline u32 ld32be(const void *p) { return __builtin_bswap32(ld32(p)); }

// Little-endian access of 1, 2, 4 or 8 bytes.
static inline u64 ld_width(const void *p, unsigned width) {
    switch (width) {
    case 1: return *(const u8 *)p;
    case 2: return ld16(p);
    case 4: return ld32(p);
    default: return ld64(p);
    }
}

static inline void st_width(void *p, unsigned width, u64 v) {
    switch (width) {
    case 1: *(u8 *)p = (u8)v; break;
    case 2: st16(p, (u16)v); break;
    case 4: st32(p, (u32)v); break;
    default: st64(p, v); break;
    }
}

#endif
