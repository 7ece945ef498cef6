#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# The default model from the lab's own traffic: train.sh OUTDIR MODEL records what OUTDIR lacks
# (25 minutes for all of it), trains, and writes MODEL and, beside it, its report as MODEL's .json.
# Where other.py put benign captures from elsewhere into OUTDIR, these are learned from, too.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=env.sh
. "$(dirname "${BASH_SOURCE[0]}")/env.sh"
# shellcheck source-path=SCRIPTDIR source=seeds.sh
. "$LAB_SRC/seeds.sh"

# So that a model does not take the pace of one idle machine for what a kind is like, part of the
# recordings are made on a busy one.
train_burn() {
	local n
	BURN=()
	for ((n = 0; n < $1; n++)); do
		timeout 60 sh -c 'while :; do :; done' &
		BURN+=($!)
	done
}

train_end() {
	[ -z "$RECORD" ] || { kill -TERM "$RECORD" && wait "$RECORD"; } 2>/dev/null || true
	[ ${#BURN[@]} = 0 ] || kill "${BURN[@]}" 2>/dev/null || true
	RECORD=
	BURN=()
}

# Kinds of recording $1 into KINDS: mostly all, but none must be known by the company it keeps.
train_kinds() {
	KINDS=("${LAB_BENIGN[@]}" "${LAB_ATTACKS[@]}")
	(($1 % 4 != 2)) || KINDS=("${LAB_BENIGN[@]}" "${LAB_ATTACKS[$1 / 4 % 5]}")
	(($1 % 8 != 7)) || KINDS=("${LAB_BENIGN[@]}")
	(($1 < LATER_TRAIN)) || KINDS=("${LAB_LATER[@]}")
}

train_record() { # SEED FOLDER
	local seed=$1 folder=$2 pace=$((100 + $1 / 3 % 3 * 75))
	[ ! -e "$folder/lab-$seed.pcap" ] || [ ! -e "$folder/lab-$seed.tsv" ] || return 0
	train_kinds "$seed"
	train_burn $((seed % 3))
	lab_say "recording $seed: ${#KINDS[@]} kinds, $((seed % 3)) of load, pace $pace %"
	TLML_LAB_PACE=$pace "$LAB_SRC/record.sh" "$folder" "$seed" $((18 + seed % 5 * 3)) "${KINDS[@]}" &
	RECORD=$!
	wait "$RECORD"
	RECORD=
	train_end
}

# The recordings of the seeds $2..., each after option $1, into REPLY.
train_captures() {
	local option=$1 seed
	shift
	REPLY=()
	for seed; do
		[ -z "$option" ] || REPLY+=("$option")
		REPLY+=("$OUT/lab-$seed.pcap")
	done
}

[ $# = 2 ] || lab_die "usage: train.sh OUTDIR MODEL"
lab_need_root
command -v tlml-train >/dev/null || lab_die "no tlml-train in PATH: run make train"
OUT=$1
MODEL=$2
ALL=("${TRAIN[@]}" "${VALIDATE[@]}" "${TEST[@]}")
RECORD=
BURN=()
trap train_end EXIT
trap 'exit 130' INT TERM
mkdir -p "$OUT"
for seed in "${ALL[@]}"; do train_record "$seed" "$OUT"; done
# Not for this model: the large one is taught these, too.
for seed in "${LATER_TRAIN[@]}" "${LATER_VALIDATE[@]}" "${LATER_TEST[@]}"; do
	train_record "$seed" "$OUT/later"
done

train_captures '' "${TRAIN[@]}"
args=("${REPLY[@]}")
train_captures --validate "${VALIDATE[@]}"
args+=("${REPLY[@]}")
train_captures --test "${TEST[@]}"
args+=("${REPLY[@]}")
OTHER="none"
if [ -d "$OUT/other" ]; then
	OTHER="benign flows of the starter corpus of captures, called other where they are none of the lab's kinds"
	args+=("$OUT"/other/train-*.pcap)
	for capture in "$OUT"/other/validate-*.pcap; do args+=(--validate "$capture"); done
fi
tlml-train -o "$MODEL" --report "${MODEL%.tlml}.json" --anchor "${MODEL%.tlml}.anchor" \
	--anchor-flows 40 --hidden 64,32 --epochs 40 --seed 5 \
	--meta "trained_on=tests/lab recordings, seeds ${TRAIN[0]} to ${TRAIN[-1]}" \
	--meta "validated_on=seeds ${VALIDATE[0]} to ${VALIDATE[-1]}" \
	--meta "tested_on=seeds ${TEST[0]} to ${TEST[-1]}" --meta "other_data=$OTHER" "${args[@]}"
if [ -d "$OUT/other" ]; then
	lab_say "the same model on captures from elsewhere that training did not see:"
	tlml-train --eval "$MODEL" "$OUT"/other/test-*.pcap
fi
