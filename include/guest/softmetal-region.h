// SPDX-License-Identifier: MIT
// Marks for softmetal's measured regions (measure = marks): one header for programs and for kernels, in C and C++.
//
//   softmetal_region_begin("parse");     the name is a literal of up to 47 plain characters
//   ...
//   softmetal_region_end();              the region that was begun last
//
//   softmetal_region_value(n);           inside: a number that is reported with the region
//
// A mark is one instruction that does nothing: on a real processor, in other emulators, in any privilege, with any compiler options. It
// needs no driver and no library, touches no memory, and leaves registers and flags alone. Behind a begin there is nothing of it inside
// the region, nor in front of an end: what is counted is what stands between the two. A begin jumps over its name first.
//
// Regions may be inside each other. Marks are for one thread of a program at a time.
#ifndef SOFTMETAL_REGION_H
#define SOFTMETAL_REGION_H

// In front of a begin: the name, how far it is from the mark, its length.
#define SOFTMETAL_NAMED_(jump, align, name, mark)                                                                                \
    __asm__ volatile(jump "\n771:\t.ascii \"" name "\"\n772:\t" align "\n\t.2byte 773f - 771b, 772b - 771b\n773:\t" mark ::      \
                         : "memory")

#if defined __x86_64__ || defined __i386__
// NOP [rAX + 'S' 'M' 'R' verb]
#define softmetal_region_begin(name) SOFTMETAL_NAMED_("jmp 773f", "", name, ".byte 0x0f, 0x1f, 0x80, 0x53, 0x4d, 0x52, 1")
#define softmetal_region_end() __asm__ volatile(".byte 0x0f, 0x1f, 0x80, 0x53, 0x4d, 0x52, 2" ::: "memory")
#define softmetal_region_value(n)                                                                                                \
    __asm__ volatile(".byte 0x0f, 0x1f, 0x80, 0x53, 0x4d, 0x52, 3" ::"a"((unsigned long)(n)) : "memory")
#elif defined __riscv && __riscv_xlen == 64
// SLTI x0, reg, 5A0h + verb: a HINT. The linker moves nothing in between.
#ifdef __riscv_compressed
#define SOFTMETAL_ALIGN_ ".balign 2"
#else
#define SOFTMETAL_ALIGN_ ".balign 4"
#endif
#define softmetal_region_begin(name)                                                                                             \
    SOFTMETAL_NAMED_(".option push\n\t.option norelax\n\tj 773f", SOFTMETAL_ALIGN_, name, "slti zero, zero, 0x5a1\n\t.option pop")
#define softmetal_region_end() __asm__ volatile("slti zero, zero, 0x5a2" ::: "memory")
#define softmetal_region_value(n) __asm__ volatile("slti zero, %0, 0x5a3" ::"r"((unsigned long)(n)) : "memory")
#elif defined __aarch64__
// UBFM XZR, reg, #22, #32 + verb
#define softmetal_region_begin(name) SOFTMETAL_NAMED_("b 773f", ".balign 4", name, "ubfm xzr, xzr, #22, #33")
#define softmetal_region_end() __asm__ volatile("ubfm xzr, xzr, #22, #34" ::: "memory")
#define softmetal_region_value(n) __asm__ volatile("ubfm xzr, %0, #22, #35" ::"r"((unsigned long)(n)) : "memory")
#else
#error "softmetal has no marks for this architecture"
#endif

#endif
