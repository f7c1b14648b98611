// SPDX-License-Identifier: MIT
// grub.cfg: which entry GRUB starts by itself, with which words; and what is refused, with its line. The answers of `language` and
// `defaults` are those of GRUB 2.06 itself (grub-emu, with linux and initrd as functions that print their words).
#include "base/le.h"
#include "loader/grub.h"
#include "loader_rig.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SECTOR 2048

static u8 kernel[BZIMAGE_SIZE];

static int setup(void **state) {
    loader_rig_new(state);
    bzimage_make(kernel);
    w->c.console_serial = false;
    return 0;
}

// An ISO with grub.cfg, a kernel and two initrds of four bytes, and more files.
static void give_grub(const char *config, const struct iso_file *more, unsigned count) {
    struct iso_file files[16] = {{"/boot/grub/grub.cfg", config, 0},
                                 {"/boot/k1", kernel, sizeof kernel},
                                 {"/boot/i1", "one.", 0},
                                 {"/boot/i2", "two.", 0}};
    if (count) memcpy(files + 4, more, count * sizeof *more);
    give_iso(files, 4 + count, ISO_ROCK_RIDGE);
}

static void boots(const char *config, const char *cmdline, const char *initrd) {
    int e = world_load(w);
    if (e) fail_msg("%s\nis refused: %.*s", config, (int)w->s.log_len, w->s.log);
    if (strcmp(linux_cmdline(), cmdline)) fail_msg("%s\nnot \"%s\" but \"%s\"", config, cmdline, linux_cmdline());
    u8 *params = world_at(w, x86_start_of(&w->image).rsi);
    assert_int_equal(ld32(params + 0x21c), strlen(initrd));
    if (*initrd) assert_memory_equal(world_at(w, ld32(params + 0x218)), initrd, strlen(initrd));
}

static void grub_takes(const char *config, const char *cmdline, const char *initrd) {
    give_grub(config, NULL, 0);
    boots(config, cmdline, initrd);
}

static void grub_refuses(const char *config, const char *message) {
    give_grub(config, NULL, 0);
    int e = world_load(w);
    if (e != ERR_UNSUPPORTED || !scripted_logged(&w->s, message) ||
        !scripted_logged(&w->s, "right is kernel = cdrom:/path/in/iso"))
        fail_msg("%s\nnot \"%s\" but %d: %.*s", config, message, e, (int)w->s.log_len, w->s.log);
}

#define K "linux /boot/k1 "
#define ENTRY(title, args) "menuentry " title " {\n  " K args "\n  initrd /boot/i1\n}\n"

struct grub_case {
    const char *config, *cmdline;
};

