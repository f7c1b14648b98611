// SPDX-License-Identifier: MIT
// Programs of floating point, FMA, half precision, AES, PCLMULQDQ and SHA on pseudo-random operands, each boiled down to one number.
// A test guest (numerics.c) and a native program (tests/unit/core/test_numerics.c) run the same code: the numbers are silicon's.
// Nothing here is left undefined by the manual: no approximations, no transcendentals, every exception masked; and what DPPS and DPPD give is
// cleared where it is a NaN, because which of several it is depends on the processor (vol. 2A).
//
// Whoever includes this has u8..u64 and CODE(name, text).
#ifndef GUEST_NUMERICS_H
#define GUEST_NUMERICS_H

struct numbers {     // what a program finds at rdi, and leaves there
    u8 v[16][32];    // YMM0..15, or XMM0..15 in the lower halves
    u32 mxcsr;       // 512
    u32 usual_mxcsr; // 516
    u8 st[8][10];    // 520
    u16 fcw, fsw;    // 600, 602
};

#define EACH_REGISTER(f) f(0) f(1) f(2) f(3) f(4) f(5) f(6) f(7) f(8) f(9) f(10) f(11) f(12) f(13) f(14) f(15)
#define LOAD_X(n) "movups " #n "*32(%rdi), %xmm" #n "\n"
#define STORE_X(n) "movups %xmm" #n ", " #n "*32(%rdi)\n"
#define LOAD_Y(n) "vmovups " #n "*32(%rdi), %ymm" #n "\n"
#define STORE_Y(n) "vmovups %ymm" #n ", " #n "*32(%rdi)\n"
#define ENDING "stmxcsr 512(%rdi)\n ldmxcsr 516(%rdi)\n"
#define XMM_PROGRAM(name, text) CODE(name, EACH_REGISTER(LOAD_X) "ldmxcsr 512(%rdi)\n" text ENDING EACH_REGISTER(STORE_X) "ret")
#define YMM_PROGRAM(name, text)                                                                                                  \
    CODE(name, EACH_REGISTER(LOAD_Y) "ldmxcsr 512(%rdi)\n" text ENDING EACH_REGISTER(STORE_Y) "vzeroupper\n ret");

XMM_PROGRAM(sse_program,
            "addps %xmm1, %xmm0\n subpd %xmm3, %xmm2\n mulps %xmm5, %xmm4\n divpd %xmm7, %xmm6\n sqrtps %xmm9, %xmm8\n"
            "minps %xmm1, %xmm10\n maxpd %xmm3, %xmm11\n addss %xmm5, %xmm12\n subsd %xmm7, %xmm13\n mulss 96(%rdi), %xmm14\n"
            "divsd 160(%rdi), %xmm15\n sqrtsd %xmm0, %xmm1\n cmpleps %xmm4, %xmm3\n cmpunordsd %xmm6, %xmm5\n"
            "cvtps2pd %xmm8, %xmm7\n cvtpd2ps %xmm10, %xmm9\n cvtps2dq %xmm12, %xmm0\n cvttpd2dq %xmm14, %xmm2\n"
            "cvtdq2ps %xmm0, %xmm0\n cvtdq2pd %xmm2, %xmm2\n cvtss2si %xmm4, %rax\n cvtsi2sdq %rax, %xmm4\n"
            "addsubps %xmm6, %xmm8\n haddpd %xmm10, %xmm12\n hsubps %xmm14, %xmm11\n dpps $0xf7, %xmm1, %xmm13\n"
            "movups %xmm0, (%rdi)\n movaps %xmm13, %xmm0\n cmpordps %xmm13, %xmm0\n andps %xmm0, %xmm13\n movups (%rdi), %xmm0\n"
            "dppd $0x33, %xmm3, %xmm15\n"
            "movups %xmm0, (%rdi)\n movaps %xmm15, %xmm0\n cmpordpd %xmm15, %xmm0\n andpd %xmm0, %xmm15\n movups (%rdi), %xmm0\n"
            "roundps $1, %xmm5, %xmm6\n roundsd $4, %xmm7, %xmm10\n insertps $0x5a, %xmm9, %xmm14\n");

