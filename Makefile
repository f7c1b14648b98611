# SPDX-License-Identifier: MIT
# softmetal: `make help` lists the targets.
SHELL := /bin/bash
MAKEFLAGS += --no-builtin-rules
V ?= 0
ifeq ($(V),0)
Q := @
say = @printf '  %-7s %s\n' $(1) $(2)
else
Q :=
say = @true
endif

# FLAVOUR picks a variant of the hosted build: host (release), asan (ASan + UBSan), hostile (every limit at its smallest),
# fuzz (as asan, and tells libFuzzer where it has been).
FLAVOUR ?= host
OUT := build/$(FLAVOUR)
CC := clang-19
AR := llvm-ar-19

WARN := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wundef -Wpointer-arith -Wvla \
        -Wwrite-strings -Wimplicit-fallthrough -Wformat=2 -Wdate-time -Wno-unused-parameter -Werror
# Guest arithmetic wraps and guest memory has no type; frame layout and FP contraction must not vary between builds. A struct's tag as an
# anonymous member (ms-extensions) lets an ISA's CPU have the fields of struct vcpu as its own.
SEMANTICS := -std=gnu23 -fms-extensions -Wno-microsoft-anon-tag -fwrapv -fno-strict-aliasing -ffp-contract=off -fno-math-errno
# The same bytes in whatever folder it is built. (Not -ffile-prefix-map: coverage's reports want the folder.)
ANYWHERE := -fdebug-prefix-map=$(CURDIR)=. -fmacro-prefix-map=$(CURDIR)=.
CPPFLAGS := -Iinclude -Iemu
FLAVOUR_host := -O2 -g
# (static stack frames: preserve_none functions cannot realign a stack that also grows)
FLAVOUR_asan := -O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer -mllvm -asan-stack-dynamic-alloca=0 \
                -Wno-unused-command-line-argument
# (a longjmp leaves its fake stack frames behind: looking for them takes longer than the run)
FLAVOUR_fuzz := $(FLAVOUR_asan) -fsanitize=fuzzer-no-link -fsanitize-address-use-after-return=never
FLAVOUR_hostile := -O1 -g -DHOSTILE=1
# scripts/coverage; counters live in a mapped file, because a child that is ended writes no profile
FLAVOUR_coverage := -O1 -g -fprofile-instr-generate -fcoverage-mapping -mllvm -runtime-counter-relocation \
                    -Wno-unused-command-line-argument
CFLAGS := $(SEMANTICS) $(WARN) $(ANYWHERE) $(FLAVOUR_$(FLAVOUR))
# What libemu.a needs besides: zlib, for emu/loader/gunzip.c alone, and libfdt, for emu/machine/fdt.c alone.
EMU_LIBS := -lz -l:libfdt.a

EMU_SRC := $(sort $(shell find emu -name '*.c'))
EMU_OBJ := $(EMU_SRC:%.c=$(OUT)/%.o)
HOST_SRC := $(sort $(wildcard tests/host/*.c))
HOST_OBJ := $(HOST_SRC:%.c=$(OUT)/%.o)
# Unit tests stand in rooms: those of the emulator's rooms in tests/unit, those of an architecture in tests/isa. A program's name is unique.
UNIT_ROOMS := $(sort $(dir $(shell find tests/unit tests/isa/rules $(wildcard tests/isa/*/unit) -name '*.[ch]')))
UNIT_ALL := $(sort $(wildcard $(UNIT_ROOMS:%=%*.c)))
UNIT_SRC := $(foreach f,$(UNIT_ALL),$(if $(filter test_%,$(notdir $(f))),$(f)))
UNIT_BIN := $(patsubst %.c,$(OUT)/unit/%,$(notdir $(UNIT_SRC)))
# x86_room.c stands in for most of the processor: only for the tests that ask for it.
X86_ROOM := tests/isa/x86_64/unit/x86_room
UNIT_LIB := $(filter-out $(UNIT_SRC) $(X86_ROOM).c,$(UNIT_ALL))
# (with the hosted build's memory for translated code)
UNIT_LIB_OBJ := $(UNIT_LIB:%.c=$(OUT)/%.o) $(OUT)/tests/host/code_memory.o
# Headers of all rooms, and tests/rng.h.
TEST_CPPFLAGS := -Itests $(patsubst %/,-I%,$(UNIT_ROOMS))

