// SPDX-License-Identifier: MIT
// A row for each thing that shapes a machine, or what a restart of it would load. What it does not name may be another in the run that is
// restored: the engine, the script, how the run ends.
#include "core/text.h"
#include "loader/image.h"
#include "machine/board.h"
#include "machine/snapshot.h"

#include <string.h>

#define WHOLE (64 * MiB) // a larger image is known by its size and SAMPLES pieces
#define SAMPLES 1024
#define SAMPLE 4096

typedef unsigned long long ull;

static void say_image(struct text *t, const struct blob *b) {
    struct hash h;
    if (!b->data) {
        text_say(t, "none");
        return;
    }
    hash_init(&h);
    if (b->size <= WHOLE) hash_bytes(&h, b->data, b->size);
    else
        for (u64 i = 0; i < SAMPLES; i++) hash_bytes(&h, b->data + (b->size - SAMPLE) / (SAMPLES - 1) * i, SAMPLE);
    text_say(t, "%llu bytes, hash %016llx", (ull)b->size, (ull)hash_final(&h));
}

static void say_text(struct text *t, const char *text) {
    struct hash h;
    hash_init(&h);
    hash_bytes(&h, text, strlen(text));
    text_say(t, "\"%.100s\"", text);
    if (strlen(text) > 100) text_say(t, ", hash %016llx", (ull)hash_final(&h));
}

static void say_bool(struct text *t, bool value) { text_say(t, value ? "true" : "false"); }

static void version(const struct emu_machine *m, struct text *t) { text_say(t, "%s", machine_version); }
static void arch(const struct emu_machine *m, struct text *t) { text_say(t, "%s", m->kind->loader->name); }
static void cpu(const struct emu_machine *m, struct text *t) {
    text_say(t, "%s", m->config->cpu[0] ? m->config->cpu : "the default");
}
static void gic(const struct emu_machine *m, struct text *t) { text_say(t, m->config->gic == GIC_V2 ? "v2" : "v3"); }
static void memory(const struct emu_machine *m, struct text *t) { text_say(t, "%llu MiB", (ull)(m->ram_size / MiB)); }
static void seed(const struct emu_machine *m, struct text *t) { text_say(t, "%llu", (ull)m->config->seed); }
static void kernel(const struct emu_machine *m, struct text *t) { say_image(t, &m->inputs.kernel); }
static void initrd(const struct emu_machine *m, struct text *t) { say_image(t, &m->inputs.initrd); }
static void cdrom(const struct emu_machine *m, struct text *t) { say_image(t, &m->inputs.cdrom); }
static void bios(const struct emu_machine *m, struct text *t) { say_image(t, &m->inputs.bios); }
static void firmware(const struct emu_machine *m, struct text *t) { say_image(t, &m->inputs.firmware); }
static void vga_bios(const struct emu_machine *m, struct text *t) { say_image(t, &m->inputs.vga_bios); }
static void nvram(const struct emu_machine *m, struct text *t) { text_say(t, "%llu bytes", m->nvram ? (ull)m->nvram->size : 0); }
static void screen(const struct emu_machine *m, struct text *t) { text_say(t, "%u", (unsigned)m->config->screen); }
static void boot(const struct emu_machine *m, struct text *t) {
    for (unsigned i = 0; i < CONFIG_BOOTS; i++) text_say(t, "%u", (unsigned)m->config->boot[i]);
}
static void append(const struct emu_machine *m, struct text *t) { say_text(t, m->config->append); }
static void paths(const struct emu_machine *m, struct text *t) {
    say_text(t, config_in_cdrom(m->config->kernel) ? m->config->kernel : "");
    say_text(t, config_in_cdrom(m->config->initrd) ? m->config->initrd : "");
}
static void disk(const struct emu_machine *m, struct text *t) {
    for (unsigned i = 0; i < CONFIG_DISKS; i++) text_say(t, "%s%llu", i ? ", " : "", m->disk[i] ? (ull)m->disk[i]->size : 0);
    text_say(t, " bytes; kept outside of snapshots:");
    for (unsigned i = 0; i < CONFIG_DISKS; i++) text_say(t, " %u", m->disk[i] && m->disk[i]->keeps);
}
static void load_address(const struct emu_machine *m, struct text *t) {
    const struct emu_config *c = m->config;
    if (!c->has_load_address) text_say(t, "none");
    else text_say(t, "0x%llx, entry 0x%llx", (ull)c->load_address, (ull)(c->has_entry ? c->entry : c->load_address));
}
static void virtio_console(const struct emu_machine *m, struct text *t) { say_bool(t, m->config->virtio_console); }
static void testdev(const struct emu_machine *m, struct text *t) { say_bool(t, m->config->testdev); }
static void console_serial(const struct emu_machine *m, struct text *t) { say_bool(t, m->config->console_serial); }

// The version first: what the others say is of that version.
#define ROW(name) {#name, name}
static const struct {
    const char *name;
    void (*say)(const struct emu_machine *m, struct text *t);
} rows[] = {
    ROW(version), ROW(arch),           ROW(cpu),      ROW(gic),          ROW(memory),
    ROW(seed),    ROW(kernel),         ROW(initrd),   ROW(cdrom),        ROW(bios),
    ROW(append),  ROW(paths),          ROW(disk),     ROW(load_address), ROW(virtio_console),
    ROW(testdev), ROW(console_serial), ROW(firmware), ROW(boot),         ROW(vga_bios),
    ROW(screen),  ROW(nvram),
};

bool identity_say(const struct emu_machine *m, unsigned row, const char **name, char text[IDENTITY_TEXT]) {
    if (row >= countof(rows)) return false;
    struct text t = {text, IDENTITY_TEXT};
    memset(text, 0, IDENTITY_TEXT);
    rows[row].say(m, &t);
    *name = rows[row].name;
    return true;
}
