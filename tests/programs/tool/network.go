package main

import (
	"bytes"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"
)

// talk connects, sends what it is told to, and reads to the end, or until nothing has come for a while.
func talk(o order) any {
	conn, err := net.Dial(o.Network, o.Path)
	if err != nil {
		return map[string]any{"error": err.Error()}
	}
	defer conn.Close()
	failed := ""
	for _, send := range o.Sends {
		time.Sleep(time.Duration(send.After) * time.Millisecond)
		if _, err := conn.Write(send.Bytes); err != nil {
			failed = err.Error()
			break
		}
	}
	if o.Half {
		_ = conn.(interface{ CloseWrite() error }).CloseWrite()
	}
	_ = conn.SetReadDeadline(time.Now().Add(time.Duration(o.Milli) * time.Millisecond))
	received, err := io.ReadAll(conn)
	ended := err == nil || !os.IsTimeout(err)
	return map[string]any{"received": received, "ended": ended, "write_failed": failed}
}

// talks has one conversation after another.
func talks(o order) any {
	var heard []any
	for _, one := range o.Orders {
		heard = append(heard, talk(one))
	}
	return heard
}

// crowd opens Count connections and begins a long head on each.
func crowd(o order) any {
	head := append([]byte("GET http://127.0.0.1/ HTTP/1.1\r\nX: "), bytes.Repeat([]byte("x"), 1<<20)...)
	count := 0
	for ; count < o.Count; count++ {
		conn, err := net.Dial("tcp", o.Path)
		if err != nil {
			break
		}
		_ = conn.SetWriteDeadline(time.Now().Add(20 * time.Millisecond))
		_, _ = conn.Write(head)
	}
	return map[string]any{"connections": count}
}

// fetch makes one request as a library does that knows HTTPS_PROXY.
func fetch(o order) any {
	proxy, _ := url.Parse(os.Getenv("HTTPS_PROXY"))
	client := &http.Client{
		Transport: &http.Transport{Proxy: http.ProxyURL(proxy)},
		CheckRedirect: func(*http.Request, []*http.Request) error {
			if o.Code == http.StatusFound {
				return nil // follow, as most programs do
			}
			return http.ErrUseLastResponse
		},
	}
	method := o.Method
	if method == "" {
		method = http.MethodGet
	}
	request, err := http.NewRequest(method, o.URL, strings.NewReader(o.Text))
	if err != nil {
		fail(err)
	}
	for _, header := range o.Headers {
		name, value, _ := strings.Cut(header, ": ")
		request.Header.Add(name, value)
	}
	answer, err := client.Do(request)
	if err != nil {
		return map[string]any{"error": err.Error()}
	}
	defer answer.Body.Close()
	content, err := io.ReadAll(answer.Body)
	if err != nil {
		return map[string]any{"error": err.Error()}
	}
	return map[string]any{"status": answer.StatusCode, "headers": answer.Header, "text": string(content)}
}
