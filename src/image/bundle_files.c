/* bundle_files.c - see bundle_files.h */
#include "image/bundle_files.h"

#include "base/cleanup.h"
#include "base/file.h"
#include "base/text.h"
#include "image/lists.h"

static bool is_mounted(const struct oci_config *config, const char *path)
{
	for (size_t i = 0; i < config->mounts.n; i++)
		if (str_equal(config->mounts.items[i].destination, path))
			return true;
	return false;
}

/* The source is relative: the runtime takes it from the bundle, wherever that is moved. */
static void add_mount(struct oci_config *config, const char *name, char *target)
{
	static const char *const options[] = {
		"bind", "rprivate", "rw", "nosuid", "nodev", "noexec"
	};
	struct oci_mount mount = {
		.destination = target,
		.type = xstrdup("bind"),
		.source = xstrdup(name),
	};

	for (size_t i = 0; i < ARRAY_SIZE(options); i++)
		strings_add(&mount.options, xstrdup(options[i]));
	config->mounts.items = list_grow(config->mounts.items, config->mounts.n, sizeof(mount));
	config->mounts.items[config->mounts.n++] = mount;
}

static int write_one(int bundle_fd, const char *name, const struct str *content,
		     struct oci_config *config, struct error *err)
{
	auto_free char *target = xasprintf("/etc/%s", name);

	if (is_mounted(config, target))
		return 0;
	if (file_replace(bundle_fd, name, content->data, content->len, 0644, err) < 0)
		return -err->code;
	add_mount(config, name, TAKE_PTR(target));
	return 0;
}

int bundle_files_write(int bundle_fd, struct oci_config *config, struct error *err)
{
	auto_str hosts = { 0 };
	auto_str hostname = { 0 };

	str_printf(&hosts,
		   "127.0.0.1\tlocalhost %s\n"
		   "::1\tlocalhost ip6-localhost ip6-loopback\n",
		   config->hostname);
	str_printf(&hostname, "%s\n", config->hostname);
	if (write_one(bundle_fd, "hosts", &hosts, config, err) < 0)
		return -err->code;
	return write_one(bundle_fd, "hostname", &hostname, config, err);
}
