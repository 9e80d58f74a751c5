/* auth_file.c - see auth_file.h */
#include "image/auth_file.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/base64.h"
#include "base/cleanup.h"
#include "base/file.h"
#include "base/text.h"
#include "base/wait.h"
#include "image/auth_document.h"
#include "image/auth_edit.h"
#include "image/auth_helper.h"
#include "image/lists.h"
#include "libocispec/document.h"

#define AUTH_FILE_MAX ((size_t) 1 << 20)
#define DOCKER_HUB_KEY "https://index.docker.io/v1/"

#define LOCK_LIMIT_MS 10000

static char *runtime_path(void)
{
	const char *runtime = getenv("XDG_RUNTIME_DIR");

	if (runtime && *runtime == '/')
		return xasprintf("%s/containers/auth.json", runtime);
	return xasprintf("/run/containers/%u/auth.json", geteuid());
}

/* The files that are looked at, in this order. */
static void list_files(const char *path, struct oci_strings *ret)
{
	const char *named = path ? path : getenv("REGISTRY_AUTH_FILE");
	const char *config = getenv("XDG_CONFIG_HOME"), *home = getenv("HOME");

	if (named && *named) {
		strings_add(ret, xstrdup(named));
		return;
	}
	strings_add(ret, runtime_path());
	if (config && *config == '/')
		strings_add(ret, xasprintf("%s/containers/auth.json", config));
	else if (home)
		strings_add(ret, xasprintf("%s/.config/containers/auth.json", home));
	if (home)
		strings_add(ret, xasprintf("%s/.docker/config.json", home));
}

static void free_strings(struct oci_strings *strings)
{
	for (size_t i = 0; i < strings->n; i++)
		free(strings->items[i]);
	free(strings->items);
}

/* Returns 1 when the file is there, 0 when it is not; its text is in *ret_text, which may be NULL. */
static int read_document(const char *path, struct auth_document *ret, char **ret_text,
			 struct error *err)
{
	auto_free char *json = NULL;
	struct oci_error why;
	size_t len;
	int r;

	r = file_read(AT_FDCWD, path, AUTH_FILE_MAX, &json, &len, err);
	if (r == -ENOENT || r == -ENOTDIR)
		return 0;
	if (r < 0)
		return fail_in(err, "credentials");
	if (strspn(json, " \t\r\n") == len)
		return 0;
	r = oci_parse(&auth_document_desc, ret, json, len, &why);
	if (r < 0) {
		/* Never the value: it may be a secret. */
		fail_as(err, ERROR_CONFIG, -r, "credentials in '%s': malformed at %s", path,
			why.path);
		return fail_class(err, ERROR_CONFIG, path);
	}
	if (ret_text)
		*ret_text = TAKE_PTR(json);
	return 1;
}

/* A key as the user or docker wrote it means a host, or a host and a path: "https://host/v1/". */
static bool is_key_of(const char *key, const char *wanted)
{
	const char *host = strstr(key, "://");
	size_t len;

	if (strcmp(key, wanted) == 0)
		return true;
	if (!host && !strchr(key, '/'))
		return false;
	host = host ? host + 3 : key;
	len = strcspn(host, "/");
	/* Docker's version suffix means the whole registry; another path is a name space. */
	if (host[len] && strcmp(host + len, "/") != 0 && strcmp(host + len, "/v1/") != 0 &&
	    strcmp(host + len, "/v2/") != 0 && strcmp(host + len, "/v1") != 0)
		len = strlen(host);
	return len == strlen(wanted) && strncmp(host, wanted, len) == 0;
}

/* The key itself counts before what others have written for it. */
static const struct auth_entry *find_entry(const struct auth_document *document, const char *key)
{
	for (size_t i = 0; i < document->auths.n; i++)
		if (strcmp(document->auths.keys[i], key) == 0)
			return &document->auths.items[i];
	for (size_t i = 0; i < document->auths.n; i++)
		if (is_key_of(document->auths.keys[i], key))
			return &document->auths.items[i];
	return NULL;
}

