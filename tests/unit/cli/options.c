/* options.c - tests of cli/options.h: rows of a command line and what it must become */
#include "cli/options.h"

#include <errno.h>
#include <inttypes.h>

#include "tests/unit/cli/suites.h"
#include "tests/unit/cli/words.h"

static const char *const colours[] = { "red", "green", "blue", NULL };

struct sample {
	bool quick;
	bool all;
	const char *file;
	unsigned int number;
	unsigned int any_number;
	unsigned int colour;
	struct option_list items;
	char *text;
	struct oci_i64 size;
	struct oci_i64 signed_number;
	struct oci_u64 natural;
	struct oci_u16 small;
};

/* clang-format off */
static const struct option_row rows[] = {
	OPTION(sample, quick, "quick", 'q', NULL, "a flag"),
	OPTION(sample, all, "all", 'a', NULL, "another flag"),
	OPTION(sample, file, "file", 'f', "FILE", "a string"),
	OPTION(sample, number, "number", 'n', "N", "a small number", .max = 100),
	OPTION(sample, any_number, "any-number", 0, "N", "a number"),
	OPTION(sample, colour, "colour", 'c', "COLOUR", "a choice", .choices = colours),
	OPTION(sample, colour, "color", 0, "COLOUR", NULL, .choices = colours),
	OPTION_CONSTANT(sample, colour, "blue", 'B', 2, "the same as --colour blue"),
	OPTION(sample, items, "item", 'i', "ITEM", "a list"),
	OPTION(sample, text, "text", 't', "TEXT", "a string of a document"),
	OPTION(sample, size, "size", 's', "BYTES", "a size", .is_bytes = true),
	OPTION(sample, signed_number, "signed", 0, "N", "any number"),
	OPTION(sample, natural, "natural", 0, "N", "a number from 0 on"),
	OPTION(sample, small, "small", 0, "N", "a number of 16 bits"),
	OPTIONS_END
};
/* clang-format on */

/* Everything that was read, as one string that begins with the arguments. */
static void describe(const struct sample *sample, char *const *argv, struct str *ret)
{
	words_join(argv, ret);
	str_printf(ret, ";%s%s", sample->quick ? " quick" : "", sample->all ? " all" : "");
	if (sample->file)
		str_printf(ret, " file=%s", sample->file);
	if (sample->number)
		str_printf(ret, " number=%u", sample->number);
	if (sample->any_number)
		str_printf(ret, " any=%u", sample->any_number);
	if (sample->colour)
		str_printf(ret, " %s", colours[sample->colour]);
	if (sample->text)
		str_printf(ret, " text=%s", sample->text);
	if (sample->size.is_set)
		str_printf(ret, " size=%" PRId64, sample->size.value);
	if (sample->signed_number.is_set)
		str_printf(ret, " signed=%" PRId64, sample->signed_number.value);
	if (sample->natural.is_set)
		str_printf(ret, " natural=%" PRIu64, sample->natural.value);
	if (sample->small.is_set)
		str_printf(ret, " small=%u", sample->small.value);
	for (size_t i = 0; i < sample->items.n; i++)
		str_printf(ret, " item=%s", sample->items.items[i]);
}

/* clang-format off */
static const struct {
	const char *line, *expected;
} good[] = {
	{ "", ";" },
	{ "id", "id;" },
	/* every way to write a value */
	{ "--file x id", "id; file=x" },
	{ "--file=x id", "id; file=x" },
	{ "-f x id", "id; file=x" },
	{ "-fx id", "id; file=x" },
	{ "--file=a=b", "; file=a=b" },
	{ "-fa=b", "; file=a=b" },
	{ "--file --quick", "; file=--quick" },
	{ "-f -q", "; file=-q" },
	{ "--file -- id", "id; file=--" },
	/* the documents' numbers: given or not, not 0 or not */
	{ "--text x", "; text=x" },
	{ "--size 0", "; size=0" },
	{ "--size 64M", "; size=67108864" },
	{ "--size=-1", "; size=-1" },
	{ "-s -1 id", "id; size=-1" },
	{ "--signed -5", "; signed=-5" },
	{ "--natural 18446744073709551615", "; natural=18446744073709551615" },
	{ "--small 65535", "; small=65535" },
	/* before, between and behind the arguments */
	{ "id --quick", "id; quick" },
	{ "id --file x", "id; file=x" },
	{ "a --quick b --file x c", "a|b|c; quick file=x" },
	/* flags */
	{ "--quick --all", "; quick all" },
	{ "-q -a", "; quick all" },
	{ "-qa", "; quick all" },
	{ "-qaf x id", "id; quick all file=x" },
	{ "-qafx id", "id; quick all file=x" },
	{ "--quick=true", "; quick" },
	{ "--quick --quick=false", ";" },
	/* numbers */
	{ "--number 0", ";" },
	{ "-n100", "; number=100" },
	{ "--any-number=4294967295", "; any=4294967295" },
	/* choices, and the other spelling */
	{ "--colour green", "; green" },
	{ "-cblue", "; blue" },
	{ "--color=blue", "; blue" },
	{ "--blue", "; blue" },
	{ "-B", "; blue" },
	{ "--blue --colour red", ";" },
	{ "--colour green -B", "; blue" },
	{ "--blue=true", "; blue" },
	{ "--colour green --blue=false", "; green" },
	/* lists keep the order, others the last */
	{ "--item a -i b id -ic --item=d", "id; item=a item=b item=c item=d" },
	{ "-f x -f y", "; file=y" },
	/* the end of options */
	{ "-- --quick -f", "--quick|-f;" },
	{ "id -- -q", "id|-q;" },
	{ "-q -- --", "--; quick" },
	{ "-", "-;" },
	{ "- -q", "-; quick" },
	/* an empty argument is an argument */
	{ "a  b", "a||b;" },
};
/* clang-format on */

