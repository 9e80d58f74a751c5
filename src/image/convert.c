/* convert.c - see convert.h */
#include "image/convert.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "base/text.h"
#include "image/accounts.h"
#include "image/lists.h"
#include "image/member_path.h"
#include "image/tree.h"
#include "libocispec/default_config.h"
#include "libocispec/document.h"
#include "linux/inroot.h"

#define DEFAULT_PATH "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

/* More variables, labels or volumes than this are taken for an attack. */
#define ITEMS_MAX ((size_t) 4096)

/* What the kernel's host name has room for. */
#define HOSTNAME_MAX 63

/* clang-format off */
static const char *const capabilities[] = {
	"CAP_AUDIT_WRITE",
	"CAP_CHOWN",
	"CAP_DAC_OVERRIDE",
	"CAP_FOWNER",
	"CAP_FSETID",
	"CAP_KILL",
	"CAP_MKNOD",
	"CAP_NET_BIND_SERVICE",
	"CAP_NET_RAW",
	"CAP_SETFCAP",
	"CAP_SETGID",
	"CAP_SETPCAP",
	"CAP_SETUID",
	"CAP_SYS_CHROOT",
};
/* clang-format on */

static void strings_clear(struct oci_strings *strings)
{
	for (size_t i = 0; i < strings->n; i++)
		free(strings->items[i]);
	free(strings->items);
	*strings = (struct oci_strings){ 0 };
}

static void set_capabilities(struct oci_capabilities *sets)
{
	struct oci_strings *const given[] = { &sets->bounding, &sets->effective, &sets->permitted };

	for (size_t i = 0; i < ARRAY_SIZE(given); i++) {
		strings_clear(given[i]);
		for (size_t j = 0; j < ARRAY_SIZE(capabilities); j++)
			strings_add(given[i], xstrdup(capabilities[j]));
	}
}

static void set_env(const struct oci_image_run *run, const char *home, struct oci_strings *ret)
{
	strings_clear(ret);
	for (size_t i = 0; i < run->env.n; i++) {
		const char *item = run->env.items[i], *equals = strchr(item, '=');

		if (equals && equals != item)
			strings_add(ret, xstrdup(item));
		else
			log_warning("the image's environment variable '%.100s' has no name or "
				    "value: left out",
				    item);
	}
	if (!env_has(ret, "PATH="))
		strings_add(ret, xstrdup(DEFAULT_PATH));
	if (home && !env_has(ret, "HOME="))
		strings_add(ret, xasprintf("HOME=%s", home));
}

static int set_user(const char *user, int root_fd, const struct oci_image_run *run,
		    struct oci_process *process, struct error *err)
{
	auto_account account = { 0 };

	if (account_find(root_fd, user, &account, err) < 0)
		return -err->code;
	process->user->uid = account.uid;
	process->user->gid = account.gid;
	process->user->additional_gids = account.additional_gids;
	account.additional_gids = (struct oci_u32s){ 0 };
	set_env(run, account.home, &process->env);
	return 0;
}

/* A directory that is a user's own may keep him out all the same: it is opened up for him then, as it is while
 * a layer's files are made in it. */
static int make_cwd(const char *cwd, const struct member_path *path, int root_fd, struct error *err)
{
	auto_free char *plain = NULL;
	auto_tree tree = TREE_NONE;
	auto_fd fd = -1;
	int r = inroot_make_dir(root_fd, cwd, 0755, &fd, err);

	if (r != -EACCES)
		return r;
	plain = xasprintf("%s%s%s", path->parent, *path->parent ? "/" : "", path->name);
	tree_init(&tree, root_fd);
	return tree_enter(&tree, plain, TREE_MAKE, err) < 0 ? -err->code : tree_leave(&tree, err);
}

static int set_cwd(const char *wanted, int root_fd, char **cwd, struct error *err)
{
	struct member_path path;
	int r;

	if (!wanted || !*wanted)
		wanted = "/";
	free(*cwd);
	*cwd = xasprintf("%s%s", *wanted == '/' ? "" : "/", wanted);
	r = member_path_parse(*cwd, &path, err);
	if (r == 0)
		r = make_cwd(*cwd, &path, root_fd, err);
	if (r < 0) {
		fail_in(err, "WorkingDir '%.200s'", wanted);
		return fail_class(err, ERROR_IMAGE, NULL);
	}
	return 0;
}

