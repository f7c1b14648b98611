// SPDX-License-Identifier: MIT
// Debug registers: what they hold, where breakpoints match, what DR6 says, and RF (SDM 3B 17.2, 17.3).
#include "kit.h"

DEBUG_REGISTER(2)
DEBUG_REGISTER(3)

enum { EXECUTE, WRITE, IO, ACCESS };
enum { BYTE_ = 0, WORD_ = 1, QUAD_ = 2, LONG_ = 3 };
// DR7 for breakpoint n, locally enabled.
#define ON(n, kind, length) (0x400 | 1u << (2 * (n)) | (u32)(kind) << (16 + 4 * (n)) | (u32)(length) << (18 + 4 * (n)))

static unsigned count;
static ureg at[32], told[32], flags_then[32];
static bool note(struct frame *f) {
    if (count < countof(at)) at[count] = f->ip, told[count] = dr6() & 0xe00f, flags_then[count] = f->flags;
    count++;
    set_dr6(0xffff0ff0);
    return true;
}
static bool note_rf(struct frame *f) {
    note(f);
    f->flags |= FL_RF;
    return true;
}
// How many debug exceptions `code` meets.
static unsigned hits(const char *code, ureg arg) {
    hooks[DB] = note;
    count = 0;
    IS(run(code, arg), NOTHING);
    return count;
}

CODE(store_8, "mov %al, (%rdi)\nstore_8_after: ret");
CODE(store_16, "mov %ax, (%rdi); ret");
CODE(store_32, "mov %eax, (%rdi); ret");
CODE(store_64, "mov %rax, (%rdi); ret");
CODE(store_128, "movups %xmm0, (%rdi); ret");
CODE(load_8, "mov (%rdi), %al; ret");
CODE(load_32, "mov (%rdi), %eax; ret");
CODE(load_64, "mov (%rdi), %rax; ret");
LABEL(store_8_after);
static u8 room[64] __attribute__((aligned(64)));

// ---- what they hold

CODE(dr6_upper, "mov $1, %eax; shl $32, %rax; mov %rax, %db6; ret");
CODE(read_dr4, "mov %db4, %rax; ret");
CODE(read_dr5, "mov %db5, %rax; ret");
CODE(read_dr8, ".byte 0x44, 0x0f, 0x21, 0xc0; ret");
TEST(registers) {
    set_dr0(~(ureg)0), set_dr1(0x123456789abcdef0), set_dr2(0x8000000000000000), set_dr3(1);
    IS(dr0(), ~(ureg)0);
    IS(dr1(), 0x123456789abcdef0);
    IS(dr2(), 0x8000000000000000);
    IS(dr3(), 1);
    set_dr6(0);
    IS(dr6(), 0xffff0ff0);
    set_dr6(0xe00f);
    IS(dr6() & 0xe00f, 0xe00f);
    set_dr6(0xffff0ff0);
    set_dr0(0), set_dr1(0), set_dr2(0), set_dr3(0);
    set_dr7(0xdc00); // all that is fixed
    IS(dr7(), 0x400);
    set_dr7(0x3ff); // every L and G, LE and GE
    IS(dr7(), 0x7ff);
    set_dr7(0x400);
    IS(run(dr6_upper, 0), GP);
    IS(((ureg(*)(void))read_dr4)(), dr6());
    IS(((ureg(*)(void))read_dr5)(), dr7());
    set_cr4(cr4() | CR4_DE);
    IS(run(read_dr4, 0), UD);
    IS(run(read_dr5, 0), UD);
    IS(run(read_dr8, 0), UD);
}

// ---- where they match

// Any overlap of the access with the breakpoint's bytes, whose address is cut to its length.
TEST(lengths) {
    static const char *const store[] = {store_8, store_16, store_32, store_64, store_128};
    static const u8 bytes[] = {1, 2, 8, 4};
    for (unsigned length = 0; length < 4; length++)
        for (unsigned skew = 0; skew < bytes[length]; skew++) {
            set_dr2((ureg)room + 16 + skew);
            set_dr7(ON(2, WRITE, length));
            for (unsigned i = 0; i < countof(store); i++)
                for (unsigned offset = 0; offset < 32; offset++) {
                    unsigned from = 16, to = 16 + bytes[length];
                    bool want = offset < to && offset + (1u << i) > from;
                    if (bytes[length] == 1) want = offset <= 16 && offset + (1u << i) > 16;
                    unsigned got = hits(store[i], (ureg)room + offset);
                    IS(got | offset << 4 | i << 12 | length << 16, want | offset << 4 | i << 12 | length << 16);
                    if (got) IS(told[0], 4);
                }
        }
}

