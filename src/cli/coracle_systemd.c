/* coracle_systemd.c - the program that speaks to systemd, for coracle
 *
 *	coracle-systemd system|user start|change UNIT [PROPERTY=VALUE...]
 *	coracle-systemd system|user stop UNIT
 *
 * The system's manager, or the user's; a value is written as property_text.h says.  It prints
 * nothing when all is done, otherwise the error's number and text, behind a '+' when systemd was asked
 * and may have made or changed the unit.  The exit status is 0 in either case. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>

#include "base/text.h"
#include "cgroup/property_text.h"
#include "cgroup/systemd_bus.h"

static int stop(sd_bus *bus, const char *unit, const struct property_list *properties,
		struct error *err)
{
	struct error ignored;
	int r;

	(void) properties;
	/* stopping alone would send SIGTERM and wait; an empty unit has nobody to kill */
	systemd_kill_unit(bus, unit, SIGKILL, &ignored);
	r = systemd_stop_unit(bus, unit, err);
	return r < 0 ? r : systemd_reset_failed(bus, unit, err);
}

static int start(sd_bus *bus, const char *unit, const struct property_list *properties,
		 struct error *err)
{
	struct error ignored;
	int r = systemd_start_transient(bus, unit, properties, err);

	/* what a container of this name left when it failed; a unit that runs stays untouched */
	if (r == -EEXIST && systemd_reset_failed(bus, unit, &ignored) == 0)
		r = systemd_start_transient(bus, unit, properties, err);
	return r;
}

static const struct request {
	const char *name;
	int (*run)(sd_bus *bus, const char *unit, const struct property_list *properties,
		   struct error *err);
	bool has_properties;
} requests[] = {
	{ "start", start, true },
	{ "change", systemd_set_properties, true },
	{ "stop", stop, false },
};

static const struct request *find_request(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(requests); i++)
		if (strcmp(requests[i].name, name) == 0)
			return &requests[i];
	return NULL;
}

static int read_properties(char *const *assignments, struct property_list *ret, struct error *err)
{
	for (; *assignments; assignments++) {
		const char *problem = property_text_read(*assignments, ret);

		if (problem)
			return fail_as(err, ERROR_CGROUP, EINVAL, "systemd: the property '%s' %s",
				       *assignments, problem);
	}
	return 0;
}

static int carry_out(const struct request *request, bool is_user, const char *unit,
		     char *const *assignments, bool *ret_is_asked, struct error *err)
{
	auto_property_list properties = { 0 };
	auto_bus *bus = NULL;
	int r;

	if (read_properties(assignments, &properties, err) < 0 ||
	    systemd_connect(is_user, &bus, err) < 0)
		return -err->code;
	r = request->run(bus, unit, &properties, err);
	*ret_is_asked = r != -EEXIST;
	return r;
}

int main(int argc, char **argv)
{
	const struct request *request = argc > 3 ? find_request(argv[2]) : NULL;
	bool is_user = argc > 1 && strcmp(argv[1], "user") == 0, is_asked = false;
	struct error err;

	if (!request || (!is_user && strcmp(argv[1], "system") != 0) ||
	    (argc > 4 && !request->has_properties)) {
		fputs("usage: coracle-systemd system|user start|change UNIT [PROPERTY=VALUE...]\n"
		      "       coracle-systemd system|user stop UNIT\n"
		      "coracle runs this program to speak to systemd.\n",
		      stderr);
		return 2;
	}
	/* who asks and is killed has asked for nothing */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (carry_out(request, is_user, argv[3], argv + 4, &is_asked, &err) < 0)
		printf("%s%d %s", is_asked ? "+" : "", err.code, err.text);
	return fflush(stdout) == 0 ? 0 : 1;
}
