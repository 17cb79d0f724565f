#!/usr/bin/env python3
"""tls_out.py PORT HOST TO CA: takes connections on 127.0.0.1:PORT and passes their octets on by TLS to HOST:TO,
whose certificate must be for HOST. It makes sipp of Debian a caller over TLS."""
import socket
import ssl
import sys
import threading


def copy(source, sink):
    try:
        while True:
            octets = source.recv(65536)
            if not octets:
                break
            sink.sendall(octets)
    except OSError:
        pass
    for end in (source, sink):
        try:
            end.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass


def main():
    port, host, to, ca = sys.argv[1:5]
    context = ssl.create_default_context(cafile=ca)
    with socket.create_server(("127.0.0.1", int(port))) as door:
        while True:
            plain, _ = door.accept()
            try:
                far = context.wrap_socket(
                    socket.create_connection((host, int(to))), server_hostname=host)
            except OSError as error:
                print(error, flush=True)
                plain.close()
                continue
            for pair in ((plain, far), (far, plain)):
                threading.Thread(target=copy, args=pair, daemon=True).start()


main()
