/* stats.c - see stats.h */
#include "cgroup/stats.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/text.h"

#define FILE_MAX (1024 * 1024)
#define NS_PER_US 1000

/* The file's whole text, to be freed; NULL where it is missing or cannot be read. */
static char *read_text(int dirfd, const char *file)
{
	auto_fd fd = openat(dirfd, file, O_RDONLY | O_CLOEXEC);
	struct error ignored;
	char *text = NULL;

	if (fd < 0 || file_read_fd(fd, file, FILE_MAX, &text, NULL, &ignored) < 0)
		return NULL;
	return text;
}

/* A number, or "max": what is not there is `absent`. */
static uint64_t read_number(int dirfd, const char *file, uint64_t absent)
{
	char text[32];
	uint64_t n;

	if (file_peek(dirfd, file, text, sizeof(text)) < 0)
		return absent;
	if (str_equal(text, "max"))
		return STATS_NO_LIMIT;
	return parse_u64(text, UINT64_MAX, &n) < 0 ? absent : n;
}

/* The value behind key in "key value key=value ...", lines or words; 0: not there. */
static uint64_t find_value(const char *text, const char *key)
{
	size_t len = strlen(key);

	for (const char *p = text; (p = strstr(p, key)) != NULL; p += len) {
		bool is_start = p == text || p[-1] == '\n' || p[-1] == ' ';

		if (is_start && (p[len] == ' ' || p[len] == '='))
			return strtoull(p + len + 1, NULL, 10);
	}
	return 0;
}

uint64_t cgroup_counter_read(int cgroup_fd, const char *file, const char *key)
{
	auto_free char *text = read_text(cgroup_fd, file);

	return text ? find_value(text, key) : 0;
}

/* "12.34" as 1234, behind "key=". */
static uint32_t find_hundredths(const char *line, const char *key)
{
	const char *p = strstr(line, key);
	unsigned int whole = 0, part = 0;

	if (!p || sscanf(p + strlen(key), "=%u.%2u", &whole, &part) != 2)
		return 0;
	return whole * 100 + part;
}

static void read_stall(const char *text, const char *kind, struct cgroup_stall *ret)
{
	const char *line = strstr(text, kind);
	auto_free char *copy = line ? xasprintf("%.*s", (int) strcspn(line, "\n"), line) : NULL;

	if (!copy)
		return;
	ret->avg10 = find_hundredths(copy, "avg10");
	ret->avg60 = find_hundredths(copy, "avg60");
	ret->avg300 = find_hundredths(copy, "avg300");
	ret->total = find_value(copy, "total");
}

static void read_pressure(int dirfd, const char *file, struct cgroup_pressure *ret)
{
	auto_free char *text = read_text(dirfd, file);

	if (!text || !strstr(text, "some "))
		return;
	ret->is_known = true;
	read_stall(text, "some ", &ret->some);
	read_stall(text, "full ", &ret->full);
}

static void read_cpu(int dirfd, struct cgroup_stats *stats)
{
	auto_free char *text = read_text(dirfd, "cpu.stat");

	if (text) {
		stats->cpu.usage = find_value(text, "usage_usec") * NS_PER_US;
		stats->cpu.user = find_value(text, "user_usec") * NS_PER_US;
		stats->cpu.system = find_value(text, "system_usec") * NS_PER_US;
		stats->cpu.periods = find_value(text, "nr_periods");
		stats->cpu.throttled_periods = find_value(text, "nr_throttled");
		stats->cpu.throttled = find_value(text, "throttled_usec") * NS_PER_US;
	}
	read_pressure(dirfd, "cpu.pressure", &stats->cpu.pressure);
}

static size_t count_lines(const char *text)
{
	size_t n = 0;

	for (; *text; text++)
		n += *text == '\n';
	return n;
}

static void read_memory_stat(int dirfd, struct cgroup_stats *stats)
{
	auto_free char *text = read_text(dirfd, "memory.stat");
	char *rest = text, *line;

	if (!text)
		return;
	stats->memory.counters = xcalloc(count_lines(text) + 1, sizeof(*stats->memory.counters));
	stats->memory.cache = find_value(text, "file");
	stats->memory.kernel = find_value(text, "kernel");
	while ((line = strsep(&rest, "\n")) != NULL) {
		char *value = strchr(line, ' ');

		if (!value)
			continue;
		*value++ = '\0';
		stats->memory.counters[stats->memory.n++] = (struct cgroup_counter){
			.name = xstrdup(line),
			.value = strtoull(value, NULL, 10),
		};
	}
}

