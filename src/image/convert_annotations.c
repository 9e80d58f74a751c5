/* convert_annotations.c - annotations out of the image's configuration; see convert.h */
#include "image/convert.h"

#include <stdlib.h>

#include "base/log.h"
#include "base/text.h"
#include "image/lists.h"

#define PREFIX "org.opencontainers.image."

/* Annotations by which runtimes and engines are told to do more than describe: an image must not
 * (CVE-2026-53492). */
/* clang-format off */
static const char *const privileged[] = {
	"cdi.k8s.io/",
	"io.containerd.",
	"io.katacontainers.",
	"io.kubernetes.",
	"org.criu.",
	"org.systemd.property.",
	"run.oci.",
};
/* clang-format on */

static bool is_privileged(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(privileged); i++)
		if (str_after(name, privileged[i]))
			return true;
	return false;
}

static void add(struct oci_string_map *annotations, const char *name, const char *value)
{
	if (value && *value)
		pairs_set(annotations, xstrdup(name), xstrdup(value));
}

/* Adds the strings with commas between. */
static void add_joined(struct oci_string_map *annotations, const char *name, char *const *items,
		       size_t n)
{
	auto_str text = { 0 };

	for (size_t i = 0; i < n; i++)
		str_printf(&text, "%s%s", i ? "," : "", items[i]);
	add(annotations, name, text.data);
}

void convert_annotations(const struct oci_image *image, struct oci_string_map *ret)
{
	const struct oci_image_run *run = image->config;

	add(ret, PREFIX "os", image->os);
	add(ret, PREFIX "architecture", image->architecture);
	add(ret, PREFIX "variant", image->variant);
	add(ret, PREFIX "os.version", image->os_version);
	add_joined(ret, PREFIX "os.features", image->os_features.items, image->os_features.n);
	add(ret, PREFIX "author", image->author);
	add(ret, PREFIX "created", image->created);
	if (!run)
		return;
	add(ret, PREFIX "stopSignal", run->stop_signal);
	add_joined(ret, PREFIX "exposedPorts", run->exposed_ports.keys, run->exposed_ports.n);
	for (size_t i = 0; i < run->labels.n; i++) {
		const struct oci_pair *label = &run->labels.items[i];

		if (!*label->name)
			log_warning(
				"the image has a label without a name, which no annotation can be: "
				"left out");
		else if (is_privileged(label->name))
			log_warning("the image's label '%.100s' would instruct the runtime: left out",
				    label->name);
		else
			pairs_set(ret, xstrdup(label->name), xstrdup(label->value));
	}
}
