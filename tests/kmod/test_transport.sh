#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# tlmlctl by the module as by the maps: in a guest of tests/vm, where the module may be loaded.
set -euo pipefail
. "$(dirname "$0")/../lib.sh"
module=$(dirname "$0")/tlml.ko

need_root
[ -f "$module" ] || ktap_skip_all 'no module was built for this kernel'

ctl() { in_ns gw tlmlctl "$@"; }
by() { ctl --transport "$1" "${@:2}"; }

timeless() { sed 's/"\(clock_age_ms\|lease_left_s\|confirm_left_s\)": *[0-9]*//g'; }

same() { # WORDS...: as JSON
	by maps -j "$@" | timeless >"$TMP/maps"
	by netlink -j "$@" | timeless >"$TMP/netlink"
	[ -s "$TMP/maps" ]
	diff "$TMP/maps" "$TMP/netlink"
}

without() { # no module: maps, unless netlink is asked for by name
	ctl show gw0 | grep '^gw0: monitor'
}

bound() {
	ctl bind gw0
	by netlink show | grep '^gw0: monitor'
	same show gw0
}

everything() { # in a state that is not the one of the beginning
	ctl set gw0 class c1 action limit 50 60
	ctl set gw0 class c2 action mark 0x2a dscp 46
	ctl set gw0 class c3 margin hard 99
	ctl set gw0 allow add 192.0.2.64/26
	ctl set gw0 allow add 2001:db8::/32
	for words in 'class gw0' 'model show gw0' 'stats gw0'; do
		read -ra word <<<"$words"
		same "${word[@]}"
	done
}

walk() { # TRANSPORT FILE: each line of settings, and what is so after it
	local line
	while read -ra line; do
		echo "# ${line[*]}"
		by "$1" -j set gw0 "${line[@]}" | timeless
		[ "${line[0]}" != class ] || by maps -j class gw0
	done < <(lines) >"$2"
	by maps -j show gw0 | timeless >>"$2"
}

settings() { # begun from where the same settings end
	by maps set gw0 allow clear
	walk maps "$TMP/maps"
	walk netlink "$TMP/netlink"
	[ "$(grep -c '^#' "$TMP/maps")" = "$(lines | wc -l)" ]
	diff "$TMP/maps" "$TMP/netlink"
}

lines() {
	cat <<'END'
mode enforce confirm 600
confirm
mode monitor
class * action drop
class c0 action mark 7
class c0 action limit 9
anomaly 3 128
audit 0
ask from 4
ask rate 77 88
payload 33
trace on
lease 500
lease forever
allow add 198.51.100.7
allow del 198.51.100.7
END
}
drops() { # what is set by netlink is done to packets
	by netlink set gw0 class '*' action drop
	by netlink set gw0 mode enforce
	if in_ns lan ping -q -c 2 -i 0.1 -W 1 192.0.2.1; then return 1; fi
	by netlink set gw0 mode monitor
	in_ns lan ping -q -c 2 -i 0.1 -W 1 192.0.2.1
}

stale_pins() { # maps that others bound in place of the pinned ones are not taken for them
	ctl unbind gw0
	in_ns gw tlmlctl show gw0 | grep '^gw0: monitor'
	ctl bind gw0
	same show gw0
}

ktap_plan 14
mkmodel "$TMP/model" constant:1
ns_add lan gw
ns_link lan lan0 192.0.2.2/24 gw gw0 192.0.2.1/24
lines | grep -v confirm | grep -v 'allow del' >"$TMP/policy"
in_ns gw tlml-load --no-daemon --model "$TMP/model" --policy "$TMP/policy" gw0 >/dev/null
in_ns lan ping -q -c 4 -i 0.05 -W 1 192.0.2.1 >/dev/null
ktap_ok 'without the module there are the maps' without
ktap_refuse 'without the module netlink is refused' 'tlml is not loaded' by netlink show gw0
insmod "$module"
ktap_refuse 'an interface that is not bound is told of' "'tlmlctl bind gw0'" by netlink show gw0
ktap_ok 'an interface is bound and shown' bound
ktap_ok 'all that is told is the same by netlink as by maps' everything
ktap_ok 'all settings have the same effect by netlink as by maps' settings
ktap_ok 'packets are dropped by what netlink sets' drops
ktap_refuse 'what the plan refuses is refused' 'no class .web.' by netlink set gw0 class web action drop
ktap_refuse "the module's own sentence is shown" 'module says: this prefix is not on' \
	by netlink set gw0 allow del 203.0.113.0/24
ktap_refuse 'a late confirmation is refused' 'nothing to confirm' by netlink set gw0 confirm
ktap_refuse 'flows take the maps' 'takes the maps themselves' by netlink flow show gw0
ktap_refuse 'a transport that there is not' 'auto, maps or netlink' by radio show gw0
ktap_refuse 'binding by maps is none' 'leave --transport maps out' by maps bind gw0
ktap_ok 'unbound and bound again' stale_pins
in_ns gw tlml-load --no-daemon --detach gw0 >/dev/null
rmmod tlml
