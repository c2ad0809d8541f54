/* base/peer.h - the small number by which every part of one node names a peer */
#ifndef BASE_PEER_H
#define BASE_PEER_H

#include <stdint.h>

typedef uint32_t peer_id; /* 0..peers_max-1, chosen by the node */
#define PEER_NONE UINT32_MAX

#endif
