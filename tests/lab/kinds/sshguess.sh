# SPDX-License-Identifier: BSD-2-Clause
# Password guessing by hydra against the same sshd that people use. No guess can
# be right: the server takes keys only.
# shellcheck shell=bash

sshguess_session() {
	local n passwords=pw.$BASHPID users=us.$BASHPID
	ends
	rnd 3 9
	for ((n = REPLY; n > 0; n--)); do word $((4 + RANDOM % 9)); echo "$REPLY"; done >"$passwords"
	shuffle root admin pi user test oracle ubnt git
	printf '%s\n' "${SHUFFLED[@]:0:2}" >"$users"
	rnd 1 4
	as_device timeout 8 hydra -I -q -t "$REPLY" -L "$users" -P "$passwords" "ssh://$H"
	rm -f "$passwords" "$users"
}

kind_run() {
	rnd 900 1600
	every "$REPLY" $((REPLY * 2)) sshguess_session 1500
}
