// SPDX-License-Identifier: MIT
// Menus in the manner of the ISOs that people have: names and shapes are the distributions', the text is not. Each starts what it
// starts on a PC, or is refused for its reason.
#include "base/le.h"
#include "loader/menu.h"
#include "loader_rig.h"

#include <stdio.h>
#include <string.h>

#define SECTOR 2048

static u8 kernel[BZIMAGE_SIZE];

static int setup(void **state) {
    loader_rig_new(state);
    bzimage_make(kernel);
    w->c.console_serial = false;
    return 0;
}

#define KERNEL(path) {path, kernel, sizeof kernel}
#define BOOTS(files, cmdline, initrd) boots(files, countof(files), cmdline, initrd)

static void give(const struct iso_file *files, unsigned count) {
    give_iso(files, count, ISO_ROCK_RIDGE);
    memcpy(image.data + 16 * SECTOR + 40, "LIVE_LABEL                      ", 32);
    memcpy(image.data + 16 * SECTOR + 830, "2025060113000000", 16);
}

static void boots(const struct iso_file *files, unsigned count, const char *cmdline, const char *initrd) {
    give(files, count);
    int e = world_load(w);
    if (e) fail_msg("%s: refused: %.*s", cmdline, (int)w->s.log_len, w->s.log);
    assert_string_equal(linux_cmdline(), cmdline);
    u8 *params = world_at(w, x86_start_of(&w->image).rsi);
    assert_int_equal(ld32(params + 0x21c), strlen(initrd));
    assert_memory_equal(world_at(w, ld32(params + 0x218)), initrd, strlen(initrd));
}

// clang-format off
static void debian_live(void **state) {
    const struct iso_file files[] = {
        {"/boot/grub/grub.cfg", "source /boot/grub/config.cfg\n\n# live\nmenuentry \"Live system (amd64)\" --hotkey=l {\n\tlinux\t/live/vmlinuz-6.12.0 boot=live "
                                "components quiet splash findiso=${iso_path}\n\tinitrd\t/live/initrd.img-6.12.0\n}\nmenuentry \"Live system (fail-safe)\" {\n"
                                "\tlinux\t/live/vmlinuz-6.12.0 boot=live noapic\n\tinitrd\t/live/initrd.img-6.12.0\n}\n# You can add more\nsubmenu 'Utilities...' "
                                "--hotkey=u {\n\tsource /boot/grub/theme.cfg\n\tif [ \"$grub_platform\" = \"efi\" ]; then\n\tmenuentry \"UEFI settings\" { fwsetup }\n\tfi\n}\n", 0},
        {"/boot/grub/config.cfg", "set default=0\n\nif [ x$feature_default_font_path = xy ] ; then\n\tfont=unicode\nelse\n\tfont=$prefix/unicode.pf2\nfi\n\n# a copy of "
                                  "it\nloadfont $prefix/dejavu-bold-16.pf2\n\nif loadfont $font ; then\n\tset gfxmode=800x600\n\tset gfxpayload=keep\n\tinsmod efi_gop\n"
                                  "else\n\tset gfxmode=auto\n\tinsmod all_video\nfi\n\ninsmod gfxterm\ninsmod png\nsource /boot/grub/theme.cfg\nterminal_output gfxterm\n\n"
                                  "insmod play\nplay 960 440 1 0 4 440 1\n", 0},
        {"/boot/grub/theme.cfg", "set color_normal=light-gray/black\nif [ -e /boot/grub/splash.png ]; then\nset theme=/boot/grub/live-theme/theme.txt\nelse\nset menu_color_normal=cyan/blue\nfi\n", 0},
        KERNEL("/live/vmlinuz-6.12.0"), {"/live/initrd.img-6.12.0", "live", 0}};
    BOOTS(files, "boot=live components quiet splash findiso=", "live");
}

