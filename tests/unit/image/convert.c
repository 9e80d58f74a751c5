/* convert.c - tests of image/convert.h: rows of an image configuration and what becomes of it */
#include "image/convert.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "libocispec/document.h"
#include "tests/unit/image/root.h"
#include "tests/unit/image/suites.h"

#define IMAGE(config)                                                           \
	"{\"os\":\"linux\",\"architecture\":\"amd64\",\"config\":{" config "}," \
	"\"rootfs\":{\"type\":\"layers\",\"diff_ids\":[]}}"

/* What must be in the printed result, and what must not. */
static const struct {
	const char *image;
	const char *has; /* NULL: refused */
	const char *has_not;
} rows[] = {
	{ IMAGE(""), "\"args\":[\"sh\"]", "\"terminal\"" },
	{ IMAGE(""), "\"env\":[\"PATH=/usr/local/sbin:", "TERM" },
	{ IMAGE(""), "\"cwd\":\"/\"", "noNewPrivileges" },
	{ IMAGE(""), "\"hostname\":\"box\"", "readonly\"" },
	{ IMAGE(""), "\"CAP_SYS_CHROOT\"", "CAP_SYS_ADMIN" },
	{ IMAGE(""), "\"org.opencontainers.image.architecture\":\"amd64\"", "inheritable" },
	{ IMAGE("\"Entrypoint\":[\"a\"],\"Cmd\":[\"b\",\"c\"]"), "\"args\":[\"a\",\"b\",\"c\"]",
	  "sh\"]" },
	{ IMAGE("\"Env\":[\"PATH=/x\",\"A=\"]"), "\"env\":[\"PATH=/x\",\"A=\"]", "/usr/local" },
	{ IMAGE("\"Env\":[\"A\"]"), "\"env\":[\"PATH=", "\"A\"" },
	{ IMAGE("\"WorkingDir\":\"/w\""), "\"cwd\":\"/w\"", "\"cwd\":\"/\"" },
	{ IMAGE("\"WorkingDir\":\"/../w\""), NULL, NULL },
	{ IMAGE("\"User\":\"5:6\""), "\"user\":{\"uid\":5,\"gid\":6}", "additionalGids" },
	{ IMAGE("\"User\":\"nobody\""), NULL, NULL },
	{ IMAGE("\"User\":\"4294967296\""), NULL, NULL },
	{ IMAGE("\"Labels\":{\"org.opencontainers.image.os\":\"mine\"}"),
	  "\"org.opencontainers.image.os\":\"mine\"", "\"org.opencontainers.image.os\":\"linux\"" },
	{ IMAGE("\"Labels\":{\"org.systemd.property.X\":\"1\",\"b\":\"2\"}"), "\"b\":\"2\"",
	  "systemd" },
	{ IMAGE("\"ExposedPorts\":{\"80/tcp\":{},\"53/udp\":{}}"),
	  "\"org.opencontainers.image.exposedPorts\":\"80/tcp,53/udp\"", "[\"80" },
	{ IMAGE("\"StopSignal\":\"SIGINT\""), "\"org.opencontainers.image.stopSignal\":\"SIGINT\"",
	  "[\"SIG" },
	{ IMAGE("\"Volumes\":{\"/data/\":{}}"), "{\"destination\":\"/data\",\"type\":\"tmpfs\"",
	  "/data/\"" },
	{ IMAGE("\"Volumes\":{\"/\":{}}"), NULL, NULL },
	{ IMAGE("\"Volumes\":{\"//proc/./sys\":{}}"), NULL, NULL },
	{ IMAGE("\"Volumes\":{\"/a/../proc\":{}}"), NULL, NULL },
	{ IMAGE("\"Volumes\":{\"/sysx\":{}}"), "\"/sysx\"", "\"/sysx/\"" },
};

START_TEST(convert)
{
	struct oci_image image = { 0 };
	struct oci_config config = { 0 };
	struct oci_error why;
	struct error err = { 0 };
	char *json = NULL;
	int r;

	ck_assert_msg(oci_parse(&oci_image_desc, &image, rows[_i].image, strlen(rows[_i].image),
				&why) == 0,
		      "%s: %s", why.path, why.text);
	r = convert_image(&image, root_fd, "box", &(struct settings){ 0 }, &config, &err);
	oci_release(&oci_image_desc, &image);
	if (!rows[_i].has) {
		ck_assert_int_lt(r, 0);
		ck_assert_int_eq(err.class, ERROR_IMAGE);
		return;
	}
	ck_assert_msg(r == 0, "%s", err.text);
	ck_assert_int_eq(oci_print(&oci_config_desc, &config, OCI_PRINT_COMPACT, &json, NULL), 0);
	ck_assert_msg(strstr(json, rows[_i].has) != NULL, "%s", json);
	ck_assert_msg(strstr(json, rows[_i].has_not) == NULL, "%s", json);
	free(json);
	oci_release(&oci_config_desc, &config);
}
END_TEST

Suite *image_convert_suite(void)
{
	Suite *suite = suite_create("image/convert");
	TCase *cases = tcase_create("all");

	tcase_add_checked_fixture(cases, root_enter, root_leave);
	tcase_add_loop_test(cases, convert, 0, ARRAY_SIZE(rows));
	suite_add_tcase(suite, cases);
	return suite;
}
