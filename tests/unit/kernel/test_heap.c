// SPDX-License-Identifier: MIT
// kernel/heap.c: alignment, zeroed memory, no overlap, and everything joined again once all is free.
#include "../../../kernel/heap.c"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

enum { SIZE = 1 << 20 };
static u8 *arena;

static int setup(void **state) {
    arena = aligned_alloc(4096, SIZE);
    memset(arena, 0xa5, SIZE);
    heap_init((uintptr_t)arena, SIZE);
    return 0;
}

static int teardown(void **state) {
    free(arena);
    return 0;
}

static void assert_zero(const u8 *p, size_t n) {
    for (size_t i = 0; i < n; i++) assert_int_equal(p[i], 0);
}

static void test_aligned_and_zeroed(void **state) {
    for (size_t align = 1; align <= 65536; align *= 2) {
        u8 *p = heap_alloc(1000, align);
        assert_non_null(p);
        assert_int_equal((uintptr_t)p % align, 0);
        assert_zero(p, 1000);
        memset(p, 0xff, 1000);
        heap_free(p, 1000);
    }
    assert_int_equal(heap_available(), SIZE);
}

static void test_too_large(void **state) {
    assert_null(heap_alloc(SIZE + 1, 1));
    assert_null(heap_alloc(~(size_t)0, 1));
    assert_null(heap_alloc(~(size_t)0 - 62, 4096)); // would wrap to a small size
    assert_int_equal(heap_available(), SIZE);
    void *all = heap_alloc(SIZE, 1);
    assert_ptr_equal(all, arena);
    assert_null(heap_alloc(1, 1));
    heap_free(all, SIZE);
    assert_int_equal(heap_available(), SIZE);
}

static void test_size_zero_is_a_piece(void **state) {
    void *a = heap_alloc(0, 1), *b = heap_alloc(0, 1);
    assert_non_null(a);
    assert_non_null(b);
    assert_ptr_not_equal(a, b);
    heap_free(a, 0);
    heap_free(b, 0);
    heap_free(NULL, 5);
    assert_int_equal(heap_available(), SIZE);
}

// Many pieces live at a time, each filled with its own byte, freed in another order: none touches another.
static void test_no_overlap(void **state) {
    enum { PIECES = 200, ROUNDS = 20000 };
    static struct {
        u8 *p;
        size_t n;
        u8 fill;
    } piece[PIECES];
    u32 seed = 12345;
    for (int i = 0; i < ROUNDS; i++) {
        seed = seed * 1664525 + 1013904223;
        unsigned k = seed >> 16 & 0xffff, at = k % PIECES;
        if (piece[at].p) {
            for (size_t j = 0; j < piece[at].n; j++) assert_int_equal(piece[at].p[j], piece[at].fill);
            heap_free(piece[at].p, piece[at].n);
            piece[at].p = NULL;
            continue;
        }
        piece[at].n = seed % 9000;
        piece[at].fill = (u8)(i | 1);
        piece[at].p = heap_alloc(piece[at].n, (size_t)1 << (k % 13));
        if (!piece[at].p) continue; // full: others go first
        assert_true(piece[at].p >= arena && piece[at].p + piece[at].n <= arena + SIZE);
        assert_zero(piece[at].p, piece[at].n);
        memset(piece[at].p, piece[at].fill, piece[at].n);
    }
    for (unsigned i = 0; i < PIECES; i++)
        if (piece[i].p) heap_free(piece[i].p, piece[i].n);
    assert_int_equal(heap_available(), SIZE);
    assert_ptr_equal(heap_alloc(SIZE, 1), arena); // one piece again
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_aligned_and_zeroed, setup, teardown),
        cmocka_unit_test_setup_teardown(test_too_large, setup, teardown),
        cmocka_unit_test_setup_teardown(test_size_zero_is_a_piece, setup, teardown),
        cmocka_unit_test_setup_teardown(test_no_overlap, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