TEST(kinds) {
    set_dr3((ureg)room);
    set_dr7(ON(3, WRITE, LONG_));
    IS(hits(load_32, (ureg)room), 0);
    IS(hits(store_32, (ureg)room), 1);
    set_dr7(ON(3, ACCESS, LONG_));
    IS(hits(load_32, (ureg)room), 1);
    IS(told[0], 8);
    IS(hits(store_32, (ureg)room), 1);
    set_dr3((ureg)store_8);
    set_dr7(ON(3, ACCESS, BYTE_));
    IS(hits(store_8, (ureg)room), 0); // a fetch is no access
    set_dr7(ON(3, EXECUTE, BYTE_));
    hooks[DB] = note_rf;
    count = 0;
    IS(run(store_8, (ureg)room), NOTHING);
    IS(count, 1);
    IS(hits(load_8, (ureg)store_8), 0); // and a load no fetch
}

TEST(local_and_global) {
    set_dr0((ureg)room);
    for (unsigned low = 0; low < 4; low++) {
        set_dr7((ON(0, WRITE, BYTE_) & ~3u) | low);
        IS(hits(store_8, (ureg)room), low != 0);
    }
    set_dr7(ON(1, WRITE, BYTE_)); // DR1 is 0
    IS(hits(store_8, (ureg)room), 0);
    set_dr7(0x300 | 1 << 16); // LE and GE enable nothing
    IS(hits(store_8, (ureg)room), 0);
}

TEST(several_at_once) {
    set_dr0((ureg)room), set_dr1((ureg)room + 1), set_dr2((ureg)room + 2), set_dr3((ureg)room + 8);
    set_dr7(ON(0, WRITE, BYTE_) | ON(1, ACCESS, BYTE_) | ON(2, WRITE, WORD_) | ON(3, WRITE, BYTE_));
    IS(hits(store_32, (ureg)room), 1);
    IS(told[0], 7);
    IS(hits(load_32, (ureg)room), 1);
    IS(told[0], 2);
    IS(hits(store_8, (ureg)room + 3), 1);
    IS(told[0], 4);
}

// Linear addresses: two mappings of one page are two places.
TEST(linear_addresses) {
    u8 *memory = pages_aligned(2, 4096);
    map(SPACE, 1, (u64)memory | P | W);
    map(SPACE + 0x1000, 1, (u64)(memory + 4096) | P | W);
    set_dr0(SPACE + 0x1000);
    set_dr7(ON(0, WRITE, QUAD_));
    IS(hits(store_8, (ureg)memory + 4096), 0);
    IS(hits(store_8, SPACE + 0xfff), 0);
    IS(hits(store_16, SPACE + 0xfff), 1); // the second page of the access
    IS(hits(store_64, SPACE + 0xff9), 1);
    IS(hits(store_64, SPACE + 0xff8), 0);
    set_dr0(SPACE + 0xff8);
    IS(hits(store_64, SPACE + 0xffa), 1); // the first
    IS(hits(store_8, SPACE + 0x1000), 0);
    // An access that faults is none.
    map(SPACE + 0x1000, 1, 0);
    hooks[DB] = note;
    count = 0;
    IS(run(store_64, SPACE + 0xffa), PF);
    IS(count, 0);
}

// ---- which accesses count

CODE(push_it, "mov %rsp, %rdx; lea 16(%rdi), %rsp; push %rax; mov %rdx, %rsp; ret");
CODE(call_it, "mov %rsp, %rdx; lea 16(%rdi), %rsp; call 1f\n1: mov %rdx, %rsp; ret");
CODE(xchg_it, "xchg %eax, 8(%rdi); ret");
CODE(add_it, "addl $1, 8(%rdi); ret");
CODE(cmpxchg_fails, "mov $77, %eax; cmpxchg %ecx, 8(%rdi); ret");
CODE(cmp_it, "cmpl $1, 8(%rdi); ret");
CODE(fst_it, "fldz; fstpl 8(%rdi); ret");
CODE(prefetch_it, "prefetcht0 8(%rdi); ret");
CODE(lea_it, "lea 8(%rdi), %rax; ret");
CODE(clflush_it, "clflush 8(%rdi); ret");
TEST(instructions) {
    set_dr0((ureg)room + 8);
    set_dr7(ON(0, WRITE, QUAD_));
    IS(hits(push_it, (ureg)room), 1);
    IS(hits(call_it, (ureg)room), 1);
    IS(hits(xchg_it, (ureg)room), 1);
    IS(hits(add_it, (ureg)room), 1);
    IS(hits(fst_it, (ureg)room), 1);
    IS(hits(cmp_it, (ureg)room), 0);
    IS(hits(prefetch_it, (ureg)room), 0);
    IS(hits(lea_it, (ureg)room), 0);
    *(u32 *)(void *)(room + 8) = 1;
    IS(hits(cmpxchg_fails, (ureg)room), 1); // it writes back what it read
    set_dr7(ON(0, ACCESS, QUAD_));
    IS(hits(cmp_it, (ureg)room), 1);
    IS(hits(prefetch_it, (ureg)room), 0);
    IS(hits(lea_it, (ureg)room), 0);
}

