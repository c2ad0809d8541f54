#!/usr/bin/env python3
"""A UPnP gateway that lies: lying_gateway.py ADDRESS HOW. It says one line for each request that it answers.

bomb      a description without an end, each element inside the one before
elsewhere a description at another host
hang      takes the connection and says nothing
junk      64 KiB of anything
private   all is well, but the outside address is a private one
nonsense  all is well, but the outside address is none
"""

import socket
import struct
import sys
import threading

HEAD = "HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\nConnection: close\r\n"
SERVICE = "urn:schemas-upnp-org:service:WANIPConnection:1"
DESCRIPTION = f"""<?xml version="1.0"?><root xmlns="urn:schemas-upnp-org:device-1-0"><device>
<deviceType>urn:schemas-upnp-org:device:InternetGatewayDevice:1</deviceType><serviceList><service>
<serviceType>{SERVICE}</serviceType><controlURL>/control</controlURL></service></serviceList></device></root>"""


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


def body(how, request):
    if b"GetExternalIPAddress" in request:
        ip = {"private": "10.0.0.9", "nonsense": "999.1.1.1"}[how]
        return f"<s:Envelope><s:Body><u:R><NewExternalIPAddress>{ip}</NewExternalIPAddress></u:R></s:Body></s:Envelope>"
    if b"PortMapping" in request:
        return "<s:Envelope><s:Body><u:AddPortMappingResponse/></s:Body></s:Envelope>"
    return DESCRIPTION


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
        text = body(how, request).encode()
        c.sendall((HEAD + f"Content-Length: {len(text)}\r\n\r\n").encode() + text)
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
