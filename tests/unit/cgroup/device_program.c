/* device_program.c - tests of src/cgroup/device_program.c: the program is interpreted here */
#include "cgroup/device_program.h"

#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/text.h"
#include "tests/unit/cgroup/suites.h"

#define M BPF_DEVCG_ACC_MKNOD
#define R BPF_DEVCG_ACC_READ
#define W BPF_DEVCG_ACC_WRITE
#define B BPF_DEVCG_DEV_BLOCK
#define C BPF_DEVCG_DEV_CHAR

struct access {
	uint32_t type;
	uint32_t major;
	uint32_t minor;
	uint32_t access;
};

static bool is_taken(uint8_t op, uint32_t a, uint32_t b)
{
	switch (op) {
	case BPF_JA:
		return true;
	case BPF_JEQ:
		return a == b;
	case BPF_JNE:
		return a != b;
	default:
		ck_abort_msg("jump %#x is not known here", op);
	}
}

static uint32_t calculate(uint8_t op, uint32_t a, uint32_t b)
{
	switch (op) {
	case BPF_MOV:
		return b;
	case BPF_AND:
		return a & b;
	case BPF_RSH:
		return a >> b;
	default:
		ck_abort_msg("operation %#x is not known here", op);
	}
}

/* Runs the program as the kernel would; any instruction outside of the few it uses, and any jump
 * out of it, fails the test. */
static uint32_t run(const struct bpf_insn *insns, size_t n, const struct access *a)
{
	const uint32_t context[] = { a->access << 16 | a->type, a->major, a->minor };
	uint32_t reg[16] = { 0 };

	for (size_t pc = 0; pc < n; pc++) {
		const struct bpf_insn *i = &insns[pc];
		uint32_t operand = BPF_SRC(i->code) == BPF_X ? reg[i->src_reg] : (uint32_t) i->imm;

		switch (BPF_CLASS(i->code)) {
		case BPF_LDX:
			if (i->src_reg != 1)
				ck_abort_msg("only the context can be read");
			reg[i->dst_reg] = context[i->off / 4];
			break;
		case BPF_ALU:
			reg[i->dst_reg] = calculate(BPF_OP(i->code), reg[i->dst_reg], operand);
			break;
		case BPF_JMP:
		case BPF_JMP32:
			if (BPF_OP(i->code) == BPF_EXIT)
				return reg[0];
			if (i->off < 0)
				ck_abort_msg("a jump back");
			if (is_taken(BPF_OP(i->code), reg[i->dst_reg], operand))
				pc += (size_t) i->off;
			break;
		default:
			ck_abort_msg("instruction %#x is not known here", i->code);
		}
	}
	ck_abort_msg("the program runs over its end");
}

static struct bpf_insn *compile(const struct oci_device_rule *rules, size_t n, size_t *ret_n)
{
	struct device_rules plan;
	struct bpf_insn *insns;

	device_rules_plan(rules, n, &plan);
	insns = device_program_compile(&plan, ret_n);
	device_rules_release(&plan);
	return insns;
}

static uint32_t verdict(const struct oci_device_rule *rules, size_t n, const struct access *a)
{
	size_t count;
	struct bpf_insn *insns = compile(rules, n, &count);
	uint32_t result = run(insns, count, a);

	free(insns);
	return result;
}

/* clang-format off */
#define ALLOW(t, maj, min, acc) { true, (char *) t, { true, maj }, { true, min }, (char *) acc }
#define DENY(t, maj, min, acc) { false, (char *) t, { true, maj }, { true, min }, (char *) acc }
#define ALLOW_ALL { .allow = true }
#define DENY_ALL { .allow = false }

