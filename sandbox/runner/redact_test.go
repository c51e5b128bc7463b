package main

import (
	"fmt"
	"math/rand"
	"strings"
	"testing"
)

// A table of secrets by forms of escaping: each is found as a whole text, and byte by byte.

var escapedSecrets = []string{"s3cr3t/canary+0123", `a\b%c&d e"f<g>h`, "pässwörd€😀!", "abcd", `\\\\`, "%25%", "100%", "line\nend"}

var escapings = map[string]func(rune) string{
	"as it is":      func(one rune) string { return string(one) },
	"JSON, numbers": func(one rune) string { return inUnits(one, `\u%04X`) },
	"JSON in JSON":  func(one rune) string { return inUnits(one, `\\u%04x`) },
	"code points":   func(one rune) string { return fmt.Sprintf(`\u{%x}`, one) },
	"JSON, quoted":  func(one rune) string { return before(one, `\"/`, `\`) },
	"quoted twice":  func(one rune) string { return before(one, `\"/`, `\\\`) },
	"a shell":       func(one rune) string { return before(one, `\"/ &<>%+!`, `\`) },
	"a URL":         func(one rune) string { return inBytes(one, "%%%02X") },
	"a URL, twice":  func(one rune) string { return inBytes(one, "%%25%02x") },
	"HTML":          func(one rune) string { return fmt.Sprintf("&#%d;", one) },
	"HTML, hex":     func(one rune) string { return fmt.Sprintf("&#x%X;", one) },
}

func inUnits(one rune, format string) string {
	if one == '😀' {
		return fmt.Sprintf(format+format, 0xd83d, 0xde00)
	}
	return fmt.Sprintf(format, one)
}

func inBytes(one rune, format string) string {
	var text strings.Builder
	for _, part := range []byte(string(one)) {
		fmt.Fprintf(&text, format, part)
	}
	return text.String()
}

func before(one rune, which, mark string) string {
	if strings.ContainsRune(which, one) {
		return mark + string(one)
	}
	return string(one)
}

func TestASecretIsFoundInEachEscaping(t *testing.T) {
	for _, secret := range escapedSecrets {
		for name, escaping := range escapings {
			var form strings.Builder
			for _, one := range secret {
				form.WriteString(escaping(one))
			}
			text := "<" + form.String() + ">"
			for way, got := range map[string]string{"whole": newRedactor([]string{secret}, nil).whole(text), "in bytes": streamed(secret, text, func() int { return 1 })} {
				if got != "<[REDACTED]>" {
					t.Errorf("%q in %s, %s: %q", secret, name, way, got)
				}
			}
		}
	}
}

// streamed redacts a text in pieces of some lengths.
func streamed(secret, text string, length func() int) string {
	redact, out := newRedactor([]string{secret}, nil), ""
	for left := []byte(text); len(left) > 0; {
		count := min(length(), len(left))
		out += string(redact.feed(left[:count]))
		left = left[count:]
	}
	return out + string(redact.rest())
}

func TestAStreamIsRedactedAsTheWholeIsWhereverItIsCut(t *testing.T) {
	const secret = "s3cr3t/canary+0123"
	pieces := []string{"s3cr3t", "/", `\/`, "canary", "+", "%2B", "0123", `\u002B`, "x", `\`, "%", "&", "&#43;", "25", `\ud83d`}
	random := rand.New(rand.NewSource(2))
	for range 50_000 {
		text := ""
		for range random.Intn(12) {
			text += pieces[random.Intn(len(pieces))]
		}
		whole := newRedactor([]string{secret}, nil).whole(text)
		if got := streamed(secret, text, func() int { return 1 + random.Intn(9) }); got != whole {
			t.Fatalf("%q: %q, not %q", text, got, whole)
		}
	}
}

func TestWhatIsNoSecretStays(t *testing.T) {
	redact := newRedactor([]string{"s3cr3t/canary+0123", "abc"}, nil)
	for _, text := range []string{"", "abc", "s3cr3t/canary", `\`, "%", "%zz", "&", "&#;", `\u00`, `\u{}`, "%25", `\\\\\\\\\\\\`, "ü€😀", "\xff\xfe"} {
		if got := redact.whole(text); got != text {
			t.Errorf("%q became %q", text, got)
		}
	}
}

func TestOfTwoSecretsThatBeginAlikeTheLongerIsCutOut(t *testing.T) {
	redact := newRedactor([]string{"abc1", "abc1234"}, nil)
	if got := string(redact.feed([]byte("abc1"))) + string(redact.feed([]byte("234."))) + string(redact.rest()); got != "[REDACTED]." {
		t.Errorf("%q", got)
	}
}
