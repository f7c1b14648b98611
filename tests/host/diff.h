// SPDX-License-Identifier: MIT
// `softmetal diff A B`: where two runs part.
#ifndef TESTS_HOST_DIFF_H
#define TESTS_HOST_DIFF_H

#include "plat_host.h"

// argv: A, B, and options for both. A and B are each the path of a configuration, or words KEY=VALUE with blanks between. Says on standard
// output what it has found. The process's status: 0 they end in the same state, 1 they part, 2 refused.
int diff_main(struct plat_host *h, int argc, char **argv);

#endif
