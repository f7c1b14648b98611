// SPDX-License-Identifier: MIT
// Registers as a debugger sees them, in the order that gdb's own features have; what a kernel's debugging wants besides is a feature of ours.
#include "base/le.h"
#include "cpu/debug.h"
#include "isa/x86_64/room.h"
#include "isa/x86_64/sys/dump.h"

#include <string.h>

#define FROM(field) ((ptrdiff_t)offsetof(struct x86_cpu, field) - (ptrdiff_t)offsetof(struct x86_cpu, v))
#define INT(name_, bits_, field) {.name = name_, .bits = bits_, .at = FROM(field)}
#define GENERAL(name_, r) {.name = name_, .bits = 64, .type = "int64", .at = FROM(s.gpr[r])}
#define POINTER(name_, r) {.name = name_, .bits = 64, .type = "data_ptr", .at = FROM(s.gpr[r])}
#define SELECTOR(name_, r)                                                                                                       \
    {.name = name_, .bits = 32, .type = "int32", .read = read_selector, .arg = r, .group = "general", .read_only = true}
#define X87(name_, what)                                                                                                         \
    {.name = name_, .bits = 32, .type = "int", .group = "float", .read = read_x87, .arg = what, .read_only = true}
#define SYSTEM(name_, bits_, field) {.name = name_, .bits = bits_, .group = "system", .at = FROM(field)}
// Whatever their offsets are, segment registers with all their parts.
#define SEGMENT(name_, g)                                                                                                        \
    SYSTEM(name_ "_base", 64, s.g.base), SYSTEM(name_ "_limit", 32, s.g.limit), SYSTEM(name_ "_attr", 32, s.g.attr)

static void read_selector(struct vcpu *v, const struct debug_reg *r, unsigned i, u8 *bytes) {
    st32(bytes, x86_of(v)->s.seg[r->arg].sel);
}

static void read_flags(struct vcpu *v, const struct debug_reg *r, unsigned i, u8 *bytes) {
    st32(bytes, x86_get_rflags(x86_of(v)));
}
static bool write_flags(struct vcpu *v, const struct debug_reg *r, unsigned i, const u8 *bytes) {
    x86_set_rflags(x86_of(v), ld32(bytes), FL_DEFINED & ~FL_VM);
    return true;
}

static struct x87_reg *st(struct vcpu *v, unsigned i) {
    struct x87_state *f = &x86_of(v)->s.fpu;
    return &f->r[(f->top + i) & 7];
}
static void read_st(struct vcpu *v, const struct debug_reg *r, unsigned i, u8 *bytes) {
    st64(bytes, st(v, i)->mant);
    st16(bytes + 8, st(v, i)->exp);
}
static bool write_st(struct vcpu *v, const struct debug_reg *r, unsigned i, const u8 *bytes) {
    st(v, i)->mant = ld64(bytes);
    st(v, i)->exp = ld16(bytes + 8);
    return true;
}

// The tag word has two bits for each physical register: valid, zero, special, empty.
static u32 tag_word(const struct x87_state *f) {
    u32 word = 0;
    for (unsigned i = 0; i < 8; i++) {
        unsigned exp = f->r[i].exp & 0x7fff;
        bool normal = exp && exp != 0x7fff && f->r[i].mant >> 63, zero = !exp && !f->r[i].mant;
        word |= (u32)(!(f->tag >> i & 1) ? 3 : normal ? 0 : zero ? 1 : 2) << 2 * i;
    }
    return word;
}

enum { FCTRL, FSTAT, FTAG, FISEG, FIOFF, FOSEG, FOOFF, FOP };
static void read_x87(struct vcpu *v, const struct debug_reg *r, unsigned i, u8 *bytes) {
    const struct x87_state *f = &x86_of(v)->s.fpu;
    u32 words[] = {[FCTRL] = f->fcw,      [FSTAT] = f->fsw | (u32)f->top << 11,
                   [FTAG] = tag_word(f),  [FIOFF] = (u32)f->fip,
                   [FOOFF] = (u32)f->fdp, [FOP] = f->fop};
    st32(bytes, words[r->arg]);
}

