#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# Builds the modules that tests load into one kernel: modules.sh HEADERS OUT (as kmod/build.sh has
# them) into OUT/test:
#			tlml.ko			the module
#			tlml-nobtf.ko		without BTF
#			tlml-badbtf.ko		with BTF that no kernel takes
#			tlml-wrong.ko		with a SIMD body that computes wrongly
#			tlml_contexts.ko	tests/kmod/contexts
set -euo pipefail
usage='usage: modules.sh HEADERS OUT'
top=$(cd "$(dirname "$0")/../.." && pwd)
headers=$(realpath "${1:?$usage}") out=$(realpath -m "${2:?$usage}")
test=$out/test

"$top/kmod/build.sh" "$headers" "$out"
mkdir -p "$test"
exec 9>"$test.lock"
flock 9
contexts=$top/tests/kmod/contexts
[ "$out/tlml.ko" -nt "$test/done" ] || [ -n "$(find "$contexts" "$0" -newer "$test/done")" ] || exit 0

stripped() { strip --strip-debug -o "$test/$1" "$2"; }

stripped tlml.ko "$out/tlml.ko"
objcopy --remove-section=.BTF "$test/tlml.ko" "$test/tlml-nobtf.ko"
# What the header of BTF is followed by are types; no type is like this.
objcopy --dump-section ".BTF=$out/bad.btf" "$test/tlml.ko"
printf '\377\377\377\377\377\377\377\377' | dd of="$out/bad.btf" bs=1 seek=28 conv=notrunc status=none
objcopy --update-section ".BTF=$out/bad.btf" "$test/tlml.ko" "$test/tlml-badbtf.ko"

# vperm2i128 that takes the wrong halves, as AVX2 and VNNI fold their sums.
perl -0777 -pe 's/(\xc4\xe3.\x46.)\x31/$1\x13/gs' "$test/tlml.ko" >"$test/tlml-wrong.ko"
if cmp -s "$test/tlml.ko" "$test/tlml-wrong.ko"; then
	echo 'modules.sh: no instruction in tlml.ko to do wrong' >&2
	exit 1
fi

mkdir -p "$out/contexts"
cp -r "$top/kmod" "$top/uapi" "$contexts/." "$out/contexts/"
cp "$top/Kbuild" "$out/contexts/Kbuild.tlml"
make -C "$headers" M="$out/contexts" PAHOLE=true RESOLVE_BTFIDS=true modules \
	>"$out/contexts/log" 2>&1 || { cat "$out/contexts/log" >&2; exit 1; }
stripped tlml_contexts.ko "$out/contexts/tlml_contexts.ko"
touch "$test/done"
