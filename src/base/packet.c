#include "base/packet.h"

struct packet packet_in(uint8_t *memory, size_t size, size_t headroom)
{
	if (headroom > size)
		headroom = size;
	return (struct packet){
		.data = memory + headroom,
		.head = (uint32_t)headroom,
		.tail = (uint32_t)(size - headroom),
	};
}

struct bytes packet_bytes(const struct packet *p)
{
	return (struct bytes){p->data, p->len};
}

uint8_t *packet_push(struct packet *p, size_t n)
{
	if (n > p->head)
		return NULL;
	p->data -= n;
	p->head -= (uint32_t)n;
	p->len += (uint32_t)n;
	return p->data;
}

uint8_t *packet_pull(struct packet *p, size_t n)
{
	if (n > p->len)
		return NULL;
	uint8_t *front = p->data;
	p->data += n;
	p->head += (uint32_t)n;
	p->len -= (uint32_t)n;
	return front;
}

uint8_t *packet_append(struct packet *p, size_t n)
{
	if (n > p->tail)
		return NULL;
	uint8_t *end = p->data + p->len;
	p->tail -= (uint32_t)n;
	p->len += (uint32_t)n;
	return end;
}

bool packet_trim(struct packet *p, size_t len)
{
	if (len > p->len)
		return false;
	p->tail += p->len - (uint32_t)len;
	p->len = (uint32_t)len;
	return true;
}