static void read_cr8(struct vcpu *v, const struct debug_reg *r, unsigned i, u8 *bytes) {
    const struct x86_cpu *c = x86_of(v);
    bytes[0] = c->apic.tpr_read ? c->apic.tpr_read(c->apic.ctx) >> 4 : 0;
}

#define FIELD(name, bit) "<field name=\"" name "\" start=\"" #bit "\" end=\"" #bit "\"/>"
#define FLAGS_TYPE                                                                                                               \
    "<flags id=\"x86_eflags\" size=\"4\">" FIELD("CF", 0) FIELD("", 1) FIELD("PF", 2) FIELD("AF", 4) FIELD("ZF", 6)              \
        FIELD("SF", 7) FIELD("TF", 8) FIELD("IF", 9) FIELD("DF", 10) FIELD("OF", 11) FIELD("NT", 14) FIELD("RF", 16)             \
            FIELD("VM", 17) FIELD("AC", 18) FIELD("VIF", 19) FIELD("VIP", 20) FIELD("ID", 21) "</flags>"
#define VECTOR_TYPE                                                                                                               \
    "<vector id=\"v4f\" type=\"ieee_single\" count=\"4\"/><vector id=\"v2d\" type=\"ieee_double\" count=\"2\"/>"                  \
    "<vector id=\"v16i8\" type=\"int8\" count=\"16\"/><vector id=\"v8i16\" type=\"int16\" count=\"8\"/>"                          \
    "<vector id=\"v4i32\" type=\"int32\" count=\"4\"/><vector id=\"v2i64\" type=\"int64\" count=\"2\"/>"                          \
    "<union id=\"vec128\"><field name=\"v4_float\" type=\"v4f\"/><field name=\"v2_double\" type=\"v2d\"/>"                        \
    "<field name=\"v16_int8\" type=\"v16i8\"/><field name=\"v8_int16\" type=\"v8i16\"/><field name=\"v4_int32\" type=\"v4i32\"/>" \
    "<field name=\"v2_int64\" type=\"v2i64\"/><field name=\"uint128\" type=\"uint128\"/></union>"

