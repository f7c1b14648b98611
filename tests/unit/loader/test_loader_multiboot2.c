// SPDX-License-Identifier: MIT
// Multiboot 2: the numbers are its specification's (2.0). Where an image goes, what it is told, and what is refused.
#include "loader_rig.h"

#include "base/le.h"

#include <string.h>

#define HEADER 0x180 // in the file
#define RAW_HEADER 0x40
enum { REQUEST = 1, ADDRESS, ENTRY, CONSOLE, FRAMEBUFFER, ALIGN, EFI_BS, EFI32, EFI64, RELOCATABLE };

static u8 file[ELF_FILE_SIZE], raw[3000], module[100];
static u32 used; // of the header, in the image `header`
static u8 *header;

static void put_header(u8 *at) {
    header = at, used = 16;
    st32(header, 0xe85250d6), st32(header + 4, 0);
}

static void put_tag(u16 type, u16 flags, const u32 *values, u32 count) {
    u8 *t = header + used;
    st16(t, type), st16(t + 2, flags), st32(t + 4, 8 + 4 * count);
    for (u32 i = 0; i < count; i++) st32(t + 8 + 4 * i, values[i]);
    used += (8 + 4 * count + 7) & ~7u;
}
#define TAG(type, flags, ...) put_tag(type, flags, (const u32[]){__VA_ARGS__}, sizeof(const u32[]){__VA_ARGS__} / 4)

static void end_header(void) {
    put_tag(0, 0, NULL, 0);
    st32(header + 8, used), st32(header + 12, -(0xe85250d6 + used));
}

static void give(u8 *bytes, u64 size) { w->in.kernel = (struct blob){"image", bytes, size}; }

static void elf_again(bool is64, u64 at) {
    elf_make(file, is64, at, 0);
    put_header(file + HEADER);
    give(file, sizeof file);
}

static void raw_again(u32 head, u32 load, u32 load_end, u32 bss_end, u32 entry) {
    memset(raw, 0xee, sizeof raw);
    give(raw, sizeof raw);
    put_header(raw + RAW_HEADER);
    TAG(ADDRESS, 0, head, load, load_end, bss_end);
    TAG(ENTRY, 0, entry);
}

static int setup(void **state) {
    loader_rig_new(state);
    memset(module, 0x66, sizeof module);
    elf_again(false, 0x200000);
    return 0;
}

// 3.4: the tag of this type, the nth one; NULL when there is none. Tags end where the size says and are 8-byte aligned.
static u8 *told(u32 type, unsigned n) {
    u8 *info = world_at(w, x86_start_of(&w->image).rbx);
    assert_int_equal(x86_start_of(&w->image).rbx % 8, 0);
    for (u32 at = 8, size = ld32(info); at < size; at += (ld32(info + at + 4) + 7) & ~7u) {
        assert_true(ld32(info + at + 4) >= 8);
        if (ld32(info + at) == type && !n--) return info + at;
        if (ld32(info + at) == 0) {
            assert_int_equal(at + 8, size);
            return NULL;
        }
    }
    fail_msg("the information has no end");
    return NULL;
}

