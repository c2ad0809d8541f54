/* wire/mapping.h - does a NAT map each destination differently?
 *
 * SAME is the endpoint-independent mapping of RFC 4787 section 4.1.  The numbers go over the wire
 * in disco_extension.h.
 */
#ifndef WIRE_MAPPING_H
#define WIRE_MAPPING_H

enum dest_mapping { MAPPING_UNKNOWN = 0, MAPPING_SAME = 1, MAPPING_VARIES = 2 };

#endif
