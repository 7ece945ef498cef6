#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# Compiles tlml.ko against the newest kernel headers of Debian's archive, whatever release this
# machine has, and looks whether those kernels export all that it calls: newest.sh OUT. Nothing is
# installed, and apt's own state stays as it is. No module comes out: objtool and modpost of those
# headers want a newer C library.
# shellcheck disable=SC2016 # formats of apt, and a script
set -euo pipefail
export LC_ALL=C
top=$(cd "$(dirname "$0")/../.." && pwd)
out=$(realpath -m "${1:?usage: newest.sh OUT}")

die() { echo "newest.sh: $*" >&2; exit 1; }

archive=$(apt-get indextargets --format '$(SITE) $(RELEASE) $(COMPONENT)' 'Created-By: Packages' |
	awk '$3 == "main" && $2 !~ /-/ { print $1; exit }')
[ -n "$archive" ] || die 'apt knows no archive'
rm -rf "${out:?}/root" && mkdir -p "$out"/{lists/partial,cache/archives/partial,root}
echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $archive unstable main" >"$out/sources.list"
apt=(-o Dir::Etc::sourcelist="$out/sources.list" -o Dir::Etc::sourceparts=- -o Dir::State::lists="$out/lists"
	-o Dir::Cache="$out/cache" -o APT::Sandbox::User=root -q)
apt-get "${apt[@]}" update >"$out/log" 2>&1 || { tail -n 3 "$out/log" >&2; die 'no list of packages'; }
depends() { apt-cache "${apt[@]}" depends "$1" | sed -n "s/^ *Depends: \(linux-\(headers\|kbuild\)-.*\)$/\1/p"; }
headers=$(depends linux-headers-cloud-amd64 | head -n 1)
[ -n "$headers" ] || die 'the archive has no headers'
mapfile -t packages < <(echo "$headers"; depends "$headers")
(cd "$out/root" && apt-get "${apt[@]}" download "${packages[@]}") >>"$out/log" 2>&1 || { tail -n 3 "$out/log" >&2; die 'no headers'; }
for package in "$out/root"/*.deb; do dpkg -x "$package" "$out/root"; done
rm -f "$out/root"/*.deb
root=$out/root/usr
sed -i "s|/usr/src/|$root/src/|" "$root/src/$headers/Makefile"

# The compiler of this machine, without options of newer ones.
cat >"$out/cc" <<'EOF'
#!/usr/bin/env bash
args=()
for a; do case $a in -fmin-function-alignment=*) ;; *) args+=("$a") ;; esac; done
exec gcc "${args[@]}"
EOF
chmod +x "$out/cc"
rm -rf "$out/build" && mkdir "$out/build"
cp -r "$top/Kbuild" "$top/kmod" "$top/uapi" "$out/build/"
make -C "$root/src/$headers" M="$out/build" CC="$out/cc" objtool=true tlml.o >"$out/build.log" 2>&1 ||
	{ grep -E 'error|\*\*\*' "$out/build.log" >&2; die "$headers: it does not compile"; }
if grep -E '^kmod/.*warning:' "$out/build.log" >&2; then die "$headers: it compiles with warnings"; fi
nm -u "$out/build/tlml.o" | awk '{ print $2 }' | grep -v -x __this_module | sort -u >"$out/wanted"
awk '{ print $2 }' "$root/src/$headers/Module.symvers" | sort -u >"$out/there"
missing=$(comm -23 "$out/wanted" "$out/there")
[ -z "$missing" ] || die "$headers: what it calls is not there: $missing"
echo "compiles against $headers"
