// SPDX-License-Identifier: MIT
// One instruction on this machine's processor. IRETQ enters it with every register and RFLAGS loaded. What follows it leads
// to EXIT_PAGE, which brings the registers back without the kernel; a trap or fault does so by its signal, whose handler
// never returns: both end in isa_leave.
#define _GNU_SOURCE // names of the saved registers, memfd_create
#include "base/le.h"
#include "rig.h"

#include <cpuid.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <ucontext.h>
#include <unistd.h>

#define HWCAP2_FSGSBASE_BIT 2
enum { X_FPU = 1, X_SSE = 2, X_AVX = 4 };

_Static_assert(offsetof(struct registers, gpr) == 832 && offsetof(struct registers, rip) == 960 &&
               offsetof(struct registers, rflags) == 968 && offsetof(struct registers, fs_base) == 976 &&
               offsetof(struct registers, gs_base) == 984 && offsetof(struct registers, cs) == 992 &&
               offsetof(struct registers, ds) == 1000 && offsetof(struct outcome, r) == 0);

void isa_enter(const struct registers *r);
void isa_exit(void);
void isa_signal(int sig, siginfo_t *info, void *context);
extern const char isa_leave[];
u64 isa_host_rsp, isa_host_fs, isa_host_gs, isa_fs, isa_gs, isa_rax, isa_rsp;
u64 isa_exit_stack[64] __attribute__((aligned(64)));
u32 isa_components; // what XSAVE saves
struct outcome *isa_result;

// isa_exit has isa_exit_stack and RFLAGS on it; RAX and RSP are in isa_rax and isa_rsp. Both ways first undo what the compiler's
// code must not run under: RFLAGS.AC, DF and NT, foreign FS and GS bases, an x87 that is not empty.
asm(".text\n"
    "isa_enter:\n"
    "  push %rbx\n  push %rbp\n  push %r12\n  push %r13\n  push %r14\n  push %r15\n"
    "  mov %rsp, isa_host_rsp(%rip)\n"
    "  rdfsbase %rax\n  mov %rax, isa_host_fs(%rip)\n"
    "  rdgsbase %rax\n  mov %rax, isa_host_gs(%rip)\n"
    "  mov isa_components(%rip), %eax\n  xor %edx, %edx\n  xrstor64 (%rdi)\n"
    "  mov 1000(%rdi), %eax\n  mov %eax, %ds\n  mov %eax, %es\n"
    "  mov 976(%rdi), %rax\n  wrfsbase %rax\n"
    "  mov 984(%rdi), %rax\n  wrgsbase %rax\n"
    "  push $0x2b\n  push 864(%rdi)\n  push 968(%rdi)\n  push 992(%rdi)\n  push 960(%rdi)\n"
    "  mov 832(%rdi), %rax\n  mov 840(%rdi), %rcx\n  mov 848(%rdi), %rdx\n  mov 856(%rdi), %rbx\n"
    "  mov 872(%rdi), %rbp\n  mov 880(%rdi), %rsi\n"
    "  mov 896(%rdi), %r8\n  mov 904(%rdi), %r9\n  mov 912(%rdi), %r10\n  mov 920(%rdi), %r11\n"
    "  mov 928(%rdi), %r12\n  mov 936(%rdi), %r13\n  mov 944(%rdi), %r14\n  mov 952(%rdi), %r15\n"
    "  mov 888(%rdi), %rdi\n"
    "  iretq\n"
    "isa_exit:\n"
    "  mov isa_result(%rip), %rax\n"
    "  mov %rcx, 840(%rax)\n  mov %rdx, 848(%rax)\n  mov %rbx, 856(%rax)\n"
    "  mov %rbp, 872(%rax)\n  mov %rsi, 880(%rax)\n  mov %rdi, 888(%rax)\n"
    "  mov %r8, 896(%rax)\n  mov %r9, 904(%rax)\n  mov %r10, 912(%rax)\n  mov %r11, 920(%rax)\n"
    "  mov %r12, 928(%rax)\n  mov %r13, 936(%rax)\n  mov %r14, 944(%rax)\n  mov %r15, 952(%rax)\n"
    "  pop %rcx\n  mov %rcx, 968(%rax)\n"
    "  push $0x202\n  popfq\n"
    "  mov isa_rax(%rip), %rcx\n  mov %rcx, 832(%rax)\n"
    "  mov isa_rsp(%rip), %rcx\n  mov %rcx, 864(%rax)\n"
    "  rdfsbase %rcx\n  mov %rcx, 976(%rax)\n"
    "  rdgsbase %rcx\n  mov %rcx, 984(%rax)\n"
    "  mov isa_host_fs(%rip), %rcx\n  wrfsbase %rcx\n"
    "  mov isa_host_gs(%rip), %rcx\n  wrgsbase %rcx\n"
    "  mov %rax, %rdi\n  mov isa_components(%rip), %eax\n  xor %edx, %edx\n  xsave64 (%rdi)\n"
    "isa_leave:\n"
    "  mov isa_host_rsp(%rip), %rsp\n"
    "  fninit\n  push $0x1f80\n  ldmxcsr (%rsp)\n  pop %rax\n"
    "  testb $4, isa_components(%rip)\n  jz 1f\n  vzeroupper\n1:\n"
    "  pop %r15\n  pop %r14\n  pop %r13\n  pop %r12\n  pop %rbp\n  pop %rbx\n"
    "  ret\n"
    "isa_signal:\n"
    "  pushfq\n  andl $0xfffbbfff, (%rsp)\n  popfq\n"
    "  rdfsbase %rax\n  mov %rax, isa_fs(%rip)\n"
    "  rdgsbase %rax\n  mov %rax, isa_gs(%rip)\n"
    "  mov isa_host_fs(%rip), %rax\n  wrfsbase %rax\n"
    "  mov isa_host_gs(%rip), %rax\n  wrgsbase %rax\n"
    "  mov %rdx, %rdi\n  sub $8, %rsp\n"
    "  call isa_on_signal\n"
    "  jmp isa_leave\n");