// The script language: words, quotes, variables, statements.
static const struct grub_case language[] = {
    {ENTRY("a", "x y=\"p q\" 'r s' t\\ u"), "x \"y=p q\" \"r s\" \"t u\""},
    {ENTRY("a", "\"a\\\"b\" 'c\\d' e\\\\f"), "a\\\"b c\\\\d e\\\\f"},
    {ENTRY("a", "one\\\ntwo \\\n three\\\n"), "onetwo three"},
    {ENTRY("a", "root=${nothing} x${nothing}y $nothing \"\" \"$nothing\" z"), "root= xy   z"},
    {"set v='p q'\n" ENTRY("a", "$v \"$v\" x$v"), "p q \"p q\" xp q"},
    {"set v=\" p  q \"\n" ENTRY("a", "x${v}y"), "xp qy"},
    {"v=1\nset w=\"${v}2\"\n" ENTRY("a", "$w$v"), "121"},
    {"v=first\n" ENTRY("a", "$v") "v=last\n", "last"},
    {"set v=x\nunset v\n" ENTRY("a", "[$v]"), "[]"},
    {"menuentry a b c { " K "\"$1\" $2 ${3} $# $4.; initrd /boot/i1 }\n", "a b c 3 ."},
    {"menuentry \"a\"{ " K "quick; initrd /boot/i1; }\n", "quick"},
    {"menuentry a --class b --class 'c d' --hotkey=x --users '' --unrestricted {\n" K "1\ninitrd /boot/i1\n}", "1"},
    {"menuentry a { # comment {\n" K "a#b # c\n#}\ninitrd /boot/i1\n}\n", "a#b"},
    {"if true; then v=yes; else v=no; fi\n" ENTRY("a", "$v"), "yes"},
    {"if false\nthen\nv=yes\nelse\nv=no\nfi\n" ENTRY("a", "$v"), "no"},
    {"if false; then v=1; elif true; then v=2; elif true; then v=3; else v=4; fi\n" ENTRY("a", "$v"), "2"},
    {"if ! false; then v=1; fi\n" ENTRY("a", "$v"), "1"},
    {"if false; true; then v=1; fi\n" ENTRY("a", "$v"), "1"},
    {"if [ \"$v\" ]; then v=1; else v=2; fi\n" ENTRY("a", "$v"), "2"},
    {"if [ -z \"$v\" -a x = x ]; then v=1; fi\n" ENTRY("a", "$v"), "1"},
    {"if [ a != a -o b = b -a c = d ]; then v=1; else v=2; fi\n" ENTRY("a", "$v"), "2"},
    {"if [ ( a = b -o c = c ) -a ! d = e ]; then v=1; else v=2; fi\n" ENTRY("a", "$v"), "1"},
    {"if [ 10 -gt 9 ]; then v=1; fi\nif [ 10 > 9 ]; then v=${v}2; fi\n" ENTRY("a", "$v"), NULL},
    {"if test 0x10 -eq 16; then v=1; else v=2; fi\n" ENTRY("a", "$v"), "1"},
    {"if [ 10 '<' 9 ]; then v=1; else v=2; fi\n" ENTRY("a", "$v"), "1"},
    {"if [ -e /nowhere/at/all ]; then v=1; else v=2; fi\n" ENTRY("a", "$v"), "2"},
    {"for i in 1 \"2 3\" 4; do v=\"$v<$i>\"; done\n" ENTRY("a", "\"$v\""), "\"<1><2 3><4>\""},
    {"for i in 1 2 3 4; do if [ $i = 3 ]; then break; fi; v=$v$i; done\n" ENTRY("a", "$v"), "12"},
    {"for i in 1 2 3 4; do if [ $i = 3 ]; then continue; fi; v=$v$i; done\n" ENTRY("a", "$v"), "124"},
    {"for i in a b; do for j in 1 2; do if [ $j = 2 ]; then break 2; fi; v=$v$i$j; done; done\n" ENTRY("a", "$v"), "a1"},
    {"for i in ; do v=$i; done\n" ENTRY("a", "x$v"), "x"},
    {"v=x\nwhile [ $v != xxxx ]; do v=x$v; done\n" ENTRY("a", "$v"), "xxxx"},
    {"v=x\nuntil [ $v = xxx ]; do v=x$v; done\n" ENTRY("a", "$v"), "xxx"},
    {"function f { v=\"$v($1,$2,$#)\"; }\nf a 'b c'; f d\n" ENTRY("a", "$v"), "(a,b c,2)(d,,1)"},
    {"function f { for i in \"$@\"; do v=\"$v<$i>\"; done; }\nf a 'b c'\n" ENTRY("a", "$v"), NULL},
    {"function f\n{\nif [ $1 = 1 ]; then return; fi\nv=$v$1\n}\nf 1; f 2; f 3\n" ENTRY("a", "$v"), "23"},
    {"function f { false; }\nif f; then v=1; else v=2; fi\n" ENTRY("a", "$v"), "2"},
    {"true; v=$?; false; v=$v$?\n" ENTRY("a", "$v"), "01"},
    {"menuentry if { " K "then fi done; initrd /boot/i1; }\n", "then fi done"},
    {"set x=1 # set x=2\nset y=\"#\" ; set z=3\n" ENTRY("a", "$x$y$z"), "1#3"},
    {"\n\n   # nothing\n\t" ENTRY("a", "ok"), "ok"},
};

