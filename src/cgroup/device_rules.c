/* device_rules.c - see device_rules.h */
#include "cgroup/device_rules.h"

#include <errno.h>
#include <inttypes.h>
#include <linux/bpf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

/* clang-format off */
static const struct device_rule defaults[] = {
	{ true, BPF_DEVCG_ACC_MKNOD, DEVICE_ANY,         DEVICE_ANY, DEVICE_ANY },
	{ true, DEVICE_ALL_ACCESS,   BPF_DEVCG_DEV_CHAR, 1,          3 },		/* null */
	{ true, DEVICE_ALL_ACCESS,   BPF_DEVCG_DEV_CHAR, 1,          5 },		/* zero */
	{ true, DEVICE_ALL_ACCESS,   BPF_DEVCG_DEV_CHAR, 1,          7 },		/* full */
	{ true, DEVICE_ALL_ACCESS,   BPF_DEVCG_DEV_CHAR, 1,          8 },		/* random */
	{ true, DEVICE_ALL_ACCESS,   BPF_DEVCG_DEV_CHAR, 1,          9 },		/* urandom */
	{ true, DEVICE_ALL_ACCESS,   BPF_DEVCG_DEV_CHAR, 5,          0 },		/* tty */
	{ true, DEVICE_ALL_ACCESS,   BPF_DEVCG_DEV_CHAR, 5,          1 },		/* console */
	{ true, DEVICE_ALL_ACCESS,   BPF_DEVCG_DEV_CHAR, 5,          2 },		/* ptmx */
	{ true, DEVICE_ALL_ACCESS,   BPF_DEVCG_DEV_CHAR, 136,        DEVICE_ANY },	/* pts/N */
};
/* clang-format on */

static bool is_number(struct oci_i64 n)
{
	return !n.is_set || n.value == -1 || (n.value >= 0 && n.value < UINT32_MAX);
}

#define WHERE_SIZE 64

static const char *place(char where[WHERE_SIZE], size_t i, const char *member)
{
	snprintf(where, WHERE_SIZE, "linux.resources.devices[%zu].%s", i, member);
	return where;
}

int device_rules_check(const struct oci_device_rule *rules, size_t n, struct error *err)
{
	for (size_t i = 0; i < n; i++) {
		const struct oci_device_rule *r = &rules[i];
		const char *access = r->access ? r->access : "";
		char where[WHERE_SIZE];

		if (r->type && (strlen(r->type) != 1 || !strchr("abc", r->type[0])))
			return fail_at(err, EINVAL, place(where, i, "type"),
				       "type '%s' is not one of a, b, c", r->type);
		if (!is_number(r->major))
			return fail_at(err, EINVAL, place(where, i, "major"),
				       "no device has the major number %" PRId64, r->major.value);
		if (!is_number(r->minor))
			return fail_at(err, EINVAL, place(where, i, "minor"),
				       "no device has the minor number %" PRId64, r->minor.value);
		if (access[strspn(access, "rwm")])
			return fail_at(err, EINVAL, place(where, i, "access"),
				       "access '%s' has other letters than r, w, m", access);
	}
	return 0;
}

static uint8_t access_bits(const char *letters)
{
	uint8_t bits = 0;

	if (!letters || !*letters)
		return DEVICE_ALL_ACCESS;
	if (strchr(letters, 'r'))
		bits |= BPF_DEVCG_ACC_READ;
	if (strchr(letters, 'w'))
		bits |= BPF_DEVCG_ACC_WRITE;
	if (strchr(letters, 'm'))
		bits |= BPF_DEVCG_ACC_MKNOD;
	return bits;
}

static uint32_t number(struct oci_i64 n)
{
	return n.is_set && n.value >= 0 ? (uint32_t) n.value : DEVICE_ANY;
}

static struct device_rule read_rule(const struct oci_device_rule *r)
{
	struct device_rule rule = {
		.allow = r->allow,
		.access = access_bits(r->access),
		.type = DEVICE_ANY,
		.major = number(r->major),
		.minor = number(r->minor),
	};