# What `run`, `run-host` and `image` are about. Empty GUEST: the Debian 13 installer, made from Debian's packages, of the architecture
# that ARCH says: x86_64, riscv64 or arm64 (or aarch64).
GUEST ?=
INITRD ?=
APPEND ?=
MEMORY ?=
ARCH ?=
CDROM ?=
DISK ?=
# `image` for Secure Boot: a private key, and its certificate (else KEY.crt or KEY.pem beside KEY.key); PEM.
SIGN ?=
CERT ?=
# More lines of softmetal.conf, as KEY=VALUE words: make run SET='seed=7 verbose=true'.
SET ?=
# What the image is for QEMU: usb (xHCI storage), virtio or sata.
MEDIUM ?= usb
# auto: KVM where it truly works, else TCG.
ACCEL ?= auto
IMAGE ?= build/softmetal.img
JOBS ?= $(shell nproc)
export V

.DEFAULT_GOAL := help
.SECONDARY: # keep objects: the next build wants them
.PHONY: help setup run run-host image cd dist iso host isa oracle firmware unit unit-programs test bench check clean distclean

help: ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /  \1\t/' | expand -t 14
	@echo "Variables: GUEST= INITRD= APPEND= MEMORY= ARCH=x86_64|riscv64|arm64 CDROM= DISK= SET= SIGN= CERT= MEDIUM=usb|virtio|sata ACCEL=auto|kvm|tcg V=1"

setup: ## install what is missing (apt, newlib); `run` and `test` do it themselves
	$(Q)scripts/setup

# What scripts/guest-debian calls another architecture than the PC's.
other_arch = $(filter riscv64 arm64,$(ARCH:aarch64=arm64))
get_iso = scripts/guest-debian iso $(other_arch) >/dev/null
guest = $(if $(GUEST),$(GUEST),build/cache/debian-13$(addprefix -,$(other_arch)).iso)
# The guest in the words of scripts/image and of build/host/softmetal; a text may hold spaces, so the shell must see it whole.
quote = '$(subst ','\'',$(1))'
file_options = --kernel $(call quote,$(guest)) $(if $(INITRD),--initrd $(call quote,$(INITRD))) \
               $(if $(CDROM),--cdrom $(call quote,$(CDROM))) $(if $(DISK),--disk $(call quote,$(DISK)))
image_options = $(file_options) --set $(call quote,append=$(APPEND)) --set $(call quote,memory=$(MEMORY)) \
                --set $(call quote,arch=$(ARCH)) $(foreach s,$(SET),--set $(call quote,$(s)))
host_options = $(file_options) $(if $(APPEND),--append=$(call quote,$(APPEND))) $(if $(MEMORY),--memory $(MEMORY)) \
               $(if $(ARCH),--arch $(ARCH)) $(foreach s,$(SET),--$(call quote,$(s)))

sign_options = $(if $(SIGN),--sign $(call quote,$(SIGN))) $(if $(CERT),--cert $(call quote,$(CERT)))

# To leave a run by Ctrl-A x is no error.
stopped = { status=$$?; [ $$status = 130 ] || exit $$status; }

iso: ## get the Debian 13 installer and lay it out as an ISO: build/cache/debian-13.iso (ARCH=riscv64, arm64: debian-13-ARCH.iso)
	$(Q)scripts/setup
	$(Q)$(get_iso)

# The tools may be missing until scripts/setup has run, so what needs them is made by a make of its own.
run: ## start the guest in softmetal on a UEFI machine under QEMU (GUEST= APPEND= ...; default: the Debian 13 installer, of ARCH=)
	$(Q)scripts/setup
	$(Q)$(if $(GUEST),,$(get_iso))
	$(Q)$(MAKE) --no-print-directory -j$(JOBS) firmware
	$(Q)scripts/image -o build/run.img $(image_options) --set exit=isa-debug-exit
	$(Q)scripts/run --image build/run.img --medium $(MEDIUM) --accel $(ACCEL) --memory $(call quote,$(MEMORY)) --log build/run.log || $(stopped)

