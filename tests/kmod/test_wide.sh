#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# Nets that only the module computes, on live packets; programs with and without it, exchanged
# while packets run. In a guest of tests/vm; tests/net/test_load.sh has what needs no module.
#
#      a ----------- b     tlml on a0; b has the address that is pinged
set -euo pipefail
. "$(dirname "$0")/../lib.sh"
here=$(cd "$(dirname "$0")" && pwd)

need_root
[ -f "$here/tlml.ko" ] || ktap_skip_all 'no module was built for this kernel'

load() { in_ns a tlml-load --no-daemon "$@"; }
called() { load --status a0 | grep -x "  module  called: $1"; }
net() { in_ns a tlmlctl model show a0 | grep "net 32 -> $1"; }
loaded() { [ -e /sys/module/tlml ]; }
count() { in_ns a tlmlctl -j stats a0 | grep -m1 -o "\"$1\": *[0-9]*" | grep -o '[0-9]*$'; }
flows() { # COUNT: of nine datagrams each, whose sizes differ; nobody is there to take them
	# shellcheck disable=SC2016 # expanded in there
	in_ns a bash -c 'for ((f = 0; f < $1; f++)); do
		exec 3<>"/dev/udp/192.0.2.2/$((2000 + RANDOM % 30000))"
		for ((n = 0; n < 9; n++)); do
			printf "%*s" $((RANDOM % (f * 100 + 50) + 1)) "" >&3
		done 2>/dev/null
	done' bash "$1"
}

no_btf() { # loaded, but nothing can call it
	insmod "$here/tlml-nobtf.ko"
	load --module auto -v -m "$TMP/both" a0 2>"$TMP/said"
	grep -q 'the kernel knows no BTF of it' "$TMP/said"
	called no
	net '32 -> 16 -> 6'
	load --detach a0
	rmmod tlml
}

with() {
	insmod "$here/tlml.ko"
	load -m "$TMP/both" a0
	called yes
	net '256 -> 64 -> 6'
}

same() { # as user space computes it
	in_ns a wide_watch a0 "$TMP/wide" 40 &
	while kill -0 $! 2>/dev/null; do flows 10; done # it loses patience by itself
	wait $!
	[ "$(count uncomputed)" = 0 ]
	[ "$(count inferences)" -ge 40 ]
}

in_use() { ! rmmod tlml && loaded; }

# ping says at its end how many came back; small models and wide ones take turns meanwhile.
swaps() {
	ip netns exec "$(ns_name a)" ping -q -i 0.01 192.0.2.2 >"$TMP/ping" &
	load --module never a0
	called no
	net '32 -> 16 -> 6'
	load --module require a0
	called yes
	net '256 -> 64 -> 6'
	kill -INT $!
	wait $!
	cat "$TMP/ping"
	grep -q ' 0% packet loss' "$TMP/ping"
}

alone() { in_ns a tlmlctl model push a0 "$TMP/wide" --unsigned; }

pure() { # then nothing holds the module
	load --module never -m "$TMP/both" a0
	called no
	wait_until 5 rmmod tlml
	flows 2
	[ "$(count uncomputed)" = 0 ]
}

back() { # while tlml is on the interface
	insmod "$here/tlml.ko"
	load --replace a0
	called yes
	net '256 -> 64 -> 6'
	flows 2
	load --detach a0
	wait_until 5 rmmod tlml
}

ns_add a
ns_add b
ns_link a a0 192.0.2.1/24 b b0 192.0.2.2/24

mkmodel "$TMP/small" random:3:32:16:6:decode
mkmodel "$TMP/wide" wide:5:256:64:6:decode
cat "$TMP/small" "$TMP/wide" >"$TMP/both"

ktap_plan 11
ktap_ok 'a module without BTF is none' no_btf
ktap_ok 'with the module: the wide one' with
ktap_ok 'verdicts are those of user space, bit for bit' same
ktap_ok 'it cannot be unloaded now' in_use
ktap_ok 'programs and models are exchanged, and no packet is lost' swaps
ktap_ok 'decisions are as before' same
ktap_ok 'a wide model alone is pushed' alone
ktap_refuse 'and cannot do without the module' 'needs the module: first .tlmlctl model push' \
	load --module never a0
ktap_ok 'without it the module goes' pure
ktap_refuse 'a wide one is refused there, too' 'needs the kernel module' \
	in_ns a tlmlctl model push a0 "$TMP/wide" --unsigned
ktap_ok 'and comes back under traffic' back
