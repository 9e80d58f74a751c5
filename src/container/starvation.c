/* starvation.c - see starvation.h */
#include "container/starvation.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/log.h"
#include "base/process.h"
#include "base/text.h"
#include "base/wait.h"
#include "cgroup/stats.h"

/* How long the kernel may take for the rest of an execve(2). */
#define EXECUTION_LIMIT_MS 1000

static const char where[] = "linux.resources.memory.limit";

/* One process that begins in a cgroup. */
struct beginning {
	int cgroup;
	int64_t limit;	 /* bytes, as config.json has it; 0: not known */
	uint64_t killed; /* how many were, by the kernel, before */
	bool is_exec;
	pid_t pid;
	int pidfd;
};

/* The limit, if there is one and a cgroup that holds it; 0: none.  What the kernel has killed before an
 * exec is known only with very little memory. */
static int64_t limit_of(const struct container *container)
{
	const struct oci_resources *resources = container_linux(container)->resources;

	if (container->is_exec && !container_has_very_little_memory(container))
		return 0;
	if (container->cgroup.fd < 0 || !resources || !resources->memory ||
	    resources->memory->limit.value <= 0)
		return 0;
	return resources->memory->limit.value;
}

static struct beginning beginning_of(const struct container *container)
{
	return (struct beginning){
		.cgroup = container->cgroup.fd,
		.limit = limit_of(container),
		.killed = container->oom_kills,
		.is_exec = container->is_exec,
		.pid = container->init.pid,
		.pidfd = container->init.pidfd,
	};
}

static uint64_t count_killed(int cgroup)
{
	return cgroup_counter_read(cgroup, "memory.events", "oom_kill");
}

static bool was_killed(const struct beginning *beginning)
{
	return count_killed(beginning->cgroup) > beginning->killed;
}

/* 0 where the file is missing or says "max". */
static uint64_t read_bytes(int cgroup, const char *file)
{
	char text[32];
	uint64_t n;

	if (file_peek(cgroup, file, text, sizeof(text)) < 0 || parse_u64(text, UINT64_MAX, &n) < 0)
		return 0;
	return n;
}

/* "N bytes are too few to VERB the container, which had used up to M" */
static void describe(const struct beginning *beginning, const char *verb, struct str *ret)
{
	uint64_t limit = read_bytes(beginning->cgroup, "memory.max");
	uint64_t used = read_bytes(beginning->cgroup, "memory.peak");

	str_printf(ret, "%s: %" PRIu64 " bytes are too few to %s the container", where,
		   limit ? limit : (uint64_t) beginning->limit, verb);
	if (used > 0)
		str_printf(ret, ", which had used up to %" PRIu64, used);
}

static int explain(const struct beginning *beginning, const char *what, struct error *err)
{
	auto_str text = { 0 };

	describe(beginning, beginning->is_exec ? "run one more process in" : "set up", &text);
	fail_in(err, "%s: the kernel %s", text.data, what);
	return fail_class(err, ERROR_CONFIG, where);
}

void starvation_prepare(struct container *container)
{
	if (container_has_very_little_memory(container) && container->cgroup.fd >= 0)
		container->oom_kills = count_killed(container->cgroup.fd);
}

int starvation_explain(const struct container *container, struct error *err)
{
	const struct beginning beginning = beginning_of(container);

	if (beginning.limit == 0)
		return -err->code;
	if (was_killed(&beginning))
		return explain(&beginning, "killed it", err);
	if (err->code == ENOMEM)
		return explain(&beginning, "refused it more", err);
	return -err->code;
}

/* Its end of the socket is closed before the program's memory is made: there the kernel may still be. */
static void wait_for_program(const struct beginning *beginning)
{
	for (int i = 0; i < EXECUTION_LIMIT_MS; i++)
		if (process_is_loaded(beginning->pid) || wait_for(beginning->pidfd, 1) != 0)
			return;
}

static int check(const struct beginning *beginning, struct error *err)
{
	struct pollfd end = { .fd = beginning->pidfd, .events = POLLIN };

	if (poll(&end, 1, 0) <= 0 || !was_killed(beginning))
		return 0;
	fail(err, ENOMEM, "container %s: killed by signal 9", beginning->is_exec ? "exec" : "init");
	return explain(beginning, "killed it", err);
}

int starvation_check(const struct container *container, struct error *err)
{
	const struct beginning beginning = beginning_of(container);

	if (beginning.limit == 0)
		return 0;
	if (container_has_very_little_memory(container))
		wait_for_program(&beginning);
	return check(&beginning, err);
}

void starvation_warn(const struct container *container, int status)
{
	const struct beginning beginning = beginning_of(container);
	auto_str text = { 0 };

	if (status != 128 + SIGKILL || !container_has_very_little_memory(container) ||
	    beginning.limit == 0 || !was_killed(&beginning))
		return;
	describe(&beginning, "run", &text);
	log_warning("%s: the kernel killed it", text.data);
}

int starvation_check_started(const struct container_record *record, int pidfd, struct error *err)
{
	struct beginning beginning = { .pid = (pid_t) record->pid, .pidfd = pidfd };
	struct cgroup cgroup = CGROUP_NONE;
	int r;

	if (pidfd < 0 || cgroup_open(record->cgroup_mount, record->cgroup_path, &cgroup, err) < 0)
		return 0;
	beginning.cgroup = cgroup.fd;
	wait_for_program(&beginning);
	r = check(&beginning, err);
	cgroup_release(&cgroup);
	return r;
}
