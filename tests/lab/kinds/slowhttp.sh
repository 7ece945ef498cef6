# SPDX-License-Identifier: BSD-2-Clause
# Connections that hold a web server by saying or reading as little as they can.
# shellcheck shell=bash

slowhttp_session() {
	local how url args count
	ends
	left
	args=(-l $((REPLY / 1000 + 1)) -i $((1 + RANDOM % 3)) -p 1)
	rnd 6 20
	count=$REPLY
	rnd 3 20
	args+=(-c "$count" -r "$REPLY" -x $((6 + RANDOM % 50)))
	pick https https http
	url="$REPLY://$H/o/$((30 + RANDOM % 20))"
	pick -H -H -H -B -B -B -X -X -R
	how=$REPLY
	# A body is only waited for where one may be put.
	[ "$how" != -B ] || { url=${url%/o/*}/put/slow; args+=(-t PUT); }
	[ "$how" != -X ] || args+=(-w 64 -y $((256 + RANDOM % 1024)) -n 1 -z $((16 + RANDOM % 200)) -k 2)
	as_device slowhttptest "$how" -u "$url" "${args[@]}" -v 0
}

kind_run() {
	rnd 2200 3600
	every "$REPLY" $((REPLY * 2)) slowhttp_session 3000
}
