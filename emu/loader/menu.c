// SPDX-License-Identifier: MIT
// From a menu entry to bytes and a command line.
#include "loader/menu.h"

#include "base/err.h"
#include "loader/elf.h"
#include "loader/linux.h"

#include <string.h>

struct menu_entry *menu_add(struct menu *m, struct text label) {
    if (m->entries == MENU_ENTRIES) m->entries--; // a menu this long is browsed, and its default stands early
    struct menu_entry *e = &m->entry[m->entries++];
    *e = (struct menu_entry){.label = label, .nested = m->submenus > 0};
    return e;
}

int menu_find(const struct menu *m, struct text name, char path[static ISO_NAME], struct span *file) {
    if (name.n && *name.s == '(') { // GRUB: (cd0)/path
        while (name.n && *name.s != ')') name.s++, name.n--;
        if (name.n) name.s++, name.n--;
    }
    bool relative = !name.n || *name.s != '/';
    size_t at = relative ? strlen(m->folder) : 0;
    if (!name.n || at + name.n >= ISO_NAME || memchr(name.s, 0, name.n)) return ERR_NOT_FOUND;
    memcpy(path, m->folder, at);
    memcpy(path + at, name.s, name.n);
    path[at + name.n] = 0;
    return iso_find(m->iso, path, file);
}

int menu_text(struct menu *m, const struct span *file, struct text *text) {
    m->bytes += file->size;
    if (m->bytes > MENU_BYTES) {
        log_error(m->iso->plat, "%s: %s: the boot menu's text has %llu bytes so far; right is at most %u", m->iso->image.name,
                  file->name, (unsigned long long)m->bytes, MENU_BYTES);
        return ERR_UNSUPPORTED;
    }
    *text = (struct text){(const char *)file->data, file->size};
    return 0;
}

struct attempt {
    const struct menu *m;
    struct boot *b;
    char *kernel_name;
};

static int add_initrd(const struct attempt *a, struct text name) {
    char path[ISO_NAME];
    struct span file;
    struct plat *p = a->m->iso->plat;
    int e = menu_find(a->m, text_unquoted(name), path, &file);
    if (e == ERR_NOT_FOUND)
        log_error(p, "%s: the boot menu names the initrd %.*s, which is not there", a->m->iso->image.name, (int)name.n,
                  name.s);
    if (e) return e == ERR_NOT_FOUND ? ERR_CORRUPT : e;
    if (a->b->initrds == BOOT_INITRDS) {
        log_error(p, "%s: the boot menu names more than %u initrds", a->m->iso->image.name, BOOT_INITRDS);
        return ERR_UNSUPPORTED;
    }
    log_info(p, "initrd %s: %llu bytes", path, (unsigned long long)file.size);
    file.name = "initrd";
    a->b->initrd[a->b->initrds++] = file;
    return 0;
}

// A list with blanks or commas between the paths.
static int add_initrds(const struct attempt *a, struct text list) {
    while (list.n) {
        struct text name = {list.s, 0};
        while (name.n < list.n && !text_blank(name.s[name.n]) && name.s[name.n] != ',') name.n++;
        int e = name.n && *name.s != '$' && *name.s != '-' ? add_initrd(a, name) : 0;
        if (e) return e;
        name.n += name.n < list.n;
        list.s += name.n, list.n -= name.n;
    }
    return 0;
}

// The words for the kernel: initrd= is for the boot loader, and GRUB's variables are unknown here.
static int take_append(const struct attempt *a, struct text append) {
    char line[BOOT_CMDLINE];
    size_t n = 0;
    struct text word;
    while ((word = text_word(&append)).n) {
        int e = 0;
        if (text_starts(word, "initrd=")) e = add_initrds(a, (struct text){word.s + 7, word.n - 7});
        if (e) return e;
        if (text_starts(word, "initrd=") || text_starts(word, "$")) continue;
        if (n + word.n + 1 > sizeof line)
            return boot_set_cmdline(a->b, a->m->iso->plat, append.s, n + !!n + word.n + append.n); // which says so
        if (n) line[n++] = ' ';
        memcpy(line + n, word.s, word.n);
        n += word.n;
    }
    return boot_set_cmdline(a->b, a->m->iso->plat, line, n);
}

static int attempt(void *ctx, const struct menu_entry *entry) {
    const struct attempt *a = ctx;
    struct plat *p = a->m->iso->plat;
    struct span file;
    int e = menu_find(a->m, entry->kernel, a->kernel_name, &file);
    if (e) return e;
    // Menus also start other things: menu modules, memory testers, the hard disk's boot sector.
    if (!linux_is_bzimage(&file) && !(entry->multiboot && elf_is(&file))) return ERR_NOT_FOUND;
    log_info(p, "%s: its boot menu starts \"%.*s\": kernel %s, %llu bytes", a->m->iso->image.name,
             (int)(entry->label.n < 80 ? entry->label.n : 80), entry->label.s ? entry->label.s : "", a->kernel_name,
             (unsigned long long)file.size);
    a->b->kernel = file;
    a->b->initrds = 0;
    e = add_initrds(a, entry->initrd);
    return e ? e : take_append(a, entry->has_append || !a->m->append.n ? entry->append : a->m->append);
}

int menu_boot(struct iso *iso, struct boot *b, char kernel_name[static ISO_NAME]) {
    struct menu m;
    struct attempt a = {.m = &m, .b = b, .kernel_name = kernel_name};
    int e = isolinux_read(&m, iso);
    if (!e) e = isolinux_choose(&m, attempt, &a);
    if (e != ERR_NOT_FOUND) return e;
    e = grub_read(&m, iso);
    if (!e) e = grub_choose(&m, attempt, &a);
    if (e == ERR_NOT_FOUND)
        log_error(iso->plat, "%s: no isolinux or GRUB menu in it starts a kernel; right is kernel = cdrom:/path/in/iso",
                  iso->image.name);
    return e;
}
