// SPDX-License-Identifier: MIT
// The examination of the host's floating point (vec/host_fp.h): silicon passes it, QEMU 7.2 does not, and a host that lies once is found
// out, whatever it lies about.
#include "base/bits.h"
#include "isa/x86_64/vec/host_fp.h"
#include "isa/x86_64/vec/sse.h"
#include "native.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static struct host_fp r;
static bool has[F_COUNT]; // the processor that this runs on

static void silicon_only(void) {
    if (native_is_emulated()) skip();
}

static void silicon_is_honest(void **state) {
    u32 mxcsr;
    silicon_only();
    host_fp_examine(&r, has, host_fp_execute, NULL);
    if (!r.honest) fail_msg("%s", r.wrong);
    assert_string_equal(r.wrong, "");
    assert_true(r.experiments > 10000);
    __asm__ volatile("stmxcsr %0" : "=m"(mxcsr));
    assert_int_equal(mxcsr, 0x1f80);
}

// ---- what is looked at: every exception that the manual lists for an instruction comes up, and no other

enum { I = MX_IE, D = MX_DE, Z = MX_ZE, O = MX_OE, U = MX_UE, P = MX_PE };
// "SIMD Floating-Point Exceptions" in vol. 2, by the beginnings of names; the first that fits counts.
static const struct {
    const char *name;
    u32 flags;
} listed[] = {{"ADD", O | U | I | P | D},
              {"SUB", O | U | I | P | D},
              {"MUL", O | U | I | P | D},
              {"DIV", O | U | I | Z | P | D},
              {"MIN", I | D},
              {"MAX", I | D},
              {"SQRT", I | P | D},
              {"CMP", I | D},
              {"UCOMIS", I | D},
              {"COMIS", I | D},
              {"CVTSS2SD", I | D},
              {"CVTPS2PD", I | D},
              {"CVTSD2SS", O | U | I | P | D},
              {"CVTPD2PS", O | U | I | P | D},
              {"CVTSI2SS", P},
              {"CVTSI2SD (32 bits)", 0},
              {"CVTSI2SD (64 bits)", P},
              {"CVTDQ2PS", P},
              {"CVTDQ2PD", 0},
              {"CVT", I | P}, // to integers
              {"HADD", O | U | I | P | D},
              {"HSUB", O | U | I | P | D},
              {"VFMADD", O | U | I | P | D},
              {"VFNMSUB", O | U | I | P | D},
              {"VCVTPH2PS", I},
              {"VCVTPS2PH", O | U | I | P | D},
              {"ROUND", I | P}};

static u32 flags_listed(const char *name) {
    if (strstr(name, "no PE")) return I;
    for (unsigned i = 0; i < countof(listed); i++)
        if (!strncmp(name, listed[i].name, strlen(listed[i].name))) return listed[i].flags;
    fail_msg("%s is not in the list", name);
    return 0;
}

struct seen {
    u32 flags, experiments;
};

static u32 watched(void *ctx, unsigned op, union xmm *d, const union xmm *s, u32 csr) {
    struct seen *seen = ctx;
    u32 flags = host_fp_execute(NULL, op, d, s, csr);
    seen[op].flags |= flags;
    seen[op].experiments++;
    return flags;
}

enum { OPS = 160 };

static void every_exception_comes_up(void **state) {
    struct seen seen[OPS] = {0};
    unsigned op = 0;
    silicon_only();
    host_fp_examine(&r, has, watched, seen);
    assert_true(r.honest);
    for (; host_fp_name(op); op++) {
        if (!seen[op].experiments) continue; // the processor lacks it
        if (seen[op].flags != flags_listed(host_fp_name(op)))
            fail_msg("%s: 0x%x came up, of 0x%x", host_fp_name(op), seen[op].flags, flags_listed(host_fp_name(op)));
        assert_true(seen[op].experiments > 20);
    }
    assert_true(op > 120 && op < OPS);
}

// ---- lies

struct lie {
    unsigned op;  // the one instruction that lies ...
    unsigned nth; // ... at its nth experiment alone (0: always)
    u32 drop;     // these flags do not come up
    u64 flip;     // bits of the lowest lane
    host_fp_run *instead;
    unsigned count;
};

