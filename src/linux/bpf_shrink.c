/* bpf_shrink.c - a seccomp filter made shorter, with the same verdicts
 *
 * The filter is followed once for each architecture that it knows, not with one system call's
 * number but with all of them as ranges, which each comparison divides.  A path ends at a verdict,
 * or where an argument is looked at: from there on the old code stays.  The ranges are then found
 * by a binary search.  The new code is written from its end to its beginning, for jumps go forward
 * only: so every target is known when a jump is written. */
#include "linux/bpf_shrink.h"

#include <linux/seccomp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"

#define RANGES_MAX 4096
#define ARCHES_MAX 32
#define REACH 250   /* of a conditional jump: 255, less what may come in between */
#define HOLES_MAX 4 /* so many single numbers are compared one after another */

#define LOAD (BPF_LD | BPF_W | BPF_ABS)
#define NR ((uint32_t) offsetof(struct seccomp_data, nr))
#define ARCH ((uint32_t) offsetof(struct seccomp_data, arch))

/* Where a path ends: with a verdict, or in the old code. */
struct leaf {
	bool is_verdict;
	uint32_t value; /* the verdict, or the index of the instruction */
};

struct range {
	uint32_t low, high;
	struct leaf leaf;
};

struct ranges {
	struct range *items;
	size_t n;
};

/* What is known of one architecture's calls; the first stands for all that the filter does not
 * compare with. */
struct arches {
	uint32_t numbers[ARCHES_MAX];
	struct ranges ranges[ARCHES_MAX];
	size_t n;
};

#define OTHER 0 /* no architecture's number */

/* A path while it is followed: at an instruction, what is loaded, for which numbers. */
struct path {
	size_t at;
	uint32_t loaded; /* NR or ARCH */
	uint32_t low, high;
};

struct paths {
	struct path items[64];
	size_t n;
};

/* What is written, last instruction first. */
struct writer {
	struct sock_filter *code;
	size_t n;
	size_t max;
	size_t *moved;	      /* of an old instruction that stays: its new index */
	struct range last[8]; /* verdicts (in leaf) and where (in low) they were written last */
	size_t n_last;
};

static bool leaf_equal(struct leaf a, struct leaf b)
{
	return a.is_verdict == b.is_verdict && a.value == b.value;
}

static bool add_range(struct ranges *ranges, uint32_t low, uint32_t high, struct leaf leaf)
{
	struct range *last = ranges->n ? &ranges->items[ranges->n - 1] : NULL;

	if (last && leaf_equal(last->leaf, leaf)) {
		last->high = high;
		return true;
	}
	if (ranges->n == RANGES_MAX)
		return false;
	ranges->items[ranges->n++] = (struct range){ low, high, leaf };
	return true;
}

/* Puts the part of a path that is not empty aside.  (low and high are wider than a number.) */
static bool push(struct paths *paths, size_t at, int64_t low, int64_t high)
{
	if (low > high)
		return true;
	if (paths->n == ARRAY_SIZE(paths->items))
		return false;
	paths->items[paths->n++] = (struct path){ at, NR, (uint32_t) low, (uint32_t) high };
	return true;
}

/* Divides a path at a comparison of the number; the lowest part is on top afterwards. */
static bool divide(struct paths *paths, const struct path *path, const struct sock_filter *jump)
{
	size_t yes = path->at + 1 + jump->jt, no = path->at + 1 + jump->jf;
	int64_t low = path->low, high = path->high, k = jump->k;
	int64_t first; /* for which a comparison by size holds */

	if (BPF_OP(jump->code) == BPF_JEQ) {
		bool is_in = k >= low && k <= high;

		if (!is_in)
			return push(paths, no, low, high);
		return push(paths, no, k + 1, high) && push(paths, yes, k, k) &&
		       push(paths, no, low, k - 1);
	}
	first = BPF_OP(jump->code) == BPF_JGT ? k + 1 : k;
	return push(paths, yes, first > low ? first : low, high) &&
	       push(paths, no, low, first - 1 < high ? first - 1 : high);
}

static bool is_jump(const struct sock_filter *code, uint16_t op)
{
	return code->code == (BPF_JMP | op | BPF_K);
}

static bool add_arch(struct arches *arches, uint32_t number)
{
	for (size_t i = 1; i < arches->n; i++)
		if (arches->numbers[i] == number)
			return true;
	if (arches->n == ARCHES_MAX || number == OTHER)
		return false;
	arches->numbers[arches->n++] = number;
	return true;
}

