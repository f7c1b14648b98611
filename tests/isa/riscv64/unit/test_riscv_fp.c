// SPDX-License-Identifier: MIT
// What user mode does not show of RISC-V's floating point: mstatus.FS (privileged specification, 3.1.6.6). And the rounding modes that
// are none. (Results and flags: tests/isa/riscv64.)
#include "base/le.h"
#include "riscv_rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { OFF, INITIAL, CLEAN, DIRTY };
enum { RNE, RTZ, RDN, RUP, RMM, DYN = 7 };
enum : u64 { ONE = 0x3ff0000000000000, THREE = 0x4008000000000000, NAN = 0x7ff8000000000000 };
enum { NX = 1, NV = 16 };
enum { CSR_MSTATUS = 0x300, CSR_MTVAL = 0x343 };

#define OP_FP(f7, rs2, rs1, rm, rd)                                                                                              \
    ((u32)(f7) << 25 | (u32)(rs2) << 20 | (u32)(rs1) << 15 | (u32)(rm) << 12 | (u32)(rd) << 7 | 0x53)
#define FADD_D(rm) OP_FP(0x01, 2, 1, rm, 3)
#define FDIV_D OP_FP(0x0d, 2, 1, DYN, 3)
#define FCVT_D_W(rm) OP_FP(0x69, 0, 10, rm, 3)
#define FLT_D OP_FP(0x51, 2, 1, 1, 10)
#define FMV_D_X OP_FP(0x79, 0, 10, 0, 3)
#define FMV_X_D OP_FP(0x71, 0, 1, 0, 10)
#define FCLASS_D OP_FP(0x71, 0, 1, 1, 10)
#define FSGNJ_D OP_FP(0x11, 2, 1, 0, 3)
#define FCVT_W_D OP_FP(0x61, 0, 1, RTZ, 10)
#define FLD (11u << 15 | 3 << 12 | 3 << 7 | 0x07)  // f3, 0(x11)
#define FSD (3u << 20 | 11 << 15 | 3 << 12 | 0x27) // f3, 0(x11)
#define FRCSR (0x003u << 20 | 2 << 12 | 10 << 7 | 0x73)
#define FSRM (0x002u << 20 | 10 << 15 | 1 << 12 | 0 << 7 | 0x73)

static void set(struct riscv_rig *r, unsigned fs) {
    struct rv_state *s = &r->c->s;
    s->mstatus = (s->mstatus & ~MSTATUS_FS) | (u64)fs << MSTATUS_FS_SHIFT;
    s->fcsr = 0;
    s->f[1] = ONE, s->f[2] = THREE, s->f[3] = 0;
    s->x[10] = 2, s->x[11] = RIG_RAM + RIG_DATA;
}
static unsigned fs_of(const struct riscv_rig *r) { return (r->c->s.mstatus & MSTATUS_FS) >> MSTATUS_FS_SHIFT; }

// Every row, and the CSRs.
static void fs_off_makes_all_illegal(void **state) {
    static const struct rv_table *const tables[] = {&rv_table_fp_arith, &rv_table_fp_move, &rv_table_fp_compare,
                                                    &rv_table_fp_convert};
    struct riscv_rig r;
    riscv_rig_open(&r, "");
    u32 words[256] = {FRCSR, FSRM};
    unsigned n = 2;
    for (unsigned t = 0; t < countof(tables); t++)
        for (unsigned i = 0; i < tables[t]->count; i++) {
            struct rv_pattern p;
            assert_true(rv_pattern_parse(tables[t]->rows[i].bits, &p) && n < countof(words));
            words[n++] = p.match;
        }
    assert_int_equal(n, 2 + 74);
    for (unsigned i = 0; i < n; i++)
        for (unsigned priv = RV_U; priv <= RV_M; priv += priv == RV_S ? 2 : 1) {
            set(&r, OFF);
            assert_int_equal(riscv_rig_run(&r, priv, 1, &words[i], 1), RV_ILLEGAL_INSTRUCTION);
            assert_int_equal(riscv_rig_csr(&r, CSR_MTVAL), words[i]);
            assert_int_equal(fs_of(&r), OFF);
            assert_int_equal(r.c->s.f[0], 0);
            assert_int_equal(r.c->s.x[10], 2);
            set(&r, CLEAN); // the same word, decoded anew
            assert_int_not_equal(riscv_rig_run(&r, priv, 1, &words[i], 1), RV_ILLEGAL_INSTRUCTION);
            r.c->s.f[0] = 0;
        }
    riscv_rig_close(&r);
}

