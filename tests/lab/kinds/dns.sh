# SPDX-License-Identifier: BSD-2-Clause
# Lookups by dig, host and the C library's own resolver.
# shellcheck shell=bash

# a name and a type that ask for an answer of some size, or for none
dns_question() {
	rnd 1 59
	local n=$REPLY
	rnd 1 12
	case $REPLY in
	1 | 2 | 3) REPLY="h$n.$LAB_ZONE A" ;;
	4 | 5) REPLY="h$n.$LAB_ZONE AAAA" ;;
	6) REPLY="t$n.$LAB_ZONE TXT" ;;
	7) REPLY="_s$n._tcp.$LAB_ZONE SRV" ;;
	8) REPLY="c$n.$LAB_ZONE A" ;;
	9) REPLY="$LAB_ZONE MX" ;;
	10) word 6; REPLY="no$REPLY.$LAB_ZONE A" ;;
	*) word $((3 + RANDOM % 22)); REPLY="$REPLY.cdn.$LAB_ZONE A" ;;
	esac
}

dns_dig() {
	local i n args=()
	rnd 1 5
	n=$REPLY
	for ((i = 0; i < n; i++)); do
		dns_question
		# shellcheck disable=SC2206
		args+=($REPLY)
		chance 40 && args+=(+noedns)
	done
	chance 10 && args=(+tcp "${args[@]}" +keepopen)
	dig +tries=1 +time=2 -b "$C" "@$S" "${args[@]}"
}

# address and IPv6 address of a name from one socket, as every program asks
dns_libc() {
	echo "nameserver $S" >"resolv.$N"
	rnd 1 59
	# shellcheck disable=SC2016
	unshare -m sh -c 'mount --bind "$1" /etc/resolv.conf && shift && exec "$@"' sh "$PWD/resolv.$N" \
		setpriv --reuid=$((LAB_UID_BASE + N)) --clear-groups getent ahosts "h$REPLY.$LAB_ZONE"
}

dns_session() {
	ends
	rnd 1 10
	case $REPLY in
	1 | 2 | 3 | 4 | 5) dns_dig ;;
	6 | 7 | 8) dns_libc ;;
	*) dns_question; as_device host -W 2 "${REPLY% *}" "$S" ;;
	esac
}

kind_run() {
	rnd 100 260
	every "$REPLY" $((REPLY * 2)) dns_session 300
}
