package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

const longestCursor = 8 << 10

// next is the step to the page after this one, which has so many items; nil where there is none. What it goes by is told: so a caller
// can go on where the box ends.
func (r *roll) next(page []byte, count int, got *response, asked *step) *step {
	r.leadOn("")
	if r.Pages.isLast(page, count) {
		return nil
	}
	by := r.by(page, got)
	if by == nil {
		return nil
	}
	if len(by) > longestCursor {
		r.stop(stopFailed, fmt.Sprintf("what leads to the next page is longer than %d bytes", longestCursor))
		return nil
	}
	if print := sha256.Sum256(append([]byte("next "), by...)); r.seen[print] {
		r.stop(stopLoop, fmt.Sprintf("page %d leads to itself, or to a page before it", r.told.Fetched))
		return nil
	} else {
		r.seen[print] = true
	}
	r.leadOn(string(by))
	return r.step(by, asked)
}

// leadOn tells by what the list goes on, as far as it may leave the box.
func (r *roll) leadOn(by string) {
	r.told.Next = r.redact.whole(by)
	r.told.Hidden = r.told.Next != by
}

// isLast tells whether a page says that no other follows it. Pages that are counted end with one that has no items.
func (p *paging) isLast(page []byte, count int) bool {
	if more, ok := locate(page, p.More); ok && p.More != "" && string(more.of(page)) == "false" {
		return true
	}
	return count == 0 && (p.Kind == byPage || p.Kind == byOffset)
}

// by is what leads to the next page, as JSON: a cursor, a number or a URL.
func (r *roll) by(page []byte, got *response) []byte {
	switch {
	case r.Pages.Kind == byPage:
		return strconv.AppendInt(nil, r.Pages.Start+int64(r.told.Fetched), 10)
	case r.Pages.Kind == byOffset:
		return strconv.AppendInt(nil, r.Pages.Start+int64(r.told.Items), 10)
	case r.Pages.Kind == byLink && r.Pages.Next == "":
		if link := nextLink(got.answer.Header); link != "" {
			written, _ := json.Marshal(link)
			return written
		}
		return nil
	}
	where, ok := locate(page, r.Pages.Next)
	if !ok {
		return nil
	}
	switch found := where.of(page); string(found) {
	case "null", "false", `""`, "[]", "{}":
		return nil
	default:
		return bytes.Clone(found)
	}
}

// step is the request for the next page: the job's own, with what leads there in its place, or the one that a link names.
func (r *roll) step(by []byte, asked *step) *step {
	first := r.first()
	first.redirected = true // only the first answer can be told to be the job's own
	if r.Pages.Kind == byLink {
		return r.stepByLink(by, first, asked)
	}
	if r.Pages.Body != "" {
		body, ok := withValue(first.body, r.Pages.Body, by)
		if !ok {
			r.stop(stopFailed, "the request's body has no place for the cursor")
			return nil
		}
		first.body = body
		return first
	}
	text := string(by)
	if by[0] == '"' && json.Unmarshal(by, &text) != nil || by[0] == '{' || by[0] == '[' {
		r.stop(stopFailed, "the cursor is neither a text nor a number")
		return nil
	}
	first.target = withPair(first.target, r.Pages.Query, escapeQuery(text))
	return first
}

// stepByLink goes where the upstream says, and never to another origin: the credential goes along.
func (r *roll) stepByLink(by []byte, first, asked *step) *step {
	var link string
	if json.Unmarshal(by, &link) != nil {
		r.stop(stopFailed, "what should be the URL of the next page is no text")
		return nil
	}
	to, target, ok := asked.resolve(link)
	switch {
	case !ok:
		r.stop(stopFailed, "the link to the next page is no http or https URL that can be asked for")
		return nil
	case !to.same(r.origin):
		r.leadOn("")
		r.stop(stopOrigin, "the link to the next page leads to "+to.text()+", and pages are fetched from "+r.origin.text()+" alone")
		return nil
	}
	var lost bool
	first.target, lost = r.withoutSecrets(first, target)
	absolute, _ := json.Marshal(first.url())
	r.leadOn(string(absolute))
	r.told.Hidden = r.told.Hidden || lost
	return first
}

