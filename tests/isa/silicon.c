// SPDX-License-Identifier: MIT
// The loop: cases from every row, run on silicon and in the emulator, compared; what differs is shown with the way to
// repeat it. A child runs the cases without system calls; it shares counters and findings with its parent.
#define _GNU_SOURCE // MAP_ANONYMOUS
#include "base/le.h"
#include "isa/x86_64/ops.h"
#include "rig.h"

#include <capstone/capstone.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { FINDINGS = 64, MAX_ROWS = 1024, PER_ROW = 2 };

struct finding {
    u64 index;
    struct isa_case k;
    struct outcome native, guest;
    i64 memory_at; // first byte that differs, -1: none
    u8 memory[2];
    u32 wrong;     // DIFF_*
};

struct shared {
    u64 index, cases, differences, beyond, refused;
    u64 row_cases[MAX_ROWS], row_faults[MAX_ROWS], row_wrong[MAX_ROWS], bytes_wrong;
    unsigned findings;
    struct finding finding[FINDINGS];
};

struct options {
    u64 cases, seed, only; // only: this case alone, ~0: all
    bool bytes;            // random bytes too
};

static struct shared *shared;
static const struct insn *all_rows[MAX_ROWS];
static unsigned row_count;
static u8 template[DATA_SIZE];

static void collect_rows(void) {
    for (const struct insn_table *const *t = x86_tables; *t; t++)
        for (unsigned i = 0; i < (*t)->count; i++) all_rows[row_count++] = &(*t)->rows[i];
    if (row_count > MAX_ROWS) abort();
}

static unsigned row_number(const struct insn *row) {
    for (unsigned i = 0; i < row_count; i++)
        if (all_rows[i] == row) return i;
    abort();
}

// ---- comparing

enum {
    DIFF_VECTOR = 1, DIFF_ERROR = 2, DIFF_CR2 = 4, DIFF_RIP = 8, DIFF_GPR = 16, DIFF_FLAGS = 32, DIFF_MEMORY = 64, DIFF_FX = 128,
    DIFF_BASE = 256,
};

static bool same_fx(const u8 *a, const u8 *b) {
    if (memcmp(a, b, 5) || memcmp(a + FX_MXCSR, b + FX_MXCSR, 4) || memcmp(a + FX_XMM, b + FX_XMM, FX_END - FX_XMM)) return false;
    for (unsigned i = 0; i < 8; i++)
        if (memcmp(a + FX_ST + 16 * i, b + FX_ST + 16 * i, 10)) return false;
    return true;
}

// ENTER and PUSHA that fault: what is below RSP may have been pushed already or not.
static bool scribbles(const struct isa_case *k, const struct outcome *e) {
    return k->row && k->row->map == MAP_1 && (k->row->opcode == 0xc8 || k->row->opcode == 0x60) && e->vector != NO_FAULT;
}

static bool is(const struct isa_case *k, u8 map, u8 opcode) { return k->row && k->row->map == map && k->row->opcode == opcode; }

// How much of an undefined instruction is fetched before the #UD: up to its last byte, which may not be there or be the 16th,
// or less.
static bool fetch_is_open(const struct isa_case *k, const struct outcome *a, const struct outcome *b) {
    if (a->vector != EXC_UD) return false;
    if (b->vector == EXC_GP && !k->row && k->length > 8) return true;
    return b->vector == EXC_PF && b->error & PF_I && b->cr2 == CODE + CODE_SIZE;
}

// Two faults at once, and no manual says which comes first.
static bool order_is_open(const struct isa_case *k, const struct outcome *n, const struct outcome *e) {
    if (n->vector == NO_FAULT || e->vector == NO_FAULT || !k->row) return false;
    if (k->row->ops == &call_e_ops) // a target that is not canonical and a stack that is not there
        return e->vector == EXC_GP && (n->vector == EXC_PF || n->vector == EXC_SS || n->vector == EXC_AC);
    if (is(k, MAP_1, 0xc8)) return true; // ENTER reads one place and writes another
    if (k->row->map == MAP_1 && k->row->opcode >= 0xa4 && k->row->opcode <= 0xa7) return true; // MOVS, CMPS: two operands
    // 16 bytes that are misaligned (#GP) and run over the limit of SS (#SS).
    if (k->bits32 && row_has(k->row, o_Wdq) && n->vector == EXC_GP && e->vector == EXC_SS) return true;
    if (is(k, MAP_1, 0x61)) return true; // POPA may have loaded some registers already
    if (k->bits32 && row_has(k->row, o_M) && n->vector == EXC_PF && e->vector == EXC_GP) return true; // over the limit, and absent
    // Large operands over a page's end, such as FRSTOR's.
    return row_has(k->row, o_M) && n->vector == EXC_PF && e->vector == EXC_PF && n->cr2 >> 12 == e->cr2 >> 12;
}

