/* relay/inbox.h - packets and notices of a relay that wait to be told to a client's owner
 *
 * One run of memory, filled at the end and read from the front; it is given back when it was large.
 */
#ifndef RELAY_INBOX_H
#define RELAY_INBOX_H

#include "base/bytes.h"

enum { INBOX_MAX = 4 << 20 /* bytes; what comes on top, while nobody reads, is dropped */ };

struct inbox {
	uint8_t *p;
	size_t n, cap;
	size_t read;
};

/* Copies a frame's type and payload; false: no room. */
bool inbox_add(struct inbox *i, uint8_t type, struct bytes payload) MUST_USE;
/* The oldest; payload is borrowed until the next call. False: empty. */
bool inbox_take(struct inbox *i, uint8_t *type, struct bytes *payload) MUST_USE;
void inbox_fini(struct inbox *i);

#endif
