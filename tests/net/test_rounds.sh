#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# 100 rounds of attaching and detaching under traffic, on two interfaces at a time: no packet is
# lost, no map, program or link leaks, no link flaps. In each tenth round --replace comes between.
# timeout 240
#
#	 namespace lan             namespace gw
#	 l0 192.0.2.2    <--->     g0 192.0.2.1
#	 l1 198.51.100.2 <--->     g1 198.51.100.1
set -euo pipefail
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/net.sh"
need_root
need tlml-load bpftool ping
lan=$(ns_name lan)
rounds=50 # on each of the two
net_up
ns_link lan l1 198.51.100.2/24 gw g1 198.51.100.1/24

carriers() { in_ns gw cat /sys/class/net/g{0,1}/carrier_changes; }

ours() { # maps, programs and links of tlml on this machine
	{
		bpftool map show | grep -c 'name tlml_'
		bpftool prog show | grep -c 'name tlml_'
		bpftool link show | grep -c '^[0-9]'
	} | paste -s || true
}

run_rounds() { # IF
	local i
	for ((i = 1; i <= rounds; i++)); do
		load "$1"
		if [ $((i % 10)) = 0 ]; then load --replace "$1"; fi
		load --detach "$1"
	done
}

traffic() { # ADDRESS FILE: echo requests until interrupted, 500 a second at most
	ip netns exec "$lan" ping -n -q -i 0.002 -w 230 "$1" >"$2" 2>&1 & # no shell around it
	pings+=($!)
}

all_rounds() {
	local pings=() a b rc=0
	traffic 192.0.2.1 "$TMP/p0"
	traffic 198.51.100.1 "$TMP/p1"
	run_rounds g0 >"$TMP/r0" 2>&1 &
	a=$!
	run_rounds g1 >"$TMP/r1" 2>&1 &
	b=$!
	wait "$a" || rc=$?
	wait "$b" || rc=$?
	kill -INT "${pings[@]}"
	wait "${pings[@]}" || true
	[ "$rc" = 0 ] || { tail -n 2 "$TMP/r0" "$TMP/r1"; return 1; }
	[ "$(grep -c 'tlml is off' "$TMP/r0")" = "$rounds" ]
	[ "$(grep -c 'tlml is off' "$TMP/r1")" = "$rounds" ]
}

lossless() { # FILE: of a ping that was interrupted; the last request may have no answer yet
	local sent got
	read -r sent got < <(sed -n 's/^\([0-9]*\) packets transmitted, \([0-9]*\) received.*/\1 \2/p' "$1")
	echo "$sent sent, $got received"
	[ "$sent" -ge 1000 ] && [ $((sent - got)) -le 1 ]
}

settled() { # the kernel frees what was detached a little later
	wait_until 10 no_more || { echo "before: $before, now: $(ours)"; return 1; }
}

no_more() { # than before: what other tests had left to the kernel may have gone since
	local -a was now
	read -ra was <<<"$before"
	read -ra now <<<"$(ours)"
	[ "${now[0]}" -le "${was[0]}" ] && [ "${now[1]}" -le "${was[1]}" ] && [ "${now[2]}" -le "${was[2]}" ]
}

before=$(ours)
flaps=$(carriers)
ktap_plan 6
ktap_ok "2 x $rounds rounds of attaching and detaching" all_rounds
ktap_ok 'no packet is lost on the first interface' lossless "$TMP/p0"
ktap_ok 'no packet is lost on the second' lossless "$TMP/p1"
ktap_ok 'no map, program or link is left' settled
ktap_ok 'no link has flapped' [ "$(carriers)" = "$flaps" ]
ktap_ok 'nothing else is left' nothing_left g0
