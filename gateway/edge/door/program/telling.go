package main

import (
	"encoding/json"
	"fmt"
	"os"
	"sync"
	"time"
)

// How often one kind of thing is told of: strangers must not be able to fill a log.
const tellEvery = 10 * time.Second

// seldom tells the first of a kind at once, and how many others came with the first one after `tellEvery`.
type seldom struct {
	mutex sync.Mutex
	since time.Time
	times int
}

var floods, refused seldom

func (s *seldom) tell(event string, fields map[string]any) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.times++
	if now := time.Now(); now.Sub(s.since) >= tellEvery {
		fields["times"] = s.times
		s.since, s.times = now, 0
		tell(event, fields)
	}
}

// tell writes a line as the gateway's log has them.
func tell(event string, fields map[string]any) {
	line := map[string]any{"event": event, "level": "warning", "timestamp": time.Now().UTC().Format(time.RFC3339Nano)}
	for name, value := range fields {
		line[name] = value
	}
	if text, err := json.Marshal(line); err == nil {
		fmt.Fprintln(os.Stderr, string(text))
	}
}
