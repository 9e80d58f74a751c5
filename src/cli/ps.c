/* ps.c - the command ps */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/capture.h"
#include "base/cleanup.h"
#include "cli/commands.h"
#include "cli/output.h"
#include "container/operations.h"

#define PS_LIMIT_MS 10000
#define BLANKS " \t"

enum ps_format {
	PS_TABLE,
	PS_JSON,
};

static const char *const format_names[] = { [PS_TABLE] = "table", [PS_JSON] = "json", NULL };

struct ps_options {
	unsigned int format;
};

struct pids {
	pid_t *items;
	size_t n;
};

static int print_json(const struct pids *pids, struct error *err)
{
	auto_str text = { 0 };

	str_printf(&text, "[");
	for (size_t i = 0; i < pids->n; i++)
		str_printf(&text, "%s%d", i ? "," : "", pids->items[i]);
	str_printf(&text, "]\n");
	return output_text(&text, err);
}

/* Field `column` of the line, which strtok_r() would spoil; its length into *ret_len. */
static const char *field(const char *line, size_t column, size_t *ret_len)
{
	for (;; column--) {
		line += strspn(line, BLANKS);
		*ret_len = strcspn(line, BLANKS);
		if (!column || !*ret_len)
			return line;
		line += *ret_len;
	}
}

/* Where the header that ps prints has the pid: which of its words that is, and where in the line it ends. */
struct place {
	size_t column;
	size_t end;
};

static int find_pid(const char *header, struct place *ret, struct error *err)
{
	size_t len;

	for (size_t i = 0;; i++) {
		const char *name = field(header, i, &len);

		if (!len)
			return fail(err, EINVAL, "ps printed no column 'PID': '%s'", header);
		if (len == 3 && strncmp(name, "PID", 3) == 0) {
			*ret = (struct place){ i, (size_t) (name + len - header) };
			return 0;
		}
	}
}

/* The number of which the last digit stands right before line[end]; 0: none does. */
static pid_t number_before(const char *line, size_t end)
{
	size_t begin = end;

	if (strlen(line) < end || (line[end] && !strchr(BLANKS, line[end])))
		return 0;
	while (begin > 0 && line[begin - 1] >= '0' && line[begin - 1] <= '9')
		begin--;
	if (begin == end || (begin > 0 && !strchr(BLANKS, line[begin - 1])))
		return 0;
	return (pid_t) atoi(line + begin);
}

/* A column before it may hold blanks (-o args,pid), and then the pid is not the same word in each line;
 * or be too wide, and then it does not stand below its name. */
static pid_t pid_of(const char *line, const struct place *place)
{
	pid_t pid = number_before(line, place->end);
	size_t len;

	return pid ? pid : (pid_t) strtol(field(line, place->column, &len), NULL, 10);
}

static bool is_in(const struct pids *pids, pid_t pid)
{
	for (size_t i = 0; i < pids->n; i++)
		if (pids->items[i] == pid)
			return true;
	return false;
}

/* The header of what the host's ps prints, and the lines of the container's processes. */
static int print_table(char *const *arguments, const struct pids *pids, struct error *err)
{
	char *usual[] = { "ps", "-ef", NULL };
	auto_str all = { 0 };
	auto_str chosen = { 0 };
	auto_free char **argv = NULL;
	char *rest, *line;
	struct place place = { 0 };
	size_t n = 0;
	int r;

	while (arguments[n])
		n++;
	argv = xcalloc(n + 2, sizeof(*argv));
	argv[0] = usual[0];
	memcpy(argv + 1, arguments, n * sizeof(*argv));
	r = capture(n ? argv : usual, PS_LIMIT_MS, &all, err);
	if (r < 0)
		return r;
	rest = all.data;
	line = rest ? strsep(&rest, "\n") : "";
	r = find_pid(line, &place, err);
	if (r < 0)
		return r;
	str_printf(&chosen, "%s\n", line);
	while (rest && *(line = strsep(&rest, "\n")))
		if (is_in(pids, pid_of(line, &place)))
			str_printf(&chosen, "%s\n", line);
	return output_text(&chosen, err);
}

static int ps_run(const struct invocation *invocation, struct error *err)
{
	const struct ps_options *options = invocation->options;
	struct pids pids;
	int r;

	r = container_processes(invocation->global->root, invocation->arguments[0], &pids.items,
				&pids.n, err);
	if (r < 0)
		return r;
	if (options->format == PS_JSON)
		r = print_json(&pids, err);
	else
		r = print_table(invocation->arguments + 1, &pids, err);
	free(pids.items);
	return r;
}

/* clang-format off */
static const struct option_row rows[] = {
	OPTION(ps_options, format, "format", 'f', "FORMAT",
	       "table (the default): what ps prints; or json: the pids", .choices = format_names),
	OPTIONS_END
};
/* clang-format on */

const struct command ps_command = {
	.name = "ps",
	.arguments = "ID [PS-ARGUMENT...]",
	.summary = "Print a container's processes",
	.min_arguments = 1,
	.max_arguments = INT_MAX,
	.order = OPTIONS_FIRST, /* those behind the id are ps's */
	.uses_state = true,
	.options = rows,
	.options_size = sizeof(struct ps_options),
	.run = ps_run,
};
