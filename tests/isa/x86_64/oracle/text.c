// SPDX-License-Identifier: MIT
// The decoder and the disassembler against capstone, in 16-, 32- and 64-bit code: every opcode of every map under every
// prefix and VEX form with some ModRM bytes, and random bytes. Compared: is it an instruction, how long is it, what is it called.
#include "isa/x86_64/insn/disasm.h"
#include "oracle.h"

#include <capstone/capstone.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { RIP = 0x401000, SHOWN = 40, NAMES = 64 };

static const struct decode_index *ix;
static csh capstone[3];
static const u64 modes[3] = {MODE_CODE16 | MODE_STACK16, MODE_CODE32 | MODE_STACK32, MODE_CODE64 | MODE_STACK64};
static u64 compared, differ, unnamed, by_name[NAMES];
static const char *names[NAMES];

static bool starts(const char *text, const char *with) { return !strncmp(text, with, strlen(with)); }

// Two texts of one instruction: the same first word, but for prefixes, size letters and synonyms.
static const char *mnemonic(const char *text, char *out, size_t room) {
    static const char *const prefix[] = {"lock ",     "rep ",      "repe ",    "repne ", "repz ",  "repnz ",
                                         "xacquire ", "xrelease ", "notrack ", "bnd ",   "data16 "};
    for (unsigned i = 0; i < countof(prefix); i++)
        if (starts(text, prefix[i])) return mnemonic(text + strlen(prefix[i]), out, room);
    size_t n = strcspn(text, " ");
    if (n >= room) n = room - 1;
    memcpy(out, text, n);
    out[n] = 0;
    return out;
}

static bool same_name(const char *ours, const char *theirs) {
    // clang-format off
    static const char *const synonym[][2] = {
        {"sal", "shl"}, {"fwait", "wait"}, {"ljmp", "jmp"}, {"lcall", "call"}, {"retfq", "retf"}, {"iretd", "iret"}, {"iretq", "iret"},
        {"pushfq", "pushf"}, {"popfq", "popf"}, {"pushfd", "pushf"}, {"popfd", "popf"}, {"popaw", "popa"}, {"pushaw", "pusha"},
        {"pushal", "pusha"},
        {"popal", "popa"}, {"pushad", "pusha"}, {"popad", "popa"}, {"sysretq", "sysret"}, {"sysexitq", "sysexit"}, {"salc", "setalc"},
        {"jcxz", "jecxz"}, {"jrcxz", "jecxz"},
        {"cdqe", "cwde"}, {"cbw", "cwde"}, {"cqo", "cdq"}, {"cwd", "cdq"}, {"int1", "icebp"}, {"xlatb", "xlat"}, {"movabs", "mov"},
        {"fcompi", "fcomip"}, {"fucompi", "fucomip"}, {"fnstsw", "fstsw"}, {"fxsave64", "fxsave"}, {"fxrstor64", "fxrstor"},
        {"xsave64", "xsave"},
        {"xrstor64", "xrstor"}, {"pextrq", "pextrd"}, {"pinsrq", "pinsrd"}, {"vpextrq", "vpextrd"}, {"vpinsrq", "vpinsrd"},
        {"movhlps", "movlps"}, {"movlhps", "movhps"}, {"vmovhlps", "vmovlps"}, {"vmovlhps", "vmovhps"},
        {"fstpnce", "fstp"}, {"fdisi8087_nop", "fndisi"}, {"feni8087_nop", "fneni"}, {"fsetpm", "fnsetpm"},
        {"xsaveopt64", "xsaveopt"}, {"xsavec64", "xsavec"}, {"xsaves64", "xsaves"}, {"xrstors64", "xrstors"},
    };
    // clang-format on
    char a[32], b[32];
    mnemonic(ours, a, sizeof a), mnemonic(theirs, b, sizeof b);
    for (unsigned i = 0; i < countof(synonym); i++) {
        if (!strcmp(a, synonym[i][0])) strcpy(a, synonym[i][1]);
        if (!strcmp(b, synonym[i][0])) strcpy(b, synonym[i][1]);
    }
    size_t na = strlen(a), nb = strlen(b);
    if (!strcmp(a, b)) return true;
    // Capstone spells the condition of CMPPS and PCLMULQDQ, and the size of string and far instructions.
    if (starts(b, "cmp") && starts(a, "cmp") && !strcmp(a + na - 2, b + nb - 2)) return true;
    if (starts(b, "vcmp") && starts(a, "vcmp") && !strcmp(a + na - 2, b + nb - 2)) return true;
    if (starts(a, "pclmul") && starts(b, "pclmul")) return true;
    if (starts(a, "vpclmul") && starts(b, "vpclmul")) return true;
    return na < nb && nb - na <= 1 && starts(b, a) ? true : na > nb && na - nb <= 1 && starts(a, b);
}

