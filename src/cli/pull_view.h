/* pull_view.h - what a pull shows while it goes on
 *
 * On a terminal a bar for each layer: bytes, rate, time left.  Elsewhere a line when a layer is
 * there.  As JSON an object a line, on the standard output: {"event":"layer", "digest", "size",
 * "position", "state"} and at the end {"event":"pulled", ...}. */
#ifndef CLI_PULL_VIEW_H
#define CLI_PULL_VIEW_H

#include <stdint.h>

struct fetch;

enum pull_style {
	PULL_QUIET,
	PULL_LINES,
	PULL_BARS,
	PULL_JSON,
};

struct pull_view {
	enum pull_style style;
	unsigned int lines;   /* of bars that are on the screen */
	unsigned char *shown; /* the state that was told of each layer, plus one */
	int64_t begun_at;     /* milliseconds */
	int64_t total;	      /* bytes of all layers */
	int64_t position;     /* of which are there */
};

/* The style for the standard error as it is. */
enum pull_style pull_view_style(void);

/* For struct pull_request: context is the view. */
void pull_view_tell(void *context, const struct fetch *fetch);

/* When it has failed: what is there is not lost, and the same command, "pull", goes on with it. */
void pull_view_tell_kept(const struct pull_view *view, const char *command);
void pull_view_release(struct pull_view *view);

#endif
