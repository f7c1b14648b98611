// SPDX-License-Identifier: MIT
// Which architecture a run is for: what the image says, what `arch =` says, and what happens when they do not agree.
#include "images_riscv64.h"
#include "loader_rig.h"

#include "base/le.h"
#include "machine/arch.h"

#include <string.h>
#include <zlib.h>

static u8 bzimage[BZIMAGE_SIZE], riscv[IMAGE_FILE_SIZE], arm[IMAGE_FILE_SIZE], elf[ELF_FILE_SIZE], packed[0x4000];

static int setup(void **state) {
    loader_rig_new(state);
    bzimage_make(bzimage);
    image_make(riscv);
    image_make(arm);
    memcpy(arm + 56, "ARM\x64", 4);
    return 0;
}

static void is_for(enum config_arch want) {
    enum config_arch got = ARCH_NONE;
    w->s.log_len = 0;
    int e = machine_arch(&w->c, &w->in, &w->s.plat, true, &got);
    if (e || got != want || w->s.log_len)
        fail_msg("not %d but %d, %d: %.*s", (int)want, e, (int)got, (int)w->s.log_len, w->s.log);
}

static void contradicts(const char *message) {
    enum config_arch got = ARCH_NONE;
    w->s.log_len = 0;
    assert_int_equal(machine_arch(&w->c, &w->in, &w->s.plat, true, &got), ERR_INVALID);
    assert_int_equal(got, ARCH_NONE);
    if (!scripted_logged(&w->s, message)) fail_msg("not \"%s\" but %.*s", message, (int)w->s.log_len, w->s.log);
}

static void give(const char *name, u8 *bytes, u64 size) { w->in.kernel = (struct blob){name, bytes, size}; }

static void kernels(void **state) {
    give("k", bzimage, sizeof bzimage);
    is_for(ARCH_X86_64);
    give("k", riscv, sizeof riscv);
    is_for(ARCH_RISCV64);
    give("k", arm, sizeof arm);
    is_for(ARCH_ARM64);
    give("k", riscv, 59); // not all of the magic
    is_for(ARCH_X86_64);
    give("k", riscv, 0);
    is_for(ARCH_X86_64);
}

static void elf_files(void **state) {
    static const struct {
        unsigned machine;
        bool is64;
        enum config_arch arch;
    } cases[] = {{62, true, ARCH_X86_64},   {3, false, ARCH_X86_64}, {243, true, ARCH_RISCV64}, {183, true, ARCH_ARM64},
                 {243, false, ARCH_X86_64}, {21, true, ARCH_X86_64}, {0, true, ARCH_X86_64}}; // the last three are nobody's
    give("k", elf, sizeof elf);
    for (unsigned i = 0; i < countof(cases); i++) {
        elf_make(elf, cases[i].is64, 0x200000, 0);
        st16(elf + 18, (u16)cases[i].machine);
        is_for(cases[i].arch);
    }
}

static u64 pack(u8 *to, u64 room, const u8 *bytes, u64 size) {
    z_stream z = {0};
    assert_int_equal(deflateInit2(&z, 9, Z_DEFLATED, 31, 9, Z_DEFAULT_STRATEGY), Z_OK);
    z.next_in = (u8 *)(uintptr_t)bytes, z.avail_in = (uInt)size, z.next_out = to, z.avail_out = (uInt)room;
    assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
    u64 n = z.total_out;
    deflateEnd(&z);
    return n;
}

static void packed_kernels(void **state) {
    enum config_arch got;
    give("k", packed, pack(packed, sizeof packed, riscv, sizeof riscv));
    is_for(ARCH_RISCV64);
    assert_int_equal(machine_arch(&w->c, &w->in, &w->s.plat, false, &got), 0); // not to be looked into
    assert_int_equal(got, ARCH_X86_64);
    w->in.kernel.size = 60; // cut off
    is_for(ARCH_X86_64);
    give("k", packed, pack(packed, sizeof packed, bzimage, sizeof bzimage));
    is_for(ARCH_X86_64);
    static const struct {
        u16 machine;
        enum config_arch arch;
    } zboot[] = {{0x5064, ARCH_RISCV64}, {0xaa64, ARCH_ARM64}, {0x8664, ARCH_X86_64}};
    for (unsigned i = 0; i < countof(zboot); i++) {
        give("k", packed, zboot_make(packed, zboot[i].machine, "zstd", 100));
        is_for(zboot[i].arch);
    }
}

static void what_arch_says(void **state) {
    static u8 nothing[100];
    give("vmlinux", riscv, sizeof riscv);
    w->c.arch = ARCH_RISCV64;
    is_for(ARCH_RISCV64);
    w->c.arch = ARCH_X86_64;
    contradicts("arch = x86_64, but vmlinux is for riscv64; right is arch = riscv64, or no arch");
    w->c.has_load_address = true; // bytes, whatever they look like
    is_for(ARCH_X86_64);
    w->c.has_load_address = false;
    give("vmlinuz", bzimage, sizeof bzimage);
    w->c.arch = ARCH_ARM64;
    contradicts("arch = arm64, but vmlinuz is for x86_64; right is arch = x86_64, or no arch");
    give("fw.bin", nothing, sizeof nothing);
    w->c.arch = ARCH_RISCV64;
    is_for(ARCH_RISCV64);
    w->in.kernel.data = NULL;
    is_for(ARCH_RISCV64);
    w->c.arch = ARCH_NONE;
    is_for(ARCH_X86_64);
}

