/* rlimits.c - see rlimits.h */
#include "linux/rlimits.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

#include "base/file.h"
#include "base/text.h"

struct name {
	const char *name;
	int resource;
};

/* clang-format off */
static const struct name names[] = {
	{ "RLIMIT_AS",         RLIMIT_AS },
	{ "RLIMIT_CORE",       RLIMIT_CORE },
	{ "RLIMIT_CPU",        RLIMIT_CPU },
	{ "RLIMIT_DATA",       RLIMIT_DATA },
	{ "RLIMIT_FSIZE",      RLIMIT_FSIZE },
	{ "RLIMIT_LOCKS",      RLIMIT_LOCKS },
	{ "RLIMIT_MEMLOCK",    RLIMIT_MEMLOCK },
	{ "RLIMIT_MSGQUEUE",   RLIMIT_MSGQUEUE },
	{ "RLIMIT_NICE",       RLIMIT_NICE },
	{ "RLIMIT_NOFILE",     RLIMIT_NOFILE },
	{ "RLIMIT_NPROC",      RLIMIT_NPROC },
	{ "RLIMIT_RSS",        RLIMIT_RSS },
	{ "RLIMIT_RTPRIO",     RLIMIT_RTPRIO },
	{ "RLIMIT_RTTIME",     RLIMIT_RTTIME },
	{ "RLIMIT_SIGPENDING", RLIMIT_SIGPENDING },
	{ "RLIMIT_STACK",      RLIMIT_STACK },
};
/* clang-format on */

static const struct name *find(const char *type)
{
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (str_equal(names[i].name, type))
			return &names[i];
	return NULL;
}

int rlimits_check(const struct oci_rlimit *limits, size_t n, struct error *err)
{
	size_t seen[ARRAY_SIZE(names)] = { 0 };
	char where[64];

	for (size_t i = 0; i < n; i++) {
		const struct name *name = find(limits[i].type);

		if (!name || seen[name - names]++) {
			snprintf(where, sizeof(where), "process.rlimits[%zu].type", i);
			return fail_at(err, EINVAL, where,
				       name ? "'%s' is there twice" : "unknown limit '%s'",
				       limits[i].type);
		}
		if (limits[i].soft <= limits[i].hard)
			continue;
		snprintf(where, sizeof(where), "process.rlimits[%zu].soft", i);
		return fail_at(err, EINVAL, where,
			       "%s: soft limit %" PRIu64 " is above hard limit %" PRIu64,
			       limits[i].type, limits[i].soft, limits[i].hard);
	}
	return 0;
}

/* Above it the kernel's EPERM has nothing to do with capabilities. */
static bool is_above_nr_open(const struct oci_rlimit *limit, uint64_t *ret_most)
{
	char text[32];

	return str_equal(limit->type, "RLIMIT_NOFILE") &&
	       file_peek(AT_FDCWD, "/proc/sys/fs/nr_open", text, sizeof(text)) > 0 &&
	       parse_u64(text, UINT64_MAX, ret_most) == 0 && limit->hard > *ret_most;
}

static int apply_one(const struct oci_rlimit *limit, struct error *err)
{
	const struct name *name = find(limit->type);
	struct rlimit value = { .rlim_cur = limit->soft, .rlim_max = limit->hard };
	struct rlimit old;
	uint64_t most;
	int code;

	if (!name)
		return fail(err, EINVAL, "unknown limit '%s'", limit->type);
	if (setrlimit(name->resource, &value) == 0)
		return 0;
	code = errno;
	if (code == EPERM && is_above_nr_open(limit, &most))
		return fail(err, code,
			    "set the hard limit %s to %" PRIu64
			    ", which is above the kernel's fs.nr_open, %" PRIu64 ": %s",
			    limit->type, limit->hard, most, strerror(code));
	if (code == EPERM && getrlimit(name->resource, &old) == 0 && value.rlim_max > old.rlim_max)
		return fail(err, code,
			    "raise the hard limit %s from %" PRIu64 " to %" PRIu64
			    ", which needs CAP_SYS_RESOURCE: %s",
			    limit->type, (uint64_t) old.rlim_max, limit->hard, strerror(code));
	return fail(err, code, "set %s to %" PRIu64 ", at most %" PRIu64 ": %s", limit->type,
		    limit->soft, limit->hard, strerror(code));
}

int rlimits_apply(const struct oci_rlimit *limits, size_t n, struct error *err)
{
	for (size_t i = 0; i < n; i++) {
		int r = apply_one(&limits[i], err);

		if (r < 0)
			return fail_place(err, "process.rlimits[%zu]", i);
	}
	return 0;
}

int files_limit_raise(struct rlimit *ret_old, struct error *err)
{
	struct rlimit most;

	if (getrlimit(RLIMIT_NOFILE, ret_old) < 0)
		return fail_errno(err, "get RLIMIT_NOFILE");
	most = (struct rlimit){ .rlim_cur = ret_old->rlim_max, .rlim_max = ret_old->rlim_max };
	return files_limit_restore(&most, err);
}

int files_limit_restore(const struct rlimit *old, struct error *err)
{
	return setrlimit(RLIMIT_NOFILE, old) < 0 ? fail_errno(err, "set RLIMIT_NOFILE") : 0;
}
