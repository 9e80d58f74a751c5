# common.sh - what the engines' files share: rows, daemons, waiting
# shellcheck shell=bash
#
# Of the driver an engine's file has $top (the tree), $coracle (the program), $manager (of cgroups: cgroupfs or
# systemd), $controllers (of the v2 hierarchy), @named (the engines that were asked for), and in /run, which is its
# own, an OCI layout of $busybox: `layout`.
# shellcheck disable=SC2154 # these

die() {
	echo "try-engines: $*" >&2
	exit 1
}

# --- rows

answer=
tally=/run/rows # a line for each row, as engines have shells of their own

# row WHAT STATUS PATTERN COMMAND...: the status, and a line that the extended regular expression matches.
# $answer is what the command printed.
row() {
	local what=$1 wanted=$2 pattern=$3 output status begin=$SECONDS
	shift 3
	output=$(timeout --kill-after=10 120 "$@" 2>&1 < /dev/null)
	status=$?
	(( SECONDS - begin < 120 )) || status+=" after two minutes" # whatever it is: 137 may be what is wanted
	answer=$output
	if [[ $status == "$wanted" ]] && grep -qE -- "$pattern" <<< "$output"; then
		echo ok >> $tally
		printf '    ok      %s\n' "$what"
		return
	fi
	echo failed >> $tally
	printf '    FAILED  %s: status %s, not %s, or no /%s/ in:\n' "$what" "$status" "$wanted" "$pattern"
	printf '            %s\n' "${output//$'\n'/$'\n'            }"
}

# for the driver: what came out; false if a row failed
row_total() {
	local count failed
	touch $tally
	count=$(wc -l < $tally)
	failed=$(grep -c failed $tally)
	echo "$count rows, $failed failed; cgroups by $manager"
	(( failed == 0 ))
}

# of the last row's answer in JSON
field() {
	sed -n 's/^ *"'"$1"'": "\(.*\)",\{0,1\}$/\1/p' <<< "$answer" | head -n 1
}

# nothing_stays ROOT...: of any container, in the runtime's root (what begins with @ there belongs to none) and among
# the cgroups, which engines name by ids; systemd takes its time with these
# shellcheck disable=SC2016 # bash expands it
nothing_stays() {
	local what='find "$@" -mindepth 1 -maxdepth 1 ! -name "@*" &&
		find /sys/fs/cgroup -regextype egrep -type d -regex ".*[0-9a-f]{64}[^/]*"'
	until_it bash -c "[[ ! \$($what) ]]" - "$@"
	row "nothing stays" 0 '^$' bash -c "$what" - "$@"
}

# interrupted WHAT GONE SIGNAL COMMAND...: a command whose container runs until the command is ended
# shellcheck disable=SC2016 # bash expands it
interrupted() {
	local client
	"${@:4}" > /dev/null 2>&1 &
	client=$!
	until_it bash -c '"$1" list | grep -q " running "' - "$coracle"
	row "$1" 0 ' running ' "$coracle" list
	sleep 1 # buildah that was ended at once has left its container, one time in nine
	kill "-$3" $client
	wait $client
	until_it bash -c '[[ ! $("$1" list --quiet) ]]' - "$coracle"
	row "$2" 0 '^$' "$coracle" list --quiet
}

# --- what there is

# absent WHY...: the engine is left out, which is no failure unless it was named
absent() {
	if (( ${#named[@]} )); then
		echo failed >> $tally
		printf '    FAILED  %s\n' "$*"
	else
		echo "$*"
	fi
}

installed() {
	local program
	for program; do
		type -P "$program" > /dev/null || return
	done
}

# namespace KIND: the number of our own
namespace() {
	stat -Lc %i "/proc/self/ns/$1"
}

has_controllers() {
	local controller
	for controller; do
		[[ " $controllers " == *" $controller "* ]] || return
	done
}

# --- daemons, and waiting

# serve LOG COMMAND...: a daemon, until stop_serving; or until the engine's shell ends, whatever ends it
serve() {
	"${@:2}" > "$1" 2>&1 &
	daemon=$!
	trap stop_serving EXIT
}

stop_serving() {
	trap - EXIT
	kill "$daemon" && wait "$daemon"
	return 0 # however it ended
}

# until_it COMMAND...: succeeds; false if that takes more than a minute, which a busy machine may need
until_it() {
	local end=$((SECONDS + 60))
	until "$@" > /dev/null 2>&1; do
		(( SECONDS < end )) || return
		sleep 0.1
	done
}

# What runs in a container, and ends by SIGTERM with a status of its own.
# shellcheck disable=SC2034 # engines' files do
STAY='trap "exit 3" TERM; echo up; while :; do sleep 0.1; done'
