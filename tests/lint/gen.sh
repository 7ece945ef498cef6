#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# What is generated is what its source says.
set -euo pipefail
. "$(dirname "$0")/lint.sh"
python3 -c 'import yaml' 2>/dev/null || ktap_skip_all 'needs python3-yaml: run tests/deps.sh check as root'

stale() {
	local file
	uapi/ynl-gen uapi/tlml.yaml "$TMP/made"
	(cd "$TMP/made" && find . -type f) | while read -r file; do
		cmp -s "$TMP/made/$file" "$file" ||
			echo "$file: not what uapi/tlml.yaml says: uapi/ynl-gen uapi/tlml.yaml . makes it anew"
	done
}

ktap_plan 1
lint_point 'generated files are those of their source' stale
