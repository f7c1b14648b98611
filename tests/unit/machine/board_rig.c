// SPDX-License-Identifier: MIT
#include "board_rig.h"

#include <string.h>

struct board_rig *b;

int board_new(enum config_arch arch) {
    static struct board_rig rig;
    b = &rig;
    memset(b, 0, sizeof *b);
    scripted_plat_init(&b->s);
    config_defaults(&b->c);
    b->c.arch = arch;
    b->c.has_load_address = true;
    b->c.max_instructions = 1000000;
    b->ram = b->s.plat.alloc(&b->s.plat, BOARD_RAM, 2 * MiB);
    return 0;
}

int board_free(void **state) {
    b->s.plat.free(&b->s.plat, b->ram, BOARD_RAM);
    return 0;
}

struct emu_machine *board_create(void) {
    struct emu_machine *m = NULL;
    memset(b->ram, 0, BOARD_RAM);
    assert_int_equal(emu_create(&m, &b->c, &b->in, &b->s.plat, b->ram, BOARD_RAM), 0);
    return m;
}

struct emu_result board_run(struct blob image, gpa_t at) {
    struct emu_result r;
    b->in.kernel = image;
    b->c.load_address = at;
    assert_int_equal(emu_check(&b->c, &b->in, &b->s.plat, BOARD_RAM), 0);
    struct emu_machine *m = board_create();
    emu_run(m, &r);
    emu_destroy(m);
    return r;
}

void board_refuses(int err, const char *text, u64 ram) {
    struct emu_machine *m = NULL;
    b->s.log_len = 0, b->s.log[0] = 0;
    assert_int_equal(emu_check(&b->c, &b->in, &b->s.plat, ram), err);
    assert_true(scripted_logged(&b->s, text));
    b->s.log_len = 0, b->s.log[0] = 0;
    memset(b->ram, 0, BOARD_RAM);
    assert_int_equal(emu_create(&m, &b->c, &b->in, &b->s.plat, b->ram, ram), err);
    assert_true(scripted_logged(&b->s, text));
}

void board_restarts_with_the_clock(struct blob battery, gpa_t at) {
    b->c.on_reset = RESET_RESTART;
    b->c.max_instructions = 1000;
    assert_int_equal(board_run(battery, at).reason, EMU_POWEROFF);
    assert_true(scripted_logged(&b->s, "it starts anew"));
    b->c.on_reset = RESET_END;
    assert_int_equal(board_run(battery, at).reason, EMU_RESET);
}
