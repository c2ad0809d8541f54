/* sim/pipe.h - a reliable stream of bytes between a host and a server, as TCP would carry it
 *
 * It takes the lines of the net's tree from one end to the other.  What a line loses arrives a
 * retransmission later; what follows waits for it.  A stream dies when nothing gets through for
 * PIPE_GIVE_UP (so also when the client loses its address), when a box with a NAT on its way
 * reboots and the client then writes, or when somebody cuts it.  NATs that are only flushed keep it
 * going, as Linux does.
 */
#ifndef SIM_PIPE_H
#define SIM_PIPE_H

#include "sim/net.h"

enum { PIPE_HOPS_MAX = 16 };
#define PIPE_RETRANSMIT (200 * MSEC)
#define PIPE_GIVE_UP    (15 * SECOND)

enum pipe_end { PIPE_CLIENT, PIPE_SERVER };

/* Who holds one end. After `down` no more calls come. */
struct pipe_owner {
	void (*up)(void *self, struct pipe *p, mono_ns now); /* client only */
	void (*bytes)(void *self, struct pipe *p, struct bytes b, mono_ns now);
	void (*down)(void *self, struct pipe *p, const char *why, mono_ns now);
	void *self;
};

/* Opens a stream; `up` comes after `round_trips` of them, at least the one of the TCP handshake.
 * The memory of a pipe stays until the net ends. */
struct pipe *pipe_open(struct box *client, struct box *server, unsigned round_trips,
		       const struct pipe_owner *owner, mono_ns now);
/* In box_owner.accept: takes the server's end. */
void pipe_take(struct pipe *p, const struct pipe_owner *owner);
void pipe_write(struct pipe *p, enum pipe_end from, struct bytes b, mono_ns now);
/* This end is done with it: no more calls to its owner. The other learns of it when the news
 * arrive. */
void pipe_close(struct pipe *p, enum pipe_end by, mono_ns now);
/* What this end writes from now on is taken, and arrives nowhere: nobody is told. */
void pipe_mute(struct pipe *p, enum pipe_end from, bool mute);
/* Breaks it for both ends at once. */
void pipe_cut(struct pipe *p, const char *why, mono_ns now);
/* The client still has the address with which it began. */
bool pipe_has_address(const struct pipe *p);
const struct box *pipe_box(const struct pipe *p, enum pipe_end e);
/* A number for its owner to find it again. */
void pipe_set_tag(struct pipe *p, uint32_t tag);
uint32_t pipe_tag(const struct pipe *p);
void pipes_free(struct net *n); /* all of this net */

#endif
