/* driver.h - who makes the container's cgroup */
#ifndef CGROUP_DRIVER_H
#define CGROUP_DRIVER_H

enum cgroup_manager {
	CGROUP_MANAGER_CGROUPFS,
	CGROUP_MANAGER_SYSTEMD,
	CGROUP_MANAGER_DISABLED, /* no cgroup: limits in the configuration are an error */
};

#endif