static void ubuntu(void **state) {
    const struct iso_file files[] = {
        {"/boot/grub/grub.cfg", "set timeout=30\n\nloadfont unicode\n\nset menu_color_normal=white/black\nset menu_color_highlight=black/light-gray\n\n"
                                "menuentry \"Try or Install Ubuntu\" {\n\tset gfxpayload=keep\n\tlinux\t/casper/vmlinuz  --- quiet splash\n\tinitrd\t/casper/initrd\n}\n"
                                "menuentry \"Ubuntu (safe graphics)\" {\n\tset gfxpayload=keep\n\tlinux\t/casper/vmlinuz nomodeset  --- quiet splash\n\tinitrd\t/casper/initrd\n}\n"
                                "grub_platform\nif [ \"$grub_platform\" = \"efi\" ]; then\nmenuentry 'Boot from next volume' {\n\texit 1\n}\nmenuentry 'UEFI Firmware Settings' {\n"
                                "\tfwsetup\n}\nelse\nmenuentry 'Test memory' {\n\tlinux16 /boot/memtest86+x64.bin\n}\nfi\n", 0},
        KERNEL("/casper/vmlinuz"), {"/casper/initrd", "cspr", 0}};
    BOOTS(files, "--- quiet splash", "cspr");
}

static void fedora(void **state) {
    const struct iso_file grub[] = {
        {"/boot/grub2/grub.cfg", "set default=\"1\"\n\nfunction load_video {\n  insmod all_video\n}\n\nload_video\nset gfxpayload=keep\ninsmod gzio\ninsmod part_gpt\ninsmod ext2\n"
                                 "insmod chain\n\nset timeout=60\n\nsearch --no-floppy --set=root -l 'LIVE_LABEL'\n\nmenuentry 'Start Live' --class fedora --class gnu-linux "
                                 "--class gnu --class os {\n\tlinux ($root)/images/pxeboot/vmlinuz root=live:CDLABEL=LIVE_LABEL rd.live.image quiet rhgb\n\tinitrd ($root)/images/"
                                 "pxeboot/initrd.img\n}\nmenuentry 'Test this media & start Live' --class fedora {\n\tlinux ($root)/images/pxeboot/vmlinuz root=live:CDLABEL=LIVE_LABEL "
                                 "rd.live.image rd.live.check quiet\n\tinitrd ($root)/images/pxeboot/initrd.img\n}\nsubmenu 'Troubleshooting -->' {\n\tmenuentry 'basic' {\n\t\tlinux x\n\t}\n}\n", 0},
        KERNEL("/images/pxeboot/vmlinuz"), {"/images/pxeboot/initrd.img", "fdra", 0}};
    BOOTS(grub, "root=live:CDLABEL=LIVE_LABEL rd.live.image rd.live.check quiet", "fdra");
    const struct iso_file isolinux[] = {
        {"/isolinux/isolinux.cfg", "default vesamenu.c32\ntimeout 600\n\ndisplay boot.msg\n\n# Clear the screen when exiting the menu\nmenu clear\nmenu background splash.png\nmenu title "
                                   "Live\nmenu vshift 8\nmenu separator # insert an empty line\nmenu separator\n\nlabel linux\n  menu label ^Start Live\n  kernel vmlinuz\n  append initrd=initrd.img "
                                   "root=live:CDLABEL=LIVE_LABEL rd.live.image quiet\n\nlabel check\n  menu label Test this ^media & start\n  menu default\n  kernel vmlinuz\n  append "
                                   "initrd=initrd.img root=live:CDLABEL=LIVE_LABEL rd.live.image rd.live.check quiet\n\nmenu separator\n\nmenu begin ^Troubleshooting\n  menu title Trouble\n\n"
                                   "label vesa\n  menu indent count 5\n  menu label basic\n  text help\n\tTry this option out if you're having trouble\n\tdefault is not what you want.\n  "
                                   "endtext\n  kernel vmlinuz\n  append nomodeset\n\nlabel memtest\n  kernel memtest\n\nlabel local\n  localboot 0xffff\n\nlabel returntomain\n  menu label "
                                   "Return\n  menu exit\n\nmenu end\n", 0},
        KERNEL("/isolinux/vmlinuz"), {"/isolinux/initrd.img", "fdra", 0}};
    BOOTS(isolinux, "root=live:CDLABEL=LIVE_LABEL rd.live.image rd.live.check quiet", "fdra");
}

