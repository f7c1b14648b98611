// SPDX-License-Identifier: MIT
#include "boot/net.h"
#include "boot/names.h"
#include <string.h>

enum { PATH_MOST = 256 }; // units, as volume.c gives them

struct net_file {
    EFI_FILE file; // what others see
    struct server *server;
    u64 size, at;
    char path[3 * PATH_MOST]; // "": the root
};

static struct net_file *file_of(EFI_FILE_HANDLE f) { return (struct net_file *)(void *)f; }

static EFI_STATUS file_new(struct server *s, const char *path, u64 size, EFI_FILE_HANDLE *out);

static EFI_STATUS EFIAPI net_open(EFI_FILE_HANDLE self, EFI_FILE_HANDLE *out, CHAR16 *wide, UINT64 mode, UINT64 attributes) {
    struct server *s = file_of(self)->server;
    char path[3 * PATH_MOST];
    u64 size;
    if (mode != EFI_FILE_MODE_READ) return EFI_WRITE_PROTECTED;
    while (*wide == '\\') wide++;
    names_text(wide, PATH_MOST, false, path, sizeof path);
    for (char *p = path; *p; p++)
        if (*p == '\\') *p = '/';
    if (!*path || path[strlen(path) - 1] == '/') return EFI_NOT_FOUND;
    EFI_STATUS e = s->size(s, path, &size);
    return EFI_ERROR(e) ? e : file_new(s, path, size, out);
}

static EFI_STATUS EFIAPI net_close(EFI_FILE_HANDLE self) { return file_of(self)->server->b->bs->FreePool(self); }

static EFI_STATUS EFIAPI net_set_position(EFI_FILE_HANDLE self, UINT64 at) {
    struct net_file *f = file_of(self);
    f->at = at < f->size ? at : f->size;
    return EFI_SUCCESS;
}

static EFI_STATUS EFIAPI net_info(EFI_FILE_HANDLE self, EFI_GUID *type, UINTN *size, void *to) {
    const size_t needed = offsetof(EFI_FILE_INFO, FileName) + sizeof(CHAR16);
    if (memcmp(type, GUID_OF(FILE_INFO_ID), sizeof *type)) return EFI_UNSUPPORTED;
    bool fits = *size >= needed;
    *size = needed;
    if (!fits) return EFI_BUFFER_TOO_SMALL;
    EFI_FILE_INFO *info = to;
    memset(info, 0, needed);
    info->Size = needed;
    info->FileSize = info->PhysicalSize = file_of(self)->size;
    info->Attribute = EFI_FILE_READ_ONLY | (file_of(self)->path[0] ? 0 : EFI_FILE_DIRECTORY);
    return EFI_SUCCESS;
}

// A piece of what comes.
struct piece {
    u64 skip; // bytes before it
    u8 *to;
    size_t left;
};

static bool take_piece(void *ctx, const u8 *data, size_t size) {
    struct piece *p = ctx;
    size_t skipped = p->skip < size ? (size_t)p->skip : size;
    p->skip -= skipped, data += skipped, size -= skipped;
    size_t n = size < p->left ? size : p->left;
    if (n) memcpy(p->to, data, n);
    p->to += n, p->left -= n;
    return p->left;
}

// From the file's begin each time, and no further than asked: who reads all of a file in pieces takes net_fetch.
static EFI_STATUS EFIAPI net_read(EFI_FILE_HANDLE self, UINTN *size, void *to) {
    struct net_file *f = file_of(self);
    u64 want = *size < f->size - f->at ? *size : f->size - f->at;
    struct piece p = {.skip = f->at, .to = to, .left = want};
    *size = 0;
    if (!want) return EFI_SUCCESS; // the root, too: it tells no names
    EFI_STATUS e = f->server->fetch(f->server, f->path, take_piece, &p);
    if (EFI_ERROR(e) && p.left) return e;
    *size = want - p.left;
    f->at += *size;
    return EFI_SUCCESS;
}

static EFI_STATUS file_new(struct server *s, const char *path, u64 size, EFI_FILE_HANDLE *out) {
    struct net_file *f;
    EFI_STATUS e = s->b->bs->AllocatePool(EfiLoaderData, sizeof *f, (void **)&f);
    if (EFI_ERROR(e)) return e;
    *f = (struct net_file){.server = s, .size = size};
    f->file.Open = net_open;
    f->file.Close = net_close;
    f->file.Read = net_read;
    f->file.GetInfo = net_info;
    f->file.SetPosition = net_set_position;
    strcpy(f->path, path);
    *out = &f->file;
    return EFI_SUCCESS;
}

EFI_STATUS net_fetch(EFI_FILE_HANDLE f, net_take *take, void *ctx) {
    return file_of(f)->server->fetch(file_of(f)->server, file_of(f)->path, take, ctx);
}

EFI_FILE_HANDLE net_root(struct server *s) {
    EFI_FILE_HANDLE root = NULL;
    return EFI_ERROR(file_new(s, "", 0, &root)) ? NULL : root;
}

struct server *net_server(struct boot *b) {
    struct server *s = http_server(b);
    return s ? s : tftp_server(b);
}