static void an_elf(void **state) {
    end_header();
    w->in.initrd = (struct blob){"some folder/my initrd", module, sizeof module};
    strcpy(w->c.append, "x=1 y");
    memcpy(world_at(w, 0xe0000), "RSD PTR ", 8);
    *world_at(w, 0xe000f) = 2;
    assert_int_equal(world_load(w), 0);
    assert_int_equal(w->image.kind, IMAGE_MULTIBOOT);
    assert_int_equal(x86_start_of(&w->image).mode, START_PROTECTED);
    assert_int_equal(x86_start_of(&w->image).rax, 0x36d76289);
    assert_int_equal(w->image.entry, 0x200010);
    assert_memory_equal(world_at(w, 0x200000), file + ELF_CODE, 0x100);
    assert_string_equal((char *)told(1, 0) + 8, "image x=1 y");
    assert_string_equal((char *)told(2, 0) + 8, "softmetal");
    u8 *m = told(3, 0);
    assert_int_equal(ld32(m + 12) - ld32(m + 8), sizeof module);
    assert_int_equal(ld32(m + 8) % 4096, 0);
    assert_memory_equal(world_at(w, ld32(m + 8)), module, sizeof module);
    assert_string_equal((char *)m + 16, "my_initrd");
    assert_null(told(3, 1));
    assert_int_equal(ld32(told(4, 0) + 8), 0x9fc00 / 1024);
    assert_int_equal(ld32(told(4, 0) + 12), (WORLD_RAM - MiB) / 1024);
    u8 *map = told(6, 0);
    assert_int_equal(ld32(map + 4), 16 + 4 * 24);
    assert_int_equal(ld32(map + 8), 24);
    assert_int_equal(ld32(map + 12), 0);
    for (unsigned i = 0; i < 4; i++) {
        assert_int_equal(ld64(map + 16 + 24 * i), w->map[i].start);
        assert_int_equal(ld64(map + 24 + 24 * i), w->map[i].size);
        assert_int_equal(ld32(map + 32 + 24 * i), w->map[i].type);
    }
    assert_int_equal(ld32(told(14, 0) + 4), 8 + 20);
    assert_memory_equal(told(14, 0) + 8, "RSD PTR ", 8);
    assert_int_equal(ld32(told(15, 0) + 4), 8 + 36);
    assert_null(told(9, 0));  // it has no sections
    assert_null(told(21, 0)); // it cannot be moved
    *world_at(w, 0xe000f) = 0;
    elf_again(true, 0x300000);
    end_header();
    assert_int_equal(world_load(w), 0);
    assert_int_equal(x86_start_of(&w->image).mode, START_PROTECTED); // an ELF64, too
    assert_int_equal(w->image.entry, 0x300010);
    assert_null(told(15, 0));
}

static void an_image_with_addresses(void **state) {
    raw_again(0x200020, 0x200000, 0x200400, 0x201000, 0x200100);
    end_header();
    assert_int_equal(world_top(w), 0x201000);
    assert_int_equal(world_load(w), 0);
    assert_int_equal(w->image.entry, 0x200100);
    assert_memory_equal(world_at(w, 0x200000), raw + 0x20, 0x400);
    assert_int_equal(*world_at(w, 0x200400), 0);
    raw_again(0x300040, 0xffffffff, 0, 0, 0x300000); // the whole file
    end_header();
    assert_int_equal(world_load(w), 0);
    assert_memory_equal(world_at(w, 0x300000), raw, sizeof raw);
}

// 3.1.10: the image's place of choice, in its limits, and the base it is told.
static void images_that_can_be_moved(void **state) {
    static const struct {
        u32 min, max, align, preference;
        gpa_t at;
    } cases[] = {
        {0x200000, 0xffffffff, 0x1000, 0, 0x200000},
        {0x200000, 0xffffffff, 0x1000, 1, 0x200000},
        {0x400000, 0xffffffff, 0x200000, 1, 0x400000},
        {0x300000, 0xffffffff, 0x200000, 0, 0x400000}, // linked below the lowest place
        {0x100000, 0x3ffffff, 0x200000, 2, 0x3e00000},
        {0x100000, 0x2ffffff, 0x1000, 2, 0x2ffd000},
    };
    for (unsigned i = 0; i < countof(cases); i++) {
        elf_again(false, 0x200000);
        TAG(RELOCATABLE, 0, cases[i].min, cases[i].max, cases[i].align, cases[i].preference);
        end_header();
        assert_int_equal(world_load(w), 0);
        assert_int_equal(w->image.entry, cases[i].at + 0x10);
        assert_memory_equal(world_at(w, cases[i].at), file + ELF_CODE, 0x100);
        assert_memory_equal(world_at(w, cases[i].at + 0x2000), file + ELF_CODE + 0x100, 0x80);
        assert_int_equal(ld32(told(21, 0) + 8), cases[i].at);
    }
    elf_again(false, 0x90000000); // no RAM is there
    TAG(RELOCATABLE, 0, 0x100000, 0xffffffff, 0x1000, 0);
    end_header();
    assert_int_equal(world_load(w), 0);
    assert_int_equal(w->image.entry, 0x100010);
    raw_again(0x200040, 0x200000, 0, 0, 0x200200);
    TAG(RELOCATABLE, 0, 0x500000, 0x5fffff, 0x1000, 1);
    end_header();
    assert_int_equal(world_load(w), 0);
    assert_int_equal(w->image.entry, 0x500200);
    assert_memory_equal(world_at(w, 0x500000), raw, sizeof raw);
}

