// SPDX-License-Identifier: MIT
// Which engine a machine gets (machine/engine.h), and what is told of it: a board that translates and one that does not, a platform
// with memory for code, without, and with none left.
#include "base/err.h"
#include "isa/x86_64/cpu.h"
#include "loader/arch.h"
#include "machine/engine.h"
#include "scripted_plat.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static struct scripted_plat s;
static struct emu_config c;
static struct emu_machine m;
static const struct loader_arch arch = {.name = "test86"};
static const struct board translates = {.loader = &arch, .translates = true}, interprets = {.loader = &arch};
static unsigned given; // ranges of code memory that nobody gave back
static u8 memory[16];

static int code_alloc(struct plat *p, u64 size, struct plat_code *out) {
    assert_int_equal(size, EMU_CODE_MEMORY);
    given++;
    *out = (struct plat_code){memory, memory, size};
    return 0;
}
static int none_left(struct plat *p, u64 size, struct plat_code *out) { return ERR_NO_MEMORY; }
static void code_free(struct plat *p, struct plat_code *code) {
    given--;
    *code = (struct plat_code){0};
}

static int setup(void **state) {
    scripted_plat_init(&s);
    s.plat.code_alloc = code_alloc, s.plat.code_free = code_free;
    config_defaults(&c);
    m = (struct emu_machine){.plat = &s.plat, .config = &c, .kind = &translates};
    given = 0;
    return 0;
}

// The engine that a machine gets, closed again.
static enum emu_engine opened(void) {
    static struct x86_cpu cpu;
    s.log_len = 0, s.log[0] = 0;
    assert_int_equal(engine_open(&m), 0);
    engine_give(&m, &cpu.v);
    assert_int_equal(cpu.engine, m.engine);
    assert_int_equal(cpu.code_memory.size, m.engine == ENGINE_TRANSLATE ? EMU_CODE_MEMORY : 0);
    assert_int_equal(given, m.engine == ENGINE_TRANSLATE);
    engine_close(&m);
    assert_int_equal(given, 0);
    return m.engine;
}

static void refused(const char *text) {
    s.log_len = 0, s.log[0] = 0;
    int err = engine_check(&c, &s.plat, m.kind);
    if (!err) err = engine_open(&m);
    assert_true(err < 0);
    if (!scripted_logged(&s, text)) fail_msg("not \"%s\" but %s", text, s.log);
    engine_close(&m);
    assert_int_equal(given, 0);
}

static void auto_translates_where_it_can(void **state) {
    assert_int_equal(opened(), ENGINE_TRANSLATE);
    assert_string_equal(s.log, "");
    m.kind = &interprets;
    assert_int_equal(opened(), ENGINE_INTERPRET);
    assert_true(scripted_logged(&s, "engine: this version cannot translate test86, and interprets it"));
    m.kind = &translates;
    s.plat.code_alloc = none_left;
    assert_int_equal(opened(), ENGINE_INTERPRET);
    assert_true(scripted_logged(&s, "engine: there is no memory for translated code here: the guest is interpreted"));
    s.plat.code_alloc = NULL;
    assert_int_equal(opened(), ENGINE_INTERPRET);
    assert_true(scripted_logged(&s, "there is no memory for translated code"));
}

static void interpret_is_a_choice(void **state) {
    c.engine = ENGINE_INTERPRET;
    assert_int_equal(opened(), ENGINE_INTERPRET);
    assert_string_equal(s.log, "");
}

static void translate_is_a_demand(void **state) {
    c.engine = ENGINE_TRANSLATE;
    assert_int_equal(engine_check(&c, &s.plat, m.kind), 0);
    assert_int_equal(opened(), ENGINE_TRANSLATE);
    m.kind = &interprets;
    refused("engine: this version cannot translate test86; right is interpret, or auto");
    m.kind = &translates;
    s.plat.code_alloc = none_left;
    refused("engine: there is no memory for translated code here (32 MiB); right is interpret, or auto");
    s.plat.code_alloc = NULL;
    refused("engine: there is no memory for translated code here (32 MiB)");
}

