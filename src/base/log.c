/* log.c - see log.h */
#include "base/log.h"

#include <endian.h>
#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/text.h"
#include "base/timestamp.h"

static struct {
	int fd;
	enum log_format format;
	enum log_level level;
	enum log_service service;
	const char *identifier;
	struct timespec start;
} target = { .fd = STDERR_FILENO, .level = LOG_LEVEL_WARNING };

static const char *const level_names[] = {
	[LOG_LEVEL_ERROR] = "error",
	[LOG_LEVEL_WARNING] = "warning",
	[LOG_LEVEL_DEBUG] = "debug",
};

void log_init(int fd, enum log_format format, enum log_level level)
{
	target.fd = fd;
	target.format = format;
	target.level = level;
	if (level == LOG_LEVEL_DEBUG)
		clock_gettime(CLOCK_MONOTONIC, &target.start);
}

void log_init_service(enum log_service service, const char *identifier)
{
	target.service = service;
	target.identifier = identifier;
}

bool log_enabled(enum log_level level)
{
	return level <= target.level;
}

int log_fd(void)
{
	return target.fd;
}

long long log_elapsed_us(void)
{
	struct timespec now;

	if (!log_enabled(LOG_LEVEL_DEBUG))
		return 0;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (now.tv_sec - target.start.tv_sec) * 1000000LL +
	       (now.tv_nsec - target.start.tv_nsec) / 1000;
}

void log_elapsed_from(long long us)
{
	long long more = log_elapsed_us() - us;

	target.start.tv_sec += more / 1000000;
	target.start.tv_nsec += more % 1000000 * 1000;
}

/* A string in quotes, for JSON and for the text form alike.  Paths may be any bytes: what is not
 * UTF-8 becomes U+FFFD, for a line that cannot be parsed tells nothing. */
static void append_quoted(struct str *line, const char *s)
{
	str_append(line, "\"", 1);
	while (*s) {
		size_t length = utf8_length(s);

		if (*s == '"' || *s == '\\')
			str_printf(line, "\\%c", *s);
		else if (*s == '\n')
			str_append(line, "\\n", 2);
		else if (length)
			str_append(line, s, length);
		else
			str_printf(line, "\\u%04x", (unsigned char) *s < 0x80 ? *s : 0xfffd);
		s += length ? length : 1;
	}
	str_append(line, "\"", 1);
}

static void append_json(struct str *line, enum log_level level, const char *msg,
			const struct error *err)
{
	char now[TIMESTAMP_SIZE];

	timestamp_now(now);
	str_printf(line, "{\"level\":\"%s\",\"msg\":", level_names[level]);
	append_quoted(line, msg);
	str_printf(line, ",\"time\":\"%s\"", now);
	if (level == LOG_LEVEL_DEBUG)
		str_printf(line, ",\"us\":%lld", log_elapsed_us());
	if (err) {
		str_printf(line,
			   ",\"class\":\"%s\",\"errno\":%d,\"path\":", error_class_name(err->class),
			   err->code);
		append_quoted(line, err->where);
	}
	str_append(line, "}\n", 2);
}

/* The form that engines know from other runtimes' log files. */
static void append_text(struct str *line, enum log_level level, const char *msg)
{
	char now[TIMESTAMP_SIZE];

	timestamp_now(now);
	str_printf(line, "time=\"%s\" level=%s msg=", now, level_names[level]);
	append_quoted(line, msg);
	if (level == LOG_LEVEL_DEBUG)
		str_printf(line, " us=%lld", log_elapsed_us());
	str_append(line, "\n", 1);
}

/* U+0080 to U+009F, which terminals take for control characters too. */
static bool is_c1(const char *s)
{
	return (unsigned char) s[0] == 0xc2 && (unsigned char) s[1] < 0xa0;
}

/* A message may hold names of an image's or of a container's making, and to a terminal a control
 * character is an order. */
static void append_printable(struct str *line, const char *s)
{
	while (*s) {
		size_t length = is_c1(s) ? 0 : utf8_length(s);

		if (length)
			str_append(line, s, length);
		else
			str_printf(line, "\\x%02x", (unsigned char) *s);
		s += length ? length : 1;
	}
}

