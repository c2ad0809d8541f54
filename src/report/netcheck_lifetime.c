/* How long the NAT keeps an unused binding. */
#include "report/netcheck.h"

#include <string.h>

static const char *state_name(enum lifetime_state s)
{
	switch (s) {
	case LIFETIME_NONE:
		break;
	case LIFETIME_RUNS:
		return "running";
	case LIFETIME_MEASURED:
		return "measured";
	case LIFETIME_SILENT:
		return "no-answer";
	case LIFETIME_NO_SERVER:
		return "no-server";
	case LIFETIME_ADDRESSES:
		return "several-addresses";
	case LIFETIME_DISTURBED:
		return "network-changed";
	}
	return "none";
}

static double seconds(mono_ns t)
{
	mono_ns tenths = t / (100 * MSEC);
	return (double)tenths / 10;
}

static json_t *family_json(const struct lifetime_report *r, mono_ns now)
{
	if (!r || r->state == LIFETIME_NONE)
		return json_null();
	bool runs = r->state == LIFETIME_RUNS;
	json_t *dead = r->dead ? json_real(seconds(r->dead + 100 * MSEC - 1)) : json_null();
	json_t *left = runs ? json_real(seconds(r->ended > now ? r->ended - now : 0)) : json_null();
	return json_pack("{s:s, s:f, s:o, s:f, s:o, s:i}", "state", state_name(r->state),
			 "at_least_s", seconds(r->alive), "less_than_s", dead, "longest_s",
			 seconds(r->longest), "left_s", left, "sent", (int)r->sent);
}

json_t *netcheck_lifetime_json(const struct lifetime_report *v4, const struct lifetime_report *v6,
			       mono_ns now)
{
	return json_pack("{s:o, s:o}", "ipv4", family_json(v4, now), "ipv6", family_json(v6, now));
}
