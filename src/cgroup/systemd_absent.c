/* systemd_absent.c - what takes the place of systemd_bus.c where libsystemd is not built in */
#include <errno.h>

#include "cgroup/systemd_bus.h"

static int absent(struct error *err)
{
	return fail_as(err, ERROR_CGROUP, ENOTSUP,
		       "the systemd cgroup manager is not in this build: use cgroupfs");
}

void systemd_cleanup(struct systemd **systemd)
{
	(void) systemd;
}

bool systemd_is_built_in(void)
{
	return false;
}

int systemd_connect(bool is_user, struct systemd **ret, struct error *err)
{
	(void) is_user;
	*ret = NULL;
	return absent(err);
}

int systemd_start_transient(struct systemd *systemd, const char *unit,
			    const struct property_list *properties, struct error *err)
{
	(void) systemd;
	(void) unit;
	(void) properties;
	return absent(err);
}

int systemd_set_properties(struct systemd *systemd, const char *unit,
			   const struct property_list *properties, struct error *err)
{
	(void) systemd;
	(void) unit;
	(void) properties;
	return absent(err);
}

int systemd_kill(struct systemd *systemd, const char *unit, int signal, struct error *err)
{
	(void) systemd;
	(void) unit;
	(void) signal;
	return absent(err);
}

int systemd_stop(struct systemd *systemd, const char *unit, struct error *err)
{
	(void) systemd;
	(void) unit;
	return absent(err);
}

int systemd_reset_failed(struct systemd *systemd, const char *unit, struct error *err)
{
	(void) systemd;
	(void) unit;
	return absent(err);
}