// MASKMOV may report any byte of its operand, selected or not; MMX state has been entered by then or not.
static bool mask_is_open(const struct isa_case *k, const struct outcome *n) { return is(k, MAP_0F, 0xf7) && n->vector != NO_FAULT; }

// #AC of operands that are wider than 8 bytes "may or may not be generated" (vol. 2, MOVUPS; FRSTOR).
static bool alignment_is_open(const struct isa_case *k, const struct outcome *n) {
    return k->row && n->vector == EXC_AC &&
           (row_has(k->row, o_Wdq) || row_has(k->row, o_Mdq) || row_has(k->row, o_M));
}

static u32 compare(const struct isa_case *k, const struct outcome *n, const struct outcome *e) {
    u32 wrong = 0;
    u64 flags = ~(u64)FL_TF;
    if (k->row) flags &= ~(u64)k->row->undefined;
    if (k->variant == STEP) flags |= FL_TF;
    if (order_is_open(k, n, e) || fetch_is_open(k, n, e) || fetch_is_open(k, e, n)) return 0;
    if (n->vector != e->vector) return DIFF_VECTOR;
    if (n->vector != NO_FAULT) flags = k->variant == STEP ? ~(u64)0 : ~(u64)FL_TF;
    if (n->error != e->error) wrong |= DIFF_ERROR;
    if (n->cr2 != e->cr2) wrong |= DIFF_CR2;
    if (n->r.rip != e->r.rip) wrong |= DIFF_RIP;
    if (memcmp(n->r.gpr, e->r.gpr, k->bits32 ? 8 * sizeof *n->r.gpr : sizeof n->r.gpr)) wrong |= DIFF_GPR;
    if ((n->r.rflags ^ e->r.rflags) & flags) wrong |= DIFF_FLAGS;
    if (!same_fx(n->r.fx, e->r.fx)) wrong |= DIFF_FX;
    if (n->r.fs_base != e->r.fs_base || n->r.gs_base != e->r.gs_base) wrong |= DIFF_BASE;
    return wrong;
}

static void note(u64 index, const struct isa_case *k, const struct outcome *n, const struct outcome *e, i64 at, const u8 *memory,
                 u32 wrong) {
    shared->differences++;
    u64 *per_row = k->row ? &shared->row_wrong[row_number(k->row)] : &shared->bytes_wrong;
    if ((*per_row)++ >= PER_ROW || shared->findings == FINDINGS) return;
    struct finding *f = &shared->finding[shared->findings++];
    *f = (struct finding){.index = index, .k = *k, .native = *n, .guest = *e, .memory_at = at, .wrong = wrong};
    if (at >= 0) memcpy(f->memory, memory, 2);
}

// ---- one case

// CMP EAX, EBX behind the instruction: writes every arithmetic flag and nothing else.
static const u8 overwrite[] = {0x39, 0xd8};
static u64 flags_of_cmp(u32 x, u32 y) {
    u32 r = x - y;
    return (x < y ? FL_CF : 0) | (__builtin_parity((u8)r) ? 0 : FL_PF) | ((x ^ y ^ r) & FL_AF) | (r ? 0 : FL_ZF) |
           (r >> 31 ? FL_SF : 0) | (((x ^ y) & (x ^ r)) >> 31 ? FL_OF : 0);
}

