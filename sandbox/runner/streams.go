package main

import (
	"mime"
	"net/http"
	"strings"
)

// streams are the media types of answers whose parts each mean something as soon as they are there
// (registry/model/media_types.py has the same, with more names for the last).
var streams = map[string]bool{
	"text/event-stream": true, "application/json-seq": true, "application/stream+json": true,
	"ndjson": true, "jsonl": true, "jsonlines": true, "json-lines": true,
}

// isStream tells whether an answer is one. A Content-Type that cannot be read names none.
func isStream(header http.Header) bool {
	kind, _, _ := mime.ParseMediaType(header.Get("Content-Type"))
	_, sub, _ := strings.Cut(kind, "/")
	return streams[kind] || streams[strings.TrimPrefix(sub, "x-")]
}
