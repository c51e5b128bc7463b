package main

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"strings"
	"testing"
)

func zipped(content []byte) *bytes.Buffer {
	var coded bytes.Buffer
	writer := gzip.NewWriter(&coded)
	_, _ = writer.Write(content)
	_ = writer.Close()
	return &coded
}

func TestWhatGrowsToManyTimesOfWhatCameEnds(t *testing.T) {
	read, err := io.Copy(io.Discard, decode(zipped(make([]byte, 100<<20)), []string{"gzip"}, 1<<30))
	if !errors.Is(err, errGrown) || read > 2<<20 {
		t.Errorf("%d bytes, %v", read, err)
	}
	twice := zipped(zipped(make([]byte, 100<<20)).Bytes())
	if _, err := io.Copy(io.Discard, decode(twice, []string{"gzip", "gzip"}, 1<<30)); !errors.Is(err, errGrown) {
		t.Errorf("twice: %v", err)
	}
}

func TestWhatGrowsAsTextDoesIsRead(t *testing.T) {
	for _, content := range [][]byte{
		[]byte(strings.Repeat("2026-11-30T13:00:00Z INFO request served in 12 ms from 192.0.2.1\n", 200_000)[:freeGrowth]),
		[]byte(strings.Repeat("x", freeGrowth)),
		lines(4 << 20),
	} {
		read, err := io.ReadAll(decode(zipped(content), []string{"gzip"}, 1<<30))
		if err != nil || !bytes.Equal(read, content) {
			t.Errorf("%d of %d bytes, %v", len(read), len(content), err)
		}
	}
}

// lines are a log's, each with another number.
func lines(size int) []byte {
	var text bytes.Buffer
	for number := 0; text.Len() < size; number++ {
		text.WriteString("2026-11-30 INFO request ")
		text.WriteString(strings.Repeat("served ", number%3))
		text.WriteByte(byte('0' + number%10))
		text.WriteByte('\n')
	}
	return text.Bytes()
}
