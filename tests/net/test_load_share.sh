#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# Beside another XDP program, by libxdp's dispatcher.
set -euo pipefail
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/net.sh"
need_root
need tlml-load xdp-loader bpftool
object=$(foreign_object)
# The guests of tests/vm have no package libxdp1; the dispatcher lies beside this test.
if [ -e "$net_here/xdp-dispatcher.o" ]; then export LIBXDP_OBJECT_PATH=$net_here; fi
net_up

dispatched() { in_ns gw xdp-loader status g0 | grep -q xdp_dispatcher; }
in_dispatcher() { in_ns gw xdp-loader status g0 | grep -q "$1"; }

in_ns gw xdp-loader load -m native g0 "$object" >"$TMP/loader" 2>&1 || ktap_skip_all "xdp-loader: $(cat "$TMP/loader")"
dispatched || ktap_skip_all 'this kernel does not let libxdp use its dispatcher (no programs of type EXT)'
carrier=$(in_ns gw cat /sys/class/net/g0/carrier_changes)

ktap_plan 8

both() {
	local before
	load --share g0 | grep -q 'shared by libxdp'
	in_dispatcher tlml_xdp
	in_dispatcher foreign_pass
	before=$(foreign_seen)
	ping_gw 5
	[ "$(foreign_seen)" -ge $((before + 5)) ]
}

replaced() {
	local before after
	before=$(program)
	load --replace g0
	after=$(program)
	[ -n "$before" ] && [ -n "$after" ] && [ "$before" != "$after" ]
	[ "$(in_ns gw xdp-loader status g0 | grep -c tlml_xdp)" = 1 ]
	in_dispatcher foreign_pass
	ping_gw 2
}

program() { load --status g0 | sed -n 's/.*xdp  *program \([0-9]*\).*/\1/p'; }

leaves() {
	load --detach g0
	if in_dispatcher tlml_xdp; then return 1; fi
	in_dispatcher foreign_pass
	ping_gw 2
}

through_link() { # a program that came without the dispatcher
	in_ns gw ip link set dev g0 xdpdrv obj "$object" sec xdp.frags
	attached g0
}

no_maps() { ! bpftool map show | grep -q tlml_ctl_v1; }

deleted() { # where it was the first to share, and so alone
	load --share g0 | grep -q 'shared by libxdp'
	ip -n "$(ns_name gw)" link del g0
	load --clean g0 | grep -q 'its interface is gone'
	[ -z "$(find /sys/fs/bpf/xdp -name 'dispatch-*' 2>/dev/null)" ]
	wait_until 5 no_maps # the kernel frees them a grace period later
}

ktap_refuse 'without --share the dispatcher is left alone, and --share named' 'dispatcher.*--share g0' load g0
ktap_ok 'with --share both programs run' both
ktap_refuse 'a second time it says that it is there' 'already on g0' load --share g0
ktap_ok '--replace exchanges ours and leaves the other' replaced
ktap_ok '--detach leaves the other' leaves
in_ns gw xdp-loader unload g0 --all
ktap_ok 'no link has flapped' [ "$(in_ns gw cat /sys/class/net/g0/carrier_changes)" = "$carrier" ]
through_link
ktap_refuse 'a program outside of the dispatcher is named and left' "foreign_pass.*cannot be shared" load --share g0
in_ns gw ip link set dev g0 xdpdrv off
ktap_ok 'what libxdp keeps of a deleted interface is cleaned away, too' deleted