static u32 lying(void *ctx, unsigned op, union xmm *d, const union xmm *s, u32 csr) {
    struct lie *l = ctx;
    if (op != l->op || (++l->count != l->nth && l->nth)) return host_fp_execute(NULL, op, d, s, csr);
    if (l->instead) return l->instead(NULL, op, d, s, csr);
    u32 flags = host_fp_execute(NULL, op, d, s, csr);
    d->q[0] ^= l->flip;
    return flags & ~l->drop;
}

static void found_out(struct lie *l) {
    const char *name = host_fp_name(l->op);
    host_fp_examine(&r, has, lying, l);
    if (r.honest) fail_msg("%s lies, and nobody noticed", name);
    assert_int_equal(strncmp(r.wrong, name, strlen(name)), 0);
}

// The processor has it.
static bool is_there(unsigned op) {
    static struct seen seen[OPS];
    if (!seen[0].experiments) host_fp_examine(&r, has, watched, seen);
    return seen[op].experiments;
}

static void a_wrong_bit_is_noticed(void **state) {
    silicon_only();
    for (unsigned op = 0; host_fp_name(op); op++) {
        if (!is_there(op)) continue;
        found_out(&(struct lie){.op = op, .nth = 1, .flip = 1});
        assert_non_null(strstr(r.wrong, "gives 0x"));
        found_out(&(struct lie){.op = op, .nth = 20, .flip = 1});
    }
}

static void a_missing_flag_is_noticed(void **state) {
    static const char *const names[] = {"IE", "DE", "ZE", "OE", "UE", "PE"};
    char text[60];
    silicon_only();
    for (unsigned op = 0; host_fp_name(op); op++)
        for (unsigned f = 0; f < countof(names); f++) {
            if (!is_there(op) || !(flags_listed(host_fp_name(op)) >> f & 1)) continue;
            found_out(&(struct lie){.op = op, .drop = (u32)BIT(f)});
            sprintf(text, "%s does not set %s (", host_fp_name(op), names[f]);
            if (strncmp(r.wrong, text, strlen(text)) != 0) fail_msg("%s: \"%s\"", text, r.wrong);
        }
}

// What emulators are known to do, or might.
static bool is_nan(u64 v) { return (v & ~BIT(63)) > mask(62, 52); }
static u32 larger_nan(void *ctx, unsigned op, union xmm *d, const union xmm *s, u32 csr) { // x87's rule
    u64 x = d->q[0], y = s->q[0];
    u32 flags = host_fp_execute(ctx, op, d, s, csr);
    if (is_nan(x) && is_nan(y)) d->q[0] = ((x & mask(51, 0)) < (y & mask(51, 0)) ? y : x) | BIT(51);
    return flags;
}
static u32 tiny_before_rounding(void *ctx, unsigned op, union xmm *d, const union xmm *s, u32 csr) {
    u32 flags = host_fp_execute(ctx, op, d, s, csr);
    u64 m = d->q[0] & ~BIT(63);
    return flags & MX_PE && (m == BIT(52) || (u32)m == BIT(23)) ? flags | MX_UE : flags;
}
static u32 without_daz(void *ctx, unsigned op, union xmm *d, const union xmm *s, u32 csr) {
    u32 flags = host_fp_execute(ctx, op, d, s, csr & ~(u32)MX_DAZ);
    return csr & MX_DAZ ? flags & ~(u32)MX_DE : flags;
}
static u32 without_fz(void *ctx, unsigned op, union xmm *d, const union xmm *s, u32 csr) {
    return host_fp_execute(ctx, op, d, s, csr & ~(u32)MX_FZ);
}
static u32 to_nearest(void *ctx, unsigned op, union xmm *d, const union xmm *s, u32 csr) {
    return host_fp_execute(ctx, op, d, s, csr & ~(u32)MX_RC);
}
static u32 saturates(void *ctx, unsigned op, union xmm *d, const union xmm *s, u32 csr) {
    u32 flags = host_fp_execute(ctx, op, d, s, csr);
    if (flags & MX_IE) d->q[0] = 0x7fffffff;
    return flags;
}
static u32 positive_nan(void *ctx, unsigned op, union xmm *d, const union xmm *s, u32 csr) {
    u32 flags = host_fp_execute(ctx, op, d, s, csr);
    if (d->q[0] == mask(63, 51)) d->q[0] = mask(62, 51);
    return flags;
}
static u32 clears_above(void *ctx, unsigned op, union xmm *d, const union xmm *s, u32 csr) {
    u32 flags = host_fp_execute(ctx, op, d, s, csr);
    d->q[1] = 0;
    return flags;
}

