// SPDX-License-Identifier: MIT
// One trial: the entries are set, the access is made, and the outcome, error code and accessed and dirty flags compared.
#include "rights.h"

CODE(rights_load, "mov (" ARG "), " AX "; ret");
CODE(rights_store, "mov " ARG ", (" ARG "); ret");
CODE(rights_go, "jmp *" ARG);
CODE(rights_load_open, "stac; mov (" ARG "), " AX "; clac; ret");
CODE(rights_store_open, "stac; mov " ARG ", (" ARG "); clac; ret");
CODE(rights_go_open, "stac; call *" ARG "; clac; ret");

enum access { READ, WRITE, FETCH };
struct trial {
    enum access access;
    bool user, ac;            // of the access
    bool wp, smep, smap, nxe; // of the processor
    u64 leaf, above;          // P, W, U, NX of the two entries
};
#define FINE 0xffu

static unsigned expected_error(const struct trial *t) {
    bool tells_fetch = t->nxe || t->smep;
    unsigned error = (t->access == WRITE ? PF_W : 0) | (t->user ? PF_U : 0) | (t->access == FETCH && tells_fetch ? PF_I : 0);
    u64 rights = t->leaf & t->above, nx = (t->leaf | t->above) & NX;
    if (!(t->above & P)) return error;
    if (!t->nxe && t->above & NX) return error | PF_P | PF_RSVD;
    if (!(t->leaf & P)) return error;
    if (!t->nxe && t->leaf & NX) return error | PF_P | PF_RSVD;
    bool deny = t->access == FETCH && nx;
    if (t->user) {
        deny |= !(rights & U) || (t->access == WRITE && !(rights & W));
    } else {
        deny |= t->access == WRITE && t->wp && !(rights & W);
        if (rights & U) deny |= t->access == FETCH ? t->smep : t->smap && !t->ac;
    }
    return deny ? error | PF_P : FINE;
}

static unsigned try(const struct trial *t, ureg va) {
    static const char *const code[] = {rights_load, rights_store, rights_go};
    static const char *const open[] = {rights_load_open, rights_store_open, rights_go_open};
    unsigned vector = t->user && t->access == FETCH ? user_at(UCODE, va, 2, 0)
                      : t->user                     ? user(code[t->access], va)
                                                    : run((t->ac ? open : code)[t->access], va);
    if (vector == NOTHING) return FINE;
    if (vector != PF) return 0x100 | vector;
    if (caught.cr2 != va) return 0x200;
    return (unsigned)caught.error;
}

// Bit i of `from` chooses the i-th of P, W, U, NX.
static u64 rights_of(unsigned from) { return (from & 1 ? P : 0) | (from & 2 ? W : 0) | (from & 4 ? U : 0) | (from & 8 ? NX : 0); }

static void explain(const struct trial *t) {
    print("  access "), print_hex(t->access), print(" user "), print_hex(t->user), print(" AC "), print_hex(t->ac);
    print(" WP "), print_hex(t->wp), print(" SMEP "), print_hex(t->smep), print(" SMAP "), print_hex(t->smap);
    print(" NXE "), print_hex(t->nxe), print(" leaf "), print_hex(t->leaf), print(" above "), print_hex(t->above), print("\n");
}

static void check(const struct trial *t, const struct ground *g) {
    static unsigned explained;
    g->set(false, t->leaf);
    g->set(true, t->above);
    invlpg(g->va);
    unsigned want = expected_error(t), got = try(t, g->va);
    IS(got, want);
    if (got != want && explained++ < 20) explain(t);
    if (want == FINE) {
        IS(g->get(true) & A, A);
        IS(g->get(false) & (A | D), A | (t->access == WRITE ? D : 0));
    } else {
        IS(g->get(false) & D, 0);
        if (!(t->leaf & P)) IS(g->get(false) & A, 0);
    }
}

static void check_all_accesses(struct trial *t, const struct ground *g) {
    unsigned per = g->nx ? 16 : 8;
    for (unsigned rights = 0; rights < per * per; rights++) {
        t->leaf = rights_of(rights % per), t->above = rights_of(rights / per);
        for (unsigned how = 0; how < 9; how++) { // ring 0, ring 0 with AC, ring 3
            t->access = how % 3, t->user = how >= 6, t->ac = how / 3 == 1;
            if (t->ac && !t->smap) continue;
            g->memory[0] = 0xc3; // RET, for the fetch
            check(t, g);
        }
    }
}

void check_rights(const struct ground *g) {
    if (!(cpuid(7, 0, EBX) & 1 << 20 && cpuid(7, 0, EBX) & 1 << 7)) kit_skip("no SMEP and SMAP");
    ureg efer = (ureg)rdmsr(MSR_EFER) & ~(ureg)EFER_NXE;
    for (unsigned control = 0; control < (g->nx ? 16 : 8); control++) {
        struct trial t = {.wp = control & 1, .smep = control & 2, .smap = control & 4, .nxe = control & 8};
        wrmsr(MSR_EFER, efer | (t.nxe ? EFER_NXE : 0));
        set_cr0((cr0() & ~(ureg)CR0_WP) | (t.wp ? CR0_WP : 0));
        set_cr4((cr4() & ~(ureg)(CR4_SMEP | CR4_SMAP)) | (t.smep ? CR4_SMEP : 0) | (t.smap ? CR4_SMAP : 0));
        check_all_accesses(&t, g);
    }
}