/* One step of a path for arches->numbers[which].  False: not understood. */
static bool follow(const struct sock_filter *filter, struct path path, struct arches *arches,
		   size_t which, struct paths *paths)
{
	const struct sock_filter *code = &filter[path.at];
	struct ranges *ranges = &arches->ranges[which];

	if (code->code == LOAD && (code->k == NR || code->k == ARCH)) {
		path.loaded = code->k;
		path.at++;
	} else if (code->code == LOAD) {
		return add_range(ranges, path.low, path.high,
				 (struct leaf){ false, (uint32_t) path.at });
	} else if (code->code == (BPF_RET | BPF_K)) {
		return add_range(ranges, path.low, path.high, (struct leaf){ true, code->k });
	} else if (code->code == (BPF_JMP | BPF_JA)) {
		path.at += 1 + code->k;
	} else if (is_jump(code, BPF_JEQ) && path.loaded == ARCH) {
		bool is_same = code->k == arches->numbers[which];

		if (!add_arch(arches, code->k))
			return false;
		path.at += 1 + (size_t) (is_same ? code->jt : code->jf);
	} else if (path.loaded == NR &&
		   (is_jump(code, BPF_JEQ) || is_jump(code, BPF_JGT) || is_jump(code, BPF_JGE))) {
		return divide(paths, &path, code);
	} else {
		return false;
	}
	if (paths->n == ARRAY_SIZE(paths->items))
		return false;
	paths->items[paths->n++] = path;
	return true;
}

/* The verdicts of all numbers, in their order, for one architecture. */
static bool explore(const struct sock_filter *filter, struct arches *arches, size_t which)
{
	struct paths paths = { .n = 1, .items = { { .high = UINT32_MAX, .loaded = UINT32_MAX } } };

	while (paths.n) {
		struct path path = paths.items[--paths.n];

		if (!follow(filter, path, arches, which, &paths))
			return false;
	}
	return true;
}

static size_t put(struct writer *w, uint16_t code, uint8_t jt, uint8_t jf, uint32_t k)
{
	if (w->n < w->max)
		w->code[w->n] = (struct sock_filter){ code, jt, jf, k };
	return w->n++;
}

/* An instruction within reach that goes on at `target`. */
static size_t near(struct writer *w, size_t target)
{
	if (w->n - target < REACH)
		return target;
	return put(w, BPF_JMP | BPF_JA, 0, 0, (uint32_t) (w->n - target - 1));
}

/* An instruction within reach that does what the leaf says. */
static size_t near_leaf(struct writer *w, struct leaf leaf)
{
	size_t i = 0;

	if (!leaf.is_verdict)
		return near(w, w->moved[leaf.value]);
	while (i < w->n_last && w->last[i].leaf.value != leaf.value)
		i++;
	if (i < w->n_last && w->n - w->last[i].low < REACH)
		return w->last[i].low;
	if (i == ARRAY_SIZE(w->last))
		return put(w, BPF_RET | BPF_K, 0, 0, leaf.value);
	w->n_last = i == w->n_last ? i + 1 : w->n_last;
	w->last[i] = (struct range){ .low = (uint32_t) w->n, .leaf = leaf };
	return put(w, BPF_RET | BPF_K, 0, 0, leaf.value);
}

/* yes and no are within reach, and stay so. */
static size_t compare(struct writer *w, uint16_t op, uint32_t k, size_t yes, size_t no)
{
	return put(w, BPF_JMP | op | BPF_K, (uint8_t) (w->n - yes - 1), (uint8_t) (w->n - no - 1),
		   k);
}

/* Single numbers in a range that has one verdict otherwise. */
static bool has_holes_only(const struct range *ranges, size_t n)
{
	if (n % 2 == 0 || n > 2 * HOLES_MAX + 1)
		return false;
	for (size_t i = 0; i < n; i++) {
		if (i % 2 == 0 && !leaf_equal(ranges[i].leaf, ranges[0].leaf))
			return false;
		if (i % 2 == 1 && ranges[i].low != ranges[i].high)
			return false;
	}
	return true;
}

