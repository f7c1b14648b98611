// SPDX-License-Identifier: MIT
// boot/disc.c against ECMA-119: a small disc, written here field by field, and the same with one of them wrong. What xorriso makes of the
// same standard tests/boot/stick reads; tests/fuzz/fuzz_search.c tries any bytes.
#include "../../../boot/disc.c"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

// Sectors: 16 primary, 17 Joliet, 18 end, 20 root, 21 a folder, 22 Joliet's root, 24... a file's bytes
enum { SECTORS = 32, ROOT = 20, INNER = 21, WIDE = 22, DATA = 24 };

static u8 image[SECTORS * DISC_SECTOR];
static unsigned end[SECTORS]; // of the records in a sector
static u64 unreadable;

static bool read_image(struct disc *d, u64 sector, void *data) {
    assert_true(sector < SECTORS);
    memcpy(data, image + sector * DISC_SECTOR, DISC_SECTOR);
    return sector != unreadable;
}

static u8 *record(u8 *at, u32 sector, u32 size, u8 flags, const char *name, size_t length) {
    at[0] = (u8)(34 + (length & ~1u));
    st32(at + 2, sector);
    st32(at + 10, size);
    at[25] = flags;
    at[32] = (u8)length;
    memcpy(at + 33, name, length);
    return at;
}

static u8 *entry(unsigned folder, u32 sector, u32 size, u8 flags, const char *name, size_t length) {
    u8 *at = record(image + folder * DISC_SECTOR + end[folder], sector, size, flags, name, length);
    end[folder] += at[0];
    return at;
}
#define ENTRY(folder, sector, size, flags, name) entry(folder, sector, size, flags, name, sizeof name - 1)

static void descriptor(unsigned sector, u8 type, u32 root) {
    u8 *v = image + sector * DISC_SECTOR;
    v[0] = type;
    memcpy(v + 1, "CD001", 5);
    memcpy(v + 40, "LABEL                           ", 32);
    st16(v + 128, DISC_SECTOR);
    record(v + 156, root, DISC_SECTOR, FOLDER, "\0", 1);
}

static int fresh(void **state) {
    memset(image, 0, sizeof image);
    memset(end, 0, sizeof end);
    unreadable = 0;
    descriptor(16, PRIMARY, ROOT);
    descriptor(17, DESCRIPTORS_END, ROOT);
    ENTRY(ROOT, ROOT, DISC_SECTOR, FOLDER, "\0");
    ENTRY(ROOT, ROOT, DISC_SECTOR, FOLDER, "\1");
    ENTRY(ROOT, DATA, 3000, 0, "GUEST.BIN;1");
    ENTRY(ROOT, INNER, DISC_SECTOR, FOLDER, "INNER");
    ENTRY(ROOT, DATA, 0, HIDDEN, "DOT.;1");
    ENTRY(INNER, DATA + 1, 1, 0, "X");
    return 0;
}

static struct disc opened(void) {
    struct disc d = {.read = read_image, .sectors = SECTORS};
    assert_true(disc_open(&d));
    return d;
}

static void joliet(void) {
    descriptor(17, SUPPLEMENTARY, WIDE);
    memcpy(image + 17 * DISC_SECTOR + 88, "%/E", 3);
    memcpy(image + 17 * DISC_SECTOR + 40, "\0W\0i\0d\0e\0 \0 \0\0", 14);
    descriptor(18, DESCRIPTORS_END, ROOT);
    ENTRY(WIDE, DATA, 3000, 0, "\0g\0.\0 \x20\xac\0;\0001");
}

// '/' here for '\\' there.
static int find(struct disc *d, const char *path, struct disc_node *out) {
    u16 wide[64] = {0};
    for (unsigned i = 0; path[i]; i++) wide[i] = path[i] == '/' ? '\\' : (u8)path[i];
    return disc_find(d, wide, out);
}

static void files_are_found(void **state) {
    struct disc d = opened();
    struct disc_node n;
    assert_false(d.joliet);
    assert_memory_equal(d.label, u"LABEL", 12);
    assert_int_equal(find(&d, "/guest.bin", &n), 0);
    assert_true(n.at == DATA * DISC_SECTOR && n.size == 3000 && !n.folder && !n.hidden);
    assert_memory_equal(n.name, u"GUEST.BIN", 20);
    assert_int_equal(find(&d, "//inner/x", &n), 0);
    assert_true(n.at == (DATA + 1) * DISC_SECTOR && n.size == 1);
    assert_int_equal(find(&d, "/INNER/", &n), 0);
    assert_true(n.folder);
    assert_int_equal(find(&d, "dot", &n), 0);
    assert_true(n.hidden && n.at == DATA * DISC_SECTOR && !n.size);
    assert_int_equal(find(&d, "/", &n), 0);
    assert_int_equal(n.at, ROOT * DISC_SECTOR);
    const char *absent[] = {"/guest.bi", "/guest.binn", "/guest.bin/x", "/inner/guest.bin", "/x"};
    for (unsigned i = 0; i < 5; i++) assert_int_equal(find(&d, absent[i], &n), ERR_NOT_FOUND);
}

