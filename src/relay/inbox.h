/* relay/inbox.h - packets and notices of a relay that wait for the owner of the client
 *
 * One run of memory, filled at the end and read from the front.  A large one is freed when it is
 * empty.
 */
#ifndef RELAY_INBOX_H
#define RELAY_INBOX_H

#include "base/bytes.h"

enum { INBOX_MAX = 4 << 20 /* bytes; more is dropped while the owner does not read */ };

struct inbox {
	uint8_t *p;
	size_t n, cap;
	size_t read;
};

/* Copies a frame's type and payload. False: no room. */
bool inbox_add(struct inbox *i, uint8_t type, struct bytes payload) MUST_USE;
/* Takes the oldest frame; payload is borrowed until the next call. False: there is none. */
bool inbox_take(struct inbox *i, uint8_t *type, struct bytes *payload) MUST_USE;
void inbox_fini(struct inbox *i);

#endif
