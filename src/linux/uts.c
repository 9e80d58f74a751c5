/* uts.c - see uts.h */
#include "linux/uts.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#define NAME_LENGTH_MAX 64 /* __NEW_UTS_LEN of the kernel */

static int check_one(const char *name, const char *where, struct error *err)
{
	if (!name || strlen(name) <= NAME_LENGTH_MAX)
		return 0;
	return fail_at(err, EINVAL, where, "'%s' is longer than the kernel's %d bytes", name,
		       NAME_LENGTH_MAX);
}

int uts_check(const char *hostname, const char *domainname, struct error *err)
{
	int r = check_one(hostname, "hostname", err);

	return r < 0 ? r : check_one(domainname, "domainname", err);
}

int uts_apply(const char *hostname, const char *domainname, struct error *err)
{
	if (hostname && *hostname && sethostname(hostname, strlen(hostname)) < 0)
		return fail_errno(err, "set the host name '%s'", hostname);
	if (domainname && *domainname && setdomainname(domainname, strlen(domainname)) < 0)
		return fail_errno(err, "set the domain name '%s'", domainname);
	return 0;
}
