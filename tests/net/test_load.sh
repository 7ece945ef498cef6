#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# tlml-load: attaching, telling, exchanging, detaching.
set -euo pipefail
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/net.sh"
need_root
need tlml-load
net_up
gw=$(ns_name gw)

carrier() { in_ns gw cat /sys/class/net/g0/carrier_changes /sys/class/net/g0/operstate; }

packets() { # that the data path counted
	in_ns gw tlmlctl -j stats g0 | grep -m1 -o '"packets": *[0-9]*' | grep -o '[0-9]*$'
}

attaches() {
	load g0 >"$TMP/said"
	grep -q '^g0: native mode, since 20' "$TMP/said"
	grep -q 'policy  monitor' "$TMP/said"
	ip -n "$gw" -o link show dev g0 | grep -q ' xdp .*tlml_xdp'
	ping_gw 5
}

both_ways() { # one echo is two packets: in by XDP, out by TC
	local before after
	before=$(packets)
	ping_gw 10
	after=$(packets)
	[ $((after - before)) -ge 20 ]
}

json() {
	load --status -j g0 >"$TMP/json"
	grep -q '"attached": true' "$TMP/json"
	grep -q '"mode": "native"' "$TMP/json"
	grep -q '"flows": 65536' "$TMP/json"
	grep -q '"generation": [1-9]' "$TMP/json"
	[ "$(grep -c '"tag": "[0-9a-f]\{16\}"' "$TMP/json")" = 3 ]
}

program() { load --status g0 | sed -n 's/.* xdp  *program \([0-9]*\),.*/\1/p'; }

replaces() { # programs are new, maps are not: what was counted is still there
	local old new before after
	old=$(program)
	before=$(packets)
	load --replace g0
	new=$(program)
	after=$(packets)
	[ -n "$new" ] && [ "$old" != "$new" ] && [ "$after" -ge "$before" ] && [ "$before" -gt 0 ]
	both_ways
	ticking
}

ticking() { # the clock of the data path is with the new programs, and goes on
	local age
	age=$(in_ns gw tlmlctl -j show g0 | grep -o '"clock_age_ms": *[0-9]*' | grep -o '[0-9]*$')
	[ "$age" -lt 500 ]
}

detaches() {
	load --detach g0 | grep -q 'tlml is off'
	nothing_left g0
	ping_gw 2
}

status_is() { # RC [IF]
	local rc=0
	load --status "${@:2}" >/dev/null 2>&1 || rc=$?
	[ "$rc" = "$1" ]
}

sized() { # odd numbers are rounded up
	load --flows 1000 --sources 100 --ingress-only -j g0 >"$TMP/json"
	grep -q '"flows": 1024' "$TMP/json"
	grep -q '"sources": 128' "$TMP/json"
	[ "$(grep -c '"tag"' "$TMP/json")" = 2 ]
	load --detach g0
	nothing_left g0
}

dotted() { # bpffs takes no dots
	ip -n "$gw" link add g0.5 type veth peer name p5
	load g0.5 >/dev/null
	load --status g0.5 | grep -q '^g0.5: '
	load --status | grep -q '^g0.5: '
	load --detach g0.5
	nothing_left g0.5
}

generic() { # announced, and exported
	load lo >"$TMP/said" 2>&1
	grep -q 'lo runs in generic mode, which is slower: .*does not take XDP in native mode' "$TMP/said"
	grep -q '^lo: generic mode' "$TMP/said"
	load --status -j lo | grep -q '"mode": "generic"'
	in_ns gw ping -q -c 2 -i 0.01 127.0.0.1
	load --detach lo
	nothing_left lo
}

policy() { # of a file, before the first packet
	printf '# for a test\nclass * action pass\nmode off\n' >"$TMP/policy"
	load --policy "$TMP/policy" g0 | grep -q 'policy  off'
	load --detach g0
}

