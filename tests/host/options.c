// SPDX-License-Identifier: MIT
// Splits the command line into keys and values; what they mean is config_set's business.
#include "options.h"

#include "files.h"

#include <stdio.h>
#include <string.h>

struct option {
    char where[80];    // as typed, for messages: "--load-address"
    char key[80];      // without its dashes: "load-address"
    const char *value; // NULL: none given
};

static bool is_help(const char *word) { return !strcmp(word, "--help") || !strcmp(word, "-h"); }

static enum config_kind kind_of(const char *key) { return strcmp(key, "config") ? config_kind(key) : CONFIG_VALUE; }

// The key of "--key" or "--key=value"; "" when the word is no option.
static void key_of(const char *word, char key[80]) {
    size_t n = strncmp(word, "--", 2) ? 0 : strcspn(word + 2, "=");
    if (n >= 80) n = 0;
    memcpy(key, word + 2, n);
    key[n] = 0;
}

// argv[0] is an option, and argv[1] its value. A value may begin with dashes ('--- quiet') where the key needs one, but is not the name of
// another option: --kernel --verbose lacks its value.
static bool takes_next(int argc, char **argv) {
    char key[80], next[80];
    if (strncmp(argv[0], "--", 2) || strchr(argv[0], '=') || argc < 2) return false;
    if (strncmp(argv[1], "--", 2)) return true;
    key_of(argv[0], key);
    key_of(argv[1], next);
    return kind_of(key) == CONFIG_VALUE && kind_of(next) == CONFIG_NO_KEY && !is_help(argv[1]);
}

// argv[0] is an option. Returns how many arguments it takes (1 or 2), or a negative error.
static int next_option(struct plat *p, int argc, char **argv, struct option *o) {
    const char *name = argv[0];
    if (strncmp(name, "--", 2) || !name[2]) {
        log_error(p, "'%s' is not an option; a guest image is given as --kernel %s", name, name);
        return ERR_INVALID;
    }
    const char *equals = strchr(name, '=');
    size_t length = equals ? (size_t)(equals - name) : strlen(name);
    if (length >= sizeof o->where) {
        log_error(p, "'%.40s...' is no option: no key is that long", name);
        return ERR_NOT_FOUND;
    }
    *o = (struct option){0};
    memcpy(o->where, name, length);
    memcpy(o->key, name + 2, length - 2);
    if (equals) {
        o->value = equals + 1;
        return 1;
    }
    bool has_value = takes_next(argc, argv);
    o->value = has_value ? argv[1] : NULL;
    return has_value ? 2 : 1;
}

// The file's own keys over what c has. Only its own paths are relative to its folder.
static int read_config(struct emu_config *c, struct plat *p, const char *path) {
    static struct emu_config before;
    struct blob text;
    before = *c;
    if (!path) {
        log_error(p, "--config needs a value: the path of a softmetal.conf");
        return ERR_INVALID;
    }
    int r = file_map(p, "--config", path, &text);
    files_mark_paths(c);
    if (!r) r = config_parse(c, p, path, (const char *)text.data, text.size);
    if (!r) r = files_relative_to(p, c, &before, path);
    return r;
}

enum pass { SECTION, CONFIG_FILES, KEYS };

// Which section of a file counts is said before it is read.
static enum pass pass_of(const char *key) {
    return !strcmp(key, "config") ? CONFIG_FILES : !strcmp(key, "section") ? SECTION : KEYS;
}

bool options_ask_for_help(int argc, char **argv) {
    if (argc >= 2 && (is_help(argv[1]) || !strcmp(argv[1], "help"))) return true;
    for (int i = 2; i < argc; i++) {
        if (is_help(argv[i])) return true;
        i += takes_next(argc - i, argv + i);
    }
    return false;
}

static int one_pass(enum pass pass, struct emu_config *c, struct plat *p, int argc, char **argv) {
    struct option o;
    for (int taken, r; argc > 0; argc -= taken, argv += taken) {
        taken = next_option(p, argc, argv, &o);
        if (taken < 0) return taken;
        if (pass_of(o.key) != pass) continue;
        r = pass == CONFIG_FILES ? read_config(c, p, o.value) : config_set(c, p, o.where, o.key, o.value);
        if (r) return r;
    }
    return 0;
}

int options_parse(struct emu_config *c, struct plat *p, int argc, char **argv) {
    int r = one_pass(SECTION, c, p, argc, argv);
    if (!r) r = one_pass(CONFIG_FILES, c, p, argc, argv);
    if (!r) r = one_pass(KEYS, c, p, argc, argv);
    if (!r) r = config_finish(c, p);
    return r;
}

void options_help(void) {
    const char *key, *help;
    puts(
        "usage: softmetal run [--config FILE] [--KEY VALUE | --KEY=VALUE]...\n"
        "       softmetal diff A B [--KEY VALUE]...    where two runs part: A and B are configurations, or words: 'engine=interpret'\n"
        "Runs a guest image in the emulator, with this terminal as its console (Ctrl-A x stops it, Ctrl-A h lists the keys).\n"
        "KEY is any key of softmetal.conf:\n");
    for (unsigned row = 0; (help = config_help(row, &key)); row++) printf("  --%-18s %s\n", key, help);
    puts("\nexit status: 0 powered off or `until` seen, 2 refused, 3 triple fault, 4 halted for good, 5 ran into\n"
         "unmapped memory, 6 max_instructions reached, 7 `until` not seen, 8 reset, 9 no-bios, 74 output was lost,\n"
         "130 stopped by the user, "
         "(code << 1) | 1 the guest wrote `code` to its isa-debug-exit port.");
}
