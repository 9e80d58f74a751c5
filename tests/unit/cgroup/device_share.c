/* device_share.c - tests of src/cgroup/device_share.c, with programs that the kernel has */
#include "cgroup/device_share.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "cgroup/bpf.h"
#include "tests/unit/cgroup/scratch.h"
#include "tests/unit/cgroup/suites.h"

#define FILE_SIZE 512

static const struct bpf_insn deny[] = {
	{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0, .imm = 0 },
	{ .code = BPF_JMP | BPF_EXIT },
};
static const struct bpf_insn allow[] = {
	{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0, .imm = 1 },
	{ .code = BPF_JMP | BPF_EXIT },
};

static int try_to_load(enum bpf_prog_type type, const struct bpf_insn *insns, size_t n)
{
	union bpf_attr attr = bpf_no_attr();

	attr.prog_type = type;
	attr.insns = (uintptr_t) insns;
	attr.insn_cnt = (uint32_t) n;
	attr.license = (uintptr_t) "Apache-2.0";
	return bpf(BPF_PROG_LOAD, &attr);
}

static bool may_load(void)
{
	auto_fd program = try_to_load(BPF_PROG_TYPE_CGROUP_DEVICE, deny, 2);

	return program != -EPERM;
}

static int load_as(enum bpf_prog_type type, const struct bpf_insn *insns, size_t n)
{
	int program = try_to_load(type, insns, n);

	ck_assert_int_ge(program, 0);
	return program;
}

static int load(const struct bpf_insn *insns, size_t n)
{
	return load_as(BPF_PROG_TYPE_CGROUP_DEVICE, insns, n);
}

/* A program of n instructions, at least two, that is another for each n. */
static void fill(struct bpf_insn *ret, size_t n)
{
	for (size_t i = 0; i + 1 < n; i++)
		ret[i] = deny[0];
	ret[n - 1] = deny[1];
}

static uint32_t id_of(int program)
{
	struct bpf_prog_info info = { 0 };
	union bpf_attr attr = bpf_no_attr();

	attr.info.bpf_fd = (uint32_t) program;
	attr.info.info_len = sizeof(info);
	attr.info.info = (uintptr_t) &info;
	ck_assert_int_eq(bpf(BPF_OBJ_GET_INFO_BY_FD, &attr), 0);
	return info.id;
}

static int dir(void)
{
	int fd = open(scratch_dir, O_PATH | O_DIRECTORY | O_CLOEXEC);

	ck_assert_int_ge(fd, 0);
	return fd;
}

static int open_file(int dirfd, int flags)
{
	int fd = openat(dirfd, DEVICE_SHARE, flags | O_CLOEXEC, 0600);

	ck_assert_int_ge(fd, 0);
	return fd;
}

/* In the whole file. */
static void replace_word(int dirfd, uint32_t old, uint32_t new)
{
	auto_fd file = open_file(dirfd, O_RDWR);
	uint32_t words[FILE_SIZE / 4] = { 0 };
	ssize_t len = pread(file, words, sizeof(words), 0);
	int n = 0;

	ck_assert_int_gt(len, 0);
	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (words[i] == old) {
			words[i] = new;
			n++;
		}
	ck_assert_int_eq(n, 1);
	ck_assert_int_eq(pwrite(file, words, (size_t) len, 0), len);
}

static void is_there(int dirfd, const struct bpf_insn *insns, size_t n, int program)
{
	auto_fd found = device_share_take(dirfd, insns, n);

	ck_assert_int_ge(found, 0);
	ck_assert_uint_eq(id_of(found), id_of(program));
	ck_assert_int_eq(fcntl(found, F_GETFD), FD_CLOEXEC);
}

static void is_not_there(int dirfd, const struct bpf_insn *insns, size_t n)
{
	ck_assert_int_lt(device_share_take(dirfd, insns, n), 0);
}

START_TEST(for_as_long_as_somebody_has_it)
{
	auto_fd dirfd = dir(), first = load(deny, 2), second = load(allow, 2);

	is_not_there(dirfd, deny, 2);
	ck_assert_int_eq(faccessat(dirfd, DEVICE_SHARE, F_OK, 0), -1);
	errno = ENOTEMPTY;
	device_share_offer(dirfd, deny, 2, first);
	is_there(dirfd, deny, 2, first);
	is_not_there(dirfd, allow, 2);
	is_not_there(dirfd, deny, 1);
	device_share_offer(dirfd, allow, 2, second);
	is_there(dirfd, allow, 2, second);
	is_there(dirfd, deny, 2, first);
	cleanup_fd(&first);
	is_not_there(dirfd, deny, 2);
	is_there(dirfd, allow, 2, second);
	ck_assert_int_eq(errno, ENOTEMPTY);
}
END_TEST

