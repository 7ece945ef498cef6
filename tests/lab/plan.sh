# SPDX-License-Identifier: BSD-2-Clause
# Who talks to whom in a run, drawn from its seed, and the labels that follow. Sourced.
# shellcheck shell=bash

# Protocols and server ports of a kind, as label rules: "proto:port ...".
plan_rules() {
	case $1 in
	web) REPLY="tcp:443 tcp:80" ;;
	dns) REPLY="udp:53 tcp:53" ;;
	# FTP opens data connections to any port; bulk has its servers to itself.
	bulk) REPLY="tcp:*" ;;
	ssh) REPLY="tcp:22" ;;
	mqtt) REPLY="tcp:1883" ;;
	video) REPLY="tcp:443" ;;
	voip | videocall) REPLY="udp:*" ;;
	ntp) REPLY="udp:123" ;;
	coap) REPLY="udp:5683" ;;
	tftp) REPLY="udp:69" ;;
	coaptcp) REPLY="tcp:5683" ;;
	scan) REPLY="*:*" ;;
	synflood) REPLY="tcp:*" ;;
	slowhttp) REPLY="tcp:443 tcp:80" ;;
	sshguess | sshtry) REPLY="tcp:22" ;;
	dnstunnel) REPLY="udp:53" ;;
	*) lab_die "no kind '$1': kinds are ${LAB_BENIGN[*]} ${LAB_ATTACKS[*]} ${LAB_LATER[*]}" ;;
	esac
}

# Draws disjoint servers for every kind, devices that many benign kinds share, and
# attackers that do nothing else. Writes plan/KIND: a line of client numbers, a
# line of server addresses.
plan_draw() {
	local kind n net hosts=() wan=() devices attackers nclients n4 n6 at=0 who=0 list
	RANDOM=$1
	shift
	for ((n = LAB_FIRST; n <= LAB_LAST; n++)); do hosts+=("$n"); done
	shuffle "${hosts[@]}"
	rnd 16 40
	devices=("${SHUFFLED[@]:0:REPLY}")
	attackers=("${SHUFFLED[@]:REPLY}")
	for n in "${hosts[@]}"; do
		for net in "${LAB_WAN4[@]}"; do wan+=("$net.$n"); done
	done
	shuffle "${wan[@]}"
	wan=("${SHUFFLED[@]}")
	shuffle "${hosts[@]}"
	hosts=("${SHUFFLED[@]}")
	# Draw for every kind, asked for or not: a run with fewer kinds keeps its addresses.
	for kind in "${LAB_BENIGN[@]}" "${LAB_ATTACKS[@]}" "${LAB_LATER[@]}"; do
		rnd 1 3
		n4=$REPLY
		rnd 1 2
		n6=$REPLY
		list=("${wan[@]:at:n4}")
		for ((n = at; n < at + n6; n++)); do list+=("$LAB_WAN6${hosts[n]}"); done
		at=$((at + 3))
		if lab_is_attack "$kind"; then
			rnd 1 4
			echo "${attackers[@]:who:REPLY}" >"$LAB_DIR/plan/$kind"
			who=$((who + 4))
		else
			shuffle "${devices[@]}"
			rnd 8 $((${#devices[@]} < 24 ? ${#devices[@]} : 24))
			nclients=$REPLY
			echo "${SHUFFLED[@]:0:nclients}" >"$LAB_DIR/plan/$kind"
		fi
		echo "${list[@]}" >>"$LAB_DIR/plan/$kind"
	done
}

# Sets CLIENTS and SERVERS to what the plan gives kind $1.
plan_read() {
	{
		read -ra CLIENTS
		read -ra SERVERS
	} <"$LAB_DIR/plan/$1"
}

# Policy routes so that user LAB_UID_BASE+N speaks as LAN host N.
plan_route() {
	local kind n net family rules=()
	for family in -4 -6; do
		ip -n "$LAB_LAN" "$family" rule show | awk '/uidrange/ {print "rule del pref", $1 + 0}' |
			ip -n "$LAB_LAN" "$family" -batch -
	done
	for kind in "$@"; do
		plan_read "$kind"
		rules+=("${CLIENTS[@]}")
	done
	for n in $(printf '%s\n' "${rules[@]}" | sort -un); do
		for net in "${LAB_WAN4[@]}"; do
			echo "route replace $net.0/24 via $LAB_LAN4.1 src $LAB_LAN4.$n table $((LAB_TABLE_BASE + n))"
		done
		echo "route replace $LAB_WAN6/64 via ${LAB_LAN6}1 src $LAB_LAN6$n table $((LAB_TABLE_BASE + n))"
		echo "rule add pref $((1000 + n)) uidrange $((LAB_UID_BASE + n))-$((LAB_UID_BASE + n)) lookup $((LAB_TABLE_BASE + n))"
	done >"$LAB_DIR/rules.new"
	ip -n "$LAB_LAN" -batch "$LAB_DIR/rules.new"
	grep ^rule "$LAB_DIR/rules.new" | ip -n "$LAB_LAN" -6 -batch -
}

plan_row() {
	local attack=0
	lab_is_attack "$1" && attack=1
	lab_class "$1"
	printf '%s\t%s\t%s\t%s\t%s\t0\t65535\t%s\t0\t0\n' "$REPLY" "$attack" "$2" "$3" "$4" "$5"
}

# Labels for the kinds given, to stdout.
plan_labels() {
	local kind rule rules client n server
	printf 'kind\tattack\tproto\tclient\tserver\tsport_lo\tsport_hi\tport\tt0_us\tt1_us\n'
	for kind in "$@"; do
		plan_rules "$kind"
		read -ra rules <<<"$REPLY"
		plan_read "$kind"
		for rule in "${rules[@]}"; do
			for n in "${CLIENTS[@]}"; do
				# Attackers do nothing else, and may turn on any server.
				if lab_is_attack "$kind"; then
					plan_row "$kind" "${rule%:*}" "$LAB_LAN4.$n" '*' "${rule#*:}"
					plan_row "$kind" "${rule%:*}" "$LAB_LAN6$n" '*' "${rule#*:}"
					continue
				fi
				for server in "${SERVERS[@]}"; do
					client=$LAB_LAN4.$n
					[[ $server != *:* ]] || client=$LAB_LAN6$n
					plan_row "$kind" "${rule%:*}" "$client" "$server" "${rule#*:}"
				done
			done
		done
		[ "$kind" = synflood ] || continue
		for ((n = LAB_SPOOF_FIRST; n <= LAB_SPOOF_LAST; n++)); do
			plan_row synflood tcp "$LAB_LAN4.$n" '*' '*'
		done
	done
}