	if (r->type && r->type[0] == 'b')
		rule.type = BPF_DEVCG_DEV_BLOCK;
	if (r->type && r->type[0] == 'c')
		rule.type = BPF_DEVCG_DEV_CHAR;
	return rule;
}

static bool covers(uint32_t a, uint32_t b)
{
	return a == DEVICE_ANY || a == b;
}

/* True when b decides nothing that a does not. */
static bool rule_covers(const struct device_rule *a, const struct device_rule *b)
{
	return covers(a->type, b->type) && covers(a->major, b->major) &&
	       covers(a->minor, b->minor) && (b->access & ~a->access) == 0;
}

static bool is_for_all(const struct device_rule *r)
{
	return r->type == DEVICE_ANY && r->major == DEVICE_ANY && r->minor == DEVICE_ANY &&
	       r->access == DEVICE_ALL_ACCESS;
}

/* Drops the rules that a later one covers. */
static void drop_shadowed(struct device_rules *rules)
{
	size_t kept = 0;

	for (size_t i = 0; i < rules->n; i++) {
		bool is_shadowed = false;

		for (size_t j = i + 1; j < rules->n && !is_shadowed; j++)
			is_shadowed = rule_covers(&rules->items[j], &rules->items[i]);
		if (!is_shadowed)
			rules->items[kept++] = rules->items[i];
	}
	rules->n = kept;
}

/* Drops the first rules as long as they say what would be decided without them. */
static void drop_redundant(struct device_rules *rules)
{
	size_t first = 0;

	while (first < rules->n && rules->items[first].allow == rules->allow_rest)
		first++;
	rules->n -= first;
	memmove(rules->items, rules->items + first, rules->n * sizeof(*rules->items));
}

/* "Any" comes before all numbers, so that what covers a rule comes before it. */
static int compare(const void *a, const void *b)
{
	const struct device_rule *x = a, *y = b;
	const uint32_t keys[3][2] = {
		{ x->type + 1, y->type + 1 },
		{ x->major + 1, y->major + 1 },
		{ x->minor + 1, y->minor + 1 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		if (keys[i][0] != keys[i][1])
			return keys[i][0] < keys[i][1] ? -1 : 1;
	return 0;
}

/* Sorts each run of alike rules, and drops those that another of the run covers. */
static void sort_runs(struct device_rules *rules)
{
	struct device_rule *items = rules->items;
	size_t kept = 0;

	for (size_t start = 0, end; start < rules->n; start = end) {
		size_t run = kept;

		for (end = start + 1;
		     end < rules->n && device_rules_alike(&items[end], &items[start]);)
			end++;
		qsort(items + start, end - start, sizeof(*items), compare);
		for (size_t i = start; i < end; i++) {
			bool is_covered = false;

			for (size_t j = run; j < kept && !is_covered; j++)
				is_covered = rule_covers(&items[j], &items[i]);
			if (!is_covered)
				items[kept++] = items[i];
		}
	}
	rules->n = kept;
}

void device_rules_plan(const struct oci_device_rule *rules, size_t n, struct device_rules *ret)
{
	*ret = (struct device_rules){
		.items = xcalloc(n + ARRAY_SIZE(defaults), sizeof(*ret->items)),
	};
	for (size_t i = 0; i < n; i++) {
		struct device_rule rule = read_rule(&rules[i]);

		if (is_for_all(&rule)) {
			ret->allow_rest = rule.allow;
			ret->n = 0;
		} else {
			ret->items[ret->n++] = rule;
		}
	}
	memcpy(ret->items + ret->n, defaults, sizeof(defaults));
	ret->n += ARRAY_SIZE(defaults);
	drop_shadowed(ret);
	drop_redundant(ret);
	sort_runs(ret);
}

void device_rules_release(struct device_rules *rules)
{
	free(rules->items);
	*rules = (struct device_rules){ 0 };
}
