// derpclient is the stock DERP client, for the interoperation tests.
//
//	derpclient -host H -port P [-pin sha256-raw:...] [-plain] echo
//	derpclient ... send nodekey:... text
//
// echo prints its key and sends every packet back with "echo:" in front; send waits for the answer.
package main

import (
	"context"
	"flag"
	"fmt"
	"log"
	"os"
	"time"

	"tailscale.com/derp"
	"tailscale.com/derp/derphttp"
	"tailscale.com/net/netmon"
	"tailscale.com/tailcfg"
	"tailscale.com/types/key"
	"tailscale.com/types/logger"
)

func main() {
	host := flag.String("host", "127.0.0.1", "relay")
	port := flag.Int("port", 443, "its port")
	pin := flag.String("pin", "", "pin of its certificate")
	plain := flag.Bool("plain", false, "HTTP without TLS")
	flag.Parse()

	logf := logger.Discard
	if os.Getenv("VERBOSE") != "" {
		logf = log.Printf
	}
	self := key.NewNode()
	var client *derphttp.Client
	if *plain {
		var err error
		client, err = derphttp.NewClient(self, fmt.Sprintf("http://%s:%d/derp", *host, *port), logf, netmon.NewStatic())
		if err != nil {
			log.Fatal(err)
		}
	} else {
		client = derphttp.NewRegionClient(self, logf, netmon.NewStatic(), func() *tailcfg.DERPRegion {
			return &tailcfg.DERPRegion{RegionID: 900, RegionCode: "lab", Nodes: []*tailcfg.DERPNode{{
				Name: "900a", RegionID: 900, HostName: *host, IPv4: *host, IPv6: "none",
				DERPPort: *port, CertName: *pin,
			}}}
		})
	}
	defer client.Close()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	if err := client.Connect(ctx); err != nil {
		log.Fatalf("connect: %v", err)
	}
	switch flag.Arg(0) {
	case "echo":
		fmt.Println(self.Public().String())
		echo(client)
	case "send":
		send(client, flag.Arg(1), flag.Arg(2))
	default:
		log.Fatal("want echo or send")
	}
}

func echo(client *derphttp.Client) {
	for {
		m, err := client.Recv()
		if err != nil {
			log.Fatalf("recv: %v", err)
		}
		if p, ok := m.(derp.ReceivedPacket); ok {
			if err := client.Send(p.Source, append([]byte("echo:"), p.Data...)); err != nil {
				log.Fatalf("send: %v", err)
			}
		}
	}
}

func send(client *derphttp.Client, to, text string) {
	var peer key.NodePublic
	if err := peer.UnmarshalText([]byte(to)); err != nil {
		log.Fatalf("key: %v", err)
	}
	time.AfterFunc(10*time.Second, func() { log.Fatal("no answer within 10 s") })
	if err := client.Send(peer, []byte(text)); err != nil {
		log.Fatalf("send: %v", err)
	}
	for {
		m, err := client.Recv()
		if err != nil {
			log.Fatalf("recv: %v", err)
		}
		switch p := m.(type) {
		case derp.ReceivedPacket:
			fmt.Printf("%s %s\n", p.Source.String(), p.Data)
			return
		case derp.PeerGoneMessage:
			fmt.Printf("gone %s %d\n", p.Peer.String(), p.Reason)
			os.Exit(3)
		}
	}
}
