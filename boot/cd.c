// SPDX-License-Identifier: MIT
#include "boot/cd.h"
#include "base/bits.h"
#include "base/err.h"
#include "boot/disc.h"
#include <string.h>

struct cd {
    struct disc disc;
    EFI_BOOT_SERVICES *bs;
    EFI_BLOCK_IO *io;
};

struct cd_file {
    EFI_FILE file; // what others see
    struct cd *cd;
    struct disc_node node;
    u64 at; // in the file's bytes; a folder: in its records
};

static struct cd_file *of(EFI_FILE_HANDLE f) { return (struct cd_file *)(void *)f; }

// Blocks of at most a sector's size, and in memory that the device can reach (UEFI 2.10, 13.9): pages are aligned enough for any.
static EFI_STATUS read_sectors(struct cd *cd, u64 sector, u64 count, void *data) {
    const EFI_BLOCK_IO_MEDIA *m = cd->io->Media;
    u64 blocks = DISC_SECTOR / m->BlockSize;
    return cd->io->ReadBlocks(cd->io, m->MediaId, sector * blocks, count * DISC_SECTOR, data);
}

static bool read_sector(struct disc *d, u64 sector, void *data) {
    _Alignas(EFI_PAGE_SIZE) static u8 page[DISC_SECTOR]; // one reads at a time
    struct cd *cd = (struct cd *)(void *)d;
    if (EFI_ERROR(read_sectors(cd, sector, 1, page))) return false;
    memcpy(data, page, sizeof page);
    return true;
}

static EFI_STATUS status_of(int e) {
    switch (e) {
    case ERR_NOT_FOUND: return EFI_NOT_FOUND;
    case ERR_IO: return EFI_DEVICE_ERROR;
    case ERR_UNSUPPORTED: return EFI_UNSUPPORTED;
    default: return EFI_VOLUME_CORRUPTED;
    }
}

static EFI_STATUS file_at(struct cd *cd, const struct disc_node *node, EFI_FILE_HANDLE *out);

static EFI_STATUS EFIAPI cd_open(EFI_FILE_HANDLE self, EFI_FILE_HANDLE *out, CHAR16 *path, UINT64 mode, UINT64 attributes) {
    struct cd *cd = of(self)->cd;
    struct disc_node node;
    if (mode != EFI_FILE_MODE_READ) return EFI_WRITE_PROTECTED;
    int e = disc_find(&cd->disc, path, &node);
    return e < 0 ? status_of(e) : file_at(cd, &node, out);
}

static EFI_STATUS EFIAPI cd_close(EFI_FILE_HANDLE self) { return of(self)->cd->bs->FreePool(self); }

static EFI_STATUS EFIAPI cd_set_position(EFI_FILE_HANDLE self, UINT64 at) {
    struct cd_file *f = of(self);
    if (f->node.folder && at) return EFI_UNSUPPORTED;
    f->at = at < f->node.size ? at : f->node.size;
    return EFI_SUCCESS;
}

static EFI_STATUS tell(const struct disc_node *node, UINTN *size, void *to) {
    size_t units = 0, head = offsetof(EFI_FILE_INFO, FileName);
    while (node->name[units]) units++;
    size_t needed = head + (units + 1) * sizeof(CHAR16);
    bool fits = *size >= needed;
    *size = needed;
    if (!fits) return EFI_BUFFER_TOO_SMALL;
    EFI_FILE_INFO *info = to;
    memset(info, 0, head);
    info->Size = needed;
    info->FileSize = info->PhysicalSize = node->folder ? 0 : node->size;
    info->Attribute = EFI_FILE_READ_ONLY | (node->folder ? EFI_FILE_DIRECTORY : 0) | (node->hidden ? EFI_FILE_HIDDEN : 0);
    memcpy((u8 *)to + head, node->name, needed - head);
    return EFI_SUCCESS;
}

// A file in pieces is passed over here, and an error where it is opened.
static EFI_STATUS read_folder(struct cd_file *f, UINTN *size, void *to) {
    struct disc_node node;
    u64 at = f->at;
    int e;
    do e = disc_next(&f->cd->disc, &f->node, &at, &node);
    while (e == ERR_UNSUPPORTED);
    if (e < 0) return status_of(e);
    EFI_STATUS s = e ? tell(&node, size, to) : (*size = 0, EFI_SUCCESS);
    if (!EFI_ERROR(s)) f->at = at;
    return s;
}

