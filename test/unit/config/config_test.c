#include "unit/addresses.h"
#include "unit/config/parsed.h"
#include "unit/no_memory.h"

#include <stdio.h>
#include <stdlib.h>

#define PRIV "privkey:0100000000000000000000000000000000000000000000000000000000000041"
#define KEY3 "0900000000000000000000000000000000000000000000000000000000000000"
#define PIN  "sha256-raw:0f1e2d3c4b5a69788796a5b4c3d2e1f00f1e2d3c4b5a69788796a5b4c3d2e1f0"

#define DISCO "discokey:d100000000000000000000000000000000000000000000000000000000000001"

/* The least of each section, to begin the rows below. */
#define NODE  "[Node]\nPrivateKey = " PRIV "\nAddress = 100.64.0.1\n" /* lines 1 to 3 */
#define RELAY "[Relay]\nName = lab\nHost = r.example\n"
#define PEER  "[Peer]\nPublicKey = " KEY1 "\n"

static void a_short_file_gets_the_defaults(void **state)
{
	struct config *c =
		good("[node]\nprivatekeyfile=/k\naddress=100.64.0.1\n" RELAY PEER "Relay = LAB");
	assert_int_equal(c->settings.port, 41641);
	assert_int_equal(c->settings.mtu, 1280);
	assert_true(c->settings.port_mapping);
	assert_string_equal(c->settings.interface, "warren0");
	assert_string_equal(c->map.self.name, "");
	assert_int_equal(c->map.self.address_bits[0], 32);
	assert_int_equal(c->map.relays[0].region, 1);
	assert_int_equal(c->map.relays[0].port, 443);
	assert_int_equal(c->map.relays[0].stun_port, 3478);
	assert_false(c->map.relays[0].plain || c->map.relays[0].pinned);
	assert_int_equal(c->map.relays[0].ip4.family, 0);
	assert_int_equal(c->map.peers[0].home, 1);
	assert_false(c->map.peers[0].plain);
	config_free(c);
}

static const char everything[] =
	"# A comment\r\n"
	"[Node]\r\n"
	"  PrivateKeyFile = /etc/warren/key # and another\r\n"
	"Address = 100.64.0.1/10, fd7a::1/64\n"
	"Address = 10.0.0.1\n"
	"ListenPort = 0\nMTU = 1400\nInterface = wg-7\nName = alice\nPortMapping = no\nHardNat = "
	"no\nSlowPunch = yes\n"
	"Endpoint = 198.51.100.7:41641, [2001:db8::7]:1\n"
	"Home = Far\n"
	"\n"
	"[Relay]\nName = lab\nHost = 192.0.2.10\nPlain = yes\nSTUNPort = no\nRegion = 7\n"
	"[Relay]\nName = far\nHost = [2001:db8::10]\nPort = 8443\nPin = " PIN "\nSTUNPort = 3479\n"
	"[Relay]\nName = third\nHost = Relay-3.example.net\nCAFile = ca.pem\nIPv4 = "
	"192.0.2.3\nIPv6 = "
	"2001:db8::3\n"
	"[Peer]\nName = bob\nPublicKey = " KEY1 "\nPresharedKey = " KEY2 "\n"
	"AllowedIPs = 100.64.0.2/32, fd7a::2\nAllowedIPs = 10.9.0.0/16\nRelay = third\n"
	"Endpoint = 203.0.113.5:41641\nPersistentKeepalive = 25\nDiscoKey = " DISCO "\n"
	"[PEER]\nPublicKey = " KEY2
	"\nPresharedKeyFile = bob.psk\nEndpoint = 203.0.113.6:51820\nAllowedIPs = 10.1.2.3/8\n"
	"PersistentKeepalive = off\n"
	"[Peer]\nPublicKey = " KEY3 "\nAllowedIPs =\n";

static void the_node_of_a_file_with_everything(void **state)
{
	char text[IP_TEXT_MAX];
	struct config *c = good(everything);
	const struct settings *s = &c->settings;
	const struct netmap_self *self = &c->map.self;
	assert_string_equal(c->key_file, "/etc/warren/key");
	assert_true(key_is_zero(s->key.b));
	assert_int_equal(self->n_addresses, 3);
	assert_string_equal(ip_format(&self->address[0], text), "100.64.0.1");
	assert_int_equal(self->address_bits[0], 10);
	assert_string_equal(ip_format(&self->address[1], text), "fd7a::1");
	assert_int_equal(self->address_bits[1], 64);
	assert_int_equal(self->address_bits[2], 32);
	assert_int_equal(s->port, 0);
	assert_int_equal(s->mtu, 1400);
	assert_false(s->hard_nat);
	assert_true(s->slow_punch);
	assert_string_equal(s->interface, "wg-7");
	assert_string_equal(self->name, "alice");
	assert_int_equal(s->n_fixed, 2);
	struct endpoint want = ep_of("[2001:db8::7]:1");
	assert_true(endpoint_equal(&s->fixed[1], &want));
	config_free(c);
}

