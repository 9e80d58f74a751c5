/* replay.c - gives a fuzz harness the files of its corpus, where there is no libFuzzer
 *
 * With arguments, these files; without, all of $srcdir/tests/fuzz/corpus/NAME, NAME being what the
 * program is called. */
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/fuzz/fuzz.h"

static int replay(const char *path)
{
	FILE *file = fopen(path, "re");
	uint8_t *data = NULL;
	long size = -1;

	if (file != NULL && fseek(file, 0, SEEK_END) == 0)
		size = ftell(file);
	if (size >= 0) {
		rewind(file);
		data = malloc((size_t) size + 1);
	}
	if (data == NULL || fread(data, 1, (size_t) size, file) != (size_t) size) {
		fprintf(stderr, "cannot read '%s'\n", path);
		return EXIT_FAILURE;
	}
	fclose(file);
	/* Told beforehand: the harness ends the program when it finds something. */
	printf("%s\n", path);
	fflush(stdout);
	LLVMFuzzerTestOneInput(data, (size_t) size);
	free(data);
	return EXIT_SUCCESS;
}

static int replay_corpus(const char *program)
{
	const char *top = getenv("srcdir"), *name = strrchr(program, '/');
	char pattern[4096];
	glob_t files;
	int status = EXIT_SUCCESS;

	snprintf(pattern, sizeof(pattern), "%s/tests/fuzz/corpus/%s/*", top != NULL ? top : ".",
		 name != NULL ? name + 1 : program);
	if (glob(pattern, 0, NULL, &files) != 0) {
		fprintf(stderr, "no file is called '%s'\n", pattern);
		return EXIT_FAILURE;
	}
	for (size_t i = 0; i < files.gl_pathc && status == EXIT_SUCCESS; i++)
		status = replay(files.gl_pathv[i]);
	globfree(&files);
	return status;
}

int main(int argc, char **argv)
{
	int status = EXIT_SUCCESS;

	if (argc < 2)
		return replay_corpus(argv[0]);
	for (int i = 1; i < argc && status == EXIT_SUCCESS; i++)
		status = replay(argv[i]);
	return status;
}
