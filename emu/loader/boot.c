// SPDX-License-Identifier: MIT
// Command lines: words between blanks, where double quotes hold blanks (the kernel's own rule in next_arg).
#include "loader/boot.h"

#include "base/bits.h"
#include "base/err.h"

#include <string.h>

u64 boot_initrd_size(const struct boot *b) {
    u64 size = 0;
    for (unsigned i = 0; i < b->initrds; i++) size = align_up(size, 4) + b->initrd[i].size;
    return size;
}

int boot_set_cmdline(struct boot *b, struct plat *p, const char *text, size_t length) {
    if (length >= sizeof b->cmdline) {
        log_error(p, "the command line has %zu bytes; right is at most %zu", length, sizeof b->cmdline - 1);
        return ERR_RANGE;
    }
    memmove(b->cmdline, text, length);
    b->cmdline[length] = 0;
    return 0;
}

// The pool ends with the last module's string and its NUL.
static int add_text(struct boot *b, const char *text, size_t length) {
    if (length >= sizeof b->module_text - b->module_text_used) return ERR_RANGE;
    memcpy(b->module_text + b->module_text_used, text, length);
    b->module_text_used += length;
    b->module_text[b->module_text_used++] = 0;
    return 0;
}

int boot_add_module(struct boot *b, const struct span *file, const char *name, size_t length, bool as_it_is) {
    if (b->modules == BOOT_MODULES) return ERR_UNSUPPORTED;
    const char *text = b->module_text + b->module_text_used;
    int e = add_text(b, name, length);
    if (!e) b->module[b->modules++] = (struct boot_module){.file = *file, .text = text, .as_it_is = as_it_is};
    return e;
}

int boot_add_module_text(struct boot *b, const char *text, size_t length) {
    if (length + 2 > sizeof b->module_text - b->module_text_used) return ERR_RANGE;
    b->module_text[b->module_text_used - 1] = ' '; // in place of the NUL
    return add_text(b, text, length);
}

void boot_file_name(const char *path, char *name, size_t size) {
    const char *slash = strrchr(path, '/');
    plat_format(name, size, "%s", slash ? slash + 1 : path);
    for (char *c = name; *c; c++)
        if (*c == ' ' || *c == '\t') *c = '_';
}

static bool blank(char c) { return c == ' ' || c == '\t'; }

// The next word at or after *s, which moves past it; its length, 0 at the end.
static size_t next_word(const char **s, const char **word) {
    while (blank(**s)) ++*s;
    *word = *s;
    for (bool quoted = false; **s && (quoted || !blank(**s)); ++*s) quoted ^= **s == '"';
    return (size_t)(*s - *word);
}

static bool is_separator(const char *word, size_t length) {
    return (length == 2 || length == 3) && !strncmp(word, "---", length);
}

void boot_hint_console(const struct boot *b, struct plat *p, const char *serial, bool hvc, bool told) {
    const char *word, *s = b->cmdline, *last = NULL;
    size_t n, length = 0, kind = strlen(serial) - 1; // without the number: any of them counts
    while ((n = next_word(&s, &word))) {
        if (n < 8 || strncmp(word, "console=", 8)) continue;
        if (n >= 8 + kind && !strncmp(word + 8, serial, kind)) return;
        if (hvc && n >= 11 && !strncmp(word, "console=hvc", 11)) return;
        last = word, length = n;
    }
    if (last)
        log_info(p, "command line: no console is behind \"%.*s\": the guest will be silent without console=%s", (int)length, last,
                 serial);
    else if (!told) log_info(p, "command line: it has no console=: the guest will be silent without console=%s", serial);
}

int boot_add_console(struct boot *b, struct plat *p) {
    static const char console[] = "console=ttyS0";
    const char *word, *s = b->cmdline;
    size_t at = strlen(b->cmdline), length = at, n;
    while (at && blank(b->cmdline[at - 1])) at--;
    bool separated = false;
    while ((n = next_word(&s, &word))) {
        if (n >= 8 && !strncmp(word, "console=", 8)) return 0;
        if (!separated && is_separator(word, n)) at = (size_t)(word - b->cmdline), separated = true;
    }
    size_t extra = sizeof console - 1 + 1; // and one blank
    if (length + extra >= sizeof b->cmdline) {
        log_error(p, "the command line has %zu bytes: no room to add %s", length, console);
        return ERR_RANGE;
    }
    memmove(b->cmdline + at + extra, b->cmdline + at, length - at + 1);
    memcpy(b->cmdline + at + !separated, console, sizeof console - 1);
    b->cmdline[separated ? at + extra - 1 : at] = ' ';
    if (!at && !separated) memmove(b->cmdline, b->cmdline + 1, strlen(b->cmdline));
    log_info(p, "command line: added %s, since the machine's console is serial (console_serial = false leaves it out)", console);
    return 0;
}