static void the_relays_of_a_file_with_everything(void **state)
{
	static const uint8_t pin[2] = {0x0f, 0x1e};
	struct config *c = good(everything);
	assert_int_equal(c->map.n_relays, 3);
	const struct netmap_relay *far = &c->map.relays[0], *lab = &c->map.relays[1],
				  *third = &c->map.relays[2];
	assert_string_equal(far->name, "far"); /* our home, so it comes first */
	assert_string_equal(far->host, "2001:db8::10");
	assert_int_equal(far->region, 2);
	assert_int_equal(far->port, 8443);
	assert_int_equal(far->ip6.family, 6);
	assert_int_equal(far->ip4.family, 0);
	assert_true(far->pinned);
	assert_memory_equal(far->pin, pin, sizeof(pin));
	assert_int_equal(far->stun_port, 3479);
	assert_string_equal(lab->name, "lab");
	assert_int_equal(lab->region, 7);
	assert_int_equal(lab->port, 80);
	assert_int_equal(lab->stun_port, 0);
	assert_true(lab->plain);
	assert_int_equal(lab->ip4.family, 4);
	assert_string_equal(third->ca_file, "ca.pem");
	assert_int_equal(third->region, 3);
	assert_int_equal(third->ip4.b[3], 3);
	assert_int_equal(third->ip6.b[15], 3);
	assert_ptr_equal(netmap_relay(&c->map, 7), lab);
	assert_null(netmap_relay(&c->map, 9));
	config_free(c);
}

static void the_peers_of_a_file_with_everything(void **state)
{
	char text[PREFIX_TEXT_MAX];
	struct config *c = good(everything);
	assert_int_equal(c->map.n_peers, 3);
	const struct netmap_peer *bob = &c->map.peers[0], *office = &c->map.peers[1],
				 *roamer = &c->map.peers[2];
	assert_string_equal(bob->name, "bob");
	assert_false(key_is_zero(bob->psk));
	assert_int_equal(bob->n_allowed, 3);
	assert_string_equal(prefix_format(&bob->allowed[2], text), "10.9.0.0/16");
	assert_int_equal(bob->home, 3);
	assert_false(bob->plain);
	assert_int_equal(bob->n_hints, 1);
	assert_int_equal(bob->keepalive_s, 25);
	assert_int_equal(bob->disco.b[0], 0xd1);
	assert_true(key_is_zero(office->disco.b));
	assert_true(office->plain);
	assert_string_equal(c->peer_notes[1].psk_file, "bob.psk");
	assert_string_equal(prefix_format(&office->allowed[0], text), "10.0.0.0/8");
	assert_int_equal(office->keepalive_s, 0);
	assert_true(roamer->plain);
	assert_int_equal(roamer->n_allowed, 0);
	config_free(c);
}

static void peers_are_found_and_labelled(void **state)
{
	char label[NETMAP_NAME_MAX];
	struct ip ip;
	struct config *c = good(everything);
	assert_ptr_equal(netmap_peer(&c->map, &c->map.peers[1].key), &c->map.peers[1]);
	assert_ptr_equal(netmap_peer_named(&c->map, "BOB"), &c->map.peers[0]);
	assert_ptr_equal(netmap_peer_named(&c->map, "fd7a::2"), &c->map.peers[0]);
	assert_ptr_equal(netmap_peer_named(&c->map, "10.9.1.1"),
			 &c->map.peers[0]); /* longer than 10/8 */
	assert_ptr_equal(netmap_peer_named(&c->map, "10.8.1.1"), &c->map.peers[1]);
	assert_null(netmap_peer_named(&c->map, "11.0.0.1"));
	assert_null(netmap_peer_named(&c->map, ""));
	struct node_key stranger = {{1}};
	assert_null(netmap_peer(&c->map, &stranger));
	assert_string_equal(netmap_peer_label(&c->map.peers[0], label), "bob");
	assert_string_equal(netmap_peer_label(&c->map.peers[1], label), "[3p7bf]");
	assert_true(netmap_peer_address(&c->map.peers[0], &ip));
	assert_false(netmap_peer_address(&c->map.peers[1], &ip));
	c->map.peers[0].name[0] = '\0';
	assert_string_equal(netmap_peer_label(&c->map.peers[0], label), "100.64.0.2");
	config_free(c);
}

