/* uts.h - hostname and domainname */
#ifndef LINUX_UTS_H
#define LINUX_UTS_H

#include "base/error.h"

/* Sets them in the caller's UTS namespace; NULL or "" leaves one as it is. */
int uts_apply(const char *hostname, const char *domainname, struct error *err);

#endif
