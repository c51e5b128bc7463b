package main

import (
	"crypto/tls"
	"sync/atomic"
)

// certificate can be replaced while the door is open: connections that are made after that get the new one. nil is none.
type certificate struct {
	file, key string
	current   atomic.Pointer[tls.Certificate]
}

func openCertificate(file, key string) (*certificate, error) {
	if file == "" {
		return nil, nil
	}
	c := &certificate{file: file, key: key}
	return c, c.read()
}

func (c *certificate) read() error {
	pair, err := tls.LoadX509KeyPair(c.file, c.key)
	if err == nil {
		c.current.Store(&pair)
	}
	return err
}

// reload keeps the certificate that is there where the files have none: the gateway has looked at them before, and told its operator.
func (c *certificate) reload() {
	if c != nil {
		if err := c.read(); err != nil {
			tell("certificate_refused", map[string]any{"error": err.Error()})
		}
	}
}

func (c *certificate) config() *tls.Config {
	return &tls.Config{
		MinVersion:     tls.VersionTLS12,
		NextProtos:     []string{"h2"},
		GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return c.current.Load(), nil },
	}
}