static EFI_STATUS EFIAPI cd_read(EFI_FILE_HANDLE self, UINTN *size, void *to) {
    struct cd_file *f = of(self);
    if (f->node.folder) return read_folder(f, size, to);
    u64 want = *size < f->node.size - f->at ? *size : f->node.size - f->at;
    u8 *data = to;
    for (*size = 0; *size < want;) {
        u64 from = f->node.at + f->at, left = want - *size, within = from % DISC_SECTOR, n = align_down(left, DISC_SECTOR);
        if (!within && n && !((uintptr_t)data % EFI_PAGE_SIZE)) {
            EFI_STATUS s = read_sectors(f->cd, from / DISC_SECTOR, n / DISC_SECTOR, data);
            if (EFI_ERROR(s)) return s;
        } else {
            u8 sector[DISC_SECTOR];
            n = DISC_SECTOR - within < left ? DISC_SECTOR - within : left;
            if (!read_sector(&f->cd->disc, from / DISC_SECTOR, sector)) return EFI_DEVICE_ERROR;
            memcpy(data, sector + within, n);
        }
        f->at += n, *size += n, data += n;
    }
    return EFI_SUCCESS;
}

static EFI_STATUS tell_volume(const struct disc *d, UINTN *size, void *to) {
    const size_t head = offsetof(EFI_FILE_SYSTEM_INFO, VolumeLabel), needed = head + sizeof d->label;
    bool fits = *size >= needed;
    *size = needed;
    if (!fits) return EFI_BUFFER_TOO_SMALL;
    EFI_FILE_SYSTEM_INFO *info = to;
    memset(info, 0, head);
    info->Size = needed;
    info->ReadOnly = TRUE;
    info->VolumeSize = d->sectors * DISC_SECTOR;
    info->BlockSize = DISC_SECTOR;
    memcpy((u8 *)to + head, d->label, sizeof d->label);
    return EFI_SUCCESS;
}

static EFI_STATUS EFIAPI cd_info(EFI_FILE_HANDLE self, EFI_GUID *type, UINTN *size, void *to) {
    if (!memcmp(type, GUID_OF(FILE_INFO_ID), sizeof *type)) return tell(&of(self)->node, size, to);
    if (!memcmp(type, &(EFI_GUID)EFI_FILE_SYSTEM_INFO_ID, sizeof *type)) return tell_volume(&of(self)->cd->disc, size, to);
    return EFI_UNSUPPORTED;
}

static EFI_STATUS file_at(struct cd *cd, const struct disc_node *node, EFI_FILE_HANDLE *out) {
    struct cd_file *f;
    EFI_STATUS s = cd->bs->AllocatePool(EfiLoaderData, sizeof *f, (void **)&f);
    if (EFI_ERROR(s)) return s;
    *f = (struct cd_file){.cd = cd, .node = *node};
    f->file.Open = cd_open;
    f->file.Close = cd_close;
    f->file.Read = cd_read;
    f->file.GetInfo = cd_info;
    f->file.SetPosition = cd_set_position;
    *out = &f->file;
    return EFI_SUCCESS;
}

EFI_FILE_HANDLE cd_root(struct boot *b, EFI_BLOCK_IO *io) {
    const EFI_BLOCK_IO_MEDIA *m = io->Media;
    EFI_FILE_HANDLE root = NULL;
    struct cd *cd;
    if (!m->MediaPresent || !m->BlockSize || DISC_SECTOR % m->BlockSize || m->IoAlign > EFI_PAGE_SIZE) return NULL;
    if (EFI_ERROR(b->bs->AllocatePool(EfiLoaderData, sizeof *cd, (void **)&cd))) return NULL;
    *cd = (struct cd){.disc = {.read = read_sector}, .bs = b->bs, .io = io};
    u64 last = m->LastBlock < BIT(48) ? m->LastBlock : BIT(48); // so that no sum of bytes wraps
    cd->disc.sectors = (last + 1) / (DISC_SECTOR / m->BlockSize);
    if (!disc_open(&cd->disc) || EFI_ERROR(file_at(cd, &cd->disc.root, &root))) b->bs->FreePool(cd);
    return root;
}
