/* network.c - tests of src/linux/network.c: a namespace is made, and we are in it */
#include "linux/network.h"

#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "linux/loopback.h"
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

START_TEST(is_made_and_ours)
{
	struct stat made;
	ino_t before;

	throwaway_enter_or_skip(CLONE_NEWNET);
	before = own_network();
	ck_assert(!is_loopback_up());
	auto_fd sock = network_make();
	ck_assert_int_ge(sock, 0);
	ck_assert_int_eq(fcntl(sock, F_GETFD), FD_CLOEXEC);
	auto_fd fd = network_of(sock);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(fcntl(fd, F_GETFD), FD_CLOEXEC);
	ck_assert_int_eq(fstat(fd, &made), 0);
	ck_assert_uint_ne(made.st_ino, before);
	ck_assert_uint_eq(own_network(), made.st_ino);
	ck_assert(!is_loopback_up());
	ck_assert_int_eq(loopback_raise(sock), 0);
	ck_assert(is_loopback_up());
}
END_TEST

/* As a shared errno would be another process's. */
START_TEST(errno_and_descriptors_stay)
{
	int first, made, last;

	throwaway_enter_or_skip(CLONE_NEWNET);
	first = dup(STDERR_FILENO);
	close(first);
	errno = ENOTEMPTY;
	made = network_make();
	ck_assert_int_ge(made, 0);
	ck_assert_int_eq(loopback_raise(made), 0);
	ck_assert_int_eq(network_of(STDERR_FILENO), -ENOTTY);
	ck_assert_int_lt(loopback_raise(-1), 0);
	ck_assert_int_eq(errno, ENOTEMPTY);
	close(made);
	last = dup(STDERR_FILENO);
	ck_assert_int_eq(last, first);
	close(last);
}
END_TEST

START_TEST(without_privileges)
{
	ino_t before;

	throwaway_enter_or_skip(CLONE_NEWNET);
	before = own_network();
	ck_assert_int_eq(setresuid(0, 65534, 0), 0);
	errno = ENOTEMPTY;
	ck_assert_int_eq(network_make(), -EPERM);
	ck_assert_int_eq(errno, ENOTEMPTY);
	ck_assert_uint_eq(own_network(), before);
}
END_TEST

/* It can be left, though not come back to. */
START_TEST(root_of_a_user_namespace)
{
	ino_t before;

	throwaway_enter_or_skip(CLONE_NEWUSER);
	before = own_network();
	auto_fd fd = network_make();
	ck_assert_int_ge(fd, 0);
	ck_assert_uint_ne(own_network(), before);
}
END_TEST

Suite *linux_network_suite(void)
{
	Suite *suite = suite_create("linux/network");
	TCase *tc = tcase_create("network");

	tcase_add_test(tc, is_made_and_ours);
	tcase_add_test(tc, errno_and_descriptors_stay);
	tcase_add_test(tc, without_privileges);
	tcase_add_test(tc, root_of_a_user_namespace);
	suite_add_tcase(suite, tc);
	return suite;
}
