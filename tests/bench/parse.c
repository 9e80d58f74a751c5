/* parse.c - what reading a config.json costs: parse N FILE prints microseconds a document */
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "libocispec/document.h"
#include "libocispec/runtime.h"

static double now_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double) now.tv_sec * 1e6 + (double) now.tv_nsec / 1e3;
}

int main(int argc, char **argv)
{
	static char json[OCI_DOCUMENT_MAX];
	int n = argc == 3 ? atoi(argv[1]) : 0;
	FILE *file = n > 0 ? fopen(argv[2], "r") : NULL;
	double begin;
	size_t len;

	if (!file)
		errx(2, "usage: parse N FILE");
	len = fread(json, 1, sizeof(json), file);
	fclose(file);
	begin = now_us();
	for (int i = 0; i < n; i++) {
		struct oci_config config = { 0 };
		struct oci_error error;

		if (oci_parse(&oci_config_desc, &config, json, len, &error) < 0)
			errx(1, "%s: %s: %s", argv[2], error.path, error.text);
		oci_release(&oci_config_desc, &config);
	}
	printf("%.1f %zu\n", (now_us() - begin) / n, len);
	return 0;
}