// Which entry starts by itself.
static const struct grub_case defaults[] = {
    {"set default=1\n" ENTRY("a", "one") ENTRY("b", "two"), "two"},
    {"default=1\n" ENTRY("a", "one") ENTRY("b", "two"), "two"},
    {"set default='1'\nsubmenu s {\n" ENTRY("x", "sub") "}\n" ENTRY("a", "one"), "one"},
    {"set default=\"b c\"\n" ENTRY("a", "one") ENTRY("--class gnu 'b c' --id z", "two"), "two"},
    {"set default=z\n" ENTRY("a", "one") ENTRY("'b c' --id z", "two"), "two"},
    {"set default=z\n" ENTRY("a", "one") ENTRY("--id=z 'b c'", "two"), "two"},
    {"o=--id\nset default=z\n" ENTRY("a $o y", "one") ENTRY("b $o z", "two"), "two"},
    {"set default='s>y'\n" ENTRY("a", "one") "submenu s {\n" ENTRY("x", "two") ENTRY("y", "three") "}\n", "three"},
    {"set default='1>1'\n" ENTRY("a", "one") "submenu s {\n" ENTRY("x", "two") ENTRY("y", "three") "}\n", "three"},
    {"set default='t>v>z'\nsubmenu s --id t {\nsubmenu u --id v {\n" ENTRY("x", "one") ENTRY("y --id z", "two") "}\n}\n", "two"},
    {"set default='a>>b'\n" ENTRY("c", "one") ENTRY("'a>b'", "two"), "two"},
    {"set default=s\n" ENTRY("a", "one") "submenu s {\n" ENTRY("x", "two") ENTRY("y", "three") "}\n", "two"},
    {"set default=1\n" ENTRY("a", "one") "submenu s {\n" ENTRY("x", "two") ENTRY("y", "three") "}\n", "two"},
    {"set default=9\n" ENTRY("a", "one") ENTRY("b", "two"), "one"},
    {"set default=\n" ENTRY("a", "one") ENTRY("b", "two"), "one"},
    {"set default=nobody\n" ENTRY("a", "one") ENTRY("b", "two"), "one"},
    {"set default=$saved\n" ENTRY("a", "one") ENTRY("b", "two"), "one"},
    {"set default=0x1\n" ENTRY("a", "one") ENTRY("b", "two"), "two"},
    {"set default='1st'\n" ENTRY("a", "one") ENTRY("b", "two") ENTRY("1st", "three"), "two"},
    {"set default=B\n" ENTRY("a", "one") ENTRY("b", "two"), "one"},
    {"set default=\"it's\"\n" ENTRY("a", "one") ENTRY("\"it's\"", "two"), "two"},
    {"set default=0\n" ENTRY("a", "one") "set default=1\n" ENTRY("b", "two"), "two"},
    {"if [ x = y ]; then\n" ENTRY("z", "zero") "fi\nset default=1\n" ENTRY("a", "one") ENTRY("b", "two"), "two"},
    {"for i in 1 2 3; do\nmenuentry \"n$i\" $i { " K "$2; initrd /boot/i1; }\ndone\nset default=n2\n", "2"},
    {"set v=out\nexport v\nset u=in\nset default=s\nsubmenu s {\n" ENTRY("x", "[$v$u]") "}\n", "[out]"},
    {"set default=b\n" ENTRY("a", "one") "menuentry b {\nset x=late\n" K "$x\ninitrd /boot/i1\n}\n", "late"},
};

static void the_language(void **state) {
    for (unsigned i = 0; i < countof(language); i++)
        if (language[i].cmdline) grub_takes(language[i].config, language[i].cmdline, "one.");
}

static void the_default_entry(void **state) {
    for (unsigned i = 0; i < countof(defaults); i++) grub_takes(defaults[i].config, defaults[i].cmdline, "one.");
}

