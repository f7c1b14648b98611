// SPDX-License-Identifier: MIT
// grub.cfg is a program in GRUB's script language; this runs it, as far as it says what to boot. What a value or a condition is that
// depends on something not known here (a font, another disk, firmware) is a doubt: both branches run, what they set is in doubt, and
// only where a doubt would decide what is booted, and how, is the file refused.
//
//   grub_lex.c    tokens                     grub_words.c   variables, and words with them put in
//   grub_run.c    statements, functions      grub_test.c    [ ... ]
//   grub_cmd.c    commands                   grub_find.c    commands that answer into variables
//   grub.c        files, menus, the default entry
#ifndef LOADER_GRUB_H
#define LOADER_GRUB_H

#include "loader/menu.h"

#define GRUB_ENTRIES 64
#define GRUB_PARAMS 4
#define GRUB_VARS 128
#define GRUB_FUNCTIONS 24
#define GRUB_WORDS 320     // of all commands that are running
#define GRUB_KEPT 20480    // bytes of variables' values, entries' titles
#define GRUB_PASSING 12288 // bytes of the running commands' words
#define GRUB_NEST 32       // blocks, conditions, calls and files in each other
#define GRUB_DOUBTS 48
#define GRUB_WORK (1u << 20) // bytes of script looked at, over all loops and calls

// Where a script is being read. Copying it marks a place to come back to.
struct grub_source {
    struct text rest;
    struct menu_place at;
};

// GRUB_END: of the text. Line ends and ; are one kind.
enum grub_token { GRUB_END, GRUB_SEPARATOR, GRUB_OPEN, GRUB_CLOSE, GRUB_WORD };

// 0, or an index into the table of doubts: this value is not known.
typedef u16 doubt_t;

struct grub_doubt {
    struct menu_place at;
    char why[64];
};

struct grub_word {
    struct text text;
    doubt_t doubt;
};

struct grub_var {
    struct text name, value; // value: in `kept`
    size_t room;
    doubt_t doubt;
    bool exported;
};

struct grub_entry {
    struct text title, id, param[GRUB_PARAMS]; // the title is param[0], too
    struct grub_source body;
    unsigned params;
    bool submenu;
    doubt_t doubt, title_doubt; // whether there is such an entry; what its title or id is
};

struct grub_function {
    struct text name;
    struct grub_source body;
    doubt_t doubt;
};

enum grub_flow { GRUB_NEXT, GRUB_BREAK, GRUB_CONTINUE, GRUB_RETURN, GRUB_DONE };

// The arguments of a running function or entry: $1 is the first.
struct grub_scope {
    const struct grub_word *word;
    unsigned words;
};

struct grub {
    struct menu *m;
    struct grub_var var[GRUB_VARS];
    struct grub_function function[GRUB_FUNCTIONS];
    struct grub_entry entry[GRUB_ENTRIES];
    struct grub_doubt doubt[GRUB_DOUBTS];
    struct grub_word word[GRUB_WORDS];
    struct grub_scope scope;
    unsigned vars, functions, doubts, words;
    unsigned entries; // may be more than the table has
    char kept[GRUB_KEPT], passing[GRUB_PASSING];
    size_t keeping, passed;
    unsigned nest, loops, hops;
    u32 work;
    unsigned unset; // variables that were not set when their value was wanted
    bool false_;    // of the last command
    doubt_t status_doubt;
    doubt_t maybe; // the condition under which the present statement runs at all
    enum grub_flow flow;
    unsigned breaks; // loops that break or continue leaves
    bool has_kernel, new_menu;
};

// A command with its words (the first is the command itself), and the block behind it, if it has one.
struct grub_call {
    const struct grub_word *word;
    unsigned words;
    struct menu_place at;
    bool has_block;
    struct grub_source block;
};

// Doubts. `why` completes "line 7: ...".
doubt_t grub_doubt(struct grub *g, struct menu_place at, const char *format, ...) __attribute__((format(printf, 3, 4)));
// Refuses because of a doubt, naming both lines. `what` is what is not known.
int grub_refuse_doubt(struct grub *g, struct menu_place at, doubt_t doubt, const char *what);

// Tokens. *raw is a word with its quotes and variables. ERR_UNSUPPORTED: refused.
int grub_token(struct grub *g, struct grub_source *s, enum grub_token *token, struct text *raw);
int grub_peek(struct grub *g, const struct grub_source *s, enum grub_token *token, struct text *raw);

// Words. Adds what `raw` expands to (none, one or several words) to g->word.
int grub_expand(struct grub *g, struct menu_place at, struct text raw);
// A copy that stays; {NULL, 0} when there is no room (refused).
int grub_keep(struct grub *g, struct menu_place at, struct text text, struct text *kept);

// Variables. An unset one is empty, as in GRUB.
const struct grub_var *grub_get(const struct grub *g, struct text name);
int grub_set(struct grub *g, struct menu_place at, struct text name, struct text value, doubt_t doubt);
void grub_unset(struct grub *g, struct text name);
int grub_export(struct grub *g, struct menu_place at, struct text name);
// Keeps the exported variables only, as a new menu does.
void grub_new_context(struct grub *g);

static inline struct text text_of(const char *s) { return (struct text){s, __builtin_strlen(s)}; }
// Equal, case and all.
static inline bool text_equal(struct text t, const char *s) {
    return t.n == __builtin_strlen(s) && (!t.n || !__builtin_memcmp(t.s, s, t.n));
}

// Statements, from the source to its end. The last command's status is in g->false_ and g->status_doubt.
int grub_run(struct grub *g, struct grub_source source);
int grub_call_function(struct grub *g, const struct grub_function *f, const struct grub_call *c);

// A command that is no statement of the language.
int grub_command(struct grub *g, const struct grub_call *c);
// [ words ]: sets the status.
int grub_test(struct grub *g, const struct grub_call *c);
void grub_status(struct grub *g, bool is_true);
void grub_status_unknown(struct grub *g, doubt_t doubt);

// "name=value": false when there is no =.
bool grub_split(struct text t, struct text *name, struct text *value);
// --NAME, --NAME=..., or -X is among the words.
bool grub_has_option(const struct grub_call *c, const char *name, char letter);
// Commands: search and its short forms, probe, load_env, and those whose answer is not known here.
int grub_search(struct grub *g, const struct grub_call *c);
int grub_probe(struct grub *g, const struct grub_call *c);
int grub_load_env(struct grub *g, const struct grub_call *c);
int grub_ask(struct grub *g, const struct grub_call *c);

// Runs the file that a command names (GRUB's path, with a device or seen from $root); the status says whether it is there.
int grub_source_file(struct grub *g, const struct grub_call *c, struct text name);
// The path inside this ISO that GRUB's `name` means: 0; ERR_NOT_FOUND with *doubt when it may lie elsewhere, without when it is none.
int grub_path(struct grub *g, struct grub_word name, char path[static ISO_PATH], doubt_t *doubt, struct menu_place at);

#endif