/* The code that finds a number's range among n; returns where it begins. */
static size_t write_search(struct writer *w, const struct range *ranges, size_t n)
{
	size_t half = n / 2, yes, no;

	if (n == 1)
		return near_leaf(w, ranges[0].leaf);
	if (has_holes_only(ranges, n)) {
		no = near_leaf(w, ranges[0].leaf);
		for (size_t i = n - 2; i < n; i -= 2) {
			yes = near_leaf(w, ranges[i].leaf);
			no = compare(w, BPF_JEQ, ranges[i].low, yes, near(w, no));
		}
		return no;
	}
	half += half % 2; /* holes are the odd ones */
	if (half == n)
		half--;
	yes = write_search(w, ranges + half, n - half);
	no = write_search(w, ranges, half);
	yes = near(w, yes);
	return compare(w, BPF_JGE, ranges[half].low, yes, near(w, no));
}

/* Marks the old code that can be reached from `at`. */
static void keep_from(const struct sock_filter *filter, size_t n, size_t at, bool *keep)
{
	keep[at] = true;
	for (size_t i = at; i < n; i++) {
		const struct sock_filter *code = &filter[i];

		if (!keep[i] || BPF_CLASS(code->code) == BPF_RET)
			continue;
		if (code->code == (BPF_JMP | BPF_JA)) {
			keep[i + 1 + code->k] = true;
		} else if (BPF_CLASS(code->code) == BPF_JMP) {
			keep[i + 1 + code->jt] = true;
			keep[i + 1 + code->jf] = true;
		} else {
			keep[i + 1] = true;
		}
	}
}

/* The old code that stays, its jumps made to fit. */
static void write_kept(struct writer *w, const struct sock_filter *filter, size_t n,
		       const bool *keep)
{
	for (size_t i = n; i-- > 0;) {
		struct sock_filter code = filter[i];

		if (!keep[i])
			continue;
		w->moved[i] = w->n;
		if (code.code == (BPF_JMP | BPF_JA)) {
			code.k = (uint32_t) (w->n - w->moved[i + 1 + code.k] - 1);
		} else if (BPF_CLASS(code.code) == BPF_JMP) {
			code.jt = (uint8_t) (w->n - w->moved[i + 1 + code.jt] - 1);
			code.jf = (uint8_t) (w->n - w->moved[i + 1 + code.jf] - 1);
		}
		put(w, code.code, code.jt, code.jf, code.k);
	}
}

/* The search among an architecture's ranges, with the number loaded. */
static size_t write_arch(struct writer *w, const struct ranges *ranges)
{
	size_t at = write_search(w, ranges->items, ranges->n);

	if (ranges->n == 1)
		return at;
	if (at != w->n - 1)
		put(w, BPF_JMP | BPF_JA, 0, 0, (uint32_t) (w->n - at - 1));
	return put(w, LOAD, 0, 0, NR);
}

static void write_all(struct writer *w, const struct arches *arches)
{
	size_t next = write_arch(w, &arches->ranges[0]);

	for (size_t i = 1; i < arches->n; i++) {
		size_t at = near(w, write_arch(w, &arches->ranges[i]));

		next = compare(w, BPF_JEQ, arches->numbers[i], at, near(w, next));
	}
	if (next != w->n - 1)
		put(w, BPF_JMP | BPF_JA, 0, 0, (uint32_t) (w->n - next - 1));
	put(w, LOAD, 0, 0, ARCH);
}

/* Follows all paths; keep: what of the old code is needed behind them. */
static bool understand(const struct sock_filter *filter, size_t n, struct arches *arches,
		       bool *keep)
{
	arches->n = 1;
	for (size_t i = 0; i < arches->n; i++) {
		struct ranges *ranges = &arches->ranges[i];

		ranges->items = xcalloc(RANGES_MAX, sizeof(*ranges->items));
		if (!explore(filter, arches, i))
			return false;
		for (size_t j = 0; j < ranges->n; j++)
			if (!ranges->items[j].leaf.is_verdict)
				keep_from(filter, n, ranges->items[j].leaf.value, keep);
	}
	return true;
}

void bpf_shrink(struct sock_filter *filter, size_t *n)
{
	struct arches arches = { 0 };
	auto_free bool *keep = xcalloc(*n + 1, sizeof(*keep));
	auto_free size_t *moved = xcalloc(*n + 1, sizeof(*moved));
	auto_free struct sock_filter *code = xcalloc(*n + 1, sizeof(*code));
	struct writer w = { .code = code, .max = *n, .moved = moved };

	if (understand(filter, *n, &arches, keep)) {
		write_kept(&w, filter, *n, keep);
		write_all(&w, &arches);
		if (w.n < *n) {
			for (size_t i = 0; i < w.n; i++)
				filter[i] = code[w.n - 1 - i];
			*n = w.n;
		}
	}
	for (size_t i = 0; i < arches.n; i++)
		free(arches.ranges[i].items);
}
