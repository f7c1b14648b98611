// SPDX-License-Identifier: MIT
// Arm64's kernels: what is not as with RISC-V's (test_loader_riscv64.c), with which they share the rest: the Image's header, where it goes,
// and where the tree of what is no Linux goes.
#include "images_arm64.h"
#include "loader_rig.h"

#include "base/le.h"

#include <string.h>

#define KERNEL (ARM64_RAM + 0x200000)
#define RAM_END (ARM64_RAM + WORLD_RAM)
#define TREE (RAM_END - 0x200000) // aligned to 2 MiB
#define INITRD (KERNEL + WORLD_RAM / 2)

static u8 kernel[IMAGE_FILE_SIZE], elf[ELF_FILE_SIZE], packed[0x4000];

static int setup(void **state) {
    w = world_new_arm64();
    image.data = NULL;
    arm64_image_make(kernel);
    w->in.kernel = (struct blob){"vmlinuz", kernel, sizeof kernel};
    return 0;
}

static void an_image(void **state) {
    u8 initrd[5000];
    memset(initrd, 0x77, sizeof initrd);
    w->in.initrd = (struct blob){"initrd.gz", initrd, sizeof initrd};
    strcpy(w->c.append, "--- quiet");
    expect_load();
    expect_linux(KERNEL, kernel, sizeof kernel);
    expect_claim("kernel", KERNEL, IMAGE_MEMORY);
    assert_string_equal(w->image.cmdline, "--- quiet"); // as it is
    expect_claim("device tree", TREE, VIRT_TREE);
    assert_int_equal(w->image.tree.start % 8, 0);
    assert_int_equal(w->image.initrd.start, INITRD);
    assert_memory_equal(world_at(w, INITRD), initrd, sizeof initrd);
    assert_true(scripted_logged(&w->s, "vmlinuz: Linux for Arm64, 6144 bytes at 0x40200000, entered in EL1"));
    assert_int_equal(world_top(w), KERNEL + IMAGE_MEMORY + MiB);
}

// text_offset counts from a 2 MiB boundary; flag 3 says whether it may be any.
static void text_offsets(void **state) {
    st64(kernel + 8, 0x80000);
    expect_load();
    expect_linux(KERNEL + 0x80000, kernel, sizeof kernel);
    assert_int_equal(world_top(w), KERNEL + 0x80000 + IMAGE_MEMORY);
    st64(kernel + 24, 2);
    expect_load();
    expect_linux(ARM64_RAM + 0x80000, kernel, sizeof kernel);
    assert_int_equal(world_top(w), ARM64_RAM + 0x80000 + IMAGE_MEMORY);
    static const u64 bad[] = {0x200000, 0x80000000, ~(u64)0};
    for (unsigned i = 0; i < countof(bad); i++) {
        st64(kernel + 8, bad[i]);
        expect_refusal(ERR_CORRUPT, "vmlinuz: arm64 Image: text_offset is 0x");
        assert_true(scripted_logged(&w->s, "; right is less than 0x200000"));
        assert_int_equal(world_top(w), 0);
    }
}

static void image_sizes(void **state) {
    st64(kernel + 16, 0);
    expect_refusal(ERR_UNSUPPORTED, "image_size is 0; right is the kernel's size in memory, as Linux has it since 3.17");
    st64(kernel + 16, 0x1000); // less than the file: what is there goes into RAM
    expect_load();
    assert_int_equal(w->image.kernel.size, sizeof kernel);
    st64(kernel + 16, 500 * MiB);
    expect_refusal(ERR_RANGE, "; memory = 512M would do");
    assert_int_equal(world_top(w), KERNEL + 500 * MiB);
    st64(kernel + 16, ~(u64)0);
    expect_refusal(ERR_INVALID, "run past the end of the address space");
    assert_int_equal(world_top(w), 0);
}

static void headers_that_are_no_such(void **state) {
    st64(kernel + 24, 0xb);
    expect_refusal(ERR_UNSUPPORTED, "flags is 0xb; right is bit 0 clear: a little-endian kernel");
    st64(kernel + 24, 0xa);
    for (unsigned n = 60; n < 64; n++) {
        w->in.kernel.size = n;
        expect_refusal(ERR_TRUNCATED, "; right is at least 0x40, its header");
    }
    w->in.kernel.size = 59;
    expect_refusal(ERR_INVALID, "vmlinuz: neither ISO 9660, arm64 Image nor ELF, but a Windows or EFI program");
}

static void ram_that_is_not_aligned(void **state) {
    w->map[0].start += MiB, w->map[0].size -= MiB;
    expect_load();
    expect_linux(ARM64_RAM + 0x400000, kernel, sizeof kernel); // the second boundary
}

