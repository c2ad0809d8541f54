#include "sim/link.h"

void link_init(struct link *l, const struct link_config *cfg, const struct rng *rng)
{
	*l = (struct link){.cfg = *cfg, .rng = *rng};
	if (l->cfg.queue_max == 0)
		l->cfg.queue_max = 100 * MSEC;
}

static bool happens(struct link *l, uint32_t ppm)
{
	return ppm && rng_below(&l->rng, PPM) < ppm;
}

/* Queues behind what is being sent; false when the queue is too long. */
static bool wait_for_line(struct link *l, size_t len, mono_ns *at)
{
	if (l->cfg.rate_bps == 0)
		return true;
	mono_ns start = mono_max(*at, l->busy_until);
	if (start - *at > l->cfg.queue_max)
		return false;
	l->busy_until = start + (len + l->cfg.headers_len) * 8 * SECOND / l->cfg.rate_bps;
	*at = l->busy_until;
	return true;
}

static mono_ns travel(struct link *l)
{
	return l->cfg.delay + (l->cfg.jitter ? rng_below(&l->rng, l->cfg.jitter + 1) : 0);
}

static mono_ns arrival(struct link *l, mono_ns sent)
{
	mono_ns at = sent + l->cfg.datagram_delay + travel(l);
	if (happens(l, l->cfg.reorder_ppm))
		return at + l->cfg.reorder_by;
	l->last_arrival = mono_max(at, l->last_arrival);
	return l->last_arrival;
}

size_t link_pass(struct link *l, size_t len, mono_ns now, mono_ns at[static LINK_COPIES_MAX])
{
	mono_ns sent = now;
	if (l->down || happens(l, l->cfg.loss_ppm + l->cfg.datagram_loss_ppm) ||
	    !wait_for_line(l, len, &sent)) {
		l->lost++;
		return 0;
	}
	l->passed++;
	at[0] = arrival(l, sent);
	if (!happens(l, l->cfg.duplicate_ppm))
		return 1;
	at[1] = arrival(l, sent);
	return 2;
}

bool link_pass_later(struct link *l, size_t len, mono_ns sent, mono_ns *at)
{
	if (l->down || happens(l, l->cfg.loss_ppm)) {
		l->lost++;
		return false;
	}
	l->passed++;
	*at = sent + travel(l);
	if (l->cfg.rate_bps)
		*at += (len + l->cfg.headers_len) * 8 * SECOND / l->cfg.rate_bps;
	return true;
}
