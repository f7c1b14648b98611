// SPDX-License-Identifier: MIT
// What qemu-aarch64 cannot be asked.
#include "rig.h"

#include <string.h>

static bool is(const struct arm64_insn *row, const char *name) { return !strcmp(row->name, name); }
static bool starts(const struct arm64_insn *row, const char *start) { return !strncmp(row->name, start, strlen(start)); }

#define FIELD(name) (e->d.field.f[AF_##name])

// Base, data and status registers that the manual leaves open what happens to (CONSTRAINED UNPREDICTABLE).
static bool unpredictable(const struct encoding *e) {
    const struct arm64_insn *row = e->row;
    bool load = !(row->flags & ARM64_T_READ), vector = row->flags & ARM64_FP;
    bool moves_base = strstr(row->operands, "]!") || strstr(row->operands, "], s");
    bool pair = strstr(row->operands, "t2");
    if (moves_base && !vector && FIELD(Rn) != 31 && (FIELD(Rt) == FIELD(Rn) || (pair && FIELD(Rt2) == FIELD(Rn)))) return true;
    if (pair && load && FIELD(Rt) == FIELD(Rt2)) return true;
    if (row->flags & ARM64_S_WRITTEN)
        return FIELD(Rs) == FIELD(Rt) || (pair && FIELD(Rs) == FIELD(Rt2)) || (FIELD(Rs) == FIELD(Rn) && FIELD(Rn) != 31);
    return false;
}

static bool is_known(unsigned reg) { return reg == known_sysregs[0] || reg == known_sysregs[1] || reg == known_sysregs[2]; }

// Where there is no such instruction, and QEMU 7.2 does otherwise than raise.
static const char *undefined_exempt(u32 word) {
    if ((word & 0x8f7e0c00) == 0x0e780800) return "QEMU 7.2 aborts: two-register miscellaneous of half precision";
    if ((word & 0xbff8fc00) == 0x2f00fc00) return "QEMU 7.2 does not look at o2: FMOV (immediate) of D";
    if ((word & 0xaf7fcc00) == 0x0e70c800) return "QEMU 7.2 does not look at sz: pairs and reductions of half precision";
    return NULL;
}

const char *exempt(const struct encoding *e) {
    const struct arm64_insn *row = e->row;
    if (!row) return undefined_exempt(e->d.word);
    if (is(row, "svc")) return "a system call of QEMU's host";
    if (is(row, "wfi") || is(row, "wfe")) return "QEMU's user mode does not wait";
    if (row->flags & ARM64_SYS && !is_known(0x8000 | FIELD(sysreg)))
        return "QEMU's user mode has the registers of its host's kernel";
    if (is(row, "dc") && FIELD(Rt) == 31) return "QEMU tells another PC of a fault";
    if (is(row, "dc") && strncmp(row->operands, "zva", 3) && !strstr(row->bits, "01 000")) return "QEMU does not translate";
    if (is(row, "ic") && !strstr(row->bits, "01 000")) return "QEMU does not translate";
    if (has_memory(row) && unpredictable(e)) return "CONSTRAINED UNPREDICTABLE";
    if (row->feature == FEAT_PAUTH && !starts(row, "xpac")) return "QEMU's user mode has keys of its own";
    if (starts(row, "casp") && FIELD(Rs) == 30) return "QEMU 7.2 writes SP in place of ZR";
    if (is(row, "fcvtzs") && !strcmp(row->operands, "Hd, Hn, lsr16")) return "QEMU 7.2 extends a negative result beyond Hd";
    return NULL;
}

bool qemu_errs(const struct arm64_insn *row) { return exempt_fpcr(row); }

void correct(struct result *native, const struct encoding *e, const struct input *in) {}

bool qemu_tells(u64 address) { return !(address >> 47); }

// QEMU 7.2 sets Z for a flushed operand, which FPToFixedJS has not for the number that it was.
u64 exempt_fpcr(const struct arm64_insn *row) { return is(row, "fjcvtzs") ? FPCR_FZ : 0; }
