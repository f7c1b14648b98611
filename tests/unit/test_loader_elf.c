// SPDX-License-Identifier: MIT
// ELF, PVH, Multiboot 1 and raw images: what is loaded where, the state they start in, and what is refused.
#include "images.h"

#include "base/le.h"
#include "loader/elf.h"

#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct world *w;
static u8 file[ELF_FILE_SIZE], raw[3000], module[100];

static void give(u8 *bytes, u64 size) { w->in.kernel = (struct blob){"image", bytes, size}; }

static int setup(void **state) {
    w = world_new();
    elf_make(file, true, 0x200000, 0);
    give(file, sizeof file);
    memset(module, 0x66, sizeof module);
    memset(raw, 0, sizeof raw);
    return 0;
}

static int teardown(void **state) {
    world_free(w);
    return 0;
}

static void refused(int error, const char *message) {
    w->s.log_len = 0;
    assert_int_equal(world_load(w), error);
    assert_true(scripted_logged(&w->s, message));
    elf_make(file, true, 0x200000, 0);
    w->in.kernel.size = sizeof file;
}

static void an_elf64_starts_in_long_mode(void **state) {
    assert_int_equal(world_load(w), 0);
    assert_int_equal(w->image.kind, IMAGE_ELF64);
    assert_int_equal(w->image.mode, START_LONG);
    assert_int_equal(w->image.entry, 0x200010);
    assert_memory_equal(world_at(w, 0x200000), file + ELF_CODE, 0x100);
    assert_memory_equal(world_at(w, 0x202000), file + ELF_CODE + 0x100, 0x80);
    assert_int_equal(*world_at(w, 0x202080), 0);
    assert_true(w->image.rsp != 0);
    assert_true(world_identity(w, w->image.cr3, 0x200000, 2 * MiB));
    assert_int_equal(loader_top(&w->c, &w->in), 0x203000);
}

static void an_elf32_starts_flat(void **state) {
    elf_make(file, false, 0x300000, 0);
    assert_int_equal(world_load(w), 0);
    assert_int_equal(w->image.kind, IMAGE_ELF32);
    assert_int_equal(w->image.mode, START_PROTECTED);
    assert_int_equal(w->image.entry, 0x300010);
    assert_memory_equal(world_at(w, 0x300000), file + ELF_CODE, 0x100);
}

static void an_elf_linked_at_2_gib(void **state) {
    elf_make(file, true, WORLD_HIGH, 0);
    assert_int_equal(loader_top(&w->c, &w->in), WORLD_HIGH + 0x3000);
    assert_int_equal(world_load(w), 0);
    assert_int_equal(w->image.entry, WORLD_HIGH + 0x10);
    assert_int_equal(w->high[0x10], file[ELF_CODE + 0x10]);
    assert_true(world_identity(w, w->image.cr3, WORLD_HIGH, 2 * MiB));
    w->t.e820s = 3; // the same machine without that RAM
    assert_int_equal(world_load(w), ERR_RANGE);
    assert_true(scripted_logged(&w->s,
                                "ELF segment 0: 0x80000000..0x800000ff is not all RAM; the guest's RAM is 0..0x9fbff, "
                                "0x100000..0x3ffffff"));
}

static void a_higher_half_entry_becomes_physical(void **state) {
    elf_make(file, true, 0x200000, 0xffffffff80000000);
    assert_int_equal(world_load(w), 0);
    assert_int_equal(w->image.entry, 0x200010);
}