YMM_PROGRAM(
    avx_program,
    "vaddps %ymm1, %ymm0, %ymm0\n vsubpd %ymm3, %ymm2, %ymm2\n vmulps %ymm5, %ymm4, %ymm4\n vdivpd %ymm7, %ymm6, %ymm6\n"
    "vsqrtps %ymm9, %ymm8\n vminpd %ymm1, %ymm10, %ymm10\n vmaxps 96(%rdi), %ymm11, %ymm11\n"
    "vaddsd %xmm5, %xmm12, %xmm13\n vmulss %xmm7, %xmm13, %xmm14\n vdivss 160(%rdi), %xmm14, %xmm15\n"
    "vcmpltps %ymm0, %ymm1, %ymm1\n vcmpneq_oqpd %ymm2, %ymm3, %ymm3\n vcvtps2pd %xmm4, %ymm5\n vcvtpd2ps %ymm6, %xmm7\n"
    "vcvttps2dq %ymm8, %ymm9\n vcvtdq2pd %xmm9, %ymm9\n vaddsubpd %ymm10, %ymm12, %ymm12\n vhaddps %ymm11, %ymm10, %ymm10\n"
    "vdpps $0x7f, %ymm4, %ymm0, %ymm0\n"
    "vmovups %ymm1, (%rdi)\n vcmpordps %ymm0, %ymm0, %ymm1\n vandps %ymm1, %ymm0, %ymm0\n vmovups (%rdi), %ymm1\n"
    "vroundpd $2, %ymm2, %ymm2\n vblendvps %ymm1, %ymm8, %ymm11, %ymm11\n");

YMM_PROGRAM(fma_program,
            "vfmadd132ps %ymm1, %ymm2, %ymm0\n vfmadd213pd %ymm3, %ymm4, %ymm2\n vfmadd231ps %ymm5, %ymm6, %ymm4\n"
            "vfmsub132pd %ymm7, %ymm8, %ymm6\n vfmsub213ps %ymm9, %ymm10, %ymm8\n vfnmadd231pd %ymm11, %ymm12, %ymm10\n"
            "vfnmsub132ps %ymm13, %ymm14, %ymm12\n vfmaddsub213pd %ymm15, %ymm0, %ymm14\n vfmsubadd231ps %ymm0, %ymm1, %ymm3\n"
            "vfmadd213ss %xmm1, %xmm2, %xmm5\n vfnmadd132sd %xmm3, %xmm4, %xmm7\n vfmsub231ss 96(%rdi), %xmm6, %xmm9\n"
            "vfnmsub213sd 160(%rdi), %xmm8, %xmm11\n vfmadd231pd 8(%rdi), %ymm10, %ymm13\n vfmadd213ps %ymm4, %ymm6, %ymm15\n"
            "vfmadd132sd %xmm0, %xmm2, %xmm1\n");

YMM_PROGRAM(
    half_program,
    "vcvtph2ps %xmm0, %ymm1\n vcvtph2ps %xmm2, %xmm3\n vcvtph2ps 128(%rdi), %ymm4\n vcvtps2ph $0, %ymm5, %xmm6\n"
    "vcvtps2ph $1, %ymm7, %xmm8\n vcvtps2ph $2, %xmm9, %xmm10\n vcvtps2ph $3, %ymm11, 384(%rdi)\n vcvtps2ph $4, %ymm13, %xmm14\n"
    "vmulps %ymm1, %ymm4, %ymm2\n vcvtps2ph $4, %ymm2, %xmm15\n vmovups 384(%rdi), %ymm12\n");

XMM_PROGRAM(
    crypto_program,
    "aesenc %xmm1, %xmm0\n aesenclast %xmm2, %xmm1\n aesdec %xmm4, %xmm3\n aesdeclast %xmm5, %xmm4\n aesimc %xmm6, %xmm5\n"
    "aeskeygenassist $0x1b, %xmm7, %xmm6\n pclmulqdq $0x00, %xmm8, %xmm7\n pclmulqdq $0x11, %xmm9, %xmm8\n"
    "pclmulqdq $0x10, %xmm10, %xmm9\n vaesenc %xmm0, %xmm11, %xmm10\n vaesdeclast 97(%rdi), %xmm12, %xmm11\n"
    "vpclmulqdq $0x01, %xmm13, %xmm14, %xmm12\n");

XMM_PROGRAM(sha_program,
            "sha1rnds4 $0, %xmm1, %xmm0\n sha1rnds4 $1, %xmm2, %xmm1\n sha1rnds4 $2, %xmm3, %xmm2\n sha1rnds4 $3, %xmm4, %xmm3\n"
            "sha1nexte %xmm5, %xmm4\n sha1msg1 %xmm6, %xmm5\n sha1msg2 %xmm7, %xmm6\n sha256rnds2 %xmm0, %xmm8, %xmm7\n"
            "sha256msg1 %xmm9, %xmm8\n sha256msg2 %xmm10, %xmm9\n");

// Eight numbers on the stack: sums, products, quotients, roots in the precision and rounding of FCW, then out again.
#define LOAD_ST(n) "fldt 520+10*" #n "(%rdi)\n"
#define STORE_ST(n) "fstpt 520+10*" #n "(%rdi)\n"
CODE(
    x87_program,
    "fninit\n fldcw 600(%rdi)\n" LOAD_ST(7) LOAD_ST(6) LOAD_ST(5) LOAD_ST(4) LOAD_ST(3) LOAD_ST(2) LOAD_ST(1) LOAD_ST(
        0) "fadd %st(1), %st\n fxch %st(2)\n fmul %st(3), %st\n fxch %st(4)\n fdiv %st(5), %st\n fsub %st(6), %st\n fxch %st(7)\n fsqrt\n"
           "faddl (%rdi)\n fdivrs 32(%rdi)\n fsubr %st, %st(1)\n frndint\n fxch %st(3)\n fscale\n fxch %st(5)\n fprem1\n"
           "fsts 64(%rdi)\n fstl 96(%rdi)\n fistl 128(%rdi)\n fnstsw 602(%rdi)\n" STORE_ST(0) STORE_ST(1) STORE_ST(2) STORE_ST(3)
               STORE_ST(4) STORE_ST(5) STORE_ST(6) STORE_ST(7) "fninit\n ret");