static const struct row {
	size_t n;
	struct oci_device_rule rules[4];
	struct access access;
	uint32_t verdict;
} rows[] = {
	{ 1, { DENY_ALL }, { C, 1, 3, R | W }, 1 },			/* null */
	{ 1, { DENY_ALL }, { C, 1, 3, R | W | M }, 1 },
	{ 1, { DENY_ALL }, { C, 1, 5, R }, 1 },				/* zero */
	{ 1, { DENY_ALL }, { C, 1, 1, R }, 0 },				/* mem */
	{ 1, { DENY_ALL }, { C, 1, 2, R }, 0 },
	{ 1, { DENY_ALL }, { C, 1, 4, R }, 0 },
	{ 1, { DENY_ALL }, { C, 1, 11, R }, 0 },			/* kmsg */
	{ 1, { DENY_ALL }, { B, 1, 3, R }, 0 },				/* ram3 */
	{ 1, { DENY_ALL }, { C, 5, 2, R | W }, 1 },			/* ptmx */
	{ 1, { DENY_ALL }, { C, 5, 3, R }, 0 },
	{ 1, { DENY_ALL }, { C, 136, 77, R | W }, 1 },			/* pts/77 */
	{ 1, { DENY_ALL }, { C, 137, 77, R | W }, 0 },
	{ 1, { DENY_ALL }, { B, 8, 0, R }, 0 },				/* sda */
	{ 1, { DENY_ALL }, { B, 8, 0, M }, 1 },
	{ 1, { DENY_ALL }, { C, 10, 229, M }, 1 },
	{ 1, { DENY_ALL }, { C, 10, 229, M | R }, 0 },
	{ 1, { DENY_ALL }, { B, 8, 0, 0 }, 1 },				/* access(F_OK) */
	{ 1, { ALLOW_ALL }, { B, 8, 0, R | W | M }, 1 },
	{ 0, { DENY_ALL }, { B, 8, 0, R }, 0 },
	{ 0, { DENY_ALL }, { C, 1, 3, R | W }, 1 },
	{ 2, { DENY_ALL, ALLOW("b", 8, 0, "r") }, { B, 8, 0, R }, 1 },
	{ 2, { DENY_ALL, ALLOW("b", 8, 0, "r") }, { B, 8, 0, W }, 0 },
	{ 2, { DENY_ALL, ALLOW("b", 8, 0, "r") }, { B, 8, 0, R | W }, 0 },
	{ 2, { DENY_ALL, ALLOW("b", 8, 0, "r") }, { B, 8, 0, R | M }, 1 },
	{ 2, { DENY_ALL, ALLOW("b", 8, 0, "r") }, { B, 8, 1, R }, 0 },
	{ 3, { DENY_ALL, ALLOW("b", 8, 0, "r"), ALLOW("b", 8, -1, "w") }, { B, 8, 0, R | W }, 1 },
	{ 3, { DENY_ALL, ALLOW("b", 8, 0, "r"), ALLOW("b", 8, -1, "w") }, { B, 8, 1, R | W }, 0 },
	{ 3, { DENY_ALL, ALLOW("c", 10, -1, "rw"), DENY("c", 10, 229, "w") }, { C, 10, 229, R }, 1 },
	{ 3, { DENY_ALL, ALLOW("c", 10, -1, "rw"), DENY("c", 10, 229, "w") }, { C, 10, 229, R | W }, 0 },
	{ 3, { DENY_ALL, ALLOW("c", 10, -1, "rw"), DENY("c", 10, 229, "w") }, { C, 10, 200, R | W }, 1 },
	{ 2, { ALLOW_ALL, DENY("c", 10, 229, "rwm") }, { C, 10, 229, R }, 0 },
	{ 2, { ALLOW_ALL, DENY("c", 10, 229, "rwm") }, { C, 10, 228, R | W }, 1 },
	{ 2, { ALLOW_ALL, DENY("a", 8, -1, "w") }, { B, 8, 3, W }, 0 },
	{ 2, { ALLOW_ALL, DENY("a", 8, -1, "w") }, { C, 8, 3, W }, 0 },
	{ 2, { ALLOW_ALL, DENY("a", 8, -1, "w") }, { C, 9, 3, W }, 1 },
	{ 2, { DENY_ALL, ALLOW("c", -1, 7, "r") }, { C, 99, 7, R }, 1 },
	{ 2, { DENY_ALL, ALLOW("c", -1, 7, "r") }, { C, 99, 8, R }, 0 },
	{ 2, { DENY_ALL, ALLOW("b", -1, -1, "rw") }, { B, 99, 8, R | W }, 1 },
	{ 2, { DENY_ALL, ALLOW("b", -1, -1, "rw") }, { C, 99, 8, R }, 0 },
};
/* clang-format on */

START_TEST(rows_have_their_verdicts)
{
	ck_assert_uint_eq(verdict(rows[_i].rules, rows[_i].n, &rows[_i].access), rows[_i].verdict);
}
END_TEST

/* The meaning as device_rules.h words it, with no cleverness: for each bit, the last match. */
static const struct oci_device_rule default_rules[] = {
	ALLOW("a", -1, -1, "m"),    ALLOW("c", 1, 3, "rwm"), ALLOW("c", 1, 5, "rwm"),
	ALLOW("c", 1, 7, "rwm"),    ALLOW("c", 1, 8, "rwm"), ALLOW("c", 1, 9, "rwm"),
	ALLOW("c", 5, 0, "rwm"),    ALLOW("c", 5, 1, "rwm"), ALLOW("c", 5, 2, "rwm"),
	ALLOW("c", 136, -1, "rwm"),
};

static bool decides(const struct oci_device_rule *r, const struct access *a, char letter)
{
	return (r->type[0] == 'a' || (r->type[0] == 'b') == (a->type == B)) &&
	       (r->major.value == -1 || r->major.value == a->major) &&
	       (r->minor.value == -1 || r->minor.value == a->minor) && strchr(r->access, letter);
}

