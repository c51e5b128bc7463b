package main

import (
	"net/http"
	"strconv"
	"time"
)

const longestLater = 24 * 3600

// laterOf is for how many seconds an endpoint does not want to be asked again: its Retry-After, in either form (RFC 9110, 10.2.3). A date
// counts from the answer's own, where it has one: the endpoint's clock need not be this host's. 0: it does not say.
func laterOf(header http.Header) int64 {
	said := header.Get("Retry-After")
	if seconds, err := strconv.ParseUint(said, 10, 64); err == nil || isDigits(said) {
		return int64(min(max(seconds, 0), longestLater))
	}
	until, err := http.ParseTime(said)
	if err != nil {
		return 0
	}
	now, err := http.ParseTime(header.Get("Date"))
	if err != nil {
		now = time.Now()
	}
	return min(max(0, int64(until.Sub(now).Seconds())), longestLater)
}

// isDigits tells whether a text is a number, however long: ParseUint gives the largest one for what it cannot hold.
func isDigits(text string) bool {
	for _, char := range text {
		if char < '0' || char > '9' {
			return false
		}
	}
	return text != ""
}
