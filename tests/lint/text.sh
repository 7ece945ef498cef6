#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# What a machine can judge of the text: blanks, tabs, columns, unfinished marks, foreign hosts.
# Regular expressions have a bracket where they would otherwise find themselves.
# shellcheck disable=SC2016 # awk programs stand in single quotes
set -euo pipefail
. "$(dirname "$0")/lint.sh"

# Licences and recorded data are as they are.
texts=(. ':!LICENSES' ':!*.csv' ':!*.json' ':!*.patch' ':!*.http' ':!tests/fuzz/corpus')

ends() {
	lint_files "${code[@]}" | while read -r file; do
		[ -z "$(tail -c 1 "$file")" ] || echo "$file: no newline at the end"
	done
}

wide() { # a message stays in one piece, so that one can search for it
	lint_files '*.c' '*.h' | xargs -d '\n' -r awk '{
		width = 0
		for (i = 1; i <= length($0); i++)
			width += substr($0, i, 1) == "\t" ? 8 - width % 8 : 1
		if (width > 100 && !/"/) print FILENAME ":" FNR ": " width " columns"
	}'
}

hosts() { # what a program or script contacts: a comment may point at a document
	lint_grep '(https?|ftp)://[a-zA-Z]' "${code[@]}" | awk '
		{ text = $0; sub(/^[^:]*:[0-9]+:[ \t]*/, "", text) }
		text ~ /^(#|\/\/|\/?\*)/ { next }
		{
			while (match(text, /(https?|ftp):\/\/[a-zA-Z0-9.-]+/)) {
				host = substr(text, RSTART, RLENGTH)
				sub(/.*\//, "", host)
				text = substr(text, RSTART + RLENGTH)
				if (host !~ /^(localhost|HOST)$|(^|\.)(example|test|invalid|local)(\.(com|net|org))?$/)
					print $0
			}
		}'
	lint_grep '(deb|security|ftp|snapshot)[.]debian[.]|py[p]i[.]|npm[j]s|crate[s][.]io|docker[.]i[o]|ghc[r][.]|githubuserconten[t]' "${texts[@]}"
}

ktap_plan 7
lint_point 'no blanks at the end of a line' lint_grep '[[:blank:]]$|'$'\r''$' "${texts[@]}"
lint_point 'C is indented by tabs' lint_grep '^'$'\t''* {8}|^ +'$'\t' '*.c' '*.h'
lint_point 'C lines have at most 100 columns' wide
lint_point 'files end with a newline' ends
lint_point 'nothing is marked as unfinished' lint_grep '\b(T[O]DO|FI[X]ME|X[X]X|H[A]CK)\b' "${texts[@]}"
lint_point 'kernel versions are known to kmod/compat.h alone' \
	lint_grep 'LINUX_VERSION_COD[E]|KERNEL_VERSIO[N]\(' "${code[@]}" ':!kmod/compat.h'
lint_point 'no foreign or registry host is named' hosts
