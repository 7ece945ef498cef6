# SPDX-License-Identifier: BSD-2-Clause
# Names, places and small helpers every part of the lab shares. Sourced.
# shellcheck shell=bash disable=SC2034

LAB_SRC=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
LAB_SUFFIX=${TLML_LAB_SUFFIX:-}
[[ $LAB_SUFFIX =~ ^[a-z0-9]{0,8}$ ]] || {
	echo "lab: TLML_LAB_SUFFIX is '$LAB_SUFFIX': use up to 8 of a-z and 0-9" >&2
	exit 1
}
LAB_DIR=${TLML_LAB_DIR:-/run/tlml-lab$LAB_SUFFIX}
LAB_LAN=tlml-lan$LAB_SUFFIX
LAB_GW=tlml-gw$LAB_SUFFIX
LAB_NET=tlml-net$LAB_SUFFIX
LAB_WAN=tlml-wan$LAB_SUFFIX
LAB_ALL=("$LAB_LAN" "$LAB_GW" "$LAB_NET" "$LAB_WAN")

# Host numbers LAB_FIRST..LAB_LAST exist on every prefix. Numbers above LAB_LAST
# stay unassigned on the LAN: only floods use them, as forged sources.
LAB_LAN4=192.0.2
LAB_LAN6=2001:db8:1::
LAB_WAN4=(203.0.113 198.51.100)
LAB_WAN6=2001:db8:2::
LAB_FIRST=10
LAB_LAST=199
LAB_SPOOF_FIRST=200
LAB_SPOOF_LAST=250

# A LAN host number is also a user id, and a policy route gives every user its
# own source address: so tools that cannot bind still speak as a device.
LAB_UID_BASE=58000
LAB_TABLE_BASE=5800

LAB_BENIGN=(web dns bulk ssh mqtt video voip ntp coap)
LAB_ATTACKS=(scan synflood slowhttp sshguess dnstunnel)
# Kinds that the default model was not trained on, each of a class that it has. None is run unless it
# is named; TLML_LAB_LATER=10 has them begin 10 s into a run.
LAB_LATER=(tftp videocall coaptcp sshtry)

# Tools find TLS and DNS names through these zones; both are reserved names.
LAB_ZONE=lab.example
LAB_TUNNEL_ZONE=t.example

lab_say() { printf 'lab: %s\n' "$*" >&2; }
lab_die() { lab_say "$*"; exit 1; }

lab_need_root() {
	[ "$(id -u)" = 0 ] || lab_die "needs root to make network namespaces: run it with sudo"
}

lab_need_tools() {
	local tool missing=()
	for tool in ip nft ethtool tcpdump nginx curl dig host dnsmasq sshd ssh expect \
		mosquitto mosquitto_pub rsync vsftpd hping3 nmap hydra slowhttptest \
		coap-server-notls coap-client-notls dns2tcpd dns2tcpc toybox rdate \
		ntpdig openssl setpriv; do
		command -v "$tool" >/dev/null || missing+=("$tool")
	done
	[ ${#missing[@]} = 0 ] ||
		lab_die "missing ${missing[*]}: apt-get install --no-install-recommends \$(cat $LAB_SRC/packages)"
}

lab_ns_exists() { [ -e "/run/netns/$1" ]; }

# The class of kind $1, as labels and models call it, into REPLY.
lab_class() {
	case $1 in
	tftp) REPLY=bulk ;;
	videocall) REPLY=voip ;;
	coaptcp) REPLY=coap ;;
	sshtry) REPLY=sshguess ;;
	*) REPLY=$1 ;;
	esac
}

lab_is_attack() {
	local kind
	lab_class "$1"
	set -- "$REPLY"
	for kind in "${LAB_ATTACKS[@]}"; do
		[ "$kind" = "$1" ] && return 0
	done
	return 1
}
