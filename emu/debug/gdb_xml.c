// SPDX-License-Identifier: MIT
// The target description (the GDB manual, appendix G), made of the rows of struct debug_reg.
#include "debug/gdb.h"

#include <string.h>

static void one(struct text *t, const struct debug_reg *r, unsigned which) {
    char name[32];
    const char *number = strstr(r->name, "%u");
    if (number) plat_format(name, sizeof name, "%.*s%u%s", (int)(number - r->name), r->name, r->first + which, number + 2);
    else plat_format(name, sizeof name, "%s", r->name);
    text_say(t, "<reg name=\"%s\" bitsize=\"%u\"", name, r->bits);
    if (r->type) text_say(t, " type=\"%s\"", r->type);
    else if (r->group) text_say(t, " type=\"uint%u\"", r->bits); // by default numbers have a sign
    if (r->group) text_say(t, " group=\"%s\"", r->group);
    if (r->read_only) text_say(t, " save-restore=\"no\"");
    text_say(t, "/>");
}

void gdb_make_xml(struct gdb *g) {
    const struct debug_isa *isa = g->target->isa(g->target->ctx);
    struct text t = {g->xml, sizeof g->xml};
    bool open = false;
    text_say(&t, "<?xml version=\"1.0\"?><!DOCTYPE target SYSTEM \"gdb-target.dtd\"><target><architecture>%s</architecture>",
             isa->architecture);
    for (const struct debug_reg *r = isa->reg; r < isa->reg + isa->regs; r++) {
        if (r->feature) {
            text_say(&t, "%s<feature name=\"%s\">", open ? "</feature>" : "", r->feature);
            open = true;
        }
        if (r->types) text_say(&t, "%s", r->types);
        for (unsigned i = 0; i < debug_count(r); i++) one(&t, r, i);
    }
    text_say(&t, "</feature></target>");
    g->xml_length = (unsigned)(t.at - g->xml);
}
