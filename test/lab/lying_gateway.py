#!/usr/bin/env python3
"""A UPnP gateway that lies or is odd: lying_gateway.py ADDRESS HOW. It says one line for each request that it answers.

bomb      a description without an end, each element inside the one before
elsewhere a description at another host
hang      takes the connection and says nothing
junk      64 KiB of anything
private   all is well, but the outside address is a private one
nonsense  all is well, but the outside address is none
ppp       all is well, and it is a WANPPPConnection
two       its first connection, a WANIPConnection, is down; a WANPPPConnection is up
version2  a WANIPConnection:2 that gives port 50505, whatever is wanted
permanent knows mappings for ever only (error 725)
conflict  the port that is wanted is somebody else's (error 718)
refuses   every port is somebody else's
"""

import re
import socket
import struct
import sys
import threading

HEAD = "HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\nConnection: close\r\n"
SERVICE = "urn:schemas-upnp-org:service:WAN{}Connection:{}"
DESCRIPTION = """<?xml version="1.0"?><root xmlns="urn:schemas-upnp-org:device-1-0"><device>
<deviceType>urn:schemas-upnp-org:device:InternetGatewayDevice:1</deviceType><serviceList>{}</serviceList></device></root>"""
SERVICES = {"ppp": [("PPP", 1, "/control")], "two": [("IP", 1, "/down"), ("PPP", 1, "/control")],
            "version2": [("IP", 2, "/control")]}
OUTSIDE = {"private": "10.0.0.9", "nonsense": "999.1.1.1"}


def answer_searches(address, location):
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.bind(("", 1900))
    s.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP,
                 struct.pack("4s4s", socket.inet_aton("239.255.255.250"), socket.inet_aton(address)))
    while True:
        text, who = s.recvfrom(2048)
        kind = next((line.split(b":", 1)[1].strip() for line in text.splitlines() if line.startswith(b"ST:")), b"")
        print("searched", flush=True)
        s.sendto(b"HTTP/1.1 200 OK\r\nST: %s\r\nUSN: uuid:1::%s\r\nLOCATION: %s\r\n\r\n"
                 % (kind, kind, location.encode()), who)


def description(how):
    return DESCRIPTION.format("".join(
        f"<service><serviceType>{SERVICE.format(kind, version)}</serviceType><controlURL>{url}</controlURL></service>"
        for kind, version, url in SERVICES.get(how, [("IP", 1, "/control")])))


def value(request, name):
    m = re.search(rb"<" + name.encode() + rb">(.*?)</", request)
    return m[1].decode() if m else None


def error_for(how, request):
    """Of a request for a mapping; 0: none."""
    if how == "permanent" and value(request, "NewLeaseDuration") != "0":
        return 725
    if how == "refuses" or (how == "conflict" and value(request, "NewExternalPort") == "41641"):
        return 718
    return 401 if b"AddAnyPortMapping" in request and how != "version2" else 0


def envelope(text):
    return f"<s:Envelope><s:Body>{text}</s:Body></s:Envelope>"


def body(how, request):
    """Whether all is well, and the answer."""
    if b"POST /down" in request and b"GetStatusInfo" not in request:
        return False, envelope("<s:Fault><detail><UPnPError><errorCode>501</errorCode></UPnPError></detail></s:Fault>")
    if b"GetStatusInfo" in request:
        status = "Disconnected" if b"POST /down" in request else "Connected"
        return True, envelope(f"<u:R><NewConnectionStatus>{status}</NewConnectionStatus><NewUptime>1</NewUptime>"
                              "<NewLastConnectionError>ERROR_NONE</NewLastConnectionError></u:R>")
    if b"GetExternalIPAddress" in request:
        ip = OUTSIDE.get(how, "11.22.33.7")
        return True, envelope(f"<u:R><NewExternalIPAddress>{ip}</NewExternalIPAddress></u:R>")
    if b"DeletePortMapping" in request:
        print(f"unmapped {value(request, 'NewExternalPort')}", flush=True)
        return True, envelope("<u:DeletePortMappingResponse/>")
    if b"PortMapping" in request:
        error = error_for(how, request)
        if error:
            return False, envelope(f"<s:Fault><detail><UPnPError><errorCode>{error}</errorCode></UPnPError></detail></s:Fault>")
        print(f"mapped {value(request, 'NewExternalPort')} for {value(request, 'NewLeaseDuration')} s", flush=True)
        return True, envelope("<u:R><NewReservedPort>50505</NewReservedPort></u:R>")
    return True, description(how)


def talk(c, how, never):
    request = c.recv(65536)
    print("asked " + request.split(b"\r\n", 1)[0].decode(errors="replace"), flush=True)
    if how == "hang":
        never.append(c)
        return
    if how == "bomb":
        c.sendall((HEAD + "\r\n").encode())
        try:
            while True:
                c.sendall(b"<x>" * 20000)
        except OSError:
            print("the bomb was thrown away", flush=True)
    elif how == "junk":
        c.sendall((HEAD + "Content-Length: 65536\r\n\r\n").encode() + bytes(i % 251 for i in range(65536)))
    else:
        if b"POST" in request and b"Envelope>" not in request:
            request += c.recv(65536)
        well, text = body(how, request)
        head = HEAD if well else HEAD.replace("200 OK", "500 Internal Server Error")
        c.sendall((head + f"Content-Length: {len(text)}\r\n\r\n{text}").encode())
    c.close()


def main(address, how):
    server = socket.create_server((address, 5000))
    location = "http://203.0.113.1:5000/" if how == "elsewhere" else f"http://{address}:5000/"
    threading.Thread(target=answer_searches, args=(address, location), daemon=True).start()
    print("lying", flush=True)
    never = []
    while True:
        try:
            talk(server.accept()[0], how, never)
        except OSError:
            pass


if __name__ == "__main__":
    main(*sys.argv[1:])
