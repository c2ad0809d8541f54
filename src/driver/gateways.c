#include "driver/gateways.h"

#include <stdlib.h>

struct gateways {
	struct loop *loop;
	struct gateways_calls calls;
	struct upnp *upnp;
	struct loop_fd *on_upnp;             /* NULL: there is no UPnP, or its process is gone */
	struct announcements *announcements; /* NULL: off */
};

static void upnp_is_off(struct gateways *g)
{
	const struct upnp_report off = {.kind = UPNP_OFF};
	loop_fd_free(g->on_upnp);
	g->on_upnp = NULL;
	g->calls.report(g->calls.self, &off);
}

static void on_upnp(void *self, unsigned ready)
{
	struct gateways *g = self;
	struct upnp_report r;
	while (g->on_upnp && upnp_read(g->upnp, &r)) {
		if (r.kind == UPNP_OFF)
			upnp_is_off(g);
		else
			g->calls.report(g->calls.self, &r);
	}
}

struct gateways *gateways_new(struct loop *l, struct upnp *upnp, const struct gateways_calls *calls)
{
	struct gateways *g = calloc(1, sizeof(*g));
	if (!g)
		return NULL;
	*g = (struct gateways){.loop = l, .calls = *calls, .upnp = upnp};
	if (!upnp)
		return g;
	g->on_upnp = loop_fd_new(l, upnp_fd(upnp), (struct loop_fd_call){on_upnp, g});
	if (g->on_upnp) {
		loop_fd_want(g->on_upnp, LOOP_READ);
		return g;
	}
	free(g);
	return NULL;
}

void gateways_free(struct gateways *g)
{
	if (!g)
		return;
	loop_fd_free(g->on_upnp);
	announcements_close(g->announcements);
	free(g);
}

bool gateways_listen(struct gateways *g, bool on, char why[static FAILURE_MAX])
{
	const struct announcements_call call = {g->calls.announced, g->calls.self};
	if (on == (g->announcements != NULL))
		return true;
	announcements_close(g->announcements);
	g->announcements = on ? announcements_open(g->loop, &call, why) : NULL;
	return !on || g->announcements;
}

void gateways_ask_upnp(struct gateways *g, const struct upnp_ask *ask)
{
	if (!g->on_upnp || !upnp_ask(g->upnp, ask))
		upnp_is_off(g);
}
