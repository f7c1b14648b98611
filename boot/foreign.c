// SPDX-License-Identifier: MIT
// Volumes that the firmware cannot read, by the magic numbers of their file systems: who has a stick of NTFS or exFAT has files on it, and
// would otherwise be told of none.
#include "base/bits.h"
#include "boot/boot.h"
#include <string.h>

enum { HEAD = 4096 };

static const char *foreign_name(const u8 *head) {
    static const struct {
        size_t at;
        const char *magic, *name;
    } known[] = {{3, "NTFS    ", "NTFS"},      {3, "EXFAT   ", "exFAT"},           {3, "-FVE-FS-", "BitLocker"},
                 {0, "XFSB", "XFS"},           {0, "LUKS\xba\xbe", "LUKS"},        {32, "NXSB", "APFS"},
                 {1024, "H+", "HFS+"},         {1024, "\x10\x20\xf5\xf2", "F2FS"}, {1080, "\x53\xef", "ext4, or ext3, or ext2"},
                 {0, "hsqs", "a squashed one"}};
    for (unsigned i = 0; i < countof(known); i++)
        if (!memcmp(head + known[i].at, known[i].magic, strlen(known[i].magic))) return known[i].name;
    return NULL;
}

// In memory that the device can reach (UEFI 2.10, 13.9): a page is aligned enough for any.
static const char *look(EFI_BLOCK_IO *io) {
    _Alignas(EFI_PAGE_SIZE) static u8 head[HEAD];
    const EFI_BLOCK_IO_MEDIA *m = io->Media;
    if (!m || !m->MediaPresent || !m->BlockSize || HEAD % m->BlockSize || m->LastBlock < HEAD / m->BlockSize) return NULL;
    return EFI_ERROR(io->ReadBlocks(io, m->MediaId, 0, HEAD, head)) ? NULL : foreign_name(head);
}

void foreign_explain(struct boot *b) {
    UINTN n = 0;
    EFI_HANDLE *disk = NULL;
    EFI_BLOCK_IO *io;
    void *fs;
    if (EFI_ERROR(b->bs->LocateHandleBuffer(ByProtocol, GUID_OF(BLOCK_IO_PROTOCOL_GUID), NULL, &n, &disk))) return;
    for (UINTN i = 0; i < n; i++) {
        if (!EFI_ERROR(b->bs->HandleProtocol(disk[i], GUID_OF(SIMPLE_FILE_SYSTEM_PROTOCOL_GUID), &fs))) continue;
        if (EFI_ERROR(b->bs->HandleProtocol(disk[i], GUID_OF(BLOCK_IO_PROTOCOL_GUID), (void **)&io))) continue;
        const char *name = look(io);
        if (name)
            log_error(&b->plat, "a volume of %llu MiB cannot be read: its file system is %s, and this PC's firmware reads FAT32",
                      (unsigned long long)((io->Media->LastBlock + 1) * io->Media->BlockSize / MiB), name);
    }
    b->bs->FreePool(disk);
}
