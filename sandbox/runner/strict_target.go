package main

import (
	"fmt"
	"strings"
)

// strictTarget is a request's target with all but the unreserved characters (RFC 3986, 2.3) escaped: the one form in which what is
// signed and what a server makes of the request line cannot differ. A plus in the query is a space, as in forms.
func strictTarget(target string) string {
	path, query, asks := strings.Cut(target, "?")
	path = joinedBy(path, "/", strict)
	if !asks {
		return path
	}
	return path + "?" + joinedBy(strings.ReplaceAll(query, "+", "%20"), "&", func(pair string) string {
		name, value, has := strings.Cut(pair, "=")
		if !has {
			return strict(name)
		}
		return strict(name) + "=" + strict(value)
	})
}

// joinedBy changes each part between two separators.
func joinedBy(text, separator string, change func(string) string) string {
	parts := strings.Split(text, separator)
	for i, part := range parts {
		parts[i] = change(part)
	}
	return strings.Join(parts, separator)
}

func strict(text string) string { return escapedBut(unescaped(text), "") }

// escapedBut escapes the bytes that are neither unreserved nor kept.
func escapedBut(text, kept string) string {
	var out strings.Builder
	for _, one := range []byte(text) {
		if isAlphanumeric(one) || strings.IndexByte("-._~"+kept, one) >= 0 {
			out.WriteByte(one)
		} else {
			fmt.Fprintf(&out, "%%%02X", one)
		}
	}
	return out.String()
}

// unescaped undoes each escape once. A percent sign that begins none stands for itself.
func unescaped(text string) string {
	var out strings.Builder
	for at := 0; at < len(text); at++ {
		if found := escapedByte(text, at); found.end > 0 {
			out.WriteByte(byte(found.value))
			at = found.end - 1
			continue
		}
		out.WriteByte(text[at])
	}
	return out.String()
}

func escapedByte(text string, at int) escape {
	if text[at] != '%' {
		return escape{}
	}
	return hexadecimal([]byte(text[:min(len(text), at+3)]), at+1, 2)
}
