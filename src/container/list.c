/* list.c - the state of one container, and of all */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "base/text.h"
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
	auto_free char *name = passwd_look_up(uid, PASSWD_NAME);

	/* The list goes to a terminal, or is JSON. */
	return name && str_is_text(name) ? TAKE_PTR(name) : xasprintf("%u", uid);
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
		r = record_load(&dir, &record, err);
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

struct list {
	const char *root;
	struct container_summary *items;
	size_t n;
};

/* A directory without a state is one that is being made or deleted right now; and a file is no container. */
static void add(const char *id, void *arg)
{
	struct list *list = arg;
	struct container_summary summary;
	struct error err;
	int r = container_state(list->root, id, &summary, &err);

	if (r == -ENOENT || r == -ENOTDIR)
		log_debug("list: %s", err.text);
	else if (r < 0)
		log_warning("%s (it is not listed)", err.text);
	if (r < 0)
		return;
	list->items = xreallocarray(list->items, list->n + 1, sizeof(*list->items));
	list->items[list->n++] = summary;
}

int container_list(const char *root, struct container_summary **ret, size_t *ret_n,
		   struct error *err)
{
	struct list list = { .root = root };
	int r = state_root_read(root, add, &list, err);

	if (list.n)
		qsort(list.items, list.n, sizeof(*list.items), by_id);
	*ret = list.items;
	*ret_n = list.n;
	return r;
}
