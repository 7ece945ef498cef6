#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# tlml.ko in a kernel that may break: loads, shows its BTF, unloads. In a guest of tests/vm.
set -euo pipefail
. "$(dirname "$0")/../lib.sh"
module=$(dirname "$0")/tlml.ko

need_root
[ -f "$module" ] || ktap_skip_all 'no module was built for this kernel'

load() {
	insmod "$module"
	grep '^tlml ' /proc/modules
}

kfuncs() { # what BPF programs would look for
	bpftool btf dump file /sys/kernel/btf/tlml --base-btf /sys/kernel/btf/vmlinux |
		grep -c -E "FUNC '(bpf_tlml_infer|bpf_tlml_dense)'" | grep -qx 2
}

unload() {
	rmmod tlml
	[ ! -e /sys/module/tlml ]
	[ ! -e /sys/kernel/btf/tlml ]
}

again() {
	local i
	for ((i = 0; i < 100; i++)); do
		insmod "$module"
		rmmod tlml
	done
}

ktap_plan 4
ktap_ok 'loads' load
ktap_ok 'its kfuncs are in the BTF that the kernel took' kfuncs
ktap_ok 'unloads' unload
ktap_ok 'loads and unloads 100 times' again
