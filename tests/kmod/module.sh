#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# The module as it is built: without a warning, with vector registers in the SIMD units alone, with
# BTF that is made once, and not at all for kernels that it does not know.
# timeout 600
set -euo pipefail
. "$(dirname "$0")/../lib.sh"
top=$(cd "$(dirname "$0")/../.." && pwd)
need gcc make objdump pahole sparse

declare -A kernels dirs
for series in 6.1 6.12; do
	kernels[$series]=$("$top/tests/vm/kernel.sh" "$series" 2>"$TMP/why") ||
		ktap_skip_all "$(tail -n 1 "$TMP/why")"
	[ -e "${kernels[$series]}/headers" ] || ktap_skip_all "no headers of $series can be had"
done
dirs[6.1]=$top/build/kmod/${kernels[6.1]##*/} # as guests get it
dirs[6.12]=$TMP/6.12

build() { # SERIES [ARGUMENT...]
	VMLINUZ=${kernels[$1]}/vmlinuz "$top/kmod/build.sh" "${kernels[$1]}/headers" "${dirs[$1]}" "${@:2}"
}

clean() { # SERIES: nothing to say, but what sparse does not know of vector types
	build "$1" W=1 C=2 CF=-D__CHECK_ENDIAN__ >"$TMP/said" 2>&1
	grep 'CHECK .*kfunc.c' "${dirs[$1]}/log"
	grep -E '(warning|error):' "${dirs[$1]}/log" >"$TMP/warnings" || true
	grep -v -E '^/usr/lib/gcc/|^[^:]*dense_(avx2|vnni)\.c:' "$TMP/warnings" >"$TMP/ours" || true
	cat "$TMP/ours"
	[ ! -s "$TMP/ours" ]
}

vectors() { # OBJECT...: those in which a vector register occurs
	local o
	for o; do
		objdump -d "$o" >"$TMP/code"
		! grep -q '%[xyz]mm[0-9]' "$TMP/code" || basename "$o"
	done
}

registers() { # SERIES
	vectors "${dirs[$1]}"/kmod/*.o | tee "$TMP/vectors"
	printf 'dense_avx2.o\ndense_vnni.o\n' | cmp - "$TMP/vectors"
}

kfuncs() { # SERIES: as many ids as kfuncs, and the flags beside them
	objcopy -O binary --only-section=.BTF_ids --set-section-flags .BTF_ids=alloc \
		"${dirs[$1]}/tlml.ko" "$TMP/ids"
	od -A n -t u4 -w4 -v "$TMP/ids" >"$TMP/words"
	cat "$TMP/words"
	awk '{ w[NR] = $1 } END { exit !(NR == 6 && w[1] == 2 && w[3] > 0 && w[5] > w[3] && w[4] == 16 && w[6] == 16) }' "$TMP/words"
}

again() { # a build of what has not changed does nothing
	local before
	before=$(stat -c %y "${dirs[6.1]}/tlml.ko")
	build 6.1
	[ "$before" = "$(stat -c %y "${dirs[6.1]}/tlml.ko")" ]
}

resolve() { "${dirs[6.1]}/btfids" "${dirs[6.1]}/vmlinux.btf" "${dirs[6.1]}/tlml.ko"; }

foreign() { # VERSION CODE: the compiler's word on a kernel of that version
	mkdir -p "$TMP/linux"
	: >"$TMP/linux/btf.h"
	: >"$TMP/linux/btf_ids.h"
	: >"$TMP/linux/compiler.h"
	printf '#define KERNEL_VERSION%s (((a) << 16) + ((b) << 8) + (c))\n#define LINUX_VERSION%s %d\n' \
		'(a, b, c)' _CODE "$2" >"$TMP/linux/version.h"
	gcc -E -I "$TMP" "$top/kmod/compat.h" >/dev/null
}

ktap_plan 11
for series in 6.1 6.12; do
	if [ "$series" = 6.1 ]; then
		ktap_ok "$series: it builds" build "$series"
	else
		ktap_ok "$series: it builds, gcc W=1 and sparse find nothing" clean "$series"
	fi
	ktap_ok "$series: vector registers in the SIMD units alone" registers "$series"
	ktap_ok "$series: the kfuncs have ids and flags" kfuncs "$series"
done
ktap_ok 'what has not changed is not built again' again
ktap_refuse 'ids are written once' 'was resolved before' resolve
ktap_refuse 'Linux 6.0 is refused' 'needs Linux 6.1' foreign 6.0 $((0x60000))
ktap_refuse 'Linux 8.0 is refused' 'not been tried with Linux 8.0' foreign 8.0 $((0x80000))
ktap_ok 'Linux 6.1 is not' foreign 6.1 $((0x60100))