// The bytes at RIP, the same in both worlds. REPEAT runs into the INT3 behind the instruction.
static unsigned code_of(const struct isa_case *k, u8 code[LONGEST + 2]) {
    memcpy(code, k->byte, LONGEST);
    if (k->variant != NOFLAGS) return k->variant == REPEAT ? k->length : k->n;
    memcpy(code + k->length, overwrite, sizeof overwrite);
    return k->length + 2;
}

static void run_guest(struct guest *g, const struct isa_case *k, struct outcome *o) {
    struct registers r = k->r;
    u8 code[LONGEST + 2];
    unsigned n = code_of(k, code);
    if (k->variant != STEP) r.rflags &= ~(u64)FL_TF;
    memcpy(guest_data(g), template, DATA_WRITABLE);
    guest_code(g, r.rip, code, n);
    guest_step(g, &r, o, k->variant == NOFLAGS ? 2 : k->variant == REPEAT ? 100000 : 1, k->variant == REPEAT);
    memset(code, 0xcc, n);
    guest_code(g, r.rip, code, n);
    if (k->variant == NOFLAGS && o->vector == NO_FAULT) o->r.rip -= 2;
}

static void run_native(const struct isa_case *k, struct outcome *o) {
    struct registers r = k->r;
    u8 code[LONGEST + 2];
    unsigned n = code_of(k, code);
    if (k->variant == REPEAT) r.rflags &= ~(u64)FL_TF;
    memcpy((void *)DATA, template, DATA_WRITABLE);
    memcpy(native_code + (r.rip - CODE), code, n);
    native_step(&r, o);
    memset(native_code + (r.rip - CODE), 0xcc, n);
    if (k->variant == REPEAT && o->vector == EXC_BP && o->r.rip == r.rip + k->length + 1) o->vector = NO_FAULT, o->r.rip--;
    else if (o->vector == EXC_DB) o->vector = NO_FAULT;
    if (k->variant == NOFLAGS && o->vector == NO_FAULT)
        o->r.rflags = (o->r.rflags & ~(u64)FL_ARITH) | flags_of_cmp((u32)o->r.gpr[RAX], (u32)o->r.gpr[RBX]);
}

// The emulator went first: an address that is not the rig's must not be touched natively. (The kernel's half neither: some
// hypervisors answer there with a fault of their own.)
static bool safe(const struct outcome *e) { return e->vector != EXC_PF || e->cr2 < OURS_END; }

// What compatibility mode does not define.
static void only_32(struct registers *r) {
    for (unsigned i = 0; i < 8; i++) r->gpr[i] = (u32)r->gpr[i];
    r->fs_base = r->gs_base = 0;
    memset(r->fx + FX_XMM + 8 * 16, 0, 8 * 16);
}

static void one_case(struct guest *g, const struct decode_index *ix, u64 seed, u64 index, bool bytes) {
    struct rng rng = {.s = seed * 0xd1342543de82ef95u + index * 0x2545f4914f6cdd1du};
    static struct isa_case k;
    static struct outcome native, guest;
    rnd(&rng);
    unsigned pick = (unsigned)(index % (row_count + row_count / 8));
    const struct insn *row = pick < row_count ? all_rows[pick] : NULL;
    if (!row && !bytes) return;
    generate(&k, row, ix, template, &rng);
    if (k.row && (exempt(k.row) || case_by_vendor(&k))) return;
    if (calls_kernel(k.byte)) return;
    const char *more = beyond_model(k.byte, LONGEST);
    if (more && k.row && (k.row->opcode == 0xbc || k.row->opcode == 0xbd) && k.row->map == MAP_0F) return; // TZCNT, LZCNT
    run_guest(g, &k, &guest);
    if (!safe(&guest)) {
        shared->refused++;
        return;
    }
    if (!k.row && more) {
        shared->beyond++;
        return;
    }
    run_native(&k, &native);
    if (k.bits32) only_32(&native.r), only_32(&guest.r);
    shared->cases++;
    if (!k.row && row && row->flags & I64 && exempt(row)) shared->row_cases[pick]++; // compared as what it is in 64-bit mode: undefined
    if (k.row) {
        unsigned n = row_number(k.row);
        shared->row_cases[n]++;
        shared->row_faults[n] += native.vector != NO_FAULT;
    }
    if (alignment_is_open(&k, &native) || mask_is_open(&k, &native)) return;
    u32 wrong = compare(&k, &native, &guest);
    i64 at = -1;
    const u8 *a = (const u8 *)DATA, *b = guest_data(g);
    if (!scribbles(&k, &guest) && memcmp(a, b, DATA_WRITABLE)) {
        for (at = 0; a[at] == b[at];) at++;
        wrong |= DIFF_MEMORY;
    }
    if (wrong) note(index, &k, &native, &guest, at, at < 0 ? NULL : (u8[]){a[at], b[at]}, wrong);
}

