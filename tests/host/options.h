// SPDX-License-Identifier: MIT
// The command line: `--key value` is softmetal.conf's `key = value`, with dashes or underscores.
#ifndef TESTS_HOST_OPTIONS_H
#define TESTS_HOST_OPTIONS_H

#include "emu/config.h"

// Reads argv (past the program's name and the word "run") into *c: first the files of --config, then the options in
// their order. 0 or a negative error, with the reason logged.
int options_parse(struct emu_config *c, struct plat *p, int argc, char **argv);

// Whether --help or -h stands where a key could, or help in place of "run"; a value may be any word.
bool options_ask_for_help(int argc, char **argv);
// Prints the usage and every key.
void options_help(void);

#endif
