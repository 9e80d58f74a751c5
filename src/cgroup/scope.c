/* scope.c - see scope.h */
#include "cgroup/scope.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/privilege.h"
#include "base/text.h"
#include "cgroup/property_annotations.h"
#include "cgroup/property_resources.h"
#include "cgroup/scope_name.h"
#include "cgroup/systemd.h"

void scope_free(struct scope *scope)
{
	if (!scope)
		return;
	free(scope->unit);
	free(scope->slice);
	free(scope->path);
	free(scope->subgroup);
	property_list_release(&scope->annotations);
	free(scope);
}

struct scope *scope_recorded(const char *unit, bool is_user)
{
	struct scope *scope;

	if (!unit)
		return NULL;
	scope = xcalloc(1, sizeof(*scope));
	scope->unit = xstrdup(unit);
	scope->is_user = is_user;
	return scope;
}

static int plan_subgroup(const struct oci_string_map *annotations, char **ret, struct error *err)
{
	for (size_t i = 0; i < annotations->n; i++) {
		const char *name = annotations->items[i].value;

		if (!str_equal(annotations->items[i].name, ANNOTATION_SUBGROUP) || !*name)
			continue;
		if (strchr(name, '/') || name[0] == '.' || str_after(name, "cgroup."))
			return fail_at(err, EINVAL, "annotations[\"" ANNOTATION_SUBGROUP "\"]",
				       "'%s' is not the name of a cgroup", name);
		*ret = xstrdup(name);
		return 0;
	}
	return 0;
}

int scope_plan(const char *cgroups_path, const char *id, const struct oci_string_map *annotations,
	       struct scope **ret, struct error *err)
{
	static const struct oci_string_map nothing;
	struct scope *scope = xcalloc(1, sizeof(*scope));
	int r;

	annotations = annotations ? annotations : &nothing;
	scope->is_user = is_unprivileged();
	r = scope_name_plan(cgroups_path, id, scope->is_user, &scope->slice, &scope->unit, err);
	if (r == 0)
		r = properties_of_annotations(annotations, &scope->annotations, err);
	if (r == 0)
		r = plan_subgroup(annotations, &scope->subgroup, err);
	if (r < 0) {
		scope_free(scope);
		return r;
	}
	scope->path = scope_name_path(scope->slice, scope->unit);
	*ret = scope;
	return 0;
}

static void set_unless_annotated(const struct scope *scope, struct property_list *list,
				 const char *name, bool value)
{
	if (!property_find(&scope->annotations, name))
		property_set_number(list, name, "b", value);
}

/* Accounting has systemd enable the controllers on the way down. */
static void add_defaults(const struct scope *scope, pid_t pid, struct property_list *list)
{
	auto_free char *description = xasprintf("container %s", scope->unit);

	property_push_number(property_add(list, "PIDs", "au"), (uint64_t) pid);
	property_set_text(list, "Slice", scope->slice);
	if (!property_find(&scope->annotations, "Description"))
		property_set_text(list, "Description", description);
	set_unless_annotated(scope, list, "Delegate", true);
	set_unless_annotated(scope, list, "DefaultDependencies", false);
	set_unless_annotated(scope, list, "MemoryAccounting", true);
	set_unless_annotated(scope, list, "CPUAccounting", true);
	set_unless_annotated(scope, list, "IOAccounting", true);
	set_unless_annotated(scope, list, "TasksAccounting", true);
}

/* Copies what the annotations say, the last word: even over a limit. */
static void add_annotations(const struct scope *scope, struct property_list *list)
{
	for (size_t i = 0; i < scope->annotations.n; i++) {
		const struct property *from = &scope->annotations.items[i];
		struct property *to = property_add(list, from->name, from->type);

		property_copy_values(to, from);
	}
}

/* a user's manager may load no device program */
static void add_devices(const struct scope *scope, const struct oci_resources *resources,
			struct property_list *list)
{
	if (!scope->is_user)
		properties_of_devices(resources ? resources->devices.items : NULL,
				      resources ? resources->devices.n : 0, list);
}

static int make_properties(const struct scope *scope, pid_t pid,
			   const struct oci_resources *resources, struct property_list *list,
			   struct error *err)
{
	int r;

	add_defaults(scope, pid, list);
	r = properties_of_resources(resources, CPU_PERIOD_DEFAULT_US, list, err);
	if (r < 0)
		return r;
	add_devices(scope, resources, list);
	add_annotations(scope, list);
	return 0;
}

int scope_start(struct scope *scope, pid_t pid, const struct oci_resources *resources,
		struct error *err)
{
	auto_property_list properties = { 0 };
	int r;

	r = make_properties(scope, pid, resources, &properties, err);
	if (r < 0)
		return r;
	return systemd_start(scope->unit, scope->is_user, &properties, &scope->may_be_there, err);
}

int scope_update(const struct scope *scope, const struct oci_resources *resources,
		 uint64_t cpu_period, struct error *err)
{
	auto_property_list properties = { 0 };
	int r;

	r = properties_of_resources(resources, cpu_period, &properties, err);
	if (r == 0 && resources->devices.n > 0)
		add_devices(scope, resources, &properties);
	if (r < 0 || properties.n == 0)
		return r;
	return systemd_change(scope->unit, scope->is_user, &properties, err);
}
