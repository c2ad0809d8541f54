/* path/signs.h - signs of life where traffic flows one way
 *
 * Who sends wants to know that it is heard.  Where nothing comes back by itself it would have to ask
 * twice a second; so who hears says so, with an empty WireGuard message, at most two a second and
 * only while data comes.  A sender who hears such signs waits for the next one before it asks.  Peers
 * that give none (stock ones) are asked as soon as before.
 */
#ifndef PATH_SIGNS_H
#define PATH_SIGNS_H

#include "base/time.h"
#include "path/via.h"

#define SIGN_EVERY   (500 * MSEC)
#define SIGN_AFTER   (100 * MSEC) /* of the first data: an answer by itself is given that long */
#define SIGN_MARGIN  (60 * MSEC)  /* that one may be late */
#define SIGN_LATEST  (600 * MSEC) /* an answer that takes longer is no rhythm */
#define SIGN_NO_MORE (1500 * MSEC)

struct signs {
	/* giving */
	struct via to;
	mono_ns due;      /* MONO_NEVER: none */
	mono_ns given_at; /* the last one, or what went there in its place; MONO_NEVER */
	/* expecting */
	mono_ns unanswered; /* since when what we sent is; MONO_NEVER: it is not */
	mono_ns answers_in; /* the longest that it took lately; 0: unknown, or too long */
};

void signs_init(struct signs *s);
/* Data came by UDP from there. True: `due` is set now, and was not. */
bool signs_data_heard(struct signs *s, const struct via *from, mono_ns now);
/* `due` is over. spoke_at: when data of ours last went to `to`. True: a sign must be given. */
bool signs_give(struct signs *s, mono_ns spoke_at, mono_ns now) MUST_USE;

void signs_sent(struct signs *s, mono_ns now);  /* we sent data */
void signs_heard(struct signs *s, mono_ns now); /* something of WireGuard's came on the way in use */
/* How long after `since` we need not ask yet; 0: there is no rhythm. */
mono_ns signs_patience(const struct signs *s, mono_ns since);

#endif
