#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# timeout 120
# The lab records labelled traffic, refuses to speak to anybody but itself, and leaves nothing.
set -euo pipefail
. "$(dirname "$0")/../lib.sh"
lab=$(cd "$(dirname "$0")" && pwd)
need_root
need ip tcpdump nginx dnsmasq dig nmap hydra curl python3
export TLML_LAB_SUFFIX=t$((BASHPID % 1000000))
run=/run/tlml-lab$TLML_LAB_SUFFIX
gw=tlml-gw$TLML_LAB_SUFFIX
at_exit "$lab/lab.sh" down

gone() { # no namespace, directory, capture half written or process of the lab
	local left
	left=$(ip netns list | grep -F "$TLML_LAB_SUFFIX" || true
		find "$run" "$TMP" \( -path "$run" -o -name '*.part' -o -name '.lab-*' \) 2>/dev/null || true
		pgrep -af "$run/" || true)
	echo "left: $left"
	[ -z "$left" ]
}

recorded() {
	"$lab/record.sh" "$TMP/out" 901 5 dns ntp web scan
	[ -s "$TMP/out/lab-901.pcap" ] && [ -s "$TMP/out/lab-901.tsv" ]
	gone
}

labelled() { # every TCP or UDP flow exactly once, and each kind has some
	local kind
	"$lab/check_labels.py" "$TMP/out/lab-901.pcap" "$TMP/out/lab-901.tsv" >"$TMP/kinds"
	cat "$TMP/kinds"
	for kind in dns ntp web scan; do
		awk -v kind=$kind '$1 == kind && $2 > 0 { found = 1 } END { exit !found }' "$TMP/kinds"
	done
}

unlabelled() { # the check that the labels are complete can fail
	cp "$TMP/out/lab-901.pcap" "$TMP/less.pcap"
	grep -v '^dns' "$TMP/out/lab-901.tsv" >"$TMP/less.tsv"
	"$lab/check_labels.py" "$TMP/less.pcap" "$TMP/less.tsv"
}

distant() { # a packet takes as long to a server as its distance is
	local server=203.0.113.77 far near
	far=$(PYTHONPATH=$lab python3 -Bc "
import distance, socket
road = distance.Road('5', None, None, False)
print(road.distance(socket.inet_aton('$server')) * 2000)")
	near=$(ip netns exec "tlml-lan$TLML_LAB_SUFFIX" ping -qc 4 -i 0.05 $server |
		sed -n 's/^rtt [^=]*= \([0-9.]*\).*/\1/p')
	echo "drawn $far ms, measured $near ms"
	awk -v far="$far" -v near="$near" 'BEGIN { exit !(near >= far && near < far * 1.2 + 20) }'
}

traffic() { "$lab/traffic.sh" 902 2 dns; }

with_default_route() {
	ip -n "$gw" route add default via 203.0.113.2
	traffic || { ip -n "$gw" route del default; return 1; }
}

with_uplink() {
	ip -n "$gw" link add up0 type veth peer name up1
	traffic || { ip -n "$gw" link del up0; return 1; }
}

interrupted() {
	local pid
	"$lab/record.sh" "$TMP/out" 903 30 web ssh video &
	pid=$!
	wait_until 20 ip netns exec "tlml-lan$TLML_LAB_SUFFIX" pgrep -f kind.sh
	sleep 1
	kill -TERM $pid
	if wait $pid; then return 1; fi
	[ ! -e "$TMP/out/lab-903.pcap" ]
	gone
}

ktap_plan 11
ktap_ok 'a recording of four kinds' recorded
ktap_ok 'every flow has one label and every kind has flows' labelled
ktap_refuse 'flows without a label are found' 'no label' unlabelled
ktap_refuse 'no traffic without the namespaces' 'no namespace tlml-lan.*lab.sh up' traffic
ktap_refuse 'an unknown kind is named' "no kind 'gopher'" "$lab/traffic.sh" 902 2 gopher
ktap_ok 'the lab comes up' env TLML_LAB_OWNER=$$ TLML_LAB_SEED=5 "$lab/lab.sh" up
ktap_ok 'servers are as far away as drawn' distant
ktap_refuse 'a lab in use is not restarted' "process $$ uses this lab" "$lab/lab.sh" up
ktap_refuse 'no traffic with a default route' 'a way out' with_default_route
ktap_refuse 'no traffic with an interface more' "an interface that is not the lab's" with_uplink
"$lab/lab.sh" down
ktap_ok 'a recording that is told to stop leaves nothing' interrupted
