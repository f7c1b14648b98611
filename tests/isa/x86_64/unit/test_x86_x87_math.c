// SPDX-License-Identifier: MIT
// x87 transcendentals against values computed with 700 bits (mpmath) from the definitions and rounded once: every result must be
// the correctly rounded one, in all rounding modes. Trigonometric arguments were reduced by pi cut to 66 bits (SDM vol. 1, 8.3.8).
#include "isa/x86_64/x87/x87.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

enum function { SIN, COS, TAN, EXP2M1, YLOG2, YLOG2P1, ATAN2 };

struct value {
    u64 mant;
    u16 exp;
};

static const struct vector {
    enum function f;
    u8 rc;
    struct value x, y, result;
} vectors[] = {
    {SIN, 0, {0xcb91ce375bc8fbbc, 0xbfda}, {0x0000000000000000, 0x0000}, {0xcb91ce375bc8fbbc, 0xbfda}},
    {SIN, 1, {0xe6a16a3b0d464138, 0x3fd7}, {0x0000000000000000, 0x0000}, {0xe6a16a3b0d464137, 0x3fd7}},
    {SIN, 2, {0x9a1afe878b33e968, 0x3fcf}, {0x0000000000000000, 0x0000}, {0x9a1afe878b33e968, 0x3fcf}},
    {SIN, 3, {0xea959c212e9c82b1, 0xbfcb}, {0x0000000000000000, 0x0000}, {0xea959c212e9c82b0, 0xbfcb}},
    {SIN, 0, {0x9e115e4b9e30691c, 0x3ffd}, {0x0000000000000000, 0x0000}, {0x9b919e99c7bc6e06, 0x3ffd}},
    {SIN, 1, {0xb729c619c60a3cab, 0x3ffd}, {0x0000000000000000, 0x0000}, {0xb3480228161f43e0, 0x3ffd}},
    {SIN, 2, {0xad864c44e049548e, 0x4000}, {0x0000000000000000, 0x0000}, {0xd5905892f603d8c1, 0x3ffd}},
    {SIN, 3, {0x8585a01c4c7d6df0, 0x3fff}, {0x0000000000000000, 0x0000}, {0xdd2e6e212a173a4e, 0x3ffe}},
    {SIN, 0, {0xd4f46a6910acff00, 0x4011}, {0x0000000000000000, 0x0000}, {0x8af023a7f466938a, 0x3ffd}},
    {SIN, 1, {0xdaf84e6b4f596727, 0xc005}, {0x0000000000000000, 0x0000}, {0xe83aa083b24fc34d, 0xbffd}},
    {SIN, 2, {0xb465325278f845f5, 0x401f}, {0x0000000000000000, 0x0000}, {0xe47294bd545095ac, 0xbffe}},
    {SIN, 3, {0xdb8e8fb2bff29101, 0x403d}, {0x0000000000000000, 0x0000}, {0xe1eeeaacc7246423, 0xbffe}},
    {COS, 0, {0x9419cf4d60597bdc, 0xbfce}, {0x0000000000000000, 0x0000}, {0x8000000000000000, 0x3fff}},
    {COS, 1, {0xf453324ef486ab73, 0x3fd6}, {0x0000000000000000, 0x0000}, {0xffffffffffffffff, 0x3ffe}},
    {COS, 2, {0xdad3ba328332f05a, 0xbfce}, {0x0000000000000000, 0x0000}, {0x8000000000000000, 0x3fff}},
    {COS, 3, {0x8960afe94bbdbb01, 0xbfde}, {0x0000000000000000, 0x0000}, {0xffffffffffffffff, 0x3ffe}},
    {COS, 0, {0xc692ba0357079670, 0xbffd}, {0x0000000000000000, 0x0000}, {0xecfc8ff30c75a972, 0x3ffe}},
    {COS, 1, {0x9404ab1ecc7c6d81, 0xbffd}, {0x0000000000000000, 0x0000}, {0xf56058b50b1357a2, 0x3ffe}},
    {COS, 2, {0xfc98500014b9adb5, 0x3ffc}, {0x0000000000000000, 0x0000}, {0xf8403542b1ba6f88, 0x3ffe}},
    {COS, 3, {0xa6a5bc9974a677c6, 0xbffe}, {0x0000000000000000, 0x0000}, {0xcba5cafe536812e3, 0x3ffe}},
    {COS, 0, {0xd58d2adb7e5a3930, 0x4034}, {0x0000000000000000, 0x0000}, {0xffaf639538766a31, 0xbffe}},
    {COS, 1, {0xc9bafe62e580c35e, 0x4029}, {0x0000000000000000, 0x0000}, {0x97068c445fc3d526, 0x3ffa}},
    {COS, 2, {0xd8407b1a0f0b9752, 0xc00a}, {0x0000000000000000, 0x0000}, {0xd76a63a28c6139e5, 0xbffd}},
    {COS, 3, {0xf5cb2afc741b324d, 0x4022}, {0x0000000000000000, 0x0000}, {0xbaf7ae9651757660, 0x3ffa}},
    {TAN, 0, {0xe6e053f7675ebe3b, 0xbfd7}, {0x0000000000000000, 0x0000}, {0xe6e053f7675ebe3b, 0xbfd7}},
    {TAN, 1, {0xffd39898efe8b3b5, 0x3fe1}, {0x0000000000000000, 0x0000}, {0xffd39898efe8b3ca, 0x3fe1}},
    {TAN, 2, {0x8c5050eac832652e, 0xbfd9}, {0x0000000000000000, 0x0000}, {0x8c5050eac832652e, 0xbfd9}},
    {TAN, 3, {0x88c9196da9fd1ce9, 0xbfde}, {0x0000000000000000, 0x0000}, {0x88c9196da9fd1ce9, 0xbfde}},
    {TAN, 0, {0xc50e2b9943cdc356, 0xbfff}, {0x0000000000000000, 0x0000}, {0xff7f0c65ccce631a, 0xc003}},
    {TAN, 1, {0xc61251908c07985b, 0x3fff}, {0x0000000000000000, 0x0000}, {0xab2f59b34cd7bcf6, 0x4004}},
    {TAN, 2, {0x8016e14dd111eb37, 0xbffe}, {0x0000000000000000, 0x0000}, {0x8bf831b84b58f17f, 0xbffe}},
    {TAN, 3, {0xec1e07d7599c8f1c, 0xbfff}, {0x0000000000000000, 0x0000}, {0xe3d0bee28ee39070, 0x4000}},
    {TAN, 0, {0x8782d4d52450d1c3, 0xc022}, {0x0000000000000000, 0x0000}, {0x8daf07b7b7ecce4e, 0x3ffe}},
    {TAN, 1, {0x942ea4cdb101446a, 0xc013}, {0x0000000000000000, 0x0000}, {0xb5816d6be2fc9cf2, 0xbffd}},
    {TAN, 2, {0x8d9f07119fad3bf4, 0xc014}, {0x0000000000000000, 0x0000}, {0x856b82840fb98fdc, 0xc000}},
    {TAN, 3, {0xae45282aa66e1277, 0xc028}, {0x0000000000000000, 0x0000}, {0xac44b44d2e7242b0, 0x3fff}},
    {EXP2M1, 0, {0xb9eb08e4fad18c6a, 0x3fd7}, {0x0000000000000000, 0x0000}, {0x80de5d385f9529a7, 0x3fd7}},
    {EXP2M1, 1, {0xae79e0d7f7cd9231, 0x3fcd}, {0x0000000000000000, 0x0000}, {0xf1e00e2298979329, 0x3fcc}},
    {EXP2M1, 2, {0xe15b43f359e1adc4, 0xbfd6}, {0x0000000000000000, 0x0000}, {0x9c3489b8de2efada, 0xbfd6}},
    {EXP2M1, 3, {0xe7c6b46259bbb436, 0xbfb9}, {0x0000000000000000, 0x0000}, {0xa0a7aee78cb8af3c, 0xbfb9}},
    {EXP2M1, 0, {0x9d1289458cc8678b, 0xbff9}, {0x0000000000000000, 0x0000}, {0xd84ed98d8588a79c, 0xbff8}},
    {EXP2M1, 1, {0xf5532e9c4b0e9e7f, 0xbffd}, {0x0000000000000000, 0x0000}, {0x90b0f0e2bb5aee95, 0xbffd}},
    {EXP2M1, 2, {0xa8226f9c24617bfa, 0xbffc}, {0x0000000000000000, 0x0000}, {0xdc4f35de2649d03d, 0xbffb}},
    {EXP2M1, 3, {0xd9e2be571740b6ae, 0x3ffd}, {0x0000000000000000, 0x0000}, {0xafa9be5eac301422, 0x3ffd}},
    {EXP2M1, 0, {0xe06248b4a1240c23, 0x3ffe}, {0x0000000000000000, 0x0000}, {0xd5fe8faccca356f4, 0x3ffe}},
    {EXP2M1, 1, {0xfac569924a9f6396, 0x3ffe}, {0x0000000000000000, 0x0000}, {0xf8cd65d713c97e95, 0x3ffe}},
    {EXP2M1, 2, {0xfb218ac1bdb3e4fa, 0x3ffe}, {0x0000000000000000, 0x0000}, {0xf94b61ec0a33de0f, 0x3ffe}},
    {EXP2M1, 3, {0xfbf98bb8f1f70efb, 0x3ffe}, {0x0000000000000000, 0x0000}, {0xfa733e4f26dd91c9, 0x3ffe}},
    {YLOG2, 0, {0x86161d017a18755f, 0x3ffe}, {0xcb08ce113ed91bb9, 0x4002}, {0xbd6d60887d3e7e72, 0xc002}},
    {YLOG2, 1, {0xa2edbf31c81de77b, 0x3ffe}, {0x885628277af4b7ac, 0xbffb}, {0xb1c1a5607616e5d4, 0x3ffa}},
    {YLOG2, 2, {0xef6cbfc53e5429df, 0x3fff}, {0xfd786d243ee395e6, 0xbffb}, {0xe4fe129dcb5cebf1, 0xbffb}},
    {YLOG2, 3, {0xa79eb8d9d80abf00, 0x3fff}, {0x9ba859ef7e0502c8, 0xbfff}, {0xf23c17daf62d336e, 0xbffd}},
    {YLOG2, 0, {0xa516a27384aa0116, 0x4006}, {0xa043a7e2c2a97ce2, 0x3ffb}, {0x9395d486632a7c17, 0x3ffe}},
    {YLOG2, 1, {0x889351cd4847ec0e, 0x4000}, {0x87a565a4bb34e707, 0xbfff}, {0x94561da399841f8a, 0xbfff}},
    {YLOG2, 2, {0xd98a2ea576dec5ce, 0x3ff7}, {0x80b9deaf095367c2, 0xbffd}, {0xe8d4325992d68a61, 0x3fff}},
    {YLOG2, 3, {0xf4a319dc8da05d44, 0x3fff}, {0x83ba3cf530f1209f, 0x4003}, {0xf632d3ee8fb64a65, 0x4002}},
    {YLOG2, 0, {0xceba5b30c7441601, 0x387e}, {0xe9662ca3dbd34bec, 0xc002}, {0xdad8c94be18d1f28, 0x400d}},
    {YLOG2, 1, {0xf9c8c49062ae5e51, 0x6d2b}, {0xcbe40e2fe61e2017, 0xbffe}, {0x8feb9967e4cd88df, 0xc00c}},
    {YLOG2, 2, {0xc2192e41d47c6c29, 0x3d06}, {0x80d372e6d6165b4e, 0x3fff}, {0xbf5397d34d672f55, 0xc008}},
    {YLOG2, 3, {0xeecd4c51c76c6515, 0x5a68}, {0xcf9a7669e922098f, 0xc002}, {0xab5c893d274c4333, 0xc00f}},
    {YLOG2P1, 0, {0xb1fac6447a793fbe, 0x3fc3}, {0xa74d982589b6bf90, 0xc000}, {0xa7ce7671a0de7a72, 0xbfc5}},
    {YLOG2P1, 1, {0xcfd3a28f8a999938, 0xbfde}, {0xbae28acdbb8deb7e, 0x3ffc}, {0xdae1cfa9efc42e72, 0xbfdc}},
    {YLOG2P1, 2, {0x901b5dfdcab0294c, 0xbfbe}, {0xede8f9c1b8fc388f, 0x4000}, {0xc1360d60d60f2b20, 0xbfc0}},
    {YLOG2P1, 3, {0xfc97c9f5b384ffaf, 0x3fd2}, {0x9f52c148d7916ac1, 0x3ffc}, {0xe2cbb76b2192ee60, 0x3fd0}},
    {YLOG2P1, 0, {0xd3089014a54f0c36, 0x3ffb}, {0xcae0d0b1fe7a436f, 0x3ffd}, {0xe5a4490c8b6addc3, 0x3ffa}},
    {YLOG2P1, 1, {0x9c5110712edeb6cd, 0xbff8}, {0xa94315eacd5380da, 0x4001}, {0x95d2c691f9ba6eb4, 0xbffb}},
    {YLOG2P1, 2, {0x8b26efff369043d5, 0x3ffb}, {0x926ed9a6bedacbe9, 0x4001}, {0xde32bf9ff4be227c, 0x3ffd}},
    {YLOG2P1, 3, {0x9343f55b9233d3f6, 0xbff7}, {0x9fac19b8e0e290ce, 0x4001}, {0x84d04b3732d89761, 0xbffa}},
    {YLOG2P1, 0, {0x9768774c6e81f549, 0x3ffc}, {0xda789cbb7d55197d, 0xc002}, {0xaddb17e57cfdea75, 0xc000}},
    {YLOG2P1, 1, {0xb28202512363325f, 0xbffc}, {0xa19fe31a9192edbb, 0xbffd}, {0xb2a94f803f1e837a, 0x3ffb}},
    {YLOG2P1, 2, {0x902cf77f43642324, 0xbffc}, {0xc025eb90d525cb10, 0x3fff}, {0xa844425099dcb168, 0xbffd}},
    {YLOG2P1, 3, {0xbc02f833cedafa3a, 0xbffc}, {0xe38f301dbc9bd675, 0xc002}, {0x853207a304ca0e2f, 0x4001}},
    {ATAN2, 0, {0x84c8f393b69a9650, 0x3fd3}, {0xaafefb7392bee8bb, 0xbfcd}, {0xa4cfd65f6155c918, 0xbff9}},
    {ATAN2, 1, {0x9ff2581fdd06cada, 0x3fce}, {0xe07e43d163cd591a, 0xbfe1}, {0xc90fcf3bd1428a2d, 0xbfff}},
    {ATAN2, 2, {0xd2c2e316f69add7a, 0xc000}, {0x878ac13587dc1f70, 0x4028}, {0xc90fdaa2222fcadd, 0x3fff}},
    {ATAN2, 3, {0xa69ae5fcd926779f, 0xbfc9}, {0xb91c4bfdcb5e41f4, 0xc01a}, {0xc90fdaa22168c234, 0xbfff}},
    {ATAN2, 0, {0xe9520ca2f902b366, 0x3ffc}, {0xa3c7a75a3624ec2e, 0xc002}, {0xc636948fc4428c3d, 0xbfff}},
    {ATAN2, 1, {0xbc2a31efd5f81dbb, 0xbffe}, {0x9d1f33f5ee37deaf, 0xbffe}, {0x9c88f1037506cee0, 0xc000}},
    {ATAN2, 2, {0xe0cdb5d662c060bc, 0xc002}, {0xdbba5b40d4c300e7, 0x4001}, {0xabf815e36968cd87, 0x4000}},
    {ATAN2, 3, {0xeef2f11ca19f8cd2, 0xc002}, {0x97b663f0094e45a7, 0xc000}, {0xbefcc17a6bd5df0d, 0xc000}},
    {ATAN2, 0, {0x903336b265402308, 0x3fff}, {0xafb417a1087d8a40, 0x3fff}, {0xe230f5c549e8044a, 0x3ffe}},
    {ATAN2, 1, {0xfd728ccc0a199978, 0x3fff}, {0xed4f1085001ccfc6, 0xbfff}, {0xc0a5776dda597a99, 0xbffe}},
    {ATAN2, 2, {0xef4253afe3c86ae4, 0xbfff}, {0xf63ef221772fd30f, 0xbfff}, {0x95e020db78743885, 0xc000}},
    {ATAN2, 3, {0xa742b7442798aab4, 0x3fff}, {0xde7b301a5fe80519, 0x3fff}, {0xed17ee17320dd9bf, 0x3ffe}},
};

