/* bpf_shrink.c - short filters say what the long ones said, for every call that can be told apart */
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/configured.h"
#include "base/text.h"
#include "linux/bpf_shrink.h"
#include "tests/unit/linux/suites.h"

#if HAVE_SECCOMP
#include "linux/seccomp_library.h"
#endif

#define LOAD(member)                                            \
	(struct sock_filter) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, \
				      (uint32_t) offsetof(struct seccomp_data, member))
#define JUMP(op, k, yes, no) \
	(struct sock_filter) BPF_JUMP(BPF_JMP | (op) | BPF_K, (uint32_t) (k), (yes), (no))
#define RETURN(verdict) (struct sock_filter) BPF_STMT(BPF_RET | BPF_K, (verdict))

#define LENGTH_MAX 4096
#define ALLOW SECCOMP_RET_ALLOW
#define DENY (SECCOMP_RET_ERRNO | 1)
#define KILL SECCOMP_RET_KILL_PROCESS

struct filter {
	struct sock_filter code[LENGTH_MAX];
	size_t n;
};

static void add(struct filter *filter, struct sock_filter code)
{
	filter->code[filter->n++] = code;
}

/* What the kernel would answer. */
static uint32_t verdict(const struct filter *filter, const struct seccomp_data *data)
{
	uint32_t a = 0;

	for (size_t i = 0; i < filter->n; i++) {
		const struct sock_filter *code = &filter->code[i];
		bool holds = false;

		switch (code->code) {
		case BPF_LD | BPF_W | BPF_ABS:
			memcpy(&a, (const char *) data + code->k, sizeof(a));
			continue;
		case BPF_ALU | BPF_AND | BPF_K:
			a &= code->k;
			continue;
		case BPF_RET | BPF_K:
			return code->k;
		case BPF_JMP | BPF_JA:
			i += code->k;
			continue;
		case BPF_JMP | BPF_JEQ | BPF_K:
			holds = a == code->k;
			break;
		case BPF_JMP | BPF_JGT | BPF_K:
			holds = a > code->k;
			break;
		case BPF_JMP | BPF_JGE | BPF_K:
			holds = a >= code->k;
			break;
		default:
			ck_abort_msg("instruction %#x", code->code);
		}
		i += holds ? code->jt : code->jf;
	}
	ck_abort_msg("the filter has no end");
}

static const uint32_t arches[] = { AUDIT_ARCH_X86_64, AUDIT_ARCH_I386, AUDIT_ARCH_AARCH64, 0, 1 };
static const uint32_t bases[] = { 0, 0x40000000, 0x7fffff80, 0xffffff80 };

/* Compares the two for all numbers near what filters compare with. */
static void compare(const struct filter *old, const struct filter *new)
{
	for (size_t i = 0; i < ARRAY_SIZE(arches) * ARRAY_SIZE(bases) * 600 * 3; i++) {
		struct seccomp_data data = {
			.arch = arches[i % ARRAY_SIZE(arches)],
			.nr = (int) (bases[i / 5 % ARRAY_SIZE(bases)] + i / 20 % 600),
			.args = { i / 12000, i / 12000 == 2 ? UINT64_C(1) << 32 : 0 },
		};

		ck_assert_msg(verdict(old, &data) == verdict(new, &data),
			      "arch %#x, number %#x, argument %lu: %#x became %#x", data.arch,
			      (unsigned int) data.nr, (unsigned long) data.args[0],
			      verdict(old, &data), verdict(new, &data));
	}
}

/* The filter is replaced by one that says the same; returns its length. */
static size_t shrink(const struct filter *old)
{
	static struct filter new;

	new = *old;
	bpf_shrink(new.code, &new.n);
	compare(old, &new);
	return new.n;
}

/* As libseccomp writes them: an architecture's rules, one comparison each. */
static void add_rules(struct filter *filter, uint32_t arch, const uint32_t *verdicts, size_t n)
{
	size_t head;

	add(filter, LOAD(arch));
	head = filter->n;
	add(filter, JUMP(BPF_JEQ, arch, 1, 0));
	add(filter, (struct sock_filter) BPF_STMT(BPF_JMP | BPF_JA, 0));
	add(filter, LOAD(nr));
	for (size_t i = 0; i < n; i++) {
		add(filter, JUMP(BPF_JEQ, i, 0, 1));
		add(filter, RETURN(verdicts[i]));
	}
	add(filter, RETURN(DENY));
	filter->code[head + 1].k = (uint32_t) (filter->n - head - 2);
}

