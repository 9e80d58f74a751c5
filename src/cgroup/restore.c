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

static bool has_word(const char *list, const char *word, size_t len)
{
	for (size_t n; *list; list += n + (list[n] == ' ')) {
		n = str_until(list, ' ');
		if (n == len && strncmp(list, word, len) == 0)
			return true;
	}
	return false;
}

/* "+pids -cpu" adds and takes away: what that has changed, the other way round. */
static char *undo_controllers(const char *value, const char *before)
{
	auto_str undo = { 0 };

	for (size_t n; *value; value += n + (value[n] != '\0')) {
		n = strcspn(value, " \n");
		if (n > 1 && has_word(before, value + 1, n - 1) != (*value == '+'))
			str_printf(&undo, "%c%.*s ", *value == '+' ? '-' : '+', (int) n - 1,
				   value + 1);
	}
	return xstrdup(undo.len ? undo.data : "\n");
}

char *restore_value(const char *file, const char *value, const char *before)
{
	size_t key = strcspn(value, " ");
	char *line;

	if (str_equal(file, "cgroup.subtree_control"))
		return undo_controllers(value, before);
	/* "root invalid (why)" is shown where "root" was written */
	if (str_equal(file, "cpuset.cpus.partition"))
		return xasprintf("%.*s", (int) str_until(before, ' '), before);
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

/* Not of an idle cgroup: it has none, which the kernel shows as 0 and does not take. */
static void note_weight(struct restore *restore, int cgroup_fd)
{
	char weight[32];

	if (file_peek(cgroup_fd, "cpu.weight", weight, sizeof(weight)) >= 0 &&
	    !str_equal(weight, "0"))
		note(restore, "cpu.weight", xstrdup(weight));
}

/* The kernel empties no list of cpuset while there are processes; what was in force is as good until the cgroup
 * above is given more.  So that is put back first. */
static void note_effective(struct restore *restore, int cgroup_fd, const char *file)
{
	auto_free char *effective = xasprintf("%s.effective", file);
	char before[FILE_SIZE];

	if (file_peek(cgroup_fd, effective, before, sizeof(before)) > 0)
		note(restore, file, xstrdup(before));
}

void restore_note(struct restore *restore, int cgroup_fd, const char *file, const char *value)
{
	char before[FILE_SIZE];

	/* the kernel forgets the weight of a cgroup that becomes idle; and most weights lie between two of nice */
	if (str_equal(file, "cpu.idle") || str_equal(file, "cpu.weight.nice"))
		note_weight(restore, cgroup_fd);
	if (str_equal(file, "cpu.weight.nice"))
		return;
	if (file_peek(cgroup_fd, file, before, sizeof(before)) < 0) {
		note(restore, file, NULL);
		return;
	}
	note(restore, file, restore_value(file, value, before));
	if (!*before)
		note_effective(restore, cgroup_fd, file);
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
				    str_equal(e->value, "\n") ? "" : e->value, strerror(-rc));
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
