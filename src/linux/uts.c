/* uts.c - hostname and domainname */
#include <string.h>
#include <unistd.h>

#include "linux/uts.h"

int uts_apply(const char *hostname, const char *domainname, struct error *err)
{
	if (hostname && *hostname && sethostname(hostname, strlen(hostname)) < 0)
		return fail_errno(err, "set the host name '%s'", hostname);
	if (domainname && *domainname && setdomainname(domainname, strlen(domainname)) < 0)
		return fail_errno(err, "set the domain name '%s'", domainname);
	return 0;
}
