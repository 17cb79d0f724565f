#!/usr/bin/env python3
"""tls_front.py PORT CERT KEY TO [NAME PEM]: takes TLS connections on 127.0.0.1:PORT and passes their octets on
to 127.0.0.1:TO. sipp of Debian speaks no TLS; this makes it a far end that does. Who asks for NAME (SNI) is
shown the certificate in PEM instead."""
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
    port, cert, key, to = sys.argv[1:5]
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, key)
    if len(sys.argv) > 6:
        named = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        named.load_cert_chain(sys.argv[6])

        def choose(connection, name, _):
            print("asked for", name, flush=True)
            if name == sys.argv[5]:
                connection.context = named

        context.sni_callback = choose
    with socket.create_server(("127.0.0.1", int(port))) as door:
        while True:
            plain, _ = door.accept()
            try:
                tls = context.wrap_socket(plain, server_side=True)
                far = socket.create_connection(("127.0.0.1", int(to)))
            except OSError as error:
                print(error, flush=True)
                plain.close()
                continue
            for pair in ((tls, far), (far, tls)):
                threading.Thread(target=copy, args=pair, daemon=True).start()


main()
