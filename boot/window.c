// SPDX-License-Identifier: MIT
#include "boot/window.h"
#include "kernel/io.h"
#include "kernel/layout.h"
#include "kernel/paging.h"

static u64 firmware_cr3;
static struct phys_range tables;

static u64 window_size(const struct handoff *h) {
    u64 sum = 0;
    for (unsigned i = 0; i < h->file_pieces; i++) sum += h->file[i].at.size;
    return sum;
}

bool window_reserve(struct boot *b) {
    EFI_PHYSICAL_ADDRESS at;
    if (!b->h->file_pieces) return true;
    u64 size = paging_pool_size(window_size(b->h));
    if (b->claims == BOOT_CLAIMS ||
        EFI_ERROR(b->bs->AllocatePages(AllocateAnyPages, EfiLoaderData, EFI_SIZE_TO_PAGES(size), &at))) {
        log_error(&b->plat, "the firmware has no memory for %llu KiB of page tables", (unsigned long long)size >> 10);
        return false;
    }
    tables = b->claimed[b->claims++] = (struct phys_range){at, size};
    return true;
}

bool window_open(struct boot *b) {
    if (!b->h->file_pieces) return true;
    firmware_cr3 = read_cr3();
    u64 cr3 = paging_add_files(b->h, firmware_cr3, tables);
    if (cr3) write_cr3(cr3);
    else
        log_error(&b->plat, "the page tables for files in several ranges have no room in %llu KiB",
                  (unsigned long long)tables.size >> 10);
    return cr3;
}

void window_close(struct boot *b) {
    if (b->h->file_pieces) write_cr3(firmware_cr3);
}

u8 *window_physical(const struct handoff *h, u8 *data, u64 *room) {
    u64 at = (uintptr_t)data - FILE_WINDOW;
    *room = ~(u64)0;
    if ((uintptr_t)data < FILE_WINDOW) return data;
    for (unsigned i = 0; i < h->file_pieces; i++) {
        const struct phys_range *r = &h->file[i].at;
        if (at < r->size) {
            *room = r->size - at;
            return (u8 *)(uintptr_t)(r->start + at);
        }
        at -= r->size;
    }
    *room = 0;
    return data;
}
