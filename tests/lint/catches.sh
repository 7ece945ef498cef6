#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# Shows that every lint, and the runner itself, can fail: each gets a small tree or test with one
# thing wrong, and has to say so.
# shellcheck disable=SC2016 # the lines of the trees and tests are to stay as they are
set -euo pipefail
. "$(dirname "$0")/../lib.sh"
tests=$(cd "$(dirname "$0")/.." && pwd)
need git shellcheck mandoc

bsd='// SPDX-License-Identifier: BSD-2-Clause'
gpl='// SPDX-License-Identifier: GPL-2.0'
uapi='/* SPDX-License-Identifier: (GPL-2.0 WITH Linux-syscall-note) OR BSD-2-Clause */'

tree() { # a fresh one in which every lint is content
	rm -rf "$TMP/tree"
	mkdir -p "$TMP"/tree/{uapi,bpf,kmod,daemon/learn,tools/lib,tests}
	cd "$TMP/tree"
	git init -q .
	put uapi/tlml.h "$uapi" '#include <linux/types.h>'
	put bpf/maps.bpf.h "$gpl" '#include "../uapi/tlml.h"'
	put daemon/model.h "$bsd"
	put daemon/ring.h "$bsd"
	put tools/lib/args.h "$bsd"
	put tools/tlml-x.c "$bsd" '#include "lib/args.h"' '#include "../daemon/model.h"' '#include "tlml.skel.h"' 'int main(void)'
	put tools/tlml-x.8 '.Dd January 1, 2026' '.Dt TLML-X 8' '.Os' '.Sh NAME' '.Nm tlml-x' '.Nd test'
	put tests/a.sh '#!/usr/bin/env bash' "${bsd/\/\//#}" 'set -euo pipefail'
}

put() { printf '%s\n' "${@:2}" >"$1"; } # FILE LINE...

lint() { TLML_LINT_ROOT=$TMP/tree "$tests/lint/$1.sh"; }

content() { # LINT...
	local name
	tree
	for name; do lint "$name"; done
}

caught() { # DESCRIPTION LINT REGEX FILE LINE...: the lint must name the file
	tree
	mkdir -p "$(dirname "$4")"
	put "${@:4}"
	ktap_refuse "$1" "$3" lint "$2"
}

judged() { # DESCRIPTION REGEX LINE...: a test of these lines must fail in the runner
	put "$TMP/t.sh" '#!/bin/sh' "${@:3}"
	chmod +x "$TMP/t.sh"
	ktap_refuse "$1" "$2" "$TMP/tests/run.sh" "$TMP/t.sh"
}

ktap_plan 32
ktap_ok 'a tidy tree passes every lint' content includes sizes spdx shell text man units
x="$bsd"$'\n''int x;'
caught 'uapi includes the daemon' includes 'uapi/a.h.* must not' uapi/a.h "$uapi" '#include "../daemon/model.h"'
caught 'uapi includes libc' includes 'uapi/a.h.*everywhere' uapi/a.h "$uapi" '#include <stdio.h>'
caught 'bpf includes the daemon' includes 'bpf/a.bpf.h.* must not' bpf/a.bpf.h "$gpl" '#include "../daemon/ring.h"'
caught 'the daemon includes the skeleton' includes 'daemon/a.c.* must not' daemon/a.c "$bsd" '#include "tlml.skel.h"'
caught 'the daemon includes tools' includes 'daemon/a.c.* must not' daemon/a.c "$bsd" '#include <args.h>'
caught 'tools include any daemon header' includes 'tools/a.c.* must not' tools/a.c "$bsd" '#include "../daemon/ring.h"'
caught 'a quoted header that is not ours' includes 'tools/a.c.*not a file' tools/a.c "$bsd" '#include "nope.h"'
caught 'a file of 401 lines' sizes 'tools/a.c: more' tools/a.c "$bsd" "$(seq 400)"
caught 'no SPDX line' spdx "tools/a.c: .*''|tools/a.c: .*\"\"" tools/a.c 'int x;'
caught 'the wrong licence' spdx 'bpf/a.bpf.h: .*BSD' bpf/a.bpf.h "$bsd"
caught 'an unquoted variable' shell 'tests/b.sh.*SC2086' tests/b.sh "$(<tests/a.sh)" 'rm $1'
caught 'a lax script' shell 'tests/b: no set' tests/b '#!/bin/bash' 'echo'
caught 'a busybox script' shell 'SC2086' tests/init '#!/bin/busybox sh' 'rm $1'
caught 'a blank at the end' text 'tools/a.c:3:' tools/a.c "$x" 'int y; '
caught 'blanks for a tab' text 'tools/a.c:3:' tools/a.c "$x" '        int y;'
caught 'a wide line' text 'tools/a.c:3: 1' tools/a.c "$x" "$(printf '%0110d' 1)"
caught 'a mark' text 'tools/a.c:3:' tools/a.c "$x" "/* TO""DO */"
caught 'a kernel version' text 'kmod/a.c:3:' kmod/a.c "$x" "#if LINUX_VERSION""_CODE"
caught 'a host' text 'tests/b.sh:4:' tests/b.sh "$(<tests/a.sh)" "curl https:/""/mirror.nowhere.org/x"
caught 'a program without a page' man 'tools/tlml-y.8: missing' tools/tlml-y.c "$bsd" 'int main(void)'
tree # the lint runs the generator of its tree
cp "$tests"/../uapi/{ynl-gen,tlml.yaml} uapi/
uapi/ynl-gen uapi/tlml.yaml .
sed -i 's/TLML_CMD_BIND/TLML_CMD_BINDS/' uapi/tlml_nl.h
ktap_refuse 'a generated file changed by hand' 'uapi/tlml_nl.h: not what' lint gen
if command -v systemd-analyze >/dev/null; then
	caught 'an unknown key of a unit' units "Unknown key 'PrivateDevice'" daemon/a.service '[Service]' 'ExecStart=/bin/true' 'PrivateDevice=yes'
else
	ktap_skip 'an unknown key of a unit' 'needs systemd-analyze'
fi

mkdir -p "$TMP/tests"
cp -r "$tests/run.sh" "$tests/ktap.awk" "$tests/vm" "$TMP/tests/"
judged 'no plan' 'no plan' 'echo ok 1 a'
judged 'fewer results than planned' '1 results where the plan says 2' 'echo 1..2; echo ok 1 a'
judged 'results out of order' 'result 2 where 1' 'echo 1..2; echo ok 2 a; echo ok 1 b'
judged 'a failed result' 'not ok: b' 'echo 1..2; echo ok 1 a; echo not ok 2 b; exit 1'
judged 'an exit status that disagrees' 'exit status 3' 'echo 1..1; echo ok 1 a; exit 3'
judged 'a crash' 'signal 11' 'echo 1..1; echo ok 1 a; kill -SEGV $$'
judged 'no end' 'no end after 1 s' '# timeout 1' 'echo 1..1; echo ok 1 a; sleep 9'
judged 'nothing but a skip without a reason' 'no reason' 'echo 1..0'
judged 'a bail-out' 'Bail out! broken' 'echo 1..1; echo ok 1 a; echo Bail out! broken'
