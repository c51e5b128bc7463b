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
	flagPadded    = 0x8
	headBytes     = 9
	prefaceBytes  = 24
)

// A connection may send this much that brings nothing forward, and so much more in every second. What it is answered pays for what
// it sends, and is put by: a client whose requests are answered, as fast as may be, comes nowhere near, also where it pings for each
// message that comes, to measure the way (grpc-go, grpc-java), or gives up all of its streams at once.
const (
	allowance, allowancePerSecond = 2000.0, 500.0
	mostPutBy                     = 4 * allowance
	forAnswer, forMessage         = 8.0, 12.0
	bytesForOne                   = 1024
	recoveryWithin                = 250 * time.Millisecond
	// DATA of so many bytes costs nothing: a message is paid for by what the gateway lets a caller send.
	fullData = 128
	// Of a header block, this much is a request's as any; of the rest, which may be fields that are named by a byte each, so much
	// costs what a frame does, until the fields are seen to be as long.
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
	lent  float64       // what long headers have cost
	paid  chan struct{} // closed when nothing is owed any more; nil while nobody waits for that
}

func newMeter(now time.Time) *meter { return &meter{skip: prefaceBytes, left: allowance, since: now} }

// read takes the next bytes. It returns whether a request began, and the kind of frame that used up the allowance.
func (m *meter) read(content []byte, now time.Time) (requests bool, flood string) {
	spent, lent, last := 0.0, 0.0, byte(0)
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
		if m.head[3] == frameHeaders {
			requests, lent = true, lent+m.lends()
		}
		if price := m.price(); price > 0 {
			spent, last = spent+price, m.head[3]
		}
	}
	if spent > 0 && !m.spend(spent, lent, now) {
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
		return priceOfData(m.skip, flags)
	case frameHeaders:
		if flags&flagEndHeader == 0 {
			return costs[frameContinuation]
		}
		return 1 + m.lends()
	}
	if price, known := costs[kind]; known {
		return price
	}
	return costOfOthers
}

// lends is what of a block's price may be repaid.
func (m *meter) lends() float64 {
	if m.head[4]&flagEndHeader == 0 {
		return 0
	}
	return priceOfHeaders(m.skip)
}

// priceOfData is none for what is not padding. The last of a stream costs something, too: it may come again for a stream that has ended.
func priceOfData(length int, flags byte) float64 {
	switch {
	case length == 0 && flags&flagEnd == 0:
		return costOfOthers
	case length < fullData || flags&flagPadded != 0:
		return 1
	}
	return 0
}

func priceOfHeaders(length int) float64 { return float64(max(0, length-freeHeaders)) / headersForOne }

func (m *meter) spend(price, lent float64, now time.Time) bool {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	if m.left < allowance {
		m.left = min(allowance, m.left+now.Sub(m.since).Seconds()*allowancePerSecond)
	}
	m.since = now
	m.left -= price
	m.lent += lent
	return m.left >= 0
}

// recovers waits a moment for answers that are on their way, and for headers that are looked at: the connection is read no further
// meanwhile. It returns whether they have paid, before the connection ended.
func (m *meter) recovers(ended <-chan struct{}) bool {
	late := time.NewTimer(recoveryWithin)
	defer late.Stop()
	select {
	case <-m.payment():
		return true
	case <-ended:
	case <-late.C:
	}
	return false
}

// payment is closed when nothing is owed. One goroutine at a time waits for it: the connection's reader.
func (m *meter) payment() <-chan struct{} {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	paid := make(chan struct{})
	m.paid = paid
	m.tellPaid()
	return paid
}

func (m *meter) tellPaid() {
	if m.left >= 0 && m.paid != nil {
		close(m.paid)
		m.paid = nil
	}
}

// earn gives back for what the gateway answered.
func (m *meter) earn(amount float64) {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	m.left = min(mostPutBy, m.left+amount)
	m.tellPaid()
}

// repay gives back what headers have cost that a request has in fact: so long a block was no list of fields by their numbers.
func (m *meter) repay(length int) {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	amount := min(m.lent, priceOfHeaders(length))
	m.lent -= amount
	m.left += amount
	m.tellPaid()
}

func name(kind byte) string {
	if text, known := names[kind]; known {
		return text
	}
	return "unknown"
}
