/* commands.c - tests of coracle's tables: each is sound, and engines' command lines fit them */
#include "cli/commands.h"

#include "cgroup/systemd.h"
#include "cli/create_options.h"
#include "tests/unit/cli/suites.h"
#include "tests/unit/cli/words.h"

/* clang-format off */
static const struct command *const commands[] = {
	&checkpoint_command,
	&create_command,
	&delete_command,
	&events_command,
	&features_command,
	&help_command,
	&kill_command,
	&list_command,
	&pause_command,
	&restore_command,
	&resume_command,
	&run_command,
	&spec_command,
	&start_command,
	&state_command,
	&update_command,
};
/* clang-format on */

static void check_row(const struct command *command, const struct option_row *row)
{
	const struct option_row *rows = command->options;

	ck_assert_msg(row->name || !row->help, "%s: a letter alone has help", command->name);
	ck_assert_uint_lt(row->offset, command->options_size);
	ck_assert_int_ne(row->letter, 'h');
	ck_assert(!row->name || strcmp(row->name, "help") != 0);
	for (const struct option_row *other = rows; other != row; other++) {
		ck_assert_msg(!row->letter || other->letter != row->letter, "%s: -%c twice",
			      command->name, row->letter);
		ck_assert_msg(!str_equal(other->name, row->name), "%s: --%s twice", command->name,
			      row->name);
	}
	ck_assert_msg(!row->value == (row->kind == OPTION_FLAG || row->kind == OPTION_SET),
		      "%s: --%s: a value's name goes with a value", command->name, row->name);
}

START_TEST(tables_are_sound)
{
	const struct command *command = commands[_i];

	ck_assert_ptr_nonnull(command->run);
	ck_assert_int_ne(command->summary[0], '\0');
	ck_assert_int_ne(command->summary[strlen(command->summary) - 1], '.');
	ck_assert_int_le(command->min_arguments, command->max_arguments);
	ck_assert_int_eq(command->max_arguments == 0, command->arguments[0] == '\0');
	for (const struct option_row *row = command->options; row->kind != OPTION_END; row++)
		check_row(command, row);
}
END_TEST

static int parse(const struct command *command, const char *line, struct create_options *ret,
		 char *ret_id)
{
	struct words words;
	struct error err;
	bool is_help;
	int n;

	words_split(line, &words);
	n = options_parse(command->options, OPTIONS_ANYWHERE, ret, words.argv, &is_help, &err);
	ck_assert_msg(n == 1, "%s: %d arguments: %s", line, n, n < 0 ? err.text : "");
	strcpy(ret_id, words.argv[0]);
	return n;
}

/* As containerd's shim and as conmon call their runtime. */
START_TEST(create_as_engines_call_it)
{
	struct create_options options = { 0 };
	char id[32];

	parse(&create_command,
	      "--bundle /b --pid-file /p --console-socket /c --no-pivot --no-new-keyring c1",
	      &options, id);
	ck_assert_str_eq(id, "c1");
	ck_assert(options.no_pivot);
	ck_assert(options.no_new_keyring);
	options = (struct create_options){ 0 };
	parse(&create_command, "c2 --preserve-fds=3 --pidfd-socket /s", &options, id);
	ck_assert_str_eq(id, "c2");
	ck_assert_uint_eq(options.preserve_fds, 3);
	ck_assert(!options.no_pivot);
}
END_TEST

START_TEST(run_has_what_create_has)
{
	struct create_options options = { 0 };
	char id[32];

	for (const struct option_row *row = create_command.options; row->kind != OPTION_END;
	     row++) {
		const struct option_row *same =
			option_find(run_command.options, row->name, strlen(row->name));

		ck_assert_msg(same != NULL, "run has no --%s", row->name);
		ck_assert_uint_eq(same->offset, row->offset);
		ck_assert_int_eq(same->letter, row->letter);
	}
	parse(&run_command, "-d --keep c1 --no-subreaper", &options, id);
	ck_assert(options.detach);
	ck_assert(options.keep);
	ck_assert(options.no_subreaper);
}
END_TEST

static struct invocation invocation_of(const struct global_options *global,
				       const struct create_options *options, char *const *arguments)
{
	return (struct invocation){ .global = global, .options = options, .arguments = arguments };
}

START_TEST(global_options_reach_create)
{
	struct global_options global = { .root = "/r", .cgroup_manager = CGROUP_MANAGER_DISABLED };
	struct create_options options = { .detach = true }, complete;
	char *const arguments[] = { "c1", NULL };
	struct invocation invocation = invocation_of(&global, &options, arguments);
	struct error err;

	ck_assert_int_eq(create_options_complete(&invocation, &complete, &err), 0);
	ck_assert_str_eq(complete.root, "/r");
	ck_assert_str_eq(complete.id, "c1");
	ck_assert_int_eq(complete.cgroup_manager, CGROUP_MANAGER_DISABLED);
	ck_assert(complete.detach);
}
END_TEST

START_TEST(systemd_where_it_is_built_in)
{
	struct global_options global = { .cgroup_manager = CGROUP_MANAGER_SYSTEMD };
	struct create_options options = { 0 }, complete;
	char *const arguments[] = { "c1", NULL };
	struct invocation invocation = invocation_of(&global, &options, arguments);
	struct error err;

	if (systemd_is_built_in()) {
		ck_assert_int_eq(create_options_complete(&invocation, &complete, &err), 0);
		ck_assert_int_eq(complete.cgroup_manager, CGROUP_MANAGER_SYSTEMD);
		return;
	}
	ck_assert_int_lt(create_options_complete(&invocation, &complete, &err), 0);
	ck_assert_ptr_nonnull(strstr(err.text, "systemd cgroup manager is not in this build"));
}
END_TEST

Suite *cli_commands_suite(void)
{
	Suite *suite = suite_create("cli/commands");
	TCase *tcase = tcase_create("commands");

	tcase_add_loop_test(tcase, tables_are_sound, 0, ARRAY_SIZE(commands));
	tcase_add_test(tcase, create_as_engines_call_it);
	tcase_add_test(tcase, run_has_what_create_has);
	tcase_add_test(tcase, global_options_reach_create);
	tcase_add_test(tcase, systemd_where_it_is_built_in);
	suite_add_tcase(suite, tcase);
	return suite;
}
