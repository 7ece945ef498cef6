# SPDX-License-Identifier: BSD-2-Clause
# Sensors that report, dashboards that listen, buttons that say one thing.
# shellcheck shell=bash

mqtt_topic() {
	rnd 1 12
	REPLY=home/room$REPLY/temperature
}

mqtt_listen() {
	local keep
	ends
	left
	((REPLY > 5000)) || return 0
	rnd 4000 "$REPLY"
	keep=$REPLY
	mqtt_topic
	chance 30 && REPLY='home/#'
	mosquitto_sub -h "$S" -A "$C" -k $((5 + RANDOM % 20)) -q $((RANDOM % 3)) -W $((keep / 1000)) -t "$REPLY"
}

# reports of one sensor: its own period and size of message
mqtt_report() {
	local n gap size topic qos=$((RANDOM % 3))
	ends
	rndlog 200 2500
	gap=$REPLY
	rnd 3 40
	n=$REPLY
	rndlog 8 400
	size=$REPLY
	mqtt_topic
	topic=$REPLY
	while ((n--)) && left && ((REPLY > gap)); do
		word $((size + RANDOM % 6))
		echo "{\"v\":\"$REPLY\"}"
		rnd $((gap * 9 / 10)) $((gap * 11 / 10))
		nap "$REPLY"
	done | mosquitto_pub -h "$S" -A "$C" -k $((5 + RANDOM % 20)) -q "$qos" -t "$topic" -l
}

mqtt_once() {
	local topic
	ends
	mqtt_topic
	topic=$REPLY
	rndlog 4 300
	word "$REPLY"
	mosquitto_pub -h "$S" -A "$C" -q $((RANDOM % 3)) -t "$topic" -m "$REPLY"
}

mqtt_session() {
	rnd 1 100
	if ((REPLY <= MQTT_ONCE)); then
		mqtt_once
	elif ((REPLY <= MQTT_ONCE + 15)); then
		mqtt_listen
	else
		mqtt_report
	fi
}

kind_run() {
	rnd 20 50
	MQTT_ONCE=$REPLY
	rnd 4 10
	local n=$REPLY
	while ((n--)); do session mqtt_listen; done
	rnd 160 240
	every "$REPLY" $((REPLY * 2 - 40)) mqtt_session
}
