// SPDX-License-Identifier: MIT
#define _GNU_SOURCE // names of the saved registers
#include "native.h"

#include <cpuid.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>

enum { FX = 0, GPR = 512, FLAGS = GPR + 16 * 8 };
static_assert(offsetof(struct native, gpr) == GPR && offsetof(struct native, flags) == FLAGS);
enum { ARITHMETIC_FLAGS = 0x8d5 };

// r15 holds the struct, r14 the upper halves of the YMM registers (native_enter_avx) while the instruction runs; PUSH and MOV leave the
// flags alone.
void native_enter(struct native *m, const u8 *code);
void native_enter_avx(struct native *m, const u8 *code, u8 *ymmh);
#define ENTER(name, load, store)                                                                                                 \
    asm(".text\n" #name ":\n"                                                                                                    \
        "  push %rbx\n  push %rbp\n  push %r12\n  push %r13\n  push %r14\n  push %r15\n"                                         \
        "  mov %rdi, %r15\n  mov %rsi, %rbp\n  mov %rdx, %r14\n"                                                                 \
        "  fxrstor64 (%r15)\n" load "  push 640(%r15)\n  popf\n"                                                                 \
        "  mov 512(%r15), %rax\n  mov 520(%r15), %rcx\n  mov 528(%r15), %rdx\n  mov 536(%r15), %rbx\n"                           \
        "  mov 560(%r15), %rsi\n  mov 568(%r15), %rdi\n"                                                                         \
        "  mov 576(%r15), %r8\n  mov 584(%r15), %r9\n  mov 592(%r15), %r10\n  mov 600(%r15), %r11\n"                             \
        "  call *%rbp\n"                                                                                                         \
        "  mov %rax, 512(%r15)\n  mov %rcx, 520(%r15)\n  mov %rdx, 528(%r15)\n  mov %rbx, 536(%r15)\n"                           \
        "  mov %rsi, 560(%r15)\n  mov %rdi, 568(%r15)\n"                                                                         \
        "  mov %r8, 576(%r15)\n  mov %r9, 584(%r15)\n  mov %r10, 592(%r15)\n  mov %r11, 600(%r15)\n"                             \
        "  pushf\n  pop 640(%r15)\n"                                                                                             \
        "  fxsave64 (%r15)\n" store "  fninit\n  push $0x1f80\n  ldmxcsr (%rsp)\n  pop %rax\n"                                   \
        "  pop %r15\n  pop %r14\n  pop %r13\n  pop %r12\n  pop %rbp\n  pop %rbx\n"                                               \
        "  cld\n  ret\n")
#define LOAD_HALF(n, at) "  vinsertf128 $1, " #at "(%r14), %ymm" #n ", %ymm" #n "\n"
#define STORE_HALF(n, at) "  vextractf128 $1, %ymm" #n ", " #at "(%r14)\n"
// clang-format off
#define ALL_YMM(F)                                                                                 \
    F(0, 0) F(1, 16) F(2, 32) F(3, 48) F(4, 64) F(5, 80) F(6, 96) F(7, 112) F(8, 128) F(9, 144) F(10, 160) F(11, 176) \
    F(12, 192) F(13, 208) F(14, 224) F(15, 240)
// clang-format on
ENTER(native_enter, "", "");
ENTER(native_enter_avx, ALL_YMM(LOAD_HALF), ALL_YMM(STORE_HALF) "  vzeroupper\n");

static u8 *code;
static u8 *after; // the RET behind the instruction
static volatile u64 caught;

static void on_signal(int sig, siginfo_t *info, void *context) {
    ucontext_t *u = context;
    greg_t *rip = &u->uc_mcontext.gregs[REG_RIP];
    if (*rip < (greg_t)code || *rip >= (greg_t)after) abort();
    caught = (u64)u->uc_mcontext.gregs[REG_TRAPNO];
    *rip = (greg_t)after;
}

void native_catch_signals(void) {
    struct sigaction sa = {.sa_sigaction = on_signal, .sa_flags = SA_SIGINFO};
    const int signals[] = {SIGFPE, SIGSEGV, SIGILL, SIGBUS};
    for (unsigned i = 0; i < countof(signals); i++) sigaction(signals[i], &sa, NULL);
}

static void prepare(void) {
    code = mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (code == MAP_FAILED) abort();
    native_catch_signals();
}

static void run(struct native *m, const u8 *insn, unsigned n, u8 *ymmh) {
    if (!code) prepare();
    memcpy(code, insn, n);
    code[n] = 0xc3;
    after = code + n;
    caught = 0;
    m->flags |= 2;
    if (ymmh) native_enter_avx(m, code, ymmh);
    else native_enter(m, code);
    m->flags &= ARITHMETIC_FLAGS;
    m->vector = caught;
}

void native_run(struct native *m, const u8 *insn, unsigned n) { run(m, insn, n, NULL); }
void native_run_avx(struct native *m, u8 ymmh[256], const u8 *insn, unsigned n) { run(m, insn, n, ymmh); }

bool native_has_sse42(void) {
    unsigned a, b, c, d;
    return __get_cpuid(1, &a, &b, &c, &d) && c & bit_SSE4_2 && c & bit_SSE4_1 && c & bit_SSSE3 && c & bit_SSE3;
}

bool native_has_xsave(u64 components) {
    unsigned a, b, c, d;
    if (!__get_cpuid(1, &a, &b, &c, &d) || !(c & bit_OSXSAVE)) return false;
    if (!__get_cpuid_count(0xd, 1, &a, &b, &c, &d) || (a & 3) != 3) return false; // XSAVEOPT, XSAVEC
    asm("xgetbv" : "=a"(a), "=d"(d) : "c"(0));
    return (a & components) == components;
}

bool native_has_leaf1_ecx(u32 bits) {
    unsigned a, b, c, d;
    if (!__get_cpuid(1, &a, &b, &c, &d) || (c & bits) != bits) return false;
    if (!(bits & (bit_AVX | bit_FMA | bit_F16C))) return true;
    if (!(c & bit_OSXSAVE) || !(c & bit_AVX)) return false;
    asm volatile("xgetbv" : "=a"(a), "=d"(d) : "c"(0));
    return (a & 6) == 6;
}

bool native_has_avx2(void) {
    unsigned a, b, c, d;
    if (!native_has_leaf1_ecx(bit_OSXSAVE | bit_AVX | bit_FMA | bit_F16C)) return false;
    return __get_cpuid_count(7, 0, &a, &b, &c, &d) && b & bit_AVX2;
}

bool native_has_adx(void) {
    unsigned a, b, c, d;
    return __get_cpuid_count(7, 0, &a, &b, &c, &d) && b & bit_ADX;
}

static bool vendor_is(const char *name) { // read once: CPUID is slow in a virtual machine
    static u32 vendor[3];
    u32 a;
    if (!vendor[0]) __cpuid(0, a, vendor[0], vendor[2], vendor[1]);
    return !memcmp(vendor, name, sizeof vendor);
}
bool native_is_amd(void) { return vendor_is("AuthenticAMD"); }
bool native_is_intel(void) { return vendor_is("GenuineIntel"); }

bool native_is_emulated(void) {
    unsigned a, b, c, d;
    if (!__get_cpuid(1, &a, &b, &c, &d) || !(c >> 31 & 1)) return false;
    u32 name[3];
    __cpuid(0x40000000, a, name[0], name[1], name[2]);
    return !memcmp(name, "TCGTCGTCGTCG", 12);
}