static void append_human(struct str *line, enum log_level level, const char *msg)
{
	str_printf(line, "%s: %s: ", program_invocation_short_name, level_names[level]);
	append_printable(line, msg);
	if (level == LOG_LEVEL_DEBUG)
		str_printf(line, " us=%lld", log_elapsed_us());
	str_append(line, "\n", 1);
}

/* As syslog(3) numbers them; the facility is "daemon". */
static const int priorities[] = {
	[LOG_LEVEL_ERROR] = 3,
	[LOG_LEVEL_WARNING] = 4,
	[LOG_LEVEL_DEBUG] = 7,
};

#define FACILITY (3 << 3)

static void append_syslog(struct str *line, enum log_level level, const char *msg)
{
	str_printf(line, "<%d>%s[%d]: %s", FACILITY | priorities[level], target.identifier,
		   getpid(), msg);
}

/* systemd's "Native Journal Protocol": a field with its length may hold any bytes. */
static void append_journald(struct str *line, enum log_level level, const char *msg,
			    const struct error *err)
{
	uint64_t len = htole64(strlen(msg));

	str_printf(line, "PRIORITY=%d\nSYSLOG_IDENTIFIER=%s\nSYSLOG_PID=%d\n", priorities[level],
		   target.identifier, getpid());
	if (err)
		str_printf(line, "ERRNO=%d\nCORACLE_CLASS=%s\n", err->code,
			   error_class_name(err->class));
	str_printf(line, "MESSAGE\n");
	str_append(line, &len, sizeof(len));
	str_printf(line, "%s\n", msg);
}

/* Makes of the line what the service wants; JSON stays, as the message. */
static void address_service(struct str *line, enum log_level level, const char *msg,
			    const struct error *err)
{
	auto_str old = *line;

	*line = (struct str){ 0 };
	if (target.format == LOG_JSON) {
		old.data[old.len - 1] = '\0';
		msg = old.data;
	}
	if (target.service == LOG_SYSLOG)
		append_syslog(line, level, msg);
	else
		append_journald(line, level, msg, err);
}

/* What the kernel sends who writes to a pipe that nobody reads, or to a file that may not grow.  Where all signals
 * are blocked, to be handed on to the container's program, this one is not for it. */
static void take_signal_of_writing(void)
{
	const struct timespec at_once = { 0 };
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGPIPE);
	sigaddset(&set, SIGXFSZ);
	sigtimedwait(&set, NULL, &at_once);
}

/* One write a line, so that lines of init and of the host do not mix. */
static void write_line(int fd, const struct str *line)
{
	ssize_t n;

	do
		n = write(fd, line->data, line->len);
	while (n < 0 && errno == EINTR);
	if (n < 0 && (errno == EPIPE || errno == EFBIG))
		take_signal_of_writing();
}

static void put(enum log_level level, const char *msg, const struct error *err)
{
	int saved = errno;
	auto_str line = { 0 };

	if (target.format == LOG_JSON)
		append_json(&line, level, msg, err);
	else if (target.fd != STDERR_FILENO)
		append_text(&line, level, msg);
	else
		append_human(&line, level, msg);
	if (target.service != LOG_FILE)
		address_service(&line, level, msg, err);
	write_line(target.fd, &line);
	errno = saved;
}

/* clang-format off */
__attribute__((format(printf, 2, 0)))
static void put_va(enum log_level level, const char *fmt, va_list ap)
/* clang-format on */
{
	char msg[sizeof(((struct error *) 0)->text)];

	vsnprintf(msg, sizeof(msg), fmt, ap);
	put(level, msg, NULL);
}

void log_warning(const char *fmt, ...)
{
	va_list ap;

	if (!log_enabled(LOG_LEVEL_WARNING))
		return;
	va_start(ap, fmt);
	put_va(LOG_LEVEL_WARNING, fmt, ap);
	va_end(ap);
}

void log_debug(const char *fmt, ...)
{
	va_list ap;

	if (!log_enabled(LOG_LEVEL_DEBUG))
		return;
	va_start(ap, fmt);
	put_va(LOG_LEVEL_DEBUG, fmt, ap);
	va_end(ap);
}

void log_error(const struct error *err)
{
	put(LOG_LEVEL_ERROR, err->text, err);
}

void log_show(const struct error *err)
{
	auto_str line = { 0 };

	append_human(&line, LOG_LEVEL_ERROR, err->text);
	write_line(STDERR_FILENO, &line);
}
