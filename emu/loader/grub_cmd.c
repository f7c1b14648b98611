// SPDX-License-Identifier: MIT
// GRUB's commands, in four kinds: those that say what to boot, those that set variables, those that only touch the screen, the
// keyboard or GRUB itself, and those that start something else than a kernel. One that is in none of them is refused.
#include "loader/grub.h"

#include "base/err.h"
#include "loader/arch.h"

#include <string.h>

static bool is_one_of(struct text t, const char *const *names, unsigned count) {
    for (unsigned i = 0; i < count; i++)
        if (text_equal(t, names[i])) return true;
    return false;
}

// Variables

// root is kept without the parentheses that it may be given in, as GRUB's own hook does.
static int assign(struct grub *g, struct menu_place at, struct grub_word w) {
    struct text name, value;
    if (!grub_split(w.text, &name, &value)) {
        grub_status(g, false);
        return 0;
    }
    if (text_equal(name, "root") && value.n > 1 && *value.s == '(' && value.s[value.n - 1] == ')') value.s++, value.n -= 2;
    grub_status(g, true);
    return grub_set(g, at, name, value, w.doubt);
}

static int do_set(struct grub *g, const struct grub_call *c) {
    if (c->words > 1) return assign(g, c->at, c->word[1]);
    grub_status(g, true);
    return 0;
}

static int do_unset(struct grub *g, const struct grub_call *c) {
    for (unsigned i = 1; i < c->words; i++) grub_unset(g, c->word[i].text);
    grub_status(g, true);
    return 0;
}

static int do_export(struct grub *g, const struct grub_call *c) {
    int e = 0;
    for (unsigned i = 1; i < c->words && !e; i++) e = grub_export(g, c->at, c->word[i].text);
    grub_status(g, true);
    return e;
}

// What is booted

static bool is_hex(char c) { return (c >= '0' && c <= '9') || ((c | 32) >= 'a' && (c | 32) <= 'f'); }

// A word with a blank inside gets quotes, and what would read as a quote a \ (grub-core/lib/cmdline.c).
static int append_word(struct grub *g, struct menu_place at, const struct grub_word *w,
                       int (*append)(struct menu *m, struct menu_place at, struct text text)) {
    char plain[2048];
    struct text t = w->text;
    size_t n = 0;
    bool quotes = t.n && memchr(t.s, ' ', t.n);
    if (w->doubt) return grub_refuse_doubt(g, at, w->doubt, "a word of the command line");
    if (2 * t.n + 2 > sizeof plain)
        return menu_refuse(g->m, at, "a word of the command line has more than %zu bytes", sizeof plain / 2 - 1);
    if (quotes) plain[n++] = '"';
    for (size_t k = 0; k < t.n; k++) {
        bool code = t.s[k] == '\\' && k + 3 < t.n && t.s[k + 1] == 'x' && is_hex(t.s[k + 2]) && is_hex(t.s[k + 3]); // \x20
        if (memchr("\\'\"", t.s[k], 3) && !code) plain[n++] = '\\';
        plain[n++] = t.s[k];
    }
    if (quotes) plain[n++] = '"';
    return append(g->m, at, (struct text){plain, n});
}

static int do_linux(struct grub *g, const struct grub_call *c) {
    char path[ISO_PATH];
    doubt_t doubt;
    struct menu *m = g->m;
    const struct text name = c->word[0].text;
    enum menu_kind kind = text_equal(name, "multiboot")    ? MENU_MULTIBOOT1
                          : text_equal(name, "multiboot2") ? MENU_MULTIBOOT2
                                                           : MENU_LINUX;
    unsigned i = 1;
    while (i < c->words && text_starts(c->word[i].text, "--")) i++; // multiboot --quirk-...
    if (i == c->words) return menu_refuse(m, c->at, "it names no kernel");
    if (g->maybe) return grub_refuse_doubt(g, c->at, g->maybe, "whether this kernel is started");
    int e = grub_path(g, c->word[i], path, &doubt, c->at);
    if (e && doubt) return grub_refuse_doubt(g, c->at, doubt, "where the kernel is");
    if (e) return menu_refuse(m, c->at, "%.*s is no path of a kernel", MENU_SHOWN(c->word[i].text));
    if ((e = menu_kernel(m, c->at, path, kind))) return e;
    g->has_kernel = true;
    while (++i < c->words && !e) e = append_word(g, c->at, &c->word[i], menu_append);
    grub_status(g, true);
    return e;
}