static unsigned op_named(const char *name) {
    for (unsigned op = 0; host_fp_name(op); op++)
        if (!strcmp(host_fp_name(op), name)) return op;
    fail_msg("%s is not examined", name);
    return 0;
}

static u32 flags_of_the_lowest_lane(void *ctx, unsigned op, union xmm *d, const union xmm *s, u32 csr) {
    union xmm low = *d;
    host_fp_execute(ctx, op, d, s, csr);
    return host_fp_execute(ctx, op_named("ADDSD"), &low, s, csr);
}

static void what_emulators_do_is_noticed(void **state) {
    static const struct {
        const char *name;
        host_fp_run *run;
    } rows[] = {{"ADDSD", larger_nan},
                {"DIVSD", larger_nan},
                {"MULSD", tiny_before_rounding},
                {"MULSS", tiny_before_rounding},
                {"CVTSD2SS", tiny_before_rounding},
                {"MINSD", without_daz},
                {"MAXPS", without_daz},
                {"CMPEQPD", without_daz},
                {"COMISS", without_daz},
                {"UCOMISD", without_daz},
                {"CVTSS2SD", without_daz},
                {"CVTSD2SI (32 bits)", without_daz},
                {"SQRTSD", without_daz},
                {"DIVPS", without_daz},
                {"ADDPD", without_fz},
                {"MULPS", without_fz},
                {"CVTPD2PS", without_fz},
                {"ADDPS", to_nearest},
                {"DIVPD", to_nearest},
                {"SQRTPS", to_nearest},
                {"CVTSI2SD (64 bits)", to_nearest},
                {"CVTDQ2PS", to_nearest},
                {"CVTPS2DQ", to_nearest},
                {"CVTSS2SI (64 bits)", to_nearest},
                {"CVTTSD2SI (32 bits)", saturates},
                {"CVTSS2SI (32 bits)", saturates},
                {"SQRTSD", positive_nan},
                {"SUBSD", positive_nan},
                {"MULSD", positive_nan},
                {"DIVSD", positive_nan},
                {"ADDSS", clears_above},
                {"CVTSS2SD", clears_above},
                {"CVTSI2SD (32 bits)", clears_above},
                {"ADDPD", flags_of_the_lowest_lane}};
    silicon_only();
    for (unsigned i = 0; i < countof(rows); i++) found_out(&(struct lie){.op = op_named(rows[i].name), .instead = rows[i].run});
}

// ---- QEMU, as a user-mode emulator of this very program

static int first_line(const char *command, char *line, size_t room) {
    FILE *f = popen(command, "r");
    assert_non_null(f);
    bool some = fgets(line, (int)room, f);
    return pclose(f) || !some;
}

static void qemu_7_is_not_honest(void **state) {
    char self[300] = "", command[400], line[400];
    unsigned major = 0;
    if (__has_feature(address_sanitizer)) skip(); // its shadow is more memory than qemu-x86_64 gets
    if (first_line("qemu-x86_64 --version 2>/dev/null", line, sizeof line) ||
        sscanf(line, "qemu-x86_64 version %u", &major) != 1 || major > 7)
        skip(); // later ones come nearer to the manual
    assert_true(readlink("/proc/self/exe", self, sizeof self - 1) > 0);
    sprintf(command, "qemu-x86_64 %s --examine", self);
    assert_int_equal(first_line(command, line, sizeof line), 0);
    if (strncmp(line, "ADDSD does not set DE (", 23) != 0) fail_msg("%s", line);
}

int main(int argc, char **argv) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(silicon_is_honest),
        cmocka_unit_test(every_exception_comes_up),
        cmocka_unit_test(a_wrong_bit_is_noticed),
        cmocka_unit_test(a_missing_flag_is_noticed),
        cmocka_unit_test(what_emulators_do_is_noticed),
        cmocka_unit_test(qemu_7_is_not_honest),
    };
    x86_host_features(has);
    if (argc < 2) return cmocka_run_group_tests(tests, NULL, NULL);
    host_fp_examine(&r, has, host_fp_execute, NULL);
    puts(r.honest ? "honest" : r.wrong);
    return 0;
}
