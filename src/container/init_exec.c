/* init_exec.c - steps of a process that exec adds to a container, beside those that init has too */
#include <fcntl.h>

#include "container/container.h"
#include "container/init.h"
#include "linux/cpu_affinity.h"

/* The mount namespace's root: join_step led there. */
int exec_root_step(struct init *init, struct error *err)
{
	init->rootfs = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	return init->rootfs < 0 ? fail_errno(err, "open the container's root") : 0;
}

int affinity_step(struct init *init, struct error *err)
{
	return cpu_affinity_apply(init->process->exec_cpu_affinity->final, err);
}
