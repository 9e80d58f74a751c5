/* personality.h - linux.personality: the execution domain that uname(2) shows */
#ifndef LINUX_PERSONALITY_H
#define LINUX_PERSONALITY_H

#include "base/error.h"
#include "libocispec/linux.h"

/* "LINUX" or "LINUX32", and no flags: the runtime specification defines none.  NULL: nothing. */
int personality_check(const struct oci_personality *config, struct error *err);
int personality_apply(const struct oci_personality *config, struct error *err);

#endif
