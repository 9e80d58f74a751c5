/* convert.c - see convert.h */
#include "cgroup/convert.h"

#include <errno.h>
#include <inttypes.h>

/* libm would be one more library to map at every start, for one number: these two are exact to
 * some 14 digits, which the unit test compares with libm's over the whole range. */
static double log2_of(uint64_t n)
{
	int exponent = 63 - __builtin_clzll(n);
	double mantissa = (double) n / (double) (UINT64_C(1) << exponent); /* [1, 2) */
	double result = exponent;

	for (double bit = 0.5; bit > 1e-16; bit /= 2) {
		mantissa *= mantissa;
		if (mantissa >= 2) {
			mantissa /= 2;
			result += bit;
		}
	}
	return result;
}

static double power_of_ten(double exponent)
{
	double x = exponent * 2.30258509299404568402; /* ln 10 */
	double term = 1;
	double sum = 1;

	for (int i = 1; i < 64; i++) {
		term *= x / i;
		sum += term;
	}
	return sum;
}

uint64_t convert_cpu_shares(uint64_t shares)
{
	double l, weight;
	uint64_t floor;

	if (shares <= 2)
		return 1;
	if (shares >= 262144)
		return 10000;
	l = log2_of(shares);
	weight = power_of_ten((l * l + 125 * l) / 612 - 7.0 / 34.0) - 1e-9; /* 1024: 100, not 101 */
	floor = (uint64_t) weight;
	return floor + 1;
}

uint64_t convert_io_weight(uint64_t weight)
{
	if (weight <= 10)
		return 1;
	if (weight >= 1000)
		return 10000;
	return 1 + (weight - 10) * 9999 / 990;
}

int convert_swap(int64_t limit, int64_t swap, int64_t *ret_swap, struct error *err)
{
	static const char where[] = "linux.resources.memory.swap";

	if (swap == -1 || (swap == 0 && limit == -1)) {
		*ret_swap = SWAP_UNLIMITED;
		return 0;
	}
	if (swap == 0) {
		*ret_swap = SWAP_UNSET;
		return 0;
	}
	if (swap < 0)
		return fail_at(err, EINVAL, where, "%" PRId64 " is neither a size nor -1", swap);
	if (limit <= 0)
		return fail_at(err, EINVAL, where,
			       "counts memory and swap together, so it needs a memory.limit");
	if (swap < limit)
		return fail_at(err, EINVAL, where,
			       "%" PRId64 " is less than memory.limit, %" PRId64
			       ", which it includes",
			       swap, limit);
	*ret_swap = swap - limit;
	return 0;
}
