/* machine.c - what this machine takes for the things that a container's start is made of
 *
 * Prints a line for each: microseconds (the median of many), and what.  Where page tables and CPUID are
 * virtual, these differ from machine to machine by more than programs do. */
#include <err.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#ifdef __x86_64__
#include <cpuid.h>
#endif

#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE 23
#endif

#define TIMES 200
#define PAGE 4096UL
#define PAGES 16UL

static char *map(void)
{
	char *pages = mmap(NULL, PAGES * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
			   -1, 0);

	if (pages == MAP_FAILED)
		err(1, "mmap");
	return pages;
}

static void touch(char *pages)
{
	for (size_t i = 0; i < PAGES; i++)
		((volatile char *) pages)[i * PAGE] = 1;
}

static double now_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double) now.tv_sec * 1e6 + (double) now.tv_nsec / 1e3;
}

static double system_call(void)
{
	double begin = now_us();

	for (int i = 0; i < 16; i++)
		syscall(SYS_getppid);
	return (now_us() - begin) / 16;
}

static double cpuid(void)
{
#ifdef __x86_64__
	unsigned int a, b, c, d;
	double begin = now_us();

	for (int i = 0; i < 16; i++)
		__cpuid(0, a, b, c, d);
	return (now_us() - begin) / 16;
#else
	return 0;
#endif
}

static double faults(void)
{
	char *pages = map();
	double begin = now_us(), end;

	touch(pages);
	end = now_us();
	munmap(pages, PAGES * PAGE);
	return (end - begin) / (double) PAGES;
}

static double faults_at_once(void)
{
	char *pages = map();
	double begin = now_us(), end;

	madvise(pages, PAGES * PAGE, MADV_POPULATE_WRITE);
	touch(pages);
	end = now_us();
	munmap(pages, PAGES * PAGE);
	return (end - begin) / (double) PAGES;
}

static double protect(void)
{
	char *pages = map();
	double begin, end;

	touch(pages);
	begin = now_us();
	mprotect(pages, PAGES * PAGE, PROT_READ);
	end = now_us();
	munmap(pages, PAGES * PAGE);
	return end - begin;
}

static double unmap(void)
{
	char *pages = map();
	double begin;

	touch(pages);
	begin = now_us();
	munmap(pages, PAGES * PAGE);
	return now_us() - begin;
}

static double wait_since(double begin, pid_t pid)
{
	if (pid < 0 || waitpid(pid, NULL, 0) < 0)
		err(1, "fork");
	return now_us() - begin;
}

static double make_process(void)
{
	double begin = now_us();
	pid_t pid = fork();

	if (pid == 0)
		_exit(0);
	return wait_since(begin, pid);
}

static double make_namespaces(void)
{
	double begin = now_us();
	pid_t pid = (pid_t) syscall(SYS_clone,
				    SIGCHLD | CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWNET |
					    CLONE_NEWIPC | CLONE_NEWUTS,
				    NULL, NULL, NULL, NULL);

	if (pid == 0)
		_exit(0);
	return wait_since(begin, pid);
}

static const struct {
	const char *what;
	double (*measure)(void);
} rows[] = {
	{ "a system call", system_call },
	{ "a CPUID instruction", cpuid },
	{ "a page fault, one of 16", faults },
	{ "a page of 16 that are asked for at once", faults_at_once },
	{ "mprotect of 16 pages", protect },
	{ "munmap of 16 pages", unmap },
	{ "a fork that ends at once", make_process },
	{ "the same with five namespaces", make_namespaces },
};

static int compare(const void *a, const void *b)
{
	double left = *(const double *) a, right = *(const double *) b;

	return (left > right) - (left < right);
}

int main(void)
{
	static double samples[sizeof(rows) / sizeof(*rows)][TIMES];

	for (size_t i = 0; i < TIMES; i++)
		for (size_t j = 0; j < sizeof(rows) / sizeof(*rows); j++)
			samples[j][i] = rows[j].measure();
	for (size_t j = 0; j < sizeof(rows) / sizeof(*rows); j++) {
		qsort(samples[j], TIMES, sizeof(**samples), compare);
		printf("%9.1f  %s\n", samples[j][TIMES / 2], rows[j].what);
	}
	return 0;
}
