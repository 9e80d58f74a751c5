/* unit.c - runs suites and finds test data; see unit.h */
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <unistd.h>

#include "base/configured.h"
#include "tests/unit/unit.h"

int unit_main(Suite *(*const suites[])(void), int argc, char **argv)
{
	SRunner *runner = srunner_create(NULL);
	int failed, run;

	/* libcheck's own 4 s are too few on a machine that is busy otherwise */
	setenv("CK_DEFAULT_TIMEOUT", "60", 0);
	for (size_t i = 0; suites[i] != NULL; i++)
		srunner_add_suite(runner, suites[i]());
	srunner_run(runner, argc > 1 ? argv[1] : NULL, NULL, CK_ENV);
	failed = srunner_ntests_failed(runner);
	run = srunner_ntests_run(runner);
	srunner_free(runner);
	if (failed > 0)
		return EXIT_FAILURE;
	return run > 0 ? EXIT_SUCCESS : 77;
}

void unit_say_skipped(const char *test, const char *fmt, ...)
{
	va_list args;

	printf("SKIP %s: ", test);
	va_start(args, fmt);
	vprintf(fmt, args);
	va_end(args);
	putchar('\n');
	fflush(stdout);
}

bool unit_own_mounts(void)
{
	return unshare(CLONE_NEWNS) == 0 && mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0;
}

int unit_terminal(void)
{
	int master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);

	if (master >= 0 && unlockpt(master) < 0) {
		close(master);
		return -1;
	}
	return master;
}

const char *unit_path(const char *path)
{
	static char full[PATH_MAX];
	const char *top = getenv("srcdir");

	snprintf(full, sizeof(full), "%s/%s", top != NULL ? top : ".", path);
	return full;
}

char *unit_read(const char *path, size_t *ret_len)
{
	FILE *file = fopen(unit_path(path), "re");
	char *content = NULL;
	size_t len = 0, capacity = 0, got;

	ck_assert_msg(file != NULL, "cannot open '%s'", unit_path(path));
	do {
		if (capacity - len < 2) {
			capacity = capacity > 0 ? capacity * 2 : 4096;
			content = realloc(content, capacity);
			ck_assert_ptr_nonnull(content);
		}
		got = fread(content + len, 1, capacity - len - 1, file);
		len += got;
	} while (got > 0);
	ck_assert_msg(!ferror(file), "cannot read '%s'", unit_path(path));
	fclose(file);
	content[len] = '\0';
	if (ret_len != NULL)
		*ret_len = len;
	return content;
}

#if SANITIZED_BUILD
/* What libcheck leaves in a test's process: the buffer of the stream in which it tells how the test
 * goes. */
enum { LIBCHECK_BUFFER = 4096 };

/* Of the sanitizers; gcc has no header with it. */
size_t __sanitizer_get_current_allocated_bytes(void);

/* How much was allocated when this process was forked. */
static size_t allocated_at_fork;

static void remember_allocated(void)
{
	allocated_at_fork = __sanitizer_get_current_allocated_bytes();
}

static void __attribute__((constructor)) remember_at_each_fork(void)
{
	pthread_atfork(NULL, NULL, remember_allocated);
}

/* Asked by LeakSanitizer at a process's end.  To look takes it longer than most tests run: it need
 * not where a test has freed what it allocated, to the byte.  And it reads our threads in /proc,
 * which a test that changed its root may not have. */
int __lsan_is_turned_off(void);
int __lsan_is_turned_off(void)
{
	size_t allocated = __sanitizer_get_current_allocated_bytes();
	char path[64];

	if (allocated_at_fork != 0 &&
	    (allocated == allocated_at_fork || allocated == allocated_at_fork + LIBCHECK_BUFFER))
		return 1;
	snprintf(path, sizeof(path), "/proc/%d/task", (int) getpid());
	return access(path, R_OK) != 0;
}
#endif
