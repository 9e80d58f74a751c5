/* certs.c - see certs.h */
#include "image/certs.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"

#define CERT_MAX ((size_t) 1 << 20)

static bool ends_in(const char *name, const char *suffix)
{
	size_t len = strlen(name), suffix_len = strlen(suffix);

	return len > suffix_len && strcmp(name + len - suffix_len, suffix) == 0;
}

static int add_authority(int dir, const char *name, struct certs *certs, struct error *err)
{
	auto_free char *pem = NULL;
	size_t len;

	if (file_read(dir, name, CERT_MAX, &pem, &len, err) < 0)
		return -err->code;
	str_append(&certs->authorities, pem, len);
	str_append(&certs->authorities, "\n", 1);
	return 0;
}

static int set_identity(const char *path, const char *name, struct certs *certs, struct error *err)
{
	int stem = (int) (strlen(name) - strlen(".cert"));

	if (certs->cert)
		return 0;
	certs->cert = xasprintf("%s/%s", path, name);
	certs->key = xasprintf("%s/%.*s.key", path, stem, name);
	if (access(certs->key, R_OK) < 0)
		return fail_errno(err, "the certificate '%s' needs its key '%s'", certs->cert,
				  certs->key);
	return 0;
}

/* A directory need not be there. */
static int read_directory(const char *path, struct certs *ret, struct error *err)
{
	auto_dir *dir = opendir(path);
	struct dirent *entry;

	if (!dir)
		return errno == ENOENT || errno == ENOTDIR || errno == EACCES
			       ? 0
			       : fail_errno(err, "open '%s'", path);
	while ((entry = readdir(dir))) {
		int r = 0;

		if (ends_in(entry->d_name, ".crt"))
			r = add_authority(dirfd(dir), entry->d_name, ret, err);
		else if (ends_in(entry->d_name, ".cert"))
			r = set_identity(path, entry->d_name, ret, err);
		if (r < 0)
			return fail_in(err, "certificates in '%s'", path);
	}
	return 1;
}

int certs_find(const char *host, struct certs *ret, struct error *err)
{
	const char *config = getenv("XDG_CONFIG_HOME"), *home = getenv("HOME");
	auto_free char *user = config && *config == '/'
				       ? xasprintf("%s/containers", config)
				       : xasprintf("%s/.config/containers", home ? home : "");
	const char *const places[] = { user, "/etc/containers", "/etc/docker" };
	int r = 0;

	for (size_t i = 0; i < ARRAY_SIZE(places) && r == 0; i++) {
		auto_free char *path = xasprintf("%s/certs.d/%s", places[i], host);

		if (*places[i] == '/')
			r = read_directory(path, ret, err);
	}
	return r < 0 ? r : 0;
}

void certs_release(struct certs *certs)
{
	str_release(&certs->authorities);
	free(certs->cert);
	free(certs->key);
	*certs = (struct certs){ 0 };
}
