// SPDX-License-Identifier: MIT
// One instruction on this machine's processor. IRETQ enters it with every register and RFLAGS (TF included) loaded; the
// signal of its trap or fault brings the registers back, and its handler's return leads into isa_leave.
#define _GNU_SOURCE // names of the saved registers, memfd_create
#include "rig.h"

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

_Static_assert(offsetof(struct registers, gpr) == 512 && offsetof(struct registers, rip) == 640 &&
               offsetof(struct registers, rflags) == 648 && offsetof(struct registers, fs_base) == 656 &&
               offsetof(struct registers, gs_base) == 664 && offsetof(struct registers, cs) == 672 &&
               offsetof(struct registers, ds) == 680);

void isa_enter(const struct registers *r);
void isa_signal(int sig, siginfo_t *info, void *context);
extern const char isa_leave[];
u64 isa_host_rsp, isa_host_fs, isa_host_gs, isa_fs, isa_gs;

// The handler first undoes what the compiler's code must not run under: RFLAGS.AC, foreign FS and GS bases. (NT too: sigreturn keeps it.)
asm(".text\n"
    "isa_enter:\n"
    "  push %rbx\n  push %rbp\n  push %r12\n  push %r13\n  push %r14\n  push %r15\n"
    "  mov %rsp, isa_host_rsp(%rip)\n"
    "  rdfsbase %rax\n  mov %rax, isa_host_fs(%rip)\n"
    "  rdgsbase %rax\n  mov %rax, isa_host_gs(%rip)\n"
    "  fxrstor64 (%rdi)\n"
    "  mov 680(%rdi), %eax\n  mov %eax, %ds\n  mov %eax, %es\n"
    "  mov 656(%rdi), %rax\n  wrfsbase %rax\n"
    "  mov 664(%rdi), %rax\n  wrgsbase %rax\n"
    "  push $0x2b\n  push 544(%rdi)\n  push 648(%rdi)\n  push 672(%rdi)\n  push 640(%rdi)\n"
    "  mov 512(%rdi), %rax\n  mov 520(%rdi), %rcx\n  mov 528(%rdi), %rdx\n  mov 536(%rdi), %rbx\n"
    "  mov 552(%rdi), %rbp\n  mov 560(%rdi), %rsi\n"
    "  mov 576(%rdi), %r8\n  mov 584(%rdi), %r9\n  mov 592(%rdi), %r10\n  mov 600(%rdi), %r11\n"
    "  mov 608(%rdi), %r12\n  mov 616(%rdi), %r13\n  mov 624(%rdi), %r14\n  mov 632(%rdi), %r15\n"
    "  mov 568(%rdi), %rdi\n"
    "  iretq\n"
    "isa_leave:\n"
    "  fninit\n  push $0x1f80\n  ldmxcsr (%rsp)\n  pop %rax\n"
    "  pop %r15\n  pop %r14\n  pop %r13\n  pop %r12\n  pop %rbp\n  pop %rbx\n"
    "  ret\n"
    "isa_signal:\n"
    "  pushfq\n  andl $0xfffbbfff, (%rsp)\n  popfq\n"
    "  rdfsbase %rax\n  mov %rax, isa_fs(%rip)\n"
    "  rdgsbase %rax\n  mov %rax, isa_gs(%rip)\n"
    "  mov isa_host_fs(%rip), %rax\n  wrfsbase %rax\n"
    "  mov isa_host_gs(%rip), %rax\n  wrgsbase %rax\n"
    "  jmp isa_on_signal\n");

u8 *native_code;
static struct outcome *result;

static const u8 greg_of[16] = {REG_RAX, REG_RCX, REG_RDX, REG_RBX, REG_RSP, REG_RBP, REG_RSI, REG_RDI,
                               REG_R8, REG_R9, REG_R10, REG_R11, REG_R12, REG_R13, REG_R14, REG_R15};

[[gnu::used]] static void on_signal(siginfo_t *info, ucontext_t *u) asm("isa_on_signal_c");
asm("isa_on_signal:\n  mov %rsi, %rdi\n  mov %rdx, %rsi\n  jmp isa_on_signal_c\n");