static u64 numerics_random(u64 *seed) { // splitmix64
    u64 z = (*seed += 0x9e3779b97f4a7c15);
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
    z = (z ^ z >> 27) * 0x94d049bb133111eb;
    return z ^ z >> 31;
}

// A number of the format with so many bits of fraction and exponent: mostly near 1, now and then an edge.
static u64 numerics_value(u64 *seed, unsigned fraction, unsigned exponent) {
    u64 r = numerics_random(seed), top = ((u64)1 << exponent) - 1, e = (top >> 1) - 4 + (r & 7), f = numerics_random(seed);
    f &= ((u64)1 << fraction) - 1;
    unsigned choice = r >> 3 & 15;
    if (choice == 0) e = 0;
    if (choice == 1) e = top - (r >> 7 & 1);
    if (choice == 2) e = r >> 8 & top;
    if (choice == 3) f = 0;
    if (choice == 4) f &= ~(u64)0 << (r >> 8 & 15);
    return (r >> 63) << (fraction + exponent) | e << fraction | f;
}

static void numerics_fill(struct numbers *n, u64 *seed) {
    u64 *q = (u64 *)n->v;
    for (unsigned i = 0; i < sizeof n->v / 8; i++) {
        u64 kind = numerics_random(seed) & 3;
        if (kind == 0) q[i] = numerics_value(seed, 52, 11);
        else if (kind < 3) q[i] = numerics_value(seed, 23, 8) | numerics_value(seed, 23, 8) << 32;
        else q[i] = numerics_value(seed, 10, 5) * 0x100010001 ^ numerics_random(seed) >> 56;
    }
    u64 r = numerics_random(seed);
    n->mxcsr = 0x1f80 | (r & 1 ? 0x20 : 0) | (r & 2 ? 0 : r & 0xe040); // PE set or not; RC, FZ, DAZ
    n->usual_mxcsr = 0x1f80;
    n->fcw = 0x37f;
    n->fsw = 0;
    if (!(r & 0xc)) n->fcw = (u16)(0x7f | (r >> 20 & 0xc00) | (r >> 30 & 1 ? 0x300 : 0x200)); // RC, PC
    for (unsigned i = 0; i < 8; i++) {
        u64 mantissa = numerics_random(seed) | (u64)1 << 63, e = numerics_random(seed);
        u16 sign_exponent = (u16)((e >> 63) << 15 | (e & 0x1f0 ? 16383 - 32 + (e & 0x3f) : e >> 32 & 0x7fff));
        if (!(sign_exponent & 0x7fff)) mantissa &= ~((u64)1 << 63);
        for (unsigned k = 0; k < 8; k++) n->st[i][k] = (u8)(mantissa >> 8 * k);
        n->st[i][8] = (u8)sign_exponent;
        n->st[i][9] = (u8)(sign_exponent >> 8);
    }
}

enum { NUMERICS_ROUNDS = 200 };
static u64 numerics_digest(const char *program, struct numbers *n) {
    u64 digest = 0xcbf29ce484222325, seed = 1; // FNV-1a, by words
    for (unsigned i = 0; i < NUMERICS_ROUNDS; i++) {
        numerics_fill(n, &seed);
        ((void (*)(struct numbers *))(u64)program)(n);
        for (unsigned k = 0; k < sizeof *n / 4; k++) digest = (digest ^ ((u32 *)n)[k]) * 0x100000001b3;
    }
    return digest;
}

// Program, the feature it needs (CPUID leaf 1 ECX, leaf 7 EBX), and what the processor makes of it.
#define NUMERICS(F)                                                                                                              \
    F(x87, 0, 0, 0x2620fa14d268a969)                                                                                             \
    F(sse, 1u << 19, 0, 0x89c171554bec719a)                                                                                      \
    F(avx, 1u << 28, 0, 0x96f56b8065a50a60)                                                                                      \
    F(fma, 1u << 12, 0, 0xce9e85f3810b4456)                                                                                      \
    F(half, 1u << 29, 0, 0x3244d73bc88dee8d)                                                                                     \
    F(crypto, 1u << 25 | 1u << 1 | 1u << 28, 0, 0xc0d3867fae837054)                                                              \
    F(sha, 0, 1u << 29, 0xad8771a0be19d911)

#endif
