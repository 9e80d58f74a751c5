/* accounts.c - see accounts.h */
#include "image/accounts.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/text.h"
#include "linux/inroot.h"

/* The last number is no id: to chown(2) it means "leave as it is". */
#define ID_MAX (UINT32_MAX - 1)

/* The kernel would take 65536. */
#define GROUPS_MAX ((size_t) 1024)

/* clang-format off */
enum { PASSWD_NAME, PASSWD_PASSWORD, PASSWD_UID, PASSWD_GID, PASSWD_GECOS, PASSWD_HOME,
       PASSWD_FIELDS };
enum { GROUP_NAME, GROUP_PASSWORD, GROUP_GID, GROUP_MEMBERS, GROUP_FIELDS };
/* clang-format on */
#define FIELDS_MAX PASSWD_FIELDS

/* A file of lines of fields with ':' between. */
struct table {
	char *text;
	char *next;
};

#define auto_table __attribute__((cleanup(table_release))) struct table

static void table_release(struct table *table)
{
	free(table->text);
}

/* Reads the file; one that is not there is an empty one. */
static int table_open(int root_fd, const char *path, struct table *ret, struct error *err)
{
	struct stat st;
	auto_fd fd = inroot_open(root_fd, path, O_RDONLY | O_NONBLOCK | O_NOCTTY);
	int r;

	*ret = (struct table){ 0 };
	if (fd == -ENOENT)
		return 0;
	if (fd < 0)
		return fail(err, -fd, "open '%s' of the image: %s", path, strerror(-fd));
	if (fstat(fd, &st) < 0)
		return fail_errno(err, "look at '%s' of the image", path);
	if (!S_ISREG(st.st_mode))
		return fail_as(err, ERROR_IMAGE, EINVAL, "'%s' of the image is not a regular file",
			       path);
	r = file_read_fd(fd, path, ACCOUNTS_FILE_MAX, &ret->text, NULL, err);
	if (r < 0)
		return fail_class(err, ERROR_IMAGE, path);
	ret->next = ret->text;
	return 0;
}

/* Splits the next line into n fields, of which the last takes the rest up to a ':'; false at the end.  Those behind
 * the first `needed` may be missing, as in files that were written by hand, and are empty then.  Lines with fewer,
 * and comments, are passed over. */
static bool table_next(struct table *table, char *fields[], size_t needed, size_t n)
{
	while (table->next && *table->next) {
		char *line = table->next + strspn(table->next, " \t"), *end = strchrnul(line, '\n');
		bool is_comment = *line == '#';
		size_t found = 0;

		table->next = *end ? end + 1 : end;
		*end = '\0';
		while (line && found < n)
			fields[found++] = strsep(&line, ":");
		for (size_t i = found; i < n; i++)
			fields[i] = end;
		if (found >= needed && !is_comment)
			return true;
	}
	return false;
}

static bool parse_id(const char *text, uint32_t *ret)
{
	uint64_t id;

	if (parse_u64(text, ID_MAX, &id) < 0)
		return false;
	*ret = (uint32_t) id;
	return true;
}

static bool is_number(const char *text)
{
	return *text && strspn(text, "0123456789") == strlen(text);
}

/* The user by name, or by uid where name is NULL.  Returns 1 when found, 0, or -errno. */
static int find_user(int root_fd, const char *name, uint32_t uid, struct account *ret,
		     struct error *err)
{
	char *fields[FIELDS_MAX];
	auto_table table;

	if (table_open(root_fd, "/etc/passwd", &table, err) < 0)
		return -err->code;
	while (table_next(&table, fields, PASSWD_GID + 1, PASSWD_FIELDS)) {
		uint32_t line_uid, line_gid;

		if (!parse_id(fields[PASSWD_UID], &line_uid) ||
		    !parse_id(fields[PASSWD_GID], &line_gid))
			continue;
		if (name ? strcmp(fields[PASSWD_NAME], name) != 0 : line_uid != uid)
			continue;
		ret->uid = line_uid;
		ret->gid = line_gid;
		if (*fields[PASSWD_HOME] == '/')
			ret->home = xstrdup(fields[PASSWD_HOME]);
		return 1;
	}
	return 0;
}

