/* network.c - tests of src/linux/network.c: a namespace is made, and we are where we were */
#include "linux/network.h"

#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "tests/unit/linux/suites.h"
#include "tests/unit/linux/throwaway.h"

static ino_t own_network(void)
{
	struct stat st;

	ck_assert_int_eq(stat("/proc/self/ns/net", &st), 0);
	return st.st_ino;
}

static bool is_loopback_up(void)
{
	struct ifreq request = { .ifr_name = "lo" };
	auto_fd sock = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	ck_assert_int_eq(ioctl(sock, SIOCGIFFLAGS, &request), 0);
	return request.ifr_flags & IFF_UP;
}

START_TEST(is_made_for_another)
{
	struct stat made;
	ino_t own;

	throwaway_enter_or_skip(CLONE_NEWNET);
	own = own_network();
	auto_fd here = network_open_own();
	auto_fd fd = network_make(here);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(fcntl(fd, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
	ck_assert_int_eq(fstat(fd, &made), 0);
	ck_assert_uint_ne(made.st_ino, own);
	ck_assert_uint_eq(own_network(), own);
	ck_assert(!is_loopback_up());
	ck_assert_int_eq(setns(fd, CLONE_NEWNET), 0);
	ck_assert_uint_eq(own_network(), made.st_ino);
	ck_assert(is_loopback_up());
}
END_TEST

/* As a shared errno would be another process's. */
START_TEST(errno_and_descriptors_stay)
{
	int first, made, last;

	throwaway_enter_or_skip(CLONE_NEWNET);
	auto_fd here = network_open_own();
	first = dup(STDERR_FILENO);
	close(first);
	errno = ENOTEMPTY;
	made = network_make(here);
	ck_assert_int_eq(errno, ENOTEMPTY);
	ck_assert_int_ge(made, 0);
	close(made);
	last = dup(STDERR_FILENO);
	ck_assert_int_eq(last, first);
	close(last);
}
END_TEST

START_TEST(without_privileges)
{
	ino_t own;

	throwaway_enter_or_skip(CLONE_NEWNET);
	own = own_network();
	auto_fd here = network_open_own();
	ck_assert_int_eq(setresuid(0, 65534, 0), 0);
	ck_assert_int_eq(network_open_own(), -EPERM);
	errno = ENOTEMPTY;
	ck_assert_int_eq(network_make(here), -EPERM);
	ck_assert_int_eq(errno, ENOTEMPTY);
	ck_assert_uint_eq(own_network(), own);
}
END_TEST

/* Root of a user namespace, but not of the network. */
START_TEST(there_is_no_way_back)
{
	int next;

	throwaway_enter_or_skip(CLONE_NEWUSER);
	ck_assert_int_eq(network_open_own(), -EPERM);
	auto_fd here = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC), after = -1;
	next = dup(here);
	close(next);
	ck_assert_int_eq(network_make(here), -EPERM);
	after = dup(here);
	ck_assert_int_eq(after, next);
}
END_TEST

Suite *linux_network_suite(void)
{
	Suite *suite = suite_create("linux/network");
	TCase *tc = tcase_create("network");

	tcase_add_test(tc, is_made_for_another);
	tcase_add_test(tc, errno_and_descriptors_stay);
	tcase_add_test(tc, without_privileges);
	tcase_add_test(tc, there_is_no_way_back);
	suite_add_tcase(suite, tc);
	return suite;
}