/* The entry of the longest part of the name that has one. */
static const struct auth_entry *find_longest(const struct auth_document *document,
					     const char *domain, const char *repository)
{
	auto_free char *key = repository ? xasprintf("%s/%s", domain, repository) : xstrdup(domain);
	const struct auth_entry *entry;
	char *slash;

	for (;;) {
		entry = find_entry(document, key);
		slash = strrchr(key, '/');
		if (entry || !slash)
			break;
		*slash = '\0';
	}
	if (!entry && strcmp(domain, "docker.io") == 0)
		entry = find_entry(document, "index.docker.io");
	return entry;
}

static int decode(const char *text, struct credentials *ret, struct error *err)
{
	auto_free unsigned char *plain = NULL;
	size_t len;
	char *colon;

	if (base64_decode(text, &plain, &len) < 0)
		return fail_as(err, ERROR_CONFIG, EINVAL, "'auth' is not base64");
	colon = strchr((char *) plain, ':');
	if (!colon)
		return fail_as(err, ERROR_CONFIG, EINVAL,
			       "'auth' is not the base64 of USER:PASSWORD");
	*colon = '\0';
	ret->user = xstrdup((char *) plain);
	ret->password = xstrdup(colon + 1);
	return 0;
}

static int take_entry(const struct auth_entry *entry, struct credentials *ret, struct error *err)
{
	if (entry->identity_token && *entry->identity_token)
		ret->identity_token = xstrdup(entry->identity_token);
	if (entry->auth && *entry->auth)
		return decode(entry->auth, ret, err);
	if (entry->username && entry->password) {
		ret->user = xstrdup(entry->username);
		ret->password = xstrdup(entry->password);
	}
	return 0;
}

static const char *helper_of(const struct auth_document *document, const char *domain)
{
	for (size_t i = 0; i < document->helpers.n; i++)
		if (is_key_of(document->helpers.items[i].name, domain))
			return document->helpers.items[i].value;
	return NULL;
}

static bool is_known(const struct credentials *credentials)
{
	return credentials->user || credentials->identity_token;
}

static int look_in(const struct auth_document *document, const char *domain, const char *repository,
		   struct credentials *ret, struct error *err)
{
	const char *server = strcmp(domain, "docker.io") == 0 ? DOCKER_HUB_KEY : domain;
	const char *helper = helper_of(document, domain);
	const struct auth_entry *entry;

	if (helper)
		return helper_get(helper, server, ret, err);
	entry = find_longest(document, domain, repository);
	if (entry && take_entry(entry, ret, err) < 0)
		return -err->code;
	if (!is_known(ret) && document->store && *document->store)
		return helper_get(document->store, server, ret, err);
	return 0;
}

static int look_in_file(const char *path, const char *domain, const char *repository,
			struct credentials *ret, struct error *err)
{
	struct auth_document document = { 0 };
	int r = read_document(path, &document, NULL, err);

	if (r <= 0)
		return r;
	r = look_in(&document, domain, repository, ret, err);
	if (r < 0)
		fail_in(err, "credentials in '%s'", path);
	oci_release(&auth_document_desc, &document);
	return r;
}

int credentials_find(const char *path, const char *domain, const char *repository,
		     struct credentials *ret, struct error *err)
{
	struct oci_strings files = { 0 };
	int r = 0;

	/* Whoever names one means it; without it a private image just would not be there. */
	if (path && *path && access(path, F_OK) < 0)
		return fail_errno(err, "credentials: open '%s'", path);
	list_files(path, &files);
	for (size_t i = 0; i < files.n && r == 0 && !is_known(ret); i++)
		r = look_in_file(files.items[i], domain, repository, ret, err);
	free_strings(&files);
	return r;
}

int credentials_parse(const char *text, struct credentials *ret, struct error *err)
{
	const char *colon = strchr(text, ':');

	if (!colon || colon == text)
		return fail_as(err, ERROR_USAGE, EINVAL,
			       "option '--creds': its value is not USER:PASSWORD");
	ret->user = xasprintf("%.*s", (int) (colon - text), text);
	ret->password = xstrdup(colon + 1);
	return 0;
}

