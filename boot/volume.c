// SPDX-License-Identifier: MIT
// File systems and files of the firmware (UEFI 2.10, 13.4, 13.5).
#include "base/bits.h"
#include "boot/boot.h"
#include "boot/cd.h"
#include "boot/names.h"
#include "boot/net.h"
#include "boot/status.h"
#include <string.h>

enum { ENTRIES_MOST = 8192, PATH_UNITS = 256, PATH_NODES = 64 };

// What GetInfo and a folder's Read fill in: a structure with a name of up to 255 characters.
union info {
    EFI_FILE_INFO file;
    EFI_FILE_SYSTEM_INFO volume;
    u8 room[sizeof(EFI_FILE_INFO) + 2 * PATH_UNITS];
};

static bool open_root(struct boot *b, EFI_HANDLE handle, EFI_FILE_HANDLE *root) {
    EFI_FILE_IO_INTERFACE *fs;
    return !EFI_ERROR(b->bs->HandleProtocol(handle, GUID_OF(SIMPLE_FILE_SYSTEM_PROTOCOL_GUID), (void **)&fs)) &&
           !EFI_ERROR(fs->OpenVolume(fs, root));
}

// The application's folder. Its path may be cut into several nodes (UEFI 2.10, 10.3.5.4).
static void own_folder(struct boot *b) {
    u16 path[PATH_UNITS];
    size_t n = 0;
    EFI_DEVICE_PATH *node = b->loaded->FilePath;
    for (unsigned i = 0; node && i < PATH_NODES && !IsDevicePathEnd(node); i++, node = NextDevicePathNode(node)) {
        int size = DevicePathNodeLength(node) - (int)sizeof *node;
        if (size < 0) break;
        if (DevicePathType(node) != MEDIA_DEVICE_PATH || DevicePathSubType(node) != MEDIA_FILEPATH_DP) continue;
        u16 unit;
        const u8 *from = (const u8 *)(node + 1);
        if (n && n < countof(path)) path[n++] = '\\';
        for (; size >= 2 && n < countof(path); size -= 2, from += 2) {
            memcpy(&unit, from, sizeof unit);
            if (!unit) break;
            path[n++] = unit;
        }
    }
    if (n < countof(path)) names_folder(path, n, b->own.folder, sizeof b->own.folder);
}

static bool open_server(struct boot *b, struct volume *v) {
    struct server *s = net_server(b);
    if (!s || !(v->root = net_root(s))) return false;
    v->server = true;
    plat_format(v->name, sizeof v->name, "%.60s", s->name);
    plat_format(b->own.folder, sizeof b->own.folder, "%s", s->folder);
    b->config = b->own;
    log_info(&b->plat, "started from %s/%.500s: files are looked for there", s->name, s->folder);
    return true;
}

bool volume_open(struct boot *b) {
    if (EFI_ERROR(b->bs->HandleProtocol(b->image, GUID_OF(LOADED_IMAGE_PROTOCOL_GUID), (void **)&b->loaded)) ||
        !b->loaded->DeviceHandle) {
        log_error(&b->plat, "the firmware does not say which volume this was started from");
        return false;
    }
    struct volume *v = &b->volume[b->volumes++];
    v->handle = b->loaded->DeviceHandle;
    plat_format(v->name, sizeof v->name, "this volume");
    if (open_root(b, v->handle, &v->root)) {
        own_folder(b);
        b->config = b->own;
        return true;
    }
    if (open_server(b, v)) return true;
    volume_find_others(b);
    if (b->volumes == 1)
        log_error(&b->plat, "the volume this was started from has no file system the firmware can read, nor is there another: "
                            "start it from a FAT volume, as EFI/BOOT/BOOTX64.EFI");
    else log_warn(&b->plat, "the volume this was started from has no file system the firmware can read: looking on the others");
    return b->volumes > 1;
}

