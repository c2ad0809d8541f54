#include "netcheck/schedule.h"

#define FULL_STEP       (100 * MSEC)
#define DEFAULT_LATENCY (200 * MSEC)
#define LATE_TRIES_MORE (50 * MSEC)

enum { FULL_TRIES = 3, NEAR_TRIES = 2, HOME_TRIES = 4 };

static struct schedule_lane full_lane(bool asked)
{
	struct schedule_lane lane = {.tries = asked ? FULL_TRIES : 0};
	for (unsigned i = 0; i < FULL_TRIES; i++)
		lane.at[i] = i * FULL_STEP;
	return lane;
}

void schedule_full(struct schedule_relay *v, size_t n, const struct schedule_host *host)
{
	for (size_t i = 0; i < n; i++) {
		v[i].v4 = full_lane(host->has4 && v[i].has4);
		v[i].v6 = full_lane(host->has6 && v[i].has6);
	}
}

/* Nearest first; relays of unknown latency last. */
static void sort_by_latency(const struct schedule_relay *v, size_t n,
			    size_t order[static SCHEDULE_RELAYS_MAX])
{
	for (size_t i = 0; i < n; i++) {
		size_t at = i;
		while (at > 0 && v[i].last != 0 &&
		       (v[order[at - 1]].last == 0 || v[order[at - 1]].last > v[i].last)) {
			order[at] = order[at - 1];
			at--;
		}
		order[at] = i;
	}
}

static struct schedule_lane paced(const struct schedule_relay *r, bool asked, bool retried,
				  uint8_t tries)
{
	mono_ns step = r->last ? r->last * 6 / 5 : DEFAULT_LATENCY;
	struct schedule_lane lane = {.tries = !asked ? 0 : retried ? tries : 1};
	for (unsigned i = 0; i < tries; i++)
		lane.at[i] = i * step + (i > 1 ? i * LATE_TRIES_MORE : 0);
	return lane;
}

static void plan_one(struct schedule_relay *r, size_t rank, const struct schedule_host *host)
{
	bool home = r->region == host->home, far = rank >= 2 && !home;
	uint8_t tries = home ? HOME_TRIES : rank < 2 ? NEAR_TRIES : 1;
	bool v4 = host->has4, v6 = host->has6;
	if (far && v4 && v6 && host->last_had4 && host->last_had6) {
		v4 = rank % 2 == 0;
		v6 = !v4;
	}
	if (far && !host->last_had6)
		v6 = false;
	r->v4 = paced(r, v4 && r->has4, true, tries);
	r->v6 = paced(r, v6 && r->has6, host->last_had6, tries);
}

void schedule_incremental(struct schedule_relay *v, size_t n, const struct schedule_host *host)
{
	size_t order[SCHEDULE_RELAYS_MAX];
	n = n < SCHEDULE_RELAYS_MAX ? n : SCHEDULE_RELAYS_MAX;
	sort_by_latency(v, n, order);
	for (size_t rank = 0; rank < n; rank++) {
		struct schedule_relay *r = &v[order[rank]];
		r->v4 = r->v6 = (struct schedule_lane){0};
		if (rank < SCHEDULE_NEAREST || r->region == host->home)
			plan_one(r, rank, host);
	}
}
