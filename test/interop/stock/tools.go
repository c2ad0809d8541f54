//go:build tools

// Package stock holds the stock peers of the interoperation tests: derper, and a client of our own
// writing over the stock DERP client library.
package stock

import _ "tailscale.com/cmd/derper"