static void read_memory(int dirfd, struct cgroup_stats *stats)
{
	stats->memory.memory = (struct cgroup_usage){
		.usage = read_number(dirfd, "memory.current", 0),
		.limit = read_number(dirfd, "memory.max", 0),
		.max = read_number(dirfd, "memory.peak", 0),
		.failures = cgroup_counter_read(dirfd, "memory.events", "max"),
	};
	stats->memory.swap = (struct cgroup_usage){
		.usage = read_number(dirfd, "memory.swap.current", 0),
		.limit = read_number(dirfd, "memory.swap.max", 0),
		.max = read_number(dirfd, "memory.swap.peak", 0),
		.failures = cgroup_counter_read(dirfd, "memory.swap.events", "max"),
	};
	read_memory_stat(dirfd, stats);
	read_pressure(dirfd, "memory.pressure", &stats->memory.pressure);
}

static void read_io(int dirfd, struct cgroup_stats *stats)
{
	auto_free char *text = read_text(dirfd, "io.stat");
	char *rest = text, *line;

	read_pressure(dirfd, "io.pressure", &stats->io.pressure);
	if (!text)
		return;
	stats->io.devices = xcalloc(count_lines(text) + 1, sizeof(*stats->io.devices));
	while ((line = strsep(&rest, "\n")) != NULL) {
		struct cgroup_io *io = &stats->io.devices[stats->io.n];

		if (sscanf(line, "%" SCNu32 ":%" SCNu32, &io->major, &io->minor) != 2)
			continue;
		io->read_bytes = find_value(line, "rbytes");
		io->write_bytes = find_value(line, "wbytes");
		io->discard_bytes = find_value(line, "dbytes");
		io->reads = find_value(line, "rios");
		io->writes = find_value(line, "wios");
		io->discards = find_value(line, "dios");
		stats->io.n++;
	}
}

/* What is reserved, where the kernel counts that: a limit is met when reserving already. */
static struct cgroup_usage read_pages(int dirfd, const char *size)
{
	auto_free char *reserved = xasprintf("hugetlb.%s.rsvd.current", size);
	const char *kind = faccessat(dirfd, reserved, F_OK, 0) == 0 ? ".rsvd" : "";
	auto_free char *current = xasprintf("hugetlb.%s%s.current", size, kind);
	auto_free char *max = xasprintf("hugetlb.%s%s.max", size, kind);
	auto_free char *events = xasprintf("hugetlb.%s.events", size);

	return (struct cgroup_usage){
		.usage = read_number(dirfd, current, 0),
		.limit = read_number(dirfd, max, 0),
		.failures = cgroup_counter_read(dirfd, events, "max"),
	};
}

static void add_page_size(int dirfd, char *size, struct cgroup_stats *stats)
{
	size_t n = stats->hugetlb.n++;

	stats->hugetlb.sizes =
		xreallocarray(stats->hugetlb.sizes, n + 1, sizeof(*stats->hugetlb.sizes));
	stats->hugetlb.sizes[n] = (struct cgroup_hugetlb){
		.page_size = size,
		.pages = read_pages(dirfd, size),
	};
}

/* The sizes that this machine has are in the names of the files. */
static void read_hugetlb(int dirfd, struct cgroup_stats *stats)
{
	auto_fd fd = openat(dirfd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	auto_dir *dir = fd < 0 ? NULL : fdopendir(fd);

	if (!dir)
		return;
	fd = -1; /* dir's */
	for (struct dirent *entry; (entry = readdir(dir));) {
		const char *size = str_after(entry->d_name, "hugetlb.");
		size_t len = size ? strcspn(size, ".") : 0;

		if (size && strcmp(size + len, ".current") == 0)
			add_page_size(dirfd, xasprintf("%.*s", (int) len, size), stats);
	}
}

int cgroup_stats_read(const struct cgroup *cgroup, struct cgroup_stats *ret, struct error *err)
{
	*ret = (struct cgroup_stats){ 0 };
	if (faccessat(cgroup->fd, "cgroup.procs", F_OK, 0) < 0) {
		fail_errno(err, "read the statistics of the cgroup '%s'", cgroup->path);
		return fail_class(err, ERROR_CGROUP, NULL);
	}
	read_cpu(cgroup->fd, ret);
	read_memory(cgroup->fd, ret);
	ret->pids.current = read_number(cgroup->fd, "pids.current", 0);
	ret->pids.limit = read_number(cgroup->fd, "pids.max", 0);
	read_io(cgroup->fd, ret);
	read_hugetlb(cgroup->fd, ret);
	return 0;
}

void cgroup_stats_release(struct cgroup_stats *stats)
{
	for (size_t i = 0; i < stats->memory.n; i++)
		free(stats->memory.counters[i].name);
	for (size_t i = 0; i < stats->hugetlb.n; i++)
		free(stats->hugetlb.sizes[i].page_size);
	free(stats->memory.counters);
	free(stats->io.devices);
	free(stats->hugetlb.sizes);
	*stats = (struct cgroup_stats){ 0 };
}