static void lying_headers(void **state) {
    w->in.kernel.size = 20;
    refused(ERR_TRUNCATED, "52-byte header");
    w->in.kernel.size = 60;
    refused(ERR_TRUNCATED, "64-byte header");
    file[4] = 3;
    refused(ERR_CORRUPT, "the class is 0x3");
    file[5] = 2;
    refused(ERR_UNSUPPORTED, "byte order");
    file[6] = 0;
    refused(ERR_CORRUPT, "the version");
    st16(file + 16, 1);
    refused(ERR_UNSUPPORTED, "the type is 0x1");
    st16(file + 18, 183);
    refused(ERR_UNSUPPORTED, "arm64");
    st16(file + 18, 3); // 386 in ELF64
    refused(ERR_UNSUPPORTED, "machine 3");
    st16(file + 54, 55);
    refused(ERR_CORRUPT, "size of a program header");
    st16(file + 56, 0);
    refused(ERR_CORRUPT, "number of program headers is 0");
    st16(file + 56, 0xffff);
    refused(ERR_UNSUPPORTED, "number of program headers");
    st64(file + 32, sizeof file - 10);
    refused(ERR_TRUNCATED, "place of the program headers");
    st64(file + 32, ~(u64)0);
    refused(ERR_TRUNCATED, "place of the program headers");
    st64(file + 24, 0x200100);
    refused(ERR_CORRUPT, "the entry point is 0x200100");
}

static void lying_segments(void **state) {
    u8 *h = elf_header(file, 1);
    st64(h + 8, sizeof file + 1);
    refused(ERR_TRUNCATED, "program header 1: the offset");
    st64(h + 8, ~(u64)0);
    refused(ERR_TRUNCATED, "program header 1: the offset");
    st64(h + 32, sizeof file);
    refused(ERR_TRUNCATED, "program header 1: the size in the file");
    st64(h + 32, ~(u64)0);
    refused(ERR_TRUNCATED, "program header 1: the size in the file");
    st64(h + 40, 0x7f);
    refused(ERR_CORRUPT, "program header 1: the size in memory");
    st64(h + 24, ~(u64)0 - 0x7fe), st64(h + 40, 0x800);
    refused(ERR_CORRUPT, "wrap");
    st64(h + 24, 0x2000ff); // on the first segment's last byte
    refused(ERR_OVERLAP, "ELF segment 1: 0x2000ff..0x2010fe overlaps ELF segment 0");
    st64(h + 24, 0x3fff001);
    refused(ERR_RANGE, "ELF segment 1: 0x3fff001..0x4000000 is not all RAM");
    st64(h + 40, 0x4000000000);
    refused(ERR_RANGE, "ELF segment 1");
    st32(h, 3); // PT_INTERP
    refused(ERR_UNSUPPORTED, "dynamic linker");
    st32(h, 0), st32(elf_header(file, 0), 0);
    refused(ERR_CORRUPT, "number of segments to load");
}

// A PT_NOTE with somebody else's note and then Xen's.
static void put_note(u32 entry, u32 description) {
    u8 *h = elf_header(file, 2), *n = file + 0x180;
    st16(file + 56, 3);
    memset(h, 0, 56);
    st32(h, 4), st64(h + 8, 0x180), st64(h + 32, 0x40);
    st32(n, 4), st32(n + 4, 5), st32(n + 8, 18), memcpy(n + 12, "GNU", 4), memset(n + 16, 9, 5);
    n += 24;
    st32(n, 4), st32(n + 4, description), st32(n + 8, 18), memcpy(n + 12, "Xen", 4), st64(n + 16, entry);
}

// hvm_start_info version 1 (xen/include/public/arch-x86/hvm/start_info.h)
static void a_pvh_note_is_followed(void **state) {
    put_note(0x200020, 8);
    w->in.initrd = (struct blob){"initrd", module, sizeof module};
    strcpy(w->c.append, "a b");
    assert_int_equal(world_load(w), 0);
    struct image *m = &w->image;
    assert_int_equal(m->kind, IMAGE_PVH);
    assert_int_equal(m->mode, START_PROTECTED);
    assert_int_equal(m->entry, 0x200020);
    u8 *info = world_at(w, m->rbx);
    assert_int_equal(ld32(info), 0x336ec578);
    assert_int_equal(ld32(info + 4), 1);
    assert_int_equal(ld32(info + 12), 1);
    u8 *list = world_at(w, ld64(info + 16));
    assert_int_equal(ld64(list + 8), sizeof module);
    assert_memory_equal(world_at(w, ld64(list)), module, sizeof module);
    assert_string_equal((char *)world_at(w, ld64(info + 24)), "a b");
    assert_int_equal(ld64(info + 32), 0xe0000);
    assert_int_equal(ld32(info + 48), 4);
    u8 *map = world_at(w, ld64(info + 40));
    assert_int_equal(ld64(map + 24), w->map[1].start);
    assert_int_equal(ld64(map + 32), w->map[1].size);
    assert_int_equal(ld32(map + 40), w->map[1].type);
}