static int find_group(int root_fd, const char *name, uint32_t *ret_gid, struct error *err)
{
	char *fields[FIELDS_MAX];
	auto_table table;

	if (table_open(root_fd, "/etc/group", &table, err) < 0)
		return -err->code;
	while (table_next(&table, fields, GROUP_GID + 1, GROUP_GID + 1))
		if (strcmp(fields[GROUP_NAME], name) == 0 && parse_id(fields[GROUP_GID], ret_gid))
			return 0;
	return fail_as(err, ERROR_IMAGE, EINVAL, "the image's /etc/group has no group '%.100s'",
		       name);
}

static bool is_member(char *members, const char *name)
{
	char *member;

	while ((member = strsep(&members, ",")))
		if (strcmp(member, name) == 0)
			return true;
	return false;
}

static int add_gid(struct account *account, uint32_t gid, struct error *err)
{
	struct oci_u32s *gids = &account->additional_gids;
	uint32_t *items;

	for (size_t i = 0; i < gids->n; i++)
		if (gids->items[i] == gid)
			return 0;
	if (gid == account->gid)
		return 0;
	items = gids->n < GROUPS_MAX ? reallocarray(gids->items, gids->n + 1, sizeof(*items))
				     : NULL;
	if (!items)
		return fail_as(err, ERROR_IMAGE, E2BIG, "the user is in more than %zu groups",
			       gids->n);
	items[gids->n++] = gid;
	gids->items = items;
	return 0;
}

static int find_memberships(int root_fd, const char *name, struct account *account,
			    struct error *err)
{
	char *fields[FIELDS_MAX];
	auto_table table;
	uint32_t gid;

	if (table_open(root_fd, "/etc/group", &table, err) < 0)
		return -err->code;
	while (table_next(&table, fields, GROUP_FIELDS, GROUP_FIELDS))
		if (parse_id(fields[GROUP_GID], &gid) && is_member(fields[GROUP_MEMBERS], name) &&
		    add_gid(account, gid, err) < 0)
			return -err->code;
	return 0;
}

static int bad_id(const char *text, struct error *err)
{
	return fail_as(err, ERROR_IMAGE, ERANGE, "'%.100s' is not in 0..%u", text, ID_MAX);
}

static int resolve_user(int root_fd, const char *user, struct account *account, struct error *err)
{
	bool is_id = is_number(user) || !*user;
	uint32_t uid = 0;
	int r;

	if (*user && is_id && !parse_id(user, &uid))
		return bad_id(user, err);
	account->uid = uid;
	r = find_user(root_fd, is_id ? NULL : user, uid, account, err);
	if (r == 0 && !is_id)
		return fail_as(err, ERROR_IMAGE, EINVAL,
			       "the image's /etc/passwd has no user '%.100s'", user);
	return r < 0 ? r : 0;
}

static int resolve_group(int root_fd, const char *group, uint32_t *ret_gid, struct error *err)
{
	if (!is_number(group))
		return find_group(root_fd, group, ret_gid, err);
	return parse_id(group, ret_gid) ? 0 : bad_id(group, err);
}

int account_find(int root_fd, const char *text, struct account *ret, struct error *err)
{
	auto_free char *user = xstrdup(text ? text : "");
	char *group = strchr(user, ':');
	auto_account account = { 0 };
	int r;

	if (group)
		*group++ = '\0';
	r = resolve_user(root_fd, user, &account, err);
	if (r == 0 && group && *group)
		r = resolve_group(root_fd, group, &account.gid, err);
	else if (r == 0 && *user && !is_number(user))
		r = find_memberships(root_fd, user, &account, err);
	if (r < 0)
		return fail_in(err, "user '%.100s'", text ? text : "");
	*ret = account;
	account = (struct account){ 0 };
	return 0;
}

void account_release(struct account *account)
{
	free(account->additional_gids.items);
	free(account->home);
	*account = (struct account){ 0 };
}
