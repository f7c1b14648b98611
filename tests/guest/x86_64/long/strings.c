// SPDX-License-Identifier: MIT
// String instructions that fault half-way: what was done stays done, the registers say where to go on (SDM 1, 7.3.9.2).
#include "kit.h"

#define EDGE (SPACE + 4096) // the first page is there, the second is not

static u8 *first, *second;
static void half_a_space(void) {
    first = page(), second = page();
    map(SPACE, 1, (u64)first | P | W);
    entry(EDGE, 1);
}

// Arguments: rdi, and by registers that the test sets: count in rsi of the C call.
CODE(stos, "mov $100, %ecx; mov $0xab, %al\nstos_at: rep stosb; ret");
CODE(stos_wide, "mov $100, %ecx; mov $0xab, %eax\nstos_wide_at: rep stosl; ret");
CODE(stos_back, "std; mov $100, %ecx; mov $0xab, %al\nstos_back_at: rep stosb; cld; ret");
CODE(movs, "mov %rdi, %rsi; mov $0x10000000000, %rdi; mov $100, %ecx\nmovs_at: rep movsb; ret");
CODE(scas, "xor %eax, %eax; mov $1000, %ecx\nscas_at: repe scasb; ret");
CODE(cmps, "mov $0x10000000000, %rsi; mov $5000, %ecx\ncmps_at: repe cmpsb; ret");
LABEL(stos_at);
LABEL(stos_wide_at);
LABEL(stos_back_at);
LABEL(movs_at);
LABEL(scas_at);
LABEL(cmps_at);

TEST(store) {
    half_a_space();
    IS(run(stos, EDGE - 30), PF);
    IS(caught.cr2, EDGE);
    IS(caught.error, PF_W);
    IS(caught.ip, (ureg)stos_at);
    IS(caught.f.cx, 70);
    IS(caught.f.di, EDGE);
    IS(first[4096 - 30], 0xab);
    IS(first[4095], 0xab);
    IS(first[4096 - 31], 0);
}

TEST(fault_pushes_rf) { // 3B 17.3.1.1
    half_a_space();
    IS(run(stos, EDGE - 30), PF);
    IS(caught.f.flags & FL_RF, FL_RF);
}

static bool give_page(struct frame *f) {
    map(EDGE, 1, (u64)second | P | W);
    return true;
}
TEST(goes_on_after_the_fault) {
    half_a_space();
    hooks[PF] = give_page;
    IS(run(stos, EDGE - 30), NOTHING);
    IS(first[4095], 0xab);
    IS(second[0], 0xab);
    IS(second[69], 0xab);
    IS(second[70], 0);
}

TEST(element_across_the_edge) {
    half_a_space();
    IS(run(stos_wide, EDGE - 10), PF);
    IS(caught.cr2, EDGE);
    IS(caught.f.cx, 98); // two whole ones; the third has not been begun
    IS(caught.f.di, EDGE - 2);
    IS(first[4094], 0);
}

TEST(backwards) {
    half_a_space();
    map(EDGE, 1, (u64)second | P | W);
    map(SPACE, 1, 0);
    IS(run(stos_back, EDGE + 9), PF);
    IS(caught.cr2, EDGE - 1);
    IS(caught.f.cx, 90);
    IS(caught.f.di, EDGE - 1);
    IS(second[0], 0xab);
    IS(second[10], 0);
}

TEST(move_from_the_edge) {
    half_a_space();
    first[4095] = 0x77;
    IS(run(movs, EDGE - 1), PF);
    IS(caught.cr2, EDGE);
    IS(caught.error, 0); // the read
    IS(caught.f.cx, 99);
    IS(caught.f.si, EDGE);
    IS(caught.f.di, SPACE + 1);
    IS(first[0], 0x77);
}

TEST(compare_and_scan) {
    half_a_space();
    IS(run(scas, EDGE - 5), PF);
    IS(caught.f.cx, 995);
    IS(caught.f.di, EDGE);
    IS(run(cmps, SPACE), PF);
    IS(caught.f.cx, 5000 - 4096);
    IS(caught.f.si, EDGE);
    IS(caught.f.di, EDGE);
    first[10] = 1;
    IS(run(scas, SPACE), NOTHING);
}
