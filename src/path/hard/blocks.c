#include "path/hard/blocks.h"

bool block_of(const uint16_t *ports, size_t n, struct port_block *out)
{
	if (n < BLOCK_SAMPLES_MIN)
		return false;
	uint32_t differ = 0, size = BLOCK_MIN;
	for (size_t i = 1; i < n; i++)
		differ |= (uint32_t)(ports[i] ^ ports[0]);
	while (differ >= size)
		size *= 2;
	if (size > BLOCK_MAX)
		return false;
	*out = (struct port_block){.first = (uint16_t)(ports[0] & ~(size - 1)), .size = size};
	return true;
}
