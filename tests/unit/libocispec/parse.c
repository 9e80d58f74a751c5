/* parse.c - tests of libocispec/parse.c, reader.c and take.c beyond what the samples show */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include "libocispec/desc.h"
#include "libocispec/runtime.h"
#include "tests/unit/libocispec/documents.h"
#include "tests/unit/libocispec/suites.h"
#include "tests/unit/unit.h"

/* A table in a circle, which no specification has: only so can known members nest too deep. */
struct nest {
	struct nest *inner;
};
extern const struct oci_desc nest_desc;
OCI_DESC(nest, OCI_O(nest, inner, "inner", nest));

/* The core between levels times open and levels times close. */
static char *nested(const char *open, const char *core, const char *close, size_t levels)
{
	char *text = malloc(levels * (strlen(open) + strlen(close)) + strlen(core) + 1), *at = text;

	for (size_t i = 0; i < levels; i++)
		at = stpcpy(at, open);
	at = stpcpy(at, core);
	for (size_t i = 0; i < levels; i++)
		at = stpcpy(at, close);
	return text;
}

START_TEST(known_members_nest_to_the_limit)
{
	char *text = nested("{\"inner\":", "null", "}", OCI_DEPTH_MAX), *printed, *expected;
	void *object = document_new(&nest_desc, text);

	printed = document_print(&nest_desc, object);
	expected = nested("{\"inner\":", "{}", "}", OCI_DEPTH_MAX - 1);
	ck_assert_str_eq(printed, expected);
	free(expected);
	free(printed);
	document_free(&nest_desc, object);
	free(text);

	text = nested("{\"inner\":", "null", "}", OCI_DEPTH_MAX + 1);
	ck_assert_str_eq(document_refusal(&nest_desc, text, strlen(text)),
			 "line 1, column 577: more than 64 levels deep");
	free(text);
}
END_TEST

START_TEST(unknown_members_nest_to_the_limit)
{
	char *inner = nested("[", "", "]", OCI_DEPTH_MAX - 1), *text;

	ck_assert_int_gt(asprintf(&text, "{\"ociVersion\":\"1\",\"x\":%s}", inner), 0);
	document_free(&oci_config_desc, document_new(&oci_config_desc, text));
	free(inner);
	free(text);
}
END_TEST

static double milliseconds_since(const struct timespec *start)
{
	struct timespec now;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (double) (now.tv_sec - start->tv_sec) * 1e3 +
	       (double) (now.tv_nsec - start->tv_nsec) / 1e6;
}

static const char *refused_quickly(const char *text, size_t len)
{
	struct timespec start;
	const char *message;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &start);
	message = document_refusal(&oci_config_desc, text, len);
	/* A thousand times what it takes: only a wrong order of growth fails here. */
	ck_assert_double_lt(milliseconds_since(&start), 100);
	return message;
}

START_TEST(huge_is_refused_at_once)
{
	size_t len = (size_t) 10 << 20;
	char *text = malloc(len);

	memset(text, '[', len);
	ck_assert_str_eq(refused_quickly(text, len),
			 "10485760 bytes, more than the 4194304 that are read");
	free(text);
}
END_TEST

START_TEST(the_largest_is_read)
{
	static const char document[] = "{\"ociVersion\":\"1\"}";
	char *text = malloc(OCI_DOCUMENT_MAX + 1);

	memset(text, ' ', OCI_DOCUMENT_MAX);
	text[OCI_DOCUMENT_MAX] = '\0';
	memcpy(text + OCI_DOCUMENT_MAX - strlen(document), document, strlen(document));
	document_free(&oci_config_desc, document_new(&oci_config_desc, text));
	free(text);
}
END_TEST

START_TEST(deep_is_refused_at_once)
{
	char *objects = nested("{\"a\":", "1", "}", 10000), *arrays = nested("[", "", "]", 10000),
	     *text;

	ck_assert_str_eq(refused_quickly(objects, strlen(objects)),
			 "line 1, column 321: more than 64 levels deep");
	ck_assert_int_gt(asprintf(&text, "{\"a\":%s}", arrays), 0);
	ck_assert_str_eq(refused_quickly(text, strlen(text)),
			 "line 1, column 69: more than 64 levels deep");
	free(text);
	free(arrays);
	free(objects);
}
END_TEST

/* 300,000 annotations: looking for one given twice takes a moment, not minutes. */
START_TEST(large_maps_take_no_square_time)
{
	char *text = malloc(OCI_DOCUMENT_MAX), *at;
	struct timespec start;

	at = stpcpy(text, "{\"ociVersion\":\"1\",\"annotations\":{\"0\":\"\"");
	for (unsigned int i = 1; i < 300000; i++)
		at += sprintf(at, ",\"%x\":\"\"", i * 2654435761u);
	strcpy(at, ",\"0\":\"\"}}");
	ck_assert_uint_lt(strlen(text), OCI_DOCUMENT_MAX);
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &start);
	ck_assert_str_eq(document_refusal(&oci_config_desc, text, strlen(text)),
			 "annotations: given twice: '0'");
	ck_assert_double_lt(milliseconds_since(&start), 20000);
	free(text);
}
END_TEST