// One more volume than there are, with its name.
static void add_volume(struct boot *b, EFI_HANDLE handle, EFI_FILE_HANDLE root) {
    struct volume *v = &b->volume[b->volumes++];
    v->handle = handle;
    v->root = root;
    union info info = {0};
    UINTN n = sizeof info;
    char label[32] = "";
    const size_t head = offsetof(EFI_FILE_SYSTEM_INFO, VolumeLabel);
    bool told =
        !EFI_ERROR(v->root->GetInfo(v->root, &(EFI_GUID)EFI_FILE_SYSTEM_INFO_ID, &n, &info)) && n >= head && n <= sizeof info;
    if (told) names_text(info.volume.VolumeLabel, (n - head) / sizeof(CHAR16), false, label, sizeof label);
    for (char *p = label; *p; p++)
        if ((u8)*p < ' ' || *p == 0x7f) *p = '?';
    plat_format(v->name, sizeof v->name, "volume %u \"%s\"", b->volumes, label);
    log_info(&b->plat, "%s: %llu MiB", v->name, (unsigned long long)(told ? info.volume.VolumeSize / MiB : 0));
}

// A firmware that starts fast connects no driver but those on the way to the application.
static void connect_disks(struct boot *b) {
    UINTN n = 0;
    EFI_HANDLE *disk = NULL;
    void *fs;
    if (EFI_ERROR(b->bs->LocateHandleBuffer(ByProtocol, GUID_OF(BLOCK_IO_PROTOCOL_GUID), NULL, &n, &disk))) return;
    for (UINTN i = 0; i < n; i++)
        if (EFI_ERROR(b->bs->HandleProtocol(disk[i], GUID_OF(SIMPLE_FILE_SYSTEM_PROTOCOL_GUID), &fs)))
            b->bs->ConnectController(disk[i], NULL, NULL, TRUE);
    b->bs->FreePool(disk);
}

// Those that the firmware has no driver for. Whole devices only: in a hybrid image a partition may begin where the disc does.
static void add_discs(struct boot *b) {
    UINTN n = 0;
    EFI_HANDLE *disk = NULL;
    EFI_BLOCK_IO *io;
    void *fs;
    if (EFI_ERROR(b->bs->LocateHandleBuffer(ByProtocol, GUID_OF(BLOCK_IO_PROTOCOL_GUID), NULL, &n, &disk))) return;
    for (UINTN i = 0; i < n && b->volumes < BOOT_VOLUMES; i++) {
        if (!EFI_ERROR(b->bs->HandleProtocol(disk[i], GUID_OF(SIMPLE_FILE_SYSTEM_PROTOCOL_GUID), &fs))) continue;
        if (EFI_ERROR(b->bs->HandleProtocol(disk[i], GUID_OF(BLOCK_IO_PROTOCOL_GUID), (void **)&io))) continue;
        EFI_FILE_HANDLE root = io->Media->LogicalPartition ? NULL : cd_root(b, io);
        if (root) add_volume(b, disk[i], root);
    }
    b->bs->FreePool(disk);
}

static void add_file_systems(struct boot *b) {
    UINTN n = 0;
    EFI_HANDLE *handle = NULL;
    EFI_FILE_HANDLE root;
    if (EFI_ERROR(b->bs->LocateHandleBuffer(ByProtocol, GUID_OF(SIMPLE_FILE_SYSTEM_PROTOCOL_GUID), NULL, &n, &handle))) return;
    for (UINTN i = 0; i < n && b->volumes < BOOT_VOLUMES; i++)
        if (handle[i] != b->volume[0].handle && open_root(b, handle[i], &root)) add_volume(b, handle[i], root);
    b->bs->FreePool(handle);
}

void volume_find_others(struct boot *b) {
    if (b->all_volumes) return;
    b->all_volumes = true;
    connect_disks(b);
    add_file_systems(b);
    add_discs(b);
}

EFI_STATUS volume_file(struct boot *b, unsigned volume, const char *path, EFI_FILE_HANDLE *f) {
    CHAR16 wide[PATH_UNITS];
    EFI_FILE_HANDLE root = b->volume[volume].root;
    if (!root) return EFI_NOT_FOUND;
    if (!names_path(path, wide, countof(wide))) return EFI_INVALID_PARAMETER;
    return root->Open(root, f, wide, EFI_FILE_MODE_READ, 0);
}

