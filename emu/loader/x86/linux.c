// SPDX-License-Identifier: MIT
// The kernel goes to its preferred address, the initrd as high as it may, the boot parameters into low memory. Each
// field of the header is distrusted on its own.
#include "loader/x86/linux.h"

#include "base/bits.h"
#include "base/le.h"
#include "loader/x86/start.h"

typedef unsigned long long ull;

// Offsets in the file's first sectors and, the same, in struct boot_params.
enum {
    H_SETUP_SECTS = 0x1f1, // 512-byte sectors of real-mode code after the first one; 0 means 4
    H_SYSSIZE = 0x1f4,     // the rest of the kernel, in 16-byte units
    H_BOOT_FLAG = 0x1fe,   // 0xAA55
    H_JUMP = 0x201,        // 0x202 + this byte is the header's end
    H_MAGIC = 0x202,       // "HdrS"
    H_VERSION = 0x206,
    H_TYPE_OF_LOADER = 0x210,
    H_LOADFLAGS = 0x211,
    H_CODE32_START = 0x214,
    H_RAMDISK_IMAGE = 0x218,
    H_RAMDISK_SIZE = 0x21c,
    H_CMD_LINE_PTR = 0x228,
    H_INITRD_ADDR_MAX = 0x22c,
    H_KERNEL_ALIGNMENT = 0x230,
    H_RELOCATABLE = 0x234,
    H_XLOADFLAGS = 0x236,
    H_CMDLINE_SIZE = 0x238,
    H_PREF_ADDRESS = 0x258,
    H_INIT_SIZE = 0x260,
    H_LAST = 0x290, // what struct boot_params has room for
    // boot_params only
    P_ACPI_RSDP = 0x070,
    P_EXT_RAMDISK_SIZE = 0x0c4,
    P_E820_ENTRIES = 0x1e8,
    P_E820_TABLE = 0x2d0, // 20 bytes each
};
#define PARAMS_SIZE 4096
#define E820_MOST 128
#define LOADED_HIGH 1   // loadflags: the kernel goes above 1 MiB
#define XLF_KERNEL_64 1 // xloadflags: there is a 64-bit entry point at +0x200
#define ENTRY64 0x200
#define OLDEST 0x20a     // pref_address and init_size are there (Linux 2.6.31)
#define VERSION_64 0x20c // xloadflags is there
#define LOADER_UNDEFINED 0xff

struct header {
    u64 end, setup_size, code_size; // of the file: header, real-mode part, protected-mode part
    u64 version, alignment, preferred, init_size, cmdline_size, initrd_last;
    bool relocatable, entry64;
};

bool linux_is_bzimage(const struct span *file) { return file->size >= H_MAGIC + 4 && !memcmp(file->data + H_MAGIC, "HdrS", 4); }

static int refuse(struct plat *p, const struct span *file, int e, const char *what, u64 is, const char *right) {
    log_error(p, "%s: bzImage: %s is %#llx; right is %s", file->name, what, (ull)is, right);
    return e;
}

static int read_sizes(struct plat *p, const struct span *f, struct header *h) {
    const u8 *d = f->data;
    h->end = H_MAGIC + d[H_JUMP];
    if (h->end < H_INIT_SIZE + 4 || h->end > H_LAST)
        return refuse(p, f, ERR_CORRUPT, "the setup header's end", h->end, "0x264..0x290");
    h->setup_size = ((d[H_SETUP_SECTS] ? d[H_SETUP_SECTS] : 4u) + 1) * 512u;
    static_assert(H_LAST <= 2 * 512); // the header lies in the fewest sectors there can be
    if (h->setup_size >= f->size)
        return refuse(p, f, ERR_TRUNCATED, "the size of the file", f->size, "more than its setup_sects sectors");
    // The unit is 16 bytes and the last one need not be full. What follows is a signature.
    u64 claimed = (u64)ld32(d + H_SYSSIZE) * 16, rest = f->size - h->setup_size;
    if (!claimed) return refuse(p, f, ERR_CORRUPT, "syssize", 0, "the size of the kernel in units of 16 bytes");
    if (claimed > rest + 15)
        return refuse(p, f, ERR_TRUNCATED, "the size of the file", f->size, "at least what setup_sects and syssize say");
    h->code_size = claimed < rest ? claimed : rest;
    return 0;
}

static int read_header(struct plat *p, const struct span *f, struct header *h) {
    const u8 *d = f->data;
    if (f->size < H_INIT_SIZE + 4)
        return refuse(p, f, ERR_TRUNCATED, "the size of the file", f->size, "at least 0x264, the setup header's end");
    if (ld16(d + H_BOOT_FLAG) != 0xaa55) return refuse(p, f, ERR_CORRUPT, "boot_flag", ld16(d + H_BOOT_FLAG), "0xaa55");
    h->version = ld16(d + H_VERSION);
    if (h->version < OLDEST)
        return refuse(p, f, ERR_UNSUPPORTED, "the boot protocol's version", h->version, "0x20a or later (Linux 2.6.31)");
    if (!(d[H_LOADFLAGS] & LOADED_HIGH))
        return refuse(p, f, ERR_UNSUPPORTED, "loadflags", d[H_LOADFLAGS], "LOADED_HIGH set (a bzImage, not a zImage)");
    int e = read_sizes(p, f, h);
    if (e) return e;
    h->entry64 = h->version >= VERSION_64 && ld16(d + H_XLOADFLAGS) & XLF_KERNEL_64;
    if (h->entry64 && h->code_size <= ENTRY64)
        return refuse(p, f, ERR_CORRUPT, "the protected-mode part", h->code_size, "more than 0x200, where the 64-bit entry is");
    h->relocatable = d[H_RELOCATABLE];
    h->alignment = ld32(d + H_KERNEL_ALIGNMENT);
    if (h->relocatable && (!is_pow2(h->alignment) || h->alignment < PAGE_SIZE))
        return refuse(p, f, ERR_CORRUPT, "kernel_alignment", h->alignment, "a power of two from 0x1000 on");
    h->preferred = ld64(d + H_PREF_ADDRESS);
    h->init_size = ld32(d + H_INIT_SIZE);
    if (h->init_size < h->code_size)
        return refuse(p, f, ERR_CORRUPT, "init_size", h->init_size, "at least the size of the protected-mode part");
    h->cmdline_size = ld32(d + H_CMDLINE_SIZE);
    h->initrd_last = ld32(d + H_INITRD_ADDR_MAX);
    return 0;
}