static void what_is_not_understood_is_refused(void **state) {
    // clang-format off
    static const struct {
        const char *config, *message;
    } cases[] = {
        {"menuentry a\n{\n" K "\n}\n", "/boot/grub/grub.cfg: line 1: menuentry has no { on its line"},
        {"\nmenuentry {\n" K "\n}\n", "line 2: the entry has no title"},
        {"menuentry a {\n" K "\n", "line 1: the statement that starts here has no end"},
        {"}\n", "line 1: } does not belong here"},
        {"if true; then\n}\nfi\n", "line 2: } does not belong here"},
        {"if true; then\n", "the statement that starts here has no end"},
        {"if true\nfi\n", "fi does not belong here"},
        {"echo 'a\nb\n", "line 1: a single quote is never closed"},
        {"echo \"a\\\"\n", "line 1: a double quote is never closed"},
        {"echo ${a\n", "a ${ is never closed"},
        {"echo $-\n", "no name of a variable stands behind $"},
        {"echo a > b\n", "line 1: GRUB has no meaning for > outside quotes"},
        {"true && false\n", "GRUB has no meaning for &"},
        {"case x in\n", "GRUB has no statement case"},
        {"set x=1\nfrobnicate x\n", "line 2: the command frobnicate is not followed here"},
        {"frobnicate { echo x; }\n", "frobnicate takes no { }"},
        {"menuentry a { " K "} menuentry b { " K "}\n", "behind a } only the line's end or ; may stand"},
        {"[ a = b\n" ENTRY("a", ""), "[ has no ] at its end"},
        {"[ ( a ) ) ]\n" ENTRY("a", ""), "the condition is not understood"},
        {"menuentry a --id {\n}\n", "nothing stands behind --id"},
        {"echo x\n", "/boot/grub/grub.cfg: it has no menu entries"},
        {"", "it has no menu entries"},
        {"submenu s {\n}\n", "the default is a submenu without entries"},
        {"menuentry 'a b' {\n echo x\n}\n" ENTRY("b", ""), "line 1: the default entry, \"a b\", names no kernel"},
        {"menuentry a {\n\n chainloader +1\n}\n" ENTRY("b", ""), "line 3: it goes on by chainloader, which starts no Linux or Multiboot kernel"},
        {"menuentry a {\n fwsetup\n}\n" ENTRY("b", ""), "line 2: it goes on by fwsetup"},
        {"menuentry a {\n exit\n}\n" ENTRY("b", ""), "it goes on by exit"},
        {"menuentry a {\n linux /boot/gone\n}\n", "line 2: it starts /boot/gone, which is not there"},
        {"menuentry a {\n linux /boot/i1\n}\n", "line 2: it starts /boot/i1, which is no Linux kernel (bzImage)"},
        {"menuentry a {\n linux\n}\n", "it names no kernel"},
        {"menuentry a {\n linux boot/k1\n}\n", "boot/k1 is no path of a kernel"},
        {"menuentry a {\n linux (cd0\n}\n", "(cd0 is no path of a kernel"},
        {"menuentry a {\n initrd /boot/i1\n}\n", "an initrd is named, but no kernel before it"},
        {"menuentry a {\n " K "\n initrd /boot/i9\n}\n", "line 3: it names the initrd /boot/i9, which is not there"},
        {"menuentry a {\n " K "\n initrd newc:x:/boot/i1\n}\n", "files are not packed into an initrd here"},
        {"menuentry a {\n " K "\n initrd /boot/i1 /boot/i1 /boot/i1 /boot/i1 /boot/i1 /boot/i1 /boot/i1 /boot/i1 /boot/i1\n}\n",
         "it names more than 8 initrds"},
        {"menuentry a {\n linux (hd0,msdos1)/vmlinuz\n}\n", "line 2: where the kernel is is not known here: (hd0,msdos1) is not this ISO"},
        {"search --set=root --label elsewhere\nmenuentry a {\n " K "\n}\n", "line 3: where the kernel is is not known here: /boot/grub/grub.cfg: line 1: it is set to where elsewhere is, not this ISO"},
        {"set root=hd0\nmenuentry a {\n " K "\n}\n", "(hd0) is not this ISO"},
        {"probe --set x --fs-uuid hd0\n" ENTRY("a", "uuid=$x"), "line 3: a word of the command line is not known here: /boot/grub/grub.cfg: line 1: (hd0) is not this ISO"},
        {"if loadfont x; then v=1; fi\n" ENTRY("a", "$v"), "line 3: a word of the command line is not known here: /boot/grub/grub.cfg: line 1: whether loadfont works depends on the machine"},
        {"smbios --type 1 --get-string 4 --set v\n" ENTRY("a", "x$v"), "smbios asks the machine"},
        {"read v\n" ENTRY("a", "$v"), "line 1: read asks the machine"},
        {"if loadfont x; then default=1; fi\n" ENTRY("a", "1") ENTRY("b", "2"), "/boot/grub/grub.cfg: the default entry is not known here: /boot/grub/grub.cfg: line 1"},
        {"if loadfont x; then\n" ENTRY("a", "1") "fi\n" ENTRY("b", "2"), "line 2: whether the menu has this entry is not known here"},
        {"menuentry a {\nif loadfont x; then\n" K "1\nelse\n" K "2\nfi\n}\n", "line 3: whether this kernel is started is not known here"},
        {"menuentry a {\n" K "1\nif loadfont x; then\ninitrd /boot/i1\nfi\n}\n", "line 4: whether this initrd is loaded is not known here"},
        {"while loadfont x; do echo y; done\n", "how often this loop runs is not known here"},
        {"while true; do echo y; done\n", "bytes of script there is still no end: a loop"},
        {"function f { f; }\nf\n", "lie more than 32 deep in each other"},
        {"configfile /boot/grub/grub.cfg\n", "lie more than 32 deep in each other"},
        {"configfile /gone.cfg\n", "line 1: /gone.cfg, which takes over, is not there"},
        {"source (hd0)/x.cfg\n", "where this file is is not known here: (hd0) is not this ISO"},
        {"for x in /boot/*.cfg; do source $x; done\n", "line 1: /boot/*.cfg: files are not looked for by * and ? here"},
        {"menuentry a {\nconfigfile /boot/i1\n}\n", "one. is not followed here"},
        {"submenu s { submenu s { submenu s { submenu s { submenu s { submenu s { submenu s { submenu s { submenu s {\n" ENTRY("x", "") "}\n}\n}\n}\n}\n}\n}\n}\n}\n",
         "after 8 menus there is still no kernel"},
        {"break\ncontinue\nif loadfont x; then return; fi\n", "whether it goes on behind this line is not known here"},
    };
    for (unsigned i = 0; i < countof(cases); i++) grub_refuses(cases[i].config, cases[i].message);
}

