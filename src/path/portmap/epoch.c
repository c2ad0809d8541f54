#include "path/portmap/epoch.h"

enum { SLACK_S = 2 }; /* the RFCs' allowance for rounding and for the delay of the answer */

static uint64_t ours_s(const struct epoch *e, mono_ns now)
{
	return mono_since(e->at, now) / SECOND;
}

static struct epoch take(struct epoch *e, uint32_t server_s, mono_ns now)
{
	struct epoch was = *e;
	*e = (struct epoch){.known = true, .server_s = server_s, .at = now};
	return was;
}

bool epoch_restarted_pcp(struct epoch *e, uint32_t server_s, mono_ns now)
{
	struct epoch was = take(e, server_s, now);
	if (!was.known)
		return false;
	if ((uint64_t)server_s + 1 < was.server_s)
		return true;
	/* One second backwards: two answers overtook each other. */
	uint64_t client = ours_s(&was, now),
		 server = server_s > was.server_s ? server_s - was.server_s : 0;
	return client + SLACK_S < server - server / 16 || server + SLACK_S < client - client / 16;
}

bool epoch_restarted_natpmp(struct epoch *e, uint32_t server_s, mono_ns now)
{
	struct epoch was = take(e, server_s, now);
	return was.known && (uint64_t)server_s + SLACK_S < was.server_s + ours_s(&was, now) * 7 / 8;
}
