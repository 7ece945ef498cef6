#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# Loaders that are killed, interfaces that go, pins that stay: traffic passes, --clean cleans.
set -euo pipefail
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/net.sh"
need_root
need tlml-load bpftool
net_up
gw=$(ns_name gw)

pins() { echo "/sys/fs/bpf/tlml/netns:"*/"$1"; } # IF: this test's namespace is the only one with it

loader() { # in the background; $loader is its very process, not a shell around it
	ip netns exec "$gw" tlml-load --no-daemon g0 >/dev/null 2>&1 &
	loader=$!
}

after_kill() { # whatever it had done: traffic passes, and --clean and --detach leave nothing
	kill -KILL "$loader" 2>/dev/null || true
	wait "$loader" 2>/dev/null || true
	ping_gw 2
	load --clean g0 >>"$TMP/cleaned"
	if load --status g0; then load --detach g0; fi
	nothing_left g0
}

killed() { # at moments spread over all that it does
	local i ms=${EPOCHREALTIME/./} loader
	load g0
	load --detach g0
	ms=$(((${EPOCHREALTIME/./} - ms) / 1000))
	for i in 0 1 2 3 4 5 6 7 8 9; do
		loader
		sleep "$(printf '%d.%03d' $((i * ms / 10000)) $((i * ms / 10 % 1000)))"
		after_kill
	done
}

killed_midway() { # while it pins and attaches
	local i loader
	for i in 1 2 3 4 5 6; do
		loader
		until [ -d "$root/being-attached:g0" ] || ! kill -0 "$loader" 2>/dev/null; do :; done
		after_kill
	done
	grep -q 'left by a tlml-load that was killed' "$TMP/cleaned"
}

half() { # what a loader leaves that is killed while it pins
	mkdir -p "$1"
	bpftool map create "$1/tlml_ctl_v1" type array key 4 value 64 entries 1 name tlml_ctl_v1
}

swept() { # TEXT: --clean tells why, and then there is nothing more to do
	load --clean g0 | grep -q "$1"
	load --clean g0 | grep -q 'nothing to remove'
	nothing_left g0
}

interrupted() { # it undoes what it did, or had done it all
	local rc=0 loader
	loader
	until [ -d "$root/being-attached:g0" ] || ! kill -0 "$loader" 2>/dev/null; do :; done
	kill -TERM "$loader" 2>/dev/null || true
	wait "$loader" || rc=$?
	[ "$rc" = 1 ] || load --detach g0
	nothing_left g0
	ping_gw 2
}

race() { # of two at once one attaches, the other says that it is there
	local a b rc_a=0 rc_b=0
	in_ns gw tlml-load --no-daemon g0 >"$TMP/a" 2>&1 &
	a=$!
	in_ns gw tlml-load --no-daemon g0 >"$TMP/b" 2>&1 &
	b=$!
	wait "$a" || rc_a=$?
	wait "$b" || rc_b=$?
	[ $((rc_a + rc_b)) = 1 ]
	cat "$TMP/a" "$TMP/b" | grep -q 'already on g0'
	load --detach g0
	nothing_left g0
}

status_is() { # RC
	local rc=0
	load --status g0 >/dev/null 2>&1 || rc=$?
	[ "$rc" = "$1" ]
}

deleted() { # and back under the same name
	load g0
	ip -n "$gw" link del g0
	status_is 3
	ns_link lan l0 192.0.2.2/24 gw g0 192.0.2.1/24
	ping_gw 2
}

renamed() { # while attached
	load g0
	ip -n "$gw" link set g0 name wan5
	load --status g0 | grep -q '^g0: native mode'
	if load wan5 2>"$TMP/said"; then return 1; fi
	grep -q 'under another name' "$TMP/said"
	load --detach g0
	if attached wan5; then return 1; fi
	ip -n "$gw" link set wan5 name g0
}

vanished() { # a namespace with all that was in it
	ip netns add "$gw-2"
	ip netns exec "$gw-2" tlml-load --no-daemon lo >"$TMP/said" 2>&1
	ip netns del "$gw-2"
	wait_until 20 cleans_lo # the kernel takes its time to take a namespace apart
}

cleans_lo() { load --clean | grep -q 'lo: its interface is gone'; }

other_abi() { # pins of another version
	mkdir -p "$1"
	bpftool map create "$1/tlml_ctl_v1" type array key 4 value 64 entries 1 name tlml_ctl_v1 flags 0x400
}

ktap_plan 17
load g0 >/dev/null # so that the directory of this namespace's pins can be told
root=$(dirname "$(pins g0)")
load --detach g0 >/dev/null

ktap_ok 'kill -9 at ten moments: traffic passes, --clean removes what is left' killed
ktap_ok 'kill -9 between pinning and attaching, the same' killed_midway
half "$root/being-attached:g0"
ktap_refuse 'a half-written directory is told' 'killed left.*being-attached:g0.*--clean g0' load g0
ktap_ok 'and cleaned away' swept 'left by a tlml-load that was killed'
ktap_ok 'SIGTERM undoes what was done' interrupted
ktap_ok 'two loaders at once: one attaches' race
ktap_ok 'a deleted interface is noticed' deleted
ktap_refuse 'its pins are stale for one of the same name' 'pins in .*g0 are stale.*--clean g0' load g0
ktap_refuse '--replace sees that, too' 'stale.*--clean g0' load --replace g0
ktap_ok 'and --clean helps' swept 'no longer attached'
ktap_ok 'an interface renamed while attached' renamed
ktap_ok 'a network namespace that is gone' vanished
other_abi "$root/g0"
ktap_refuse 'pins of another ABI: status' 'tlml_(ctl|flows)_v1' load --status g0
ktap_refuse 'pins of another ABI: attaching' 'stale' load g0
ktap_ok 'pins of another ABI: --clean' swept 'no longer attached'
load g0 >/dev/null
ktap_refuse '--clean leaves alone what is in use' 'already on g0' sh -c "$(printf '%q ' ip netns exec "$gw" tlml-load --clean); $(printf '%q ' ip netns exec "$gw" tlml-load g0)"
load --detach g0 >/dev/null
ktap_ok 'nothing is left at the end' nothing_left g0
