/* events.c - the command events */
#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "cli/commands.h"
#include "cli/event_document.h"
#include "cli/output.h"
#include "container/operations.h"

#define INTERVAL_MS 5000
#define INTERVAL_MAX_MS (INT64_C(365) * 24 * 3600 * 1000)

struct events_options {
	const char *interval;
	bool stats;
};

/* The milliseconds of one unit at *p, which moves behind it; 0: no unit. */
static int64_t take_unit(const char **p)
{
	static const struct {
		const char *name;
		int64_t ms;
	} units[] = { { "ms", 1 }, { "s", 1000 }, { "m", 60000 }, { "h", 3600000 } };

	for (size_t i = 0; i < ARRAY_SIZE(units); i++) {
		const char *rest = str_after(*p, units[i].name);

		if (rest) {
			*p = rest;
			return units[i].ms;
		}
	}
	return 0;
}

/* "500ms", "5s", "1m30s" */
static int parse_interval(const char *text, int64_t *ret_ms, struct error *err)
{
	int64_t sum = 0;
	const char *p = text;

	while (*p) {
		size_t digits = strspn(p, "0123456789");
		int64_t n = 0, unit;

		if (digits == 0 || digits > 12)
			break;
		for (; digits > 0; digits--)
			n = n * 10 + (*p++ - '0');
		unit = take_unit(&p);
		if (unit == 0 || n > INTERVAL_MAX_MS / unit)
			break;
		sum += n * unit;
	}
	if (*p || sum <= 0 || sum > INTERVAL_MAX_MS)
		return fail_as(err, ERROR_USAGE, EINVAL,
			       "option '--interval': '%s' is not a time such as 500ms, 5s or 1m30s",
			       text);
	*ret_ms = sum;
	return 0;
}

/* The id needs no quoting: it has letters, digits and a few harmless characters. */
static int print_stats(void *arg, const struct cgroup_stats *stats, const struct rdt_stats *rdt,
		       struct error *err)
{
	const char *id = arg;
	auto_str json = { 0 };

	str_printf(&json, "{\"type\":\"stats\",\"id\":\"%s\",\"data\":", id);
	if (event_document_append(stats, rdt, &json, err) < 0)
		return -err->code;
	str_printf(&json, "}\n");
	return output_text(&json, err);
}

static int print_oom_kill(void *arg, struct error *err)
{
	const char *id = arg;
	auto_str json = { 0 };

	str_printf(&json, "{\"type\":\"oom\",\"id\":\"%s\"}\n", id);
	return output_text(&json, err);
}

static int events_run(const struct invocation *invocation, struct error *err)
{
	const struct events_options *options = invocation->options;
	const struct container_watcher watcher = {
		.stats = print_stats,
		.oom_kill = print_oom_kill,
		.arg = invocation->arguments[0],
	};
	int64_t interval_ms = INTERVAL_MS;
	auto_stats stats = { 0 };
	auto_rdt_stats rdt = { 0 };
	int r = 0;

	if (options->interval)
		r = parse_interval(options->interval, &interval_ms, err);
	if (r < 0)
		return r;
	if (!options->stats)
		return container_watch(invocation->global->root, invocation->arguments[0],
				       interval_ms, &watcher, err);
	r = container_stats(invocation->global->root, invocation->arguments[0], &stats, &rdt, err);
	return r < 0 ? r : print_stats(watcher.arg, &stats, &rdt, err);
}

/* clang-format off */
static const struct option_row rows[] = {
	OPTION(events_options, interval, "interval", 0, "TIME",
	       "time between statistics: 500ms, 5s (the default), 1m30s"),
	OPTION(events_options, stats, "stats", 0, NULL, "print the statistics once, at once"),
	OPTIONS_END
};
/* clang-format on */

const struct command events_command = {
	.name = "events",
	.arguments = "ID",
	.summary = "Print what a container uses and what happens to it, until it ends",
	.min_arguments = 1,
	.max_arguments = 1,
	.uses_state = true,
	.options = rows,
	.options_size = sizeof(struct events_options),
	.run = events_run,
};
