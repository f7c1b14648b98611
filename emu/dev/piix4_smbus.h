// SPDX-License-Identifier: MIT
// The SMBus host controller of the 82371AB (PIIX4), with nobody on the bus: each transaction ends in a device error.
// 82371AB datasheet (290562), 7.4.
#ifndef DEV_PIIX4_SMBUS_H
#define DEV_PIIX4_SMBUS_H

#include "bus/bus.h"
#include "core/env.h"

#define PIIX4_SMBUS_PORTS 16

struct piix4_smbus;

struct piix4_smbus *piix4_smbus_create(struct env *e);

extern const struct io_ops piix4_smbus_ops; // PIIX4_SMBUS_PORTS ports, where register 90h of the power management function says

#endif
