# docker-words.sh - what all engines can, said to podman and docker in the same words
# shellcheck shell=bash
# shellcheck disable=SC2016,SC2154 # what containers expand; what the driver has

# common_rows MISSING DIRECTORY ENGINE...: the status of an `exec` of what is not there, and of a directory; the
# engine's command, with its own arguments
common_rows() {
	local exec_missing=$1 exec_directory=$2 network
	shift 2
	local run=("$@" run --rm --network none) c=("$@")
	row "run" 0 '^hello$' "${run[@]}" box echo hello
	row "the program's status" 7 '' "${run[@]}" box sh -c 'exit 7'
	row "run: not in PATH is 127" 127 'executable file not found in \$PATH' "${run[@]}" box nothing
	row "run: no such file is 127" 127 'no such file or directory' "${run[@]}" box /nothing
	row "run: no program is 126" 126 'permission denied' "${run[@]}" box /etc/passwd
	row "run: a directory is 126" 126 'is a directory' "${run[@]}" box /etc
	row "user and groups" 0 'uid=7[^ ]* gid=8[^ ]* groups=.*9' \
		"${run[@]}" --user 7:8 --group-add 9 box id
	row "a terminal" 0 '/dev/pts/0' "${run[@]}" --tty box tty
	row "a volume, read-only" 1 'Read-only file system' \
		"${run[@]}" --volume /run/layout:/mnt:ro box touch /mnt/x
	row "a root that is read-only" 1 'Read-only file system' "${run[@]}" --read-only box touch /x
	row "tmpfs" 0 'tmpfs +1024 ' "${run[@]}" --tmpfs /mnt:size=1m box df /mnt
	row "a device" 0 '^c.* 1, +7 ' "${run[@]}" --device /dev/full:/dev/own box ls -l /dev/own
	row "sysctl" 0 '^77$' "${run[@]}" --sysctl net.ipv4.ip_default_ttl=77 box \
		cat /proc/sys/net/ipv4/ip_default_ttl
	row "capabilities" 0 'CapEff:\s0+1000' \
		"${run[@]}" --cap-drop all --cap-add net_admin box grep CapEff /proc/self/status
	row "no new privileges" 0 'NoNewPrivs:\s1' \
		"${run[@]}" --security-opt no-new-privileges box grep NoNew /proc/self/status
	row "the engine's seccomp profile" 0 'Seccomp:\s2' "${run[@]}" box grep Seccomp: /proc/self/status
	row "seccomp=unconfined" 0 'Seccomp:\s0' \
		"${run[@]}" --security-opt seccomp=unconfined box grep Seccomp: /proc/self/status
	row "privileged" 0 'CapEff:\s0+[13]ff' "${run[@]}" --privileged box grep CapEff /proc/self/status
	row "the host's network" 0 "^$(namespace net)\$" "$@" run --rm --network host box stat -Lc %i /proc/self/ns/net
	row "start" 0 '' "${c[@]}" run --detach --name one --network none box sh -c "$STAY"
	row "exec" 0 '^in$' "${c[@]}" exec one echo in
	row "exec: the program's status" 9 '' "${c[@]}" exec one sh -c 'exit 9'
	row "exec: environment, directory, user" 0 '^b /tmp 5$' "${c[@]}" exec \
		--env A=b --workdir /tmp --user 5 one sh -c 'echo $A $(pwd) $(id -u)'
	row "exec: a terminal" 0 '/dev/pts/' "${c[@]}" exec --tty one tty
	row "exec: in the background" 0 '' "${c[@]}" exec --detach one touch /tmp/there
	row "exec: it did" 0 '' "${c[@]}" exec one sh -c 'until test -e /tmp/there; do sleep 0.1; done'
	row "exec: not in PATH" "$exec_missing" 'executable file not found in \$PATH' "${c[@]}" exec one nothing
	row "exec: a directory" "$exec_directory" 'is a directory' "${c[@]}" exec one /etc
	row "top" 0 'sleep 0.1' "${c[@]}" top one
	row "stats" 0 ' one +[0-9.]+%' "${c[@]}" stats --no-stream one
	row "another joins its processes" 0 'while :' "${run[@]}" --pid container:one box ps
	network=$("${c[@]}" exec one stat -Lc %i /proc/self/ns/net)
	row "another joins its network" 0 "^$network\$" \
		"$@" run --rm --network container:one box stat -Lc %i /proc/self/ns/net
	row "pause" 0 '' "${c[@]}" pause one
	row "pause: it is" 0 '[Pp]aused' "${c[@]}" inspect --format '{{.State.Status}}' one
	row "unpause" 0 '' "${c[@]}" unpause one
	row "logs" 0 '^up' "${c[@]}" logs one
	row "restart" 0 '' "${c[@]}" restart --time 3 one
	row "stop" 0 '' "${c[@]}" stop --time 10 one
	row "stop: its own status" 0 '^exited 3$' \
		"${c[@]}" inspect --format '{{.State.Status}} {{.State.ExitCode}}' one
	row "start again" 0 '' "${c[@]}" start one
	row "kill" 0 '' "${c[@]}" kill --signal KILL one
	row "wait" 0 '^137$' "${c[@]}" wait one
	row "rm" 0 '' "${c[@]}" rm one
	row "create" 0 '' "${c[@]}" create --name three --network none box sleep 1000
	row "create, start" 0 '' "${c[@]}" start three
	row "rm --force" 0 '' "${c[@]}" rm --force three
	if has_controllers memory pids cpu; then
		row "limits" 0 '^67108864 50000 100000 17$' "${run[@]}" --memory 64m \
			--cpus 0.5 --pids-limit 17 box \
			sh -c 'cd /sys/fs/cgroup; echo $(cat memory.max cpu.max pids.max)'
		row "a program that eats too much" 137 '' "${run[@]}" --memory 16m --memory-swap 16m \
			box sh -c 'x=xxxxxxxxxxxxxxxx; while :; do x=$x$x; done'
		row "update" 0 '' "${c[@]}" run --detach --name four --network none box sleep 1000
		row "update: more processors" 0 '' "${c[@]}" update --cpus 0.25 four
		row "update: it has them" 0 '^25000 100000$' "${c[@]}" exec four cat /sys/fs/cgroup/cpu.max
		row "update: gone" 0 '' "${c[@]}" rm --force four
	else
		echo "    left out: limits, for this cgroup hierarchy has: ${controllers:-nothing}"
	fi
}
