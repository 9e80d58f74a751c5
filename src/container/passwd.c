/* passwd.c - see passwd.h */
#include "container/passwd.h"

#include <fcntl.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/text.h"

#define PASSWD_MAX ((size_t) 10 << 20)

/* name:password:uid:gid:gecos:home:shell */
#define UID_FIELD 2
#define FIELDS 7

static size_t split(char *line, char *fields[FIELDS])
{
	size_t n = 0;

	while (n < FIELDS && line)
		fields[n++] = strsep(&line, ":");
	return n;
}

char *passwd_find(const char *passwd, uint32_t uid, enum passwd_field field)
{
	auto_free char *copy = xstrdup(passwd);
	char *rest = copy;

	while (rest) {
		char *fields[FIELDS];
		char *line = strsep(&rest, "\n");
		size_t n = split(line, fields);
		uint64_t number;

		if (n <= UID_FIELD || n <= (size_t) field)
			continue;
		if (parse_u64(fields[UID_FIELD], UINT32_MAX, &number) == 0 && number == uid)
			return xstrdup(fields[field]);
	}
	return NULL;
}

char *passwd_look_up(uint32_t uid, enum passwd_field field)
{
	auto_free char *passwd = NULL;
	struct error ignored;

	if (file_read(AT_FDCWD, "/etc/passwd", PASSWD_MAX, &passwd, NULL, &ignored) < 0)
		return NULL;
	return passwd_find(passwd, uid, field);
}