static const struct debug_reg rows[] = {
    {.feature = "org.gnu.gdb.i386.core", .types = FLAGS_TYPE, .name = "rax", .bits = 64, .type = "int64", .at = FROM(s.gpr[RAX])},
    GENERAL("rbx", RBX),
    GENERAL("rcx", RCX),
    GENERAL("rdx", RDX),
    GENERAL("rsi", RSI),
    GENERAL("rdi", RDI),
    POINTER("rbp", RBP),
    POINTER("rsp", RSP),
    {.name = "r%u", .bits = 64, .type = "int64", .first = 8, .n = 8, .at = FROM(s.gpr[R8]), .stride = 8},
    {.name = "rip", .bits = 64, .type = "code_ptr", .at = FROM(s.rip)},
    {.name = "eflags", .bits = 32, .type = "x86_eflags", .read = read_flags, .write = write_flags},
    SELECTOR("cs", CS),
    SELECTOR("ss", SS),
    SELECTOR("ds", DS),
    SELECTOR("es", ES),
    SELECTOR("fs", FS),
    SELECTOR("gs", GS),
    {.name = "st%u", .bits = 80, .type = "i387_ext", .n = 8, .read = read_st, .write = write_st},
    X87("fctrl", FCTRL),
    X87("fstat", FSTAT),
    X87("ftag", FTAG),
    X87("fiseg", FISEG),
    X87("fioff", FIOFF),
    X87("foseg", FOSEG),
    X87("fooff", FOOFF),
    X87("fop", FOP),
    {.feature = "org.gnu.gdb.i386.sse",
     .types = VECTOR_TYPE,
     .name = "xmm%u",
     .bits = 128,
     .type = "vec128",
     .n = 16,
     .at = FROM(s.xmm),
     .stride = 16},
    {.name = "mxcsr", .bits = 32, .type = "int", .group = "vector", .at = FROM(s.mxcsr)},
    {.feature = "org.gnu.gdb.i386.avx",
     .name = "ymm%uh",
     .bits = 128,
     .type = "uint128",
     .n = 16,
     .at = FROM(s.ymmh),
     .stride = 16},
    {.feature = "org.gnu.gdb.i386.segments", .name = "fs_base", .bits = 64, .type = "int", .at = FROM(s.seg[FS].base)},
    {.name = "gs_base", .bits = 64, .type = "int", .at = FROM(s.seg[GS].base)},

    // ---- asked for one by one
    {.feature = "org.softmetal.x86.system", .name = "cr0", .bits = 64, .group = "system", .at = FROM(s.cr0)},
    SYSTEM("cr2", 64, s.cr2),
    SYSTEM("cr3", 64, s.cr3),
    SYSTEM("cr4", 64, s.cr4),
    {.name = "cr8", .bits = 64, .group = "system", .read = read_cr8, .read_only = true},
    SYSTEM("efer", 64, s.efer),
    SYSTEM("xcr0", 64, s.xcr0),
    {.name = "dr%u", .bits = 64, .group = "system", .n = 4, .at = FROM(s.dr), .stride = 8},
    SYSTEM("dr6", 64, s.dr[6]),
    SYSTEM("dr7", 64, s.dr[7]),
    SYSTEM("gdt_base", 64, s.gdtr.base),
    SYSTEM("gdt_limit", 16, s.gdtr.limit),
    SYSTEM("idt_base", 64, s.idtr.base),
    SYSTEM("idt_limit", 16, s.idtr.limit),
    SYSTEM("ldtr", 16, s.ldtr.sel),
    SYSTEM("ldtr_base", 64, s.ldtr.base),
    SYSTEM("ldtr_limit", 32, s.ldtr.limit),
    SYSTEM("ldtr_attr", 32, s.ldtr.attr),
    SYSTEM("tr", 16, s.tr.sel),
    SYSTEM("tr_base", 64, s.tr.base),
    SYSTEM("tr_limit", 32, s.tr.limit),
    SYSTEM("tr_attr", 32, s.tr.attr),
    SEGMENT("cs", seg[CS]),
    SEGMENT("ss", seg[SS]),
    SEGMENT("ds", seg[DS]),
    SEGMENT("es", seg[ES]),
    SYSTEM("fs_limit", 32, s.seg[FS].limit),
    SYSTEM("fs_attr", 32, s.seg[FS].attr),
    SYSTEM("gs_limit", 32, s.seg[GS].limit),
    SYSTEM("gs_attr", 32, s.seg[GS].attr),
    SYSTEM("cpl", 8, s.cpl),
    SYSTEM("kernel_gs_base", 64, s.kernel_gs_base),
    SYSTEM("star", 64, s.star),
    SYSTEM("lstar", 64, s.lstar),
    SYSTEM("cstar", 64, s.cstar),
    SYSTEM("fmask", 64, s.fmask),
    SYSTEM("sysenter_cs", 64, s.sysenter_cs),
    SYSTEM("sysenter_esp", 64, s.sysenter_esp),
    SYSTEM("sysenter_eip", 64, s.sysenter_eip),
    SYSTEM("apic_base", 64, s.apic_base),
    SYSTEM("pat", 64, s.pat),
    SYSTEM("tsc_aux", 64, s.tsc_aux),
    SYSTEM("misc_enable", 64, s.misc_enable),
    SYSTEM("pkru", 64, s.pkru),
};

const struct debug_isa x86_debug_isa = {
    .architecture = "i386:x86-64", .reg = rows, .regs = countof(rows), .packed = 31, .pc = 16};
