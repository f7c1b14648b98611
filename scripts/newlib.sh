#!/bin/sh
# SPDX-License-Identifier: MIT
# Builds newlib's libc.a, libm.a and headers from Debian's newlib-source package for the firmware, once: the result
# stays in DIR until the source, the compiler or this script changes. Usage: scripts/newlib.sh DIR
set -eu

dir=${1:?usage: scripts/newlib.sh DIR}
cc=${CC:-clang-19}
jobs=${JOBS:-2}

die() { echo "newlib.sh: $*" >&2; exit 1; }

# Debian 12 has 3.3, Debian 13 has 4.5; take the newest there is.
source=$(ls ${NEWLIB_SOURCE:-/usr/src/newlib}/newlib-*.tar.* 2>/dev/null | sort -V | tail -n 1)
[ -n "$source" ] || die "no newlib source in /usr/src/newlib: install the package newlib-source"
command -v "$cc" >/dev/null || die "no $cc: install the package clang-19"

# What the firmware itself is compiled with; the warnings are newlib's own old C.
flags="-O2 -g0 -ffreestanding -fpic -fvisibility=hidden -mno-red-zone -fno-stack-protector -fno-omit-frame-pointer
       -ffunction-sections -fdata-sections -std=gnu17 -Wno-everything
       -Wno-error=implicit-function-declaration -Wno-error=implicit-int -Wno-error=int-conversion"
flags=$(echo $flags)
key=$({ cat "$0" "$source"; "$cc" --version; } | sha256sum | cut -d ' ' -f 1)
[ "$(cat "$dir/key" 2>/dev/null || true)" = "$key" ] && exit 0

mkdir -p "$dir"
dir=$(cd "$dir" && pwd)
work=$(mktemp -d "$dir/work.XXXXXX")
trap 'rm -rf "$work"' EXIT
trap 'exit 1' INT TERM
# __FILE__ in its assertions: the same wherever it is built.
flags="$flags -ffile-prefix-map=$work=newlib"
echo "  NEWLIB  $(basename "$source") (a minute or two, once)"
{
    tar -xf "$source" -C "$work"
    mkdir "$work/build"
    cd "$work/build"
    "$work"/newlib-*/newlib/configure --host=x86_64-elf --prefix="$work/out" \
        --disable-newlib-supplied-syscalls --disable-multilib --disable-nls --enable-newlib-io-c99-formats \
        CC="$cc --target=x86_64-elf" CPP="$cc --target=x86_64-elf -ffreestanding -E" \
        CCAS="$cc --target=x86_64-elf" AS="$cc --target=x86_64-elf -c" \
        AR=llvm-ar-19 RANLIB=llvm-ranlib-19 CFLAGS="$flags" CCASFLAGS="-fpic"
    # newlib builds a documentation tool for this machine, and would look for gcc.
    make -j"$jobs" CFLAGS="$flags" CC_FOR_BUILD="$cc"
    make install CFLAGS="$flags" CC_FOR_BUILD="$cc"
} >"$dir/log" 2>&1 || { tail -n 20 "$dir/log" >&2; die "newlib did not build; the whole log is $dir/log"; }

root=$(dirname "$(dirname "$(find "$work/out" -name libc.a | head -n 1)")")
rm -rf "$dir/include" "$dir/lib"
cp -r "$root/include" "$root/lib" "$dir/"
echo "$key" >"$dir/key"
