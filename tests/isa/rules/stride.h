// SPDX-License-Identifier: MIT
// Slow flavours take a sample of all tables that there are: every STRIDE-th, a prime, so that no bit is missed for good. A test that is
// slower still says STRIDE_SANITIZED.
#ifndef TESTS_WALK_STRIDE_H
#define TESTS_WALK_STRIDE_H

#ifndef STRIDE_SANITIZED
#define STRIDE_SANITIZED 23
#endif

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define STRIDE STRIDE_SANITIZED
#endif
#endif
#ifndef STRIDE
#ifdef HOSTILE
#define STRIDE 11
#else
#define STRIDE 1
#endif
#endif

#endif
