// SPDX-License-Identifier: MIT
// Host RAM: first what the kernel itself needs, from the smallest range that holds it; then guest RAM, from the
// smallest single range that is enough, else as one window over several ranges. Ranges are read from the memory map and
// asked for by address: some firmware stalls or fails on one huge "any address" request.
#include "base/bits.h"
#include "boot/boot.h"
#include "boot/ranges.h"
#include "boot/window.h"
#include "kernel/layout.h"
#include "kernel/paging.h"
#include <string.h>

#define HEAP_BASE (128 * MiB)
#define PAST_MOST ((u64)GiB)     // of the heap: for a debugger to go back in
#define GUEST_LITTLE (256 * MiB) // less than that is worth a word: few systems start with it
#define MAP_SPARE 32             // descriptors: the allocation of the buffer itself adds some

// installed: bytes of RAM there are in all, whoever uses them.
static bool free_ranges(struct boot *b, struct ranges *f, u64 *installed) {
    f->n = 0;
    *installed = 0;
    UINTN size = 0, key, stride;
    UINT32 version;
    b->bs->GetMemoryMap(&size, NULL, &key, &stride, &version);
    size += MAP_SPARE * sizeof(EFI_MEMORY_DESCRIPTOR);
    u8 *map;
    if (EFI_ERROR(b->bs->AllocatePool(EfiLoaderData, size, (void **)&map))) return false;
    bool ok = !EFI_ERROR(b->bs->GetMemoryMap(&size, (EFI_MEMORY_DESCRIPTOR *)(void *)map, &key, &stride, &version));
    if (ok) {
        ranges_read(f, map, size, stride);
        *installed = ranges_installed(map, size, stride);
    }
    b->bs->FreePool(map);
    return ok;
}

static unsigned long long mib(u64 bytes) { return bytes / MiB; }

static bool claim(struct boot *b, EFI_ALLOCATE_TYPE how, u64 size, EFI_PHYSICAL_ADDRESS *at) {
    if (b->claims == BOOT_CLAIMS || EFI_ERROR(b->bs->AllocatePages(how, EfiLoaderData, EFI_SIZE_TO_PAGES(size), at)))
        return false;
    b->claimed[b->claims++] = (struct phys_range){*at, size};
    return true;
}

static bool claim_at(struct boot *b, u64 start, u64 size) {
    EFI_PHYSICAL_ADDRESS at = start;
    return claim(b, AllocateAddress, size, &at);
}

void ram_release(struct boot *b) {
    struct handoff *h = b->h;
    while (b->claims) {
        const struct phys_range *r = &b->claimed[--b->claims];
        b->bs->FreePages(r->start, EFI_SIZE_TO_PAGES(r->size));
    }
    h->inputs = (struct emu_inputs){0};
    h->file_pieces = h->guest_ranges = 0;
    h->guest_size = 0;
    h->code = h->heap = h->stacks = h->tables = (struct phys_range){0};
}

void ram_report(struct boot *b) {
    struct ranges f;
    u64 installed;
    if (!free_ranges(b, &f, &installed)) return;
    log_info(&b->plat, "hardware: %llu MiB of RAM, %llu MiB of it free, in %u ranges", mib(installed), mib(ranges_total(&f)),
             f.n);
    for (unsigned i = 0; i < f.n; i++)
        if (f.r[i].size >= MiB)
            log_info(&b->plat, "hardware: free: %llu MiB at 0x%llx", mib(f.r[i].size), (unsigned long long)f.r[i].start);
}

u64 ram_lowest(struct boot *b, u64 size) {
    struct ranges f;
    u64 installed;
    if (!free_ranges(b, &f, &installed)) return 0;
    for (unsigned i = 0; i < f.n; i++) {
        EFI_PHYSICAL_ADDRESS at = f.r[i].start;
        if (f.r[i].size < size) continue;
        return EFI_ERROR(b->bs->AllocatePages(AllocateAddress, EfiLoaderData, EFI_SIZE_TO_PAGES(size), &at)) ? 0 : at;
    }
    return 0;
}

// There is no range of `size` bytes for `what`. rest: bytes that will be wanted after it.
static void too_small(struct boot *b, const char *what, u64 size, u64 rest) {
    struct ranges f;
    u64 installed, most = 0;
    free_ranges(b, &f, &installed);
    struct phys_range *largest = ranges_largest(&f);
    if (largest) most = largest->size;
    log_error(&b->plat,
              "%s needs %llu MiB of RAM in one piece. Of this machine's %llu MiB, %llu MiB are free; the largest piece "
              "has %llu MiB",
              what, mib(size + MiB - 1), mib(installed), mib(ranges_total(&f)), mib(most));
    u64 all = size + rest, missing = all > most ? all - most : 0;
    log_error(&b->plat, "a machine with %llu MiB of RAM would do", mib(ranges_would_do(installed, missing, all)));
}

