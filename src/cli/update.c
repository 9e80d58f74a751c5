/* update.c - the command update: each limit's option points to its place in linux.resources */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/text.h"
#include "cli/commands.h"
#include "container/operations.h"
#include "libocispec/document.h"
#include "libocispec/resources.h"

struct limits {
	struct oci_memory memory;
	struct oci_cpu cpu;
	struct oci_pids pids;
	struct oci_block_io block_io;
};

struct update_options {
	const char *file;
	struct limits limits;
	const char *l3_cache_schema;
	const char *mem_bw_schema;
};

static int read_file(const char *name, char **ret_json, size_t *ret_len, struct error *err)
{
	auto_fd fd = -1;

	if (str_equal(name, "-"))
		return file_read_fd(STDIN_FILENO, "the standard input", OCI_DOCUMENT_MAX, ret_json,
				    ret_len, err);
	fd = open(name, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return fail_errno(err, "open '%s'", name);
	return file_read_fd(fd, name, OCI_DOCUMENT_MAX, ret_json, ret_len, err);
}

/* What the file says; to be released. */
static int read_resources(const char *name, struct oci_resources *ret, struct error *err)
{
	auto_free char *json = NULL;
	struct oci_error reason;
	size_t len;
	int r;

	r = read_file(name, &json, &len, err);
	if (r < 0)
		return r;
	r = oci_parse(&oci_resources_desc, ret, json, len, &reason);
	if (r == 0)
		return 0;
	fail(err, reason.code, "%s: %s: %s", str_equal(name, "-") ? "the standard input" : name,
	     reason.path, reason.text);
	return fail_class(err, ERROR_CONFIG, reason.path);
}

static bool has_schema(const struct update_options *options)
{
	return options->l3_cache_schema || options->mem_bw_schema;
}

static int check_options(const struct update_options *options, bool has_limits, struct error *err)
{
	if (has_schema(options) && (options->file || has_limits))
		return fail_as(err, ERROR_USAGE, EINVAL,
			       "options '--l3-cache-schema' and '--mem-bw-schema' cannot be given "
			       "together with others: they could not be undone with them");
	if (has_schema(options))
		return 0;
	if (options->file && has_limits)
		return fail_as(err, ERROR_USAGE, EINVAL,
			       "option '--resources' and an option for a single limit cannot be "
			       "given together");
	if (!options->file && !has_limits)
		return fail_as(err, ERROR_USAGE, EINVAL, "there is nothing to update");
	return 0;
}

static int update_run(const struct invocation *invocation, struct error *err)
{
	static const struct limits none;
	const struct update_options *options = invocation->options;
	struct limits limits = options->limits;
	struct oci_resources resources = { 0 }, given = {
		.memory = &limits.memory,
		.cpu = &limits.cpu,
		.pids = &limits.pids,
		.block_io = &limits.block_io,
	};
	int r;

	r = check_options(options, memcmp(&options->limits, &none, sizeof(none)) != 0, err);
	if (r == 0 && options->file)
		r = read_resources(options->file, &resources, err);
	if (r < 0)
		return r;
	if (has_schema(options))
		return container_update_rdt(invocation->global->root, invocation->arguments[0],
					    options->l3_cache_schema, options->mem_bw_schema, err);
	r = container_update(invocation->global->root, invocation->arguments[0],
			     options->file ? &resources : &given, err);
	oci_release(&oci_resources_desc, &resources);
	return r;
}

/* clang-format off */
#define LIMIT(member, name, value, ...) OPTION(update_options, limits.member, name, 0, value, __VA_ARGS__)

static const struct option_row rows[] = {
	OPTION(update_options, file, "resources", 'r', "FILE",
	       "read the limits from FILE (- is the standard input), as linux.resources has them"),
	LIMIT(memory.limit, "memory", "BYTES", "memory", .is_bytes = true),
	LIMIT(memory.reservation, "memory-reservation", "BYTES",
	      "memory that is not reclaimed while there is other", .is_bytes = true),
	LIMIT(memory.swap, "memory-swap", "BYTES", "memory and swap together", .is_bytes = true),
	LIMIT(cpu.shares, "cpu-share", "N", "weight among its siblings, 2 to 262144"),
	LIMIT(cpu.shares, "cpu-shares", "N", NULL),
	LIMIT(cpu.quota, "cpu-quota", "US", "microseconds of processor time in each period"),
	LIMIT(cpu.period, "cpu-period", "US", "length of the period in microseconds"),
	LIMIT(cpu.burst, "cpu-burst", "US", "microseconds that may be saved up for later periods"),
	LIMIT(cpu.idle, "cpu-idle", "N", "1: runs only when nothing else wants to; 0: not so"),
	LIMIT(cpu.cpus, "cpuset-cpus", "LIST", "processors: 0-2,7"),
	LIMIT(cpu.mems, "cpuset-mems", "LIST", "memory nodes"),
	LIMIT(pids.limit, "pids-limit", "N", "number of processes and threads; -1: no limit"),
	LIMIT(block_io.weight, "blkio-weight", "N", "weight of its input and output, 10 to 1000"),
	LIMIT(cpu.realtime_period, "cpu-rt-period", "US", "refused: cgroup v2 has no such limit"),
	LIMIT(cpu.realtime_runtime, "cpu-rt-runtime", "US", "refused: cgroup v2 has no such limit"),
	LIMIT(memory.kernel, "kernel-memory", "BYTES", "ignored: cgroup v1 only", .is_bytes = true),
	LIMIT(memory.kernel_tcp, "kernel-memory-tcp", "BYTES", "ignored: cgroup v1 only",
	      .is_bytes = true),
	OPTION(update_options, l3_cache_schema, "l3-cache-schema", 0, "SCHEMA",
	       "share of the cache, as linux.intelRdt has it: L3:0=f;1=f"),
	OPTION(update_options, mem_bw_schema, "mem-bw-schema", 0, "SCHEMA",
	       "share of the memory bandwidth: MB:0=20;1=70"),
	OPTIONS_END
};
/* clang-format on */

const struct command update_command = {
	.name = "update",
	.arguments = "ID",
	.summary = "Change the limits of a container",
	.min_arguments = 1,
	.max_arguments = 1,
	.uses_state = true,
	.options = rows,
	.options_size = sizeof(struct update_options),
	.run = update_run,
};
