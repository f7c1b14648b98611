// SPDX-License-Identifier: MIT
// RISC-V's kernels: Image, packed, ELF, raw; where each goes, with initrd and device tree, and what is refused. Where QEMU 7.2's virt board
// puts them (hw/riscv/boot.c) is stated a second time.
#include "images_riscv64.h"
#include "loader_rig.h"

#include "base/le.h"

#include <stdlib.h>
#include <string.h>

#define KERNEL (VIRT_RAM + 0x200000)
#define RAM_END (VIRT_RAM + WORLD_RAM)
#define TREE (RAM_END - 0x200000) // aligned to 2 MiB
#define INITRD (KERNEL + WORLD_RAM / 2)

static u8 kernel[IMAGE_FILE_SIZE], elf[ELF_FILE_SIZE], packed[1 << 20];

static int setup(void **state) {
    w = world_new_riscv64();
    image.data = NULL;
    image_make(kernel);
    w->in.kernel = (struct blob){"vmlinux", kernel, sizeof kernel};
    return 0;
}

static bool machine_mode(void) { return riscv64_start_of(&w->image).machine; }

static void an_image(void **state) {
    u8 initrd[5000];
    memset(initrd, 0x77, sizeof initrd);
    w->in.initrd = (struct blob){"initrd.gz", initrd, sizeof initrd};
    strcpy(w->c.append, "root=/dev/ram --- quiet");
    expect_load();
    expect_linux(KERNEL, kernel, sizeof kernel);
    assert_false(machine_mode());
    assert_int_equal(w->image.kernel.size, IMAGE_MEMORY);
    expect_claim("kernel", KERNEL, IMAGE_MEMORY);
    assert_string_equal(w->image.cmdline, "root=/dev/ram --- quiet"); // as it is
    assert_int_equal(w->image.tree.start, TREE);
    assert_int_equal(w->image.tree.size, VIRT_TREE);
    expect_claim("device tree", TREE, VIRT_TREE);
    assert_int_equal(w->image.initrd.start, INITRD);
    assert_int_equal(w->image.initrd.size, sizeof initrd);
    assert_memory_equal(world_at(w, INITRD), initrd, sizeof initrd);
    assert_false(scripted_logged(&w->s, "console"));
    assert_int_equal(world_top(w), KERNEL + IMAGE_MEMORY + MiB);
}

static void a_board_without_a_tree(void **state) {
    w->t.tree_room = 0;
    expect_load();
    assert_int_equal(w->image.tree.size, 0);
    assert_int_equal(w->image.initrd.size, 0);
    assert_string_equal(w->image.cmdline, "");
}

// The tree's place ends below 3 GiB, and the initrd's is 128 MiB behind the kernel: not on the bus, so only looked at.
static void much_ram(void **state) {
    static u8 initrd[100];
    struct image out;
    w->t.bus = NULL, w->map[0].size = 4 * GiB;
    w->in.initrd = (struct blob){"initrd", initrd, sizeof initrd};
    assert_int_equal(loader_load(&w->t, &w->c, &w->in, &out), 0);
    assert_int_equal(out.tree.start, 3 * GiB - 0x200000);
    assert_int_equal(out.initrd.start, KERNEL + 128 * MiB);
}

// A kernel that asks for the start of RAM is Linux's M-mode one; 4 MiB from there is what 32-bit ones ask for.
static void text_offsets(void **state) {
    st64(kernel + 8, 0);
    expect_load();
    expect_linux(VIRT_RAM, kernel, sizeof kernel);
    assert_true(machine_mode());
    st64(kernel + 8, 0x400000);
    expect_load();
    expect_linux(VIRT_RAM + 0x400000, kernel, sizeof kernel);
    assert_false(machine_mode());
    static const u64 bad[] = {1, 0x1000, 0x100000, 0x300000, ~(u64)0};
    for (unsigned i = 0; i < countof(bad); i++) {
        st64(kernel + 8, bad[i]);
        expect_refusal(ERR_CORRUPT, "vmlinux: RISC-V Image: text_offset is 0x");
        assert_true(scripted_logged(&w->s, "; right is a multiple of 0x200000"));
        assert_int_equal(world_top(w), 0);
    }
    st64(kernel + 8, ~(u64)0x1fffff); // wraps around to below RAM, which has none
    expect_refusal(ERR_RANGE, "text_offset is 0xffffffffffe00000; right is an offset from the start of RAM");
    assert_int_equal(world_top(w), 0);
    st64(kernel + 8, 0x100000000);
    expect_refusal(ERR_RANGE, "kernel: 0x180000000..0x18001ffff is not all RAM; the guest's RAM is 0x80000000..0x83ffffff");
    assert_false(scripted_logged(&w->s, "would do"));
}

