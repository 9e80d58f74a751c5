/* list.c - the state of one container, and of all */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "base/text.h"
#include "container/id.h"
#include "container/operations.h"
#include "container/passwd.h"
#include "container/record.h"
#include "container/state_dir.h"
#include "libocispec/document.h"

void container_summary_release(struct container_summary *summary)
{
	oci_release(&oci_state_desc, &summary->state);
	free(summary->rootfs);
	free(summary->created);
	free(summary->owner);
	*summary = (struct container_summary){ 0 };
}

static char *owner_name(uint32_t uid)
{
	char *name = passwd_look_up(uid, PASSWD_NAME);

	return name ? name : xasprintf("%u", uid);
}

/* Takes the record's strings. */
static void summarize(struct container_record *record, const struct state_dir *dir,
		      struct container_summary *ret)
{
	enum container_status status = record_status(record, dir);
	bool has_process = status != STATUS_STOPPED && status != STATUS_CREATING;

	*ret = (struct container_summary) {
		.state = {
			.oci_version = TAKE_PTR(record->oci_version),
			.id = TAKE_PTR(record->id),
			.status = xstrdup(container_status_name(status)),
			.pid = { .is_set = has_process, .value = has_process ? record->pid : 0 },
			.bundle = TAKE_PTR(record->bundle),
			.annotations = record->annotations,
		},
		.rootfs = TAKE_PTR(record->rootfs),
		.created = TAKE_PTR(record->created),
		.owner = owner_name(record->owner),
	};
	record->annotations = (struct oci_string_map){ 0 };
}

int container_state(const char *root, const char *id, struct container_summary *ret,
		    struct error *err)
{
	auto_state_dir dir = STATE_DIR_NONE;
	auto_record record = { 0 };
	int r;

	r = state_dir_open(root, id, &dir, err);
	if (r == 0)
		r = record_read(dir.fd, &record, err);
	if (r < 0)
		return r;
	summarize(&record, &dir, ret);
	return 0;
}

static int by_id(const void *a, const void *b)
{
	const struct container_summary *left = a, *right = b;

	return strcmp(left->state.id, right->state.id);
}

/* A directory without a state is one that is being made or deleted right now; and a file is no container. */
static void add(const char *root, const char *id, struct container_summary **list, size_t *n)
{
	struct container_summary summary;
	struct error err;
	int r = container_state(root, id, &summary, &err);

	if (r == -ENOENT || r == -ENOTDIR)
		log_debug("list: %s", err.text);
	else if (r < 0)
		log_warning("container '%s' is not listed: %s", id, err.text);
	if (r < 0)
		return;
	*list = reallocarray(*list, *n + 1, sizeof(**list));
	if (!*list)
		abort();
	(*list)[(*n)++] = summary;
}

int container_list(const char *root, struct container_summary **ret, size_t *ret_n,
		   struct error *err)
{
	struct container_summary *list = NULL;
	auto_dir *dir = opendir(root);
	struct dirent *entry;
	struct error ignored;
	size_t n = 0;

	if (!dir && errno != ENOENT)
		return fail_errno(err, "read the state root '%s'", root);
	while (dir && (entry = readdir(dir)))
		if (container_id_check(entry->d_name, &ignored) == 0)
			add(root, entry->d_name, &list, &n);
	if (n)
		qsort(list, n, sizeof(*list), by_id);
	*ret = list;
	*ret_n = n;
	return 0;
}