#define MENU(path) "menuentry 'Install' {\n    linux " path " --- quiet\n}\n"

static void isos(void **state) {
    const struct iso_file amd[] = {{"/boot/grub/grub.cfg", MENU("/install.amd/vmlinuz"), 0},
                                   {"/install.amd/vmlinuz", bzimage, sizeof bzimage}};
    const struct iso_file rv[] = {{"/boot/grub/grub.cfg", MENU("/install/vmlinux"), 0},
                                  {"/install/vmlinux", riscv, sizeof riscv}};
    const struct iso_file a64[] = {{"/boot/grub/grub.cfg", MENU("/install.a64/vmlinuz"), 0},
                                   {"/install.a64/vmlinuz", arm, sizeof arm}};
    give_iso(amd, 2, ISO_ROCK_RIDGE);
    is_for(ARCH_X86_64);
    w->c.arch = ARCH_RISCV64;
    contradicts("arch = riscv64, but test.iso is for x86_64");
    w->c.arch = ARCH_NONE;
    give_iso(rv, 2, ISO_ROCK_RIDGE);
    is_for(ARCH_RISCV64);
    w->in.cdrom = w->in.kernel, w->in.kernel = (struct blob){0}; // in the drive
    is_for(ARCH_RISCV64);
    w->c.arch = ARCH_X86_64;
    contradicts("arch = x86_64, but test.iso is for riscv64");
    w->c.arch = ARCH_NONE;
    give_iso(a64, 2, ISO_ROCK_RIDGE);
    is_for(ARCH_ARM64);
    strcpy(w->c.kernel, "cdrom:/install.a64/vmlinuz");
    is_for(ARCH_ARM64);
}

// One that starts two architectures is for the one that is asked for.
static void an_iso_for_two(void **state) {
    const struct iso_file two[] = {
        {"/boot/grub/grub.cfg", "if [ $grub_cpu = i386 ]; then\n" MENU("/k86") "else\n" MENU("/krv") "fi\n", 0},
        {"/k86", bzimage, sizeof bzimage},
        {"/krv", riscv, sizeof riscv}};
    give_iso(two, 3, ISO_ROCK_RIDGE);
    is_for(ARCH_X86_64);
    w->c.arch = ARCH_RISCV64;
    is_for(ARCH_RISCV64);
    w->c.arch = ARCH_X86_64;
    is_for(ARCH_X86_64);
    w->c.arch = ARCH_ARM64;
    contradicts("arch = arm64, but test.iso is for x86_64");
}

// Where no menu can be followed, UEFI's own loader tells.
static void isos_without_a_menu(void **state) {
    const struct iso_file rv[] = {{"/EFI/BOOT/BOOTRISCV64.EFI", "MZ", 0}, {"/boot/grub/grub.cfg", "chainloader /x\n", 0}};
    const struct iso_file none[] = {{"/x", "x", 0}};
    give_iso(rv, 2, ISO_ROCK_RIDGE);
    is_for(ARCH_RISCV64);
    w->c.arch = ARCH_X86_64;
    contradicts("arch = x86_64, but test.iso is for riscv64");
    w->c.arch = ARCH_NONE;
    w->in.cdrom = w->in.kernel;
    give("k", riscv, 50); // the kernel is what counts
    is_for(ARCH_X86_64);
    w->in.cdrom = (struct blob){0};
    give_iso(none, 1, ISO_ROCK_RIDGE);
    is_for(ARCH_X86_64);
    image.data[0x8001] = 'X'; // no ISO any more
    is_for(ARCH_X86_64);
}

// Every allocation that fails leaves it untold, and nothing behind.
static int left;
static void *(*real_alloc)(struct plat *p, size_t bytes, size_t align);
static void *few(struct plat *p, size_t bytes, size_t align) { return left-- > 0 ? real_alloc(p, bytes, align) : NULL; }

static void without_memory(void **state) {
    enum config_arch got;
    give("k", packed, pack(packed, sizeof packed, riscv, sizeof riscv));
    real_alloc = w->s.plat.alloc, w->s.plat.alloc = few;
    for (int n = 0;; n++) {
        left = n;
        assert_int_equal(machine_arch(&w->c, &w->in, &w->s.plat, true, &got), 0);
        if (got == ARCH_RISCV64) break;
        assert_true(n < 50);
    }
    assert_int_equal(w->s.log_len, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, setup, loader_rig_free)
        T(kernels), T(elf_files),      T(packed_kernels),      T(what_arch_says),
        T(isos),    T(an_iso_for_two), T(isos_without_a_menu), T(without_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
