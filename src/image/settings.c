/* settings.c - see settings.h; --mount is in settings_mount.c */
#include "image/settings.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/text.h"
#include "image/lists.h"
#include "image/seccomp_profile.h"
#include "libocispec/desc.h"
#include "libocispec/document.h"

/* The scheduler's period, in microseconds, that engines use. */
#define CPU_PERIOD 100000
#define CPUS_MAX 8192

/* What the kernel's host name has room for. */
#define HOSTNAME_LEN_MAX 64

static int bad(const char *option, const char *value, const char *why, struct error *err)
{
	return fail_as(err, ERROR_USAGE, EINVAL, "option --%s: '%.200s' %s", option, value, why);
}

/* An array of strings has to be a member to be read by the tables. */
struct words {
	struct oci_strings words;
};

/* clang-format off */
static OCI_DESC(words,
		OCI_F(words, words, "words"));
/* clang-format on */

static int entrypoint_of(const char *text, struct oci_strings *ret, struct error *err)
{
	auto_str json = { 0 };
	struct words parsed = { 0 };
	struct oci_error why;

	if (*text != '[') {
		if (*text)
			strings_add(ret, xstrdup(text));
		return 0;
	}
	str_printf(&json, "{\"words\":%s}", text);
	if (oci_parse(&words_desc, &parsed, json.data, json.len, &why) < 0)
		return bad("entrypoint", text, "is not a JSON array of strings", err);
	*ret = parsed.words;
	return 0;
}

static void add_all(struct oci_strings *ret, char *const *items)
{
	for (; items && *items; items++)
		strings_add(ret, xstrdup(*items));
}

int settings_args(const struct settings *settings, const struct oci_image_run *run,
		  struct oci_strings *ret, struct error *err)
{
	bool has_args = settings->args && settings->args[0];

	*ret = (struct oci_strings){ 0 };
	if (settings->entrypoint) {
		if (entrypoint_of(settings->entrypoint, ret, err) < 0)
			return -err->code;
	} else {
		add_all(ret, run->entrypoint.items);
	}
	if (has_args)
		add_all(ret, settings->args);
	else if (!settings->entrypoint)
		add_all(ret, run->cmd.items);
	if (!ret->n)
		strings_add(ret, xstrdup("sh"));
	return 0;
}

bool env_has(const struct oci_strings *env, const char *name_and_equals)
{
	for (size_t i = 0; i < env->n; i++)
		if (str_after(env->items[i], name_and_equals))
			return true;
	return false;
}

/* Sets NAME=VALUE in place, or at the end. */
static void set_variable(struct oci_strings *env, char *item)
{
	size_t name_len = (size_t) (strchr(item, '=') - item) + 1;

	for (size_t i = 0; i < env->n; i++) {
		if (strncmp(env->items[i], item, name_len) == 0) {
			free(env->items[i]);
			env->items[i] = item;
			return;
		}
	}
	strings_add(env, item);
}

int settings_env(const struct settings *settings, struct oci_strings *env, struct error *err)
{
	for (size_t i = 0; i < settings->n_env; i++) {
		const char *item = settings->env[i], *value;

		if (!*item || *item == '=')
			return bad("env", item, "has no name", err);
		value = strchr(item, '=') ? "" : getenv(item);
		if (strchr(item, '='))
			set_variable(env, xstrdup(item));
		else if (value)
			set_variable(env, xasprintf("%s=%s", item, value));
	}
	return 0;
}

int settings_size(const char *text, uint64_t *ret)
{
	static const char units[] = "BKMGT";
	char *end;
	double number = strtod(text, &end), factor = 1;
	const char *unit = *end ? strchr(units, *end & ~0x20) : units;

	if (end == text || strspn(text, "0123456789.") != (size_t) (end - text) || !unit || !*unit)
		return -EINVAL;
	for (; unit > units; unit--)
		factor *= 1024;
	end += *end != '\0';
	if (*end && strcasecmp(end, "b") != 0 && strcasecmp(end, "ib") != 0)
		return -EINVAL;
	if (!(number * factor < 9.2e18))
		return -ERANGE;
	*ret = (uint64_t) (number * factor);
	return 0;
}

static struct oci_resources *resources_of(struct oci_config *config)
{
	if (!config->linux->resources)
		config->linux->resources = xcalloc(1, sizeof(*config->linux->resources));
	return config->linux->resources;
}

