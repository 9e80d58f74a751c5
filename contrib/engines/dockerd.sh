# dockerd.sh - for docker, and what goes by it: a dockerd whose runtime is coracle, with the image `box`
# shellcheck shell=bash
# shellcheck disable=SC2154 # what the driver has

# BuildKit takes the program "runc" of dockerd's PATH.
start_dockerd() {
	mkdir -p /run/docker /run/as-runc
	ln -sf "$coracle" /run/as-runc/runc
	cat > /run/daemon.json <<-END
		{ "runtimes": { "coracle": { "path": "$coracle" } }, "default-runtime": "coracle" }
	END
	export DOCKER_HOST=unix:///run/docker/socket DOCKER_CONFIG=/run/docker/config
	serve /run/docker.log env PATH="/run/as-runc:$PATH" dockerd --config-file /run/daemon.json \
		--data-root /run/docker/data --exec-root /run/docker/exec --pidfile /run/docker/pid \
		--host $DOCKER_HOST --storage-driver vfs --exec-opt "native.cgroupdriver=$manager" \
		--bridge none --iptables=false --ip6tables=false
	until_it docker version || die "dockerd does not start: $(tail /run/docker.log)"
	gzip -dc "$(find /run/layout/blobs -size +200k)" | docker import --change 'ENV PATH=/bin' - box \
		> /dev/null || die "docker: no image"
}

# stop_dockerd [ROOT]: the runtime's root, if it is not that of dockerd's containers
stop_dockerd() {
	(( $# )) || set -- /run/docker/exec/runtime-*/moby # this or that runtime's, by dockerd's version
	nothing_stays "$@"
	stop_serving
}
