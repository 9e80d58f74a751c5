/* list.c - the command list */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "cli/commands.h"
#include "cli/output.h"
#include "cli/summary.h"
#include "libocispec/document.h"

enum list_format {
	LIST_TABLE,
	LIST_JSON,
};

static const char *const format_names[] = { [LIST_TABLE] = "table", [LIST_JSON] = "json", NULL };

struct list_options {
	unsigned int format;
	bool quiet;
};

enum { COLUMNS = 6 };

struct table_row {
	const char *cells[COLUMNS];
	char pid[24];
};

static void fill_row(const struct container_summary *summary, struct table_row *row)
{
	struct summary_document document = summary_document_of(summary);

	snprintf(row->pid, sizeof(row->pid), "%lld", (long long) document.pid);
	row->cells[0] = document.id;
	row->cells[1] = row->pid;
	row->cells[2] = document.status;
	row->cells[3] = document.bundle;
	row->cells[4] = document.created;
	row->cells[5] = document.owner;
}

static void append_row(const struct table_row *row, const int *widths, struct str *text)
{
	for (int i = 0; i < COLUMNS - 1; i++)
		str_printf(text, "%-*s", widths[i] + 2, row->cells[i]);
	str_printf(text, "%s\n", row->cells[COLUMNS - 1]);
}

static void append_table(const struct container_summary *list, size_t n, struct str *text)
{
	auto_free struct table_row *rows = xcalloc(n + 1, sizeof(*rows));
	int widths[COLUMNS] = { 0 };

	rows[0] = (struct table_row){
		.cells = { "ID", "PID", "STATUS", "BUNDLE", "CREATED", "OWNER" },
	};
	for (size_t i = 0; i < n; i++)
		fill_row(&list[i], &rows[i + 1]);
	for (size_t i = 0; i <= n; i++)
		for (int column = 0; column < COLUMNS; column++) {
			int width = (int) strlen(rows[i].cells[column]);

			if (width > widths[column])
				widths[column] = width;
		}
	for (size_t i = 0; i <= n; i++)
		append_row(&rows[i], widths, text);
}

static int append_json(const struct container_summary *list, size_t n, struct str *text,
		       struct error *err)
{
	str_printf(text, "[");
	for (size_t i = 0; i < n; i++) {
		struct summary_document document = summary_document_of(&list[i]);
		auto_free char *json = NULL;
		size_t len;
		int r;

		r = oci_print(&summary_document_desc, &document, OCI_PRINT_COMPACT, &json, &len);
		if (r < 0)
			return fail(err, -r, "print container '%s': %s", document.id, strerror(-r));
		if (i)
			str_append(text, ",", 1);
		str_append(text, json, len);
	}
	str_printf(text, "]\n");
	return 0;
}

static int print_list(const struct list_options *options, const struct container_summary *list,
		      size_t n, struct error *err)
{
	auto_str text = { 0 };
	int r = 0;

	if (options->quiet)
		for (size_t i = 0; i < n; i++)
			str_printf(&text, "%s\n", list[i].state.id);
	else if (options->format == LIST_JSON)
		r = append_json(list, n, &text, err);
	else
		append_table(list, n, &text);
	return r < 0 ? r : output_text(&text, err);
}

static int list_run(const struct invocation *invocation, struct error *err)
{
	auto_free struct container_summary *list = NULL;
	size_t n = 0;
	int r;

	r = container_list(invocation->global->root, &list, &n, err);
	if (r == 0)
		r = print_list(invocation->options, list, n, err);
	for (size_t i = 0; i < n; i++)
		container_summary_release(&list[i]);
	return r;
}

/* clang-format off */
static const struct option_row rows[] = {
	OPTION(list_options, format, "format", 'f', "FORMAT", "table (the default) or json",
	       .choices = format_names),
	OPTION(list_options, quiet, "quiet", 'q', NULL, "print the ids only"),
	OPTIONS_END
};
/* clang-format on */

const struct command list_command = {
	.name = "list",
	.arguments = "",
	.summary = "Print the containers and what they are at",
	.uses_state = true,
	.options = rows,
	.options_size = sizeof(struct list_options),
	.run = list_run,
};
