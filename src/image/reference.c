/* reference.c - see reference.h */
#include "image/reference.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

static int bad(const char *text, const char *why, struct error *err)
{
	return fail_as(err, ERROR_USAGE, EINVAL, "image '%s' %s: write oci:DIR or oci:DIR:TAG",
		       text, why);
}

int reference_parse(const char *text, struct reference *ret, struct error *err)
{
	const char *dir = str_after(text, "oci:"), *colon;

	if (!dir)
		return bad(text, "does not begin with 'oci:'", err);
	colon = strchr(dir, ':');
	if (!*dir || colon == dir)
		return bad(text, "names no directory", err);
	if (colon && !colon[1])
		return bad(text, "has an empty tag", err);
	ret->dir = colon ? xasprintf("%.*s", (int) (colon - dir), dir) : xstrdup(dir);
	ret->tag = colon ? xstrdup(colon + 1) : NULL;
	return 0;
}

void reference_release(struct reference *reference)
{
	free(reference->dir);
	free(reference->tag);
	*reference = (struct reference){ 0 };
}
