/* property_devices.c - device rules as systemd's DevicePolicy and DeviceAllow */
#include <linux/bpf.h>
#include <stdio.h>

#include "base/text.h"
#include "cgroup/device_rules.h"
#include "cgroup/property_resources.h"

#define PATTERN_SIZE 64

static void push(struct property_list *list, const char *kind, const struct device_rule *rule)
{
	struct property *property = property_add(list, "DeviceAllow", "a(ss)");
	char pattern[PATTERN_SIZE], access[4];

	if (rule->major == DEVICE_ANY)
		snprintf(pattern, sizeof(pattern), "%s-*", kind);
	else if (rule->minor == DEVICE_ANY)
		snprintf(pattern, sizeof(pattern), "%s-%u", kind, rule->major);
	else
		snprintf(pattern, sizeof(pattern), "/dev/%s/%u:%u", kind, rule->major, rule->minor);
	snprintf(access, sizeof(access), "%s%s%s", rule->access & BPF_DEVCG_ACC_READ ? "r" : "",
		 rule->access & BPF_DEVCG_ACC_WRITE ? "w" : "",
		 rule->access & BPF_DEVCG_ACC_MKNOD ? "m" : "");
	property_push_text(property, pattern);
	property_push_text(property, access);
}

void properties_of_devices(const struct oci_device_rule *rules, size_t n,
			   struct property_list *list)
{
	__attribute__((cleanup(device_rules_release))) struct device_rules plan = { 0 };

	device_rules_plan(rules, n, &plan);
	property_set_text(list, "DevicePolicy", plan.allow_rest ? "auto" : "strict");
	/* an empty list takes back what was allowed before */
	property_add(list, "DeviceAllow", "a(ss)");
	for (size_t i = 0; !plan.allow_rest && i < plan.n; i++) {
		const struct device_rule *rule = &plan.items[i];

		if (!rule->allow)
			continue;
		if (rule->type != BPF_DEVCG_DEV_BLOCK)
			push(list, "char", rule);
		if (rule->type != BPF_DEVCG_DEV_CHAR)
			push(list, "block", rule);
	}
}
