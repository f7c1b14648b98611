// SPDX-License-Identifier: MIT
// Where emulators stumble, one named test each: what a user program can see. Every value is the manual's (vol. 2 unless it
// says otherwise), and the processor under this machine must agree with it too. The system level: test_x86_stumbling_system.
#include "fx_image.h"
#include "native.h"
#include "x86_rig.h"

#include "isa/x86_64/sys/except.h"
#include "isa/x86_64/x87/x87.h"

#include <string.h>
#include <sys/mman.h>

#include <cmocka.h>

#define WORK 0x400000ull // 64 bytes of memory that both worlds have, below 4 GiB so that 67h reaches them
enum { WORK_SIZE = 64, HANDLER = 0x20000 };

struct machine {
    struct native n;
    u8 work[WORK_SIZE];
};

static struct machine fresh(void) {
    struct machine m = {0};
    st16(m.n.fx, 0x37f);
    st32(m.n.fx + FX_MXCSR, 0x1f80);
    m.n.gpr[RDI] = WORK;
    return m;
}

// ---- the two worlds

static void emulate(struct x86_rig *r, struct machine *m, const u8 *code, unsigned n) {
    struct x86_state *s = &r->c->s;
    cpu_long(r, 3);
    for (unsigned v = 0; v < 32; v++) cpu_idt(r, v, cpu_gate(SYS_INT32, 0, SEL_CODE64_0, HANDLER + 16 * v, 0), 0);
    s->cr0 |= CR0_MP | CR0_NE;
    s->cr4 |= CR4_OSXMMEXCPT;
    memcpy(s->gpr, m->n.gpr, sizeof m->n.gpr);
    s->gpr[RSP] = RIG_STACK3;
    x86_set_arith(r->c, (u32)m->n.flags);
    fx_in(s, m->n.fx);
    memcpy(r->ram + WORK, m->work, WORK_SIZE);
    cpu_run(r, code, n, 1);
    m->n.vector = s->cpl ? 0 : (s->rip - HANDLER) / 16;
    memcpy(m->n.gpr, s->gpr, sizeof m->n.gpr);
    m->n.flags = x86_get_rflags(r->c) & FL_ARITH;
    fx_out(s, m->n.fx);
    memcpy(m->work, r->ram + WORK, WORK_SIZE);
}

