/* prefault.c - tests of src/linux/prefault.h */
#include "linux/prefault.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/configured.h"
#include "tests/unit/linux/suites.h"

#define PAGES 32

static long faults(void)
{
	struct rusage usage;

	ck_assert_int_eq(getrusage(RUSAGE_SELF, &usage), 0);
	return usage.ru_minflt;
}

/* How many of the pages' faults are still to come. */
static long touch(char *pages, size_t size)
{
	long before = faults();

	for (size_t i = 0; i < PAGES; i++)
		pages[i * size] = 1;
	return faults() - before;
}

static char *map(size_t size)
{
	char *pages = mmap(NULL, PAGES * size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
			   -1, 0);

	ck_assert_ptr_ne(pages, MAP_FAILED);
	madvise(pages, PAGES * size, MADV_NOHUGEPAGE);
	return pages;
}

/* What is asked for begins and ends in the middle of a page. */
static long faults_that_are_left(size_t size)
{
	char *pages = map(size);
	long left;

	prefault(pages + size / 2, (PAGES - 1) * size);
	left = touch(pages, size);
	munmap(pages, PAGES * size);
	return left;
}

/* A busy kernel may move a page that is there, which is another fault: of some tries the best. */
START_TEST(touching_faults_no_more)
{
	size_t size = (size_t) sysconf(_SC_PAGESIZE);
	char *bare = map(size);
	long least = PAGES;

	faults(); /* the stack's and the counter's own */
	ck_assert_int_ge(touch(bare, size), PAGES);
	munmap(bare, PAGES * size);
	for (int i = 0; i < 5 && least >= PAGES / 4; i++) {
		long left = faults_that_are_left(size);

		least = left < least ? left : least;
	}
	ck_assert_int_lt(least, PAGES / 4);
}
END_TEST

START_TEST(what_it_covers_keeps_its_content)
{
	size_t size = (size_t) sysconf(_SC_PAGESIZE);
	char *pages = map(size);

	pages[0] = 'a';
	pages[3 * size] = 'b';
	prefault(pages, PAGES * size);
	ck_assert_int_eq(pages[0], 'a');
	ck_assert_int_eq(pages[size], 0);
	ck_assert_int_eq(pages[3 * size], 'b');
	munmap(pages, PAGES * size);
}
END_TEST

START_TEST(the_heap_faults_no_more)
{
	size_t size = (size_t) sysconf(_SC_PAGESIZE), len = PAGES * size / 2;
	char *pages;
	long before;

#if SANITIZED_BUILD
	unit_skip("the sanitizers have a heap of their own");
#endif
	prefault_heap(len);
	before = faults();
	pages = malloc(len);
	ck_assert_ptr_nonnull(pages);
	memset(pages, 1, len);
	ck_assert_int_lt(faults() - before, PAGES / 8);
	ck_assert_int_eq(pages[len - 1], 1);
	free(pages);
}
END_TEST

Suite *linux_prefault_suite(void)
{
	Suite *suite = suite_create("linux/prefault");
	TCase *tests = tcase_create("prefault");

	tcase_add_test(tests, touching_faults_no_more);
	tcase_add_test(tests, the_heap_faults_no_more);
	tcase_add_test(tests, what_it_covers_keeps_its_content);
	suite_add_tcase(suite, tests);
	return suite;
}