// A repeated string traps behind the element that hit, with the registers as they are then, and goes on.
CODE(fill, "mov $16, %ecx; mov $0x77, %al; cld\nfill_at: rep stosb\nfill_after: ret");
LABEL(fill_at);
LABEL(fill_after);
static ureg cx_then;
static bool note_cx(struct frame *f) {
    cx_then = f->cx;
    return note(f);
}
TEST(repeated_strings) {
    memset(room, 0, sizeof room);
    set_dr0((ureg)room + 5);
    set_dr7(ON(0, WRITE, BYTE_));
    hooks[DB] = note_cx;
    count = 0;
    IS(run(fill, (ureg)room), NOTHING);
    IS(count, 1);
    IS(at[0], (ureg)fill_at);
    IS(cx_then, 10);
    IS(room[5] << 8 | room[15], 0x7777);
    set_dr0((ureg)room + 15);
    hooks[DB] = note_cx;
    count = 0;
    IS(run(fill, (ureg)room), NOTHING);
    IS(at[0], (ureg)fill_after);
    IS(cx_then, 0);
    // What comes behind it on an absent page takes nothing away.
    u8 *memory = page();
    map(SPACE, 1, (u64)memory | P | W);
    set_dr0(SPACE + 0xffa);
    count = 0;
    IS(run(fill, SPACE + 0xff8), PF);
    IS(count, 1);
    IS(cx_then, 13);
    IS(caught.f.cx, 8);
}

// ---- ports: with CR4.DE

CODE(in_byte, "mov %edi, %edx; in %dx, %al; ret");
CODE(in_word, "mov %edi, %edx; in %dx, %ax; ret");
CODE(in_long, "mov %edi, %edx; in %dx, %eax; ret");
CODE(out_byte, "mov %edi, %edx; out %al, %dx; ret");
CODE(in_string, "mov %edi, %edx; lea room(%rip), %rdi; mov $3, %ecx; cld\nin_string_at: rep insb; ret");
LABEL(in_string_at);
TEST(ports) {
    set_cr4(cr4() | CR4_DE);
    set_dr1(0x82);
    set_dr7(ON(1, IO, WORD_)); // 82h and 83h
    for (unsigned port = 0x80; port < 0x86; port++) {
        IS(hits(in_byte, port) | port << 8, (port == 0x82 || port == 0x83) | port << 8);
        IS(hits(out_byte, port) | port << 8, (port == 0x82 || port == 0x83) | port << 8);
    }
    IS(hits(in_word, 0x81), 1);
    IS(told[0], 2);
    IS(hits(in_word, 0x80), 0);
    IS(hits(in_long, 0x80), 1);
    IS(hits(in_long, 0x84), 0);
    IS(hits(in_string, 0x82), 3); // behind every element
    IS(at[0], (ureg)in_string_at);
    set_dr1((ureg)room);
    IS(hits(store_8, (ureg)room), 0);
}

// ---- code

CODE(four_nops, "four_nops_0: nop\nfour_nops_1: nop\nfour_nops_2: nop\nfour_nops_3: nop; ret");
LABEL(four_nops_1);
LABEL(four_nops_2);
TEST(resume_flag) {
    set_dr0((ureg)four_nops_1), set_dr1((ureg)four_nops_2);
    set_dr7(ON(0, EXECUTE, BYTE_) | ON(1, EXECUTE, BYTE_));
    hooks[DB] = note_rf; // RF holds for one instruction
    count = 0;
    IS(run(four_nops, 0), NOTHING);
    IS(count, 2);
    IS(at[0], (ureg)four_nops_1);
    IS(at[1], (ureg)four_nops_2);
    IS(told[0] | told[1] << 4, 1 | 2 << 4);
}