u8 *native_code;
const u8 *native_exit;

static const u8 greg_of[16] = {REG_RAX, REG_RCX, REG_RDX, REG_RBX, REG_RSP, REG_RBP, REG_RSI, REG_RDI,
                               REG_R8,  REG_R9,  REG_R10, REG_R11, REG_R12, REG_R13, REG_R14, REG_R15};

// The kernel's frame marks components that are in their initial state instead of writing them.
static void xsave_in(u8 *to, const u8 *from) {
    u32 there = isa_components & ((u32)ld64(from + XSTATE_BV) | ~7u);
    memcpy(to, from, isa_components & X_AVX ? XSAVE_SIZE : YMM_HIGH);
    if (!(there & X_FPU)) {
        memset(to, 0, FX_MXCSR);
        memset(to + FX_ST, 0, FX_XMM - FX_ST);
        st16(to, 0x37f);
    }
    if (!(there & X_SSE)) memset(to + FX_XMM, 0, FX_END - FX_XMM);
    if (!(there & X_AVX)) memset(to + YMM_HIGH, 0, XSAVE_SIZE - YMM_HIGH);
}

[[gnu::used]] static void on_signal(ucontext_t *u) asm("isa_on_signal");
static void on_signal(ucontext_t *u) {
    greg_t *g = u->uc_mcontext.gregs;
    struct outcome *o = isa_result;
    if (!o) abort();
    isa_result = NULL;
    xsave_in(o->r.fx, (const u8 *)u->uc_mcontext.fpregs);
    for (unsigned i = 0; i < 16; i++) o->r.gpr[i] = (u64)g[greg_of[i]];
    o->r.rip = (u64)g[REG_RIP];
    o->r.rflags = (u64)g[REG_EFL];
    o->r.fs_base = isa_fs;
    o->r.gs_base = isa_gs;
    o->vector = (i32)g[REG_TRAPNO];
    o->error = (u32)g[REG_ERR];
    o->cr2 = o->vector == EXC_PF ? (u64)g[REG_CR2] : 0;
}

void native_step(struct registers *in, struct outcome *out) {
    in->fx[XSTATE_BV] = (u8)isa_components;
    isa_result = out;
    out->vector = NO_FAULT;
    out->error = 0;
    out->cr2 = 0;
    out->exits = false;
    out->r.rip = EXIT_64;
    isa_enter(in);
}

// ---- preparing

static bool map_at(u64 at, u64 size, int prot, int fd) {
    int flags = MAP_FIXED_NOREPLACE | (fd < 0 ? MAP_PRIVATE | MAP_ANONYMOUS : MAP_SHARED);
    return mmap((void *)at, size, prot, flags, fd, 0) == (void *)at;
}

// Pages of ours that a case can read and execute, and this program write: elsewhere.
static u8 *map_twice(u64 at, u64 size) {
    int fd = memfd_create("isa-code", 0);
    if (fd < 0 || ftruncate(fd, (off_t)size)) return NULL;
    u8 *view = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (view == MAP_FAILED) return NULL;
    memset(view, 0xcc, size);
    bool mapped = map_at(at, size, PROT_READ | PROT_EXEC, fd);
    close(fd);
    return mapped ? view : NULL;
}

static u8 *emit(u8 *p, const char *bytes, unsigned n) {
    memcpy(p, bytes, n);
    return p + n;
}

static u8 *emit64(u8 *p, const void *address) {
    st64(p, (u64)(hva_t)address);
    return p + 8;
}

