/* registries_files.c - registries.conf and its drop-in files read; see registries.h */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/text.h"
#include "image/lists.h"
#include "image/registries.h"
#include "image/toml.h"

#define CONF_MAX ((size_t) 1 << 20)

struct reading {
	struct registries *registries;
	size_t begin;	 /* of the rules that this file has: the older are not its to change */
	bool has_search; /* this file names registries to search: the older go */
};

static int wrong_type(const char *path, const char *key, const char *type, struct error *err)
{
	return fail_as(err, ERROR_CONFIG, EINVAL, "%.60s%s%.60s is not a %s", path,
		       *path ? "." : "", key, type);
}

static int set_string(char **member, const char *path, const char *key,
		      const struct toml_value *value, struct error *err)
{
	if (value->kind != TOML_STRING || value->is_item)
		return wrong_type(path, key, "string", err);
	free(*member);
	*member = xstrdup(value->text);
	return 0;
}

/* "host[:port][/path]", to which the rest of a name is added: a slash at its end goes, and what is empty
 * then was not given. */
static int set_place(char **member, const char *path, const char *key,
		     const struct toml_value *value, struct error *err)
{
	size_t len;

	if (set_string(member, path, key, value, err) < 0)
		return -err->code;
	if (strstr(*member, "://"))
		return fail_as(err, ERROR_CONFIG, EINVAL,
			       "%.60s%s%.60s: '%.100s' is no HOST[:PORT][/PATH]", path,
			       *path ? "." : "", key, *member);
	for (len = strlen(*member); len && (*member)[len - 1] == '/'; len--)
		(*member)[len - 1] = '\0';
	if (!len) {
		free(*member);
		*member = NULL;
	}
	return 0;
}

static int set_bool(bool *member, const char *path, const char *key, const struct toml_value *value,
		    struct error *err)
{
	if (value->kind != TOML_BOOL || value->is_item)
		return wrong_type(path, key, "boolean", err);
	*member = value->is_true;
	return 0;
}

static int add_item(void *context, const char *path, struct error *err)
{
	struct reading *reading = context;
	struct registries *registries = reading->registries;
	size_t n = registries->rules.n;

	if (strcmp(path, "registry") == 0) {
		registries->rules.items =
			list_grow(registries->rules.items, n, sizeof(*registries->rules.items));
		registries->rules.n++;
	} else if (strcmp(path, "registry.mirror") == 0) {
		struct registry_rule *rule;

		if (n == reading->begin)
			return fail_as(err, ERROR_CONFIG, EINVAL,
				       "a registry.mirror stands before every registry");
		rule = &registries->rules.items[n - 1];
		rule->mirrors.items = list_grow(rule->mirrors.items, rule->mirrors.n,
						sizeof(*rule->mirrors.items));
		rule->mirrors.n++;
	}
	return 0;
}

static int set_rule(struct registry_rule *rule, const char *path, const char *key,
		    const struct toml_value *value, struct error *err)
{
	if (strcmp(key, "prefix") == 0)
		return set_place(&rule->prefix, path, key, value, err);
	if (strcmp(key, "location") == 0)
		return set_place(&rule->location, path, key, value, err);
	if (strcmp(key, "insecure") == 0)
		return set_bool(&rule->is_insecure, path, key, value, err);
	if (strcmp(key, "blocked") == 0)
		return set_bool(&rule->is_blocked, path, key, value, err);
	if (strcmp(key, "mirror-by-digest-only") == 0)
		return set_bool(&rule->is_by_digest_only, path, key, value, err);
	return 0;
}

static int set_use(struct mirror *mirror, const char *path, const char *key,
		   const struct toml_value *value, struct error *err)
{
	static const char *const names[] = {
		[MIRROR_ALL] = "all",
		[MIRROR_DIGEST_ONLY] = "digest-only",
		[MIRROR_TAG_ONLY] = "tag-only",
	};

	for (size_t i = 0; value->kind == TOML_STRING && i < ARRAY_SIZE(names); i++) {
		/* "" is the default, which is the first */
		if (!*value->text || strcmp(value->text, names[i]) == 0) {
			mirror->use = (enum mirror_use) i;
			return 0;
		}
	}
	return wrong_type(path, key, "choice of all, digest-only and tag-only", err);
}

static int set_mirror(struct mirror *mirror, const char *path, const char *key,
		      const struct toml_value *value, struct error *err)
{
	if (strcmp(key, "location") == 0)
		return set_place(&mirror->location, path, key, value, err);
	if (strcmp(key, "insecure") == 0)
		return set_bool(&mirror->is_insecure, path, key, value, err);
	if (strcmp(key, "pull-from-mirror") == 0)
		return set_use(mirror, path, key, value, err);
	return 0;
}

static int add_search(struct reading *reading, const char *key, const struct toml_value *value,
		      struct error *err)
{
	struct oci_strings *search = &reading->registries->search;
	struct toml_value item = *value;
	char *place = NULL;

	if (value->kind != TOML_STRING || !value->is_item)
		return wrong_type("", key, "list of strings", err);
	if (!reading->has_search) {
		for (size_t i = 0; i < search->n; i++)
			free(search->items[i]);
		search->n = 0;
		reading->has_search = true;
	}
	item.is_item = false;
	if (set_place(&place, "", key, &item, err) < 0) {
		free(place);
		return -err->code;
	}
	if (place)
		strings_add(search, place);
	return 0;
}

static int set_mode(struct registries *registries, const char *key, const struct toml_value *value,
		    struct error *err)
{
	static const char *const names[] = { "enforcing", "permissive", "disabled", "" };