static void packed_kernels(void **state) {
    w->in.kernel = (struct blob){"Image.gz", packed, gzip_make(packed, sizeof packed, kernel, sizeof kernel)};
    expect_load();
    expect_linux(KERNEL, kernel, sizeof kernel);
    u64 n = gzip_make(packed + ZBOOT_HEADER, sizeof packed - ZBOOT_HEADER, kernel, sizeof kernel);
    w->in.kernel = (struct blob){"vmlinuz", packed, zboot_make(packed, 0xaa64, "gzip", n)};
    expect_load();
    expect_linux(KERNEL, kernel, sizeof kernel);
    zboot_make(packed, 0xaa64, "zstd22", n);
    expect_refusal(ERR_UNSUPPORTED, "vmlinuz: EFI zboot: the kernel in it is packed by \"zstd22\"; right is gzip");
    zboot_make(packed, 0x5064, "gzip", n);
    expect_refusal(ERR_INVALID, "vmlinuz: neither ISO 9660, arm64 Image nor ELF, but an EFI zboot kernel");
}

// The tree is at the start of RAM, where programs look that are not told its place, unless they are there themselves.
static void what_is_no_linux(void **state) {
    static u8 bytes[0x1000];
    elf_make_arm64(elf, KERNEL, 0xffff000000000000);
    w->in.kernel = (struct blob){"test.elf", elf, sizeof elf};
    expect_load();
    assert_int_equal(w->image.kind, IMAGE_ELF64);
    assert_int_equal(w->image.entry, KERNEL + 0x10);
    assert_int_equal(w->image.tree.start, ARM64_RAM);
    expect_claim("device tree", ARM64_RAM, VIRT_TREE);
    elf_make_arm64(elf, ARM64_RAM, 0);
    expect_load();
    assert_int_equal(w->image.entry, ARM64_RAM + 0x10);
    assert_int_equal(w->image.tree.start, TREE);
    st16(elf + 18, 40);
    expect_refusal(ERR_UNSUPPORTED, "ELF: machine 40 (another architecture) in class ELF64; right is 183 (AArch64) in ELF64");
    w->in.kernel = (struct blob){"u-boot.bin", bytes, sizeof bytes};
    expect_refusal(ERR_INVALID,
                   "u-boot.bin: neither ISO 9660, arm64 Image nor ELF; a raw image needs arch = arm64 or load_address");
    w->c.arch = ARCH_ARM64;
    expect_load();
    assert_int_equal(w->image.entry, ARM64_RAM);
    assert_int_equal(w->image.tree.start, TREE);
    w->c.has_load_address = true, w->c.load_address = KERNEL;
    expect_load();
    assert_int_equal(w->image.entry, KERNEL);
    assert_int_equal(w->image.tree.start, ARM64_RAM);
    w->t.tree_room = 0;
    expect_load();
    assert_int_equal(w->image.tree.size, 0);
}

static void give_menu(const char *config) {
    const struct iso_file files[] = {{"/install.a64/vmlinuz", kernel, sizeof kernel},
                                     {"/install.a64/initrd.gz", "packed files", 0},
                                     {"/boot/grub/grub.cfg", config, 0}};
    give_iso(files, 3, ISO_ROCK_RIDGE | ISO_JOLIET);
}

// As Debian's ISO has it.
static void iso_menus(void **state) {
    give_menu("if loadfont $prefix/font.pf2 ; then\n  set gfxmode=800x600\n  insmod efi_gop\n  terminal_output gfxterm\nfi\n"
              "menuentry --hotkey=i 'Install' {\n    set background_color=black\n    linux    /install.a64/vmlinuz --- quiet\n"
              "    initrd   /install.a64/initrd.gz\n}\n"
              "submenu --hotkey=a 'Advanced options ...' {\n    menuentry '... Expert install' {\n"
              "        linux    /install.a64/vmlinuz priority=low ---\n    }\n}\n");
    expect_load();
    expect_linux(KERNEL, kernel, sizeof kernel);
    assert_string_equal(w->image.cmdline, "--- quiet");
    assert_memory_equal(world_at(w, w->image.initrd.start), "packed files", 12);
    assert_true(scripted_logged(&w->s, "test.iso: its boot menu starts \"Install\": kernel /install.a64/vmlinuz"));
    give_menu("if [ $grub_platform = efi -a $grub_cpu = arm64 ]; then\nmenuentry a {\nlinux /install.a64/vmlinuz uefi\n}\nfi\n"
              "menuentry b {\nlinux /install.a64/vmlinuz bios\n}\n");
    expect_load();
    assert_string_equal(w->image.cmdline, "uefi");
    memset(kernel, 0x13, sizeof kernel);
    give_menu("menuentry a {\nlinux /install.a64/vmlinuz\n}\n");
    expect_refusal(ERR_UNSUPPORTED, "it starts /install.a64/vmlinuz, which is no Linux kernel (arm64 Image)");
}

static void consoles(void **state) {
    strcpy(w->c.append, "console=ttyS0 quiet");
    expect_load();
    assert_true(
        scripted_logged(&w->s, "no console is behind \"console=ttyS0\": the guest will be silent without console=ttyAMA0"));
    strcpy(w->c.append, "console=ttyAMA0,115200");
    expect_load();
    assert_false(scripted_logged(&w->s, "no console"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, setup, loader_rig_free)
        T(an_image),
        T(text_offsets),
        T(image_sizes),
        T(headers_that_are_no_such),
        T(ram_that_is_not_aligned),
        T(packed_kernels),
        T(what_is_no_linux),
        T(iso_menus),
        T(consoles),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
