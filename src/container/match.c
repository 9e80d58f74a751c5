/* match.c - the containers whose ids match a regular expression */
#include <dirent.h>
#include <errno.h>
#include <regex.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "container/id.h"
#include "container/operations.h"

void container_ids_release(struct container_ids *ids)
{
	for (size_t i = 0; i < ids->n; i++)
		free(ids->items[i]);
	free(ids->items);
	*ids = (struct container_ids){ 0 };
}

static void add(struct container_ids *ids, const char *id)
{
	ids->items = reallocarray(ids->items, ids->n + 1, sizeof(*ids->items));
	if (!ids->items)
		abort();
	ids->items[ids->n++] = xstrdup(id);
}

static int by_name(const void *a, const void *b)
{
	char *const *left = a, *const *right = b;

	return strcmp(*left, *right);
}

static int match(const char *root, const regex_t *regex, struct container_ids *ret,
		 struct error *err)
{
	auto_dir *dir = opendir(root);
	struct dirent *entry;
	struct error ignored;

	if (!dir && errno != ENOENT)
		return fail_errno(err, "read the state root '%s'", root);
	while (dir && (entry = readdir(dir)))
		if (container_id_check(entry->d_name, &ignored) == 0 &&
		    regexec(regex, entry->d_name, 0, NULL, 0) == 0)
			add(ret, entry->d_name);
	if (ret->n)
		qsort(ret->items, ret->n, sizeof(*ret->items), by_name);
	return 0;
}

int container_match(const char *root, const char *pattern, struct container_ids *ret,
		    struct error *err)
{
	regex_t regex;
	int r = regcomp(&regex, pattern, REG_EXTENDED | REG_NOSUB);

	*ret = (struct container_ids){ 0 };
	if (r) {
		char why[128];

		regerror(r, &regex, why, sizeof(why));
		return fail_as(err, ERROR_USAGE, EINVAL, "regular expression '%s': %s", pattern,
			       why);
	}
	r = match(root, &regex, ret, err);
	regfree(&regex);
	return r;
}
