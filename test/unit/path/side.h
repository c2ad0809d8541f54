/* side.h - what one side of an attempt tells of its NAT, for tests */
#ifndef PATH_SIDE_H
#define PATH_SIDE_H

#include "path/hard/plan.h"

static inline struct disco_extension side(enum dest_mapping mapping, enum guess_kind kind)
{
	static const uint16_t random[8] = {40000, 2000, 61000, 33000, 9000, 52000, 21000, 14000};
	struct disco_extension e = {.step = DISCO_STEP_READY,
				    .mapping = mapping,
				    .reflexive = {ip_v4(192, 0, 2, 9), 41000},
				    .n_samples = 8};
	for (uint16_t i = 0; i < 8; i++)
		e.samples[i].port = kind == GUESS_COUNTS  ? (uint16_t)(5000 + i)
				    : kind == GUESS_BLOCK ? (uint16_t)(8192 + random[i] % 512)
							  : random[i];
	e.sockets = (uint16_t)hard_plan_sockets(mapping, kind);
	return e;
}

#endif