char *credentials_encode(const struct credentials *credentials)
{
	auto_free char *plain = xasprintf("%s:%s", credentials->user, credentials->password);
	size_t len = strlen(plain);
	unsigned char *text = xcalloc(1, 4 * ((len + 2) / 3) + 1);

	EVP_EncodeBlock(text, (const unsigned char *) plain, (int) len);
	return (char *) text;
}

static bool is_gone(const void *context, const char *name)
{
	return is_key_of(name, context);
}

/* docker's own key for its hub goes at a logout.  At a login it stays, for docker knows no other. */
static bool is_gone_at_logout(const void *context, const char *name)
{
	return is_key_of(name, context) ||
	       (strcmp(context, "docker.io") == 0 && is_key_of(name, "index.docker.io"));
}

static bool has_entry(const struct auth_document *document, const char *key)
{
	for (size_t i = 0; i < document->auths.n; i++)
		if (is_gone_at_logout(key, document->auths.keys[i]))
			return true;
	return false;
}

/* Of another's lock the end is waited for, but not for ever; where nothing can be locked we do without. */
static int lock(int fd, const char *path, struct error *err)
{
	if (wait_for_lock(fd, LOCK_LIMIT_MS) != -EWOULDBLOCK)
		return 0;
	return fail_as(err, ERROR_STATE, EBUSY,
		       "credentials: another process has the directory '%s' locked", path);
}

/* The directory, locked: of two that change the file the second sees what the first has written.  -1
 * where there is none. */
static int lock_parent(const char *path, bool is_made, int *ret_fd, struct error *err)
{
	auto_free char *parent = xstrdup(path);
	char *slash = strrchr(parent, '/');

	if (slash)
		slash[slash == parent] = '\0';
	if (slash && is_made && dir_make(parent, 0700, err) < 0)
		return -err->code;
	*ret_fd = open(slash ? parent : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return *ret_fd < 0 ? 0 : lock(*ret_fd, slash ? parent : ".", err);
}

static int change(const char *path, const char *key, const struct credentials *credentials,
		  bool *ret_was_there, struct error *err)
{
	struct auth_document document = { 0 };
	auto_free char *auth = credentials ? credentials_encode(credentials) : NULL;
	auto_free char *member = auth ? xasprintf("\"%s\": {\"auth\": \"%s\"}", key, auth) : NULL;
	auto_free char *text = NULL;
	auto_str edited = { 0 };
	auto_fd parent = -1;

	if (lock_parent(path, credentials, &parent, err) < 0 ||
	    read_document(path, &document, &text, err) < 0)
		return -err->code;
	*ret_was_there = has_entry(&document, key);
	oci_release(&auth_document_desc, &document);
	if (!credentials && !*ret_was_there)
		return 0;
	auth_edit(text ? text : "{}\n", credentials ? is_gone : is_gone_at_logout, key, member,
		  &edited);
	return file_replace(AT_FDCWD, path, edited.data, edited.len, 0600, err);
}

int credentials_store(const char *path, const char *key, const struct credentials *credentials,
		      bool *ret_was_there, char **ret_path, struct error *err)
{
	struct oci_strings files = { 0 };
	auto_free char *file = NULL;
	auto_free char *target = NULL;

	list_files(path, &files);
	file = xstrdup(files.items[0]);
	free_strings(&files);
	/* a link to it stays one */
	target = realpath(file, NULL);
	if (change(target ? target : file, key, credentials, ret_was_there, err) < 0)
		return -err->code;
	*ret_path = TAKE_PTR(file);
	return 0;
}

static void wipe(char *secret)
{
	if (secret)
		explicit_bzero(secret, strlen(secret));
	free(secret);
}

void credentials_release(struct credentials *credentials)
{
	free(credentials->user);
	wipe(credentials->password);
	wipe(credentials->identity_token);
	*credentials = (struct credentials){ 0 };
}
