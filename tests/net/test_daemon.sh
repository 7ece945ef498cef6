#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# timeout 240
# One command is enough: tlml-load starts tlmld and tlml-large, hands interfaces over, and both end
# with the last one. Whatever goes wrong with them, tlml is attached.
set -euo pipefail
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/net.sh"
need_root
need tlml-load tlmlctl tlmld tlml-large ping python3
ktap_plan 18
net_up
run=$(ns_run gw)
at_exit leave

attach() { in_ns gw tlml-load "$@"; }
ctl() { in_ns gw tlmlctl "$@"; }
# Which tlmld and tlml-large are ours, the log that they write to tells.
daemons() { # NAME
	local pid
	for pid in $(pgrep -x "$1"); do
		[ "$(readlink "/proc/$pid/fd/2")" != "$run/$1.log" ] || echo "$pid"
	done
}
gone() { [ -z "$(daemons tlmld)$(daemons tlml-large)" ] && [ ! -S "$run/tlmld.sock" ]; }
without() { [ -z "$(daemons "$1")" ]; }

leave() { # no process, whatever failed, and no directory
	daemons tlmld | xargs -r kill
	daemons tlml-large | xargs -r kill
	rm -rf "$run"
}

is() { # EXPRESSION: of the status d, and i, what it says of g0
	ctl -j large >"$TMP/status"
	python3 - "$TMP/status" "$1" <<-'END'
		import json, sys
		d = json.load(open(sys.argv[1]))
		i = next((i for i in d["interfaces"] if i["interface"] == "g0"), None)
		ok = eval(sys.argv[2])
		assert ok, (sys.argv[2], d)
	END
}
soon() { wait_until 20 is "$1" || is "$1"; }
tlmld_pid() { ctl -j large | python3 -c 'import json, sys; print(json.load(sys.stdin)["pid"])'; }

one_command() {
	attach g0 >"$TMP/said" 2>&1
	cat "$TMP/said"
	grep -q '^  daemon  tlmld [0-9]*, ' "$TMP/said"
	if grep '^tlml-load:' "$TMP/said" | grep -v ': waiting for another'; then return 1; fi
	is 'i["reading"] and len(d["large"]["endpoints"]) == 1'
}

background() { # in sessions of their own, as somebody without rights
	local pid status
	for pid in $(tlmld_pid) $(daemons tlml-large); do
		status=/proc/$pid/status
		[ "$(ps -o user= -p "$pid" | tr -d ' ')" != root ]
		grep -qE '^CapEff:\s*0+$' "$status"
		grep -qE '^NoNewPrivs:\s*1$' "$status"
		[ "$(ps -o sid= -p "$pid" | tr -d ' ')" != "$(ps -o sid= -p $$ | tr -d ' ')" ]
		[ "$(readlink "/proc/$pid/fd/0")" = /dev/null ]
		case $(readlink "/proc/$pid/fd/2") in "$run/"*.log) ;; *) return 1 ;; esac
	done
}

no_network() { # of tlml-large
	local pid
	pid=$(daemons tlml-large)
	pid=${pid%%$'\n'*}
	[ -n "$pid" ]
	[ "$(readlink "/proc/$pid/ns/net")" != "$(in_ns gw readlink /proc/self/ns/net)" ]
	[ "$(readlink "/proc/$pid/ns/net")" != "$(readlink /proc/self/ns/net)" ]
}

asked() { # hard flows reach the large model, and what it says comes back
	soon 'd["large"]["endpoints"][0]["state"] == "up"'
	ctl set g0 class '*' margin hard 255
	flow
	soon 'i["asked"] >= 1 and i["answered"] >= 1 and d["large"]["answered"] >= 1'
}

told() { # by tlmlctl large, tlml-load --status and the metrics
	ctl large >"$TMP/said"
	cat "$TMP/said"
	grep -q '^tlmld .* on io_uring\|^tlmld .* on epoll' "$TMP/said"
	grep -q '^unix://.*/large.sock: up, breaker closed$' "$TMP/said"
	grep -q '^  latency    half .*, 90 % .*, 99 % ' "$TMP/said"
	grep -qE '^  flows +[1-9][0-9]* asked about' "$TMP/said"
	if grep $'\033' "$TMP/said"; then return 1; fi
	attach --status g0 | grep -qE '^  daemon  tlmld [0-9]+, [1-9][0-9]* flows asked about'
}