START_TEST(good_lines_are_understood)
{
	struct sample sample = { 0 };
	auto_str result = { 0 };
	struct words words;
	struct error err;
	bool is_help;
	int n;

	words_split(good[_i].line, &words);
	n = options_parse(rows, OPTIONS_ANYWHERE, &sample, words.argv, &is_help, &err);
	ck_assert_msg(n >= 0, "%s: %s", good[_i].line, err.text);
	ck_assert(!is_help);
	for (int i = 0; i <= n; i++)
		ck_assert_int_eq(words.argv[i] == NULL, i == n);
	describe(&sample, words.argv, &result);
	ck_assert_str_eq(result.data, good[_i].expected);
	options_release(rows, &sample);
	ck_assert_ptr_null(sample.items.items);
}
END_TEST

/* clang-format off */
static const struct {
	const char *line, *message;
} bad[] = {
	{ "--bogus", "unknown option '--bogus'" },
	{ "id --bogus=1", "unknown option '--bogus'" },
	{ "--quic", "unknown option '--quic'" },
	{ "--quickly", "unknown option '--quickly'" },
	{ "--=x", "unknown option '--'" },
	{ "---", "unknown option '---'" },
	{ "-x", "unknown option '-x'" },
	{ "-qx", "unknown option '-x'" },
	{ "-9", "unknown option '-9'" },
	{ "-quick", "unknown option '-u'" },
	{ "--file", "option '--file' needs a value (FILE)" },
	{ "--file=", "option '--file' needs a value (FILE)" },
	{ "--file  id", "option '--file' needs a value (FILE)" },
	{ "id -f", "option '-f' needs a value (FILE)" },
	{ "-qf", "option '-f' needs a value (FILE)" },
	{ "--quick=yes", "option '--quick': 'yes' is neither true nor false" },
	{ "--quick=", "option '--quick': '' is neither true nor false" },
	{ "--blue=yes", "option '--blue': 'yes' is neither true nor false" },
	{ "--number 101", "option '--number': '101' is more than 100" },
	{ "-n1x", "option '-n': '1x' is not a number" },
	{ "--number -1", "option '--number': '-1' is not a number" },
	{ "--number 0x1", "option '--number': '0x1' is not a number" },
	{ "--any-number 4294967296", "option '--any-number': '4294967296' is more than 4294967295" },
	{ "--size 64x", "option '--size': '64x' is not a size" },
	{ "--size 9999999p", "option '--size': '9999999p' is too large" },
	{ "--signed 64M", "option '--signed': '64M' is not a number" },
	{ "--natural -1", "option '--natural': '-1' is not a number" },
	{ "--natural 18446744073709551616", "option '--natural': '18446744073709551616' is too large" },
	{ "--small 65536", "option '--small': '65536' is too large" },
	{ "-c pink", "option '-c': 'pink' is none of red, green, blue" },
	{ "--color=RED", "option '--color': 'RED' is none of red, green, blue" },
	{ "--colour=re", "option '--colour': 're' is none of red, green, blue" },
};
/* clang-format on */

