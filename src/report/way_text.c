#include "report/way_text.h"

#include <stdio.h>

const char *way_text(const struct netmap *map, const struct way *way, char out[static WAY_TEXT_MAX])
{
	const struct netmap_relay *r;
	char ep[ENDPOINT_TEXT_MAX];
	switch (way->kind) {
	case WAY_UDP:
		snprintf(out, WAY_TEXT_MAX, "%s", endpoint_format(&way->ep, ep));
		break;
	case WAY_RELAY:
		r = netmap_relay(map, way->region);
		snprintf(out, WAY_TEXT_MAX, "relay(%s)", r ? r->name : "unknown");
		break;
	case WAY_NONE:
		snprintf(out, WAY_TEXT_MAX, "none");
		break;
	}
	return out;
}
