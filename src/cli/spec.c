/* spec.c - the command spec */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/text.h"
#include "cli/commands.h"
#include "libocispec/default_config.h"

struct spec_options {
	const char *bundle;
	const char *file;
	bool rootless;
};

/* Writes a new file; one that is there stays as it is. */
static int write_new(const char *path, const char *data, size_t len, struct error *err)
{
	auto_fd fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
	int r;

	if (fd < 0 && errno == EEXIST)
		return fail_as(err, ERROR_BUNDLE, EEXIST, "'%s' is there already: remove it first",
			       path);
	if (fd < 0)
		return fail_errno(err, "create '%s'", path);
	r = file_write_fd(fd, data, len);
	if (r < 0) {
		unlink(path);
		return fail(err, -r, "write '%s': %s", path, strerror(-r));
	}
	return 0;
}

static int print_config(const struct spec_options *options, char **ret_json, size_t *ret_len,
			struct error *err)
{
	enum oci_default_kind kind = options->rootless ? OCI_DEFAULT_ROOTLESS : OCI_DEFAULT_ROOT;
	struct oci_error reason;
	struct oci_config config;
	int r;

	r = oci_default_config(kind, geteuid(), getegid(), &config, &reason);
	if (r < 0)
		return fail_at(err, reason.code, reason.path, "%s", reason.text);
	r = oci_print(&oci_config_desc, &config, OCI_PRINT_PRETTY, ret_json, ret_len);
	if (r < 0)
		fail(err, -r, "print the configuration: %s", strerror(-r));
	oci_release(&oci_config_desc, &config);
	return r;
}

/* The path of the new file; the caller frees it. */
static char *place_of(const struct spec_options *options)
{
	const char *file = options->file ? options->file : "config.json";

	if (!options->bundle || *file == '/')
		return xstrdup(file);
	return xasprintf("%s/%s", options->bundle, file);
}

static int spec_run(const struct invocation *invocation, struct error *err)
{
	const struct spec_options *options = invocation->options;
	auto_free char *json = NULL, *path = NULL;
	size_t len;
	int r;

	r = print_config(options, &json, &len, err);
	if (r < 0)
		return r;
	path = place_of(options);
	return write_new(path, json, len, err);
}

/* clang-format off */
static const struct option_row rows[] = {
	OPTION(spec_options, bundle, "bundle", 'b', "DIR",
	       "where to write it (default: the current directory)"),
	OPTION(spec_options, file, "file", 'f', "FILE",
	       "its name, from there on (default: config.json)"),
	OPTION(spec_options, rootless, "rootless", 0, NULL,
	       "for a user without privileges: the one who calls"),
	OPTIONS_END
};
/* clang-format on */

const struct command spec_command = {
	.name = "spec",
	.arguments = "",
	.summary = "Write a config.json to begin with",
	.options = rows,
	.options_size = sizeof(struct spec_options),
	.run = spec_run,
};