// EXIT_64: mov [isa_rax], rax; mov rax, rsp; mov [isa_rsp], rax; mov rsp, isa_exit_stack; pushfq; mov rax, isa_exit; jmp rax.
// EXIT_32: jmp far USER_CS:EXIT_64. The addresses are not the same in every run, but a case does not get there by chance.
static void write_exit(u8 *page) {
    u8 *p = page;
    p = emit64(emit(p, "\x48\xa3", 2), &isa_rax);
    p = emit(p, "\x48\x89\xe0", 3);
    p = emit64(emit(p, "\x48\xa3", 2), &isa_rsp);
    p = emit64(emit(p, "\x48\xbc", 2), &isa_exit_stack[32]);
    p = emit(p, "\x9c", 1);
    p = emit64(emit(p, "\x48\xb8", 2), (const void *)isa_exit);
    emit(p, "\xff\xe0", 2);
    p = page + (EXIT_32 - EXIT_PAGE);
    p[0] = 0xea;
    st32(p + 1, (u32)EXIT_64);
    st16(p + 5, USER_CS);
}

static const char *map_pages(void) {
    native_code = map_twice(CODE, CODE_SIZE);
    u8 *page = map_twice(EXIT_PAGE, EXIT_SIZE);
    if (!native_code || !page) return "no executable pages at a fixed address";
    write_exit(page);
    native_exit = page;
    if (!map_at(DATA, DATA_SIZE, PROT_READ | PROT_WRITE, -1)) return "no pages at a fixed address";
    return NULL;
}

static bool is_ours(u64 start, u64 end) {
    static const struct {
        u64 at, size;
    } ours[] = {{DATA, DATA_SIZE}, {CODE, CODE_SIZE}, {EXIT_PAGE, EXIT_SIZE}};
    for (unsigned i = 0; i < countof(ours); i++)
        if (start >= ours[i].at && end <= ours[i].at + ours[i].size) return true;
    return false;
}

// Whatever else is mapped below 4 GiB could be hit by a case.
static bool alone_below_4g(void) {
    FILE *f = fopen("/proc/self/maps", "r");
    unsigned long long start, end;
    bool alone = true;
    if (!f) return true;
    while (fscanf(f, "%llx-%llx%*[^\n]", &start, &end) == 2)
        if (start < OURS_END && !is_ours(start, end)) alone = false;
    fclose(f);
    return alone;
}

// The handler leaves by a jump: nothing may be masked while it runs.
static bool catch_signals(void) {
    static u8 stack[128 * KiB] __attribute__((aligned(64)));
    stack_t alternate = {.ss_sp = stack, .ss_size = sizeof stack};
    struct sigaction sa = {.sa_sigaction = isa_signal, .sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER};
    const int signals[] = {SIGFPE, SIGSEGV, SIGILL, SIGBUS, SIGTRAP};
    if (sigaltstack(&alternate, NULL)) return false;
    for (unsigned i = 0; i < countof(signals); i++)
        if (sigaction(signals[i], &sa, NULL)) return false;
    return true;
}

static bool choose_components(void) {
    u32 a, b, c, d, low, high;
    if (!__get_cpuid(1, &a, &b, &c, &d) || !(c & bit_OSXSAVE)) return false;
    asm volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    isa_components = low & (X_FPU | X_SSE | X_AVX);
    if (!(isa_components & X_AVX)) return true;
    return __get_cpuid_count(0xd, 2, &a, &b, &c, &d) && a == XSAVE_SIZE - YMM_HIGH && b == YMM_HIGH;
}

// NOP under TF, UD2, and NOP with the way to the exit behind it: what everything rests on.
static bool steps(void) {
    struct registers r = {.rip = CODE, .rflags = FL_TF | 0x202, .cs = USER_CS};
    static struct outcome o;
    r.gpr[RSP] = DATA + 0x100;
    r.fx[0] = 0x7f, r.fx[1] = 3, r.fx[FX_MXCSR] = 0x80, r.fx[FX_MXCSR + 1] = 0x1f;
    native_code[0] = 0x90;
    native_step(&r, &o);
    bool ok = o.vector == EXC_DB && o.r.rip == CODE + 1 && o.r.gpr[RSP] == DATA + 0x100;
    native_code[1] = 0xe9;
    st32(native_code + 2, (u32)(EXIT_64 - (CODE + 6)));
    r.rflags = 0x202;
    native_step(&r, &o);
    ok = ok && o.vector == NO_FAULT && o.r.gpr[RSP] == DATA + 0x100 && (o.r.rflags & ~(u64)FL_RF) == 0x202;
    native_code[0] = 0x0f, native_code[1] = 0x0b;
    native_step(&r, &o);
    ok = ok && o.vector == EXC_UD && o.r.rip == CODE;
    memset(native_code, 0xcc, 6);
    return ok;
}

const char *native_prepare(void) {
    if (!(getauxval(AT_HWCAP2) & HWCAP2_FSGSBASE_BIT)) return "the kernel does not let programs use WRFSBASE";
    if (!choose_components()) return "the processor or the kernel has no XSAVE, or AVX state lies elsewhere in its image";
    const char *why = map_pages();
    if (why) return why;
    if (!alone_below_4g()) return "other mappings lie below 4 GiB";
    if (!catch_signals()) return "no signal handlers on an alternate stack";
    if (!steps()) return "single-stepping with TF, or coming back without it, does not work";
    return NULL;
}

void native_seal(void) {
    // Refused or not, the cases stay inside their pages; this only guards against our own mistakes.
    prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT);
}
