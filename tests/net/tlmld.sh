# shellcheck shell=bash
# SPDX-License-Identifier: BSD-2-Clause
# What the tests of tlmld share; sourced after net.sh. tlmld in gw on g0, its large model, flows
# from lan that the tiny model says c1 of, and is never sure.
run=$TMP/run
tlmld_here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
chmod 711 "$TMP" # nobody, as tlmld is, has to get through

tlmld_up() { # OPTION...: in gw, and ready
	ip netns exec "$(ns_name gw)" tlmld --run "$run" --state "$TMP/state" --large "unix://$TMP/large.sock" "$@" >>"$TMP/tlmld.log" 2>&1 &
	echo $! >"$TMP/tlmld.pid"
	wait_until 20 ctl_socket '{"do":"status"}' || { cat "$TMP/tlmld.log"; return 1; }
}

tlmld_gone() { [ ! -e "/proc/$(cat "$TMP/tlmld.pid")/exe" ]; } # also if nobody reaped it yet

tlmld_down() { # SIGNAL: and gone
	[ -e "$TMP/tlmld.pid" ] || return 0
	kill -s "$1" "$(cat "$TMP/tlmld.pid")" 2>/dev/null || true
	wait_until 20 tlmld_gone
	rm "$TMP/tlmld.pid"
}
at_exit tlmld_down TERM

ctl_socket() { # REQUEST OPTION...
	"$tlmld_here/tlmld_client.py" "$run/tlmld.sock" "$@"
}

status() { # EXPRESSION of d, of its first interface i, and of large, l
	ctl_socket '{"do":"status"}' --eval "(lambda i, l: $1)((d['interfaces'] or [{}])[0], d['large'])"
}

is() { # EXPRESSION: true of the status
	[ "$(status "$1")" = True ]
}

soon() { # EXPRESSION: becomes true of the status
	wait_until 20 is "$1" || { echo "not so: $1"; status d || true; cat "$TMP/tlmld.log"; return 1; }
}

large_up() { # OPTION of oip_server.py...: instead of the one before
	large_down
	(umask 0 && exec "$tlmld_here/oip_server.py" "$TMP/large.sock" --classes c0,c1,c2,c3 "$@") >"$TMP/large.log" &
	echo $! >"$TMP/large.pid"
	wait_until 10 grep -q '^listening' "$TMP/large.log"
}

large_down() {
	[ -e "$TMP/large.pid" ] || return 0
	kill -KILL "$(cat "$TMP/large.pid")" 2>/dev/null || true
	rm "$TMP/large.pid"
}
at_exit large_down

large_known() { soon 'l["endpoints"][0]["state"] == "up"'; }

nothing_on_g0() { not attached g0 && [ ! -e "$(pins g0)" ]; }

is_traced() { # somebody has all decisions of g0 told
	in_ns gw tlmlctl -j show g0 | grep -q '"trace": true'
}

set_g0() { in_ns gw tlmlctl set g0 "$@" >/dev/null; }

on_g0() { # tlml with the unsure model; whatever it says is asked about for being unsure
	mkmodel "$TMP/unsure" unsure:1
	load g0 --model "$TMP/unsure" >/dev/null
	set_g0 class '*' margin hard 255
	set_g0 audit 0
	set_g0 ask prefix-rate 100000
	set_g0 ask class-rate 100000
	set_g0 ask rate 100000
}

sink() { # PORT: takes UDP there, so that nobody sends ICMP
	# shellcheck disable=SC2016 # Python
	ip netns exec "$(ns_name gw)" python3 -c 'import socket, sys
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(("192.0.2.1", int(sys.argv[1])))
print("ready", flush=True)
while True:
	s.recv(2048)' "$1" >"$TMP/sink" &
	wait_until 10 grep -q ready "$TMP/sink"
}

flows() { # COUNT PACKETS [MILLISECONDS]: new UDP flows to port 7000, side by side, with pauses
	local port
	port=$(cat "$TMP/port" 2>/dev/null || echo 10000)
	echo $((port + $1)) >"$TMP/port"
	# shellcheck disable=SC2016 # Python
	in_ns lan python3 -c 'import socket, sys, time
n, packets, ms, port = [int(a) for a in sys.argv[1:]]
flows = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(n)]
for i, s in enumerate(flows):
	s.bind(("192.0.2.2", port + i))
for k in range(packets):
	for s in flows:
		s.sendto(b"x" * (k % 40 + 1), ("192.0.2.1", 7000))
	time.sleep(ms / 1000)' "$1" "$2" "${3:-2}" "$port"
}

spray() { # COUNT PER-SECOND: UDP flows of one packet each
	# shellcheck disable=SC2016 # Python
	in_ns lan python3 -c 'import socket, struct, sys, time
n, rate = int(sys.argv[1]), int(sys.argv[2])
s = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW)
begun = time.monotonic()
for i in range(n):
	ip = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 32, 0, 0, 64, 17, 0,
		socket.inet_aton("192.0.2.2"), socket.inet_aton("192.0.2.1"))
	udp = struct.pack("!HHHH", 1024 + i % 60000, 9000 + i // 60000, 12, 0)
	s.sendto(ip + udp + b"test", ("192.0.2.1", 0))
	if i % 64 == 63:
		time.sleep(max(0, begun + i / rate - time.monotonic()))' "$1" "$2"
}

stat_of() { # NAME: a counter of the data path
	in_ns gw tlmlctl -j stats g0 | python3 -c 'import json, sys
print(json.load(sys.stdin)["interfaces"][0]["stats"][sys.argv[1]])' "$1"
}

answered_as() { # CLASS -> how many flows the large model said that of
	in_ns gw tlmlctl -j flow show g0 --top 0 | python3 -c 'import json, sys
print(sum(f["answered"] and f["class"] == sys.argv[1] for f in json.load(sys.stdin)["flows"]))' "$1"
}
