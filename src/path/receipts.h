/* path/receipts.h - receipts: "your data arrives", where traffic flows one way
 *
 * A sender needs to know that its data arrives.  Where nothing comes back, it would have to ping
 * twice a second.  So the receiver sends receipts: empty WireGuard messages, at most three a second
 * and only while data comes.  A receipt is about data that came within RECEIPT_STALE.  A sender
 * that gets receipts waits for the next one before it pings.  A peer that sends none, as stock
 * clients, is pinged as soon as before.
 *
 * Source: disco.md 7.3.
 */
#ifndef PATH_RECEIPTS_H
#define PATH_RECEIPTS_H

#include "base/time.h"
#include "path/way.h"

#define RECEIPT_EVERY   (350 * MSEC)
#define RECEIPT_AFTER   (100 * MSEC) /* after the first data: its own answer has that long */
#define RECEIPT_STALE   (150 * MSEC) /* older data needs no receipt, and the next has one at once */
#define RECEIPT_MARGIN  (60 * MSEC)  /* by which a receipt may be late */
#define RECEIPT_LATEST  (500 * MSEC) /* what takes longer to come is no receipt */
#define RECEIPT_NO_MORE (1500 * MSEC) /* after such a gap no receipts are expected */

/* Those that we send. */
struct receipts {
	struct way to;
	mono_ns due;      /* of the next receipt; MONO_NEVER: none */
	mono_ns asked_at; /* when the first data came that it is about */
	mono_ns given_at; /* when the last one went, or data in its place; MONO_NEVER: none */
	mono_ns heard_at; /* when the last data came */
	bool late;        /* the last one was due, and all data was older than RECEIPT_STALE */
};

/* Those that we expect of the peer. */
struct expected_receipts {
	mono_ns unanswered; /* when we sent the first data since we last heard; MONO_NEVER: none */
	mono_ns answers_in; /* the longest time that an answer took lately; 0: none is expected */
};

void receipts_init(struct receipts *s);
/* Data came by this way.  True: `due` is set now, and was not before. */
bool receipts_on_data(struct receipts *s, const struct way *from, mono_ns now);
/* `due` is over.  True: a receipt must go to `to`.  spoke_at: when data of ours last went there;
 * data that follows what it answers is as good as a receipt. */
bool receipts_give(struct receipts *s, mono_ns spoke_at, mono_ns now) MUST_USE;

void expected_receipts_init(struct expected_receipts *r);
/* We sent data by the way in use. */
void expected_receipts_on_send(struct expected_receipts *r, mono_ns now);
/* A WireGuard message came by the way in use. */
void expected_receipts_on_heard(struct expected_receipts *r, mono_ns now);
/* How long after `since` the next receipt may take to come; 0: none is expected. */
mono_ns expected_receipts_patience(const struct expected_receipts *r, mono_ns since);

#endif