without_module() { # of a file with two nets the small one, and why
	mkmodel "$TMP/small" random:3:32:16:6:decode
	mkmodel "$TMP/wide" wide:5:256:64:6:decode
	cat "$TMP/small" "$TMP/wide" >"$TMP/both"
	tlmlctl model show "$TMP/wide" | grep -q 'net 32 -> 256 -> 64 -> 6.* needs the module'
	tlmlctl model show "$TMP/both" | grep -q "without it the file's net 32 -> 32 -> 16"
	load --module auto -v -m "$TMP/both" g0 >"$TMP/said" 2>&1
	grep -q 'g0 do without the module: the module tlml is not loaded' "$TMP/said"
	grep -q 'module  called: no' "$TMP/said"
	in_ns gw tlmlctl model show g0 | grep -q 'net 32 -> 32 -> 16 -> 6'
	in_ns gw tlmlctl -j model show g0 | grep -q '"wide": false'
}

exchanged_without() { # on an interface that tlml is on: programs are new, the rest stays
	local old
	old=$(program)
	load --module never g0 | grep -q 'module  called: no'
	[ "$(program)" != "$old" ]
	load --module auto -m "$TMP/both" g0
	in_ns gw tlmlctl model show g0 | grep -q 'net 32 -> 32 -> 16 -> 6'
	ping_gw 2
}

other_qdisc() { # a clsact of somebody else stays, with its filter
	tc -n "$gw" qdisc add dev g0 clsact
	tc -n "$gw" filter add dev g0 egress prio 10 bpf bytecode '1,6 0 0 0'
	load g0
	ping_gw 2
	load --detach g0
	tc -n "$gw" qdisc show dev g0 | grep -q clsact
	tc -n "$gw" filter show dev g0 egress | grep -q bytecode
	tc -n "$gw" qdisc del dev g0 clsact
}

ktap_plan 21
before=$(carrier)
ktap_ok 'it attaches in native mode and monitors' attaches
if command -v tlmlctl >/dev/null; then
	ktap_ok 'both directions are seen' both_ways
else
	ktap_skip 'both directions are seen' 'needs tlmlctl'
fi
ktap_ok 'JSON tells mode, programs, model and tables' json
ktap_ok '--status without an interface lists it' status_is 0
ktap_refuse 'attaching twice tells what to do instead' 'already on g0.*tlmlctl.*--replace' load g0
if command -v tlmlctl >/dev/null; then
	ktap_ok '--replace exchanges programs and keeps maps' replaces
else
	ktap_skip '--replace exchanges programs and keeps maps' 'needs tlmlctl'
fi
ktap_ok '--detach leaves nothing' detaches
ktap_refuse 'detaching twice is refused' 'tlml is not on g0' load --detach g0
ktap_ok '--status of nothing is 3' status_is 3 g0
ktap_ok '--flows, --sources and --ingress-only' sized
ktap_ok 'a name with a dot' dotted
ktap_ok 'generic mode where there is no native one, announced' generic
ktap_refuse '--mode native does not fall back' 'lo .*native mode.*--mode generic' load --mode native lo
ktap_ok 'a policy holds from the beginning' policy
if command -v mkmodel >/dev/null && [ ! -e /sys/module/tlml ]; then
	ktap_ok 'without the module the small net of a file decides' without_module
	ktap_ok '--module exchanges programs' exchanged_without
	ktap_refuse 'but not for those that call the module' 'module tlml is not loaded' \
		load --module require g0
	load --detach g0 >/dev/null
	ktap_refuse 'a net for the module alone is refused' 'net of 256-64 needs the kernel module' \
		load -m "$TMP/wide" g0
	ktap_refuse '--module takes three words' "--module is 'maybe'" load --module maybe g0
else
	for step in 1 2 3 4 5; do
		ktap_skip "without the module: $step" 'needs mkmodel, and no module'
	done
fi
ktap_ok "somebody else's clsact stays" other_qdisc
ktap_ok 'the link never flapped' [ "$(carrier)" = "$before" ]
