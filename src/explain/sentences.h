/* explain/sentences.h - how a peer is reached and why, in sentences for people
 *
 * Facts go in (gather.h), a table says which sentences hold (rules.h), and sentences come out.
 */
#ifndef EXPLAIN_SENTENCES_H
#define EXPLAIN_SENTENCES_H

#include "explain/gather.h"
#include "explain/words.h"

/* How the peer is reached now: one sentence. */
void explain_now(const struct explain_facts *f, char out[static SENTENCE_MAX]);

/* Each of these fills `out` anew. */

/* Which steps failed, the most likely cause first; empty when none did. */
void explain_failed(const struct explain_facts *f, struct sentences *out);
/* What a person could change; empty when there is nothing to gain. */
void explain_advice(const struct explain_facts *f, struct sentences *out);

#endif
