/* rtnetlink.c - see rtnetlink.h */
#include "linux/rtnetlink.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "base/cleanup.h"

#define LIMIT_SECONDS 10
#define ANSWER_MAX (32 << 10) /* the kernel fills no more at once */

int rtnetlink_open(void)
{
	static const struct timeval timeout = { .tv_sec = LIMIT_SECONDS };
	static const int on = 1;
	auto_fd sock = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);

	if (sock < 0 || setsockopt(sock, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout)) < 0 ||
	    setsockopt(sock, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof(timeout)) < 0)
		return -errno;
	/* words and not the whole question in errors; older kernels just have no words */
	setsockopt(sock, SOL_NETLINK, NETLINK_EXT_ACK, &on, sizeof(on));
	setsockopt(sock, SOL_NETLINK, NETLINK_CAP_ACK, &on, sizeof(on));
	return TAKE_FD(sock);
}

int rtnetlink_open_in(int ns_fd)
{
	auto_fd own_fd = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
	int sock;

	if (own_fd < 0 || setns(ns_fd, CLONE_NEWNET) < 0)
		return -errno;
	sock = rtnetlink_open();
	if (setns(own_fd, CLONE_NEWNET) == 0)
		return sock;
	if (sock >= 0)
		close(sock);
	return -errno;
}

static void put(struct rtnetlink_message *message, const void *data, size_t len)
{
	size_t at = NLMSG_ALIGN(message->header.nlmsg_len);

	memcpy((char *) message + at, data, len);
	message->header.nlmsg_len = (uint32_t) (at + len);
}

static size_t room(const struct rtnetlink_message *message)
{
	return sizeof(message->header) + sizeof(message->space) -
	       NLMSG_ALIGN(message->header.nlmsg_len);
}

void rtnetlink_begin(struct rtnetlink_message *message, uint16_t type, const void *head, size_t len)
{
	*message = (struct rtnetlink_message){
		.header = { .nlmsg_len = NLMSG_LENGTH(0), .nlmsg_type = type },
	};
	put(message, head, len);
}

void rtnetlink_add(struct rtnetlink_message *message, uint16_t type, const void *data, size_t len)
{
	struct rtattr attribute = { .rta_type = type };

	if (message->is_too_long || len > room(message) ||
	    NLMSG_ALIGN(sizeof(attribute)) + len > room(message)) {
		message->is_too_long = true;
		return;
	}
	attribute.rta_len = (uint16_t) RTA_LENGTH(len);
	put(message, &attribute, sizeof(attribute));
	put(message, data, len);
}

static int send_message(int sock, struct rtnetlink_message *message, uint16_t flags)
{
	static uint32_t sequence;
	const struct sockaddr_nl kernel = { .nl_family = AF_NETLINK };

	if (message->is_too_long)
		return -EMSGSIZE;
	message->header.nlmsg_flags |= NLM_F_REQUEST | flags;
	message->header.nlmsg_seq = ++sequence;
	if (sendto(sock, message, message->header.nlmsg_len, 0, (const struct sockaddr *) &kernel,
		   sizeof(kernel)) < 0)
		return -errno;
	return 0;
}

/* One datagram of the kernel's; its length, or -errno. */
static ssize_t receive(int sock, void *buf, size_t size)
{
	struct sockaddr_nl from = { .nl_family = AF_NETLINK };
	struct iovec part = { .iov_base = buf, .iov_len = size };
	struct msghdr head = { .msg_name = &from,
			       .msg_namelen = sizeof(from),
			       .msg_iov = &part,
			       .msg_iovlen = 1 };
	ssize_t n;

	do
		n = recvmsg(sock, &head, 0);
	while ((n < 0 && errno == EINTR) || (n >= 0 && from.nl_pid != 0));
	if (n < 0)
		return errno == EAGAIN ? -ETIMEDOUT : -errno;
	return head.msg_flags & MSG_TRUNC ? -EMSGSIZE : n;
}

