# Completion of warren for bash.

_warren_peers() {
	# The second column; the first line is this node.
	warren status 2>/dev/null | awk 'NF > 1 && $1 !~ /^#/ && NR > 1 { print $2 }'
}

_warren() {
	local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]} verb= i
	local verbs='up down status ping why netcheck genkey pubkey' common='--json --socket --help'
	for ((i = 1; i < COMP_CWORD; i++)); do
		if [[ " $verbs " == *" ${COMP_WORDS[i]} "* ]]; then
			verb=${COMP_WORDS[i]}
			break
		fi
	done
	COMPREPLY=()
	if [[ $before == --socket ]]; then
		mapfile -t COMPREPLY < <(compgen -f -- "$word")
		return
	fi
	case $verb in
	'') common="$verbs $common --version" ;;
	netcheck) common="$common --watch --watch=" ;;
	status) common="$common --peers=false" ;;
	genkey | pubkey) common="$common --base64" ;;
	why)
		[[ $word == -* ]] || common=$(_warren_peers)
		;;
	ping)
		common="$common -c --timeout --until-direct=false"
		[[ $word == -* ]] || common=$(_warren_peers)
		;;
	esac
	mapfile -t COMPREPLY < <(compgen -W "$common" -- "$word")
}

complete -F _warren warren
