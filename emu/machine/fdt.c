// SPDX-License-Identifier: MIT
// libfdt's sequential writer, whose functions are pure over memory that the caller brings. This is the one file that includes its
// header.
#include "machine/fdt.h"

#include "plat/plat.h"

#include <libfdt.h>

#define NAME_ROOM 64

static bool going(const struct fdt_writer *w) { return !w->error; }
static void note(struct fdt_writer *w, int error) {
    if (!w->error) w->error = error;
}

void fdt_start(struct fdt_writer *w, void *at, u64 room) {
    *w = (struct fdt_writer){.at = at};
    note(w, fdt_create(at, (int)room));
    if (going(w)) note(w, fdt_finish_reservemap(at));
    fdt_open_node(w, "");
}

i64 fdt_close(struct fdt_writer *w) {
    fdt_close_node(w);
    if (going(w)) note(w, fdt_finish(w->at));
    return going(w) ? (i64)fdt_totalsize(w->at) : ERR_RANGE;
}

void fdt_open_node(struct fdt_writer *w, const char *name) {
    if (going(w)) note(w, fdt_begin_node(w->at, name));
}

void fdt_open_unit(struct fdt_writer *w, const char *name, u64 address) {
    char full[NAME_ROOM];
    plat_format(full, sizeof full, "%s@%llx", name, (unsigned long long)address);
    fdt_open_node(w, full);
}

void fdt_close_node(struct fdt_writer *w) {
    if (going(w)) note(w, fdt_end_node(w->at));
}

static void property(struct fdt_writer *w, const char *name, const void *value, u64 size) {
    if (going(w)) note(w, fdt_property(w->at, name, value, (int)size));
}

void fdt_flag(struct fdt_writer *w, const char *name) { property(w, name, "", 0); }
void fdt_text(struct fdt_writer *w, const char *name, const char *value) { property(w, name, value, strlen(value) + 1); }

void fdt_texts(struct fdt_writer *w, const char *name, const char *values) {
    const char *end = values;
    while (*end) end += strlen(end) + 1;
    property(w, name, values, (u64)(end - values));
}

void fdt_cells(struct fdt_writer *w, const char *name, const u32 *cells, unsigned n) {
    void *to;
    if (going(w)) note(w, fdt_property_placeholder(w->at, name, (int)(n * sizeof *cells), &to));
    for (unsigned i = 0; going(w) && i < n; i++) fdt32_st((u8 *)to + i * sizeof *cells, cells[i]);
}

void fdt_cell_sizes(struct fdt_writer *w, u32 address, u32 size) {
    fdt_cell(w, "#address-cells", address);
    fdt_cell(w, "#size-cells", size);
}

void fdt_u64(struct fdt_writer *w, const char *name, u64 value) {
    const u32 cells[] = {(u32)(value >> 32), (u32)value};
    fdt_cells(w, name, cells, countof(cells));
}

void fdt_reg(struct fdt_writer *w, u64 address, u64 size) {
    const u32 cells[] = {(u32)(address >> 32), (u32)address, (u32)(size >> 32), (u32)size};
    fdt_cells(w, "reg", cells, countof(cells));
}
