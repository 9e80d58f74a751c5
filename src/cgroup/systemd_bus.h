/* systemd_bus.h - what is asked of a systemd manager over D-Bus, the system's or a user's
 *
 * See org.freedesktop.systemd1(5).  Every call and every wait has a limit.  Errors are of class
 * cgroup and name the unit; a build without libsystemd fails with -ENOTSUP. */
#ifndef CGROUP_SYSTEMD_BUS_H
#define CGROUP_SYSTEMD_BUS_H

#include <stdbool.h>

#include "base/error.h"
#include "cgroup/property.h"

#define SYSTEMD_CALL_SECONDS 25
#define SYSTEMD_JOB_SECONDS 30

struct systemd;

#define auto_systemd __attribute__((cleanup(systemd_cleanup))) struct systemd

void systemd_cleanup(struct systemd **systemd);

/* True where this build can speak to systemd. */
bool systemd_is_built_in(void);

/* Connects to the system bus, or as a user to the user's (DBUS_SESSION_BUS_ADDRESS, or
 * XDG_RUNTIME_DIR/bus). */
int systemd_connect(bool is_user, struct systemd **ret, struct error *err);

/* Starts a transient unit and waits until it has been started.  -EEXIST: a unit of this name is
 * there already. */
int systemd_start_transient(struct systemd *systemd, const char *unit,
			    const struct property_list *properties, struct error *err);

/* Changes properties of a running unit, until it ends. */
int systemd_set_properties(struct systemd *systemd, const char *unit,
			   const struct property_list *properties, struct error *err);

/* Each is done when the unit is not there. */
int systemd_kill(struct systemd *systemd, const char *unit, int signal, struct error *err);
int systemd_stop(struct systemd *systemd, const char *unit, struct error *err);
int systemd_reset_failed(struct systemd *systemd, const char *unit, struct error *err);

#endif
