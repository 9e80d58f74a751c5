/* bundle_record.h - which bundles mount what the store keeps
 *
 *	STORE/bundles/HEX	a record, in JSON, or of a run's bundle just a link to it; HEX is the
 *				SHA-256 of the bundle's path
 *
 * It is written before the bundle appears, and who writes it holds the store's lock (STORE_SHARED):
 * so gc, which alone may remove layers, sees every bundle that mounts them.  It also says what gc must
 * know of a bundle that is not at its path: on which mount it was, its file handle, by which it is
 * found where it was moved to, and which layers it needs. */
#ifndef IMAGE_BUNDLE_RECORD_H
#define IMAGE_BUNDLE_RECORD_H

#include <stdbool.h>

#include "base/error.h"
#include "image/store.h"
#include "libocispec/types.h"

struct root_mount;

/* How the directory is called that a run makes for its bundle; more characters follow. */
#define RUN_PLACE_PREFIX "coracle-run-"

/* And in that the runtime's state, if it has no other place. */
#define RUN_PLACE_STATE "state"

struct bundle_record {
	char *bundle;		   /* its path */
	char *mount_point;	   /* of the file system that it is on, or NULL */
	char *handle;		   /* "TYPE:HEX" (name_to_handle_at(2)), or NULL: there is none */
	struct oci_strings layers; /* as mount.json has them */
	struct oci_strings images;
	bool is_run; /* a run's: only `bundle` is known, and it may have no mount */
};

void bundle_record_release(struct bundle_record *record);
#define auto_bundle_record __attribute__((cleanup(bundle_record_release))) struct bundle_record

/* Notes that the bundle, which is or will be at this absolute path and which bundle_fd is open on,
 * mounts what `mount` says.  On disk when this returns, but for a temporary bundle, which does not
 * outlive a power cut. */
int bundle_record_add(const char *store, const char *bundle, int bundle_fd,
		      const struct root_mount *mount, struct error *err);

/* Notes that a run makes its bundle at this absolute path, in a directory of its own (RUN_PLACE_PREFIX) which
 * is locked (flock) while the run lives.  Not synced. */
int bundle_record_add_run(const char *store, const char *bundle, struct error *err);

/* Forgets it; where there is no such record nothing is done. */
void bundle_record_drop(const char *store, const char *bundle);

/* Calls each() for every record; its first error ends it.  What writers that were killed have left is
 * removed, unless is_dry: nobody may be writing (STORE_EXCLUSIVE). */
int bundle_record_each(const struct store *store, bool is_dry,
		       int (*each)(void *context, const struct bundle_record *record,
				   struct error *err),
		       void *context, struct error *err);

/* Whether the file system that the bundle is on is not mounted now where it was. */
bool bundle_record_is_away(const struct bundle_record *record);

/* Looks for a bundle that is no more at its path on the file system that it was on.  Returns a
 * descriptor, or -ENOENT: it is gone, or nobody can tell. */
int bundle_record_find(const struct bundle_record *record);

#endif