static int set_memory(const char *text, struct oci_config *config, struct error *err)
{
	struct oci_memory *memory;
	uint64_t bytes;

	if (settings_size(text, &bytes) < 0 || bytes == 0)
		return bad("memory", text, "is no number of bytes: write 512M or 2G", err);
	memory = xcalloc(1, sizeof(*memory));
	memory->limit = (struct oci_i64){ true, (int64_t) bytes };
	resources_of(config)->memory = memory;
	return 0;
}

static int set_cpus(const char *text, struct oci_config *config, struct error *err)
{
	char *end;
	double number = strtod(text, &end);
	struct oci_cpu *cpu;

	if (end == text || *end || !(number >= 0.01 && number <= CPUS_MAX))
		return bad("cpus", text, "is no number of processors from 0.01 on", err);
	cpu = xcalloc(1, sizeof(*cpu));
	cpu->quota = (struct oci_i64){ true, (int64_t) (number * CPU_PERIOD) };
	cpu->period = (struct oci_u64){ true, CPU_PERIOD };
	resources_of(config)->cpu = cpu;
	return 0;
}

static void set_pids(unsigned int pids, struct oci_config *config)
{
	struct oci_pids *limit = xcalloc(1, sizeof(*limit));

	limit->limit = (struct oci_i64){ true, pids };
	resources_of(config)->pids = limit;
}

static void remove_namespace(struct oci_linux *linux, const char *type)
{
	for (size_t i = 0; i < linux->namespaces.n; i++) {
		struct oci_namespace *item = &linux->namespaces.items[i];

		if (!str_equal(item->type, type))
			continue;
		free(item->type);
		free(item->path);
		memmove(item, item + 1, (--linux->namespaces.n - i) * sizeof(*item));
		return;
	}
}

static bool has_namespace(const struct oci_linux *linux, const char *type)
{
	for (size_t i = 0; i < linux->namespaces.n; i++)
		if (str_equal(linux->namespaces.items[i].type, type))
			return true;
	return false;
}

static int set_network(const struct settings *settings, struct oci_config *config,
		       struct error *err)
{
	struct oci_linux *linux = config->linux;

	if (settings->network == NETWORK_HOST) {
		remove_namespace(linux, "network");
		if (access("/etc/resolv.conf", R_OK) == 0)
			return settings_mount("type=bind,source=/etc/resolv.conf,"
					      "target=/etc/resolv.conf,ro",
					      config, err);
		return 0;
	}
	if (!has_namespace(linux, "network")) {
		linux->namespaces.items = list_grow(linux->namespaces.items, linux->namespaces.n,
						    sizeof(*linux->namespaces.items));
		linux->namespaces.items[linux->namespaces.n++].type = xstrdup("network");
	}
	return 0;
}

/* As it was given, dots too; in /etc/hosts it is a word. */
static int set_hostname(const char *name, struct oci_config *config, struct error *err)
{
	size_t len =
		strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._");

	if (name[len] || len > HOSTNAME_LEN_MAX)
		return bad("hostname", name, "is no host name: up to 64 letters, digits, and - . _",
			   err);
	free(config->hostname);
	config->hostname = xstrdup(name);
	return 0;
}

/* The caller's kind of terminal, unless the image or the user names another. */
static int set_term(struct oci_process *process, struct error *err)
{
	static const char *const names[] = { "TERM" };

	if (env_has(&process->env, "TERM="))
		return 0;
	return settings_env(&(struct settings){ .env = names, .n_env = 1 }, &process->env, err);
}

int settings_apply(const struct settings *settings, struct oci_config *config, struct error *err)
{
	config->process->terminal = settings->tty;
	if ((settings->tty && set_term(config->process, err) < 0) ||
	    (settings->hostname && set_hostname(settings->hostname, config, err) < 0))
		return -err->code;
	config->root->readonly = settings->read_only;
	if (settings->seccomp == SECCOMP_DEFAULT)
		config->linux->seccomp = seccomp_profile_new();
	if ((settings->memory && set_memory(settings->memory, config, err) < 0) ||
	    (settings->cpus && set_cpus(settings->cpus, config, err) < 0) ||
	    set_network(settings, config, err) < 0)
		return -err->code;
	if (settings->pids)
		set_pids(settings->pids, config);
	for (size_t i = 0; i < settings->n_mounts; i++)
		if (settings_mount(settings->mounts[i], config, err) < 0)
			return -err->code;
	return 0;
}
