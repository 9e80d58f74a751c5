/* timestamp.h - the time of day as the documents write it */
#ifndef BASE_TIMESTAMP_H
#define BASE_TIMESTAMP_H

#include <stdint.h>
#include <time.h>

#define TIMESTAMP_SIZE 72 /* enough for any struct timespec */

/* RFC 3339 in UTC with nanoseconds: "2026-02-28T23:59:59.000000001Z".  Unlike gmtime(3) it opens
 * no time zone file, which inside a container would be the container's. */
void timestamp_format(const struct timespec *when, char ret[TIMESTAMP_SIZE]);

/* The same, of this moment. */
void timestamp_now(char ret[TIMESTAMP_SIZE]);

/* Milliseconds of a clock that nobody sets, for limits of time. */
int64_t monotonic_ms(void);

#endif
