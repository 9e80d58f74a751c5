/* timens.c - see timens.h */
#include "linux/timens.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "base/text.h"

#define NANOSECONDS 1000000000u

static int check_one(const char *clock, const struct oci_time_offset *offset, struct error *err)
{
	char where[64];

	if (!str_equal(clock, "monotonic") && !str_equal(clock, "boottime"))
		return fail_at(err, EINVAL, "linux.timeOffsets",
			       "'%.64s' is no clock with an offset; monotonic and boottime are",
			       clock);
	if (offset->nanosecs.value < NANOSECONDS)
		return 0;
	snprintf(where, sizeof(where), "linux.timeOffsets.%s.nanosecs", clock);
	return fail_at(err, EINVAL, where, "%" PRIu32 " nanoseconds are a second or more",
		       offset->nanosecs.value);
}

int timens_check(const struct oci_time_offsets *offsets, struct error *err)
{
	int r = 0;

	for (size_t i = 0; i < offsets->n && r == 0; i++)
		r = check_one(offsets->keys[i], &offsets->items[i], err);
	return r;
}

int timens_write(pid_t pid, const struct oci_time_offsets *offsets, struct error *err)
{
	char path[64];
	auto_str lines = { 0 };
	int r;

	for (size_t i = 0; i < offsets->n; i++)
		str_printf(&lines, "%s %" PRId64 " %" PRIu32 "\n", offsets->keys[i],
			   offsets->items[i].secs.value, offsets->items[i].nanosecs.value);
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
