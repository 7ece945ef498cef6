#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# What tlml-load, tlmlctl and tlmld do with the module: bind, listen, tell. In a guest of tests/vm.
set -euo pipefail
. "$(dirname "$0")/../lib.sh"
module=$(dirname "$0")/tlml.ko

need_root
[ -f "$module" ] || ktap_skip_all 'no module was built for this kernel'

ctl() { in_ns gw tlmlctl "$@"; }
heard() { grep -q -- "$1" "$TMP/told"; }
poked() { ctl set gw0 audit "$1" && ctl set gw0 audit 1 && heard "$2"; } # AUDIT REGEX

monitors() { # what is set is told, as JSON a line
	ctl -j monitor >"$TMP/told" 2>"$TMP/said" &
	wait_until 60 poked 11 '"event": *"policy", *"interface": *"gw0".*"audit": *11[,}]'
	ctl set gw0 class c2 action drop
	wait_until 20 heard '"class": *"c2", *"action": *"drop"'
	ctl unbind gw0
	wait_until 20 heard '"event": *"unbound", *"interface": *"gw0"'
	ctl bind gw0
	kill $!
	wait $! || true
}

announces() { # tlmld, which is nobody, tells of generations
	ctl monitor gw0 >"$TMP/told" 2>"$TMP/said" &
	wait_until 60 poked 12 '^policy     gw0: monitor'
	ctl model push gw0 "$TMP/other" --unsigned
	wait_until 30 heard '^generation gw0: generation 2 pushed'
	ctl model rollback gw0
	wait_until 30 heard '^rollback   gw0: generation 3 rolled back: the operator said so'
	head -c 100 "$TMP/other" >"$TMP/short"
	if ctl model push gw0 "$TMP/short" --unsigned; then return 1; fi
	wait_until 30 heard '^refused    gw0: '
	kill $!
	wait $! || true
}

listens() { # somebody here is in groups of generic netlink
	# shellcheck disable=SC2016 # awk
	in_ns gw awk '$2 == 16 && $4 != "00000000" { n++ } END { exit !n }' /proc/net/netlink
}

detached() { # and the module may go; who listens is told
	in_ns gw tlml-load --detach gw0
	if ctl --transport netlink show gw0; then return 1; fi
	ctl monitor >"$TMP/told" 2>"$TMP/said" &
	wait_until 20 listens
	wait_until 20 rmmod tlml
	if wait $!; then return 1; fi
	grep 'was unloaded' "$TMP/said"
}

ktap_plan 5
mkmodel "$TMP/model" constant:1
mkmodel "$TMP/other" constant:2
insmod "$module"
ns_add lan gw
ns_link lan lan0 192.0.2.2/24 gw gw0 192.0.2.1/24
in_ns gw tlml-load --model "$TMP/model" gw0 >/dev/null
ktap_ok 'tlml-load binds' in_ns gw tlmlctl --transport netlink show gw0
ktap_refuse 'monitor takes the module' 'leave --transport maps out' ctl --transport maps monitor
ktap_ok 'monitor tells of changes of policy' monitors
ktap_ok 'tlmld tells of generations, rollbacks, and what it refused' announces
ktap_ok 'detaching unbinds, and monitor ends with the module' detached
