/* match.c - the containers whose ids match a regular expression */
#include <errno.h>
#include <regex.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "container/operations.h"
#include "container/state_dir.h"

void container_ids_release(struct container_ids *ids)
{
	for (size_t i = 0; i < ids->n; i++)
		free(ids->items[i]);
	free(ids->items);
	*ids = (struct container_ids){ 0 };
}

struct search {
	const regex_t *regex;
	struct container_ids *ids;
};

static void add(const char *id, void *arg)
{
	const struct search *search = arg;
	struct container_ids *ids = search->ids;

	if (regexec(search->regex, id, 0, NULL, 0) != 0)
		return;
	ids->items = xreallocarray(ids->items, ids->n + 1, sizeof(*ids->items));
	ids->items[ids->n++] = xstrdup(id);
}

static int by_name(const void *a, const void *b)
{
	char *const *left = a, *const *right = b;

	return strcmp(*left, *right);
}

int container_match(const char *root, const char *pattern, struct container_ids *ret,
		    struct error *err)
{
	regex_t regex;
	struct search search = { &regex, ret };
	int r;

	*ret = (struct container_ids){ 0 };
	/* a variable that nobody has filled in must not mean all */
	if (!*pattern)
		return fail_as(err, ERROR_USAGE, EINVAL,
			       "the regular expression is empty ('.' matches every container)");
	r = regcomp(&regex, pattern, REG_EXTENDED | REG_NOSUB);
	if (r) {
		char why[128];

		regerror(r, &regex, why, sizeof(why));
		return fail_as(err, ERROR_USAGE, EINVAL, "regular expression '%s': %s", pattern,
			       why);
	}
	r = state_root_read(root, add, &search, err);
	regfree(&regex);
	if (r < 0)
		container_ids_release(ret);
	else if (ret->n)
		qsort(ret->items, ret->n, sizeof(*ret->items), by_name);
	return r;
}
