#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# timeout 240
# tlmld's control socket, configuration and signals; interfaces that are handed over, and that go.
set -euo pipefail
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/net.sh"
. "$(dirname "$0")/tlmld.sh"
need_root
need tlml-load tlmlctl tlmld mkmodel python3 curl
ktap_plan 45
net_up
gw=$(ns_name gw)
says() { # REGEX REQUEST OPTION...: the reply
	local out
	out=$(ctl_socket "${@:2}" 2>&1) || true
	grep -E -- "$1" <<<"$out" || { echo "no /$1/ in $out"; return 1; }
}

start() { # LOOP: before there is any interface
	tlmld_up --loop "$1"
	is 'd["interfaces"] == [] and l["endpoints"][0]["state"] != "up"'
}

alone() { in_ns gw tlmld --run "$run"; }

stale() { # what a killed one left
	tlmld_down KILL
	[ -S "$run/tlmld.sock" ]
	tlmld_up
	is 'd["pid"] > 0'
}

malformed() { # and the socket works afterwards
	says '^{"error":"this is not JSON' '{"do"'
	says '"error":"a message is one JSON object' '[]'
	says '"error":".*status, add, remove, watch, models' '{"do":"dance"}'
	says '"error":".*has no .*speed' '{"do":"watch","speed":1}'
	says '"error":".*needs .*interface' '{"do":"remove"}'
	says '"error":"tlmld does not look after nope' '{"do":"remove","interface":"nope"}'
	says '"error":"0 descriptors came with 8 names' "$(add_request)"
	says '"error":"the message has more than' "$(head -c 70000 /dev/zero | tr '\0' ' ')"
	is 'd["interfaces"] == []'
}
add_request() {
	printf '{"do":"add","interface":"g0","dir":"/x","maps":[%s]}' \
		'"tlml_ctl_v1","tlml_flows_v1","tlml_sources_v1","tlml_weights_v1","tlml_wide_v1","tlml_stats_v1","tlml_allow_v1","tlml_ring_v1"'
}

crowded() { # sixteen, and no more
	python3 - "$run/tlmld.sock" <<-'END'
		import socket, sys
		clients = []
		for i in range(22):
		    s = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
		    s.connect(sys.argv[1])
		    clients.append(s)
		    if i < 20:
		        s.send(b'{"do":"watch"}')
		        reply = s.recv(1000)
		        print(i, reply)
		        assert (b'ok' in reply) == (i < 16) and (b'serves 16 clients' in reply) == (i >= 16)
		    else:
		        assert s.recv(1000) == b''
	END
	soon 'd["pid"] > 0'
}

handed() { # a tlmld without rights takes an interface on
	on_g0
	says '"ok":true' add --hand "$(pins g0)"
	is 'i["interface"] == "g0" and i["reading"] and i["lease_s"] > 8 and i["generation"] == 1'
	flows 3 20 2
	soon 'i["asked"] >= 3'
}

again() { # the later one stays
	says '"ok":true' add --hand "$(pins g0)"
	is 'len(d["interfaces"]) == 1 and i["asked"] == 0'
	soon 'i["reading"]'
	flows 3 20 2
	soon 'i["asked"] >= 3'
}

wrong_maps() { # are named; what was there stays
	says 'error.*tlml_ctl_v1 is of another tlml' add --hand "$(pins g0)" --swap tlml_ctl_v1=tlml_flows_v1
	says 'error.*tlml_ring_v1 is of another tlml' add --hand "$(pins g0)" --swap tlml_ring_v1=tlml_stats_v1
	says 'error.*tlml_stats_v1 is of another tlml' add --hand "$(pins g0)" --swap tlml_stats_v1=tlml_ctl_v1
	says 'error.*tlml_allow_v1 is of another tlml' add --hand "$(pins g0)" --swap tlml_allow_v1=tlml_ring_v1
	says 'error.*descriptors came' '{"do":"status"}x' --hand "$(pins g0)" && return 1
	says '"version"' '{"do":"status"}' --hand "$(pins g0)" >/dev/null # they are closed
	is 'len(d["interfaces"]) == 1 and i["asked"] >= 3'
	[ "$(find "/proc/$(cat "$TMP/tlmld.pid")/fd" | wc -l)" -lt 40 ]
}