static void broken_pvh_notes(void **state) {
    put_note(0x200020, 3);
    refused(ERR_CORRUPT, "right is 4 or 8");
    put_note(0x200020, 0x1000);
    refused(ERR_CORRUPT, "the size of a note");
    put_note(0x200020, 0xffffffff);
    refused(ERR_CORRUPT, "the size of a note");
    put_note(0x500000, 4);
    refused(ERR_CORRUPT, "PVH: the entry point 0x500000");
}

// 256 program headers, each naming all of a file of empty notes.
static void notes_without_end(void **state) {
    const u32 size = 128 << 10, headers = 256, at = 64;
    u8 *big = calloc(1, size);
    memcpy(big, file, ELF_FILE_SIZE);
    st16(big + 56, headers);
    for (u32 i = 2; i < headers; i++) {
        u8 *h = big + at + 56 * i;
        memset(h, 0, 56);
        st32(h, 4), st64(h + 8, 0x8000), st64(h + 32, size - 0x8000);
    }
    w->in.kernel.data = big;
    w->in.kernel.size = size;
    refused(ERR_UNSUPPORTED, "the number of notes");
    free(big);
}

static void put_multiboot(u8 *at, u32 flags) {
    st32(at, 0x1badb002), st32(at + 4, flags), st32(at + 8, -(0x1badb002 + flags));
}

static void put_addresses(u8 *at, u32 header, u32 load, u32 load_end, u32 bss_end, u32 entry) {
    st32(at + 12, header), st32(at + 16, load), st32(at + 20, load_end), st32(at + 24, bss_end), st32(at + 28, entry);
}

static void a_multiboot_elf(void **state) {
    elf_make(file, false, 0x200000, 0);
    put_multiboot(file + 0x180, 3);
    w->in.initrd = (struct blob){"initrd", module, sizeof module};
    strcpy(w->c.append, "x=1");
    assert_int_equal(world_load(w), 0);
    struct image *m = &w->image;
    assert_int_equal(m->kind, IMAGE_MULTIBOOT);
    assert_int_equal(m->mode, START_PROTECTED);
    assert_int_equal(m->entry, 0x200010);
    assert_int_equal(m->rax, 0x2badb002);
    u8 *info = world_at(w, m->rbx);
    assert_int_equal(ld32(info) & 0x4d, 0x4d); // memory, command line, modules, map
    assert_int_equal(ld32(info + 4), 0x9fc00 / 1024);
    assert_int_equal(ld32(info + 8), (WORLD_RAM - MiB) / 1024);
    assert_string_equal((char *)world_at(w, ld32(info + 16)), "x=1");
    assert_int_equal(ld32(info + 20), 1);
    u8 *mod = world_at(w, ld32(info + 24));
    assert_int_equal(ld32(mod + 4) - ld32(mod), sizeof module);
    assert_int_equal(ld32(mod) % 4096, 0);
    assert_memory_equal(world_at(w, ld32(mod)), module, sizeof module);
    assert_int_equal(ld32(info + 44), 4 * 24);
    u8 *map = world_at(w, ld32(info + 48));
    for (unsigned i = 0; i < 4; i++, map += ld32(map) + 4) { // 3.3: size does not count itself
        assert_int_equal(ld64(map + 4), w->map[i].start);
        assert_int_equal(ld64(map + 12), w->map[i].size);
        assert_int_equal(ld32(map + 20), w->map[i].type);
    }
}

