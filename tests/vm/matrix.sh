#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# The tests of a payload on every kernel and number of CPUs, as one table: matrix.sh PAYLOADDIR
# TLML_VM_KERNELS and TLML_VM_CPUS narrow it down. All that a guest said is in
# build/vm/KERNEL-CPUS.ktap. Exit status 1 if anything failed.
set -euo pipefail
export LC_ALL=C
here=$(cd "$(dirname "$0")" && pwd)
out=$here/../../build/vm
payload=${1:?usage: matrix.sh PAYLOADDIR}
failed=0

mkdir -p "$out"
printf '%-10s %4s  %-30s %6s %6s %7s %8s\n' kernel CPUs release passed failed skipped seconds
for kernel in ${TLML_VM_KERNELS:-6.1 6.12 6.1-full 6.12-full}; do
	for cpus in ${TLML_VM_CPUS:-1 2}; do
		rc=0 file=$out/$kernel-$cpus.ktap
		VM_CPUS=$cpus VM_TIMEOUT=${VM_TIMEOUT:-480} "$here/vm.sh" "$kernel" "$payload" >"$file" 2>"$file.err" || rc=$?
		awk -v rc="$rc" -f "$here/../ktap.awk" "$file" | awk -F '\t' -v kernel="$kernel" -v cpus="$cpus" '
			$1 == "#" && $2 ~ /^Linux / { release = $2; sub(/^Linux /, "", release); sub(/:.*/, "", release) }
			$1 == "#" && $2 ~ / s in all$/ { seconds = $2; sub(/.*: /, "", seconds); sub(/ .*/, "", seconds) }
			$1 != "#" { n[$1]++ }
			$1 == "fail" { bad = bad "    not ok: " $2 "\n" }
			$1 == "skip" && !release { bad = bad "    skipped: " $2 "\n" }
			END {
				printf "%-10s %4d  %-30s %6d %6d %7d %8s\n%s", kernel, cpus, release ? release : "-",
					n["ok"], n["fail"], n["skip"], seconds ? seconds : "-", bad
				exit n["fail"] != 0
			}' || failed=1
		[ "$rc" = 0 ] || { sed 's/^/    /' "$file.err"; failed=1; }
	done
done
exit "$failed"