// What is in doubt but decides nothing is no reason to refuse.
static void doubts_that_decide_nothing(void **state) {
    grub_takes("if loadfont $prefix/x.pf2 ; then\n set gfxmode=auto\n insmod all_video\n terminal_output gfxterm\nelse\n terminal_output console\nfi\n"
               "if serial --unit=0; then set with_serial=y; fi\n" ENTRY("a", "one")
               "if [ x$with_serial = xy ]; then\n" ENTRY("s", "serial") "fi\nset default=0\nif loadfont x; then set default=0; fi\n",
               "one", "one.");
    grub_takes("insmod regexp\nregexp --set=1:hint '^\\(([^)]+)\\)' \"$cmdpath\"\nsearch --no-floppy --set=root --file /boot/k1 --hint \"$hint\"\n"
               "probe --set u --label \"$root\"\n" ENTRY("a", "x$u"), "x", "one.");
    grub_takes("v=1\nif loadfont x; then v=1; fi\n" ENTRY("a", "$v"), "1", "one."); // it is 1 either way
    grub_takes("hiddenentry 'Text' --hotkey t { textmode=true; }\nset default=1\n" ENTRY("a", "0") ENTRY("b", "1"), "1", "one.");
}

// search, probe and paths with devices: this ISO is known by its file, its label and its UUID.
static void finding_this_iso(void **state) {
    const char config[] = "search --no-floppy --set=root -l 'SOME LABEL'\nsearch --fs-uuid --set=r2 2025-01-31-10-20-30-00\n"
                          "search.file /boot/i1 r3 hd0\nprobe -s u -u $r2\nprobe --set=l --label ($r3)\nif cpuid -l; then b=64; else b=32; fi\n"
                          "menuentry a {\n linux ($root)/boot/k1 $u \"$l\" $b $grub_platform $prefix\n initrd ($r2)/boot/i1 (cd)/boot/i2\n}\n";
    give_grub(config, NULL, 0);
    memcpy(image.data + 16 * SECTOR + 40, "SOME LABEL                      ", 32);
    memcpy(image.data + 16 * SECTOR + 830, "2025013110203000", 16);
    boots(config, "2025-01-31-10-20-30-00 \"SOME LABEL\" 64 pc (cd0)/boot/grub", "one.two.");
}

