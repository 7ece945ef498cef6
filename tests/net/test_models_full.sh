#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# timeout 240
# The disk of the models is full, to tlmld on either loop: it says so, what is live stays and packets
# run, also when it starts anew; with room it goes on.
set -euo pipefail
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/net.sh"
need_root
need tlml-load tlmlctl tlmld mkmodel ping python3
net_up
chmod 711 "$TMP" # nobody, as tlmld is, has to get through
state=$TMP/full
ctl() { in_ns gw tlmlctl "$@"; }

up() { # LOOP
	ip netns exec "$(ns_name gw)" tlmld --state "$state" --loop "$1" >"$TMP/tlmld.log" 2>&1 &
	echo $! >"$TMP/tlmld.pid"
	wait_until 20 ctl large || { cat "$TMP/tlmld.log"; return 1; }
}

gone() { [ ! -e "/proc/$(cat "$TMP/tlmld.pid")/exe" ]; }

down() {
	[ -e "$TMP/tlmld.pid" ] || return 0
	kill "$(cat "$TMP/tlmld.pid")" 2>/dev/null || true
	wait_until 20 gone
	rm "$TMP/tlmld.pid"
}
at_exit down

disk() { # KIB
	if mountpoint -q "$state"; then
		mount -o "remount,size=$1k" "$state"
	else
		mkdir -p "$state"
		mount -t tmpfs -o "size=$1k" tlml-full "$state"
	fi
}

no_disk() { ! mountpoint -q "$state" || umount "$state"; }
at_exit no_disk

live() { # GENERATION
	ctl -j model show g0 | python3 -c 'import json, sys
d = json.load(sys.stdin)["interfaces"][0]
assert d["generation"] == int(sys.argv[1]), d["generation"]' "$1"
}

refuses() { # SENTENCE COMMAND...
	not "${@:2}" >"$TMP/said" 2>&1
	grep -E -- "$1" "$TMP/said" || { cat "$TMP/said"; return 1; }
}

fills() { # LOOP
	disk 64
	load g0 --model "$TMP/m1" >/dev/null
	up "$1"
	local n=1
	while ctl model push g0 "$TMP/m$((n % 2))" --unsigned >/dev/null 2>"$TMP/said"; do
		n=$((n + 1))
		[ "$n" -lt 100 ]
	done
	echo $n >"$TMP/n"
	cat "$TMP/said"
	grep -E 'cannot keep .*make room' "$TMP/said"
	[ "$n" -gt 2 ]
	live "$n"
	dd if=/dev/zero of="$state/filler" bs=1k 2>/dev/null || true # all that is left
}

stays() {
	local n
	n=$(cat "$TMP/n")
	refuses 'make room' ctl model rollback g0
	refuses 'make room' ctl model pin g0
	refuses 'make room' ctl model push g0 "$TMP/m0" --unsigned
	live "$n"
	ctl -j model log g0 | python3 -c 'import json, sys
d = json.load(sys.stdin)
assert d["generations"][0]["live"] and not d["pinned"] and not any("damaged" in g for g in d["generations"]), d'
	ping_gw 20 | grep ' 0% packet loss'
}

starts() { # LOOP
	down
	up "$1"
	stays
}

empty() { # LOOP: nor can anything be made anew
	down
	no_disk
	disk 4
	dd if=/dev/zero of="$state/filler" bs=1k 2>/dev/null || true
	up "$1"
	grep -E 'g0: its models cannot be kept: .*(make room|No space)' "$TMP/tlmld.log"
	sleep 2.5
	[ "$(grep -c 'cannot be kept' "$TMP/tlmld.log")" = 1 ] # once
	refuses 'make room|No space' ctl model push g0 "$TMP/m0" --unsigned
	live "$(cat "$TMP/n")"
	ping_gw 20 | grep ' 0% packet loss'
}

goes_on() {
	local n
	n=$(cat "$TMP/n")
	disk 256
	rm "$state/filler"
	ctl model push g0 "$TMP/m0" --unsigned
	live $((n + 1))
	ctl model push g0 "$TMP/m1" --unsigned
	ctl model rollback g0
	live $((n + 3))
	down
	no_disk
	load --detach g0 >/dev/null
	rm -rf "$(ns_run gw)"
	nothing_left g0
}

mkmodel "$TMP/m0" constant:1
mkmodel "$TMP/m1" constant:2
ktap_plan 10
for loop in io_uring epoll; do
	ktap_ok "$loop: models until the disk is full" fills "$loop"
	ktap_ok "$loop: what is live stays" stays
	ktap_ok "$loop: also after a start" starts "$loop"
	ktap_ok "$loop: and where nothing can be made" empty "$loop"
	ktap_ok "$loop: with room it goes on" goes_on
done
