/* systemd_message.c - see systemd_message.h */
#include "cgroup/systemd_message.h"

#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"

static void note(struct systemd_message *m, int r)
{
	if (r < 0 && m->problem >= 0)
		m->problem = r;
}

void systemd_message_open(struct systemd_message *m, char type, const char *contents)
{
	if (m->problem >= 0)
		note(m, sd_bus_message_open_container(m->message, type, contents));
}

void systemd_message_close(struct systemd_message *m)
{
	if (m->problem >= 0)
		note(m, sd_bus_message_close_container(m->message));
}

void systemd_message_append(struct systemd_message *m, char type, const void *value)
{
	if (m->problem >= 0)
		note(m, sd_bus_message_append_basic(m->message, type, value));
}

void systemd_message_append_text(struct systemd_message *m, const char *text)
{
	systemd_message_append(m, 's', text);
}

static void append_value(struct systemd_message *m, char type, const union property_value *value)
{
	int is_true = value->number != 0;
	uint8_t byte = (uint8_t) value->number;
	uint16_t half = (uint16_t) value->number;
	uint32_t word = (uint32_t) value->number;

	switch (type) {
	case 'b':
		systemd_message_append(m, type, &is_true);
		break;
	case 'y':
		systemd_message_append(m, type, &byte);
		break;
	case 'n':
	case 'q':
		systemd_message_append(m, type, &half);
		break;
	case 'i':
	case 'u':
		systemd_message_append(m, type, &word);
		break;
	case 'd':
		systemd_message_append(m, type, &value->real);
		break;
	default:
		if (property_is_text(type))
			systemd_message_append(m, type, value->text);
		else
			systemd_message_append(m, type, &value->number);
	}
}

static void append_array(struct systemd_message *m, const struct property *property)
{
	bool is_struct = property->type[1] == '(';
	size_t n;
	const char *types = property_element(property, &n);
	auto_free char *inner = xasprintf("%.*s", (int) n, types);

	systemd_message_open(m, 'a', property->type + 1);
	for (size_t i = 0; i < property->n; i++) {
		if (is_struct && i % n == 0)
			systemd_message_open(m, 'r', inner);
		append_value(m, types[i % n], &property->values[i]);
		if (is_struct && i % n == n - 1)
			systemd_message_close(m);
	}
	systemd_message_close(m);
}

void systemd_message_append_property(struct systemd_message *m, const struct property *property)
{
	systemd_message_open(m, 'r', "sv");
	systemd_message_append_text(m, property->name);
	systemd_message_open(m, 'v', property->type);
	if (property->type[0] == 'a')
		append_array(m, property);
	else
		append_value(m, property->type[0], &property->values[0]);
	systemd_message_close(m);
	systemd_message_close(m);
}
