package main

import (
	"encoding/binary"
	"sync"
	"time"
)

// Kinds of frames: RFC 9113, section 6.
const (
	frameData = iota
	frameHeaders
	framePriority
	frameReset
	frameSettings
	framePush
	framePing
	frameGoAway
	frameWindowUpdate
	frameContinuation
)

const (
	flagEnd       = 0x1 // END_STREAM, and ACK
	flagEndHeader = 0x4
	headBytes     = 9
	prefaceBytes  = 24
)

// A connection may send this much that brings nothing forward, and so much more in every second. What it is answered pays for what
// it sends: a client whose requests are answered, as fast as may be, comes nowhere near.
const (
	allowance, allowancePerSecond = 2000.0, 500.0
	forAnswer, forMessage         = 8.0, 2.0
	bytesForOne                   = 1024
	// DATA of so many bytes costs nothing: a message is paid for by what the gateway lets a caller send.
	fullData = 1024
	// Of a header block, this much is a request's as any; of the rest, which may be fields that are named by a byte each, so much
	// costs what a frame does.
	freeHeaders, headersForOne = 4096, 64
)

// costs of frames that clients have little use for, or none. Of SETTINGS, each has to be applied and acknowledged.
var costs = map[byte]float64{
	framePriority: 20, frameReset: 4, frameSettings: 20, framePush: allowance, framePing: 10, frameGoAway: 500,
	frameWindowUpdate: 1, frameContinuation: 100,
}

// costOfOthers is that of kinds that we do not know.
const costOfOthers = 20

var names = map[byte]string{
	frameData: "DATA", frameHeaders: "HEADERS", framePriority: "PRIORITY", frameReset: "RST_STREAM", frameSettings: "SETTINGS",
	framePush: "PUSH_PROMISE", framePing: "PING", frameGoAway: "GOAWAY", frameWindowUpdate: "WINDOW_UPDATE",
	frameContinuation: "CONTINUATION",
}

// meter counts a connection's frames by their heads, and looks at nothing else in them.
type meter struct {
	skip int // bytes until the next head: the preface, or a frame's payload
	head [headBytes]byte
	have int // bytes of the head

	mutex sync.Mutex
	left  float64
	since time.Time
}

func newMeter(now time.Time) *meter { return &meter{skip: prefaceBytes, left: allowance, since: now} }

// read takes the next bytes. It returns whether a request began, and the kind of frame that used up the allowance.
func (m *meter) read(content []byte, now time.Time) (requests bool, flood string) {
	spent, last := 0.0, byte(0)
	for len(content) > 0 {
		if m.skip > 0 {
			step := min(m.skip, len(content))
			m.skip -= step
			content = content[step:]
			continue
		}
		step := copy(m.head[m.have:], content)
		m.have += step
		content = content[step:]
		if m.have < headBytes {
			break
		}
		m.have, m.skip = 0, m.length()
		requests = requests || m.head[3] == frameHeaders
		if price := m.price(); price > 0 {
			spent, last = spent+price, m.head[3]
		}
	}
	if spent > 0 && !m.spend(spent, now) {
		return requests, name(last)
	}
	return requests, ""
}

func (m *meter) length() int { return int(binary.BigEndian.Uint32(append([]byte{0}, m.head[:3]...))) }

// price is what the frame costs whose head was read.
func (m *meter) price() float64 {
	kind, flags := m.head[3], m.head[4]
	switch kind {
	case frameData:
		return priceOfData(m.skip, flags&flagEnd != 0)
	case frameHeaders:
		if flags&flagEndHeader == 0 {
			return costs[frameContinuation]
		}
		return 1 + float64(max(0, m.skip-freeHeaders))/headersForOne
	}
	if price, known := costs[kind]; known {
		return price
	}
	return costOfOthers
}

func priceOfData(length int, last bool) float64 {
	switch {
	case last || length >= fullData:
		return 0
	case length == 0:
		return costOfOthers
	}
	return 1
}

func (m *meter) spend(price float64, now time.Time) bool {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	m.left = min(allowance, m.left+now.Sub(m.since).Seconds()*allowancePerSecond)
	m.since = now
	m.left -= price
	return m.left >= 0
}

// earn gives back for what the gateway answered.
func (m *meter) earn(amount float64) {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	m.left = min(allowance, m.left+amount)
}

func name(kind byte) string {
	if text, known := names[kind]; known {
		return text
	}
	return "unknown"
}
