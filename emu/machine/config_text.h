// SPDX-License-Identifier: MIT
// The lines of a configuration file, whatever editor wrote it: UTF-8 or any other superset of ASCII as they are, UTF-16
// in either byte order made UTF-8. A byte order mark decides; without one, a text whose first two characters can only
// be ASCII in UTF-16 is UTF-16.
#ifndef MACHINE_CONFIG_TEXT_H
#define MACHINE_CONFIG_TEXT_H

#include "base/types.h"

struct config_text {
    const u8 *at;
    size_t left;
    bool utf16, big_endian;
};

void config_text_open(struct config_text *t, const void *bytes, size_t length);

// The next line without its '\n', NUL-terminated, cut to `room`. *length is the whole line's, in bytes. *wrong is NULL
// or what is wrong with it. false: there is no further line.
bool config_text_line(struct config_text *t, char *line, size_t room, size_t *length, const char **wrong);

#endif
