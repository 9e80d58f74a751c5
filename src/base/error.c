/* error.c - see error.h */
#include "base/error.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Of the end of a message that is too long, which says why; the beginning says where. */
#define TAIL 256

static bool is_inside_character(char c)
{
	return ((unsigned char) c & 0xc0) == 0x80;
}

/* What does not fit loses its middle. */
static void put(struct error *err, const char *message)
{
	const size_t len = strlen(message), max = sizeof(err->text) - 1;
	size_t head = max - TAIL - strlen("...");
	const char *tail;

	if (len <= max) {
		memcpy(err->text, message, len + 1);
		return;
	}
	tail = message + len - TAIL;
	while (head > 0 && is_inside_character(message[head]))
		head--;
	while (is_inside_character(*tail))
		tail++;
	snprintf(err->text, sizeof(err->text), "%.*s...%s", (int) head, message, tail);
}

/* clang-format off */
__attribute__((format(printf, 4, 0)))
static int set(struct error *err, enum error_class class, int code, const char *fmt, va_list ap)
/* clang-format on */
{
	char *message;
	va_list again;

	err->code = code;
	err->class = class;
	err->where[0] = '\0';
	va_copy(again, ap);
	if ((size_t) vsnprintf(err->text, sizeof(err->text), fmt, ap) >= sizeof(err->text) &&
	    vasprintf(&message, fmt, again) >= 0) {
		put(err, message);
		free(message);
	}
	va_end(again);
	return -code;
}

/* reason: no longer than a text */
static void join(struct error *err, const char *context, const char *reason)
{
	char both[2 * sizeof(err->text) + 2];

	snprintf(both, sizeof(both), "%.*s: %s", (int) sizeof(err->text), context, reason);
	put(err, both);
}

int fail(struct error *err, int code, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	set(err, ERROR_KERNEL, code, fmt, ap);
	va_end(ap);
	return -code;
}

int fail_as(struct error *err, enum error_class class, int code, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	set(err, class, code, fmt, ap);
	va_end(ap);
	return -code;
}

int fail_errno(struct error *err, const char *fmt, ...)
{
	int code = errno;
	va_list ap;

	va_start(ap, fmt);
	set(err, ERROR_KERNEL, code, fmt, ap);
	va_end(ap);
	join(err, err->text, strerror(code));
	return -code;
}

int fail_at(struct error *err, int code, const char *where, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	set(err, ERROR_CONFIG, code, fmt, ap);
	va_end(ap);
	join(err, where, err->text);
	snprintf(err->where, sizeof(err->where), "%s", where);
	return -code;
}

int fail_in(struct error *err, const char *fmt, ...)
{
	char context[sizeof(err->text)];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(context, sizeof(context), fmt, ap);
	va_end(ap);
	join(err, context, err->text);
	return -err->code;
}

int fail_class(struct error *err, enum error_class class, const char *where)
{
	err->class = class;
	if (where)
		snprintf(err->where, sizeof(err->where), "%s", where);
	return -err->code;
}

int fail_place(struct error *err, const char *fmt, ...)
{
	va_list ap;

	if (err->where[0])
		return -err->code;
	va_start(ap, fmt);
	vsnprintf(err->where, sizeof(err->where), fmt, ap);
	va_end(ap);
	return -err->code;
}

const char *error_class_name(enum error_class class)
{
	static const char *const names[] = {
		[ERROR_KERNEL] = "kernel", [ERROR_USAGE] = "usage",   [ERROR_CONFIG] = "config",
		[ERROR_BUNDLE] = "bundle", [ERROR_CGROUP] = "cgroup", [ERROR_HOOK] = "hook",
		[ERROR_STATE] = "state",   [ERROR_IMAGE] = "image",
	};

	return names[class];
}
