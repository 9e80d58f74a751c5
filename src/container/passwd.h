/* passwd.h - what an /etc/passwd says of a uid, without the host's name services */
#ifndef CONTAINER_PASSWD_H
#define CONTAINER_PASSWD_H

#include <stdint.h>

enum passwd_field {
	PASSWD_NAME = 0,
	PASSWD_HOME = 5,
};

/* The field of uid's line in passwd, the file's text, to be freed; NULL when there is none. */
char *passwd_find(const char *passwd, uint32_t uid, enum passwd_field field);

/* The same for the /etc/passwd below the current root. */
char *passwd_look_up(uint32_t uid, enum passwd_field field);

#endif
