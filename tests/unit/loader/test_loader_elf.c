// SPDX-License-Identifier: MIT
// ELF and PVH images: what is loaded where, the state they start in, and what is refused.
#include "loader_rig.h"

#include "base/le.h"
#include "loader/elf.h"

#include <stdlib.h>
#include <string.h>

static u8 file[ELF_FILE_SIZE], module[100];

static void give(u8 *bytes, u64 size) { w->in.kernel = (struct blob){"image", bytes, size}; }

static int setup(void **state) {
    loader_rig_new(state);
    elf_make(file, true, 0x200000, 0);
    give(file, sizeof file);
    memset(module, 0x66, sizeof module);
    return 0;
}

static void refused(int error, const char *message) {
    expect_refusal(error, message);
    elf_make(file, true, 0x200000, 0);
    w->in.kernel.size = sizeof file;
}

static void an_elf64_starts_in_long_mode(void **state) {
    assert_int_equal(world_load(w), 0);
    assert_int_equal(w->image.kind, IMAGE_ELF64);
    assert_int_equal(x86_start_of(&w->image).mode, START_LONG);
    assert_int_equal(w->image.entry, 0x200010);
    assert_memory_equal(world_at(w, 0x200000), file + ELF_CODE, 0x100);
    assert_memory_equal(world_at(w, 0x202000), file + ELF_CODE + 0x100, 0x80);
    assert_int_equal(*world_at(w, 0x202080), 0);
    assert_true(x86_start_of(&w->image).rsp != 0);
    assert_true(world_identity(w, x86_start_of(&w->image).cr3, 0x200000, 2 * MiB));
    assert_int_equal(world_top(w), 0x203000);
}

static void an_elf32_starts_flat(void **state) {
    elf_make(file, false, 0x300000, 0);
    assert_int_equal(world_load(w), 0);
    assert_int_equal(w->image.kind, IMAGE_ELF32);
    assert_int_equal(x86_start_of(&w->image).mode, START_PROTECTED);
    assert_int_equal(w->image.entry, 0x300010);
    assert_memory_equal(world_at(w, 0x300000), file + ELF_CODE, 0x100);
}

// gABI: e_type ET_DYN is a file that can be loaded anywhere, so where it says is right, too.
static void a_movable_elf_is_loaded_where_it_says(void **state) {
    st16(file + 16, 3);
    assert_int_equal(world_load(w), 0);
    assert_int_equal(w->image.entry, 0x200010);
}

// gABI: a PT_LOAD may have no bytes in the file (all of it is zero), and none in memory either: then its address means nothing.
// Segments are in any order of physical addresses.
static void segments_without_bytes_and_out_of_order(void **state) {
    u8 *h = elf_header(file, 1);
    st64(h + 24, 0x180000), st64(h + 32, 0);
    memset(world_at(w, 0x180000), 0, 0x1000);
    assert_int_equal(world_load(w), 0);
    assert_int_equal(*world_at(w, 0x180000), 0);
    assert_int_equal(world_top(w), 0x200100);
    expect_claim("ELF segment 1", 0x180000, 0x1000);
    st64(h + 24, ~(u64)0), st64(h + 40, 0);
    assert_int_equal(world_load(w), 0);
    assert_int_equal(world_top(w), 0x200100);
}

static void what_a_plain_elf_does_not_take(void **state) {
    assert_int_equal(world_load(w), 0);
    assert_false(scripted_logged(&w->s, "not used"));
    strcpy(w->c.append, "x");
    assert_int_equal(world_load(w), 0);
    assert_true(scripted_logged(&w->s, "image: a plain ELF takes neither initrd nor command line: they are not used"));
    w->s.log_len = 0;
    w->c.append[0] = 0;
    w->in.initrd = (struct blob){"initrd", module, sizeof module};
    assert_int_equal(world_load(w), 0);
    assert_true(scripted_logged(&w->s, "a plain ELF takes neither initrd nor command line"));
    w->s.log_len = 0;
    w->in.initrd.data = NULL;
    w->c.has_load_address = true;
    assert_int_equal(world_load(w), 0);
    assert_true(scripted_logged(&w->s, "image: load_address and entry are for raw images; this one brings its own"));
}

