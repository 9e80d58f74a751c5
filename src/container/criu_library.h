/* criu_library.h - libprotobuf-c, opened when criu is spoken to: criu itself is linked to it */
#ifndef CONTAINER_CRIU_LIBRARY_H
#define CONTAINER_CRIU_LIBRARY_H

#include "base/error.h"
#include "container/criu_rpc.pb-c.h"

/* What is used of it, under its names without the prefix "protobuf_c_message_".  The helpers that
 * protoc-c has made of every message would be linked to it, and are not used. */
struct criu_library {
	__typeof__(protobuf_c_message_get_packed_size) *get_packed_size;
	__typeof__(protobuf_c_message_pack) *pack;
	__typeof__(protobuf_c_message_unpack) *unpack;
	__typeof__(protobuf_c_message_free_unpacked) *free_unpacked;
};

/* -ELIBACC where it is not installed. */
int criu_library_open(const struct criu_library **ret, struct error *err);

#endif
