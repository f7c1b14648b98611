// SPDX-License-Identifier: MIT
#include "loader/foreign.h"

#include "base/bits.h"
#include "base/le.h"

#include <string.h>

#define HEAD 512

struct format {
    u64 at; // of the magic, from the file's start, or from its end where that is said
    bool from_end;
    const char *magic;
    unsigned length;
    const char *name;
};

// The name is what `qemu-img info` says, or nearly so. Each format's own specification has the magic.
#define MAGIC(text) text, sizeof(text) - 1
static const struct format formats[] = {
    {0, false, MAGIC("QFI\xfb"), "a qcow2 (QEMU)"},
    {0, false, MAGIC("KDMV"), "a VMDK (VMware)"},
    {0, false, MAGIC("COWD"), "a VMDK (VMware ESX)"},
    {0, false, MAGIC("# Disk DescriptorFile"), "the description of a VMDK (VMware)"},
    {0x40, false, MAGIC("\x7f\x10\xda\xbe"), "a VDI (VirtualBox)"},
    {0, false, MAGIC("vhdxfile"), "a VHDX (Hyper-V)"},
    {0, false, MAGIC("conectix"), "a VHD (Virtual PC, Hyper-V, Azure)"},
    {512, true, MAGIC("conectix"), "a VHD (Virtual PC, Hyper-V, Azure)"},
    {511, true, MAGIC("conectix"), "a VHD (Virtual PC)"}, // its first versions' footer was a byte short
    {0, false, MAGIC("QED\0"), "a QED (QEMU)"},
    {0, false, MAGIC("WithoutFreeSpace"), "a Parallels"},
    {0, false, MAGIC("WithouFreSpacExt"), "a Parallels"},
    {0, false, MAGIC("Bochs Virtual HD Image"), "a Bochs"},
    {512, true, MAGIC("koly"), "a DMG (Apple)"},
    {0, false, MAGIC("#!/bin/sh\n#V2.0 Format\nmodprobe cloop"), "a cloop"},
};

// First and last bytes of a file, wherever it is.
struct ends {
    const char *name;
    u64 size;
    u8 head[HEAD], tail[HEAD];
};

static int look(struct ends *f, const struct blob *b, struct disk *d) {
    *f = (struct ends){.name = d ? d->name : b->name, .size = d ? d->size : b->size};
    u64 n = f->size < HEAD ? f->size : HEAD;
    if (!d) {
        memcpy(f->head, b->data, n);
        memcpy(f->tail + HEAD - n, b->data + f->size - n, n);
        return 0;
    }
    int err = d->read(d, 0, f->head, n);
    return err ? err : d->read(d, f->size - n, f->tail + HEAD - n, n);
}

static const struct format *format_of(const struct ends *f) {
    for (const struct format *k = formats; k < formats + countof(formats); k++) {
        if (!range_inside(k->at, k->from_end ? 0 : k->length, f->size)) continue;
        const u8 *at = k->from_end ? f->tail + HEAD - k->at : f->head + k->at;
        if (!memcmp(at, k->magic, k->length)) return k;
    }
    return NULL;
}

// As a shell wants it.
static void put_name(char *to, size_t room, const char *name, int length, const char *suffix) {
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-+=:@,%/";
    bool quote = strspn(name, plain) != strlen(name) && !strchr(name, '\'');
    plat_format(to, room, "%s%.*s%s%s", quote ? "'" : "", length, name, suffix, quote ? "'" : "");
}

// The command: to a name of its own that ends in .img.
static void put_command(char *to, size_t room, const char *name) {
    char from[300], out[300];
    const char *slash = strrchr(name, '/'), *dot = strrchr(slash ? slash : name, '.');
    int stem = (int)(dot && dot > name && strcmp(dot, ".img") && strcmp(dot, ".raw") ? (size_t)(dot - name) : strlen(name));
    put_name(from, sizeof from, name, (int)strlen(name), "");
    put_name(out, sizeof out, name, stem, name[stem] ? ".img" : ".raw.img");
    plat_format(to, room, "qemu-img convert -O raw %s %s", from, out);
}