static const struct {
	const char *text, *why;
} bad_files[] = {
	{"", "w.conf: found no [Node], expected one with PrivateKeyFile and Address"},
	{"[Interface]\n", "w.conf:1: found \"[Interface]\", expected [Node], [Relay] or [Peer]"},
	{"[Node\n", "w.conf:1: found \"[Node\", expected [Node], [Relay] or [Peer]"},
	{"[]\n", "w.conf:1: found \"[]\", expected [Node], [Relay] or [Peer]"},
	{"MTU = 1\n", "w.conf:1: found the key \"MTU\" before any section, expected [Node] first"},
	{"[Node]\nhello\n", "w.conf:2: found \"hello\", expected KEY = VALUE or a [Section]"},
	{"[Node]\n" PRIV "\n", "w.conf:2: found \"...\", expected KEY = VALUE or a [Section]"},
	{"\n[Node]\nAddress = 1.2.3.4\n",
	 "w.conf:2: found a [Node] without PrivateKeyFile, expected: "
	 "PrivateKeyFile = PATH (`warren genkey > PATH` makes a key)"},
	{"[Node]\nPrivateKeyFile = /k\n[Peer]\n",
	 "w.conf:1: found a [Node] without Address, expected: "
	 "Address = 100.64.0.1/32 or another of your network"},
	{NODE "[Node]\n", "w.conf:4: found a second [Node], expected one (first at line 1)"},
	{NODE "PrivateKeyFile = /k\n",
	 "w.conf:4: found PrivateKey and PrivateKeyFile in one [Node], expected only "
	 "one of them"},
	/* keys */
	{NODE "ListnPort = 1\n",
	 "w.conf:4: found the key \"ListnPort\" in [Node], expected perhaps ListenPort"},
	{NODE "AllowedIPs = 1.1.1.1\n",
	 "w.conf:4: found the key \"AllowedIPs\" in [Node], expected it in [Peer]"},
	{NODE "Frobnicate = 1\n", "w.conf:4: found the key \"Frobnicate\" in [Node], expected one "
				  "that warren.conf(5) lists"},
	{NODE "\x1b[31m = 1\n",
	 "w.conf:4: found the key \"?[31m\" in [Node], expected one that warren.conf(5) lists"},
	{NODE "MTU = 1280\nmtu = 1280\n",
	 "w.conf:5: found MTU again, expected it once in a [Node] (first at line 4)"},
	/* values of [Node] */
	{NODE "PortMapping = maybe\n",
	 "w.conf:4: PortMapping: found \"maybe\", expected yes or no"},
	{NODE "MTU = 100\n", "w.conf:4: MTU: found \"100\", expected a number from 576 to 1500"},
	{NODE "MTU = 99999999999\n",
	 "w.conf:4: MTU: found \"99999999999\", expected a number from 576 to 1500"},
	{NODE "MTU = 0x500\n",
	 "w.conf:4: MTU: found \"0x500\", expected a number from 576 to 1500"},
	{NODE "MTU =\n", "w.conf:4: MTU: found \"\", expected a number from 576 to 1500"},
	{NODE "ListenPort = 65536\n",
	 "w.conf:4: ListenPort: found \"65536\", expected a UDP port from 0 (any) to 65535"},
	{NODE "Address = 100.64.0.300/32\n",
	 "w.conf:4: Address: found \"100.64.0.300/32\", expected an address such "
	 "as 100.64.0.1/32 or fd7a::1/128"},
	{NODE "Address = 10.0.0.1, ten\n", "w.conf:4: Address: found \"ten\", expected an address "
					   "such as 100.64.0.1/32 or fd7a::1/128"},
	{NODE "Address = 10.0.0.1, 100.64.0.1/24\n",
	 "w.conf:4: Address: found \"100.64.0.1/24\", expected each address once"},
	{NODE "Address = 1.1.1.2,1.1.1.3,1.1.1.4,1.1.1.5,1.1.1.6,1.1.1.7,1.1.1.8,1.1.1.9\n",
	 "w.conf:4: Address: found \"1.1.1.9\", expected at most 8 addresses"},
	{NODE "Interface = warren0123456789\n",
	 "w.conf:4: Interface: found \"warren0123456789\", expected 1 to 15 "
	 "letters, digits, '.', '-' or '_'"},
	{NODE "Name = a b\n",
	 "w.conf:4: Name: found \"a b\", expected 1 to 63 letters, digits, '.', '-' or '_'"},
	{NODE "Name = ..\n",
	 "w.conf:4: Name: found \"..\", expected 1 to 63 letters, digits, '.', '-' or '_'"},
	{NODE "Endpoint = 192.0.2.1:1, 192.0.2.1\n",
	 "w.conf:4: Endpoint: found \"192.0.2.1\", expected an address and a port such as "
	 "192.0.2.1:41641 or "
	 "[2001:db8::1]:41641"},
	{NODE "Endpoint = 0.0.0.0:1\n", "w.conf:4: Endpoint: found \"0.0.0.0:1\", expected an "
					"address and a port such as 192.0.2.1:41641 or "
					"[2001:db8::1]:41641"},
	{NODE "Endpoint = "
	      "1.1.1.1:1,1.1.1.1:2,1.1.1.1:3,1.1.1.1:4,1.1.1.1:5,1.1.1.1:6,1.1.1.1:7,1.1.1.1:8,1.1."
	      "1.1:9",
	 "w.conf:4: Endpoint: found \"1.1.1.1:9\", expected at most 8 endpoints"},
	{NODE "Home =\n", "w.conf:4: Home: found \"\", expected the Name of a [Relay]"},
	{NODE "Home = lab\n",
	 "w.conf:4: Home: found \"lab\", expected the Name of a [Relay] (the file has no [Relay])"},
	{"[Node]\nPrivateKey = secret\n",
	 "w.conf:2: PrivateKey: found something else, expected privkey: and "
	 "64 hexadecimal digits, or 44 characters "
	 "of base64 (`warren genkey` makes one)"},
	{"[Node]\nPrivateKeyFile =\n",
	 "w.conf:2: PrivateKeyFile: found \"\", expected the path of a file"},
	{"[Node]\nPrivateKeyFile = /k\nAddress = fd7a::1\nMTU = 1279\n",
	 "w.conf: [Node] has an IPv6 Address and MTU = 1279, expected at least 1280, as IPv6 "
	 "needs"},
	/* [Relay] */
	{NODE "[Relay]\nHost = a\n", "w.conf:4: found a [Relay] without Name, expected: Name = a "
				     "word by which peers refer to it"},
	{NODE "[Relay]\nName = a\n",
	 "w.conf:4: found a [Relay] without Host, expected: Host = its host name or address"},
	{NODE RELAY "Region = 0\n",
	 "w.conf:7: Region: found \"0\", expected a number from 1 to 65535"},
	{NODE RELAY "Port = 0\n",
	 "w.conf:7: Port: found \"0\", expected a TCP port from 1 to 65535"},
	{NODE RELAY "Plain = perhaps\n", "w.conf:7: Plain: found \"perhaps\", expected yes or no"},
	{NODE RELAY "STUNPort = never\n",
	 "w.conf:7: STUNPort: found \"never\", expected a UDP port up to 65535, or 0: no STUN"},
	{NODE RELAY "IPv4 = ::1\n", "w.conf:7: IPv4: found \"::1\", expected an IPv4 address"},
	{NODE RELAY "IPv6 = 1.2.3.4\n",
	 "w.conf:7: IPv6: found \"1.2.3.4\", expected an IPv6 address"},
	{NODE RELAY "Pin = sha256-raw:00\n",
	 "w.conf:7: Pin: found \"sha256-raw:00\", expected sha256-raw: and 64 "
	 "hexadecimal digits, as the relay prints it"},
	{NODE RELAY "Pin = " PIN "\nCAFile = ca.pem\n",
	 "w.conf:8: found Pin and CAFile in one [Relay], expected only one of them"},
	{NODE RELAY "Plain = yes\nPin = " PIN "\n",
	 "w.conf:7: Plain: found yes beside Pin, expected no: without TLS there is no certificate"},
	{NODE RELAY "Plain = yes\nCAFile = ca.pem\n",
	 "w.conf:7: Plain: found yes beside CAFile, expected no: without TLS there is no "
	 "certificate"},
	{NODE "[Relay]\nHost = a.example:443\n",
	 "w.conf:5: Host: found \"a.example:443\", expected a host "
	 "name or an address, without a port (that is Port)"},
	{NODE RELAY RELAY, "w.conf:7: found a second [Relay] with Name = lab, expected each name "
			   "once (first at line 4)"},
	{NODE RELAY "[Relay]\nName = b\nHost = b\nRegion = 1\n",
	 "w.conf:7: found Region 1 at relay b and at lab (line 4), expected each region once"},
	/* [Peer] */
	{NODE "[Peer]\nName = bob\n",
	 "w.conf:4: found a [Peer] without PublicKey, expected: PublicKey = "
	 "nodekey:... (`warren pubkey` prints it)"},
	{NODE "[Peer]\nPublicKey = abc\n",
	 "w.conf:5: PublicKey: found \"abc\", expected nodekey: and 64 "
	 "hexadecimal digits, or 44 characters of base64 "
	 "(`warren pubkey` prints it)"},
	{NODE PEER "PresharedKey = abc\n",
	 "w.conf:6: PresharedKey: found something else, expected privkey: and 64 "
	 "hexadecimal digits, or 44 characters of base64 (`warren genkey` makes one)"},
	{NODE PEER "PresharedKey = " KEY2 "\nPresharedKeyFile = /k\n",
	 "w.conf:7: found PresharedKey and PresharedKeyFile in one [Peer], expected only one of "
	 "them"},
	{NODE PEER "AllowedIPs = 100.64.0.2/32, 10.0.0.0/33\n",
	 "w.conf:6: AllowedIPs: found \"10.0.0.0/33\", expected a prefix such as 100.64.0.2/32 or "
	 "fd7a::/48"},
	{NODE PEER "AllowedIPs = 100.64.0.2,,\n",
	 "w.conf:6: AllowedIPs: found \"\", expected a prefix such as 100.64.0.2/32 or fd7a::/48"},
	{NODE PEER "Endpoint = bob.example:41641\n",
	 "w.conf:6: Endpoint: found \"bob.example:41641\", expected an address and a port such as "
	 "192.0.2.1:41641 or "
	 "[2001:db8::1]:41641 (names are not looked up)"},
	{NODE PEER "PersistentKeepalive = always\n",
	 "w.conf:6: PersistentKeepalive: found \"always\", expected seconds from 0 (off) to 65535"},
	{NODE RELAY PEER "Relay = lab\nDiscoKey = nodekey:d1\n",
	 "w.conf:10: DiscoKey: found \"nodekey:d1\", expected discokey: and 64 hexadecimal digits"},
	{NODE PEER "DiscoKey = " DISCO "\n", "w.conf:4: [Peer] has a DiscoKey and no Relay, "
					     "expected both: a peer without a Relay speaks plain "
					     "WireGuard"},
	{NODE RELAY PEER "Relay = lap\n",
	 "w.conf:9: Relay: found \"lap\", expected the Name of a [Relay] (known: lab)"},
	{NODE PEER "Name = bob\n" PEER "Name = carol\n",
	 "w.conf:7: found a second [Peer] with PublicKey [hSDwC], expected each peer once (first "
	 "at line 4)"},
	{NODE PEER "Name = bob\n[Peer]\nPublicKey = " KEY2 "\nName = Bob\n",
	 "w.conf:7: found a second [Peer] with Name = Bob, expected each name once (first at line "
	 "4)"},
	{NODE PEER "Name = bob\nAllowedIPs = 10.0.0.0/8\n[Peer]\nPublicKey = " KEY2
		   "\nAllowedIPs = 1.1.1.1, 10.2.3.4/8\n",
	 "w.conf:10: AllowedIPs: found 10.0.0.0/8, which is bob's already (line 7), expected each "
	 "prefix "
	 "once"},
	{NODE PEER "AllowedIPs = 100.64.0.1\n",
	 "w.conf:6: AllowedIPs: found 100.64.0.1, which is our own Address, "
	 "expected the addresses of the peer"},
};

