/* net_address.h - the addresses of a network device: read here, given back there */
#ifndef LINUX_NET_ADDRESS_H
#define LINUX_NET_ADDRESS_H

#include <stddef.h>
#include <stdint.h>

/* One attribute of an address, as the kernel has it. */
struct net_address_part {
	uint16_t type; /* IFA_*; 0: none */
	uint16_t len;
	unsigned char data[16];
};

#define NET_ADDRESS_PARTS 4

struct net_address {
	uint8_t family;
	uint8_t prefix_len;
	uint32_t flags; /* IFA_F_*, those that can be asked for */
	struct net_address_part parts[NET_ADDRESS_PARTS];
};

struct net_addresses {
	struct net_address *items; /* freed by the owner */
	size_t n;
};

/* Reads the permanent addresses of global scope of the device `index`.  0 or -errno. */
int net_addresses_read(int sock, int index, struct net_addresses *ret);

/* Gives them to the device `index`; what the kernel says of a failure is put into `words`
 * (RTNETLINK_WORDS bytes).  0 or -errno. */
int net_addresses_write(int sock, int index, const struct net_addresses *addresses, char *words);

#endif
