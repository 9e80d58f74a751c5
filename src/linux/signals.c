/* signals.c - signals by name or number, as `kill` and stopSignal spell them */
#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <strings.h>

#include "base/text.h"
#include "linux/signals.h"

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
	int room = SIGRTMAX - SIGRTMIN;
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
	*ret = is_min ? SIGRTMIN + (int) offset : SIGRTMAX - (int) offset;
	return 0;
}

int signal_parse(const char *s, int *ret)
{
	uint64_t number;

	if (parse_u64(s, (uint64_t) SIGRTMAX, &number) == 0) {
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

void signals_reset(void)
{
	struct sigaction action = { .sa_handler = SIG_DFL };
	sigset_t none;

	/* An exec resets handlers, but what is ignored stays ignored; there is no cheap way to ask
	 * which those are.  Four numbers are refused: two have no other action, two are the C library's. */
	for (int i = 1; i <= SIGRTMAX; i++)
		sigaction(i, &action, NULL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}
