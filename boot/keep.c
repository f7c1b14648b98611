// SPDX-License-Identifier: MIT
// What the last run has left: in EFI variables, if it came to its end, else in memory, if nothing but a reset was between. And room for the
// next: the lowest free memory, which firmware uses least, and as many variables as leave it three quarters of what it has free.
#include "boot/keep.h"
#include "base/bits.h"
#include "boot/boot.h"
#include "boot/status.h"
#include "kernel/io.h"
#include <string.h>

#define VENDOR {0x5f6d7353, 0x6674, 0x4d65, {0x8a, 0x6c, 0x4b, 0x65, 0x65, 0x70, 0x4c, 0x6f}}
enum { KEPT = EFI_VARIABLE_NON_VOLATILE | EFI_VARIABLE_BOOTSERVICE_ACCESS | EFI_VARIABLE_RUNTIME_ACCESS };
enum { PART_MOST = 8192, HEADER = 256 }; // HEADER: a variable's own name and header

static EFI_GUID vendor = VENDOR;
static CHAR16 where[] = u"SoftmetalKeep";
static u8 text[KEEP_BYTES];

static void part_name(CHAR16 name[16], unsigned part) {
    memcpy(name, u"SoftmetalLog00", sizeof u"SoftmetalLog00");
    name[12] = (CHAR16)('0' + part / 10);
    name[13] = (CHAR16)('0' + part % 10);
}

static u32 from_variables(struct boot *b) {
    EFI_RUNTIME_SERVICES *rt = b->st->RuntimeServices;
    CHAR16 name[16];
    u32 n = 0;
    for (unsigned part = 0; part < KEEP_PARTS; part++) {
        UINTN size = sizeof text - n;
        part_name(name, part);
        if (EFI_ERROR(rt->GetVariable(name, &vendor, NULL, &size, text + n)) || size > sizeof text - n) break;
        n += (u32)size;
    }
    return n;
}

static void remove_variables(struct boot *b) {
    CHAR16 name[16];
    for (unsigned part = 0; part < KEEP_PARTS; part++) {
        part_name(name, part);
        if (EFI_ERROR(b->st->RuntimeServices->SetVariable(name, &vendor, KEPT, 0, NULL))) break;
    }
}

// The ring of the last run, unless somebody has taken that memory: NULL.
static struct keep *old_ring(struct boot *b, u64 *address) {
    UINTN size = sizeof *address;
    *address = 0;
    EFI_STATUS s = b->st->RuntimeServices->GetVariable(where, &vendor, NULL, &size, address);
    u64 at = *address;
    if (EFI_ERROR(s) || size != sizeof at || !at) return NULL;
    EFI_PHYSICAL_ADDRESS page = at;
    if (at % EFI_PAGE_SIZE ||
        EFI_ERROR(b->bs->AllocatePages(AllocateAddress, EfiLoaderData, EFI_SIZE_TO_PAGES(sizeof(struct keep)), &page)))
        return NULL;
    return (struct keep *)(uintptr_t)at;
}

static bool write_log(struct boot *b, u32 n) {
    static CHAR16 path[] = u"\\softmetal.log";
    EFI_FILE_HANDLE root = b->volume[b->own.volume].root, f;
    const UINT64 mode = EFI_FILE_MODE_READ | EFI_FILE_MODE_WRITE;
    UINTN size = n;
    if (!root) return false;
    if (!EFI_ERROR(root->Open(root, &f, path, mode, 0))) f->Delete(f); // else a longer one would show behind this
    if (EFI_ERROR(root->Open(root, &f, path, mode | EFI_FILE_MODE_CREATE, 0))) return false;
    bool ok = !EFI_ERROR(f->Write(f, &size, text)) && size == n;
    f->Close(f);
    return ok;
}

bool keep_write(struct boot *b) {
    const struct keep *ring = (const struct keep *)(uintptr_t)b->h->keep.start;
    return b->h->keep.size && write_log(b, keep_text(ring, text, sizeof text));
}

static void make_variables(struct boot *b) {
    UINT64 all, left, most;
    struct keep_variables *v = &b->h->keep_variables;
    EFI_RUNTIME_SERVICES *rt = b->st->RuntimeServices;
    if (rt->Hdr.Revision < 0x00020000 || EFI_ERROR(rt->QueryVariableInfo(KEPT, &all, &left, &most)) || most <= HEADER) return;
    u64 bytes = most - HEADER < PART_MOST ? most - HEADER : PART_MOST, parts = left / 4 / (bytes + HEADER);
    if (!parts) return;
    v->part_bytes = (u32)bytes;
    v->parts = (u32)(parts < KEEP_BYTES / bytes ? parts : KEEP_BYTES / bytes);
    if (v->parts > KEEP_PARTS) v->parts = KEEP_PARTS;
    v->cr3 = read_cr3();
    part_name(v->name, 0);
    memcpy(v->vendor, &vendor, sizeof v->vendor);
    v->set_variable = (uintptr_t)rt->SetVariable;
}

void keep_open(struct boot *b) {
    u64 before, at;
    struct keep *ring = old_ring(b, &before);
    u32 n = from_variables(b), from_ring = 0;
    bool variables = n;
    if (!n && ring) n = from_ring = keep_text(ring, text, sizeof text);
    if (n && write_log(b, n)) {
        log_info(&b->plat, "softmetal.log: written, the last %u bytes that the run before has said%s", n,
                 from_ring ? ", from memory" : "");
        if (variables) remove_variables(b);
    } else if (n) {
        log_debug(&b->plat, "softmetal.log: cannot be written on this volume");
    }
    at = ring ? (uintptr_t)ring : ram_lowest(b, sizeof *ring);
    if (!at) return;
    keep_clear((struct keep *)(uintptr_t)at);
    b->h->keep = (struct phys_range){at, align_up(sizeof(struct keep), EFI_PAGE_SIZE)};
    if (at != before) b->st->RuntimeServices->SetVariable(where, &vendor, KEPT, sizeof at, &at);
    make_variables(b);
}
