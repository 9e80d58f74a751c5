/* rtnetlink.c - messages to the kernel's network devices: what fits, what is found, what is told */
#include "linux/rtnetlink.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <net/if.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "tests/unit/linux/suites.h"
#include "tests/unit/linux/throwaway.h"

static const struct ifinfomsg no_head;

/* CVE-2021-43784: lengths that 16 bits cannot hold, and those that the message cannot. */
START_TEST(lengths_are_bounded)
{
	static const size_t lengths[] = { RTNETLINK_SPACE, 65531, 65532, 65536, 65540, 1 << 20 };
	static char data[1 << 20];
	struct {
		struct rtnetlink_message message;
		char guard[64];
	} box = { 0 };
	char words[RTNETLINK_WORDS];
	uint32_t len;

	for (size_t i = 0; i < sizeof(lengths) / sizeof(*lengths); i++) {
		rtnetlink_begin(&box.message, RTM_GETLINK, &no_head, sizeof(no_head));
		len = box.message.header.nlmsg_len;
		rtnetlink_add(&box.message, IFLA_IFNAME, data, lengths[i]);
		ck_assert(box.message.is_too_long);
		ck_assert_uint_eq(box.message.header.nlmsg_len, len);
		rtnetlink_add(&box.message, IFLA_IFNAME, "x", 2);
		ck_assert_uint_eq(box.message.header.nlmsg_len, len);
		ck_assert_int_eq(rtnetlink_order(-1, &box.message, words), -EMSGSIZE);
	}
}
END_TEST

START_TEST(the_last_byte_fits)
{
	struct rtnetlink_message message;
	char data[RTNETLINK_SPACE];
	size_t room = RTNETLINK_SPACE - NLMSG_ALIGN(sizeof(no_head)) - RTA_LENGTH(0);

	memset(data, 'x', sizeof(data));
	rtnetlink_begin(&message, RTM_GETLINK, &no_head, sizeof(no_head));
	rtnetlink_add(&message, 7, data, room + 1);
	ck_assert(message.is_too_long);
	rtnetlink_begin(&message, RTM_GETLINK, &no_head, sizeof(no_head));
	rtnetlink_add(&message, 7, data, room);
	ck_assert(!message.is_too_long);
	ck_assert_uint_eq(message.header.nlmsg_len, sizeof(message.header) + RTNETLINK_SPACE);
	rtnetlink_add(&message, 7, data, 0);
	ck_assert(message.is_too_long);
}
END_TEST

START_TEST(attributes)
{
	struct rtnetlink_message message;
	const struct rtattr *found;
	uint32_t number = 77;

	rtnetlink_begin(&message, RTM_NEWLINK, &no_head, sizeof(no_head));
	rtnetlink_add(&message, 3, "name", 5);
	rtnetlink_add(&message, 4, &number, sizeof(number));
	found = rtnetlink_attribute(&message.header, sizeof(no_head), 4);
	ck_assert_ptr_nonnull(found);
	ck_assert_uint_eq(RTA_PAYLOAD(found), sizeof(number));
	ck_assert_int_eq(memcmp(RTA_DATA(found), &number, sizeof(number)), 0);
	found = rtnetlink_attribute(&message.header, sizeof(no_head), 3);
	ck_assert_str_eq(RTA_DATA(found), "name");
	ck_assert_ptr_null(rtnetlink_attribute(&message.header, sizeof(no_head), 5));
	/* an answer that ends too early: the attribute reaches beyond it, or its head does */
	for (uint32_t cut = 1; cut <= 8; cut++) {
		message.header.nlmsg_len -= 1;
		ck_assert_ptr_null(rtnetlink_attribute(&message.header, sizeof(no_head), 4));
	}
	message.header.nlmsg_len = NLMSG_LENGTH(0);
	ck_assert_ptr_null(rtnetlink_attribute(&message.header, sizeof(no_head), 3));
}
END_TEST

static int count_link(const struct nlmsghdr *answer, void *data)
{
	const struct rtattr *name =
		rtnetlink_attribute(answer, sizeof(struct ifinfomsg), IFLA_IFNAME);

	ck_assert_ptr_nonnull(name);
	*(int *) data += strcmp(RTA_DATA(name), "lo") == 0;
	return 0;
}

START_TEST(questions)
{
	auto_fd sock = -1;
	struct rtnetlink_message message;
	int loopbacks = 0;

	throwaway_enter_or_skip(CLONE_NEWNET);
	sock = rtnetlink_open();
	ck_assert_int_ge(sock, 0);
	rtnetlink_begin(&message, RTM_GETLINK, &no_head, sizeof(no_head));
	ck_assert_int_eq(rtnetlink_ask(sock, &message, NLM_F_DUMP, count_link, &loopbacks), 0);
	ck_assert_int_eq(loopbacks, 1);
	rtnetlink_begin(&message, RTM_GETLINK, &no_head, sizeof(no_head));
	rtnetlink_add(&message, IFLA_IFNAME, "lo", 3);
	ck_assert_int_eq(rtnetlink_ask(sock, &message, 0, count_link, &loopbacks), 0);
	ck_assert_int_eq(loopbacks, 2);
	rtnetlink_begin(&message, RTM_GETLINK, &no_head, sizeof(no_head));
	rtnetlink_add(&message, IFLA_IFNAME, "none", 5);
	ck_assert_int_eq(rtnetlink_ask(sock, &message, 0, count_link, &loopbacks), -ENODEV);
}
END_TEST

