/* cpu_affinity.c - see cpu_affinity.h */
#include "linux/cpu_affinity.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/bit_list.h"

#define CPUS_MAX 8192 /* the kernel's largest NR_CPUS */

static int check_one(const char *cpus, const char *where, struct error *err)
{
	unsigned long bits[CPUS_MAX / BIT_LIST_WORD] = { 0 };

	if (cpus && *cpus && bit_list_parse(cpus, bits, CPUS_MAX) < 0)
		return fail_at(err, EINVAL, where, "malformed list of CPUs '%s'", cpus);
	return 0;
}

int cpu_affinity_check(const struct oci_exec_cpu_affinity *config, struct error *err)
{
	int r;

	if (!config)
		return 0;
	r = check_one(config->initial, "process.execCPUAffinity.initial", err);
	return r < 0 ? r : check_one(config->final, "process.execCPUAffinity.final", err);
}

int cpu_affinity_apply(const char *cpus, struct error *err)
{
	unsigned long bits[CPUS_MAX / BIT_LIST_WORD] = { 0 };

	if (!cpus || !*cpus)
		return 0;
	if (bit_list_parse(cpus, bits, CPUS_MAX) < 0)
		return fail(err, EINVAL, "malformed list of CPUs '%s'", cpus);
	if (syscall(SYS_sched_setaffinity, 0, sizeof(bits), bits) < 0)
		return fail_errno(err, "bind the process to the CPUs '%s'", cpus);
	return 0;
}