run-host: ## the same guest in softmetal as a Linux process
	$(Q)scripts/setup
	$(Q)$(if $(GUEST),,$(get_iso))
	$(Q)$(MAKE) --no-print-directory -j$(JOBS) host
	$(Q)build/host/softmetal run $(host_options) || $(stopped)

image: ## make build/softmetal.img, a disk image for a USB stick, with GUEST= on it
	$(Q)scripts/setup
	$(Q)$(if $(GUEST),,$(get_iso))
	$(Q)$(MAKE) --no-print-directory -j$(JOBS) firmware
	$(Q)scripts/image -o $(IMAGE) $(image_options) $(sign_options)
	@echo "$(IMAGE) is ready. To write it to a stick (everything on the stick is lost; lsblk tells which device it is):"
	@echo "    sudo dd if=$(IMAGE) of=/dev/sdX bs=4M oflag=direct conv=fsync status=progress"

# All that is linked in and not our own: newlib by its source, the rest as the linker gets it.
linked = $(FW_CRT0) $(filter-out $(NEWLIB)/%,$(FW_LIB)) $(FW_FONT) $(wildcard /usr/src/newlib/newlib-*.tar.*) $(shell $(CC) -print-file-name=crt1.o)

dist: ## make build/softmetal.tar.gz to hand on: what goes on a stick, the hosted program, what to do with them, licences, check sums
	$(Q)scripts/setup
	$(Q)$(MAKE) --no-print-directory -j$(JOBS) build/softmetal.tar.gz
	@echo "build/softmetal.tar.gz is ready; README.txt in it says what to do."

build/softmetal.tar.gz: firmware host
	$(call say,TAR,$@)
	$(Q)scripts/dist -o $@ $(linked)

cd: ## make build/softmetal.iso, an image for a CD or DVD and for a USB stick as well, with GUEST= on it (also above 4 GiB)
	$(Q)scripts/setup
	$(Q)$(if $(GUEST),,$(get_iso))
	$(Q)$(MAKE) --no-print-directory -j$(JOBS) firmware
	$(Q)scripts/image -o build/softmetal.iso --cd $(image_options) $(sign_options)
	@echo "build/softmetal.iso is ready: burn it (xorriso -as cdrecord dev=/dev/sr0 build/softmetal.iso), or write it to a stick as \`make image\` says."

test: ## everything that CI runs
	$(Q)scripts/setup
	$(Q)scripts/test

# ROWS, ENGINES: some of them; ROUNDS; PARTS: divides all work; WHERE=firmware; TOGETHER=1: one boot for all rows; BINARIES: builds to compare.
bench_options = $(if $(ROWS),--rows $(call quote,$(ROWS))) $(if $(ENGINES),--engines $(call quote,$(ENGINES))) $(if $(ROUNDS),--rounds $(ROUNDS)) \
                $(if $(PARTS),--parts $(PARTS)) $(if $(WHERE),--where $(WHERE)) $(if $(ARCH),--arch $(ARCH)) $(if $(TOGETHER),--together) \
                $(foreach b,$(BINARIES),--binary $(b))

bench: ## time the same guests in softmetal, QEMU, Bochs and natively (ROWS= ENGINES= ROUNDS= PARTS= TOGETHER=1 WHERE=firmware ARCH= BINARIES=)
	$(Q)scripts/setup --bench
	$(Q)$(MAKE) --no-print-directory -j$(JOBS) host bench-programs$(addprefix -,$(other_arch)) $(filter firmware,$(WHERE))
	$(Q)tests/bench/run $(bench_options)

check: ## check dependencies between the directories, and the house's style
	$(Q)scripts/check

host: $(OUT)/softmetal ## build the emulator as a Linux process: build/host/softmetal

$(OUT)/softmetal: $(HOST_OBJ) $(OUT)/libemu.a
	$(call say,LINK,$@)
	$(Q)$(CC) $(CFLAGS) -o $@ $^ $(EMU_LIBS) -lsqlite3 -lzstd -lm

$(OUT)/libemu.a: $(EMU_OBJ)
	$(call say,AR,$@)
	$(Q)rm -f $@ && $(AR) rcs $@ $^

# What the processor compares tells a fuzzer nothing that it could put into its input, and telling takes a third of the time.
ifeq ($(FLAVOUR),fuzz)
$(OUT)/emu/isa/%.o $(OUT)/emu/cpu/%.o $(OUT)/emu/mmu/%.o $(OUT)/emu/bus/%.o: CFLAGS += -fno-sanitize-coverage=trace-cmp
endif

