/* log.h - notes for the operator: warnings, and with --debug what is done and how long it took
 *
 * Errors are returned, never logged from below; cli/ logs the one that ends a command.  The
 * target is one descriptor set up by cli/ and inherited by init until it executes. */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include <stdbool.h>

#include "base/error.h"

enum log_level {
	LOG_LEVEL_ERROR,
	LOG_LEVEL_WARNING,
	LOG_LEVEL_DEBUG,
};

enum log_format {
	LOG_TEXT,
	LOG_JSON, /* one object a line: level, msg, time; an error also class, errno, path */
};

/* Until called, warnings and errors go to stderr as text.  fd stays open and is the log's. */
void log_init(int fd, enum log_format format, enum log_level level);

/* From now on the log's descriptor is a datagram socket of that service; identifier, which stays the
 * caller's, is what it calls us. */
enum log_service {
	LOG_FILE,     /* none */
	LOG_SYSLOG,   /* a message is one datagram, as syslog(3) makes it */
	LOG_JOURNALD, /* the journal's own protocol, with ERRNO and CORACLE_CLASS */
};

void log_init_service(enum log_service service, const char *identifier);

/* What debug lines count, and from where it goes on: in another time namespace, CLOCK_MONOTONIC is another's.
 * 0, and nothing, where there are no debug lines. */
long long log_elapsed_us(void);
void log_elapsed_from(long long us);

bool log_enabled(enum log_level level);
void log_warning(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void log_debug(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void log_error(const struct error *err);

/* The error's line for people, with control characters as \xNN: to the standard error, wherever the log
 * goes. */
void log_show(const struct error *err);

/* The log's descriptor, to be kept when init closes the rest; -1: none. */
int log_fd(void);

#endif
