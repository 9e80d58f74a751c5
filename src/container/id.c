/* id.c - see id.h */
#include "container/id.h"

#include <errno.h>
#include <limits.h>
#include <string.h>

#define ID_ALPHABET "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_+-."

int container_id_check(const char *id, struct error *err)
{
	size_t valid = 0;

	while (id[valid] && strchr(ID_ALPHABET, id[valid]))
		valid++;
	if (!*id)
		return fail_as(err, ERROR_USAGE, EINVAL, "the container id is empty");
	if (id[valid])
		return fail_as(err, ERROR_USAGE, EINVAL,
			       "container id '%.64s': the character '%c' is not allowed (only letters, "
			       "digits and _ + - .)",
			       id, id[valid]);
	if (valid > NAME_MAX)
		return fail_as(err, ERROR_USAGE, ENAMETOOLONG,
			       "container id '%.32s...': longer than %d characters", id, NAME_MAX);
	if (strcmp(id, ".") == 0 || strcmp(id, "..") == 0)
		return fail_as(err, ERROR_USAGE, EINVAL, "container id '%s': not a name", id);
	return 0;
}
