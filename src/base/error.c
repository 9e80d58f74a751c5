/* error.c - see error.h */
#include "base/error.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* clang-format off */
__attribute__((format(printf, 4, 0)))
static int set(struct error *err, enum error_class class, int code, const char *fmt, va_list ap)
/* clang-format on */
{
	err->code = code;
	err->class = class;
	err->where[0] = '\0';
	vsnprintf(err->text, sizeof(err->text), fmt, ap);
	return -code;
}

/* Appends to the text; what does not fit is cut. */
static void append(struct error *err, const char *sep, const char *more)
{
	size_t len = strlen(err->text);

	snprintf(err->text + len, sizeof(err->text) - len, "%s%s", sep, more);
}

static void prepend(struct error *err, const char *context)
{
	char old[sizeof(err->text)];

	memcpy(old, err->text, sizeof(old));
	snprintf(err->text, sizeof(err->text), "%s", context);
	append(err, ": ", old);
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
	append(err, ": ", strerror(code));
	return -code;
}

int fail_at(struct error *err, int code, const char *where, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	set(err, ERROR_CONFIG, code, fmt, ap);
	va_end(ap);
	prepend(err, where);
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
	prepend(err, context);
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
