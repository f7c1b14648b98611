// SPDX-License-Identifier: MIT
// The table of architectures. The first one is taken when neither the configuration nor an image tells.
#include "machine/arch.h"

#include "base/bits.h"
#include "loader/arm64/load.h"
#include "loader/image.h"
#include "loader/riscv64/load.h"
#include "loader/x86/load.h"

static const struct loader_arch *const archs[] = {&loader_x86, &loader_riscv64, &loader_arm64};

const struct loader_arch *machine_loader(enum config_arch arch) {
    for (unsigned i = 0; i < countof(archs); i++)
        if (archs[i]->arch == arch) return archs[i];
    return archs[0];
}

int machine_arch(const struct emu_config *c, const struct emu_inputs *in, struct plat *p, bool unpack, enum config_arch *arch) {
    const struct loader_arch *said = c->arch ? machine_loader(c->arch) : NULL, *is = NULL;
    if (in->firmware.data) { // it starts whatever is there
        *arch = said ? said->arch : archs[0]->arch;
        return 0;
    }
    if (said) is = loader_arch_of(&said, 1, c, in, p, unpack); // an image may be for several
    if (!is) is = loader_arch_of(archs, countof(archs), c, in, p, unpack);
    if (said && is && said != is) {
        const struct blob *image = in->kernel.data ? &in->kernel : &in->cdrom;
        log_error(p, "arch = %s, but %s is for %s; right is arch = %s, or no arch", said->name, image->name, is->name, is->name);
        return ERR_INVALID;
    }
    *arch = said ? said->arch : is ? is->arch : archs[0]->arch;
    return 0;
}
