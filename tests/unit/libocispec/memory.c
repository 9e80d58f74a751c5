/* memory.c - memory runs out at each allocation in turn: -ENOMEM, and nothing is lost
 *
 * The program is linked with --wrap for what libocispec allocates with; see memory.h. */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/configured.h"
#include "libocispec/runtime.h"
#include "tests/unit/libocispec/documents.h"
#include "tests/unit/libocispec/memory.h"
#include "tests/unit/libocispec/suites.h"
#include "tests/unit/unit.h"

/* Allocations that still succeed. */
static int left = INT_MAX;

static size_t live;

size_t memory_live(void)
{
	return live;
}

static bool may_allocate(void)
{
	return left == INT_MAX || left-- > 0;
}

/* In a static program libc's own calls are wrapped too: strdup() calls malloc().  Only the outer
 * call counts. */
static int inside;

static void *count(void *p, const void *before)
{
	inside--;
	live += p != NULL && before == NULL;
	return p;
}

#define WRAP(name, parameters, arguments, before)              \
	void *__real_##name parameters;                        \
	void *__wrap_##name parameters;                        \
	void *__wrap_##name parameters                         \
	{                                                      \
		if (inside > 0)                                \
			return __real_##name arguments;        \
		if (!may_allocate())                           \
			return NULL;                           \
		inside++;                                      \
		return count(__real_##name arguments, before); \
	}
WRAP(malloc, (size_t size), (size), NULL)
WRAP(calloc, (size_t n, size_t size), (n, size), NULL)
WRAP(realloc, (void *p, size_t size), (p, size), p)
WRAP(reallocarray, (void *p, size_t n, size_t size), (p, n, size), p)
WRAP(strdup, (const char *s), (s), NULL)
WRAP(strndup, (const char *s, size_t n), (s, n), NULL)

void __real_free(void *p);
void __wrap_free(void *p);
void __wrap_free(void *p)
{
	live -= p != NULL;
	__real_free(p);
}

static int parse_once(const char *text, size_t len)
{
	struct oci_config config = { 0 };
	struct oci_error err;
	int r = oci_parse(&oci_config_desc, &config, text, len, &err);

	left = INT_MAX;
	if (r == 0) {
		oci_release(&oci_config_desc, &config);
		return 0;
	}
	ck_assert_int_eq(err.code, ENOMEM);
	ck_assert_str_eq(err.text, "out of memory");
	return r;
}

static int copy_once(const struct oci_config *config)
{
	const struct oci_config none = { 0 };
	struct oci_config copy;
	int r = oci_copy(&oci_config_desc, &copy, config);

	left = INT_MAX;
	if (r < 0)
		ck_assert_int_eq(memcmp(&copy, &none, sizeof(copy)), 0);
	oci_release(&oci_config_desc, &copy);
	return r;
}

static int print_once(const struct oci_config *config)
{
	char *text;
	int r = oci_print(&oci_config_desc, config, OCI_PRINT_PRETTY, &text, NULL);

	left = INT_MAX;
	if (r == 0)
		free(text);
	return r;
}

/* Lets 0, 1, 2, ... allocations succeed until all do; the walk must fail each time till then. */
#define REQUIRE_ENOMEM_EACH_TIME(call, at_least)             \
	do {                                                 \
		size_t before_ = memory_live();              \
		int r_ = -1, n_ = 0;                         \
		for (; r_ != 0; n_++) {                      \
			left = n_;                           \
			r_ = (call);                         \
			ck_assert(r_ == 0 || r_ == -ENOMEM); \
		}                                            \
		ck_assert_int_gt(n_, at_least);              \
		ck_assert_uint_eq(memory_live(), before_);   \
	} while (0)

START_TEST(each_allocation_fails)
{
	char *text = unit_read("tests/data/libocispec/good/config-every-member.json", NULL);
	struct oci_config *config = document_new(&oci_config_desc, text);

#if STATIC_BUILD
	unit_skip("yajl is linked in, and does not survive a failed allocation");
#endif
	parse_once(text, strlen(text));
	REQUIRE_ENOMEM_EACH_TIME(parse_once(text, strlen(text)), 200);
	REQUIRE_ENOMEM_EACH_TIME(copy_once(config), 200);
	REQUIRE_ENOMEM_EACH_TIME(print_once(config), 2);
	document_free(&oci_config_desc, config);
	free(text);
}
END_TEST

Suite *libocispec_memory_suite(void)
{
	Suite *suite = suite_create("libocispec/memory");
	TCase *tcase = tcase_create("memory");

	tcase_add_test(tcase, each_allocation_fails);
	suite_add_tcase(suite, tcase);
	return suite;
}
