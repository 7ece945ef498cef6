#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# Which folder may include which.
set -euo pipefail
. "$(dirname "$0")/lint.sh"

directions() {
	lint_files '*.c' '*.h' >"$TMP/files"
	lint_grep '^[[:space:]]*#[[:space:]]*include[[:space:]]*["<]' '*.c' '*.h' >"$TMP/includes"
	awk -f "$here/includes.awk" "$TMP/files" "$TMP/includes"
}

ktap_plan 1
lint_point 'includes follow the directions of the tree' directions