removed() { # it needs no lease then
	says '"ok":true' '{"do":"remove","interface":"g0"}'
	is 'd["interfaces"] == []'
	in_ns gw tlmlctl show g0 | grep -q '^g0: monitor$'
}

shared() { # a flow watch has the ring for a while
	local watcher
	ip netns exec "$gw" tlmlctl flow watch g0 >/dev/null &
	watcher=$!
	wait_until 10 is_traced # it has the lock
	says '"ok":true' add --hand "$(pins g0)"
	is 'not i["reading"] and i["lease_s"] > 8'
	wait_until 10 grep -q 'g0: somebody else reads its records' "$TMP/tlmld.log"
	kill "$watcher"
	soon 'i["reading"]'
}

mine() { in_ns gw tlmlctl flow watch g0 --seconds 1; }

two() { # interfaces, with what comes of one not told of the other
	ns_link lan l1 198.51.100.2/24 gw g1 198.51.100.1/24
	load g1 --model "$TMP/unsure" >/dev/null
	says '"ok":true' add --hand "$(pins g1)"
	is '[j["interface"] for j in d["interfaces"]] == ["g0", "g1"]'
	flows 3 20 2
	soon 'i["asked"] >= 3 and d["interfaces"][1]["asked"] == 0'
}

many() { # interfaces: more than a message tells of; tlmlctl asks on
	python3 - "$tlmld_here" "$run/tlmld.sock" "$(pins g0)" <<-'END'
		import json, os, socket, sys
		sys.path.insert(0, sys.argv[1])
		import tlmld_client
		s = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
		s.connect(sys.argv[2])
		dir = sys.argv[3]
		fds = [tlmld_client.pinned(f'{dir}/{m}') for m in tlmld_client.MAPS]
		fds.append(os.open(dir, os.O_RDONLY | os.O_DIRECTORY))
		def ask(fds=[], **request):
		    socket.send_fds(s, [json.dumps(request).encode()], fds)
		    reply = s.recv(1 << 17)
		    assert 0 < len(reply) <= 1 << 16, len(reply)
		    return json.loads(reply)
		names = [f'many{n}' for n in range(200)]
		for name in names:
		    assert 'ok' in ask(fds, do='add', interface=name, dir=dir, maps=tlmld_client.MAPS)
		told, at, messages = [], 0, 0
		while messages == 0 or at:
		    d = ask(do='status', **{'from': at})
		    told += [i['interface'] for i in d['interfaces']]
		    assert d['more'] in (0, len(told)), d['more']
		    at = d['more']
		    messages += 1
		print(messages, 'messages')
		assert messages > 1 and told == ['g0'] + names, told
		assert ask(do='status', **{'from': 1000})['interfaces'] == []
		for name in names:
		    assert 'ok' in ask(do='remove', interface=name)
	END
	is 'len(d["interfaces"]) == 1 and d["more"] == 0'
}

detached() { # tlmld notices
	load --detach g1 >/dev/null
	soon 'len(d["interfaces"]) == 1'
	grep -q 'tlml was taken off g1' "$TMP/tlmld.log"
	ip -n "$gw" link del g1
}