static void arch(void **state) {
    const struct iso_file grub[] = {
        {"/boot/grub/grub.cfg", "insmod part_gpt\nif loadfont \"${prefix}/fonts/unicode.pf2\" ; then\n    insmod all_video\n    set gfxmode=\"auto\"\n    terminal_output console\nfi\n"
                                "insmod serial\nif serial --unit=0 --speed=115200; then\n    terminal_output --append serial\nfi\nif [ -z \"${UUID}\" ]; then\n    if [ -z \"${HINT}\" ]; then\n"
                                "        regexp --set=1:HINT '^\\(([^)]+)\\)' \"${cmdpath}\"\n    fi\n    search --no-floppy --set=root --file '/boot/2025.uuid' --hint \"${HINT}\"\n"
                                "    probe --set UUID --fs-uuid \"${root}\"\nfi\nif [ \"${grub_platform}\" == 'efi' ]; then\n    platform='UEFI'\nelif [ \"${grub_platform}\" == 'pc' ]; then\n"
                                "    platform='BIOS'\nelse\n    platform=\"${grub_cpu} ${grub_platform}\"\nfi\ndefault=archlinux\ntimeout=15\ntimeout_style=menu\n\n"
                                "menuentry \"Arch speech (x86_64, ${platform})\" --class arch --id 'accessible' {\n    linux /none\n}\n"
                                "menuentry \"Arch (x86_64, ${platform})\" --class arch --class os --id 'archlinux' {\n    set gfxpayload=keep\n    linux /arch/boot/x86_64/vmlinuz-linux "
                                "archisobasedir=arch archisodevice=UUID=${UUID}\n    initrd /arch/boot/x86_64/initramfs-linux.img\n}\n"
                                "if [ \"${grub_platform}\" == 'efi' -a \"${grub_cpu}\" == 'x86_64' -a -f '/boot/memtest86+/memtest.efi' ]; then\n    menuentry 'Memtest' {\n        linux /x\n    }\nfi\n"
                                "menuentry 'Power off' --class shutdown {\n    echo 'System shutting down...'\n    halt\n}\nplay 600 988 1 1319 4\n", 0},
        KERNEL("/arch/boot/x86_64/vmlinuz-linux"), {"/arch/boot/x86_64/initramfs-linux.img", "arch", 0}, {"/boot/2025.uuid", "x", 0}};
    BOOTS(grub, "archisobasedir=arch archisodevice=UUID=2025-06-01-13-00-00-00", "arch");
    const struct iso_file syslinux[] = {
        {"/boot/syslinux/syslinux.cfg", "DEFAULT select\n\nLABEL select\nCOM32 whichsys.c32\nAPPEND -pxe- pxe -sys- sys -iso- sys\n\nLABEL pxe\nCONFIG archiso_pxe.cfg\n\nLABEL sys\nCONFIG archiso_sys.cfg\n", 0},
        {"/boot/syslinux/archiso_sys.cfg", "INCLUDE archiso_head.cfg\n\nDEFAULT arch64\nTIMEOUT 150\n\nINCLUDE archiso_sys-linux.cfg\n\nINCLUDE archiso_tail.cfg\n", 0},
        {"/boot/syslinux/archiso_head.cfg", "SERIAL 0 115200\nUI vesamenu.c32\nMENU TITLE Arch\nMENU BACKGROUND splash.png\n\nMENU WIDTH 78\nMENU COLOR border       30;44   #40ffffff #a0000000 std\n", 0},
        {"/boot/syslinux/archiso_sys-linux.cfg", "LABEL arch64speech\nTEXT HELP\nBoot with speech.\nENDTEXT\nMENU LABEL speech\nLINUX /none\n\nLABEL arch64\nTEXT HELP\nBoot the Arch medium.\nIt allows you "
                                                 "to install.\nENDTEXT\nMENU LABEL Arch install medium (x86_64, BIOS)\nLINUX /arch/boot/x86_64/vmlinuz-linux\nINITRD "
                                                 "/arch/boot/x86_64/initramfs-linux.img\nAPPEND archisobasedir=arch archisodevice=UUID=1\n", 0},
        {"/boot/syslinux/archiso_tail.cfg", "LABEL existing\nMENU LABEL Boot existing OS\nCOM32 chain.c32\nAPPEND hd0 0\n\nLABEL reboot\nCOM32 reboot.c32\n", 0},
        grub[1], grub[2]};
    BOOTS(syslinux, "archisobasedir=arch archisodevice=UUID=1", "arch");
    const struct iso_file entries[] = {
        {"/loader/loader.conf", "timeout 15\ndefault 01-arch-linux.conf\nbeep on\n", 0},
        {"/loader/entries/01-arch-linux.conf", "title    Arch (x86_64, UEFI)\nsort-key 01\nlinux    /arch/boot/x86_64/vmlinuz-linux\ninitrd   /arch/boot/x86_64/initramfs-linux.img\noptions  archisobasedir=arch\n", 0},
        {"/loader/entries/02-arch-speech.conf", "title    speech\nsort-key 02\nlinux /none\n", 0},
        {"/loader/entries/03-arch-memtest.conf", "title    memtest\nsort-key 03\nefi /x\narchitecture x64\n", 0}, grub[1], grub[2]};
    BOOTS(entries, "archisobasedir=arch", "arch");
}

