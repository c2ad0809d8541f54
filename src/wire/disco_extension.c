#include "wire/disco_extension.h"

enum { FLAG_SLOW = 1 };

static struct endpoint read_reflexive(struct rd *r)
{
	uint8_t b[16];
	rd_copy(r, b, sizeof(b));
	struct endpoint e = {.ip = ip_v6_from(b), .port = rd_be16(r)};
	return e.ip.family == 4 && e.port != 0 ? e : (struct endpoint){0};
}

static void write_reflexive(struct wr *w, const struct endpoint *e)
{
	uint8_t b[16] = {0};
	if (e->ip.family == 4)
		ip_to_16(&e->ip, b);
	wr_put(w, b, sizeof(b));
	wr_be16(w, e->ip.family == 4 ? e->port : 0);
}

static void read_addresses(struct rd *r, struct disco_extension *out)
{
	uint8_t b[4], count = rd_u8(r);
	for (uint8_t i = 0; i < count; i++) {
		rd_copy(r, b, sizeof(b));
		if (!r->bad && out->n_addresses < DISCO_ADDRESSES_MAX)
			out->addresses[out->n_addresses++] = ip_v4(b[0], b[1], b[2], b[3]);
	}
}

bool disco_extension_read(struct rd *r, uint8_t version, struct disco_extension *out)
{
	*out = (struct disco_extension){.nonce = rd_be64(r)};
	uint8_t step = rd_u8(r), flags = rd_u8(r), mapping = rd_u8(r), count = rd_u8(r);
	out->sockets = rd_be16(r);
	out->reflexive = read_reflexive(r);
	out->step = (enum disco_step)step;
	out->slow = flags & FLAG_SLOW;
	out->mapping = (enum dest_mapping)mapping;
	for (uint8_t i = 0; i < count; i++) {
		struct disco_sample s = {.at_ms = rd_be16(r)};
		s.port = rd_be16(r);
		if (!r->bad && out->n_samples < DISCO_SAMPLES_MAX)
			out->samples[out->n_samples++] = s;
	}
	if (version >= 2)
		read_addresses(r, out);
	return version != 0 && !r->bad && step >= DISCO_STEP_ASK && step <= DISCO_STEP_READY &&
	       mapping <= MAPPING_VARIES;
}

void disco_extension_write(struct wr *w, const struct disco_extension *e)
{
	wr_be64(w, e->nonce);
	wr_u8(w, (uint8_t)e->step);
	wr_u8(w, e->slow ? FLAG_SLOW : 0);
	wr_u8(w, (uint8_t)e->mapping);
	wr_u8(w, (uint8_t)e->n_samples);
	wr_be16(w, e->sockets);
	write_reflexive(w, &e->reflexive);
	for (size_t i = 0; i < e->n_samples; i++) {
		wr_be16(w, e->samples[i].at_ms);
		wr_be16(w, e->samples[i].port);
	}
	wr_u8(w, (uint8_t)e->n_addresses);
	for (size_t i = 0; i < e->n_addresses; i++)
		wr_put(w, e->addresses[i].b, 4);
}
