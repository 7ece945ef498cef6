#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# On a kernel in a VM: attach to a veth, see both directions, drop and pass by policy, detach.
#
#      a ----------- b     tlml on a; b has the address that is pinged
set -euo pipefail
. "$(dirname "$0")/../lib.sh"

need_root

traffic() {
	in_ns a ping -c 8 -i 0.05 -W 1 192.0.2.2
}

attach() {
	mkmodel "$TMP/c1.tlml" constant:1
	in_ns a tlml-load --no-daemon --model "$TMP/c1.tlml" a0
	in_ns a tlml-load --status a0
}

both_directions() {
	traffic
	in_ns a tlmlctl flow show a0 | tee "$TMP/flows"
	grep -q c1 "$TMP/flows"
	# One line for requests and replies: at least 16 packets.
	in_ns a tlmlctl -j stats a0 >"$TMP/stats"
	grep -Eo '"packets": *[0-9]+' "$TMP/stats" | head -1 | grep -Eq '[0-9]{2,}$'
}

drops() {
	in_ns a tlmlctl set a0 class c1 action drop
	in_ns a tlmlctl set a0 mode enforce confirm 60
	! traffic
}

confirm_runs_out() {
	in_ns a tlmlctl set a0 mode enforce confirm 1
	sleep 2
	traffic
}

detach() {
	in_ns a tlml-load --detach a0
	traffic
	[[ ! -e /sys/fs/bpf/tlml/a0 ]]
	! in_ns a ip -d link show a0 | grep -q xdp
}

large() { in_ns a tlmlctl large | grep -qE "$1"; }
ended() { ! pgrep -x 'tlmld|tlml-large'; }

hard_flows() { # by this kernel's io_uring, from tlmld to tlml-large and back
	in_ns a tlml-load --model default a0
	wait_until 30 large 'large.sock: up'
	large ', on io_uring, '
	in_ns a tlmlctl set a0 class '*' margin hard 255
	in_ns a ping -q -c 40 -i 0.02 -W 1 192.0.2.2
	wait_until 30 large '^  flows +[1-9][0-9]* asked about, [1-9][0-9]* answered'
	in_ns a tlml-load --detach a0
	wait_until 30 ended
}

ns_add a
ns_add b
ns_link a a0 192.0.2.1/24 b b0 192.0.2.2/24

ktap_plan 6
ktap_ok "attach" attach
ktap_ok "both directions meet in one flow" both_directions
ktap_ok "drop by policy" drops
ktap_ok "an enforce mode that nobody confirms runs out" confirm_runs_out
ktap_ok "detach leaves nothing" detach
ktap_ok "hard flows are asked about, and answered" hard_flows