// Its default is the hard disk, in both menus.
static void opensuse(void **state) {
    const struct iso_file files[] = {
        {"/boot/x86_64/loader/isolinux.cfg", "default harddisk\n\n# install\nlabel linux\n  kernel linux\n  append initrd=initrd splash=silent\n\n# hard disk\nlabel harddisk\n  localboot -2\n\n"
                                             "ui           gfxboot bootlogo message\n\nimplicit     1\ngfxboot      bootlogo\ndisplay      message\nprompt       1\ntimeout      600\n", 0},
        {"/EFI/BOOT/grub.cfg", "with_fonts=yes\nif loadfont $prefix/fonts/unicode.pf2 ; then with_fonts=yes; fi\ntimeout=60\n\nmenuentry 'Boot from Hard Disk' --class opensuse {\n  if search --no-floppy --file "
                               "/efi/boot/fallback.efi --set ; then\n    for os in opensuse sles ; do\n      if [ -f /efi/$os/grub.efi ] ; then\n        chainloader /efi/$os/grub.efi\n        boot\n      fi\n"
                               "    done\n  fi\n  exit\n}\nmenuentry 'Installation' {\n  linux /boot/x86_64/loader/linux splash=silent\n  initrd /boot/x86_64/loader/initrd\n}\n", 0},
        KERNEL("/boot/x86_64/loader/linux"), {"/boot/x86_64/loader/initrd", "suse", 0}};
    give(files, countof(files));
    expect_refusal(ERR_UNSUPPORTED, "/boot/x86_64/loader/isolinux.cfg: line 9: it starts by localboot, which is no Linux kernel");
    assert_true(scripted_logged(&w->s, "/EFI/BOOT/grub.cfg: line 9: whether it leaves GRUB here is not known here"));
    strcpy(w->c.kernel, "cdrom:/boot/x86_64/loader/linux"); // what the message says
    strcpy(w->c.append, "splash=silent");
    w->in.cdrom = w->in.kernel;
    w->in.kernel = (struct blob){0};
    assert_int_equal(world_load(w), 0);
    assert_string_equal(linux_cmdline(), "splash=silent");
}

static void alpine(void **state) {
    const struct iso_file syslinux[] = {
        {"/boot/syslinux/syslinux.cfg", "TIMEOUT 10\nPROMPT 1\nDEFAULT lts\n\nLABEL lts\n\tMENU LABEL Linux lts\n\tKERNEL /boot/vmlinuz-lts\n\tINITRD /boot/initramfs-lts\n\tFDTDIR "
                                        "/boot/dtbs-lts\n\tAPPEND modules=loop,squashfs,sd-mod,usb-storage quiet\n", 0},
        {"/boot/grub/grub.cfg", "set timeout=1\nmenuentry \"Linux lts\" {\nlinux\t/boot/vmlinuz-lts modules=loop,squashfs quiet grub\ninitrd\t/boot/initramfs-lts\n}\n", 0},
        KERNEL("/boot/vmlinuz-lts"), {"/boot/initramfs-lts", "alpn", 0}};
    BOOTS(syslinux, "modules=loop,squashfs,sd-mod,usb-storage quiet", "alpn");
    boots(syslinux + 1, 3, "modules=loop,squashfs quiet grub", "alpn");
}

