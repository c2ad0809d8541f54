#include "wire/tsmp.h"

enum { TSMP_TTL = 64, ADVERT = 'a', ADVERT_LEN = 1 + KEY_LEN };

void tsmp_write_advert(struct wr *out, const struct ip *src, const struct ip *dst,
		       const struct disco_key *key)
{
	ip_write(out, src, dst, IP_TSMP, TSMP_TTL, ADVERT_LEN);
	wr_u8(out, ADVERT);
	wr_put(out, key->b, KEY_LEN);
}

bool tsmp_read_advert(const struct ip_packet *packet, struct disco_key *key)
{
	struct rd r = rd_of(packet->payload);
	if (packet->proto != IP_TSMP || packet->fragment || rd_u8(&r) != ADVERT)
		return false;
	rd_copy(&r, key->b, KEY_LEN);
	return !r.bad && !key_is_zero(key->b);
}
