// SPDX-License-Identifier: MIT
// The board `virt` without its processor, and its device tree: what the tests of it share, whatever the architecture.
#ifndef TESTS_UNIT_VIRT_RIG_H
#define TESTS_UNIT_VIRT_RIG_H

#include "dev_fixture.h"
#include "machine/parts.h"
#include "machine/virt/arch.h"

#include <libfdt.h>

#define RAM_SIZE (8 * MiB)

// ---- the tree
extern u8 tree[VIRT_TREE_ROOM];

void tree_write(const struct virt_tree *t);
const void *tree_prop(int node, const char *name, int *size);
u32 tree_cell(int node, const char *name, unsigned i);
u64 tree_cells64(int node, const char *name, unsigned i); // cells i and i + 1
int tree_find(const char *compatible, unsigned n);        // the n-th, counted from 0
u64 tree_at(int node);                                    // the first address of its reg
// Through dtc and back without a warning but of this kind (where a decompiled source has numbers that were phandles).
void tree_pleases_dtc(const char *but);
// In this directory; what it writes goes to the file "log" there.
bool run_in(const char *directory, const char *command);

// ---- bus and tree
struct virt_rig {
    struct dev_fixture *f;
    struct emu_machine *m;
    struct virt_devices d;
    struct emu_config c;
    u8 medium[4096];
    u8 *ram;
};

// On a dev_fixture: with a disk in slot 1, a CD-ROM and a console.
struct virt_rig *virt_rig_new(void **state, const struct virt_rows *rows, gpa_t ram, const struct virt_lines *lines);
void virt_rig_free(struct virt_rig *b);
static inline u64 rd(struct virt_rig *b, u64 at, unsigned width) { return bus_read(&b->m->bus, at, width); }
static inline void wr(struct virt_rig *b, u64 at, unsigned width, u64 v) { bus_write(&b->m->bus, at, width, v); }

// Every region of the bus that is no RAM, but for `hidden` of them, is a region of one subnode of `above` in turn; there are `regions`.
void virt_bus_and_tree_agree(struct virt_rig *b, int above, unsigned regions, unsigned hidden);
// The eight virtio slots from `first` on are where the tree has them, with what virt_rig_new put there.
void virt_slots_answer(struct virt_rig *b, u64 first);
// A virtio device there wants its interrupt: a misaligned queue, so it needs a reset, and says so. False: none is there.
bool virt_slot_asks(struct virt_rig *b, u64 at);
// Anything a guest can do to the devices, by any address and width; `also` (may be NULL) does more, with random numbers.
void virt_anything(struct virt_rig *b, const struct virt_rows *rows, void (*also)(struct virt_rig *b, u64 r, u64 v));

#endif
