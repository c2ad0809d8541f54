/* sim/pipe.h - a reliable stream of bytes between a host and a server, as TCP would carry it
 *
 * It uses the lines of the net's tree between its ends.  A segment that a line loses arrives one
 * retransmission later, and the segments behind it wait.  A stream dies when
 *
 *   - nothing gets through for PIPE_GIVE_UP, for example because the client lost its address
 *   - a NAT on its way rebooted and the client then writes
 *   - somebody cuts it
 *
 * A NAT that is only flushed lets it go on, as Linux does.
 */
#ifndef SIM_PIPE_H
#define SIM_PIPE_H

#include "sim/net.h"

enum { PIPE_HOPS_MAX = 16 };
#define PIPE_RETRANSMIT (200 * MSEC)
#define PIPE_GIVE_UP    (15 * SECOND)

enum pipe_end { PIPE_CLIENT, PIPE_SERVER };

/* The owner of one end.  After `down` no more calls come. */
struct pipe_owner {
	void (*up)(void *self, struct pipe *p, mono_ns now); /* client only */
	void (*bytes)(void *self, struct pipe *p, struct bytes b, mono_ns now);
	void (*down)(void *self, struct pipe *p, const char *why, mono_ns now);
	void *self;
};

/* Opens a stream.  `up` comes after so many round trips; one, of the TCP handshake, is the least.
 * The memory of a pipe stays until the net ends. */
struct pipe *pipe_open(struct box *client, struct box *server, unsigned round_trips,
		       const struct pipe_owner *owner, mono_ns now);
/* In box_owner.accept: takes the server's end. */
void pipe_take(struct pipe *p, const struct pipe_owner *owner);
void pipe_write(struct pipe *p, enum pipe_end from, struct bytes b, mono_ns now);
/* This end is done: its owner gets no more calls.  The other end is told when the news arrives. */
void pipe_close(struct pipe *p, enum pipe_end by, mono_ns now);
/* While mute, what this end writes is taken and arrives nowhere; nobody is told. */
void pipe_mute(struct pipe *p, enum pipe_end from, bool mute);
/* Breaks it for both ends at once. */
void pipe_cut(struct pipe *p, const char *why, mono_ns now);
/* The client still has the address with which it began. */
bool pipe_has_address(const struct pipe *p);
const struct box *pipe_box(const struct pipe *p, enum pipe_end e);
/* A number by which the owner finds the stream again. */
void pipe_set_tag(struct pipe *p, uint32_t tag);
uint32_t pipe_tag(const struct pipe *p);
void pipes_free(struct net *n); /* all of this net */

#endif