static void nixos(void **state) {
    const struct iso_file isolinux[] = {
        {"/isolinux/isolinux.cfg", "SERIAL 0 115200\nTIMEOUT 100\nUI vesamenu.c32\nMENU BACKGROUND /isolinux/background.png\n\nMENU RESOLUTION 800 600\nMENU CLEAR\nMENU ROWS 6\n"
                                   "MENU COLOR BORDER       30;44      #00000000    #00000000   none\n\nDEFAULT boot\n\nLABEL boot\nMENU LABEL NixOS Installer\nLINUX /boot/bzImage\n"
                                   "APPEND init=/nix/store/abc-nixos/init  root=LABEL=nixos loglevel=4\nINITRD /boot/initrd\n\nLABEL boot-nomodeset\nLINUX /boot/bzImage\nAPPEND nomodeset\n", 0},
        KERNEL("/boot/bzImage"), {"/boot/initrd", "nixs", 0}};
    BOOTS(isolinux, "init=/nix/store/abc-nixos/init root=LABEL=nixos loglevel=4", "nixs");
    const struct iso_file grub[] = {
        {"/EFI/BOOT/grub.cfg", "set timeout=10\n\nclear\necho \"\"\necho \"Loading graphical boot menu...\"\n\nhiddenentry 'Text mode' --hotkey 't' {\n  loadfont ($root)/EFI/BOOT/unicode.pf2\n  set "
                               "textmode=true\n  terminal_output console\n}\n\nsearch --set=root --file /EFI/nixos-installer-image\n\ninsmod gfxterm\nset gfxmode=1920x1200,auto\n"
                               "if [ \"$textmode\" == \"false\" ]; then\n  terminal_output gfxterm\nelse\n  terminal_output console\n  set menu_color_normal=cyan/blue\nfi\n"
                               "if [ ${iso_path} ] ; then\n  set isoboot=\"findiso=${iso_path}\"\nfi\n\nmenuentry 'NixOS Installer' --class installer {\n  # Fallback\n  terminal_output console\n\n"
                               "  linux /boot/bzImage ${isoboot} init=/nix/store/abc-nixos/init  loglevel=4\n  initrd /boot/initrd\n}\nsubmenu \"HiDPI and rotation\" --class submenu {\n  loadfont x\n}\n", 0},
        {"/EFI/nixos-installer-image", "x", 0}, isolinux[1], isolinux[2]};
    BOOTS(grub, "init=/nix/store/abc-nixos/init loglevel=4", "nixs");
}

static void proxmox(void **state) {
    const struct iso_file files[] = {
        {"/boot/grub/grub.cfg", "insmod gzio\ninsmod iso9660\n\nif [ x$feature_default_font_path = xy ] ; then\n   font=unicode\nelse\n   font=$prefix/unicode.pf2\nfi\n\nset gfxmode=1024x768,640x480\n\n"
                                "if loadfont $font; then\n    insmod gfxterm\n    set theme=/boot/grub/pvetheme/theme.txt\n    export theme\n    terminal_output gfxterm\nfi\n\ninsmod serial\n"
                                "if serial --unit=0 --speed=115200; then\n    terminal_output --append serial\n    set show_serial_entry=y\nfi\n\nif [ -f auto-installer-mode.toml ]; then\n"
                                "    set timeout_style=menu\n    set timeout=10\n\n    menuentry 'Install (Automated)' --class debian {\n        linux /boot/linux26 auto\n    }\nfi\n\n"
                                "menuentry 'Install (Graphical)' --class debian --class gnu-linux --class gnu --class os {\n    echo\t'Loading Installer ...'\n    linux\t/boot/linux26 ro "
                                "ramdisk_size=16777216 rw quiet splash=silent\n    echo\t'Loading initial ramdisk ...'\n    initrd\t/boot/initrd.img\n}\n\nif [ x\"${show_serial_entry}\" == 'xy' ]; then\n"
                                "    menuentry 'Install (Terminal UI, Serial)' {\n        linux\t/boot/linux26 proxtui console=ttyS0,115200\n        initrd\t/boot/initrd.img\n    }\nfi\n\n"
                                "submenu 'Advanced Options' --class debian {\n    menuentry 'Rescue Boot' {\n        insmod lvm\n        search.file /boot/vmlinuz vol\n    }\n}\n", 0},
        KERNEL("/boot/linux26"), {"/boot/initrd.img", "prox", 0}};
    BOOTS(files, "ro ramdisk_size=16777216 rw quiet splash=silent", "prox");
}

