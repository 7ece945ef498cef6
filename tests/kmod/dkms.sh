#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# DKMS builds the module from what make install-module installs, for a kernel that does not run and
# whose headers cannot make BTF. In a tree of its own: nothing is installed.
# timeout 600
set -euo pipefail
. "$(dirname "$0")/../lib.sh"
top=$(cd "$(dirname "$0")/../.." && pwd)
need_root
need dkms make
kernel=$("$top/tests/vm/kernel.sh" 6.1 2>"$TMP/why") || ktap_skip_all "$(tail -n 1 "$TMP/why")"
[ -e "$kernel/headers" ] || ktap_skip_all 'no headers of 6.1 can be had'

sources() {
	make -s -C "$top" install-module DESTDIR="$TMP/root"
	mkdir "$TMP/tree"
}

module() {
	VMLINUZ=$kernel/vmlinuz dkms --dkmstree "$TMP/tree" --sourcetree "$TMP/root/usr/src" build tlml/0.1 \
		-k "${kernel##*/}" --kernelsourcedir "$kernel/headers"
	find "$TMP/tree/tlml" -name 'tlml.ko' -path '*/module/*' -exec cp {} "$TMP/" \;
	readelf -SW "$TMP/tlml.ko" | grep ' \.BTF '
	modinfo "$TMP/tlml.ko" | grep "^vermagic: *${kernel##*/} "
}

ktap_plan 2
ktap_ok 'sources are installed' sources
ktap_ok 'and built, with BTF' module
