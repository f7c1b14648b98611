// SPDX-License-Identifier: MIT
// Kernels and modules that gzip packed: unpacked, or refused for what is wrong with them (RFC 1952). zlib's own deflate packs them.
#include "loader_rig.h"

#include "base/le.h"
#include "loader/gunzip.h"

#include <stdlib.h>
#include <string.h>

static u8 kernel[ELF_FILE_SIZE], packed[1 << 20];
static u64 packed_size;

// A Multiboot kernel that is packed, the guest.
static int setup(void **state) {
    loader_rig_new(state);
    elf_make(kernel, false, 0x200000, 0);
    st32(kernel + 0x180, 0x1badb002), st32(kernel + 0x188, -0x1badb002u);
    packed_size = gzip_make(packed, sizeof packed, kernel, sizeof kernel);
    w->in.kernel = (struct blob){"kernel.gz", packed, packed_size};
    return 0;
}

static void packed_kernels(void **state) {
    assert_int_equal(world_top(w), 0); // nothing is unpacked to find that out
    assert_int_equal(world_load(w), 0);
    assert_true(scripted_logged(&w->s, "kernel.gz: unpacked, 1024 bytes"));
    assert_int_equal(w->image.kind, IMAGE_MULTIBOOT);
    assert_memory_equal(world_at(w, 0x200000), kernel + ELF_CODE, 0x100);
    elf_make(kernel, true, 0x200000, 0);
    w->in.kernel.size = gzip_make(packed, sizeof packed, kernel, sizeof kernel);
    assert_int_equal(world_load(w), 0);
    assert_int_equal(w->image.kind, IMAGE_ELF64);
    static u8 bzimage[BZIMAGE_SIZE];
    bzimage_make(bzimage);
    w->in.kernel.size = gzip_make(packed, sizeof packed, bzimage, sizeof bzimage);
    assert_int_equal(world_load(w), 0);
    assert_string_equal(linux_cmdline(), "console=ttyS0");
}

// A raw image is its bytes.
static void raw_images_are_left_alone(void **state) {
    w->c.has_load_address = true, w->c.load_address = 0x300000;
    assert_int_equal(world_load(w), 0);
    assert_int_equal(w->image.kind, IMAGE_RAW);
    assert_memory_equal(world_at(w, 0x300000), packed, packed_size);
}

static void packed_modules(void **state) {
    static u8 bytes[100000], module[100000];
    for (unsigned i = 0; i < sizeof bytes; i++) bytes[i] = (u8)(i * i >> 7);
    u64 n = gzip_make(module, sizeof module, bytes, sizeof bytes);
    struct iso_file files[] = {
        {"/boot/grub/grub.cfg", "menuentry a {\n multiboot /k\n module /m one\n module --nounzip /m two\n}\n", 0},
        {"/k", packed, packed_size},
        {"/m", module, n}};
    give_iso(files, countof(files), 0);
    assert_int_equal(world_load(w), 0);
    u8 *m = world_at(w, ld32(world_at(w, x86_start_of(&w->image).rbx) + 24));
    assert_int_equal(ld32(m + 4) - ld32(m), sizeof bytes);
    assert_memory_equal(world_at(w, ld32(m)), bytes, sizeof bytes);
    assert_int_equal(ld32(m + 16 + 4) - ld32(m + 16), n);
    assert_memory_equal(world_at(w, ld32(m + 16)), module, n);
    // A Linux kernel unpacks its initrd itself.
    static u8 bzimage[BZIMAGE_SIZE];
    bzimage_make(bzimage);
    w->in = (struct emu_inputs){.kernel = {"k", bzimage, sizeof bzimage}, .initrd = {"m", module, n}};
    assert_int_equal(world_load(w), 0);
    u8 *params = world_at(w, x86_start_of(&w->image).rsi);
    assert_int_equal(ld32(params + 0x21c), n);
    assert_memory_equal(world_at(w, ld32(params + 0x218)), module, n);
}

static void members_are_one_file(void **state) {
    packed_size = gzip_make(packed, sizeof packed, kernel, 300);
    packed_size += gzip_make(packed + packed_size, sizeof packed - packed_size, "", 0);
    packed_size += gzip_make(packed + packed_size, sizeof packed - packed_size, kernel + 300, sizeof kernel - 300);
    memset(packed + packed_size, 0, 512); // a file padded to a sector
    w->in.kernel.size = packed_size + 512;
    assert_int_equal(world_load(w), 0);
    assert_true(scripted_logged(&w->s, "kernel.gz: unpacked, 1024 bytes"));
}

static void damaged_files(void **state) {
    for (u64 n = 3; n < packed_size; n++) {
        w->in.kernel.size = n;
        expect_refusal(ERR_TRUNCATED, "the file ends before its data does: it is truncated");
    }
    w->in.kernel.size = packed_size;
    packed[packed_size - 8] ^= 1;
    expect_refusal(ERR_CORRUPT, "kernel.gz: gzip: at byte");
    assert_true(scripted_logged(&w->s, "incorrect data check"));
    packed[packed_size - 8] ^= 1;
    packed[packed_size - 1] ^= 1;
    expect_refusal(ERR_CORRUPT, "incorrect length check");
    packed[packed_size - 1] ^= 1;
    packed[3] |= 0x80;
    expect_refusal(ERR_CORRUPT, "unknown header flags set");
    packed[3] = 0;
    packed[10] |= 6;
    expect_refusal(ERR_CORRUPT, "invalid block type");
    w->in.kernel.size = gzip_make(packed, sizeof packed, "", 0);
    expect_refusal(ERR_TRUNCATED, "nothing is in it");
    w->in.kernel.size = gzip_make(packed, sizeof packed, packed, 3);
    expect_refusal(ERR_INVALID, "neither ISO 9660, bzImage, ELF nor Multiboot, but gzip-compressed"); // twice
}

// More comes out than the guest has RAM: as much is unpacked, and none of it kept.
static void files_that_unpack_without_end(void **state) {
    u8 *zeros = calloc(1, MiB);
    u64 n = 0, one = gzip_make(packed, sizeof packed, zeros, MiB);
    for (; n + 2 * one < sizeof packed; n += one) memcpy(packed + n + one, packed, one);
    free(zeros);
    w->in.kernel.size = n;
    w->t.e820s = 3;
    expect_refusal(ERR_RANGE, "kernel.gz: gzip: more than 67108864 bytes come out of its ");
}

static void *nothing(struct plat *p, size_t bytes, size_t align) { return NULL; }

static unsigned left;
static void *(*alloc)(struct plat *p, size_t bytes, size_t align);
static void *some(struct plat *p, size_t bytes, size_t align) { return left-- ? alloc(p, bytes, align) : (left = 0, NULL); }

static void no_memory(void **state) {
    w->s.plat.alloc = nothing;
    expect_refusal(ERR_NO_MEMORY, "kernel.gz: gzip: at byte 0 of");
}

static void little_memory(void **state) {
    alloc = w->s.plat.alloc;
    w->s.plat.alloc = some;
    int e = ERR_NO_MEMORY;
    for (unsigned i = 0; e; i++) {
        left = i;
        w->s.log_len = 0;
        e = world_load(w);
        assert_true(!e || (e == ERR_NO_MEMORY && scripted_logged(&w->s, "no memory is left to unpack it")));
        assert_true(i < 20);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, setup, loader_rig_free)
        T(packed_kernels), T(raw_images_are_left_alone),     T(packed_modules), T(members_are_one_file),
        T(damaged_files),  T(files_that_unpack_without_end), T(no_memory),      T(little_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
