// SPDX-License-Identifier: MIT
// The kit itself: what it catches, and where.
#include "kit.h"

CODE(undefined, "ud2; ret");
CODE(nothing, "ret");
CODE(read_at, "mov (" ARG "), " AX "; ret");

TEST(catches) {
    IS(run(nothing, 0), NOTHING);
    IS(run(undefined, 0), UD);
    IS(caught.ip, (ureg)undefined);
    IS(user(nothing, 0), NOTHING);
    IS(user(undefined, 0), UD);
    IS(caught.ip, user_address(undefined));
    IS(caught.f.cs, UCODE);
#ifdef __x86_64__
    IS(run(read_at, SPACE), PF);
    IS(caught.cr2, SPACE);
    IS(user(read_at, (ureg)undefined), PF);
    IS(caught.error, PF_U | PF_P);
#endif
    IS(user(read_at, user_address(undefined)), NOTHING);
}