/* Ids begin anew when the host does. */
START_TEST(another_program_has_the_id)
{
	auto_fd dirfd = dir(), first = load(deny, 2), second = load(allow, 2);
	auto_fd third = load_as(BPF_PROG_TYPE_SOCKET_FILTER, deny, 2);
	uint32_t id = id_of(first);

	device_share_offer(dirfd, deny, 2, first);
	replace_word(dirfd, id, id_of(second));
	is_not_there(dirfd, deny, 2);
	replace_word(dirfd, id_of(second), id_of(third));
	is_not_there(dirfd, deny, 2);
	replace_word(dirfd, id_of(third), id);
	is_there(dirfd, deny, 2, first);
}
END_TEST

/* The newest has its place. */
START_TEST(many)
{
	struct bpf_insn insns[DEVICE_SHARE_MAX];
	auto_fd dirfd = dir();
	int programs[DEVICE_SHARE_MAX + 1], found = 0;
	struct stat st;

	for (size_t n = 2; n <= DEVICE_SHARE_MAX; n++) {
		fill(insns, n);
		programs[n] = load(insns, n);
		device_share_offer(dirfd, insns, n, programs[n]);
		is_there(dirfd, insns, n, programs[n]);
	}
	for (size_t n = 2; n <= DEVICE_SHARE_MAX; n++) {
		auto_fd program = -1;

		fill(insns, n);
		program = device_share_take(dirfd, insns, n);
		if (program < 0)
			continue;
		found++;
		ck_assert_uint_eq(id_of(program), id_of(programs[n]));
	}
	ck_assert_int_ge(found, FILE_SIZE / 4 / 2);
	ck_assert_int_eq(fstatat(dirfd, DEVICE_SHARE, &st, 0), 0);
	ck_assert_int_le(st.st_size, FILE_SIZE);
	ck_assert_uint_eq(st.st_mode, S_IFREG | 0600);
	for (size_t n = 2; n <= DEVICE_SHARE_MAX; n++)
		close(programs[n]);
}
END_TEST

START_TEST(all_of_them)
{
	struct bpf_insn insns[4];
	auto_fd program = -1;

	fill(insns, ARRAY_SIZE(insns));
	program = load(insns, ARRAY_SIZE(insns));
	ck_assert(device_share_is(program, insns, 4));
	ck_assert(!device_share_is(program, insns, 3));
	ck_assert(!device_share_is(program, deny, 2));
	ck_assert(!device_share_is(-1, insns, 4));
}
END_TEST

/* What the kernel has is not what was loaded. */
START_TEST(shortened)
{
	const struct bpf_insn insns[] = {
		allow[0],
		{ .code = BPF_JMP | BPF_JEQ | BPF_K, .dst_reg = BPF_REG_0, .off = 1, .imm = 1 },
		deny[0],
		deny[1],
	};
	auto_fd dirfd = dir(), program = load(insns, ARRAY_SIZE(insns));

	ck_assert(!device_share_is(program, insns, ARRAY_SIZE(insns)));
	device_share_offer(dirfd, insns, ARRAY_SIZE(insns), program);
	ck_assert_int_eq(faccessat(dirfd, DEVICE_SHARE, F_OK, 0), -1);
}
END_TEST

START_TEST(too_long)
{
	struct bpf_insn insns[DEVICE_SHARE_MAX + 1];
	auto_fd dirfd = dir(), program = -1, file = -1;
	uint32_t ids[FILE_SIZE / sizeof(uint32_t)];

	fill(insns, DEVICE_SHARE_MAX + 1);
	program = load(insns, DEVICE_SHARE_MAX + 1);
	device_share_offer(dirfd, insns, DEVICE_SHARE_MAX + 1, program);
	ck_assert_int_eq(faccessat(dirfd, DEVICE_SHARE, F_OK, 0), -1);
	/* nor is it looked at */
	file = open_file(dirfd, O_WRONLY | O_CREAT);
	for (size_t i = 0; i < ARRAY_SIZE(ids); i++)
		ids[i] = id_of(program);
	ck_assert_int_eq(write(file, ids, sizeof(ids)), sizeof(ids));
	is_not_there(dirfd, insns, DEVICE_SHARE_MAX + 1);
}
END_TEST

