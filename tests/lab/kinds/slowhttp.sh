# SPDX-License-Identifier: BSD-2-Clause
# Connections that hold a web server by saying as little as they can.
# shellcheck shell=bash

slowhttp_session() {
	local how url args count
	ends
	left
	args=(-l $((REPLY / 1000 + 1)) -i $((1 + RANDOM % 3)))
	rnd 6 18
	count=$REPLY
	rnd 3 20
	args+=(-c "$count" -r "$REPLY" -x $((6 + RANDOM % 50)) -v 0)
	pick -H -B
	how=$REPLY
	url=https://$H/o/$((RANDOM % 56))
	chance 25 && url=${url/https/http}
	# A body is only waited for where one may be put.
	[ "$how" != -B ] || { url=${url%/o/*}/put/slow; args+=(-t PUT -s $((2048 + RANDOM))); }
	# The tool also probes the service by ordinary requests, which the labels could not
	# tell apart. Without TLS they go nowhere; with it, one probe hangs as slow as the rest.
	if [[ $url == https:* ]]; then
		as_device slowhttptest "$how" -u "$url?r=1" -p 60 "${args[@]}"
	else
		as_device slowhttptest "$how" -u "$url" -p 1 -e 127.0.0.1:9 "${args[@]}"
	fi
}

kind_run() {
	rnd 1500 2500
	every "$REPLY" $((REPLY * 2)) slowhttp_session 3000
}
