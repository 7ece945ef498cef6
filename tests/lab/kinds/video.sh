# SPDX-License-Identifier: BSD-2-Clause
# Players that fetch a segment every second or two, after a first large gulp.
# shellcheck shell=bash

video_session() {
	local base step count ms i args=() rate='' url
	ends
	# 14 to 40 of the ladder: 33 KB to 800 KB a segment
	rnd 16 33
	base=$REPLY
	rndlog 600 2600
	ms=$REPLY
	rnd 3 10
	count=$REPLY
	# Short, fat segments would be a download.
	while ((base > 24 && ms < 1200)); do base=$((base - 6)); done
	chance 30 && rnd 500000 3000000 && rate="?r=$REPLY"
	chance 60 && args+=(-o /dev/null "https://$H/o/$((8 + RANDOM % 10))")
	step=0
	for ((i = 0; i < count; i++)); do
		rnd -2 2
		url=$((base + step + REPLY + (i == 0 ? 5 : 0)))
		args+=(-o /dev/null "https://$H/s/$((url > 43 ? 43 : url))$rate")
		chance 10 && step=$((RANDOM % 7 - 3))
	done
	pick --http1.1 --http2
	curl -sk "$REPLY" -m 25 --interface "$C" --rate $((3600000 / ms))/h "${args[@]}"
}

kind_run() {
	rnd 140 190
	every "$REPLY" $((REPLY * 2 - 40)) video_session 2500
}
