package main

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httputil"
	"time"
)

// serveProxy opens the way out that a program's own HTTP library knows how to use. It decides nothing: the broker does. What it adds
// is the secret, in requests for the credential's host, which come in the clear as far as here and leave in TLS.
func (e *execution) serveProxy() error {
	listener, err := net.Listen("tcp", proxyAddress)
	if err != nil {
		return err
	}
	server := &http.Server{
		Handler:           &proxy{e.reverseProxy()},
		ReadHeaderTimeout: 10 * time.Second,
		MaxHeaderBytes:    longestProxiedHead,
		ErrorLog:          log.New(io.Discard, "", 0),
	}
	go func() { _ = server.Serve(&bounded{listener, make(chan struct{}, mostProxied)}) }()
	return nil
}

type proxy struct{ plain *httputil.ReverseProxy }

func (p *proxy) ServeHTTP(writer http.ResponseWriter, request *http.Request) {
	switch {
	case request.Method == http.MethodConnect:
		p.connectThrough(writer, request)
	case request.URL.Scheme != "http" || request.URL.Host == "":
		http.Error(writer, "this is a proxy: send CONNECT, or an absolute http URL", http.StatusBadRequest)
	case request.Header.Get("Upgrade") != "":
		http.Error(writer, "upgrades need CONNECT", http.StatusNotImplemented)
	default:
		p.plain.ServeHTTP(writer, request)
	}
}

// connectThrough passes a CONNECT on to the broker, and then every byte both ways. The broker's answer is the program's.
func (p *proxy) connectThrough(writer http.ResponseWriter, request *http.Request) {
	upstream, err := net.Dial("unix", egressSocket)
	if err != nil {
		http.Error(writer, "the broker is not there", http.StatusBadGateway)
		return
	}
	client, buffered, err := writer.(http.Hijacker).Hijack()
	if err != nil {
		_ = upstream.Close()
		return
	}
	if _, err := upstream.Write(connectLine(request.RequestURI)); err != nil {
		_ = upstream.Close()
	}
	go splice(upstream, io.MultiReader(io.LimitReader(buffered, int64(buffered.Reader.Buffered())), client))
	splice(client, upstream)
	_ = client.Close()
	_ = upstream.Close()
}

// splice copies until the source has ended, and tells the other side so.
func splice(to net.Conn, from io.Reader) {
	_, _ = io.Copy(to, from)
	if half, ok := to.(interface{ CloseWrite() error }); ok {
		_ = half.CloseWrite()
	}
}

func (e *execution) reverseProxy() *httputil.ReverseProxy {
	return &httputil.ReverseProxy{
		Rewrite:        e.rewrite,
		ModifyResponse: e.inspect,
		Transport:      e.transport(),
		ErrorLog:       log.New(io.Discard, "", 0),
		ErrorHandler: func(writer http.ResponseWriter, _ *http.Request, err error) {
			http.Error(writer, e.redact.whole(err.Error()), http.StatusBadGateway)
		},
	}
}

func (e *execution) transport() *http.Transport {
	return &http.Transport{
		DialContext:            e.dial,
		TLSClientConfig:        &tls.Config{RootCAs: authorities(), MinVersion: tls.VersionTLS12, NextProtos: []string{"http/1.1"}},
		DisableCompression:     true,
		MaxConnsPerHost:        8,
		MaxResponseHeaderBytes: longestHead,
	}
}

func (e *execution) dial(_ context.Context, _, address string) (net.Conn, error) {
	conn, f := e.tunnel(address, faultUpstreamUnreachable)
	if f != nil {
		return nil, errors.New(f.message)
	}
	return conn, nil
}
