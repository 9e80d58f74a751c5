/* registries.c - from a name to the places where it can be had; see registries.h */
#include "image/registries.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "image/lists.h"

#define DOCKER_HUB "docker.io"

static void add_reference(struct reference_list *list, const struct reference *reference,
			  const char *domain)
{
	list->items = list_grow(list->items, list->n, sizeof(*list->items));
	reference_complete(reference, domain, &list->items[list->n++]);
}

static const char *alias_of(const struct registries *registries, const char *name)
{
	for (size_t i = 0; i < registries->aliases.n; i++)
		if (strcmp(registries->aliases.items[i].name, name) == 0)
			return registries->aliases.items[i].value;
	return NULL;
}

/* The alias gives registry and repository, the name its tag and digest. */
static int follow_alias(const char *alias, const struct reference *reference,
			struct reference_list *ret, struct error *err)
{
	auto_reference target = { 0 };

	if (reference_parse(alias, &target, err) < 0 || !target.domain || target.tag ||
	    target.digest)
		return fail_as(err, ERROR_CONFIG, EINVAL,
			       "registries.conf: the alias '%.100s' of '%.100s' is no REGISTRY/NAME",
			       alias, reference->repository);
	free(target.tag);
	target.tag = reference->tag ? xstrdup(reference->tag) : NULL;
	target.digest = reference->digest ? xstrdup(reference->digest) : NULL;
	add_reference(ret, &target, target.domain);
	return 0;
}

int registries_complete(const struct registries *registries, const struct reference *reference,
			struct reference_list *ret, struct error *err)
{
	const char *alias;

	if (reference->domain) {
		add_reference(ret, reference, reference->domain);
		return 0;
	}
	alias = alias_of(registries, reference->repository);
	/* an empty one erases what an earlier file said */
	if (alias && *alias)
		return follow_alias(alias, reference, ret, err);
	for (size_t i = 0; i < registries->search.n; i++)
		add_reference(ret, reference, registries->search.items[i]);
	if (ret->n == 0)
		add_reference(ret, reference, DOCKER_HUB);
	return 0;
}

void reference_list_release(struct reference_list *list)
{
	for (size_t i = 0; i < list->n; i++)
		reference_release(&list->items[i]);
	free(list->items);
	*list = (struct reference_list){ 0 };
}

/* How much of "host/repository" the prefix covers: 0 when it does not match. */
static size_t match(const char *prefix, const char *name)
{
	size_t len = strlen(prefix), host_len = strcspn(name, "/");

	if (strncmp(prefix, "*.", 2) == 0) {
		size_t suffix = len - 1, without_port = strcspn(name, ":/");

		if (strchr(prefix, '/') || without_port <= suffix ||
		    strncmp(name + without_port - suffix, prefix + 1, suffix) != 0)
			return 0;
		return host_len;
	}
	if (strncmp(prefix, name, len) != 0 ||
	    (name[len] != '\0' && name[len] != '/' && name[len] != ':' && name[len] != '@'))
		return 0;
	return len;
}

static const char *prefix_of(const struct registry_rule *rule)
{
	return rule->prefix ? rule->prefix : rule->location ? rule->location : "";
}

/* The rule with the longest prefix that matches. */
static const struct registry_rule *find_rule(const struct registries *registries, const char *name,
					     size_t *ret_len)
{
	const struct registry_rule *best = NULL;
	size_t best_len = 0;

	for (size_t i = 0; i < registries->rules.n; i++) {
		const struct registry_rule *rule = &registries->rules.items[i];
		size_t len = *prefix_of(rule) ? match(prefix_of(rule), name) : 0;

		if (len && strlen(prefix_of(rule)) >= best_len) {
			best = rule;
			best_len = strlen(prefix_of(rule));
			*ret_len = len;
		}
	}
	return best;
}

/* Adds "location" + "what the prefix did not cover". */
static int add_endpoint(struct endpoint_list *list, const char *location, const char *rest,
			const struct endpoint *traits, struct error *err)
{
	auto_free char *whole = xasprintf("%s%s", location, rest);
	char *slash = strchr(whole, '/');
	struct endpoint *item;

	if (!slash || slash == whole || !slash[1])
		return fail_as(err, ERROR_CONFIG, EINVAL,
			       "registries.conf: location '%.100s' makes no name of a registry and "
			       "an image",
			       location);
	list->items = list_grow(list->items, list->n, sizeof(*list->items));
	item = &list->items[list->n++];
	*item = *traits;
	item->host = xasprintf("%.*s", (int) (slash - whole), whole);
	item->repository = xstrdup(slash + 1);
	return 0;
}

