// SPDX-License-Identifier: MIT
#include "fx_image.h"

#include "base/le.h"
#include "isa/x86_64/x87/x87.h"

#include <string.h>

void fx_in(struct x86_state *s, const u8 *fx) {
    s->fpu.fcw = ld16(fx);
    s->fpu.top = ld16(fx + 2) >> X87_TOP_SHIFT & 7;
    s->fpu.fsw = (u16)(ld16(fx + 2) & ~(7 << X87_TOP_SHIFT));
    s->fpu.tag = fx[4];
    for (unsigned i = 0; i < 8; i++)
        s->fpu.r[(s->fpu.top + i) & 7] =
            (struct x87_reg){.mant = ld64(fx + FX_ST + 16 * i), .exp = ld16(fx + FX_ST + 16 * i + 8)};
    s->mxcsr = ld32(fx + FX_MXCSR);
    memcpy(s->xmm, fx + FX_XMM, sizeof s->xmm);
}

void fx_out(const struct x86_state *s, u8 *fx) {
    st16(fx, s->fpu.fcw);
    st16(fx + 2, (u16)(s->fpu.fsw | s->fpu.top << X87_TOP_SHIFT));
    fx[4] = s->fpu.tag;
    for (unsigned i = 0; i < 8; i++) {
        const struct x87_reg *st = &s->fpu.r[(s->fpu.top + i) & 7];
        st64(fx + FX_ST + 16 * i, st->mant);
        st16(fx + FX_ST + 16 * i + 8, st->exp);
    }
    st32(fx + FX_MXCSR, s->mxcsr);
    memcpy(fx + FX_XMM, s->xmm, sizeof s->xmm);
}
