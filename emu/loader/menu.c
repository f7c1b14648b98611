// SPDX-License-Identifier: MIT
// What the readers of the three kinds of menu share: files, refusals, and the way from a path to bytes.
#include "loader/menu.h"

#include "base/err.h"
#include "loader/arch.h"

#include <stdarg.h>
#include <string.h>

static const char way_out[] = "right is kernel = cdrom:/path/in/iso, with initrd = cdrom:/... and append = ...";

int menu_refuse(struct menu *m, struct menu_place at, const char *format, ...) {
    if (m->reason[0]) return ERR_UNSUPPORTED; // the first reason counts
    int n = at.line ? plat_format(m->reason, sizeof m->reason, "%s: line %u: ", at.file, at.line)
                    : plat_format(m->reason, sizeof m->reason, "%s: ", at.file);
    if (n < 0 || (size_t)n >= sizeof m->reason) n = sizeof m->reason - 1;
    va_list args;
    va_start(args, format);
    plat_vformat(m->reason + n, sizeof m->reason - (size_t)n, format, args);
    va_end(args);
    return ERR_UNSUPPORTED;
}

bool menu_path(const char *folder, struct text name, char path[static ISO_PATH]) {
    size_t at = name.n && *name.s == '/' ? 0 : strlen(folder);
    if (!name.n || at + name.n >= ISO_PATH || memchr(name.s, 0, name.n)) return false;
    memcpy(path, folder, at);
    memcpy(path + at, name.s, name.n);
    path[at + name.n] = 0;
    return true;
}

// A copy that outlives the caller's path; when there is no room for more, messages go without.
static const char *keep_name(struct menu *m, const char *path) {
    size_t n = strlen(path) + 1;
    for (const char *s = m->names; s < m->names + m->named; s += strlen(s) + 1)
        if (!strcmp(s, path)) return s;
    if (n > sizeof m->names - m->named) return "(a file)";
    char *name = m->names + m->named;
    memcpy(name, path, n);
    m->named += n;
    return name;
}

int menu_read(struct menu *m, struct menu_place from, const char *path, struct text *text, const char **name) {
    struct span file;
    int e = iso_find(m->iso, path, &file);
    if (e) return e;
    *name = keep_name(m, path);
    if (!from.file) from.file = *name;
    if (++m->files > MENU_FILES) return menu_refuse(m, from, "with %s it reads more than %u files: a loop", path, MENU_FILES);
    m->bytes += file.size;
    if (m->bytes > MENU_BYTES)
        return menu_refuse(m, from, "with %s the menu's text has %llu bytes; right is at most %u", path,
                           (unsigned long long)m->bytes, MENU_BYTES);
    *text = (struct text){(const char *)file.data, file.size};
    return 0;
}

void menu_title(struct menu *m, struct text title) { plat_format(m->title, sizeof m->title, "%.*s", MENU_SHOWN(title)); }

// Refuses a file that is no kernel, and says what it is where its name tells.
static int refuse_kernel(struct menu *m, struct menu_place at, const struct span *file, const char *path) {
    size_t n = strlen(path);
    const char *kind = n > 4 && text_is((struct text){path + n - 4, 4}, ".c32") ? "a program for isolinux"
                       : file->size > 1 && !memcmp(file->data, "MZ", 2)         ? "a program for UEFI"
                                                                                : NULL;
    if (kind) return menu_refuse(m, at, "it starts %s, which is %s", path, kind);
    return menu_refuse(m, at, "it starts %s, which is no Linux kernel (%s)", path, m->boot->arch->linux_name);
}

int menu_kernel(struct menu *m, struct menu_place at, const char *path, enum menu_kind kind) {
    struct span file;
    int e = iso_find(m->iso, path, &file);
    if (e == ERR_NOT_FOUND) return menu_refuse(m, at, "it starts %s, which is not there", path);
    if (e) return e;
    if (kind == MENU_LINUX && !m->boot->arch->is_linux(&file)) return refuse_kernel(m, at, &file, path);
    memcpy(m->kernel, path, strlen(path) + 1);
    file.name = m->kernel;
    m->boot->kernel = file;
    m->boot->multiboot = kind;
    m->boot->initrds = m->boot->modules = 0;
    m->boot->module_text_used = 0;
    m->boot->cmdline[0] = 0;
    return 0;
}

int menu_initrd(struct menu *m, struct menu_place at, const char *path) {
    struct boot *b = m->boot;
    struct span file;
    int e = iso_find(m->iso, path, &file);
    if (e == ERR_NOT_FOUND) return menu_refuse(m, at, "it names the initrd %s, which is not there", path);
    if (e) return e;
    if (b->initrds == BOOT_INITRDS) return menu_refuse(m, at, "it names more than %u initrds", BOOT_INITRDS);
    file.name = keep_name(m, path);
    b->initrd[b->initrds++] = file;
    return 0;
}

