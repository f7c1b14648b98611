# SPDX-License-Identifier: MIT
# The programs of the benchmark. build/bench/bench: every row of x86_64 but those of bench32 (32-bit code) and of bench-bare.bin (a guest
# without a system, flat, Multiboot). build/bench/riscv64-NAME.elf and arm64-NAME.elf: bare guests.
BENCH := build/bench
BENCH_DIR := tests/bench/x86_64
# The first x86-64 processors' code, but for what a row asks for by name; no builtins, since the loops are what is measured.
BENCH_CFLAGS := -std=gnu23 $(WARN) -Wno-missing-prototypes -O2 -g -ffreestanding -fno-builtin -fno-pic -fno-stack-protector \
                -fno-asynchronous-unwind-tables -ffp-contract=off -fno-strict-aliasing -fwrapv -mno-red-zone
BENCH_64 := kit compute memory float crypto system code real privileged
BENCH_32 := kit compute
BENCH_BARE := kit privileged bare
BENCH_VIRT := $(shell sed -n 's/.*defined GUEST_\([a-z0-9]*\).*/\1/p' tests/bench/virt/programs.c)
BENCH_TARGET_riscv64 := --target=riscv64 -march=rv64gc -mabi=lp64d -mcmodel=medany -Wl,--defsym=BASE=0x80200000
BENCH_TARGET_arm64 := --target=aarch64-none-elf -march=armv8-a -Wl,--defsym=BASE=0x40200000
BENCH_X86_PROGRAMS := $(BENCH)/bench $(BENCH)/bench32 $(BENCH)/bench-bare.bin

.PHONY: bench-programs bench-programs-riscv64 bench-programs-arm64
bench-programs: $(BENCH_X86_PROGRAMS)

define BENCH_OBJECT
$(BENCH)/$(1)/%.o: $(BENCH_DIR)/%.c tests/bench/bench.mk
	$$(call say,CC,$$<)
	$$(Q)mkdir -p $$(@D) && $$(CC) $(2) $$(BENCH_CFLAGS) -MMD -MP -c -o $$@ $$<
endef
$(eval $(call BENCH_OBJECT,64,--target=x86_64-linux-gnu -march=x86-64))
$(eval $(call BENCH_OBJECT,32,--target=i686-linux-gnu -march=i686))
$(eval $(call BENCH_OBJECT,bare,--target=x86_64-elf -march=x86-64 -mgeneral-regs-only -DBARE))

$(BENCH)/bench: $(BENCH_64:%=$(BENCH)/64/%.o)
	$(call say,LINK,$@)
	$(Q)ld.lld-19 -m elf_x86_64 -static -o $@ $^

$(BENCH)/bench32: $(BENCH_32:%=$(BENCH)/32/%.o)
	$(call say,LINK,$@)
	$(Q)ld.lld-19 -m elf_i386 -static -o $@ $^

$(BENCH)/bench-bare.elf: $(BENCH_BARE:%=$(BENCH)/bare/%.o) build/guest/long-x86_64/kit/start64.S.o linker/guest.lds
	$(call say,LINK,$@)
	$(Q)ld.lld-19 -m elf_x86_64 --defsym=GUEST_BASE=0x100000 -T linker/guest.lds -o $@ $(filter %.o,$^)

$(BENCH)/bench-bare.bin: $(BENCH)/bench-bare.elf
	$(call say,OBJCOPY,$@)
	$(Q)objcopy -O binary $< $@

define BENCH_BOARD
bench-programs-$(1): $(BENCH_VIRT:%=$(BENCH)/$(1)-%.elf)
$(BENCH)/$(1)-%.elf: $(wildcard tests/bench/virt/*) tests/bench/bench.mk
	$$(call say,CC,$$@)
	$$(Q)mkdir -p $$(@D) && $$(CC) $(BENCH_TARGET_$(1)) -O2 -fno-builtin -fno-math-errno -ffreestanding -nostdlib -static -fuse-ld=lld \
	    -Wl,-T,tests/bench/virt/programs.ld -DGUEST_$$* -o $$@ tests/bench/virt/programs.c
endef
$(foreach a,riscv64 arm64,$(eval $(call BENCH_BOARD,$(a))))
