/* timestamp.c - see timestamp.h */
#include "base/timestamp.h"

#include <stdint.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>

#define DAY_SECONDS 86400
#define ERA_DAYS 146097	 /* 400 years of the Gregorian calendar */
#define EPOCH_DAY 719468 /* 1970-01-01, counted from 0000-03-01 */

struct date {
	int64_t year;
	unsigned int month;
	unsigned int day;
};

/* Years are counted from March, so that the leap day is the last of its year. */
static struct date date_of(int64_t day)
{
	int64_t since = day + EPOCH_DAY;
	int64_t era = (since >= 0 ? since : since - ERA_DAYS + 1) / ERA_DAYS;
	unsigned int of_era = (unsigned int) (since - era * ERA_DAYS);
	unsigned int year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
	unsigned int of_year = of_era - (365 * year + year / 4 - year / 100);
	unsigned int month = (5 * of_year + 2) / 153;
	unsigned int is_next_year = month >= 10;

	return (struct date){
		.year = era * 400 + year + is_next_year,
		.month = is_next_year ? month - 9 : month + 3,
		.day = of_year - (153 * month + 2) / 5 + 1,
	};
}

void timestamp_format(const struct timespec *when, char ret[TIMESTAMP_SIZE])
{
	int64_t seconds = when->tv_sec;
	int64_t day = (seconds >= 0 ? seconds : seconds - DAY_SECONDS + 1) / DAY_SECONDS;
	unsigned int rest = (unsigned int) (seconds - day * DAY_SECONDS);
	struct date date = date_of(day);

	snprintf(ret, TIMESTAMP_SIZE, "%04lld-%02u-%02uT%02u:%02u:%02u.%09ldZ",
		 (long long) date.year, date.month, date.day, rest / 3600, rest / 60 % 60,
		 rest % 60, when->tv_nsec);
}

/* Past the vDSO: a short run reads a clock once or twice, and the vDSO's three pages cost it more. */
static void read_clock(clockid_t clock, struct timespec *ret)
{
	syscall(SYS_clock_gettime, clock, ret);
}

void timestamp_now(char ret[TIMESTAMP_SIZE])
{
	struct timespec now;

	read_clock(CLOCK_REALTIME, &now);
	timestamp_format(&now, ret);
}

int64_t monotonic_ms(void)
{
	struct timespec now;

	read_clock(CLOCK_MONOTONIC, &now);
	return (int64_t) now.tv_sec * 1000 + now.tv_nsec / 1000000;
}
