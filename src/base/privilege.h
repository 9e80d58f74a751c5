/* privilege.h - whether we are the host's root */
#ifndef BASE_PRIVILEGE_H
#define BASE_PRIVILEGE_H

#include <stdbool.h>

/* True in a user namespace, and for any other user than root. */
bool is_unprivileged(void);

#endif