CODE(jump_to, "jmp *%rdi");
CODE(
    iret_rf,
    "mov %ss, %eax; push %rax; lea 8(%rsp), %rax; push %rax; pushf; orl $0x10000, (%rsp); mov %cs, %eax; push %rax; push %rdi; iretq");
CODE(popf_rf, "pushf; orl $0x10000, (%rsp); popf; jmp *%rdi");
CODE(pushf_it, "pushf; pop %rax; ret");
TEST(who_sets_rf) {
    set_dr0((ureg)four_nops_1);
    set_dr7(ON(0, EXECUTE, BYTE_));
    IS(run(jump_to, (ureg)four_nops_1), DB);
    IS(caught.ip, (ureg)four_nops_1);
    IS(run(iret_rf, (ureg)four_nops_1), NOTHING);
    IS(run(popf_rf, (ureg)four_nops_1), DB); // POPF leaves it 0
    IS(((ureg(*)(void))pushf_it)() & FL_RF, 0);
}

// Before the fetch: a breakpoint where nothing is mapped comes first.
TEST(before_the_fetch) {
    set_dr0(SPACE);
    set_dr7(ON(0, EXECUTE, BYTE_));
    IS(run(jump_to, SPACE), DB);
    IS(caught.ip, SPACE);
    IS(caught.dr6 & 0xf, 1);
    set_dr7(0x400);
    IS(run(jump_to, SPACE), PF);
    HOLDS(caught.f.flags & FL_RF);
}

// ---- DR6

CODE(step_store, "pushf; orl $0x100, (%rsp); popf\nstep_store_at: mov %al, (%rdi)\nstep_store_after: ret");
LABEL(step_store_after);
TEST(step_and_data_are_one_exception) {
    set_dr0((ureg)room);
    set_dr7(ON(0, WRITE, BYTE_));
    IS(run(step_store, (ureg)room), DB);
    IS(caught.ip, (ureg)step_store_after);
    IS(caught.dr6 & 0xe00f, 0x4001);
    set_dr6(0xffff0ff0);
}
TEST(sticky) { // B0 to B3 are those of the last exception, all else of DR6 stays until it is cleared
    set_dr0((ureg)room), set_dr1((ureg)room + 8);
    set_dr7(ON(0, WRITE, BYTE_) | ON(1, WRITE, BYTE_));
    set_dr6(0xffffeff0);
    IS(run(store_8, (ureg)room), DB);
    IS(caught.dr6 & 0xe00f, 0xe001);
    IS(run(store_8, (ureg)room + 8), DB);
    IS(caught.dr6 & 0xe00f, 0xe002);
    IS(caught.ip, (ureg)store_8_after);
    set_dr6(2);
    set_dr2((ureg)room + 16);
    set_dr7(ON(2, WRITE, BYTE_));
    IS(run(store_8, (ureg)room + 16), DB);
    IS(caught.dr6 & 0xe00f, 4);
    set_dr6(0xffff0ff3); // a step is a match of none
    set_dr7(0x400);
    IS(run(step_store, (ureg)room), DB);
    IS(caught.dr6 & 0xe00f, 0x4000);
    set_dr0((ureg)room), set_dr1((ureg)room + 8);
    set_dr7(ON(0, WRITE, BYTE_) | ON(1, WRITE, BYTE_));
    set_dr6(0xffff0ff0);
    IS(dr7(), ON(0, WRITE, BYTE_) | ON(1, WRITE, BYTE_)); // nor anything of DR7 but GD
}

CODE(write_dr7, "mov %rdi, %db7; ret");
CODE(read_dr6, "mov %db6, %rax; ret");
TEST(general_detect_of_every_register) {
    set_dr7(0x2400);
    IS(run(read_dr6, 0), DB);
    IS(caught.dr6 & 0xe000, 0x2000);
    set_dr6(0xffff0ff0), set_dr7(0x2400);
    IS(run(write_dr7, 0x400), DB);
    IS(caught.ip, (ureg)write_dr7);
}

// ---- the trap flag across rings and gates

CODE(user_steps, "nop; nop; int $0x80");
TEST(traps_leave_tf_in_the_image) {
    hooks[DB] = note;
    count = 0;
    IS(user_at(UCODE, user_address(user_steps), FL_TF | 2, 0), NOTHING);
    IS(count, 2);
    HOLDS(flags_then[0] & flags_then[1] & FL_TF);
    IS(flags_then[0] & FL_RF, 0);
    IS(at[0], user_address(user_steps) + 1);
    IS(told[1], 0x4000);
}
