// SPDX-License-Identifier: MIT
// Each field of the header is distrusted on its own.
#include "loader/riscv64/linux.h"

#include "base/bits.h"
#include "base/le.h"

#include <string.h>

typedef unsigned long long ull;

//   0 code (8)   8 text_offset (8)   16 image_size (8)   24 flags (8)   32 version (4)   48 "RISCV" (8)   56 "RSC\5" (4)   60 (4)
enum { H_TEXT_OFFSET = 8, H_IMAGE_SIZE = 16, H_FLAGS = 24, H_MAGIC2 = 56, H_SIZE = 64 };
#define FLAG_BIG_ENDIAN 1
#define ALIGN ((u64)2 * MiB) // "must be aligned on a PMD boundary"

struct header {
    u64 offset, size; // from the start of RAM; in memory
};

bool riscv64_is_image(const struct span *f) {
    return range_inside(H_MAGIC2, 4, f->size) && !memcmp(f->data + H_MAGIC2, "RSC\5", 4);
}

static int refuse(struct plat *p, const struct span *f, int e, const char *what, u64 is, const char *right) {
    log_error(p, "%s: RISC-V Image: %s is %#llx; right is %s", f->name, what, (ull)is, right);
    return e;
}

static int read_header(struct plat *p, const struct span *f, struct header *h) {
    const u8 *d = f->data;
    if (f->size < H_SIZE) return refuse(p, f, ERR_TRUNCATED, "the size of the file", f->size, "at least 0x40, its header");
    *h = (struct header){.offset = ld64(d + H_TEXT_OFFSET), .size = ld64(d + H_IMAGE_SIZE)};
    if (ld64(d + H_FLAGS) & FLAG_BIG_ENDIAN)
        return refuse(p, f, ERR_UNSUPPORTED, "flags", ld64(d + H_FLAGS), "bit 0 clear: a little-endian kernel");
    if (h->offset % ALIGN) return refuse(p, f, ERR_CORRUPT, "text_offset", h->offset, "a multiple of 0x200000");
    if (!h->size) return refuse(p, f, ERR_CORRUPT, "image_size", 0, "the kernel's size in memory");
    if (h->size < f->size) h->size = f->size; // what is behind it, a signature say, is read as well
    return 0;
}

int riscv64_place_image(struct load_target *t, const struct span *f, struct image_range *kernel) {
    struct header h;
    gpa_t at;
    int e = read_header(t->plat, f, &h);
    if (e) return e;
    if (add_overflows(target_ram_start(t), h.offset, &at))
        return refuse(t->plat, f, ERR_RANGE, "text_offset", h.offset, "an offset from the start of RAM");
    if (at % ALIGN) return refuse(t->plat, f, ERR_RANGE, "its place", at, "a multiple of 0x200000, as the start of RAM must be");
    e = target_load(t, "kernel", at, f->data, f->size, h.size);
    if (!e) *kernel = (struct image_range){at, h.size};
    return e;
}

u64 riscv64_image_reach(const struct span *f, struct plat *p) {
    struct header h;
    u64 end;
    return read_header(p, f, &h) || add_overflows(h.offset, h.size, &end) ? 0 : end;
}
