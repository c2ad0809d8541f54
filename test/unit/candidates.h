/* candidates.h - whether an endpoint is among the candidates */
#ifndef UNIT_CANDIDATES_H
#define UNIT_CANDIDATES_H

#include "path/find/candidate.h"

static inline bool candidates_have(const struct candidates *c, const struct endpoint *ep)
{
	for (size_t i = 0; i < c->n; i++)
		if (endpoint_equal(&c->v[i].ep, ep))
			return true;
	return false;
}

#endif
