# SPDX-License-Identifier: BSD-2-Clause
# Shells with somebody typing in them, and the odd single command.
# shellcheck shell=bash

ssh_session() {
	ends
	local host=(-F "$LAB_DIR/etc/ssh_config" -b "$C" "$S")
	if chance 20; then
		pick uptime "df -h" "ls -l /usr/bin" "cat /etc/services" "uname -a"
		# shellcheck disable=SC2029
		ssh "${host[@]}" "$REPLY"
		return
	fi
	local seed pause key n
	rndlog 40 260
	key=$REPLY
	rndlog 150 1500
	pause=$REPLY
	rnd 2 9
	n=$REPLY
	seed=$RANDOM
	expect -f "$LAB_SRC/kinds/ssh_type.exp" "$seed" "$n" "$key" "$pause" -tt "${host[@]}"
}

kind_run() {
	rnd 150 210
	every "$REPLY" $((REPLY * 2 - 30)) ssh_session 1200
}
