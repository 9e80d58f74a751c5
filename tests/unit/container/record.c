/* record.c - what is remembered comes back, and what the process's state makes of it */
#include "container/record.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/process.h"
#include "tests/unit/container/suites.h"

static char base[] = "/tmp/coracle-record-XXXXXX";
static struct state_dir dir;

static void setup(void)
{
	struct error err;

	ck_assert_ptr_nonnull(mkdtemp(base));
	ck_assert_int_eq(state_dir_create(base, "c", &dir, &err), 0);
}

static void teardown(void)
{
	struct error err;

	state_dir_release(&dir);
	ck_assert_int_eq(dir_remove(AT_FDCWD, base, &err), 0);
}

static struct container_record sample(char *status, pid_t pid)
{
	static struct oci_pair pair = { "com.example.key", "a \"quoted\" value" };
	struct process_info info = { 0 };

	if (pid)
		ck_assert_int_eq(process_read(pid, &info), 0);
	return (struct container_record){
		.oci_version = "1.3.0",
		.id = "c",
		.status = status,
		.pid = pid,
		.start_time = info.start_time,
		.bundle = "/b",
		.rootfs = "/b/rootfs",
		.created = "2026-01-02T03:04:05.000000006Z",
		.owner = 4294967294U,
		.has_hooks = true,
		.annotations = { 1, &pair },
	};
}

START_TEST(round_trip)
{
	struct container_record written = sample("running", getpid());
	auto_record read = { 0 };
	struct error err;

	ck_assert_int_eq(record_write(&dir, &written, &err), 0);
	ck_assert_int_eq(record_read(dir.fd, &read, &err), 0);
	ck_assert_str_eq(read.status, "running");
	ck_assert_int_eq(read.pid, getpid());
	ck_assert_uint_eq(read.start_time, written.start_time);
	ck_assert_uint_eq(read.owner, 4294967294U);
	ck_assert(read.has_hooks);
	ck_assert_ptr_null(read.cgroup_path);
	ck_assert_str_eq(read.annotations.items[0].value, "a \"quoted\" value");
}
END_TEST

START_TEST(a_draft)
{
	struct container_record written = sample("starting", 0);
	auto_record read = { 0 };
	struct record_draft draft;
	struct process_info info;
	struct error err;

	written.cgroup_path = "/\"pid\":5,\"startTime\":";
	ck_assert_int_eq(record_draft(&written, &draft, &err), 0);
	ck_assert_int_eq(record_write_draft(dir.fd, &draft, 0x7fffffff), -ESRCH);
	ck_assert_int_eq(record_read(dir.fd, &read, &err), -ENOENT);
	ck_assert_int_eq(record_write_draft(dir.fd, &draft, getppid()), 0);
	record_draft_release(&draft);

	ck_assert_int_eq(process_read(getppid(), &info), 0);
	ck_assert_int_eq(record_read(dir.fd, &read, &err), 0);
	ck_assert_int_eq(read.pid, getppid());
	ck_assert_uint_eq(read.start_time, info.start_time);
	ck_assert_str_eq(read.status, "starting");
	ck_assert_str_eq(read.cgroup_path, written.cgroup_path);
	ck_assert_str_eq(read.created, written.created);
}
END_TEST

START_TEST(missing_and_broken)
{
	auto_record read = { 0 };
	auto_fd fd = -1;
	struct error err;

	ck_assert_int_eq(record_read(dir.fd, &read, &err), -ENOENT);
	ck_assert_int_eq(err.class, ERROR_STATE);
	fd = openat(dir.fd, "state.json", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	ck_assert_int_eq(write(fd, "{\"id\":", 6), 6);
	ck_assert_int_eq(record_read(dir.fd, &read, &err), -EINVAL);
	ck_assert_int_eq(err.class, ERROR_STATE);
	ck_assert_ptr_nonnull(strstr(err.text, "state.json: line 1"));
}
END_TEST

START_TEST(status_is_the_records_and_the_kernels)
{
	struct state_dir other = STATE_DIR_NONE;
	struct container_record record = sample("creating", 0);
	struct error err;

	ck_assert_int_eq(state_dir_open(base, "c", &other, &err), 0);
	ck_assert_int_eq(record_status(&record, &other), STATUS_CREATING);
	ck_assert_int_eq(record_status(&record, &dir), STATUS_STOPPED);
	state_dir_release(&other);

	record = sample("created", getpid());
	ck_assert_int_eq(record_status(&record, &dir), STATUS_CREATED);
	record.status = "running";
	ck_assert_int_eq(record_status(&record, &dir), STATUS_RUNNING);
	/* the pid has been used again */
	record.start_time++;
	ck_assert_int_eq(record_status(&record, &dir), STATUS_STOPPED);
	ck_assert_str_eq(container_status_name(STATUS_PAUSED), "paused");
}
END_TEST

/* One that is forked, as the test is, and one that has executed. */
START_TEST(starting_is_decided_by_the_kernel)
{
	struct state_dir other = STATE_DIR_NONE;
	struct container_record forked = sample("starting", getpid());
	struct container_record executed = sample("starting", getppid());
	struct error err;

	ck_assert_int_eq(state_dir_open(base, "c", &other, &err), 0);
	ck_assert_int_eq(record_status(&forked, &other), STATUS_CREATING);
	ck_assert(record_is_being_made(&forked, &other));
	ck_assert_int_eq(record_status(&executed, &other), STATUS_RUNNING);
	ck_assert(!record_is_being_made(&executed, &other));
	state_dir_release(&other);

	/* the runtime has died, and could not keep it from starting */
	ck_assert_int_eq(record_status(&forked, &dir), STATUS_RUNNING);
	ck_assert(!record_is_being_made(&forked, &dir));
	forked.start_time++;
	ck_assert_int_eq(record_status(&forked, &dir), STATUS_STOPPED);

	forked = sample("creating", 0);
	ck_assert(record_is_being_made(&forked, &dir));
	forked.status = "created";
	ck_assert(!record_is_being_made(&forked, &dir));
}
END_TEST

Suite *container_record_suite(void)
{
	Suite *suite = suite_create("container/record");
	TCase *tcase = tcase_create("record");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, round_trip);
	tcase_add_test(tcase, missing_and_broken);
	tcase_add_test(tcase, a_draft);
	tcase_add_test(tcase, status_is_the_records_and_the_kernels);
	tcase_add_test(tcase, starting_is_decided_by_the_kernel);
	suite_add_tcase(suite, tcase);
	return suite;
}
