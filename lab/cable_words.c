#include "lab/cable_words.h"

#include <stdlib.h>
#include <string.h>

static bool parse_delay(const char *s, char **end, mono_ns *out)
{
	double v = strtod(s, end);
	mono_ns unit = MSEC;
	if (*end == s || !(v >= 0 && v <= 3600000))
		return false;
	if (strncmp(*end, "ms", 2) == 0)
		*end += 2;
	else if (strncmp(*end, "us", 2) == 0)
		unit = USEC, *end += 2;
	else if (**end == 's')
		unit = SECOND, *end += 1;
	*out = (mono_ns)(v * (double)unit);
	return true;
}

static bool parse_share(const char *s, char **end, mono_ns *ppm)
{
	double v = strtod(s, end);
	if (*end == s || !(v >= 0 && v <= 100))
		return false;
	if (**end == '%')
		*end += 1;
	*ppm = (mono_ns)(v * CABLE_PPM / 100);
	return true;
}

/* `X` or `X/Y`, to the end of the text. */
static bool parse_pair(const char *s, bool (*one)(const char *, char **, mono_ns *), mono_ns v[2])
{
	char *end;
	if (!one(s, &end, &v[0]))
		return false;
	v[1] = v[0];
	if (*end == '/' && !one(end + 1, &end, &v[1]))
		return false;
	return *end == 0;
}

static bool is_share(const char *key)
{
	return strcmp(key, "loss") == 0 || strcmp(key, "duplicate") == 0 ||
	       strcmp(key, "reorder") == 0;
}

bool cable_set_by_name(struct cable *c, const char *key, const char *value)
{
	mono_ns v[2];
	if (!parse_pair(value, is_share(key) ? parse_share : parse_delay, v))
		return false;
	for (int way = CABLE_AB; way <= CABLE_BA; way++) {
		struct cable_quality q = *cable_get(c, (enum cable_way)way);
		if (strcmp(key, "loss") == 0)
			q.loss_ppm = (uint32_t)v[way];
		else if (strcmp(key, "duplicate") == 0)
			q.duplicate_ppm = (uint32_t)v[way];
		else if (strcmp(key, "reorder") == 0)
			q.reorder_ppm = (uint32_t)v[way];
		else if (strcmp(key, "delay") == 0)
			q.delay = v[way];
		else if (strcmp(key, "jitter") == 0)
			q.jitter = v[way];
		else
			return false;
		cable_set(c, (enum cable_way)way, &q);
	}
	return true;
}
