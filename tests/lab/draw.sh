# SPDX-License-Identifier: BSD-2-Clause
# Seeded draws without a fork. Every function answers in REPLY. Sourced.
# shellcheck shell=bash

# uniform integer in [$1, $2]
rnd() { REPLY=$(($1 + (RANDOM << 15 | RANDOM) % ($2 - $1 + 1))); }

# integer in [$1, $2], every octave as likely as the next: sizes, rates, gaps
rndlog() {
	local lo=$1 hi=$2 n=0
	while ((lo << (n + 1) <= hi)); do n=$((n + 1)); done
	rnd 0 "$n"
	lo=$((lo << REPLY))
	rnd "$lo" $((2 * lo - 1 < hi ? 2 * lo - 1 : hi))
}

# one of the arguments
pick() {
	rnd 1 $#
	REPLY=${!REPLY}
}

# true with a chance of $1 percent; leaves REPLY alone
chance() { ((RANDOM % 100 < $1)); }

# the arguments in another order, in array SHUFFLED
shuffle() {
	local i j
	SHUFFLED=("$@")
	for ((i = $# - 1; i > 0; i--)); do
		rnd 0 "$i"
		j=${SHUFFLED[i]}
		SHUFFLED[i]=${SHUFFLED[REPLY]}
		SHUFFLED[REPLY]=$j
	done
}

# $1 lower-case letters and digits
word() {
	local s='' c=abcdefghijklmnopqrstuvwxyz234567
	while ((${#s} < $1)); do s+=${c:RANDOM % 32:1}; done
	REPLY=$s
}

now_us() { REPLY=${EPOCHREALTIME/[.,]/}; }

# sleep $1 milliseconds
nap() {
	local s
	[ -n "${NAP_FD:-}" ] || exec {NAP_FD}<> <(:)
	printf -v s '%d.%03d' $(($1 / 1000)) $(($1 % 1000))
	read -rt "$s" -u "$NAP_FD" || true
}
