#include "path/hard/prediction.h"

#include <stdlib.h>

enum {
	FAR = 512, /* a longer distance is no step */
	/* So many ports others may take for each of ours.  A block of random ports looks busier. */
	BUSY = 8,
	PORT_LOW = 1024,
	PORTS = 65536 - PORT_LOW,
	WINDOW_BITS = 7
};

static int32_t distance(uint16_t from, uint16_t to)
{
	return (int16_t)(uint16_t)(to - from);
}

static int32_t common_divisor(int32_t a, int32_t b)
{
	while (b != 0) {
		int32_t rest = a % b;
		a = b;
		b = rest;
	}
	return a;
}

struct steps {
	size_t n;
	int32_t divisor, sum;
};

/* The near distances of one direction. */
static struct steps steps_of(const uint16_t *ports, size_t n, bool down)
{
	struct steps s = {0};
	for (size_t i = 1; i < n; i++) {
		int32_t d = distance(ports[i - 1], ports[i]) * (down ? -1 : 1);
		if (d <= 0 || d > FAR)
			continue;
		s.n++;
		s.sum += d;
		s.divisor = common_divisor(d, s.divisor);
	}
	return s;
}

bool prediction_of(const uint16_t *ports, size_t n, struct prediction *out)
{
	if (n < PREDICTION_SAMPLES_MIN)
		return false;
	struct steps up = steps_of(ports, n, false), down = steps_of(ports, n, true);
	const struct steps *s = up.n >= down.n ? &up : &down;
	if (s->n * 4 < (n - 1) * 3 || s->sum > (int32_t)s->n * s->divisor * BUSY)
		return false;
	out->step = s == &up ? s->divisor : -s->divisor;
	struct prediction last = {.next = ports[n - 1], .step = out->step};
	out->next = prediction_port(&last, 1);
	return true;
}

uint16_t prediction_port(const struct prediction *p, uint32_t i)
{
	int64_t port = ((int64_t)p->next - PORT_LOW + (int64_t)p->step * i) % PORTS;
	return (uint16_t)(PORT_LOW + (port < 0 ? port + PORTS : port));
}

uint32_t prediction_order(uint32_t i)
{
	uint32_t mirrored = 0;
	for (int bit = 0; bit < WINDOW_BITS; bit++)
		mirrored |= (i >> bit & 1) << (WINDOW_BITS - 1 - bit);
	return (mirrored + PREDICTION_WINDOW / 16) % PREDICTION_WINDOW;
}
