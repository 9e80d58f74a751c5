/* late_place.c - see late_place.h */
#include "container/late_place.h"

#include "base/cleanup.h"
#include "base/log.h"
#include "base/text.h"
#include "cgroup/controllers.h"
#include "cgroup/path.h"

/* The root file system's files in a tmpfs: as much as an image likes, and for as long as the
 * container lives. */
static bool copies_up(const struct oci_config *config)
{
	for (size_t i = 0; i < config->mounts.n; i++) {
		const struct oci_strings *options = &config->mounts.items[i].options;

		for (size_t j = 0; j < options->n; j++)
			if (str_equal(options->items[j], "tmpcopyup"))
				return true;
	}
	return false;
}

/* The CPUs of execCPUAffinity.final are those of the container's cgroup; and a cgroup that hands controllers on
 * takes no process, which only the clone finds a way around (exec.c). */
static bool exec_must_be_born_there(const struct container *container)
{
	const struct oci_exec_cpu_affinity *affinity =
		container_process(container)->exec_cpu_affinity;
	unsigned int handed_on = 0;

	return (affinity && affinity->final) ||
	       controllers_read(container->cgroup.fd, "cgroup.subtree_control", &handed_on) < 0 ||
	       handed_on;
}

/* A scope of systemd's ends when nothing is in it, so its init cannot leave it again.  The nodes of a
 * memory policy are those that cpuset.mems lets it have. */
bool late_place_is_due(const struct container *container)
{
	if (!container_has_very_little_memory(container) || container->cgroup.fd < 0 ||
	    container->cgroup.scope || container->sub_cgroup >= 0 ||
	    container_linux(container)->memory_policy)
		return false;
	return container->is_exec ? !exec_must_be_born_there(container)
				  : !copies_up(&container->bundle.config);
}

int late_place_enter(struct container *container, struct error *err)
{
	int r = 0;

	if (container->is_outside)
		r = cgroup_enter(&container->cgroup, container->init.pid, err);
	if (r == 0)
		container->is_outside = false;
	return r;
}

void late_place_leave(struct container *container)
{
	struct cgroup ours = CGROUP_NONE;
	auto_free char *path = NULL;
	struct error err;
	int r;

	r = cgroup_path_own(&path, &err);
	if (r == 0)
		r = cgroup_open(container->cgroup.mount, path, &ours, &err);
	if (r == 0)
		r = cgroup_enter(&ours, container->init.pid, &err);
	container->is_outside = r == 0;
	if (r < 0)
		log_debug("host: init is set up in its own cgroup: %s", err.text);
	cgroup_release(&ours);
}
