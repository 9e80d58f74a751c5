/* settings_mount.c - --mount type=TYPE,source=FROM,target=TO,OPTION...; see settings.h */
#include "image/settings.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "image/lists.h"

/* What one value says. */
struct wish {
	const char *type;
	const char *source;
	const char *target;
	bool read_only;
	bool is_private; /* bind: without what is mounted below it */
	struct oci_strings options;
};

static int bad(const char *text, const char *why, const char *what, struct error *err)
{
	return fail_as(err, ERROR_USAGE, EINVAL, "option --mount: '%.200s': %s%s%s%s", text, why,
		       *what ? " '" : "", what, *what ? "'" : "");
}

/* Words that stand alone; on a bind they are the runtime's options as they are. */
/* clang-format off */
static const char *const words[] = {
	"exec", "noexec", "suid", "nosuid", "dev", "nodev", "relatime", "noatime", "private",
	"rprivate", "shared", "rshared", "slave", "rslave", "idmap", "tmpcopyup",
};
/* clang-format on */

static int read_word(const char *text, const char *word, struct wish *wish, struct error *err)
{
	if (strcmp(word, "ro") == 0 || strcmp(word, "readonly") == 0) {
		wish->read_only = true;
		return 0;
	}
	if (strcmp(word, "rw") == 0)
		return 0;
	if (strcmp(word, "bind-nonrecursive") == 0) {
		wish->is_private = true;
		return 0;
	}
	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		if (strcmp(word, words[i]) == 0) {
			strings_add(&wish->options, xstrdup(word));
			return 0;
		}
	}
	return bad(text, "unknown option", word, err);
}

static bool is_one_of(const char *word, const char *a, const char *b, const char *c)
{
	return strcmp(word, a) == 0 || strcmp(word, b) == 0 || strcmp(word, c) == 0;
}

static int read_bool(const char *text, const char *key, const char *value, bool *ret,
		     struct error *err)
{
	*ret = strcmp(value, "true") == 0 || strcmp(value, "1") == 0;
	if (!*ret && strcmp(value, "false") != 0 && strcmp(value, "0") != 0)
		return bad(text, "true or false is wanted for", key, err);
	return 0;
}

static int read_pair(const char *text, const char *key, const char *value, struct wish *wish,
		     struct error *err)
{
	if (strcmp(key, "type") == 0)
		wish->type = value;
	else if (is_one_of(key, "source", "src", "src"))
		wish->source = value;
	else if (is_one_of(key, "target", "destination", "dst"))
		wish->target = value;
	else if (is_one_of(key, "ro", "readonly", "readonly"))
		return read_bool(text, key, value, &wish->read_only, err);
	else if (strcmp(key, "bind-propagation") == 0)
		return read_word(text, value, wish, err);
	else if (strcmp(key, "tmpfs-size") == 0)
		strings_add(&wish->options, xasprintf("size=%s", value));
	else if (strcmp(key, "tmpfs-mode") == 0)
		strings_add(&wish->options, xasprintf("mode=%s", value));
	else
		return bad(text, "unknown key", key, err);
	return 0;
}

static int read_items(const char *text, char *items, struct wish *wish, struct error *err)
{
	char *save = NULL;

	for (char *item = strtok_r(items, ",", &save); item; item = strtok_r(NULL, ",", &save)) {
		char *equals = strchr(item, '=');

		if (equals)
			*equals = '\0';
		if ((equals ? read_pair(text, item, equals + 1, wish, err)
			    : read_word(text, item, wish, err)) < 0)
			return -err->code;
	}
	return 0;
}

static int check(const char *text, const struct wish *wish, struct error *err)
{
	bool is_bind = str_equal(wish->type, "bind");

	if (!wish->target || *wish->target != '/' || !wish->target[strspn(wish->target, "/")])
		return bad(text, "target=DIR must be an absolute path below /", "", err);
	if (!is_bind && !str_equal(wish->type, "tmpfs"))
		return bad(text, "the type must be bind or tmpfs", "", err);
	if (is_bind && (!wish->source || *wish->source != '/'))
		return bad(text, "source=PATH must be an absolute path", "", err);
	if (!is_bind && wish->source)
		return bad(text, "a tmpfs has no source", "", err);
	return 0;
}

static void add(const struct wish *wish, struct oci_config *config)
{
	bool is_bind = strcmp(wish->type, "bind") == 0;
	struct oci_mount mount = {
		.destination = xstrdup(wish->target),
		.type = xstrdup(wish->type),
		.source = xstrdup(is_bind ? wish->source : "tmpfs"),
	};

	if (is_bind) {
		strings_add(&mount.options, xstrdup(wish->is_private ? "bind" : "rbind"));
		strings_add(&mount.options, xstrdup("rprivate"));
	} else {
		strings_add(&mount.options, xstrdup("nosuid"));
		strings_add(&mount.options, xstrdup("nodev"));
	}
	strings_add(&mount.options, xstrdup(wish->read_only ? "ro" : "rw"));
	for (size_t i = 0; i < wish->options.n; i++)
		strings_add(&mount.options, wish->options.items[i]);
	config->mounts.items = list_grow(config->mounts.items, config->mounts.n, sizeof(mount));
	config->mounts.items[config->mounts.n++] = mount;
}

int settings_mount(const char *text, struct oci_config *config, struct error *err)
{
	struct wish wish = { .type = "bind" };
	auto_free char *items = xstrdup(text);
	int r = read_items(text, items, &wish, err);

	if (r == 0)
		r = check(text, &wish, err);
	if (r == 0)
		add(&wish, config);
	else
		for (size_t i = 0; i < wish.options.n; i++)
			free(wish.options.items[i]);
	free(wish.options.items);
	return r;
}
