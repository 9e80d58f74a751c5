/* timens.c - the clock offsets of a new time namespace (linux.timeOffsets) */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "base/text.h"
#include "linux/timens.h"

#define NANOSECONDS 1000000000u

static int check_one(const struct oci_time_offset *offset, const char *where, struct error *err)
{
	if (offset && offset->nanosecs.value >= NANOSECONDS)
		return fail_at(err, EINVAL, where, "%" PRIu32 " nanoseconds are a second or more",
			       offset->nanosecs.value);
	return 0;
}

int timens_check(const struct oci_time_offsets *offsets, struct error *err)
{
	int r;

	if (!offsets)
		return 0;
	r = check_one(offsets->boottime, "linux.timeOffsets.boottime.nanosecs", err);
	if (r < 0)
		return r;
	return check_one(offsets->monotonic, "linux.timeOffsets.monotonic.nanosecs", err);
}

static void add_line(struct str *lines, const char *clock, const struct oci_time_offset *offset)
{
	if (offset)
		str_printf(lines, "%s %" PRId64 " %" PRIu32 "\n", clock, offset->secs.value,
			   offset->nanosecs.value);
}

int timens_write(pid_t pid, const struct oci_time_offsets *offsets, struct error *err)
{
	char path[64];
	auto_str lines = { 0 };
	int r;

	if (!offsets)
		return 0;
	add_line(&lines, "monotonic", offsets->monotonic);
	add_line(&lines, "boottime", offsets->boottime);
	if (!lines.len)
		return 0;
	snprintf(path, sizeof(path), "/proc/%d/timens_offsets", pid);
	r = file_put(AT_FDCWD, path, lines.data);
	if (r == -ERANGE)
		return fail_at(err, ERANGE, "linux.timeOffsets",
			       "a clock would be below zero, or beyond 146 years");
	if (r < 0)
		return fail(err, -r, "set the clock offsets of the time namespace: %s",
			    strerror(-r));
	return 0;
}