static void image_sizes(void **state) {
    st64(kernel + 16, 0);
    expect_refusal(ERR_CORRUPT, "image_size is 0; right is the kernel's size in memory");
    st64(kernel + 16, 0x1000); // less than the file: what is there goes into RAM
    expect_load();
    expect_linux(KERNEL, kernel, sizeof kernel);
    assert_int_equal(w->image.kernel.size, sizeof kernel);
    st64(kernel + 16, WORLD_RAM - 0x200000);
    w->t.tree_room = 0;
    expect_load();
    st64(kernel + 16, WORLD_RAM - 0x200000 + 1);
    expect_refusal(
        ERR_RANGE,
        "kernel: 0x80200000..0x84000000 is not all RAM; the guest's RAM is 0x80000000..0x83ffffff; memory = 80M would do");
    st64(kernel + 16, 500 * MiB);
    expect_refusal(ERR_RANGE, "; memory = 512M would do");
    assert_int_equal(world_top(w), KERNEL + 500 * MiB);
    st64(kernel + 16, ~(u64)0);
    expect_refusal(ERR_INVALID, "kernel: 0xffffffffffffffff bytes at 0x80200000 run past the end of the address space");
    assert_int_equal(world_top(w), 0);
    st64(kernel + 16, (u64)1 << 63);
    expect_refusal(ERR_RANGE, "kernel: 0x80200000..0x80000000801fffff is not all RAM");
}

static void headers_that_are_no_such(void **state) {
    st64(kernel + 24, 1);
    expect_refusal(ERR_UNSUPPORTED, "flags is 0x1; right is bit 0 clear: a little-endian kernel");
    st64(kernel + 24, 0);
    for (unsigned n = 60; n < 64; n++) {
        w->in.kernel.size = n;
        expect_refusal(ERR_TRUNCATED, "; right is at least 0x40, its header");
    }
    w->in.kernel.size = 59;
    expect_refusal(
        ERR_INVALID,
        "vmlinux: neither ISO 9660, RISC-V Image nor ELF, but a Windows or EFI program; a raw image needs load_address");
}

static void ram_that_is_not_aligned(void **state) {
    w->map[0].start += MiB, w->map[0].size -= MiB;
    expect_refusal(ERR_RANGE, "its place is 0x80300000; right is a multiple of 0x200000, as the start of RAM must be");
}

// An initrd that does not fit where it would be goes behind the kernel; one that fits nowhere is refused.
static void large_initrds(void **state) {
    u64 most = TREE - (KERNEL + IMAGE_MEMORY);
    u8 *bytes = calloc(1, most + 1);
    w->in.initrd = (struct blob){"initrd", bytes, TREE - INITRD};
    expect_load();
    assert_int_equal(w->image.initrd.start, INITRD);
    w->in.initrd.size++;
    expect_load();
    assert_int_equal(w->image.initrd.start, KERNEL + IMAGE_MEMORY);
    w->in.initrd.size = most;
    expect_load();
    assert_int_equal(w->image.initrd.start, KERNEL + IMAGE_MEMORY);
    w->in.initrd.size++;
    expect_refusal(ERR_NO_MEMORY, "initrd: no room for 60 MiB (aligned to 4 KiB) within 0x80220000..0xffffffffffffffff");
    free(bytes);
}

static void a_tree_needs_room(void **state) {
    st64(kernel + 16, WORLD_RAM - 0x200000);
    expect_refusal(ERR_NO_MEMORY, "device tree: no room for 16 KiB (aligned to 2 MiB) within 0x84000000..0xbfffffff");
}

// ---- packed

static void packed_images(void **state) {
    u64 n = gzip_make(packed, sizeof packed, kernel, sizeof kernel);
    w->in.kernel = (struct blob){"Image.gz", packed, n};
    assert_int_equal(world_top(w), 0);
    expect_load();
    expect_linux(KERNEL, kernel, sizeof kernel);
    for (u64 i = 3; i < n; i++) {
        w->in.kernel.size = i;
        expect_refusal(ERR_TRUNCATED, "Image.gz: gzip: at byte ");
    }
    w->in.kernel.size = gzip_make(packed, sizeof packed, "no kernel", 9);
    expect_refusal(ERR_INVALID, "Image.gz: neither ISO 9660, RISC-V Image nor ELF");
}