// A trap behind the instruction is what was asked for, not a fault: TF's #DB, and INT3 of the byte after it.
static void on_signal(siginfo_t *info, ucontext_t *u) {
    greg_t *g = u->uc_mcontext.gregs;
    struct outcome *o = result;
    if (!o) abort();
    result = NULL;
    memcpy(o->r.fx, u->uc_mcontext.fpregs, FX_SIZE);
    for (unsigned i = 0; i < 16; i++) o->r.gpr[i] = (u64)g[greg_of[i]];
    o->r.rip = (u64)g[REG_RIP];
    o->r.rflags = (u64)g[REG_EFL];
    o->r.fs_base = isa_fs;
    o->r.gs_base = isa_gs;
    o->vector = (i32)g[REG_TRAPNO];
    o->error = (u32)g[REG_ERR];
    o->cr2 = o->vector == EXC_PF ? (u64)g[REG_CR2] : 0;

    g[REG_RIP] = (greg_t)(hva_t)isa_leave;
    g[REG_RSP] = (greg_t)isa_host_rsp;
    g[REG_EFL] = 0x202;
    g[REG_CSGSFS] = (greg_t)((u64)USER_SS << 48 | USER_CS);
}

void native_step(const struct registers *in, struct outcome *out) {
    result = out;
    isa_enter(in);
}

// ---- preparing

static bool map_at(u64 at, u64 size, int prot, int fd) {
    int flags = MAP_FIXED_NOREPLACE | (fd < 0 ? MAP_PRIVATE | MAP_ANONYMOUS : MAP_SHARED);
    return mmap((void *)at, size, prot, flags, fd, 0) == (void *)at;
}

static const char *map_pages(void) {
    int fd = memfd_create("isa-code", 0);
    if (fd < 0 || ftruncate(fd, CODE_SIZE)) return "no memfd_create";
    native_code = mmap(NULL, CODE_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (native_code == MAP_FAILED) return "no shared mapping";
    memset(native_code, 0xcc, CODE_SIZE);
    if (!map_at(CODE, CODE_SIZE, PROT_READ | PROT_EXEC, fd)) return "no executable pages at a fixed address";
    close(fd);
    if (!map_at(DATA, DATA_SIZE, PROT_READ | PROT_WRITE, -1)) return "no pages at a fixed address";
    return NULL;
}

// Whatever else is mapped below 4 GiB could be hit by a case.
static bool alone_below_4g(void) {
    FILE *f = fopen("/proc/self/maps", "r");
    unsigned long long start, end;
    bool alone = true;
    if (!f) return true;
    while (fscanf(f, "%llx-%llx%*[^\n]", &start, &end) == 2)
        if (start < OURS_END && !(start >= DATA && end <= DATA + DATA_SIZE) && !(start >= CODE && end <= CODE + CODE_SIZE))
            alone = false;
    fclose(f);
    return alone;
}

static bool catch_signals(void) {
    static u8 stack[128 * KiB] __attribute__((aligned(64)));
    stack_t alternate = {.ss_sp = stack, .ss_size = sizeof stack};
    struct sigaction sa = {.sa_sigaction = isa_signal, .sa_flags = SA_SIGINFO | SA_ONSTACK};
    const int signals[] = {SIGFPE, SIGSEGV, SIGILL, SIGBUS, SIGTRAP};
    sigfillset(&sa.sa_mask);
    if (sigaltstack(&alternate, NULL)) return false;
    for (unsigned i = 0; i < countof(signals); i++)
        if (sigaction(signals[i], &sa, NULL)) return false;
    return true;
}

// NOP under TF, and UD2: what everything rests on.
static bool steps(void) {
    struct registers r = {.rip = CODE, .rflags = FL_TF | 0x202, .cs = USER_CS};
    struct outcome o = {0};
    r.gpr[RSP] = DATA + 0x100;
    r.fx[0] = 0x7f, r.fx[1] = 3, r.fx[FX_MXCSR] = 0x80, r.fx[FX_MXCSR + 1] = 0x1f;
    native_code[0] = 0x90;
    native_step(&r, &o);
    bool ok = o.vector == EXC_DB && o.r.rip == CODE + 1 && o.r.gpr[RSP] == DATA + 0x100;
    native_code[0] = 0x0f, native_code[1] = 0x0b;
    native_step(&r, &o);
    ok = ok && o.vector == EXC_UD && o.r.rip == CODE;
    native_code[0] = native_code[1] = 0xcc;
    return ok;
}

const char *native_prepare(void) {
    if (!(getauxval(AT_HWCAP2) & HWCAP2_FSGSBASE_BIT)) return "the kernel does not let programs use WRFSBASE";
    const char *why = map_pages();
    if (why) return why;
    if (!alone_below_4g()) return "other mappings lie below 4 GiB";
    if (!catch_signals()) return "no signal handlers on an alternate stack";
    if (!steps()) return "single-stepping with TF does not work";
    return NULL;
}

void native_seal(void) {
    // Refused or not, the cases stay inside their pages; this only guards against our own mistakes.
    prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT);
}
