// SPDX-License-Identifier: MIT
// Slow flavours take a sample of all tables that there are: every STRIDE-th, a prime, so that no bit is missed for good. A test that is
// slower still says STRIDE_SANITIZED.
#ifndef TESTS_WALK_STRIDE_H
#define TESTS_WALK_STRIDE_H

#include "flavour.h"

#ifndef STRIDE_SANITIZED
#define STRIDE_SANITIZED 23
#endif
#define STRIDE BY_FLAVOUR(1, STRIDE_SANITIZED, 11)

#endif