	for (size_t i = 0; value->kind == TOML_STRING && i < ARRAY_SIZE(names); i++) {
		if (strcmp(value->text, names[i]) == 0) {
			registries->is_enforcing = i == 0;
			return 0;
		}
	}
	return wrong_type("", key, "choice of enforcing, permissive and disabled", err);
}

static int take_value(void *context, const char *path, const char *key,
		      const struct toml_value *value, struct error *err)
{
	struct reading *reading = context;
	struct registries *registries = reading->registries;
	size_t n = registries->rules.n;
	struct registry_rule *rule = n > reading->begin ? &registries->rules.items[n - 1] : NULL;

	if (!*path && strcmp(key, "unqualified-search-registries") == 0)
		return add_search(reading, key, value, err);
	if (!*path && strcmp(key, "short-name-mode") == 0)
		return set_mode(registries, key, value, err);
	if (!rule && strcmp(path, "registry") == 0)
		return fail_as(err, ERROR_CONFIG, EINVAL,
			       "there is one [registry]: use [[registry]]");
	if (rule && strcmp(path, "registry") == 0)
		return set_rule(rule, path, key, value, err);
	if (rule && rule->mirrors.n && strcmp(path, "registry.mirror") == 0)
		return set_mirror(&rule->mirrors.items[rule->mirrors.n - 1], path, key, value, err);
	if (strncmp(path, "registries", 10) == 0)
		return fail_as(err, ERROR_CONFIG, EINVAL,
			       "[%.60s] is version 1 of the format, which is not read: use "
			       "[[registry]]",
			       path);
	if (strcmp(path, "aliases") == 0) {
		if (value->kind != TOML_STRING || value->is_item)
			return wrong_type(path, key, "string", err);
		pairs_set(&registries->aliases, xstrdup(key), xstrdup(value->text));
	}
	return 0;
}

/* A rule about nothing is a mistake, and what it forbids would be allowed. */
static int check_rules(const struct reading *reading, struct error *err)
{
	for (size_t i = reading->begin; i < reading->registries->rules.n; i++) {
		const struct registry_rule *rule = &reading->registries->rules.items[i];

		if (!rule->prefix && !rule->location)
			return fail_as(err, ERROR_CONFIG, EINVAL,
				       "[[registry]] number %zu has neither prefix nor location",
				       i - reading->begin + 1);
		for (size_t j = 0; j < rule->mirrors.n; j++)
			if (!rule->mirrors.items[j].location)
				return fail_as(err, ERROR_CONFIG, EINVAL,
					       "mirror number %zu of '%.100s' has no location",
					       j + 1, rule->prefix ? rule->prefix : rule->location);
	}
	return 0;
}

int registries_read(const char *text, size_t len, struct registries *ret, struct error *err)
{
	struct reading reading = { .registries = ret, .begin = ret->rules.n };
	const struct toml_reader reader = { add_item, take_value, &reading };

	if (toml_read(text, len, &reader, err) < 0)
		return -err->code;
	return check_rules(&reading, err);
}

/* Returns 1 when the file is there. */
static int read_file(const char *path, struct registries *ret, struct error *err)
{
	auto_free char *text = NULL;
	size_t len;
	int r = file_read(AT_FDCWD, path, CONF_MAX, &text, &len, err);

	if (r == -ENOENT || r == -ENOTDIR)
		return 0;
	if (r < 0)
		return r;
	if (registries_read(text, len, ret, err) < 0) {
		fail_in(err, "'%s'", path);
		return fail_class(err, ERROR_CONFIG, path);
	}
	return 1;
}

static int is_conf(const struct dirent *entry)
{
	size_t len = strlen(entry->d_name);

	return *entry->d_name != '.' && len > 5 && strcmp(entry->d_name + len - 5, ".conf") == 0;
}

static int read_directory(const char *path, struct registries *ret, struct error *err)
{
	struct dirent **entries;
	int n = scandir(path, &entries, is_conf, alphasort), r = 0;

	if (n < 0 && errno != ENOENT && errno != ENOTDIR) {
		fail_errno(err, "read the directory '%s'", path);
		return fail_class(err, ERROR_CONFIG, path);
	}
	for (int i = 0; i < n; i++) {
		auto_free char *file = xasprintf("%s/%s", path, entries[i]->d_name);

		if (r >= 0)
			r = read_file(file, ret, err);
		free(entries[i]);
	}
	if (n >= 0)
		free(entries);
	return r < 0 ? r : 0;
}

int registries_load(struct registries *ret, struct error *err)
{
	const char *named = getenv("CONTAINERS_REGISTRIES_CONF");
	const char *config = getenv("XDG_CONFIG_HOME"), *home = getenv("HOME");
	auto_free char *user = config && *config == '/'
				       ? xasprintf("%s/containers/registries.conf", config)
				       : xasprintf("%s/.config/containers/registries.conf",
						   home ? home : "/nonexistent");
	auto_free char *user_directory = xasprintf("%s.d", user);
	int r;

	if (named && *named) {
		r = read_file(named, ret, err);
		return r < 0 ? r : 0;
	}
	r = read_file(user, ret, err);
	if (r == 0) {
		r = read_file("/etc/containers/registries.conf", ret, err);
		if (r >= 0)
			r = read_directory("/etc/containers/registries.conf.d", ret, err);
	}
	if (r >= 0)
		r = read_directory(user_directory, ret, err);
	return r < 0 ? r : 0;
}
