// SPDX-License-Identifier: MIT
// Which architecture a run is for.
#ifndef MACHINE_ARCH_H
#define MACHINE_ARCH_H

#include "emu/emu.h"
#include "loader/arch.h"

// The architecture that `arch =` names, else the image's, else x86_64. ERR_INVALID (logged) when the two contradict each other. `unpack`:
// see loader_arch_of; without it an image that is packed by gzip tells nothing.
int machine_arch(const struct emu_config *c, const struct emu_inputs *in, struct plat *p, bool unpack, enum config_arch *arch);

// Its images' loader.
const struct loader_arch *machine_loader(enum config_arch arch);

#endif
