// SPDX-License-Identifier: MIT
// What there is to choose from, as a person sees it: its words, and what can be known of it at a glance.
#include "base/bits.h"
#include "boot/boot.h"
#include "boot/names.h"
#include "boot/peek.h"
#include <string.h>

void entries_of_sections(struct boot *b) {
    const struct config_file *f = &b->file;
    char name[CONFIG_SECTION];
    b->entries = 0;
    for (unsigned n = 0; b->entries < MENU_ENTRIES && config_section(f->text, f->size, n, name); n++) {
        struct entry *e = &b->entry[b->entries++];
        memset(e, 0, sizeof *e);
        e->section = true;
        e->config = b->config;
        strcpy(e->name, name);
    }
}

// --- words

static bool add_word(char *words, size_t room, const char *key, const char *value) {
    size_t n = strlen(words);
    bool quoted = value[strcspn(value, " #\"")];
    size_t size = (size_t)plat_format(words + n, room - n, "%s = %s", key, quoted ? "\"" : "");
    for (; *value && n + size + 4 < room; value++) {
        if (*value == '"') words[n + size++] = '\\';
        words[n + size++] = *value;
    }
    if (n + size + 4 >= room) return false;
    plat_format(words + n + size, room - n - size, "%s\n", quoted ? "\"" : "");
    return true;
}

// Whether one of the lines is about that key.
static bool has_word(const char *words, const char *key) {
    size_t n = strlen(key);
    for (const char *p = words; *p; p += strcspn(p, "\n"), p += *p == '\n')
        if (!strncmp(p, key, n) && (p[n] == ' ' || p[n] == '=')) return true;
    return false;
}

bool entry_words(struct boot *b, const struct entry *e, char *words, size_t room) {
    const struct config_file *f = &b->file;
    *words = 0;
    if (f->name && !config_section_text(f->text, f->size, e->section ? e->name : "", words, room)) return false;
    if (!e->section && !add_word(words, room, "kernel", e->name)) return false;
    if (e->initrd[0] && !add_word(words, room, "initrd", e->initrd)) return false;
    return has_word(words, "append") || add_word(words, room, "append", "");
}

// --- at a glance

struct glance {
    u64 size;
    struct peek peek;
};

// An ISO as a disc: sector by sector out of its file.
struct file_disc {
    struct disc disc;
    EFI_FILE_HANDLE f;
};

static bool read_at(EFI_FILE_HANDLE f, u64 at, void *to, UINTN *n) {
    return !EFI_ERROR(f->SetPosition(f, at)) && !EFI_ERROR(f->Read(f, n, to));
}

static bool read_file_sector(struct disc *d, u64 sector, void *data) {
    UINTN n = DISC_SECTOR;
    return read_at(((struct file_disc *)(void *)d)->f, sector * DISC_SECTOR, data, &n) && n == DISC_SECTOR;
}

static bool look(struct boot *b, const struct place *root, const char *path, struct glance *out) {
    static u8 head[PEEK_BYTES];
    static struct file_disc d;
    EFI_FILE_HANDLE f;
    UINTN n = sizeof head;
    char whole[CONFIG_TEXT + BOOT_PATH];
    plat_format(whole, sizeof whole, "%s%s", root->folder, path);
    if (EFI_ERROR(volume_file(b, root->volume, whole, &f))) return false;
    bool ok = volume_size(b, f, "image", path, &out->size);
    bool near = !b->volume[root->volume].server; // each look at a server's file takes it from its begin
    if (ok && near && read_at(f, 0, head, &n) && n <= sizeof head) {
        d = (struct file_disc){.disc = {.read = read_file_sector, .sectors = out->size / DISC_SECTOR}, .f = f};
        out->peek = peek(head, n, &d.disc);
    }
    f->Close(f);
    return ok;
}

// Where it would be found first (find.c); on no other volume: looking must not take long.
static bool glance(struct boot *b, const struct entry *e, const char *path, struct glance *out) {
    const struct place root = {.volume = e->config.volume};
    *out = (struct glance){0};
    if (!path[0] || config_in_cdrom(path)) return false;
    return look(b, &root, path, out) || (e->config.folder[0] && look(b, &e->config, path, out));
}

static void say_nothing(struct plat *p, enum log_level level, const char *line) {}

// What the section says of itself. false: that it is wrong.
static bool section_config(struct boot *b, const struct entry *e, struct emu_config *c) {
    struct plat silent = {.log = say_nothing};
    config_defaults(c);
    strcpy(c->section, e->name);
    return config_parse(c, &silent, b->file.name, b->file.text, b->file.size) >= 0;
}

static size_t add(char *to, size_t room, size_t n, const char *text) {
    return n < room ? n + (size_t)plat_format(to + n, room - n, "%s%s", n ? ", " : "", text) : n;
}

static void describe_section(struct boot *b, const struct entry *e, struct menu_entry *out) {
    static struct emu_config c;
    struct glance g;
    char text[MENU_ABOUT];
    size_t n = 0, room = sizeof out->about;
    if (!section_config(b, e, &c)) {
        plat_format(out->about, room, "it cannot be started as it stands: starting it says what is wrong");
        return;
    }
    const char *image = c.kernel[0] && !config_in_cdrom(c.kernel) ? c.kernel : c.cdrom;
    static const char *const arch[] = {[ARCH_X86_64] = "x86_64", [ARCH_RISCV64] = "riscv64", [ARCH_ARM64] = "arm64"};
    n = add(out->about, room, n, image[0] ? image : c.hardware ? "what this PC has" : "no image of its own");
    if (glance(b, e, image, &g)) {
        plat_format(text, sizeof text, "%llu MiB", (unsigned long long)((g.size + MiB - 1) / MiB));
        n = add(out->about, room, n, text);
    }
    if (c.arch != ARCH_NONE) g.peek.arch = arch[c.arch];
    if (g.peek.arch) n = add(out->about, room, n, g.peek.arch);
    if (g.peek.kind) n = add(out->about, room, n, config_in_cdrom(c.kernel) ? c.kernel : g.peek.kind);
    if (c.append[0]) plat_format(out->place, sizeof out->place, "append = %.140s", c.append);
}

void entry_describe(struct boot *b, const struct entry *e, struct menu_entry *out) {
    struct glance g;
    char text[MENU_ABOUT];
    *out = (struct menu_entry){0};
    static_assert(sizeof out->name >= sizeof e->name);
    strcpy(out->name, e->name);
    if (e->section) {
        describe_section(b, e, out);
        return;
    }
    size_t n = 0, room = sizeof out->about;
    if (glance(b, e, e->name, &g)) {
        plat_format(text, sizeof text, "%llu MiB", (unsigned long long)((g.size + MiB - 1) / MiB));
        n = add(out->about, room, n, text);
    }
    if (g.peek.arch) n = add(out->about, room, n, g.peek.arch);
    if (g.peek.kind) n = add(out->about, room, n, g.peek.kind);
    if (e->initrd[0]) {
        plat_format(text, sizeof text, "with initrd %.120s", e->initrd);
        n = add(out->about, room, n, text);
    }
    if (e->config.volume != b->own.volume) plat_format(out->place, sizeof out->place, "on %s", b->volume[e->config.volume].name);
}
