package main

import (
	"bufio"
	"encoding/binary"
	"encoding/json"
	"errors"
	"io"
	"net"
	"os"
	"sync"
	"time"
)

// A frame is one byte of kind, four of length (big endian), and the payload: JSON, or raw bytes in a body frame.
type kind byte

const (
	ready  kind = 'R' // box: I wait for a job
	task   kind = 'J' // gateway: the job, an HTTP request
	run    kind = 'P' // gateway: the job, a program
	body   kind = 'B' // either: bytes of a body
	ask    kind = 'A' // box: everything is prepared; may I send?
	permit kind = 'G' // gateway: yes, within so many milliseconds
	refuse kind = 'N' // gateway: no, never
	head   kind = 'H' // box: the answer's status and headers
	end    kind = 'E' // box: the answer is complete
	flawed kind = 'F' // box: there is no complete answer
)

// The longest payload that is taken from the gateway: a request body with everything else far below.
const longestPayload = 16 << 20

type frame struct {
	kind    kind
	payload []byte
}

type permission struct {
	SendWithinMS int64 `json:"send_within_ms"`
}

type answerHead struct {
	Status     int         `json:"status"`
	Headers    [][2]string `json:"headers"`
	URL        string      `json:"url,omitempty"`        // what was asked last, where that is not the job's
	Unfollowed string      `json:"unfollowed,omitempty"` // why a redirect was not followed, for people
}

type ending struct {
	Phases []phase    `json:"phases"`
	Pages  *pagesTold `json:"pages,omitempty"`
	Counts tally      `json:"counts,omitempty"`
}

type failure struct {
	Fault    string  `json:"fault"`
	Evidence string  `json:"evidence"`
	Message  string  `json:"message"`
	Phases   []phase `json:"phases"`
	// Seconds for which a token endpoint does not want to be asked again.
	RetryAfter int64 `json:"retry_after,omitempty"`
}

// longestWait bounds how long a part of a stream waits for more of it. So a stream of many small parts wakes the gateway a hundred
// times a second at most.
const longestWait = 10 * time.Millisecond

// channel is the line to the gateway. What is sent of an answer waits for more of it, up to a chunk: each write wakes the gateway.
type channel struct {
	conn   net.Conn
	frames chan frame
	lock   sync.Mutex
	out    *bufio.Writer
	lively bool // what is sent is wanted soon: it waits no longer than longestWait
	waits  bool // something of it does
}

func newChannel(conn net.Conn) *channel {
	c := &channel{conn: conn, frames: make(chan frame, 3), out: bufio.NewWriterSize(conn, chunk)}
	go c.listen()
	return c
}

// listen reads frames for as long as the gateway lives. Without a gateway there is no box, whatever it is doing.
func (c *channel) listen() {
	reader := bufio.NewReader(c.conn)
	for {
		next, err := readFrame(reader)
		if err != nil {
			os.Exit(0)
		}
		c.frames <- next
	}
}

func readFrame(from io.Reader) (frame, error) {
	var header [5]byte
	if _, err := io.ReadFull(from, header[:]); err != nil {
		return frame{}, err
	}
	length := binary.BigEndian.Uint32(header[1:])
	if length > longestPayload {
		return frame{}, errors.New("frame too long")
	}
	payload := make([]byte, length)
	_, err := io.ReadFull(from, payload)
	return frame{kind(header[0]), payload}, err
}

// send writes one frame in one piece. An error comes with this frame or with a later one, at the latest with the last.
func (c *channel) send(k kind, payload []byte) error {
	c.lock.Lock()
	defer c.lock.Unlock()
	_, _ = c.out.Write(binary.BigEndian.AppendUint32([]byte{byte(k)}, uint32(len(payload))))
	_, err := c.out.Write(payload)
	if err == nil && k != head && k != body {
		err = c.out.Flush()
	} else if err == nil && c.lively && !c.waits {
		c.waits = true
		time.AfterFunc(longestWait, c.flush)
	}
	return err
}

// flush sends what waits. An error comes with the next frame.
func (c *channel) flush() {
	c.lock.Lock()
	defer c.lock.Unlock()
	c.waits = false
	_ = c.out.Flush()
}

// hurry says that from here on, nothing waits for a whole chunk.
func (c *channel) hurry() {
	c.lock.Lock()
	defer c.lock.Unlock()
	c.lively = true
}

func (c *channel) sendJSON(k kind, value any) error {
	payload, err := json.Marshal(value)
	if err != nil {
		return err
	}
	return c.send(k, payload)
}

// The gateway takes no longer report than that, with each byte escaped. What is cut off was for people.
const longestMessage = 8 << 10

func (c *channel) fail(f *flaw, phases []phase) error {
	return c.sendJSON(flawed, failureOf(f, phases))
}

func failureOf(f *flaw, phases []phase) failure {
	return failure{Fault: f.fault, Evidence: f.evidence, Message: f.message[:min(len(f.message), longestMessage)], Phases: phases}
}

// body takes the frame that follows a job: the request's body, or the program's input.
func (c *channel) body() ([]byte, *flaw) {
	next := <-c.frames
	if next.kind != body {
		return nil, invalid("the job's body did not follow it")
	}
	return next.payload, nil
}
