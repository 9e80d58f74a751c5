/* systemd_bus.c - see systemd_bus.h */
#include "cgroup/systemd_bus.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "base/text.h"
#include "cgroup/systemd_message.h"

#define DESTINATION "org.freedesktop.systemd1"
#define OBJECT "/org/freedesktop/systemd1"
#define MANAGER "org.freedesktop.systemd1.Manager"

#define NO_SUCH_UNIT "org.freedesktop.systemd1.NoSuchUnit"
#define UNIT_EXISTS "org.freedesktop.systemd1.UnitExists"

#define USEC_PER_SEC UINT64_C(1000000)

static uint64_t now_usec(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t) t.tv_sec * USEC_PER_SEC + (uint64_t) t.tv_nsec / 1000;
}

/* The library would wait for the bus as long as its authentication may take, a minute and a half. */
static int wait_until_ready(sd_bus *bus)
{
	uint64_t deadline = now_usec() + SYSTEMD_CALL_SECONDS * USEC_PER_SEC;
	int r;

	while ((r = sd_bus_is_ready(bus)) == 0) {
		uint64_t now = now_usec();

		r = sd_bus_process(bus, NULL);
		if (r == 0 && now >= deadline)
			return -ETIMEDOUT;
		if (r == 0)
			r = sd_bus_wait(bus, deadline - now);
		if (r < 0 && r != -EINTR)
			return r;
	}
	return r < 0 ? r : 0;
}

int systemd_connect(bool is_user, sd_bus **ret, struct error *err)
{
	auto_bus *bus = NULL;
	int r;

	*ret = NULL;
	r = is_user ? sd_bus_open_user(&bus) : sd_bus_open_system(&bus);
	if (r >= 0)
		r = wait_until_ready(bus);
	if (r == -ETIMEDOUT)
		return fail_as(err, ERROR_CGROUP, ETIMEDOUT,
			       "the systemd cgroup manager: the %s did not answer within %d seconds",
			       is_user ? "user's bus" : "system bus", SYSTEMD_CALL_SECONDS);
	if (r < 0)
		return fail_as(err, ERROR_CGROUP, -r,
			       "the systemd cgroup manager: connect to the %s: %s%s",
			       is_user ? "user's bus" : "system bus", strerror(-r),
			       is_user ? " (DBUS_SESSION_BUS_ADDRESS or XDG_RUNTIME_DIR tells where "
					 "it is)"
				       : "");
	*ret = TAKE_PTR(bus);
	return 0;
}

/* A call that has been answered with an error, or not at all. */
static int call_failed(int r, sd_bus_error *e, const char *unit, const char *member,
		       struct error *err)
{
	if (sd_bus_error_has_name(e, UNIT_EXISTS))
		r = -EEXIST;
	else if (sd_bus_error_has_name(e, NO_SUCH_UNIT))
		r = -ENOENT;
	fail_as(err, ERROR_CGROUP, -r, "systemd: %s of unit '%s': %s", member, unit,
		e->message ? e->message : strerror(-r));
	sd_bus_error_free(e);
	return r;
}

/* Sends the message, which is ours to free, and waits for the answer (ret_reply may be NULL). */
static int call(sd_bus *bus, struct systemd_message *m, const char *unit, const char *member,
		sd_bus_message **ret_reply, struct error *err)
{
	sd_bus_error e = SD_BUS_ERROR_NULL;
	int r = m->problem;

	if (r >= 0)
		r = sd_bus_call(bus, m->message, SYSTEMD_CALL_SECONDS * USEC_PER_SEC, &e,
				ret_reply);
	sd_bus_message_unref(m->message);
	return r < 0 ? call_failed(r, &e, unit, member, err) : 0;
}

static struct systemd_message new_call(sd_bus *bus, const char *member)
{
	struct systemd_message m = { 0 };

	m.problem = sd_bus_message_new_method_call(bus, &m.message, DESTINATION, OBJECT, MANAGER,
						   member);
	return m;
}

/* A job that is waited for: JobRemoved(u id, o job, s unit, s result). */
struct job {
	sd_bus *bus;
	const char *unit;
	const char *path; /* NULL: its call has not been answered yet */
	char *removed;	  /* the last job of this unit that ended, and how */
	char *result;
};

static int job_removed(sd_bus_message *m, void *userdata, sd_bus_error *ignored)
{
	struct job *job = userdata;
	const char *path, *unit, *result;
	uint32_t id;

	(void) ignored;
	if (sd_bus_message_read_basic(m, 'u', &id) < 0 ||
	    sd_bus_message_read_basic(m, 'o', &path) < 0 ||
	    sd_bus_message_read_basic(m, 's', &unit) < 0 ||
	    sd_bus_message_read_basic(m, 's', &result) < 0 || !str_equal(unit, job->unit))
		return 0;
	free(job->removed);
	free(job->result);
	job->removed = xstrdup(path);
	job->result = xstrdup(result);
	return 0;
}

