/* samples.c - the sample documents: the good ones print to a fixed point, the bad ones are refused
 * with the message that stands beside them */
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/libocispec/documents.h"
#include "tests/unit/libocispec/suites.h"
#include "tests/unit/unit.h"

static glob_t good, bad;

static const char *base_name(const char *path)
{
	return strrchr(path, '/') + 1;
}

/* unit_read() of a path that glob() has found, which has $srcdir in it already. */
static char *read_sample(const char *path, size_t *ret_len)
{
	return unit_read(strstr(path, "tests/data/"), ret_len);
}

static char *print(const struct oci_desc *desc, const void *object, enum oci_print_style style)
{
	char *text;

	ck_assert_int_eq(oci_print(desc, object, style, &text, NULL), 0);
	return text;
}

START_TEST(good_sample)
{
	const char *path = good.gl_pathv[_i];
	const struct oci_desc *desc = document_desc(base_name(path));
	char *text = read_sample(path, NULL), *compact, *pretty, *again;
	void *object = document_new(desc, text), *copy = malloc(desc->size);

	compact = print(desc, object, OCI_PRINT_COMPACT);
	pretty = print(desc, object, OCI_PRINT_PRETTY);
	ck_assert_int_eq(oci_copy(desc, copy, object), 0);
	document_free(desc, object);
	again = print(desc, copy, OCI_PRINT_PRETTY);
	ck_assert_msg(strcmp(pretty, again) == 0, "%s: the copy differs", path);
	free(again);
	document_free(desc, copy);
	object = document_new(desc, pretty);
	again = print(desc, object, OCI_PRINT_COMPACT);
	ck_assert_msg(strcmp(compact, again) == 0, "%s: print, parse, print differs:\n%s\n%s", path,
		      compact, again);
	free(again);
	document_free(desc, object);
	free(pretty);
	free(compact);
	free(text);
}
END_TEST

START_TEST(bad_sample)
{
	const char *path = bad.gl_pathv[_i];
	char *expected_path, *expected, *text;
	size_t len;

	ck_assert_int_gt(asprintf(&expected_path, "%.*s.expected",
				  (int) (strlen(path) - strlen(".json")), path),
			 0);
	expected = read_sample(expected_path, NULL);
	expected[strcspn(expected, "\n")] = '\0';
	text = read_sample(path, &len);
	ck_assert_str_eq(document_refusal(document_desc(base_name(path)), text, len), expected);
	free(text);
	free(expected);
	free(expected_path);
}
END_TEST

/* The rows that some object of a document has filled. */
struct seen {
	size_t n;
	const struct oci_member *rows[512];
};

static bool is_seen(const struct seen *seen, const struct oci_member *row)
{
	for (size_t i = 0; i < seen->n; i++) {
		if (seen->rows[i] == row)
			return true;
	}
	return false;
}

static void mark_rows(struct seen *seen, const struct oci_desc *desc, const char *object);

static void mark_value(struct seen *seen, const struct oci_member *row, const char *place)
{
	const struct oci_any_list *list = (const struct oci_any_list *) place;

	if (row->kind == OCI_KIND_OBJECT)
		mark_rows(seen, row->object, ((const struct oci_any_pointer *) place)->p);
	if (row->kind != OCI_KIND_OBJECTS && row->kind != OCI_KIND_OBJECT_MAP)
		return;
	for (size_t i = 0; i < list->n; i++)
		mark_rows(seen, row->object, (const char *) list->items + i * row->object->size);
}

static void mark_rows(struct seen *seen, const struct oci_desc *desc, const char *object)
{
	static const char zeros[64];

	for (size_t i = 0; i < desc->n; i++) {
		const struct oci_member *row = &desc->members[i];

		if (memcmp(object + row->offset, zeros, oci_kind_size(row->kind)) == 0)
			continue;
		if (!is_seen(seen, row))
			seen->rows[seen->n++] = row;
		mark_value(seen, row, object + row->offset);
	}
}

static size_t require_rows(const struct seen *seen, const struct oci_desc *desc, const char *text)
{
	size_t n = desc->n;
	char quoted[80];

	for (size_t i = 0; i < desc->n; i++) {
		const struct oci_member *row = &desc->members[i];

		snprintf(quoted, sizeof(quoted), "\"%s\":", row->name);
		ck_assert_msg(is_seen(seen, row), "no sample fills '%s'", row->name);
		ck_assert_msg(strstr(text, quoted) != NULL, "'%s' is not printed", row->name);
		if (row->kind == OCI_KIND_OBJECT || row->kind == OCI_KIND_OBJECTS ||
		    row->kind == OCI_KIND_OBJECT_MAP)
			n += require_rows(seen, row->object, text);
	}
	return n;
}

/* Names of members, and of a map's. */
static size_t count_names(const char *text)
{
	size_t n = 0;

	while ((text = strstr(text, "\":")) != NULL) {
		text++;
		n++;
	}
	return n;
}

/* No row lacks a member in the sample, and no member of the sample, which has all that the specifications
 * have, lacks a row: unknown members are skipped, and not printed. */
START_TEST(every_row)
{
	const struct document *document = &documents[_i];
	struct seen seen = { 0 };
	char path[128], *text, *printed;
	void *object;

	snprintf(path, sizeof(path), "tests/data/libocispec/good/%s%s.json", document->name,
		 strcmp(document->name, "layout") == 0	? ""
		 : strcmp(document->name, "state") == 0 ? "-running"
							: "-every-member");
	text = unit_read(path, NULL);
	object = document_new(document->desc, text);
	printed = document_print(document->desc, object);
	mark_rows(&seen, document->desc, object);
	ck_assert_uint_ge(require_rows(&seen, document->desc, printed), 1);
	ck_assert_msg(count_names(printed) == count_names(text), "%s: not all of it is printed",
		      path);
	free(printed);
	document_free(document->desc, object);
	free(text);
}
END_TEST

START_TEST(samples_are_there)
{
	ck_assert_uint_ge(good.gl_pathc, 12);
	ck_assert_uint_ge(bad.gl_pathc, 40);
}
END_TEST

Suite *libocispec_samples_suite(void)
{
	Suite *suite = suite_create("libocispec/samples");
	TCase *tcase = tcase_create("samples");
	size_t n = 0;

	glob(unit_path("tests/data/libocispec/good/*.json"), 0, NULL, &good);
	glob(unit_path("tests/data/libocispec/bad/*.json"), 0, NULL, &bad);
	while (documents[n].name != NULL)
		n++;
	tcase_add_test(tcase, samples_are_there);
	tcase_add_loop_test(tcase, good_sample, 0, (int) good.gl_pathc);
	tcase_add_loop_test(tcase, bad_sample, 0, (int) bad.gl_pathc);
	tcase_add_loop_test(tcase, every_row, 0, (int) n);
	suite_add_tcase(suite, tcase);
	return suite;
}