static void a_multiboot_image_with_addresses(void **state) {
    memset(raw, 0xee, sizeof raw);
    put_multiboot(raw + 0x40, 0x10000);
    put_addresses(raw + 0x40, 0x200020, 0x200000, 0x200400, 0x201000, 0x200100);
    give(raw, sizeof raw);
    assert_int_equal(loader_top(&w->c, &w->in), 0x201000);
    assert_int_equal(world_load(w), 0);
    assert_int_equal(w->image.kind, IMAGE_MULTIBOOT);
    assert_int_equal(w->image.entry, 0x200100);
    assert_memory_equal(world_at(w, 0x200000), raw + 0x20, 0x400); // the header is at file 0x40, memory 0x200020
    assert_int_equal(*world_at(w, 0x200400), 0);
    put_addresses(raw + 0x40, 0x200020, 0x200000, 0, 0, 0x200100); // all of the file, no bss
    assert_int_equal(world_load(w), 0);
    assert_memory_equal(world_at(w, 0x200000), raw + 0x20, sizeof raw - 0x20);
}

static void multiboot_refused(u32 header, u32 load, u32 load_end, u32 bss_end, u32 entry, int error,
                              const char *message) {
    put_addresses(raw + 0x40, header, load, load_end, bss_end, entry);
    refused(error, message);
    give(raw, sizeof raw);
}

static void lying_multiboot_headers(void **state) {
    put_multiboot(raw + 0x40, 0x10000);
    give(raw, sizeof raw);
    multiboot_refused(0x1fffff, 0x200000, 0, 0, 0x200000, ERR_CORRUPT, "load_addr is 0x200000; right is at most");
    multiboot_refused(0x200041, 0x200000, 0, 0, 0x200000, ERR_CORRUPT, "not in front of the file");
    multiboot_refused(0x200000, 0x200000, 0x1fffff, 0, 0x200000, ERR_CORRUPT, "load_end_addr");
    multiboot_refused(0x200000, 0x200000, 0x201000, 0, 0x200000, ERR_TRUNCATED, "load_end_addr");
    multiboot_refused(0x200000, 0x200000, 0x200100, 0x2000ff, 0x200000, ERR_CORRUPT, "bss_end_addr");
    multiboot_refused(0x200000, 0x200000, 0x200100, 0, 0x200100, ERR_CORRUPT, "entry_addr");
    multiboot_refused(0x200000, 0x200000, 0x200100, 0xffffffff, 0x200000, ERR_RANGE, "Multiboot image: 0x200000..");
    put_multiboot(raw + 0x40, 0x10008); // a required feature that nobody knows
    multiboot_refused(0x200000, 0x200000, 0, 0, 0x200000, ERR_UNSUPPORTED, "the header's flags");
}

static void what_is_no_multiboot_header(void **state) {
    give(raw, sizeof raw);
    put_multiboot(raw + 0x42, 0x10000); // not 4-byte aligned
    refused(ERR_INVALID, "neither ISO 9660");
    memset(raw, 0, sizeof raw);
    put_multiboot(raw + 0x40, 0); // no addresses, and no ELF
    give(raw, sizeof raw);
    refused(ERR_INVALID, "neither ISO 9660");
    put_multiboot(raw + 0x40, 0x10000);
    raw[0x48] ^= 1; // checksum
    give(raw, sizeof raw);
    refused(ERR_INVALID, "neither ISO 9660");
    put_multiboot(raw + 0x40, 0x10000);
    give(raw, 0x40 + 31); // the address fields are cut
    refused(ERR_INVALID, "neither ISO 9660");
}