START_TEST(orders)
{
	const struct ifinfomsg up = { .ifi_index = 1, .ifi_flags = IFF_UP, .ifi_change = IFF_UP };
	const struct ifinfomsg missing = { .ifi_index = 77777, .ifi_change = IFF_UP };
	auto_fd sock = -1;
	struct rtnetlink_message message;
	char words[RTNETLINK_WORDS] = "old";

	throwaway_enter_or_skip(CLONE_NEWNET);
	sock = rtnetlink_open();
	rtnetlink_begin(&message, RTM_NEWLINK, &up, sizeof(up));
	ck_assert_int_eq(rtnetlink_order(sock, &message, words), 0);
	ck_assert_str_eq(words, "");
	rtnetlink_begin(&message, RTM_NEWLINK, &missing, sizeof(missing));
	ck_assert_int_eq(rtnetlink_order(sock, &message, words), -ENODEV);
	/* in this error the kernel has something to say */
	rtnetlink_begin(&message, RTM_NEWLINK, &up, sizeof(up));
	rtnetlink_add(&message, IFLA_IFNAME, "much-too-long-a-name", 21);
	ck_assert_int_lt(rtnetlink_order(sock, &message, words), 0);
	ck_assert_str_ne(words, "");
}
END_TEST

static int read_flags(const struct nlmsghdr *answer, void *data)
{
	*(unsigned int *) data = ((const struct ifinfomsg *) NLMSG_DATA(answer))->ifi_flags;
	return 0;
}

static bool is_loopback_up(int sock)
{
	struct rtnetlink_message message;
	unsigned int flags = 0;

	rtnetlink_begin(&message, RTM_GETLINK, &no_head, sizeof(no_head));
	rtnetlink_add(&message, IFLA_IFNAME, "lo", 3);
	ck_assert_int_eq(rtnetlink_ask(sock, &message, 0, read_flags, &flags), 0);
	return flags & IFF_UP;
}

/* The socket is the other namespace's, and we are where we were. */
START_TEST(in_another_namespace)
{
	auto_fd there = -1, sock = -1, own = -1;
	struct rtnetlink_message message;

	throwaway_enter_or_skip(CLONE_NEWNET);
	there = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	ck_assert_int_eq(unshare(CLONE_NEWNET), 0);
	sock = rtnetlink_open();
	rtnetlink_begin(&message, RTM_NEWLINK,
			&(struct ifinfomsg){ .ifi_index = 1,
					     .ifi_flags = IFF_UP,
					     .ifi_change = IFF_UP },
			sizeof(struct ifinfomsg));
	ck_assert_int_eq(rtnetlink_order(sock, &message, (char[RTNETLINK_WORDS]){ "" }), 0);
	cleanup_fd(&sock);
	sock = rtnetlink_open_in(there);
	ck_assert_int_ge(sock, 0);
	own = rtnetlink_open();
	ck_assert(!is_loopback_up(sock));
	ck_assert(is_loopback_up(own));
	ck_assert_int_eq(rtnetlink_open_in(-1), -EBADF);
}
END_TEST

/* No answer comes through: whoever waits for one is told so, when the socket's time is over. */
START_TEST(silence_ends_with_the_limit)
{
	const struct timeval soon = { .tv_usec = 20000 };
	struct sock_filter nothing = BPF_STMT(BPF_RET | BPF_K, 0);
	const struct sock_fprog filter = { .len = 1, .filter = &nothing };
	auto_fd sock = rtnetlink_open();
	struct rtnetlink_message message;
	struct timeval limit = { 0 };
	char words[RTNETLINK_WORDS] = "old";
	int links = 0;

	ck_assert_int_ge(sock, 0);
	for (int i = 0; i < 2; i++) {
		ck_assert_int_eq(getsockopt(sock, SOL_SOCKET, i ? SO_SNDTIMEO : SO_RCVTIMEO, &limit,
					    &(socklen_t){ sizeof(limit) }),
				 0);
		ck_assert_int_eq(limit.tv_sec, 10); /* docs/architecture.md */
	}
	ck_assert_int_eq(setsockopt(sock, SOL_SOCKET, SO_RCVTIMEO, &soon, sizeof(soon)), 0);
	ck_assert_int_eq(setsockopt(sock, SOL_SOCKET, SO_ATTACH_FILTER, &filter, sizeof(filter)),
			 0);
	rtnetlink_begin(&message, RTM_GETLINK, &no_head, sizeof(no_head));
	ck_assert_int_eq(rtnetlink_ask(sock, &message, NLM_F_DUMP, count_link, &links), -ETIMEDOUT);
	ck_assert_int_eq(links, 0);
	rtnetlink_begin(&message, RTM_GETLINK, &no_head, sizeof(no_head));
	rtnetlink_add(&message, IFLA_IFNAME, "none", 5);
	ck_assert_int_eq(rtnetlink_order(sock, &message, words), -ETIMEDOUT);
	ck_assert_str_eq(words, "");
}
END_TEST

Suite *linux_rtnetlink_suite(void)
{
	Suite *suite = suite_create("linux/rtnetlink");
	TCase *tc = tcase_create("rtnetlink");

	tcase_add_test(tc, lengths_are_bounded);
	tcase_add_test(tc, the_last_byte_fits);
	tcase_add_test(tc, attributes);
	tcase_add_test(tc, questions);
	tcase_add_test(tc, orders);
	tcase_add_test(tc, in_another_namespace);
	tcase_add_test(tc, silence_ends_with_the_limit);
	suite_add_tcase(suite, tc);
	return suite;
}
