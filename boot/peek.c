// SPDX-License-Identifier: MIT
// Linux: "HdrS" at 0x202 (x86, boot protocol 2.00), "RISCV" at 0x30 (RISC-V, boot-image-header), "ARM\x64" at 0x38 (arm64, booting).
// EFI zboot: "MZ" and "zimg" at 4, and what packed it. ELF: 18 e_machine.
#include "boot/peek.h"
#include "base/le.h"
#include <string.h>

static const char *const x86 = "x86_64", *const riscv = "riscv64", *const arm = "arm64";

static bool at(const u8 *head, size_t size, size_t where, const char *magic) {
    size_t n = strlen(magic);
    return size >= where + n && !memcmp(head + where, magic, n);
}

static bool there(struct disc *d, const u16 *path) {
    struct disc_node node;
    return !disc_find(d, path, &node);
}

// By the removable media's boot files (UEFI 2.10, 3.5.1.1), or by the folder of a loader that there is on the PC alone.
static const char *arch_of_iso(struct disc *d) {
    static const struct {
        const u16 *path;
        const char *const *arch;
    } sign[] = {{u"\\EFI\\BOOT\\BOOTX64.EFI", &x86},  {u"\\isolinux", &x86},
                {u"\\boot\\isolinux", &x86},          {u"\\syslinux", &x86},
                {u"\\EFI\\BOOT\\BOOTIA32.EFI", &x86}, {u"\\EFI\\BOOT\\BOOTRISCV64.EFI", &riscv},
                {u"\\EFI\\BOOT\\BOOTAA64.EFI", &arm}};
    for (unsigned i = 0; i < countof(sign); i++)
        if (there(d, sign[i].path)) return *sign[i].arch;
    return NULL;
}

static const char *arch_of_elf(const u8 *head, size_t size) {
    if (size < 20) return NULL;
    switch (ld16(head + 18)) {
    case 3: // a 32-bit kernel: PVH or Multiboot
    case 62: return x86;
    case 183: return arm;
    case 243: return riscv;
    default: return NULL;
    }
}

struct peek peek(const u8 *head, size_t size, struct disc *file) {
    if (at(head, size, 0x202, "HdrS")) return (struct peek){x86, "Linux kernel"};
    if (at(head, size, 0x30, "RISCV")) return (struct peek){riscv, "Linux kernel"};
    if (at(head, size, 0x38, "ARM\x64")) return (struct peek){arm, "Linux kernel"};
    if (at(head, size, 0, "MZ") && at(head, size, 4, "zimg")) return (struct peek){NULL, "Linux kernel, packed (EFI zboot)"};
    if (at(head, size, 0,
           "\x7f"
           "ELF"))
        return (struct peek){arch_of_elf(head, size), "ELF"};
    if (at(head, size, 0, "\x1f\x8b")) return (struct peek){NULL, "packed by gzip"};
    if (disc_open(file)) return (struct peek){arch_of_iso(file), "ISO, started by its own boot menu"};
    return (struct peek){NULL, "raw image"};
}
