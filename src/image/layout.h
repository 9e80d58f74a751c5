/* layout.h - an OCI image layout on disk: its blobs by digest, its documents verified
 *
 * A layout may have come from anywhere: its paths are opened below its directory only, blobs must
 * be regular files, and nothing is believed before its digest was compared. */
#ifndef IMAGE_LAYOUT_H
#define IMAGE_LAYOUT_H

#include "base/error.h"
#include "image/digest.h"
#include "libocispec/descriptor.h"

struct oci_desc;

struct layout {
	int fd;
};

/* Opens the directory and checks its oci-layout file (version 1.0.0). */
int layout_open(const char *dir, struct layout *ret, struct error *err);
void layout_release(struct layout *layout);
#define LAYOUT_NONE ((struct layout){ .fd = -1 })

/* Opens the descriptor's blob for reading.  Its digest is parsed into *ret_digest, and the file's
 * size must be the descriptor's: the caller verifies the content. */
int layout_open_blob(const struct layout *layout, const struct oci_descriptor *descriptor,
		     struct digest *ret_digest, int *ret_fd, struct error *err);

/* What a document may be, told by its media type. */
enum document_kind {
	DOCUMENT_INDEX,
	DOCUMENT_MANIFEST,
	DOCUMENT_IMAGE, /* the image's configuration */
	DOCUMENT_OTHER, /* an artifact's content: nothing we unpack */
};

enum document_kind document_kind(const char *media_type);

/* Reads index.json, which no descriptor describes. */
struct oci_index;
int layout_read_index(const struct layout *layout, struct oci_index *ret, struct error *err);

/* Reads the descriptor's blob, at most OCI_DOCUMENT_MAX bytes, compares size and digest, and parses
 * it as a document of this kind into *ret (struct oci_index, oci_manifest or oci_image).  One whose
 * own mediaType is not the descriptor's, or that has the members of both an index and a manifest,
 * is refused: different programs would see different images in it (CVE-2021-41190). */
int layout_read(const struct layout *layout, const struct oci_descriptor *descriptor,
		enum document_kind kind, void *ret, struct error *err);

/* The same for a document that is in memory, and whose size and digest were compared: expected is
 * the media type that its descriptor says, or NULL. */
int document_parse(const char *json, size_t len, enum document_kind kind, const char *expected,
		   void *ret, struct error *err);

/* Which kind of document it is that a registry calls `said`, and if that says nothing, by its own
 * mediaType or its members.  *ret is its media type, to be freed; an index's or a manifest's, or
 * else -ENOTSUP (class image). */
int document_identify(const char *json, size_t len, const char *said, char **ret,
		      struct error *err);

#endif
