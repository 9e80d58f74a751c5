/* curl_library.h - libcurl, opened when a registry is spoken to: it has thirty libraries behind it,
 * and a command that needs none of them would spend most of its time on loading them */
#ifndef IMAGE_CURL_LIBRARY_H
#define IMAGE_CURL_LIBRARY_H

#include <curl/curl.h>

#include "base/error.h"

/* Macros of this name check the types of an option's value; a pointer has none. */
#undef curl_easy_getinfo
#undef curl_easy_setopt

/* What is used of it, under its names without the prefix "curl_". */
struct curl_library {
	__typeof__(curl_easy_cleanup) *easy_cleanup;
	__typeof__(curl_easy_getinfo) *easy_getinfo;
	__typeof__(curl_easy_header) *easy_header;
	__typeof__(curl_easy_init) *easy_init;
	__typeof__(curl_easy_setopt) *easy_setopt;
	__typeof__(curl_easy_strerror) *easy_strerror;
	__typeof__(curl_getdate) *getdate;
	__typeof__(curl_global_cleanup) *global_cleanup;
	__typeof__(curl_global_init) *global_init;
	__typeof__(curl_multi_add_handle) *multi_add_handle;
	__typeof__(curl_multi_cleanup) *multi_cleanup;
	__typeof__(curl_multi_info_read) *multi_info_read;
	__typeof__(curl_multi_init) *multi_init;
	__typeof__(curl_multi_perform) *multi_perform;
	__typeof__(curl_multi_poll) *multi_poll;
	__typeof__(curl_multi_remove_handle) *multi_remove_handle;
	__typeof__(curl_slist_append) *slist_append;
	__typeof__(curl_slist_free_all) *slist_free_all;
	__typeof__(curl_version_info) *version_info;
};

/* The library, of which there is one in a process.  -ELIBACC (class image) where it is not installed,
 * or too old. */
int curl_library_open(const struct curl_library **ret, struct error *err);

#endif
