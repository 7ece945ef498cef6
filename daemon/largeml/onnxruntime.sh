#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# ONNX Runtime's library into a folder: onnxruntime.sh FOLDER. The system's if there is one (Debian
# 13 and newer), else that of the npm package onnxruntime-node, of a release that reports nothing to
# its maker; "npm pack" runs no script of a package. Nothing that is built needs it.
set -euo pipefail
version=1.27.0
hash=404cc6c2bbcd060bf8b8f55d9db1ec3861b81ba4fdea676570523c68028f8cc53cc0e3e956870f5dbea4dd01a46996a0553bf61bd0679dba3a67725d5ebd5f43
die() { echo "onnxruntime.sh: $*" >&2; exit 1; }

[ $# = 1 ] || die 'usage: onnxruntime.sh FOLDER'
folder=$1 to=$1/libonnxruntime.so.1
case $(uname -m) in
x86_64) arch=x64 ;;
aarch64 | arm64) arch=arm64 ;;
*) die "there is no build for $(uname -m): TLML_ORT_LIB may name one of your own" ;;
esac
mkdir -p "$folder"
if pkg-config --exists libonnxruntime 2>/dev/null; then
	ln -sfn "$(pkg-config --variable=libdir libonnxruntime)/libonnxruntime.so" "$to"
	echo "$to: that of the system, $(pkg-config --modversion libonnxruntime)"
	exit
fi
command -v npm >/dev/null || die "needs npm: run 'tests/deps.sh onnx' as root"
tmp=$(mktemp -d "$folder/new.XXXXXX")
trap 'rm -rf "$tmp"' EXIT
(cd "$tmp" && npm pack --silent "onnxruntime-node@$version" >/dev/null) || die 'npm cannot get the package'
package=$tmp/onnxruntime-node-$version.tgz
echo "$hash  $package" | sha512sum --check --status || die 'the package is not the one that is meant: its SHA-512 differs'
tar -xzf "$package" -C "$tmp" --strip-components=5 "package/bin/napi-v6/linux/$arch/libonnxruntime.so.1"
mv "$tmp/libonnxruntime.so.1" "$to"
echo "$to: $version for $arch"