static void a_bad_file_says_where_and_what(void **state)
{
	char why[CONFIG_WHY_MAX];
	for (size_t i = 0; i < ARRAY_LEN(bad_files); i++) {
		struct config *c = parse(bad_files[i].text, why);
		if (c)
			fail_msg("taken, but expected: %s", bad_files[i].why);
		assert_string_equal(why, bad_files[i].why);
	}
}

static void what_is_quoted_is_cut(void **state)
{
	char text[4096], why[CONFIG_WHY_MAX];
	snprintf(text, sizeof(text), NODE "Name = %0300d\n", 0);
	assert_null(parse(text, why));
	assert_non_null(strstr(why, "0000...\", expected"));
	assert_true(strlen(why) < 160);
	/* 60 characters stand there whole, and of 61 the first 60 */
	snprintf(text, sizeof(text), NODE "MTU = %060d\n", 0);
	assert_null(parse(text, why));
	assert_non_null(strstr(why, "0000\", expected"));
	snprintf(text, sizeof(text), NODE "MTU = %061d\n", 0);
	assert_null(parse(text, why));
	const char *quote = strchr(why, '"');
	assert_int_equal(strcspn(quote + 1, "\""), 63);
	assert_memory_equal(quote + 58, "000...\"", 7);
}

#define SECRET_HEX    "0100000000000000000000000000000000000000000000000000000000000041"
#define SECRET_BASE64 "AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAEE"