/* The document may be followed by anything in memory: it ends at len. */
START_TEST(length_counts)
{
	static const char text[] = "{\"ociVersion\":\"1\"}garbage";
	struct oci_config config = { 0 };
	struct oci_error err;

	ck_assert_int_eq(oci_parse(&oci_config_desc, &config, text, 18, &err), 0);
	ck_assert_int_eq(err.code, 0);
	oci_release(&oci_config_desc, &config);
	ck_assert_str_eq(document_refusal(&oci_config_desc, text, 17),
			 "line 1, column 18: the document ends before it is complete");
	ck_assert_str_eq(document_refusal(&oci_config_desc, text, 0),
			 "line 1, column 1: the document ends before it is complete");
}
END_TEST

START_TEST(values_arrive)
{
	static const char text[] =
		"{\"ociVersion\":\"1\",\"process\":{\"cwd\":\"/\",\"args\":[\"a\",\"\"],"
		"\"capabilities\":{\"bounding\":[],\"ambient\":null},"
		"\"user\":{\"additionalGids\":[7,4294967295],\"umask\":0},\"oomScoreAdj\":-3,"
		"\"noNewPrivileges\":true},\"annotations\":{\"k\":\"v\",\"e\":\"\"},"
		"\"linux\":{\"resources\":{\"memory\":{\"useHierarchy\":false},"
		"\"rdma\":{\"m\":{\"hcaObjects\":9}}}}}";
	struct oci_config *config = document_new(&oci_config_desc, text);
	const struct oci_process *process = config->process;
	const struct oci_resources *resources = config->linux->resources;

	ck_assert_uint_eq(process->args.n, 2);
	ck_assert_str_eq(process->args.items[0], "a");
	ck_assert_str_eq(process->args.items[1], "");
	ck_assert_ptr_null(process->args.items[2]);
	ck_assert_ptr_null(process->env.items);
	ck_assert_ptr_null(process->capabilities->ambient.items);
	ck_assert_uint_eq(process->capabilities->bounding.n, 0);
	ck_assert_ptr_nonnull(process->capabilities->bounding.items);
	ck_assert_ptr_null(process->capabilities->bounding.items[0]);
	ck_assert_uint_eq(process->user->additional_gids.n, 2);
	ck_assert_uint_eq(process->user->additional_gids.items[1], UINT32_MAX);
	ck_assert(process->user->umask.is_set);
	ck_assert_uint_eq(process->user->umask.value, 0);
	ck_assert(process->oom_score_adj.is_set);
	ck_assert_int_eq(process->oom_score_adj.value, -3);
	ck_assert(process->no_new_privileges);
	ck_assert(!process->terminal);
	ck_assert_uint_eq(config->annotations.n, 2);
	ck_assert_str_eq(config->annotations.items[0].name, "k");
	ck_assert_str_eq(config->annotations.items[0].value, "v");
	ck_assert_str_eq(config->annotations.items[1].value, "");
	ck_assert(resources->memory->use_hierarchy.is_set);
	ck_assert(!resources->memory->use_hierarchy.value);
	ck_assert(!resources->memory->disable_oom_killer.is_set);
	ck_assert_uint_eq(resources->rdma.n, 1);
	ck_assert_str_eq(resources->rdma.keys[0], "m");
	ck_assert_uint_eq(resources->rdma.items[0].hca_objects.value, 9);
	ck_assert(!resources->rdma.items[0].hca_handles.is_set);
	document_free(&oci_config_desc, config);
}
END_TEST

/* A shorter name is not taken for a longer one, nor the other way round. */
START_TEST(names_match_whole)
{
	static const char text[] =
		"{\"ociVersion\":\"1\",\"host\":1,\"hostnames\":1,\"Hostname\":1,"
		"\"\":1,\"hostname\\u0041\":1}";
	struct oci_config *config = document_new(&oci_config_desc, text);

	ck_assert_ptr_null(config->hostname);
	document_free(&oci_config_desc, config);
}
END_TEST

Suite *libocispec_parse_suite(void)
{
	Suite *suite = suite_create("libocispec/parse");
	TCase *tcase = tcase_create("parse");

	tcase_set_timeout(tcase, 60);
	tcase_add_test(tcase, known_members_nest_to_the_limit);
	tcase_add_test(tcase, unknown_members_nest_to_the_limit);
	tcase_add_test(tcase, huge_is_refused_at_once);
	tcase_add_test(tcase, the_largest_is_read);
	tcase_add_test(tcase, deep_is_refused_at_once);
	tcase_add_test(tcase, large_maps_take_no_square_time);
	tcase_add_test(tcase, length_counts);
	tcase_add_test(tcase, values_arrive);
	tcase_add_test(tcase, names_match_whole);
	suite_add_tcase(suite, tcase);
	return suite;
}
