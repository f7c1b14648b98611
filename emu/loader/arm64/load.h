// SPDX-License-Identifier: MIT
// Arm64's kernels, known so that they are refused by name: no Arm64 guest runs here yet.
#ifndef LOADER_ARM64_LOAD_H
#define LOADER_ARM64_LOAD_H

#include "loader/arch.h"

extern const struct loader_arch loader_arm64;

#endif
