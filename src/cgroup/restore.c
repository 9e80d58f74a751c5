/* restore.c - see restore.h */
#include "cgroup/restore.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/log.h"
#include "base/text.h"

#define FILE_SIZE 16384

struct restore_entry {
	char *file;
	char *value; /* NULL: not known */
	struct restore_entry *next;
};

/* What a device has whose line is not there, by the file's name. */
static const char *device_default(const char *file)
{
	if (str_equal(file, "io.max"))
		return "rbps=max wbps=max riops=max wiops=max";
	if (str_equal(file, "io.weight") || str_equal(file, "io.bfq.weight"))
		return "default";
	if (str_equal(file, "io.latency"))
		return "target=0";
	if (str_equal(file, "rdma.max"))
		return "hca_handle=max hca_object=max";
	return NULL;
}

/* The line of before that begins with the word key[0..len); NULL: none. */
static char *find_line(const char *before, const char *key, size_t len)
{
	while (*before) {
		size_t n = strcspn(before, "\n");

		if (n > len && strncmp(before, key, len) == 0 && before[len] == ' ')
			return xasprintf("%.*s", (int) n, before);
		before += n + (before[n] == '\n');
	}
	return NULL;
}

/* "8:16 rbps=1", or the name of a device, a resource or a region of memory in front of its limits. */
static bool is_for_device(const char *file, const char *value)
{
	size_t major = strspn(value, "0123456789");

	return str_equal(file, "rdma.max") || str_after(file, "misc.") ||
	       str_after(file, "dmem.") || (major > 0 && value[major] == ':');
}

char *restore_value(const char *file, const char *value, const char *before)
{
	size_t key = strcspn(value, " ");
	char *line;

	if (is_for_device(file, value)) {
		const char *absent = device_default(file);

		line = find_line(before, value, key);
		if (!line && absent)
			line = xasprintf("%.*s %s", (int) key, value, absent);
		return line;
	}
	line = find_line(before, "default", strlen("default"));
	if (line)
		return line;
	if (strchr(before, '\n'))
		return NULL;
	/* an empty list (cpuset.cpus) is written as an empty line */
	return xstrdup(*before ? before : "\n");
}

static void note(struct restore *restore, const char *file, char *value)
{
	struct restore_entry *entry = xcalloc(1, sizeof(*entry));

	entry->file = xstrdup(file);
	entry->value = value;
	entry->next = restore->last;
	restore->last = entry;
}

void restore_note(struct restore *restore, int cgroup_fd, const char *file, const char *value)
{
	char before[FILE_SIZE];

	/* the kernel forgets the weight of a cgroup that becomes idle, and shows 0 while it is */
	if (str_equal(file, "cpu.idle") &&
	    file_peek(cgroup_fd, "cpu.weight", before, sizeof(before)) >= 0 &&
	    !str_equal(before, "0"))
		note(restore, "cpu.weight", xstrdup(before));
	if (file_peek(cgroup_fd, file, before, sizeof(before)) < 0)
		note(restore, file, NULL);
	else
		note(restore, file, restore_value(file, value, before));
}

void restore_put_back(struct restore *restore, int cgroup_fd)
{
	for (const struct restore_entry *e = restore->last; e; e = e->next) {
		int rc = e->value ? file_put(cgroup_fd, e->file, e->value) : 0;

		if (!e->value)
			log_warning("the cgroup's '%s' cannot be put back: what it was cannot be read",
				    e->file);
		else if (rc < 0 && rc != -ENODEV) /* of a device that is not there */
			log_warning("the cgroup's '%s' cannot be put back to '%s': %s", e->file,
				    e->value, strerror(-rc));
	}
}

void restore_release(struct restore *restore)
{
	while (restore->last) {
		struct restore_entry *entry = restore->last;

		restore->last = entry->next;
		free(entry->file);
		free(entry->value);
		free(entry);
	}
}
