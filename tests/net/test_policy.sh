#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# timeout 240
# What tlmlctl set does to packets: lan0 of a gateway between a LAN and a WAN host, with a model
# that calls every flow c1.
set -euo pipefail
. "$(dirname "$0")/../lib.sh"
need_root
need tlml-load tlmlctl mkmodel nft tcpdump ping
ktap_plan 17

ctl() { in_ns gw tlmlctl "$@"; }
set_() { ctl set lan0 "$@"; }
count() { ctl dump lan0 | awk -F '\t' -v n="$1" '$1 == "stat" && $3 == n { print $4 }'; }
passes() { in_ns lan ping -q -c 2 -i 0.05 -w 2 "$1"; } # ADDRESS: echoes come back
blocked() { ! in_ns lan ping -q -c 2 -i 0.05 -W 0.4 "$1"; }
effective() { [ "$(ctl dump lan0 | awk -F '\t' '$1 == "interface" { print $4 }')" = "$1" ]; }
v4=198.51.100.2 v6=2001:db8:2::2

moved() { # COUNTER CMD...: the command makes it grow
	local was
	was=$(count "$1")
	"${@:2}"
	[ "$(count "$1")" -gt "$was" ] || { echo "$1 stays at $was"; return 1; }
}

still() { # COUNTER CMD...: the command leaves it alone
	local was
	was=$(count "$1")
	"${@:2}"
	[ "$(count "$1")" = "$was" ] || { echo "$1 went from $was to $(count "$1")"; return 1; }
}

ns_add lan gw wan
ns_link lan eth0 192.0.2.2/24,2001:db8:1::2/64 gw lan0 192.0.2.1/24,2001:db8:1::1/64
ns_link gw wan0 198.51.100.1/24,2001:db8:2::1/64 wan eth0 198.51.100.2/24,198.51.100.3/24,2001:db8:2::2/64
ns_sysctl gw ipv4/ip_forward=1 ipv6/conf/all/forwarding=1
ip -n "$(ns_name lan)" route add 198.51.100.0/24 via 192.0.2.1
ip -n "$(ns_name lan)" route add 2001:db8:2::/64 via 2001:db8:1::1
ip -n "$(ns_name wan)" route add 192.0.2.0/24 via 198.51.100.1
ip -n "$(ns_name wan)" route add 2001:db8:1::/64 via 2001:db8:2::1
mkmodel "$TMP/model" constant:1
detach() { in_ns gw tlml-load --detach lan0 >/dev/null; }
at_exit detach
in_ns gw tlml-load --no-daemon lan0 --model "$TMP/model" >"$TMP/load" 2>&1 || { sed 's/^/# /' "$TMP/load"; exit 1; }

monitor() {
	set_ class c1 action drop
	moved would_drop passes $v4
	moved would_drop passes $v6
	[ "$(count dropped)" = 0 ]
}

enforce() {
	set_ mode enforce
	moved dropped blocked $v4
	moved dropped blocked $v6
	set_ class c1 action pass
	set_ class c0 action drop
	still dropped passes $v4
	set_ class c1 action drop
}

margin() { # a new flow: its margin grows by 63 a decision
	set_ class c1 margin act 255
	still dropped passes 198.51.100.3
	set_ class c1 margin act 1
	blocked 198.51.100.3
}

allowed() { # PREFIX ADDRESS
	blocked "$2"
	set_ allow add "$1"
	moved allowed passes "$2"
	set_ allow del "$1"
	moved dropped blocked "$2"
}

overlap() { # the longer prefix goes, the shorter one still holds
	set_ allow add 198.51.100.0/24
	set_ allow add 198.51.100.2
	passes $v4
	blocked $v6
	set_ allow del 198.51.100.2
	passes $v4
	set_ allow clear
	blocked $v4
}

falls_back() {
	set_ mode monitor
	set_ mode enforce confirm 3
	blocked $v4
	wait_until 6 effective monitor
	moved confirm_expired passes $v4
	ctl show lan0 >"$TMP/show"
	grep 'enforce was not confirmed' "$TMP/show"
}

