# shellcheck shell=bash disable=SC2034
# SPDX-License-Identifier: BSD-2-Clause
# What the lints share: which files are ours, and a result per rule. TLML_LINT_ROOT points them at
# another tree; tests/lint/catches.sh does that to show that each rule can fail.
. "$(dirname "${BASH_SOURCE[0]}")/../lib.sh"
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cd "${TLML_LINT_ROOT:-$(dirname "$0")/../..}"
git rev-parse --show-toplevel >/dev/null 2>&1 || ktap_skip_all 'needs the git checkout: lints read what git tracks'

code=('*.c' '*.h' '*.sh' '*.awk' '*.py' '*.mk' '*.yaml' '*.y*ml' '*Makefile' '*Kbuild')

lint_files() { # PATHSPEC...: ours, tracked or about to be, generated ones excepted
	git ls-files -co --exclude-standard -- "$@" | sort -u |
		awk '!/(\.skel\.h|\.gen\.[a-z]+|(^|\/)vmlinux\.h|(^|\/)tlml_nl\.h)$/' |
		while read -r file; do [ ! -f "$file" ] || echo "$file"; done
}

lint_scripts() { # ours that a "#!" line starts, whatever their name
	lint_files . | xargs -d '\n' awk 'FNR == 1 { if (/^#!/) print FILENAME; nextfile }'
}

lint_code() { { lint_files "${code[@]}"; lint_scripts; } | sort -u; }

lint_grep() { # REGEX PATHSPEC...: hits as file:line:text, none is no error
	git grep --untracked -I -n -E -e "$1" -- "${@:2}" || [ $? = 1 ]
}

lint_point() { # RULE CMD...: the command prints one violation a line
	local ktap_rc
	ktap_run explain "${@:2}"
	if [ "$ktap_rc" = 0 ] && [ ! -s "$TMP/.out" ]; then
		ktap_result ok "$1"
	else
		ktap_fail "$1" "$(cat "$TMP/.out"; [ "$ktap_rc" = 0 ] || echo "exit status $ktap_rc: ${*:2}")"
	fi
}
