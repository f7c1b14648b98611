// SPDX-License-Identifier: MIT
// How much of a long test a flavour does: BY_FLAVOUR(host, asan, hostile). All of it is done where it is quick.
#ifndef TESTS_KIT_FLAVOUR_H
#define TESTS_KIT_FLAVOUR_H

#define BY_FLAVOUR(host, asan, hostile) host

#ifdef HOSTILE
#undef BY_FLAVOUR
#define BY_FLAVOUR(host, asan, hostile) hostile
#endif

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#undef BY_FLAVOUR
#define BY_FLAVOUR(host, asan, hostile) asan
#endif
#endif

#endif
