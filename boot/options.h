// SPDX-License-Identifier: MIT
// Load options: what the UEFI shell, another boot loader or a boot entry of the firmware hands over with the
// application (UEFI 2.10, 9.1: any bytes, and often not ours). They hold the keys of softmetal.conf, as `key=value`,
// `--key value` or
// `--key=value`, with blanks between; a value with blanks stands in double quotes, in which \" is a quote.
#ifndef BOOT_OPTIONS_H
#define BOOT_OPTIONS_H

#include "base/types.h"
#include "plat/plat.h"

enum { OPTIONS_TEXT = 4096, OPTIONS_WORDS = 128 };

struct options {
    char text[OPTIONS_TEXT];
    char *word[OPTIONS_WORDS]; // in text; the program's own name is left out
    unsigned words;
};

// NULL, with the words in o, or what is wrong with them. Bytes that are nobody's options, as firmware puts them into
// its boot entries, are no words and not wrong. bytes may be NULL or of odd length, and need no end: not one beyond
// size is read.
//
// Options are UCS-2 or, as some tools write them, ASCII, of which the first word ends in .efi (a shell's command line)
// or any word looks like key=value or --key. The first word is the program's name when it does not look like that.
const char *options_read(struct options *o, const void *bytes, size_t size);

struct option {
    char key[40];
    const char *value; // NULL: none given
};

// The option at word *at, which moves on. 1, 0 past the last one, or a negative error, which is logged.
int options_next(const struct options *o, unsigned *at, struct plat *p, struct option *out);

#endif
