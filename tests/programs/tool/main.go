// The program of the tests' container tool. It reads {"do": …} and does that: what an honest tool would do, and what a hostile one
// would. Each deed is one function.
package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
	"time"
)

// order is the input. Which fields count depends on the deed.
type order struct {
	Do      string   `json:"do"`
	Code    int      `json:"code"`
	Text    string   `json:"text"`
	Count   int      `json:"count"`
	Bytes   []byte   `json:"bytes"` // base64
	Path    string   `json:"path"`
	Network string   `json:"network"`
	Sends   []sends  `json:"sends"`
	Half    bool     `json:"half_close"`
	URL     string   `json:"url"`
	Method  string   `json:"method"`
	Headers []string `json:"headers"` // "Name: value"
	Milli   int      `json:"milliseconds"`
	Orders  []order  `json:"orders"`
	Fail    bool     `json:"fail"` // an error is no answer, but a failure
}

type sends struct {
	After int    `json:"after_milliseconds"`
	Bytes []byte `json:"bytes"`
}

var deeds = map[string]func(order) any{
	"echo":      func(o order) any { return map[string]any{"text": o.Text} },
	"leave":     leave,
	"write":     write,
	"flood":     flood,
	"complain":  complain,
	"sleep":     sleep,
	"eat":       eat,
	"signal":    signalFirst,
	"look":      look,
	"blurt":     blurt,
	"surround":  surround,
	"talk":      talk,
	"talks":     talks,
	"fetch":     fetch,
	"crowd":     crowd,
	"fork":      forkMany,
	"linger":    linger,
	"spy":       spy,
	"lookup":    lookup,
	"person":    person,
	"put":       put,
	"await":     await,
	"serve":     serve,
	"arguments": func(order) any { return os.Args },
}

func main() {
	content, err := io.ReadAll(os.Stdin)
	if err != nil {
		fail(err)
	}
	o := read(content)
	deed, known := deeds[o.Do]
	if !known {
		fail(fmt.Errorf("this tool cannot do %q", o.Do))
	}
	result := deed(o)
	if found, ok := result.(map[string]any); ok && o.Fail && found["error"] != nil {
		fail(fmt.Errorf("%v", found["error"]))
	}
	if result != nil {
		_ = json.NewEncoder(os.Stdout).Encode(result)
	}
}

// read takes the order, or, told to "unwrap", the body argument of an operation that has one.
func read(content []byte) order {
	var whole struct {
		order
		Body order `json:"body"`
	}
	if err := json.Unmarshal(content, &whole); err != nil {
		fail(err)
	}
	if len(os.Args) > 1 && os.Args[1] == "unwrap" {
		return whole.Body
	}
	return whole.order
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}

// leave says Bytes on its output and Text on its error output, and ends with Code.
func leave(o order) any {
	_, _ = os.Stdout.Write(o.Bytes)
	fmt.Fprint(os.Stderr, o.Text)
	os.Exit(o.Code)
	return nil
}

func write(o order) any {
	_, _ = os.Stdout.Write(o.Bytes)
	return nil
}

// flood writes Count bytes without a line's end; a negative count never ends.
func flood(o order) any {
	piece := []byte(strings.Repeat("x", 1<<16))
	for left := o.Count; left != 0; {
		size := len(piece)
		if left > 0 {
			size = min(size, left)
			left -= size
		}
		if _, err := os.Stdout.Write(piece[:size]); err != nil {
			fail(err)
		}
	}
	return nil
}

func complain(o order) any {
	for left := o.Count; left > 0; left -= 100 {
		fmt.Fprintln(os.Stderr, strings.Repeat("c", 99))
	}
	fmt.Fprint(os.Stderr, o.Text)
	return "done"
}

func sleep(o order) any {
	time.Sleep(time.Duration(o.Milli) * time.Millisecond)
	return "slept"
}

func eat(order) any {
	var eaten [][]byte
	for {
		piece := make([]byte, 1<<20)
		for i := 0; i < len(piece); i += 4096 {
			piece[i] = 1
		}
		eaten = append(eaten, piece)
	}
}

func look(o order) any {
	content, err := os.ReadFile(o.Path)
	if err != nil {
		return map[string]any{"error": err.Error()}
	}
	return map[string]any{"text": string(content)}
}

// blurt says what is in a file on its error output, and after it Count characters more; as JSON on its output, too; and fails.
func blurt(o order) any {
	content, err := os.ReadFile(o.Path)
	if err != nil {
		fail(err)
	}
	_ = json.NewEncoder(os.Stdout).Encode(map[string]any{"error": string(content)})
	fail(fmt.Errorf("it is %s, of all things%s", content, strings.Repeat("!", o.Count)))
	return nil
}

// surround tells what the program finds around itself.
func surround(order) any {
	here, _ := os.Getwd()
	return map[string]any{"environment": os.Environ(), "directory": here, "pid": os.Getpid(), "uid": os.Getuid()}
}