static bool is_allowed(const struct oci_device_rule *rules, size_t n, const struct access *a,
		       char letter)
{
	bool allowed = false;

	for (size_t i = 0; i < n; i++)
		if (decides(&rules[i], a, letter))
			allowed = rules[i].allow;
	for (size_t i = 0; i < ARRAY_SIZE(default_rules); i++)
		if (decides(&default_rules[i], a, letter))
			allowed = default_rules[i].allow;
	return allowed;
}

static uint32_t reference(const struct oci_device_rule *rules, size_t n, const struct access *a)
{
	return (!(a->access & R) || is_allowed(rules, n, a, 'r')) &&
	       (!(a->access & W) || is_allowed(rules, n, a, 'w')) &&
	       (!(a->access & M) || is_allowed(rules, n, a, 'm'));
}

#define RANDOM_RULES 12

static void make_rules(struct oci_device_rule *rules, size_t n)
{
	static const char *const types[] = { "a", "b", "c", "c" };
	static const char *const accesses[] = { "r", "w", "m", "rw", "rm", "wm", "rwm", "rwm" };

	for (size_t i = 0; i < n; i++) {
		rules[i] = (struct oci_device_rule){
			.allow = rand() % 2,
			.type = (char *) types[rand() % 4],
			.major = { true, rand() % 4 - 1 },
			.minor = { true, rand() % 5 - 1 },
			.access = (char *) accesses[rand() % 8],
		};
	}
}

START_TEST(random_rules_against_reference)
{
	struct oci_device_rule rules[RANDOM_RULES];

	srand(20240610U + (unsigned int) _i);
	for (int round = 0; round < 200; round++) {
		size_t n = (size_t) rand() % (RANDOM_RULES + 1), count;
		struct bpf_insn *insns;

		make_rules(rules, n);
		insns = compile(rules, n, &count);
		for (uint32_t probe = 0; probe < 2 * 4 * 5 * 7; probe++) {
			struct access a = {
				.type = probe % 2 ? B : C,
				.major = probe / 2 % 4,
				.minor = probe / 8 % 5,
				.access = probe / 40 + 1,
			};

			if (run(insns, count, &a) != reference(rules, n, &a))
				ck_abort_msg("round %d: %c %u:%u access %u", round,
					     a.type == B ? 'b' : 'c', a.major, a.minor, a.access);
		}
		free(insns);
	}
}
END_TEST

static int load(const struct bpf_insn *insns, size_t n)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.prog_type = BPF_PROG_TYPE_CGROUP_DEVICE;
	attr.insns = (uintptr_t) insns;
	attr.insn_cnt = (uint32_t) n;
	attr.license = (uintptr_t) "Apache-2.0";
	return (int) syscall(SYS_bpf, BPF_PROG_LOAD, &attr, sizeof(attr));
}

/* The kernel's verifier refuses what it cannot reach or does not understand. */
START_TEST(random_rules_load)
{
	struct oci_device_rule rules[RANDOM_RULES];

	if (geteuid() != 0)
		unit_skip("needs root to load a program");
	srand(7);
	for (int round = 0; round < 300; round++) {
		size_t n = (size_t) rand() % (RANDOM_RULES + 1), count;
		struct bpf_insn *insns;
		int fd;

		make_rules(rules, n);
		insns = compile(rules, n, &count);
		fd = load(insns, count);
		ck_assert_msg(fd >= 0, "round %d: %m", round);
		close(fd);
		free(insns);
	}
}
END_TEST

/* More rules than one group holds, and no jump too far. */
START_TEST(many_rules)
{
	static struct oci_device_rule rules[5000];
	struct access last = { C, 4000, 12, R }, none = { C, 4000, 13, R };

	for (size_t i = 0; i < ARRAY_SIZE(rules); i++)
		rules[i] = (struct oci_device_rule){
			.allow = true,
			.type = (char *) "c",
			.major = { true, (int64_t) (i % 1000) + 3001 },
			.minor = { true, (int64_t) (i / 1000) * 3 },
			.access = (char *) "r",
		};
	ck_assert_uint_eq(verdict(rules, ARRAY_SIZE(rules), &last), 1);
	ck_assert_uint_eq(verdict(rules, ARRAY_SIZE(rules), &none), 0);
}
END_TEST

/* The default rules are loaded at each start: their size is their price. */
START_TEST(default_program_is_small)
{
	struct oci_device_rule deny = DENY_ALL;
	size_t n;

	free(compile(&deny, 1, &n));
	ck_assert_uint_le(n, 29);
}
END_TEST

Suite *cgroup_device_program_suite(void)
{
	Suite *s = suite_create("cgroup/device_program");
	TCase *t = tcase_create("device_program");

	tcase_set_timeout(t, 60);
	tcase_add_loop_test(t, rows_have_their_verdicts, 0, ARRAY_SIZE(rows));
	tcase_add_loop_test(t, random_rules_against_reference, 0, 5);
	tcase_add_test(t, random_rules_load);
	tcase_add_test(t, many_rules);
	tcase_add_test(t, default_program_is_small);
	suite_add_tcase(s, t);
	return s;
}