static int do_initrd(struct grub *g, const struct grub_call *c) {
    char path[ISO_PATH];
    doubt_t doubt;
    if (!g->has_kernel) return menu_refuse(g->m, c->at, "an initrd is named, but no kernel before it");
    if (g->maybe) return grub_refuse_doubt(g, c->at, g->maybe, "whether this initrd is loaded");
    g->m->boot->initrds = 0;
    for (unsigned i = 1; i < c->words; i++) {
        struct text t = c->word[i].text;
        if (text_starts(t, "newc:"))
            return menu_refuse(g->m, c->at, "%.*s: files are not packed into an initrd here", MENU_SHOWN(t));
        if (text_starts(t, "--")) continue;
        int e = grub_path(g, c->word[i], path, &doubt, c->at);
        if (e && doubt) return grub_refuse_doubt(g, c->at, doubt, "where the initrd is");
        if (e) return menu_refuse(g->m, c->at, "%.*s is no path of an initrd", MENU_SHOWN(t));
        if ((e = menu_initrd(g->m, c->at, path))) return e;
    }
    grub_status(g, true);
    return 0;
}

static int do_module(struct grub *g, const struct grub_call *c) {
    char path[ISO_PATH];
    doubt_t doubt;
    struct menu *m = g->m;
    bool as_it_is = false;
    unsigned i = 1;
    if (!g->has_kernel || !m->boot->multiboot)
        return menu_refuse(m, c->at, "a module is named, but no Multiboot kernel before it");
    if (g->maybe) return grub_refuse_doubt(g, c->at, g->maybe, "whether this module is loaded");
    for (; i < c->words && text_starts(c->word[i].text, "--"); i++) as_it_is |= text_equal(c->word[i].text, "--nounzip");
    if (i == c->words) return menu_refuse(m, c->at, "it names no module");
    int e = grub_path(g, c->word[i], path, &doubt, c->at);
    if (e && doubt) return grub_refuse_doubt(g, c->at, doubt, "where the module is");
    if (e) return menu_refuse(m, c->at, "%.*s is no path of a module", MENU_SHOWN(c->word[i].text));
    e = menu_module(m, c->at, path, text_of(path), as_it_is);
    while (++i < c->words && !e) e = append_word(g, c->at, &c->word[i], menu_module_append);
    grub_status(g, true);
    return e;
}

static int do_boot(struct grub *g, const struct grub_call *c) {
    if (!g->has_kernel) return menu_refuse(g->m, c->at, "it boots, but no kernel has been named before");
    if (g->maybe) return grub_refuse_doubt(g, c->at, g->maybe, "whether it boots here");
    g->flow = GRUB_DONE;
    return 0;
}

// Menus

static int keep_params(struct grub *g, const struct grub_call *c, struct grub_entry *entry, const struct grub_word *param,
                       unsigned n) {
    int e = 0;
    for (unsigned i = 0; i < n && !e; i++) e = grub_keep(g, c->at, param[i].text, &entry->param[i]);
    entry->params = n;
    entry->title = n ? entry->param[0] : (struct text){0};
    return e;
}

static int do_menuentry(struct grub *g, const struct grub_call *c) {
    static const char *const with_value[] = {"--class", "--users", "--hotkey", "--source", "--id"};
    struct grub_entry entry = {.submenu = text_equal(c->word[0].text, "submenu"), .doubt = g->maybe, .body = c->block};
    struct grub_word param[GRUB_PARAMS], id = {0};
    doubt_t unsure = 0;
    unsigned params = 0;
    bool has_id = false, options = true;
    if (!c->has_block) return menu_refuse(g->m, c->at, "%.*s has no { on its line", MENU_SHOWN(c->word[0].text));
    for (unsigned i = 1; i < c->words; i++) {
        struct grub_word w = c->word[i];
        if (w.doubt) unsure = w.doubt;
        if (options && text_equal(w.text, "--")) {
            options = false;
        } else if (options && is_one_of(w.text, with_value, countof(with_value))) {
            if (i + 1 == c->words) return menu_refuse(g->m, c->at, "nothing stands behind %.*s", MENU_SHOWN(w.text));
            i++;
            if (text_equal(w.text, "--id")) id = c->word[i], has_id = true;
        } else if (options && text_starts(w.text, "--")) {
            if (text_starts(w.text, "--id=")) id = (struct grub_word){{w.text.s + 5, w.text.n - 5}, w.doubt}, has_id = true;
        } else if (params == GRUB_PARAMS) {
            return menu_refuse(g->m, c->at, "the entry has more than %u words", GRUB_PARAMS);
        } else {
            param[params++] = w;
        }
    }
    if (!params) return menu_refuse(g->m, c->at, "the entry has no title");
    if (g->entries >= GRUB_ENTRIES) return g->entries++, 0;
    int e = keep_params(g, c, &entry, param, params);
    entry.id = entry.title;
    if (!e && has_id) e = grub_keep(g, c->at, id.text, &entry.id);
    entry.title_doubt = unsure;
    if (!e) g->entry[g->entries++] = entry;
    grub_status(g, true);
    return e;
}

