#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# timeout 120
# A large model whose host is a name: tlmld starts whether or not a server of names answers, asks it
# as nobody and behind its filter, and finds the host again at another address.
set -euo pipefail
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/net.sh"
. "$(dirname "$0")/tlmld.sh"
need_root
need tlml-load tlmlctl tlmld mkmodel python3
"$tlmld_here/oip_server.py" --help >/dev/null || ktap_skip_all 'needs python3-numpy: run tests/deps.sh check as root'
ktap_plan 8
net_up
sink 7000
ip -n "$(ns_name lan)" addr add 192.0.2.3/24 dev l0
printf 'nameserver 192.0.2.2\noptions timeout:2 attempts:1\n' >"$TMP/resolv.conf"
printf '127.0.0.1 localhost\n' >"$TMP/hosts"
: >"$TMP/zone"

names() { # a server of names that says of any name what is in the zone, nothing if that is empty
	# shellcheck disable=SC2016 # Python
	ip netns exec "$(ns_name lan)" python3 -c 'import socket, sys
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(("192.0.2.2", 53))
print("ready", flush=True)
while True:
	q, who = s.recvfrom(512)
	zone = open(sys.argv[1]).read().strip()
	end = q.index(b"\0", 12) + 5
	a = q[end - 3] == 1 and zone
	if zone:
		s.sendto(q[:2] + b"\x81\x80\0\1\0" + bytes([bool(a)]) + b"\0\0\0\0" + q[12:end] + (
			b"\xc0\x0c\0\1\0\1\0\0\0\0\0\4" + socket.inet_aton(zone) if a else b""), who)' \
		"$TMP/zone" >"$TMP/names" &
	wait_until 10 grep -q ready "$TMP/names"
}

up() { # LOOP
	# shellcheck disable=SC2016 # expanded by the inner shell
	ip netns exec "$(ns_name gw)" sh -c 'for f in hosts resolv.conf; do mount --bind "$1/$f" /etc/$f; done
		shift; exec "$@"' sh "$TMP" tlmld --run "$run" --state "$TMP/state" --loop "$1" \
		--large http://large.test:8123 >>"$TMP/tlmld.log" 2>&1 &
	echo $! >"$TMP/tlmld.pid"
	wait_until 20 ctl_socket '{"do":"status"}' || { cat "$TMP/tlmld.log"; return 1; }
}

unknown() { # LOOP: it starts, and says why it asks nobody; leases go on
	: >"$TMP/zone"
	load --status g0 >/dev/null 2>&1 || on_g0
	up "$1"
	is 'l["endpoints"][0]["state"] == "probing"'
	sleep 1 # in the midst of waiting for an answer
	is 'l["endpoints"][0]["state"] == "probing" and i["lease_s"] > 8'
	soon 'l["endpoints"][0]["state"] == "down"'
	is '"cannot find the host of '"'http://large.test:8123'"': " in l["endpoints"][0]["why"]'
	sleep 2
	is 'i["lease_s"] > 8'
}

large_at() { # ADDRESS: the large model, and its name
	large_down
	(exec ip netns exec "$(ns_name lan)" "$tlmld_here/oip_server.py" "$1:8123" --classes c0,c1,c2,c3 --say c2:0.95) >"$TMP/large.log" &
	echo $! >"$TMP/large.pid"
	wait_until 10 grep -q '^listening' "$TMP/large.log"
	echo "$1" >"$TMP/zone"
	wait_until 30 answers "$(status 'i["applied"]')"
}
answers() { # MORE-THAN
	flows 3 12 5
	is "i['applied'] > $1"
}

ends() { # while it waits for an answer
	large_down
	: >"$TMP/zone"
	flows 3 12 5
	soon 'l["endpoints"][0]["state"] == "down"'
	soon 'l["endpoints"][0]["state"] == "probing"'
	tlmld_down TERM
	[ ! -e "$run/tlmld.sock" ]
}

names
for loop in io_uring epoll; do
	ktap_ok "$loop: starts without an address" unknown "$loop"
	ktap_ok "$loop: finds it" large_at 192.0.2.2
	ktap_ok "$loop: finds it elsewhere" large_at 192.0.2.3
	ktap_ok "$loop: ends while it looks" ends
done
