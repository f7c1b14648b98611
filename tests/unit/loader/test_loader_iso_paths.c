// SPDX-License-Identifier: MIT
// Paths in an ISO as Linux walks them where it is mounted: Rock Ridge's symbolic links and moved folders (RRIP 1.12, 4.1.3 and 4.1.5),
// names that differ in case.
#include "base/le.h"
#include "loader/iso9660.h"
#include "loader_rig.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SECTOR 2048

static u8 kernel[BZIMAGE_SIZE];

static int setup(void **state) {
    loader_rig_new(state);
    bzimage_make(kernel);
    return 0;
}

static void open_these(struct iso *iso, const struct iso_file *files, unsigned count) {
    give_iso(files, count, ISO_ROCK_RIDGE);
    const struct span s = {"test.iso", image.data, w->in.kernel.size};
    assert_int_equal(iso_open(iso, &w->s.plat, &s), 0);
}

static void expect_file(struct iso *iso, const char *path, const char *text) {
    struct span f;
    int e = iso_find(iso, path, &f);
    if (e) fail_msg("%s: %d: %s", path, e, w->s.log);
    assert_int_equal(f.size, strlen(text));
    assert_memory_equal(f.data, text, f.size);
    assert_string_equal(f.name, path);
}

static void expect_error(struct iso *iso, const char *path, int error, const char *message) {
    struct span f;
    w->s.log_len = 0;
    int e = iso_find(iso, path, &f);
    if (e != error) fail_msg("%s: %d", path, e);
    if (message && !scripted_logged(&w->s, message))
        fail_msg("%s: not \"%s\" but %.*s", path, message, (int)w->s.log_len, w->s.log);
    assert_true(message || !w->s.log_len);
}

static const struct iso_file linked[] = {
    {"/boot/vmlinuz-6.12.0-amd64-with-a-long-name", "kernel", 0},
    {"/boot/deep/er/file", "deep", 0},
    {"/vmlinuz", "boot/vmlinuz-6.12.0-amd64-with-a-long-name", ISO_LINK},
    {"/boot/vmlinuz", "/vmlinuz", ISO_LINK},
    {"/boot/here", "./vmlinuz", ISO_LINK},
    {"/boot/deep/up", "../../boot/./deep/er/../er/file", ISO_LINK},
    {"/folder", "boot/deep", ISO_LINK},
    {"/boot/deep/er/root", "/", ISO_LINK},
    {"/slash", "boot/deep/", ISO_LINK},
    {"/a-link-whose-own-name-has-more-than-forty-bytes-and-is-continued", "folder/er/file", ISO_LINK},
    {"/outside", "../../../boot/deep/er/file", ISO_LINK},
    {"/gone", "boot/nothing", ISO_LINK},
    {"/loop", "loop", ISO_LINK},
    {"/one", "two", ISO_LINK},
    {"/two", "boot/../one", ISO_LINK},
    {"/below", "below/x", ISO_LINK},
};

static void symbolic_links(void **state) {
    struct iso iso;
    open_these(&iso, linked, countof(linked));
    expect_file(&iso, "/vmlinuz", "kernel");
    expect_file(&iso, "/boot/vmlinuz", "kernel");
    expect_file(&iso, "boot/here", "kernel"); // through two more
    expect_file(&iso, "/boot/deep/up", "deep");
    expect_file(&iso, "/folder/er/file", "deep");
    expect_file(&iso, "/folder/up", "deep");
    expect_file(&iso, "/folder/er/root/folder/er/root/vmlinuz", "kernel");
    expect_file(&iso, "/slash/er/file", "deep");
    expect_file(&iso, "/a-link-whose-own-name-has-more-than-forty-bytes-and-is-continued", "deep");
    expect_file(&iso, "/outside", "deep");                                           // .. of the root is the root
    expect_file(&iso, "/folder/../vmlinuz-6.12.0-amd64-with-a-long-name", "kernel"); // .. goes up from where the link led
    expect_file(&iso, "/FOLDER/ER/FILE", "deep");
    expect_error(&iso, "/gone", ERR_NOT_FOUND, NULL);
    expect_error(&iso, "/folder", ERR_NOT_FOUND, NULL); // a folder is no file
    expect_error(&iso, "/vmlinuz/x", ERR_NOT_FOUND, NULL);
    expect_error(&iso, "/boot/deep/er/file/", ERR_NOT_FOUND, NULL);
    expect_error(&iso, "/loop", ERR_CORRUPT, "this symbolic link is the 41st on the way to one file: a loop");
    expect_error(&iso, "/one", ERR_CORRUPT, "a loop");
    expect_error(&iso, "/below", ERR_CORRUPT, "a loop");
    bool folder = false;
    assert_int_equal(iso_stat(&iso, "/folder", &folder), 0);
    assert_true(folder);
    assert_int_equal(iso_stat(&iso, "/boot/here", &folder), 0);
    assert_false(folder);
    assert_int_equal(iso_stat(&iso, "/gone", &folder), ERR_NOT_FOUND);
}