static void what_can_be_a_private_key_is_not_quoted(void **state)
{
	static const char *const rows[][2] = {
		{NODE "[Peer]\nPublicKey = " PRIV "\n", "PublicKey: found \"privkey:****"},
		{NODE "[Peer]\nPublicKey = PrivKey:" SECRET_HEX "\n", "found \"PrivKey:****"},
		{NODE "Home = " PRIV "\n", "Home: found \"privkey:****"},
		{NODE "Interface = " SECRET_HEX "\n", "Interface: found \"...\", expected"},
		{NODE "Interface = " SECRET_BASE64 "=\n", "Interface: found \"...\", expected"},
		{"[Node]\n" SECRET_BASE64 "=\n", "found the key \"...\" in [Node]"},
		{"[Node]\n" PRIV " = 1\n", "found the key \"privkey:****"},
		{"[" PRIV "]\n", "found \"[privkey:****"},
		{NODE "[Peer]\nRelay = " PRIV "\nPublicKey = " KEY1 "\n",
		 "Relay: found \"privkey:****"},
	};
	char why[CONFIG_WHY_MAX];
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		assert_null(parse(rows[i][0], why));
		if (!strstr(why, rows[i][1]) || strstr(why, "0100") || strstr(why, "AQAA"))
			fail_msg("%s", why);
	}
	assert_null(parse(NODE "Home = a\x1b[31m\xff\n", why));
	assert_non_null(strstr(why, "Home: found \"a?[31m?\", expected"));
}