/* Keeps letters, digits and inner hyphens; the default's name where nothing is left. */
static void set_hostname(const char *from, char **hostname)
{
	char name[HOSTNAME_MAX + 1];
	size_t len = 0;

	for (; *from && len < HOSTNAME_MAX; from++) {
		bool is_plain = (*from >= 'a' && *from <= 'z') || (*from >= 'A' && *from <= 'Z') ||
				(*from >= '0' && *from <= '9');

		if (is_plain || (len && name[len - 1] != '-'))
			name[len++] = is_plain ? *from : '-';
	}
	while (len && name[len - 1] == '-')
		len--;
	name[len] = '\0';
	if (!len)
		return;
	free(*hostname);
	*hostname = xstrdup(name);
}

static int check_sizes(const struct oci_image_run *run, struct error *err)
{
	/* clang-format off */
	const struct {
		const char *name;
		size_t n;
	} lists[] = {
		{ "Env", run->env.n },
		{ "Entrypoint", run->entrypoint.n },
		{ "Cmd", run->cmd.n },
		{ "Labels", run->labels.n },
		{ "Volumes", run->volumes.n },
	};
	/* clang-format on */

	for (size_t i = 0; i < ARRAY_SIZE(lists); i++)
		if (lists[i].n > ITEMS_MAX)
			return fail_as(err, ERROR_IMAGE, E2BIG,
				       "%s has %zu items: at most %zu are taken", lists[i].name,
				       lists[i].n, ITEMS_MAX);
	return 0;
}

/* A namespace in which only one user and one group are known has those that the program runs as. */
static void map_user(struct oci_config *config)
{
	struct oci_user *user = config->process->user;

	config->linux->uid_mappings.items[0].container_id = user->uid;
	config->linux->gid_mappings.items[0].container_id = user->gid;
	free(user->additional_gids.items);
	user->additional_gids = (struct oci_u32s){ 0 };
}

/* The limits of whoever starts the container, rather than 1024 files. */
static void clear_rlimits(struct oci_process *process)
{
	for (size_t i = 0; i < process->rlimits.n; i++)
		free(process->rlimits.items[i].type);
	free(process->rlimits.items);
	process->rlimits.items = NULL;
	process->rlimits.n = 0;
}

static int set_process(const struct oci_image_run *run, int root_fd,
		       const struct settings *settings, struct oci_process *process,
		       struct error *err)
{
	process->no_new_privileges = false;
	clear_rlimits(process);
	set_capabilities(process->capabilities);
	strings_clear(&process->args);
	if (settings_args(settings, run, &process->args, err) < 0 ||
	    set_user(settings->user ? settings->user : run->user, root_fd, run, process, err) < 0 ||
	    set_cwd(settings->workdir ? settings->workdir : run->working_dir, root_fd,
		    &process->cwd, err) < 0)
		return -err->code;
	return settings_env(settings, &process->env, err);
}

static int fill(const struct oci_image *image, int root_fd, const struct settings *settings,
		struct oci_config *config, struct error *err)
{
	static const struct oci_image_run nothing;
	const struct oci_image_run *run = image->config ? image->config : &nothing;

	convert_annotations(image, &config->annotations);
	if (check_sizes(run, err) < 0 ||
	    set_process(run, root_fd, settings, config->process, err) < 0 ||
	    convert_volumes(run, root_fd, config, err) < 0)
		return err->class == ERROR_USAGE ? -err->code : fail_in(err, "image configuration");
	if (settings->rootless)
		map_user(config);
	return settings_apply(settings, config, err);
}

int convert_image(const struct oci_image *image, int root_fd, const char *name,
		  const struct settings *settings, struct oci_config *ret, struct error *err)
{
	enum oci_default_kind kind = settings->rootless ? OCI_DEFAULT_ROOTLESS : OCI_DEFAULT_ROOT;
	struct oci_error why;
	int r = oci_default_config(kind, geteuid(), getegid(), ret, &why);

	if (r < 0)
		return fail(err, -r, "make the default configuration: %s", why.text);
	set_hostname(name, &ret->hostname);
	r = fill(image, root_fd, settings, ret, err);
	if (r < 0)
		oci_release(&oci_config_desc, ret);
	return r;
}
