/* keyring.c - see keyring.h */
#include "linux/keyring.h"

#include <errno.h>
#include <inttypes.h>
#include <linux/keyctl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/log.h"

/* In the layout of keyctl_setperm(3): everything for those who possess the keyring, and for other
 * processes of its user only to see that it is there. */
#define POSSESSOR_ALL 0x3f000000u
#define USER_VIEW 0x00010000u

int keyring_apply(const char *name, struct error *err)
{
	char unique[128];
	uint64_t random;
	long keyring;

	if (getrandom(&random, sizeof(random), 0) != sizeof(random))
		return fail_errno(err, "get a random number for the keyring's name");
	snprintf(unique, sizeof(unique), "%016" PRIx64 "-%s", random, name);
	keyring = syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, unique, 0, 0, 0);
	if (keyring < 0 && (errno == ENOSYS || errno == EPERM)) {
		log_debug("no session keyring: %s", strerror(errno));
		return 0;
	}
	if (keyring < 0 && errno == EDQUOT) {
		log_warning("the container keeps the session keyring of its caller, whose quota of "
			    "keys is used up");
		return 0;
	}
	if (keyring < 0)
		return fail_errno(err, "make the session keyring '%s'", unique);
	if (syscall(SYS_keyctl, KEYCTL_SETPERM, keyring, POSSESSOR_ALL | USER_VIEW, 0, 0) < 0)
		return fail_errno(err, "restrict the session keyring '%s'", unique);
	return 0;
}
