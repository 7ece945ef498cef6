#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# Shows that test_dense can fail: each body with one mistake in it has to be found out.
# timeout 600
set -euo pipefail
. "$(dirname "$0")/../lib.sh"
top=$(cd "$(dirname "$0")/../.." && pwd)
need gcc

machine=$(gcc -dumpmachine)
cross=aarch64-linux-gnu-gcc
strict='-std=gnu11 -O1 -D_GNU_SOURCE'
declare -A flags=([avx2]=-mavx2 [vnni]='-mavx512f -mavx512bw -mavx512vl -mavx512vnni' [neon]='' [scalar]='')

compiled() { # ISA: compiles a body of $TMP/kmod
	# shellcheck disable=SC2086 # lists of flags
	"$compiler" $strict ${flags[$1]} -c "$TMP/kmod/dense_$1.c" -o "$TMP/$1.o"
}

tested() { # runs the test with what was compiled
	"$compiler" -static "$TMP"/*.o -o "$TMP/test"
	"${runner[@]}" "$TMP/test" 300
}

prepare() { # COMPILER ISA...: everything as it is passes
	local isa
	compiler=$1
	cp -r "$top/kmod" "$top/uapi" "$TMP/"
	rm -f "$TMP"/*.o
	# shellcheck disable=SC2086
	"$compiler" $strict -c "$top/tests/kmod/test_dense.c" -o "$TMP/main.o"
	# shellcheck disable=SC2086
	"$compiler" $strict -c "$top/kmod/dense.c" -o "$TMP/dense.o"
	# shellcheck disable=SC2086
	"$compiler" $strict -c "$top/kmod/selftest.c" -o "$TMP/selftest.o"
	for isa in "${@:2}"; do compiled "$isa"; done
	tested
}

found() { # ISA FILE SED: the test fails, and only because of the mistake
	local rc=0
	sed "$3" "$top/kmod/$2" >"$TMP/kmod/$2"
	if cmp -s "$TMP/kmod/$2" "$top/kmod/$2"; then
		echo "nothing in $2 is changed by $3"
		return 1
	fi
	cp "$TMP/$1.o" "$TMP/$1.good"
	compiled "$1"
	tested || rc=$?
	cp "$top/kmod/$2" "$TMP/kmod/$2"
	mv "$TMP/$1.good" "$TMP/$1.o"
	[ "$rc" != 0 ]
}

mutant() { # ISA FILE SED
	if [ "$1" = vnni ] && ! grep -q avx512_vnni /proc/cpuinfo; then
		ktap_skip "$2: $3" 'this CPU has no AVX-512 VNNI'
	elif [ "$1" = neon ] && [ -z "$arm64" ]; then
		ktap_skip "$2: $3" "needs $cross and qemu-aarch64-static: run tests/deps.sh module"
	else
		ktap_ok "$2: $3" found "$@"
	fi
}

x86_mutants() {
	mutant scalar dense_scalar.c 's/acc >> shift : 0/acc >> shift : -acc >> shift/'
	mutant scalar dense_scalar.c 's/total >> 6/total >> 5/'
	mutant avx2 dense_avx2.c 's/_mm256_add_epi32(acc, /_mm256_sub_epi32(acc, /'
	mutant avx2 dense_avx2.c 's/i + 32 <= n/i + 32 < n/'
	mutant avx2 dense_avx2.c 's|n / 4), lane|n / 4 + 1), lane|'
	mutant avx2 dense_avx2.c 's/i = n & ~3u/i = (n \& ~3u) + 1/'
	mutant avx2 dense_avx2.c 's/return _mm256_add_epi32(fold8(a), rest)/return fold8(a)/'
	mutant avx2 dense_ymm.h 's/low, high, 0x31/low, high, 0x13/'
	mutant avx2 dense_ymm.h 's/set1_epi32(TLML_ACT_MAX)/set1_epi32(TLML_ACT_MAX - 1)/'
	mutant avx2 dense_ymm.h '/_mm256_max_epi32/d'
	mutant avx2 dense_body.h 's/memset(y + j, 0, 8)/memset(y + j, 1, 8)/'
	mutant avx2 dense_body.h 's/j = a->classes/j = a->classes + 1/'
	mutant avx2 dense_body.h 's/k < rows; k++)/k < 8; k++)/'
	mutant vnni dense_vnni.c 's/i + 64 <= n/i + 64 < n/'
	mutant vnni dense_vnni.c 's/>> (64 - n % 64)/>> (63 - n % 64)/'
	mutant vnni dense_vnni.c 's/epi64(a, 1)/epi64(a, 0)/'
	mutant vnni dense_vnni.c 's/(mask, x + i)/(mask, x)/'
}

arm64_mutants() {
	mutant neon dense_neon.c 's/vget_high_s8(x)/vget_low_s8(x)/'
	mutant neon dense_neon.c 's/i + 16 <= n/i + 15 <= n/'
	mutant neon dense_neon.c 's/j = i; j < n; j++/j = i + 1; j < n; j++/'
	mutant neon dense_neon.c 's/vdupq_n_s32(TLML_ACT_MAX)/vdupq_n_s32(128)/'
	mutant neon dense_neon.c 's/vabd_u8(bytes8(a), /vsub_u8(bytes8(a), /'
}

arm64=
if [ "${machine%%-*}" = aarch64 ]; then
	arm64=yes cross=gcc runner=()
	ktap_plan 6
else
	if command -v "$cross" >/dev/null && command -v qemu-aarch64-static >/dev/null; then arm64=yes; fi
	ktap_plan 24
	runner=() compiler=gcc
	ktap_ok 'the bodies as they are pass' prepare gcc scalar avx2 vnni
	x86_mutants
	rm -f "$TMP"/*.o
	runner=(qemu-aarch64-static)
fi
compiler=$cross
if [ -n "$arm64" ]; then
	ktap_ok 'the NEON body as it is passes' prepare "$cross" scalar neon
else
	ktap_skip 'the NEON body as it is passes' "needs $cross and qemu-aarch64-static: run tests/deps.sh module"
fi
arm64_mutants
