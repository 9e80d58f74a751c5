/* net_device.h - linux.netDevices: network devices of the host that the container gets */
#ifndef LINUX_NET_DEVICE_H
#define LINUX_NET_DEVICE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/error.h"
#include "libocispec/linux.h"

/* Host, pure.  names: the devices' names on the host.  "%d" in a name for the container stands for
 * the first number that is free there. */
int net_devices_check(const struct oci_net_device *devices, char *const *names, size_t n,
		      bool has_network_ns, struct error *err);

/* Host, while init waits: moves the devices into the network namespace of process pid, under their
 * new names, gives them back the addresses that a move takes away (permanent ones of global scope)
 * and sets them up, as the runtime specification asks (config-linux.md, "Network Devices").  On
 * failure those that were moved already come back. */
int net_devices_move(pid_t pid, const struct oci_net_device *devices, char *const *names, size_t n,
		     struct error *err);

#endif
