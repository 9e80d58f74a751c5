/* criu_log.c - see criu_log.h */
#include "container/criu_log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"

/* "(00.012345) 12345: Error (criu/mount.c:1088): mnt: ..." */
static const char *text_of_error(const char *line)
{
	const char *error = strstr(line, "Error (");
	const char *text = error ? strstr(error, "): ") : NULL;

	return text ? text + strlen("): ") : NULL;
}

/* criu goes on after the first of these; the others only say that something has failed. */
static bool says_nothing(const char *text)
{
	static const char *const words[] = { "rlimit:", "ing FAILED", " killed by signal ",
					     "exited, status=" };

	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (strstr(text, words[i]))
			return true;
	return false;
}

int criu_log_reason(int dirfd, const char *name, char *buf, size_t size)
{
	int fd = openat(dirfd, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	FILE *file = fd < 0 ? NULL : fdopen(fd, "re");
	char line[1024];
	int r = -ENOENT;

	if (!file) {
		cleanup_fd(&fd);
		return r;
	}
	while (r < 0 && fgets(line, sizeof(line), file)) {
		const char *text = text_of_error(line);

		if (!text || says_nothing(text))
			continue;
		snprintf(buf, size, "%.*s", (int) strcspn(text, "\n"), text);
		r = 0;
	}
	fclose(file);
	return r;
}