# Translated code calls these functions with the guest's vector registers in the host's (emu/isa/x86_64/translate/settle.c).
$(OUT)/emu/isa/x86_64/translate/settle.o build/firmware/emu/isa/x86_64/translate/settle.o: CFLAGS_FILE := -mgeneral-regs-only

# What a snapshot knows its version by.
EMU_ALL := $(sort $(shell find emu include -name '*.[ch]'))
$(OUT)/emu/machine/version.o build/firmware/emu/machine/version.o: $(EMU_ALL)
$(OUT)/emu/machine/version.o build/firmware/emu/machine/version.o: CFLAGS_FILE = -DMACHINE_SOURCES='"$(shell cat $(EMU_ALL) | sha256sum | cut -c 1-16)"'

$(OUT)/%.o: %.c
	$(call say,CC,$<)
	$(Q)mkdir -p $(@D) && $(CC) $(CPPFLAGS) $(CFLAGS) $(CFLAGS_FILE) -MMD -MP -c -o $@ $<

# An archive: a test gets the helpers it names, and what they need of the emulator, but no others.
$(OUT)/libunit.a: $(UNIT_LIB_OBJ)
	$(call say,AR,$@)
	$(Q)rm -f $@ && $(AR) rcs $@ $^

$(OUT)/unit/test_x86_crypto $(OUT)/unit/test_x86_f16c $(OUT)/unit/test_x86_sse $(OUT)/unit/test_x86_avx $(OUT)/unit/test_x86_xsave: $(OUT)/$(X86_ROOM).o

