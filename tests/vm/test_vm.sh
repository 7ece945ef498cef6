#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# The payload's tests on every Debian kernel we promise to run on.
# timeout 900
# aside
# Needs no root: the guest has its own. TLML_VM_PAYLOAD and TLML_VM_KERNELS narrow it down.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
payload=${TLML_VM_PAYLOAD:-$here/../../build/vm/payload}

for series in ${TLML_VM_KERNELS:-6.1 6.12}; do
	rc=0
	out=$("$here/vm.sh" "$series" "$payload") || rc=$?
	awk -v rc="$rc" -f "$here/../ktap.awk" <<<"$out"
done | awk -f "$here/number.awk"