START_TEST(neighbours_become_ranges)
{
	static struct filter filter;
	uint32_t verdicts[400];

	for (size_t i = 0; i < ARRAY_SIZE(verdicts); i++)
		verdicts[i] = i % 20 == 7 ? DENY : ALLOW;
	add_rules(&filter, AUDIT_ARCH_X86_64, verdicts, ARRAY_SIZE(verdicts));
	add_rules(&filter, AUDIT_ARCH_I386, verdicts, 300);
	add(&filter, RETURN(KILL));
	ck_assert_uint_eq(filter.n, 1411);
	ck_assert_uint_le(shrink(&filter), 80);
}
END_TEST

/* Rules in no order, of many verdicts: nothing to gain, and so much the more to get wrong. */
START_TEST(random_verdicts_stay)
{
	static struct filter filter;
	uint32_t verdicts[500];

	srandom((unsigned int) _i);
	filter.n = 0;
	for (size_t i = 0; i < ARRAY_SIZE(verdicts); i++)
		verdicts[i] = random() % 3 ? ALLOW : SECCOMP_RET_ERRNO | (uint32_t) (random() % 40);
	add_rules(&filter, AUDIT_ARCH_X86_64, verdicts, (size_t) (random() % 500));
	add_rules(&filter, AUDIT_ARCH_AARCH64, verdicts, (size_t) (random() % 500));
	add_rules(&filter, AUDIT_ARCH_I386, verdicts, (size_t) (random() % 500));
	add(&filter, RETURN(KILL));
	ck_assert_uint_le(shrink(&filter), filter.n);
}
END_TEST

/* What depends on arguments stays as it was, wherever it stands, behind a number's comparison. */
START_TEST(arguments_are_still_looked_at)
{
	static struct filter filter;

	filter.n = 0;
	add(&filter, LOAD(arch));
	add(&filter, JUMP(BPF_JEQ, AUDIT_ARCH_X86_64, 1, 0));
	add(&filter, RETURN(KILL));
	add(&filter, LOAD(nr));
	for (size_t i = 0; i < 40; i++) {
		add(&filter, JUMP(BPF_JEQ, 10 * i, 0, 5));
		add(&filter, LOAD(args[1]));
		add(&filter, JUMP(BPF_JEQ, 1, 0, 2));
		add(&filter, LOAD(args[0]));
		add(&filter, JUMP(i % 2 ? BPF_JGT : BPF_JGE, i % 3, 0, 1));
		add(&filter, RETURN(SECCOMP_RET_ERRNO | (uint32_t) i));
		add(&filter, LOAD(nr));
	}
	for (size_t i = 0; i < 100; i++) {
		add(&filter, JUMP(BPF_JEQ, 100 + i, 0, 1));
		add(&filter, RETURN(ALLOW));
	}
	add(&filter, RETURN(DENY));
	ck_assert_uint_le(shrink(&filter), filter.n);
}
END_TEST

START_TEST(comparisons_by_size_divide)
{
	static struct filter filter;

	filter.n = 0;
	add(&filter, LOAD(nr));
	add(&filter, JUMP(BPF_JGE, 0x40000000, 0, 1));
	add(&filter, RETURN(KILL));
	for (size_t i = 0; i < 50; i++) {
		add(&filter, JUMP(i % 2 ? BPF_JGE : BPF_JGT, 500 - 10 * i, 0, 1));
		add(&filter, RETURN(i % 5 ? ALLOW : DENY));
	}
	add(&filter, RETURN(SECCOMP_RET_LOG));
	ck_assert_uint_lt(shrink(&filter), 60);
}
END_TEST

START_TEST(what_is_not_understood_stays)
{
	const struct sock_filter codes[] = {
		BPF_STMT(BPF_ALU | BPF_AND | BPF_K, 7),
		BPF_STMT(BPF_ST, 0),
		BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, 1, 0, 0),
		BPF_STMT(BPF_MISC | BPF_TAX, 0),
	};

	for (size_t i = 0; i < ARRAY_SIZE(codes); i++) {
		struct sock_filter filter[] = {
			LOAD(nr),
			codes[i],
			JUMP(BPF_JEQ, 1, 0, 0),
			JUMP(BPF_JEQ, 2, 0, 0),
			JUMP(BPF_JEQ, 3, 0, 0),
			RETURN(ALLOW),
		};
		struct sock_filter old[ARRAY_SIZE(filter)];
		size_t n = ARRAY_SIZE(filter);

		memcpy(old, filter, sizeof(filter));
		bpf_shrink(filter, &n);
		ck_assert_uint_eq(n, ARRAY_SIZE(filter));
		ck_assert_mem_eq(old, filter, sizeof(filter));
	}
}
END_TEST

#if HAVE_SECCOMP
#define RULES 200
#define CALLS 20000

static uint64_t random_value(void)
{
	const uint64_t values[] = { 0,
				    1,
				    UINT32_MAX,
				    UINT64_MAX,
				    UINT64_C(1) << random() % 64,
				    (uint64_t) random() << 32 | (uint64_t) random() };

	return values[(size_t) random() % ARRAY_SIZE(values)];
}

