//go:build tools

// Package stock holds the stock peers of the interoperation tests: derper, and clients of our own
// writing over the stock DERP client library and over the stock data plane.
package stock

import _ "tailscale.com/cmd/derper"
