/* systemd_bus.h - what is asked of a systemd manager over D-Bus, the system's or a user's
 *
 * See org.freedesktop.systemd1(5).  Every call and every wait has a limit.  Errors are of class
 * cgroup and name the unit.  For coracle-systemd alone, the one program that links libsystemd; the
 * others ask it, through systemd.h. */
#ifndef CGROUP_SYSTEMD_BUS_H
#define CGROUP_SYSTEMD_BUS_H

#include <stdbool.h>
#include <systemd/sd-bus.h>

#include "base/error.h"
#include "cgroup/property.h"

#define SYSTEMD_CALL_SECONDS 25
#define SYSTEMD_JOB_SECONDS 30

#define auto_bus __attribute__((cleanup(sd_bus_close_unrefp))) sd_bus

/* Connects to the system bus, or to the user's (DBUS_SESSION_BUS_ADDRESS, or XDG_RUNTIME_DIR/bus). */
int systemd_connect(bool is_user, sd_bus **ret, struct error *err);

/* Starts a transient unit and waits until it has been started.  -EEXIST: a unit of this name is
 * there already. */
int systemd_start_transient(sd_bus *bus, const char *unit, const struct property_list *properties,
			    struct error *err);

/* Changes properties of a running unit, until it ends. */
int systemd_set_properties(sd_bus *bus, const char *unit, const struct property_list *properties,
			   struct error *err);

/* Each is done when the unit is not there. */
int systemd_kill_unit(sd_bus *bus, const char *unit, int signal, struct error *err);
int systemd_stop_unit(sd_bus *bus, const char *unit, struct error *err);
int systemd_reset_failed(sd_bus *bus, const char *unit, struct error *err);

#endif