static struct x87_reg reg(struct value v) { return (struct x87_reg){.mant = v.mant, .exp = v.exp}; }

static struct x87_reg compute(struct x87_op *o, const struct vector *v) {
    struct x87_reg x = reg(v->x), y = reg(v->y);
    switch (v->f) {
    case SIN: return x87_sin(o, x);
    case COS: return x87_cos(o, x);
    case TAN: return x87_tan(o, x);
    case EXP2M1: return x87_exp2m1(o, x);
    case YLOG2: return x87_ylog2(o, y, x);
    case YLOG2P1: return x87_ylog2p1(o, y, x);
    default: return x87_atan2(o, y, x);
    }
}

static void correctly_rounded(void **state) {
    for (unsigned i = 0; i < countof(vectors); i++) {
        const struct vector *v = &vectors[i];
        struct x87_op o = {.fcw = (u16)(X87_FCW_INIT | v->rc << 10)};
        struct x87_reg r = compute(&o, v);
        if (r.mant != v->result.mant || r.exp != v->result.exp)
            fail_msg("vector %u: %04x %016llx, not %04x %016llx", i, r.exp, (unsigned long long)r.mant, v->result.exp,
                     (unsigned long long)v->result.mant);
        assert_int_equal(o.fsw & ~X87_C1, X87_PE);
    }
}