/* As a profile has them: mostly one verdict, for calls that are neighbours, and a few with conditions. */
static void add_random_rule(const struct seccomp_library *lib, scmp_filter_ctx context)
{
	static int number, left;
	struct scmp_arg_cmp conditions[2];
	unsigned int n = random() % 10 ? 0 : 1 + (unsigned int) random() % 2;

	if (left-- <= 0) {
		number = (int) random() % 450;
		left = (int) random() % 30;
	}
	for (unsigned int i = 0; i < n; i++)
		conditions[i] = (struct scmp_arg_cmp){
			2 * i + (unsigned int) random() % 2,
			(enum scmp_compare)(SCMP_CMP_NE + random() % SCMP_CMP_MASKED_EQ),
			random_value(),
			random_value(),
		};
	/* what contradicts an earlier rule is refused */
	lib->rule_add_array(context, random() % 8 ? SCMP_ACT_ALLOW : SCMP_ACT_ERRNO(random() % 3),
			    number++, n, conditions);
}

static void compile_random(const struct seccomp_library *lib, struct filter *ret)
{
	static const uint32_t more[] = { SCMP_ARCH_X86, SCMP_ARCH_X32, SCMP_ARCH_ARM,
					 SCMP_ARCH_X86_64 };
	scmp_filter_ctx context = lib->init(SCMP_ACT_KILL_PROCESS);
	auto_fd file = memfd_create("filter", MFD_CLOEXEC);
	ssize_t size;

	for (size_t i = 0; i < ARRAY_SIZE(more); i++)
		if (random() % 2)
			lib->arch_add(context, more[i]);
	for (int i = 0; i < RULES; i++)
		add_random_rule(lib, context);
	if (random() % 2)
		lib->attr_set(context, SCMP_FLTATR_CTL_OPTIMIZE, 2);
	ck_assert_int_eq(lib->export_bpf(context, file), 0);
	lib->release(context);
	size = pread(file, ret->code, sizeof(ret->code), 0);
	ck_assert_int_gt(size, 0);
	ck_assert_int_lt(size, (ssize_t) sizeof(ret->code));
	ret->n = (size_t) size / sizeof(*ret->code);
}

/* Near a number that the filter compares with, most likely. */
static uint32_t random_word(const struct filter *filter)
{
	uint32_t k = filter->code[(size_t) random() % filter->n].k;

	return random() % 4 ? k + (uint32_t) (random() % 3) - 1 : (uint32_t) random();
}

static struct seccomp_data random_call(const struct filter *filter)
{
	struct seccomp_data data = { .arch = arches[(size_t) random() % ARRAY_SIZE(arches)] };

	data.nr = (int) (random() % 2 ? (uint32_t) (random() % 500) : random_word(filter));
	for (size_t i = 0; i < ARRAY_SIZE(data.args); i++)
		data.args[i] = (uint64_t) random_word(filter) << 32 | random_word(filter);
	return data;
}

START_TEST(what_libseccomp_writes_decides_the_same)
{
	static struct filter old, new;
	const struct seccomp_library *lib;
	struct error err;

	srandom((unsigned int) _i);
	ck_assert_msg(seccomp_library_open(&lib, &err) == 0, "%s", err.text);
	compile_random(lib, &old);
	new = old;
	bpf_shrink(new.code, &new.n);
	ck_assert_uint_lt(new.n, old.n);
	for (int i = 0; i < CALLS; i++) {
		struct seccomp_data data = random_call(&old);

		ck_assert_msg(verdict(&old, &data) == verdict(&new, &data),
			      "arch %#x, number %#x: %#x became %#x", data.arch,
			      (unsigned int) data.nr, verdict(&old, &data), verdict(&new, &data));
	}
}
END_TEST
#endif

START_TEST(one_verdict_is_short_already)
{
	struct sock_filter filter[] = { RETURN(ALLOW) };
	size_t n = 1;

	bpf_shrink(filter, &n);
	ck_assert_uint_eq(n, 1);
	ck_assert_uint_eq(filter[0].k, ALLOW);
}
END_TEST

Suite *linux_bpf_shrink_suite(void)
{
	Suite *suite = suite_create("linux/bpf_shrink");
	TCase *tests = tcase_create("bpf_shrink");

	tcase_add_test(tests, neighbours_become_ranges);
	tcase_add_loop_test(tests, random_verdicts_stay, 0, 20);
	tcase_add_test(tests, arguments_are_still_looked_at);
	tcase_add_test(tests, comparisons_by_size_divide);
	tcase_add_test(tests, what_is_not_understood_stays);
#if HAVE_SECCOMP
	tcase_add_loop_test(tests, what_libseccomp_writes_decides_the_same, 0, 20);
#endif
	tcase_add_test(tests, one_verdict_is_short_already);
	suite_add_tcase(suite, tests);
	return suite;
}
