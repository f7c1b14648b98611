// SPDX-License-Identifier: MIT
// GDT and identity page tables, built in guest RAM: the guest may read and change them like any memory.
#include "loader/x86/start.h"

#include "base/bits.h"
#include "base/le.h"

#include <string.h>

struct x86_start x86_start_of(const struct image *image) {
    struct x86_start s;
    static_assert(sizeof s <= sizeof image->start);
    memcpy(&s, image->start, sizeof s);
    return s;
}

struct image x86_image(enum image_kind kind, gpa_t entry, const struct x86_start *start) {
    struct image image = {.kind = kind, .entry = entry};
    memcpy(image.start, start, sizeof *start);
    return image;
}

// Segment descriptors (SDM 3A 3.4.5): base 31:24 | G D/B L AVL limit 19:16 | P DPL S type | base 23:0 | limit 15:0
#define FLAT_CODE32 0x00cf9b000000ffffu // G D, P S, execute/read, accessed
#define FLAT_CODE64 0x00af9b000000ffffu // G L
#define FLAT_DATA 0x00cf93000000ffffu   // G B, read/write, accessed
#define BUSY_TSS 0x00008b0000000067u    // base 0, limit 0x67; in long mode the next 8 bytes are base 63:32 = 0

static int make_gdt(struct load_target *t, struct x86_start *s, u64 code) {
    u8 gdt[0x30] = {0};
    st64(gdt + START_CS, code);
    st64(gdt + START_DS, FLAT_DATA);
    st64(gdt + START_TR, BUSY_TSS);
    int e = target_tell(t, "GDT", gdt, sizeof gdt, 16, &s->gdt);
    s->gdt_limit = sizeof gdt - 1;
    s->cs = START_CS, s->ds = START_DS, s->tr = START_TR;
    return e;
}

int start_protected(struct load_target *t, struct x86_start *s) {
    s->mode = START_PROTECTED;
    return make_gdt(t, s, FLAT_CODE32);
}

// Page-table entries (SDM 3A 4.5): PS is bit 7 of a PDE that maps 2 MiB.
#define ENTRY_PRESENT 1u
#define ENTRY_WRITABLE 2u
#define ENTRY_LARGE 0x80u
#define ENTRIES 512

// cr3 -> 1 PML4 -> 1 PDPT (512 GiB) -> one page directory for each GiB, all adjacent in this order.
static void write_tables(struct load_target *t, gpa_t at, unsigned directories) {
    u8 page[PAGE_SIZE] = {0};
    st64(page, (at + PAGE_SIZE) | ENTRY_PRESENT | ENTRY_WRITABLE);
    target_write(t, at, page, PAGE_SIZE);
    memset(page, 0, sizeof page);
    for (unsigned i = 0; i < directories; i++) st64(page + 8 * i, (at + (2 + i) * PAGE_SIZE) | ENTRY_PRESENT | ENTRY_WRITABLE);
    target_write(t, at + PAGE_SIZE, page, PAGE_SIZE);
    for (u64 i = 0; i < directories; i++) {
        for (u64 k = 0; k < ENTRIES; k++)
            st64(page + 8 * k, i * GiB + k * 2 * MiB + (ENTRY_PRESENT | ENTRY_WRITABLE | ENTRY_LARGE));
        target_write(t, at + (2 + i) * PAGE_SIZE, page, PAGE_SIZE);
    }
}

int start_long(struct load_target *t, struct x86_start *s) {
    u64 end = target_ram_end(t);
    if (end < 4 * GiB) end = 4 * GiB; // devices are there
    if (end > ENTRIES * GiB) end = ENTRIES * GiB;
    unsigned directories = (unsigned)((end + GiB - 1) / GiB);
    const struct target_want want = {.name = "page tables",
                                     .size = (2 + directories) * PAGE_SIZE,
                                     .align = PAGE_SIZE,
                                     .lowest = TARGET_LOW,
                                     .last = TARGET_LAST32};
    int e = target_find(t, &want, &s->cr3);
    if (e) return e;
    write_tables(t, s->cr3, directories);
    s->mode = START_LONG;
    return make_gdt(t, s, FLAT_CODE64);
}

int start_stack(struct load_target *t, struct x86_start *s) {
    const struct target_want want = {
        .name = "stack", .size = START_STACK, .align = 16, .lowest = TARGET_LOW, .last = TARGET_LAST32};
    gpa_t at;
    int e = target_find(t, &want, &at);
    if (!e) s->rsp = at + START_STACK;
    return e;
}