// Tiny arguments: sin x < x < tan x, cos x < 1, and the result leans the right way under directed rounding.
static void tiny_arguments(void **state) {
    struct x87_reg x = x87_pack(false, X87_BIAS - 60, X87_J);
    for (unsigned rc = 0; rc < 4; rc++) {
        struct x87_op o = {.fcw = (u16)(X87_FCW_INIT | rc << 10)};
        bool lower = rc == X87_RC_DOWN || rc == X87_RC_ZERO;
        assert_int_equal(x87_sin(&o, x).mant, lower ? ~(u64)0 : X87_J);
        assert_int_equal(x87_tan(&o, x).mant, rc == X87_RC_UP ? X87_J + 1 : X87_J);
        assert_int_equal(x87_cos(&o, x).mant, lower ? ~(u64)0 : X87_J);
    }
}

static void range(void **state) { // |x| >= 2^63: C2, x unchanged, nothing else raised
    struct x87_op o = {.fcw = X87_FCW_INIT};
    struct x87_reg x = x87_pack(true, X87_BIAS + 63, X87_J), r = x87_sin(&o, x);
    assert_int_equal(o.fsw, X87_C2);
    assert_int_equal(r.mant, x.mant);
    assert_int_equal(r.exp, x.exp);
    x.exp--, o.fsw = 0;
    x87_sin(&o, x);
    assert_int_equal(o.fsw & X87_C2, 0);
}

