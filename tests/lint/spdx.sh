#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# Every source says its licence, and the one its folder has (LICENSE).
# shellcheck disable=SC2016 # awk programs stand in single quotes
set -euo pipefail
. "$(dirname "$0")/lint.sh"

wrong() {
	lint_code | xargs -d '\n' -r awk '
		function due(file) {
			if (file ~ /^(bpf|kmod)\/|\.bpf\.[ch]$/) return "GPL-2.0"
			if (file ~ /^uapi\//) return "(GPL-2.0 WITH Linux-syscall-note) OR BSD-2-Clause"
			return "BSD-2-Clause"
		}
		function judge() {
			if (file != "" && have != due(file))
				print file ": its SPDX line says \"" have "\", should be \"" due(file) "\""
		}
		FNR == 1 { judge(); file = FILENAME; have = "" }
		FNR <= 2 && sub(/^.*SPDX-License-Identifier: /, "") { sub(/ *\*\/ *$/, ""); have = $0 }
		END { judge() }'
}

ktap_plan 1
lint_point 'the SPDX line is the one of the folder' wrong