static bool is_useful(const struct registry_rule *rule, const struct mirror *mirror,
		      const struct reference *reference)
{
	if (rule->is_by_digest_only || mirror->use == MIRROR_DIGEST_ONLY)
		return reference->digest;
	return mirror->use == MIRROR_ALL || !reference->digest;
}

static int add_mirrors(struct endpoint_list *list, const struct registry_rule *rule,
		       const struct reference *reference, const char *rest, struct error *err)
{
	for (size_t i = 0; i < rule->mirrors.n; i++) {
		const struct mirror *mirror = &rule->mirrors.items[i];
		struct endpoint traits = { .is_insecure = mirror->is_insecure, .is_mirror = true };

		if (is_useful(rule, mirror, reference) &&
		    add_endpoint(list, mirror->location, rest, &traits, err) < 0)
			return -err->code;
	}
	return 0;
}

static int blocked(const struct registry_rule *rule, struct error *err)
{
	return fail_as(err, ERROR_IMAGE, EPERM, "registries.conf blocks the registry '%.100s'",
		       prefix_of(rule));
}

static int add_endpoints(const struct registries *registries, const struct reference *reference,
			 const char *name, struct endpoint_list *ret, struct error *err)
{
	struct endpoint traits = { 0 };
	size_t len = 0;
	const struct registry_rule *rule = find_rule(registries, name, &len);

	if (!rule)
		return add_endpoint(ret, name, "", &traits, err);
	if (rule->is_blocked)
		return blocked(rule, err);
	traits.is_insecure = rule->is_insecure;
	if (add_mirrors(ret, rule, reference, name + len, err) < 0)
		return -err->code;
	if (!rule->location)
		return add_endpoint(ret, name, "", &traits, err);
	return add_endpoint(ret, rule->location, name + len, &traits, err);
}

int registries_locate(const struct registries *registries, const struct reference *reference,
		      struct endpoint_list *ret, struct error *err)
{
	auto_free char *name = xasprintf("%s/%s", reference->domain, reference->repository);
	size_t host_len = strcspn(name, "/");

	if (add_endpoints(registries, reference, name, ret, err) < 0)
		return -err->code;
	for (size_t i = 0; i < ret->n; i++) {
		struct endpoint *endpoint = &ret->items[i];

		endpoint->is_other_host = strlen(endpoint->host) != host_len ||
					  strncmp(endpoint->host, name, host_len) != 0;
	}
	return 0;
}

int registries_look_up(const struct registries *registries, const char *host, bool *ret_is_insecure,
		       struct error *err)
{
	size_t ignored;
	const struct registry_rule *rule = find_rule(registries, host, &ignored);

	if (rule && rule->is_blocked)
		return blocked(rule, err);
	*ret_is_insecure = rule && rule->is_insecure;
	return 0;
}

void endpoint_list_release(struct endpoint_list *list)
{
	for (size_t i = 0; i < list->n; i++) {
		free(list->items[i].host);
		free(list->items[i].repository);
	}
	free(list->items);
	*list = (struct endpoint_list){ 0 };
}

static void release_rule(struct registry_rule *rule)
{
	for (size_t i = 0; i < rule->mirrors.n; i++)
		free(rule->mirrors.items[i].location);
	free(rule->mirrors.items);
	free(rule->prefix);
	free(rule->location);
}

void registries_release(struct registries *registries)
{
	for (size_t i = 0; i < registries->rules.n; i++)
		release_rule(&registries->rules.items[i]);
	free(registries->rules.items);
	for (size_t i = 0; i < registries->search.n; i++)
		free(registries->search.items[i]);
	free(registries->search.items);
	for (size_t i = 0; i < registries->aliases.n; i++) {
		free(registries->aliases.items[i].name);
		free(registries->aliases.items[i].value);
	}
	free(registries->aliases.items);
	*registries = (struct registries){ 0 };
}