static u8 *native_work(void) {
    static u8 *work;
    if (!work) work = mmap((void *)WORK, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
    return work == (u8 *)WORK && !native_is_emulated() ? work : NULL;
}

// Both run it; what they make of it must be the same, but for flags that the manual leaves undefined.
static void run_here(struct x86_rig *r, struct machine *m, u32 undefined, const u8 *code, unsigned n, bool here) {
    static const u8 compared[] = {RAX, RCX, RDX, RBX, RSI, RDI, 8, 9, 10, 11};
    struct machine silicon = *m;
    emulate(r, m, code, n);
    u8 *work = native_work();
    if (!work || !here) return;
    memcpy(work, silicon.work, WORK_SIZE);
    native_catch_signals();
    native_run(&silicon.n, code, n);
    memcpy(silicon.work, work, WORK_SIZE);
    assert_int_equal(m->n.vector, silicon.n.vector); // 0 is #DE natively, too
    for (unsigned i = 0; i < countof(compared); i++) assert_int_equal(m->n.gpr[compared[i]], silicon.n.gpr[compared[i]]);
    if (!m->n.vector) assert_int_equal(m->n.flags & ~undefined, silicon.n.flags & ~undefined);
    assert_memory_equal(m->work, silicon.work, WORK_SIZE);
    assert_int_equal(ld16(m->n.fx + 2), ld16(silicon.n.fx + 2));
    assert_int_equal(m->n.fx[4], silicon.n.fx[4]);
    assert_int_equal(ld32(m->n.fx + FX_MXCSR), ld32(silicon.n.fx + FX_MXCSR));
    for (unsigned i = 0; i < 8; i++) assert_memory_equal(m->n.fx + FX_ST + 16 * i, silicon.n.fx + FX_ST + 16 * i, 10);
    assert_memory_equal(m->n.fx + FX_XMM, silicon.n.fx + FX_XMM, 256);
}
static void run(struct x86_rig *r, struct machine *m, u32 undefined, const u8 *code, unsigned n) {
    run_here(r, m, undefined, code, n, true);
}
#define RUN(m, undefined, ...) run(r, m, undefined, (const u8[]){__VA_ARGS__}, sizeof(u8[]){__VA_ARGS__})

// ---- shifts and rotates

struct shift {
    u8 reg; // ModRM.reg of group 2: ROL ROR RCL RCR SHL SHR (SAL) SAR
    u8 size, count;
    u64 in;
    u32 flags;
    u64 want;
    u32 want_flags, undefined;
};
enum { ROL, ROR, RCL, RCR, SHL, SHR, SAR = 7 };

static void shift(struct x86_rig *r, const struct shift *k) {
    struct machine m = fresh();
    u8 code[4];
    unsigned n = 0;
    m.n.gpr[RAX] = k->in;
    m.n.gpr[RCX] = k->count;
    m.n.flags = k->flags;
    if (k->size == 16) code[n++] = 0x66;
    if (k->size == 64) code[n++] = 0x48;
    code[n++] = k->size == 8 ? 0xd2 : 0xd3;
    code[n++] = (u8)(0xc0 | k->reg << 3);
    run(r, &m, k->undefined, code, n);
    assert_int_equal(m.n.gpr[RAX], k->want);
    assert_int_equal(m.n.flags & ~k->undefined, k->want_flags);
}

// A count of 0 changes no flag; yet a 32-bit result is written, and clears the upper half (vol. 1, 3.4.1.1).
static void shift_by_0_keeps_flags(void **state) {
    const u64 v = 0x8877665544332211;
    for (unsigned op = ROL; op <= SAR; op++) {
        if (op == 6) continue;
        for (unsigned f = 0; f < 2; f++) {
            const u32 flags = f ? FL_ARITH : 0;
            shift(*state, &(struct shift){(u8)op, 8, 0, v, flags, v, flags, 0});
            shift(*state, &(struct shift){(u8)op, 16, 0, v, flags, v, flags, 0});
            shift(*state, &(struct shift){(u8)op, 32, 0, v, flags, (u32)v, flags, 0});
            shift(*state, &(struct shift){(u8)op, 64, 0, v, flags, v, flags, 0});
            shift(*state, &(struct shift){(u8)op, 8, 32, v, flags, v, flags, 0}); // the count has 5 bits
            shift(*state, &(struct shift){(u8)op, 32, 0x60, v, flags, (u32)v, flags, 0});
            shift(*state, &(struct shift){(u8)op, 64, 64, v, flags, v, flags, 0}); // or 6
        }
    }
}

// Counts beyond the width: 5 bits of the count are used whatever the size, so 8- and 16-bit operands can be shifted out.
static void shift_beyond_the_width(void **state) {
    const u32 sh = FL_OF | FL_AF; // undefined for counts other than 1
    static const struct shift k[] = {
        {SHL, 8, 8, 0x01, 0, 0x00, FL_CF | FL_ZF | FL_PF, FL_OF | FL_AF},
        {SAR, 8, 31, 0x80, 0, 0xff, FL_CF | FL_SF | FL_PF, FL_OF | FL_AF},
        {SAR, 16, 20, 0x7fff, FL_CF, 0, FL_ZF | FL_PF, FL_OF | FL_AF},
        {SHL, 32, 33, 0x80000001, 0, 2, FL_CF | FL_OF, FL_AF}, // by 1
        {SHR, 32, 33, 0x80000001, 0, 0x40000000, FL_CF | FL_OF | FL_PF, FL_AF},
        {SHL, 64, 65, 0xc000000000000001, 0, 0x8000000000000002, FL_CF | FL_SF, FL_AF},
    };
    for (unsigned i = 0; i < countof(k); i++) shift(*state, &k[i]);
    // Shifted out by more than the width: CF of SHL and SHR is undefined then, the result is not.
    shift(*state, &(struct shift){SHL, 8, 9, 0xff, 0, 0, FL_ZF | FL_PF, sh | FL_CF});
    shift(*state, &(struct shift){SHR, 16, 17, 0xffff, 0, 0, FL_ZF | FL_PF, sh | FL_CF});
}

static void rotate_by_the_width_and_more(void **state) {
    static const struct shift k[] = {
        // Nothing moves, but CF is written: the lowest bit for ROL, the highest for ROR.
        {ROL, 8, 8, 0x81, 0, 0x81, FL_CF, FL_OF},
        {ROL, 8, 8, 0x80, FL_CF, 0x80, 0, FL_OF},
        {ROR, 8, 24, 0x80, 0, 0x80, FL_CF, FL_OF},
        {ROR, 16, 16, 0x7fff, FL_CF, 0x7fff, 0, FL_OF},
        {ROL, 16, 17, 0x8000, FL_ZF, 0x0001, FL_CF | FL_ZF, FL_OF},
        // Through carry: 9 and 17 places are a full turn, and leave CF.
        {RCL, 8, 9, 0x55, FL_CF, 0x55, FL_CF, FL_OF},
        {RCL, 8, 18, 0x55, 0, 0x55, 0, FL_OF},
        {RCR, 8, 9, 0x55, FL_CF, 0x55, FL_CF, FL_OF},
        {RCR, 16, 17, 0xaaaa, FL_CF, 0xaaaa, FL_CF, FL_OF},
        {RCL, 8, 10, 0x80, FL_CF, 0x01, FL_CF, FL_OF},
        {RCR, 16, 18, 0x0001, FL_CF, 0x8000, FL_CF, FL_OF},
        {RCL, 32, 31, 1, 0, 0x80000000, 0, FL_OF},
        {RCR, 64, 63, 1, 0, 4, 0, FL_OF},
    };
    for (unsigned i = 0; i < countof(k); i++) shift(*state, &k[i]);
}

static void double_shift_by_0_and_by_the_width(void **state) {
    struct x86_rig *r = *state;
    struct machine m = fresh();
    m.n.gpr[RAX] = 0xaaaaaaaa55555555, m.n.gpr[RDX] = 0x1234, m.n.gpr[RCX] = 32, m.n.flags = FL_ARITH;
    RUN(&m, 0, 0x0f, 0xa5, 0xd0); // shld eax, edx, cl
    assert_int_equal(m.n.gpr[RAX], 0x55555555);
    assert_int_equal(m.n.flags, FL_ARITH);
    m.n.gpr[RAX] = 0xaaaaaaaa55555555, m.n.gpr[RCX] = 64;
    RUN(&m, 0, 0x48, 0x0f, 0xad, 0xd0); // shrd rax, rdx, cl
    assert_int_equal(m.n.gpr[RAX], 0xaaaaaaaa55555555);
    assert_int_equal(m.n.flags, FL_ARITH);
    m.n.gpr[RAX] = 0x8001, m.n.gpr[RCX] = 16, m.n.gpr[RDX] = 0x7ffe;
    RUN(&m, FL_OF | FL_AF, 0x66, 0x0f, 0xa5, 0xd0); // by 16 of 16: the source itself
    assert_int_equal(m.n.gpr[RAX], 0x7ffe);
    assert_true(m.n.flags & FL_CF);
}

// ---- bit scans

static void bsf_and_bsr_of_zero(void **state) {
    struct x86_rig *r = *state;
    static const u8 op[] = {0xbc, 0xbd};
    const u32 undefined = FL_CF | FL_OF | FL_SF | FL_AF | FL_PF;
    for (unsigned i = 0; i < countof(op); i++) {
        struct machine m = fresh();
        m.n.gpr[RAX] = 0x1122334455667788;
        RUN(&m, undefined, 0x48, 0x0f, op[i], 0xc2); // bsf rax, rdx
        assert_true(m.n.flags & FL_ZF);
        assert_int_equal(m.n.gpr[RAX], 0x1122334455667788); // "undefined", and unchanged by every processor
        RUN(&m, undefined, 0x66, 0x0f, op[i], 0xc2);
        assert_true(m.n.flags & FL_ZF);
        assert_int_equal(m.n.gpr[RAX], 0x1122334455667788);
        m.n.gpr[RDX] = 0x10000;
        RUN(&m, undefined, 0x66, 0x0f, op[i], 0xc2); // only 16 bits count
        assert_true(m.n.flags & FL_ZF);
        RUN(&m, undefined, 0x0f, op[i], 0xc2);
        assert_false(m.n.flags & FL_ZF);
        assert_int_equal(m.n.gpr[RAX], 16);
    }
}

// ---- multiplication and division

static void imul_flags(void **state) {
    struct x86_rig *r = *state;
    const u32 undefined = FL_SF | FL_ZF | FL_AF | FL_PF;
    static const struct {
        u8 reg;
        u64 a, b;
        bool over;
    } byte[] = {
        // F6 /reg: AL * BL -> AX
        {5, 0x7f, 1, false}, {5, 0x80, 0xff, true}, {5, 0x80, 1, false}, {5, 16, 8, true},  {5, 0xff, 0xff, false},
        {4, 0xff, 1, false}, {4, 0x80, 2, true},    {4, 16, 15, false},  {4, 16, 16, true},
    };
    for (unsigned i = 0; i < countof(byte); i++) {
        struct machine m = fresh();
        m.n.gpr[RAX] = byte[i].a, m.n.gpr[RBX] = byte[i].b;
        m.n.flags = byte[i].over ? 0 : FL_CF | FL_OF;
        RUN(&m, undefined, 0xf6, (u8)(0xc3 | byte[i].reg << 3));
        assert_int_equal(m.n.flags & (FL_CF | FL_OF), byte[i].over ? FL_CF | FL_OF : 0);
    }
    static const struct {
        u64 a, b, want;
        bool over;
    } wide[] = {
        // imul rax, rbx
        {BIT(62), 2, BIT(63), true},  {(u64)-1, (u64)-1, 1, false}, {BIT(63), (u64)-1, BIT(63), true},
        {BIT(63), 1, BIT(63), false}, {BIT(32), BIT(32), 0, true},
    };
    for (unsigned i = 0; i < countof(wide); i++) {
        struct machine m = fresh();
        m.n.gpr[RAX] = wide[i].a, m.n.gpr[RBX] = wide[i].b;
        RUN(&m, undefined, 0x48, 0x0f, 0xaf, 0xc3);
        assert_int_equal(m.n.gpr[RAX], wide[i].want);
        assert_int_equal(m.n.flags & (FL_CF | FL_OF), wide[i].over ? FL_CF | FL_OF : 0);
    }
    struct machine m = fresh();
    m.n.gpr[RAX] = ~(u64)0, m.n.gpr[RBX] = 0x4000;
    RUN(&m, undefined, 0x66, 0x6b, 0xc3, 0x02); // imul ax, bx, 2: keeps the upper bits
    assert_int_equal(m.n.gpr[RAX], 0xffffffffffff8000);
    assert_int_equal(m.n.flags & (FL_CF | FL_OF), FL_CF | FL_OF);
    RUN(&m, undefined, 0x6b, 0xc3, 0xfe); // imul eax, ebx, -2: clears them
    assert_int_equal(m.n.gpr[RAX], 0xffff8000);
    assert_int_equal(m.n.flags & (FL_CF | FL_OF), 0);
}

struct division {
    u8 size;
    bool is_signed;
    u64 high, low, by; // 8 bits: low is AX
    bool fits;
    u64 quotient, remainder;
};

static void division(struct x86_rig *r, const struct division *k) {
    struct machine m = fresh();
    u8 code[3];
    unsigned n = 0;
    m.n.gpr[RAX] = k->low, m.n.gpr[RDX] = k->high, m.n.gpr[RBX] = k->by;
    if (k->size == 16) code[n++] = 0x66;
    if (k->size == 64) code[n++] = 0x48;
    code[n++] = k->size == 8 ? 0xf6 : 0xf7;
    code[n++] = k->is_signed ? 0xfb : 0xf3;
    m.n.vector = 99;
    run(r, &m, FL_ARITH, code, n);
    if (!k->fits) {
        assert_int_equal(r->c->s.cpl, 0); // the handler of #DE was entered, and nothing was written
        assert_int_equal(r->c->s.rip, HANDLER + 16 * EXC_DE);
        assert_int_equal(m.n.gpr[RAX], k->low);
        assert_int_equal(m.n.gpr[RDX], k->high);
        return;
    }
    assert_int_equal(r->c->s.cpl, 3);
    if (k->size == 8) {
        assert_int_equal(m.n.gpr[RAX] & 0xffff, k->remainder << 8 | k->quotient);
    } else {
        assert_int_equal(m.n.gpr[RAX], k->quotient);
        assert_int_equal(m.n.gpr[RDX], k->remainder);
    }
}

static void div_overflow(void **state) {
    static const struct division k[] = {
        {8, false, 0, 0x00ff, 1, true, 0xff, 0},
        {8, false, 0, 0x0100, 1, false, 0, 0},
        {8, false, 0, 5, 0, false, 0, 0},
        {16, false, 1, 0, 1, false, 0, 0},
        {16, false, 0xfffe, 0xffff, 0xffff, true, 0xffff, 0xfffe},
        {32, false, 1, 0, 1, false, 0, 0},
        {32, false, 0, ~(u64)0, 0xffffffff, true, 1, 0},
        {64, false, 1, 0, 1, false, 0, 0},
        {64, false, 1, 0, 2, true, BIT(63), 0},
        {64, false, 0, 7, 0, false, 0, 0},
        {8, true, 0, 0xff80, 1, true, 0x80, 0},          // -128 fits
        {8, true, 0, 0xff7f, 1, false, 0, 0},            // -129 does not
        {8, true, 0, 0x0080, 1, false, 0, 0},            // nor does 128
        {8, true, 0, 0xff80, 0xff, false, 0, 0},         // -128 / -1
        {16, true, 0xffff, 0x8000, 0xffff, false, 0, 0}, // -32768 / -1
        {32, true, 0xffffffff, 0x80000000, 0xffffffff, false, 0, 0},
        {32, true, 0xffffffff, 0x80000000, 1, true, 0x80000000, 0},
        {64, true, ~(u64)0, BIT(63), ~(u64)0, false, 0, 0},
        {64, true, ~(u64)0, BIT(63), 1, true, BIT(63), 0},
        {32, true, 0xffffffff, 0xfffffff9, 2, true, 0xfffffffd, 0xffffffff}, // -7 / 2 = -3, remainder -1: towards zero
    };
    for (unsigned i = 0; i < countof(k); i++) division(*state, &k[i]);
}

// ---- CMPXCHG8B, CMPXCHG16B

static void cmpxchg8b_flags_and_alignment(void **state) {
    struct x86_rig *r = *state;
    const u32 others = FL_ARITH & ~FL_ZF;
    for (unsigned off = 0; off < 9; off += 3) { // no alignment needed
        struct machine m = fresh();
        m.n.gpr[RDI] = WORK + off;
        st64(m.work + off, 0x1111111122222222);
        m.n.gpr[RAX] = 0xdead000022222222, m.n.gpr[RDX] = 0xdead000011111111; // upper halves do not count
        m.n.gpr[RBX] = 0x33333333, m.n.gpr[RCX] = 0x44444444, m.n.flags = others;
        RUN(&m, 0, 0xf0, 0x0f, 0xc7, 0x0f); // lock cmpxchg8b [rdi]
        assert_int_equal(m.n.flags, others | FL_ZF);
        assert_int_equal(ld64(m.work + off), 0x4444444433333333);
        assert_int_equal(m.n.gpr[RAX], 0xdead000022222222); // not written
        m.n.flags = FL_ZF;
        RUN(&m, 0, 0x0f, 0xc7, 0x0f);
        assert_int_equal(m.n.flags, 0);
        assert_int_equal(m.n.gpr[RAX], 0x33333333); // written, as 32 bits
        assert_int_equal(m.n.gpr[RDX], 0x44444444);
    }
}

static void cmpxchg16b_flags_and_alignment(void **state) {
    struct x86_rig *r = *state;
    const u32 others = FL_ARITH & ~FL_ZF;
    struct machine m = fresh();
    st64(m.work, 1), st64(m.work + 8, 2);
    m.n.gpr[RAX] = 1, m.n.gpr[RDX] = 2, m.n.gpr[RBX] = 3, m.n.gpr[RCX] = 4, m.n.flags = others;
    RUN(&m, 0, 0x48, 0x0f, 0xc7, 0x0f);
    assert_int_equal(m.n.flags, others | FL_ZF);
    assert_int_equal(ld64(m.work), 3);
    assert_int_equal(ld64(m.work + 8), 4);
    m.n.flags = FL_ZF;
    RUN(&m, 0, 0x48, 0x0f, 0xc7, 0x0f);
    assert_int_equal(m.n.flags, 0);
    assert_int_equal(m.n.gpr[RAX], 3);
    assert_int_equal(m.n.gpr[RDX], 4);
    for (unsigned off = 1; off < 16; off++) { // #GP(0) when it is not aligned to 16, with LOCK or without
        m.n.gpr[RDI] = WORK + off;
        RUN(&m, 0, 0x48, 0x0f, 0xc7, 0x0f);
        assert_int_equal(m.n.vector, EXC_GP);
    }
}

// ---- ADCX, ADOX: each adds with one flag and writes that one alone

static void adcx_and_adox_flags(void **state) {
    struct x86_rig *r = *state;
    static const struct {
        u64 a, b;
        bool carry, out;
    } k[] = {
        {~(u64)0, 0, true, true},
        {~(u64)0, 0, false, false},
        {BIT(63), BIT(63), false, true},
        {BIT(63), BIT(62), true, false},
        {BIT(31), BIT(31), false, false},
        {0xffffffff, 0, true, false},
        {~(u64)0, ~(u64)0, true, true},
        {0, 0, false, false},
        {0x7fffffffffffffff, 1, false, false}, // a signed overflow is none here
    };
    for (unsigned i = 0; i < countof(k) * 8; i++) {
        const u64 a = k[i / 8].a, b = k[i / 8].b;
        const bool adox = i & 1, wide = i & 2;
        const u32 flag = adox ? FL_OF : FL_CF, others = i & 4 ? FL_ARITH & ~flag : 0;
        struct machine m = fresh();
        m.n.gpr[RAX] = a, m.n.gpr[RDX] = b;
        m.n.flags = others | (k[i / 8].carry ? flag : 0);
        u8 code[] = {adox ? 0xf3 : 0x66, wide ? 0x48 : 0x40, 0x0f, 0x38, 0xf6, 0xc2};
        run_here(r, &m, 0, code, sizeof code, native_has_adx());
        const u64 sum = (u64)(u32)a + (u32)b + k[i / 8].carry;
        assert_int_equal(m.n.vector, 0);
        assert_int_equal(m.n.gpr[RAX], wide ? a + b + k[i / 8].carry : (u32)sum);
        assert_int_equal(m.n.flags, others | ((wide ? k[i / 8].out : sum >> 32) ? flag : 0));
    }
}

// ---- MMX

static void st(struct machine *m, unsigned i, u64 mant, u16 exp) {
    st64(m->n.fx + FX_ST + 16 * i, mant);
    st16(m->n.fx + FX_ST + 16 * i + 8, exp);
}

// REX.R and REX.B do not reach MMX registers: there are eight (vol. 2A, 2.2.1.2). They do reach a general register.
static void redundant_rex_on_mmx(void **state) {
    struct x86_rig *r = *state;
    for (u8 rex = 0x40; rex < 0x50; rex++) {
        struct machine m = fresh();
        st(&m, 1, 0x0101010101010101, 0xffff), st(&m, 2, 0x02020202020202ff, 0xffff);
        RUN(&m, 0, rex, 0x0f, 0xfc, 0xca); // paddb mm1, mm2
        assert_int_equal(ld64(m.n.fx + FX_ST + 16), 0x0303030303030300);
        m.n.gpr[RCX] = 0x1122334455667788, m.n.gpr[9] = 0x99aabbccddeeff00;
        RUN(&m, 0, rex, 0x0f, 0x6e, 0xd9); // movd/movq mm3, ecx/rcx/r9d/r9
        u64 from = m.n.gpr[rex & 1 ? 9 : RCX];
        assert_int_equal(ld64(m.n.fx + FX_ST + 48), rex & 8 ? from : (u32)from);
    }
}

// An MMX instruction makes TOP 0 and every tag valid; the register it writes gets ones in bits 64..79 (vol. 1, 9.5.1).
static void mmx_write_sets_the_exponent(void **state) {
    struct x86_rig *r = *state;
    struct machine m = fresh();
    for (unsigned i = 0; i < 8; i++) st(&m, i, 0x8000000000000000 + i, 0x3fff);
    RUN(&m, 0, 0x0f, 0xef, 0xc9); // pxor mm1, mm1
    assert_int_equal(ld16(m.n.fx + FX_ST + 16 + 8), 0xffff);
    assert_int_equal(ld64(m.n.fx + FX_ST + 16), 0);
    assert_int_equal(ld16(m.n.fx + FX_ST + 8), 0x3fff); // only the one written
    assert_int_equal(m.n.fx[4], 0xff);
    st16(m.n.fx + 2, 5 << X87_TOP_SHIFT), m.n.fx[4] = 0;
    RUN(&m, 0, 0x0f, 0x7e, 0xc0); // movd eax, mm0: reads only, but enters MMX state all the same
    assert_int_equal(m.n.fx[4], 0xff);
    assert_int_equal(ld16(m.n.fx + 2) >> X87_TOP_SHIFT & 7, 0);
    RUN(&m, 0, 0x0f, 0x77); // emms
    assert_int_equal(m.n.fx[4], 0);
}

// ---- NaNs

static void xmm(struct machine *m, unsigned i, u32 v) { st32(m->n.fx + FX_XMM + 16 * i, v); }
static u32 xmm0(const struct machine *m) { return ld32(m->n.fx + FX_XMM); }

// Table 4-7 (vol. 1): of two NaNs the first source operand, quiet; MIN and MAX: the second, as it is.
static void sse_nan_operand_order(void **state) {
    struct x86_rig *r = *state;
    enum : u32 {
        Q1 = 0x7fc00001,
        Q2 = 0xffc00002,
        S1 = 0x7f800003,
        S2 = 0xff800004,
        ONE = 0x3f800000,
        QUIET = 0x400000,
        MZ = 0x80000000
    };
    static const struct {
        u32 a, b, arithmetic, minmax;
        bool invalid;
    } k[] = {
        {Q1, Q2, Q1, Q2, false},          {Q2, Q1, Q2, Q1, false},        {Q1, S2, Q1, S2, true},
        {S1, Q2, S1 | QUIET, Q2, true},   {S1, S2, S1 | QUIET, S2, true}, {ONE, S2, S2 | QUIET, S2, true},
        {S1, ONE, S1 | QUIET, ONE, true}, {ONE, Q2, Q2, Q2, false},       {Q1, ONE, Q1, ONE, false},
    };
    static const u8 op[] = {0x58, 0x59, 0x5c, 0x5e, 0x5d, 0x5f}; // ADD MUL SUB DIV MIN MAX
    for (unsigned i = 0; i < countof(k); i++)
        for (unsigned o = 0; o < countof(op); o++) {
            struct machine m = fresh();
            bool minmax = op[o] == 0x5d || op[o] == 0x5f;
            xmm(&m, 0, k[i].a), xmm(&m, 1, k[i].b);
            RUN(&m, 0, 0xf3, 0x0f, op[o], 0xc1);
            assert_int_equal(xmm0(&m), minmax ? k[i].minmax : k[i].arithmetic);
            // MIN and MAX raise #I for quiet ones too.
            assert_int_equal(ld32(m.n.fx + FX_MXCSR) & 1, minmax || k[i].invalid);
        }
    for (unsigned o = 4; o < 6; o++) { // both zero: the second, whatever its sign
        struct machine m = fresh();
        xmm(&m, 0, MZ), xmm(&m, 1, 0);
        RUN(&m, 0, 0xf3, 0x0f, op[o], 0xc1);
        assert_int_equal(xmm0(&m), 0);
        xmm(&m, 0, 0), xmm(&m, 1, MZ);
        RUN(&m, 0, 0xf3, 0x0f, op[o], 0xc1);
        assert_int_equal(xmm0(&m), MZ);
    }
}

// x87 (table 4-7): of two NaNs the one with the larger significand; SNaN and QNaN: the QNaN; equal ones: the positive.
static void x87_nan_by_significand(void **state) {
    struct x86_rig *r = *state;
    enum : u64 { Q = 0xc000000000000000, S = 0x8000000000000000 };
    static const struct {
        u64 a;
        u16 ea;
        u64 b;
        u16 eb;
        u64 want;
        u16 ewant;
    } k[] = {
        {Q | 5, 0x7fff, Q | 9, 0x7fff, Q | 9, 0x7fff}, {Q | 9, 0x7fff, Q | 5, 0xffff, Q | 9, 0x7fff},
        {S | 9, 0x7fff, Q | 5, 0xffff, Q | 5, 0xffff}, {S | 9, 0x7fff, S | 5, 0x7fff, Q | 9, 0x7fff},
        {Q | 7, 0xffff, Q | 7, 0x7fff, Q | 7, 0x7fff},
    };
    for (unsigned i = 0; i < countof(k); i++) {
        struct machine m = fresh();
        m.n.fx[4] = 0xff;
        st(&m, 0, k[i].a, k[i].ea), st(&m, 1, k[i].b, k[i].eb);
        RUN(&m, 0, 0xd8, 0xc1); // fadd st, st(1)
        assert_int_equal(ld64(m.n.fx + FX_ST), k[i].want);
        assert_int_equal(ld16(m.n.fx + FX_ST + 8), k[i].ewant);
    }
}

// ---- addresses

// Operand size cuts the result, address size the sum, and one has nothing to do with the other.
static void lea_with_every_size_prefix(void **state) {
    struct x86_rig *r = *state;
    const u64 base = 0x0fedcba987654321, index = 0xfffffff0ffff8765, sum = base + 4 * index + 0x12345678;
    const u64 old = 0xa5a5a5a5a5a5a5a5;
    static const struct {
        u8 prefix[3], n;
        bool narrow;
        u8 size;
    } k[] = {
        {{0}, 0, false, 32},          {{0x66}, 1, false, 16},      {{0x48}, 1, false, 64},      {{0x66, 0x48}, 2, false, 64},
        {{0x67}, 1, true, 32},        {{0x67, 0x66}, 2, true, 16}, {{0x67, 0x48}, 2, true, 64}, {{0x66, 0x67, 0x48}, 3, true, 64},
        {{0x48, 0x66}, 2, false, 16}, // a REX that does not stand last is none
    };
    static const u8 lea[] = {0x8d, 0x84, 0x8b, 0x78, 0x56, 0x34, 0x12}; // lea rax, [rbx + 4 * rcx + 0x12345678]
    for (unsigned i = 0; i < countof(k); i++) {
        struct machine m = fresh();
        u8 code[10];
        memcpy(code, k[i].prefix, k[i].n);
        memcpy(code + k[i].n, lea, sizeof lea);
        m.n.gpr[RAX] = old, m.n.gpr[RBX] = base, m.n.gpr[RCX] = index;
        run(r, &m, 0, code, k[i].n + (unsigned)sizeof lea);
        u64 a = k[i].narrow ? (u32)sum : sum;
        u64 want = k[i].size == 64 ? a : k[i].size == 32 ? (u32)a : (old & ~(u64)0xffff) | (u16)a;
        assert_int_equal(m.n.gpr[RAX], want);
    }
    struct machine m = fresh();
    RUN(&m, 0, 0x8d, 0xc3); // of a register: #UD
    assert_int_equal(m.n.vector, EXC_UD);
}

// In 32-bit code: 16-bit addresses wrap at 64 KiB, and 66h alone does not change that.
static void lea_in_32_bit_code(void **state) {
    struct x86_rig *r = *state;
    static const struct {
        u8 code[7], n;
        u32 want;
    } k[] = {
        {{0x8d, 0x43, 0x7f}, 3, 0x1234fff0 + 0x7f},
        {{0x66, 0x8d, 0x43, 0x7f}, 4, 0xa5a50000 | ((0xfff0 + 0x7f) & 0xffff)},
        {{0x67, 0x8d, 0x47, 0x7f}, 4, (0xfff0 + 0x7f) & 0xffff}, // [bx + 7fh]
        {{0x66, 0x67, 0x8d, 0x47, 0x7f}, 5, 0xa5a50000 | ((0xfff0 + 0x7f) & 0xffff)},
    };
    for (unsigned i = 0; i < countof(k); i++) {
        cpu_protected(r, 3);
        r->c->s.gpr[RAX] = 0xa5a5a5a5, r->c->s.gpr[RBX] = 0x1234fff0;
        cpu_run(r, k[i].code, k[i].n, 1);
        assert_int_equal(r->c->s.gpr[RAX], k[i].want);
    }
}

static void xlat_and_segment_overrides(void **state) {
    struct x86_rig *r = *state;
    static const u8 ignored[] = {0x26, 0x2e, 0x36, 0x3e};
    struct machine m = fresh();
    for (unsigned i = 0; i < WORK_SIZE; i++) m.work[i] = (u8)(i * 3);
    m.n.gpr[RAX] = 0x1122334455667700 | 21, m.n.gpr[RBX] = WORK;
    RUN(&m, 0, 0xd7);
    assert_int_equal(m.n.gpr[RAX], 0x1122334455667700 | 63); // AL alone
    for (unsigned i = 0; i < countof(ignored); i++) {        // no bases in 64-bit mode
        m.n.gpr[RAX] = 5;
        RUN(&m, 0, ignored[i], 0xd7);
        assert_int_equal(m.n.gpr[RAX], 15);
    }
    m.n.gpr[RAX] = 7, m.n.gpr[RBX] = 0xffffffff00000000 | WORK; // 67h: EBX
    RUN(&m, 0, 0x67, 0xd7);
    assert_int_equal(m.n.gpr[RAX], 21);
    m.n.gpr[RAX] = 0x20, m.n.gpr[RBX] = 0xfffffff0 + WORK; // and the sum is cut to 32 bits
    RUN(&m, 0, 0x67, 0xd7);
    assert_int_equal(m.n.gpr[RAX], 0x10 * 3);

    // With bases: FS in 64-bit mode; any in 32-bit code, where 67h means BX.
    cpu_long(r, 3);
    cpu_poke(r, WORK + 0x105, 0x77, 1);
    r->c->s.seg[FS].base = 0x100;
    r->c->s.gpr[RAX] = 5, r->c->s.gpr[RBX] = WORK;
    RIG_RUN(r, 1, 0x64, 0xd7);
    assert_int_equal(r->c->s.gpr[RAX], 0x77);
    cpu_protected(r, 3);
    cpu_poke(r, 0x8005, 0x5d, 1), cpu_poke(r, WORK + 0x8005, 0xe5, 1);
    r->c->s.seg[ES].base = WORK;
    r->c->s.gpr[RAX] = 5, r->c->s.gpr[RBX] = 0x12348000;
    RIG_RUN(r, 1, 0x67, 0xd7);
    assert_int_equal(r->c->s.gpr[RAX], 0x5d);
    r->c->s.gpr[RAX] = 5;
    RIG_RUN(r, 1, 0x26, 0x67, 0xd7);
    assert_int_equal(r->c->s.gpr[RAX], 0xe5);
}

// 67h in 64-bit mode: 32-bit addresses, and ECX, ESI, EDI as counts and indexes, whose upper halves it clears.
static void address_size_prefix_in_64_bit_mode(void **state) {
    struct x86_rig *r = *state;
    const u64 high = 0xffffffff00000000;
    struct machine m = fresh();
    st32(m.work + 8, 0x12345678);
    m.n.gpr[RDI] = high | WORK;
    RUN(&m, 0, 0x67, 0x8b, 0x47, 0x08); // mov eax, [edi + 8]
    assert_int_equal(m.n.gpr[RAX], 0x12345678);
    m.n.gpr[RDI] = high | (WORK + 0x80000000);
    RUN(&m, 0, 0x67, 0x8b, 0x87, 0x08, 0x00, 0x00, 0x80); // [edi - 7ffffff8h]: the sum is cut
    assert_int_equal(m.n.gpr[RAX], 0x12345678);
    RUN(&m, 0, 0x67, 0xa1, 0x08, 0x00, 0x40, 0x00); // mov eax, moffs32
    assert_int_equal(m.n.gpr[RAX], 0x12345678);

    m = fresh();
    memcpy(m.work, "abcdefgh", 8);
    m.n.gpr[RSI] = high | WORK, m.n.gpr[RDI] = high | (WORK + 32), m.n.gpr[RCX] = high | 0;
    // REP MOVSB, ECX = 0: nothing is done (vol. 2B, REP: the count is looked at first). Intel's processors clear the upper halves of
    // RCX, RSI and RDI all the same, so there only a run without upper halves is compared.
    static const u8 rep_movsb[] = {0x67, 0xf3, 0xa4};
    run_here(r, &m, 0, rep_movsb, sizeof rep_movsb, !native_is_intel());
    assert_int_equal(m.work[32], 0);
    assert_int_equal(m.n.gpr[RSI], high | WORK);
    assert_int_equal(m.n.gpr[RDI], high | (WORK + 32));
    assert_int_equal(m.n.gpr[RCX], high);
    m.n.gpr[RSI] = WORK, m.n.gpr[RDI] = WORK + 32, m.n.gpr[RCX] = 0;
    run(r, &m, 0, rep_movsb, sizeof rep_movsb);
    assert_int_equal(m.work[32], 0);
    m.n.gpr[RSI] = high | WORK, m.n.gpr[RDI] = high | (WORK + 32);
    RUN(&m, 0, 0x67, 0xa4); // movsb
    assert_int_equal(m.work[32], 'a');
    assert_int_equal(m.n.gpr[RSI], WORK + 1);
    assert_int_equal(m.n.gpr[RDI], WORK + 33);

    m.n.gpr[RCX] = high | 1;
    RUN(&m, 0, 0x67, 0xe2, 0x00); // loop: ECX becomes 0
    assert_int_equal(m.n.gpr[RCX], 0);
    cpu_long(r, 3);
    r->c->s.gpr[RCX] = high;
    RIG_RUN(r, 1, 0x67, 0xe3, 0x10); // jecxz: taken
    assert_int_equal(r->c->s.rip, RIG_CODE + 3 + 0x10);
    cpu_long(r, 3);
    r->c->s.gpr[RCX] = high;
    RIG_RUN(r, 1, 0xe3, 0x10); // jrcxz: not
    assert_int_equal(r->c->s.rip, RIG_CODE + 2);
    cpu_long(r, 3);
    r->c->s.gpr[RSP] = RIG_STACK3;
    RIG_RUN(r, 1, 0x67, 0x50); // push rax: the stack knows no 67h
    assert_int_equal(r->c->s.gpr[RSP], RIG_STACK3 - 8);
    cpu_long(r, 3);
    cpu_poke(r, RIG_CODE + 0x108, 0x5a5a, 4);
    RIG_RUN(r, 1, 0x67, 0x8b, 0x05, 0x01, 0x01, 0x00, 0x00); // mov eax, [eip + 101h]
    assert_int_equal(r->c->s.gpr[RAX], 0x5a5a);
}

#define T(f) cmocka_unit_test_setup_teardown(f, cpu_new, cpu_free)
int main(void) {
    const struct CMUnitTest tests[] = {
        T(shift_by_0_keeps_flags),
        T(shift_beyond_the_width),
        T(rotate_by_the_width_and_more),
        T(double_shift_by_0_and_by_the_width),
        T(bsf_and_bsr_of_zero),
        T(imul_flags),
        T(div_overflow),
        T(cmpxchg8b_flags_and_alignment),
        T(cmpxchg16b_flags_and_alignment),
        T(adcx_and_adox_flags),
        T(redundant_rex_on_mmx),
        T(mmx_write_sets_the_exponent),
        T(sse_nan_operand_order),
        T(x87_nan_by_significand),
        T(lea_with_every_size_prefix),
        T(lea_in_32_bit_code),
        T(xlat_and_segment_overrides),
        T(address_size_prefix_in_64_bit_mode),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