static void an_elf_linked_at_2_gib(void **state) {
    elf_make(file, true, WORLD_HIGH, 0);
    assert_int_equal(world_top(w), WORLD_HIGH + 0x3000);
    assert_int_equal(world_load(w), 0);
    assert_int_equal(w->image.entry, WORLD_HIGH + 0x10);
    assert_int_equal(w->high[0x10], file[ELF_CODE + 0x10]);
    assert_true(world_identity(w, x86_start_of(&w->image).cr3, WORLD_HIGH, 2 * MiB));
    w->t.e820s = 3; // the same machine without that RAM
    assert_int_equal(world_load(w), ERR_RANGE);
    assert_true(scripted_logged(&w->s, "ELF segment 0: 0x80000000..0x800000ff is not all RAM; the guest's RAM is 0..0x9fbff, "
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
    refused(ERR_UNSUPPORTED, "machine 183 (arm64) in class ELF64; right is 62 (x86-64) in ELF64 or 3 (386) in ELF32");
    st16(file + 18, 243);
    refused(ERR_UNSUPPORTED, "machine 243 (riscv) in class ELF64");
    st16(file + 18, 8); // MIPS
    refused(ERR_UNSUPPORTED, "machine 8 (another architecture) in class ELF64");
    st16(file + 18, 3); // 386 in ELF64
    refused(ERR_UNSUPPORTED, "machine 3 (x86) in class ELF64");
    elf_make(file, false, 0x200000, 0);
    st16(file + 18, 62);
    refused(ERR_UNSUPPORTED, "machine 62 (x86) in class ELF32");
    st16(file + 54, 55);
    refused(ERR_CORRUPT, "the size of a program header is 0x37; right is 56");
    elf_make(file, false, 0x200000, 0);
    st16(file + 42, 56);
    refused(ERR_CORRUPT, "the size of a program header is 0x38; right is 32");
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
    st64(file + 24, 0x1fffff);
    refused(ERR_CORRUPT, "the entry point is 0x1fffff; right is inside one of its segments");
    elf_make(file, false, 0x200000, 0);
    st32(file + 24, 0x202080 + 0xf80);
    refused(ERR_CORRUPT, "the entry point is 0x203000");
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

// Each segment is a claim on RAM, and there is a most of these.
static void as_many_segments_as_there_may_be(void **state) {
    static u8 many[64 + 33 * 56];
    elf_make(file, true, 0x200000, 0);
    memcpy(many, file, 64);
    for (unsigned i = 0; i < 33; i++) {
        u8 *h = many + 64 + 56 * i;
        memcpy(h, elf_header(file, 0), 56);
        st64(h + 8, 0), st64(h + 24, 0x200000 + 0x1000 * i);
    }
    give(many, sizeof many);
    st16(many + 56, 33);
    expect_refusal(ERR_UNSUPPORTED, "the number of segments to load is 0x21; right is at most 32");
    st16(many + 56, 32);
    assert_int_equal(world_load(w), 0);
    st16(many + 56, 33), st32(many + 64 + 56 * 20, 6); // PT_PHDR
    assert_int_equal(world_load(w), 0);
    st16(many + 56, 257);
    expect_refusal(ERR_UNSUPPORTED, "the number of program headers is 0x101; right is at most 256");
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
    const struct image *m = &w->image;
    const struct x86_start s = x86_start_of(m);
    assert_int_equal(m->kind, IMAGE_PVH);
    assert_int_equal(s.mode, START_PROTECTED);
    assert_int_equal(m->entry, 0x200020);
    u8 *info = world_at(w, s.rbx);
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
    put_note(0x1fffff, 4);
    refused(ERR_CORRUPT, "PVH: the entry point 0x1fffff lies outside the image's segments or above 4 GiB");
    elf_make(file, true, 0x100200000, 0);
    put_note(0x200020, 8), st32(file + 0x180 + 24 + 20, 1); // 0x100200020: in a segment, but not in 32 bits
    refused(ERR_CORRUPT, "PVH: the entry point 0x100200020 lies outside the image's segments or above 4 GiB");
    put_note(0x200020, 4), st32(file + 0x180, 0xfffffffd); // the first note's name
    refused(ERR_CORRUPT, "the size of a note is 0x5; right is inside its segment");
    put_note(0x200020, 4), st64(elf_header(file, 2) + 8, sizeof file - 0x3f);
    refused(ERR_TRUNCATED, "program header 2: the size in the file");
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

// gABI, "Note Section": a note is told by its owner's name, whose size counts the NUL, and its type.
static void notes_that_are_not_pvh_s(void **state) {
    u8 *n = file + 0x180 + 24;
    for (unsigned i = 0; i < 4; i++) {
        put_note(0x200020, 4);
        if (i == 0) st32(n + 8, 17);                         // another type
        if (i == 1) n[14] = 'm';                             // another owner
        if (i == 2) st32(n, 3);                              // a name without its NUL
        if (i == 3) st64(elf_header(file, 2) + 32, 24 + 11); // cut in the head of the second note: what is left is padding
        assert_int_equal(world_load(w), 0);
        assert_int_equal(w->image.kind, IMAGE_ELF64);
    }
}

// A PVH guest needs no initrd; xen/include/public/arch-x86/hvm/start_info.h: nr_modules 0.
static void a_pvh_guest_without_modules(void **state) {
    put_note(0x200020, 8);
    assert_int_equal(world_load(w), 0);
    assert_int_equal(ld32(world_at(w, x86_start_of(&w->image).rbx) + 12), 0);
    many_ranges(129);
    expect_refusal(ERR_RANGE, "PVH: the memory map has 129 entries; 128 are supported");
    many_ranges(128);
    assert_int_equal(world_load(w), 0);
    assert_int_equal(ld32(world_at(w, x86_start_of(&w->image).rbx) + 48), 128);
}

int main(void) {
    const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, setup, loader_rig_free)
        T(an_elf64_starts_in_long_mode),
        T(an_elf32_starts_flat),
        T(a_movable_elf_is_loaded_where_it_says),
        T(segments_without_bytes_and_out_of_order),
        T(what_a_plain_elf_does_not_take),
        T(an_elf_linked_at_2_gib),
        T(a_higher_half_entry_becomes_physical),
        T(lying_headers),
        T(lying_segments),
        T(as_many_segments_as_there_may_be),
        T(a_pvh_note_is_followed),
        T(broken_pvh_notes),
        T(notes_without_end),
        T(notes_that_are_not_pvh_s),
        T(a_pvh_guest_without_modules),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