static void more_files(void **state) {
    const struct iso_file more[] = {
        {"/boot/grub/more.cfg", "set v=${v}+\n" ENTRY("m", "more$v"), 0},
        {"/boot/grub/grubenv", "# GRUB Environment Block\nsaved_entry=b\nk=v=w\n#####", 0},
        {"/boot/grub/menu.cfg", "set default=y\n" ENTRY("x", "1") ENTRY("y", "menu[$v$w]"), 0},
        {"/boot/grub/empty.cfg", "# nothing\n", 0},
        {"/boot/grub/loop.cfg", "source $prefix/loop.cfg\n", 0},
    };
    static const struct grub_case cases[] = {
        {"set v=1\nsource $prefix/more.cfg\n. ($root)/boot/grub/more.cfg\nset default=1\n", "more1++"},
        {"if source /gone.cfg; then v=1; else v=2; fi\n" ENTRY("a", "$v"), "2"},
        {"if [ -s $prefix/grubenv ]; then load_env; fi\nset default=$saved_entry\n" ENTRY("a", "1") ENTRY("b", "$k"), "v=w"},
        {"if load_env --file /boot/gone; then v=1; else v=2; fi\n" ENTRY("a", "$v"), "2"},
        {"v=here\nw=there\nexport v\nconfigfile /boot/grub/menu.cfg\n" ENTRY("a", "0"), "menu[here]"},
        {"menuentry a { configfile $prefix/menu.cfg }\n", "menu[]"},
        {"set default='a>x'\nexport default\nmenuentry a { configfile $prefix/menu.cfg }\n", "menu[]"},
        {"if [ -d /boot/grub -a -f /boot/k1 -a ! -f /boot/grub -a -e /boot ]; then v=1; fi\n" ENTRY("a", "$v"), "1"},
        {"submenu s { source $prefix/more.cfg }\n", "more+"},
        {K "top\ninitrd /boot/i1\nboot\n", "top"},
    };
    for (unsigned i = 0; i < countof(cases); i++) {
        give_grub(cases[i].config, more, countof(more));
        boots(cases[i].config, cases[i].cmdline, "one.");
    }
    give_grub("configfile /boot/grub/empty.cfg\n", more, countof(more));
    expect_refusal(ERR_UNSUPPORTED, "/boot/grub/empty.cfg, which takes over, has no entries");
    give_grub("source /boot/grub/loop.cfg\n", more, countof(more));
    expect_refusal(ERR_UNSUPPORTED, "/boot/grub/loop.cfg: line 1: blocks and conditions lie more than 32 deep in each other");
}

static void places_of_grub_cfg(void **state) {
    static const char *const places[] = {"/boot/grub/grub.cfg", "/boot/grub2/grub.cfg", "/EFI/BOOT/grub.cfg",  "/efi/boot/GRUB.CFG",
                                         "/grub/grub.cfg",      "/grub.cfg",            "/EFI/fedora/grub.cfg", "/EFI/Some Vendor/grub.cfg"};
    for (unsigned i = 0; i < countof(places); i++) {
        struct iso_file files[] = {{places[i], ENTRY("a", "$prefix"), 0}, {"/boot/k1", kernel, sizeof kernel}, {"/boot/i1", "one.", 0}};
        // clang-format on
        give_iso(files, countof(files), ISO_ROCK_RIDGE);
        assert_int_equal(world_load(w), 0);
    }
    struct iso_file two[] = {{"/EFI/fedora/grub.cfg", "", 0}, {"/EFI/ubuntu/grub.cfg", "", 0}};
    give_iso(two, 2, ISO_ROCK_RIDGE);
    expect_refusal(ERR_UNSUPPORTED, "/EFI: there are /EFI/fedora/grub.cfg and /EFI/ubuntu/grub.cfg");
}

