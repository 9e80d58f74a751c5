/* exec_process.c - what becomes of the container's process by exec's options, and by a document */
#include "container/exec_process.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "libocispec/document.h"
#include "tests/unit/container/suites.h"

static char *program[] = { "prog", "arg", NULL };

#define CONTAINER                                                                    \
	"{\"terminal\":true,\"user\":{\"uid\":1,\"gid\":2,\"additionalGids\":[3]},"  \
	"\"args\":[\"init\",\"a\",\"b\"],\"env\":[\"A=1\",\"AB=2\"],\"cwd\":\"/c\"," \
	"\"rlimits\":[{\"type\":\"RLIMIT_CORE\",\"hard\":1,\"soft\":1}],"            \
	"\"oomScoreAdj\":5}"
/* clang-format off */
#define WORDS(...) { sizeof((const char *[]) { __VA_ARGS__ }) / sizeof(char *), (const char *[]) { __VA_ARGS__ } }
/* clang-format on */
#define USER(text) "\"user\":{" text "},"
#define OLD_USER USER("\"uid\":1,\"gid\":2,\"additionalGids\":[3]")
#define ARGS "\"args\":[\"prog\",\"arg\"],"
#define ENV "\"env\":[\"A=1\",\"AB=2\"],"
#define CWD "\"cwd\":\"/c\""
#define REST ",\"rlimits\":[{\"type\":\"RLIMIT_CORE\",\"hard\":1,\"soft\":1}]"
#define END ",\"oomScoreAdj\":5}"

/* clang-format off */
static const struct {
	struct exec_options options;
	const char *result;	/* as JSON, or a part of the error */
	bool is_good;
} rows[] = {
	{ { .args = program }, "{" OLD_USER ARGS ENV CWD REST END, true },
	{ { .args = program, .tty = true }, "{\"terminal\":true," OLD_USER ARGS ENV CWD REST END, true },
	{ { .args = program, .cwd = "/d" }, "{" OLD_USER ARGS ENV "\"cwd\":\"/d\"" REST END, true },
	{ { .args = program, .no_new_privs = true },
	  "{" OLD_USER ARGS ENV CWD REST ",\"noNewPrivileges\":true" END, true },
	{ { .args = program, .env = WORDS("A=x", "B=y", "A=z") },
	  "{" OLD_USER ARGS "\"env\":[\"A=z\",\"AB=2\",\"B=y\"]," CWD REST END, true },
	{ { .args = program, .env = WORDS("A") }, "option '--env': 'A' is not NAME=VALUE", false },
	{ { .args = program, .env = WORDS("=A") }, "option '--env': '=A' is not NAME=VALUE", false },
	{ { .args = program, .user = "7" },
	  "{" USER("\"uid\":7,\"gid\":2,\"additionalGids\":[3]") ARGS ENV CWD REST END, true },
	{ { .args = program, .user = "0:8", .additional_gids = WORDS("9") },
	  "{" USER("\"uid\":0,\"gid\":8,\"additionalGids\":[3,9]") ARGS ENV CWD REST END, true },
	{ { .args = program, .user = "1x" }, "option '--user': '1x' is not a number", false },
	{ { .args = program, .user = "" }, "option '--user': '' is not a number", false },
	{ { .args = program, .user = "1:" }, "option '--user': '' is not a number", false },
	{ { .args = program, .user = ":1" }, "option '--user': '' is not a number", false },
	{ { .args = program, .user = "1:2:3" }, "option '--user': '2:3' is not a number", false },
	{ { .args = program, .user = "-1" }, "option '--user': '-1' is not a number", false },
	{ { .args = program, .user = "4294967295" }, "is not a number from 0 to 4294967294", false },
	{ { .args = program, .additional_gids = WORDS("1", "2x") },
	  "option '--additional-gids': '2x' is not a number", false },
	{ { .args = program, .caps = WORDS("CAP_KILL", "CAP_CHOWN") },
	  "{" OLD_USER ARGS ENV CWD ",\"capabilities\":{\"bounding\":[\"CAP_KILL\",\"CAP_CHOWN\"],"
	  "\"effective\":[\"CAP_KILL\",\"CAP_CHOWN\"],\"permitted\":[\"CAP_KILL\",\"CAP_CHOWN\"]}"
	  REST END, true },
	{ { .args = program, .caps = WORDS("KILL") }, "option '--cap': unknown capability 'KILL'", false },
	{ { .args = program, .cwd = "d" }, "process.cwd: 'd' is not an absolute path", false },
	{ { .args = program + 2 }, "process.args: names no program", false },
};
/* clang-format on */