// Forty links on one way are followed, as Linux does.
static void a_chain_of_links(void **state) {
    static struct iso_file files[43];
    static char names[42][16], targets[42][16];
    files[0] = (struct iso_file){"/end", "end", 0};
    for (unsigned i = 1; i < 42; i++) {
        snprintf(names[i], 16, "/%c/l%u", "ab"[i % 2], i);
        snprintf(targets[i], 16, "../%c/l%u", "ba"[i % 2], i - 1);
        if (i == 1) strcpy(targets[i], "../end");
        files[i] = (struct iso_file){names[i], targets[i], ISO_LINK};
    }
    struct iso iso;
    open_these(&iso, files, 42);
    expect_file(&iso, "/a/l40", "end");
    expect_error(&iso, "/b/l41", ERR_CORRUPT, "the 41st");
}

// The SL entry of the record at `path`, in the continuation area.
static u8 *sl_of(const char *path) {
    u8 *r = iso_record(&image, path);
    for (u8 *p = r + 33; p < r + r[0]; p++)
        if (!memcmp(p, "CE\x1c\1", 4)) return image.data + ld32(p + 4) * SECTOR + ld32(p + 12);
    return NULL;
}

static void broken_links(void **state) {
    static const struct iso_file files[] = {
        {"/file", "x", 0}, {"/link", "file", ISO_LINK}, {"/long", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", ISO_LINK}};
    struct iso iso;
    open_these(&iso, files, countof(files));
    expect_file(&iso, "/link", "x");
    sl_of("/LINK")[2] = 4;
    expect_error(&iso, "/link", ERR_CORRUPT, "an SL entry is shorter than 5 bytes");
    open_these(&iso, files, countof(files));
    sl_of("/LINK")[6] = 200;
    expect_error(&iso, "/link", ERR_CORRUPT, "a symbolic link's component passes the end of its SL entry");
    open_these(&iso, files, countof(files));
    sl_of("/LINK")[5] = 0x10; // VOLROOT
    expect_error(&iso, "/link", ERR_UNSUPPORTED, "a symbolic link leads out of this ISO");
    open_these(&iso, files, countof(files));
    sl_of("/LINK")[2] = 5; // no component: the link's own folder
    expect_error(&iso, "/link", ERR_NOT_FOUND, NULL);
    char path[1100];
    memset(path, '/', sizeof path), path[1099] = 0;
    expect_error(&iso, path, ERR_NOT_FOUND, NULL);
    snprintf(path, sizeof path, "/long/%01000d", 0); // with the link's target it has no room
    expect_error(&iso, path, ERR_UNSUPPORTED, "with this symbolic link's target a path has more than 1023 bytes");
}

// A target of several kilobytes, in one continuation area.
static void a_target_that_is_too_long(void **state) {
    static const struct iso_file files[] = {{"/file", "x", 0}, {"/link", "file", ISO_LINK}};
    struct iso iso;
    open_these(&iso, files, countof(files));
    u8 *r = iso_record(&image, "/LINK"), *ce = NULL, *area = image.data + 500 * SECTOR;
    for (u8 *p = r + 33; p < r + r[0]; p++)
        if (!memcmp(p, "CE\x1c\1", 4)) ce = p;
    for (unsigned i = 0; i < 5; i++) memcpy(area + 255 * i, "SL\xff\1\1\0\xf8", 7), memset(area + 255 * i + 7, 'a', 248);
    st32(ce + 4, 500), st32(ce + 12, 0), st32(ce + 20, 5 * 255);
    expect_error(&iso, "/link", ERR_UNSUPPORTED, "a symbolic link's target has more than 1023 bytes");
}

// A folder that lay too deep for ISO 9660 stands elsewhere; its record says where, and RE hides the other place.
static void moved_folders(void **state) {
    static const struct iso_file files[] = {
        {"/rr_moved/inner/file", "moved", 0},     {"/rr_moved/inner/up", "../beside", ISO_LINK},
        {"/folder/beside", "beside", 0},          {"/folder/inner", "/rr_moved/inner", ISO_MOVED},
        {"/link", "folder/inner/file", ISO_LINK},
    };
    struct iso iso;
    open_these(&iso, files, countof(files));
    expect_file(&iso, "/folder/inner/file", "moved");
    expect_file(&iso, "/link", "moved");
    expect_file(&iso, "/folder/inner/up", "beside"); // .. is where it was, not where it is
    expect_file(&iso, "/folder/inner/../beside", "beside");
    expect_error(&iso, "/rr_moved/inner/file", ERR_NOT_FOUND, NULL);
    u8 *r = iso_record(&image, "/FOLDER/INNER"), *cl = NULL;
    for (u8 *p = r + 33; p < r + r[0]; p++)
        if (!memcmp(p, "CL\x0c\1", 4)) cl = p;
    assert_non_null(cl);
    u32 at = ld32(cl + 4);
    st32(cl + 4, 0x7fffffff);
    expect_error(&iso, "/folder/inner/file", ERR_CORRUPT, "a relocated folder lies past the end of the image");
    st32(cl + 4, at + 1);
    expect_error(&iso, "/folder/inner/file", ERR_CORRUPT, "where a relocated folder should be there is none");
    st32(cl + 4, ld32(image.data + 16 * SECTOR + 156 + 2));
    expect_error(&iso, "/folder/inner/file", ERR_CORRUPT, "a folder contains one it lies in: a loop");
    st32(cl + 4, at);
    cl[2] = 11;
    expect_error(&iso, "/folder/inner/file", ERR_CORRUPT, "a CL entry is shorter than 12 bytes");
}

static void names_that_differ_in_case(void **state) {
    static const struct iso_file files[] = {
        {"/README", "upper", 0}, {"/readme", "lower", 0}, {"/ReadMe2", "mixed", 0}, {"/Dir/a", "Dir", 0}, {"/dir/a", "dir", 0}};
    struct iso iso;
    open_these(&iso, files, countof(files));
    expect_file(&iso, "/README", "upper");
    expect_file(&iso, "/readme", "lower"); // behind the other in the folder
    expect_file(&iso, "/Readme", "upper"); // the first
    expect_file(&iso, "/README2", "mixed");
    expect_file(&iso, "/dir/a", "dir");
    expect_file(&iso, "/Dir/a", "Dir");
    expect_file(&iso, "/DIR/A", "Dir");
}

static int count_names(void *ctx, const char *name) {
    char *to = ctx;
    snprintf(to + strlen(to), 100, "%s ", name);
    return strcmp(name, "stop") ? 0 : 7;
}

static void lists_of_folders(void **state) {
    static const struct iso_file files[] = {{"/f/b", "1", 0},      {"/f/A", "2", 0},   {"/f/d/x", "3", 0},
                                            {"/l", "f", ISO_LINK}, {"/g/stop", "", 1}, {"/g/x", "", 1}};
    struct iso iso;
    char names[200] = "";
    open_these(&iso, files, countof(files));
    assert_int_equal(iso_list(&iso, "/l", count_names, names), 0);
    assert_string_equal(names, "b A d ");
    assert_int_equal(iso_list(&iso, "/g", count_names, names), 7);
    assert_string_equal(names, "b A d stop ");
    assert_int_equal(iso_list(&iso, "/none", count_names, names), ERR_NOT_FOUND);
    assert_int_equal(iso_list(&iso, "/f/b", count_names, names), ERR_NOT_FOUND);
}

// ECMA-119 8.4.18: the root's record in the descriptor has 34 bytes; some images say more, which lies behind its field.
static void a_root_record_of_68_bytes(void **state) {
    static const struct iso_file files[] = {{"/file", "x", 0}};
    struct iso iso;
    for (unsigned i = 0; i < 2; i++) {
        give_iso(files, 1, i ? ISO_JOLIET : 0);
        image.data[(16 + i) * SECTOR + 156] = 68;
        const struct span s = {"test.iso", image.data, w->in.kernel.size};
        assert_int_equal(iso_open(&iso, &w->s.plat, &s), 0);
        expect_file(&iso, "/file", "x");
    }
}

// Through all of it: menus, and paths behind cdrom:.
static void kernels_behind_links(void **state) {
    const struct iso_file files[] = {
        {"/install.amd/vmlinuz-6.12", kernel, sizeof kernel},
        {"/install.amd/initrd-6.12", "init", 0},
        {"/install.amd/vmlinuz", "vmlinuz-6.12", ISO_LINK},
        {"/boot/initrd.gz", "../install.amd/initrd-6.12", ISO_LINK},
        {"/isolinux", "boot/menus", ISO_LINK},
        {"/boot/menus/isolinux.cfg", "label a\nkernel /install.amd/vmlinuz\nappend initrd=../initrd.gz linked\n", 0},
    };
    for (unsigned i = 0; i < 2; i++) {
        give_iso(files, countof(files), ISO_ROCK_RIDGE);
        if (i) strcpy(w->c.kernel, "cdrom:/install.amd/vmlinuz"), strcpy(w->c.initrd, "cdrom:/boot/initrd.gz");
        if (i) w->in.cdrom = w->in.kernel, w->in.kernel = (struct blob){0};
        w->c.console_serial = false;
        assert_int_equal(world_load(w), 0);
        assert_string_equal(linux_cmdline(), i ? "" : "linked");
        u8 *params = world_at(w, x86_start_of(&w->image).rsi);
        assert_memory_equal(world_at(w, ld32(params + 0x218)), "init", 4);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, setup, loader_rig_free)
        T(symbolic_links),       T(a_chain_of_links),          T(broken_links),     T(a_target_that_is_too_long),
        T(moved_folders),        T(names_that_differ_in_case), T(lists_of_folders), T(a_root_record_of_68_bytes),
        T(kernels_behind_links),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
