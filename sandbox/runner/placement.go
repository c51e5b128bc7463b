package main

import (
	"encoding/json"
	"net/url"
	"slices"
	"strings"
)

// placement says where one text goes in a request: the parameters of the kinds that put it into one place.
type placement struct {
	Place  string `json:"place"`
	Name   string `json:"name"`
	Prefix string `json:"prefix"`
}

func parsePlacement(parameters json.RawMessage) (*placement, *flaw) {
	p := &placement{}
	if f := parseParameters(parameters, p); f != nil {
		return nil, f
	}
	if !isToken(p.Name) || framing[strings.ToLower(p.Name)] {
		return nil, invalid("the secret's name cannot be a header, a cookie or a parameter")
	}
	if p.Place != "header" && p.Place != "cookie" && p.Place != "query" {
		return nil, invalid("the secret's place is not header, cookie or query")
	}
	return p, nil
}

// withoutPrefix is a secret's text without the prefix, with which it may have been stored: it is put before it once.
func (p *placement) withoutPrefix(text string) string {
	if len(text) >= len(p.Prefix) && strings.EqualFold(text[:len(p.Prefix)], p.Prefix) {
		return text[len(p.Prefix):]
	}
	return text
}

// credential makes one of a text, which is a secret value or is made of it. A program's file has the secret as it is stored.
func (p *placement) credential(text, value, file string) (*credential, *flaw) {
	if value == "" {
		return nil, unsent(faultSecretUnavailable, "the secret is empty but for its prefix")
	}
	text = p.Prefix + text
	if p.Place == "query" {
		text = url.QueryEscape(text)
	}
	if !isFieldValue(text) || p.Place == "cookie" && strings.ContainsAny(text, "; ,\"\\") {
		return nil, unsent(faultSecretUnavailable, "the secret has characters that its place in the request cannot carry")
	}
	put := func(o *outgoing) { p.put(o, text) }
	return &credential{put: put, name: p.Name, file: file, secrets: append(echoes(value), text), halved: []string{value}}, nil
}

func (p *placement) put(o *outgoing, text string) {
	switch p.Place {
	case "header":
		o.setHeader(p.Name, text)
	case "cookie":
		o.addCookie(p.Name + "=" + text)
	case "query":
		if !isInQuery(o.target, p.Name, text) {
			o.addToQuery(p.Name + "=" + text)
		}
	}
}

// isInQuery tells whether a target has the pair already: an upstream that redirects may have written it again, in its own way.
func isInQuery(target, name, text string) bool {
	wanted, err := url.QueryUnescape(text)
	return err == nil && slices.ContainsFunc(strings.Split(query(target), "&"), func(pair string) bool {
		key, value, _ := strings.Cut(pair, "=")
		found, err := url.QueryUnescape(value)
		return err == nil && key == name && found == wanted
	})
}

func query(target string) string {
	_, query, _ := strings.Cut(target, "?")
	return query
}
