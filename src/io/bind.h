/* io/bind.h - a server's port, one socket for each family */
#ifndef IO_BIND_H
#define IO_BIND_H

#include "base/addr.h"
#include "io/failure.h"

enum { BIND_FAMILIES = 2 /* IPv4, IPv6 */ };
enum bind_kind { BIND_TCP /* listening */, BIND_UDP };

/**
 * bind_port() - opens a server's sockets, nonblocking
 * @fd:	set; -1 for a family that is not asked for, or that this machine does not have
 * @at:	without an address: all addresses of both families. Port 0: one that is free, the same for
 * both
 *
 * Return: false, with no socket left open: why.
 */
bool bind_port(int fd[static BIND_FAMILIES], const struct endpoint *at, enum bind_kind kind,
	       char why[static FAILURE_MAX]) MUST_USE;
void bind_close(int fd[static BIND_FAMILIES]);
/* The port that was taken; 0: none. */
uint16_t bind_port_of(const int fd[static BIND_FAMILIES]);

#endif
