# shellcheck shell=bash
# SPDX-License-Identifier: BSD-2-Clause
# What every shell test sources, after its "set -euo pipefail": KTAP results, namespaces joined by
# veth where only the test's own packets run, waiting, and an exit that leaves nothing behind.
#
#	. "$(dirname "$0")/../lib.sh"
#	need_root
#	ktap_plan 2
#	ns_add lan gw
#	ns_link lan eth0 192.0.2.2/24,2001:db8::2/64 gw lan0 192.0.2.1/24,2001:db8::1/64
#	ktap_ok 'the gateway answers' in_ns lan ping -c 1 192.0.2.1
#	ktap_refuse 'a missing interface is named' 'no interface nope0' in_ns gw tlml-load nope0
#
# Steps run in a subshell with errexit, so every line of a step function counts, and variables
# that it sets are lost. The exit status is 0 only if every planned result came and none failed.
set -E
export LC_ALL=C

ktap_planned=0 ktap_done=0 ktap_failed=0
TMP=$(mktemp -d "${TMPDIR:-/tmp}/tlml-test.XXXXXX") # for the test's own files
ns_prefix=${TLML_NS_PREFIX:-tlml-$$-}
ns_made=()
exit_hooks=()

ktap_plan() { # COUNT
	ktap_planned=$1
	printf 'KTAP version 1\n1..%d\n' "$1"
}

ktap_skip_all() { # REASON: nothing here can be tested
	printf 'KTAP version 1\n1..0 # SKIP %s\n' "$*"
	exit 0
}

ktap_result() { # ok|"not ok" DESCRIPTION
	ktap_done=$((ktap_done + 1))
	[ "$1" = ok ] || ktap_failed=$((ktap_failed + 1))
	echo "$1 $ktap_done $2"
}

ktap_skip() { # DESCRIPTION REASON
	ktap_result ok "$1 # SKIP $2"
}

