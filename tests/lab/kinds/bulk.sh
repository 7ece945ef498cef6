# SPDX-License-Identifier: BSD-2-Clause
# Large files up and down: HTTPS, rsync, scp, FTP.
# shellcheck shell=bash

bulk_session() {
	local file rate put
	ends
	# Small steps of size below, rarer large ones above.
	rnd 0 29
	file=b/$REPLY
	rndlog 400000 16000000
	rate=$REPLY
	word 8
	put=$REPLY
	rnd 1 100
	if ((REPLY <= 35)); then
		pick --http1.1 --http2
		if chance 60; then
			curl -sk "$REPLY" -m 12 --interface "$C" --limit-rate "$rate" -o /dev/null "https://$H/$file"
		else
			curl -sk "$REPLY" -m 12 --interface "$C" -o /dev/null "https://$H/$file?r=$rate"
		fi
	elif ((REPLY <= 50)); then
		curl -sk --http1.1 -m 12 --interface "$C" --limit-rate "$rate" -T "$LAB_DIR/www/$file" "https://$H/put/$put"
	elif ((REPLY <= 63)); then
		rsync --timeout=12 --address="$C" --bwlimit=$((rate / 1024)) "rsync://$H/$file" "$put"
	elif ((REPLY <= 75)); then
		rsync --timeout=12 --address="$C" --bwlimit=$((rate / 1024)) "$LAB_DIR/www/$file" "rsync://$H/up/$put"
	elif ((REPLY <= 84)); then
		scp -q -F "$LAB_DIR/etc/ssh_config" -o BindAddress="$C" -l $((rate / 128)) "$H:$LAB_DIR/www/$file" "$put"
	elif ((REPLY <= 92)); then
		scp -q -F "$LAB_DIR/etc/ssh_config" -o BindAddress="$C" -l $((rate / 128)) "$LAB_DIR/www/$file" "$H:$LAB_DIR/up/$put"
	elif ((REPLY <= 97)); then
		curl -s -m 12 --interface "$C" --limit-rate "$rate" -o /dev/null "ftp://$H/$file"
	else
		curl -s -m 12 --interface "$C" --limit-rate "$rate" -T "$LAB_DIR/www/$file" "ftp://$H/up/$put"
	fi
	rm -f "$put" "$LAB_DIR/up/$put" "$LAB_DIR/www/put/$put" "$LAB_DIR/ftp/up/$put"
}

kind_run() {
	rnd 190 260
	every "$REPLY" $((REPLY * 2 - 40)) bulk_session 3000
}
