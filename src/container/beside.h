/* beside.h - what the host does while init sets itself up
 *
 * Where a network namespace is to be made, which takes longer than all that the host does before there is an init,
 * a thread of its own begins with that as soon as it is known what the container will be.  Once there is an init it
 * sends it the network, and does what init does not wait for, or not yet: it asks which signals are ignored, brings
 * "lo" up, loads the device program, and writes the record of an init that starts by itself.  The host waits for
 * init's word meanwhile, so that init has a processor.  Without a network to make a thread would take longer than what
 * it does, and the host does it.
 *
 * The thread is in the memory of the host, and of init if that shares it: system calls, no heap, no errno, no lock
 * (linux/clone.h).  Of struct container it reads sock, init.pid, cgroup.fd, device_filter, dir.fd, bundle.json and
 * self_start, and writes beside, device_filter_code, has_config and what self_start points to: none of them is
 * another's between beside_go_on() and beside_end(), but for has_signals and ignored_signals, which init reads. */
#ifndef CONTAINER_BESIDE_H
#define CONTAINER_BESIDE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct container;

struct beside {
	pid_t tid;	  /* 0: there is none, or no longer */
	uint32_t word;	  /* enum beside_word: the host's, about init */
	bool has_signals; /* ignored_signals is there */
	uint64_t ignored_signals;
	int loopback_code; /* how it went to bring "lo" up: 0 or a negative errno; looked at after beside_end() */
};

/* When the plan stands.  *container has to stay where it is.  Where there can be no thread the network comes with
 * the clone. */
void beside_begin(struct container *container);

/* There is an init, container->init.  From here on container->sock takes nothing of the host's until init has
 * spoken. */
void beside_go_on(struct container *container);

/* By an init that is in our memory: signals_ignored() of the host, which init was born with.  Where the thread has
 * not asked yet, init does: it would wait for ever for one that was killed with the host. */
uint64_t beside_ignored_signals(const struct beside *beside);

/* Waits until all is done. */
void beside_end(struct container *container);

/* There will be no init, or it has failed: waits until the thread has gone, and what it made with it. */
void beside_release(struct container *container);

#endif