/* What the kernel says beside the number of its error. */
static void read_words(const struct nlmsghdr *answer, char words[RTNETLINK_WORDS])
{
	/* behind the error stands the head of the question, and with NETLINK_CAP_ACK no more */
	const struct rtattr *attribute =
		(answer->nlmsg_flags & (NLM_F_ACK_TLVS | NLM_F_CAPPED)) ==
				(NLM_F_ACK_TLVS | NLM_F_CAPPED)
			? rtnetlink_attribute(answer, sizeof(struct nlmsgerr), NLMSGERR_ATTR_MSG)
			: NULL;

	if (attribute)
		snprintf(words, RTNETLINK_WORDS, "%.*s", (int) RTA_PAYLOAD(attribute),
			 (const char *) RTA_DATA(attribute));
}

static int error_of(const struct nlmsghdr *answer, char words[RTNETLINK_WORDS])
{
	const struct nlmsgerr *failure = NLMSG_DATA(answer);

	if (answer->nlmsg_len < NLMSG_LENGTH(sizeof(*failure)))
		return -EBADMSG;
	if (failure->error && words)
		read_words(answer, words);
	return failure->error;
}

int rtnetlink_order(int sock, struct rtnetlink_message *message, char words[RTNETLINK_WORDS])
{
	char buf[ANSWER_MAX] __attribute__((aligned(NLMSG_ALIGNTO)));
	int r = send_message(sock, message, NLM_F_ACK);

	words[0] = '\0';
	while (r >= 0) {
		ssize_t n = receive(sock, buf, sizeof(buf));

		if (n < 0)
			return (int) n;
		for (const struct nlmsghdr *answer = (void *) buf; NLMSG_OK(answer, n);
		     answer = NLMSG_NEXT(answer, n))
			if (answer->nlmsg_seq == message->header.nlmsg_seq &&
			    answer->nlmsg_type == NLMSG_ERROR)
				return error_of(answer, words);
	}
	return r;
}

/* Reads answers up to the last; 1: that was it, 0: more to come. */
static int hand_on(const char *buf, ssize_t n, const struct rtnetlink_message *message,
		   bool *ret_is_torn, int (*each)(const struct nlmsghdr *answer, void *data),
		   void *data)
{
	for (const struct nlmsghdr *answer = (const void *) buf; NLMSG_OK(answer, n);
	     answer = NLMSG_NEXT(answer, n)) {
		int r;

		if (answer->nlmsg_seq != message->header.nlmsg_seq)
			continue;
		*ret_is_torn |= (answer->nlmsg_flags & NLM_F_DUMP_INTR) != 0;
		if (answer->nlmsg_type == NLMSG_DONE)
			return 1;
		if (answer->nlmsg_type == NLMSG_ERROR)
			return error_of(answer, NULL) < 0 ? error_of(answer, NULL) : 1;
		r = each(answer, data);
		if (r < 0)
			return r;
		if (!(answer->nlmsg_flags & NLM_F_MULTI))
			return 1;
	}
	return 0;
}

int rtnetlink_ask(int sock, struct rtnetlink_message *message, uint16_t flags,
		  int (*each)(const struct nlmsghdr *answer, void *data), void *data)
{
	char buf[ANSWER_MAX] __attribute__((aligned(NLMSG_ALIGNTO)));
	int r = send_message(sock, message, flags);
	bool is_torn = false;

	while (r == 0) {
		ssize_t n = receive(sock, buf, sizeof(buf));

		r = n < 0 ? (int) n : hand_on(buf, n, message, &is_torn, each, data);
	}
	return r < 0 ? r : is_torn ? -EAGAIN : 0;
}

const struct rtattr *rtnetlink_attribute(const struct nlmsghdr *answer, size_t head_len,
					 uint16_t type)
{
	const size_t at = NLMSG_SPACE(head_len);
	const struct rtattr *attribute;
	int left;

	if (answer->nlmsg_len < at)
		return NULL;
	left = (int) (answer->nlmsg_len - at);
	attribute = (const void *) ((const char *) answer + at);
	for (; RTA_OK(attribute, left); attribute = RTA_NEXT(attribute, left))
		if ((attribute->rta_type & NLA_TYPE_MASK) == type)
			return attribute;
	return NULL;
}
