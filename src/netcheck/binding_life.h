/* netcheck/binding_life.h - measures how long the NAT keeps a binding that nobody uses
 *
 * A fresh socket ("subject") lets a STUN server see it, is used once more, and is silent from then
 * on.  After its rest another socket of ours ("asker") asks the same server for an answer to the
 * subject's outside port (RESPONSE-PORT): if that arrives, the binding was still there and its
 * filter open.  Subjects with rests of 5, 10, 15 ... seconds rest at the same time; where one has
 * died, four more divide the interval before it.
 *
 * Why so: the question touches neither the binding nor its timer, so what is measured is the
 * silence that a binding outlives, of mapping and filter together, for every kind of mapping and of
 * filtering; the mapped ports that STUN shows would say nothing where a NAT preserves ports or
 * gives the same one again.  An answer that arrives is a proof.  One that does not is believed
 * after three tries, and only if the server answered the asker meanwhile; a longer rest that was
 * survived refutes it.  A subject costs five to nine datagrams of ours, all of them about sixty.
 *
 * What is measured is a binding that was used for more than two seconds, as a path is: Linux
 * forgets one that was used once after 30 s, and such a one after 120 s.
 *
 * It cannot be measured where no server knows RESPONSE-PORT (those of warren-relay do), nor where
 * the NAT gives each socket another outside address.
 *
 * Source: RFC 5780 s. 4.6 and 7.5, RFC 4787 s. 4.3.
 */
#ifndef NETCHECK_BINDING_LIFE_H
#define NETCHECK_BINDING_LIFE_H

#include "base/rng.h"
#include "base/time.h"
#include "wire/stun_ask.h"

enum { BINDING_LIFE_SERVERS_MAX = 4, BINDING_LIFE_SUBJECTS_MAX = 24 };

#define BINDING_LIFE_LONGEST (600 * SECOND)

enum lifetime_state {
	LIFETIME_NONE, /* not measured in this network */
	LIFETIME_RUNS,
	LIFETIME_MEASURED,
	LIFETIME_SILENT,    /* no server answered at all */
	LIFETIME_NO_SERVER, /* servers answered, but none to another port */
	LIFETIME_ADDRESSES, /* the NAT gave our sockets different outside addresses */
	LIFETIME_DISTURBED  /* the network changed meanwhile */
};

struct lifetime_report {
	enum lifetime_state state;
	mono_ns began, ended; /* ended: while it runs, when it will at the latest */
	mono_ns longest;      /* rest that was tried, or is going to be */
	mono_ns alive;        /* the longest silence that a binding outlived; 0: none did */
	mono_ns dead;  /* the shortest one after which it was gone, longer than alive; 0: none */
	uint32_t sent; /* datagrams */
};

struct binding_life {
	struct rng rng;
	struct endpoint servers[BINDING_LIFE_SERVERS_MAX];
	size_t n_servers, server; /* the one that is asked now */
	enum { BINDING_LIFE_OFF, BINDING_LIFE_LOOK, BINDING_LIFE_COARSE, BINDING_LIFE_FINE } step;
	struct lifetime_report report;
	uint16_t first_socket, n_sockets, next_socket;
	uint32_t version; /* of the sockets that are to be open */
	mono_ns rtt;      /* the longest so far */
	bool any_answer, any_addresses;

	struct {
		uint16_t socket; /* 0: none */
		struct stun_ask ask;
		struct endpoint seen;
		mono_ns answered_at; /* MONO_NEVER: not yet */
	} asker;

	struct lifetime_subject {
		enum lifetime_subject_state {
			SUBJECT_OPENING, /* its first question */
			SUBJECT_USED,    /* waits a little, then asks again */
			SUBJECT_RESTING,
			SUBJECT_ASKED, /* the asker asks for it */
			SUBJECT_ALIVE,
			SUBJECT_DEAD,
			SUBJECT_UNKNOWN
		} state;
		uint16_t socket;
		mono_ns rest;
		struct stun_ask ask; /* of its own; ASKED: of the asker, for it */
		mono_ns due;         /* its next question; MONO_NEVER: none, or under way */
		struct endpoint seen;
		mono_ns sent, heard;       /* last by itself; last before it rested */
		mono_ns asked, last_asked; /* for it, first and last */
		mono_ns silence;           /* that it outlived, or at the most did not */
	} subjects[BINDING_LIFE_SUBJECTS_MAX];
	size_t n_subjects;
	size_t first_fine; /* of the subjects that divide the interval */
};

/* It uses the numbers of sockets from the first on, one after the other; n is not 0. */
void binding_life_init(struct binding_life *t, const struct rng *rng, uint16_t first_socket,
		       uint16_t n_sockets);
/* Begins, unless it runs. Servers of one family, those beyond the maximum are left out; longest is
 * at most BINDING_LIFE_LONGEST. It takes a little more than longest, or twice that. */
void binding_life_begin(struct binding_life *t, const struct endpoint *servers, size_t n,
			mono_ns longest, mono_ns now);
/* The network is another one: what is being measured or was says nothing of it. */
void binding_life_link_changed(struct binding_life *t, mono_ns now);
const struct lifetime_report *binding_life_report(const struct binding_life *t);

/* socket: by which of ours it came. False: not for this machine. */
bool binding_life_input(struct binding_life *t, uint16_t socket, struct bytes datagram,
			mono_ns now) MUST_USE;
bool binding_life_output(struct binding_life *t, struct endpoint *to, uint16_t *socket,
			 struct wr *out, mono_ns now) MUST_USE;
mono_ns binding_life_deadline(const struct binding_life *t);
void binding_life_tick(struct binding_life *t, mono_ns now);

/* The extra sockets (socket_wish.h) that are to be open; another version after each change. */
enum { BINDING_LIFE_SOCKETS_MAX = BINDING_LIFE_SUBJECTS_MAX + 1 };
size_t binding_life_sockets(const struct binding_life *t,
			    uint16_t out[static BINDING_LIFE_SOCKETS_MAX]);
static inline uint32_t binding_life_version(const struct binding_life *t)
{
	return t->version;
}

#endif
