/* systemd_message.h - fill a D-Bus message; the first failure is kept, and told when it is sent */
#ifndef CGROUP_SYSTEMD_MESSAGE_H
#define CGROUP_SYSTEMD_MESSAGE_H

#include <systemd/sd-bus.h>

#include "cgroup/property.h"

struct systemd_message {
	sd_bus_message *message;
	int problem; /* 0, or the negative errno of what could not be appended */
};

void systemd_message_open(struct systemd_message *m, char type, const char *contents);
void systemd_message_close(struct systemd_message *m);

/* value as sd_bus_message_append_basic(3) wants it for the type. */
void systemd_message_append(struct systemd_message *m, char type, const void *value);
void systemd_message_append_text(struct systemd_message *m, const char *text);

/* As a struct of its name and a variant: "(sv)". */
void systemd_message_append_property(struct systemd_message *m, const struct property *property);

#endif
