/* reference.c - tests of image/reference.h */
#include "image/reference.h"

#include <errno.h>

#include "base/text.h"
#include "tests/unit/image/suites.h"

#define HEX64 "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define DIGEST "sha256:" HEX64
#define A51 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define A255 A51 A51 A51 A51 A51

static const struct {
	const char *text;
	const char *path;
	const char *tag;
	const char *full;
} paths[] = {
	{ "oci:images", "images", NULL, "oci:images" },
	{ "oci:/srv/images:latest", "/srv/images", "latest", "oci:/srv/images:latest" },
	{ "oci:a/b:docker.io/library/x:1.2", "a/b", "docker.io/library/x:1.2",
	  "oci:a/b:docker.io/library/x:1.2" },
	{ "oci:.", ".", NULL, "oci:." },
	{ "oci: a", " a", NULL, "oci: a" },
	{ "oci-archive:/a.tar", "/a.tar", NULL, "oci-archive:/a.tar" },
	{ "oci-archive:/a.tar:v1", "/a.tar", "v1", "oci-archive:/a.tar:v1" },
	{ "docker-archive:a.tar:busybox:1.36", "a.tar", "busybox:1.36",
	  "docker-archive:a.tar:busybox:1.36" },
};

START_TEST(parse_path)
{
	auto_reference reference = { 0 };
	auto_str full = { 0 };
	struct error err = { 0 };

	ck_assert_int_eq(reference_parse(paths[_i].text, &reference, &err), 0);
	ck_assert_int_ne(reference.transport, TRANSPORT_REGISTRY);
	ck_assert_str_eq(reference.path, paths[_i].path);
	ck_assert(str_equal(reference.tag, paths[_i].tag));
	reference_text(&reference, &full);
	ck_assert_str_eq(full.data, paths[_i].full);
}
END_TEST

static const struct {
	const char *text;
	const char *domain; /* NULL: a short name */
	const char *repository;
	const char *tag;
	const char *digest;
} names[] = {
	{ "busybox", NULL, "busybox", NULL, NULL },
	{ "busybox:1.36", NULL, "busybox", "1.36", NULL },
	{ "library/busybox", NULL, "library/busybox", NULL, NULL },
	{ "docker://busybox", NULL, "busybox", NULL, NULL },
	{ "docker.io/busybox", "docker.io", "library/busybox", NULL, NULL },
	{ "index.docker.io/busybox", "docker.io", "library/busybox", NULL, NULL },
	{ "docker.io/a/b", "docker.io", "a/b", NULL, NULL },
	{ "quay.io/a/b/c:v1.2-x_y", "quay.io", "a/b/c", "v1.2-x_y", NULL },
	{ "localhost/a", "localhost", "a", NULL, NULL },
	{ "localhost:5000/a", "localhost:5000", "a", NULL, NULL },
	{ "127.0.0.1:5000/a:b", "127.0.0.1:5000", "a", "b", NULL },
	{ "[::1]:5000/a", "[::1]:5000", "a", NULL, NULL },
	{ "[2001:db8::1]/a", "[2001:db8::1]", "a", NULL, NULL },
	{ "HOST/a", "HOST", "a", NULL, NULL },
	{ "a__b/c--d/e.f/g_h", NULL, "a__b/c--d/e.f/g_h", NULL, NULL },
	{ "quay.io/a@" DIGEST, "quay.io", "a", NULL, DIGEST },
	{ "quay.io/a:1@" DIGEST, "quay.io", "a", "1", DIGEST },
	{ "docker://quay.io/a", "quay.io", "a", NULL, NULL },
	{ "oci", NULL, "oci", NULL, NULL },
	{ A255, NULL, A255, NULL, NULL },
};

START_TEST(parse_name)
{
	auto_reference reference = { 0 };
	struct error err = { 0 };

	ck_assert_int_eq(reference_parse(names[_i].text, &reference, &err), 0);
	ck_assert_int_eq(reference.transport, TRANSPORT_REGISTRY);
	ck_assert_ptr_null(reference.path);
	ck_assert(str_equal(reference.domain, names[_i].domain));
	ck_assert_str_eq(reference.repository, names[_i].repository);
	ck_assert(str_equal(reference.tag, names[_i].tag));
	ck_assert(str_equal(reference.digest, names[_i].digest));
}
END_TEST

static const char *const refused[] = {
	"",
	"oci:",
	"oci::tag",
	"oci:dir:",
	"oci-archive:",
	"docker-archive::x",
	"OCI:dir",
	"docker://",
	"docker://docker://a",
	"http://quay.io/a",
	"containers-storage://a",
	"Busybox",
	"a/B",
	"/a",
	"a/",
	"a//b",
	"quay.io/",
	"-a",
	"a-",
	"a..b",
	"a___b",
	"a._b",
	"./a",
	"../a",
	"quay.io/../a",
	"quay.io/a/../../etc",
	"a:",
	"a:.b",
	"a:-b",
	"a:b/c",
	"a:b c",
	"a b",
	"a\n",
	"a:b\n",
	"a:" A51 A51 A51,
	"a@",
	"a@sha256:",
	"a@" HEX64,
	"a@sha256:../../../etc/passwd",
	"a@" DIGEST "0",
	"a@" DIGEST "@" DIGEST,
	"quay..io/a",
	".quay.io/a",
	"quay.io./a",
	"-quay.io/a",
	"quay-.io/a",
	"quay.io:/a",
	"quay.io:0/a",
	"quay.io:65536/a",
	"quay.io:5x/a",
	"user@quay.io/a",
	"user:secret@quay.io/a",
	"quay.io?x/a",
	"[::1/a",
	"[::g]:1/a",
	"[]:1/a",
	"a%2fb",
	HEX64,
	A255 "a",
};

START_TEST(refuse)
{
	auto_reference reference = { 0 };
	struct error err = { 0 };

	ck_assert_int_eq(reference_parse(refused[_i], &reference, &err), -EINVAL);
	ck_assert_int_eq(err.class, ERROR_USAGE);
	ck_assert_ptr_null(reference.repository);
	ck_assert_ptr_null(reference.path);
}
END_TEST

static const struct {
	const char *text;
	const char *domain;
	const char *full;
} completed[] = {
	{ "busybox", "docker.io", "docker.io/library/busybox:latest" },
	{ "a/b:1", "docker.io", "docker.io/a/b:1" },
	{ "busybox", "quay.io", "quay.io/busybox:latest" },
	{ "busybox:1@" DIGEST, "docker.io", "docker.io/library/busybox@" DIGEST },
};

START_TEST(complete)
{
	auto_reference reference = { 0 }, whole = { 0 };
	auto_str full = { 0 };
	struct error err = { 0 };

	ck_assert_int_eq(reference_parse(completed[_i].text, &reference, &err), 0);
	reference_complete(&reference, completed[_i].domain, &whole);
	reference_text(&whole, &full);
	ck_assert_str_eq(full.data, completed[_i].full);
}
END_TEST

Suite *image_reference_suite(void)
{
	Suite *suite = suite_create("image/reference");
	TCase *cases = tcase_create("all");

	tcase_add_loop_test(cases, parse_path, 0, ARRAY_SIZE(paths));
	tcase_add_loop_test(cases, parse_name, 0, ARRAY_SIZE(names));
	tcase_add_loop_test(cases, refuse, 0, ARRAY_SIZE(refused));
	tcase_add_loop_test(cases, complete, 0, ARRAY_SIZE(completed));
	suite_add_tcase(suite, cases);
	return suite;
}
