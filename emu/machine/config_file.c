// SPDX-License-Identifier: MIT
// A configuration file: lines, quotes, comments, sections. What keys mean is config.c's business.
#include "emu/config.h"

#include "machine/config_text.h"

#include <string.h>

static bool blank(char ch) { return ch == ' ' || ch == '\t' || ch == '\r'; }

// Takes the quotes off the value at `s` in place: \" becomes ", other escapes stay for the key to judge. NULL, or what
// is wrong.
static const char *unquote(char *s) {
    char *from = s + 1, *to = s;
    while (*from != '"') {
        if (!*from) return "the closing \" is missing";
        if (*from == '\\' && from[1]) {
            if (from[1] != '"') *to++ = *from;
            from++;
        }
        *to++ = *from++;
    }
    for (from++; blank(*from);) from++;
    *to = 0;
    return *from && *from != '#' ? "there is text after the closing \"" : NULL;
}

// A # opens a comment at the start or after a blank; elsewhere it belongs to the value. Trailing blanks go.
static void cut_comment(char *s) {
    char *end = s;
    for (char *p = s; *p && !(*p == '#' && (p == s || blank(p[-1]))); p++)
        if (!blank(*p)) end = p + 1;
    *end = 0;
}

// One line, NUL-terminated and ours to cut up.
static int parse_line(struct emu_config *c, struct plat *p, const char *where, char *line) {
    while (blank(*line)) line++;
    if (!*line || *line == '#') return 0;
    char *end = line;
    while (*end && *end != '=' && !blank(*end)) end++;
    char *value = end;
    while (blank(*value)) value++;
    if (*value != '=' || end == line) {
        log_error(p, "%s: \"%.60s\" is not of the form key = value", where, line);
        return ERR_INVALID;
    }
    for (value++; blank(*value);) value++;
    *end = 0;
    const char *wrong = NULL;
    if (*value == '"') wrong = unquote(value);
    else cut_comment(value);
    if (!wrong) return config_set(c, p, where, line, value);
    log_error(p, "%s: the value of %.40s is not well quoted: %s", where, line, wrong);
    return ERR_INVALID;
}

// --- sections

static bool is_head(const char *line) {
    while (blank(*line)) line++;
    return *line == '[';
}

// The name in `[name]`, which comments may follow. NULL, or what is wrong with the line.
static const char *head_name(const char *line, char name[CONFIG_SECTION]) {
    const char *from = strchr(line, '[') + 1, *end = strchr(from, ']');
    if (!end) return "has no closing ]";
    const char *rest = end + 1;
    while (blank(*rest)) rest++;
    if (*rest && *rest != '#') return "has text after the closing ]";
    while (blank(*from)) from++;
    while (end > from && blank(end[-1])) end--;
    size_t n = (size_t)(end - from);
    if (!n) return "has no name in it";
    if (n >= CONFIG_SECTION) return "has a name of more than 63 bytes";
    for (const char *q = from; q < end; q++)
        if ((u8)*q < ' ' || *q == 0x7f || *q == '"') return "has a quote or a control character in its name";
    memcpy(name, from, n);
    name[n] = 0;
    return NULL;
}

static char lower(char ch) { return ch >= 'A' && ch <= 'Z' ? (char)(ch + 32) : ch; }

static bool same_name(const char *a, const char *b) {
    while (*a && lower(*a) == lower(*b)) a++, b++;
    return !*a && !*b;
}

bool config_section(const char *text, size_t length, unsigned n, char name[CONFIG_SECTION]) {
    char line[2 * CONFIG_TEXT];
    const char *wrong;
    struct config_text t;
    size_t bytes;
    config_text_open(&t, text, length);
    while (config_text_line(&t, line, sizeof line, &bytes, &wrong))
        if (!wrong && bytes < sizeof line && is_head(line) && !head_name(line, name) && !n--) return true;
    return false;
}

bool config_section_text(const char *text, size_t length, const char *section, char *out, size_t room) {
    char line[2 * CONFIG_TEXT], name[CONFIG_SECTION];
    const char *wrong;
    struct config_text t;
    size_t bytes, n = 0;
    bool counts = true;
    config_text_open(&t, text, length);
    while (config_text_line(&t, line, sizeof line, &bytes, &wrong)) {
        if (is_head(line)) {
            counts = !head_name(line, name) && same_name(name, section);
            continue;
        }
        const char *from = line;
        while (blank(*from)) from++;
        if (!counts || !*from || *from == '#' || !strncmp(from, "section", 7) || !strncmp(from, "timeout", 7)) continue;
        size_t all = strlen(from);
        while (all && blank(from[all - 1])) all--;
        if (wrong || bytes >= sizeof line || n + all + 2 > room) return false;
        memcpy(out + n, from, all);
        n += all;
        out[n++] = '\n';
    }
    if (!room) return false;
    out[n] = 0;
    return true;
}