confirmed() {
	set_ mode enforce confirm 3
	set_ confirm
	sleep 3.2
	effective enforce
	blocked $v4
}

limit() { # 100 echoes in 2 s against 10 a second
	local got
	set_ class c1 action limit 10 10
	passes $v4 || true
	got=$(in_ns lan ping -q -c 100 -i 0.02 -W 1 $v4 | sed -n 's/.* \([0-9]*\) received.*/\1/p')
	echo "$got of 100 came back"
	[ "$got" -ge 5 ] && [ "$got" -le 40 ]
	[ "$(count limited)" -ge 50 ]
}

mark() {
	set_ class c1 action mark 0x2a
	in_ns gw nft 'add table inet t; add chain inet t c { type filter hook forward priority 0; };
		add rule inet t c iifname lan0 meta mark 0x2a counter'
	moved marked passes $v4
	passes $v6
	in_ns gw nft list ruleset >"$TMP/nft"
	cat "$TMP/nft"
	grep -q 'counter packets 4 ' "$TMP/nft"
}

dscp() { # both directions, both families, and the IPv4 header's sum as tcpdump computes it
	set_ class c1 action mark 0 dscp 46
	in_ns wan tcpdump -i eth0 -n -v -c 4 -Q in -w "$TMP/wan.pcap" 'icmp or icmp6[0] == 128' 2>"$TMP/wan.log" &
	in_ns lan tcpdump -i eth0 -n -v -c 4 -Q in -w "$TMP/lan.pcap" 'icmp or icmp6[0] == 129' 2>"$TMP/lan.log" &
	wait_until 3 grep -q listening "$TMP/wan.log"
	wait_until 3 grep -q listening "$TMP/lan.log"
	passes $v4
	passes $v6
	wait
	for side in wan lan; do
		tcpdump -n -vv -r "$TMP/$side.pcap" >"$TMP/$side.txt" 2>/dev/null
		cat "$TMP/$side.txt"
		[ "$(grep -c 'tos 0xb8' "$TMP/$side.txt")" = 2 ]
		[ "$(grep -c 'class 0xb8' "$TMP/$side.txt")" = 2 ]
		if grep "bad cksum" "$TMP/$side.txt"; then return 1; fi
	done
}

lease() {
	set_ class c1 action drop
	set_ lease 3
	blocked $v4
	wait_until 6 effective expired
	moved lease_expired passes $v4
	ctl show lan0 >"$TMP/show"
	grep 'lease expired' "$TMP/show"
	set_ lease forever
	effective enforce
	blocked $v4
}

off() {
	set_ mode off
	moved off passes $v4
	still flows passes $v6
	set_ mode enforce
	blocked $v6
}

ktap_ok 'monitor counts what it would drop, and drops nothing' monitor
ktap_ok 'enforce drops the class whose action is drop, and only that' enforce
ktap_ok 'a verdict below the margin to act is not acted on' margin
ktap_ok 'the allow-list overrides a drop: IPv4 host' allowed 192.0.2.2 $v4
ktap_ok 'the allow-list overrides a drop: IPv4 prefix of the other side' allowed 198.51.100.0/24 $v4
ktap_ok 'the allow-list overrides a drop: IPv6 host' allowed 2001:db8:2::2 $v6
ktap_ok 'the allow-list overrides a drop: IPv6 prefix' allowed 2001:db8:1::/64 $v6
ktap_ok 'prefixes overlap as prefixes do' overlap
ktap_ok 'enforce falls back to monitor by itself' falls_back
ktap_refuse 'a confirmation that comes too late is refused' 'too late' set_ confirm
ktap_ok 'enforce stays if it is confirmed' confirmed
ktap_ok 'limit lets the rate through and drops the rest' limit
ktap_ok 'mark is seen by netfilter, IPv4 and IPv6' mark
ktap_ok 'DSCP is seen on both sides, checksums are right' dscp
ktap_ok 'an expired lease passes everything, counted' lease
ktap_ok 'mode off passes everything unseen' off
ktap_refuse 'a class that the model lacks is refused with those it has' 'c0, c1, c2, c3' \
	set_ class web action drop