static struct emu_engine_report done;
static void did(void *cpu, struct emu_engine_report *r) { *r = done; }

// What the processor before a restart has done counts as well.
static void reports_add_up(void **state) {
    struct emu_result r = {.instructions = 4000};
    int cpu;
    m.cpu = (struct cpu_port){.cpu = &cpu, .engine = did};
    done = (struct emu_engine_report){true, 1, 2, 3, 4, 5, 4096, 1000, 100, true};
    engine_report(&m, &m.engines);
    done = (struct emu_engine_report){true, 10, 20, 30, 40, 50, 8192, 2000, 200, false};
    engine_report(&m, &r.engine);
    assert_true(r.engine.block_dumped);
    engine_tell(&m, &r);
    assert_string_equal(
        s.records,
        "{\"softmetal\":\"engine\",\"engine\":\"translate\",\"blocks_translated\":11,\"blocks_dropped\":22,"
        "\"flushes\":33,\"code_full\":44,\"blocks_of_other_mode\":55,\"code_bytes\":12288,\"insns_translated\":3000,\"handler_calls\":300}\n");
    assert_string_equal(s.log,
                        "engine: translate; 75.0 % of instructions in translated code, 10.0 % of these by the interpreter's "
                        "handlers; 11 blocks, 12 KiB of code, 22 dropped, started over 33 times\n");
}

static void tell(void *cpu, struct plat *p) { p->record(p, "told"); }

static void handlers_are_told_when_asked(void **state) {
    int cpu;
    m.cpu = (struct cpu_port){.cpu = &cpu, .handlers = tell};
    engine_tell_handlers(&m);
    assert_string_equal(s.records, "");
    c.count_handlers = true;
    engine_tell_handlers(&m);
    assert_string_equal(s.records, "told\n");
    m.cpu.handlers = NULL; // an interpreter's
    engine_tell_handlers(&m);
    m.cpu.cpu = NULL; // the processor was not made
    engine_tell_handlers(&m);
    assert_string_equal(s.records, "told\n");
}

static void an_interpreter_says_so(void **state) {
    struct emu_result r = {.instructions = 4000};
    engine_report(&m, &r.engine);
    engine_tell(&m, &r);
    assert_string_equal(s.records, "{\"softmetal\":\"engine\",\"engine\":\"interpret\"}\n");
    assert_string_equal(s.log, "engine: interpret\n");
}

static void a_block_that_was_not_told(void **state) {
    struct emu_result r = {.engine = {.translated = true}};
    engine_tell(&m, &r);
    assert_false(scripted_logged(&s, "dump_block"));
    c.has_dump_block = true, c.dump_block = 0xffffffff81000000;
    engine_tell(&m, &r);
    assert_true(scripted_logged(&s, "dump_block: no code was made for a block that starts at 0xffffffff81000000"));
    r.engine.block_dumped = true;
    s.log_len = 0, s.log[0] = 0;
    engine_tell(&m, &r);
    assert_false(scripted_logged(&s, "dump_block"));
}

static void the_largest_numbers(void **state) {
    struct emu_result r = {.instructions = ~(u64)0};
    r.engine = (struct emu_engine_report){true, ~(u64)0, ~(u64)0, ~(u64)0, ~(u64)0, ~(u64)0, ~(u64)0, ~(u64)0, ~(u64)0, false};
    engine_tell(&m, &r);
    assert_string_equal(s.records + s.records_len - 23, ":18446744073709551615}\n"); // nothing is cut
    assert_true(scripted_logged(&s, "100.0 % of instructions"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(auto_translates_where_it_can, setup), cmocka_unit_test_setup(interpret_is_a_choice, setup),
        cmocka_unit_test_setup(translate_is_a_demand, setup),        cmocka_unit_test_setup(reports_add_up, setup),
        cmocka_unit_test_setup(an_interpreter_says_so, setup),       cmocka_unit_test_setup(the_largest_numbers, setup),
        cmocka_unit_test_setup(a_block_that_was_not_told, setup),    cmocka_unit_test_setup(handlers_are_told_when_asked, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
