#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# Boots a Debian kernel under QEMU without KVM and runs the payload's test_* in it:
#	vm.sh SERIES PAYLOADDIR        (SERIES: 6.1, 6.12; see kernel.sh)
# They find tlml.ko beside them if the kernel has headers.
# Prints one KTAP document, "SERIES: test: description" a result; the console goes to
# build/vm/SERIES.log (SERIES-CPUS.log if VM_CPUS says how many the guest is to have). A guest that
# ends without a verdict, or not within VM_TIMEOUT (420) seconds,
# is a failure; it has VM_MEMORY (384) MiB. A microvm machine hangs now and then at boot, q35 does not.
set -euo pipefail
export LC_ALL=C
here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../.." && pwd)
series=${1:?usage: vm.sh SERIES PAYLOADDIR} payload=${2:?usage: vm.sh SERIES PAYLOADDIR}
limit=${VM_TIMEOUT:-420}
cpus=${VM_CPUS:-1}
console=$top/build/vm/$series${VM_CPUS:+-$VM_CPUS}.log

skip() { printf 'KTAP version 1\n1..0 # SKIP %s\n' "$*"; exit 0; }

compgen -G "$payload/test_*" >/dev/null || { echo "vm.sh: $payload has no test_*: build it first (make)" >&2; exit 1; }
for tool in qemu-system-x86_64 busybox cpio xz; do
	command -v "$tool" >/dev/null || skip "kernel $series: needs $tool: run tests/deps.sh vm as root"
done
mkdir -p "$top/build/vm"
tmp=$(mktemp -d "$top/build/vm/run.XXXXXX")
trap 'rm -rf "$tmp"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

status=0
kernel=$("$here/kernel.sh" "$series" 2>"$tmp/why") || status=$?
[ "$status" != 4 ] || skip "$(tail -n 1 "$tmp/why")"
cat "$tmp/why" >&2
[ "$status" = 0 ] || exit "$status"
modules=()
if [ -e "$kernel/headers" ]; then
	VMLINUZ=$kernel/vmlinuz "$top/tests/kmod/modules.sh" "$kernel/headers" \
		"$top/build/kmod/${kernel##*/}"
	modules=("$top/build/kmod/${kernel##*/}/test"/*.ko)
fi
"$here/initrd.sh" "$kernel" "$payload" "$tmp/initrd" "${modules[@]}" ||
	{ echo "vm.sh: no initramfs could be made from $payload" >&2; exit 1; }

began=$EPOCHREALTIME
timeout --foreground -k 5 "$limit" qemu-system-x86_64 -M q35 -accel tcg,thread=multi -cpu max -m "${VM_MEMORY:-384}" -smp "$cpus" \
	-nodefaults -no-user-config -nographic -serial stdio -no-reboot \
	-kernel "$kernel/vmlinuz" -initrd "$tmp/initrd" \
	-append "console=ttyS0 quiet panic=-1 tlml_limit=$((limit * 2 / 3))" \
	</dev/null 2>"$tmp/stderr" | tr -d '\r' >"$console" || status=$?
sed 's/^/qemu: /' "$tmp/stderr" >&2

# One file a test, named by its order; "list" says: file, test, exit status.
awk -v dir="$tmp" '
	/^VMTEST BEGIN / { name = $3; file = sprintf("%s/%03d.ktap", dir, ++n); printf "" >file; next }
	/^VMTEST END / { print file, $3, $4 >(dir "/list"); close(file); file = ""; next }
	/^VMTEST SPLAT / { next }
	file != "" { print >file }
	END { if (file != "") print file, name, "none" >(dir "/list") }' "$console"
touch "$tmp/list"

records() { # of the whole run, as tests/ktap.awk writes them
	local file name rc why
	sed -n "s/^VMTEST BOOT \(.*\) \(.*\)/#\tLinux \1: \2 s to init/p" "$console"
	while read -r file name rc; do
		why=
		case $rc in
		none) why='the guest ended in it' ;;
		124 | 137 | 143) why='it ran into its time limit' ;;
		esac
		awk -v rc="${rc/none/1}" -v why="$why" -f "$here/../ktap.awk" "$file" |
			awk -F '\t' -v name="$name" 'BEGIN { OFS = FS } $1 != "#" { $2 = name ": " $2 } { print }'
	done <"$tmp/list"
	if ! grep -q -E '^VMTEST (PASS|FAIL)$' "$console"; then
		tail -n 20 "$console" | sed 's/^/#\t/'
		[ "$status" != 124 ] || printf '#\tstopped after %s s\n' "$limit"
		printf 'fail\tguest reached its end\n'
	elif grep '^VMTEST SPLAT ' "$console" | sed 's/^VMTEST SPLAT /#\t/'; then
		printf 'fail\tguest reached its end with a clean kernel log\n'
	else
		printf 'ok\tguest reached its end with a clean kernel log\n'
	fi
}
records | awk -v prefix="$series: " -f "$here/number.awk" || status=1
if grep -q '^VMTEST FAIL$' "$console"; then status=1; fi
printf '# %s: %.1f s in all\n' "$series" "$(awk -v a="$began" -v b="$EPOCHREALTIME" 'BEGIN { print b - a }')"
exit "$status"
