/* wire/mapping.h - does a NAT give each destination another mapping? RFC 4787 section 4.1: SAME is
 * endpoint-independent mapping.  The numbers are those of disco_extension.h. */
#ifndef WIRE_MAPPING_H
#define WIRE_MAPPING_H

enum dest_mapping { MAPPING_UNKNOWN = 0, MAPPING_SAME = 1, MAPPING_VARIES = 2 };

#endif
