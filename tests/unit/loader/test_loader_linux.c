// SPDX-License-Identifier: MIT
// bzImages: where everything goes (Documentation/arch/x86/boot.rst restated), and every lie a header can tell.
#include "loader_rig.h"

#include "base/le.h"
#include "loader/boot.h"

#include <stdlib.h>
#include <string.h>

static u8 kernel[BZIMAGE_SIZE], initrd[5000];

static int setup(void **state) {
    loader_rig_new(state);
    bzimage_make(kernel);
    memset(initrd, 0x77, sizeof initrd);
    w->in.kernel = (struct blob){"kernel", kernel, sizeof kernel};
    return 0;
}

static void refused(int error, const char *message) {
    expect_refusal(error, message);
    bzimage_make(kernel);
}

static void a_kernel_and_its_parameters(void **state) {
    w->in.initrd = (struct blob){"initrd", initrd, sizeof initrd};
    strcpy(w->c.append, "quiet");
    assert_int_equal(world_load(w), 0);
    const struct image *m = &w->image;
    const struct x86_start s = x86_start_of(m);
    assert_int_equal(m->kind, IMAGE_LINUX);
    assert_int_equal(s.mode, START_LONG);
    assert_int_equal(m->entry, BZIMAGE_PREFERRED + 0x200);
    assert_memory_equal(world_at(w, BZIMAGE_PREFERRED), kernel + BZIMAGE_SETUP, BZIMAGE_SIZE - BZIMAGE_SETUP);
    assert_true(world_identity(w, s.cr3, BZIMAGE_PREFERRED, 2 * MiB));
    u8 *params = world_at(w, s.rsi);
    assert_memory_equal(params + 0x202, "HdrS", 4);
    assert_int_equal(params[0x210], 0xff);
    assert_int_equal(ld64(params + 0x70), 0xe0000); // acpi_rsdp_addr
    assert_int_equal(params[0x1ef], 0);             // sentinel
    assert_int_equal(ld32(params + 0x214), BZIMAGE_PREFERRED);
    u32 at = ld32(params + 0x218);
    assert_int_equal(ld32(params + 0x21c), sizeof initrd);
    assert_int_equal(at % 4096, 0);
    assert_true(at + sizeof initrd - 1 <= 0x7fffffff && at > BZIMAGE_PREFERRED + BZIMAGE_INIT_SIZE);
    assert_memory_equal(world_at(w, at), initrd, sizeof initrd);
    assert_string_equal(linux_cmdline(), "quiet console=ttyS0");
    assert_true(scripted_logged(&w->s, "added console=ttyS0"));
    assert_int_equal(params[0x1e8], 4);
    for (unsigned i = 0; i < 4; i++) {
        assert_int_equal(ld64(params + 0x2d0 + 20 * i), w->map[i].start);
        assert_int_equal(ld64(params + 0x2d8 + 20 * i), w->map[i].size);
        assert_int_equal(ld32(params + 0x2e0 + 20 * i), w->map[i].type);
    }
}

static void nothing_overlaps(void **state) {
    w->in.initrd = (struct blob){"initrd", initrd, sizeof initrd};
    assert_int_equal(world_load(w), 0);
    assert_true(w->t.claims >= 6);
    for (unsigned i = 0; i < w->t.claims; i++)
        for (unsigned k = 0; k < i; k++) {
            const struct load_claim *a = &w->t.claim[i], *b = &w->t.claim[k];
            assert_true(a->start + a->size <= b->start || b->start + b->size <= a->start);
        }
}

static void an_older_kernel_starts_in_protected_mode(void **state) {
    st16(kernel + 0x236, 0); // no XLF_KERNEL_64
    assert_int_equal(world_load(w), 0);
    assert_int_equal(x86_start_of(&w->image).mode, START_PROTECTED);
    assert_int_equal(w->image.entry, BZIMAGE_PREFERRED);
    st16(kernel + 0x236, 1);
    st16(kernel + 0x206, 0x20b); // xloadflags is not there yet
    assert_int_equal(world_load(w), 0);
    assert_int_equal(x86_start_of(&w->image).mode, START_PROTECTED);
    assert_true(x86_start_of(&w->image).rsi != 0);
}

static void setup_sects_zero_is_four(void **state) {
    kernel[0x1f1] = 0;
    st32(kernel + 0x1f4, (BZIMAGE_SIZE - 5 * 512) / 16);
    assert_int_equal(world_load(w), 0);
    assert_memory_equal(world_at(w, BZIMAGE_PREFERRED), kernel + 5 * 512, BZIMAGE_SIZE - 5 * 512);
}

static void a_signature_behind_the_kernel_is_not_loaded(void **state) {
    st32(kernel + 0x1f4, 0x40);
    assert_int_equal(world_load(w), 0);
    assert_int_equal(*world_at(w, BZIMAGE_PREFERRED + 0x3ff), 0xc3);
    assert_int_equal(*world_at(w, BZIMAGE_PREFERRED + 0x400), 0);
}

