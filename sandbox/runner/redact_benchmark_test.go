package main

import (
	"strings"
	"testing"
)

// Bodies of 50 MB, in chunks as they are read. None of them has a secret in it.
func BenchmarkABodyOf50MB(b *testing.B) {
	plain := `{"id": 4711, "name": "A thing of some length", "tags": ["one", "two", "three"], "url": "https://api.example/things/4711?a=1&b=2"},`
	escaped := `{"text": "She said: \"It is \u00fcber 50 %.\"\nAnd \\n is no line's end, nor is %2F a slash.", "n": 1.5, "html": "a &amp; b"},`
	for name, line := range map[string]string{"plain": plain, "escaped": escaped, "binary": string(bytesOf(1 << 16)), "base64": encodeBasic(string(bytesOf(1 << 16)))} {
		text := []byte(strings.Repeat(line, chunk/len(line)+1)[:chunk])
		for size, secret := range map[string]string{"27": whole, "60K": encodeBasic(string(bytesOf(45 << 10)))} {
			b.Run(name+"/"+size, func(b *testing.B) {
				b.SetBytes(50 << 20)
				for range b.N {
					redact := newRedactor(echoes(secret), []string{secret})
					for range 50 << 20 / chunk {
						redact.feed(text)
					}
				}
			})
		}
	}
}

// bytesOf gives bytes that no other of these texts has, the same ones each time.
func bytesOf(count int) []byte {
	all, state := make([]byte, count), uint64(count)
	for i := range all {
		state = state*6364136223846793005 + 1442695040888963407
		all[i] = byte(state >> 56)
	}
	return all
}
