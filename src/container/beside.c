/* beside.c - see beside.h */
#include "container/beside.h"

#include <linux/futex.h>
#include <sys/socket.h>

#include "base/raw_syscall.h"
#include "container/container.h"
#include "container/self_start.h"
#include "container/sync.h"
#include "linux/clone.h"
#include "linux/loopback.h"
#include "linux/network.h"
#include "linux/signals.h"

enum beside_word { WAIT = 0, GO_ON, GIVE_UP };

/* What failed is init's to say.  Should nothing get through, it hears the end of file. */
static void give_network(const struct container *container, int network)
{
	int r = network;

	if (network >= 0)
		r = sync_say_beside(container->sock, SYNC_NETWORK, 0, network);
	if (r < 0)
		r = sync_say_beside(container->sock, SYNC_NETWORK, -r, -1);
	if (r < 0)
		raw_syscall(SYS_shutdown, container->sock, SHUT_RDWR, 0, 0, 0, 0);
}

static void do_the_rest(struct container *container)
{
	container->device_filter_code =
		device_filter_load(&container->device_filter, container->cgroup.fd);
	self_start_allow(container);
}

static enum beside_word hear_word(struct beside *beside)
{
	uint32_t word;

	while ((word = __atomic_load_n(&beside->word, __ATOMIC_ACQUIRE)) == WAIT)
		raw_syscall(SYS_futex, RAW(&beside->word), FUTEX_WAIT_PRIVATE, WAIT, 0, 0, 0);
	return (enum beside_word) word;
}

static void say_word(struct beside *beside, enum beside_word word)
{
	__atomic_store_n(&beside->word, word, __ATOMIC_RELEASE);
	raw_syscall(SYS_futex, RAW(&beside->word), FUTEX_WAKE_PRIVATE, 1, 0, 0, 0);
}

uint64_t beside_ignored_signals(const struct beside *beside)
{
	return __atomic_load_n(&beside->has_signals, __ATOMIC_ACQUIRE) ? beside->ignored_signals
								       : signals_ignored();
}

static void close_raw(int fd)
{
	if (fd >= 0)
		raw_syscall(SYS_close, fd, 0, 0, 0, 0, 0);
}

/* What init waits for comes first. */
static void go_on(struct container *container, int sock, int network)
{
	struct beside *beside = &container->beside;

	give_network(container, network);
	beside->ignored_signals = signals_ignored();
	__atomic_store_n(&beside->has_signals, true, __ATOMIC_RELEASE);
	beside->loopback_code = network < 0 ? 0 : loopback_raise(sock);
	do_the_rest(container);
}

static void run_beside(void *data)
{
	struct container *container = data;
	int sock = network_make();
	int network = sock < 0 ? sock : network_of(sock);

	if (hear_word(&container->beside) == GO_ON)
		go_on(container, sock, network);
	close_raw(sock);
	close_raw(network);
	raw_syscall(SYS_exit, 0, 0, 0, 0, 0, 0);
}

void beside_begin(struct container *container)
{
	if (container->plan.host_makes_network &&
	    clone_beside(run_beside, container, &container->beside.tid) < 0)
		launch_plan_clone_network(&container->plan);
}

void beside_go_on(struct container *container)
{
	if (container->beside.tid)
		say_word(&container->beside, GO_ON);
	else
		do_the_rest(container);
}

void beside_end(struct container *container)
{
	clone_join(&container->beside.tid);
}

void beside_release(struct container *container)
{
	if (container->beside.word == WAIT && container->beside.tid)
		say_word(&container->beside, GIVE_UP);
	beside_end(container);
}
