/* rtnetlink.h - questions to the kernel about network devices, and orders
 *
 * A message has room for what a device's name, namespace and address need.  Nothing is ever written
 * beyond it, and no length is cut to 16 bits (CVE-2021-43784). */
#ifndef LINUX_RTNETLINK_H
#define LINUX_RTNETLINK_H

#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RTNETLINK_SPACE 512

struct rtnetlink_message {
	struct nlmsghdr header;
	char space[RTNETLINK_SPACE];
	bool is_too_long; /* an attribute had no room: it will not be sent */
};

/* A socket of the network namespace that the caller is in, or of that at ns_fd (the calling
 * thread goes there and comes back).  Returns a descriptor (close-on-exec) or
 * -errno; no answer is waited for longer than ten seconds. */
int rtnetlink_open(void);
int rtnetlink_open_in(int ns_fd);

/* Begins a message of `type` (RTM_*) with the family's own header. */
void rtnetlink_begin(struct rtnetlink_message *message, uint16_t type, const void *head,
		     size_t len);
void rtnetlink_add(struct rtnetlink_message *message, uint16_t type, const void *data, size_t len);

/* Sends it and waits for the answer: 0 or -errno.  The kernel's words about an error, if it has
 * any, are put into `words`. */
#define RTNETLINK_WORDS 128
int rtnetlink_order(int sock, struct rtnetlink_message *message, char words[RTNETLINK_WORDS]);

/* Sends it as a question; `each` is called with each answer, and a negative return ends it.  0 or
 * -errno; -EAGAIN: a list changed while it was read, ask again.  flags: NLM_F_DUMP for a list, or
 * 0 for a question with one answer. */
int rtnetlink_ask(int sock, struct rtnetlink_message *message, uint16_t flags,
		  int (*each)(const struct nlmsghdr *answer, void *data), void *data);

/* The attribute of `type` behind the answer's head of head_len bytes; NULL when it is not there or
 * its length is not within the answer. */
const struct rtattr *rtnetlink_attribute(const struct nlmsghdr *answer, size_t head_len,
					 uint16_t type);

#endif
