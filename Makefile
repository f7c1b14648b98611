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

# FLAVOUR picks a variant of the hosted build: host (release), asan (ASan + UBSan), hostile (every limit at its smallest).
FLAVOUR ?= host
OUT := build/$(FLAVOUR)
CC := clang-19
AR := llvm-ar-19

WARN := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wundef -Wpointer-arith -Wvla \
        -Wwrite-strings -Wimplicit-fallthrough -Wformat=2 -Wno-unused-parameter -Werror
# Guest arithmetic wraps and guest memory has no type; frame layout and FP contraction must not vary between builds.
SEMANTICS := -std=gnu23 -fwrapv -fno-strict-aliasing -ffp-contract=off -fno-math-errno
CPPFLAGS := -Iinclude -Iemu
FLAVOUR_host := -O2 -g
FLAVOUR_asan := -O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
FLAVOUR_hostile := -O1 -g -DHOSTILE=1
CFLAGS := $(SEMANTICS) $(WARN) $(FLAVOUR_$(FLAVOUR))

EMU_SRC := $(sort $(shell find emu -name '*.c'))
EMU_OBJ := $(EMU_SRC:%.c=$(OUT)/%.o)
HOST_SRC := $(sort $(wildcard tests/host/*.c))
HOST_OBJ := $(HOST_SRC:%.c=$(OUT)/%.o)
UNIT_SRC := $(sort $(wildcard tests/unit/test_*.c))
UNIT_BIN := $(UNIT_SRC:tests/unit/%.c=$(OUT)/unit/%)
UNIT_LIB := $(filter-out $(UNIT_SRC),$(sort $(wildcard tests/unit/*.c)))
UNIT_LIB_OBJ := $(UNIT_LIB:%.c=$(OUT)/%.o)

.DEFAULT_GOAL := help
.PHONY: help host unit clean

help: ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /  \1\t/' | expand -t 14

host: $(OUT)/softmetal ## build the emulator as a Linux process: build/host/softmetal

$(OUT)/softmetal: $(HOST_OBJ) $(OUT)/libemu.a
	$(call say,LINK,$@)
	$(Q)$(CC) $(CFLAGS) -o $@ $^ -lm

$(OUT)/libemu.a: $(EMU_OBJ)
	$(call say,AR,$@)
	$(Q)rm -f $@ && $(AR) rcs $@ $^

$(OUT)/%.o: %.c
	$(call say,CC,$<)
	$(Q)mkdir -p $(@D) && $(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<

$(OUT)/unit/%: $(OUT)/tests/unit/%.o $(UNIT_LIB_OBJ) $(OUT)/libemu.a
	$(call say,LINK,$@)
	$(Q)mkdir -p $(@D) && $(CC) $(CFLAGS) -o $@ $^ -lcmocka -lm

unit: $(UNIT_BIN) ## build and run the unit tests
	$(Q)set -e; for t in $(UNIT_BIN); do echo "== $$t"; $$t; done

clean: ## remove what the build made (newlib and downloads stay cached)
	$(Q)rm -rf build/host build/asan build/hostile build/firmware

-include $(shell find build -name '*.d' 2>/dev/null)