[[noreturn]] static void child(const struct options *o) {
    struct guest *g = guest_create();
    const struct decode_index *ix = guest_cpu(g)->index;
    const char *why = native_prepare();
    if (why) {
        printf("SKIP isa/silicon: %s\n", why);
        fflush(stdout);
        _exit(77);
    }
    struct rng rng = {.s = 1};
    for (unsigned i = 0; i < DATA_SIZE; i += 8) st64(template + i, rnd(&rng));
    memcpy((void *)DATA, template, DATA_SIZE);
    memcpy(guest_data(g), template, DATA_SIZE);
    mprotect((void *)(DATA + DATA_WRITABLE), DATA_SIZE - DATA_WRITABLE, PROT_READ);
    native_seal();
    for (u64 i = 0; i < o->cases; i++) {
        shared->index = i;
        if (o->only == ~(u64)0 || o->only == i) one_case(g, ix, o->seed, i, o->bytes);
    }
    syscall(SYS_exit, 0);
    __builtin_unreachable();
}

// ---- reporting

static const char *const gpr_names[16] = {"rax", "rcx", "rdx", "rbx", "rsp", "rbp", "rsi", "rdi",
                                          "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15"};
typedef unsigned long long ull;

static void show_text(const struct isa_case *k, csh cs) {
    cs_insn *in;
    cs_option(cs, CS_OPT_MODE, k->bits32 ? CS_MODE_32 : CS_MODE_64);
    for (unsigned i = 0; i < LONGEST; i++) printf("%s%02x", i == k->length ? " | " : i ? " " : "", k->byte[i]);
    size_t n = cs_disasm(cs, k->byte, LONGEST, k->r.rip, 1, &in);
    printf("\n    row %s; capstone: %s %s (%u bytes)\n", k->row ? k->row->name : "none", n ? in->mnemonic : "?", n ? in->op_str : "",
           n ? in->size : 0);
    if (n) cs_free(in, n);
}

static void show_outcome(const char *who, const struct outcome *o) {
    printf("    %s: ", who);
    if (o->vector == NO_FAULT) printf("no fault, ");
    else printf("vector %d error %x cr2 %llx, ", o->vector, o->error, (ull)o->cr2);
    printf("rip %llx rflags %llx\n", (ull)o->r.rip, (ull)o->r.rflags);
}

static void show_finding(const struct finding *f, const struct options *o, csh cs) {
    static const char *const variants[] = {"step", "plain", "noflags", "repeat"};
    printf("DIFFERENCE at case %llu (--seed %llu --case %llu), %s%s:\n    ", (ull)f->index, (ull)o->seed, (ull)f->index,
           variants[f->k.variant], f->k.bits32 ? ", 32-bit code" : "");
    show_text(&f->k, cs);
    printf("    before: rip %llx rflags %llx fs %llx gs %llx\n", (ull)f->k.r.rip, (ull)f->k.r.rflags, (ull)f->k.r.fs_base,
           (ull)f->k.r.gs_base);
    for (unsigned i = 0; i < 16; i++) printf("%s%s %llx", i % 8 ? " " : i ? "\n      " : "      ", gpr_names[i], (ull)f->k.r.gpr[i]);
    printf("\n");
    show_outcome("silicon ", &f->native);
    show_outcome("emulator", &f->guest);
    for (unsigned i = 0; i < 16; i++)
        if (f->native.r.gpr[i] != f->guest.r.gpr[i])
            printf("    %s: silicon %llx, emulator %llx\n", gpr_names[i], (ull)f->native.r.gpr[i], (ull)f->guest.r.gpr[i]);
    if (f->wrong & DIFF_MEMORY)
        printf("    memory at %llx: silicon %02x, emulator %02x\n", (ull)DATA + (ull)f->memory_at, f->memory[0], f->memory[1]);
    if (f->wrong & DIFF_BASE) printf("    fs or gs base differs\n");
    if (f->wrong & DIFF_FX)
        for (unsigned i = 0; i < FX_END; i++) {
            if ((i >= 5 && i < FX_MXCSR) || (i >= 28 && i < 32) || (i >= FX_ST && i < FX_XMM && (i & 15) >= 10)) continue;
            if (f->native.r.fx[i] == f->guest.r.fx[i]) continue;
            printf("    fx+%u: silicon %02x, emulator %02x\n", i, f->native.r.fx[i], f->guest.r.fx[i]);
        }
}

