/* net_address.c - see net_address.h */
#include "linux/net_address.h"

#include <errno.h>
#include <linux/if_addr.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/text.h"
#include "linux/rtnetlink.h"

#define READS_MAX 16 /* tries, when the list changes while it is read */

/* More than one device's addresses would come to; a list that grows for ever has an end. */
#define ADDRESSES_MAX 4096

/* The rest the kernel sets as it goes. */
#define KEPT_FLAGS                                                                      \
	(IFA_F_NODAD | IFA_F_HOMEADDRESS | IFA_F_MANAGETEMPADDR | IFA_F_NOPREFIXROUTE | \
	 IFA_F_MCAUTOJOIN)

struct reading {
	int index;
	struct net_addresses addresses;
};

static uint32_t flags_of(const struct nlmsghdr *answer, const struct ifaddrmsg *head)
{
	const struct rtattr *attribute = rtnetlink_attribute(answer, sizeof(*head), IFA_FLAGS);
	uint32_t flags = head->ifa_flags;

	if (attribute && RTA_PAYLOAD(attribute) >= sizeof(flags))
		memcpy(&flags, RTA_DATA(attribute), sizeof(flags));
	return flags;
}

static void read_part(const struct nlmsghdr *answer, uint16_t type, struct net_address_part *ret)
{
	const struct rtattr *attribute =
		rtnetlink_attribute(answer, sizeof(struct ifaddrmsg), type);

	if (!attribute || RTA_PAYLOAD(attribute) > sizeof(ret->data))
		return;
	ret->type = type;
	ret->len = (uint16_t) RTA_PAYLOAD(attribute);
	memcpy(ret->data, RTA_DATA(attribute), ret->len);
}

static int read_one(const struct nlmsghdr *answer, void *data)
{
	static const uint16_t types[NET_ADDRESS_PARTS] = { IFA_LOCAL, IFA_ADDRESS, IFA_BROADCAST,
							   IFA_RT_PRIORITY };
	const struct ifaddrmsg *head = NLMSG_DATA(answer);
	struct reading *reading = data;
	struct net_addresses *list = &reading->addresses;
	struct net_address *address;

	if (answer->nlmsg_type != RTM_NEWADDR || answer->nlmsg_len < NLMSG_LENGTH(sizeof(*head)) ||
	    (int) head->ifa_index != reading->index || head->ifa_scope != RT_SCOPE_UNIVERSE ||
	    !(flags_of(answer, head) & IFA_F_PERMANENT))
		return 0;
	if (list->n == ADDRESSES_MAX)
		return -E2BIG;
	if (!list->items)
		list->items = xcalloc(ADDRESSES_MAX, sizeof(*list->items));
	address = &list->items[list->n++];
	*address = (struct net_address){
		.family = head->ifa_family,
		.prefix_len = head->ifa_prefixlen,
		.flags = flags_of(answer, head) & KEPT_FLAGS,
	};
	for (size_t i = 0; i < NET_ADDRESS_PARTS; i++)
		read_part(answer, types[i], &address->parts[i]);
	return 0;
}

int net_addresses_read(int sock, int index, struct net_addresses *ret)
{
	struct reading reading = { .index = index };
	int r = -EAGAIN;

	for (int i = 0; i < READS_MAX && r == -EAGAIN; i++) {
		const struct ifaddrmsg head = { .ifa_family = AF_UNSPEC };
		struct rtnetlink_message message;

		reading.addresses.n = 0;
		rtnetlink_begin(&message, RTM_GETADDR, &head, sizeof(head));
		r = rtnetlink_ask(sock, &message, NLM_F_DUMP, read_one, &reading);
	}
	if (r < 0)
		free(reading.addresses.items);
	else
		*ret = reading.addresses;
	return r;
}

static int write_one(int sock, int index, const struct net_address *address, char *words)
{
	const struct ifaddrmsg head = {
		.ifa_family = address->family,
		.ifa_prefixlen = address->prefix_len,
		.ifa_scope = RT_SCOPE_UNIVERSE,
		.ifa_index = (unsigned int) index,
	};
	struct rtnetlink_message message;

	rtnetlink_begin(&message, RTM_NEWADDR, &head, sizeof(head));
	message.header.nlmsg_flags = NLM_F_CREATE | NLM_F_REPLACE;
	rtnetlink_add(&message, IFA_FLAGS, &address->flags, sizeof(address->flags));
	for (size_t i = 0; i < NET_ADDRESS_PARTS; i++)
		if (address->parts[i].type)
			rtnetlink_add(&message, address->parts[i].type, address->parts[i].data,
				      address->parts[i].len);
	return rtnetlink_order(sock, &message, words);
}

int net_addresses_write(int sock, int index, const struct net_addresses *addresses, char *words)
{
	int r = 0;

	for (size_t i = 0; i < addresses->n && r >= 0; i++)
		r = write_one(sock, index, &addresses->items[i], words);
	return r;
}
