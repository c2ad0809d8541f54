// stocknode is the data plane of a stock client (its engine, magicsock and wireguard-go on a real TUN), told of
// its peers by standard input instead of by a coordination server.
//
//	stocknode '{"private":"privkey:...","port":41641,"tun":"ts0","address":"100.64.0.9/32",
//	            "derp":{"host":"192.0.2.10","port":443,"stun":3478,"pin":"sha256-raw:..."}}'
//
// It prints one JSON object a line, {"key","disco"} first, {"endpoints"} whenever they change; everything
// else it prints is the log of the stock code. Each line that it reads is one of
//
//	{"peers":[{"key","disco","address","home","endpoints"}]}  its network map from now on
//	{"status":true}                                           answered by {"status"}
//	{"ping":"100.64.0.1"}                                     a disco ping: {"pong"}
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"log"
	"net/netip"
	"os"
	"sync"
	"time"

	"tailscale.com/health"
	"tailscale.com/ipn/ipnstate"
	"tailscale.com/net/dns"
	"tailscale.com/net/tstun"
	"tailscale.com/tailcfg"
	"tailscale.com/types/key"
	"tailscale.com/types/logger"
	"tailscale.com/types/netmap"
	"tailscale.com/util/eventbus"
	"tailscale.com/util/usermetric"
	"tailscale.com/wgengine"
	"tailscale.com/wgengine/filter"
	"tailscale.com/wgengine/magicsock"
	"tailscale.com/wgengine/router"
	"tailscale.com/wgengine/wgcfg/nmcfg"
)

type options struct {
	Private key.NodePrivate
	Port    uint16
	Tun     string
	Address netip.Prefix
	Derp    struct {
		Host, Pin  string
		Port, Stun int
	}
}

type peer struct {
	Key       key.NodePublic
	Disco     key.DiscoPublic
	Address   netip.Prefix
	Home      int
	Endpoints []netip.AddrPort
}

type order struct {
	Peers  []peer
	Status bool
	Ping   string
}

type node struct {
	options
	engine wgengine.Engine
	sock   *magicsock.Conn
	tun    *tstun.Wrapper
	out    sync.Mutex
}

func must(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

func (n *node) say(v map[string]any) {
	line, err := json.Marshal(v)
	must(err)
	n.out.Lock()
	defer n.out.Unlock()
	fmt.Printf("%s\n", line)
}

func (n *node) start() {
	logf := logger.Logf(log.Printf)
	tun, _, err := tstun.New(logf, n.Tun)
	must(err)
	n.engine, err = wgengine.NewUserspaceEngine(logf, wgengine.Config{
		Tun:           tun,
		ListenPort:    n.Port,
		EventBus:      eventbus.New(),
		HealthTracker: new(health.Tracker),
		Metrics:       new(usermetric.Registry),
		SetSubsystem: func(part any) {
			switch part := part.(type) {
			case *magicsock.Conn:
				n.sock = part
			case *tstun.Wrapper:
				n.tun = part
			}
		},
	})
	must(err)
	n.engine.SetFilter(filter.NewAllowAllForTest(logger.Discard))
	n.tun.Start()
	n.engine.SetStatusCallback(func(status *wgengine.Status, err error) {
		if err == nil {
			n.say(map[string]any{"endpoints": status.LocalAddrs})
		}
	})
}

func (n *node) derpMap() *tailcfg.DERPMap {
	return &tailcfg.DERPMap{OmitDefaultRegions: true, Regions: map[int]*tailcfg.DERPRegion{1: {
		RegionID: 1, RegionCode: "lab", Nodes: []*tailcfg.DERPNode{{
			Name: "1a", RegionID: 1, HostName: n.Derp.Host, IPv4: n.Derp.Host, IPv6: "none",
			DERPPort: n.Derp.Port, STUNPort: n.Derp.Stun, CertName: n.Derp.Pin,
		}},
	}}}
}

// setPeers does what the client's local backend does with a new network map.
func (n *node) setPeers(peers []peer) {
	nm := &netmap.NetworkMap{
		PrivateKey: n.Private,
		NodeKey:    n.Private.Public(),
		DERPMap:    n.derpMap(),
		SelfNode: (&tailcfg.Node{
			ID: 1, Name: "stock", Key: n.Private.Public(), DiscoKey: n.sock.DiscoPublicKey(),
			Addresses: []netip.Prefix{n.Address}, HomeDERP: 1, Cap: tailcfg.CurrentCapabilityVersion,
		}).View(),
	}
	routes := &router.Config{LocalAddrs: []netip.Prefix{n.Address}}
	for i, p := range peers {
		nm.Peers = append(nm.Peers, (&tailcfg.Node{
			ID: tailcfg.NodeID(i + 2), Name: fmt.Sprint("peer", i), Key: p.Key, DiscoKey: p.Disco,
			Addresses: []netip.Prefix{p.Address}, AllowedIPs: []netip.Prefix{p.Address},
			Endpoints: p.Endpoints, HomeDERP: p.Home, Cap: tailcfg.CurrentCapabilityVersion,
		}).View())
		routes.Routes = append(routes.Routes, p.Address)
	}
	n.sock.SetDERPMap(nm.DERPMap)
	n.engine.SetNetworkMap(nm)
	cfg, err := nmcfg.WGCfg(nm, log.Printf, 0, "")
	must(err)
	if err := n.engine.Reconfig(cfg, routes, &dns.Config{}); err != nil && err != wgengine.ErrNoChanges {
		log.Fatal(err)
	}
}

func (n *node) status() {
	sb := &ipnstate.StatusBuilder{WantPeers: true}
	n.engine.UpdateStatus(sb)
	peers := map[string]any{}
	for k, p := range sb.Status().Peer {
		var handshake float64
		if !p.LastHandshake.IsZero() {
			handshake = time.Since(p.LastHandshake).Seconds()
		}
		peers[k.String()] = map[string]any{"direct": p.CurAddr, "relay": p.Relay, "active": p.Active,
			"handshake_age_s": handshake, "rx_bytes": p.RxBytes, "tx_bytes": p.TxBytes}
	}
	n.say(map[string]any{"status": peers})
}

func (n *node) ping(address string) {
	ip, err := netip.ParseAddr(address)
	must(err)
	n.engine.Ping(ip, tailcfg.PingDisco, 0, func(r *ipnstate.PingResult) {
		n.say(map[string]any{"pong": map[string]any{
			"error": r.Err, "direct": r.Endpoint, "relay": r.DERPRegionCode, "seconds": r.LatencySeconds}})
	})
}

func main() {
	log.SetFlags(0)
	n := &node{}
	must(json.Unmarshal([]byte(os.Args[1]), &n.options))
	n.start()
	n.setPeers(nil)
	n.say(map[string]any{"key": n.Private.Public(), "disco": n.sock.DiscoPublicKey()})
	for in := bufio.NewScanner(os.Stdin); in.Scan(); {
		var o order
		must(json.Unmarshal(in.Bytes(), &o))
		switch {
		case o.Peers != nil:
			n.setPeers(o.Peers)
			n.say(map[string]any{"peers": len(o.Peers)})
		case o.Status:
			n.status()
		case o.Ping != "":
			n.ping(o.Ping)
		}
	}
	n.engine.Close()
}
