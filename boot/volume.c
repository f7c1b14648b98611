// SPDX-License-Identifier: MIT
// Files on the volume that the application was started from (UEFI 2.10, 13.4, 13.5).
#include "base/bits.h"
#include "boot/boot.h"
#include "boot/names.h"
#include <string.h>

enum { CHUNK = 4 * 1024 * 1024 }; // some firmware's USB stack is slow or wrong with very large reads

bool volume_open(struct boot *b) {
    EFI_LOADED_IMAGE *image;
    EFI_FILE_IO_INTERFACE *fs;
    if (EFI_ERROR(b->bs->HandleProtocol(b->image, GUID_OF(LOADED_IMAGE_PROTOCOL_GUID), (void **)&image)) ||
        !image->DeviceHandle) {
        log_error(&b->plat, "the firmware does not say which volume this was started from");
        return false;
    }
    EFI_STATUS s = b->bs->HandleProtocol(image->DeviceHandle, GUID_OF(SIMPLE_FILE_SYSTEM_PROTOCOL_GUID), (void **)&fs);
    if (EFI_ERROR(s) || EFI_ERROR(fs->OpenVolume(fs, &b->root))) {
        log_error(&b->plat,
                  "the volume this was started from has no file system the firmware can read: start it from a "
                  "FAT volume, as EFI/BOOT/BOOTX64.EFI");
        return false;
    }
    return true;
}

// The size of an open file; false for a directory or when it cannot be told.
static bool file_size(EFI_FILE_HANDLE f, u64 *size) {
    alignas(8) u8 buffer[sizeof(EFI_FILE_INFO) + 512];
    EFI_FILE_INFO *info = (EFI_FILE_INFO *)(void *)buffer;
    UINTN n = sizeof buffer;
    if (EFI_ERROR(f->GetInfo(f, GUID_OF(FILE_INFO_ID), &n, info)) || (info->Attribute & EFI_FILE_DIRECTORY)) return false;
    *size = info->FileSize;
    return true;
}

static void show(struct boot *b, bool finished, const char *what, const char *path, u64 done, u64 size) {
    log_progress(b, finished, "%s %s: %llu of %llu MiB", what, path, (unsigned long long)((done + MiB / 2) / MiB),
                 (unsigned long long)((size + MiB / 2) / MiB));
}

static bool read_all(struct boot *b, EFI_FILE_HANDLE f, const char *what, const char *path, bool progress, u8 *data,
                     u64 size) {
    for (u64 done = 0; done < size;) {
        if (progress) show(b, false, what, path, done, size);
        UINTN n = size - done < CHUNK ? size - done : CHUNK;
        EFI_STATUS s = f->Read(f, &n, data + done);
        if (EFI_ERROR(s) || !n) {
            if (progress) log_progress(b, true, "%s %s", what, path);
            log_error(&b->plat, "%s %s: the firmware could read only %llu of its %llu bytes (status 0x%llx)", what,
                      path, (unsigned long long)done, (unsigned long long)size, (unsigned long long)s);
            return false;
        }
        done += n;
    }
    if (progress) show(b, true, what, path, size, size);
    return true;
}

bool volume_read(struct boot *b, const char *what, const char *path, u64 limit, bool progress, u8 **data, u64 *size) {
    CHAR16 wide[256];
    EFI_FILE_HANDLE f;
    *data = NULL;
    if (!names_path(path, wide, countof(wide))) return true;
    if (EFI_ERROR(b->root->Open(b->root, &f, wide, EFI_FILE_MODE_READ, 0))) return true;
    u64 n;
    bool ok = file_size(f, &n);
    EFI_PHYSICAL_ADDRESS at = 0;
    if (!ok) {
        log_error(&b->plat, "%s %s is not a file", what, path);
    } else if (n > limit) {
        log_error(&b->plat, "%s %s has %llu bytes; at most %llu make sense here", what, path, (unsigned long long)n,
                  (unsigned long long)limit);
        ok = false;
    } else if (EFI_ERROR(b->bs->AllocatePages(AllocateAnyPages, EfiLoaderData, EFI_SIZE_TO_PAGES(n + 1), &at))) {
        log_error(&b->plat, "%s %s has %llu MiB: this machine has no free range of RAM as large", what, path,
                  (unsigned long long)(n / MiB));
        ok = false;
    } else {
        u8 *bytes = (u8 *)(uintptr_t)at;
        memset(bytes + n, 0, align_up(n + 1, EFI_PAGE_SIZE) - n); // a text ends with a NUL
        ok = read_all(b, f, what, path, progress, bytes, n);
        if (ok) {
            *data = bytes;
            *size = n;
        }
    }
    f->Close(f);
    return ok;
}

void volume_list(struct boot *b, void (*each)(void *ctx, const char *name), void *ctx) {
    alignas(8) u8 buffer[sizeof(EFI_FILE_INFO) + 512];
    EFI_FILE_INFO *info = (EFI_FILE_INFO *)(void *)buffer;
    b->root->SetPosition(b->root, 0);
    for (UINTN n = sizeof buffer; !EFI_ERROR(b->root->Read(b->root, &n, info)) && n; n = sizeof buffer) {
        char name[256];
        size_t head = offsetof(EFI_FILE_INFO, FileName);
        if (n < head || n > sizeof buffer) continue;
        names_text(info->FileName, (n - head) / sizeof(CHAR16), info->Attribute & EFI_FILE_DIRECTORY, name, sizeof name);
        if (strcmp(name, "./") && strcmp(name, "../")) each(ctx, name);
    }
}