// Takes size bytes from the end of the smallest range that has them, so that the large ones stay whole.
static bool claim_kernel(struct boot *b, const char *what, u64 size, u64 rest, struct phys_range *out) {
    struct ranges f;
    u64 installed;
    size = align_up(size, 4096);
    struct phys_range *r = free_ranges(b, &f, &installed) ? ranges_best_fit(&f, size) : NULL;
    if (!r || !claim_at(b, r->start + r->size - size, size)) {
        too_small(b, what, size, rest);
        return false;
    }
    *out = (struct phys_range){r->start + r->size - size, size};
    return true;
}

// Test switch max-range=N: as if no range were larger than N MiB. 0: it is not there.
static u64 most_for_test(struct boot *b) {
    const char *word = strstr(b->h->selftest, "max-range=");
    u64 most = 0;
    for (const char *p = word ? word + 10 : ""; *p >= '0' && *p <= '9'; p++) most = most * 10 + (u64)(*p - '0');
    return align_down(most * MiB, RANGES_ALIGN);
}

static void cut_for_test(struct boot *b, struct ranges *f) {
    u64 most = most_for_test(b);
    if (most && most < ranges_total(f)) ranges_cut(f, most);
}

static bool claim_piece(struct boot *b, struct phys_range r, bool writable) {
    if (b->h->file_pieces == HANDOFF_FILES || !claim_at(b, r.start, r.size)) return false;
    b->h->file[b->h->file_pieces++] = (struct file_piece){r, writable};
    return true;
}

// From the largest ranges, so that what is left over lies in one piece.
static bool claim_pieces(struct boot *b, u64 size, bool writable) {
    struct ranges f;
    u64 installed;
    if (!free_ranges(b, &f, &installed)) return false;
    ranges_keep_large(&f);
    cut_for_test(b, &f);
    if (ranges_total(&f) < size) return false;
    for (size = align_up(size, RANGES_ALIGN); size;) {
        struct phys_range *r = ranges_largest(&f);
        if (!r || !r->size) return false;
        u64 n = r->size < size ? r->size : size;
        if (!claim_piece(b, (struct phys_range){r->start, n}, writable)) return false;
        r->size = 0;
        size -= n;
    }
    return true;
}

bool ram_for_file(struct boot *b, const char *file, u64 size, bool writable, u8 **data) {
    EFI_PHYSICAL_ADDRESS at = 0;
    struct ranges f;
    u64 installed, most = most_for_test(b), va = FILE_WINDOW;
    if (!(most && size > most) && claim(b, AllocateAnyPages, size, &at)) {
        *data = (u8 *)(uintptr_t)at;
        return true;
    }
    for (unsigned i = 0; i < b->h->file_pieces; i++) va += b->h->file[i].at.size;
    unsigned before = b->h->file_pieces;
    if (size < FILE_WINDOW_END - va && claim_pieces(b, size, writable)) {
        *data = (u8 *)(uintptr_t)va;
        log_info(&b->plat, "%s: no single range of RAM is enough for it: it lies in %u", file, b->h->file_pieces - before);
        return true;
    }
    free_ranges(b, &f, &installed);
    u64 rest = HEAP_BASE + GUEST_LITTLE, all = ranges_total(&f), missing = size + rest > all ? size + rest - all : 0;
    log_error(&b->plat, "%s needs %llu MiB of RAM. Of this machine's %llu MiB, %llu MiB are free", file, mib(size + MiB - 1),
              mib(installed), mib(all));
    log_error(&b->plat, "a machine with %llu MiB of RAM would do", mib(ranges_would_do(installed, missing, size + rest)));
    return false;
}

static void name_ranges(const struct ranges *f, char *text, size_t size) {
    size_t at = 0;
    text[0] = 0;
    for (unsigned i = 0; i < f->n && at + 48 < size; i++)
        at += (size_t)plat_format(text + at, size - at, "%s%llu MiB at 0x%llx", i ? ", " : "", mib(f->r[i].size),
                                  (unsigned long long)f->r[i].start);
}

static bool claim_guest(struct boot *b, u64 start, u64 size) {
    struct handoff *h = b->h;
    if (!claim_at(b, start, size)) {
        log_error(&b->plat, "the firmware's memory map has %llu MiB free at 0x%llx, but it does not give them away",
                  (unsigned long long)(size / MiB), (unsigned long long)start);
        return false;
    }
    h->guest_ram[h->guest_ranges++] = (struct phys_range){start, size};
    h->guest_size += size;
    return true;
}

// One window over several ranges, the largest first.
static bool compose(struct boot *b, struct ranges *f, u64 wanted) {
    while (b->h->guest_size < wanted && b->h->guest_ranges < HANDOFF_RANGES) {
        struct phys_range *r = ranges_largest(f);
        if (!r || !r->size) break;
        u64 missing = wanted - b->h->guest_size;
        if (!claim_guest(b, r->start, r->size < missing ? r->size : missing)) return false;
        r->size = 0;
    }
    return true;
}

