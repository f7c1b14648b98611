// SPDX-License-Identifier: MIT
// ISO 9660: names of all three kinds, broken images.
#define _GNU_SOURCE // memmem
#include "base/le.h"
#include "loader/iso9660.h"
#include "loader_rig.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SECTOR 2048
#define LONG_NAME "a-very-long-name-that-does-not-fit-into-one-name-entry-of-forty-bytes.txt"

static u8 kernel[BZIMAGE_SIZE];

static int setup(void **state) {
    loader_rig_new(state);
    bzimage_make(kernel);
    return 0;
}

static int open_iso(struct iso *iso) {
    const struct span s = {"test.iso", image.data, w->in.kernel.size};
    return iso_open(iso, &w->s.plat, &s);
}

static const struct iso_file some_files[] = {
    {"/hello.txt", "hello", 0},
    {"/folder/deep/" LONG_NAME, "long", 0},
    {"/folder/Mixed.Case", "mixed", 0},
    {"/folder/noext", "noext", 0},
};

static void expect_file(struct iso *iso, const char *path, const char *text) {
    struct span f;
    assert_int_equal(iso_find(iso, path, &f), 0);
    assert_int_equal(f.size, strlen(text));
    assert_memory_equal(f.data, text, f.size);
}

static void files_are_found_by_every_kind_of_name(void **state) {
    static const enum iso_names names[] = {ISO_NAMES_PLAIN, ISO_NAMES_ROCK_RIDGE, ISO_NAMES_JOLIET, ISO_NAMES_ROCK_RIDGE};
    for (unsigned kinds = 0; kinds < 4; kinds++) {
        struct iso iso;
        struct span f;
        give_iso(some_files, countof(some_files), kinds);
        assert_int_equal(open_iso(&iso), 0);
        assert_int_equal(iso.names, names[kinds]);
        expect_file(&iso, "/hello.txt", "hello");
        expect_file(&iso, "HELLO.TXT", "hello");
        expect_file(&iso, "//folder/./mixed.case", "mixed");
        expect_file(&iso, "/folder/noext", "noext");
        if (kinds) expect_file(&iso, "/folder/deep/" LONG_NAME, "long");
        const char *absent[] = {"/hello.tx", "/hello.txtx", "/folder", "/folder/", "/", "", "/hello.txt/x", "/folder/deep/.."};
        for (unsigned i = 0; i < countof(absent); i++) assert_int_equal(iso_find(&iso, absent[i], &f), ERR_NOT_FOUND);
        assert_int_equal(w->s.log_len, 0);
    }
}

static void a_folder_of_several_sectors(void **state) {
    static struct iso_file files[40];
    static char names[40][64];
    for (unsigned i = 0; i < 40; i++) {
        snprintf(names[i], sizeof names[i], "/file-with-a-name-of-some-length-%02u", i);
        files[i] = (struct iso_file){names[i], names[i], 0};
    }
    struct iso iso;
    give_iso(files, 26, ISO_ROCK_RIDGE);
    assert_int_equal(open_iso(&iso), 0);
    for (unsigned i = 0; i < 26; i++) expect_file(&iso, names[i], names[i]);
}

static void broken(int error, const char *message) {
    struct iso iso;
    struct span f;
    w->s.log_len = 0;
    int e = open_iso(&iso);
    if (!e) e = iso_find(&iso, "/folder/noext", &f);
    assert_int_equal(e, error);
    if (!scripted_logged(&w->s, message)) fail_msg("not \"%s\" but: %s", message, w->s.log);
    give_iso(some_files, countof(some_files), 0);
}

