# SPDX-License-Identifier: MIT
# The fuzzers, in the flavour fuzz alone: build/fuzz/fuzzers/NAME from fuzz_NAME.c, of what stands beside it what it names, and the emulator.
FUZZ_SRC := $(sort $(wildcard tests/fuzz/fuzz_*.c))
FUZZ_LIB_OBJ := $(patsubst %.c,$(OUT)/%.o,$(filter-out $(FUZZ_SRC),$(sort $(wildcard tests/fuzz/*.c))))
FUZZERS := $(FUZZ_SRC:tests/fuzz/fuzz_%.c=$(OUT)/fuzzers/%)

.PHONY: fuzzers
fuzzers: $(FUZZERS)

# Some include parts of boot/ and kernel/ as they are.
$(OUT)/tests/fuzz/%.o: CPPFLAGS += -I. -isystem /usr/include/efi -isystem /usr/include/efi/x86_64 -DGNU_EFI_USE_MS_ABI -fshort-wchar

$(OUT)/libfuzz.a: $(FUZZ_LIB_OBJ)
	$(call say,AR,$@)
	$(Q)rm -f $@ && $(AR) rcs $@ $^

$(OUT)/fuzzers/overlay: $(patsubst %.c,$(OUT)/%.o,$(wildcard tests/host/disk*.c))
$(OUT)/fuzzers/overlay: LIBS := -lsqlite3

FUZZ_USB := $(patsubst %.c,$(OUT)/%.o,$(wildcard kernel/usb/*.c) kernel/keymap.c kernel/typing.c)
$(OUT)/fuzzers/usb: $(FUZZ_USB)
$(FUZZ_USB): CPPFLAGS += -I. -include tests/fuzz/usb_io.h

$(FUZZERS): $(OUT)/fuzzers/%: $(OUT)/tests/fuzz/fuzz_%.o $(OUT)/libfuzz.a $(OUT)/libunit.a $(OUT)/libemu.a
	$(call say,LINK,$@)
	$(Q)mkdir -p $(@D) && $(CC) $(CFLAGS) -fsanitize=fuzzer -fuse-ld=lld -o $@ $(filter %.o,$^) -Wl,--start-group $(filter %.a,$^) \
	    -Wl,--end-group $(EMU_LIBS) $(LIBS)
