#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# Makes an initramfs: initrd.sh KERNELDIR PAYLOADDIR OUT [FILE...]
# In it: busybox, the tools below with their libraries, the payload and FILEs in /t, tests/lib.sh where the
# payload's shell tests look for it (/t/..), kernel modules in /m, tests/vm/init as PID 1.
set -euo pipefail
export LC_ALL=C PATH=$PATH:/usr/sbin:/sbin
tests=$(cd "$(dirname "$0")/.." && pwd)
kernel=${1:?usage: initrd.sh KERNELDIR PAYLOADDIR OUT [FILE...]} payload=$2 out=$3
tools='bash ip tc ethtool ping'
modules='veth dummy ifb sch_ingress cls_bpf act_bpf 8021q bridge ipip ip_gre vxlan'

root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
chmod 755 "$root" # it is / of the guest, where not all are root
mkdir -p "$root"/{bin,etc,m,t,usr/bin}

libraries() { # of every program given, wherever the loader finds them; scripts have none
	local found
	found=$(ldd "$@" 2>/dev/null) || true
	if grep 'not found' <<<"$found" >&2; then
		echo 'initrd.sh: the libraries above are missing on this machine' >&2
		return 1
	fi
	awk '$2 == "=>" && $3 ~ /^\// { print $3 } $1 ~ /^\// && NF == 2 { print $1 }' <<<"$found" | sort -u
}

cp "$(command -v busybox)" "$root/bin/busybox"
for tool in $tools; do
	cp -L "$(command -v "$tool")" "$root/usr/bin/$tool"
done
cp -rL "$payload/." "${@:4}" "$root/t/"
cp "$tests/lib.sh" "$root/lib.sh"
cp "$tests/vm/init" "$root/init"
grep -v -e '^#' -e '^$' "$tests/vm/splats.txt" >"$root/etc/splats"
printf 'root:x:0:0::/:/bin/sh\nnobody:x:65534:65534::/:/bin/sh\n' >"$root/etc/passwd"
printf 'root:x:0:\nnogroup:x:65534:\n' >"$root/etc/group"

mapfile -t programs < <(find "$root/bin" "$root/usr/bin" "$root/t" -type f -perm -100)
libraries "${programs[@]}" | while read -r lib; do
	mkdir -p "$root$(dirname "$lib")"
	cp -L "$lib" "$root$lib"
done

# modprobe knows the order; what is built in, or not made for this kernel, needs no file.
for module in $modules; do
	modprobe -d "$kernel" -S "${kernel##*/}" --show-depends "$module" 2>/dev/null || true
done | awk '$1 == "insmod" && !seen[$2]++ { print $2 }' | while read -r file; do
	name=${file##*/}
	case $name in
	*.xz) xz -dc "$file" ;;
	*.zst) zstd -qdc "$file" ;;
	*.gz) gzip -dc "$file" ;;
	*) cat "$file" ;;
	esac >"$root/m/${name%%.ko*}.ko"
	echo "${name%%.ko*}.ko"
done >"$root/m/order"
(cd "$root" && find . | cpio -o -H newc --quiet -R 0:0) | gzip -1 >"$out"