static void broken_volume_descriptors(void **state) {
    u8 *primary;
#define BREAK(error, message, change)                                                                                            \
    primary = image.data + 16 * SECTOR;                                                                                          \
    change;                                                                                                                      \
    broken(error, message)
    give_iso(some_files, countof(some_files), 0);
    BREAK(ERR_CORRUPT, "no primary volume descriptor", primary[0] = 2);
    BREAK(ERR_CORRUPT, "list of volume descriptors has no end", primary[SECTOR + 1] = 'X');
    BREAK(ERR_UNSUPPORTED, "logical blocks of 512 bytes", st16(primary + 128, 512));
    BREAK(ERR_TRUNCATED, "it is truncated", st32(primary + 80, 513));
    BREAK(ERR_TRUNCATED, "it is truncated", w->in.kernel.size = 20 * SECTOR);
    BREAK(ERR_CORRUPT, "past the end of the image", st32(primary + 156 + 2, 600));
    BREAK(ERR_CORRUPT, "past the end of the image", st32(primary + 156 + 10, 0xffffffff));
    BREAK(ERR_CORRUPT, "a folder is empty", st32(primary + 156 + 10, 0));
    BREAK(ERR_CORRUPT, "root record", primary[156 + 25] = 0);
    BREAK(ERR_CORRUPT, "root record", primary[156] = 0);
    BREAK(ERR_CORRUPT, "length", primary[156] = 33);
    w->in.kernel.size = 20 * SECTOR; // as the guest, and as the drive's disk
    expect_refusal(ERR_TRUNCATED, "test.iso: ISO 9660: the file has 40960 bytes, but its header says 1048576: it is truncated");
    assert_int_equal(world_top(w), 0);
    w->in.cdrom = w->in.kernel;
    w->in.kernel = (struct blob){"kernel", kernel, sizeof kernel};
    strcpy(w->c.initrd, "cdrom:/hello.txt");
    expect_refusal(ERR_TRUNCATED, "it is truncated");
    w->in.cdrom = (struct blob){"text", (u8 *)kernel, sizeof kernel};
    expect_refusal(ERR_NOT_FOUND, "initrd = cdrom:/hello.txt, but there is no ISO in the CD-ROM drive");
    w->in.cdrom.data = NULL;
    expect_refusal(ERR_NOT_FOUND, "initrd = cdrom:/hello.txt, but there is no ISO in the CD-ROM drive");
}

// ECMA-119 8.1: descriptors of other kinds may stand before, between and behind; of two of a kind the first counts. Joliet 1.1: a
// supplementary descriptor is Joliet's when its escape sequence is one of UCS-2's three levels.
static void which_volume_descriptor_counts(void **state) {
    static const struct {
        const char *escape;
        enum iso_names names;
    } cases[] = {{"%/@", ISO_NAMES_JOLIET}, {"%/C", ISO_NAMES_JOLIET}, {"%/E", ISO_NAMES_JOLIET}, {"%/F", ISO_NAMES_PLAIN},
                 {"%0E", ISO_NAMES_PLAIN},  {"$/E", ISO_NAMES_PLAIN},  {"", ISO_NAMES_PLAIN}};
    for (unsigned i = 0; i < countof(cases); i++) {
        struct iso iso;
        give_iso(some_files, countof(some_files), ISO_JOLIET);
        memset(image.data + 17 * SECTOR + 88, 0, 3);
        memcpy(image.data + 17 * SECTOR + 88, cases[i].escape, strlen(cases[i].escape));
        assert_int_equal(open_iso(&iso), 0);
        assert_int_equal(iso.names, cases[i].names);
        expect_file(&iso, "/hello.txt", "hello");
    }
    // A second pair, and no terminator up to the 64th: sectors 18 on are free for it in an image whose files lie behind them.
    struct iso iso;
    struct iso_image large;
    give_iso(some_files, countof(some_files), ISO_JOLIET);
    large.data = calloc(64 + 16, SECTOR);
    memcpy(large.data, image.data, 18 * SECTOR);
    for (unsigned i = 18; i < 80; i++) memcpy(large.data + i * SECTOR, image.data + (16 + i % 2) * SECTOR, SECTOR);
    for (unsigned i = 18; i < 80; i++) st32(large.data + i * SECTOR + 156 + 2, 0x7fffffff); // their roots are nowhere
    for (unsigned i = 16; i < 80; i++) st32(large.data + i * SECTOR + 80, 80);
    for (unsigned i = 16; i < 18; i++)
        st32(large.data + i * SECTOR + 156 + 2, 0), st32(large.data + i * SECTOR + 156 + 10, SECTOR);
    free(image.data);
    image = (struct iso_image){large.data, 80 * SECTOR};
    w->in.kernel.size = image.size;
    assert_int_equal(open_iso(&iso), 0);
    assert_int_equal(iso.names, ISO_NAMES_JOLIET);
}

// Eight records of 254 bytes, and one of 34 where only 16 are left.
static void fill_sector(u8 *sector) {
    memset(sector, 0, SECTOR);
    for (unsigned i = 0; i <= 8; i++) sector[254 * i] = i < 8 ? 254 : 34;
    for (unsigned i = 0; i < 8; i++) sector[254 * i + 32] = 1;
}