static void name_sections(const char *text, size_t length, char *list, size_t room) {
    char name[CONFIG_SECTION];
    size_t n = 0;
    *list = 0;
    for (unsigned i = 0; n + CONFIG_SECTION + 8 < room && config_section(text, length, i, name); i++)
        n += (size_t)plat_format(list + n, room - n, "%s%s", i ? ", " : "", name);
}

// --- the file

struct file {
    struct emu_config *c;
    struct plat *p;
    const char *name, *text;
    size_t length;
    char told[CONFIG_SECTION]; // before the file was read
    bool common_only;
    unsigned sections, taken;
    bool counts; // the lines here
};

// There are sections, and the lines above them have been read.
static void choose(struct file *f) {
    char only[CONFIG_SECTION], second[CONFIG_SECTION];
    if (f->told[0]) memcpy(f->c->section, f->told, sizeof f->told);
    if (f->c->section[0] || config_section(f->text, f->length, 1, second)) return;
    if (config_section(f->text, f->length, 0, only)) memcpy(f->c->section, only, sizeof only);
}

static int begin_section(struct file *f, const char *where, const char *line) {
    char name[CONFIG_SECTION];
    if (!f->sections++) choose(f);
    f->counts = false;
    const char *wrong = head_name(line, name);
    if (!wrong && f->sections > CONFIG_SECTIONS) wrong = "is one section too many";
    if (wrong) {
        log_error(f->p, "%s: \"%.60s\" %s; right is [name], for up to %d sections", where, line, wrong, CONFIG_SECTIONS);
        return ERR_INVALID;
    }
    f->counts = f->c->section[0] && same_name(name, f->c->section);
    if (!f->counts || !f->taken++) return 0;
    log_error(f->p, "%s: a section [%s] is there already", where, name);
    return ERR_INVALID;
}

static int one_line(struct file *f, const char *where, char *line) {
    if (is_head(line)) return begin_section(f, where, line);
    if (!f->counts) return 0;
    if (!f->sections) return parse_line(f->c, f->p, where, line);
    struct {
        char section[CONFIG_SECTION];
        unsigned timeout;
    } before = {.timeout = f->c->timeout};
    memcpy(before.section, f->c->section, sizeof before.section);
    int e = parse_line(f->c, f->p, where, line);
    bool kept = before.timeout == f->c->timeout && !strcmp(before.section, f->c->section);
    if (e || kept) return e;
    memcpy(f->c->section, before.section, sizeof before.section);
    f->c->timeout = before.timeout;
    log_error(f->p, "%s: section and timeout are about all sections; right is a line above the first one", where);
    return ERR_INVALID;
}

// All lines are read: was the section that is wanted among them?
static int end(struct file *f) {
    char list[300];
    if (!f->sections || f->common_only) return 0;
    if (f->taken) return f->c->section_found = true, 0;
    name_sections(f->text, f->length, list, sizeof list);
    if (f->c->section[0])
        log_error(f->p, "%s: section = %s: there is no such section; there are: %s", f->name, f->c->section, list);
    else log_error(f->p, "%s: it has several sections, and none is chosen; right is section = with one of: %s", f->name, list);
    return ERR_INVALID;
}

static int parse(struct file *f) {
    char line[2 * CONFIG_TEXT], where[128];
    int first = 0;
    size_t n;
    const char *wrong;
    struct config_text t;
    memcpy(f->told, f->c->section, sizeof f->told);
    f->counts = true;
    config_text_open(&t, f->text, f->length);
    for (unsigned row = 1; config_text_line(&t, line, sizeof line, &n, &wrong); row++) {
        if (f->common_only && is_head(line)) break;
        plat_format(where, sizeof where, "%s:%u", f->name, row);
        int e = ERR_INVALID;
        if (n >= sizeof line) log_error(f->p, "%s: the line has %zu bytes; right is at most %zu", where, n, sizeof line - 1);
        else if (wrong) log_error(f->p, "%s: the line %s", where, wrong);
        else e = one_line(f, where, line);
        if (!first) first = e;
    }
    int e = end(f);
    return first ? first : e;
}

int config_parse(struct emu_config *c, struct plat *p, const char *name, const char *text, size_t length) {
    struct file f = {.c = c, .p = p, .name = name, .text = text, .length = length};
    return parse(&f);
}

int config_parse_common(struct emu_config *c, struct plat *p, const char *name, const char *text, size_t length) {
    struct file f = {.c = c, .p = p, .name = name, .text = text, .length = length, .common_only = true};
    return parse(&f);
}
