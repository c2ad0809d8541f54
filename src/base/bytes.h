/* base/bytes.h - a view of bytes, and bounded cursors to read and to write them
 *
 * All parsing and building of messages goes through these two cursors.  A read or write that does
 * not fit sets `bad` and does nothing, and so does everything after it.  So a codec reads all its
 * fields and asks once, at the end, whether they were all there.
 */
#ifndef BASE_BYTES_H
#define BASE_BYTES_H

#include "base/def.h"

/* A view of bytes that belong to somebody else. The function that takes or gives it says for how
 * long it is borrowed. */
struct bytes {
	const uint8_t *p;
	size_t n;
};

#define BYTES_OF(array) ((struct bytes){(array), sizeof(array)})

bool bytes_equal(struct bytes a, struct bytes b);
/* Does a begin with b? */
bool bytes_start(struct bytes a, struct bytes b);

/* A cursor that reads. After a read that did not fit, `bad` is set and all reads give zero. */
struct rd {
	const uint8_t *p;
	size_t left;
	bool bad;
};

struct rd rd_of(struct bytes b);
uint8_t rd_u8(struct rd *r);
uint16_t rd_be16(struct rd *r);
uint32_t rd_be32(struct rd *r);
uint64_t rd_be64(struct rd *r);
uint32_t rd_le32(struct rd *r);
uint64_t rd_le64(struct rd *r);
/* The next n bytes, borrowed from the input; an empty view when they are not there. */
struct bytes rd_take(struct rd *r, size_t n);
/* Copies the next n bytes; fills with zeros when they are not there. */
void rd_copy(struct rd *r, void *out, size_t n);
void rd_skip(struct rd *r, size_t n);
/* All that is left; the cursor is then at the end. */
struct bytes rd_rest(struct rd *r);
/* Every read fitted, and nothing is left over. */
bool rd_done(const struct rd *r);

/* A cursor that writes into the caller's memory. */
struct wr {
	uint8_t *p; /* start of the memory */
	size_t n;   /* bytes written so far */
	size_t cap; /* bytes there are */
	bool bad;
};

struct wr wr_of(uint8_t *p, size_t cap);
void wr_u8(struct wr *w, uint8_t v);
void wr_be16(struct wr *w, uint16_t v);
void wr_be32(struct wr *w, uint32_t v);
void wr_be64(struct wr *w, uint64_t v);
void wr_le32(struct wr *w, uint32_t v);
void wr_le64(struct wr *w, uint64_t v);
void wr_put(struct wr *w, const void *p, size_t n);
void wr_bytes(struct wr *w, struct bytes b);
void wr_zero(struct wr *w, size_t n);
/* Room for n bytes, which the caller fills. NULL: they do not fit. */
uint8_t *wr_room(struct wr *w, size_t n) MUST_USE;
/* The bytes written so far, borrowed from the writer's memory. */
struct bytes wr_done(const struct wr *w);

/* Lower-case hexadecimal. hex_format writes 2n characters and a NUL; hex_parse wants exactly 2n
 * hexadecimal digits of either case and sets out only then. */
void hex_format(char *out, struct bytes b);
bool hex_parse(uint8_t *out, size_t n, const char *text, size_t len) MUST_USE;

#endif