static int check(struct plat *p, const char *key, const struct blob *b, struct disk *d) {
    struct ends f;
    if (!d && !b->data) return 0;
    int err = look(&f, b, d);
    if (err) return err;
    const struct format *k = format_of(&f);
    if (!k) return 0;
    char command[620];
    put_command(command, sizeof command, f.name);
    bool kernel = !strcmp(key, "kernel"), initrd = !strcmp(key, "initrd");
    log_error(p, "%s = %.120s: this is %s disk image, and softmetal takes raw ones; convert it: %s%s", key, f.name, k->name,
              command,
              kernel   ? "; that is a disk then, and the kernel a file of its own"
              : initrd ? "; that is a disk then, and no initrd"
                       : "");
    return ERR_UNSUPPORTED;
}

int foreign_check(struct plat *p, const struct emu_config *c, const struct emu_inputs *in) {
    int err = c->has_load_address ? 0 : check(p, "kernel", &in->kernel, NULL);
    if (!err) err = check(p, "initrd", &in->initrd, NULL);
    if (!err) err = check(p, "cdrom", &in->cdrom, NULL);
    for (unsigned i = 0; i < CONFIG_DISKS && !err; i++) err = check(p, "disk", &in->disk[i], in->disk_drive[i]);
    return err;
}

// --- whole disks as a kernel

// Master boot record:  446 four entries of 16 bytes   510 55 AA
// Entry:  0 flag (80h: active)   4 type (0: none)   8 first sector (4)   12 sectors (4)
enum { MBR_TABLE = 446, MBR_ENTRY = 16, MBR_ENTRIES = 4, MBR_MAGIC = 510 };

static bool has_partitions(const u8 *mbr) {
    unsigned found = 0;
    for (const u8 *e = mbr + MBR_TABLE; e < mbr + MBR_TABLE + MBR_ENTRIES * MBR_ENTRY; e += MBR_ENTRY) {
        if (e[0] & 0x7f) return false;
        if (!e[4]) continue;
        if (!ld32(e + 8) || !ld32(e + 12)) return false;
        found++;
    }
    return found;
}

// The GPT's header is in the second sector, which has 512 bytes or 4096 (UEFI 2.10, 5.3.2).
static bool has_gpt(const struct span *f) {
    for (unsigned at = 512; at <= 4096; at *= 8)
        if (range_inside(at, 8, f->size) && !memcmp(f->data + at, "EFI PART", 8)) return true;
    return false;
}

int foreign_check_partitioned(struct plat *p, const struct span *f) {
    if (f->size < 1024 || ld16(f->data + MBR_MAGIC) != 0xaa55 || !has_partitions(f->data)) return 0;
    log_error(
        p,
        "kernel = %.120s: this is a disk with %s, and its own boot loader is started by firmware alone; right is disk = %.120s, and "
        "with it firmware = bios (x86), or kernel = (a file, or cdrom:/path in an ISO), initrd = ..., append = root=/dev/vda1 ...",
        f->name, has_gpt(f) ? "a GPT" : "an MBR partition table", f->name);
    return ERR_UNSUPPORTED;
}

// --- kernels

const char *foreign_name(const struct span *f) {
    static const struct {
        u64 at;
        const char *magic, *name;
    } known[] = {
        {0x38, "ARM\x64", "an arm64 Linux kernel"},
        {0x38, "RSC\x05", "a RISC-V Linux kernel"},
        {0x202, "HdrS", "an x86 Linux kernel"},
        {4, "zimg", "an EFI zboot kernel"},
        {0, "\x1f\x8b\x08", "gzip-compressed"},
        {0,
         "\xfd"
         "7zXZ",
         "xz-compressed"},
        {0, "\x28\xb5\x2f\xfd", "zstd-compressed"},
        {0, "MZ", "a Windows or EFI program"},
        {0, "\xd0\x0d\xfe\xed", "a device tree"},
        {257, "ustar", "a tar archive"},
        {0, "070701", "a cpio archive (an initrd?)"},
        {0, "!<arch>", "a Unix archive (a .deb or a library)"},
    };
    for (unsigned i = 0; i < countof(known); i++)
        if (range_inside(known[i].at, strlen(known[i].magic), f->size) &&
            !memcmp(f->data + known[i].at, known[i].magic, strlen(known[i].magic)))
            return known[i].name;
    return NULL;
}