START_TEST(bad_lines_are_refused)
{
	struct sample sample = { 0 };
	struct words words;
	struct error err;
	bool is_help;

	words_split(bad[_i].line, &words);
	ck_assert_int_eq(options_parse(rows, OPTIONS_ANYWHERE, &sample, words.argv, &is_help, &err),
			 -EINVAL);
	ck_assert_str_eq(err.text, bad[_i].message);
	ck_assert_int_eq(err.class, ERROR_USAGE);
	options_release(rows, &sample);
}
END_TEST

/* clang-format off */
static const struct {
	const char *line, *expected;
} first[] = {
	{ "--quick run -q --bogus", "run|-q|--bogus; quick" },
	{ "-f x run", "run; file=x" },
	{ "run --help", "run|--help;" },
	{ "run -- x", "run|--|x;" },
	{ "-- --quick", "--quick;" },
	{ "--quick", "; quick" },
};
/* clang-format on */

START_TEST(options_before_the_first_argument)
{
	struct sample sample = { 0 };
	auto_str result = { 0 };
	struct words words;
	struct error err;
	bool is_help;

	words_split(first[_i].line, &words);
	ck_assert_int_ge(options_parse(rows, OPTIONS_FIRST, &sample, words.argv, &is_help, &err),
			 0);
	ck_assert(!is_help);
	describe(&sample, words.argv, &result);
	ck_assert_str_eq(result.data, first[_i].expected);
}
END_TEST

/* clang-format off */
static const struct {
	const char *line, *expected;
} second[] = {
	{ "id", "id;" },
	{ "-q id", "id; quick" },
	{ "id -q ls -a", "id|ls|-a; quick" },
	{ "-f x id --all ls --quick -- --", "id|ls|--quick|--|--; all file=x" },
	{ "id -- -q", "id|-q;" },
	{ "-- id -q", "id|-q;" },
	{ "id ls --help", "id|ls|--help;" },
};
/* clang-format on */

START_TEST(options_until_the_second_argument)
{
	struct sample sample = { 0 };
	auto_str result = { 0 };
	struct words words;
	struct error err;
	bool is_help;

	words_split(second[_i].line, &words);
	ck_assert_int_ge(options_parse(rows, OPTIONS_UNTIL_SECOND, &sample, words.argv, &is_help,
				       &err),
			 0);
	ck_assert(!is_help);
	describe(&sample, words.argv, &result);
	ck_assert_str_eq(result.data, second[_i].expected);
}
END_TEST

START_TEST(none_but_help)
{
	struct words words;
	char *help_words[] = { "a", "-h", NULL };
	struct sample sample = { 0 };
	auto_str result = { 0 };
	struct error err;
	bool is_help;

	words_split("-q --nonesuch x -- --help", &words);
	ck_assert_int_eq(options_parse(rows, OPTIONS_HELP, &sample, words.argv, &is_help, &err), 4);
	ck_assert(!is_help);
	describe(&sample, words.argv, &result);
	ck_assert_str_eq(result.data, "-q|--nonesuch|x|--help;");
	ck_assert_int_ge(options_parse(rows, OPTIONS_HELP, &sample, help_words, &is_help, &err), 0);
	ck_assert(is_help);
}
END_TEST

/* clang-format off */
static const struct {
	const char *line;
	bool is_help;
} help[] = {
	{ "--help", true },	  { "-h", true },	{ "id --help --bogus", true },
	{ "-qh", true },	  { "-- --help", false }, { "--file --help", false },
	{ "--usage", true },	  { "-q?", true },	{ "-f ?", false },
	{ "-f -h", false },
};
/* clang-format on */

START_TEST(help_is_known_everywhere)
{
	struct sample sample = { 0 };
	struct words words;
	struct error err;
	bool is_help;

	words_split(help[_i].line, &words);
	ck_assert_int_ge(options_parse(rows, OPTIONS_ANYWHERE, &sample, words.argv, &is_help, &err),
			 0);
	ck_assert_int_eq(is_help, help[_i].is_help);
}
END_TEST

Suite *cli_options_suite(void)
{
	Suite *suite = suite_create("cli/options");
	TCase *tcase = tcase_create("options");

	tcase_add_loop_test(tcase, good_lines_are_understood, 0, ARRAY_SIZE(good));
	tcase_add_loop_test(tcase, bad_lines_are_refused, 0, ARRAY_SIZE(bad));
	tcase_add_loop_test(tcase, options_before_the_first_argument, 0, ARRAY_SIZE(first));
	tcase_add_loop_test(tcase, options_until_the_second_argument, 0, ARRAY_SIZE(second));
	tcase_add_test(tcase, none_but_help);
	tcase_add_loop_test(tcase, help_is_known_everywhere, 0, ARRAY_SIZE(help));
	suite_add_tcase(suite, tcase);
	return suite;
}
