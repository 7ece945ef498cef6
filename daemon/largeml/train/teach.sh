#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# The teachers and their tables. From the lab's recordings, as tests/lab/train.sh makes them, those
# that are shipped: teach.sh lab CAPTURES OUTDIR. From a research corpus (corpus.py), a tiny model
# and both teachers in OUTDIR, for the tables only: teach.sh corpus CORPUS OUTDIR.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../../.."
# shellcheck source-path=SCRIPTDIR source=../../../tests/lab/seeds.sh
. tests/lab/seeds.sh

HERE=daemon/largeml/train
POINTS=(8 16 32 64 128 256) # packets at which flows are asked about, the first one to judge by

die() { echo "teach: $*" >&2; exit 1; }

# Files with their roles into CAPTURES, by the beginning of their names: train, validate or test.
captures() { # FOLDER
	local file
	for file in "$1"/train-*.pcap; do CAPTURES+=("$file"); done
	for file in "$1"/validate-*.pcap; do CAPTURES+=(--validate "$file"); done
	for file in "$1"/test-*.pcap; do CAPTURES+=(--test "$file"); done
}

captures_lab() { # FOLDER: the tiny model's own split, and kinds that it was not trained on
	local seed
	for seed in "${TRAIN[@]}"; do CAPTURES+=("$1/lab-$seed.pcap"); done
	for seed in "${VALIDATE[@]}"; do CAPTURES+=(--validate "$1/lab-$seed.pcap"); done
	for seed in "${TEST[@]}"; do CAPTURES+=(--test "$1/lab-$seed.pcap"); done
	for seed in "${LATER_TRAIN[@]}"; do CAPTURES+=("$1/later/lab-$seed.pcap"); done
	for seed in "${LATER_VALIDATE[@]}"; do CAPTURES+=(--validate "$1/later/lab-$seed.pcap"); done
	for seed in "${LATER_TEST[@]}"; do CAPTURES+=(--test "$1/later/lab-$seed.pcap"); done
	[ ! -d "$1/other" ] || captures "$1/other"
}

# Cases of CAPTURES with a tiny model's verdicts, then both teachers, and the anchor of the first
# one beside it; tables get a name.
teach() { # TINY NAME BOOSTED SEQUENCE
	local at files=()
	for at in "${POINTS[@]}"; do
		files+=("$OUT/$2-$at.csv")
		tlml-train --export-cases "${files[-1]}" --model "$1" --ask-at "$at" "${CAPTURES[@]}"
	done
	"$HERE/boosted.py" -o "$3" --report "$HERE/results/$2-boosted" "${files[@]}"
	"$HERE/anchor.py" -o "${3%.ubj}.cases" --classes-of "$3" "${files[@]}"
	# What came later costs this one what it knows of captures from elsewhere: .925 of them, then .876.
	"$HERE/sequence.py" -o "$4" --report "$HERE/results/$2-sequence" --leave-out later "${files[@]}"
}

[ $# = 3 ] || die "usage: teach.sh lab CAPTURES OUTDIR, or teach.sh corpus CORPUS OUTDIR"
command -v tlml-train >/dev/null || die "no tlml-train in PATH: run make teach"
OUT=$3
CAPTURES=()
mkdir -p "$OUT" "$HERE/results"
case $1 in
lab)
	[ -e "$2/later/lab-${LATER_TEST[-1]}.pcap" ] || die "$2 has no recordings of the lab: run make train"
	captures_lab "$2"
	teach tools/models/default.tlml lab daemon/largeml/models/default.ubj daemon/largeml/models/sequence.onnx
	;;
corpus)
	"$HERE/corpus.py" "$2" "$OUT/corpus"
	captures "$OUT/corpus"
	tlml-train -o "$OUT/corpus.tlml" --hidden 64,32 --epochs 40 --seed 5 "${CAPTURES[@]}"
	teach "$OUT/corpus.tlml" corpus "$OUT/corpus.ubj" "$OUT/corpus.onnx"
	;;
*) die "teach what? lab or corpus" ;;
esac
