#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# What tlml-load refuses: with a sentence that has the remedy, and nothing left behind.
set -euo pipefail
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/net.sh"
need_root
need tlml-load mkmodel setpriv unshare ethtool
net_up
gw=$(ns_name gw)
mkmodel "$TMP/good" random:1
object=$(foreign_object)

without() { # CAPABILITIES CMD...: as root, but for these
	in_ns gw setpriv --bounding-set "$1" --inh-caps "$1" "${@:2}"
}

alone() { # CMD...: where no process is seen that has a bpffs
	in_ns gw unshare -m -p -f --mount-proc "$@"
}

turned() { # OFFSET: the good model with one bit of that byte turned
	local byte
	byte=$(od -An -tu1 -j "$1" -N1 "$TMP/good" | tr -d ' ')
	cp "$TMP/good" "$TMP/bad"
	printf '%b' "\\x$(printf %02x $((byte ^ 1)))" |
		dd of="$TMP/bad" bs=1 seek="$1" conv=notrunc status=none
}

model() { load --model "$TMP/bad" g0; }

misuse() { # CMD...: exit status 2 and a hint
	local rc=0
	load "$@" >"$TMP/said" 2>&1 || rc=$?
	[ "$rc" = 2 ]
	grep -q "Try .tlml-load --help'" "$TMP/said"
}

mounts() {
	alone sh -c 'tlml-load --no-daemon g0 2>&1; tlml-load --detach g0' >"$TMP/said"
	grep -q 'no bpffs, so one was mounted at /sys/fs/bpf' "$TMP/said"
	grep -q '^g0: native mode' "$TMP/said"
}

fewer_queues() { # the peer sends by more queues than this end receives by: generic, announced
	load q0 >"$TMP/said" 2>&1
	grep -q 'q0 runs in generic mode.*too few queues.*ethtool -L q0' "$TMP/said"
	load --detach q0
	nothing_left q0
}

untouched() { # the foreign program is still there, and alone
	ip -n "$gw" -o link show dev g0 | grep -q 'xdpgeneric.*foreign_pass'
	in_ns gw ip link set dev g0 xdpgeneric off
	nothing_left g0
}

ktap_plan 28
ktap_refuse 'no such interface' 'no interface nope0 .*ip link' load nope0
ktap_refuse 'a name that is too long' 'names have 1 to 15 characters' load abcdefghijklmnop
ktap_ok 'no interface named is misuse' misuse --detach
ktap_ok 'an unknown option is misuse' misuse --frobnicate g0
ktap_ok 'no flows at all is misuse' misuse --flows 0 g0
ktap_ok 'a negative number is misuse' misuse --sources -1 g0
ktap_ok 'an unknown mode is misuse' misuse --mode turbo g0
ktap_ok '--replace with another model is misuse' misuse --replace --model "$TMP/good" g0
ktap_ok 'two actions are misuse' misuse --detach --status g0
ktap_refuse '--replace of nothing' "not on g0: 'tlml-load g0'" load --replace g0

ktap_refuse 'a model file that is not there' "$TMP/none.*No such file" load --model "$TMP/none" g0
: >"$TMP/bad"
ktap_refuse 'an empty model' "$TMP/bad" model
head -c 300 "$TMP/good" >"$TMP/bad"
ktap_refuse 'a truncated model' "$TMP/bad.*(size|bytes|truncated)" model
turned 0
ktap_refuse 'a model with a wrong magic' "$TMP/bad.*(magic|not a .*model)" model
turned 4
ktap_refuse 'a model of another ABI' "$TMP/bad.*ABI" model
turned 400
ktap_refuse 'a model with a turned bit' "$TMP/bad.*SHA-256" model
ktap_refuse 'a directory as model' "$TMP.*directory" load --model "$TMP" g0

printf 'mode monitor\nclass * action explode\n' >"$TMP/policy"
ktap_refuse 'a policy with an unknown word: file and line' "$TMP/policy:2.*explode" load --policy "$TMP/policy" g0
ktap_ok 'none of these left anything' nothing_left g0

ktap_refuse 'without CAP_NET_ADMIN' 'CAP_NET_ADMIN is missing' without -net_admin tlml-load g0
ktap_refuse 'without CAP_BPF and CAP_SYS_ADMIN' 'CAP_BPF, CAP_PERFMON are missing' without -sys_admin,-bpf,-perfmon tlml-load g0
ktap_refuse 'as nobody' 'CAP_BPF, CAP_PERFMON, CAP_NET_ADMIN are missing' in_ns gw setpriv --reuid 65534 --clear-groups "$(command -v tlml-load)" g0
ktap_ok 'a missing bpffs is mounted, and said so' mounts
ktap_refuse 'a bpffs that cannot be mounted' 'no bpffs at /sys/fs/bpf.*mount -t bpf.*CAP_SYS_ADMIN' alone setpriv --bounding-set -sys_admin tlml-load g0

ip -n "$gw" link add q0 numrxqueues 1 type veth peer name q1 numtxqueues 4
in_ns gw ethtool -L q1 tx 4
ktap_refuse 'too few queues' 'q0 has too few queues.*ethtool -L q0.*--mode generic' load --mode native q0
ktap_ok 'too few queues, but generic mode has no need of them' fewer_queues

in_ns gw ip link set dev g0 xdpgeneric obj "$object" sec xdp.frags
ktap_refuse "somebody else's XDP program is named" "g0 has XDP program [0-9]+ 'foreign_pass', attached through netlink.*--share" load g0
ktap_ok 'and not replaced' untouched
