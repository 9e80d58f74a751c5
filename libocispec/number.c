/* number.c - JSON numbers <-> the integer members of the OCI structs; see number.h */
#include "libocispec/number.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* Where the integer is in a value of the kind, and what it holds.  bits is 0 for other kinds. */
struct shape {
	uint8_t bits;
	uint8_t at;
	bool is_signed;
	bool is_optional;
};

#define OPTIONAL(type, bits_, signed_)                                                   \
	{                                                                                \
		.bits = bits_, .at = offsetof(struct type, value), .is_signed = signed_, \
		.is_optional = true,                                                     \
	}

static const struct shape shapes[OCI_KINDS] = {
	[OCI_KIND_I32] = { .bits = 32, .is_signed = true },
	[OCI_KIND_I64] = { .bits = 64, .is_signed = true },
	[OCI_KIND_U32] = { .bits = 32 },
	[OCI_KIND_U64] = { .bits = 64 },
	[OCI_KIND_OPT_U16] = OPTIONAL(oci_u16, 16, false),
	[OCI_KIND_OPT_I32] = OPTIONAL(oci_i32, 32, true),
	[OCI_KIND_OPT_U32] = OPTIONAL(oci_u32, 32, false),
	[OCI_KIND_OPT_I64] = OPTIONAL(oci_i64, 64, true),
	[OCI_KIND_OPT_U64] = OPTIONAL(oci_u64, 64, false),
};

/* Every optional struct begins with its is_set. */
_Static_assert(offsetof(struct oci_u16, is_set) == 0 && offsetof(struct oci_u64, is_set) == 0,
	       "is_set comes first");

/* A sign and what follows it: holds any of the values of int64_t and uint64_t. */
struct integer {
	bool is_negative;
	uint64_t magnitude;
};

static bool read_integer(struct integer *ret, const char *text, size_t len, bool *ret_overflow)
{
	size_t i = len > 0 && text[0] == '-';

	*ret = (struct integer){ .is_negative = i > 0 };
	*ret_overflow = false;
	if (i == len)
		return false;
	for (; i < len; i++) {
		if (text[i] < '0' || text[i] > '9')
			return false;
		if (__builtin_mul_overflow(ret->magnitude, 10, &ret->magnitude) ||
		    __builtin_add_overflow(ret->magnitude, text[i] - '0', &ret->magnitude))
			*ret_overflow = true;
	}
	return *ret_overflow || !ret->is_negative || ret->magnitude != 0;
}

static uint64_t largest(const struct shape *shape)
{
	return UINT64_MAX >> (64 - shape->bits + (shape->is_signed ? 1 : 0));
}

static bool fits(const struct shape *shape, const struct integer *integer)
{
	if (!integer->is_negative)
		return integer->magnitude <= largest(shape);
	return shape->is_signed && integer->magnitude <= largest(shape) + 1;
}

static void store(const struct shape *shape, char *place, const struct integer *integer)
{
	uint64_t bits = integer->is_negative ? -integer->magnitude : integer->magnitude;

	if (shape->is_optional)
		*(bool *) place = true;
	place += shape->at;
	if (shape->bits == 16)
		*(uint16_t *) place = (uint16_t) bits;
	else if (shape->bits == 32)
		*(uint32_t *) place = (uint32_t) bits;
	else
		*(uint64_t *) place = bits;
}

static void explain_range(const struct shape *shape, char *reason, size_t size)
{
	if (shape->is_signed)
		snprintf(reason, size, "out of range (-%" PRIu64 " to %" PRIu64 ")",
			 largest(shape) + 1, largest(shape));
	else
		snprintf(reason, size, "out of range (0 to %" PRIu64 ")", largest(shape));
}

static bool pass_check(const struct oci_member *member, const struct integer *integer, char *reason,
		       size_t size)
{
	bool is_below = integer->is_negative || integer->magnitude < (uint64_t) member->number;

	if (member->check == OCI_CHECK_AT_LEAST && is_below) {
		snprintf(reason, size, "must be at least %" PRId64, member->number);
		return false;
	}
	if (member->check == OCI_CHECK_EXACTLY &&
	    (is_below || integer->magnitude != (uint64_t) member->number)) {
		snprintf(reason, size, "must be %" PRId64, member->number);
		return false;
	}
	return true;
}

bool oci_number_read(const struct oci_member *member, enum oci_kind kind, void *place,
		     const char *text, size_t len, char *reason, size_t size)
{
	const struct shape *shape = &shapes[kind];
	struct integer integer;
	bool overflow;

	if (!read_integer(&integer, text, len, &overflow)) {
		snprintf(reason, size, "not an integer");
		return false;
	}
	if (overflow || !fits(shape, &integer)) {
		explain_range(shape, reason, size);
		return false;
	}
	if (!pass_check(member, &integer, reason, size))
		return false;
	store(shape, place, &integer);
	return true;
}

static struct integer load(const struct shape *shape, const char *place)
{
	uint64_t bits;

	place += shape->at;
	if (shape->bits == 16)
		bits = *(const uint16_t *) place;
	else if (shape->bits == 32)
		bits = shape->is_signed ? (uint64_t) * (const int32_t *) place
					: *(const uint32_t *) place;
	else
		bits = *(const uint64_t *) place;
	if (shape->is_signed && (int64_t) bits < 0)
		return (struct integer){ .is_negative = true, .magnitude = -bits };
	return (struct integer){ .magnitude = bits };
}

size_t oci_number_write(enum oci_kind kind, const void *place, char text[OCI_NUMBER_SIZE])
{
	struct integer integer = load(&shapes[kind], place);
	char *at = text + OCI_NUMBER_SIZE;
	size_t len;

	*--at = '\0';
	do {
		*--at = (char) ('0' + integer.magnitude % 10);
		integer.magnitude /= 10;
	} while (integer.magnitude > 0);
	if (integer.is_negative)
		*--at = '-';
	len = (size_t) (text + OCI_NUMBER_SIZE - 1 - at);
	memmove(text, at, len + 1);
	return len;
}

bool oci_number_is_default(enum oci_kind kind, const void *place)
{
	if (shapes[kind].is_optional)
		return !*(const bool *) place;
	return load(&shapes[kind], place).magnitude == 0;
}
