# SPDX-License-Identifier: BSD-2-Clause
# The namespaces: making them, proving that they are sealed, removing them. Sourced.
# shellcheck shell=bash

net_hosts() {
	local dev=$1 net n
	shift
	for net in "$@"; do
		for ((n = LAB_FIRST; n <= LAB_LAST; n++)); do
			case $net in
			*:) echo "addr add $net$n/64 dev $dev nodad" ;;
			*) echo "addr add $net.$n/24 dev $dev" ;;
			esac
		done
	done
}

net_wire() {
	local ns dev
	ip link add name lan netns "$LAB_GW" type veth peer name eth0 netns "$LAB_LAN"
	ip link add name wan netns "$LAB_GW" type veth peer name near netns "$LAB_NET"
	ip link add name far netns "$LAB_NET" type veth peer name eth0 netns "$LAB_WAN"
	ip netns exec "$LAB_NET" sysctl -qw net.ipv6.conf.all.disable_ipv6=1
	# A capture must hold what a wire would carry, not what one host hands itself.
	for ns in "$LAB_LAN:eth0" "$LAB_GW:lan" "$LAB_GW:wan" "$LAB_NET:near" "$LAB_NET:far" "$LAB_WAN:eth0"; do
		dev=${ns#*:}
		ns=${ns%:*}
		ip netns exec "$ns" ethtool -K "$dev" gro off gso off tso off tx off rx off >/dev/null 2>&1 ||
			lab_die "cannot switch offloads off on $dev in $ns: captures would not hold wire packets"
		ip -n "$ns" link set lo up
		ip -n "$ns" link set "$dev" up
	done
}

net_address() {
	local net
	ip -n "$LAB_GW" addr add "$LAB_LAN4.1/24" dev lan
	ip -n "$LAB_GW" addr add "${LAB_LAN6}1/64" dev lan nodad
	for net in "${LAB_WAN4[@]}"; do
		ip -n "$LAB_GW" addr add "$net.1/24" dev wan
	done
	ip -n "$LAB_GW" addr add "${LAB_WAN6}1/64" dev wan nodad
	net_hosts eth0 "$LAB_LAN4" "$LAB_LAN6" | ip -n "$LAB_LAN" -batch -
	net_hosts eth0 "${LAB_WAN4[@]}" "$LAB_WAN6" | ip -n "$LAB_WAN" -batch -
	for net in "${LAB_WAN4[@]}"; do
		ip -n "$LAB_LAN" route add "$net.0/24" via "$LAB_LAN4.1"
	done
	ip -n "$LAB_LAN" route add "$LAB_WAN6/64" via "${LAB_LAN6}1"
	ip -n "$LAB_WAN" route add "$LAB_LAN6/64" via "${LAB_WAN6}1"
}

net_gateway() {
	ip netns exec "$LAB_GW" sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1 \
		net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.lan.rp_filter=0
	ip netns exec "$LAB_GW" nft -f - <<-NFT
	table ip nat {
		chain post {
			type nat hook postrouting priority srcnat;
			oifname "wan" masquerade
		}
	}
	NFT
	# Half of the servers' hosts drop silently where the others refuse, as the net does.
	ip netns exec "$LAB_WAN" nft -f - <<-NFT
	table inet wall {
		chain in {
			type filter hook input priority filter;
			ip daddr ${LAB_WAN4[1]}.0/24 tcp dport { 100-400, 2000-9999 } drop
		}
	}
	NFT
}

# Servers are near and far, as they are: a model must not know the lab by its speed. A line does not
# wait for the hosts' processors, so this goes before all other processes where the kernel lets it.
net_distance() {
	local first=()
	if chrt --rr 1 true 2>/dev/null; then first=(chrt --rr 1); fi
	ip netns exec "$LAB_NET" setsid "${first[@]}" "$LAB_SRC/distance.py" "${TLML_LAB_SEED:-1}" near far \
		>"$LAB_DIR/log/distance.log" 2>&1 </dev/null &
	echo "distance $!" >>"$LAB_DIR/servers"
}

net_up() {
	local ns
	for ns in "${LAB_ALL[@]}"; do
		ip netns add "$ns"
	done
	net_wire
	net_address
	net_gateway
	net_distance
}

net_wired() {
	ip -n "$1" -o link show "$2" | grep -q "link-netns $3" ||
		lab_die "$2 in $1 is not wired to $3: run $LAB_SRC/lab.sh down and up"
}

# Dies unless nothing sent in these namespaces can reach anything but them.
net_sealed() {
	local ns extra routes
	for ns in "${LAB_ALL[@]}"; do
		lab_ns_exists "$ns" || lab_die "no namespace $ns: run $LAB_SRC/lab.sh up first"
		[ "$(stat -Lc %i "/run/netns/$ns")" != "$(stat -Lc %i /proc/self/ns/net)" ] ||
			lab_die "$ns is the host's own network: refusing to make traffic"
		extra=$(ip -n "$ns" -o link show | grep -vE '^[0-9]+: (lo|lan@|wan@|eth0@|near@|far@)[^:]*:' || true)
		[ -z "$extra" ] || lab_die "$ns has an interface that is not the lab's: $extra"
		extra=$(ip -n "$ns" -d -o link show | grep -vE '^[0-9]+: lo: | veth ' || true)
		[ -z "$extra" ] || lab_die "$ns has an interface that is no veth: $extra"
		routes=$(ip -n "$ns" -4 route show table all; ip -n "$ns" -6 route show table all)
		extra=$(grep -vE "^((local|broadcast|anycast|multicast|unicast) )?($LAB_LAN4|${LAB_WAN4[0]}|${LAB_WAN4[1]}|127\.0\.0|127\.255\.255)\.[0-9]" <<<"$routes" |
			grep -vE '^((local|anycast|multicast) )?(2001:db8:|fe80:|::1 |ff00::/8)' || true)
		[ -z "$extra" ] || lab_die "$ns has a way out, refusing to make traffic: ${extra%%$'\n'*}"
	done
	net_wired "$LAB_LAN" eth0 "$LAB_GW"
	net_wired "$LAB_NET" near "$LAB_GW"
	net_wired "$LAB_WAN" eth0 "$LAB_NET"
}

net_kill() {
	local ns pids sig
	# Something may be born between a look and a kill, so more than one look.
	for sig in TERM KILL KILL KILL; do
		pids=
		for ns in "${LAB_ALL[@]}"; do
			lab_ns_exists "$ns" && pids+=" $(ip netns pids "$ns" 2>/dev/null | tr '\n' ' ')"
		done
		[ -n "${pids// /}" ] || return 0
		# shellcheck disable=SC2086
		kill -"$sig" $pids 2>/dev/null || true
		sleep 0.3
	done
}

net_down() {
	local ns
	net_kill
	for ns in "${LAB_ALL[@]}"; do
		lab_ns_exists "$ns" && ip netns del "$ns"
	done
	return 0
}
