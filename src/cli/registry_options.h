/* registry_options.h - the options of every command that may ask a registry */
#ifndef CLI_REGISTRY_OPTIONS_H
#define CLI_REGISTRY_OPTIONS_H

#include <stdbool.h>

#include "cli/options.h"
#include "image/pull.h"

struct registry_flags {
	const char *creds;
	const char *auth_file;
	bool is_insecure;
	unsigned int parallel;
	unsigned int attempts;
	unsigned int stall_seconds;
};

/* `type` has a member `registry` of struct registry_flags. */
/* clang-format off */
#define REGISTRY_OPTION_ROWS(type) \
	OPTION(type, registry.creds, "creds", 0, "USER:PASSWORD", \
	       "log in to the registry with these (seen by others: prefer login)"), \
	OPTION(type, registry.auth_file, "authfile", 0, "FILE", \
	       "take credentials from FILE (default: $REGISTRY_AUTH_FILE, or the usual places)"), \
	OPTION(type, registry.is_insecure, "tls-verify", 0, NULL, \
	       "=false: do not look at certificates, and take http where there is no https", \
	       .is_inverse = true), \
	OPTION(type, registry.parallel, "parallel", 0, "N", \
	       "fetch at most N layers, or parts of them, at a time (default: 4)", .max = 64), \
	OPTION(type, registry.attempts, "attempts", 0, "N", \
	       "try what fails for a passing reason N times in all (default: 6)", .max = 1000), \
	OPTION(type, registry.stall_seconds, "stall", 0, "SECONDS", \
	       "a transfer without a byte for so long has failed (default: 30)", .max = 3600)
/* clang-format on */

/* Puts them into the request. */
static inline void registry_flags_apply(const struct registry_flags *flags,
					struct pull_request *request)
{
	request->creds = flags->creds;
	request->auth_file = flags->auth_file;
	request->is_insecure = flags->is_insecure;
	request->parallel = flags->parallel;
	request->retries = flags->attempts ? flags->attempts - 1 : PULL_RETRIES;
	request->stall_seconds = flags->stall_seconds;
}

#endif
