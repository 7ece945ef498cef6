#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Labelled traffic in a lab that is up: traffic.sh SEED SECONDS [KIND...]
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=env.sh
. "$(dirname "${BASH_SOURCE[0]}")/env.sh"
# shellcheck source=net.sh
. "$LAB_SRC/net.sh"
# shellcheck source=draw.sh
. "$LAB_SRC/draw.sh"
# shellcheck source=plan.sh
. "$LAB_SRC/plan.sh"

traffic_stop() {
	local pid sig
	# Some clients sleep through a TERM; none outlives the run.
	for sig in TERM KILL; do
		for pid in "${PIDS[@]}"; do
			kill -"$sig" -- "-$pid" 2>/dev/null || true
		done
		[ ${#PIDS[@]} = 0 ] || nap 300
	done
	wait "${PIDS[@]}" 2>/dev/null || true # or bash tells of who was killed
	PIDS=()
}

# Sessions get five seconds to end by themselves; a capture may cut the rest.
traffic_wait() {
	local end=$1 alive pid
	while now_us && ((REPLY < end)); do
		alive=0
		for pid in "${PIDS[@]}"; do
			kill -0 "$pid" 2>/dev/null && alive=1
		done
		[ $alive = 1 ] || break
		nap 100
	done
}

lab_need_root
[[ ${1:-} =~ ^[0-9]{1,9}$ && ${2:-} =~ ^[0-9]{1,4}$ ]] || lab_die "usage: traffic.sh SEED SECONDS [KIND...]
kinds: ${LAB_BENIGN[*]} ${LAB_ATTACKS[*]} ${LAB_LATER[*]}"
SEED=$1
SECS=$2
shift 2
((SECS >= 2 && SECS <= 3600)) || lab_die "SECONDS is $SECS: give 2 to 3600"
[ $# -gt 0 ] || set -- "${LAB_BENIGN[@]}" "${LAB_ATTACKS[@]}"
for kind in "$@"; do plan_rules "$kind"; done
lab_need_tools
net_sealed

plan_draw "$SEED" "$@"
plan_route "$@"
plan_labels "$@" >"$LAB_DIR/labels.new"
mv "$LAB_DIR/labels.new" "$LAB_DIR/labels.tsv" # whole or not at all: others wait for it

PIDS=()
trap traffic_stop EXIT
trap 'exit 130' INT TERM
now_us
END=$((REPLY + SECS * 1000000))
n=0
for kind in "${LAB_BENIGN[@]}" "${LAB_ATTACKS[@]}" "${LAB_LATER[@]}"; do
	n=$((n + 1))
	[[ " $* " == *" $kind "* ]] || continue
	setsid ip netns exec "$LAB_LAN" "$LAB_SRC/kind.sh" "$kind" $((SEED * 31 + n)) "$END" </dev/null &
	PIDS+=($!)
done
traffic_wait $((END + 5000000))
