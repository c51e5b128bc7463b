package main

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"math/rand"
	"runtime"
	"strings"
	"testing"
)

const whole = "SEKRIT-0123456789abcdef-api" // of 27 characters

func halving(texts ...string) *redactor { return newRedactor(texts, texts) }

func TestASecretsLargerHalfIsTakenOutWhereverItStands(t *testing.T) {
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
		"x" + whole[:26] + "x":                                   "x[REDACTED]x",
		`["x` + whole[13:] + `","` + whole[:14] + `x"]`:          `["x[REDACTED]","[REDACTED]x"]`,
		"invalid token " + whole[:21] + "...":                    "invalid token [REDACTED]...",
		whole[10:] + whole[:20]:                                  "[REDACTED][REDACTED]",
		whole[:20] + whole[10:20]:                                "[REDACTED]" + whole[10:20],
		whole[:9] + "-" + whole[9:18] + "-" + whole[18:]:         whole[:9] + "-" + whole[9:18] + "-" + whole[18:],
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

func TestAPieceIsFoundInEachEscaping(t *testing.T) {
	for _, secret := range []string{whole, `a\b%c&d e"f<g>h/+\end-of-it`, "pässwörd€😀!-0123456789abc"} {
		half := secret[len(secret)-halfOf(secret)-3:]
		for name, escaping := range escapings {
			text := ""
			for _, one := range half {
				text += escaping(one)
			}
			if name == "as it is" || name == "a shell" || name == "code points" || strings.ContainsRune(half, '\\') && strings.Contains(name, "twice") {
				continue
			}
			for _, around := range []string{`"`, "x", `\n`, `\u0041`, "%41"} {
				if got := halving(secret).whole(around + text + around); got != around+redacted+around {
					t.Errorf("%q in %s: %q of %q", secret, name, got, around+text+around)
				}
			}
		}
	}
}

func TestAWordBeforeAPieceStaysValidJSON(t *testing.T) {
	const secret = "xyzn0123456789abcdefghijk"
	for _, text := range []string{`"\n` + secret[4:] + `"`, `"` + secret[5:20] + `\\"`} {
		if got := halving(secret).whole(text); !json.Valid([]byte(got)) || strings.Contains(got, secret[6:20]) {
			t.Errorf("%q became %q", text, got)
		}
	}
}

func TestAHalfIsFoundWhereverAStreamIsCut(t *testing.T) {
	const other = "key=n:" + whole + "\n\\tail&of%it"
	random := rand.New(rand.NewSource(3))
	parts := []string{
		whole[:14], whole[14:], whole[:26], whole, `"`, " ", "x", "\n", `\/`, other[:20], other[18:], `\u0053EKRIT-01234567`, `\\u0053EKRIT-01234567`,
		`\n`, `\u00`, `\`, "%", "%53EKRIT-", "&", "&amp;", "25", whole[3:7], "&#83;EKRIT-0123456789",
	}
	for range 30_000 {
		text := ""
		for range random.Intn(8) {
			text += parts[random.Intn(len(parts))]
		}
		redact, got := halving(whole, other), ""
		for left := text; left != ""; {
			count := min(1+random.Intn(20), len(left))
			got, left = got+string(redact.feed([]byte(left[:count]))), left[count:]
		}
		if got += string(redact.rest()); got != halving(whole, other).whole(text) {
			t.Fatalf("%q: %q, not %q", text, got, halving(whole, other).whole(text))
		}
	}
}

// A secret's own repetitions do not hide it, and cost no more than others.
func TestAPieceOfASecretThatRepeatsItselfIsFound(t *testing.T) {
	for _, one := range []string{"a", "ab", whole} {
		secret := strings.Repeat(one, 60_000/len(one))
		for _, beside := range []int{0, 1, 5000} {
			text := strings.Repeat("-", beside) + secret[:len(secret)*2/3] + "-"
			if got := string(newPieces([]string{secret}).whole([]byte(text))); got != strings.Repeat("-", beside)+redacted+"-" {
				t.Errorf("%q, %d: %d bytes are left", one, beside, len(got))
			}
		}
	}
}

func TestALineOfAStreamIsNotHeldBack(t *testing.T) {
	lines := "line\nof\n\nsecret: {}\r\n\r\n and more of it"
	for _, line := range []string{"data: 1\n\n", "data: 1\r\n\r\n", `{"a": 1}` + "\n", "data: 100%\n\n", `data: {"a": "\n"}` + "\n\n"} {
		if got := string(halving(whole, lines).feed([]byte(line))); got != line {
			t.Errorf("%q", got)
		}
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
