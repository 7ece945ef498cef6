#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# Builds tlml.ko with its BTF, in a copy of the sources, for the kernel that headers belong to:
#	build.sh HEADERS OUT [ARGUMENT...]
# HEADERS is what /lib/modules/VERSION/build points at; the result is OUT/tlml.ko. Headers that
# bring vmlinux make the BTF themselves; for others it is made here, on the base of the running
# kernel's BTF if it is the same version, else of that in the file that VMLINUZ names
# (default /boot/vmlinuz-VERSION). ARGUMENTs are make's.
set -euo pipefail
export LC_ALL=C
usage='usage: build.sh HEADERS OUT [ARGUMENT...]'
top=$(cd "$(dirname "$0")/.." && pwd)
headers=$(realpath "${1:?$usage}") out=$(realpath -m "${2:?$usage}")

arguments=("${@:3}")

die() { echo "build.sh: $*" >&2; exit 1; }

[ -f "$headers/Makefile" ] || die "$headers is no kernel headers directory"
mkdir -p "$out/kmod" "$out/uapi"
exec 9>"$out/lock"
flock 9
if [ -f "$out/tlml.ko" ] &&
	[ -z "$(find "$top/Kbuild" "$top/kmod" "$top/uapi" -type f -newer "$out/tlml.ko")" ]; then
	exit 0
fi
cp -pu "$top/Kbuild" "$out/"
cp -pu "$top"/kmod/*.[ch] "$out/kmod/"
cp -pu "$top"/uapi/*.h "$out/uapi/"
rm -f "$out/tlml.ko"
trap 'rm -f "$out/tlml.ko"' EXIT # unless all went well

kbuild() { # ARGUMENT...
	make -C "$headers" M="$out" "${arguments[@]}" "$@" modules >"$out/log" 2>&1 || { cat "$out/log" >&2; die 'the kernel build failed'; }
	grep -E 'warning|WARNING' "$out/log" >&2 || true
}

if [ -f "$headers/vmlinux" ]; then
	kbuild
else
	version=$(sed -n 's/^#define UTS_RELEASE "\(.*\)"$/\1/p' "$headers/include/generated/utsrelease.h")
	if [ "$version" = "$(uname -r)" ] && [ -f /sys/kernel/btf/vmlinux ]; then
		base=/sys/kernel/btf/vmlinux
	else
		base=$out/vmlinux.btf
		[ -f "$base" ] || "$top/kmod/btf.sh" "${VMLINUZ:-/boot/vmlinuz-$version}" "$base"
	fi
	command -v pahole >/dev/null || die 'needs pahole, of the package dwarves'
	gcc -O2 -Wall -o "$out/btfids" "$top/kmod/btfids.c" -lbpf -lelf
	# Its own step is to do nothing: ids that are resolved twice go astray.
	kbuild PAHOLE=true RESOLVE_BTFIDS=true
	LLVM_OBJCOPY=objcopy pahole -J --btf_gen_floats --lang_exclude=rust --btf_base "$base" "$out/tlml.ko"
	"$out/btfids" "$base" "$out/tlml.ko"
fi
readelf -SW "$out/tlml.ko" | grep -q ' \.BTF ' || die 'no BTF came out'
trap - EXIT