static unsigned report_rows(void) {
    unsigned covered = 0, left_out = 0, empty = 0;
    for (unsigned i = 0; i < row_count; i++) {
        const struct insn *row = all_rows[i];
        if (shared->row_cases[i]) covered++;
        else if (exempt(row)) left_out++;
        else {
            empty++;
            printf("no case reached %s (map %u, opcode %02x, prefix %u, modrm %x)\n", row->name, row->map, row->opcode, row->prefix,
                   row->modrm);
        }
    }
    printf("%u rows: %u compared, %u left out for a reason, %u without a case\n", row_count, covered, left_out, empty);
    return empty;
}

static u64 number(const char *text) { return strtoull(text, NULL, 0); }

int main(int argc, char **argv) {
    struct options o = {.cases = 1000000, .seed = 1, .only = ~(u64)0, .bytes = true};
    bool rows = false;
    for (int i = 1; i < argc; i++) {
        if (!strcmp(argv[i], "--cases") && i + 1 < argc) o.cases = number(argv[++i]);
        else if (!strcmp(argv[i], "--seed") && i + 1 < argc) o.seed = number(argv[++i]);
        else if (!strcmp(argv[i], "--case") && i + 1 < argc) o.only = number(argv[++i]), o.cases = o.only + 1;
        else if (!strcmp(argv[i], "--rows")) rows = true;
        else {
            fprintf(stderr, "usage: %s [--cases N] [--seed S] [--case N] [--rows]\n", argv[0]);
            return 2;
        }
    }
    collect_rows();
    shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (shared == MAP_FAILED) return 2;
    struct timespec start, end;
    clock_gettime(CLOCK_MONOTONIC, &start);
    pid_t pid = fork();
    if (!pid) child(&o);
    int status;
    waitpid(pid, &status, 0);
    clock_gettime(CLOCK_MONOTONIC, &end);
    if (WIFEXITED(status) && WEXITSTATUS(status) == 77) return 77;

    csh cs;
    if (cs_open(CS_ARCH_X86, CS_MODE_64, &cs)) return 2;
    for (unsigned i = 0; i < shared->findings; i++) show_finding(&shared->finding[i], &o, cs);
    if (rows)
        for (unsigned i = 0; i < row_count; i++)
            printf("%-12s map %u %02x  cases %llu faults %llu differences %llu%s%s\n", all_rows[i]->name, all_rows[i]->map,
                   all_rows[i]->opcode, (ull)shared->row_cases[i], (ull)shared->row_faults[i], (ull)shared->row_wrong[i],
                   exempt(all_rows[i]) ? "  left out: " : "", exempt(all_rows[i]) ? exempt(all_rows[i]) : "");
    double seconds = (double)(end.tv_sec - start.tv_sec) + (double)(end.tv_nsec - start.tv_nsec) / 1e9;
    unsigned empty = o.only == ~(u64)0 ? report_rows() : 0;
    printf("%llu cases compared (seed %llu), %llu differences; %llu not run natively, %llu beyond the model; %.1f s, %.0f cases/s\n",
           (ull)shared->cases, (ull)o.seed, (ull)shared->differences, (ull)shared->refused, (ull)shared->beyond, seconds,
           (double)shared->cases / seconds);
    bool died = !WIFEXITED(status) || WEXITSTATUS(status);
    if (died) printf("the child died (status %x) at case %llu\n", status, (ull)shared->index);
    return died || shared->differences || empty;
}
