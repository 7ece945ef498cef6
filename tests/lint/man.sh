#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# A man page beside every program, and one that renders.
set -euo pipefail
. "$(dirname "$0")/lint.sh"

program_of() { # FILE with a main() -> the page that is due
	case $1 in
	daemon/main.c) echo daemon/tlmld.8 ;;
	daemon/largeml/main.c) echo daemon/largeml/tlml-large.8 ;;
	*) echo "${1%.c}.8" ;;
	esac
}

missing() {
	local file page
	{ git grep --untracked -l -E '^int main\(|^main\(' -- 'tools/*.c' 'daemon/*.c' || [ $? = 1 ]; } | while read -r file; do
		page=$(program_of "$file")
		[ -f "$page" ] || echo "$page: missing, $file is a program"
	done
}

broken() { lint_files '*.8' | xargs -d '\n' -r mandoc -T lint -W error; }

need mandoc
ktap_plan 2
lint_point 'every program has its man page' missing
lint_point 'man pages render' broken