static void broken_directory_records(void **state) {
    u8 *folder;
#undef BREAK
#define BREAK(error, message, change)                                                                                            \
    folder = iso_record(&image, "/folder");                                                                                      \
    change;                                                                                                                      \
    broken(error, message)
    give_iso(some_files, countof(some_files), 0);
    BREAK(ERR_CORRUPT, "at byte", folder[0] = 20);
    BREAK(ERR_CORRUPT, "passes the end of its sector", fill_sector(image.data + ld32(folder + 2) * SECTOR));
    BREAK(ERR_CORRUPT, "name is empty or longer", folder[32] = 0);
    BREAK(ERR_CORRUPT, "name is empty or longer", folder[32] = 200);
    BREAK(ERR_CORRUPT, "past the end of the image", st32(folder + 2, 511));
    BREAK(ERR_CORRUPT, "past the end of the image", st32(folder + 2, 0xffffffff));
    BREAK(ERR_CORRUPT, "past the end of the image", folder[1] = 255; st32(folder + 2, 300));
    BREAK(ERR_CORRUPT, "past the end of the image", st32(iso_record(&image, "/folder/noext") + 10, 0xfffff));
    BREAK(ERR_UNSUPPORTED, "more than one extent", iso_record(&image, "/folder/noext")[25] |= 0x80);
    BREAK(ERR_CORRUPT, "a loop", memcpy(folder + 2, image.data + 16 * SECTOR + 156 + 2, 16)); // the root again
}

static void a_loop_of_folders_ends(void **state) {
    struct iso iso;
    struct span f;
    give_iso(some_files, countof(some_files), 0);
    u8 *folder = iso_record(&image, "/folder"), *deep = iso_record(&image, "/folder/deep");
    memcpy(deep + 2, folder + 2, 16);
    assert_int_equal(open_iso(&iso), 0);
    assert_int_equal(iso_find(&iso, "/folder/deep/deep/deep/noext", &f), ERR_CORRUPT);
    assert_true(scripted_logged(&w->s, "a folder contains one it lies in: a loop"));
}

static void a_path_deeper_than_the_walk(void **state) {
    struct iso iso;
    struct span f;
    const struct iso_file deep[] = {{"/1/2/3/4/5/6/7/8/9/a/b/c/d/e/f/g/h/i", "x", 0}};
    give_iso(deep, 1, 0);
    assert_int_equal(open_iso(&iso), 0);
    assert_int_equal(iso_find(&iso, deep[0].path, &f), ERR_NOT_FOUND);
}

// The first NM or CE entry of the record of LONG_NAME.
static u8 *system_use(const char *signature) {
    u8 *r = iso_record(&image, "/folder/deep/" LONG_NAME);
    if (!r) { // its plain name is cut
        u8 *folder = image.data + ld32(iso_record(&image, "/folder/deep") + 2) * SECTOR;
        r = folder + folder[0];
        r += r[0];
    }
    for (u8 *p = r + 33; p < r + r[0]; p++)
        if (!memcmp(p, signature, 2) && p[3] == 1) return p;
    return NULL;
}

static void rock_ridge_refused(const char *message) {
    struct iso iso;
    struct span f;
    w->s.log_len = 0;
    assert_int_equal(open_iso(&iso), 0);
    assert_int_equal(iso_find(&iso, "/folder/deep/" LONG_NAME, &f), ERR_CORRUPT);
    assert_true(scripted_logged(&w->s, message));
    give_iso(some_files, countof(some_files), ISO_ROCK_RIDGE);
}

static void broken_rock_ridge(void **state) {
    give_iso(some_files, countof(some_files), ISO_ROCK_RIDGE);
    system_use("NM")[2] = 3;
    rock_ridge_refused("shorter than 4 bytes");
    system_use("NM")[2] = 255;
    rock_ridge_refused("passes the end of its area");
    system_use("NM")[2] = 4;
    rock_ridge_refused("Rock Ridge");
    st32(system_use("CE") + 4, 0x7fffffff);
    rock_ridge_refused("continues past the end of the image");
    st32(system_use("CE") + 20, 0xffffffff);
    rock_ridge_refused("continues past the end of the image");
    system_use("CE")[2] = 27;
    rock_ridge_refused("a CE entry is shorter than 28 bytes");
    u8 *more = image.data + ld32(system_use("CE") + 4) * SECTOR; // four names of 60 bytes, behind the 40 that are there
    for (unsigned i = 0; i < 4; i++) memset(more + 65 * i, 'x', 65), memcpy(more + 65 * i, "NM\x41\1\1", 5);
    st32(system_use("CE") + 12, 0), st32(system_use("CE") + 20, 4 * 65);
    rock_ridge_refused("a name has more than 255 bytes");
    u8 *ce = system_use("CE");
    u64 at = (u64)(ce - image.data);
    st32(ce + 4, (u32)(at / SECTOR)), st32(ce + 12, at % SECTOR), st32(ce + 20, 28); // continues in itself
    rock_ridge_refused("a loop");
}

