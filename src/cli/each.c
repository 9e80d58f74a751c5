/* each.c - see each.h */
#include "cli/each.h"

#include "base/log.h"
#include "container/operations.h"

int each_container(const struct invocation *invocation, bool is_regex,
		   int (*work)(const char *root, const char *id, const void *arg, struct error *err),
		   const void *arg, struct error *err)
{
	const char *root = invocation->global->root;
	struct container_ids ids;
	int result = 0, r;

	if (!is_regex)
		return work(root, invocation->arguments[0], arg, err);
	r = container_match(root, invocation->arguments[0], &ids, err);
	if (r < 0)
		return r;
	for (size_t i = 0; i < ids.n; i++) {
		struct error failure;

		r = work(root, ids.items[i], arg, &failure);
		if (r < 0 && result < 0)
			log_warning("%s", failure.text);
		else if (r < 0)
			*err = failure;
		result = result < 0 ? result : r;
	}
	container_ids_release(&ids);
	return result;
}