static void raw_images(void **state) {
    memset(raw, 0xab, sizeof raw);
    give(raw, sizeof raw);
    assert_int_equal(world_load(w), ERR_INVALID);
    assert_true(scripted_logged(&w->s, "a raw image needs load_address"));
    w->c.has_load_address = true, w->c.load_address = WORLD_HIGH;
    assert_int_equal(loader_top(&w->c, &w->in), WORLD_HIGH + sizeof raw);
    assert_int_equal(world_load(w), 0);
    assert_int_equal(w->image.kind, IMAGE_RAW);
    assert_int_equal(w->image.mode, START_LONG);
    assert_int_equal(w->image.entry, WORLD_HIGH);
    assert_memory_equal(w->high, raw, sizeof raw);
    w->c.has_entry = true, w->c.entry = WORLD_HIGH + sizeof raw - 1;
    assert_int_equal(world_load(w), 0);
    assert_int_equal(w->image.entry, WORLD_HIGH + sizeof raw - 1);
    w->c.entry++;
    assert_int_equal(world_load(w), ERR_RANGE);
    assert_true(scripted_logged(&w->s, "lies outside the image"));
    w->c.has_entry = false;
    w->t.e820s = 3;
    assert_int_equal(world_load(w), ERR_RANGE);
    assert_true(scripted_logged(&w->s, "image: 0x80000000..0x80000bb7 is not all RAM"));
    w->c.load_address = ~(u64)0 - 10;
    assert_int_equal(loader_top(&w->c, &w->in), 0);
    assert_int_equal(world_load(w), ERR_INVALID);
    give(raw, 0);
    assert_int_equal(world_load(w), ERR_TRUNCATED);
}

static void raw_images_below_1_mib_start_in_real_mode(void **state) {
    static const struct {
        gpa_t at;
        u16 cs;
    } starts[] = {{0x7c00, 0}, {0xf000, 0}, {0x10000, 0x1000}, {0x90200, 0x9000}};
    give(raw, 512);
    w->c.has_load_address = true;
    for (unsigned i = 0; i < countof(starts); i++) {
        w->c.load_address = starts[i].at;
        assert_int_equal(world_load(w), 0);
        assert_int_equal(w->image.mode, START_REAL);
        assert_int_equal(w->image.cs, starts[i].cs);
        assert_true(w->image.entry - ((u64)w->image.cs << 4) <= 0xffff);
        assert_int_equal(w->image.rdx, 0x80);
    }
}

static void known_files_that_cannot_be_started_are_named(void **state) {
    static const struct {
        unsigned at;
        const char *magic, *name;
    } files[] = {{0x38, "ARM\x64", "arm64"}, {0, "\x1f\x8b\x08", "gzip"}, {0, "QFI\xfb", "qcow2"}, {0, "MZ", "EFI"}};
    give(raw, sizeof raw);
    for (unsigned i = 0; i < countof(files); i++) {
        memset(raw, 0, sizeof raw);
        memcpy(raw + files[i].at, files[i].magic, strlen(files[i].magic));
        assert_int_equal(world_load(w), ERR_INVALID);
        assert_true(scripted_logged(&w->s, files[i].name));
    }
    raw[0] = 0, raw[1] = 0;
    give(raw, 1);
    assert_int_equal(world_load(w), ERR_INVALID);
    w->in.kernel.data = NULL;
    assert_int_equal(world_load(w), ERR_NOT_FOUND);
    assert_true(scripted_logged(&w->s, "there is no guest"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
        T(an_elf64_starts_in_long_mode),
        T(an_elf32_starts_flat),
        T(an_elf_linked_at_2_gib),
        T(a_higher_half_entry_becomes_physical),
        T(lying_headers),
        T(lying_segments),
        T(a_pvh_note_is_followed),
        T(broken_pvh_notes),
        T(notes_without_end),
        T(a_multiboot_elf),
        T(a_multiboot_image_with_addresses),
        T(lying_multiboot_headers),
        T(what_is_no_multiboot_header),
        T(raw_images),
        T(raw_images_below_1_mib_start_in_real_mode),
        T(known_files_that_cannot_be_started_are_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