// A continuation of 6 MiB that is read again and again: for each record of a folder it could be.
static void system_use_without_end(void **state) {
    struct iso iso;
    give_iso(some_files, countof(some_files), ISO_ROCK_RIDGE);
    const u32 area = 6 << 20;
    u64 end = image.size, at = (u64)(system_use("CE") - image.data);
    image.data = realloc(image.data, end + area);
    image.size = end + area;
    w->in.kernel = (struct blob){"test.iso", image.data, image.size};
    for (u32 i = 0; i < area; i += 4) memcpy(image.data + end + i, "XX\4\1", 4);
    u8 *last = image.data + end + area - 28;
    memcpy(last, image.data + at, 28);
    for (unsigned i = 0; i < 2; i++) {
        u8 *ce = i ? last : image.data + at;
        st32(ce + 4, (u32)(end / SECTOR)), st32(ce + 12, end % SECTOR), st32(ce + 20, area);
    }
    w->s.log_len = 0;
    assert_int_equal(open_iso(&iso), 0);
    struct span f;
    for (unsigned i = 0; i < 3; i++) { // once tired it stays so: a menu asks often
        assert_int_equal(iso_find(&iso, "/folder/deep/" LONG_NAME, &f), ERR_CORRUPT);
        assert_true(scripted_logged(&w->s, "no end is in sight"));
        assert_int_equal(iso.steps, ISO_STEPS);
    }
}

// SUSP 4.1, 5.1, 5.4: an area ends with its bytes, at up to three of padding, or at an ST entry; the next one is where CE said.
// RRIP 4.1.4: a record without a name there goes by the one that ECMA-119 gave it.
static void where_system_use_ends(void **state) {
    struct iso iso;
    static const char plain[] = "/folder/deep/A-VERY-LONG-NAME-THAT-DOES-NOT-FIT-INTO-ONE-NAME-ENTRY-OF-FO"; // 60 bytes
    for (unsigned i = 0; i < 4; i++) {
        give_iso(some_files, countof(some_files), ISO_ROCK_RIDGE);
        u8 *nm = system_use("NM");
        if (i == 0) memcpy(nm, "XX", 2), memcpy(system_use("CE"), "YY", 2);
        if (i == 1) memcpy(nm - 36, "ST", 2);                            // PX stands before NM
        if (i == 2) memcpy(nm, "XX", 2), st32(system_use("CE") + 20, 3); // an area of nothing but padding
        if (i == 3) memcpy(nm, "XX", 2), image.data[ld32(system_use("CE") + 4) * SECTOR + ld32(system_use("CE") + 12)] = 0;
        assert_int_equal(open_iso(&iso), 0);
        assert_int_equal(iso.names, ISO_NAMES_ROCK_RIDGE);
        expect_file(&iso, plain, "long");
    }
}

// SUSP 5.3: LEN_SKP bytes of each area belong to somebody else; there may be more of them than the record has.
static void skipped_system_use(void **state) {
    struct iso iso;
    give_iso(some_files, countof(some_files), ISO_ROCK_RIDGE);
    u8 *sp = image.data + ld32(image.data + 16 * SECTOR + 156 + 2) * SECTOR + 34;
    assert_memory_equal(sp, "SP", 2);
    sp[6] = 36; // PX
    assert_int_equal(open_iso(&iso), 0);
    expect_file(&iso, "/folder/Mixed.Case", "mixed");
    sp[6] = 255;
    assert_int_equal(open_iso(&iso), 0);
    expect_file(&iso, "/FOLDER/MIXED.CASE", "mixed");
}