static void joliet_goes_first(void **state) {
    joliet();
    struct disc d = opened();
    struct disc_node n;
    u64 at = 0;
    assert_true(d.joliet);
    assert_memory_equal(d.label, u"Wide", 10);
    assert_int_equal(disc_next(&d, &d.root, &at, &n), 1);
    assert_memory_equal(n.name, u"g. €", 10);
    assert_int_equal(disc_next(&d, &d.root, &at, &n), 0);
    st16(image + 17 * DISC_SECTOR + 128, 512); // one that cannot be used
    d = opened();
    assert_false(d.joliet);
    assert_int_equal(find(&d, "guest.bin", &n), 0);
}

// A folder of two sectors: no record crosses from one to the other.
static void folder_of_two_sectors(void **state) {
    image[16 * DISC_SECTOR + 156 + 10 + 1] = 2 * DISC_SECTOR >> 8;
    ENTRY(ROOT + 1, DATA, 7, 0, "LAST"); // behind X
    struct disc d = opened();
    struct disc_node n;
    assert_int_equal(find(&d, "last", &n), 0);
    assert_int_equal(n.size, 7);
}

static void large_file_in_pieces(void **state) {
    ENTRY(ROOT, DATA, 2 * DISC_SECTOR, MORE_EXTENTS, "BIG");
    u8 *second = ENTRY(ROOT, DATA + 2, DISC_SECTOR, MORE_EXTENTS, "BIG");
    ENTRY(ROOT, DATA + 3, 5, 0, "BIG");
    ENTRY(ROOT, DATA, 1, 0, "NEXT");
    struct disc d = opened();
    struct disc_node n;
    assert_int_equal(find(&d, "big", &n), 0);
    assert_true(n.at == DATA * DISC_SECTOR && n.size == 3 * DISC_SECTOR + 5);
    st32(second + 2, DATA + 4);
    d = opened();
    assert_int_equal(find(&d, "big", &n), ERR_UNSUPPORTED);
    assert_int_equal(find(&d, "next", &n), 0);
}

static void pieces_without_an_end(void **state) {
    ENTRY(ROOT, DATA, DISC_SECTOR, MORE_EXTENTS, "BIG");
    struct disc d = opened();
    struct disc_node n;
    assert_int_equal(find(&d, "big", &n), ERR_CORRUPT);
}

static void no_disc(void **state) {
    static const struct {
        unsigned at;
        u8 value;
    } wrong[] = {{1, 'D'}, {0, 3}, {129, 4}, {156 + 25, 0}, {156 + 3, 1}, {156 + 13, 1}};
    for (unsigned i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        fresh(state);
        image[16 * DISC_SECTOR + wrong[i].at] = wrong[i].value;
        struct disc d = {.read = read_image, .sectors = SECTORS};
        assert_false(disc_open(&d));
    }
    fresh(state);
    struct disc small = {.read = read_image, .sectors = 16}, broken = {.read = read_image, .sectors = SECTORS};
    assert_false(disc_open(&small));
    unreadable = 16;
    assert_false(disc_open(&broken));
}

static void damaged_folders(void **state) {
    // A length that is too short or passes the sector's end, a name that is longer than its record or empty, bytes behind the disc's end.
    static const struct {
        unsigned at;
        u8 value;
    } wrong[] = {{0, 33}, {0, 255}, {32, 200}, {32, 0}, {3, 1}, {13, 1}};
    for (unsigned i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        fresh(state);
        while (end[ROOT] < DISC_SECTOR - 100) ENTRY(ROOT, DATA, 1, 0, "FILLER");
        u8 *last = ENTRY(ROOT, DATA, 1, 0, "LAST");
        struct disc_node n;
        struct disc d = opened();
        assert_int_equal(find(&d, "nothing", &n), ERR_NOT_FOUND);
        last[wrong[i].at] = wrong[i].value;
        d = opened();
        assert_int_equal(find(&d, "nothing", &n), ERR_CORRUPT);
    }
    fresh(state);
    unreadable = ROOT;
    struct disc d = opened();
    struct disc_node n;
    assert_int_equal(find(&d, "guest.bin", &n), ERR_IO);
}

static void folder_larger_than_any(void **state) {
    u8 *inner = ENTRY(ROOT, INNER, DISC_FOLDER_MOST + 1, FOLDER, "HUGE");
    struct disc d = {.read = read_image, .sectors = (u64)1 << 40};
    struct disc_node n;
    assert_true(disc_open(&d));
    assert_int_equal(find(&d, "huge", &n), ERR_CORRUPT);
    st32(inner + 10, DISC_FOLDER_MOST);
    d.held = 0;
    assert_int_equal(find(&d, "huge", &n), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(files_are_found, fresh),       cmocka_unit_test_setup(joliet_goes_first, fresh),
        cmocka_unit_test_setup(folder_of_two_sectors, fresh), cmocka_unit_test_setup(large_file_in_pieces, fresh),
        cmocka_unit_test_setup(pieces_without_an_end, fresh), cmocka_unit_test_setup(no_disc, fresh),
        cmocka_unit_test_setup(damaged_folders, fresh),       cmocka_unit_test_setup(folder_larger_than_any, fresh),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
