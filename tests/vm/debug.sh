#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# Builds a small kernel that finds mistakes (tests/vm/debug.config) from Debian's linux-source-6.12
# and prints its directory, which is as tests/vm/kernel.sh has it. It is kept until the source or the
# configuration changes; on two CPUs building takes half an hour or more. DEBUG_JOBS: of make (1).
set -euo pipefail
export LC_ALL=C
here=$(cd "$(dirname "$0")" && pwd)
cache=$here/../../build/vm/cache
package=linux-source-6.12

mkdir -p "$cache"
cache=$(cd "$cache" && pwd)
exec 9>"$cache/debug.lock"
flock 9
version=$(apt-cache policy "$package" | sed -n 's/^ *Candidate: //p')
name=debug-${version:?no $package to be had}
dir=$cache/$name
if [ -f "$dir/vmlinuz" ] && [ "$dir/vmlinuz" -nt "$here/debug.config" ]; then
	echo "$dir"
	exit
fi

say() { echo "debug kernel: $*" >&2; }

if [ ! -f "$dir/source/Makefile" ]; then
	say "unpack $package $version"
	rm -rf "$cache"/debug-*/
	mkdir -p "$dir/deb" "$dir/source"
	(cd "$dir/deb" && apt-get -q download "$package" >log 2>&1) || { cat "$dir/deb/log" >&2; exit 1; }
	dpkg -x "$dir"/deb/*.deb "$dir/deb"
	tar -xJf "$dir/deb/usr/src/$package.tar.xz" -C "$dir/source" --strip-components=1
	rm -rf "$dir/deb"
fi
cd "$dir/source"
say 'configure'
make -s tinyconfig >"$dir/log" 2>&1
scripts/kconfig/merge_config.sh -m .config "$here/debug.config" >>"$dir/log" 2>&1
make -s olddefconfig >>"$dir/log" 2>&1
grep -v '^#' "$here/debug.config" | grep -v -x -F -f .config >"$dir/lost" || true
if [ -s "$dir/lost" ]; then
	say "the configuration did not take: $(paste -s -d ' ' "$dir/lost")"
	exit 1
fi
say "build; what it says is in $dir/log"
nice -n 19 make -j "${DEBUG_JOBS:-1}" bzImage modules >>"$dir/log" 2>&1 || { tail -n 20 "$dir/log" >&2; exit 1; }
make -s INSTALL_MOD_PATH="$dir" modules_install >>"$dir/log" 2>&1
ln -sfn source "$dir/headers"
cp arch/x86/boot/bzImage "$dir/vmlinuz"
echo "$dir"
