# SPDX-License-Identifier: MIT
# The test guests, each from its architecture's folder and words.c, on boards like virt virt.c, too. For x86-64: build/guest/NAME.bin (flat, Multiboot) from x86_64/NAME,
# x86_64/both and the kit, NAME being long or protected; and one bare-NAME.bin from each file of x86_64/bare.
GUEST_OUT := build/guest
GUEST_CFLAGS := -std=gnu23 -Wall -Wextra -Wshadow -Wno-unused-parameter -Werror -O1 -g -ffreestanding -fno-pic -mno-red-zone \
                -mgeneral-regs-only -fno-stack-protector -fno-asynchronous-unwind-tables -Itests/guest
GUEST_ARCH_long := --target=x86_64-elf
GUEST_ARCH_protected := --target=i686-elf -mregparm=3
GUEST_START_long := start64.S
GUEST_START_protected := start32.S
GUEST_LD_long := elf_x86_64
GUEST_LD_protected := elf_i386
GUEST_X86 := tests/guest/x86_64
guest_objects = $(patsubst tests/guest/%,$(GUEST_OUT)/$(1)-%.o,$(GUEST_X86)/kit/$(GUEST_START_$(1)) tests/guest/words.c \
                $(wildcard $(GUEST_X86)/kit/*.c) $(sort $(wildcard $(GUEST_X86)/both/*.c $(GUEST_X86)/$(1)/*.[cS])))

GUEST_IMAGES := long protected $(patsubst $(GUEST_X86)/bare/%,bare-%,$(basename $(wildcard $(GUEST_X86)/bare/*.[cS])))

# Guests of measured regions, and the same as programs for QEMU's user mode: regions-ARCH.elf, regions-ARCH-user.elf; model-... for Valgrind.
GUEST_REGIONS := $(foreach a,x86_64 riscv64 arm64,$(foreach g,regions model,$(GUEST_OUT)/$(g)-$(a).elf $(GUEST_OUT)/$(g)-$(a)-user.elf))

.PHONY: guests
guests: $(GUEST_IMAGES:%=$(GUEST_OUT)/%.bin) $(GUEST_OUT)/riscv64.elf $(GUEST_OUT)/riscv64-sbi.elf $(GUEST_OUT)/arm64.elf $(GUEST_REGIONS) ## build the test guests

define GUEST_IMAGE
$(GUEST_OUT)/$(1).elf: $(call guest_objects,$(1)) linker/guest.lds
	$$(call say,LINK,$$@)
	$$(Q)ld.lld-19 -m $(GUEST_LD_$(1)) --defsym=GUEST_BASE=0x100000 -T linker/guest.lds -o $$@ $$(filter %.o,$$^)
$(GUEST_OUT)/$(1)-%.o: tests/guest/% tests/guest/guest.mk
	$$(call say,CC,$$<)
	$$(Q)mkdir -p $$(@D) && $(CC) $(GUEST_ARCH_$(1)) $(GUEST_CFLAGS) -I$(GUEST_X86)/kit -MMD -MP -c -o $$@ $$<
endef
$(eval $(call GUEST_IMAGE,long))
$(eval $(call GUEST_IMAGE,protected))

# RISC-V: ELF files. riscv64 is at the start of RAM and starts in M-mode; riscv64-sbi is where kernels are, and starts in S-mode.
GUEST_RISCV64_riscv64 := tests/guest/riscv64
GUEST_RISCV64_riscv64-sbi := tests/guest/riscv64/sbi
GUEST_BASE_riscv64 := 0x80000000
GUEST_BASE_riscv64-sbi := 0x80200000
GUEST_ARCH_riscv64 := --target=riscv64-unknown-elf -march=rv64gc -mabi=lp64 -mcmodel=medany -mno-relax
define GUEST_RISCV64
$(GUEST_OUT)/$(1).elf: $(patsubst tests/guest/%,$(GUEST_OUT)/riscv64-%.o,$(GUEST_RISCV64_$(1))/start.S tests/guest/words.c tests/guest/virt.c \
                         $(sort $(wildcard $(GUEST_RISCV64_$(1))/*.c))) linker/guest.lds
	$$(call say,LINK,$$@)
	$$(Q)ld.lld-19 -m elf64lriscv --defsym=GUEST_BASE=$(GUEST_BASE_$(1)) -T linker/guest.lds -o $$@ $$(filter %.o,$$^)
endef
$(eval $(call GUEST_RISCV64,riscv64))
$(eval $(call GUEST_RISCV64,riscv64-sbi))
$(GUEST_OUT)/riscv64-%.o: tests/guest/% tests/guest/guest.mk
	$(call say,CC,$<)
	$(Q)mkdir -p $(@D) && $(CC) $(GUEST_ARCH_riscv64) $(filter-out -mno-red-zone -mgeneral-regs-only,$(GUEST_CFLAGS)) \
	    -fno-builtin -MMD -MP -c -o $@ $<

# Arm64: an ELF file, behind where QEMU puts its device tree. Nothing is aligned before the MMU is on, so no access may be unaligned.
GUEST_ARCH_arm64 := --target=aarch64-none-elf -march=armv8-a -mstrict-align
$(GUEST_OUT)/arm64.elf: $(patsubst tests/guest/%,$(GUEST_OUT)/arm64-%.o,tests/guest/arm64/start.S tests/guest/words.c tests/guest/virt.c \
                         $(sort $(wildcard tests/guest/arm64/*.c))) linker/guest.lds
	$(call say,LINK,$@)
	$(Q)ld.lld-19 -m aarch64linux --defsym=GUEST_BASE=0x40200000 -T linker/guest.lds -o $@ $(filter %.o,$^)
$(GUEST_OUT)/arm64-%.o: tests/guest/% tests/guest/guest.mk
	$(call say,CC,$<)
	$(Q)mkdir -p $(@D) && $(CC) $(GUEST_ARCH_arm64) $(filter-out -mno-red-zone,$(GUEST_CFLAGS)) -fno-builtin -MMD -MP -c -o $@ $<

GUEST_TARGET_x86_64 := --target=x86_64-elf -mno-red-zone
GUEST_TARGET_riscv64 := --target=riscv64-unknown-elf -march=rv64gc -mabi=lp64d -mcmodel=medany -mno-relax -msmall-data-limit=0
GUEST_TARGET_arm64 := $(GUEST_ARCH_arm64)
GUEST_LINK_x86_64 := -m elf_x86_64 --defsym=GUEST_BASE=0x100000
GUEST_LINK_riscv64 := -m elf64lriscv --defsym=GUEST_BASE=0x80200000
GUEST_LINK_arm64 := -m aarch64linux --defsym=GUEST_BASE=0x40200000
define GUEST_REGION
$(GUEST_OUT)/regions-$(1)-%.o: tests/guest/regions/%.c include/guest/softmetal-region.h tests/guest/guest.mk
	$$(call say,CC,$$<)
	$$(Q)mkdir -p $$(@D) && $(CC) $$(GUEST_TARGET_$(1)) $(filter-out -mno-red-zone -mgeneral-regs-only,$(GUEST_CFLAGS)) -fno-builtin -fno-vectorize \
	    -Iinclude/guest -c -o $$@ $$<
$(GUEST_OUT)/regions-$(1)-start.o: tests/guest/regions/start-$(1).S
	$$(call say,CC,$$<)
	$$(Q)mkdir -p $$(@D) && $(CC) $$(GUEST_TARGET_$(1)) -c -o $$@ $$<
$(GUEST_OUT)/regions-$(1).elf $(GUEST_OUT)/regions-$(1)-user.elf: $(GUEST_OUT)/regions-$(1)-work.o
$(GUEST_OUT)/model-$(1).elf $(GUEST_OUT)/model-$(1)-user.elf: $(GUEST_OUT)/regions-$(1)-model.o
$(GUEST_OUT)/%-$(1).elf: $(GUEST_OUT)/regions-$(1)-start.o linker/guest.lds
	$$(call say,LINK,$$@)
	$$(Q)ld.lld-19 $$(GUEST_LINK_$(1)) --no-rosegment -T linker/guest.lds -e start -o $$@ $$(filter %.o,$$^)
$(GUEST_OUT)/%-$(1)-user.elf: $(GUEST_OUT)/regions-$(1)-start.o linker/guest.lds
	$$(call say,LINK,$$@)
	$$(Q)ld.lld-19 $$(GUEST_LINK_$(1)) --no-rosegment -T linker/guest.lds -e user -o $$@ $$(filter %.o,$$^)
endef
$(foreach a,x86_64 riscv64 arm64,$(eval $(call GUEST_REGION,$(a))))

# x86 guests of one source and without the kit, started in 64-bit mode, or where a boot sector is in real mode.
GUEST_BASE_high := 0x80000000
GUEST_BASE_bios := 0x7c00
GUEST_BASE_waits := 0x7c00
GUEST_BASE_echo := 0x7c00
GUEST_BASE_init := 0x7c00
GUEST_BASE_firmware := 0x7c00
$(GUEST_OUT)/bare-%.elf: $(GUEST_OUT)/x86_64/bare/%.o linker/guest.lds
	$(call say,LINK,$@)
	$(Q)ld.lld-19 --defsym=GUEST_BASE=$(or $(GUEST_BASE_$*),0x100000) -T linker/guest.lds -o $@ $<
$(GUEST_OUT)/x86_64/bare/%.o: $(GUEST_X86)/bare/%.c tests/guest/guest.mk
	$(call say,CC,$<)
	$(Q)mkdir -p $(@D) && $(CC) $(GUEST_ARCH_long) $(GUEST_CFLAGS) -MMD -MP -c -o $@ $<
$(GUEST_OUT)/x86_64/bare/%.o: $(GUEST_X86)/bare/%.S
	$(call say,CC,$<)
	$(Q)mkdir -p $(@D) && $(CC) --target=x86_64-elf -g -c -o $@ $<

$(GUEST_OUT)/%.bin: $(GUEST_OUT)/%.elf
	$(call say,OBJCOPY,$@)
	$(Q)objcopy -O binary $< $@
