#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# Prints the directory of an unpacked Debian kernel: kernel.sh SERIES (6.1, 6.12: cloud flavour;
# 6.1-full, 6.12-full: the one for all machines), or debug, see tests/vm/debug.sh.
# It holds vmlinuz, lib/modules, and headers (if they were to be had) to build modules with. The
# newest kernel that apt knows is downloaded once into build/vm/cache and never installed; with no
# network, one that is there already serves. Exit status 4: there is none to be had, with the reason
# on standard error.
set -euo pipefail
export LC_ALL=C PATH=$PATH:/usr/sbin:/sbin
here=$(cd "$(dirname "$0")" && pwd)
cache=$(cd "$here/../.." && pwd)/build/vm/cache
name=${1:?usage: kernel.sh SERIES}
if [ "$name" = debug ]; then exec "$here/debug.sh"; fi
series=${name%-full} flavour=cloud-
[ "$name" = "$series" ] || flavour=

unavailable() { echo "kernel $name: $*" >&2; exit 4; }

newest() { # the version that the metapackage of the series stands for
	local meta
	for meta in "linux-image-$series-${flavour}amd64" "linux-image-${flavour}amd64"; do
		apt-cache depends "$meta" 2>/dev/null |
			sed -n "s/^ *Depends: linux-image-\(${series//./\\.}\.[^ ]*\)$/\1/p"
	done | head -n 1
}

ours() { # EXPRESSION...: find those of this series and flavour
	if [ -n "$flavour" ]; then set -- -name '*-cloud-amd64' "$@"; else set -- ! -name '*-cloud-amd64' "$@"; fi
	find "$cache" -mindepth 1 -maxdepth 1 -name "$series.*-amd64" "$@"
}

cached() { ours -printf '%T@ %f\n' | sort -n | sed -n '$s/.* //p'; } # the last one unpacked

download() { # DIRECTORY PACKAGE...: unpacks them there
	rm -rf "$1"
	mkdir "$1"
	if ! (cd "$1" && apt-get -q download "${@:2}" >log 2>&1); then
		sed -n 's/^[EW]: /kernel download: /p' "$1/log" >&2
		rm -rf "$1"
		return 1
	fi
	for package in "$1"/*.deb; do dpkg -x "$package" "$1"; done
	rm -rf "$1"/*.deb "$1/log"
}

image() { # VERSION
	local new=$cache/$1.new
	download "$new" "linux-image-$1" || return 1
	mv "$new/boot/vmlinuz-$1" "$new/vmlinuz"
	find "$new" -mindepth 1 -maxdepth 1 ! -name vmlinuz ! -name lib -exec rm -rf {} +
	depmod -b "$new" "$1"
	ours ! -name "$1" -exec rm -rf {} +
	mv "$new" "$cache/$1"
}

headers() { # VERSION: with what they depend on, but for the compiler and the image
	local new=$cache/$1.new packages
	mapfile -t packages < <(apt-cache depends "linux-headers-$1" |
		sed -n 's/^ *Depends: \(linux-\(headers\|kbuild\)-.*\)$/\1/p')
	download "$new" "linux-headers-$1" "${packages[@]}" || return 1
	# The one absolute path in them.
	# shellcheck disable=SC2016 # for make
	sed -i 's|^include /usr/src/|include $(dir $(lastword $(MAKEFILE_LIST)))../|' \
		"$new/usr/src/linux-headers-$1/Makefile"
	rm -rf "${new:?}/usr/share" "${cache:?}/$1/usr"
	mv "$new/usr" "$cache/$1/"
	rm -rf "$new"
	ln -sfn "usr/src/linux-headers-$1" "$cache/$1/headers"
}

[ "$(uname -m)" = x86_64 ] || unavailable "programs built on $(uname -m) do not run in an amd64 guest"
mkdir -p "$cache"
exec 9>"$cache/lock"
flock 9
version=$(newest)
if [ -n "$version" ] && [ ! -d "$cache/$version" ]; then image "$version" || version=; fi
[ -n "$version" ] || version=$(cached)
[ -n "$version" ] || unavailable 'apt offers none, or there is no network; "apt-get update" may help'
[ -e "$cache/$version/headers" ] || headers "$version" || echo "kernel $name: no headers: no module" >&2
echo "$cache/$version"