// As many bytes come out as the guest has RAM, and not one more.
static void packed_files_without_end(void **state) {
    u8 *bytes = calloc(1, WORLD_RAM + 1);
    memcpy(bytes, kernel, sizeof kernel);
    w->in.kernel = (struct blob){"bomb", packed, gzip_make(packed, sizeof packed, bytes, WORLD_RAM)};
    expect_refusal(ERR_RANGE, "kernel: 0x80200000..0x841fffff is not all RAM"); // unpacked, and too large for its place
    w->in.kernel.size = gzip_make(packed, sizeof packed, bytes, WORLD_RAM + 1);
    expect_refusal(ERR_RANGE, "bomb: gzip: more than 67108864 bytes come out of its ");
    u64 n = gzip_make(packed + ZBOOT_HEADER, sizeof packed - ZBOOT_HEADER, bytes, WORLD_RAM + 1);
    w->in.kernel.size = zboot_make(packed, 0x5064, "gzip", n);
    expect_refusal(ERR_RANGE, "bomb: gzip: more than 67108864 bytes come out of its ");
    free(bytes);
}

static u64 make_zboot(u16 machine, const char *method) {
    u64 n = gzip_make(packed + ZBOOT_HEADER, sizeof packed - ZBOOT_HEADER, kernel, sizeof kernel);
    n = zboot_make(packed, machine, method, n);
    w->in.kernel = (struct blob){"vmlinuz", packed, n};
    return n;
}

static void zboot_kernels(void **state) {
    make_zboot(0x5064, "gzip");
    assert_int_equal(world_top(w), 0);
    expect_load();
    expect_linux(KERNEL, kernel, sizeof kernel);
    static const char *const others[] = {"zstd", "xzkern", "lzma", "lzo", "lz4", "zstd22", "", "gzip2"};
    for (unsigned i = 0; i < countof(others); i++) {
        char message[64];
        make_zboot(0x5064, others[i]);
        plat_format(message, sizeof message, "vmlinuz: EFI zboot: the kernel in it is packed by \"%s\"; right is gzip",
                    others[i]);
        expect_refusal(ERR_UNSUPPORTED, message);
    }
    make_zboot(0x5064, "a-method-of-thirty-two-bytes\x1b[2J");
    expect_refusal(ERR_UNSUPPORTED, "packed by \"a-method-of-thirty-two-bytes?[2J\"");
    make_zboot(0xaa64, "gzip");
    expect_refusal(ERR_INVALID, "vmlinuz: neither ISO 9660, RISC-V Image nor ELF, but an EFI zboot kernel");
    st32(packed + 60, 0xfffffffc); // the PE header
    expect_refusal(ERR_INVALID, "but an EFI zboot kernel");
}

static void zboot_kernels_that_lie(void **state) {
    u64 n = make_zboot(0x5064, "gzip");
    static const struct {
        u32 offset, size;
    } bad[] = {{0, 100}, {63, 100}, {0xffffffff, 100}, {ZBOOT_HEADER, 0xffffffff}, {0xfffffff0, 0xfffffff0}};
    for (unsigned i = 0; i < countof(bad); i++) {
        st32(packed + 8, bad[i].offset), st32(packed + 12, bad[i].size);
        expect_refusal(ERR_TRUNCATED, "right is behind the header and inside the file, which has 0x");
    }
    make_zboot(0x5064, "gzip");
    st32(packed + 12, (u32)(n - ZBOOT_HEADER + 1)); // one byte more than there is
    expect_refusal(ERR_TRUNCATED, "right is behind the header and inside the file");
    st32(packed + 12, (u32)(n - ZBOOT_HEADER - 1));
    expect_refusal(ERR_TRUNCATED, "vmlinuz: gzip: at byte ");
    st32(packed + 12, 2);
    expect_refusal(ERR_CORRUPT, "the kernel in it does not start as gzip's files do");
    // One in the other is no kernel.
    make_zboot(0x5064, "gzip");
    static u8 outer[1 << 16];
    u64 size = gzip_make(outer + ZBOOT_HEADER, sizeof outer - ZBOOT_HEADER, packed, n);
    w->in.kernel = (struct blob){"vmlinuz", outer, zboot_make(outer, 0x5064, "gzip", size)};
    expect_refusal(ERR_INVALID, "but an EFI zboot kernel");
}

