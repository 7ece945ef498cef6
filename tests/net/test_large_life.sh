#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# The processes of tlml-large: who ends with whom, who is started anew, who is told.
set -euo pipefail
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/large.sh"

another_worker() { [ -n "$(worker)" ] && [ "$(worker)" != "$1" ]; }

serves() { says '"live":true' get /v2/health/live; }

reborn() { # three times, later each time; who connects meanwhile only waits
	local i w
	large --supervise --null a,b
	for i in 1 2 3; do
		w=$(worker)
		kill -KILL "$w"
		serves
		another_worker "$w"
	done
	grep -q 'Killed.* 100 ms' "$TMP/log"
	grep -q 'Killed.* 200 ms' "$TMP/log"
	grep -q 'Killed.* 400 ms' "$TMP/log"
}

as_before() { # the new worker has no more rights than the first one
	local w
	w=$(worker)
	grep -qE '^Uid:(\s+65534){4}$' "/proc/$w/status"
	grep -qE '^CapBnd:\s+0+$' "/proc/$w/status"
	grep -qE '^Seccomp:\s+2$' "/proc/$w/status"
	[ "$(readlink "/proc/$w/ns/net")" != "$(readlink /proc/self/ns/net)" ]
}

hung() { # a worker that does not hear is killed when it is time to go
	local w p
	w=$(worker) p=$(cat "$TMP/pid")
	kill -STOP "$w"
	kill "$p"
	wait_until 20 gone "$p"
	wait_until 1 gone "$w"
	grep -q 'is killed' "$TMP/log"
}

ends_with_worker() { # unless supervised
	large --null a,b
	kill -KILL "$(worker)"
	wait_until 10 gone "$(cat "$TMP/pid")"
	grep -q 'the worker ended: signal 9' "$TMP/log"
	[ ! -e "$sock" ]
}

ends_with_parent() {
	local w
	large --supervise --null a,b
	w=$(worker)
	kill -KILL "$(cat "$TMP/pid")"
	wait_until 10 gone "$w"
	rm "$TMP/pid"
}

follows() { # the other end of a pipe, which two others hold
	local p
	mkfifo "$TMP/fifo"
	sleep 60 >"$TMP/fifo" &
	echo $! >"$TMP/holder"
	large --supervise --null a,b --follow 9 9<"$TMP/fifo"
	p=$(cat "$TMP/pid")
	sleep 60 >"$TMP/fifo" &
	kill "$(cat "$TMP/holder")"
	wait_until 10 gone "$(cat "$TMP/holder")"
	serves
	kill $!
	wait_until 10 gone "$p"
	[ ! -e "$sock" ]
}

listener() { # FILE: as systemd would, a line for each message
	python3 - "$1" <<-'EOF' &
		import os, socket, sys
		s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
		s.bind(sys.argv[1])
		os.chmod(sys.argv[1], 0o777)
		with open(sys.argv[1] + '.log', 'w', buffering=1) as out:
		    while True:
		        print(s.recv(4096).decode().replace('\n', ' '), file=out)
	EOF
	echo $! >"$TMP/listener"
	wait_until 5 test -S "$1"
}
listener_stop() { [ ! -e "$TMP/listener" ] || kill "$(cat "$TMP/listener")"; }
at_exit listener_stop
alive() { [ "$(grep -c WATCHDOG=1 "$TMP/run/notify.log")" -ge 5 ]; }
begun() { get /v2/models/tlml/stats | grep -q '"inference_count":[1-9]'; }

tells() { # systemd: ready once, alive as often as it wants to hear it
	local p
	listener "$TMP/run/notify"
	NOTIFY_SOCKET=$TMP/run/notify WATCHDOG_USEC=200000 large --supervise --null a,b
	wait_until 10 grep -q READY=1 "$TMP/run/notify.log"
	wait_until 10 alive
	p=$(cat "$TMP/pid")
	kill -STOP "$(worker)" # nobody vouches for who hangs
	sleep 0.5
	: >"$TMP/run/notify.log"
	sleep 1
	[ ! -s "$TMP/run/notify.log" ]
	kill -CONT "$(worker)"
	wait_until 10 grep -q WATCHDOG=1 "$TMP/run/notify.log"
	kill "$p"
	wait_until 10 grep -q STOPPING=1 "$TMP/run/notify.log"
	wait_until 10 gone "$p"
}

finishes() { # what is under way when it is told to end
	large --threads 1 --queue 64
	ask load 8 1 1024 >"$TMP/said" &
	wait_until 20 begun
	kill "$(cat "$TMP/pid")"
	wait $!
	[ "$(awk '$1 == 200 { print $2 }' "$TMP/said")" -ge 1 ]
	if grep -q '^5' "$TMP/said"; then cat "$TMP/said"; return 1; fi
	wait_until 10 gone "$(cat "$TMP/pid")"
}

listens() { # -> the path of the one socket in the namespace
	in_ns a ss -Hxl | grep -o '/[^ ]*'
}

namespaced() { # in a namespace of its own it meets others in a directory of its own
	local at user=nobody
	if getent passwd tlml; then user=tlml; fi
	ip netns exec "$(ns_name a)" tlml-large --null a,b >"$TMP/log" 2>&1 &
	echo $! >"$TMP/pid"
	wait_until 10 listens
	at=$(listens)
	[[ $at == /run/tlml/netns:*/large.sock ]]
	[ "$(stat -c %U "${at%/*}")" = "$user" ]
	says '"live":true' curl -sS --max-time 60 --unix-socket "$at" http://localhost/v2/health/live
	large_stop
	[ ! -e "$at" ]
	rmdir "${at%/*}"
	rmdir /run/tlml 2>/dev/null || true
}

nothing_left() { ! pgrep -f "tlml-large --socket $sock"; }

ktap_plan 10
ns_add a
ktap_ok 'a worker that is killed is started anew' reborn
ktap_ok 'with no more rights than before' as_before
ktap_ok 'a worker that hangs does not hold up the end' hung
ktap_ok 'without --supervise it ends with its worker' ends_with_worker
ktap_ok 'a worker ends with its parent' ends_with_parent
ktap_ok 'it ends when nobody holds the pipe any more' follows
ktap_ok 'systemd is told' tells
ktap_ok 'requests under way are answered at the end' finishes
ktap_ok 'one for each network namespace' namespaced
ktap_ok 'nothing is left' nothing_left
