/* member_path.c - see member_path.h */
#include "image/member_path.h"

#include <errno.h>
#include <limits.h>
#include <string.h>

static int too_long(struct error *err)
{
	return fail_as(err, ERROR_IMAGE, ENAMETOOLONG, "the path is too long");
}

/* Makes the name found so far a part of the parent. */
static int descend(struct member_path *path, size_t *len, struct error *err)
{
	size_t name_len = strlen(path->name);

	if (*len + name_len + 2 > sizeof(path->parent))
		return too_long(err);
	if (*len)
		path->parent[(*len)++] = '/';
	memcpy(path->parent + *len, path->name, name_len + 1);
	*len += name_len;
	return 0;
}

int member_path_parse(const char *text, struct member_path *ret, struct error *err)
{
	size_t parent_len = 0;
	unsigned int depth = 0;

	ret->parent[0] = ret->name[0] = '\0';
	for (;;) {
		size_t n;

		text += strspn(text, "/");
		n = strcspn(text, "/");
		if (n == 0) /* the whole path is to fit, too */
			return parent_len + strlen(ret->name) + 2 > PATH_MAX ? too_long(err) : 0;
		if (n == 2 && memcmp(text, "..", 2) == 0)
			return fail_as(err, ERROR_IMAGE, EINVAL, "the path has a '..' component");
		if (n > NAME_MAX || ++depth > DEPTH_MAX)
			return too_long(err);
		if (!(n == 1 && *text == '.')) {
			if (ret->name[0] && descend(ret, &parent_len, err) < 0)
				return -err->code;
			memcpy(ret->name, text, n);
			ret->name[n] = '\0';
		}
		text += n;
	}
}
