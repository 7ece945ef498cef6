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
	if [ "${words[*]:0:2}" = 'model load' ] && [ ${#words[@]} = 3 ] || [ "${words[*]}" = 'model show' ]; then
		mapfile -t -O ${#COMPREPLY[@]} COMPREPLY < <(compgen -f -- "$cur")
	fi
}

complete -F _tlmlctl tlmlctl