int menu_module(struct menu *m, struct menu_place at, const char *path, struct text name, bool as_it_is) {
    struct span file;
    int e = iso_find(m->iso, path, &file);
    if (e == ERR_NOT_FOUND) return menu_refuse(m, at, "it names the module %s, which is not there", path);
    if (e) return e;
    file.name = keep_name(m, path);
    e = boot_add_module(m->boot, &file, name.s, name.n, as_it_is);
    if (e == ERR_UNSUPPORTED) return menu_refuse(m, at, "it names more than %u modules", BOOT_MODULES);
    return e ? menu_refuse(m, at, "the modules' strings have more than %u bytes", BOOT_MODULE_TEXT) : 0;
}

int menu_module_append(struct menu *m, struct menu_place at, struct text text) {
    if (text.n && memchr(text.s, 0, text.n)) return menu_refuse(m, at, "the module's string has a NUL byte in it");
    int e = boot_add_module_text(m->boot, text.s, text.n);
    return e ? menu_refuse(m, at, "the modules' strings have more than %u bytes", BOOT_MODULE_TEXT) : 0;
}

int menu_append(struct menu *m, struct menu_place at, struct text text) {
    struct boot *b = m->boot;
    size_t n = strlen(b->cmdline), blank = n > 0;
    if (text.n && memchr(text.s, 0, text.n)) return menu_refuse(m, at, "the command line has a NUL byte in it");
    if (n + blank + text.n >= sizeof b->cmdline)
        return menu_refuse(m, at, "the command line has %zu bytes and more; right is at most %zu", n + blank + text.n,
                           sizeof b->cmdline - 1);
    if (blank) b->cmdline[n++] = ' ';
    if (text.n) memcpy(b->cmdline + n, text.s, text.n);
    b->cmdline[n + text.n] = 0;
    return 0;
}

// Once it is sure what is started: a script could name kernels without end.
static void tell(const struct menu *m) {
    struct plat *p = m->iso->plat;
    struct boot *b = m->boot;
    log_info(p, "%s: its boot menu starts \"%s\": kernel %s, %llu bytes", m->iso->image.name, m->title, m->kernel,
             (unsigned long long)b->kernel.size);
    for (unsigned i = 0; i < b->initrds; i++) {
        log_info(p, "initrd %s: %llu bytes", b->initrd[i].name, (unsigned long long)b->initrd[i].size);
        b->initrd[i].name = "initrd";
    }
    for (unsigned i = 0; i < b->modules; i++) {
        log_info(p, "module %s: %llu bytes", b->module[i].file.name, (unsigned long long)b->module[i].file.size);
        b->module[i].file.name = "module"; // its path goes with the menu
    }
}

int menu_boot(struct iso *iso, struct boot *b, char kernel_name[static ISO_PATH]) {
    const struct {
        int (*boot)(struct menu *m);
        bool there;
    } kinds[] = {{isolinux_boot, b->arch->isolinux}, {grub_boot, true}, {bls_boot, b->arch->loader_entries}};
    char reasons[countof(kinds)][MENU_REASON];
    struct menu m;
    unsigned refused = 0;
    int e = ERR_NOT_FOUND;
    for (unsigned i = 0; i < countof(kinds) && e; i++) {
        if (!kinds[i].there) continue;
        memset(&m, 0, sizeof m);
        m.iso = iso, m.boot = b;
        e = kinds[i].boot(&m);
        if (e && e != ERR_NOT_FOUND && !m.reason[0]) return e; // the ISO itself is broken
        if (e == ERR_UNSUPPORTED) memcpy(reasons[refused++], m.reason, sizeof m.reason);
    }
    // Why a menu was refused is logged only when no other one starts the ISO.
    for (unsigned i = 0; i < refused; i++)
        log_at(iso->plat, e ? LOG_ERROR : LOG_INFO, "%s: boot menu: %s", iso->image.name, reasons[i]);
    if (e && refused) log_error(iso->plat, "%s: no boot menu in it can be followed; %s", iso->image.name, way_out);
    if (e && !refused)
        log_error(iso->plat, "%s: no %sGRUB menu%s in it; %s", iso->image.name, b->arch->isolinux ? "isolinux or " : "",
                  b->arch->loader_entries ? " and no loader entries" : "", way_out);
    if (e) return refused ? ERR_UNSUPPORTED : e;
    tell(&m);
    memcpy(kernel_name, m.kernel, sizeof m.kernel);
    b->kernel.name = kernel_name;
    return 0;
}
