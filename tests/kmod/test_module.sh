#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# tlml.ko in a kernel that may break: what it needs to load, what it shows, and that it goes again.
# In a guest of tests/vm, beside what tests/kmod/modules.sh has built.
set -euo pipefail
. "$(dirname "$0")/../lib.sh"
here=$(cd "$(dirname "$0")" && pwd)

need_root
[ -e /proc/modules ] || ktap_skip_all 'this kernel takes no modules'
[ -f "$here/tlml.ko" ] || ktap_skip_all 'no module was built for this kernel'

load() { # FILE [PARAMETER...]
	insmod "$here/$1.ko" "${@:2}"
	[ -e "/sys/module/${1%%-*}" ]
}

unload() {
	rmmod tlml
	[ ! -e /sys/module/tlml ]
	[ ! -e /sys/kernel/btf/tlml ]
}

said() { dmesg | tail -n 20 | grep "tlml: $1"; }

functions() { # how many kfuncs there are to be called
	[ -e /sys/kernel/btf/tlml ] || { echo 0; return; }
	bpftool btf dump file /sys/kernel/btf/tlml --base-btf /sys/kernel/btf/vmlinux |
		grep -c -E "FUNC '(bpf_tlml_infer|bpf_tlml_dense)'"
}

loads() {
	load tlml
	said 'loaded, computes with '
	[ "$(functions)" = 2 ]
}

wrong() { # a SIMD body is, and the CPU has it
	! load tlml-wrong || return 1
	said 'self-test: avx2 computes wrongly'
	[ ! -e /sys/module/tlml ]
	load tlml-wrong simd=0
	said 'loaded, computes with scalar'
	unload
}

no_kfuncs() { # FILE
	load "$1"
	[ "$(functions)" = 0 ]
	unload
}

again() {
	local i
	for ((i = 0; i < 100; i++)); do
		insmod "$here/tlml.ko"
		rmmod tlml
	done
}

contexts() { # [PARAMETER]
	load tlml_contexts "$@" || { dmesg | tail -n 20; return 1; }
	rmmod tlml_contexts
}

storm() { # registers of a task that timers interrupt with SIMD
	load tlml_contexts storm=1200
	"$here/registers" 1000
	sleep 0.3
	rmmod tlml_contexts
	dmesg | tail -n 3 | grep 'storm: [1-9][0-9]* calls, 0 wrong'
}

ktap_plan 9
ktap_ok 'loads, with its kfuncs in BTF that the kernel took' loads
ktap_ok 'unloads' unload
if grep -q -w avx2 /proc/cpuinfo; then
	ktap_ok 'does not load if a SIMD body computes wrongly' wrong
	ktap_ok "a task's registers stay as they are while timers compute" storm
else
	ktap_skip 'does not load if a SIMD body computes wrongly' 'this CPU has no AVX2'
	ktap_skip "a task's registers stay as they are while timers compute" 'this CPU has no AVX2'
fi
ktap_ok 'without BTF it loads, and has no kfuncs' no_kfuncs tlml-nobtf
ktap_ok 'with BTF that the kernel refuses it loads, and has no kfuncs' no_kfuncs tlml-badbtf
ktap_ok 'computes the same from task, softirq and hard irq, also nested' contexts
ktap_ok 'computes the same there without SIMD' contexts simd=0
ktap_ok 'loads and unloads 100 times' again