/* And nothing is written elsewhere, and nothing waits. */
START_TEST(not_a_file_of_ours)
{
	auto_fd dirfd = dir(), program = load(deny, 2);
	struct stat st;

	device_share_offer(dirfd, deny, 2, program);
	ck_assert_int_eq(renameat(dirfd, DEVICE_SHARE, dirfd, "elsewhere"), 0);
	ck_assert_int_eq(symlinkat("elsewhere", dirfd, DEVICE_SHARE), 0);
	is_not_there(dirfd, deny, 2);
	ck_assert_int_eq(unlinkat(dirfd, DEVICE_SHARE, 0), 0);
	ck_assert_int_eq(symlinkat("nothing", dirfd, DEVICE_SHARE), 0);
	device_share_offer(dirfd, deny, 2, program);
	ck_assert_int_eq(faccessat(dirfd, "nothing", F_OK, 0), -1);
	ck_assert_int_eq(unlinkat(dirfd, DEVICE_SHARE, 0), 0);
	ck_assert_int_eq(mknodat(dirfd, "other", S_IFREG | 0600, 0), 0);
	ck_assert_int_eq(linkat(dirfd, "other", dirfd, DEVICE_SHARE, 0), 0);
	device_share_offer(dirfd, deny, 2, program);
	ck_assert_int_eq(fstatat(dirfd, "other", &st, 0), 0);
	ck_assert_int_eq(st.st_size, 0);
	ck_assert_int_eq(unlinkat(dirfd, "other", 0), 0);
	ck_assert_int_eq(fchownat(dirfd, DEVICE_SHARE, 1, 0, 0), 0);
	device_share_offer(dirfd, deny, 2, program);
	ck_assert_int_eq(fstatat(dirfd, DEVICE_SHARE, &st, 0), 0);
	ck_assert_int_eq(st.st_size, 0);
	ck_assert_int_eq(unlinkat(dirfd, DEVICE_SHARE, 0), 0);
	ck_assert_int_eq(mkfifoat(dirfd, DEVICE_SHARE, 0600), 0);
	is_not_there(dirfd, deny, 2);
	device_share_offer(dirfd, deny, 2, program);
	ck_assert_int_eq(unlinkat(dirfd, DEVICE_SHARE, 0), 0);
	ck_assert_int_eq(mkdirat(dirfd, DEVICE_SHARE, 0700), 0);
	is_not_there(dirfd, deny, 2);
	device_share_offer(dirfd, deny, 2, program);
}
END_TEST

/* Too short a file, and an id that nothing has. */
START_TEST(nothing_there)
{
	auto_fd dirfd = dir(), program = load(deny, 2), file = -1;
	uint32_t id = id_of(program);

	device_share_offer(dirfd, deny, 2, program);
	replace_word(dirfd, id, UINT32_MAX);
	is_not_there(dirfd, deny, 2);
	replace_word(dirfd, UINT32_MAX, id);
	is_there(dirfd, deny, 2, program);
	file = open_file(dirfd, O_WRONLY);
	ck_assert_int_eq(ftruncate(file, 0), 0);
	is_not_there(dirfd, deny, 2);
	device_share_offer(dirfd, deny, 2, program);
	is_there(dirfd, deny, 2, program);
}
END_TEST

Suite *cgroup_device_share_suite(void)
{
	Suite *s = suite_create("cgroup/device_share");
	TCase *t = tcase_create("programs");

	suite_add_tcase(s, t);
	if (!may_load()) {
		unit_say_skipped("cgroup/device_share", "needs privileges to load a program");
		return s;
	}
	tcase_add_checked_fixture(t, scratch_setup, scratch_teardown);
	tcase_add_test(t, for_as_long_as_somebody_has_it);
	tcase_add_test(t, another_program_has_the_id);
	tcase_add_test(t, many);
	tcase_add_test(t, all_of_them);
	tcase_add_test(t, shortened);
	tcase_add_test(t, too_long);
	tcase_add_test(t, not_a_file_of_ours);
	tcase_add_test(t, nothing_there);
	return s;
}
