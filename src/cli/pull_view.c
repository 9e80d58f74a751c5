/* pull_view.c - see pull_view.h */
#include "cli/pull_view.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/file.h"
#include "base/text.h"
#include "cli/units.h"
#include "image/fetch.h"

#define BAR_WIDTH_MAX 24
#define BAR_WIDTH_MIN 4
#define TEXT_WIDTH 64 /* of a bar's line, at most: digest, bytes, rate, time left */

struct screen {
	unsigned int lines, columns;
};

static const char *const state_names[] = {
	[FETCH_WAITING] = "waiting", [FETCH_ELSEWHERE] = "elsewhere", [FETCH_RUNNING] = "fetching",
	[FETCH_DONE] = "fetched",    [FETCH_PRESENT] = "present",
};

enum pull_style pull_view_style(void)
{
	return isatty(STDERR_FILENO) ? PULL_BARS : PULL_LINES;
}

static void put(int fd, const struct str *text)
{
	if (text->len)
		file_write_fd(fd, text->data, text->len);
}

static void add_up(struct pull_view *view, const struct fetch *fetch)
{
	view->total = 0;
	view->position = 0;
	for (size_t i = 0; i < fetch->n; i++) {
		if (fetch->layers[i].is_repeated)
			continue;
		view->total += fetch->layers[i].descriptor->size;
		view->position += fetch_position(&fetch->layers[i]);
	}
}

/* Whether the layer's state is news. */
static bool is_news(struct pull_view *view, const struct fetch *fetch, size_t i)
{
	unsigned char now = (unsigned char) (fetch->layers[i].state + 1);

	if (fetch->layers[i].is_repeated || view->shown[i] == now)
		return false;
	view->shown[i] = now;
	return true;
}

static void append_line(struct str *text, const struct fetch *fetch, size_t i)
{
	const struct fetch_layer *layer = &fetch->layers[i];

	if (layer->state == FETCH_WAITING ||
	    (layer->state == FETCH_RUNNING && layer->continued_at == 0))
		return;
	str_printf(text, "layer %zu of %zu %.19s ", i + 1, fetch->n, layer->descriptor->digest);
	if (layer->state == FETCH_RUNNING) {
		str_printf(text, "goes on at ");
		units_size(text, (uint64_t) layer->continued_at);
		str_printf(text, " of ");
		units_size(text, (uint64_t) layer->descriptor->size);
	} else {
		units_size(text, (uint64_t) layer->descriptor->size);
		str_printf(text, " %s",
			   layer->state == FETCH_DONE	   ? "fetched"
			   : layer->state == FETCH_PRESENT ? "is in the store"
							   : "is being fetched by another process");
	}
	str_append(text, "\n", 1);
}

static void append_json(struct str *text, const struct fetch_layer *layer)
{
	str_printf(text,
		   "{\"event\":\"layer\",\"digest\":\"%s\",\"size\":%jd,\"position\":%jd,"
		   "\"state\":\"%s\"}\n",
		   layer->descriptor->digest, (intmax_t) layer->descriptor->size,
		   (intmax_t) fetch_position(layer), state_names[layer->state]);
}

static void append_rate(struct str *text, const struct pull_view *view,
			const struct fetch_layer *layer)
{
	int64_t elapsed = http_now_ms() - view->begun_at;
	int64_t came = fetch_position(layer) - layer->continued_at;
	int64_t left = layer->descriptor->size - fetch_position(layer), rate;

	if (layer->state != FETCH_RUNNING || elapsed < 200 || came <= 0)
		return;
	rate = came * 1000 / elapsed;
	if (rate == 0)
		return;
	str_append(text, "  ", 2);
	units_size(text, (uint64_t) rate);
	str_append(text, "/s  ", 4);
	units_duration(text, (uint64_t) (left / rate));
}

static int bar_width(const struct screen *screen)
{
	int room = (int) screen->columns - TEXT_WIDTH;

	return room > BAR_WIDTH_MAX ? BAR_WIDTH_MAX : room < BAR_WIDTH_MIN ? BAR_WIDTH_MIN : room;
}

/* A line that does not fit is cut: one that the terminal breaks would be two. */
static void append_bar(struct str *text, const struct pull_view *view,
		       const struct fetch_layer *layer, const struct screen *screen)
{
	int64_t size = layer->descriptor->size, position = fetch_position(layer);
	int width = bar_width(screen);
	int full = size ? (int) ((double) position / (double) size * width) : width;
	auto_str line = { 0 };

	str_printf(&line, "%.19s [", layer->descriptor->digest);
	for (int i = 0; i < width; i++)
		str_append(&line, i < full ? "=" : i == full ? ">" : " ", 1);
	str_printf(&line, "] ");
	if (layer->state == FETCH_RUNNING) {
		units_size(&line, (uint64_t) position);
		str_append(&line, " / ", 3);
	}
	units_size(&line, (uint64_t) size);
	append_rate(&line, view, layer);
	if (layer->state != FETCH_RUNNING)
		str_printf(&line, "  %s", state_names[layer->state]);
	str_printf(text, "\r\033[K%.*s\n", (int) screen->columns - 1, line.data);
}

static void find_screen(struct screen *ret)
{
	struct winsize size = { 0 };

	*ret = (struct screen){ 24, 80 };
	if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) < 0)
		return;
	if (size.ws_row > 2)
		ret->lines = size.ws_row;
	if (size.ws_col > 1)
		ret->columns = size.ws_col;
}

/* As many as fit: those that are being fetched before the others. */
static void append_bars(struct str *text, struct pull_view *view, const struct fetch *fetch)
{
	unsigned int room, lines = 0;
	struct screen screen;

	find_screen(&screen);
	room = screen.lines - 2;
	if (view->lines)
		str_printf(text, "\033[%uA", view->lines);
	for (int is_running = fetch->n > room; is_running >= 0; is_running--) {
		for (size_t i = 0; i < fetch->n && lines < room; i++) {
			const struct fetch_layer *layer = &fetch->layers[i];

			if (layer->is_repeated ||
			    (fetch->n > room && (layer->state == FETCH_RUNNING) != is_running))
				continue;
			append_bar(text, view, layer, &screen);
			lines++;
		}
	}
	view->lines = lines;
}

void pull_view_tell(void *context, const struct fetch *fetch)
{
	struct pull_view *view = context;
	auto_str text = { 0 };

	if (!view->shown) {
		view->shown = xcalloc(fetch->n + 1, 1);
		view->begun_at = http_now_ms();
	}
	add_up(view, fetch);
	for (size_t i = 0; i < fetch->n; i++) {
		const struct fetch_layer *layer = &fetch->layers[i];
		bool news = is_news(view, fetch, i);

		if (view->style == PULL_LINES && news)
			append_line(&text, fetch, i);
		if (view->style == PULL_JSON && (news || layer->state == FETCH_RUNNING))
			append_json(&text, layer);
	}
	if (view->style == PULL_BARS)
		append_bars(&text, view, fetch);
	put(view->style == PULL_JSON ? STDOUT_FILENO : STDERR_FILENO, &text);
}

void pull_view_tell_kept(const struct pull_view *view, const char *command)
{
	auto_str kept = { 0 };

	if (view->position <= 0 || view->position >= view->total)
		return;
	units_size(&kept, (uint64_t) view->position);
	str_printf(&kept, " of ");
	units_size(&kept, (uint64_t) view->total);
	fprintf(stderr, "%s are kept: the same %s goes on from there\n", kept.data, command);
}

void pull_view_release(struct pull_view *view)
{
	free(view->shown);
	view->shown = NULL;
}
