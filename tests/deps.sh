#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# Installs what is missing of named sets of Debian packages: deps.sh SET...
# As root it installs; otherwise it says what to install and exits 1.
# A name "a|b" means any of them; the first one that apt knows is installed.
set -euo pipefail
top=$(cd "$(dirname "$0")/.." && pwd)
guard=/usr/sbin/policy-rc.d
mark='# put here by tlml tests/deps.sh while it installs packages'
log=

die() { echo "deps: $*" >&2; exit 1; }

set_packages() { # SET -> names, one or more a line
	case $1 in
	build) echo 'gcc make pkg-config|pkgconf linux-libc-dev|linux-kernel-headers libc6-dev
		clang llvm bpftool|linux-tools-common libbpf-dev libxdp-dev libelf-dev zlib1g-dev
		libpcap-dev libjansson-dev libsodium-dev uthash-dev libcsv-dev libinih-dev liburing-dev
		libhttp-parser-dev libseccomp-dev libcap-ng-dev libsystemd-dev libevent-dev
		libxgboost-dev libnl-3-dev libnl-genl-3-dev' ;;
	check) echo 'iproute2 ethtool nftables strace tcpdump procps iputils-ping util-linux kmod xdp-tools
		shellcheck mandoc clang-format git python3 python3-numpy python3-yaml curl' ;;
	fuzz) echo 'libclang-rt-dev|libclang-rt-14-dev' ;;
	module) echo 'gcc make binutils dwarves sparse dkms libbpf-dev libelf-dev lz4 zstd xz-utils gzip
		gcc-aarch64-linux-gnu|gcc libc6-dev-arm64-cross|libc6-dev qemu-user-static' ;;
	debug) echo 'flex bison bc libssl-dev libelf-dev dwarves xz-utils rsync cpio' ;;
	vm) echo 'qemu-system-x86 busybox-static|busybox bash iproute2 cpio kmod gzip lz4 zstd xz-utils' ;;
	lab)
		[ -r "$top/tests/lab/packages" ] || die "the set lab is listed in tests/lab/packages, which is not there"
		sed 's/#.*//' "$top/tests/lab/packages" ;;
	onnx) echo 'npm' ;;
	teach) echo 'python3 python3-numpy python3-pandas python3-sklearn python3-xgboost python3-torch
		python3-onnx python3-threadpoolctl libopenblas0-pthread' ;;
	*) die "no set named '$1': the sets are build, check, debug, fuzz, lab, module, onnx, teach, vm" ;;
	esac
}

missing_of() { # NAME... -> those of which no alternative is installed
	local have name alt all
	read -ra all <<<"${*//|/ }"
	have=$(dpkg-query -W -f '${db:Status-Status} ${Package}\n' "${all[@]}" 2>/dev/null |
		sed -n 's/^installed //p') || true
	for name; do
		for alt in ${name//|/ }; do
			grep -qxF -- "$alt" <<<"$have" && continue 2
		done
		echo "$name"
	done
}

choose() { # NAME -> the first alternative that apt knows, else the first
	local alt
	for alt in ${1//|/ }; do
		apt-cache show "$alt" >/dev/null 2>&1 && { echo "$alt"; return; }
	done
	echo "${1%%|*}"
}

enabled_units() { find /etc/systemd/system -path '*.wants/*' -type l -printf '%f\n' 2>/dev/null | sort -u; }

guard_ours() { [ -e $guard ] && grep -qF "$mark" $guard; }

guard_on() {
	if [ -e $guard ] && ! guard_ours; then mv $guard $guard.tlml; fi
	printf '#!/bin/sh\n%s\nexit 101\n' "$mark" >$guard.new
	chmod 755 $guard.new
	mv $guard.new $guard
}

guard_off() {
	rm -f "$log"
	if guard_ours; then rm -f $guard; fi
	if [ -e $guard.tlml ]; then mv $guard.tlml $guard; fi
}

apt() { # one step of apt-get: quiet unless it fails
	DEBIAN_FRONTEND=noninteractive apt-get -q -y -o DPkg::Lock::Timeout=300 \
		-o Dpkg::Options::=--force-confold "$@" >"$log" 2>&1 </dev/null
}

install() {
	local units unit
	units=$(enabled_units)
	echo "deps: install $# package(s): $*"
	if ! apt install --no-install-recommends --no-remove "$@"; then
		tail -n 15 "$log" >&2
		die "apt-get could not install: $*"
	fi
	# Servers for the lab must not start with the machine either.
	for unit in $(comm -13 <(echo "$units") <(enabled_units) | grep -E '\.(service|socket)$'); do
		if systemctl disable --quiet "$unit" >/dev/null 2>&1; then echo "deps: $unit disabled again"; fi
	done
}

[ $# -gt 0 ] || die 'usage: deps.sh SET... (sets: build check fuzz lab module onnx teach vm)'
command -v dpkg-query >/dev/null || die "this is not a Debian system: install by hand the packages that match: $*"
names=
for s; do names+=" $(set_packages "$s")"; done
# shellcheck disable=SC2086 # a list of names
mapfile -t missing < <(missing_of $names | sort -u)
if [ ${#missing[@]} = 0 ] && { [ "$(id -u)" != 0 ] || ! guard_ours; }; then exit 0; fi
if [ "$(id -u)" != 0 ]; then
	echo "deps: missing for $*: ${missing[*]}" >&2
	die "run as root: apt-get install --no-install-recommends ${missing[*]%%|*}"
fi

mkdir -p /run/lock
exec 9>/run/lock/tlml-deps.lock
flock 9
trap guard_off EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
# A guard of ours that was there before the lock was had is one that a killed run left.
[ ${#missing[@]} -gt 0 ] || exit 0
log=$(mktemp)
echo 'deps: update the package lists'
apt update || echo 'deps: apt-get update failed, trying with the lists at hand' >&2
guard_on
want=()
for name in "${missing[@]}"; do want+=("$(choose "$name")"); done
install "${want[@]}"