// What it may ask for and need not get, and what only an EFI machine gives.
static void requests(void **state) {
    TAG(REQUEST, 0, 1, 3, 4, 6, 8, 12, 17, 21);
    TAG(REQUEST, 1, 22, 1000);
    TAG(CONSOLE, 0, 3);
    TAG(FRAMEBUFFER, 1, 1024, 768, 32);
    put_tag(ALIGN, 0, NULL, 0);
    put_tag(EFI_BS, 0, NULL, 0);
    TAG(EFI32, 0, 0x1234);
    TAG(EFI64, 0, 0x1234);
    TAG(77, 1, 5, 6, 7);
    TAG(ENTRY, 0, 0x200020);
    end_header();
    assert_int_equal(world_load(w), 0);
    assert_int_equal(w->image.entry, 0x200020);
    assert_true(scripted_logged(&w->s, "image: Multiboot 2: it wants a screen; there is none"));
    assert_null(told(8, 0));
    assert_null(told(12, 0));
}

// Section headers at the file's end: none, symbols that no segment holds, and a section with an address.
static void sections(void **state) {
    static u8 large[ELF_FILE_SIZE + 64 + 3 * 40];
    u8 *h = large + ELF_FILE_SIZE + 64;
    end_header();
    memcpy(large, file, sizeof file);
    memcpy(large + ELF_FILE_SIZE, "symbols", 8);
    st32(large + 32, ELF_FILE_SIZE + 64), st16(large + 46, 40), st16(large + 48, 3), st16(large + 50, 1);
    st32(h + 40 + 4, 3), st32(h + 40 + 16, ELF_FILE_SIZE), st32(h + 40 + 20, 8);
    st32(h + 80 + 4, 1), st32(h + 80 + 12, 0x200000), st32(h + 80 + 16, ELF_CODE), st32(h + 80 + 20, 0x100);
    give(large, sizeof large);
    assert_int_equal(world_load(w), 0);
    u8 *t = told(9, 0);
    assert_int_equal(ld32(t + 8), 3);
    assert_int_equal(ld32(t + 12), 40);
    assert_int_equal(ld32(t + 16), 1);
    assert_string_equal((char *)world_at(w, ld32(t + 20 + 40 + 12)), "symbols");
    assert_int_equal(ld32(t + 20 + 80 + 12), 0x200000);
    // Multiboot 1: 3.3, flag 5
    st32(large + 0x110, 0x1badb002), st32(large + 0x118, -0x1badb002u);
    assert_int_equal(world_load(w), 0);
    assert_int_equal(x86_start_of(&w->image).rax, 0x2badb002); // the first goes before the second
    u8 *info = world_at(w, x86_start_of(&w->image).rbx);
    assert_true(ld32(info) & 1 << 5);
    assert_int_equal(ld32(info + 28), 3);
    assert_int_equal(ld32(info + 40), 1);
    assert_string_equal((char *)world_at(w, ld32(world_at(w, ld32(info + 36)) + 40 + 12)), "symbols");
    for (unsigned i = 0; i < 3; i++)
        st32(h + 40 * i + 4, 1), st32(h + 40 * i + 12, 0), st32(h + 40 * i + 16, 0), st32(h + 40 * i + 20, sizeof large);
    assert_int_equal(world_load(w), 0);
    assert_true(scripted_logged(&w->s, "ELF: its sections overlap"));
}

// 3.1: 8-byte aligned, wholly in the first 32768 bytes.
static void where_a_header_may_be(void **state) {
    static u8 large[32768 + 128];
    for (unsigned at = 32704; at <= 32752; at += 4) {
        memset(large, 0, sizeof large);
        give(large, sizeof large);
        put_header(large + at);
        TAG(ADDRESS, 0, 0x200000 + at, 0x200000, 0, 0);
        TAG(ENTRY, 0, 0x200000);
        end_header(); // 64 bytes
        int right = at % 8 ? ERR_INVALID : at <= 32704 ? 0 : ERR_CORRUPT;
        assert_int_equal(world_load(w), right);
    }
}

