# SPDX-License-Identifier: BSD-2-Clause
# The WAN host's servers, with configuration, keys and content of their own. Sourced.
# shellcheck shell=bash

# $1 prefix, $2 count, $3 first size, $4 percent between one size and the next
servers_ladder() {
	local i size=$3
	for ((i = 0; i < $2; i++)); do
		head -c "$size" "$LAB_DIR/blob" >"$LAB_DIR/www/$1$i"
		size=$((size * $4 / 100))
	done
}

servers_content() {
	install -d -m 755 "$LAB_DIR" "$LAB_DIR"/{www,etc,log,plan,ftp} "$LAB_DIR"/www/{put,o,s,b}
	install -d -m 1777 "$LAB_DIR/tmp" "$LAB_DIR/up"
	install -d -m 755 "$LAB_DIR/empty" "$LAB_DIR/home"
	touch "$LAB_DIR/.lab"
	head -c 8000000 /dev/urandom >"$LAB_DIR/blob"
	servers_ladder o/ 56 180 115
	servers_ladder s/ 44 6000 113
	servers_ladder b/ 30 400000 109
	chmod 777 "$LAB_DIR/www/put"
}

servers_nginx() {
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 \
		-subj "/CN=www.$LAB_ZONE" -keyout "$LAB_DIR/etc/tls.key" -out "$LAB_DIR/etc/tls.crt" 2>/dev/null
	cat >"$LAB_DIR/etc/nginx.conf" <<-NGINX
	user root;
	worker_processes 1;
	pid $LAB_DIR/nginx.pid;
	error_log $LAB_DIR/log/nginx.err crit;
	events { worker_connections 4000; }
	http {
		access_log off;
		client_body_temp_path $LAB_DIR/tmp/body;
		client_max_body_size 64m;
		keepalive_timeout 30;
		server {
			listen 80 default_server;
			listen [::]:80 default_server;
			listen 443 ssl http2 default_server;
			listen [::]:443 ssl http2 default_server;
			ssl_certificate $LAB_DIR/etc/tls.crt;
			ssl_certificate_key $LAB_DIR/etc/tls.key;
			root $LAB_DIR/www;
			limit_rate \$arg_r;
			location /put/ { dav_methods PUT; }
			location /api/ { return 200 '{"ok":true,"id":"\$request_id","at":"\$msec"}'; }
			location /go/ { return 301 https://\$host/; }
		}
	}
	NGINX
	servers_run nginx nginx -c "$LAB_DIR/etc/nginx.conf" -g 'daemon off;'
}

servers_dns() {
	local i
	{
		echo "no-resolv"
		echo "no-hosts"
		echo "cache-size=0"
		echo "dns-forward-max=2000"
		echo "local=/$LAB_ZONE/"
		echo "server=/$LAB_TUNNEL_ZONE/127.0.0.1#5353"
		echo "address=/cdn.$LAB_ZONE/${LAB_WAN4[0]}.20"
		echo "address=/cdn.$LAB_ZONE/${LAB_WAN6}20"
		echo "address=/x.$LAB_ZONE/${LAB_WAN4[1]}.66"
		echo "mx-host=$LAB_ZONE,mail.$LAB_ZONE,10"
		for ((i = 1; i < 60; i++)); do
			echo "host-record=h$i.$LAB_ZONE,${LAB_WAN4[i % 2]}.$((10 + i)),$LAB_WAN6$((10 + i))"
			echo "txt-record=t$i.$LAB_ZONE,$(head -c $((i * 3)) "$LAB_DIR/blob" | base64 -w0)"
			echo "srv-host=_s$i._tcp.$LAB_ZONE,h$i.$LAB_ZONE,$((1000 + i)),10,$i"
			echo "cname=c$i.$LAB_ZONE,h$i.$LAB_ZONE"
		done
	} >"$LAB_DIR/etc/dnsmasq.conf"
	cat >"$LAB_DIR/etc/dns2tcpd.conf" <<-TUN
	listen = 127.0.0.1
	port = 5353
	user = nobody
	chroot = $LAB_DIR/empty
	domain = $LAB_TUNNEL_ZONE
	resources = http:127.0.0.1:80
	TUN
	servers_run dnsmasq dnsmasq -k -u root -x "$LAB_DIR/dnsmasq.pid" -C "$LAB_DIR/etc/dnsmasq.conf"
	servers_run dns2tcpd dns2tcpd -F -f "$LAB_DIR/etc/dns2tcpd.conf"
}

servers_ssh() {
	ssh-keygen -q -t ed25519 -N '' -f "$LAB_DIR/etc/host_key"
	ssh-keygen -q -t ed25519 -N '' -f "$LAB_DIR/etc/user_key"
	cp "$LAB_DIR/etc/user_key.pub" "$LAB_DIR/etc/authorized"
	# The key is the only way in; passwords are asked for and always refused.
	cat >"$LAB_DIR/etc/sshd_config" <<-SSHD
	ListenAddress 0.0.0.0
	ListenAddress ::
	HostKey $LAB_DIR/etc/host_key
	PidFile none
	StrictModes no
	UsePAM no
	AllowUsers root
	PermitRootLogin prohibit-password
	AuthorizedKeysFile $LAB_DIR/etc/authorized
	PasswordAuthentication yes
	MaxStartups 500
	MaxAuthTries 6
	PrintLastLog no
	PrintMotd no
	SetEnv HISTFILE=/dev/null
	Subsystem sftp internal-sftp
	SSHD
	cat >"$LAB_DIR/etc/ssh_config" <<-SSH
	Host *
		User root
		IdentityFile $LAB_DIR/etc/user_key
		IdentitiesOnly yes
		StrictHostKeyChecking no
		UserKnownHostsFile /dev/null
		LogLevel ERROR
		ConnectTimeout 5
	SSH
	if [ ! -d /run/sshd ]; then
		mkdir /run/sshd
		touch "$LAB_DIR/made_run_sshd"
	fi
	# Lab logins must not appear in the host's login records, nor run root's own dotfiles.
	# shellcheck disable=SC2016
	servers_run sshd sh -c 'for f in /var/log/wtmp /var/log/lastlog /run/utmp; do
		[ ! -e $f ] || mount --bind /dev/null $f; done
		mount --bind "$2" ~root && exec /usr/sbin/sshd -D -e -f "$1"' \
		sh "$LAB_DIR/etc/sshd_config" "$LAB_DIR/home"
}

servers_files() {
	cat >"$LAB_DIR/etc/vsftpd.conf" <<-FTP
	listen=NO
	listen_ipv6=YES
	background=NO
	anonymous_enable=YES
	anon_root=$LAB_DIR/ftp
	no_anon_password=YES
	write_enable=YES
	anon_upload_enable=YES
	anon_umask=022
	seccomp_sandbox=NO
	secure_chroot_dir=$LAB_DIR/empty
	FTP
	install -d -o ftp -m 755 "$LAB_DIR/ftp/up"
	cp -al "$LAB_DIR/www/b" "$LAB_DIR/ftp/b"
	cat >"$LAB_DIR/etc/rsyncd.conf" <<-RSYNC
	uid = root
	gid = root
	use chroot = no
	max connections = 200
	lock file = $LAB_DIR/rsync.lock
	[b]
		path = $LAB_DIR/www/b
		read only = yes
	[up]
		path = $LAB_DIR/up
		read only = no
	RSYNC
	servers_run vsftpd vsftpd "$LAB_DIR/etc/vsftpd.conf"
	servers_run rsyncd rsync --daemon --no-detach --config="$LAB_DIR/etc/rsyncd.conf"
}

servers_things() {
	printf 'listener 1883\nallow_anonymous true\nuser root\npersistence false\nmax_connections -1\n' \
		>"$LAB_DIR/etc/mosquitto.conf"
	servers_run mosquitto mosquitto -c "$LAB_DIR/etc/mosquitto.conf"
	servers_run coap coap-server-notls -A ::
}

# $1 name, rest the command; output goes to the server's log
servers_run() {
	local name=$1
	shift
	ip netns exec "$LAB_WAN" setsid "$@" >"$LAB_DIR/log/$name.log" 2>&1 </dev/null &
	echo "$name $!" >>"$LAB_DIR/servers"
}

servers_up() {
	servers_nginx
	servers_dns
	servers_ssh
	servers_files
	servers_things
	servers_wait
}

# Ports every server must hold before `up` returns.
servers_wait() {
	local want="tcp:80 tcp:443 udp:53 udp:5353 tcp:22 tcp:21 tcp:873 tcp:1883 udp:5683" p have try
	for ((try = 0; try < 300; try++)); do
		have=$(ip netns exec "$LAB_WAN" ss -Hltun | awk '{n = split($5, a, ":"); print $1 ":" a[n]}')
		for p in $want; do
			grep -qx "$p" <<<"$have" || continue 2
		done 2>/dev/null && return 0
		sleep 0.1
	done
	for p in $want; do
		grep -qx "$p" <<<"$have" || lab_say "nothing listens on $p; see $LAB_DIR/log"
	done
	return 1
}

servers_status() {
	local name pid
	while read -r name pid; do
		if kill -0 "$pid" 2>/dev/null; then
			echo "  $name up (pid $pid)"
		else
			echo "  $name DOWN (see $LAB_DIR/log/$name.log)"
		fi
	done <"$LAB_DIR/servers"
}