// ---- ELF and raw

static void give_elf(u64 at, u64 high) {
    elf_make_riscv64(elf, at, high);
    w->in.kernel = (struct blob){"test.elf", elf, sizeof elf};
}

static void elf_files(void **state) {
    give_elf(VIRT_RAM, 0);
    expect_load();
    assert_int_equal(w->image.kind, IMAGE_ELF64);
    assert_int_equal(w->image.entry, VIRT_RAM + 0x10);
    assert_true(machine_mode());
    assert_memory_equal(world_at(w, VIRT_RAM), elf + ELF_CODE, 0x100);
    assert_int_equal(w->image.tree.start, TREE);
    assert_int_equal(world_top(w), VIRT_RAM + 0x3000);
    give_elf(KERNEL, 0xffffffc000000000 - 0x80000000); // linked high
    strcpy(w->c.append, "a b");
    expect_load();
    assert_int_equal(w->image.entry, KERNEL + 0x10);
    assert_false(machine_mode());
    assert_string_equal(w->image.cmdline, "a b");
    give_elf(0x1000, 0);
    expect_refusal(ERR_RANGE, "ELF segment 0: 0x1000..0x10ff is not all RAM; the guest's RAM is 0x80000000..0x83ffffff");
    give_elf(KERNEL, 0);
    st16(elf + 18, 62);
    expect_refusal(ERR_UNSUPPORTED, "test.elf: ELF: machine 62 (x86) in class ELF64; right is 243 (RISC-V) in ELF64");
    elf_make(elf, false, KERNEL, 0);
    st16(elf + 18, 243);
    expect_refusal(ERR_UNSUPPORTED, "test.elf: ELF: machine 243 (riscv) in class ELF32; right is 243 (RISC-V) in ELF64");
    st16(elf + 18, 0);
    expect_refusal(ERR_UNSUPPORTED, "test.elf: ELF: machine 0 (another architecture) in class ELF32");
}

static void raw_images(void **state) {
    static u8 bytes[0x1000];
    memset(bytes, 0xee, sizeof bytes);
    w->in.kernel = (struct blob){"fw.bin", bytes, sizeof bytes};
    expect_refusal(ERR_INVALID,
                   "fw.bin: neither ISO 9660, RISC-V Image nor ELF; a raw image needs arch = riscv64 or load_address");
    w->c.arch = ARCH_RISCV64;
    expect_load();
    assert_int_equal(w->image.kind, IMAGE_RAW);
    assert_int_equal(w->image.entry, VIRT_RAM);
    assert_true(machine_mode());
    assert_memory_equal(world_at(w, VIRT_RAM), bytes, sizeof bytes);
    w->c.has_load_address = true, w->c.load_address = KERNEL - 1;
    expect_load();
    assert_true(machine_mode());
    w->c.load_address = KERNEL;
    expect_load();
    assert_int_equal(w->image.entry, KERNEL);
    assert_false(machine_mode());
    w->c.has_entry = true, w->c.entry = KERNEL + 0x800;
    expect_load();
    assert_int_equal(w->image.entry, KERNEL + 0x800);
    w->c.entry = KERNEL + 0x1000;
    expect_refusal(ERR_RANGE, "fw.bin: entry 0x80201000 lies outside the image");
    w->c.has_entry = false, w->c.load_address = 0x1000;
    expect_refusal(ERR_RANGE, "fw.bin: 0x1000..0x1fff is not all RAM");
}

// A file of a kind that is known is no raw image by itself.
static void files_of_others(void **state) {
    static u8 bzimage[BZIMAGE_SIZE];
    bzimage_make(bzimage);
    w->c.arch = ARCH_RISCV64;
    w->in.kernel = (struct blob){"vmlinuz", bzimage, sizeof bzimage};
    expect_refusal(ERR_INVALID,
                   "vmlinuz: neither ISO 9660, RISC-V Image nor ELF, but an x86 Linux kernel; a raw image needs load_address");
    memcpy(kernel + 56, "ARM\x64", 4);
    w->in.kernel = (struct blob){"vmlinuz", kernel, sizeof kernel};
    expect_refusal(ERR_INVALID, "but an arm64 Linux kernel");
}

