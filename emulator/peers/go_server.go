// An HTTPS server by Go's own TLS for GoServer (go.py). It reads one JSON object from standard input, prints one line an
// event, and ends when its standard input does, so that it cannot outlive the process that started it.
package main

import (
	"bufio"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"os"
	"runtime"
)

const page = "HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\n\r\nGo\n"

type site struct {
	Certificates, Key, ClientCa string
}

func main() {
	input := bufio.NewReader(os.Stdin)
	line, err := input.ReadBytes('\n')
	check(err)
	var given site
	check(json.Unmarshal(line, &given))
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	check(err)
	configuration := configure(given)
	fmt.Printf("listening %d %s\n", listener.Addr().(*net.TCPAddr).Port, runtime.Version())
	go accept(listener, configuration)
	io.Copy(io.Discard, input)
}

func configure(given site) *tls.Config {
	certificate, err := tls.X509KeyPair([]byte(given.Certificates), []byte(given.Key))
	check(err)
	configuration := &tls.Config{
		Certificates:           []tls.Certificate{certificate},
		MinVersion:             tls.VersionTLS12,
		MaxVersion:             tls.VersionTLS12,
		CipherSuites:           []uint16{tls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256},
		SessionTicketsDisabled: true,
	}
	if given.ClientCa != "" {
		configuration.ClientAuth = tls.RequireAndVerifyClientCert
		configuration.ClientCAs = x509.NewCertPool()
		configuration.ClientCAs.AppendCertsFromPEM([]byte(given.ClientCa))
	}
	return configuration
}

func accept(listener net.Listener, configuration *tls.Config) {
	for {
		connection, err := listener.Accept()
		check(err)
		go serve(tls.Server(connection, configuration))
	}
}

func serve(connection *tls.Conn) {
	defer connection.Close()
	if err := connection.Handshake(); err != nil {
		fmt.Printf("failed %v\n", err)
		return
	}
	fmt.Println("accepted")
	request := bufio.NewReader(connection)
	for line, _ := request.ReadString('\n'); len(line) > 2; {
		line, _ = request.ReadString('\n')
	}
	io.WriteString(connection, page)
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
