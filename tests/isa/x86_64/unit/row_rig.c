// SPDX-License-Identifier: MIT
#define _GNU_SOURCE // MAP_FIXED_NOREPLACE
#include "row_rig.h"

#include "base/le.h"
#include "core/env.h"
#include "isa/x86_64/sys/cpuid.h"
#include "scripted_plat.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <cmocka.h>

typedef unsigned long long ull;

int row_rig_init(struct decode_index **decoder, struct x86_cpu **cpu) {
    static struct scripted_plat plat;
    static struct env env;
    static struct x86_model everything;
    int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE;
    if (mmap(ROW_PAGE, 2 * PAGE_SIZE, PROT_READ | PROT_WRITE, flags, -1, 0) == MAP_FAILED) return -1;
    if (mprotect(ROW_PAGE + PAGE_SIZE, PAGE_SIZE, PROT_NONE)) return -1;
    scripted_plat_init(&plat);
    env.plat = &plat.plat;
    memset(everything.has, true, sizeof everything.has);
    *decoder = decode_index_create(&env, &everything);
    if (cpu) *cpu = env_alloc(&env, sizeof **cpu);
    return 0;
}

void row_decode(const struct decode_index *decoder, const struct insn *row, const u8 *byte, unsigned n, struct decoded *d) {
    x86_decode(decoder, MODE_CODE64 | MODE_STACK64, byte, n, 0, d);
    if (d->insn == row && d->length == n) return;
    show_bytes(row, byte, n);
    fail_msg("decoded as %s, %u bytes", d->insn ? d->insn->name : "nothing", d->length);
}

bool row_is(const struct insn *row, const char *name) { return !strcmp(row->name, name); }

bool row_has(const struct insn *row, unsigned first, unsigned last) {
    for (unsigned i = 0; i < countof(row->operand); i++)
        if (row->operand[i] >= first && row->operand[i] <= last) return true;
    return false;
}

// A float's or a double's bits.
static u64 element(const u8 *from, unsigned size) { return size == 4 ? ld32(from) : ld64(from); }
static u64 quiet_bit(unsigned size) { return size == 4 ? BIT(22) : BIT(51); }
static bool is_nan(u64 v, unsigned size) {
    u64 infinity = size == 4 ? 0x7f800000 : 0x7ff0000000000000, magnitude = size == 4 ? 0x7fffffff : ~BIT(63);
    return (v & magnitude) > infinity;
}

// What a product may hand on (vol. 1, table 4-7): the first NaN of its operands, quiet; or one that was computed, the default NaN.
static bool nan_from(u64 nan, const u8 *first, const u8 *second, u8 imm, unsigned size) {
    if (nan == (size == 4 ? 0xffc00000 : 0xfff8000000000000)) return true;
    for (unsigned i = 0; i < 16 / size; i++) {
        u64 a = element(first + i * size, size), b = element(second + i * size, size), from = is_nan(a, size) ? a : b;
        if (imm >> (4 + i) & 1 && is_nan(from, size) && nan == (from | quiet_bit(size))) return true;
    }
    return false;
}

void row_allow_other_nans(const u8 *first, const u8 *second, u8 imm, unsigned size, const u8 *real, u8 *ours) {
    if (native_is_amd()) return;
    for (unsigned i = 0; i < 16; i += size)
        if (nan_from(element(real + i, size), first, second, imm, size) &&
            nan_from(element(ours + i, size), first, second, imm, size))
            memcpy(ours + i, real + i, size);
}

unsigned number_from(const char *name, unsigned otherwise) {
    const char *v = getenv(name);
    return v ? (unsigned)atoi(v) : otherwise;
}

void show_bytes(const struct insn *row, const u8 *byte, unsigned n) {
    printf("%s:", row->name);
    for (unsigned i = 0; i < n; i++) printf(" %02x", byte[i]);
    printf("\n");
}

void show_128(const u8 *before, const u8 *real, const u8 *ours) {
    printf(" %016llx.%016llx", (ull)ld64(before + 8), (ull)ld64(before));
    printf(" real %016llx.%016llx", (ull)ld64(real + 8), (ull)ld64(real));
    printf(" ours %016llx.%016llx %s\n", (ull)ld64(ours + 8), (ull)ld64(ours), memcmp(real, ours, 16) ? "differs" : "");
}

void show_general(const struct native *before, const struct native *real, const struct native *ours) {
    for (unsigned i = 0; i < 16; i++)
        if (real->gpr[i] != ours->gpr[i])
            printf("  gpr%u %016llx  real %016llx  ours %016llx\n", i, (ull)before->gpr[i], (ull)real->gpr[i], (ull)ours->gpr[i]);
}

void show_memory(const u8 *before, const u8 *real, const u8 *ours, unsigned n) {
    for (unsigned i = 0; i < n; i += 16)
        printf("  memory+%02x %016llx.%016llx%s\n", i, (ull)ld64(before + i + 8), (ull)ld64(before + i),
               memcmp(real + i, ours + i, 16) ? " differs afterwards" : "");
}
