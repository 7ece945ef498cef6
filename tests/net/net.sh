# shellcheck shell=bash
# SPDX-License-Identifier: BSD-2-Clause
# What the tests of attaching share; sourced after lib.sh.
#
#	 namespace lan                     namespace gw
#	 l0 192.0.2.2, 2001:db8::2  <--->  g0 192.0.2.1, 2001:db8::1, where tlml goes
#
# `ip netns exec` hides the bpffs of this test; libxdp's own tools have to be told.
export LIBXDP_BPFFS=/proc/$$/root/sys/fs/bpf
# These tests look at the pins themselves, so they want a bpffs where they look.
mountpoint -q /sys/fs/bpf || mount -t bpf bpf /sys/fs/bpf
net_here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

net_up() {
	ns_add lan gw
	ns_link lan l0 192.0.2.2/24,2001:db8::2/64 gw g0 192.0.2.1/24,2001:db8::1/64
	at_exit net_clean
}

# Whatever failed, no pin outlives the test.
net_clean() {
	local ifname
	for ifname in $(load --status 2>/dev/null | sed -n 's/^\([^ :]*\): .* mode.*/\1/p'); do
		load --detach "$ifname" >/dev/null 2>&1
	done
	load --clean >/dev/null 2>&1
}

# Without tlmld, which the tests of it start themselves.
load() { in_ns gw tlml-load --no-daemon "$@"; }

ping_gw() { # COUNT
	in_ns lan ping -n -q -c "$1" -i 0.01 -W 2 192.0.2.1
}

attached() { # IF: the kernel says so, not we
	ip -n "$(ns_name gw)" -o link show dev "$1" | grep -q 'xdp'
}

pins() { # IF -> where they are; other tests have interfaces of that name, too
	echo "/sys/fs/bpf/tlml/$(ns_cookie gw)/${1//./:}"
}

nothing_left() { # IF: no program, qdisc, pin
	local all left
	! attached "$1" || { echo "XDP is still on $1"; return 1; }
	! tc -n "$(ns_name gw)" qdisc show dev "$1" | grep clsact || return 1
	all=$(pins "$1")
	left=$(find "${all%/*}" -mindepth 1 -name "*${all##*/}" 2>/dev/null) || true
	[ -z "$left" ] || { echo "left: $left"; return 1; }
}

foreign_object() { # -> an object with an XDP program of somebody else
	if [ -e "$net_here/foreign.bpf.o" ]; then
		echo "$net_here/foreign.bpf.o"
		return
	fi
	clang -O2 -g -target bpf -mcpu=v3 -idirafter "/usr/include/$(uname -m)-linux-gnu" \
		-c "$net_here/foreign.bpf.c" -o "$TMP/foreign.bpf.o"
	echo "$TMP/foreign.bpf.o"
}

foreign_seen() { # -> packets that it saw; nothing without bpftool
	bpftool -j map dump name foreign.bss 2>/dev/null | grep -o '"foreign_seen": *[0-9]*' | grep -o '[0-9]*$'
}
