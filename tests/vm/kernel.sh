#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# Prints the directory of an unpacked Debian kernel, cloud flavour: kernel.sh SERIES (6.1, 6.12).
# It holds vmlinuz and lib/modules. The newest one that apt knows is downloaded once into
# build/vm/cache and never installed; with no network, one that is there already serves.
# Exit status 4: there is none to be had, with the reason on standard error.
set -euo pipefail
export LC_ALL=C PATH=$PATH:/usr/sbin:/sbin
cache=$(cd "$(dirname "$0")/../.." && pwd)/build/vm/cache
series=${1:?usage: kernel.sh SERIES}

unavailable() { echo "kernel $series: $*" >&2; exit 4; }

newest() { # the version that the metapackage of the series stands for
	local meta
	for meta in "linux-image-$series-cloud-amd64" linux-image-cloud-amd64; do
		apt-cache depends "$meta" 2>/dev/null |
			sed -n "s/^ *Depends: linux-image-\(${series//./\\.}\.[^ ]*\)$/\1/p"
	done | head -n 1
}

cached() { # the last one unpacked
	find "$cache" -mindepth 1 -maxdepth 1 -name "$series.*" ! -name '*.new' -printf '%T@ %f\n' |
		sort -n | sed -n '$s/.* //p'
}

download() { # VERSION
	local new=$cache/$1.new
	rm -rf "$new"
	mkdir "$new"
	if ! (cd "$new" && apt-get -q download "linux-image-$1" >log 2>&1); then
		sed -n 's/^[EW]: /kernel download: /p' "$new/log" >&2
		rm -rf "$new"
		return 1
	fi
	dpkg -x "$new"/*.deb "$new"
	mv "$new/boot/vmlinuz-$1" "$new/vmlinuz"
	find "$new" -mindepth 1 -maxdepth 1 ! -name vmlinuz ! -name lib -exec rm -rf {} +
	depmod -b "$new" "$1"
	find "$cache" -mindepth 1 -maxdepth 1 -name "$series.*" ! -name "$1.new" -exec rm -rf {} +
	mv "$new" "$cache/$1"
}

[ "$(uname -m)" = x86_64 ] || unavailable "programs built on $(uname -m) do not run in an amd64 guest"
mkdir -p "$cache"
exec 9>"$cache/lock"
flock 9
version=$(newest)
if [ -n "$version" ] && [ ! -d "$cache/$version" ]; then download "$version" || version=; fi
[ -n "$version" ] || version=$(cached)
[ -n "$version" ] || unavailable 'apt offers none (cloud flavour), or there is no network; "apt-get update" may help'
echo "$cache/$version"