watched() { # a question and its answer, for people and for programs
	local pid
	in_ns gw timeout 60 tlmlctl -j watch g0 >"$TMP/events" 2>&1 &
	pid=$!
	in_ns gw timeout 60 tlmlctl watch --trace >"$TMP/lines" 2>&1 &
	wait_until 20 seen
	kill "$pid" $!
	head -n 12 "$TMP/events" "$TMP/lines"
	python3 -c 'import json, sys; [json.loads(l)["interface"] == "g0" or exit(1) for l in open(sys.argv[1])]' "$TMP/events"
}

flow() { # a new one, of packets enough to be hard
	in_ns lan bash -c 'exec 3>/dev/udp/192.0.2.1/7000; for i in {1..20}; do echo x >&3; sleep 0.01; done' 2>/dev/null || true
}

seen() {
	flow
	grep -q '"event":"asked"' "$TMP/events" && grep -q '"event":"answered"' "$TMP/events" &&
		grep -qE '^[0-9:.]{12} g0 traced 192\.0\.2\.2:[0-9]+ > 192\.0\.2\.1:7000 proto 17 ' "$TMP/lines" &&
		grep -qE ' answered .*; large model: .* % sure, after .* ms, ' "$TMP/lines"
}

payload() { # none, until the operator has some told; then to who asks for it
	local watchers=()
	in_ns gw timeout 60 tlmlctl watch g0 --payload >"$TMP/lines" 2>&1 &
	watchers+=($!)
	in_ns gw timeout 60 tlmlctl -j watch g0 --payload >"$TMP/events" 2>&1 &
	watchers+=($!)
	in_ns gw timeout 60 tlmlctl -j watch g0 >"$TMP/without" 2>&1 &
	watchers+=($!)
	wait_until 20 asks
	if grep payload "$TMP/lines" "$TMP/events"; then return 1; fi
	ctl set g0 payload 8
	wait_until 20 bytes_told || { cat "$TMP/lines"; return 1; }
	ctl set g0 payload 0
	kill "${watchers[@]}"
	if grep payload "$TMP/without"; then return 1; fi
}
asks() { flow && grep -q ' asked ' "$TMP/lines" && grep -q asked "$TMP/events" && grep -q asked "$TMP/without"; }
bytes_told() { # "x" and a new line
	flow
	grep -qE '^[0-9:.]{12} g0 payload 192\.0\.2\.2:[0-9]+ > 192\.0\.2\.1:7000 proto 17 packet [0-9]+: 78 0a$' "$TMP/lines" &&
		grep -E '"event":"payload".*"dport":7000.*"packet":[0-9]+,"data":"780a"' "$TMP/events"
}

not_watched() {
	local rc=0
	ctl watch nope0 >"$TMP/said" 2>&1 || rc=$?
	[ "$rc" = 1 ]
	grep -q 'tlmld does not look after nope0' "$TMP/said"
	rc=0
	ctl flow watch g0 >"$TMP/said" 2>&1 || rc=$?
	[ "$rc" = 1 ]
	grep -q "'tlmlctl watch g0 --trace' shows" "$TMP/said"
}

handed_over() { # a second interface, to the same tlmld, and taken away again
	local pid
	pid=$(tlmld_pid)
	attach lo >"$TMP/said" 2>&1
	grep -q "^  daemon  tlmld $pid, " "$TMP/said"
	is 'len(d["interfaces"]) == 2 and all(i["reading"] for i in d["interfaces"])'
	attach --detach lo
	is 'len(d["interfaces"]) == 1'
	[ "$(tlmld_pid)" = "$pid" ]
}

killed() { # the data path goes on, tlml-large ends, and the next attaching starts both for all
	kill -KILL "$(tlmld_pid)"
	wait_until 20 without tlml-large
	attach --status g0 | grep -q '^  daemon  none'
	ping_gw 3
	attach lo >"$TMP/said" 2>&1
	is 'len(d["interfaces"]) == 2 and i["reading"]'
	attach --detach lo
}

ends() {
	attach --detach g0
	wait_until 20 gone
}

alone() {
	attach --no-daemon g0 >"$TMP/said" 2>&1
	grep -q '^  daemon  none' "$TMP/said"
	gone
	attach --detach g0
}

elsewhere() { # where --large points, which no tlml-large is needed for; who asks others does not
	local rc=0
	attach --large http://192.0.2.9:8000 g0 >"$TMP/said" 2>&1
	is 'd["large"]["endpoints"][0]["url"] == "http://192.0.2.9:8000"'
	without tlml-large
	attach --large http://192.0.2.9:8001 lo >"$TMP/said" 2>&1 || rc=$?
	cat "$TMP/said"
	[ "$rc" = 1 ]
	grep -q "^tlml-load: the tlmld that runs here, process $(tlmld_pid), asks others than --large names" "$TMP/said"
	not attached lo
	attach --large http://192.0.2.9:8000 lo >"$TMP/said" 2>&1
	is 'len(d["interfaces"]) == 2'
	attach --detach lo
	attach --detach g0
	wait_until 20 gone
}

