#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Namespaces with a LAN host, a gateway and a WAN host full of servers.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=env.sh
. "$(dirname "${BASH_SOURCE[0]}")/env.sh"
# shellcheck source=net.sh
. "$LAB_SRC/net.sh"
# shellcheck source=servers.sh
. "$LAB_SRC/servers.sh"

lab_down() {
	net_down
	if [ -e "$LAB_DIR/made_run_sshd" ] && ! pgrep -x sshd >/dev/null; then
		rmdir /run/sshd 2>/dev/null || true
	fi
	# Only a directory that `up` made is ours to remove.
	if [ -e "$LAB_DIR/.lab" ]; then rm -rf "$LAB_DIR"; fi
}

# A lab that a live recording uses is not ours to restart; one left behind is.
lab_not_in_use() {
	local owner
	owner=$(cat "$LAB_DIR/owner" 2>/dev/null || true)
	[ "$owner" = "${TLML_LAB_OWNER:-}" ] || ! kill -0 "$owner" 2>/dev/null ||
		lab_die "process $owner uses this lab: set TLML_LAB_SUFFIX to another name for a second one"
	[ -e "$LAB_DIR/.lab" ] || [ -z "$(ls -A "$LAB_DIR" 2>/dev/null)" ] ||
		lab_die "$LAB_DIR holds files that are not the lab's: point TLML_LAB_DIR elsewhere"
}

lab_up() {
	lab_need_tools
	lab_not_in_use
	lab_down
	trap 'lab_say "could not start, cleaning up"; lab_down' EXIT
	trap 'exit 130' INT TERM
	servers_content
	echo "${TLML_LAB_OWNER:-}" >"$LAB_DIR/owner"
	: >"$LAB_DIR/servers"
	net_up
	net_sealed
	servers_up || exit 1
	trap - EXIT
}

lab_status() {
	local ns rc=0
	for ns in "${LAB_ALL[@]}"; do
		if lab_ns_exists "$ns"; then
			echo "$ns up, $(ip netns pids "$ns" | wc -l) processes"
		else
			echo "$ns down"
			rc=1
		fi
	done
	[ $rc != 0 ] || servers_status
	return $rc
}

lab_need_root
case ${1:-} in
up) lab_up ;;
down) lab_down ;;
status) lab_status ;;
*) lab_die "usage: lab.sh up|down|status (TLML_LAB_SUFFIX names a second lab)" ;;
esac