static void a_byte_order_mark_is_skipped(void **state)
{
	char why[CONFIG_WHY_MAX];
	config_free(good("\xef\xbb\xbf" NODE));
	config_free(good("\xef\xbb\xbf# a comment\r\n" NODE));
	assert_null(parse("\xef\xbb\xbf[Nod]\n", why));
	assert_string_equal(why, "w.conf:1: found \"[Nod]\", expected [Node], [Relay] or [Peer]");
	static const uint8_t utf16[] = {0xff, 0xfe, '[', 0, 'N', 0};
	assert_null(config_parse("w.conf", BYTES_OF(utf16), why));
	assert_string_equal(why,
			    "w.conf: found UTF-16, expected UTF-8: save the file in that form");
}

static void zero_bytes_and_long_files_are_refused(void **state)
{
	char why[CONFIG_WHY_MAX];
	assert_null(config_parse("w.conf", (struct bytes){(const uint8_t *)"[Node]\0", 7}, why));
	assert_string_equal(why, "w.conf: found a zero byte, expected a text file");
	uint8_t *big = calloc(1, CONFIG_TEXT_MAX + 1);
	assert_non_null(big);
	assert_null(config_parse("w.conf", (struct bytes){big, CONFIG_TEXT_MAX + 1}, why));
	assert_string_equal(why, "w.conf: found 8388609 bytes, expected at most 8388608");
	free(big);
}

static void our_own_key_is_no_peer(void **state)
{
	char text[1024], key[KEY_TEXT_MAX], why[CONFIG_WHY_MAX];
	struct config *c = good(NODE PEER);
	assert_true(config_check_key(c, "w.conf", why));
	struct node_key self;
	key_public(self.b, c->settings.key.b);
	config_free(c);
	snprintf(text, sizeof(text), NODE "[Peer]\nPublicKey = %s\n",
		 key_format(key, KEY_NODE, self.b));
	c = good(text);
	assert_false(config_check_key(c, "w.conf", why));
	assert_string_equal(why, "w.conf:4: [Peer] has our own key, expected the peer's: each node "
				 "has a key of its own");
	config_free(c);
}

/* Writes [Peer] sections with keys 1.. into out, each with every key that a peer usually has. */
static size_t many_peers(char *out, size_t cap, unsigned count)
{
	size_t n = (size_t)snprintf(out, cap, "[Node]\nPrivateKeyFile=/k\nAddress=1.1.1.1\n" RELAY);
	for (unsigned i = 1; i <= count; i++)
		n += (size_t)snprintf(out + n, cap - n,
				      "[Peer]\nName = %063u\nPublicKey = nodekey:%064x\n"
				      "PresharedKey = privkey:%064x\nRelay = lab\n"
				      "AllowedIPs = 10.%u.%u.%u/32, fd7a:115c:a1e0::%x/128\n"
				      "Endpoint = [2001:db8:1111:2222:3333:4444:5555:%x]:41641\n"
				      "PersistentKeepalive = 25\n",
				      i, i, i, i >> 16, (i >> 8) & 255, i & 255, i, i);
	return n;
}

static void many_peers_fit_and_one_more_does_not(void **state)
{
	enum { CAP = 2 * CONFIG_TEXT_MAX };
	char why[CONFIG_WHY_MAX], *text = malloc(CAP);
	assert_non_null(text);
	size_t n = many_peers(text, CAP, CONFIG_PEERS_MAX);
	struct config *c = config_parse("w.conf", (struct bytes){(uint8_t *)text, n}, why);
	assert_non_null(c);
	assert_int_equal(c->map.n_peers, CONFIG_PEERS_MAX);
	assert_int_equal(c->map.peers[CONFIG_PEERS_MAX - 1].allowed[0].ip.b[3],
			 CONFIG_PEERS_MAX & 255);
	config_free(c);
	n = many_peers(text, CAP, CONFIG_PEERS_MAX + 1);
	assert_null(config_parse("w.conf", (struct bytes){(uint8_t *)text, n}, why));
	assert_string_equal(why, "w.conf:80007: found one [Peer] more, expected at most 10000");
	free(text);
}