missing() { # a tlml-load that finds no tlmld, and one whose tlmld does not start
	mkdir "$TMP/bin"
	cp "$(command -v tlml-load)" "$TMP/bin/"
	in_ns gw env PATH=/usr/bin:/bin "$TMP/bin/tlml-load" g0 >"$TMP/said" 2>&1
	cat "$TMP/said"
	grep -q '^tlml-load: g0 is attached and decides, but asks no large model: cannot start ' "$TMP/said"
	grep -q '^g0: native mode' "$TMP/said"
	attach --detach g0
	printf '#!/bin/sh\necho no such thing here >&2\nexit 1\n' >"$TMP/bin/tlmld"
	cp "$TMP/bin/tlmld" "$TMP/bin/tlml-large"
	chmod +x "$TMP"/bin/*
	in_ns gw "$TMP/bin/tlml-load" g0 >"$TMP/said" 2>&1
	cat "$TMP/said"
	grep -q 'asks no large model: tlmld ended at once.*: no such thing here$' "$TMP/said"
	attached g0
	attach --detach g0
}

cleaned() { # from another namespace, once nobody is in the directory
	attach g0 >/dev/null
	touch -d '2 minutes ago' "$run"
	in_ns lan tlml-load --clean
	[ -S "$run/tlmld.sock" ]
	attach --detach g0
	wait_until 20 gone
	touch -d '2 minutes ago' "$run"
	in_ns lan tlml-load --clean >"$TMP/said"
	grep -q "^removed $run: nobody is there" "$TMP/said"
	[ ! -e "$run" ]
}

no_daemon() {
	ctl large
}

impostor() { # somebody else listens where tlmld would: nobody talks to him
	local pid
	mkdir -p "$run"
	chown nobody "$run"
	# shellcheck disable=SC2016 # Python
	in_ns gw python3 -c 'import os, pwd, socket, sys
os.setuid(pwd.getpwnam("nobody").pw_uid)
s = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
s.bind(sys.argv[1])
s.listen()
s.accept()[0].recv(65536)' "$run/tlmld.sock" &
	pid=$!
	wait_until 10 test -S "$run/tlmld.sock"
	attach g0 >"$TMP/said" 2>&1
	cat "$TMP/said"
	grep -q 'asks no large model: who listens at .*/tlmld.sock is not root' "$TMP/said"
	attach --detach g0
	kill "$pid" 2>/dev/null || true # it may have heard the end of a connection
	rm -r "$run"
}

ending() { # a tlmld that is about to end: it hangs up, and holds the directory for a moment
	mkdir -p "$run"
	# shellcheck disable=SC2016 # Python
	in_ns gw python3 -c 'import fcntl, os, socket, sys, time
dir = sys.argv[1]
lock = open(dir + "/tlmld.pid", "w")
fcntl.flock(lock, fcntl.LOCK_EX)
s = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
s.bind(dir + "/tlmld.sock")
s.listen()
s.accept()[0].recv(65536)
os.unlink(dir + "/tlmld.sock")
s.close()
time.sleep(1)
os.unlink(dir + "/tlmld.pid")' "$run" &
	wait_until 10 test -S "$run/tlmld.sock"
	attach g0 >"$TMP/said" 2>&1
	cat "$TMP/said"
	is 'i["reading"]'
	wait $!
	attach --detach g0
	wait_until 20 gone
}

not() { ! "$@"; }

ktap_refuse 'without tlmld, tlmlctl large says so' 'no tlmld runs here' no_daemon
ktap_ok 'who is not root is not taken for tlmld' impostor
ktap_ok 'one command starts all' one_command
ktap_ok 'in the background, without rights' background
ktap_ok 'tlml-large has no network' no_network
ktap_ok 'hard flows are asked about' asked
ktap_ok 'how it goes is told' told
ktap_ok 'questions and answers can be watched' watched
ktap_ok 'payload can be watched' payload
ktap_ok 'what cannot be watched is told' not_watched
ktap_ok 'another interface is handed over, and taken away' handed_over
ktap_ok 'tlmld is killed, and comes back for all interfaces' killed
ktap_ok 'all ends with the last interface' ends
ktap_ok '--no-daemon starts nothing' alone
ktap_ok '--large is passed on' elsewhere
ktap_ok 'one that is about to end is followed by another' ending
ktap_ok 'an attachment does not fail for want of tlmld' missing
ktap_ok '--clean removes what nobody uses' cleaned