# Floating point once more, with the short paths that this flavour goes without, or without those that it has (FP_QUICK). Only its
# tables have names, other_*, that the rest can see. Not instrumented: sanitizers name sections after the source file, and the linker
# would keep one of two.
FP_TABLES := $(addprefix x86_table_,sse avx_fp avx_num x87_arith x87_mem x87_env x87_math)
FP_SRC := $(sort $(wildcard emu/fp/*.c) $(shell grep -lE '"isa/x86_64/(vec/sse_fp|x87/x87|x87/op_x87)\.h"' emu/isa/x86_64/*/*.c) \
            $(foreach t,$(FP_TABLES:x86_%=%),$(wildcard emu/isa/x86_64/*/$(t).c)))

PLAIN := -fno-sanitize=all -fno-profile-instr-generate -fno-coverage-mapping
$(OUT)/other/%.o: %.c
	$(call say,CC,$<)
	$(Q)mkdir -p $(@D) && $(CC) $(CPPFLAGS) -DFP_QUICK=$(if $(filter hostile,$(FLAVOUR)),1,0) $(CFLAGS) $(PLAIN) -MMD -MP -c -o $@ $<

$(OUT)/other.o: $(FP_SRC:%.c=$(OUT)/other/%.o)
	$(call say,LINK,$@)
	$(Q)ld.lld-19 -r -o $@.all $^
	$(Q)objcopy $(foreach t,$(FP_TABLES),--keep-global-symbol=other_$(t) --redefine-sym $(t)=other_$(t)) $@.all $@

$(OUT)/unit/test_x86_quick: $(OUT)/other.o $(OUT)/$(X86_ROOM).o

# These are parts of boot/ and kernel/ that need no machine.
$(OUT)/tests/unit/kernel/%.o $(OUT)/tests/unit/boot/%.o: CPPFLAGS += -I.

# The hosted build's files and disks need no more of it.
HOST_DISK_OBJ := $(patsubst %.c,$(OUT)/%.o,$(wildcard tests/host/disk*.c) tests/host/files.c tests/host/gdb_socket.c tests/host/terminal.c tests/host/snapshot_file.c tests/host/record_file.c)
$(OUT)/unit/test_host_disk: $(HOST_DISK_OBJ)
$(OUT)/unit/test_host_disk: LIBS := -lsqlite3 -lzstd
$(OUT)/unit/test_host_code: $(OUT)/tests/host/code_memory.o
$(OUT)/unit/test_host_perf_map: $(OUT)/tests/host/perf_map.o

$(OUT)/tests/%.o: CPPFLAGS += $(TEST_CPPFLAGS)
$(foreach f,$(UNIT_SRC),$(eval $(OUT)/unit/$(basename $(notdir $(f))): $(OUT)/$(f:.c=.o)))

$(UNIT_BIN): $(OUT)/libunit.a $(OUT)/libemu.a
	$(call say,LINK,$@)
	$(Q)mkdir -p $(@D) && $(CC) $(CFLAGS) -o $@ $(filter %.o,$^) -Wl,--start-group $(filter %.a,$^) -Wl,--end-group -lcmocka -lcapstone $(EMU_LIBS) $(LIBS) -lm

# Silicon against the emulator (tests/isa/x86_64/silicon/rig.h).
ISA_OBJ := $(patsubst %.c,$(OUT)/%.o,$(sort $(wildcard tests/isa/x86_64/silicon/*.c)) tests/host/code_memory.c tests/unit/kit/scripted_plat.c tests/isa/x86_64/unit/beyond_vex.c)

isa: $(OUT)/isa ## build the rig that compares the emulator with the processor it runs on: build/host/isa

$(OUT)/isa: $(ISA_OBJ) $(OUT)/libemu.a
	$(call say,LINK,$@)
	$(Q)$(CC) $(CFLAGS) -o $@ $^ -lcapstone $(EMU_LIBS)

# Unicorn and capstone against the emulator (tests/isa/x86_64/oracle/oracle.h). Of the silicon rig it takes the list of what that leaves out.
ORACLE_OBJ := $(patsubst %.c,$(OUT)/%.o,$(sort $(wildcard tests/isa/x86_64/oracle/*.c)))

oracle: $(OUT)/oracle ## build the rig that compares the emulator with unicorn and capstone: build/host/oracle

$(OUT)/libisa.a: $(ISA_OBJ)
	$(call say,AR,$@)
	$(Q)rm -f $@ && $(AR) rcs $@ $^

$(OUT)/oracle: $(ORACLE_OBJ) $(OUT)/libisa.a $(OUT)/libemu.a
	$(call say,LINK,$@)
	$(Q)$(CC) $(CFLAGS) -Wl,--wrap=x86_deliver_exception -o $@ $^ -lunicorn -lcapstone $(EMU_LIBS)

# The firmware: boot/ + kernel/ + emu/ with newlib and GNU-EFI, a shared object that objcopy makes a UEFI application.
FW := build/firmware
NEWLIB ?= build/cache/newlib
FW_CPPFLAGS := $(CPPFLAGS) -I. -nostdlibinc -isystem $(NEWLIB)/include
FW_CFLAGS := $(SEMANTICS) $(WARN) $(ANYWHERE) -O2 -g -fpic -fvisibility=hidden -mno-red-zone -fno-stack-protector \
             -fno-asynchronous-unwind-tables
# Freestanding code has no builtins: emu/, whose every access to guest memory is a memcpy of a few bytes, would call it. (But fdt.c: in
# hosted code limits.h, which libfdt's header includes, would go on to the host's behind newlib's.)
FW_CFLAGS_FREE = $(if $(filter-out emu/machine/fdt.c,$(filter emu/%,$<)),,-ffreestanding)
# Frame pointers make a backtrace exact; the emulator's hot paths have a better use for rbp.
FW_CFLAGS_FP = $(if $(filter emu/core/% emu/cpu/% emu/fp/% emu/isa/% emu/mmu/% emu/bus/%,$<),,-fno-omit-frame-pointer)
FW_CFLAGS_EFI = $(if $(filter boot/%,$<),-isystem /usr/include/efi -isystem /usr/include/efi/x86_64 -DGNU_EFI_USE_MS_ABI -fshort-wchar)
# What a profile's tick calls keeps the vector registers of whom it has interrupted.
$(foreach f,profile sleep symbols,$(FW)/kernel/$(f).o): CFLAGS_FILE := -mgeneral-regs-only
# The headers of zlib and libfdt, behind newlib's own.
FW_CFLAGS_LIBS = $(if $(filter emu/loader/gunzip.c emu/machine/fdt.c,$<),-idirafter /usr/include -idirafter /usr/include/x86_64-linux-gnu)
FW_SRC := $(EMU_SRC) $(sort $(wildcard boot/*.c kernel/*.c kernel/*/*.c))
FW_OBJ := $(FW_SRC:%.c=$(FW)/%.o) $(FW)/kernel/entry.o $(FW)/kernel/font-data.o
FW_LD = ld.lld-19 -shared -Bsymbolic -nostdlib --gc-sections -z noexecstack -z norelro --hash-style=sysv --build-id=sha1 \
        --no-undefined --apply-dynamic-relocs -T linker/firmware.lds
FW_CRT0 = $(firstword $(wildcard /usr/lib/crt0-efi-x86_64.o /usr/lib/*/crt0-efi-x86_64.o /usr/lib/*/gnuefi/crt0-efi-x86_64.o))
FW_LIB = $(shell $(CC) -print-file-name=libz.a) $(shell $(CC) -print-file-name=libfdt.a) $(NEWLIB)/lib/libc.a $(dir $(FW_CRT0))libgnuefi.a \
         $(shell $(CC) --rtlib=compiler-rt -print-libgcc-file-name 2>/dev/null)
FW_SECTIONS := .text .reloc .relro .data .dynamic .rodata .note.gnu.build-id .rela .dynsym .dynstr .hash .sbat .symbols
# Box-drawing characters and Latin letters, 8x16; console-setup-linux.
FW_FONT := /usr/share/consolefonts/Uni2-VGA16.psf.gz

firmware: $(FW)/BOOTX64.EFI $(FW)/BOOTIA32.EFI $(FW)/legacy.bin ## build the UEFI application: build/firmware/BOOTX64.EFI

# What machines say that cannot start it: 32-bit UEFI, and a legacy BIOS, to which scripts/image gives these 440 bytes of code.
$(FW)/BOOTIA32.EFI: boot/wrong/ia32.c
	$(call say,CC,$@)
	$(Q)mkdir -p $(@D) && $(CC) --target=i686-unknown-windows-gnu $(SEMANTICS) $(WARN) -Os -ffreestanding -nostdlibinc \
	    -fno-stack-protector -mno-sse -c -o $(FW)/ia32.obj $< && lld-link-19 /subsystem:efi_application /entry:efi_main /nodefaultlib \
	    /Brepro /out:$@ $(FW)/ia32.obj

$(FW)/legacy.bin: boot/wrong/legacy.asm
	$(call say,NASM,$@)
	$(Q)mkdir -p $(@D) && nasm -f bin -o $@ $<

$(FW)/BOOTX64.EFI: $(FW)/softmetal.elf scripts/pe-finish
	$(call say,OBJCOPY,$@)
	$(Q)objcopy --strip-all $(FW_SECTIONS:%=-j %) --target=efi-app-x86_64 $< $@.part && scripts/pe-finish $@.part && mv $@.part $@

# Twice: the second time with the names and addresses of the first. The table comes last, so it moves nothing.
$(FW)/softmetal.elf: Makefile $(FW_OBJ) $(FW)/no-symbols.o linker/firmware.lds scripts/symbols.awk
	$(call say,LINK,$@)
	$(Q)$(FW_LD) -o $(FW)/first.elf $(FW_CRT0) $(FW_OBJ) $(FW)/no-symbols.o $(FW_LIB)
	$(Q)llvm-nm-19 -n $(FW)/first.elf | awk -f scripts/symbols.awk >$(FW)/symbols.S
	$(Q)$(CC) -c -o $(FW)/symbols.o $(FW)/symbols.S
	$(Q)$(FW_LD) -o $@ $(FW_CRT0) $(FW_OBJ) $(FW)/symbols.o $(FW_LIB)

$(FW)/no-symbols.o: scripts/symbols.awk
	$(Q)mkdir -p $(@D) && awk -f $< </dev/null >$(FW)/no-symbols.S && $(CC) -c -o $@ $(FW)/no-symbols.S

$(FW)/kernel/font-data.o: $(FW)/font.psf

$(FW)/font.psf:
	$(Q)mkdir -p $(@D) && gzip -dc $(FW_FONT) >$@

$(FW)/%.o: %.c | $(NEWLIB)/key
	$(call say,CC,$<)
	$(Q)mkdir -p $(@D) && $(CC) $(FW_CPPFLAGS) $(FW_CFLAGS) $(FW_CFLAGS_FREE) $(FW_CFLAGS_FP) $(FW_CFLAGS_EFI) $(FW_CFLAGS_LIBS) $(CFLAGS_FILE) -MMD -MP -c -o $@ $<

$(FW)/%.o: %.S
	$(Q)mkdir -p $(@D) && $(CC) $(FW_CPPFLAGS) $(ANYWHERE) -I$(FW) -g -MMD -MP -c -o $@ $<

$(NEWLIB)/key:
	$(Q)scripts/newlib.sh $(NEWLIB)

include tests/guest/guest.mk
include tests/bench/bench.mk
include tests/fuzz/fuzz.mk

unit-programs: $(UNIT_BIN)

unit: $(UNIT_BIN) ## build and run the unit tests
	$(Q)set -e; for t in $(UNIT_BIN); do echo "== $$t"; $$t; done

clean: ## remove what the build made (newlib and downloads stay cached)
	$(Q)rm -rf build/host build/asan build/hostile build/fuzz build/coverage build/firmware build/guest build/bench build/test build/tmp build/run.img build/run.log build/softmetal.img build/softmetal.iso build/softmetal.tar.gz

distclean: clean ## remove everything made or downloaded
	$(Q)rm -rf build

-include $(shell find build -path build/cache -prune -o -name '*.d' -type f -print 2>/dev/null)

# qemu-user against the emulator (tests/isa/qemu/rig.h): build/host/isa-riscv64, isa-arm64. That room is compiled for each architecture
# with what its own says of it, and so is the program that runs under QEMU.
NATIVE_riscv64 := --target=riscv64-linux-gnu -march=rv64gc -mabi=lp64 -mcmodel=medany -mno-relax
NATIVE_arm64 := --target=aarch64-linux-gnu -mno-implicit-float
NATIVE_CFLAGS := -std=gnu23 $(WARN) -O2 -ffreestanding -fno-builtin -nostdlib -static -fuse-ld=lld \
                 -Wl,--image-base=0x2345670000 -Wl,-Ttext=0x2345678000

define qemu_rig
ISA_$(1)_SHARED := $(filter-out %/native.c,$(wildcard tests/isa/qemu/*.c))
ISA_$(1)_OWN := $(filter-out %/native.c,$(wildcard tests/isa/$(1)/oracle/*.c))
ISA_$(1)_OBJ := $$(ISA_$(1)_SHARED:tests/isa/qemu/%.c=$(OUT)/tests/isa/qemu/$(1)/%.o) $$(ISA_$(1)_OWN:%.c=$(OUT)/%.o)
ISA_$(1)_NATIVE := tests/isa/qemu/native.c tests/isa/$(1)/oracle/native.c

isa-$(1): $(OUT)/isa-$(1) $(OUT)/isa-$(1)-native

$(OUT)/tests/isa/qemu/$(1)/%.o $(OUT)/tests/isa/$(1)/oracle/%.o: CPPFLAGS += -Itests/isa/qemu -Itests/isa/$(1)/oracle

$(OUT)/tests/isa/qemu/$(1)/%.o: tests/isa/qemu/%.c
	$$(call say,CC,"$$< ($(1))")
	$$(Q)mkdir -p $$(@D) && $$(CC) $$(CPPFLAGS) $$(CFLAGS) -MMD -MP -c -o $$@ $$<

$(OUT)/isa-$(1): $$(ISA_$(1)_OBJ) $(OUT)/tests/unit/kit/bare_machine.o $(OUT)/tests/unit/kit/scripted_plat.o $(OUT)/libemu.a
	$$(call say,LINK,$$@)
	$$(Q)$$(CC) $$(CFLAGS) -o $$@ $$^ $$(EMU_LIBS)

$(OUT)/isa-$(1)-native: $$(ISA_$(1)_NATIVE) tests/isa/qemu/native.h tests/isa/qemu/layout.h tests/isa/$(1)/oracle/registers.h
	$$(call say,CC,$$@)
	$$(Q)mkdir -p $$(@D) && $$(CC) $$(NATIVE_$(1)) $$(NATIVE_CFLAGS) -Itests/isa/qemu -Itests/isa/$(1)/oracle -o $$@ $$(filter %.c,$$^)
endef
$(foreach a,riscv64 arm64,$(eval $(call qemu_rig,$(a))))
