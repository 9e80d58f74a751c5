/* accounts.h - users and groups of an image, by its own /etc/passwd and /etc/group
 *
 * Both files are opened in the root, must be regular, and are read up to 10 MiB only
 * (CVE-2024-9676, CVE-2026-47262); the host's are never asked. */
#ifndef IMAGE_ACCOUNTS_H
#define IMAGE_ACCOUNTS_H

#include "base/error.h"
#include "libocispec/process.h"

#define ACCOUNTS_FILE_MAX ((size_t) 10 << 20)

struct account {
	uint32_t uid;
	uint32_t gid;
	struct oci_u32s additional_gids; /* to be freed: account_release() */
	char *home;			 /* NULL: /etc/passwd does not say */
};

#define auto_account __attribute__((cleanup(account_release))) struct account

/* Looks up the image's User: "", USER, UID, USER:GROUP, UID:GID, UID:GROUP or USER:GID.  Numbers
 * are taken as they are and must be 32-bit ids (CVE-2024-40635); of a user given by name alone the
 * other groups are found.  A UID alone takes the primary group of its passwd line, or else 0.
 * -EINVAL (class image) when a name is not known. */
int account_find(int root_fd, const char *text, struct account *ret, struct error *err);
void account_release(struct account *account);

#endif
