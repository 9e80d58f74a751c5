/* property_annotations.h - annotations that set properties of the container's systemd unit
 *
 *	org.systemd.property.TimeoutStopUSec    uint64 5000000
 *	org.systemd.property.CollectMode        'inactive-or-failed'
 *	org.systemd.property.After              ['network.target', 'db.service']
 *
 * The values are text as property_text.h reads it.  As runc has it, a name in ...Sec (TimeoutStopSec)
 * takes seconds, a fraction too, and sets ...USec; and any whole number will do for ...USec. */
#ifndef CGROUP_PROPERTY_ANNOTATIONS_H
#define CGROUP_PROPERTY_ANNOTATIONS_H

#include "base/error.h"
#include "cgroup/property.h"
#include "libocispec/types.h"

#define ANNOTATION_PROPERTY "org.systemd.property."

/* -EINVAL, naming the annotation, for malformed names and values, and for what is not an
 * annotation's to set: which processes and which slice. */
int properties_of_annotations(const struct oci_string_map *annotations, struct property_list *list,
			      struct error *err);

#endif