bool volume_size(struct boot *b, EFI_FILE_HANDLE f, const char *what, const char *path, u64 *size) {
    union info info;
    UINTN room = sizeof info;
    EFI_STATUS s = f->GetInfo(f, GUID_OF(FILE_INFO_ID), &room, &info);
    *size = info.file.FileSize;
    if (!EFI_ERROR(s) && !(info.file.Attribute & EFI_FILE_DIRECTORY)) return true;
    log_error(&b->plat, "%s %s is not a file%s%s", what, path, EFI_ERROR(s) ? ": " : "", EFI_ERROR(s) ? status_text(s) : "");
    return false;
}

static bool read_file(struct boot *b, EFI_FILE_HANDLE f, const char *what, const char *path, u64 limit, u8 **data, u64 *size) {
    EFI_PHYSICAL_ADDRESS at = 0;
    if (!volume_size(b, f, what, path, size)) return false;
    if (*size > limit) {
        log_error(&b->plat, "%s %s has %llu bytes; at most %llu make sense here", what, path, (unsigned long long)*size,
                  (unsigned long long)limit);
        return false;
    }
    if (EFI_ERROR(b->bs->AllocatePages(AllocateAnyPages, EfiLoaderData, EFI_SIZE_TO_PAGES(*size + 1), &at))) {
        log_error(&b->plat, "%s %s: the firmware has no memory for its %llu bytes", what, path, (unsigned long long)*size);
        return false;
    }
    *data = (u8 *)(uintptr_t)at;
    memset(*data, 0, align_up(*size + 1, EFI_PAGE_SIZE));
    UINTN n = *size;
    EFI_STATUS s = n ? f->Read(f, &n, *data) : EFI_SUCCESS;
    if (!EFI_ERROR(s) && n == *size) return true;
    log_error(&b->plat, "%s %s: the firmware could not read its %llu bytes: %s", what, path, (unsigned long long)*size,
              EFI_ERROR(s) ? status_text(s) : "the file ends before");
    return false;
}

bool volume_read(struct boot *b, EFI_FILE_HANDLE f, const char *what, const char *path, u64 limit, u8 **data, u64 *size) {
    bool ok = read_file(b, f, what, path, limit, data, size);
    f->Close(f);
    return ok;
}

EFI_STATUS volume_list(struct boot *b, const struct place *p, bool (*each)(void *ctx, const char *name), void *ctx) {
    union info info;
    EFI_FILE_HANDLE root = b->volume[p->volume].root, folder = root;
    EFI_STATUS s = EFI_SUCCESS;
    if (!root) return EFI_NO_MEDIA;
    if (p->folder[0]) {
        char path[BOOT_PATH];
        plat_format(path, sizeof path, "%.*s", (int)strlen(p->folder) - 1, p->folder);
        s = volume_file(b, p->volume, path, &folder);
    } else {
        root->SetPosition(root, 0);
    }
    if (EFI_ERROR(s)) return s;
    bool more = true;
    for (unsigned i = 0; more && i < ENTRIES_MOST; i++) {
        char name[BOOT_PATH];
        const size_t head = offsetof(EFI_FILE_INFO, FileName);
        UINTN n = sizeof info;
        s = folder->Read(folder, &n, &info);
        if (EFI_ERROR(s) || !n) break;
        if (n < head || n > sizeof info) continue;
        bool is_folder = info.file.Attribute & EFI_FILE_DIRECTORY;
        names_text(info.file.FileName, (n - head) / sizeof(CHAR16), is_folder, name, sizeof name);
        bool nameless = !*name || *name == '/';
        bool hidden = nameless || names_hidden(name) || (info.file.Attribute & (EFI_FILE_HIDDEN | EFI_FILE_SYSTEM));
        more = hidden || each(ctx, name);
    }
    if (folder != root) folder->Close(folder);
    return s;
}