// The preferred place when it is free RAM, else (for a kernel that can be moved) the lowest place above 1 MiB.
static int place_kernel(struct load_target *t, const struct span *f, const struct header *h, gpa_t *at) {
    const u8 *code = f->data + h->setup_size;
    const struct target_want want = {
        .name = "kernel", .size = h->init_size, .align = h->alignment, .lowest = h->preferred, .last = TARGET_LAST32};
    if (!h->relocatable) {
        *at = h->preferred;
        return target_load(t, "kernel", h->preferred, code, h->code_size, h->init_size);
    }
    return target_place(t, &want, code, h->code_size, at);
}

static int place_initrd(struct load_target *t, const struct boot *b, const struct header *h, u8 *params) {
    u64 size = boot_initrd_size(b);
    if (!size) return 0;
    gpa_t at;
    const struct target_want want = {.name = "initrd", .align = PAGE_SIZE, .lowest = MiB, .last = h->initrd_last, .high = true};
    int e = target_place_initrds(t, b, want, &at);
    if (e) return e;
    st32(params + H_RAMDISK_IMAGE, (u32)at);
    st32(params + H_RAMDISK_SIZE, (u32)size);
    st32(params + P_EXT_RAMDISK_SIZE, (u32)(size >> 32));
    return 0;
}

static int place_cmdline(struct load_target *t, const struct boot *b, const struct header *h, u8 *params) {
    u64 length = strlen(b->cmdline);
    if (length > h->cmdline_size) {
        log_error(t->plat, "the command line has %llu bytes; this kernel takes %llu", (ull)length, (ull)h->cmdline_size);
        return ERR_RANGE;
    }
    gpa_t at;
    int e = target_tell(t, "command line", b->cmdline, length + 1, 16, &at);
    if (!e) st32(params + H_CMD_LINE_PTR, (u32)at);
    return e;
}

static int put_e820(const struct load_target *t, u8 *params) {
    if (t->e820s > E820_MOST) {
        log_error(t->plat, "the memory map has %u entries; boot_params holds %u", t->e820s, E820_MOST);
        return ERR_RANGE;
    }
    params[P_E820_ENTRIES] = (u8)t->e820s;
    for (unsigned i = 0; i < t->e820s; i++) {
        u8 *entry = params + P_E820_TABLE + 20 * i;
        st64(entry, t->e820[i].start);
        st64(entry + 8, t->e820[i].size);
        st32(entry + 16, t->e820[i].type);
    }
    return 0;
}

int linux_load(struct load_target *t, const struct boot *b, struct image *out) {
    struct header h;
    struct x86_start start = {0};
    u8 params[PARAMS_SIZE] = {0};
    gpa_t kernel;
    int e = read_header(t->plat, &b->kernel, &h);
    if (!e) e = place_kernel(t, &b->kernel, &h, &kernel);
    if (e) return e;
    memcpy(params + H_SETUP_SECTS, b->kernel.data + H_SETUP_SECTS, h.end - H_SETUP_SECTS);
    params[H_TYPE_OF_LOADER] = LOADER_UNDEFINED;
    st32(params + H_CODE32_START, (u32)kernel);
    st64(params + P_ACPI_RSDP, t->acpi_rsdp);
    if ((e = put_e820(t, params)) || (e = place_initrd(t, b, &h, params)) || (e = place_cmdline(t, b, &h, params))) return e;
    const struct target_want want = {
        .name = "boot_params", .size = sizeof params, .align = PAGE_SIZE, .lowest = TARGET_LOW, .last = TARGET_LAST32};
    e = target_place(t, &want, params, sizeof params, &start.rsi);
    if (!e) e = h.entry64 ? start_long(t, &start) : start_protected(t, &start);
    if (e) return e;
    gpa_t entry = h.entry64 ? kernel + ENTRY64 : kernel;
    log_info(t->plat, "%s: Linux, boot protocol %llu.%llu, %llu bytes at %#llx, %s entry %#llx", b->kernel.name,
             (ull)h.version >> 8, (ull)h.version & 0xff, (ull)h.code_size, (ull)kernel, h.entry64 ? "64-bit" : "32-bit",
             (ull)entry);
    log_info(t->plat, "command line: %s", b->cmdline);
    *out = x86_image(IMAGE_LINUX, entry, &start);
    return 0;
}

gpa_t linux_top(const struct boot *b) {
    const struct span *f = &b->kernel;
    if (f->size < H_INIT_SIZE + 4) return 0;
    u64 kernel = ld64(f->data + H_PREF_ADDRESS), top;
    if (add_overflows(kernel, ld32(f->data + H_INIT_SIZE), &top)) return 0;
    // The initrd is unpacked into RAM by the kernel, which frees it afterwards: both at once must fit, and a little to
    // run.
    return top + align_up(boot_initrd_size(b), MiB);
}
