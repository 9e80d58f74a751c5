/* annotations.c - see annotations.h */
#include "container/annotations.h"

#include <errno.h>
#include <stdio.h>

#include "base/log.h"
#include "base/text.h"

/* What we have not.  To ignore what was to confine the program would leave it free: such an
 * annotation is refused.  The others are as if they were not there, as with runc. */
static const struct {
	const char *name;
	bool is_refused;
	const char *words;
} unknown[] = {
	{ "run.oci.handler", true, "there are no handlers" },
	{ "run.oci.seccomp.plugins", true,
	  "there are no plug-ins; an agent listens at linux.seccomp.listenerPath" },
	{ "run.oci.systemd.force_cgroup_v1", false, "cgroup v1 is not supported" },
	{ "run.oci.timens_offset", false, "the offsets are linux.timeOffsets" },
};

static const char *const context_types[] = { "context", "fscontext", "defcontext", "rootcontext" };

const char *annotation_get(const struct oci_string_map *annotations, const char *name)
{
	for (size_t i = 0; i < annotations->n; i++)
		if (str_equal(annotations->items[i].name, name))
			return annotations->items[i].value;
	return NULL;
}

bool annotation_is_on(const struct oci_string_map *annotations, const char *name)
{
	const char *value = annotation_get(annotations, name);

	return value && !str_equal(value, "0");
}

const char *annotation_context_type(const struct oci_string_map *annotations)
{
	const char *type = annotation_get(annotations, ANNOTATION_CONTEXT_TYPE);

	return type ? type : context_types[0];
}

static void path_of(const char *name, char ret[128])
{
	snprintf(ret, 128, "annotations[\"%.100s\"]", name);
}

static int check_context_type(const struct oci_string_map *annotations, struct error *err)
{
	const char *type = annotation_context_type(annotations);
	char where[128];

	for (size_t i = 0; i < ARRAY_SIZE(context_types); i++)
		if (str_equal(type, context_types[i]))
			return 0;
	path_of(ANNOTATION_CONTEXT_TYPE, where);
	return fail_at(err, EINVAL, where,
		       "'%s' is neither context, fscontext, defcontext nor rootcontext", type);
}

int annotation_filter(const struct oci_string_map *annotations, const struct oci_seccomp *section,
		      struct seccomp_program *ret, struct error *err)
{
	const char *text = annotation_get(annotations, ANNOTATION_SECCOMP_BPF);
	char where[128];
	int r;

	*ret = (struct seccomp_program){ 0 };
	if (!text)
		return 0;
	path_of(ANNOTATION_SECCOMP_BPF, where);
	r = seccomp_decode(text, where, ret, err);
	if (r < 0)
		return r;
	if (seccomp_notifies(ret) && !(section && section->listener_path)) {
		seccomp_program_release(ret);
		return fail_at(err, EINVAL, where,
			       "notifies, and linux.seccomp.listenerPath does not say whom");
	}
	if (section)
		ret->flags = seccomp_flags_of(&section->flags);
	return 0;
}

int annotations_check(const struct oci_string_map *annotations, struct error *err)
{
	for (size_t i = 0; i < ARRAY_SIZE(unknown); i++) {
		char where[128];

		if (!annotation_get(annotations, unknown[i].name))
			continue;
		path_of(unknown[i].name, where);
		if (unknown[i].is_refused)
			return fail_at(err, ENOTSUP, where, "is not supported: %s",
				       unknown[i].words);
		log_warning("%s: is ignored: %s", where, unknown[i].words);
	}
	return check_context_type(annotations, err);
}
