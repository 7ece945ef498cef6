# SPDX-License-Identifier: BSD-2-Clause
# Files as small devices fetch them when they start: over UDP, block by block, by curl from dnsmasq.
# shellcheck shell=bash

tftp_session() {
	local file
	ends
	rnd 0 55
	file=o/$REPLY
	chance 30 && rnd 0 20 && file=s/$REPLY
	pick 512 1024 1428
	as_device curl -s -m 12 --tftp-blksize "$REPLY" -o /dev/null "tftp://$H/$file"
}

kind_run() {
	local server
	# From one port, or the gateway's NAT would know nothing of the replies.
	ip netns exec "$LAB_WAN" dnsmasq -k -u root -p 0 -C /dev/null -x "$LAB_DIR/tftp.pid" --enable-tftp \
		--tftp-single-port --tftp-max=500 --tftp-root="$LAB_DIR/www" >"$LAB_DIR/log/tftp.log" 2>&1 </dev/null &
	server=$!
	nap 200
	rnd 80 140
	every "$REPLY" $((REPLY * 2)) tftp_session
	nap 1500
	kill "$server"
}