// It has a key, but no line in the menu and no number.
static int do_hiddenentry(struct grub *g, const struct grub_call *c) { return grub_status(g, true), 0; }

// The menu of another file takes this one's place for good.
static int do_configfile(struct grub *g, const struct grub_call *c) {
    if (c->words < 2) return menu_refuse(g->m, c->at, "%.*s names no file", MENU_SHOWN(c->word[0].text));
    if (g->maybe) return grub_refuse_doubt(g, c->at, g->maybe, "whether this file takes over");
    if (c->word[1].doubt) return grub_refuse_doubt(g, c->at, c->word[1].doubt, "which file takes over");
    grub_new_context(g);
    g->entries = 0;
    int e = grub_source_file(g, c, c->word[1].text);
    if (e) return e;
    if (g->false_) return menu_refuse(g->m, c->at, "%.*s, which takes over, is not there", MENU_SHOWN(c->word[1].text));
    if (g->flow == GRUB_NEXT && !g->entries && !g->has_kernel)
        return menu_refuse(g->m, c->at, "%.*s, which takes over, has no entries", MENU_SHOWN(c->word[1].text));
    g->flow = GRUB_DONE, g->new_menu = true;
    return 0;
}

static int do_source(struct grub *g, const struct grub_call *c) {
    if (c->words < 2) return menu_refuse(g->m, c->at, "%.*s names no file", MENU_SHOWN(c->word[0].text));
    if (c->word[1].doubt) return grub_refuse_doubt(g, c->at, c->word[1].doubt, "which file is read");
    return grub_source_file(g, c, c->word[1].text);
}

// Flow

static int do_flow(struct grub *g, const struct grub_call *c) {
    struct text name = c->word[0].text;
    bool is_return = text_equal(name, "return");
    if (!is_return && !g->loops) return grub_status(g, false), 0;
    if (g->maybe) return grub_refuse_doubt(g, c->at, g->maybe, "whether it goes on behind this line");
    g->breaks = c->words > 1 && c->word[1].text.n == 1 && *c->word[1].text.s > '0' ? (unsigned)(*c->word[1].text.s - '0') : 1;
    if (g->breaks > g->loops) g->breaks = g->loops;
    g->flow = is_return ? GRUB_RETURN : text_equal(name, "break") ? GRUB_BREAK : GRUB_CONTINUE;
    if (is_return) grub_status(g, c->words < 2 || text_equal(c->word[1].text, "0"));
    return 0;
}

static int do_true(struct grub *g, const struct grub_call *c) { return grub_status(g, true), 0; }
static int do_false(struct grub *g, const struct grub_call *c) { return grub_status(g, false), 0; }

// A PC's processor has long mode and PAE; elsewhere GRUB has no such command.
static int do_cpuid(struct grub *g, const struct grub_call *c) {
    if (strcmp(g->m->boot->arch->grub_platform, "pc")) return grub_status(g, false), 0;
    bool known = c->words == 1 || grub_has_option(c, "long-mode", 'l') || grub_has_option(c, "pae", 'p');
    if (known) grub_status(g, true);
    else grub_status_unknown(g, grub_doubt(g, c->at, "cpuid asks something else than long mode"));
    return 0;
}

static int do_elsewhere(struct grub *g, const struct grub_call *c) {
    // fwsetup --is-supported only asks: there is no UEFI, whatever GRUB's platform is, and GRUB cannot go there.
    if (text_equal(c->word[0].text, "fwsetup") && c->words > 1) return grub_status(g, false), 0;
    if (g->maybe) return grub_refuse_doubt(g, c->at, g->maybe, "whether it leaves GRUB here");
    return menu_refuse(g->m, c->at, "it goes on by %.*s, which starts no Linux or Multiboot kernel", MENU_SHOWN(c->word[0].text));
}

// Says nothing of what is booted; whether it works depends on the machine.
static int do_nothing(struct grub *g, const struct grub_call *c) {
    grub_status_unknown(g, grub_doubt(g, c->at, "whether %.*s works depends on the machine", MENU_SHOWN(c->word[0].text)));
    return 0;
}

// clang-format off
static const struct {
    const char *name;
    int (*run)(struct grub *g, const struct grub_call *c);
} commands[] = {
    {"set", do_set}, {"unset", do_unset}, {"export", do_export}, {"true", do_true}, {"false", do_false}, {"echo", do_true},
    {"[", grub_test}, {"test", grub_test}, {"source", do_source}, {".", do_source}, {"configfile", do_configfile},
    {"menuentry", do_menuentry}, {"submenu", do_menuentry}, {"break", do_flow}, {"continue", do_flow}, {"return", do_flow},
    {"search", grub_search}, {"search.file", grub_search}, {"search.fs_label", grub_search}, {"search.fs_uuid", grub_search},
    {"load_env", grub_load_env}, {"probe", grub_probe}, {"hiddenentry", do_hiddenentry}, {"cpuid", do_cpuid}, {"boot", do_boot},
    {"linux", do_linux}, {"linux16", do_linux}, {"linuxefi", do_linux}, {"multiboot", do_linux}, {"multiboot2", do_linux},
    {"initrd", do_initrd}, {"initrd16", do_initrd}, {"initrdefi", do_initrd}, {"module", do_module}, {"module2", do_module},
};
// clang-format on

