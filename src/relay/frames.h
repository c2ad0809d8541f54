/* relay/frames.h - cuts a stream of bytes into DERP frames
 *
 * A frame that lies whole in the bytes that came is handed out in place.  A frame that comes in
 * pieces is put together in memory.  That memory grows with the bytes that have come, never with
 * the length that the header announces, and is freed when the frame was used: between frames
 * nothing is held.  Frames of other types pass through without being held.
 *
 * Source: derp.md 3.1.
 */
#ifndef RELAY_FRAMES_H
#define RELAY_FRAMES_H

#include "wire/derp.h"

struct frames {
	uint8_t *held; /* the beginning of a payload */
	uint32_t n;    /* bytes of it */
	uint32_t cap;  /* memory it has */
	uint32_t len;  /* of the whole payload */
	uint32_t skip; /* bytes of an unwanted frame that are still to come */
	uint8_t head[DERP_HEADER_LEN];
	uint8_t n_head;
	bool used; /* what is held was handed out: free it */
};

/* Which frames are wanted, and how long they may be. */
struct frames_want {
	uint32_t types;   /* bit n: type n */
	uint32_t len_max; /* of a wanted frame; no frame may be longer than DERP_FRAME_MAX */
};
#define FRAMES_WANT(type) (UINT32_C(1) << (type))

enum frames_got {
	FRAMES_MORE,     /* all bytes were taken; no frame is complete */
	FRAMES_FRAME,    /* type and payload are set */
	FRAMES_TOO_LONG, /* it breaks the protocol: hang up */
	FRAMES_NO_MEMORY
};

/**
 * frames_next() - the next frame of a stream
 * @f:		all zero at the beginning
 * @in:		bytes that came; the bytes that were read are taken off its front
 * @payload:	borrowed from @in or @f, until the next call on either
 *
 * Call until it is not FRAMES_FRAME.
 */
enum frames_got frames_next(struct frames *f, const struct frames_want *want, struct bytes *in,
			    uint8_t *type, struct bytes *payload) MUST_USE;
/* Bytes of a frame have come, and not all of them. */
bool frames_half(const struct frames *f);
void frames_fini(struct frames *f);

#endif
