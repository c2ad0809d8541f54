/* io/bind.h - the port of a server, one socket for each family */
#ifndef IO_BIND_H
#define IO_BIND_H

#include "base/addr.h"
#include "io/failure.h"

enum { BIND_FAMILIES = 2 /* IPv4, IPv6 */ };
enum bind_kind { BIND_TCP /* listening */, BIND_UDP };

/**
 * bind_port() - opens the sockets of a server, nonblocking
 * @fd:	set; -1: the family is not asked for, or this machine does not have it
 * @at:	borrowed. Without an address: all addresses of both families. Port 0: one that is free for
 *	both families
 *
 * Return: false, and no socket is left open: why.
 */
bool bind_port(int fd[static BIND_FAMILIES], const struct endpoint *at, enum bind_kind kind,
	       char why[static FAILURE_MAX]) MUST_USE;
void bind_close(int fd[static BIND_FAMILIES]);
/* The port that they are bound to; 0: no socket is open. */
uint16_t bind_port_of(const int fd[static BIND_FAMILIES]);

#endif
