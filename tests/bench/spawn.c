/* spawn.c - runs a command N times, one after another, and tells what one run costs
 *
 *	spawn N PROGRAM ARGUMENT...
 *	spawn -p N PROGRAM ARGUMENT...		all N at the same time
 *
 * In an argument, '%' stands for the number of the run.  Prints one line: microseconds of wall
 * time per run (mean, median), and of one run's process, with the children that it waited for,
 * the peak resident KiB and the median of minor page faults.  Static and small, for the peak
 * resident set that a child starts with is this program's. */
#define _GNU_SOURCE
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MAX_ARGUMENTS 64

static double now_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double) now.tv_sec * 1e6 + (double) now.tv_nsec / 1e3;
}

static int compare(const void *a, const void *b)
{
	double left = *(const double *) a, right = *(const double *) b;

	return (left > right) - (left < right);
}

static double median(double *values, int n)
{
	qsort(values, (size_t) n, sizeof(*values), compare);
	return values[n / 2];
}

/* argv with the number in the place of '%' */
static void number_arguments(char **argv, int number, char **ret)
{
	static char buf[MAX_ARGUMENTS][256];
	int i;

	for (i = 0; argv[i] && i < MAX_ARGUMENTS - 1; i++) {
		char *mark = strchr(argv[i], '%');

		ret[i] = argv[i];
		if (!mark)
			continue;
		snprintf(buf[i], sizeof(buf[i]), "%.*s%d%s", (int) (mark - argv[i]), argv[i],
			 number, mark + 1);
		ret[i] = buf[i];
	}
	ret[i] = NULL;
}

/* Not by posix_spawn(3), which makes about seventy system calls for the signals. */
static void start(char **argv, int number, pid_t *ret)
{
	char *arguments[MAX_ARGUMENTS];

	number_arguments(argv, number, arguments);
	*ret = vfork();
	if (*ret == 0) {
		execv(arguments[0], arguments);
		_exit(127);
	}
	if (*ret < 0)
		err(1, "fork");
}

/* Prints the microseconds of wall time until all have ended, divided by N. */
static int run_together(int n, char **argv)
{
	double begin = now_us();
	pid_t pid;
	int status;

	for (int i = 0; i < n; i++)
		start(argv, i, &pid);
	for (int i = 0; i < n; i++)
		if (wait(&status) < 0 || status)
			errx(1, "a run of '%s' ended with status %#x", argv[0], status);
	printf("%.1f\n", (now_us() - begin) / n);
	return 0;
}

int main(int argc, char **argv)
{
	int n = argc > 2 ? atoi(argv[1]) : 0;
	double *us = calloc((size_t) n + 1, sizeof(*us));
	double *faults = calloc((size_t) n + 1, sizeof(*faults));
	long peak = 0;
	double begin;

	if (argc > 3 && strcmp(argv[1], "-p") == 0 && atoi(argv[2]) > 0)
		return run_together(atoi(argv[2]), argv + 3);
	if (n <= 0 || !us || !faults)
		errx(2, "usage: spawn N PROGRAM ARGUMENT...");
	begin = now_us();
	for (int i = 0; i < n; i++) {
		struct rusage usage;
		int status;
		pid_t pid;

		us[i] = now_us();
		start(argv + 2, i, &pid);
		if (wait4(pid, &status, 0, &usage) < 0)
			err(1, "wait for '%s'", argv[2]);
		us[i] = now_us() - us[i];
		if (status)
			errx(1, "run %d of '%s' ended with status %#x", i, argv[2], status);
		faults[i] = (double) usage.ru_minflt;
		if (usage.ru_maxrss > peak)
			peak = usage.ru_maxrss;
	}
	begin = (now_us() - begin) / n;
	printf("%.1f %.1f %ld %.0f\n", begin, median(us, n), peak, median(faults, n));
	return 0;
}