// Where capstone 4 is wrong, or follows AMD.
static const char *known(unsigned bits, const u8 *b, const struct decoded *d, const char *ours, const char *theirs,
                         unsigned length) {
    bool undefined = !d->insn, none = !length;
    bool p66 = memchr(b, 0x66, d->length) != NULL;
    if (bits == 64 && p66 && d->insn && d->insn->flags & F64 && d->insn->flags & ENDS)
        return "66h shortens near branches: AMD's way (vol. 2A, CALL, Jcc, JMP)";
    if (d->insn && none && d->insn->map >= MAP_V0F) return "does not know a VEX form that there is (vol. 2A, 2.3)";
    if (d->insn && none) return "does not know a form that there is";
    if (undefined && !none && starts(theirs, "v")) return "takes a VEX form that is #UD (vol. 2A, 2.3.5, 2.4)";
    bool locked = starts(theirs, "lock") || starts(theirs, "xacquire") || starts(theirs, "xrelease");
    if (undefined && !none && memchr(b, 0xf0, length) && locked) return "takes LOCK where it is #UD (vol. 2A, LOCK)";
    if (undefined && !none) return "takes what is #UD for our models, or for everybody";
    bool p67 = memchr(b, 0x67, d->length), rep = memchr(b, 0xf2, d->length) || memchr(b, 0xf3, d->length);
    if (length == d->length && (p66 || rep) && (bits == 16 || p66 + rep + p67 > 1 || d->insn->prefix != PFX_ANY))
        return "loses a mandatory prefix in 16-bit code or beside others (vol. 2A, 2.1.2)";
    if (length == d->length && bits != 64 && d->insn->map >= MAP_V0F && strchr("qd", theirs[strcspn(theirs, " ") - 1]))
        return "VEX.W counts outside 64-bit mode (vol. 2C, VPEXTRQ, VPINSRQ)";
    if (length == d->length && starts(ours, "xchg") && starts(theirs, "nop"))
        return "lets a REX count that does not stand last (vol. 2A, 2.2.1)";
    if (length == d->length && d->insn->map == MAP_1 && (d->insn->opcode | 3) == 0x6f)
        return "INS and OUTS with REX.W: 32 bits, and our text says q";
    if (length == d->length && (d->insn->opcode == 0x6e || d->insn->opcode == 0x7e))
        return "MOVD with W is MOVQ, and our text says movd";
    if (starts(ours, "rdpid")) return "does not know RDPID";
    if (starts(ours, "pause")) return "does not see PAUSE behind another prefix";
    if (starts(ours, "ud") || starts(theirs, "ud")) return "UD0, UD1 have no ModRM byte (vol. 2B, UD: they have)";
    return NULL;
}

static void note(const char *why) {
    unsigned i = 0;
    while (names[i] && strcmp(names[i], why)) i++;
    if (i == NAMES - 1) abort();
    names[i] = why;
    by_name[i]++;
}

// Capstone's names, and whether we know any form of each: an instruction that we do not have shows here.
enum { NAMED = 2048 };
static struct {
    char name[24];
    bool agreed;
} named[NAMED];
static void note_name(const char *text, bool agreed) {
    char name[24];
    unsigned i = 0;
    mnemonic(text, name, sizeof name);
    while (i < NAMED - 1 && named[i].name[0] && strcmp(named[i].name, name)) i++;
    memcpy(named[i].name, name, sizeof name);
    named[i].agreed |= agreed;
}
static char shown[SHOWN][32];
static bool shown_before(const char *ours, const char *theirs) {
    char a[16], b[16], both[32];
    snprintf(both, sizeof both, "%s %s", mnemonic(ours, a, sizeof a), mnemonic(theirs, b, sizeof b));
    for (unsigned i = 0; i < SHOWN; i++) {
        if (!strcmp(shown[i], both)) return true;
        if (shown[i][0]) continue;
        memcpy(shown[i], both, sizeof both);
        return false;
    }
    return true;
}