static void a_taken_place_moves_a_relocatable_kernel(void **state) {
    w->t.claims = 0;
    w->map[2].size = BZIMAGE_PREFERRED + 0x10000 - MiB; // too little RAM at the preferred place
    assert_int_equal(world_load(w), 0);
    assert_int_equal(w->image.entry, WORLD_HIGH + 0x200);
    kernel[0x234] = 0; // not relocatable
    refused(ERR_RANGE, "kernel: 0x1000000..0x101ffff is not all RAM");
}

static void lying_headers(void **state) {
    w->in.kernel.size = 0x263;
    refused(ERR_TRUNCATED, "the size of the file is 0x263");
    w->in.kernel.size = 0x400;
    refused(ERR_TRUNCATED, "more than its setup_sects sectors");
    w->in.kernel.size = 0x1000;
    refused(ERR_TRUNCATED, "setup_sects and syssize");
    w->in.kernel.size = sizeof kernel;
    st16(kernel + 0x1fe, 0);
    refused(ERR_CORRUPT, "boot_flag");
    st16(kernel + 0x206, 0x209);
    refused(ERR_UNSUPPORTED, "protocol's version is 0x209");
    kernel[0x211] = 0;
    refused(ERR_UNSUPPORTED, "LOADED_HIGH");
    kernel[0x201] = 0xff;
    refused(ERR_CORRUPT, "setup header's end");
    kernel[0x201] = 0x10;
    refused(ERR_CORRUPT, "setup header's end");
    st32(kernel + 0x1f4, 0);
    refused(ERR_CORRUPT, "syssize is 0");
    st32(kernel + 0x1f4, 0xffffffff);
    refused(ERR_TRUNCATED, "syssize");
    st32(kernel + 0x1f4, 0x20);
    refused(ERR_CORRUPT, "where the 64-bit entry is");
    kernel[0x1f1] = 0xff;
    refused(ERR_TRUNCATED, "setup_sects");
    st32(kernel + 0x230, 0x300000);
    refused(ERR_CORRUPT, "kernel_alignment is 0x300000");
    st32(kernel + 0x230, 0);
    refused(ERR_CORRUPT, "kernel_alignment is 0");
    st32(kernel + 0x230, 0x800);
    refused(ERR_CORRUPT, "kernel_alignment is 0x800; right is a power of two from 0x1000 on");
    st32(kernel + 0x260, 0x100);
    refused(ERR_CORRUPT, "init_size is 0x100");
    st32(kernel + 0x260, 0xffffffff);
    refused(ERR_NO_MEMORY, "kernel: no room for 4096 MiB");
    st64(kernel + 0x258, 0xfffffffffffff000);
    refused(ERR_NO_MEMORY, "kernel: no room for ");
    kernel[0x234] = 0, st64(kernel + 0x258, 0xffffffffffff0000);
    refused(ERR_INVALID, "past the end of the address space");
    st32(kernel + 0x238, 10);
    refused(ERR_RANGE, "this kernel takes 10");
    assert_int_equal(world_load(w), 0); // and the honest one still loads
}

static void an_initrd_that_does_not_fit(void **state) {
    w->in.initrd = (struct blob){"initrd", initrd, sizeof initrd};
    st32(kernel + 0x22c, 0x100fff); // initrd_addr_max: one page above 1 MiB
    refused(ERR_NO_MEMORY, "initrd: no room for 5000 bytes");
    w->in.initrd.size = 0;
    refused(ERR_TRUNCATED, "the initrd is empty");
}

// One line when nothing of the guest will be seen, and none otherwise.
static void a_silent_command_line_is_hinted_at(void **state) {
    static const struct {
        const char *append;
        bool add, hvc;
        const char *hint;
    } cases[] = {{"quiet", false, false, "command line: it has no console=: the guest will be silent without console=ttyS0"},
                 {"", false, false, "command line: it has no console="},
                 {"console=tty0 quiet", true, false,
                  "no console is behind \"console=tty0\": the guest will be silent without console=ttyS0"},
                 {"console=hvc0", true, false, "no console is behind \"console=hvc0\""},
                 {"console=hvc0", true, true, NULL},
                 {"quiet", true, false, NULL},
                 {"console=tty0 console=ttyS0,115200", true, false, NULL},
                 {"console=ttyS0", false, false, NULL}};
    for (unsigned i = 0; i < countof(cases); i++) {
        strcpy(w->c.append, cases[i].append);
        w->c.console_serial = cases[i].add, w->c.virtio_console = cases[i].hvc;
        w->s.log_len = 0;
        assert_int_equal(world_load(w), 0);
        if (cases[i].hint) assert_true(scripted_logged(&w->s, cases[i].hint));
        else assert_false(scripted_logged(&w->s, "will be silent"));
    }
}