static int wait_for_job(struct job *job, struct error *err)
{
	uint64_t deadline = now_usec() + SYSTEMD_JOB_SECONDS * USEC_PER_SEC;

	while (!str_equal(job->removed, job->path)) {
		uint64_t now = now_usec();
		int r = sd_bus_process(job->bus, NULL);

		if (r == 0 && now >= deadline)
			return fail_as(err, ERROR_CGROUP, ETIMEDOUT,
				       "systemd: the job for unit '%s' did not end within %d seconds",
				       job->unit, SYSTEMD_JOB_SECONDS);
		if (r == 0)
			r = sd_bus_wait(job->bus, deadline - now);
		if (r < 0 && r != -EINTR)
			return fail_as(err, ERROR_CGROUP, -r,
				       "systemd: wait for the job for unit '%s': %s", job->unit,
				       strerror(-r));
	}
	if (!str_equal(job->result, "done") && !str_equal(job->result, "skipped"))
		return fail_as(err, ERROR_CGROUP, ECANCELED,
			       "systemd: the job for unit '%s' ended with '%s' (its journal may say "
			       "why)",
			       job->unit, job->result);
	return 0;
}

/* Sends a message whose answer is a job, and waits for the job's end.  The signal is subscribed
 * to first.  (A match for this unit's alone, by its arg2, would never match: libsystemd does not
 * look beyond the first argument that is no string.) */
static int call_job(sd_bus *bus, struct systemd_message *m, const char *unit, const char *member,
		    struct error *err)
{
	static const char match[] = "type='signal',sender='" DESTINATION "',path='" OBJECT
				    "',interface='" MANAGER "',member='JobRemoved'";
	struct job job = { .bus = bus, .unit = unit };
	sd_bus_message *reply = NULL;
	sd_bus_slot *slot = NULL;
	int r;

	r = sd_bus_add_match(bus, &slot, match, job_removed, &job);
	if (r < 0) {
		sd_bus_message_unref(m->message);
		return fail_as(err, ERROR_CGROUP, -r, "systemd: watch the unit '%s': %s", unit,
			       strerror(-r));
	}
	r = call(bus, m, unit, member, &reply, err);
	if (r == 0 && sd_bus_message_read_basic(reply, 'o', &job.path) < 0)
		r = fail_as(err, ERROR_CGROUP, EPROTO,
			    "systemd: %s of unit '%s': a malformed answer", member, unit);
	if (r == 0)
		r = wait_for_job(&job, err);
	sd_bus_message_unref(reply);
	sd_bus_slot_unref(slot);
	free(job.removed);
	free(job.result);
	return r;
}

/* The running manager's version, as "252.39-1~deb12u2" or "v257"; 0: unknown. */
static unsigned int manager_version(sd_bus *bus)
{
	auto_free char *version = NULL;
	const char *digits;

	if (sd_bus_get_property_string(bus, DESTINATION, OBJECT, MANAGER, "Version", NULL,
				       &version) < 0)
		return 0;
	digits = str_after(version, "v");
	return (unsigned int) strtoul(digits ? digits : version, NULL, 10);
}

/* Properties that the manager is too old for are left out: the cgroup's files have them. */
static void append_properties(sd_bus *bus, struct systemd_message *m,
			      const struct property_list *list)
{
	unsigned int version = 0;

	systemd_message_open(m, 'a', "(sv)");
	for (size_t i = 0; i < list->n; i++) {
		const struct property *property = &list->items[i];

		if (property->since && !version)
			version = manager_version(bus);
		if (property->since > version)
			log_debug("systemd: %s needs version %u", property->name, property->since);
		else
			systemd_message_append_property(m, property);
	}
	systemd_message_close(m);
}

int systemd_start_transient(sd_bus *bus, const char *unit, const struct property_list *properties,
			    struct error *err)
{
	struct systemd_message m = new_call(bus, "StartTransientUnit");

	systemd_message_append_text(&m, unit);
	systemd_message_append_text(&m, "replace");
	append_properties(bus, &m, properties);
	systemd_message_open(&m, 'a', "(sa(sv))");
	systemd_message_close(&m);
	return call_job(bus, &m, unit, "start", err);
}

int systemd_set_properties(sd_bus *bus, const char *unit, const struct property_list *properties,
			   struct error *err)
{
	struct systemd_message m = new_call(bus, "SetUnitProperties");
	int is_runtime = true;

	systemd_message_append_text(&m, unit);
	systemd_message_append(&m, 'b', &is_runtime);
	append_properties(bus, &m, properties);
	return call(bus, &m, unit, "change", NULL, err);
}

static int done_without_unit(int r)
{
	return r == -ENOENT ? 0 : r;
}

int systemd_kill_unit(sd_bus *bus, const char *unit, int signal, struct error *err)
{
	struct systemd_message m = new_call(bus, "KillUnit");
	int32_t number = signal;

	systemd_message_append_text(&m, unit);
	systemd_message_append_text(&m, "all");
	systemd_message_append(&m, 'i', &number);
	return done_without_unit(call(bus, &m, unit, "kill", NULL, err));
}

int systemd_stop_unit(sd_bus *bus, const char *unit, struct error *err)
{
	struct systemd_message m = new_call(bus, "StopUnit");

	systemd_message_append_text(&m, unit);
	systemd_message_append_text(&m, "replace");
	return done_without_unit(call_job(bus, &m, unit, "stop", err));
}

int systemd_reset_failed(sd_bus *bus, const char *unit, struct error *err)
{
	struct systemd_message m = new_call(bus, "ResetFailedUnit");

	systemd_message_append_text(&m, unit);
	return done_without_unit(call(bus, &m, unit, "reset", NULL, err));
}
