/* criu_options.c - see criu_options.h */
#include "container/criu_options.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"

int criu_page_server_parse(const char *text, char **ret_address, unsigned int *ret_port)
{
	const char *colon = strrchr(text, ':');
	uint64_t port;

	if (!colon || colon == text || parse_u64(colon + 1, UINT16_MAX, &port) < 0 || port == 0)
		return -EINVAL;
	*ret_address = xasprintf("%.*s", (int) (colon - text), text);
	*ret_port = (unsigned int) port;
	return 0;
}

static int check_page_server(const char *text, struct error *err)
{
	auto_free char *address = NULL;
	unsigned int port;

	if (criu_page_server_parse(text, &address, &port) < 0)
		return fail_as(err, ERROR_USAGE, EINVAL,
			       "option '--page-server': '%s' is not ADDRESS:PORT", text);
	return 0;
}

static int check_status_fd(const char *text, struct error *err)
{
	uint64_t fd;

	if (parse_u64(text, INT32_MAX, &fd) < 0)
		return fail_as(err, ERROR_USAGE, EINVAL,
			       "option '--status-fd': '%s' is not a descriptor", text);
	if (fcntl((int) fd, F_GETFD) < 0)
		return fail_as(err, ERROR_USAGE, EBADF, "option '--status-fd': %s is not open",
			       text);
	return 0;
}

int criu_options_check(const struct criu_options *options, struct error *err)
{
	int r = 0;

	if (options->page_server)
		r = check_page_server(options->page_server, err);
	if (r == 0 && options->status_fd)
		r = check_status_fd(options->status_fd, err);
	if (r < 0)
		return r;
	if (options->lsm_profile && !str_after(options->lsm_profile, "apparmor:") &&
	    !str_after(options->lsm_profile, "selinux:"))
		return fail_as(err, ERROR_USAGE, EINVAL,
			       "option '--lsm-profile': '%s' is neither apparmor:NAME nor selinux:CONTEXT",
			       options->lsm_profile);
	if (options->parent_path && options->parent_path[0] == '/')
		return fail_as(err, ERROR_USAGE, EINVAL,
			       "option '--parent-path': '%s' must be relative to the image path",
			       options->parent_path);
	if (options->empty_ns && !str_equal(options->empty_ns, "network"))
		return fail_as(err, ERROR_USAGE, EINVAL,
			       "option '--empty-ns': '%s' is not 'network'", options->empty_ns);
	return 0;
}