static void parse(const char *json, struct oci_process *ret)
{
	struct oci_error err;

	*ret = (struct oci_process){ 0 };
	ck_assert_msg(oci_parse(&oci_process_desc, ret, json, strlen(json), &err) == 0, "%s: %s",
		      err.path, err.text);
}

static void check(const struct exec_options *options, const char *container, const char *result,
		  bool is_good)
{
	auto_free char *json = NULL;
	struct oci_process process;
	struct error err = { 0 };
	int r;

	parse(container, &process);
	r = exec_process_plan(options, &process, &err);
	ck_assert_msg((r == 0) == is_good, "%s", err.text);
	if (is_good) {
		ck_assert_int_eq(oci_print(&oci_process_desc, &process, OCI_PRINT_COMPACT, &json,
					   NULL),
				 0);
		ck_assert_str_eq(json, result);
	} else {
		ck_assert_msg(strstr(err.text, result) != NULL, "%s", err.text);
	}
	oci_release(&oci_process_desc, &process);
}

START_TEST(the_command_line)
{
	check(&rows[_i].options, CONTAINER, rows[_i].result, rows[_i].is_good);
}
END_TEST

START_TEST(a_capability_is_ambient_where_it_is_inheritable)
{
	const struct exec_options options = { .args = program,
					      .caps = WORDS("CAP_KILL", "CAP_CHOWN") };

	check(&options,
	      "{\"cwd\":\"/\",\"capabilities\":{\"bounding\":[\"CAP_CHOWN\"],"
	      "\"inheritable\":[\"CAP_CHOWN\"]}}",
	      "{" ARGS "\"cwd\":\"/"
	      "\",\"capabilities\":{\"bounding\":[\"CAP_CHOWN\",\"CAP_KILL\",\"CAP_CHOWN\"],"
	      "\"effective\":[\"CAP_KILL\",\"CAP_CHOWN\"],\"inheritable\":[\"CAP_CHOWN\"],"
	      "\"permitted\":[\"CAP_KILL\",\"CAP_CHOWN\"],\"ambient\":[\"CAP_CHOWN\"]}}",
	      true);
}
END_TEST

/* clang-format off */
static const struct {
	const char *document;
	const char *result;
	bool is_good;
} documents[] = {
	{ "{\"args\":[\"x\"],\"cwd\":\"/\"}",
	  "{\"args\":[\"x\"],\"cwd\":\"/\"" REST END, true },
	{ "{\"args\":[\"x\"],\"cwd\":\"/\",\"oomScoreAdj\":0,\"capabilities\":{},"
	  "\"rlimits\":[{\"type\":\"RLIMIT_CPU\",\"hard\":2,\"soft\":2}]}",
	  "{\"args\":[\"x\"],\"cwd\":\"/\",\"capabilities\":{},"
	  "\"rlimits\":[{\"type\":\"RLIMIT_CPU\",\"hard\":2,\"soft\":2}],\"oomScoreAdj\":0}", true },
	{ "{\"cwd\":\"/\"}", "process.args: names no program", false },
	{ "{\"args\":[\"x\"]}", ": cwd: ", false },
	{ "{", "line 1", false },
	{ "", "line 1", false },
};
/* clang-format on */

START_TEST(a_document)
{
	char path[] = "/tmp/coracle-process-XXXXXX";
	struct exec_options options = { .process = path, .args = program + 2 };
	auto_fd fd = mkstemp(path);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, documents[_i].document, strlen(documents[_i].document)),
			 (ssize_t) strlen(documents[_i].document));
	check(&options, CONTAINER, documents[_i].result, documents[_i].is_good);
	unlink(path);
}
END_TEST

Suite *container_exec_process_suite(void)
{
	Suite *suite = suite_create("container/exec_process");
	TCase *tcase = tcase_create("exec_process");

	tcase_add_loop_test(tcase, the_command_line, 0, ARRAY_SIZE(rows));
	tcase_add_test(tcase, a_capability_is_ambient_where_it_is_inheritable);
	tcase_add_loop_test(tcase, a_document, 0, ARRAY_SIZE(documents));
	suite_add_tcase(suite, tcase);
	return suite;
}
