#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# One kind of traffic until its time is over: kind.sh KIND SEED END_US, started
# by traffic.sh inside the LAN host's namespace.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=env.sh
. "$(dirname "${BASH_SOURCE[0]}")/env.sh"
# shellcheck source=draw.sh
. "$LAB_SRC/draw.sh"
# shellcheck source=plan.sh
. "$LAB_SRC/plan.sh"

KIND=$1
KIND_END=$3
RANDOM=$2
plan_read "$KIND"
cd "$LAB_DIR/tmp"

# milliseconds left of the run
left() {
	now_us
	REPLY=$(((KIND_END - REPLY) / 1000))
}

# Draws the two ends of a session: N the device, C and S addresses, H the server
# as a URL wants it.
# shellcheck disable=SC2034
ends() {
	pick "${CLIENTS[@]}"
	N=$REPLY
	if [ "${1:-}" = v4 ]; then
		until [[ $REPLY == *.*.* ]]; do pick "${SERVERS[@]}"; done
	else
		pick "${SERVERS[@]}"
	fi
	S=$REPLY
	if [[ $S == *:* ]]; then
		C=$LAB_LAN6$N H="[$S]"
	else
		C=$LAB_LAN4.$N H=$S
	fi
}

# runs a command as device N, for tools that cannot bind to an address
as_device() {
	setpriv --reuid=$((LAB_UID_BASE + N)) --regid=$((LAB_UID_BASE + N)) --clear-groups "$@"
}

# Starts session $1 with a seed of its own; a session that fails (a refused
# password, a server that gave up) is traffic too.
session() {
	local seed=$RANDOM$RANDOM
	(
		RANDOM=$((seed % 2147483647))
		"$@"
	) </dev/null >/dev/null 2>>"$LAB_DIR/log/kind-$KIND.log" &
}

# Starts session $3 every $1 to $2 milliseconds while more than $4 ms are left; a lab of
# another pace stretches that.
every() {
	while left && ((REPLY > ${4:-1200})); do
		session "$3"
		rnd "$1" "$2"
		nap $((REPLY * ${TLML_LAB_PACE:-100} / 100))
	done
}

# shellcheck source=/dev/null
. "$LAB_SRC/kinds/$KIND.sh"
# Kinds that came later may come later in a run, too.
case " ${LAB_LATER[*]} " in *" $KIND "*) nap $((${TLML_LAB_LATER:-0} * 1000)) ;; esac
set +e
kind_run
wait