// 8.3.8: FLDPI and its kin by rounding mode, from the constants' own digits
static void constants(void **state) {
    static const struct {
        enum x87_constant which;
        u64 nearest, down, up;
    } cases[] = {
        {X87_ONE, X87_J, X87_J, X87_J},
        {X87_L2T, 0xd49a784bcd1b8afe, 0xd49a784bcd1b8afe, 0xd49a784bcd1b8aff},
        {X87_L2E, 0xb8aa3b295c17f0bc, 0xb8aa3b295c17f0bb, 0xb8aa3b295c17f0bc},
        {X87_PI, 0xc90fdaa22168c235, 0xc90fdaa22168c234, 0xc90fdaa22168c235},
        {X87_LG2, 0x9a209a84fbcff799, 0x9a209a84fbcff798, 0x9a209a84fbcff799},
        {X87_LN2, 0xb17217f7d1cf79ac, 0xb17217f7d1cf79ab, 0xb17217f7d1cf79ac},
        {X87_PLUS_ZERO, 0, 0, 0},
    };
    for (unsigned i = 0; i < countof(cases); i++) {
        assert_int_equal(x87_constant(X87_RC_NEAREST, cases[i].which).mant, cases[i].nearest);
        assert_int_equal(x87_constant(X87_RC_DOWN, cases[i].which).mant, cases[i].down);
        assert_int_equal(x87_constant(X87_RC_ZERO, cases[i].which).mant, cases[i].down);
        assert_int_equal(x87_constant(X87_RC_UP, cases[i].which).mant, cases[i].up);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(correctly_rounded),
        cmocka_unit_test(tiny_arguments),
        cmocka_unit_test(range),
        cmocka_unit_test(constants),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
