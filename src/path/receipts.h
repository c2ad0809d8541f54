/* path/receipts.h - signs of life where traffic flows one way
 *
 * Who sends wants to know that it is heard.  Where nothing comes back by itself it would have to
 * ask twice a second; so who hears says so, with an empty WireGuard message, at most three a second
 * and only while data comes: a receipt tells of data that came within RECEIPT_STALE.  A sender who
 * gets receipts waits for the next one before it asks.  Peers that send none (stock ones) are asked
 * as soon as before.
 */
#ifndef PATH_RECEIPTS_H
#define PATH_RECEIPTS_H

#include "base/time.h"
#include "path/way.h"

#define RECEIPT_EVERY (350 * MSEC)
#define RECEIPT_AFTER (100 * MSEC) /* of the first data: an answer by itself is given that long */
#define RECEIPT_STALE \
	(150 * MSEC) /* what is older is no news any more: the next data is answered at once */
#define RECEIPT_MARGIN  (60 * MSEC)  /* that one may be late */
#define RECEIPT_LATEST  (500 * MSEC) /* an answer that takes longer is no rhythm */
#define RECEIPT_NO_MORE (1500 * MSEC)

/* Giving. */
struct receipts {
	struct way to;
	mono_ns due;      /* MONO_NEVER: none */
	mono_ns asked_at; /* when the first data came that it answers */
	mono_ns given_at; /* the last one, or what went there in its place; MONO_NEVER */
	mono_ns heard_at; /* the last data */
	bool late;        /* it was due, and there was nothing new to tell */
};

/* Expecting. */
struct expected_receipts {
	mono_ns unanswered; /* since when what we sent is; MONO_NEVER: it is not */
	mono_ns answers_in; /* the longest that it took lately; 0: unknown, or too long */
};

void receipts_init(struct receipts *s);
/* Data came from there. True: `due` is set now, and was not. */
bool receipts_on_data(struct receipts *s, const struct way *from, mono_ns now);
/* `due` is over. spoke_at: when data of ours last went to `to`: after what it answers it is as
 * good. True: a sign must be given. */
bool receipts_give(struct receipts *s, mono_ns spoke_at, mono_ns now) MUST_USE;

void expected_receipts_init(struct expected_receipts *r);
void expected_receipts_on_send(struct expected_receipts *r, mono_ns now); /* we sent data */
void expected_receipts_on_heard(struct expected_receipts *r,
				mono_ns now); /* something of WireGuard's came on the way in use */
/* How long after `since` we need not ask yet; 0: there is no rhythm. */
mono_ns expected_receipts_patience(const struct expected_receipts *r, mono_ns since);

#endif
