/* bundle.c - see bundle.h */
#include "container/bundle.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/text.h"
#include "container/annotations.h"
#include "linux/prefault.h"

/* A configuration from this length on, which is one with a seccomp profile mostly, takes more memory
 * than the runtime has asked for already: so much for each byte, its copies included. */
#define LONG 4096
#define MEMORY_PER_BYTE 6

void bundle_release(struct bundle *bundle)
{
	free(bundle->path);
	free(bundle->json);
	cleanup_fd(&bundle->fd);
	oci_release(&oci_config_desc, &bundle->config);
	*bundle = BUNDLE_NONE;
}

/* How crun called listenerPath before the specification had it. */
static void take_receiver(struct oci_config *config)
{
	const char *path = annotation_get(&config->annotations, ANNOTATION_SECCOMP_RECEIVER);
	struct oci_seccomp *seccomp = config->linux ? config->linux->seccomp : NULL;

	if (path && seccomp && !seccomp->listener_path)
		seccomp->listener_path = xstrdup(path);
}

static int read_text(int dirfd, const char *name, char **ret_json, size_t *ret_len,
		     struct error *err)
{
	int r = file_read(dirfd, name, OCI_DOCUMENT_MAX, ret_json, ret_len, err);

	return r < 0 ? fail_class(err, ERROR_BUNDLE, name) : 0;
}

static int fail_reason(const char *name, const struct oci_error *reason, struct error *err)
{
	fail_at(err, reason->code, reason->path, "%s", reason->text);
	return fail_in(err, "%s", name);
}

static int parse(const char *name, const char *json, size_t len, struct oci_config *ret,
		 struct error *err)
{
	struct oci_error reason;

	if (len > LONG)
		prefault_heap(len * MEMORY_PER_BYTE);
	if (oci_parse(&oci_config_desc, ret, json, len, &reason) < 0)
		return fail_reason(name, &reason, err);
	take_receiver(ret);
	return 0;
}

int config_read(int dirfd, const char *name, char **ret_json, size_t *ret_len,
		struct oci_config *ret, struct error *err)
{
	auto_free char *json = NULL;
	size_t len;
	int r;

	r = read_text(dirfd, name, &json, &len, err);
	if (r == 0)
		r = parse(name, json, len, ret, err);
	if (r < 0)
		return r;
	*ret_json = TAKE_PTR(json);
	*ret_len = len;
	return 0;
}

/* A filter in an annotation takes the place of the section's rules, and asks the section for the rest. */
static bool find_filter(const struct bundle *bundle, const char *root, struct seccomp_program *ret)
{
	const struct oci_string_map *annotations = &bundle->config.annotations;
	auto_fd root_fd = -1;

	if (annotation_get(annotations, ANNOTATION_SECCOMP_BPF))
		return false;
	root_fd = open(root, O_PATH | O_DIRECTORY | O_CLOEXEC);
	return root_fd >= 0 &&
	       seccomp_find_kept(root_fd, bundle->seccomp,
				 annotation_is_on(annotations, ANNOTATION_SECCOMP_UNKNOWN), ret);
}

int bundle_read(int dirfd, const char *name, const char *root, struct bundle *bundle,
		struct seccomp_program *ret_filter, struct error *err)
{
	struct oci_error reason;
	int r;

	r = read_text(dirfd, name, &bundle->json, &bundle->json_len, err);
	if (r < 0)
		return r;
	r = oci_parse_except(&oci_config_desc, &bundle->config, bundle->json, bundle->json_len,
			     "linux.seccomp", &bundle->seccomp, &reason);
	if (r < 0)
		return fail_reason(name, &reason, err);
	if (!bundle->seccomp.text) {
		take_receiver(&bundle->config);
		return 0;
	}
	if (find_filter(bundle, root, ret_filter))
		return 0;
	oci_release(&oci_config_desc, &bundle->config);
	return parse(name, bundle->json, bundle->json_len, &bundle->config, err);
}

int bundle_open(const char *path, const char *config, const char *root, struct bundle *ret,
		struct seccomp_program *ret_filter, struct error *err)
{
	auto_bundle bundle = BUNDLE_NONE;
	int r;

	path = path ? path : ".";
	bundle.path = realpath(path, NULL);
	if (bundle.path)
		bundle.fd = open(bundle.path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (bundle.fd < 0) {
		fail_errno(err, "open the bundle '%s'", path);
		return fail_class(err, ERROR_BUNDLE, path);
	}
	r = bundle_read(config ? AT_FDCWD : bundle.fd, config ? config : "config.json", root,
			&bundle, ret_filter, err);
	if (r < 0)
		return config ? r : fail_in(err, "bundle '%s'", bundle.path);
	*ret = bundle;
	bundle = BUNDLE_NONE;
	return 0;
}
