// SPDX-License-Identifier: MIT
// The header's offsets and sizes are the file's own word: the payload must lie in it.
#include "loader/zboot.h"

#include "base/bits.h"
#include "base/err.h"
#include "base/le.h"
#include "loader/gunzip.h"

#include <string.h>

typedef unsigned long long ull;

//   0 "MZ"   4 "zimg"   8 payload's offset (4)   12 its size (4)   24 the method, a text with its NUL (32)   60 the PE header's offset (4)
enum { Z_MAGIC = 4, Z_OFFSET = 8, Z_SIZE = 12, Z_METHOD = 24, Z_METHOD_END = 56, Z_PE = 60, Z_HEADER = 64 };

bool zboot_is(const struct span *f) {
    return f->size >= Z_HEADER && !memcmp(f->data, "MZ", 2) && !memcmp(f->data + Z_MAGIC, "zimg", 4);
}

u16 pe_machine(const struct span *f) {
    if (f->size < Z_HEADER || memcmp(f->data, "MZ", 2)) return 0;
    u64 at = ld32(f->data + Z_PE);
    return range_inside(at, 6, f->size) && !memcmp(f->data + at, "PE\0", 4) ? ld16(f->data + at + 4) : 0;
}

int zboot_payload(struct plat *p, const struct span *f, struct span *payload) {
    char method[Z_METHOD_END - Z_METHOD + 1] = {0};
    memcpy(method, f->data + Z_METHOD, sizeof method - 1);
    u64 at = ld32(f->data + Z_OFFSET), size = ld32(f->data + Z_SIZE);
    for (char *c = method; *c; c++)
        if (*c < ' ' || *c > '~') *c = '?';
    if (strcmp(method, "gzip")) {
        log_error(
            p,
            "%s: EFI zboot: the kernel in it is packed by \"%s\"; right is gzip (what is in it: unpacked, it is a kernel = as well)",
            f->name, method);
        return ERR_UNSUPPORTED;
    }
    if (at < Z_HEADER || !range_inside(at, size, f->size)) {
        log_error(
            p,
            "%s: EFI zboot: the kernel in it is %#llx bytes at %#llx; right is behind the header and inside the file, which has %#llx",
            f->name, (ull)size, (ull)at, (ull)f->size);
        return ERR_TRUNCATED;
    }
    *payload = (struct span){.name = f->name, .data = f->data + at, .size = size};
    if (gzip_is(payload)) return 0;
    log_error(p, "%s: EFI zboot: the kernel in it does not start as gzip's files do", f->name);
    return ERR_CORRUPT;
}