static const char *const asks[] = {"regexp",    "smbios",  "read", "rdmsr",     "setpci",    "hashsum",   "getkey",
                                   "cmostest",  "inb",     "inw",  "inl",       "read_byte", "read_word", "read_dword",
                                   "videotest", "hwmatch", "tr",   "keystatus", "cmp"};

// grub_platform is none of GRUB's, but Ubuntu's images have the line: GRUB complains and goes on.
// clang-format off
static const char *const nothing[] = {
    "915resolution", "acpi", "all_functional_test", "at_keyboard", "authenticate", "background_color", "background_image", "backtrace",
    "badram", "blocklist", "cat", "cbmemc", "clear", "cmosclean", "cmosdump", "cmosset", "color", "crc", "cryptomount", "cutmem", "date",
    "devicetree", "distrust", "drivemap", "dump", "efi-watchdog", "fakebios", "fix_video", "functional_test", "gettext", "gfxmode",
    "gptsync", "grub_platform", "hdparm", "hello", "help", "hexdump", "hiddenmenu", "history", "insmod", "keymap", "list_env",
    "list_trusted", "loadbios", "loadfont", "loopback", "ls", "lsacpi", "lsapm", "lscoreboot", "lsefi", "lsefimmap", "lsefisystab",
    "lsfonts", "lsmmap", "lsmod", "lspci", "lssal", "lsusb", "md5sum", "mmap", "nativedisk", "outb", "outl", "outw", "pager", "parttool",
    "password", "password_pbkdf2", "pcidump", "play", "rmmod", "save_env", "sendkey", "serial", "sha1sum", "sha256sum", "sha512sum",
    "shim_lock", "sleep", "terminal", "terminal_input", "terminal_output", "terminfo", "testload", "testspeed", "tpm", "trust", "usb",
    "usb_keyboard", "vbeinfo", "vbetest", "verify_detached", "videoinfo", "write_byte", "write_dword", "write_word", "wrmsr", "zfsinfo"};
// clang-format on

static const char *const elsewhere[] = {"chainloader", "ntldr",        "freedos",    "plan9",         "pxechainloader",
                                        "truecrypt",   "fwsetup",      "halt",       "reboot",        "exit",
                                        "normal_exit", "appleloader",  "kfreebsd",   "knetbsd",       "kopenbsd",
                                        "xnu_kernel",  "xnu_kernel64", "xnu_resume", "xen_hypervisor"};

static int run_command(struct grub *g, const struct grub_call *c) {
    const struct text name = c->word[0].text;
    for (unsigned i = 0; i < countof(commands); i++)
        if (text_equal(name, commands[i].name)) return commands[i].run(g, c);
    for (unsigned i = 0; i < g->functions; i++)
        if (g->function[i].name.n == name.n && !memcmp(g->function[i].name.s, name.s, name.n))
            return grub_call_function(g, &g->function[i], c);
    if (is_one_of(name, nothing, countof(nothing))) return do_nothing(g, c);
    if (is_one_of(name, asks, countof(asks))) return grub_ask(g, c);
    if (is_one_of(name, elsewhere, countof(elsewhere))) return do_elsewhere(g, c);
    if (name.n && memchr(name.s, '=', name.n)) return assign(g, c->at, c->word[0]);
    return menu_refuse(g->m, c->at, "the command %.*s is not followed here", MENU_SHOWN(name));
}

int grub_command(struct grub *g, const struct grub_call *call) {
    struct grub_call c = *call;
    bool negated = text_equal(c.word[0].text, "!");
    if (negated && c.words == 1) return menu_refuse(g->m, c.at, "behind ! there is no command");
    if (negated) c.word++, c.words--;
    struct text name = c.word[0].text;
    bool block = text_equal(name, "menuentry") || text_equal(name, "submenu") || text_equal(name, "hiddenentry");
    if (c.has_block && !block) return menu_refuse(g->m, c.at, "%.*s takes no { }", MENU_SHOWN(name));
    if (c.word[0].doubt && !memchr(name.s, '=', name.n))
        return grub_refuse_doubt(g, c.at, c.word[0].doubt, "which command this is");
    int e = run_command(g, &c);
    if (negated && !g->status_doubt) g->false_ = !g->false_;
    return e;
}
