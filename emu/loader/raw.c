// SPDX-License-Identifier: MIT
#include "loader/raw.h"

#include "base/bits.h"

typedef unsigned long long ull;

int raw_place(struct load_target *t, const struct emu_config *c, const struct span *f, gpa_t address, gpa_t *entry) {
    gpa_t start = c->has_entry ? c->entry : address;
    if (!f->size) {
        log_error(t->plat, "%s: the raw image is empty", f->name);
        return ERR_TRUNCATED;
    }
    if (start < address || start - address >= f->size) {
        log_error(t->plat, "%s: entry %#llx lies outside the image, which is %#llx bytes at %#llx", f->name, (ull)start,
                  (ull)f->size, (ull)address);
        return ERR_RANGE;
    }
    int e = target_load(t, f->name, address, f->data, f->size, f->size);
    if (!e) *entry = start;
    return e;
}
