# SPDX-License-Identifier: BSD-2-Clause
# Data carried in DNS through the ordinary resolver: dns2tcp sessions, and files
# leaving in the names of single questions.
# shellcheck shell=bash

dnstunnel_carry() {
	local port=$((20000 + BASHPID % 20000)) pid rate
	as_device dns2tcpc -z "$LAB_TUNNEL_ZONE" -r http -l "$port" "$S" &
	pid=$!
	nap 250
	rndlog 300 12000
	rate=$REPLY
	rnd 6 50
	if chance 60; then
		curl -s -m $((2 + RANDOM % 6)) --limit-rate "$rate" -o /dev/null "http://127.0.0.1:$port/o/$REPLY"
	else
		curl -s -m $((2 + RANDOM % 6)) --limit-rate "$rate" -o /dev/null \
			--data-binary "@$LAB_DIR/www/o/$REPLY" "http://127.0.0.1:$port/api/v1"
	fi
	kill "$pid"
}

dnstunnel_leak() {
	local n size name
	rnd 2 14
	n=$REPLY
	rnd 30 58
	size=$REPLY
	while ((n--)); do
		word "$size"
		name=$REPLY
		word "$size"
		name+=.$REPLY
		pick A TXT CNAME NULL
		dig +tries=1 +time=1 -b "$C" "@$S" "$name.$n.x.$LAB_ZONE" "$REPLY"
		rndlog 20 300
		nap "$REPLY"
	done
}

dnstunnel_session() {
	if chance "$DNSTUNNEL_CARRY"; then
		# dns2tcp knows no IPv6
		ends v4
		dnstunnel_carry
	else
		ends
		dnstunnel_leak
	fi
}

kind_run() {
	rnd 80 93
	DNSTUNNEL_CARRY=$REPLY
	rnd 300 420
	every "$REPLY" $((REPLY * 2 - 100)) dnstunnel_session 1200
}
