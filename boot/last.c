// SPDX-License-Identifier: MIT
// The last choice, in a small file on the application's volume: one line, and blanks up to a fixed size, so that it is written in place.
// It is a convenience: a volume that cannot be written, or is full, is no error and not worth a word; and a server, which never can, is not asked.
#include "boot/boot.h"
#include <string.h>

enum { SIZE = 1024 };
static_assert(SIZE > BOOT_PATH);

static CHAR16 last_file[] = u"\\softmetal.last";

static EFI_FILE_HANDLE open_it(struct boot *b, UINT64 mode) {
    const struct volume *v = &b->volume[b->own.volume];
    EFI_FILE_HANDLE root = v->server ? NULL : v->root, f;
    return root && !EFI_ERROR(root->Open(root, &f, last_file, mode, 0)) ? f : NULL;
}

void last_read(struct boot *b, char *name, size_t room) {
    char text[SIZE];
    UINTN n = sizeof text;
    *name = 0;
    EFI_FILE_HANDLE f = open_it(b, EFI_FILE_MODE_READ);
    if (!f) return;
    if (EFI_ERROR(f->Read(f, &n, text)) || n > sizeof text) n = 0;
    f->Close(f);
    size_t end = 0;
    while (end < n && end + 1 < room && text[end] != '\n' && text[end]) end++;
    memcpy(name, text, end);
    name[end] = 0;
}

void last_write(struct boot *b, const char *name) {
    char text[SIZE], before[BOOT_PATH];
    UINTN n = sizeof text;
    last_read(b, before, sizeof before);
    if (!strcmp(before, name) || strlen(name) >= BOOT_PATH) return;
    memset(text, ' ', sizeof text);
    memcpy(text, name, strlen(name));
    text[strlen(name)] = text[SIZE - 1] = '\n';
    EFI_FILE_HANDLE f = open_it(b, EFI_FILE_MODE_READ | EFI_FILE_MODE_WRITE | EFI_FILE_MODE_CREATE);
    if (!f) return;
    f->Write(f, &n, text);
    f->Close(f);
}
