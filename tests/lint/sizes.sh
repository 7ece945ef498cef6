#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# Files that one can read in one go.
set -euo pipefail
. "$(dirname "$0")/lint.sh"

long() {
	lint_code | xargs -d '\n' -r awk 'FNR == 401 { print FILENAME ": more than 400 lines"; nextfile }'
}

ktap_plan 1
lint_point 'no file has more than 400 lines' long
