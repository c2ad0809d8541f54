/* netcheck/binding_life.h - measures how long the NAT keeps a binding that is not used
 *
 * A fresh socket, the subject, asks a STUN server, is used once more, and is silent from then on.
 * After its rest another socket of ours, the asker, asks the same server for an answer to the
 * subject's outside port (RESPONSE-PORT).  If the answer arrives at the subject, the binding was
 * still there and its filter open.  Subjects with rests of 5, 10, 15 ... seconds rest at the same
 * time.  Where one has died, four more divide the interval before it.
 *
 * Why so: the question touches neither the binding nor its timer.  So the silence that mapping and
 * filter outlive together is measured, for every kind of NAT.  The mapped ports that STUN shows
 * would prove nothing where a NAT preserves ports, or gives the same port again.
 *
 * An answer that arrives is a proof.  Silence counts after three tries, and only if the server
 * answered the asker meanwhile.  A longer rest that was survived refutes it.  A subject costs five
 * to nine datagrams of ours; all together cost about sixty.
 *
 * The binding was used for more than two seconds, as a path is: Linux keeps such a one for 120 s,
 * but one that was used once for 30 s only.
 *
 * Nothing can be measured where no server knows RESPONSE-PORT (those of warren-relay do), nor where
 * the NAT gives each socket another outside address.
 *
 * Source: RFC 5780 s. 4.6 and 7.5, RFC 4787 s. 4.3; netcheck.md 9.
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
	mono_ns began, ended; /* ended: while it runs, the latest possible end */
	mono_ns longest;      /* rest that is tried */
	mono_ns alive;        /* the longest silence that a binding outlived; 0: none did */
	mono_ns dead;         /* the shortest one, longer than alive, that none outlived; 0: none */
	uint32_t sent;        /* datagrams */
};

struct binding_life {
	struct rng rng;
	struct endpoint servers[BINDING_LIFE_SERVERS_MAX];
	size_t n_servers, server; /* server: the one that is asked now */
	enum { BINDING_LIFE_OFF, BINDING_LIFE_LOOK, BINDING_LIFE_COARSE, BINDING_LIFE_FINE } step;
	struct lifetime_report report;
	uint16_t first_socket, n_sockets, next_socket;
	uint32_t version; /* of the set of sockets that must be open */
	mono_ns rtt;      /* the longest round trip so far */
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
			SUBJECT_USED,    /* waits for USED_FOR, then asks again */
			SUBJECT_RESTING,
			SUBJECT_ASKED, /* the asker asks the server to answer to it */
			SUBJECT_ALIVE,
			SUBJECT_DEAD,
			SUBJECT_UNKNOWN
		} state;
		uint16_t socket;
		mono_ns rest;
		struct stun_ask ask; /* of its own; ASKED: of the asker, for it */
		mono_ns due;         /* its next question; MONO_NEVER: none, or under way */
		struct endpoint seen;
		mono_ns sent, heard;       /* its last packet; its last answer before the rest */
		mono_ns asked, last_asked; /* the first and the last question for it */
		mono_ns silence;           /* ALIVE: outlived; DEAD: at most this was not */
	} subjects[BINDING_LIFE_SUBJECTS_MAX];
	size_t n_subjects;
	size_t first_fine;  /* of the subjects that divide the interval */
	mono_ns divided;    /* the dead rest at the end of that interval */
	mono_ns coarse_end; /* the latest end, if no death is believed before */
};

/* rng: kept.  Extra sockets get the n_sockets (not 0) numbers from first_socket on, in turn. */
void binding_life_init(struct binding_life *t, const struct rng *rng, uint16_t first_socket,
		       uint16_t n_sockets);
/* Begins, unless it runs.  servers: copied, of one family; those beyond the maximum are left out.
 * longest: at most BINDING_LIFE_LONGEST.  The end comes a little after longest, or after twice
 * that. */
void binding_life_begin(struct binding_life *t, const struct endpoint *servers, size_t n,
			mono_ns longest, mono_ns now);
/* The network changed: the measurement ends, and an older one is forgotten. */
void binding_life_link_changed(struct binding_life *t, mono_ns now);
const struct lifetime_report *binding_life_report(const struct binding_life *t);

/* socket: ours that the datagram came to.  False: not for this machine. */
bool binding_life_input(struct binding_life *t, uint16_t socket, struct bytes datagram,
			mono_ns now) MUST_USE;
bool binding_life_output(struct binding_life *t, struct endpoint *to, uint16_t *socket,
			 struct wr *out, mono_ns now) MUST_USE;
mono_ns binding_life_deadline(const struct binding_life *t);
void binding_life_tick(struct binding_life *t, mono_ns now);

/* The extra sockets (socket_wish.h) that must be open.  Each change makes another version. */
enum { BINDING_LIFE_SOCKETS_MAX = BINDING_LIFE_SUBJECTS_MAX + 1 };
size_t binding_life_sockets(const struct binding_life *t,
			    uint16_t out[static BINDING_LIFE_SOCKETS_MAX]);
static inline uint32_t binding_life_version(const struct binding_life *t)
{
	return t->version;
}

#endif
