// SPDX-License-Identifier: MIT
// Fetches where PMP changes within a page: each half of an instruction must be allowed, whenever it runs.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/le.h"
#include "riscv_rig.h"

#include <string.h>

enum { ADDI = 0x00150513, NOP16 = 0x0001, NA4_RW = 0x13 };

// addi a0, a0, 1 at RIG_CODE + 2, behind a 16-bit nop; entry 0 takes the right to execute from the word at RIG_CODE + `word`.
static i64 run(struct riscv_rig *r, unsigned word, unsigned n) {
    struct rv_state *s = &r->c->s;
    st16(r->ram + RIG_CODE, NOP16);
    st32(r->ram + RIG_CODE + 2, ADDI);
    st16(r->ram + RIG_CODE + 6, NOP16);
    s->pmp.cfg[1] = s->pmp.cfg[0] & 0x1f ? 0x1f : 0;
    s->pmp.addr[1] = ~(u64)0 >> 10;
    s->pmp.cfg[0] = NA4_RW;
    s->pmp.addr[0] = (RIG_RAM + RIG_CODE + word) >> 2;
    r->c->pmp_fine = rv_pmp_fine(&s->pmp);
    tlb_flush_all(&r->c->v);
    s->pc = RIG_RAM + RIG_CODE;
    s->priv = RV_U;
    s->mcause = ~(u64)0;
    rv_mode_changed(r->c);
    rv_run(r->c, n);
    return (i64)s->mcause;
}

static void each_half_is_asked_about(void **state) {
    struct riscv_rig r;
    riscv_rig_open(&r, "max");
    assert_int_equal(run(&r, 0x40, 3), -1); // elsewhere: all of it runs
    assert_int_equal(r.c->s.x[10], 1);
    // The second half, of an instruction whose block is there already.
    assert_int_equal(run(&r, 4, 2), RV_FETCH_ACCESS);
    assert_int_equal(r.c->s.mtval, RIG_RAM + RIG_CODE + 4);
    assert_int_equal(r.c->s.mepc, RIG_RAM + RIG_CODE + 2);
    assert_int_equal(r.c->s.x[10], 1);
    riscv_rig_close(&r);
}

static void the_first_half_too(void **state) {
    struct riscv_rig r;
    riscv_rig_open(&r, "max");
    assert_int_equal(run(&r, 0, 1), RV_FETCH_ACCESS);
    assert_int_equal(r.c->s.mtval, RIG_RAM + RIG_CODE);
    riscv_rig_close(&r);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(each_half_is_asked_about), cmocka_unit_test(the_first_half_too)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
