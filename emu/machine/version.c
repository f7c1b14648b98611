// SPDX-License-Identifier: MIT
// The Makefile gives the hash: whatever changes the emulator's sources changes it, and nobody has to think of it.
#include "machine/snapshot.h"

const char machine_version[] = MACHINE_SOURCES;
