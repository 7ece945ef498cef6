# shellcheck shell=bash
# SPDX-License-Identifier: BSD-2-Clause
# What the tests of learning share; sourced after tlmld.sh. The default model on g0, asked about for
# all it says, and a large model that knows two kinds of flows by their ports.
need_root
need tlml-load tlmlctl tlmld python3
"$(dirname "${BASH_SOURCE[0]}")/oip_server.py" --help >/dev/null || ktap_skip_all 'needs python3-numpy: run tests/deps.sh check as root'
classes=bulk,coap,dns,mqtt,ntp,other,ssh,video,voip,web,dnstunnel,scan,slowhttp,sshguess,synflood

learn_up() {
	net_up
	# shellcheck disable=SC2034 # tlmld.sh's
	run=$(ns_run gw)
}

begin() { # LINE... -- OPTION...: of tlmld.conf, of oip_server.py; nothing learned yet
	load g0 >/dev/null
	set_g0 class '*' margin hard 255
	set_g0 audit 2
	for budget in prefix-rate class-rate rate; do set_g0 ask "$budget" 100000; done
	printf '%s\n' 'answer_ttl_s = 1' 'learn_cpu = 100' 'learn_answers = 60000' >"$TMP/conf"
	while [ "$1" != -- ]; do
		echo "$1" >>"$TMP/conf"
		shift
	done
	shift
	large_up --classes "$classes" "$@"
	tlmld_up --state "$TMP/state" -c "$TMP/conf"
	large_known
	is 'i["generation"] == 1 and i["learning"]["mode"] == "on"'
}

in_time() { # EXPRESSION: becomes true of the status; a course yields to whatever else runs here
	wait_until 120 is "$1" || { echo "not so: $1"; status d || true; cat "$TMP/tlmld.log"; return 1; }
}

kinds() { # COUNT [PORT]: flows of two kinds, to ports 7000 and 123, or of one; nobody replies
	# shellcheck disable=SC2016 # Python
	in_ns lan python3 -c 'import random, socket, sys, time
count, *ports = [int(a) for a in sys.argv[1:]]
ports = ports or [123, 7000, 7000, 7000]
flows = [(socket.socket(socket.AF_INET, socket.SOCK_DGRAM), ports[i % len(ports)]) for i in range(count)]
for k in range(12):
	for s, port in flows:
		size = 48 if port == 123 else 300 + 90 * k + random.randrange(40)
		s.sendto(b"x" * size, ("192.0.2.1", port))
	time.sleep(0.02)' "$@"
}

answered() { # COUNT more of both kinds, by the large model
	local before
	before=$(status 'i["answered"]')
	kinds "$1"
	soon "i['answered'] >= $before + $1 * 8 // 10"
}

over() {
	tlmld_down TERM
	large_down
	load --detach g0 >/dev/null
	not attached g0
	[ ! -e "$(pins g0)" ]
	rm -rf "$TMP/state"
}
