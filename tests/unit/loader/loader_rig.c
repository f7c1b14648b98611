// SPDX-License-Identifier: MIT
#include "loader_rig.h"

#include "base/le.h"

#include <stdlib.h>
#include <string.h>
#include <zlib.h>

struct world *w;
struct iso_image image;

int loader_rig_new(void **state) {
    w = world_new();
    image.data = NULL;
    return 0;
}

int loader_rig_free(void **state) {
    world_free(w);
    free(image.data);
    return 0;
}

void give_iso(const struct iso_file *files, unsigned count, unsigned kinds) {
    free(image.data);
    image = iso_make(files, count, kinds);
    w->in.kernel = (struct blob){"test.iso", image.data, image.size};
    w->s.log_len = 0;
}

void expect_load(void) {
    w->s.log_len = 0;
    int e = world_load(w);
    if (e) fail_msg("refused, %d: %.*s", e, (int)w->s.log_len, w->s.log);
}

void expect_linux(gpa_t at, const u8 *kernel, u64 size) {
    assert_int_equal(w->image.kind, IMAGE_LINUX);
    assert_int_equal(w->image.entry, at);
    assert_int_equal(w->image.kernel.start, at);
    assert_memory_equal(world_at(w, at), kernel, size);
}

void expect_refusal(int error, const char *message) {
    w->s.log_len = 0;
    int e = world_load(w);
    if (e != error || !scripted_logged(&w->s, message))
        fail_msg("not %d, \"%s\" but %d, %.*s", error, message, e, (int)w->s.log_len, w->s.log);
}

void expect_claim(const char *name, gpa_t start, u64 size) {
    for (unsigned i = 0; i < w->t.claims; i++) {
        const struct load_claim *c = &w->t.claim[i];
        if (strcmp(c->name, name)) continue;
        assert_int_equal(c->start, start);
        assert_int_equal(c->size, size);
        return;
    }
    fail_msg("%s took no RAM", name);
}

u64 gzip_make(u8 *to, u64 room, const void *bytes, u64 size) {
    z_stream z = {0};
    assert_int_equal(deflateInit2(&z, 9, Z_DEFLATED, 31, 9, Z_DEFAULT_STRATEGY), Z_OK);
    z.next_in = (u8 *)(uintptr_t)bytes, z.avail_in = (uInt)size;
    z.next_out = to, z.avail_out = (uInt)room;
    assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
    u64 n = z.total_out;
    deflateEnd(&z);
    return n;
}

void many_ranges(unsigned n) {
    static struct e820_entry map[129];
    for (unsigned i = 0; i < n; i++) map[i] = (struct e820_entry){i * 0x4000, 0x4000, E820_RAM};
    map[n - 1].size = WORLD_RAM - map[n - 1].start;
    w->t.e820 = map, w->t.e820s = n;
}

const char *linux_cmdline(void) { return (const char *)world_at(w, ld32(world_at(w, x86_start_of(&w->image).rsi + 0x228))); }