// GRUB starts ELFs by "multiboot", with modules; "linux" is for Linux.
static void grub_starts_an_elf_by_multiboot(void **state) {
    static u8 elf[ELF_FILE_SIZE];
    elf_make(elf, false, 0x200000, 0);
    st32(elf + 0x180, 0x1badb002), st32(elf + 0x188, -0x1badb002u);
    const struct iso_file more[] = {{"/boot/elf", elf, sizeof elf}};
    give_grub("set default=c\nmenuentry a {\n linux /boot/elf\n}\nmenuentry c {\n multiboot /boot/elf x y\n module /boot/i1\n}\n",
              more, 1);
    assert_int_equal(world_load(w), 0);
    assert_int_equal(w->image.kind, IMAGE_MULTIBOOT);
    u8 *info = world_at(w, x86_start_of(&w->image).rbx);
    assert_string_equal((char *)world_at(w, ld32(info + 16)), "/boot/elf x y");
    assert_memory_equal(world_at(w, ld32(world_at(w, ld32(info + 24)))), "one.", 4);
    assert_true(scripted_logged(&w->s, "its boot menu starts \"c\": kernel /boot/elf"));
    give_grub("menuentry a {\n linux /boot/elf\n}\n", more, 1);
    expect_refusal(ERR_UNSUPPORTED, "line 2: it starts /boot/elf, which is no Linux kernel (bzImage)");
}

// Appends `each` with the number in the place of every #.
static void add_numbered(char *to, const char *each, unsigned number) {
    to += strlen(to);
    for (; *each; each++) to += *each == '#' ? sprintf(to, "%u", number) : sprintf(to, "%c", *each);
}

static void tables_that_are_full(void **state) {
    static char config[200000];
    struct {
        const char *each, *end, *message;
        unsigned count;
    } cases[] = {
        {"menuentry n# { linux /boot/k1 n#\n initrd /boot/i1\n }\n", "default=n63\n", NULL, 64},
        {"menuentry n# { linux /boot/k1 n#\n initrd /boot/i1\n }\n", "default=n64\n",
         "none of the first 64 entries is the default, n64", 65},
        {"menuentry n# { linux /boot/k1 n#\n initrd /boot/i1\n }\n", "default=64\n",
         "the default entry is number 64; at most 63 are read", 65},
        {"menuentry n# { linux /boot/k1 n#\n initrd /boot/i1\n }\n", "default=63\n", NULL, 65},
        {"v#=x#\n", ENTRY("a", ""), "there are more than 128 variables", 130},
        {"function f# { x#; }\n", ENTRY("a", ""), "there are more than 24 functions", 25},
        {"if loadfont #; then v#=1; fi\n", ENTRY("a", "x"), NULL, 100},
        {"if true; then\n", "", "lie more than 32 deep in each other", 40},
        {"source /boot/i#.cfg #\n", ENTRY("a", "x"), NULL, 600},
    };
    for (unsigned i = 0; i < countof(cases); i++) {
        config[0] = 0;
        for (unsigned k = 0; k < cases[i].count; k++) add_numbered(config, cases[i].each, k);
        strcat(config, cases[i].end);
        if (cases[i].message) grub_refuses(config, cases[i].message);
        else grub_takes(config, strstr(cases[i].each, "menuentry") ? "n63" : "x", "one.");
    }
    strcpy(config, "set v=");
    memset(config + 6, 'x', 15000);
    strcpy(config + 6 + 15000, "\n" ENTRY("a", ""));
    grub_refuses(config, "a command's words have more than 12288 bytes");
    strcpy(config, "set v=");
    memset(config + 6, 'x', 8000);
    strcpy(config + 6 + 8000, "\nset w=x$v\nset u=xx$v\n" ENTRY("a", ""));
    grub_refuses(config, "line 3: variables and titles take more than 20480 bytes");
    strcpy(config, "echo");
    for (unsigned i = 0; i < 330; i++) strcat(config, " x");
    grub_refuses(config, "line 1: a command has more than 320 words");
}

int main(void) {
    const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, setup, loader_rig_free)
        T(the_language),
        T(the_default_entry),
        T(what_is_not_understood_is_refused),
        T(doubts_that_decide_nothing),
        T(finding_this_iso),
        T(more_files),
        T(places_of_grub_cfg),
        T(grub_starts_an_elf_by_multiboot),
        T(tables_that_are_full),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