static void relays_and_prefixes_are_bounded(void **state)
{
	char why[CONFIG_WHY_MAX], text[32768];
	size_t n = (size_t)snprintf(text, sizeof(text), NODE);
	for (unsigned i = 0; i <= RELAYS_MAX; i++)
		n += (size_t)snprintf(text + n, sizeof(text) - n, "[Relay]\nName=r%u\nHost=r\n", i);
	assert_null(parse(text, why));
	assert_string_equal(why, "w.conf:196: found one [Relay] more, expected at most 64");
	n = (size_t)snprintf(text, sizeof(text), NODE PEER "AllowedIPs = 10.9.9.9");
	for (unsigned i = 1; i <= NETMAP_ALLOWED_MAX; i++)
		n += (size_t)snprintf(text + n, sizeof(text) - n, ",10.0.%u.%u", i >> 8, i & 255);
	assert_null(parse(text, why));
	assert_string_equal(why, "w.conf:6: AllowedIPs: found \"10.0.4.0\", expected at most 1024 "
				 "prefixes for one peer");
}

static void a_file_may_hold_carriage_returns_tabs_and_no_last_line_end(void **state)
{
	struct config *c = good("\t[Node]\t\r\n\tPrivateKeyFile\t=\t/k\t\r\n  # only a comment\r\n"
				"\r\nAddress=100.64.0.1#and another");
	assert_string_equal(c->key_file, "/k");
	assert_int_equal(c->map.self.n_addresses, 1);
	config_free(c);
}

/* Of a relay, 0 and no switch a port off. */
static void ports_that_are_off_are_zero(void **state)
{
	static const struct {
		const char *line;
		uint16_t stun, http;
	} rows[] = {{"", 3478, 0},
		    {"STUNPort = 0", 0, 0},
		    {"STUNPort = NONE", 0, 0},
		    {"STUNPort = 65535", 65535, 0},
		    {"HTTPPort = 0", 3478, 0},
		    {"HTTPPort = 8080", 3478, 8080},
		    {"HTTPPort = 65535", 3478, 65535}};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		char text[512];
		snprintf(text, sizeof(text), NODE RELAY "%s\n", rows[i].line);
		struct config *c = good(text);
		assert_int_equal(c->map.relays[0].stun_port, rows[i].stun);
		assert_int_equal(c->map.relays[0].http_port, rows[i].http);
		config_free(c);
	}
}

/* Its own address is known before DNS, and what the person wrote wins over it. */
static void a_relay_whose_host_is_an_address_needs_no_dns(void **state)
{
	char text[IP_TEXT_MAX];
	struct config *c = good(NODE "[Relay]\nName=a\nHost=192.0.2.1\nIPv4=192.0.2.2\n"
				     "[Relay]\nName=b\nHost=2001:db8::1\n");
	assert_string_equal(ip_format(&c->map.relays[0].ip4, text), "192.0.2.2");
	assert_string_equal(ip_format(&c->map.relays[1].ip6, text), "2001:db8::1");
	assert_int_equal(c->map.relays[1].ip4.family, 0);
	config_free(c);
}

static void the_least_and_the_greatest_values_are_taken(void **state)
{
	struct config *c =
		good(NODE "ListenPort = 65535\nMTU = 576\nInterface = a23456789012345\n");
	assert_int_equal(c->settings.port, 65535);
	assert_int_equal(c->settings.mtu, 576);
	config_free(c);
	c = good(NODE "MTU = 1500\n" PEER "PersistentKeepalive = 65535\n");
	assert_int_equal(c->settings.mtu, 1500);
	assert_int_equal(c->map.peers[0].keepalive_s, 65535);
	config_free(c);
	c = good("[Node]\nPrivateKeyFile = /k\nAddress = fd7a::1\nMTU = 1280\n");
	assert_int_equal(c->settings.mtu, 1280);
	config_free(c);
	c = good(NODE RELAY "Region = 65535\nPort = 65535\n");
	assert_int_equal(c->map.relays[0].region, 65535);
	assert_int_equal(c->map.self.home, 65535);
	config_free(c);
}

