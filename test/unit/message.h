/* message.h - a message from hexadecimal, the form of the vectors */
#ifndef MESSAGE_H
#define MESSAGE_H

#include "unit/unit.h"

struct message {
	uint8_t b[4096];
	size_t n;
};

static inline struct message message(const char *hex)
{
	struct message m;
	m.n = unhex(m.b, sizeof(m.b), hex);
	return m;
}

static inline struct bytes view(const struct message *m)
{
	return (struct bytes){m->b, m->n};
}

#endif
