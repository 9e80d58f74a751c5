/* challenge.h - what a registry asks for: the header WWW-Authenticate (RFC 9110, section 11) */
#ifndef IMAGE_CHALLENGE_H
#define IMAGE_CHALLENGE_H

enum auth_scheme {
	AUTH_NONE, /* none that we know */
	AUTH_BASIC,
	AUTH_BEARER,
};

struct challenge {
	enum auth_scheme scheme;
	char *realm; /* each NULL when it is not given */
	char *service;
	char *scope;
	char *error;
};

#define auto_challenge __attribute__((cleanup(challenge_release))) struct challenge

/* Takes of a header's challenges, and of those found before in *ret, which begins as { 0 }, the
 * best: Bearer with a realm, or else Basic.  What is malformed ends the header's reading. */
void challenge_parse(const char *header, struct challenge *ret);
void challenge_release(struct challenge *challenge);

#endif
