#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# Every script through shellcheck, and strict mode in those for bash.
# shellcheck disable=SC2016 # awk programs stand in single quotes
set -euo pipefail
. "$(dirname "$0")/lint.sh"
need shellcheck

of_shell() { # REGEX: scripts whose first line has it
	lint_scripts | xargs -d '\n' awk -v re="$1" 'FNR == 1 { if ($0 ~ re) print FILENAME; nextfile }'
}

for_bash() {
	{ of_shell '^#!.*bash'; lint_files '*.sh'; } | sort -u | xargs -d '\n' -r shellcheck -f gcc -x -P SCRIPTDIR
}

for_busybox() { of_shell '^#!.*busybox' | xargs -d '\n' -r shellcheck -f gcc -s dash; }

lax() {
	of_shell '^#!.*bash' | xargs -d '\n' -r awk '
		/^set -euo pipefail/ { strict[FILENAME] }
		FNR == 1 { files[FILENAME] }
		END { for (f in files) if (!(f in strict)) print f ": no set -euo pipefail" }'
}

ktap_plan 3
lint_point 'shellcheck finds nothing in bash scripts' for_bash
lint_point 'shellcheck finds nothing in busybox scripts' for_busybox
lint_point 'bash scripts stop at the first error' lax
