#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# timeout 300
# kill -9 at every step of making a model live, to tlmld on either loop and to tlmlctl in its place,
# while packets run: decisions are those of the model before until the last step, then of the one
# after, whoever starts next goes on from there, and no packet is lost.
set -euo pipefail
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/net.sh"
need_root
need tlml-load tlmlctl tlmld mkmodel ping python3 strace

# Each is about to happen: of the counter, the bundle and the log the draft's bytes, its fsync, its
# rename and that of the directory; when it is live, the line that says so, and the oldest to go.
steps=(write:1 fsync:1 renameat:1 fsync:2 write:2 fsync:3 renameat:2 fsync:4 write:3 fsync:5
	renameat:3 fsync:6 unlinkat:1)
some=(renameat:1 renameat:2 renameat:3 fsync:6 unlinkat:1)
loops=(io_uring epoll)
ktap_plan $((${#steps[@]} + ${#some[@]} + 4))
net_up
chmod 711 "$TMP" # nobody, as tlmld is, has to get through
state=$(ns_run gw)/state
ctl() { in_ns gw tlmlctl "$@"; }
pid() { cat "$TMP/tlmld.pid"; }

up() { # LOOP
	ip netns exec "$(ns_name gw)" tlmld --loop "$1" >>"$TMP/tlmld.log" 2>&1 &
	echo $! >"$TMP/tlmld.pid"
	wait_until 20 ctl large || { cat "$TMP/tlmld.log"; return 1; }
}

gone() { [ ! -e "/proc/$(pid)/exe" ]; }

down() {
	[ -e "$TMP/tlmld.pid" ] || return 0
	kill "$(pid)" 2>/dev/null || true
	wait_until 20 gone
	rm "$TMP/tlmld.pid"
}
at_exit down

traced() { grep -qE '^TracerPid:\s*[1-9]' "/proc/$(pid)/status"; }

live() { ctl -j model show g0 | python3 -c 'import json, sys; print(json.load(sys.stdin)["interfaces"][0]["generation"])'; }

decided() { # PORT -> what the model that is live says of a flow that is new
	# shellcheck disable=SC2016 # Python
	in_ns lan python3 -c 'import socket, sys
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(("192.0.2.2", int(sys.argv[1])))
for _ in range(2):
	s.sendto(b"x", ("192.0.2.1", 7000))' "$1"
	ctl -j flow get g0 udp 192.0.2.2 "$1" 192.0.2.1 7000 | python3 -c 'import json, sys
print(json.load(sys.stdin)["class"])'
}

kept() { # EXPRESSION of d, what is kept
	ctl -j model log g0 | python3 -c 'import json, sys
d = json.load(sys.stdin)
assert eval(sys.argv[1]), (sys.argv[1], d["live"], [g["generation"] for g in d["generations"]], d["log"][-3:])' "$1"
}

fatal() { echo "inject=${1%:*}:signal=KILL:when=${1#*:}"; } # STEP

push_killed() { # LOOP|alone STEP FILE: whoever pushes is killed at that step
	local rc=0
	if [ "$1" = alone ]; then
		in_ns gw strace -qq -o /dev/null -e "$(fatal "$2")" tlmlctl model push g0 "$3" || rc=$?
		[ "$rc" = 137 ]
		return
	fi
	strace -f -qq -o /dev/null -e "$(fatal "$2")" -p "$(pid)" &
	wait_until 10 traced
	not ctl model push g0 "$3"
	wait_until 10 gone
	rm "$TMP/tlmld.pid"
}

goes_on() { # LOOP|alone: after whoever was killed; m1 is live then
	local before
	before=$(live)
	if [ "$1" = alone ]; then ctl set g0 lease forever; else up "$1"; fi
	kept "d['live'] == $before and all(a['counter'] > b['counter'] for a, b in zip(d['generations'], d['generations'][1:]))"
	kept 'not any(e["event"] == "recovered" for e in d["log"])'
	ctl model push g0 "$TMP/m1" --unsigned
	kept "d['generations'][0]['live'] and d['live'] > $before and len(d['generations']) == 10"
	[ -z "$(find "$state" -name '*.new')" ]
	not grep -E 'does not learn|cannot be kept|set aside' "$TMP/tlmld.log"
}

killed() { # LOOP|alone STEP PORT
	local before class=c1
	goes_on "$1"
	before=$(live)
	ctl model sign "$TMP/m2" >/dev/null
	push_killed "$1" "$2" "$TMP/m2.signed"
	if [[ $2 = unlinkat* ]]; then # it had flipped the index
		class=c2
		before=$((before + 1))
	fi
	[ "$(live) $(decided "$3")" = "$before $class" ]
}

begins() {
	: >"$TMP/tlmld.log"
	load g0 --model "$TMP/m1" >/dev/null
	for _ in {1..10}; do ctl model push g0 "$TMP/m1" --unsigned; done
	[ "$(live)" = 11 ]
	ip netns exec "$(ns_name lan)" ping -n -q -i 0.01 -w 290 192.0.2.1 >"$TMP/ping" &
	echo $! >"$TMP/ping.pid"
}

lost_none() {
	kill -INT "$(cat "$TMP/ping.pid")"
	wait_until 10 grep 'packet loss' "$TMP/ping"
	grep -E ' 0% packet loss' "$TMP/ping" || { cat "$TMP/ping"; return 1; }
	[ "$(grep -oE '^[0-9]+' "$TMP/ping")" -gt 100 ]
}

nothing_is_left() {
	down
	load --detach g0 >/dev/null
	nothing_left g0
}

for k in 1 2; do mkmodel "$TMP/m$k" "constant:$k"; done
ktap_ok 'packets run' begins
for i in "${!steps[@]}"; do
	ktap_ok "tlmld is killed at ${steps[i]}" killed "${loops[i % 2]}" "${steps[i]}" $((20000 + i))
done
for i in "${!some[@]}"; do
	ktap_ok "tlmlctl is killed at ${some[i]}" killed alone "${some[i]}" $((20100 + i))
done
ktap_ok 'tlmld goes on from there' goes_on io_uring
ktap_ok 'no packet was lost' lost_none
ktap_ok 'nothing is left' nothing_is_left
