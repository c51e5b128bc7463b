package main

import (
	"encoding/base64"
	"encoding/hex"
	"math/rand"
	"runtime"
	"strings"
	"testing"
)

const whole = "SEKRIT-0123456789abcdef-api" // of 27 characters

func halving(texts ...string) *redactor { return newRedactor(texts, texts) }

func TestASecretsLargerHalfIsTakenOutWhereATextEndsWithItOrItStandsAlone(t *testing.T) {
	for text, wanted := range map[string]string{
		`{"a": "` + whole[:12] + `", "b": "` + whole[12:] + `"}`: `{"a": "SEKRIT-01234", "b": "[REDACTED]"}`,
		`["` + whole[14:] + `","` + whole[:14] + `"]`:            `["789abcdef-api","[REDACTED]"]`,
		"data: " + whole[:26] + "\n\n":                           "data: [REDACTED]\n\n",
		"data:" + whole[3:20] + "\r\n":                           "data:[REDACTED]\r\n",
		whole[:26]:                                               "[REDACTED]",
		"x" + whole[:26]:                                         "x[REDACTED]",
		"x" + whole[:14]:                                         "x[REDACTED]",
		"x" + whole[:13]:                                         "x" + whole[:13],
		whole[:13] + " " + whole[14:]:                            whole[:13] + " " + whole[14:],
		"x" + whole[:26] + "x":                                   "x" + whole[:26] + "x",
		whole + " " + whole[:20] + " " + whole:                   "[REDACTED] [REDACTED] [REDACTED]",
		strings.Repeat("z", 500) + " " + whole[:20] + " .":       strings.Repeat("z", 500) + " [REDACTED] .",
	} {
		if got := halving(whole).whole(text); got != wanted {
			t.Errorf("%q: %q, not %q", text, got, wanted)
		}
	}
}

func TestHalvesThatCouldBeWordsStay(t *testing.T) {
	for _, text := range []string{`{"env": "production"}`, "sk-produ", `{"type":"password"}`} {
		if got := halving("sk-production-8f7a6b5c", "password123").whole(text); got != text {
			t.Errorf("%q became %q", text, got)
		}
	}
}

func TestAHalfIsFoundWhereverAStreamIsCut(t *testing.T) {
	random, parts := rand.New(rand.NewSource(3)), []string{whole[:14], whole[14:], whole[:26], whole, `"`, " ", "x", "\n", `\/`}
	for range 20_000 {
		text := ""
		for range random.Intn(8) {
			text += parts[random.Intn(len(parts))]
		}
		redact, got := halving(whole), ""
		for left := text; left != ""; {
			count := min(1+random.Intn(20), len(left))
			got, left = got+string(redact.feed([]byte(left[:count]))), left[count:]
		}
		if got += string(redact.rest()); got != halving(whole).whole(text) {
			t.Fatalf("%q: %q, not %q", text, got, halving(whole).whole(text))
		}
	}
}

func TestALineOfAStreamIsNotHeldBack(t *testing.T) {
	if got := string(halving(whole).feed([]byte("data: 1\n\n"))); got != "data: 1\n\n" {
		t.Errorf("%q", got)
	}
}

// A box has 64 MiB, the secret's texts and the answer included.
func TestTheLargestSecretFitsIntoABox(t *testing.T) {
	raw := make([]byte, mostSecret/2)
	_, _ = rand.New(rand.NewSource(1)).Read(raw)
	for name, secret := range map[string]string{"hexadecimal": hex.EncodeToString(raw), "any": base64.StdEncoding.EncodeToString(raw)[:mostSecret/2]} {
		var before, after runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&before)
		redact := newRedactor(echoes(secret), []string{secret})
		runtime.ReadMemStats(&after)
		if grown := int(after.TotalAlloc - before.TotalAlloc); grown > 24<<20 {
			t.Errorf("%s: %d MiB", name, grown>>20)
		}
		if got := redact.whole("<" + secret + ">"); got != "<[REDACTED]>" {
			t.Errorf("%s: %d bytes are left", name, len(got))
		}
	}
}

func TestSecretsThatAreTooLargeTogetherAreToldByTheirPlaceBeforeAnythingIsSent(t *testing.T) {
	room := mostSecret
	ref := &secretRef{Path: "secret/data/x", Fields: []string{"key"}}
	if f := ref.fits([]string{strings.Repeat("k", mostSecret-1)}, &room); f != nil {
		t.Fatal(f.message)
	}
	f := ref.fits([]string{"ab"}, &room)
	if f == nil || f.fault != faultSecretUnavailable || f.evidence != notSent || !strings.Contains(f.message, "secret/data/x has 2 bytes in its field key") {
		t.Fatal(f)
	}
}