static void refused(int error, const char *message) {
    end_header();
    expect_refusal(error, message);
    elf_again(false, 0x200000);
}

static void headers_that_lie(void **state) {
    TAG(REQUEST, 0, 1, 22);
    refused(ERR_UNSUPPORTED, "Multiboot 2: at byte 0x19c: it wants information of type 22; right is at most 21");
    TAG(77, 0, 1);
    refused(ERR_UNSUPPORTED, "Multiboot 2: at byte 0x190: header tag 77 is not known, and not optional");
    TAG(ENTRY, 0, 0x100000);
    refused(ERR_CORRUPT, "Multiboot: entry_addr is 0x100000; right is inside one of its segments");
    put_tag(ENTRY, 0, NULL, 0);
    refused(ERR_CORRUPT, "header tag 3 is too short");
    TAG(RELOCATABLE, 0, 0, 0xffffffff, 3, 0);
    refused(ERR_CORRUPT, "header tag 10 has an alignment that is no power of two");
    TAG(RELOCATABLE, 0, 0, 0xfffff, 0x100000, 0);
    refused(ERR_NO_MEMORY, "Multiboot image: no room for 12 KiB");
    TAG(ENTRY, 0, 0x200000);
    st32(header + 16 + 4, 7);
    refused(ERR_CORRUPT, "header tag 3 does not end inside the header");
    TAG(ENTRY, 0, 0x200000);
    st32(header + 16 + 4, 0xfffffff8);
    refused(ERR_CORRUPT, "header tag 3 does not end inside the header");
    TAG(ADDRESS, 0, 0x200000, 0x200000, 0, 0);
    refused(ERR_CORRUPT, "the number of entry address tags is 0");
    end_header();
    st32(header + 8, 16), st32(header + 12, -(0xe85250d6 + 16));
    expect_refusal(ERR_CORRUPT, "the header's length is 0x10");
    st32(header + 8, 0x80000000), st32(header + 12, -(0xe85250d6 + 0x80000000));
    expect_refusal(ERR_CORRUPT, "the header's length is 0x80000000");
    memset(raw, 0, sizeof raw);
    give(raw, sizeof raw);
    put_header(raw + RAW_HEADER);
    end_header();
    expect_refusal(ERR_CORRUPT, "the number of address tags is 0; right is 1, since it is no ELF");
    raw_again(0x200040, 0x200000, 0x1fffff, 0, 0x200000);
    end_header();
    expect_refusal(ERR_CORRUPT, "load_end_addr");
    raw_again(0x200040, 0x90000000, 0, 0, 0x90000000);
    end_header();
    expect_refusal(ERR_CORRUPT, "load_addr is 0x90000000; right is at most header_addr");
    st32(raw + RAW_HEADER + 4, 4); // MIPS
    expect_refusal(ERR_INVALID, "neither ISO 9660");
    elf_again(true, 0x100200000);
    end_header();
    expect_refusal(ERR_CORRUPT, "the entry point is 0x100200010; right is below 4 GiB");
}

// Before the guest's RAM is there, room is checked and nothing written; and nothing is unpacked.
static void a_dry_run(void **state) {
    static u8 packed[] = {0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 0xff};
    TAG(RELOCATABLE, 0, 0x100000, 0xffffffff, 0x1000, 2);
    end_header();
    w->in.initrd = (struct blob){"initrd", packed, sizeof packed};
    w->t.bus = NULL;
    assert_int_equal(world_load(w), 0);
    w->in.initrd = (struct blob){"initrd", module, sizeof module};
    w->t.e820s = 1;
    assert_int_equal(world_load(w), ERR_NO_MEMORY);
    give(packed, sizeof packed);
    assert_int_equal(world_load(w), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, setup, loader_rig_free)
        T(an_elf),   T(an_image_with_addresses), T(images_that_can_be_moved), T(requests),
        T(sections), T(where_a_header_may_be),   T(headers_that_lie),         T(a_dry_run),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