// What the refusal of a kernel says would do counts its initrd, too.
static void the_ram_that_would_do(void **state) {
    static u8 large[9 * MiB];
    w->in.initrd = (struct blob){"initrd", large, sizeof large};
    w->map[3].type = E820_RESERVED;
    w->map[2].size = BZIMAGE_PREFERRED - MiB;
    refused(ERR_NO_MEMORY, "; memory = ");
    u64 would_do = strtoull(strstr(w->s.log, "memory = ") + 9, NULL, 10) * MiB;
    w->map[2].size = would_do - MiB;
    assert_int_equal(world_load(w), 0);
    assert_true(would_do <= BZIMAGE_PREFERRED + 32 * MiB);
}

static void a_command_line_too_long(void **state) {
    memset(w->c.append, 'x', CONFIG_TEXT - 1);
    w->c.console_serial = false;
    assert_int_equal(world_load(w), 0); // 2047 is what this kernel takes
    w->c.console_serial = true;
    refused(ERR_RANGE, "the command line has 2061 bytes");
}

static void too_many_ranges_for_boot_params(void **state) {
    many_ranges(129);
    refused(ERR_RANGE, "boot_params holds 128");
    many_ranges(128);
    assert_int_equal(world_load(w), 0);
    assert_int_equal(world_at(w, x86_start_of(&w->image).rsi)[0x1e8], 128);
}

static void ram_that_is_asked_for(void **state) {
    assert_int_equal(world_top(w), BZIMAGE_PREFERRED + BZIMAGE_INIT_SIZE);
    w->in.initrd = (struct blob){"initrd", initrd, sizeof initrd};
    assert_true(world_top(w) >= BZIMAGE_PREFERRED + BZIMAGE_INIT_SIZE + sizeof initrd);
    st64(kernel + 0x258, ~(u64)0xffff);
    assert_int_equal(world_top(w), 0); // past the end of the address space
    w->in.kernel.size = 0x263;
    assert_int_equal(world_top(w), 0);
    assert_int_equal(w->s.log_len, 0);
}

static void console_is_added_where_it_belongs(void **state) {
    static const struct {
        const char *before, *after;
    } lines[] = {
        {"", "console=ttyS0"},
        {"quiet", "quiet console=ttyS0"},
        {"quiet \t", "quiet console=ttyS0 \t"},
        {" ", "console=ttyS0 "},
        {"a\tconsole=tty1", "a\tconsole=tty1"},
        {"vga=788 --- quiet", "vga=788 console=ttyS0 --- quiet"},
        {"--- quiet", "console=ttyS0 --- quiet"},
        {"a -- b", "a console=ttyS0 -- b"},
        {"a --- b --- c", "a console=ttyS0 --- b --- c"},
        {"a ----", "a ---- console=ttyS0"},
        {"a -", "a - console=ttyS0"},
        {"console=tty0 quiet", "console=tty0 quiet"},
        {"quiet --- console=ttyS1", "quiet --- console=ttyS1"},
        {"netconsole=x", "netconsole=x console=ttyS0"},
        {"consoleblank=0", "consoleblank=0 console=ttyS0"},
        {"x=\"a --- b\" c", "x=\"a --- b\" c console=ttyS0"},
        {"x=\"a console=ttyS0\"", "x=\"a console=ttyS0\" console=ttyS0"},
    };
    for (unsigned i = 0; i < countof(lines); i++) {
        struct boot b = {0};
        assert_int_equal(boot_set_cmdline(&b, &w->s.plat, lines[i].before, strlen(lines[i].before)), 0);
        assert_int_equal(boot_add_console(&b, &w->s.plat), 0);
        assert_string_equal(b.cmdline, lines[i].after);
    }
    struct boot b = {0};
    memset(b.cmdline, 'x', BOOT_CMDLINE - 1);
    assert_int_equal(boot_add_console(&b, &w->s.plat), ERR_RANGE);
    assert_int_equal(boot_set_cmdline(&b, &w->s.plat, b.cmdline, BOOT_CMDLINE), ERR_RANGE);
}

int main(void) {
    const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, setup, loader_rig_free)
        T(a_kernel_and_its_parameters),
        T(nothing_overlaps),
        T(an_older_kernel_starts_in_protected_mode),
        T(setup_sects_zero_is_four),
        T(a_signature_behind_the_kernel_is_not_loaded),
        T(a_taken_place_moves_a_relocatable_kernel),
        T(lying_headers),
        T(an_initrd_that_does_not_fit),
        T(the_ram_that_would_do),
        T(a_silent_command_line_is_hinted_at),
        T(a_command_line_too_long),
        T(too_many_ranges_for_boot_params),
        T(ram_that_is_asked_for),
        T(console_is_added_where_it_belongs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