// withoutSecrets is a target without the pairs in which the upstream has put a secret: those that the box puts there by itself, and
// those that no request of the tool's would have. Such are lost: a caller could not ask for the page.
func (r *roll) withoutSecrets(first *step, target string) (left string, lost bool) {
	path, query, _ := strings.Cut(target, "?")
	alone := &outgoing{method: first.method, host: first.origin.header, target: path, headers: slices.Clone(first.headers), body: first.body}
	r.goods.credentials.put(alone)
	_, sent, _ := strings.Cut(alone.target, "?")
	var kept []string
	for _, pair := range strings.Split(query, "&") {
		switch {
		case pair == "":
		case r.redact.whole(pair) == pair:
			kept = append(kept, pair)
		default:
			name, _, _ := strings.Cut(pair, "=")
			lost = lost || !strings.Contains("&"+sent, "&"+name+"=")
		}
	}
	if len(kept) == 0 {
		return path, lost
	}
	return path + "?" + strings.Join(kept, "&"), lost
}

// withPair is a target whose query has one pair of that name. Name and value are escaped.
func withPair(target, name, value string) string {
	path, query, _ := strings.Cut(target, "?")
	pair, kept := name+"="+value, []string{}
	for _, one := range strings.Split(query, "&") {
		given, _, _ := strings.Cut(one, "=")
		switch {
		case given != name && one != "":
			kept = append(kept, one)
		case given == name && pair != "":
			kept, pair = append(kept, pair), ""
		}
	}
	if pair != "" {
		kept = append(kept, pair)
	}
	return path + "?" + strings.Join(kept, "&")
}

func escapeQuery(text string) string { return strings.ReplaceAll(url.QueryEscape(text), "+", "%20") }

// withValue is a JSON object with a value at a pointer, whose last name may be missing from it.
func withValue(body []byte, pointer string, value []byte) ([]byte, bool) {
	if !json.Valid(body) {
		return nil, false
	}
	if where, ok := locate(body, pointer); ok {
		return bytes.Join([][]byte{body[:where.from], value, body[where.to:]}, nil), true
	}
	cut := strings.LastIndexByte(pointer, '/')
	parent, ok := locate(body, pointer[:cut])
	if !ok || body[parent.from] != '{' {
		return nil, false
	}
	name, _ := json.Marshal(strings.NewReplacer("~1", "/", "~0", "~").Replace(pointer[cut+1:]))
	member := append(append(name, ':'), value...)
	if len(bytes.TrimSpace(body[parent.from+1:parent.to-1])) > 0 {
		member = append(member, ',')
	}
	return bytes.Join([][]byte{body[:parent.from+1], member, body[parent.from+1:]}, nil), true
}

const aParameter = `\s*;\s*([A-Za-z0-9*_-]+)(?:\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s";,]*)))?`

// nextLink is the target of an answer's link to the next page (RFC 8288), or empty.
func nextLink(header http.Header) string {
	links := regexp.MustCompile(`<([^<>]*)>((?:` + aParameter + `)*)`)
	parameters := regexp.MustCompile(aParameter)
	for _, link := range links.FindAllStringSubmatch(strings.Join(header.Values("Link"), ", "), -1) {
		for _, one := range parameters.FindAllStringSubmatch(link[2], -1) {
			if strings.EqualFold(one[1], "rel") {
				if isNext(one[2] + one[3]) {
					return link[1]
				}
				break // the first one counts
			}
		}
	}
	return ""
}

func isNext(relations string) bool {
	for _, one := range strings.Fields(relations) {
		if strings.EqualFold(one, "next") {
			return true
		}
	}
	return false
}