// Dirty: whatever wrote an f register or raised a flag. What did neither leaves FS as it was.
static void fs_tells_of_writes(void **state) {
    static const struct {
        u32 word;
        unsigned flags; // that it raises
        bool writes;    // an f register or fcsr
    } rows[] = {
        {FADD_D(DYN), 0, true}, {FDIV_D, NX, true}, {FCVT_D_W(RNE), 0, true}, {FMV_D_X, 0, true},  {FSGNJ_D, 0, true},
        {FLD, 0, true},         {FSRM, 0, true},    {FLT_D, 0, false},        {FMV_X_D, 0, false}, {FCLASS_D, 0, false},
        {FCVT_W_D, 0, false},   {FSD, 0, false},    {FRCSR, 0, false},
    };
    struct riscv_rig r;
    riscv_rig_open(&r, "");
    for (unsigned i = 0; i < countof(rows); i++)
        for (unsigned fs = INITIAL; fs <= CLEAN; fs++) {
            set(&r, fs);
            assert_int_equal(riscv_rig_run(&r, RV_U, 1, &rows[i].word, 1), -1);
            assert_int_equal(fs_of(&r), rows[i].writes ? DIRTY : fs);
            assert_int_equal(riscv_rig_csr(&r, CSR_MSTATUS) >> 63, rows[i].writes);
            assert_int_equal(r.c->s.fcsr & 31, rows[i].flags);
        }
    riscv_rig_close(&r);
}

static void flags_make_dirty(void **state) {
    struct riscv_rig r;
    riscv_rig_open(&r, "");
    set(&r, CLEAN);
    r.c->s.f[1] = NAN;
    assert_int_equal(RIG_RUN(&r, RV_U, 1, FLT_D), -1);
    assert_int_equal(r.c->s.fcsr, NV);
    assert_int_equal(fs_of(&r), DIRTY);
    set(&r, CLEAN);
    r.c->s.f[1] = ONE + 1;
    assert_int_equal(RIG_RUN(&r, RV_U, 1, FCVT_W_D), -1);
    assert_int_equal(r.c->s.x[10], 1);
    assert_int_equal(r.c->s.fcsr, NX);
    assert_int_equal(fs_of(&r), DIRTY);
    riscv_rig_close(&r);
}

// 5 and 6 as the instruction says, 5 to 7 where it says DYN: illegal, also where nothing would be rounded; nothing else happens.
static void no_such_rounding_mode(void **state) {
    struct riscv_rig r;
    riscv_rig_open(&r, "");
    for (unsigned rm = 0; rm < 8; rm++)
        for (unsigned frm = 0; frm < 8; frm++)
            for (unsigned k = 0; k < 2; k++) {
                bool legal = rm <= RMM || (rm == DYN && frm <= RMM);
                u32 word = k ? FCVT_D_W(rm) : FADD_D(rm);
                set(&r, CLEAN);
                r.c->s.fcsr = frm << 5 | NX;
                assert_int_equal(riscv_rig_run(&r, RV_U, 1, &word, 1), legal ? -1 : RV_ILLEGAL_INSTRUCTION);
                assert_int_equal(fs_of(&r), legal ? DIRTY : CLEAN);
                assert_int_equal(r.c->s.f[3], !legal ? 0 : k ? 0x4000000000000000 : 0x4010000000000000);
                if (!legal) assert_int_equal(riscv_rig_csr(&r, CSR_MTVAL), word);
            }
    riscv_rig_close(&r);
}

// A load that faults has written nothing.
static void a_faulting_load_changes_nothing(void **state) {
    struct riscv_rig r;
    riscv_rig_open(&r, "");
    set(&r, CLEAN);
    r.c->s.x[11] = RIG_RAM + RIG_RAM_SIZE - 4;
    st32(r.ram + RIG_RAM_SIZE - 4, 1);
    assert_int_equal(RIG_RUN(&r, RV_U, 1, FLD), 5); // load access fault
    assert_int_equal(r.c->s.f[3], 0);
    assert_int_equal(fs_of(&r), CLEAN);
    riscv_rig_close(&r);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fs_off_makes_all_illegal),
        cmocka_unit_test(fs_tells_of_writes),
        cmocka_unit_test(flags_make_dirty),
        cmocka_unit_test(no_such_rounding_mode),
        cmocka_unit_test(a_faulting_load_changes_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
