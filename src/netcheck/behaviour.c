#include "netcheck/behaviour.h"

#include <stdlib.h>

enum {
	STEP_MAX = 256,     /* no NAT is known to count by larger steps */
	STEP_SKIPS_MAX = 16 /* ports that others may have taken between two of ours */
};

const char *behaviour_name(enum behaviour b)
{
	switch (b) {
	case BEHAVIOUR_UNKNOWN:
		break;
	case BEHAVIOUR_ENDPOINT_INDEPENDENT:
		return "endpoint-independent";
	case BEHAVIOUR_ADDRESS_DEPENDENT:
		return "address-dependent";
	case BEHAVIOUR_ADDRESS_AND_PORT_DEPENDENT:
		return "address-and-port-dependent";
	case BEHAVIOUR_NOT_ON_PORT:
		return "endpoint-independent or address-dependent";
	case BEHAVIOUR_DEPENDENT:
		return "address-dependent or address-and-port-dependent";
	}
	return "unknown";
}

enum behaviour behaviour_of_mapping(const struct sample *v, size_t n)
{
	bool port_same = false, port_differs = false, address_same = false, address_differs = false;
	for (size_t i = 0; i < n; i++) {
		for (size_t k = 0; k < i; k++) {
			bool same = endpoint_equal(&v[i].seen, &v[k].seen);
			if (endpoint_equal(&v[i].to, &v[k].to))
				continue;
			if (ip_equal(&v[i].to.ip, &v[k].to.ip)) {
				port_same |= same;
				port_differs |= !same;
			} else {
				address_same |= same;
				address_differs |= !same;
			}
		}
	}
	if (port_differs)
		return BEHAVIOUR_ADDRESS_AND_PORT_DEPENDENT;
	if (address_differs)
		return port_same ? BEHAVIOUR_ADDRESS_DEPENDENT : BEHAVIOUR_DEPENDENT;
	if (address_same)
		return BEHAVIOUR_ENDPOINT_INDEPENDENT;
	return port_same ? BEHAVIOUR_NOT_ON_PORT : BEHAVIOUR_UNKNOWN;
}

static int common_divisor(int a, int b)
{
	while (b != 0) {
		int rest = a % b;
		a = b;
		b = rest;
	}
	return abs(a);
}

static bool same_mapping_as_before(const struct sample *v, size_t i)
{
	for (size_t k = 0; k < i; k++)
		if (endpoint_equal(&v[k].seen, &v[i].seen))
			return true;
	return false;
}

/* A NAT counts if the differences of successive new mappings have one sign and are small multiples
 * of one number. */
int behaviour_step(const struct sample *v, size_t n)
{
	int divisor = 0, largest = 0, sign = 0;
	size_t last = 0, differences = 0;
	for (size_t i = 1; i < n; i++) {
		if (same_mapping_as_before(v, i))
			continue;
		int d = (int16_t)(v[i].seen.port - v[last].seen.port);
		last = i;
		if (d == 0) /* another outside address */
			return 0;
		if (sign != 0 && (d > 0) != (sign > 0))
			return 0;
		sign = d > 0 ? 1 : -1;
		divisor = common_divisor(divisor, d);
		largest = abs(d) > largest ? abs(d) : largest;
		differences++;
	}
	if (differences < 2 || divisor > STEP_MAX || largest > STEP_SKIPS_MAX * divisor)
		return 0;
	return sign * divisor;
}

enum behaviour behaviour_of_filtering(enum arrival other_port, enum arrival other_address)
{
	if (other_address == ARRIVAL_YES)
		return BEHAVIOUR_ENDPOINT_INDEPENDENT;
	if (other_port == ARRIVAL_NO)
		return BEHAVIOUR_ADDRESS_AND_PORT_DEPENDENT;
	if (other_port == ARRIVAL_UNTRIED)
		return BEHAVIOUR_UNKNOWN;
	return other_address == ARRIVAL_NO ? BEHAVIOUR_ADDRESS_DEPENDENT : BEHAVIOUR_NOT_ON_PORT;
}
