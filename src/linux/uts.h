/* uts.h - hostname and domainname */
#ifndef LINUX_UTS_H
#define LINUX_UTS_H

#include "base/error.h"

/* Host, pure: names of more than 64 bytes. */
int uts_check(const char *hostname, const char *domainname, struct error *err);

/* Sets them in the caller's UTS namespace; NULL or "" leaves one as it is. */
int uts_apply(const char *hostname, const char *domainname, struct error *err);

#endif
