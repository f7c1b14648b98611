// SPDX-License-Identifier: MIT
// Writing a device tree (Devicetree Specification 0.4, 5: the flattened format, version 17) front to back. Names are the
// specification's: a node has properties, then nodes.
#ifndef MACHINE_FDT_H
#define MACHINE_FDT_H

#include "base/err.h"
#include "base/types.h"

struct fdt_writer {
    void *at;
    int error; // the first, of libfdt's numbers; whatever comes behind it is dropped
};

// The tree will be in the `room` bytes at `at` (the caller's, below 2 GiB), whose root node is open.
void fdt_start(struct fdt_writer *w, void *at, u64 room);
// ERR_RANGE: the room was too small. Else the tree's size.
i64 fdt_close(struct fdt_writer *w);

void fdt_open_node(struct fdt_writer *w, const char *name);
// "name@address", as each node with a reg has it.
void fdt_open_unit(struct fdt_writer *w, const char *name, u64 address);
void fdt_close_node(struct fdt_writer *w);

void fdt_flag(struct fdt_writer *w, const char *name); // a property without a value
void fdt_text(struct fdt_writer *w, const char *name, const char *value);
// A list of texts, one behind the other with their NULs; an empty one ends it: "a\0b\0" is two of them.
void fdt_texts(struct fdt_writer *w, const char *name, const char *values);
void fdt_cells(struct fdt_writer *w, const char *name, const u32 *cells, unsigned n);
static inline void fdt_cell(struct fdt_writer *w, const char *name, u32 cell) { fdt_cells(w, name, &cell, 1); }
void fdt_cell_sizes(struct fdt_writer *w, u32 address, u32 size); // #address-cells, #size-cells
void fdt_u64(struct fdt_writer *w, const char *name, u64 value);  // two cells, the high one first
void fdt_reg(struct fdt_writer *w, u64 address, u64 size);        // #address-cells and #size-cells are 2

#endif