static void systemrescue(void **state) {
    const struct iso_file files[] = {
        {"/isolinux/isolinux.cfg", "PATH boot/syslinux/\nDEFAULT loadconfig\n\nLABEL loadconfig\n  CONFIG ../sysresccd/boot/syslinux/sysresccd.cfg\n  APPEND ../sysresccd/\n", 0},
        {"/sysresccd/boot/syslinux/sysresccd.cfg", "DEFAULT select\n\nLABEL select\nCOM32 boot/syslinux/whichsys.c32\nAPPEND -pxe- pxe -sys- sys -iso- sys\n\nLABEL pxe\nCONFIG boot/syslinux/pxe.cfg\n\nLABEL sys\n"
                                                   "CONFIG boot/syslinux/sys.cfg\n", 0},
        {"/sysresccd/boot/syslinux/sys.cfg", "UI boot/syslinux/vesamenu.c32\nTIMEOUT 900\nONTIMEOUT copytoram\nMENU TITLE Rescue\n\nLABEL default\nTEXT HELP\nBoot the system.\nENDTEXT\nLINUX boot/x86_64/vmlinuz\n"
                                             "INITRD boot/intel_ucode.img,boot/x86_64/sysresccd.img\nAPPEND archisobasedir=sysresccd archisolabel=LIVE iomem=relaxed\n\nLABEL copytoram\nLINUX boot/x86_64/vmlinuz\n"
                                             "INITRD boot/intel_ucode.img,boot/x86_64/sysresccd.img\nAPPEND archisobasedir=sysresccd archisolabel=LIVE copytoram\n", 0},
        KERNEL("/sysresccd/boot/x86_64/vmlinuz"), {"/sysresccd/boot/intel_ucode.img", "ucod", 0}, {"/sysresccd/boot/x86_64/sysresccd.img", "resc", 0}};
    BOOTS(files, "archisobasedir=sysresccd archisolabel=LIVE copytoram", "ucodresc");
}

static void grml(void **state) {
    const struct iso_file isolinux[] = {
        {"/boot/isolinux/isolinux.cfg", "################\n# default.cfg -> default select\n\ntimeout 300\n\n# ontimeout chain.c32 hd0 0\n\ninclude vesamenu.cfg\n", 0},
        {"/boot/isolinux/vesamenu.cfg", "menu background grml.png\n\nmenu width 50\nmenu color border    30;44 #00000000 #00000000 none\n\nmenu title  Grml\n\ninclude grmlmain.cfg\ndefault vesamenu.c32\n", 0},
        {"/boot/isolinux/grmlmain.cfg", "default grml\nlabel grml\n  menu DEFAULT\n  menu label Grml ^Standard\n  kernel /boot/grml64full/vmlinuz\n  append initrd=/boot/grml64full/initrd.img boot=live "
                                        "live-media-path=/live/grml64-full/ apm=power-off nomce \n\n  text help\n            Grml is a live\n            system for admins.\n  endtext\n\nmenu begin ^options\n"
                                        "label grml2\nkernel none\nmenu end\n", 0},
        KERNEL("/boot/grml64full/vmlinuz"), {"/boot/grml64full/initrd.img", "grml", 0}};
    BOOTS(isolinux, "boot=live live-media-path=/live/grml64-full/ apm=power-off nomce", "grml");
    // Its grub.cfg takes what it reads from the folder.
    const struct iso_file grub[] = {
        {"/boot/grub/grub.cfg", "if [ \"${grml_secureboot}\" = \"\" ] ; then\n    if [ -f \"${prefix}/../../secureboot/grub.cfg\" ] ; then\n        source \"${prefix}/../../secureboot/grub.cfg\"\n    fi\nfi\n\n"
                                "insmod regexp\nfor config in \"${prefix}\"/*_default.cfg ; do\n    source \"$config\"\ndone\n", 0},
        {"/secureboot/grub.cfg", "grml_secureboot=true\n", 0}};
    give(grub, countof(grub));
    expect_refusal(ERR_UNSUPPORTED, "/boot/grub/grub.cfg: line 8: (cd0)/boot/grub/*_default.cfg: files are not looked for by * and ? here");
}
// clang-format on

int main(void) {
    const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, setup, loader_rig_free)
        T(debian_live), T(ubuntu), T(fedora), T(arch), T(opensuse), T(alpine), T(nixos), T(proxmox), T(systemrescue), T(grml),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
