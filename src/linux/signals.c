/* signals.c - see signals.h */
#include "linux/signals.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/raw_syscall.h"
#include "base/text.h"

/* As glibc counts them, and so engines, systemd and most programs: the kernel's first is 32, of
 * which other C libraries keep other numbers for themselves. */
#define REALTIME_MIN 34
#define REALTIME_MAX 64
#define MASK_SIZE (REALTIME_MAX / 8)

struct name {
	const char *name;
	int number;
};

/* clang-format off */
static const struct name names[] = {
	{ "ABRT",   SIGABRT },   { "ALRM", SIGALRM }, { "BUS",  SIGBUS },  { "CHLD",   SIGCHLD },
	{ "CLD",    SIGCHLD },   { "CONT", SIGCONT }, { "FPE",  SIGFPE },  { "HUP",    SIGHUP },
	{ "ILL",    SIGILL },    { "INT",  SIGINT },  { "IO",   SIGIO },   { "IOT",    SIGIOT },
	{ "KILL",   SIGKILL },   { "PIPE", SIGPIPE }, { "POLL", SIGPOLL }, { "PROF",   SIGPROF },
	{ "PWR",    SIGPWR },    { "QUIT", SIGQUIT }, { "SEGV", SIGSEGV }, { "STKFLT", SIGSTKFLT },
	{ "STOP",   SIGSTOP },   { "SYS",  SIGSYS },  { "TERM", SIGTERM }, { "TRAP",   SIGTRAP },
	{ "TSTP",   SIGTSTP },   { "TTIN", SIGTTIN }, { "TTOU", SIGTTOU }, { "URG",    SIGURG },
	{ "USR1",   SIGUSR1 },   { "USR2", SIGUSR2 }, { "WINCH", SIGWINCH }, { "XCPU", SIGXCPU },
	{ "XFSZ",   SIGXFSZ },   { "VTALRM", SIGVTALRM },
};
/* clang-format on */

/* "RTMIN", "RTMIN+3", "RTMAX", "RTMAX-1"; name is without "SIG". */
static int parse_realtime(const char *name, int *ret)
{
	bool is_min = strncasecmp(name, "RTMIN", 5) == 0;
	int room = REALTIME_MAX - REALTIME_MIN;
	uint64_t offset = 0;

	if (!is_min && strncasecmp(name, "RTMAX", 5) != 0)
		return -EINVAL;
	name += 5;
	if (*name) {
		if (*name != (is_min ? '+' : '-'))
			return -EINVAL;
		if (parse_u64(name + 1, (uint64_t) room, &offset) < 0)
			return -EINVAL;
	}
	*ret = is_min ? REALTIME_MIN + (int) offset : REALTIME_MAX - (int) offset;
	return 0;
}

int signal_parse(const char *s, int *ret)
{
	uint64_t number;

	if (parse_u64(s, (uint64_t) REALTIME_MAX, &number) == 0) {
		*ret = (int) number;
		return 0;
	}
	if (strncasecmp(s, "SIG", 3) == 0)
		s += 3;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		if (strcasecmp(names[i].name, s) == 0) {
			*ret = names[i].number;
			return 0;
		}
	}
	return parse_realtime(s, ret);
}

void signals_fill(sigset_t *ret)
{
	memset(ret, 0xff, sizeof(*ret));
}

static ssize_t read_status(char *status, size_t size)
{
	long fd = raw_syscall(SYS_openat, AT_FDCWD, RAW("/proc/self/status"), O_RDONLY | O_CLOEXEC,
			      0, 0, 0),
	     n;

	if (fd < 0)
		return fd;
	n = raw_syscall(SYS_read, fd, RAW(status), RAW(size - 1), 0, 0, 0);
	raw_syscall(SYS_close, fd, 0, 0, 0, 0, 0);
	if (n >= 0)
		status[n] = '\0';
	return n;
}

/* It may stand so far behind a long list of groups that it is not read, or not all of the line. */
uint64_t signals_ignored(void)
{
	static const char name[] = "\nSigIgn:\t";
	char status[4096], *end;
	const char *line;
	uint64_t ignored;

	if (read_status(status, sizeof(status)) <= 0)
		return UINT64_MAX;
	line = strstr(status, name);
	if (!line)
		return UINT64_MAX;
	ignored = strtoull(line + strlen(name), &end, 16);
	return *end == '\n' ? ignored : UINT64_MAX;
}

/* By the kernel's own calls: the C library's refuse the numbers that it keeps. */
void signals_default(uint64_t which)
{
	/* the kernel's struct sigaction, for SIG_DFL: zeros, whatever the order of its members */
	static const uint64_t action[8];

	for (int i = 1; i <= REALTIME_MAX; i++)
		if (which >> (i - 1) & 1)
			raw_syscall(SYS_rt_sigaction, i, RAW(action), 0, MASK_SIZE, 0, 0);
}

void signals_unblock(void)
{
	static const uint64_t none[MASK_SIZE / sizeof(uint64_t)];

	raw_syscall(SYS_rt_sigprocmask, SIG_SETMASK, RAW(none), 0, MASK_SIZE, 0, 0);
}

/* An exec resets handlers, but what is ignored stays ignored. */
void signals_reset(void)
{
	signals_default(signals_ignored());
	signals_unblock();
}

static void take(int number)
{
	(void) number;
}

/* A handler, and not SIG_IGN, which what we execute would inherit. */
void signals_take_failed_writes(void)
{
	static const int numbers[] = { SIGPIPE, SIGXFSZ };

	for (size_t i = 0; i < ARRAY_SIZE(numbers); i++)
		if (signal(numbers[i], take) == SIG_IGN)
			signal(numbers[i], SIG_IGN);
}
