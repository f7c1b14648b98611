// SPDX-License-Identifier: MIT
// File names: UTF-8 in the configuration and in messages, UCS-2 with backslashes for the firmware. And what a name says
// of the file.
#ifndef BOOT_NAMES_H
#define BOOT_NAMES_H

#include "base/types.h"

// "dir/name" (UTF-8) as "\dir\name" (UCS-2), at most `limit` units with the zero. false: too long, or not UTF-8.
bool names_path(const char *path, u16 *out, unsigned limit);
// A name of at most `units` units, ended earlier by a zero, as UTF-8, cut to fit; a folder gets a '/'. size: at
// least 8.
void names_text(const u16 *name, size_t units, bool folder, char *out, size_t size);
// The folder of a file's path as the firmware writes it, "\EFI\BOOT\x.efi": "EFI/BOOT/", and "" for the root or when it
// does not fit. size: at least 8.
void names_folder(const u16 *path, size_t units, char *out, size_t size);
// Adds a name to a list "a, b, c"; "..." stands for those that do not fit `size` bytes. size: at least 16.
void names_append(char *list, size_t size, const char *name);

// Equal but for the case of ASCII letters.
bool names_same(const char *a, const char *b);
// Whether it ends in .001: the first part of a file that was split.
bool names_first_part(const char *name);
// What systems and editors put beside a person's files (.Trashes, ._x.iso, $RECYCLE.BIN, x.conf~), and names with control
// characters: never looked at unasked, never shown. A folder's name ends with '/'.
bool names_hidden(const char *name);

enum name_kind {
    NAME_OTHER,
    NAME_ISO,      // *.iso, *.iso.001
    NAME_KERNEL,   // bzImage*, vmlinuz*, vmlinux, vmlinux-*, Image, Image.gz
    NAME_INITRD,   // initrd*
    NAME_MISNAMED, // a configuration whose name an editor has made longer: softmetal.conf.txt
};
// Of a file. Hidden ones, and what belongs to an image without being one (vmlinuz.sig), are NAME_OTHER.
enum name_kind names_kind(const char *name);

#endif