metrics() { # each counter of the data path with its meaning, tlmld's, the endpoints'
	local n
	curl -s --unix-socket "$run/metrics.sock" http://localhost/metrics >"$TMP/metrics"
	n=$(grep -c '^	X(' "$tlmld_here/../../uapi/tlml_stats.h")
	[ "$(grep -c '^tlml_[a-z_]*_total{interface="g0"} [0-9]*$' "$TMP/metrics")" = "$n" ]
	grep -q '^# HELP tlml_ring_full_total records lost: the ring was full$' "$TMP/metrics"
	grep -q '^# TYPE tlmld_applied_total counter$' "$TMP/metrics"
	[ "$(sed -n 's/^tlmld_asked_total{interface="g0"} //p' "$TMP/metrics")" = "$(status 'i["asked"]')" ]
	grep -q "^tlmld_endpoint_up{url=\"unix://$TMP/large.sock\"} 0$" "$TMP/metrics"
	grep -q '^tlml_class_packets_total{interface="g0",class="c1"} [1-9]' "$TMP/metrics"
	[ "$(grep -cE '^(#|[a-z_]+(\{[a-z]+="[^"]*"(,[a-z]+="[^"]*")*\})? [0-9.e-]+$)' "$TMP/metrics")" = "$(wc -l <"$TMP/metrics")" ]
}

quiet() { # but for its tick of a second it sleeps
	local pid before after
	pid=$(cat "$TMP/tlmld.pid")
	sleep 0.5
	before=$(awk '/^voluntary/ { print $2 }' "/proc/$pid/status")
	sleep 4
	after=$(awk '/^voluntary/ { print $2 }' "/proc/$pid/status")
	echo "$before $after $(grep VmRSS "/proc/$pid/status")"
	[ $((after - before)) -lt 40 ]
	[ "$(awk '/^VmRSS/ { print $2 }' "/proc/$pid/status")" -lt 16384 ]
}

deleted() { # and tlmld ends, as it was told to
	tlmld_down TERM
	tlmld_up --exit-idle g0
	ip -n "$gw" link del g0
	wait_until 10 tlmld_gone
	rm "$TMP/tlmld.pid"
	grep -q 'interface g0 is gone' "$TMP/tlmld.log"
	load --clean g0 >/dev/null
	ns_link lan l0 192.0.2.2/24 gw g0 192.0.2.1/24
}

refused() { # OPTION...: it says why, and leaves nothing
	in_ns gw tlmld --run "$run" --state "$TMP/state" "$@" && return 1
	local rc=$?
	[ -z "$(find "$run" -name '*.sock')" ] || { ls "$run"; return 0; }
	return "$rc"
}

conf() { # LINE...
	printf '%s\n' "$@" >"$TMP/conf"
	refused -c "$TMP/conf"
}

hup() { # endpoints by the new configuration, or as before
	echo 'large = unix:///one' >"$TMP/conf"
	ip netns exec "$gw" tlmld --run "$run" --state "$TMP/state" -c "$TMP/conf" >>"$TMP/tlmld.log" 2>&1 &
	echo $! >"$TMP/tlmld.pid"
	soon '[x["url"] for x in l["endpoints"]] == ["unix:///one"]'
	printf '%s\n' 'large = unix:///one unix:///two' 'sure = 0.9' >"$TMP/conf"
	kill -HUP "$(cat "$TMP/tlmld.pid")"
	soon '[x["url"] for x in l["endpoints"]] == ["unix:///one", "unix:///two"]'
	echo 'speed = 9' >"$TMP/conf"
	kill -HUP "$(cat "$TMP/tlmld.pid")"
	wait_until 10 grep -q "conf:1: speed: there is no such key.*; goes on as before" "$TMP/tlmld.log"
	is 'len(l["endpoints"]) == 2'
	echo 'large = http://localhost:8000' >"$TMP/conf"
	kill -HUP "$(cat "$TMP/tlmld.pid")"
	soon '[x["url"] for x in l["endpoints"]] == ["http://localhost:8000"]'
	echo 'large = http://name.test:8000' >"$TMP/conf" # whose address nobody here knows
	kill -HUP "$(cat "$TMP/tlmld.pid")"
	soon 'l["endpoints"][0]["why"].startswith("cannot find the host of '"'http://name.test:8000'"'")'
	tlmld_down INT
}

starved() { # of descriptors: clients have them all, and g0 is looked after all the same
	local watchers=() i
	on_g0
	ip netns exec "$gw" bash -c 'ulimit -n 24; exec "$@"' - tlmld --run "$run" --state "$TMP/state" >"$TMP/starved.log" 2>&1 &
	echo $! >"$TMP/tlmld.pid"
	wait_until 20 ctl_socket '{"do":"status"}'
	for ((i = 0; i < 9; i++)); do
		"$tlmld_here/tlmld_client.py" "$run/tlmld.sock" '{"do":"watch"}' --events 1 >/dev/null 2>&1 &
		watchers+=($!)
	done
	wait_until 10 grep -q 'Too many open files' "$TMP/starved.log"
	sleep 2.5 # it has looked at g0 since
	kill "${watchers[@]}"
	wait_until 10 ctl_socket '{"do":"status"}'
	is 'i["interface"] == "g0" and i["lease_s"] > 8'
	tlmld_down TERM
	load --detach g0 >/dev/null
}

by_tcp() { # metrics, to who asks at that address; as another user
	printf '%s\n' 'metrics_listen = 127.0.0.1:9117' 'user = daemon' >"$TMP/conf"
	chown daemon "$run"
	tlmld_up -c "$TMP/conf"
	in_ns gw curl -s http://127.0.0.1:9117/metrics | grep '^tlmld_large_queue 0$'
	[ "$(stat -c %U "/proc/$(cat "$TMP/tlmld.pid")")" = daemon ]
	tlmld_down TERM
}

slow_watcher() { # loses events, and is told; nobody waits for it
	on_g0
	tlmld_up --loop "$loop"
	set_g0 report 100000
	python3 - "$run/tlmld.sock" "$TMP/slow" <<-'END' &
		import json, os, socket, sys, time
		s = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
		s.connect(sys.argv[1])
		s.send(b'{"do":"watch","trace":true}')
		assert b'ok' in s.recv(1000)
		while not os.path.exists(sys.argv[2]):
		    time.sleep(0.05)
		n = 0
		while True:
		    e = json.loads(s.recv(65536))
		    if e['event'] == 'lost':
		        break
		    n += 1
		print(n, e)
		assert n >= 512 and e['n'] > 0
	END
	wait_until 10 is_traced
	spray 5000 5000
	soon 'i["records"] >= 5000'
	touch "$TMP/slow"
	wait $!
	rm "$TMP/slow"
	tlmld_down TERM
	load --detach g0 >/dev/null
}

notifies() { # systemd of what it does
	python3 - "$TMP/notify" >"$TMP/notified" <<-'END' &
		import os, socket, sys
		s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
		s.bind(sys.argv[1])
		os.chmod(sys.argv[1], 0o777)
		while True:
		    text = s.recv(4096).decode()
		    print(text, flush=True)
		    if 'STOPPING' in text:
		        break
	END
	wait_until 10 test -S "$TMP/notify"
	NOTIFY_SOCKET=$TMP/notify WATCHDOG_USEC=3000000 tlmld_up
	wait_until 10 grep -q WATCHDOG=1 "$TMP/notified"
	tlmld_down TERM
	wait
	[ "$(sed -n 1p "$TMP/notified")" = READY=1 ]
	[ "$(sed -n '$p' "$TMP/notified")" = STOPPING=1 ]
}

for loop in io_uring epoll; do
	ktap_ok "$loop: starts without an interface" start "$loop"
	ktap_refuse "$loop: a second one is refused" 'another tlmld runs in .*, process [0-9]+' alone
	ktap_ok "$loop: what a killed one left is taken over" stale
	ktap_ok "$loop: malformed requests are answered" malformed
	ktap_ok "$loop: clients are bounded" crowded
	ktap_ok "$loop: an interface is handed over" handed
	ktap_ok "$loop: and once more" again
	ktap_ok "$loop: wrong maps are refused" wrong_maps
	ktap_ok "$loop: an interface is taken away" removed
	ktap_ok "$loop: waits for the ring while somebody else reads it" shared
	ktap_refuse "$loop: who else wants to read it is told" 'somebody else reads' mine
	ktap_ok "$loop: two interfaces" two
	ktap_ok "$loop: tlml is taken off one of them" detached
	ktap_ok "$loop: metrics" metrics
	ktap_ok "$loop: sleeps when nothing happens, in less than 16 MiB" quiet
	ktap_ok "$loop: more interfaces than a message holds" many
	ktap_ok "$loop: an interface that is deleted, and --exit-idle" deleted
	ktap_ok "$loop: a slow watcher loses events" slow_watcher
done
ktap_refuse 'a mistake in the file is named with its line' 'conf:2: batch: give a whole number' conf 'window = 2' 'batch = none'
ktap_refuse 'an anchor that is none' 'the anchor /dev/null: cannot be one' conf 'anchor = /dev/null'
ktap_refuse 'a URL that is none' 'unix' refused --large ftp://192.0.2.1/
ktap_refuse 'a user that is not there' "no user 'nemo'" refused --user nemo
ktap_refuse 'an interface that tlml is not on' "tlml is not on this interface.*g0" refused g0
ktap_ok 'SIGHUP reads the configuration anew' hup
ktap_ok 'clients leave it no descriptor' starved
ktap_ok "systemd is told" notifies
ktap_ok 'metrics by TCP, another user' by_tcp
