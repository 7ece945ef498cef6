# shellcheck shell=bash
# SPDX-License-Identifier: BSD-2-Clause
# Completion for tlmlctl: the program itself says what may come next.

_tlmlctl() {
	local cur=${COMP_WORDS[COMP_CWORD]} words word
	words=()
	for word in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
		case $word in -j | --json) ;; *) words+=("$word") ;; esac
	done
	mapfile -t COMPREPLY < <(compgen -W "$(tlmlctl complete "${words[@]}" 2>/dev/null)" -- "$cur")
	case "${#words[@]} ${words[*]:0:2}" in
	'3 model push' | '2 model show' | '2 model sign')
		mapfile -t -O ${#COMPREPLY[@]} COMPREPLY < <(compgen -f -- "$cur") ;;
	esac
	case "${words[0]-} ${words[*]: -1}" in
	'label --eve' | 'label --map-file' | 'large --models')
		mapfile -t COMPREPLY < <(compgen -f -- "$cur") ;;
	esac
}

complete -F _tlmlctl tlmlctl
