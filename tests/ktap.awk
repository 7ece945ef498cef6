# SPDX-License-Identifier: BSD-2-Clause
# Reads one KTAP document and writes records for tests/run.sh and tests/vm:
#   ok TAB description      skip TAB description      fail TAB description      # TAB anything else
# rc is the exit status of the test that wrote it; why, if not empty, says why it did not end by
# itself. What breaks the protocol, or disagrees with rc, becomes a failure of its own.

function record(kind, text) {
	gsub(/\t/, " ", text)
	printf "%s\t%s\n", kind, text
	count[kind]++
}

{ sub(/\r$/, "") }

/^K?TAP version / { next }

plan == "" && /^1\.\.[0-9]+( |$)/ {
	plan = substr($1, 4) + 0
	if (plan == 0 && match($0, /# *SKIP */))
		skip_all = substr($0, RSTART + RLENGTH)
	next
}

/^(not )?ok( |$)/ {
	bad = /^not/
	text = $0
	sub(/^(not )?ok */, "", text)
	seen++
	if (match(text, /^[0-9]+/)) {
		number = substr(text, 1, RLENGTH) + 0
		text = substr(text, RLENGTH + 1)
		if (number != seen && fault == "")
			fault = "result " number " where " seen " was due"
	}
	sub(/^ *(- )?/, "", text)
	if (bad)
		record("fail", text)
	else if (match(text, /(^|[^#])# *SKIP/))
		record("skip", text)
	else
		record("ok", text)
	next
}

/^Bail out!/ && fault == "" { fault = $0 }

{ sub(/^# ?/, ""); record("#", $0) }

END {
	if (skip_all != "" && !seen)
		record("skip", "# SKIP " skip_all)
	if (why == "" && fault == "") {
		if (plan == "")
			fault = "no plan: a line 1..N is due" (rc ? " (exit status " rc ")" : "")
		else if (plan == 0 && skip_all == "")
			fault = "the plan 1..0 gives no reason: 1..0 # SKIP reason"
		else if (plan != seen + 0)
			fault = seen + 0 " results where the plan says " plan
		else if (rc > 128)
			fault = "killed by signal " rc - 128
		else if (rc != 0 && !count["fail"] && !(skip_all != "" && rc == 4))
			fault = "exit status " rc " though no result failed"
	}
	if (why != "")
		fault = why " (" seen + 0 " results of " (plan == "" ? "an unknown number" : plan) ")"
	else if (fault != "" && rc > 128 && fault !~ /signal/)
		fault = fault ", killed by signal " rc - 128
	if (fault != "")
		record("fail", fault)
}
