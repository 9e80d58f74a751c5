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
#include "libocispec/document.h"
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

int config_read(int dirfd, const char *name, char **ret_json, size_t *ret_len,
		struct oci_config *ret, struct error *err)
{
	auto_free char *json = NULL;
	struct oci_error reason;
	size_t len;
	int r;

	r = file_read(dirfd, name, OCI_DOCUMENT_MAX, &json, &len, err);
	if (r < 0)
		return fail_class(err, ERROR_BUNDLE, name);
	if (len > LONG)
		prefault_heap(len * MEMORY_PER_BYTE);
	r = oci_parse(&oci_config_desc, ret, json, len, &reason);
	if (r < 0) {
		fail_at(err, reason.code, reason.path, "%s", reason.text);
		return fail_in(err, "%s", name);
	}
	take_receiver(ret);
	*ret_json = TAKE_PTR(json);
	*ret_len = len;
	return 0;
}

int bundle_open(const char *path, const char *config, struct bundle *ret, struct error *err)
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
	r = config_read(config ? AT_FDCWD : bundle.fd, config ? config : "config.json",
			&bundle.json, &bundle.json_len, &bundle.config, err);
	if (r < 0)
		return config ? r : fail_in(err, "bundle '%s'", bundle.path);
	*ret = bundle;
	bundle = BUNDLE_NONE;
	return 0;
}
