#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# Writes the BTF of a kernel image into a file, on which a module's BTF can be based:
#	btf.sh VMLINUZ OUT
# Kernel headers that bring no vmlinux need it. x86: the payload is where the boot protocol says.
set -euo pipefail
image=${1:?usage: btf.sh VMLINUZ OUT} out=${2:?usage: btf.sh VMLINUZ OUT}
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

die() { echo "btf.sh: $image: $*" >&2; exit 1; }
number() { od -A n -t "u$2" -j "$1" -N "$2" "$image" | tr -d ' '; } # OFFSET BYTES, little-endian

[ "$(head -c 518 "$image" | tail -c 4)" = HdrS ] || die 'not a bzImage'
[ "$(number $((0x206)) 2)" -ge $((0x208)) ] || die 'its boot protocol is too old'
start=$((($(number $((0x1f1)) 1) + 1) * 512 + $(number $((0x248)) 4)))
# The length of what it unpacks to follows the payload's own end, and only lz4 minds.
length=$(($(number $((0x24c)) 4) - 4))
tail -c "+$((start + 1))" "$image" | head -c "$length" >"$tmp/payload" || true
case $(od -A n -t x1 -N 4 "$tmp/payload" | tr -d ' ') in
fd377a58) tool=xz ;;
28b52ffd) tool=zstd ;;
02214c18) tool=lz4 ;;
1f8b*) tool=gzip ;;
*) die 'packed in a way that is not known here' ;;
esac
command -v "$tool" >/dev/null || die "needs the program $tool"
"$tool" -dqc <"$tmp/payload" >"$tmp/vmlinux" 2>"$tmp/why" || [ -s "$tmp/vmlinux" ] ||
	die "$tool: $(tail -n 1 "$tmp/why")"
objcopy --only-section=.BTF --dump-section ".BTF=$tmp/btf" "$tmp/vmlinux" "$tmp/copy" 2>"$tmp/why" ||
	die "it has no BTF: $(tail -n 1 "$tmp/why")"
mv "$tmp/btf" "$out"
