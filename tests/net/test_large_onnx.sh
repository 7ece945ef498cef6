#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# tlml-large with models in ONNX, where ONNX Runtime is there.
set -euo pipefail
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/large.sh"
onnx=$large_here/large_onnx.py

no_runtime() { # the built-in model is served all the same
	TLML_ORT_LIB=/nowhere/libonnxruntime.so.1 large --models "$TMP/models"
	says '"platform":"xgboost"' get /v2/models/tlml
	says '^404' get /v2/models/all -w '%{http_code}' -o /dev/null
	says 'all.onnx: it needs ONNX Runtime, which is not there \(/nowhere/' post /v2/repository/models/all/load
	TLML_ORT_LIB=/lib/$(uname -m)-linux-gnu/libm.so.6 large --models "$TMP/models"
	says 'all.onnx: the library of ONNX Runtime is none' post /v2/repository/models/all/load
}

about() { # what a model wants, as it says itself
	says '"platform":"onnxruntime_onnx".*"packets","datatype":"UINT8".*"features","datatype":"UINT8"' get /v2/models/bytes
	says '"datatype":"FP32","shape":\[-1,3\],"parameters":\{"classes":\["web","dns","scan"\]\}' get /v2/models/bytes
	says '"inputs":\[\{"name":"features","datatype":"FP32".*"packets","datatype":"FP32".*"flow"' get /v2/models/all
}

said() { # NAME WORDS: why a model is not served
	says "\"name\":\"$1\",\"version\":\"0\",\"state\":\"UNAVAILABLE\",\"reason\":\"[^\"]*/$1.onnx: [^\"]*$2" post /v2/repository/index
}

refused() {
	said short 'cannot read it'
	said unnamed 'metadata property tlml_classes'
	said two 'shape \[-1, 2\]'
	said logits 'has to be a softmax'
	said fixed '\[1, 8\]; tlml sends \[-1, 8\]'
	said unknown "wants an input 'payload'"
	said narrow '\[-1, 16\]; tlml sends \[-1, 32\]'
	said doubles 'to be of type FP32'
	said flowbytes 'to be of type FP32'
}

ours() { # the transformer that comes with the source
	cp "$large_here/../../daemon/largeml/models/sequence.onnx" "$TMP/models"
	says '^200' post /v2/repository/models/sequence/load -w '%{http_code}' -o /dev/null
	says '^200 20$' ask load 2 10 64 sequence
}

exchanged() { # under load, for another one
	large --models "$TMP/models" --threads 3
	ask load 4 200 64 all >"$TMP/load" &
	for i in 2 3 4; do
		cp "$TMP/models/flow.onnx" "$TMP/models/.new"
		mv "$TMP/models/.new" "$TMP/models/bytes.onnx"
		says '^200' post /v2/repository/models/bytes/load -w '%{http_code}' -o /dev/null
		says '^200' post /v2/repository/models/all/load -w '%{http_code}' -o /dev/null
		says "\"versions\":\\[\"$i\"\\]" get /v2/models/all
	done
	wait $!
	says '^200 800$' cat "$TMP/load"
	says '"inputs":\[\{"name":"flow"' get /v2/models/bytes
}

stuck() { # a thread that does not come back costs the process, not the service
	local w
	large --supervise --threads 1 --models "$TMP/models"
	w=$(worker)
	says '^RemoteDisconnected$' "$onnx" stick "$sock"
	says '"live":true' get /v2/health/live
	[ "$(worker)" != "$w" ]
	grep -q 'may do so forever' "$TMP/log"
	says '^200 4$' ask load 1 4 16 all
}

"$onnx" make "$TMP/models" 2>"$TMP/why" || ktap_skip_all "needs python3-onnx: run tests/deps.sh teach as root ($(tail -n 1 "$TMP/why"))"
chmod 644 "$TMP/models"/*
runtime=${TLML_ORT_LIB:-$(dirname "$(command -v tlml-large)")/deps/libonnxruntime.so.1}
[ ! -e "$runtime" ] || export TLML_ORT_LIB=$runtime
ktap_plan 7
ktap_ok 'without ONNX Runtime' no_runtime
large --models "$TMP/models"
if post /v2/repository/index | grep -q 'which is not there'; then
	for what in 'models say what they want' 'they answer as numpy does' 'what is no good is refused' 'our own model' 'models exchanged under load' 'a model that hangs'; do
		ktap_skip "$what" "needs ONNX Runtime: run 'make deps-onnx'"
	done
else
	ktap_ok 'models say what they want' about
	ktap_ok 'they answer as numpy does' "$onnx" check "$sock"
	ktap_ok 'what is no good is refused' refused
	ktap_ok 'our own model' ours
	ktap_ok 'models exchanged under load' exchanged
	ktap_ok 'a model that hangs' stuck
fi