// What a guest wants, `most` bytes being the largest range: it looks into the files.
static bool wanted_ram(struct boot *b, u64 most, u64 *wanted, u64 *usual) {
    if (!window_open(b)) return false;
    *wanted = emu_ram_wanted(&b->h->config, &b->h->inputs, &b->plat, most);
    *usual = emu_ram_wanted(&b->h->config, &b->h->inputs, &b->plat, 0);
    window_close(b);
    return true;
}

static bool claim_guest_ram(struct boot *b) {
    struct ranges f;
    char text[256];
    u64 installed;
    if (!window_reserve(b) || !free_ranges(b, &f, &installed)) return false;
    ranges_keep_large(&f);
    cut_for_test(b, &f);
    name_ranges(&f, text, sizeof text);
    struct phys_range *most = ranges_largest(&f);
    if (!most) {
        too_small(b, "a guest", RANGES_ALIGN, GUEST_LITTLE);
        return false;
    }
    u64 wanted, usual;
    if (!wanted_ram(b, most->size, &wanted, &usual)) return false;
    // auto: the largest range, but what a hosted run gets if several ranges can give it
    if (!b->h->config.memory && wanted < usual && usual <= ranges_total(&f)) wanted = usual;
    struct phys_range *fit = ranges_best_fit(&f, wanted);
    log_info(&b->plat, "guest RAM: %llu MiB wanted; free: %s", (unsigned long long)(wanted / MiB), text);
    if (fit) return claim_guest(b, fit->start, wanted);
    if (!compose(b, &f, wanted)) return false;
    if (b->h->guest_size < wanted)
        log_warn(&b->plat, "this machine does not have the %llu MiB of guest RAM that are wanted: going on with %llu MiB",
                 (unsigned long long)(wanted / MiB), (unsigned long long)(b->h->guest_size / MiB));
    else log_info(&b->plat, "no single range is enough: guest RAM is one window over %u of them", b->h->guest_ranges);
    return true;
}

// A machine may be too small for what its owner expects of `memory = auto`.
static void say_little(struct boot *b) {
    struct ranges f;
    u64 installed, has = b->h->guest_size;
    if (b->h->config.memory || has >= GUEST_LITTLE || !free_ranges(b, &f, &installed)) return;
    log_warn(&b->plat,
             "the guest gets %llu MiB of RAM, which is what this machine has left of its %llu MiB: few systems start "
             "with so little",
             mib(has), mib(installed));
    log_warn(&b->plat, "with %llu MiB of RAM, the guest would get %llu MiB or more",
             mib(ranges_would_do(installed, GUEST_LITTLE - has, GUEST_LITTLE)), mib(GUEST_LITTLE));
}

// For what the emulator translates, if the guest does not miss it: without it the emulator interprets, unless that was ruled out.
static bool claim_code(struct boot *b) {
    struct ranges f;
    u64 installed, guest = b->h->config.memory ? b->h->config.memory : 2 * (u64)GUEST_LITTLE;
    if (b->h->config.engine == ENGINE_INTERPRET) return true;
    if (!free_ranges(b, &f, &installed)) return false;
    bool must = b->h->config.engine == ENGINE_TRANSLATE;
    if (!must && (ranges_total(&f) < guest + EMU_CODE_MEMORY || !ranges_best_fit(&f, EMU_CODE_MEMORY))) {
        log_info(&b->plat, "this machine has no %llu MiB of RAM left for translated code", mib(EMU_CODE_MEMORY));
        return true;
    }
    return claim_kernel(b, "translated code", EMU_CODE_MEMORY, guest, &b->h->code);
}

bool ram_claim(struct boot *b) {
    struct ranges f;
    u64 installed;
    if (!free_ranges(b, &f, &installed)) {
        log_error(&b->plat, "the firmware does not give its memory map");
        return false;
    }
    // The emulator's block cache is 64 MiB; its tables take 9 bytes for each page of guest RAM, less than a 256th. What a debugger goes back in
    // may be less than it would take.
    u64 all = ranges_total(&f), past = b->h->gdb.present ? (all / 8 < PAST_MOST ? all / 8 : PAST_MOST) : 0;
    u64 heap = align_up(HEAP_BASE + all / 256 + past, 4096);
    u64 rest = heap + GUEST_LITTLE, files = 0;
    for (unsigned i = 0; i < b->h->file_pieces; i++) files += b->h->file[i].at.size;
    bool ok = claim_kernel(b, "the kernel's stacks", KERNEL_STACKS_SIZE, rest, &b->h->stacks) &&
              claim_kernel(b, "the kernel's page tables", paging_pool_size(all + files + 4 * GiB), rest, &b->h->tables) &&
              claim_kernel(b, "the kernel's heap", heap, GUEST_LITTLE, &b->h->heap) && claim_code(b) && claim_guest_ram(b);
    if (ok) say_little(b);
    return ok;
}