// RRIP 4.1.1 (1.09): RR told that the rest is there; 1.12 has no such entry, and every record has PX. SP alone is not Rock Ridge.
static void the_marks_of_rock_ridge(void **state) {
    struct iso iso;
    for (unsigned i = 0; i < 3; i++) {
        give_iso(some_files, countof(some_files), ISO_ROCK_RIDGE);
        u8 *px = image.data + ld32(image.data + 16 * SECTOR + 156 + 2) * SECTOR + 34 + 7;
        assert_memory_equal(px, "PX", 2);
        if (i == 0) memcpy(px, "RR", 2), px[2] = 5, px[5] = 0;
        if (i == 1) memcpy(px, "AA", 2);
        if (i == 2) px[-7 - 34 + 32] = 200; // the record itself is broken
        if (i == 2) {
            assert_int_equal(open_iso(&iso), 0);
            assert_int_equal(iso.names, ISO_NAMES_PLAIN);
            assert_true(scripted_logged(&w->s, "a directory record's name is empty or longer than the record"));
            continue;
        }
        assert_int_equal(open_iso(&iso), 0);
        assert_int_equal(iso.names, i ? ISO_NAMES_PLAIN : ISO_NAMES_ROCK_RIDGE);
    }
}

// Joliet 1.1: UCS-2, big-endian; we ask for names in UTF-8 (RFC 3629: two bytes from U+0080 on, three from U+0800 on).
static void joliet_names_beyond_ascii(void **state) {
    static const struct iso_file files[] = {
        {"/caf?.txt", "two", 0}, {"/k?nji.txt", "three", 0}, {"/123", "digits", 0}, {"/v12", "no version", 0}};
    static const u8 two[] = {0, 'f', 0, '?'}, three[] = {0, 'k', 0, '?'};
    struct iso iso;
    give_iso(files, countof(files), ISO_JOLIET);
    u8 *at = memmem(image.data, image.size, two, sizeof two);
    assert_non_null(at);
    memcpy(at, (const u8[]){0, 'f', 0x00, 0xe9}, 4);
    at = memmem(image.data, image.size, three, sizeof three);
    assert_non_null(at);
    memcpy(at, (const u8[]){0, 'k', 0x6f, 0x22}, 4);
    assert_int_equal(open_iso(&iso), 0);
    expect_file(&iso, "/caf\xc3\xa9.txt", "two");
    expect_file(&iso, "/k\xe6\xbc\xa2nji.txt", "three");
    expect_file(&iso, "/123", "digits");
    expect_file(&iso, "/v12", "no version");
}

// ECMA-119 7.5.1: FILE.EXT;1. The version goes, and a dot with nothing behind it; what only looks like a version does not.
static void versions_of_plain_names(void **state) {
    static const struct {
        const char *plain, *name;
    } cases[] = {{"ABCDEF.;1", "abcdef"},    {"ABCDEFG;1", "abcdefg"},   {"ABC;12345", "abc"},      {"ABC;1234X", "abc;1234x"},
                 {"123456789", "123456789"}, {"ABCDEFGH;", "abcdefgh;"}, {"ABC.12345", "abc.12345"}};
    static const struct iso_file files[] = {{"/nine-78", "text", 0}};
    for (unsigned i = 0; i < countof(cases); i++) {
        struct iso iso;
        give_iso(files, 1, 0);
        u8 *r = iso_record(&image, "/nine-78");
        assert_int_equal(r[32], 9);
        memcpy(r + 33, cases[i].plain, 9);
        assert_int_equal(open_iso(&iso), 0);
        expect_file(&iso, cases[i].name, "text");
    }
}

static void rock_ridge_needs_its_mark(void **state) {
    struct iso iso;
    give_iso(some_files, countof(some_files), ISO_ROCK_RIDGE | ISO_JOLIET);
    u8 *root = image.data + ld32(image.data + 16 * SECTOR + 156 + 2) * SECTOR;
    root[34 + 4] = 0; // SP's check byte
    assert_int_equal(open_iso(&iso), 0);
    assert_int_equal(iso.names, ISO_NAMES_JOLIET);
    expect_file(&iso, "/folder/deep/" LONG_NAME, "long");
}

int main(void) {
    const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, setup, loader_rig_free)
        T(files_are_found_by_every_kind_of_name),
        T(a_folder_of_several_sectors),
        T(broken_volume_descriptors),
        T(which_volume_descriptor_counts),
        T(broken_directory_records),
        T(a_loop_of_folders_ends),
        T(a_path_deeper_than_the_walk),
        T(broken_rock_ridge),
        T(system_use_without_end),
        T(where_system_use_ends),
        T(skipped_system_use),
        T(the_marks_of_rock_ridge),
        T(rock_ridge_needs_its_mark),
        T(joliet_names_beyond_ascii),
        T(versions_of_plain_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
