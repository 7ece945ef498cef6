# SPDX-License-Identifier: BSD-2-Clause
# Password guessing by OpenSSH's own client, three to a connection. No guess can be right: the server
# takes keys only.
# shellcheck shell=bash

sshtry_session() {
	local tries
	ends
	rnd 3 12
	tries=$REPLY
	while ((tries--)) && left && ((REPLY > 1500)); do
		pick root admin pi user test oracle ubnt git
		SSH_ASKPASS=$LAB_DIR/etc/guess SSH_ASKPASS_REQUIRE=force timeout 8 ssh -F "$LAB_DIR/etc/ssh_config" \
			-o PubkeyAuthentication=no -b "$C" -l "$REPLY" "$S" true
	done
}

kind_run() {
	printf '#!/bin/sh\nhead -c 6 /dev/urandom | base64\n' >"$LAB_DIR/etc/guess"
	chmod 755 "$LAB_DIR/etc/guess"
	rnd 700 1200
	every "$REPLY" $((REPLY * 2)) sshtry_session 1500
}
