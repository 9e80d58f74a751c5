/* property_annotations.c - see property_annotations.h */
#include "cgroup/property_annotations.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "cgroup/property_text.h"

#define USEC_PER_SEC 1e6

static bool is_name(const char *name)
{
	if (!isupper((unsigned char) *name))
		return false;
	for (; *name; name++)
		if (!isalnum((unsigned char) *name))
			return false;
	return true;
}

/* "TimeoutStopSec" but not "TimeoutStopUSec" and not "Sec". */
static bool is_in_seconds(const char *name)
{
	size_t n = strlen(name);

	return n > 3 && strcmp(name + n - 3, "Sec") == 0 && islower((unsigned char) name[n - 4]);
}

static bool is_in_microseconds(const char *name)
{
	size_t n = strlen(name);

	return n > 4 && strcmp(name + n - 4, "USec") == 0;
}

static bool is_whole_number(const struct property *p)
{
	return strlen(p->type) == 1 && strchr("ynqiuxt", *p->type) &&
	       (strchr("yqut", *p->type) || (int64_t) p->values[0].number >= 0);
}

static const char *to_microseconds(struct property *p, bool is_seconds)
{
	uint64_t *number = &p->values[0].number;

	if (is_seconds && strcmp(p->type, "d") == 0) {
		double usec = p->values[0].real * USEC_PER_SEC;

		if (!(usec >= 0 && usec < (double) INT64_MAX))
			return "is out of range";
		*number = (uint64_t) usec;
	} else if (!is_whole_number(p)) {
		return "is not a time";
	} else if (is_seconds && __builtin_mul_overflow(*number, (uint64_t) USEC_PER_SEC, number)) {
		return "is out of range";
	}
	p->type[0] = 't';
	return NULL;
}

static const char *add(const char *name, const char *value, struct property_list *list)
{
	auto_free char *converted = NULL;
	bool is_seconds = is_in_seconds(name);
	const char *problem;

	if (!is_name(name))
		return "does not name a property";
	if (str_equal(name, "PIDs") || str_equal(name, "Slice"))
		return "is not an annotation's to set";
	if (is_seconds)
		converted = xasprintf("%.*sUSec", (int) strlen(name) - 3, name);
	name = converted ? converted : name;
	if (property_find(list, name))
		return "is there twice";
	problem = property_text_parse(name, value, list);
	if (!problem && is_in_microseconds(name))
		problem = to_microseconds(property_find(list, name), is_seconds);
	return problem;
}

int properties_of_annotations(const struct oci_string_map *annotations, struct property_list *list,
			      struct error *err)
{
	for (size_t i = 0; i < annotations->n; i++) {
		const struct oci_pair *pair = &annotations->items[i];
		const char *name = str_after(pair->name, ANNOTATION_PROPERTY);
		const char *problem = name ? add(name, pair->value, list) : NULL;

		if (problem) {
			auto_free char *where = xasprintf("annotations[\"%s\"]", pair->name);

			return fail_at(err, EINVAL, where, "%s: '%s'", problem, pair->value);
		}
	}
	return 0;
}