ktap_fail() { # DESCRIPTION [WHY]
	[ $# -lt 2 ] || printf '%s\n' "$2" | sed 's/^/# /'
	ktap_result 'not ok' "$1"
}

ktap_run() { # plain|explain CMD...: a step; its output in $TMP/.out, its exit status in $ktap_rc
	trap - ERR
	set +e
	(
		set -e
		[ "$1" = plain ] || trap 'echo "$BASH_COMMAND: exit status $? (${BASH_SOURCE[0]##*/}:$LINENO)" >&2' ERR
		"${@:2}"
	) >"$TMP/.out" 2>&1
	ktap_rc=$?
	set -e
	trap ktap_err ERR
}

ktap_ok() { # DESCRIPTION CMD...: it must succeed
	local ktap_rc
	ktap_run explain "${@:2}"
	if [ "$ktap_rc" = 0 ]; then
		ktap_result ok "$1"
	else
		ktap_fail "$1" "$(cat "$TMP/.out"; echo "exit status $ktap_rc: ${*:2}")"
	fi
}

ktap_refuse() { # DESCRIPTION REGEX CMD...: it must fail by itself, not crash, and say why
	local ktap_rc
	ktap_run plain "${@:3}"
	if [ "$ktap_rc" -gt 0 ] && [ "$ktap_rc" -lt 126 ] && grep -qE -- "$2" "$TMP/.out"; then
		ktap_result ok "$1"
	else
		ktap_fail "$1" "$(cat "$TMP/.out"; echo "exit status $ktap_rc, wanted 1..125 and /$2/: ${*:3}")"
	fi
}

ktap_err() { # where a test stopped outside of its steps; a job in the background may well fail
	local rc=$? # first, before anything changes it
	[ "$BASHPID" != $$ ] || echo "# $BASH_COMMAND: exit status $rc (${BASH_SOURCE[1]##*/}:${BASH_LINENO[0]})"
}

need_root() { [ "$(id -u)" = 0 ] || ktap_skip_all 'needs root'; }

need() { # CMD...
	local cmd
	for cmd; do
		command -v "$cmd" >/dev/null || ktap_skip_all "needs $cmd: run tests/deps.sh check as root"
	done
}

wait_until() { # SECONDS CMD...: polls until it succeeds; 1 if it never did
	local end=$((${EPOCHREALTIME/./} + $1 * 1000000))
	until "${@:2}" >/dev/null 2>&1; do
		[ "${EPOCHREALTIME/./}" -lt "$end" ] || return 1
		sleep 0.05
	done
}

not() { ! "$@"; }

at_exit() { # CMD...: run at the end, last registered first
	exit_hooks+=("$(printf '%q ' "$@")")
}

ns_name() { echo "$ns_prefix$1"; }

in_ns() { # NAME CMD...
	ip netns exec "$ns_prefix$1" "${@:2}"
}

ns_sysctl() { # NAME KEY=VALUE...: keys below net, with slashes
	# shellcheck disable=SC2016 # expanded by the inner shell
	in_ns "$1" sh -c 'for s; do echo "${s#*=}" >"/proc/sys/net/${s%%=*}"; done' sh "${@:2}"
}

ns_add() { # NAME...: quiet namespaces: no duplicate detection, no router solicitations
	local name
	for name; do
		ip netns add "$ns_prefix$name"
		ns_made+=("$ns_prefix$name")
		ns_sysctl "$name" ipv6/conf/all/accept_dad=0 ipv6/conf/default/accept_dad=0 \
			ipv6/conf/default/dad_transmits=0 ipv6/conf/default/accept_ra=0 \
			ipv6/conf/default/router_solicitations=0
		ip -n "$ns_prefix$name" link set lo up
	done
}

ns_mac() { # NAME IF
	ip -n "$ns_prefix$1" -o link show dev "$2" | sed -n 's/.*link\/ether \([0-9a-f:]*\) .*/\1/p'
}

ns_end() { # NAME IF ADDRESSES PEER-MAC PEER-ADDRESSES: one end of a link, with static neighbours
	local a
	in_ns "$1" ethtool -K "$2" tx off rx off sg off tso off gso off gro off >/dev/null
	ip -n "$ns_prefix$1" link set "$2" addrgenmode none up
	for a in ${3//,/ }; do ip -n "$ns_prefix$1" addr add "$a" dev "$2"; done
	for a in ${5//,/ }; do
		ip -n "$ns_prefix$1" neigh replace "${a%/*}" lladdr "$4" dev "$2" nud permanent
	done
}

ns_link() { # NAME IF ADDRESSES NAME IF ADDRESSES: addresses are ADDR/LEN,ADDR/LEN or ''
	local mac_a mac_b
	ip -n "$ns_prefix$1" link add "$2" type veth peer name "$5" netns "$ns_prefix$4"
	mac_a=$(ns_mac "$1" "$2")
	mac_b=$(ns_mac "$4" "$5")
	ns_end "$1" "$2" "$3" "$mac_b" "$6"
	ns_end "$4" "$5" "$6" "$mac_a" "$3"
}

ns_cookie() { # NAME -> what tlml calls it; 71 is SO_NETNS_COOKIE
	in_ns "$1" python3 -c 'import socket, struct
s = socket.socket(socket.AF_UNIX)
print("netns:%016x" % struct.unpack("Q", s.getsockopt(socket.SOL_SOCKET, 71, 8)))'
}

ns_run() { # NAME -> where tlmlctl looks for its tlmld, and keeps models without one
	echo "/run/tlml/$(ns_cookie "$1")"
}

ns_empty() { [ -z "$(ip netns pids "$1")" ]; }

ns_del_all() { # with every process inside, first politely
	local ns sig
	for ns in "${ns_made[@]}"; do
		[ ! -d /run/tlml ] || rm -rf "$(ns_run "${ns#"$ns_prefix"}")"
		for sig in TERM KILL; do
			ns_empty "$ns" && break
			ip netns pids "$ns" | xargs kill -s "$sig" 2>/dev/null
			wait_until 1 ns_empty "$ns"
		done
		ip netns del "$ns"
	done
}

lib_exit() {
	local rc=$? i
	trap - EXIT ERR
	trap '' INT TERM
	set +e
	for ((i = ${#exit_hooks[@]} - 1; i >= 0; i--)); do eval "${exit_hooks[i]}"; done
	ns_del_all
	rm -rf "$TMP"
	if [ "$ktap_failed" != 0 ] || [ "$ktap_done" != "$ktap_planned" ]; then rc=$((rc ? rc : 1)); fi
	exit "$rc"
}
trap lib_exit EXIT
trap ktap_err ERR
trap 'exit 130' INT
trap 'exit 143' TERM
