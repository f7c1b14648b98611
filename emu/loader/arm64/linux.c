// SPDX-License-Identifier: MIT
// Each field of the header is distrusted on its own.
#include "loader/arm64/linux.h"

#include "base/bits.h"
#include "base/le.h"

#include <string.h>

typedef unsigned long long ull;

//   0 code (8)   8 text_offset (8)   16 image_size (8)   24 flags (8)   32 reserved (24)   56 "ARM\x64" (4)   60 (4)
enum { H_TEXT_OFFSET = 8, H_IMAGE_SIZE = 16, H_FLAGS = 24, H_MAGIC = 56, H_SIZE = 64 };
#define FLAG_BIG_ENDIAN 1
#define FLAG_ANYWHERE 8 // the 2 MiB boundary may be any one of RAM
#define ALIGN ((u64)2 * MiB)

struct header {
    u64 offset, size; // from the start of RAM; in memory
};

bool arm64_is_image(const struct span *f) {
    return range_inside(H_MAGIC, 4, f->size) && !memcmp(f->data + H_MAGIC, "ARM\x64", 4);
}

static int refuse(struct plat *p, const struct span *f, int e, const char *what, u64 is, const char *right) {
    log_error(p, "%s: arm64 Image: %s is %#llx; right is %s", f->name, what, (ull)is, right);
    return e;
}

static int read_header(struct plat *p, const struct span *f, struct header *h) {
    const u8 *d = f->data;
    if (f->size < H_SIZE) return refuse(p, f, ERR_TRUNCATED, "the size of the file", f->size, "at least 0x40, its header");
    u64 flags = ld64(d + H_FLAGS), offset = ld64(d + H_TEXT_OFFSET), size = ld64(d + H_IMAGE_SIZE);
    if (flags & FLAG_BIG_ENDIAN) return refuse(p, f, ERR_UNSUPPORTED, "flags", flags, "bit 0 clear: a little-endian kernel");
    if (offset >= ALIGN) return refuse(p, f, ERR_CORRUPT, "text_offset", offset, "less than 0x200000");
    if (!size) return refuse(p, f, ERR_UNSUPPORTED, "image_size", 0, "the kernel's size in memory, as Linux has it since 3.17");
    if (size < f->size) size = f->size; // what is behind it, a signature say, is read as well
    *h = (struct header){.offset = offset + (flags & FLAG_ANYWHERE ? ALIGN : 0), .size = size};
    return 0;
}

int arm64_place_image(struct load_target *t, const struct span *f, struct image_range *kernel) {
    struct header h;
    int e = read_header(t->plat, f, &h);
    if (e) return e;
    gpa_t at = align_up(target_ram_start(t), ALIGN) + h.offset;
    e = target_load(t, "kernel", at, f->data, f->size, h.size);
    if (!e) *kernel = (struct image_range){at, h.size};
    return e;
}

u64 arm64_image_reach(const struct span *f, struct plat *p) {
    struct header h;
    u64 end;
    return read_header(p, f, &h) || add_overflows(h.offset, h.size, &end) ? 0 : end;
}