static void lists_are_full_at_their_bound(void **state)
{
	struct config *c = good("[Node]\nPrivateKeyFile = /k\n"
				"Address = 1.1.1.1,1.1.1.2,1.1.1.3,1.1.1.4\n"
				"Address = 1.1.1.5,1.1.1.6,1.1.1.7,1.1.1.8\n"
				"Endpoint = 1.1.1.1:1,1.1.1.1:2,1.1.1.1:3,1.1.1.1:4\n"
				"Endpoint = 1.1.1.1:5,1.1.1.1:6,1.1.1.1:7,1.1.1.1:8\n");
	assert_int_equal(c->map.self.n_addresses, 8);
	assert_int_equal(c->settings.n_fixed, 8);
	assert_int_equal(c->settings.fixed[7].port, 8);
	config_free(c);
}

static void secrets_never_stand_in_an_error(void **state)
{
	static const char *const texts[] = {
		"[Node]\nPrivateKey = hush",
		NODE "PrivateKey = hush\n",
		NODE PEER "PresharedKey = hush\n",
		NODE PEER "PresharedKey = " KEY2 "\nPresharedKey = hush\n",
	};
	char why[CONFIG_WHY_MAX];
	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		assert_null(parse(texts[i], why));
		assert_null(strstr(why, "hush"));
	}
}

/* All zero is what is absent, and a key that anybody knows. */
static void a_key_of_zeros_is_refused(void **state)
{
#define ZEROS "0000000000000000000000000000000000000000000000000000000000000000"
	static const char *const texts[] = {
		"[Node]\nPrivateKey = privkey:" ZEROS "\nAddress = 1.1.1.1\n",
		NODE "[Peer]\nPublicKey = nodekey:" ZEROS "\n",
		NODE RELAY PEER "Relay = lab\nDiscoKey = discokey:" ZEROS "\n",
	};
	char why[CONFIG_WHY_MAX];
	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		assert_null(parse(texts[i], why));
		assert_non_null(strstr(why, "expected"));
	}
#undef ZEROS
}

static void a_long_file_name_leaves_room_for_the_reason(void **state)
{
	char name[1000], why[CONFIG_WHY_MAX];
	memset(name, 'n', sizeof(name));
	name[sizeof(name) - 1] = '\0';
	assert_null(config_parse(name, (struct bytes){(const uint8_t *)"[Nod]\n", 6}, why));
	assert_non_null(strstr(why, ":1: found \"[Nod]\", expected [Node], [Relay] or [Peer]"));
}

/* Whichever of the allocations fails, the reason says so and nothing is lost (the address
 * sanitizer looks for that). */
static void a_file_that_memory_does_not_suffice_for_is_refused(void **state)
{
	char why[CONFIG_WHY_MAX];
	for (int left = 0; left < 100; left++) {
		memory_left = left;
		struct config *c = parse(everything, why);
		memory_left = -1;
		if (c) {
			config_free(c);
			assert_true(left > 8);
			return;
		}
		assert_string_equal(why, "w.conf: out of memory");
	}
	fail_msg("it never sufficed");
}

static void nothing_is_freed_without_harm(void **state)
{
	config_free(NULL);
}

static int start(void **state)
{
	return crypto_init() ? 0 : -1;
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_short_file_gets_the_defaults),
		cmocka_unit_test(the_node_of_a_file_with_everything),
		cmocka_unit_test(the_relays_of_a_file_with_everything),
		cmocka_unit_test(the_peers_of_a_file_with_everything),
		cmocka_unit_test(peers_are_found_and_labelled),
		cmocka_unit_test(a_bad_file_says_where_and_what),
		cmocka_unit_test(what_is_quoted_is_cut),
		cmocka_unit_test(what_can_be_a_private_key_is_not_quoted),
		cmocka_unit_test(a_byte_order_mark_is_skipped),
		cmocka_unit_test(zero_bytes_and_long_files_are_refused),
		cmocka_unit_test(our_own_key_is_no_peer),
		cmocka_unit_test(many_peers_fit_and_one_more_does_not),
		cmocka_unit_test(relays_and_prefixes_are_bounded),
		cmocka_unit_test(a_file_may_hold_carriage_returns_tabs_and_no_last_line_end),
		cmocka_unit_test(ports_that_are_off_are_zero),
		cmocka_unit_test(a_relay_whose_host_is_an_address_needs_no_dns),
		cmocka_unit_test(the_least_and_the_greatest_values_are_taken),
		cmocka_unit_test(lists_are_full_at_their_bound),
		cmocka_unit_test(secrets_never_stand_in_an_error),
		cmocka_unit_test(a_key_of_zeros_is_refused),
		cmocka_unit_test(a_long_file_name_leaves_room_for_the_reason),
		cmocka_unit_test(a_file_that_memory_does_not_suffice_for_is_refused),
		cmocka_unit_test(nothing_is_freed_without_harm),
	};
	return cmocka_run_group_tests(tests, start, NULL);
}
