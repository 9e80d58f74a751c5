/* interrupt.c - see interrupt.h */
#include "cli/interrupt.h"

#include "base/text.h"

volatile sig_atomic_t interrupt_signal;

static void remember(int signal_)
{
	interrupt_signal = signal_;
}

void interrupt_catch(void)
{
	static const int signals[] = { SIGHUP, SIGINT, SIGTERM };
	struct sigaction action = { .sa_handler = remember, .sa_flags = SA_RESTART };
	struct sigaction old;

	for (size_t i = 0; i < ARRAY_SIZE(signals); i++)
		if (sigaction(signals[i], NULL, &old) == 0 && old.sa_handler != SIG_IGN)
			sigaction(signals[i], &action, NULL);
}
