/* systemd_library.h - libsystemd's D-Bus client, opened when a container's unit is spoken of */
#ifndef CGROUP_SYSTEMD_LIBRARY_H
#define CGROUP_SYSTEMD_LIBRARY_H

#include <systemd/sd-bus.h>

#include "base/error.h"

/* What is used of it, under its names without the prefix "sd_bus_". */
struct systemd_library {
	__typeof__(sd_bus_open_system) *open_system;
	__typeof__(sd_bus_open_user) *open_user;
	__typeof__(sd_bus_is_ready) *is_ready;
	__typeof__(sd_bus_close_unref) *close_unref;
	__typeof__(sd_bus_call) *call;
	__typeof__(sd_bus_process) *process;
	__typeof__(sd_bus_wait) *wait;
	__typeof__(sd_bus_add_match) *add_match;
	__typeof__(sd_bus_slot_unref) *slot_unref;
	__typeof__(sd_bus_get_property_string) *get_property_string;
	__typeof__(sd_bus_error_free) *error_free;
	__typeof__(sd_bus_error_has_name) *error_has_name;
	__typeof__(sd_bus_message_new_method_call) *message_new_method_call;
	__typeof__(sd_bus_message_append_basic) *message_append_basic;
	__typeof__(sd_bus_message_open_container) *message_open_container;
	__typeof__(sd_bus_message_close_container) *message_close_container;
	__typeof__(sd_bus_message_read_basic) *message_read_basic;
	__typeof__(sd_bus_message_unref) *message_unref;
};

/* -ELIBACC where it is not installed, or too old. */
int systemd_library_open(const struct systemd_library **ret, struct error *err);

#endif
