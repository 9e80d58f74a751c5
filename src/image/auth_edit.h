/* auth_edit.h - one entry of a credentials file changed, and every other byte of it kept
 *
 * The file may be docker's config.json, which has settings of its own beside "auths", and members in
 * the entries that only others know. */
#ifndef IMAGE_AUTH_EDIT_H
#define IMAGE_AUTH_EDIT_H

#include <stdbool.h>

#include "base/text.h"

/* Appends to *ret the document `text`, a JSON object, without the members of "auths" for which
 * is_gone(context, their name) holds, and with `member` ("NAME": VALUE) as a new one; NULL: none. */
void auth_edit(const char *text, bool (*is_gone)(const void *context, const char *name),
	       const void *context, const char *member, struct str *ret);

#endif