// ---- ISOs

// As Debian's netboot package has it.
static const char debian[] =
    "if loadfont $prefix/font.pf2 ; then\n  set gfxmode=800x600\n  insmod efi_gop\n  terminal_output gfxterm\nfi\n"
    "set menu_color_normal=cyan/blue\n"
    "menuentry 'Install' {\n    set background_color=black\n    linux    /install/vmlinux --- quiet\n"
    "    initrd   /install/initrd.gz\n}\n"
    "submenu --hotkey=a 'Advanced options ...' {\n    menuentry '... Expert install' {\n"
    "        linux    /install/vmlinux priority=low ---\n    }\n}\n";

static void give_menu(const char *config) {
    const struct iso_file files[] = {{"/install/vmlinux", kernel, sizeof kernel},
                                     {"/install/initrd.gz", "packed files", 0},
                                     {"/isolinux/isolinux.cfg", "default x\nlabel x\nkernel /install/vmlinux\n", 0},
                                     {"/boot/grub/grub.cfg", config, 0}};
    give_iso(files, config ? 4 : 3, ISO_ROCK_RIDGE | ISO_JOLIET);
}

static void iso_menus(void **state) {
    give_menu(debian);
    expect_load();
    expect_linux(KERNEL, kernel, sizeof kernel);
    assert_string_equal(w->image.cmdline, "--- quiet");
    assert_memory_equal(world_at(w, w->image.initrd.start), "packed files", 12);
    assert_true(scripted_logged(&w->s, "test.iso: its boot menu starts \"Install\": kernel /install/vmlinux"));
    assert_int_equal(world_top(w), KERNEL + IMAGE_MEMORY + MiB);
    give_menu("if [ $grub_platform = efi -a $grub_cpu = riscv64 ]; then\nmenuentry a {\nlinux /install/vmlinux uefi\n}\nfi\n"
              "menuentry b {\nlinux /install/vmlinux bios\n}\n");
    expect_load();
    assert_string_equal(w->image.cmdline, "uefi");
    give_menu("if cpuid -l; then set a=x86; else set a=none; fi\nmenuentry b {\nlinux /install/vmlinux $a\n}\n");
    expect_load();
    assert_string_equal(w->image.cmdline, "none");
}

static void iso_menus_that_start_nothing(void **state) {
    give_menu(NULL);
    expect_refusal(ERR_NOT_FOUND, "test.iso: no GRUB menu in it; right is kernel = cdrom:/path/in/iso");
    memset(kernel, 0x13, sizeof kernel);
    give_menu(debian);
    expect_refusal(ERR_UNSUPPORTED, "it starts /install/vmlinux, which is no Linux kernel (RISC-V Image)");
    image_make(kernel);
    give_menu("menuentry a {\nmultiboot /install/vmlinux\n}\n");
    expect_refusal(ERR_INVALID, "/install/vmlinux: the boot menu starts it by Multiboot 1, which is for x86");
    give_menu("menuentry a {\nlinux /install/vmlinux\n}\n");
    strcpy(w->c.kernel, "cdrom:/install/vmlinux"), strcpy(w->c.initrd, "cdrom:/install/initrd.gz");
    expect_load();
    assert_int_equal(w->image.initrd.size, 12);
}

// The tree says which console there is; a console= that is none here is worth a word.
static void consoles(void **state) {
    strcpy(w->c.append, "console=tty0 quiet");
    expect_load();
    assert_string_equal(w->image.cmdline, "console=tty0 quiet");
    assert_true(scripted_logged(&w->s, "no console is behind \"console=tty0\""));
    strcpy(w->c.append, "console=ttyS0");
    expect_load();
    assert_false(scripted_logged(&w->s, "no console"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, setup, loader_rig_free)
        T(an_image),
        T(a_board_without_a_tree),
        T(much_ram),
        T(text_offsets),
        T(image_sizes),
        T(headers_that_are_no_such),
        T(ram_that_is_not_aligned),
        T(large_initrds),
        T(a_tree_needs_room),
        T(packed_images),
        T(packed_files_without_end),
        T(zboot_kernels),
        T(zboot_kernels_that_lie),
        T(elf_files),
        T(raw_images),
        T(files_of_others),
        T(iso_menus),
        T(iso_menus_that_start_nothing),
        T(consoles),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