static void one(unsigned m, const u8 *b) {
    char ours[160], theirs[200] = "";
    struct decoded d;
    cs_insn *in;
    unsigned length = 0;
    x86_decode(ix, modes[m], b, LONGEST, 0, &d);
    x86_disasm(ix, modes[m], b, LONGEST, RIP, ours, sizeof ours);
    if (cs_disasm(capstone[m], b, LONGEST, RIP, 1, &in)) {
        length = in->size;
        snprintf(theirs, sizeof theirs, "%s %s", in->mnemonic, in->op_str);
        cs_free(in, 1);
    }
    compared++;
    bool bad = ours[0] == '(';
    if (bad) d.insn = NULL;
    if (bad && !length) return;
    bool same = !bad && length == d.length && same_name(ours, theirs);
    if (length) note_name(theirs, same);
    if (same) return;
    differ++;
    const char *why = known(16u << m, b, &d, ours, theirs, length);
    if (why) {
        note(why);
        return;
    }
    unnamed++;
    if (shown_before(ours, theirs)) return;
    printf("TEXT %u-bit", 16u << m);
    for (unsigned i = 0; i < LONGEST; i++) printf("%s%02x", i == d.length ? " | " : " ", b[i]);
    printf("\n    ours '%s' (%u), capstone '%s' (%u)\n", ours, d.length, theirs, length);
}

// Every opcode of the maps 1, 0F, 0F38, 0F3A under every mandatory prefix, 67h, REX.W, and the VEX forms of it.
static void systematic(void) {
    static const u8 prefix[][3] = {{0},    {0x66},       {0xf3},       {0xf2},       {0x67},      {0xf0},
                                   {0x48}, {0x66, 0x48}, {0xf3, 0x48}, {0xf2, 0x45}, {0x66, 0x67}};
    static const u8 tail[] = {0x24, 0x12, 0x00, 0x01, 0x40, 0x00, 0x03, 0x00, 0x00, 0x00, 0x00};
    for (unsigned m = 0; m < 3; m++)
        for (unsigned map = 0; map < 4; map++)
            for (unsigned op = 0; op < 256; op++)
                for (unsigned rm = 0; rm < 256; rm += 7)
                    for (unsigned p = 0; p < countof(prefix) + 16; p++) {
                        u8 b[32] = {0};
                        unsigned n = 0;
                        if (p < countof(prefix)) {
                            for (unsigned i = 0; i < 3 && prefix[p][i]; i++)
                                if (m == 2 || prefix[p][i] >> 4 != 4) b[n++] = prefix[p][i];
                            if (map) b[n++] = 0x0f;
                            if (map > 1) b[n++] = map == 2 ? 0x38 : 0x3a;
                        } else if (map) { // C4: W in bit 3 of v, L in 2, pp in 1..0; vvvv 1111 or 1100
                            unsigned v = p - countof(prefix);
                            b[n++] = 0xc4, b[n++] = (u8)(0xe0 | map),
                            b[n++] = (u8)((v & 8) << 4 | (rm & 1 ? 0x78 : 0x60) | (v & 7));
                        } else {
                            continue;
                        }
                        b[n++] = (u8)op, b[n++] = (u8)rm;
                        memcpy(b + n, tail, sizeof tail);
                        one(m, b);
                    }
}

static void random_bytes(u64 cases, u64 seed) {
    struct rng g = {.s = seed};
    for (u64 i = 0; i < cases; i++) {
        u8 b[16];
        for (unsigned j = 0; j < sizeof b; j++) b[j] = (u8)rnd(&g);
        unsigned kind = below(&g, 4);
        if (kind == 1) b[0] = 0x0f;
        if (kind == 2) b[0] = 0xc4, b[1] = (u8)((b[1] & 0xe0) | (1 + b[1] % 3));
        if (kind == 3) b[0] = 0xc5;
        one(below(&g, 3), b);
    }
}

u64 compare_text(u64 cases, u64 seed) {
    static const cs_mode cs_modes[] = {CS_MODE_16, CS_MODE_32, CS_MODE_64};
    ix = emulator_index();
    for (unsigned i = 0; i < 3; i++)
        if (cs_open(CS_ARCH_X86, cs_modes[i], &capstone[i])) abort();
    systematic();
    random_bytes(cases, seed);
    for (unsigned i = 0; names[i]; i++) printf("    capstone, %llu times: %s\n", (unsigned long long)by_name[i], names[i]);
    printf("    capstone alone knows:");
    for (unsigned i = 0; i < NAMED && named[i].name[0]; i++)
        if (!named[i].agreed) printf(" %s", named[i].name);
    printf("\n%llu encodings compared with capstone, %llu differ, %llu without an explanation\n", (unsigned long long)compared,
           (unsigned long long)differ, (unsigned long long)unnamed);
    return unnamed;
}
